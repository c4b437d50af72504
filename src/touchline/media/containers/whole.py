"""Whether a file's own structure shows that nothing was lost from it, so that its pauses are those of its maker."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from touchline.media.containers.matroska import blocks_fit, damaged_parts
from touchline.media.containers.mpegts import read_continuity
from touchline.media.containers.structure import is_mp4, mp4_boxes

_EBML = b"\x1aE\xdf\xa3"
_FLV = b"FLV"
_FLV_KINDS = frozenset({8, 9, 18})


def is_whole(path: Path) -> bool:
    """Return whether the structure of a file is unbroken from its head to its end; False if that is unknown."""
    with path.open("rb") as file:
        head = file.read(16)
        if is_mp4(head):
            return _fragments_follow(path, file)
        if head[:4] == _EBML:
            return not damaged_parts(path) and blocks_fit(path)
        if head[:3] == _FLV:
            return _flv_is_whole(file, path.stat().st_size)
    continuity = read_continuity(path)
    return continuity is not None and continuity.whole


def _fragments_follow(path: Path, file: BinaryIO) -> bool:
    """Return whether the boxes of an MP4 file reach its end, and its fragments are numbered without a gap."""
    at, last = 0, None
    for kind, end in mp4_boxes(path):
        if kind == b"moof":
            file.seek(at + 8)
            head = file.read(16)
            number = int.from_bytes(head[12:], "big")
            if head[4:8] != b"mfhd" or (last is not None and number != last + 1):
                return False
            last = number
        at = end
    return last is not None and at == path.stat().st_size


def _flv_is_whole(file: BinaryIO, size: int) -> bool:
    """Return whether every tag of a Flash video is followed by its own length."""
    file.seek(5)
    at = int.from_bytes(file.read(4), "big") + 4
    while at < size:
        file.seek(at)
        head = file.read(11)
        length = int.from_bytes(head[1:4], "big")
        file.seek(at + 11 + length)
        if len(head) < 11 or head[0] not in _FLV_KINDS or int.from_bytes(file.read(4), "big") != length + 11:
            return False
        at += length + 15
    return at == size
