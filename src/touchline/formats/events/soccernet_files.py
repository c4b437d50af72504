"""SoccerNet's event files as formats: one label file per label set that has one, and result files.

Version 1 (``Labels.json``) has goals, cards and substitutions to the second; version 2 (``Labels-v2.json``) 17 classes
to the millisecond with visibility; ball labels (``Labels-ball.json``) 12 classes of another kind.
:mod:`touchline.core.labels` defines which labels a file holds and how it spells those of other sets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from touchline.core.clock import US_PER_S
from touchline.core.events import Event, Timeline
from touchline.core.labels import OWN_GOAL, label_files, sets_of_file
from touchline.formats.events.event_format import EventFormat, EventSource, Fitted, FoundEvents
from touchline.formats.events.export_context import ExportContext
from touchline.formats.events.losses import count_losses
from touchline.formats.events.match_times import MATCH_TIME, half_of
from touchline.formats.files.json_lists import object_with_list
from touchline.formats.soccernet.entries import event_entries, url_local
from touchline.formats.soccernet.labels import annotation_rows, parse_entries, prediction_rows

_SCORED_HALVES = (1, 2)


class SoccerNetLabels(EventFormat):
    """The format of label files with one name."""

    def __init__(self, file_name: str) -> None:
        self.file_names = (file_name,)
        self.name = file_name.removesuffix(".json")
        self._sets = sets_of_file(file_name)
        self.title = self._sets[0].title
        self._whole_seconds = self._sets[0].whole_seconds

    def recognises(self, source: EventSource) -> bool:
        """Return whether it is a JSON object with annotations; files of all versions are read alike."""
        return source.has_key("annotations") and not source.has_key("predictions")

    def read(self, source: EventSource) -> FoundEvents:
        """Read the events as ground truth, and the game."""
        return _found(source)

    def fit(self, timeline: Timeline, *, context: ExportContext) -> Fitted:
        """Return the events that a label set of this file has a label for, renamed to those labels."""
        del context
        kept: list[Event] = []
        dropped: Counter[str] = Counter()
        spellings = {label: self._spelling_of(label) for label in timeline.labels}
        for event in timeline:
            label = spellings[event.label]
            if label is None:
                dropped[event.label] += 1
            else:
                kept.append(event if label == event.label else replace(event, label=label))
        fitted = Timeline(tuple(kept))
        notes = (*self._merged(timeline), *self._losses(fitted))
        return Fitted(fitted, dropped, notes, remarks=_remarks(fitted))

    def content(self, timeline: Timeline, *, context: ExportContext) -> bytes:
        """Return indented JSON; SoccerNet stores numbers as text."""
        return b"".join(self.parts(timeline, context=context))

    def parts(self, timeline: Timeline, *, context: ExportContext) -> Iterator[bytes]:
        """Yield the content piece by piece."""
        rows = annotation_rows(timeline, whole_seconds=self._whole_seconds)
        return object_with_list({"UrlLocal": context.game, "UrlYoutube": ""}, "annotations", rows)

    def _spelling_of(self, label: str) -> str | None:
        spellings = (known.spelling_of(label) for known in self._sets)
        return next((spelling for spelling in spellings if spelling is not None), None)

    def _merged(self, timeline: Timeline) -> list[str]:
        """Return notes on labels that are merged into one."""
        if self._spelling_of(OWN_GOAL) in (None, OWN_GOAL):
            return []
        own_goals = sum(event.label == OWN_GOAL for event in timeline)
        return [f"{own_goals} own goals are stored as ordinary goals"] if own_goals else []

    def _losses(self, timeline: Timeline) -> tuple[str, ...]:
        lost = _lost_points_and_players(timeline)
        lost["confidences are not stored"] = sum(event.confidence != 1.0 for event in timeline)
        if self._whole_seconds:
            lost["times are truncated to whole seconds"] = sum(event.start_us % US_PER_S > 0 for event in timeline)
            lost["'not shown' is not stored"] = sum(not event.visible for event in timeline)
        return count_losses(lost)


class SoccerNetResults(EventFormat):
    """The format of predictions, ``results_spotting.json``."""

    name = "results_spotting"
    title = "predictions"
    file_names = ("results_spotting.json",)

    def recognises(self, source: EventSource) -> bool:
        """Return whether it is a JSON object with predictions."""
        return source.has_key("predictions")

    def read(self, source: EventSource) -> FoundEvents:
        """Read the events, and the game."""
        return _found(source)

    def fit(self, timeline: Timeline, *, context: ExportContext) -> Fitted:
        """Return all events: a result file accepts every label."""
        del context
        lost = _lost_points_and_players(timeline)
        lost["'not shown' is not stored"] = sum(not event.visible for event in timeline)
        return Fitted(timeline, notes=count_losses(lost), remarks=_remarks(timeline))

    def content(self, timeline: Timeline, *, context: ExportContext) -> bytes:
        """Return indented JSON; SoccerNet stores numbers as text."""
        return b"".join(self.parts(timeline, context=context))

    def parts(self, timeline: Timeline, *, context: ExportContext) -> Iterator[bytes]:
        """Yield the content piece by piece."""
        return object_with_list({"UrlLocal": context.game}, "predictions", prediction_rows(timeline))


def label_formats() -> tuple[SoccerNetLabels, ...]:
    """Return one format for each label file that a label set names, preferred ones first."""
    return tuple(SoccerNetLabels(name) for name in label_files())


def _found(source: EventSource) -> FoundEvents:
    """Return the events of a file, its game, and what contradicts itself in it."""
    key, _ = event_entries(source.outline, source=source.name)
    timeline, doubts = parse_entries(source.entries(key), key=key, source=source.name)
    return FoundEvents(timeline, url_local(source.outline), notes=tuple(doubts.lines()))


def _remarks(timeline: Timeline) -> tuple[str, ...]:
    """Return which clock is meant by what, if the events have match times, and which halves are never scored."""
    remarks = []
    if any(MATCH_TIME in event.extra for event in timeline):
        remarks.append("gameTime is the match clock on the score board; position is the time in the video")
    others = Counter(half for half in map(half_of, timeline) if half not in _SCORED_HALVES)
    if others:
        counts = ", ".join(f"{count} of half {half}" for half, count in sorted(others.items()))
        remarks.append(f"SoccerNet's evaluation leaves out halves other than 1 and 2: {counts}")
    return tuple(remarks)


def _lost_points_and_players(timeline: Timeline) -> dict[str, int]:
    lost = {"intervals became points": sum(event.end_us is not None for event in timeline)}
    lost["players are not stored"] = sum(event.player is not None for event in timeline)
    return lost
