"""Diagnosis of a file from its bytes: why it cannot be read, or whether its end is missing.

Reads a few headers only; never decodes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_SNIFF_BYTES = 4096
_PLAYLIST_MARKS = (b"#EXTM3U", b"ffconcat version", b"[playlist]", b"<MPD", b"<?xml")
_EBML = b"\x1aE\xdf\xa3"
_SEGMENT = b"\x18S\x80g"
_TS_PACKET = 188
_TS_SYNC = b"G"
_UNREPAIRED = "untrunc with a finished recording of the same camera can often rebuild it"


def describe_unreadable(path: Path, *, cause: str) -> str:
    """Return one line for the user: why FFmpeg could not open a file, and what to do.

    Args:
        path: a non-empty regular file.
        cause: FFmpeg's message, used if the bytes explain nothing.

    """
    with path.open("rb") as file:
        head = file.read(_SNIFF_BYTES)
    name = repr(str(path))
    if any(mark in head[:256] for mark in _PLAYLIST_MARKS) or _is_concat_script(head):
        return f"{name} is a playlist or script, not a video; playlists are refused: give the media file itself"
    if _is_text(head):
        return f"{name} is text, not a video; check that the download or export really finished"
    if is_mp4(head) and not has_moov(path):
        return (
            f"{name} is an unfinished recording: its index (moov) is missing, as after a crash or a copy that stopped; "
            f"copy it again, let the recorder finish, or repair it ({_UNREPAIRED})"
        )
    return f"{name} is not a readable video file ({_plain(cause)}); try: ffmpeg -i FILE -c copy repaired.mkv"


def is_mp4(head: bytes) -> bool:
    """Return whether a file's first bytes are those of an MP4 or QuickTime file."""
    return head[4:8] in (b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip")


def has_moov(path: Path) -> bool:
    """Return whether an MP4 file has its index at top level."""
    return any(kind == b"moov" for kind, _ in mp4_boxes(path))


def mp4_boxes(path: Path) -> Iterator[tuple[bytes, int]]:
    """Yield the ``(kind, end)`` of each top-level box: its four letters and the byte where it should end."""
    size = path.stat().st_size
    position = 0
    with path.open("rb") as file:
        while position + 8 <= size:
            file.seek(position)
            head = file.read(16)
            length = int.from_bytes(head[:4], "big")
            if length == 1 and len(head) == 16:
                length = int.from_bytes(head[8:16], "big")
            elif length == 0:
                length = size - position
            if length < 8:
                return
            position += length
            yield head[4:8], position


def stated_size(path: Path) -> int | None:
    """Return the file size that the container states, in bytes; None if it states none.

    A shorter file was cut: an interrupted copy, or a recording still being written.
    """
    with path.open("rb") as file:
        head = file.read(_TS_PACKET + 1)
        if head[:1] == head[_TS_PACKET:] == _TS_SYNC:
            return -(-os.path.getsize(path) // _TS_PACKET) * _TS_PACKET
        if is_mp4(head):
            ends = [end for _, end in mp4_boxes(path)]
            return max(ends, default=None)
        if head[:4] == b"RIFF":
            return int.from_bytes(head[4:8], "little") + 8 if head[4:8] != bytes(4) else None
        if head[:4] == _EBML:
            return _matroska_size(file)
    return None


def missing_bytes(path: Path) -> int:
    """Return the number of bytes that the container states beyond the end of the file; 0 if none or unknown."""
    return max((stated_size(path) or 0) - os.path.getsize(path), 0)


def _matroska_size(file: BinaryIO) -> int | None:
    """Return the byte where the segment of a Matroska file should end; None for a live one of unknown size."""
    file.seek(4)
    header = ebml_number(file)
    if header is None:
        return None
    file.seek(header, os.SEEK_CUR)
    if file.read(4) != _SEGMENT:
        return None
    length = ebml_number(file)
    return None if length is None else file.tell() + length


def ebml_number(file: BinaryIO) -> int | None:
    """Return an EBML variable-length size at the file's position; None for "unknown" or past the end."""
    first = file.read(1)
    if not first or first[0] == 0:
        return None
    extra = 8 - first[0].bit_length()
    value = int.from_bytes(bytes([first[0] & ((1 << (7 - extra)) - 1)]) + file.read(extra), "big")
    return None if value == (1 << (7 * (extra + 1))) - 1 else value


def _is_concat_script(head: bytes) -> bool:
    """Return whether the head reads like FFmpeg's concat script."""
    lines = [line.strip() for line in head.splitlines() if line.strip()]
    return bool(lines) and lines[0].startswith((b"file ", b"file\t"))


def _is_text(head: bytes) -> bool:
    """Return whether the head is printable text of some common encoding."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:
            return False
        text = head[: error.start].decode("utf-8")
    printable = sum(c.isprintable() or c in "\r\n\t\f" for c in text)
    return printable > 0.95 * len(text)


def _plain(cause: str) -> str:
    """Return FFmpeg's message without its number and path."""
    text = cause.split("] ", 1)[-1]
    return text.split(": '", 1)[0].split(': "', 1)[0]
