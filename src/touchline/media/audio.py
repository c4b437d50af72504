"""Sound of a video on the video's own clock: mono, at any sample rate, in bounded memory."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

from touchline.core.clock import format_clock
from touchline.core.errors import InputError
from touchline.core.events import Coverage, Gap
from touchline.media.decoding import packets
from touchline.media.facts import inspect
from touchline.media.isolation import apart, stream_apart, works_apart
from touchline.media.ledger import DAMAGED, Ledger
from touchline.media.resampling import SteadyResampler, overlap
from touchline.media.source import open_media, require_regular_file

Sound = npt.NDArray[np.float32]
"""float32 (samples,), -1 to 1."""

_HOLE_S = Fraction(1, 20)
"""A pause in the audio timestamps longer than this is filled with silence."""
_TOLD_US = 250_000
"""Inserted silence is reported if it is at least this long or caused by damage."""
_EARLY_END_US = 2_000_000
"""Sound that ends at least this much before the picture is reported."""
LATE = "it starts after the picture"
HOLE = "the file has none there"
ENDED = "it ends before the picture"


class NoAudioError(InputError):
    """The file has no sound."""


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """The properties of a file's audio stream.

    Attributes:
        rate_hz: samples per second.
        channels: number of channels; all are mixed to one.
        layout: channel layout, such as ``"stereo"`` or ``"5.1"``.
        codec: FFmpeg's name of the codec.

    """

    rate_hz: int
    channels: int
    layout: str
    codec: str


@apart
def audio_facts(path: str | Path) -> AudioFacts:
    """Return the properties of a file's audio stream.

    Raises:
        NoAudioError: the file has no sound; an InputError.

    """
    with open_media(require_regular_file(path)) as container:
        stream = _audio_stream(container, path=path)
        codec = stream.codec_context
        return AudioFacts(codec.sample_rate, codec.channels, codec.layout.name, codec.name)


class SoundReader:
    """A reader of mono sound in chunks; sample ``i`` belongs to ``i / rate_hz`` s from the first shown frame.

    Sound before the first frame is dropped; a late start and damaged packets become silence. In a file without video
    the clock starts with the sound.

    Args:
        path: a local media file.
        rate_hz: samples per second of the output.
        chunk_s: length of a chunk, seconds; the last may be shorter.

    """

    def __init__(self, path: str | Path, *, rate_hz: int = 16_000, chunk_s: float = 10.0) -> None:
        if rate_hz < 1 or chunk_s <= 0:
            raise ValueError(f"rate_hz={rate_hz} and chunk_s={chunk_s} must be positive")
        self._path = require_regular_file(path)
        self._rate_hz, self._size = rate_hz, max(1, round(rate_hz * chunk_s))
        self._restart()

    def _restart(self) -> None:
        self._ledger = Ledger(step_us=1)
        self._written = self._frames = self._early = 0
        self._gaps: list[Gap] = []
        self._duration_us = 0
        self._found: Coverage | None = None

    def chunks(self) -> Iterator[Sound]:
        """Yield chunks float32 (samples,), -1 to 1, from the start.

        Raises:
            NoAudioError: the file has no sound; an InputError.

        """
        self._restart()
        if works_apart():
            self._found = yield from stream_apart(
                send_sound,
                name=str(self._path),
                path=self._path,
                rate_hz=self._rate_hz,
                chunk_samples=self._size,
            )
            return
        waiting: list[Sound] = []
        count = 0
        for piece in self._pieces():
            waiting.append(piece)
            count += len(piece)
            if count >= self._size:
                joined = np.concatenate(waiting)
                whole = len(joined) // self._size * self._size
                yield from joined[:whole].reshape(-1, self._size)
                waiting, count = [joined[whole:]], len(joined) - whole
        if count:
            yield np.concatenate(waiting)

    def coverage(self) -> Coverage:
        """Return which parts of the sound exist, after reading all chunks; late starts, damage, early ends are gaps."""
        if self._found is not None:
            return self._found
        end_us = self._us(self._written)
        duration_us = max(self._duration_us, end_us)
        late = duration_us - end_us > _EARLY_END_US
        ended = (Gap(end_us, duration_us, ENDED),) if late else ()
        return Coverage(duration_us, self._frames, self._ledger.packets_skipped - self._early, (*self._gaps, *ended))

    def _pieces(self) -> Iterator[Sound]:
        """Yield pieces of mono sound of any length from the first shown frame on, with gaps filled."""
        origin, self._duration_us = _clock(self._path)
        with open_media(self._path) as container:
            stream = _audio_stream(container, path=self._path)
            resampler = SteadyResampler(format="flt", layout="mono", rate_hz=self._rate_hz)
            drop = 0
            for frame in _decode(container, stream, ledger=self._ledger):
                if not self._frames:  # a recording that starts mid-packet has lost nothing
                    skipped = self._early = self._ledger.packets_skipped
                self._frames += 1
                at = _position(frame, stream, origin=origin, rate_hz=self._rate_hz)
                if at is None:
                    at = self._written
                elif self._breaks(at) or resampler.changes(frame):
                    tail = _samples(resampler.flush())
                    yield self._filled(tail, until=at, damaged=self._ledger.packets_skipped > skipped)
                    drop = overlap(self._written - at, rate_hz=self._rate_hz)
                skipped = self._ledger.packets_skipped
                if not self._written:
                    drop = max(0, -at)
                frame.pts = None
                piece = _samples(resampler.resample(frame))
                yield self._counted(piece[drop:])
                drop = max(0, drop - len(piece))
            yield self._counted(_samples(resampler.flush()))

    def _breaks(self, at: int) -> bool:
        """Return whether there is a pause before the first sample of a frame."""
        return at - self._written > self._rate_hz * _HOLE_S or self._written == 0 < at

    def _filled(self, tail: Sound, *, until: int, damaged: bool) -> Sound:
        """Return the resampler's remaining samples and silence up to a sample; long silence is recorded as a gap."""
        first = self._written + len(tail)
        silence = np.zeros(max(0, until - first), dtype=np.float32)
        gap_us = self._us(first), self._us(first + len(silence))
        if len(silence) and (damaged or gap_us[1] - gap_us[0] >= _TOLD_US):
            self._gaps.append(Gap(*gap_us, DAMAGED if damaged else HOLE if self._written else LATE))
        return self._counted(np.concatenate([tail, silence]))

    def _counted(self, piece: Sound) -> Sound:
        self._written += len(piece)
        return piece

    def _us(self, sample: int) -> int:
        return round(sample * 1_000_000 / self._rate_hz)


