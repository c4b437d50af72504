"""The index of an AVI file: which packet is which frame, so that a hole does not shift what comes after it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

_CHUNK = np.dtype([("kind", "S4"), ("flags", "<u4"), ("offset", "<u4"), ("size", "<u4")])
_MOST_INDEX_BYTES = 256 << 20
_MOST_CHUNKS = 100_000
_MOST_PARTS = 10_000
_TAIL_BYTES = 64 << 20
_NEAR = 500


@dataclass(frozen=True, slots=True, eq=False)
class AviIndex:
    """The frames of a video stream as the index of its file lists them.

    Attributes:
        positions: byte where the data of each frame begin, int64 (frames,), strictly increasing.
        sizes: bytes of each frame, int64 (frames,); one of 0 bytes repeats the frame before.

    """

    positions: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]

    def number(self, position: int, *, size: int, moved: int = 0) -> int | None:
        """Return the number of the frame whose data begin at a byte; None if the index lists none there.

        Args:
            position: the byte.
            size: bytes of the frame.
            moved: how far the data before it have moved: bytes were put in or taken out.

        """
        at = int(np.searchsorted(self.positions, position - moved))
        found = at < len(self.positions) and self.positions[at] == position - moved
        return at if found and self.sizes[at] == size else None

    def of_size(self, size: int, *, first: int) -> int | None:
        """Return the number of the one frame of a size among the next ones; None if there is none, or several."""
        near = np.flatnonzero(self.sizes[first : first + _NEAR] == size)
        return first + int(near[0]) if len(near) == 1 else None


def read_avi_index(path: Path, *, stream: int) -> AviIndex | None:
    """Read the index of an AVI file; None if it has none, or one that cannot be trusted.

    Args:
        path: the file.
        stream: number of the video stream in the file.

    """
    size = path.stat().st_size
    with path.open("rb") as file:
        layout = _layout(file, size)
        parts = layout.get(b"super%02d" % stream) or []
        found = _open_dml(file, [at for at, _ in parts], size) if parts else None
        if b"idx1" not in layout:
            layout |= _index_at_end(file, size)
        if found is None and b"idx1" in layout and b"movi" in layout:
            found = _plain(file, layout[b"idx1"][0], movi=layout[b"movi"][0][0], stream=stream)
    if found is None:
        return None
    positions, sizes = found
    lengths = [length for length, _ in layout.get(b"length%02d" % stream, [])]
    whole = len(positions) > 0 and bool(np.all(np.diff(positions) > 0))
    return AviIndex(positions, sizes) if whole and len(positions) in lengths else None


_Layout = dict[bytes, list[tuple[int, int]]]


def _layout(file: BinaryIO, size: int) -> _Layout:
    """Return where the parts of a file are: kind -> (position of the data, bytes); lengths and super indexes too."""
    found: _Layout = {}
    ends = [size]
    stream = -1
    file.seek(0)
    for _ in range(_MOST_CHUNKS):
        at = file.tell()
        head = file.read(8)
        if len(head) < 8:
            break
        kind, length = head[:4], int.from_bytes(head[4:], "little")
        inside = file.read(4) if kind in (b"RIFF", b"LIST") else b""
        if kind == b"RIFF" or inside in (b"hdrl", b"strl"):
            stream += inside == b"strl"
            continue
        if inside == b"movi":
            found.setdefault(b"movi", []).append((at + 8, length))
        elif kind == b"strh":
            found.setdefault(b"length%02d" % stream, []).append(_stated_length(file))
        elif kind == b"indx":
            found[b"super%02d" % stream] = _super_index(file, length)
        elif kind == b"idx1":
            found.setdefault(b"idx1", []).append((at + 8, min(length, size - at - 8)))
        file.seek(min(at + 8 + length + length % 2, ends[-1]))
    return found


def _index_at_end(file: BinaryIO, size: int) -> _Layout:
    """Return where a plain index is that is not where it should be: bytes before it were put in or taken out."""
    start = max(0, size - _TAIL_BYTES)
    file.seek(start)
    tail = file.read(_TAIL_BYTES)
    at = tail.rfind(b"idx1")
    if at < 0:
        return {}
    length = int.from_bytes(tail[at + 4 : at + 8], "little")
    return {b"idx1": [(start + at + 8, min(length, len(tail) - at - 8))]}


def _stated_length(file: BinaryIO) -> tuple[int, int]:
    """Return (frames, 0) as a stream's header states them."""
    header = file.read(48)
    return int.from_bytes(header[32:36], "little"), 0


def _super_index(file: BinaryIO, length: int) -> list[tuple[int, int]]:
    """Return (position, bytes) of the parts of an index of parts; empty if it is of another kind."""
    head = file.read(24)
    count = int.from_bytes(head[4:8], "little")
    if len(head) < 24 or head[3] != 0 or not 0 < count <= min(_MOST_PARTS, length // 16):
        return []
    entries = np.frombuffer(file.read(16 * count), np.dtype([("at", "<u8"), ("size", "<u4"), ("frames", "<u4")]))
    return [(int(entry["at"]), int(entry["size"])) for entry in entries]


def _open_dml(
    file: BinaryIO, parts: list[int], size: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]] | None:
    """Return positions and sizes from the parts of an OpenDML index; None if a part is not one."""
    found = []
    for at in parts:
        if not 0 < at < size:
            return None
        file.seek(at)
        head = file.read(32)
        count = int.from_bytes(head[12:16], "little")
        if head[:2] != b"ix" or head[11:12] != b"\x01" or 8 * count > min(size, _MOST_INDEX_BYTES):
            return None
        base = int.from_bytes(head[20:28], "little")
        entries = np.frombuffer(file.read(8 * count), np.dtype([("offset", "<u4"), ("size", "<u4")]))
        found.append((base + entries["offset"].astype(np.int64), (entries["size"] & 0x7FFFFFFF).astype(np.int64)))
    positions, sizes = zip(*found, strict=True)
    return np.concatenate(positions), np.concatenate(sizes)


def _plain(
    file: BinaryIO, part: tuple[int, int], *, movi: int, stream: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]] | None:
    """Return positions and sizes from the index at the end of a plain AVI file."""
    at, length = part
    file.seek(at)
    data = file.read(min(length, _MOST_INDEX_BYTES))
    entries = np.frombuffer(data[: len(data) // _CHUNK.itemsize * _CHUNK.itemsize], _CHUNK)
    entries = entries[[kind in (b"%02ddc" % stream, b"%02ddb" % stream) for kind in entries["kind"].tolist()]]
    if not len(entries):
        return None
    offsets = entries["offset"].astype(np.int64)
    absolute = int(offsets[0]) > movi
    return offsets + 8 + (0 if absolute else movi), entries["size"].astype(np.int64)
