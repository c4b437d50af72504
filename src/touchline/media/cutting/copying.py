"""A span of a video copied packet by packet: quick and without loss, but it begins at the key frame before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from av import Packet
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from touchline.core.clock import US_PER_S, us_from_seconds
from touchline.media.decoding import packets
from touchline.media.encoding.replacing import UnfinishedVideo
from touchline.media.encoding.sound_copy import COPIED
from touchline.media.facts import StreamFacts, choose_stream
from touchline.media.isolation import apart
from touchline.media.ledger import Ledger
from touchline.media.sound.changes import changes_midway
from touchline.media.sound.tracks import sounding
from touchline.media.source import create_media, open_media

_STEPS_BACK_US = tuple(seconds * US_PER_S for seconds in (0, 2, 8, 32, 128))
_IN_MP4 = frozenset({"h264", "hevc", "av1", "mpeg4"})
"""Video codecs that players expect in MP4; others go into Matroska, which takes any."""
_TAIL_US = 10 * US_PER_S
"""A stream that has nothing for this long after the span has ended."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy holds.

    Attributes:
        start_us, end_us: span that is shown, microseconds from the first shown frame; wider than what was asked for.

    """

    start_us: int
    end_us: int


@apart
def copied_suffix(facts: StreamFacts) -> str | None:
    """Return the ending of a file that takes a video's packets; None if they cannot be copied.

    Those without times cannot, nor sound whose rate or channels change midway.
    """
    if facts.by_dts or facts.start_pts is None:
        return None
    with open_media(facts.info.path, max_pixels=facts.max_pixels) as source:
        codecs = {stream.index: stream.codec_context.name for stream in sounding(source)}
    if any(changes_midway(facts.info.path, index=index) for index in codecs):
        return None
    sounds = set(codecs.values())
    return ".mp4" if facts.info.codec in _IN_MP4 and sounds <= COPIED else ".mkv"


def key_frame_before(facts: StreamFacts, *, time_us: int) -> int | None:
    """Return the time of the last key frame up to a time, microseconds from the first shown frame; None if none is."""
    with open_media(facts.info.path, max_pixels=facts.max_pixels) as source:
        video, _ = choose_stream(source, path=facts.info.path, index=facts.info.stream_index)
        return _key_before(source, video, facts=facts, time_us=time_us)[1]


def copy_span(facts: StreamFacts, out: Path, *, start_us: int, end_us: int, comment: str = "") -> Copied | None:
    """Copy a span of a video, with all its sound, from the last key frame before it on.

    Args:
        facts: properties of the video.
        out: the file to write, with the ending of :func:`copied_suffix`; an older one is replaced.
        start_us: start of the span, microseconds from the first shown frame.
        end_us: end of the span.
        comment: text to keep in the file's metadata.

    Returns:
        What the copy holds; None if there is no key frame, or nothing to copy; no file is written then.

    Raises:
        ResourceError: the file cannot be written.

    """
    with open_media(facts.info.path, max_pixels=facts.max_pixels) as source:
        video, _ = choose_stream(source, path=facts.info.path, index=facts.info.stream_index)
        back_us, key_us = _key_before(source, video, facts=facts, time_us=start_us)
        if key_us is None:
            return None
        file = UnfinishedVideo(out)
        try:
            with file.writing():
                _seek(source, video, facts=facts, time_us=start_us - back_us)
                shown_us = _copy(source, video, file.path, facts=facts, key_us=key_us, end_us=end_us, comment=comment)
            if shown_us is None:
                return None
            file.publish()
            return Copied(key_us, shown_us)
        finally:
            file.discard()


def _key_before(
    source: InputContainer, video: VideoStream, *, facts: StreamFacts, time_us: int
) -> tuple[int, int | None]:
    """Return how far before a time to seek, and the time of the last key frame before it; None if there is none."""
    back_us = 0
    for back_us in _STEPS_BACK_US:
        _seek(source, video, facts=facts, time_us=time_us - back_us)
        found: int | None = None
        for packet in packets(source, video, Ledger(step_us=1)):
            at_us = facts.raw_us(packet)
            if packet.size == 0 or (packet.dts is not None and _dts_us(packet, facts) > time_us):
                break
            if packet.is_keyframe and at_us is not None and at_us <= time_us:
                found = at_us
        if found is not None or back_us > time_us:
            return back_us, found
    return back_us, None


def _seek(source: InputContainer, video: VideoStream, *, facts: StreamFacts, time_us: int) -> None:
    """Move to a time, or to the start for one before it."""
    target = (facts.start_pts or 0) + int(Fraction(max(0, time_us), US_PER_S) / facts.time_base)
    source.seek(target, stream=video, backward=True)


def _copy(
    source: InputContainer,
    video: VideoStream,
    path: Path,
    *,
    facts: StreamFacts,
    key_us: int,
    end_us: int,
    comment: str,
) -> int | None:
    """Copy the packets from a key frame to the end of the span; return where the pictures end."""
    sounds = sounding(source)
    shown_us: int | None = None
    name = "mp4" if path.name.endswith(".mp4.part") else "matroska"
    with create_media(path, format=name) as target:
        if comment:
            target.metadata["comment"] = comment
        streams = {stream.index: target.add_stream_from_template(stream) for stream in (video, *sounds)}
        for packet in _wanted(source, video, sounds, facts=facts, key_us=key_us, end_us=end_us):
            if packet.stream_index == video.index:
                at_us = facts.raw_us(packet) or 0
                shown_us = max(shown_us or 0, at_us + _duration_us(packet, facts))
            shift = round((Fraction(key_us, US_PER_S) + _origin_s(facts)) / packet.time_base)
            packet.pts = None if packet.pts is None else packet.pts - shift
            packet.dts = None if packet.dts is None else packet.dts - shift
            packet.stream = streams[packet.stream_index]
            target.mux(packet)
    return shown_us


def _wanted(
    source: InputContainer,
    video: VideoStream,
    sounds: list[AudioStream],
    *,
    facts: StreamFacts,
    key_us: int,
    end_us: int,
) -> Iterator[Packet]:
    """Yield the packets of picture and sound from a key frame on that are needed up to a time."""
    begun = False
    open_streams = {video.index, *(stream.index for stream in sounds)}
    for packet in source.demux(video, *sounds):
        if packet.size == 0 or packet.stream_index not in open_streams:
            continue
        at_us = _time_us(packet, facts)
        if at_us is None:
            continue
        decoded_us = at_us if packet.dts is None else _dts_us(packet, facts)
        if decoded_us >= end_us:
            open_streams.discard(packet.stream_index)
            if not open_streams or decoded_us > end_us + _TAIL_US:
                return
        elif packet.stream_index == video.index:
            begun = begun or (packet.is_keyframe and at_us == key_us)
            if begun and at_us >= key_us:  # an open group's leading pictures need what comes before
                yield packet
        elif at_us + _duration_us(packet, facts) > key_us:
            yield packet


def _origin_s(facts: StreamFacts) -> Fraction:
    """Return the time of the first shown frame on the file's own clock."""
    return (facts.start_pts or 0) * facts.time_base


def _time_us(packet: Packet, facts: StreamFacts) -> int | None:
    """Return a packet's time on the video's clock, microseconds."""
    time = packet.dts if packet.pts is None else packet.pts
    return None if time is None else us_from_seconds(time * packet.time_base - _origin_s(facts))


def _dts_us(packet: Packet, facts: StreamFacts) -> int:
    """Return when a packet is decoded, on the video's clock, microseconds."""
    return us_from_seconds((packet.dts or 0) * packet.time_base - _origin_s(facts))


def _duration_us(packet: Packet, facts: StreamFacts) -> int:
    """Return how long a packet's picture or sound lasts, microseconds."""
    if packet.duration:
        return us_from_seconds(packet.duration * packet.time_base)
    return facts.step_us
