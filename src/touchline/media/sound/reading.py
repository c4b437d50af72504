"""Sound of a video on the video's own clock: mono, at any sample rate, in bounded memory."""

from __future__ import annotations

from collections.abc import Generator, Iterator
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
from touchline.media.isolation import stream_apart, works_apart
from touchline.media.ledger import DAMAGED, Ledger
from touchline.media.sound.clock import SoundClock
from touchline.media.sound.resampling import SteadyResampler, overlap
from touchline.media.sound.tracks import heard_stream
from touchline.media.source import open_media, require_regular_file

Sound = npt.NDArray[np.float32]
"""float32 (samples,), -1 to 1."""

_HOLE_S = Fraction(1, 20)
"""A pause in the audio timestamps longer than this is filled with silence."""
_JUMP_S = 3_600
"""A longer pause is none: the source has set its clock, and the sound goes on."""
_TOLD_US = 250_000
"""Inserted silence is reported if it is at least this long or caused by damage."""
_EARLY_END_US = 2_000_000
"""Sound that ends at least this much before the picture is reported."""
LATE = "it starts after the picture"
HOLE = "the file has none there"
ENDED = "it ends before the picture"


class SoundReader:
    """A reader of mono sound in chunks; sample ``i`` belongs to ``i / rate_hz`` s from the first shown frame.

    Sound before the first frame is dropped; a late start and damaged packets become silence. In a file without video
    the clock starts with the sound.

    Args:
        path: a local media file.
        rate_hz: samples per second of the output.
        chunk_s: length of a chunk, seconds; the last may be shorter.
        stream: index of the sound track; None takes the default one, or the loudest if that is silent.

    """

    def __init__(
        self, path: str | Path, *, rate_hz: int = 16_000, chunk_s: float = 10.0, stream: int | None = None
    ) -> None:
        if rate_hz < 1 or chunk_s <= 0:
            raise ValueError(f"rate_hz={rate_hz} and chunk_s={chunk_s} must be positive")
        self._path, self._stream = require_regular_file(path), stream
        self._rate_hz, self._size = rate_hz, max(1, round(rate_hz * chunk_s))
        self._restart()

    def _restart(self) -> None:
        self._ledger = Ledger(step_us=1)
        self._cursor = self._frames = self._early = 0
        self._gaps: list[Gap] = []
        self._duration_us = 0
        self._found: Coverage | None = None

    def chunks(self) -> Iterator[Sound]:
        """Yield chunks float32 (samples,), -1 to 1, from the start.

        Raises:
            NoAudioError: the file has no sound; an InputError.
            UsageError: there is no sound track with this index.

        """
        self._restart()
        if works_apart():
            self._found = yield from stream_apart(
                send_sound,
                name=str(self._path),
                path=self._path,
                rate_hz=self._rate_hz,
                chunk_samples=self._size,
                stream=self._stream,
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
        end_us = self._us(max(0, self._cursor))
        duration_us = max(self._duration_us, end_us)
        late = duration_us - end_us > _EARLY_END_US
        ended = (Gap(end_us, duration_us, ENDED),) if late else ()
        return Coverage(duration_us, self._frames, self._ledger.packets_skipped - self._early, (*self._gaps, *ended))

    def _pieces(self) -> Iterator[Sound]:
        """Yield pieces of mono sound of any length from the first shown frame on, with gaps filled."""
        origin, self._duration_us = _clock(self._path)
        with open_media(self._path) as container:
            stream = heard_stream(container, path=self._path, index=self._stream)
            clock = SoundClock(stream.time_base)
            if origin is None:
                origin = (stream.start_time or 0) * (stream.time_base or Fraction(0))
            resampler = SteadyResampler(format="flt", layout="mono", rate_hz=self._rate_hz)
            drop = 0
            for frame in _decode(container, stream, ledger=self._ledger):
                if not self._frames:  # a recording that starts mid-packet has lost nothing
                    skipped = self._early = self._ledger.packets_skipped
                self._frames += 1
                time_s = clock.seconds(frame)
                at = self._cursor if time_s is None else round((time_s - origin) * self._rate_hz)
                if self._frames == 1:
                    self._cursor = min(at, 0)
                if at - self._cursor >= self._rate_hz * _JUMP_S:
                    origin += Fraction(at - self._cursor, self._rate_hz)
                elif time_s is not None and (self._breaks(at) or resampler.changes(frame)):
                    yield self._counted(_samples(resampler.flush()))
                    yield from self._silence(until=at, damaged=self._ledger.packets_skipped > skipped)
                    drop = overlap(self._cursor - at, rate_hz=self._rate_hz)
                skipped = self._ledger.packets_skipped
                frame.pts = None
                piece = _samples(resampler.resample(frame))
                yield self._counted(piece[drop:])
                drop = max(0, drop - len(piece))
            yield self._counted(_samples(resampler.flush()))

    def _breaks(self, at: int) -> bool:
        """Return whether there is a pause before the first sample of a frame."""
        return at - self._cursor > self._rate_hz * _HOLE_S or self._cursor == 0 < at

    def _silence(self, *, until: int, damaged: bool) -> Iterator[Sound]:
        """Yield silence up to a sample; long silence is recorded as a gap."""
        first = self._cursor
        if until <= first:
            return
        gap_us = self._us(max(0, first)), self._us(max(0, until))
        if damaged or gap_us[1] - gap_us[0] >= _TOLD_US:
            self._gaps.append(Gap(*gap_us, DAMAGED if damaged else HOLE if first > 0 else LATE))
        while self._cursor < until:
            yield self._counted(np.zeros(min(self._size, until - self._cursor), dtype=np.float32))

    def _counted(self, piece: Sound) -> Sound:
        """Count the next samples, and return those of them that do not lie before the first frame."""
        before = max(0, -self._cursor)
        self._cursor += len(piece)
        return piece[before:]

    def _us(self, sample: int) -> int:
        return round(sample * 1_000_000 / self._rate_hz)


def send_sound(path: Path, *, rate_hz: int, chunk_samples: int, stream: int | None) -> Generator[Sound, None, Coverage]:
    """Yield the sound in chunks and return its coverage: what a child process does for a reader."""
    reader = SoundReader(path, rate_hz=rate_hz, chunk_s=chunk_samples / rate_hz, stream=stream)
    yield from reader.chunks()
    return reader.coverage()


def stream_audio(
    path: str | Path, *, rate_hz: int = 16_000, chunk_s: float = 10.0, stream: int | None = None
) -> Iterator[Sound]:
    """Yield the sound of a file as mono chunks; see :class:`SoundReader`, which also reports what was lost.

    Raises:
        NoAudioError: the file has no sound; an InputError.
        UsageError: there is no sound track with this index.

    """
    yield from SoundReader(path, rate_hz=rate_hz, chunk_s=chunk_s, stream=stream).chunks()


def read_audio(path: str | Path, *, rate_hz: int = 16_000, stream: int | None = None) -> Sound:
    """Return the whole sound of a file at once; see :func:`stream_audio`."""
    chunks = list(stream_audio(path, rate_hz=rate_hz, stream=stream))
    return np.concatenate(chunks) if chunks else np.zeros(0, dtype=np.float32)


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


def _samples(frames: list[AudioFrame]) -> Sound:
    """Concatenate resampled frames into one array."""
    arrays = [frame.to_ndarray().reshape(-1).astype(np.float32, copy=False) for frame in frames]
    return np.concatenate(arrays) if arrays else np.zeros(0, dtype=np.float32)
