"""The document of Final Cut Pro's XML: one video in one project, with markers and keywords.

Times are rational seconds and multiples of a frame: ``360360/30000s``. Follows Apple's document type 1.10.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from urllib.parse import unquote
from xml.etree.ElementTree import Element, SubElement

from touchline.core.errors import InputError
from touchline.formats.files.xml_files import legal_text, parse_xml, xml_bytes

VERSION = "1.10"
DOCTYPE = "fcpxml"

_TIME = re.compile(r"(-?\d{1,18})(?:/(\d{1,18}))?s")
_MARKERS = ("marker", "chapter-marker")
_CLIPS = ("asset-clip", "video", "clip")
_LARGEST_S = 10**9


@dataclass(frozen=True, slots=True)
class FcpVideo:
    """The video of a document.

    Attributes:
        name: file name.
        url: where it is.
        rate: frames per second.
        frames: duration in frames.
        width, height: size of the picture, pixels, if known.
        has_audio: whether it has sound.
        drop: whether timecode is shown in drop frame.

    """

    name: str
    url: str
    rate: Fraction
    frames: int
    width: int | None = None
    height: int | None = None
    has_audio: bool = False
    drop: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A marker (``end`` is None) or a keyword over a span; times in frames of the video, which may be fractions."""

    text: str
    start: Fraction
    end: Fraction | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class FcpDocument:
    """What a document holds: its marks, the rate and file name of the video, and the number of marks left out."""

    marks: tuple[Mark, ...]
    rate: Fraction
    name: str
    left_out: int


def fcpxml_bytes(video: FcpVideo, marks: Iterable[Mark], *, title: str) -> bytes:
    """Return a document with one project of one clip, the whole video with its marks."""
    root = Element("fcpxml", version=VERSION)
    _add_resources(root, video)
    event = SubElement(SubElement(root, "library"), "event", name=legal_text(title))
    project = SubElement(event, "project", name=legal_text(title))
    duration, counting = time_text(video.frames, video.rate), "DF" if video.drop else "NDF"
    sequence = SubElement(project, "sequence", format="r1", duration=duration, tcStart="0s", tcFormat=counting)
    clip = SubElement(
        SubElement(sequence, "spine"),
        "asset-clip",
        {"ref": "r2", "name": legal_text(video.name), "offset": "0s", "start": "0s", "duration": duration},
        format="r1",
        tcFormat=counting,
    )
    for mark in marks:
        _add_mark(clip, mark, video.rate)
    return xml_bytes(root, doctype=DOCTYPE)


def time_text(frames: Fraction | int, rate: Fraction) -> str:
    """Return the time of a frame as a multiple of the frame's duration, ``"360360/30000s"``."""
    ticks = frames * rate.denominator
    return "0s" if not ticks else f"{ticks}/{rate.numerator}s"


def _add_resources(root: Element, video: FcpVideo) -> None:
    resources = SubElement(root, "resources")
    shape = {"width": str(video.width), "height": str(video.height)} if video.width and video.height else {}
    SubElement(resources, "format", {"id": "r1", "frameDuration": time_text(1, video.rate), **shape})
    sound = {"hasAudio": "1", "audioSources": "1"} if video.has_audio else {}
    duration = time_text(video.frames, video.rate)
    fixed = {"id": "r2", "name": legal_text(video.name), "start": "0s", "duration": duration}
    asset = SubElement(resources, "asset", {**fixed, "hasVideo": "1", "format": "r1", "videoSources": "1", **sound})
    SubElement(asset, "media-rep", kind="original-media", src=legal_text(video.url))


def _add_mark(clip: Element, mark: Mark, rate: Fraction) -> None:
    tag = "marker" if mark.end is None else "keyword"
    frames = 1 if mark.end is None else mark.end - mark.start
    note = {"note": legal_text(mark.note)} if mark.note else {}
    times = {"start": time_text(mark.start, rate), "duration": time_text(frames, rate)}
    SubElement(clip, tag, {**times, "value": legal_text(mark.text), **note})


