"""The sound tracks of a file, and which of them is heard: the default one, or the loudest if that is silent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from pathlib import Path

import av
import numpy as np
from av import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

from touchline.core.clock import US_PER_S
from touchline.core.errors import InputError, UsageError
from touchline.media.decoding import packets
from touchline.media.isolation import apart
from touchline.media.ledger import Ledger
from touchline.media.source import open_media, require_regular_file

_DEFAULT, _FOR_FEW = 0x1, 0x8 | 0x80 | 0x100
"""FFmpeg's marks: the default track; a commentary, and versions for the hard of hearing and the blind."""
_PLACES = 12
_LISTEN_US = US_PER_S // 4
"""How long a track is listened to in each of the places spread over the file, microseconds."""
_SILENT = 10 ** (-70 / 20)
"""Root mean square below which sound is silence: digital silence with dither is at -90 dB, a quiet room above -65."""


class NoAudioError(InputError):
    """The file has no sound."""


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """One sound track of a file.

    Attributes:
        index: of the stream in the file.
        codec: FFmpeg's name of the codec.
        rate_hz: samples per second, at the start.
        channels: number of channels, at the start.
        layout: channel layout, such as ``"stereo"`` or ``"5.1"``.
        language: three letters; "" if unknown.
        title: "" if it has none.
        default: whether the file marks it as the one to play.

    """

    index: int
    codec: str
    rate_hz: int
    channels: int
    layout: str
    language: str
    title: str
    default: bool

    def __str__(self) -> str:
        named = [self.layout, self.language, repr(self.title) if self.title else "", "default" if self.default else ""]
        return f"{self.index} ({', '.join(word for word in named if word)})"


@dataclass(frozen=True, slots=True)
class Heard:
    """The track that is heard.

    Attributes:
        track: the track.
        note: which of several tracks was taken, and why, for the user; "" if there is only one.

    """

    track: SoundTrack
    note: str = ""


def sounding(container: InputContainer) -> list[AudioStream]:
    """Return the audio streams that can be decoded."""
    streams = [stream for stream in container.streams.audio if stream.codec_context is not None]
    return [stream for stream in streams if stream.codec_context.channels]


@apart
def sound_tracks(path: str | Path) -> tuple[SoundTrack, ...]:
    """Return the tracks of a file that can be decoded, in the file's order; empty if it has no sound."""
    with open_media(path) as container:
        return tuple(_track(stream) for stream in sounding(container))


def heard_track(path: str | Path, *, index: int | None = None) -> Heard:
    """Return the track of a file that is heard.

    Args:
        path: a local media file.
        index: of the stream to hear; None takes the default one, or the loudest if that is silent throughout.

    Raises:
        NoAudioError: the file has no sound; an InputError.
        UsageError: there is no sound track with this index.

    """
    path = require_regular_file(path)
    state = path.stat()
    return _heard(str(path.absolute()), index, (state.st_mtime_ns, state.st_size))


def heard_stream(container: InputContainer, *, path: str | Path, index: int | None = None) -> AudioStream:
    """Return the stream of an open file that is heard; see :func:`heard_track`."""
    found = heard_track(path, index=index).track.index
    return next(stream for stream in container.streams.audio if stream.index == found)


@lru_cache(maxsize=64)
def _heard(path: str, index: int | None, state: tuple[int, int]) -> Heard:
    """Return the track that is heard; ``state`` of the file tells a changed one from the one asked for before."""
    return _find_heard(path, index=index)


@apart
def _find_heard(path: str, *, index: int | None) -> Heard:
    """Return the track that is heard, by listening if there are several."""
    tracks = sound_tracks(path)
    if index is not None:
        chosen = next((track for track in tracks if track.index == index), None)
        if chosen is None:
            known = ", ".join(map(str, tracks)) or "none"
            raise UsageError(f"{path!r} has no sound track {index}; its sound tracks: {known}")
        return Heard(chosen)
    if not tracks:
        raise NoAudioError(f"{path!r} has no sound; use a model that needs the picture only")
    usual = _usual(path, tracks)
    if len(tracks) == 1:
        return Heard(usual)
    chosen = _loud(path, tracks, usual=usual)
    listed = f"{len(tracks)} sound tracks: {', '.join(map(str, tracks))}"
    why = "" if chosen == usual else f" because {usual.index} is silent"
    return Heard(chosen, f"{listed}; {chosen.index} is heard{why}, --audio-stream N takes another")


def _usual(path: str, tracks: Sequence[SoundTrack]) -> SoundTrack:
    """Return the track that players take: one marked as default, and not made for few."""
    with open_media(path) as container:
        marks = {stream.index: int(stream.disposition) for stream in container.streams.audio}
    return min(tracks, key=lambda track: (not track.default, bool(marks[track.index] & _FOR_FEW)))


def _loud(path: str, tracks: Sequence[SoundTrack], *, usual: SoundTrack) -> SoundTrack:
    """Return the usual track, or the loudest one if the usual one is silent."""
    if any(level > _SILENT for level in _levels(path, usual.index)):
        return usual
    others = {track: max(_levels(path, track.index), default=0.0) for track in tracks if track != usual}
    best = max(others, key=lambda track: others[track])
    return best if others[best] > _SILENT else usual


def _levels(path: str, index: int) -> Iterator[float]:
    """Yield the root mean square of a track in places spread over the file."""
    with open_media(path) as container:
        stream = next(stream for stream in container.streams.audio if stream.index == index)
        length_us, start_us = container.duration or 0, container.start_time or 0
        for place in range(_PLACES):
            at_us = start_us + length_us * (2 * place + 1) // (2 * _PLACES)
            with suppress(av.FFmpegError):  # a file that cannot seek is read on
                container.seek(at_us, backward=True)
            yield _level(container, stream)
            stream.codec_context.flush_buffers()


def _level(container: InputContainer, stream: AudioStream) -> float:
    """Return the root mean square of the next part of a track; 0 if nothing of it can be decoded."""
    heard_us, total, count = 0, 0.0, 0
    for packet in takewhile(lambda packet: packet.size, packets(container, stream, Ledger(step_us=1))):
        try:
            frames = stream.codec_context.decode(packet)
        except av.FFmpegError:
            continue
        for frame in frames:
            values = _values(frame)
            total, count = total + float(np.square(values).sum()), count + values.size
            heard_us += frame.samples * US_PER_S // max(1, frame.sample_rate)
        if heard_us >= _LISTEN_US:
            break
    return float(np.sqrt(total / count)) if count else 0.0


def _values(frame: AudioFrame) -> np.ndarray:
    """Return a frame's samples of all channels, -1 to 1."""
    array = frame.to_ndarray().ravel()
    if array.dtype == np.uint8:
        return (array.astype(np.float64) - 128) / 128
    whole = float(np.iinfo(array.dtype).max) if np.issubdtype(array.dtype, np.integer) else 1.0
    return np.nan_to_num(array.astype(np.float64) / whole)


def _track(stream: AudioStream) -> SoundTrack:
    context = stream.codec_context
    return SoundTrack(
        index=stream.index,
        codec=context.name,
        rate_hz=context.sample_rate,
        channels=context.channels,
        layout=context.layout.name,
        language=_tag(stream, "language").replace("und", ""),
        title=_tag(stream, "title"),
        default=bool(int(stream.disposition) & _DEFAULT),
    )


def _tag(stream: AudioStream, name: str) -> str:
    """Return a tag without characters that could control a terminal."""
    text = next((value for key, value in stream.metadata.items() if key.lower() == name), "")
    return "".join(c if c.isprintable() else "\ufffd" for c in text)
