"""The clusters of a Matroska or WebM file, read without a decoder: which are damaged, and of what time they are."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from touchline.media.containers.structure import ebml_number

_SEGMENT, _CLUSTER = 0x18538067, 0x1F43B675
_TIMESTAMP, _CRC, _INFO, _SCALE = 0xE7, 0xBF, 0x1549A966, 0x2AD7B1
_TRACKS, _CUES, _SEEK, _TAGS, _CHAPTERS, _FILES, _VOID = (
    0x1654AE6B,
    0x1C53BB6B,
    0x114D9B74,
    0x1254C367,
    0x1043A770,
    0x1941A469,
    0xEC,
)
_TOP = frozenset({_CLUSTER, _INFO, _TRACKS, _CUES, _SEEK, _TAGS, _CHAPTERS, _FILES, _VOID, _CRC})
_TRACK, _TRACK_NUMBER = 0xAE, 0xD7
_SIMPLE_BLOCK, _GROUP, _GROUP_BLOCK = 0xA3, 0xA0, 0xA1
_SHORT = frozenset({0xAB, 0xA7, 0x5854})
"""Parts of a cluster that hold no more than a number."""
_IN_CLUSTER = frozenset({_TIMESTAMP, _CRC, _VOID, _SIMPLE_BLOCK, _GROUP, *_SHORT})
_EBML = b"\x1aE\xdf\xa3"
_CLUSTER_BYTES = _CLUSTER.to_bytes(4, "big")
_BLOCK = 1 << 20
_SHORT_BYTES = 16
_LARGEST_CHECKED = 64 << 20
_MOST_ELEMENTS = 2_000_000
_DEFAULT_SCALE_NS = 1_000_000


@dataclass(frozen=True, slots=True)
class Part:
    """A part at the top of a file.

    Attributes:
        kind: its identifier; 0 for bytes that are no part.
        start, end: its bytes.
        time_us: time of a cluster on the file's clock; None for other parts, or if it cannot be read.
        wrong: what is wrong with it; empty if nothing is known to be.

    """

    kind: int
    start: int
    end: int
    time_us: int | None = None
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Damage:
    """A damaged stretch: times on the file's clock, until None if it reaches the end, and the reason.

    ``is_tail`` says that it may be what follows the pictures: an index or tags.
    """

    from_us: int
    until_us: int | None
    reason: str
    is_tail: bool = False


def damaged_parts(path: Path, *, check_sums: bool = True) -> list[Damage]:
    """Return the damaged stretches of a Matroska file; empty for other files, and for one that is whole.

    Args:
        path: the file.
        check_sums: whether to compute the check sums that some writers give each cluster; reads the whole file.

    """
    with path.open("rb") as file:
        parts = list(_parts(file, path.stat().st_size, check_sums=check_sums))
    found: list[Damage] = []
    for at, part in enumerate(parts):
        if not part.wrong:
            continue
        before = [p.time_us for p in parts[: at + 1] if p.time_us is not None]
        after = [p.time_us for p in parts[at + 1 :] if p.kind == _CLUSTER and not p.wrong and p.time_us is not None]
        from_us, until_us = max(before, default=0), min(after, default=None)
        if until_us is None or until_us > from_us:
            found.append(Damage(from_us, until_us, part.wrong, is_tail=part.kind == 0))
    return found


def _parts(file: BinaryIO, size: int, *, check_sums: bool) -> Iterator[Part]:
    """Yield the parts of a file in order, with what is wrong with each."""
    if file.read(4) != _EBML:
        return
    at, lost_from = _first_part(file, size)
    scale_ns = _DEFAULT_SCALE_NS
    for _ in range(_MOST_ELEMENTS):
        if at >= size:
            break
        part = _part(file, at, size, scale_ns=scale_ns, check_sums=check_sums)
        if part is None:
            lost_from = at if lost_from is None else lost_from
            at = _next_cluster(file, at + 1, size)
            continue
        if lost_from is not None:
            yield Part(0, lost_from, at, wrong="bytes that are no part of the file")
            lost_from = None
        if part.kind == _INFO:
            scale_ns = _scale(file, part) or scale_ns
        yield part
        at = part.end
    if lost_from is not None:
        yield Part(0, lost_from, size, wrong="bytes that are no part of the file")


def _first_part(file: BinaryIO, size: int) -> tuple[int, int | None]:
    """Return where the first part begins, and where damage begins if the head of the file cannot be read."""
    length = ebml_number(file)
    if length is not None and file.tell() + length < size:
        file.seek(length, 1)
        if _identifier(file) == _SEGMENT:
            ebml_number(file)
            return file.tell(), None
    return _next_cluster(file, 4, size), 0


def _part(file: BinaryIO, at: int, size: int, *, scale_ns: int, check_sums: bool) -> Part | None:
    """Read the head of the part at a position; None if there is none."""
    file.seek(at)
    kind = _identifier(file)
    if kind not in _TOP:
        return None
    length = ebml_number(file)
    body = file.tell()
    if length is None:
        return Part(kind, at, _next_cluster(file, body, size), time_us=_time(file, body, scale_ns=scale_ns))
    time_us = _time(file, body, scale_ns=scale_ns) if kind == _CLUSTER else None
    if body + length > size:
        follows = _next_cluster(file, body, size)
        return Part(kind, at, follows, time_us, "a part that is longer than the file" if follows < size else "")
    wrong = _wrong(file, body, length) if check_sums and kind == _CLUSTER else ""
    if kind == _CLUSTER and time_us is None:
        wrong = wrong or "a cluster whose time cannot be read"
    return Part(kind, at, body + length, time_us, wrong)


def _wrong(file: BinaryIO, body: int, length: int) -> str:
    """Return whether a cluster does not match the check sum that it carries; empty if it does, or has none."""
    file.seek(body)
    head = file.read(6)
    if head[:2] != b"\xbf\x84" or length > _LARGEST_CHECKED:
        return ""
    right = int.from_bytes(head[2:], "little") == zlib.crc32(file.read(length - 6))
    return "" if right else "its check sum is wrong"


def _time(file: BinaryIO, body: int, *, scale_ns: int) -> int | None:
    """Return the time of a cluster, microseconds; None if it does not begin with one."""
    file.seek(body)
    head = file.read(32)
    at = 6 if head[:2] == b"\xbf\x84" else 0
    if head[at : at + 1] != b"\xe7" or not 0x81 <= head[at + 1] <= 0x88:
        return None
    width = head[at + 1] & 0x0F
    return int.from_bytes(head[at + 2 : at + 2 + width], "big") * scale_ns // 1000


def _scale(file: BinaryIO, part: Part) -> int | None:
    """Return the nanoseconds of a unit of the file's clock; None for the usual."""
    file.seek(part.start)
    data = file.read(min(part.end - part.start, _BLOCK))
    at = data.find(b"\x2a\xd7\xb1")
    width = data[at + 3] & 0x0F if at >= 0 and at + 3 < len(data) else 0
    return int.from_bytes(data[at + 4 : at + 4 + width], "big") or None if 0 < width <= 8 else None


