"""The sound of a video on the video's own clock: mono, at the rate a model wants, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av import AudioFrame, AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer

from touchline.errors import InputError
from touchline.media.decoding import packets
from touchline.media.facts import inspect
from touchline.media.ledger import Ledger
from touchline.media.source import open_media, require_regular_file

Sound = npt.NDArray[np.float32]
"""float32 (samples,), -1 to 1."""

_HOLE_S = Fraction(1, 20)
"""A pause in the sound's timestamps longer than this is filled with silence."""


class NoAudioError(InputError):
    """A file without sound."""


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """What a file says of its sound.

    Attributes:
        rate_hz: samples a second.
        channels: how many; all are mixed to one.
        layout: which, such as ``"stereo"`` or ``"5.1"``.
        codec: how it is packed.

    """

    rate_hz: int
    channels: int
    layout: str
    codec: str


def audio_facts(path: str | Path) -> AudioFacts:
    """What a file says of its sound.

    Raises:
        NoAudioError: the file has no sound; an InputError.

    """
    with open_media(require_regular_file(path)) as container:
        stream = _audio_stream(container, path=path)
        codec = stream.codec_context
        return AudioFacts(codec.sample_rate, codec.channels, codec.layout.name, codec.name)


def stream_audio(path: str | Path, *, rate_hz: int = 16_000, chunk_s: float = 10.0) -> Iterator[Sound]:
    """The sound of a file as mono chunks; sample ``i`` belongs to ``i / rate_hz`` s from the first shown frame.

    Sound before the first frame is dropped; where sound starts late or packets are damaged, there is silence. In a
    file without picture the clock starts with the sound.

    Args:
        path: a local media file.
        rate_hz: samples a second.
        chunk_s: length of a chunk; the last may be shorter.

    Yields:
        float32 (samples,), -1 to 1.

    Raises:
        NoAudioError: the file has no sound; an InputError.

    """
    if rate_hz < 1 or chunk_s <= 0:
        raise ValueError(f"rate_hz={rate_hz} and chunk_s={chunk_s} must be positive")
    size = max(1, round(rate_hz * chunk_s))
    waiting: list[Sound] = []
    count = 0
    for piece in _pieces(require_regular_file(path), rate_hz=rate_hz):
        waiting.append(piece)
        count += len(piece)
        if count >= size:
            joined = np.concatenate(waiting)
            whole = len(joined) // size * size
            yield from joined[:whole].reshape(-1, size)
            waiting, count = [joined[whole:]], len(joined) - whole
    if count:
        yield np.concatenate(waiting)


def read_audio(path: str | Path, *, rate_hz: int = 16_000) -> Sound:
    """The whole sound of a file at once; see :func:`stream_audio`."""
    chunks = list(stream_audio(path, rate_hz=rate_hz))
    return np.concatenate(chunks) if chunks else np.zeros(0, dtype=np.float32)


def _pieces(path: Path, *, rate_hz: int) -> Iterator[Sound]:
    """Pieces of mono sound of any length, holes filled, from the first shown frame on."""
    origin = _origin_s(path)
    with open_media(path) as container:
        stream = _audio_stream(container, path=path)
        resampler = AudioResampler(format="flt", layout="mono", rate=rate_hz)
        written = 0
        for frame in _decode(container, stream):
            at = _position(frame, stream, origin=origin, rate_hz=rate_hz)
            if at is None:
                at = written
            elif at - written > rate_hz * _HOLE_S or written == 0 < at:
                tail = _samples(resampler.resample(None), skip=0) if written else np.zeros(0, np.float32)
                resampler = AudioResampler(format="flt", layout="mono", rate=rate_hz)
                silence = np.zeros(max(0, at - written - len(tail)), dtype=np.float32)
                written += len(tail) + len(silence)
                yield np.concatenate([tail, silence])
            frame.pts = None
            piece = _samples(resampler.resample(frame), skip=max(0, -at) if written == 0 else 0)
            written += len(piece)
            yield piece
        yield _samples(resampler.resample(None), skip=0)


def _audio_stream(container: InputContainer, *, path: str | Path) -> AudioStream:
    """The first stream of sound that has any channel."""
    streams = [stream for stream in container.streams.audio if stream.codec_context.channels]
    if not streams:
        raise NoAudioError(f"{str(path)!r} has no sound; use a model that looks at the picture only")
    return streams[0]


def _origin_s(path: Path) -> Fraction | None:
    """The source time of the first shown frame in seconds; None for a file without picture."""
    try:
        facts = inspect(path)
    except InputError:
        return None
    return None if facts.start_pts is None else facts.start_pts * facts.time_base


def _decode(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    """Every frame of sound that can be decoded; damaged packets are passed over, their time becomes silence."""
    for packet in packets(container, stream, Ledger(step_us=1)):
        try:
            frames = stream.codec_context.decode(packet if packet.size else None)
        except av.FFmpegError:
            continue
        yield from frames


def _position(frame: AudioFrame, stream: AudioStream, *, origin: Fraction | None, rate_hz: int) -> int | None:
    """The sample a frame starts at on the video's clock; None where that is not known."""
    if frame.pts is None or stream.time_base is None:
        return None
    if origin is None:
        origin = (stream.start_time or 0) * stream.time_base
    return round((frame.pts * stream.time_base - origin) * rate_hz)


def _samples(frames: list[AudioFrame], *, skip: int) -> Sound:
    """Resampled frames as one array, without its first ``skip`` samples."""
    arrays = [frame.to_ndarray().reshape(-1).astype(np.float32, copy=False) for frame in frames]
    return np.concatenate(arrays)[skip:] if arrays else np.zeros(0, dtype=np.float32)
