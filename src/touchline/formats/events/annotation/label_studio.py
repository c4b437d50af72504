"""Label Studio, ``.labelstudio.json``: a task with the events as predictions on the timeline of the video.

Label Studio counts decoded frames from 1, an interval with its last frame, and multiplies by a frame rate that the
labelling set-up states; so the set-up is written beside the tasks, ``.labelstudio.xml``, to be pasted under "Labeling
Interface". The note of a region holds what it has no field for, see :mod:`touchline.formats.events.details`.
Annotations of people are read before predictions. Written after the documents and reports of users; never tried in
Label Studio itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.core.frames import FrameClock
from touchline.formats.events.details import Entry, describes_point, details_of, event_of, half_remarks, holds_details
from touchline.formats.events.event_format import Converted, EventFormat, EventSource, Fitted, FoundEvents
from touchline.formats.events.export_context import ExportContext, VideoFacts
from touchline.formats.events.frame_facts import numbering_notes, numbering_remarks
from touchline.formats.files.atomic import json_bytes, write_bytes_atomic
from touchline.formats.files.json_files import parse_json
from touchline.formats.files.xml_files import legal_text, node_text

TYPE = "timelinelabels"
CONTROL, OBJECT = "events", "video"
RATE = "frame_rate"
"""Key of a task's data for the exact frame rate, ours: Label Studio itself leaves it alone."""

_UNNAMED = "event"
_LARGEST_FRAME = 10**8


class LabelStudio(EventFormat):
    """The format of ``.labelstudio.json`` files."""

    name = "label-studio"
    title = "tasks of Label Studio"
    suffixes = (".labelstudio.json",)
    counts_frames = True

    def recognises(self, source: EventSource) -> bool:
        """Return whether it is a list of tasks."""
        return source.data[:64].lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"[") and b'"result"' in source.data

    def read(self, source: EventSource) -> FoundEvents:
        """Read the regions of one task's timeline.

        Raises:
            InputError: the file is damaged, the frame rate is unknown, or there are several tasks and none is chosen.

        """
        task = _task(source)
        data = task.get("data")
        data = data if isinstance(data, dict) else {}
        clock = FrameClock(_rate(data, source))
        results, notes = _results(task, source.name)
        wanted = [row for row in results if row.get("type") == TYPE]
        if len(wanted) < len(results):
            notes.append(f"{len(results) - len(wanted)} regions that are not of a timeline are left out")
        events = [event for row in wanted for event in _events(row, clock, source.name)]
        video = str(data.get(OBJECT) or "")
        path = Path(video.rsplit("=", 1)[-1].rsplit("/", 1)[-1]) if video else None
        facts = VideoFacts(path=path, fps=clock.rate)
        return FoundEvents(Timeline(tuple(events)), path.stem if path else "", tuple(notes), video=facts)

    def fit(self, timeline: Timeline, *, context: ExportContext) -> Fitted:
        """Return all events: the notes hold what the regions do not."""
        clock = context.video.frames
        remarks = (
            *numbering_remarks(clock),
            *half_remarks(timeline),
            "set data.video to where Label Studio finds the video",
        )
        return Fitted(timeline, notes=numbering_notes(clock), remarks=remarks)

    def content(self, timeline: Timeline, *, context: ExportContext) -> bytes:
        """Return a list of one task."""
        clock = context.video.frames
        results = [_result(event, number, clock) for number, event in enumerate(timeline, 1)]
        rate = clock.rate
        data = {OBJECT: context.video.name or context.game, RATE: f"{rate.numerator}/{rate.denominator}"}
        score = min((event.confidence for event in timeline), default=1.0)
        prediction = {"model_version": "touchline", "score": round(score, 6), "result": results}
        return json_bytes([{"data": data, "predictions": [prediction]}])

    def write(self, timeline: Timeline, path: Path, *, context: ExportContext) -> Converted:
        """Write the tasks, and the labelling set-up beside them."""
        result = super().write(timeline, path, context=context)
        beside = path.with_suffix(".xml")
        write_bytes_atomic(beside, setup_bytes(timeline, context))
        return replace(result, remarks=(*result.remarks, f"the labelling set-up is in {beside.name}"))


def setup_bytes(timeline: Timeline, context: ExportContext) -> bytes:
    """Return the labelling set-up: the labels with colours, and the video with its frame rate."""
    labels = tuple(dict.fromkeys((*context.styles, *timeline.labels)))
    colours = context.colours(labels)
    named = {legal_text(label).strip() or _UNNAMED: colours[label] for label in labels}
    view = Element("View")
    control = SubElement(view, "TimelineLabels", name=CONTROL, toName=OBJECT)
    for label, colour in named.items():
        SubElement(control, "Label", value=label, background=colour)
    rate = f"{float(context.video.frames.rate):.6f}".rstrip("0").rstrip(".")
    SubElement(view, "Video", name=OBJECT, value=f"${OBJECT}", timelineHeight="120", frameRate=rate)
    return f"{node_text(view)}\n".encode()