def _next_cluster(file: BinaryIO, at: int, size: int) -> int:
    """Return where the next cluster begins; the end of the file if there is none."""
    while at < size:
        file.seek(at)
        block = file.read(_BLOCK + 3)
        found = block.find(_CLUSTER_BYTES)
        if found >= 0:
            return at + found
        at += _BLOCK
    return size


def _identifier(file: BinaryIO) -> int:
    """Read the identifier of a part; 0 if there is none."""
    first = file.read(1)
    if not first or first[0] < 0x10:
        return 0
    return int.from_bytes(first + file.read(8 - first[0].bit_length()), "big")


def blocks_fit(path: Path) -> bool:
    """Return whether the parts of every cluster follow each other to its end, and are blocks of tracks that exist."""
    size = path.stat().st_size
    tracks: set[int] = set()
    with path.open("rb") as file:
        for part in _parts(file, size, check_sums=False):
            if part.kind == _TRACKS:
                tracks = _track_numbers(file, part)
            if part.kind == _CLUSTER and not _cluster_fits(file, part, tracks):
                return False
    return True


def _inside(file: BinaryIO, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield (identifier, first byte, end) of what a part holds; an identifier of 0 is none."""
    file.seek(start)
    _identifier(file)
    ebml_number(file)
    at = file.tell()
    while at < end:
        file.seek(at)
        kind = _identifier(file)
        length = ebml_number(file)
        body = file.tell()
        if kind == 0 or length is None or body + length > end:
            yield 0, at, end
            return
        yield kind, at, body + length
        at = body + length


def _track_numbers(file: BinaryIO, part: Part) -> set[int]:
    """Return the numbers of the tracks of a file."""
    found = set()
    for kind, start, end in _inside(file, part.start, part.end):
        if kind == _TRACK:
            for inner, _, stop in _inside(file, start, end):
                if inner == _TRACK_NUMBER:
                    file.seek(stop - 1)
                    found.add(file.read(1)[0])
                    break
    return found


def _cluster_fits(file: BinaryIO, part: Part, tracks: set[int]) -> bool:
    """Return whether a cluster consists of parts that clusters have."""
    for kind, start, end in _inside(file, part.start, part.end):
        if kind not in _IN_CLUSTER or (kind in _SHORT and end - start > _SHORT_BYTES):
            return False
        if kind == _GROUP:
            found = [at for inner, at, _ in _inside(file, start, end) if inner == _GROUP_BLOCK]
            start = found[0] if found else start
        if kind in (_SIMPLE_BLOCK, _GROUP) and _track_of(file, start) not in tracks:
            return False
    return True


def _track_of(file: BinaryIO, start: int) -> int | None:
    """Return the track of the block at a byte."""
    file.seek(start)
    _identifier(file)
    ebml_number(file)
    return ebml_number(file)