def parse_fcpxml(data: bytes, *, source: str) -> FcpDocument:
    """Return the marks on the clips of the one video of a document.

    Raises:
        InputError: not such a document, an impossible time, or marks on clips of several videos.

    """
    root = parse_xml(data, source=source, doctype=DOCTYPE).root
    if root.tag != "fcpxml":
        raise InputError(f"{source}: begins with <{root.tag}>, not with <fcpxml>")
    reader = _Reader(root, source)
    found = [(asset, mark) for clip in root.iter() for asset, mark in reader.marks_of(clip)]
    assets = list(dict.fromkeys(asset for asset, _ in found))
    if len(assets) > 1:
        raise InputError(
            f"{source}: has markers on {len(assets)} videos ({', '.join(map(reader.name, assets[:4]))}); "
            "a timeline is of one video, so export a project of one"
        )
    asset = next(iter(assets or reader.assets), "")
    return FcpDocument(tuple(mark for _, mark in found), reader.rate(asset), reader.name(asset), reader.left_out)


class _Reader:
    """The resources of a document, and the marks of its clips."""

    def __init__(self, root: Element, source: str) -> None:
        self._source = source
        self._formats = {row.get("id", ""): row for row in root.iterfind("resources/format")}
        self.assets: Mapping[str, Element] = {row.get("id", ""): row for row in root.iterfind("resources/asset")}
        self._sequence = next((row.get("format", "") for row in root.iter("sequence")), "")
        self.left_out = 0

    def marks_of(self, clip: Element) -> list[tuple[str, Mark]]:
        """Return the marks directly on a clip, with the video's id; marks on other things are counted only."""
        rows = [row for row in clip if row.tag in (*_MARKERS, "keyword")]
        media = next((row for row in clip if row.tag in _CLIPS), None) if clip.tag == "clip" else clip
        if not rows:
            return []
        if clip.tag not in _CLIPS or media is None or media.get("ref", "") not in self.assets:
            self.left_out += len(rows)
            return []
        if clip.find("timeMap") is not None:
            raise InputError(
                f"{self._source}: the clip {clip.get('name', '')!r} with markers is retimed; undo that first"
            )
        asset = media.get("ref", "")
        shift = -self._time(self.assets[asset], "start")
        if media is not clip:
            shift += self._time(media, "start") - self._time(media, "offset")
        return [(asset, self._mark(row, clip, shift, self.rate(asset))) for row in rows]

    def name(self, asset: str) -> str:
        """Return the file name of a video."""
        row = self.assets.get(asset)
        if row is None:
            return ""
        place = row.find("media-rep")
        url = row.get("src", "") if place is None else place.get("src", "")
        return row.get("name") or unquote(url.rsplit("/", 1)[-1])

    def rate(self, asset: str) -> Fraction:
        """Return the frame rate of a video, or of the sequence if its format has none."""
        own = self.assets[asset].get("format", "") if asset in self.assets else ""
        for name in (own, self._sequence):
            row = self._formats.get(name)
            if row is not None and row.get("frameDuration"):
                duration = self._time(row, "frameDuration")
                if duration > 0:
                    return 1 / duration
        raise InputError(f"{self._source}: no format of the video or sequence has a frameDuration above 0")

    def _mark(self, row: Element, clip: Element, shift: Fraction, rate: Fraction) -> Mark:
        default = self._time(clip, "start")
        start = (self._time(row, "start", default) + shift) * rate
        end = None
        if row.tag == "keyword":
            end = start + self._time(row, "duration", self._time(clip, "duration")) * rate
        return Mark(row.get("value", ""), start, end, row.get("note", ""))

    def _time(self, row: Element, key: str, default: Fraction | None = None) -> Fraction:
        """Return a time attribute in seconds."""
        text = row.get(key)
        if text is None:
            return default or Fraction(0)
        match = _TIME.fullmatch(text)
        value = Fraction(int(match[1]), int(match[2] or 1)) if match and int(match[2] or 1) else None
        if value is None or abs(value) > _LARGEST_S:
            raise InputError(
                f"{self._source}: <{row.tag}> has {key}={text[:40]!r}, which is not a time such as '1001/30000s'"
            )
        return value
