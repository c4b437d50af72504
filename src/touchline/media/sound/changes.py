"""Whether a sound track can be copied packet by packet: not if its decoder has to be set up anew midway."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from av import Packet

from touchline.media.decoding import packets
from touchline.media.ledger import Ledger
from touchline.media.source import open_media

_SETUP_FIRST = frozenset({"aac"})
"""Codecs whose rate and channels stand at the front of an MP4 file only; the packets of others repeat them."""


def changes_midway(path: Path, *, index: int) -> bool:
    """Return whether a sound track would be garbled in another file because its rate or channels change midway.

    Args:
        path: a local media file.
        index: of the audio stream.

    """
    state = path.stat()
    return _changes(str(path.absolute()), index, (state.st_mtime_ns, state.st_size))


@lru_cache(maxsize=64)
def _changes(path: str, index: int, state: tuple[int, int]) -> bool:
    """Return whether a track changes; ``state`` of the file tells a changed one from the one asked for before."""
    with open_media(path) as container:
        stream = next(stream for stream in container.streams.audio if stream.index == index)
        if stream.codec_context.name not in _SETUP_FIRST:
            return False
        form: bytes | None = None
        for packet in packets(container, stream, Ledger(step_us=1)):
            if packet.size and packet.has_sidedata("new_extradata"):
                return True
            new = _adts_form(packet)
            if new is not None and form is not None and new != form:
                return True
            form = new or form
    return False


def _adts_form(packet: Packet) -> bytes | None:
    """Return profile, rate and channels from the header of an AAC packet of a stream; None if it has no header."""
    if packet.size < 7:
        return None
    head = bytes(memoryview(packet)[:4])
    if head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return None
    return bytes([head[2] & 0xFD, head[3] & 0xC0])
