"""OSL's JSON 2.0, the label files of OpenSportsLab's tools: point events of one or more videos."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from touchline.core.clock import exact_rate, ms_from_us, us_from_ms
from touchline.core.errors import InputError, UsageError
from touchline.core.events import Event, Timeline
from touchline.formats.events.event_format import EventFormat, EventSource, FoundEvents
from touchline.formats.events.export_context import ExportContext, LabelStyle, VideoFacts
from touchline.formats.events.losses import EVERYTHING, INTERVAL
from touchline.formats.files.atomic import json_bytes

HEAD = "head"
"""Key of ``Event.extra``: the head that a label belongs to."""

KEPT = "osl"
"""Key of ``FoundEvents.kept``."""

DEFAULT_HEAD = "action"
VERSION = "2.0"

_KNOWN = frozenset({"label", "position_ms", "confidence_score", "team", "player", "half", "visible", "source"})
_MAX_PROBLEMS = 5


class OslEvents(EventFormat):
    """The format of OSL's localization files.

    Team, player and half are further keys of an event, which OSL's own tools keep.
    """

    name = "osl"
    title = "OSL's events"
    suffixes = (".osl.json",)
    holds = EVERYTHING - {INTERVAL}
    unit_us = 1000

    def recognises(self, source: EventSource) -> bool:
        """Return whether it is a JSON object with a list of data and a mapping of label heads."""
        if not (source.has_key("data") and source.has_key("labels")):
            return False
        return isinstance(source.document["data"], list) and isinstance(source.document["labels"], dict)

    def read(self, source: EventSource) -> FoundEvents:
        """Read the events of the only video, or of the one that ``options.item`` names.

        Raises:
            InputError: the file holds no events, or impossible ones.
            UsageError: it holds several videos and none is chosen.

        """
        document = source.document
        sample = _chosen(document, item=source.options.item, source=source.name)
        path, fps = _video_of(sample)
        others = {key: value for key, value in document.items() if key != "data"}
        return FoundEvents(
            Timeline(tuple(_events(sample, source=source.name))),
            game=str(sample.get("id") or path.parent.name or path.stem),
            notes=tuple(_unread(sample)),
            styles={label: LabelStyle(label) for label in _labels(document)},
            video=VideoFacts(path=path if path.name else None, fps=fps),
            kept={KEPT: {"document": others, "sample": {k: v for k, v in sample.items() if k != "events"}}},
        )

    def content(self, timeline: Timeline, *, context: ExportContext) -> bytes:
        """Return indented JSON with one video."""
        kept = context.kept.get(KEPT, {})
        document: dict[str, Any] = {
            "version": VERSION,
            "task": "action_spotting",
            "dataset_name": context.game,
            "metadata": {},
        }
        document |= kept.get("document", {})
        document["labels"] = _heads(timeline, document.get("labels", {}))
        sample = {"id": context.game, "inputs": [_input(context)], **kept.get("sample", {})}
        return json_bytes({**document, "data": [{**sample, "events": [_entry(event) for event in timeline]}]})


def _chosen(document: Mapping[str, Any], *, item: str | None, source: str) -> dict[str, Any]:
    """Return the sample of the chosen video."""
    samples = document.get("data")
    if not isinstance(samples, list) or not samples or not all(isinstance(sample, dict) for sample in samples):
        raise InputError(f"{source}: 'data' holds no videos")
    if item is None and len(samples) > 1:
        shown = ", ".join(repr(_name(sample)) for sample in samples[:3])
        raise UsageError(
            f"{source}: holds {len(samples)} videos ({shown}, ...); choose one with --item, by name or number"
        )
    names = [_name(sample) for sample in samples]
    if item is None:
        found = samples[0]
    elif item in names:
        found = samples[names.index(item)]
    elif item.isdecimal() and 1 <= int(item) <= len(samples):
        found = samples[int(item) - 1]
    else:
        raise UsageError(f"--item {item}: {source} has no such video; it has {len(samples)}, such as {names[0]!r}")
    if "events" not in found and "labels" in found:
        raise InputError(
            f"{source}: has 'labels' of whole clips (classification), not 'events'; only files with events are read"
        )
    return found


def _name(sample: Mapping[str, Any]) -> str:
    return str(sample.get("id") or _video_of(sample)[0])


def _video_of(sample: Mapping[str, Any]) -> tuple[Path, Fraction | None]:
    """Return path and frame rate of the first video."""
    inputs = sample.get("inputs")
    videos = [one for one in inputs if isinstance(one, dict)] if isinstance(inputs, list) else []
    first = next((one for one in videos if one.get("type", "video") == "video"), {})
    fps = first.get("fps")
    rate = exact_rate(float(fps)) if isinstance(fps, int | float) and 0 < fps <= 1000 else None
    return Path(str(first.get("path") or "")), rate


def _events(sample: Mapping[str, Any], *, source: str) -> list[Event]:
    rows = sample.get("events", [])
    if not isinstance(rows, list):
        raise InputError(f"{source}: 'events' is a {type(rows).__name__}, not a list")
    events: list[Event] = []
    problems: list[str] = []
    for number, row in enumerate(rows):
        try:
            events.append(_event(row))
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            what = f"has no {error}" if isinstance(error, KeyError) else f"cannot be used ({error})"
            problems.append(f"events[{number}] {what}")
    if problems:
        more = f"; and {len(problems) - _MAX_PROBLEMS} more" if len(problems) > _MAX_PROBLEMS else ""
        raise InputError(
            f"{source}: {len(problems)} of {len(rows)} events: {'; '.join(problems[:_MAX_PROBLEMS])}{more}"
        )
    return events


def _event(row: Mapping[str, Any]) -> Event:
    """Return an event; its time may be a number or, as in published files, text."""
    label = row["label"]
    if not isinstance(label, str):
        raise TypeError(f"label {label!r} is not text")
    return Event(
        label=label,
        start_us=us_from_ms(float(row["position_ms"])),
        confidence=float(row.get("confidence_score", 1.0)),
        team=_text(row.get("team")),
        player=_text(row.get("player")),
        half=int(row.get("half", 1)),
        visible=row.get("visible") is not False,
        source=_text(row.get("source")),
        extra={key: value for key, value in row.items() if key not in _KNOWN and (key, value) != (HEAD, DEFAULT_HEAD)},
    )


def _text(value: object) -> str | None:
    return None if value in (None, "") else str(value)


def _unread(sample: Mapping[str, Any]) -> list[str]:
    """Return notes on annotations of other kinds, which are only kept."""
    kinds = [kind for kind in ("labels", "captions", "dense_captions", "answers") if sample.get(kind)]
    return [f"{', '.join(kinds)} of the video are no events; kept for OSL files only"] if kinds else []


def _labels(document: Mapping[str, Any]) -> list[str]:
    heads = [head for head in document["labels"].values() if isinstance(head, dict)]
    return [str(label) for head in heads for label in head.get("labels", ())]


def _heads(timeline: Timeline, heads: Mapping[str, Any]) -> dict[str, Any]:
    """Return the label heads of a file, with every label that occurs."""
    found = {name: {**head, "labels": list(head.get("labels", ()))} for name, head in heads.items()}
    for event in timeline:
        head = found.setdefault(_head(event), {"type": "single_label", "labels": []})
        if event.label not in head["labels"]:
            head["labels"].append(event.label)
    return found


def _head(event: Event) -> str:
    return str(event.extra.get(HEAD) or DEFAULT_HEAD)


def _input(context: ExportContext) -> dict[str, Any]:
    """Return the video of a file; OSL resolves its path from the folder of the file."""
    fps = context.video.fps
    return {"type": "video", "path": context.video.name, **({} if fps is None else {"fps": float(fps)})}


def _entry(event: Event) -> dict[str, Any]:
    entry: dict[str, Any] = {HEAD: _head(event), "label": event.label, "position_ms": ms_from_us(event.start_us)}
    optional = {
        "confidence_score": None if event.confidence == 1.0 else event.confidence,
        "team": event.team,
        "player": event.player,
        "half": None if event.half == 1 else event.half,
        "visible": None if event.visible else False,
        "source": event.source,
    }
    given = {key: value for key, value in optional.items() if value is not None}
    return {**entry, **given, **{key: value for key, value in event.extra.items() if key != HEAD}}
