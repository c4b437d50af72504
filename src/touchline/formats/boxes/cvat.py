"""CVAT for video 1.1: tracks of boxes as XML, to correct them there and take the corrections back.

Frames are numbers of the source video from 0, and CVAT refuses any that is not on the grid of its task: for a task made
with step 5 write every fifth frame only. A track ends with a box that is ``outside`` on the frame after its last one,
and so does every gap. Boxes that were not detected but interpolated are ``occluded``. The attributes ``track`` and
``team`` keep what CVAT has no place for; it numbers tracks anew. Written after CVAT's documentation and source; never
tried in CVAT itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

import numpy as np

from touchline.core.columns import FloatArray, IntArray
from touchline.core.errors import InputError
from touchline.core.tracks import DETECTION_LABELS, Track, Tracks
from touchline.formats.boxes.track_format import TrackFormat, frame_count
from touchline.formats.events.export_context import PALETTE, ExportContext
from touchline.formats.files.text_lines import parse_number
from touchline.formats.files.xml_files import XmlNode, legal_text, parse_xml, xml_bytes

VERSION = "1.1"
TRACK, TEAM = "track", "team"
"""Attributes of a track: its id and its team."""

_CORNERS = ("xtl", "ytl", "xbr", "ybr")
_LARGEST_PX = 1e7
_LARGEST_FRAME = 10**8


@dataclass(frozen=True, slots=True, eq=False)
class CvatTrack:
    """The boxes of a track that are in the picture.

    Attributes:
        track_id: our id of the track, or its number in the file from 1 if a person drew it.
        ours: whether it is one that touchline wrote.
        label: its label.
        team: its team, or None.
        frames: int64 (n,), frames of the video, strictly increasing.
        boxes_xyxy: float64 (n, 4), pixels.
        occluded: bool (n,).

    """

    track_id: int
    ours: bool
    label: str
    team: str | None
    frames: IntArray
    boxes_xyxy: FloatArray
    occluded: np.ndarray


@dataclass(frozen=True, slots=True)
class CvatVideo:
    """The tracks of a file, and the grid of frames that it is about: ``first_frame``, ``last_frame``, ``step``."""

    tracks: tuple[CvatTrack, ...]
    first_frame: int = 0
    last_frame: int | None = None
    step: int = 1


class CvatTracks(TrackFormat):
    """Boxes of every track for CVAT."""

    name = "cvat"
    title = "boxes for CVAT"
    suffix = ".cvat.xml"

    def losses(self, tracks: Tracks, *, context: ExportContext) -> tuple[str, ...]:
        """Return what the format does not hold."""
        lost = ["confidences and positions on the pitch are not stored"] if len(tracks) else []
        step = context.options.step
        if step > 1:
            boxes = sum(int((track.frames % step != 0).sum()) for track in tracks)
            lost.append(f"{boxes:,} boxes: not on every {step}th frame")
        return tuple(lost)

    def content(self, tracks: Tracks, *, context: ExportContext) -> bytes:
        """Return the XML, with boxes on every ``context.options.step``-th frame."""
        step = context.options.step
        last = max(frame_count(tracks, context.video) - 1, 0)
        root = Element("annotations")
        SubElement(root, "version").text = VERSION
        _add_task(root, tracks, context=context, last=last)
        for number, track in enumerate(tracks):
            _add_track(root, track, number=number, step=step, last=last)
        return xml_bytes(root)


def _add_task(root: Element, tracks: Tracks, *, context: ExportContext, last: int) -> None:
    """Add the facts about the task."""
    step = context.options.step
    task = SubElement(SubElement(root, "meta"), "task")
    facts = {
        "name": legal_text(context.game),
        "size": str(last // step + 1),
        "mode": "interpolation",
        "overlap": "0",
        "start_frame": "0",
        "stop_frame": str(last),
        "frame_filter": f"step={step}" if step > 1 else "",
    }
    for key, text in facts.items():
        SubElement(task, key).text = text
    labels = SubElement(task, "labels")
    for name, colour in zip(DETECTION_LABELS, PALETTE, strict=False):
        label = SubElement(labels, "label")
        SubElement(label, "name").text = name
        SubElement(label, "color").text = colour
        attributes = SubElement(label, "attributes")
        for attribute in (TRACK, TEAM):
            row = SubElement(attributes, "attribute")
            fixed = {"name": attribute, "mutable": "False", "input_type": "text", "default_value": "", "values": ""}
            for key, text in fixed.items():
                SubElement(row, key).text = text
    size = SubElement(task, "original_size")
    SubElement(size, "width").text, SubElement(size, "height").text = str(tracks.width), str(tracks.height)


def _add_track(root: Element, track: Track, *, number: int, step: int, last: int) -> None:
    """Add the boxes of a track on the grid, and the ends of its parts."""
    chosen = np.flatnonzero(track.frames % step == 0)
    if not len(chosen):
        return
    element = SubElement(root, "track", id=str(number), label=track.label, source="auto")
    frames = track.frames[chosen].tolist()
    for place, (frame, i) in enumerate(zip(frames, chosen.tolist(), strict=True)):
        _add_box(element, track, i, frame=frame, outside=False)
        after = frame + step
        if after <= last and (place + 1 == len(frames) or frames[place + 1] != after):
            _add_box(element, track, i, frame=after, outside=True)


def _add_box(element: Element, track: Track, i: int, *, frame: int, outside: bool) -> None:
    corners = zip(_CORNERS, (f"{value:.2f}" for value in track.boxes_xyxy[i].tolist()), strict=True)
    box = SubElement(
        element,
        "box",
        {
            "frame": str(frame),
            "outside": str(int(outside)),
            "occluded": str(int(not track.observed[i])),
            "keyframe": "1",
            **dict(corners),
            "z_order": "0",
        },
    )
    for name, text in ((TRACK, str(track.track_id)), (TEAM, track.team or "")):
        SubElement(box, "attribute", name=name).text = text


def read_cvat(data: bytes, *, source: str) -> CvatVideo:
    """Read the tracks of a file that CVAT exported, or touchline.

    Raises:
        InputError: not such a file, or an impossible box; the message names the line.

    """
    root = parse_xml(data, source=source).root
    if root.tag != "annotations":
        raise InputError(f"{source}: begins with <{root.tag}>, not with <annotations>")
    task = next((found for found in map(root.find, ("meta/task", "meta/job")) if found is not None), None)
    facts = {} if task is None else {key: task.findtext(key) or "" for key in ("start_frame", "stop_frame")}
    step = "" if task is None else (task.findtext("frame_filter") or "").removeprefix("step=")
    tracks = tuple(_tracks(root, source))
    return CvatVideo(
        tracks,
        first_frame=_count(facts.get("start_frame", ""), 0) or 0,
        last_frame=_count(facts.get("stop_frame", ""), None),
        step=_count(step, 1) or 1,
    )


def changed_boxes(tracks: Tracks, corrected: CvatVideo) -> Mapping[tuple[int, int], tuple[float, ...] | None]:
    """Return the boxes that a person corrected: ``(track_id, frame)`` -> the new box, None where there is nobody.

    Only frames on the grid of the corrected file are compared, and only tracks that touchline wrote: those that a
    person drew have no track to belong to.
    """
    ours = {track.track_id: track for track in corrected.tracks if track.ours}
    changes: dict[tuple[int, int], tuple[float, ...] | None] = {}
    for track in tracks:
        found = ours.get(track.track_id)
        new = {} if found is None else dict(zip(found.frames.tolist(), found.boxes_xyxy.tolist(), strict=True))
        for frame, box in zip(track.frames.tolist(), track.boxes_xyxy.astype(np.float64).tolist(), strict=True):
            if not _on_grid(frame, corrected):
                continue
            box_now = new.pop(frame, None)
            if box_now is None:
                changes[track.track_id, frame] = None
            elif any(f"{a:.2f}" != f"{b:.2f}" for a, b in zip(box, box_now, strict=True)):
                changes[track.track_id, frame] = tuple(box_now)
        changes.update({(track.track_id, frame): tuple(box) for frame, box in new.items()})
    return changes


def _on_grid(frame: int, video: CvatVideo) -> bool:
    last = video.last_frame
    inside = frame >= video.first_frame and (last is None or frame <= last)
    return inside and (frame - video.first_frame) % video.step == 0


def _count(text: str, default: int | None) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < len(str(_LARGEST_FRAME)) else default


def _tracks(root: XmlNode, source: str) -> Iterator[CvatTrack]:
    taken: set[int] = set()
    for number, row in enumerate(root.iterfind("track"), 1):
        boxes = [box for box in row.iterfind("box") if isinstance(box, XmlNode)]
        rows = sorted(((_frame(box, source), box) for box in boxes), key=lambda pair: pair[0])
        shown = [(frame, box) for frame, box in rows if box.get("outside") != "1"]
        given = _attribute(boxes, TRACK)
        ours = given.isascii() and given.isdecimal() and int(given[:12]) > 0 and int(given[:12]) not in taken
        track_id = int(given[:12]) if ours else number
        taken |= {track_id} if ours else set()
        frames = [frame for frame, _ in shown]
        if len(set(frames)) < len(frames):
            twice = next(frame for frame in frames if frames.count(frame) > 1)
            raise InputError(f"{source}: track {number} has two boxes on frame {twice}")
        if shown:
            yield CvatTrack(
                track_id,
                ours,
                row.get("label", ""),
                _attribute(boxes, TEAM) or None,
                np.array(frames, np.int64),
                np.array([_corners(box, source) for _, box in shown], np.float64),
                np.array([box.get("occluded") == "1" for _, box in shown], np.bool_),
            )


def _attribute(boxes: Sequence[Element], name: str) -> str:
    """Return an attribute of a track: CVAT writes it with the first box at least."""
    rows = (row for box in boxes[:1] for row in box.iterfind("attribute"))
    return next(((row.text or "").strip() for row in rows if row.get("name") == name), "")


def _frame(box: XmlNode, source: str) -> int:
    frame = _count(box.get("frame", ""), None)
    if frame is None:
        raise InputError(f"{source}: line {box.line}: frame {box.get('frame')!r} is not a frame number from 0")
    return frame


def _corners(box: XmlNode, source: str) -> list[float]:
    corners = [parse_number(box.get(key, "")) for key in _CORNERS]
    if not all(abs(value) <= _LARGEST_PX for value in corners) or corners[2] < corners[0] or corners[3] < corners[1]:
        shown = ",".join(box.get(key, "") for key in _CORNERS)[:80]
        raise InputError(f"{source}: line {box.line}: {shown!r} is not a box of left, top, right and lower edge")
    return corners