def _result(event: Event, number: int, clock: FrameClock) -> dict[str, Any]:
    """Return the region of an event: a point is one frame, an interval ends with its last frame."""
    first = clock.index(event.start_us) + 1
    last = first if event.end_us is None else max(clock.index(event.end_us), first)
    label = legal_text(event.label).strip() or _UNNAMED
    details = details_of(event, label=label, start=str(first), end=str(last))
    return {
        "id": f"e{number}",
        "from_name": CONTROL,
        "to_name": OBJECT,
        "type": TYPE,
        "value": {"ranges": [{"start": first, "end": last}], TYPE: [label]},
        "score": round(event.confidence, 6),
        "meta": {"text": [details]},
    }


def _task(source: EventSource) -> Mapping[str, Any]:
    """Return the chosen, or only, task."""
    found = parse_json(source.data.removeprefix(b"\xef\xbb\xbf"), source=source.name)
    tasks = found if isinstance(found, list) else []
    if not tasks or not all(isinstance(task, dict) for task in tasks):
        raise InputError(f"{source.name}: holds no list of tasks")
    item = source.options.item
    if item is None and len(tasks) == 1:
        return dict(tasks[0])
    names = [str(task.get("data", {}).get(OBJECT)) if isinstance(task.get("data"), dict) else "" for task in tasks]
    for number, (task, name) in enumerate(zip(tasks, names, strict=True), 1):
        if item is not None and item in (str(number), name, name.rsplit("/", 1)[-1]):
            return dict(task)
    listed = ", ".join(f"{i} {name!r}" for i, name in enumerate(names[:8], 1))
    raise InputError(f"{source.name}: has {len(tasks)} tasks; choose one by number or video: {listed}")


def _rate(data: Mapping[str, Any], source: EventSource) -> Fraction:
    """Return the frame rate: the user's, or what our own tasks state."""
    if source.options.fps is not None:
        return source.options.fps
    try:
        rate = Fraction(str(data[RATE]))
    except (KeyError, ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if not Fraction(1, 100) <= rate <= 10**6:
        raise InputError(f"{source.name}: the tasks count frames and do not say the frame rate; give it with --fps")
    return rate


def _results(task: Mapping[str, Any], source: str) -> tuple[list[Mapping[str, Any]], list[str]]:
    """Return the regions of the last annotation of a person, or else of the last prediction, and notes on it."""
    for key in ("annotations", "predictions"):
        rows = task.get(key)
        rows = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        kept = [row for row in rows if not row.get("was_cancelled")]
        if not kept:
            continue
        results = kept[-1].get("result")
        if not isinstance(results, list) or not all(isinstance(row, dict) for row in results):
            raise InputError(f"{source}: the last of the {key} has no list of results")
        notes = [f"the last of {len(kept)} {key} is read"] if len(kept) > 1 else []
        return results, notes
    return [], []


def _events(row: Mapping[str, Any], clock: FrameClock, source: str) -> Iterator[Event]:
    """Yield the events of a region: one for each range and label."""
    where = f"{source}: region {str(row.get('id'))[:40]!r}"
    value = row.get("value")
    ranges = value.get("ranges") if isinstance(value, dict) else None
    labels = value.get(TYPE) if isinstance(value, dict) else None
    if not isinstance(ranges, list) or not isinstance(labels, list):
        raise InputError(f"{where}: has no list of ranges and {TYPE}")
    for part in ranges:
        first, last = (_frame(part, key, where) for key in ("start", "end"))
        if last < first:
            raise InputError(f"{where}: ends at frame {last}, before its start at frame {first}")
        end_us = clock.time_us(last) if last > first or _was_interval(row) else None
        for label in labels:
            entry = Entry(str(label), clock.time_us(first - 1), end_us, str(first), str(last))
            yield event_of(entry, _note(row), where=where)


def _was_interval(row: Mapping[str, Any]) -> bool:
    """Return whether a region of one frame was written for an interval."""
    return holds_details(_note(row)) and not describes_point(_note(row))


def _note(row: Mapping[str, Any]) -> str:
    """Return the note of a region."""
    meta = row.get("meta")
    texts = meta.get("text") if isinstance(meta, dict) else None
    return "; ".join(map(str, texts)) if isinstance(texts, list) else str(texts or "")


def _frame(part: object, key: str, where: str) -> int:
    value = part.get(key) if isinstance(part, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= _LARGEST_FRAME:
        raise InputError(f"{where}: {key} {str(value)[:40]!r} is not a frame number from 1")
    return round(value)
