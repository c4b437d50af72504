"""The tables of an MP4 or QuickTime file, read without a decoder: what they promise, and where they contradict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from touchline.media.containers.structure import mp4_boxes

_MOST_MOOV_BYTES = 512 << 20
_FOLDERS = frozenset({b"trak", b"mdia", b"minf", b"stbl", b"edts", b"mvex"})
_VIDEO = b"vide"
_DEEPEST = 8

Table = npt.NDArray[np.int64]


@dataclass(slots=True)
class Track:
    """What the tables of one track say.

    Attributes:
        number: its identifier in the file.
        kind: four letters: ``vide``, ``soun``, ...
        timescale: units a second of its own clock.
        stated: duration in its own clock, as its header says.
        shown: duration in the movie's clock, as its header says; 0 if unknown.
        edits: spans that are shown: (duration in the movie's clock, start in its own clock; -1 for a pause).
        steps: (samples, 2) runs of samples: how many, and how long each is.
        shifts: number of samples whose time of presentation is listed; -1 if there is no such list.
        latest_shift: largest difference of presentation and decoding time.
        samples: number of samples.
        sizes: bytes of each sample; one entry if all are equal.
        chunks: position of each chunk of samples.
        runs: (runs, 3) first chunk (from 1), samples a chunk from there on, and which description they have.
        descriptions: number of descriptions of the samples' format.

    """

    number: int = 0
    kind: bytes = b""
    timescale: int = 0
    stated: int = 0
    shown: int = 0
    edits: list[tuple[int, int]] = field(default_factory=list)
    steps: Table = field(default_factory=lambda: np.zeros((0, 2), np.int64))
    shifts: int = -1
    latest_shift: int = 0
    samples: int = 0
    sizes: Table = field(default_factory=lambda: np.zeros(0, np.int64))
    chunks: Table = field(default_factory=lambda: np.zeros(0, np.int64))
    runs: Table = field(default_factory=lambda: np.zeros((0, 3), np.int64))
    descriptions: int = 0
    other_files: bool = False
    cut_tables: list[str] = field(default_factory=list)

    @property
    def length(self) -> int:
        """Duration in its own clock, as the steps of its samples add up to."""
        return int((self.steps[:, 0] * self.steps[:, 1]).sum())

    def samples_by_chunk(self) -> Table | None:
        """Return the number of samples in each chunk; None if the list of them makes no sense."""
        firsts, counts = self.runs[:, 0], self.runs[:, 1]
        if not len(firsts) or firsts[0] != 1 or np.any(np.diff(firsts) <= 0) or firsts[-1] > len(self.chunks):
            return None
        return np.repeat(counts, np.diff([*firsts.tolist(), len(self.chunks) + 1]))

    def spans(self) -> Table | None:
        """Return (chunks, 2) first byte and end of each chunk; None if the tables do not fit together."""
        counts = self.samples_by_chunk()
        if counts is None or int(counts.sum()) != self.samples:
            return None
        if len(self.sizes) == 1:
            lengths = counts * self.sizes[0]
        else:
            ends = np.concatenate([[0], np.cumsum(self.sizes)])
            last = np.cumsum(counts)
            lengths = ends[last] - ends[last - counts]
        return np.stack([self.chunks, self.chunks + lengths], axis=1)


@dataclass(slots=True)
class Movie:
    """What the index of a file says.

    Attributes:
        timescale: units a second of the movie's clock.
        stated: duration in it, as the header says.
        fragmented: whether samples are listed in fragments through the file, not in one index.
        tracks: its tracks.
        data: (first byte, end) of the boxes that hold samples.
        size: bytes of the file.

    """

    timescale: int = 0
    stated: int = 0
    fragmented: bool = False
    tracks: list[Track] = field(default_factory=list)
    data: list[tuple[int, int]] = field(default_factory=list)
    size: int = 0

    def track(self, number: int) -> Track | None:
        """Return the video track of a number; the only one if the numbers do not fit."""
        found = [track for track in self.tracks if track.kind == _VIDEO]
        exact = [track for track in found if track.number == number]
        return exact[0] if exact else found[0] if len(found) == 1 else None


def read_movie(path: Path) -> Movie | None:
    """Read the index of an MP4 or QuickTime file; None if it has none that can be read."""
    movie = Movie(size=path.stat().st_size)
    index = b""
    start = 0
    with path.open("rb") as file:
        for kind, end in mp4_boxes(path):
            if kind == b"mdat":
                movie.data.append((start, end))
            elif kind == b"moof":
                movie.fragmented = True
            elif kind == b"moov" and not index and end - start <= _MOST_MOOV_BYTES:
                file.seek(start)
                index = file.read(end - start)
            start = end
    if not index:
        return None
    for kind, body in _boxes(index[8:]):
        if kind == b"mvhd":
            movie.timescale, movie.stated = _clock(body)
        elif kind == b"trak":
            movie.tracks.append(_track(body))
        elif kind == b"mvex":
            movie.fragmented = True
    return movie


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield (kind, body) of the boxes in a box; one that is longer than its parent ends the list."""
    view, at = memoryview(data), 0
    while at + 8 <= len(view):
        length = int.from_bytes(view[at : at + 4], "big")
        head = 8
        if length == 1:
            length, head = int.from_bytes(view[at + 8 : at + 16], "big"), 16
        elif length == 0:
            length = len(view) - at
        if length < head:
            return
        yield bytes(view[at + 4 : at + 8]), bytes(view[at + head : at + length])
        at += length


def _track(data: bytes) -> Track:
    """Read the tables of a track."""
    track = Track()
    _collect(track, data, parent=b"trak", depth=0)
    return track


def _collect(track: Track, data: bytes, *, parent: bytes, depth: int) -> None:
    """Read the boxes in a box of a track."""
    for kind, body in _boxes(data):
        if kind in _FOLDERS and depth < _DEEPEST:
            _collect(track, body, parent=kind, depth=depth + 1)
        elif kind == b"hdlr" and parent == b"mdia":
            track.kind = body[8:12]
        elif kind in _READERS:
            _READERS[kind](track, body)


def _clock(body: bytes) -> tuple[int, int]:
    """Return (timescale, duration) of a header of a movie or of a track's media; an unknown duration is 0."""
    if body[:1] == b"\x01":
        scale, duration, unknown = body[20:24], body[24:32], (1 << 64) - 1
    else:
        scale, duration, unknown = body[12:16], body[16:20], (1 << 32) - 1
    length = int.from_bytes(duration, "big")
    return int.from_bytes(scale, "big"), 0 if length == unknown else length


def _media_header(track: Track, body: bytes) -> None:
    track.timescale, track.stated = _clock(body)


def _track_header(track: Track, body: bytes) -> None:
    at, width = (20, 8) if body[:1] == b"\x01" else (12, 4)
    track.number = int.from_bytes(body[at : at + 4], "big")
    duration = int.from_bytes(body[at + 8 : at + 8 + width], "big")
    track.shown = 0 if duration == (1 << 8 * width) - 1 else duration


def _edit_list(track: Track, body: bytes) -> None:
    wide = body[:1] == b"\x01"
    layout = (
        [("span", ">i8"), ("start", ">i8"), ("rate", ">i4")]
        if wide
        else [("span", ">u4"), ("start", ">i4"), ("rate", ">i4")]
    )
    track.edits = [
        (int(edit["span"]), int(edit["start"])) for edit in _entries(track, body, np.dtype(layout), "edit list")
    ]


def _entries(track: Track, body: bytes, layout: np.dtype, name: str, *, at: int = 4) -> npt.NDArray:
    """Return the entries of a table that states how many it has; a table that ends early is noted."""
    count = int.from_bytes(body[at : at + 4], "big")
    there = max(0, len(body) - at - 4) // layout.itemsize
    if there < count:
        track.cut_tables.append(name)
    return np.frombuffer(body, layout, min(count, there), at + 4)


_PAIR = np.dtype([("a", ">u4"), ("b", ">u4")])
_SIGNED_PAIR = np.dtype([("a", ">u4"), ("b", ">i4")])
_TRIPLE = np.dtype([("a", ">u4"), ("b", ">u4"), ("c", ">u4")])
_WORD = np.dtype([("a", ">u4")])
_LONG = np.dtype([("a", ">u8")])


def _pairs(entries: npt.NDArray) -> Table:
    return np.stack([entries["a"].astype(np.int64), entries["b"].astype(np.int64)], axis=1)


def _time_to_sample(track: Track, body: bytes) -> None:
    track.steps = _pairs(_entries(track, body, _PAIR, "times"))


def _composition(track: Track, body: bytes) -> None:
    found = _pairs(_entries(track, body, _SIGNED_PAIR, "presentation times"))
    track.shifts = int(found[:, 0].sum())
    track.latest_shift = int(found[:, 1].max(initial=0))


def _sample_sizes(track: Track, body: bytes) -> None:
    track.samples = int.from_bytes(body[8:12], "big")
    every = int.from_bytes(body[4:8], "big")
    track.sizes = np.array([every]) if every else _entries(track, body, _WORD, "sizes", at=8)["a"].astype(np.int64)


def _chunk_offsets(track: Track, body: bytes) -> None:
    track.chunks = _entries(track, body, _WORD, "positions")["a"].astype(np.int64)


def _long_chunk_offsets(track: Track, body: bytes) -> None:
    track.chunks = (_entries(track, body, _LONG, "positions")["a"] & 0x7FFFFFFFFFFFFFFF).astype(np.int64)


def _sample_to_chunk(track: Track, body: bytes) -> None:
    entries = _entries(track, body, _TRIPLE, "chunks")
    track.runs = np.stack([entries[name].astype(np.int64) for name in ("a", "b", "c")], axis=1)


def _descriptions(track: Track, body: bytes) -> None:
    track.descriptions = int.from_bytes(body[4:8], "big")


def _references(track: Track, body: bytes) -> None:
    track.other_files = any(box[:4] != b"\x00\x00\x00\x01" for _, box in _boxes(body[8:]))


_READERS = {
    b"mdhd": _media_header,
    b"tkhd": _track_header,
    b"elst": _edit_list,
    b"stts": _time_to_sample,
    b"ctts": _composition,
    b"stsz": _sample_sizes,
    b"stco": _chunk_offsets,
    b"co64": _long_chunk_offsets,
    b"stsc": _sample_to_chunk,
    b"stsd": _descriptions,
    b"dref": _references,
}
