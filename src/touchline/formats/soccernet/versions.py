"""SoccerNet's label files in their versions: which classes each knows, and a timeline brought from one to another.

Version 1 (``Labels.json``) has goals, cards and substitutions to the second; version 2 (``Labels-v2.json``) 17 classes
to the millisecond with visibility; ball labels (``Labels-ball.json``) 12 classes of another kind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from touchline.core.clock import US_PER_S, format_game_time
from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.core.labels import BALL_12, SOCCERNET_V2
from touchline.core.suggestions import did_you_mean
from touchline.formats.bundle import events_document
from touchline.formats.files.atomic import make_folder, write_json_atomic
from touchline.formats.soccernet.labels import V1_CLASSES, labels_document, results_document
from touchline.formats.soccernet.video_ini import HalfSpan

OWN_GOAL = "soccer-ball-own"
V2_OF_V1 = {
    "soccer-ball": "Goal",
    OWN_GOAL: "Goal",
    "y-card": "Yellow card",
    "r-card": "Red card",
    "yr-card": "Yellow->red card",
    "substitution-in": "Substitution",
    "soccer": "Goal",
    "subs": "Substitution",
}
"""Label of version 1, or class of its evaluator -> of version 2; the evaluator's ``card`` is any of three."""
V1_OF_V2 = {new: old for old, new in reversed(V2_OF_V1.items())}

TARGETS = {
    "Labels.json": "labels of version 1",
    "Labels-v2.json": "labels of version 2",
    "Labels-ball.json": "ball labels",
    "results_spotting.json": "predictions",
    "events.json": "touchline's own events",
}
"""File names that can be written -> what they hold."""


@dataclass(frozen=True, slots=True)
class Converted:
    """A file written, and what of the source it does not hold.

    Attributes:
        path: the file.
        events: in it.
        dropped: label -> events of it that the target has no class for.
        notes: what else was lost, one line each.

    """

    path: Path
    events: int
    dropped: Mapping[str, int]
    notes: tuple[str, ...]

    @property
    def lossy(self) -> bool:
        """Whether anything was lost."""
        return bool(self.dropped or self.notes)


def write_version(timeline: Timeline, path: Path, *, game: str) -> Converted:
    """Write a timeline in the version that the file's name stands for.

    Raises:
        InputError: the name stands for no version, or none of the events has a class in it.
        ResourceError: it cannot be written.

    """
    if path.name not in TARGETS:
        near = did_you_mean(path.name, TARGETS)
        raise InputError(f"{path}: no version of SoccerNet's has that name; name it one of {', '.join(TARGETS)}{near}")
    kept, dropped = _in_version(timeline, path.name)
    if not kept.events and timeline.events:
        labels = ", ".join(sorted(dropped))
        raise InputError(f"{path}: {TARGETS[path.name]} have no class for any of {labels}; nothing was written")
    make_folder(path.parent)
    write_json_atomic(path, _document(kept, path.name, game=game))
    own_goals = sum(event.label == OWN_GOAL for event in timeline) if path.name == "Labels-v2.json" else 0
    merged = [f"{own_goals} own goals are goals like others there"] if own_goals else []
    return Converted(path, len(kept), dropped, (*merged, *_losses(kept, path.name)))


def trimmed(timeline: Timeline, halves: Mapping[int, HalfSpan]) -> tuple[Timeline, int]:
    """Events of SoccerNet's untrimmed HQ videos on the clock of its labels, and how many lay outside the halves.

    Raises:
        InputError: an event is of a half that ``video.ini`` does not name.

    """
    kept = []
    for event in timeline:
        span = halves.get(event.half)
        if span is None:
            raise InputError(f"video.ini names the halves {sorted(halves)}, but there are events of half {event.half}")
        start_us = event.start_us - span.start_us
        if 0 <= start_us < span.duration_us:
            end_us = None if event.end_us is None else event.end_us - span.start_us
            kept.append(replace(event, start_us=start_us, end_us=end_us))
    return Timeline(tuple(kept)), len(timeline) - len(kept)


def _in_version(timeline: Timeline, name: str) -> tuple[Timeline, Counter[str]]:
    """The events that a version has a class for, under its labels; and how many of each label it has none for."""
    kept: list[Event] = []
    dropped: Counter[str] = Counter()
    for event in timeline:
        label = _label_in(event.label, name)
        if label is None:
            dropped[event.label] += 1
        else:
            kept.append(event if label == event.label else replace(event, label=label))
    return Timeline(tuple(kept)), dropped


def _label_in(label: str, name: str) -> str | None:
    """A label in the words of a version, None where it has none."""
    if name == "Labels.json":
        return label if label in V2_OF_V1 or label in V1_CLASSES else V1_OF_V2.get(label)
    if name == "Labels-v2.json":
        return label if label in SOCCERNET_V2 else V2_OF_V1.get(label)
    if name == "Labels-ball.json":
        return label if label in BALL_12 else None
    return label


def _document(timeline: Timeline, name: str, *, game: str) -> dict[str, Any]:
    if name == "events.json":
        return events_document(timeline)
    if name == "results_spotting.json":
        return results_document(timeline, game=game)
    if name == "Labels.json":
        return {"UrlLocal": game, "UrlYoutube": "", "annotations": [_v1_entry(event) for event in timeline]}
    return labels_document(timeline, game=game)


def _v1_entry(event: Event) -> dict[str, Any]:
    team = {} if event.team is None else {"team": event.team}
    return {"gameTime": format_game_time(event.start_us, half=event.half), "label": event.label, **team, **event.extra}


def _losses(timeline: Timeline, name: str) -> list[str]:
    """What of the kept events a version cannot say."""
    if name == "events.json":
        return []
    events = timeline.events
    lost = {"intervals became points": sum(event.end_us is not None for event in events)}
    lost["players are not named there"] = sum(event.player is not None for event in events)
    if name != "results_spotting.json":
        lost["confidences are not kept there"] = sum(event.confidence != 1.0 for event in events)
    else:
        lost["'not shown' is not kept there"] = sum(not event.visible for event in events)
    if name == "Labels.json":
        lost["times are cut to whole seconds there"] = sum(event.start_us % US_PER_S > 0 for event in events)
        lost["'not shown' is not kept there"] = sum(not event.visible for event in events)
    return [f"{count} events: {what}" for what, count in lost.items() if count]