def send_sound(path: Path, *, rate_hz: int, chunk_samples: int) -> Generator[Sound, None, Coverage]:
    """Yield the sound in chunks and return its coverage: what a child process does for a reader."""
    reader = SoundReader(path, rate_hz=rate_hz, chunk_s=chunk_samples / rate_hz)
    yield from reader.chunks()
    return reader.coverage()


def stream_audio(path: str | Path, *, rate_hz: int = 16_000, chunk_s: float = 10.0) -> Iterator[Sound]:
    """Yield the sound of a file as mono chunks; see :class:`SoundReader`, which also reports what was lost.

    Raises:
        NoAudioError: the file has no sound; an InputError.

    """
    yield from SoundReader(path, rate_hz=rate_hz, chunk_s=chunk_s).chunks()


def read_audio(path: str | Path, *, rate_hz: int = 16_000) -> Sound:
    """Return the whole sound of a file at once; see :func:`stream_audio`."""
    chunks = list(stream_audio(path, rate_hz=rate_hz))
    return np.concatenate(chunks) if chunks else np.zeros(0, dtype=np.float32)


def _audio_stream(container: InputContainer, *, path: str | Path) -> AudioStream:
    """Return the first audio stream that has a channel."""
    streams = [stream for stream in container.streams.audio if stream.codec_context.channels]
    if not streams:
        raise NoAudioError(f"{str(path)!r} has no sound; use a model that needs the picture only")
    return streams[0]


def lost_sound(coverage: Coverage) -> list[str]:
    """Return remarks for the user on missing sound, one line each; empty if the sound is complete."""
    remarks = []
    ended = [gap for gap in coverage.gaps if gap.reason == ENDED]
    lost = [gap for gap in coverage.gaps if gap.reason != ENDED]
    if lost:
        lost_s = sum(gap.end_us - gap.start_us for gap in lost) / 1e6
        more = f", and {len(lost) - 1} more" if len(lost) > 1 else ""
        remarks.append(
            f"{lost_s:.1f} s of the sound are missing and treated as silence, the first at "
            f"{format_clock(lost[0].start_us, decimals=1)} ({lost[0].reason}){more}"
        )
    elif coverage.packets_skipped:
        remarks.append(f"{coverage.packets_skipped} damaged packets of the sound were skipped")
    for gap in ended:
        early_s = (gap.end_us - gap.start_us) / 1e6
        remarks.append(
            f"the sound ends at {format_clock(gap.start_us, decimals=1)}, {early_s:.1f} s before the picture"
        )
    return remarks


def _clock(path: Path) -> tuple[Fraction | None, int]:
    """Return the source time of the first shown frame (s) and the video's duration (us); None and 0 without video."""
    try:
        facts = inspect(path)
    except InputError:
        return None, 0
    start = None if facts.start_pts is None else facts.start_pts * facts.time_base
    return start, facts.info.duration_us


def _decode(container: InputContainer, stream: AudioStream, *, ledger: Ledger) -> Iterator[AudioFrame]:
    """Yield every audio frame that can be decoded; damaged packets are recorded and become silence."""
    for packet in packets(container, stream, ledger):
        try:
            frames = stream.codec_context.decode(packet if packet.size else None)
        except av.FFmpegError:
            ledger.packet_failed(DAMAGED)
            continue
        yield from frames


def _position(frame: AudioFrame, stream: AudioStream, *, origin: Fraction | None, rate_hz: int) -> int | None:
    """Return a frame's first sample on the video's clock; None if unknown."""
    if frame.pts is None or stream.time_base is None:
        return None
    if origin is None:
        origin = (stream.start_time or 0) * stream.time_base
    return round((frame.pts * stream.time_base - origin) * rate_hz)


def _samples(frames: list[AudioFrame]) -> Sound:
    """Concatenate resampled frames into one array."""
    arrays = [frame.to_ndarray().reshape(-1).astype(np.float32, copy=False) for frame in frames]
    return np.concatenate(arrays) if arrays else np.zeros(0, dtype=np.float32)
