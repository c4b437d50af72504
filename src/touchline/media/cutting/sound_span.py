"""The sound of a span of a video, cut to the sample, without decoding what lies before it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

import av
import numpy as np
import numpy.typing as npt
from av import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

from touchline.core.clock import US_PER_S
from touchline.media.decoding import packets
from touchline.media.facts import StreamFacts
from touchline.media.isolation import apart, stream_apart, works_apart
from touchline.media.ledger import Ledger
from touchline.media.sound.clock import SoundClock
from touchline.media.sound.resampling import SteadyResampler, overlap
from touchline.media.sound.tracks import heard_stream, sounding
from touchline.media.source import open_media

_Timed = tuple[AudioFrame, Fraction | None]
"""A frame and its time on the file's own clock, seconds; None if unknown."""

Samples = npt.NDArray[np.float32]
"""float32 (channels, samples), -1 to 1."""

RATES_HZ = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
"""Widely supported AAC sample rates, Hz; other rates are converted to the last."""
_STEPS_BACK_US = tuple(round(seconds * US_PER_S) for seconds in (0.5, 3, 12, 48))
"""Decoders need some sound before the first sample that is wanted; some files are indexed coarsely."""
_WORTH_IT_US = US_PER_S
_SLIP_S = Fraction(1, 100)
"""Timestamps that differ more than this from the samples counted are followed: silence is put in, or sound dropped."""
_OVERLAP_S = Fraction(1, 5)
"""Longest sound that is dropped at once; a longer step back means that the file's clock was reset."""


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """The form of sound to write: samples per second, and one channel or two."""

    rate_hz: int
    channels: int

    @property
    def layout(self) -> str:
        """FFmpeg's name of the channels."""
        return "mono" if self.channels == 1 else "stereo"

    @classmethod
    def of(cls, stream: AudioStream) -> Self:
        """Return the form nearest to a stream's own."""
        rate_hz = stream.rate if stream.rate in RATES_HZ else RATES_HZ[-1]
        return cls(rate_hz, 1 if stream.channels == 1 else 2)


class SoundSource:
    """The sound of one video, of which several spans may be read at the same time.

    Args:
        facts: properties of the video.
        seek: whether the times in the file can be trusted; otherwise it is read from the start.
        stream: index of the sound track; None takes the default one, or the loudest if that is silent.

    """

    def __init__(self, facts: StreamFacts, *, seek: bool = True, stream: int | None = None) -> None:
        self._seek, self._stream = seek, stream
        self._path, self._max_pixels = facts.info.path, facts.max_pixels
        self._origin_s = (facts.start_pts or 0) * facts.time_base
        self.form: SoundFormat | None = None
        """The form in which the sound is written; None if there is none."""
        self.notes: tuple[str, ...] = ()
        """What is not kept of the sound, in words."""
        self._facts = facts
        if works_apart():
            self.form, self.notes = form_of_sound(facts)
            return
        with self._opened() as container:
            streams = sounding(container)
            if streams:
                heard = self._heard(container)
                self.form = SoundFormat.of(heard)
                self.notes = tuple(_losses(streams, heard=heard))

    def span(self, start_us: int, end_us: int, *, form: SoundFormat) -> Iterator[Samples]:
        """Yield the sound of a span in pieces, without a hole: silence where the file has none.

        Args:
            start_us: the first sample's time, microseconds from the first shown frame.
            end_us: end of the span.
            form: of the samples.

        Yields:
            float32 (channels, samples) of ``form``; together as many samples as the span has.

        """
        if works_apart():
            yield from stream_apart(
                sound_of_span,
                name=str(self._path),
                facts=self._facts,
                start_us=start_us,
                end_us=end_us,
                form=form,
                seek=self._seek,
            )
            return
        count = round(Fraction(end_us, US_PER_S) * form.rate_hz) - round(Fraction(start_us, US_PER_S) * form.rate_hz)
        given = 0
        if self.form is not None:
            for piece in self._pieces(start_us, form=form):
                wanted = piece[:, : count - given]
                given += wanted.shape[1]
                yield wanted
                if given >= count:
                    return
        yield np.zeros((form.channels, count - given), np.float32)

    def _opened(self) -> contextlib.AbstractContextManager[InputContainer]:
        return open_media(self._path, max_pixels=self._max_pixels)

    def _heard(self, container: InputContainer) -> AudioStream:
        return heard_stream(container, path=self._path, index=self._stream)

    def _pieces(self, start_us: int, *, form: SoundFormat) -> Iterator[Samples]:
        """Yield the sound from a time on, each piece where its timestamps put it."""
        resampler = SteadyResampler(format="fltp", layout=form.layout, rate_hz=form.rate_hz)
        first_s = self._origin_s + Fraction(start_us, US_PER_S)
        line: _Line | None = None
        drop = 0
        for frame, at_s in self._decoded_from(start_us, first_s=first_s):
            at = None if at_s is None else round((at_s - first_s) * form.rate_hz)
            if line is None:
                line = _Line(form, cursor=min(at or 0, 0))
                yield line.silence(at or 0)
            elif at is not None and ((line.slips(at) and not drop) or resampler.changes(frame)):
                yield line.put(_joined(resampler.flush(), form)[:, drop:])
                yield line.silence(at - line.cursor)
                drop = overlap(line.cursor - at, rate_hz=form.rate_hz)
            frame.pts = None
            piece = _joined(resampler.resample(frame), form)
            yield line.put(piece[:, drop:])
            drop = max(0, drop - piece.shape[1])
        if line is not None:
            yield line.put(_joined(resampler.flush(), form))

    def _decoded_from(self, start_us: int, *, first_s: Fraction) -> Iterator[_Timed]:
        """Yield decoded frames with their times, the first not after the time that is wanted if there is such sound."""
        with self._opened() as container:
            for back_us in _STEPS_BACK_US if self._seek else ():
                if start_us - back_us < _WORTH_IT_US:
                    break
                frames = _decoded_at(container, self._heard(container), first_s - Fraction(back_us, US_PER_S))
                first = next(frames, None)
                if first is not None and first[1] is not None and first[1] <= first_s:
                    yield first
                    yield from frames
                    return
        with self._opened() as container:
            yield from _decode(container, self._heard(container))


@apart
def form_of_sound(facts: StreamFacts) -> tuple[SoundFormat | None, tuple[str, ...]]:
    """Return the form in which a video's sound is written, None if there is none, and what is not kept of it."""
    source = SoundSource(facts)
    return source.form, source.notes


def sound_of_span(
    facts: StreamFacts, *, start_us: int, end_us: int, form: SoundFormat, seek: bool
) -> Iterator[Samples]:
    """Yield the sound of a span: what a child process does for :meth:`SoundSource.span`."""
    yield from SoundSource(facts, seek=seek).span(start_us, end_us, form=form)


class _Line:
    """Counts the samples given so far; what lies before the first one wanted, at 0, is left out.

    Attributes:
        cursor: index of the next sample.

    """

    def __init__(self, form: SoundFormat, *, cursor: int) -> None:
        self._form, self.cursor = form, cursor

    def put(self, samples: Samples) -> Samples:
        """Return the part of the next samples that is wanted."""
        before = max(0, -self.cursor)
        self.cursor += samples.shape[1]
        return samples[:, before:]

    def silence(self, count: int) -> Samples:
        """Return silence, as :meth:`put` does; none for a negative count."""
        return self.put(np.zeros((self._form.channels, max(0, count)), np.float32))

    def slips(self, at: int) -> bool:
        """Return whether a frame at this sample is too far from the cursor to follow it directly."""
        slip, most = self._form.rate_hz * _SLIP_S, self._form.rate_hz * _OVERLAP_S
        return at - self.cursor > slip or -most <= at - self.cursor < -slip


def _losses(streams: list[AudioStream], *, heard: AudioStream) -> Iterator[str]:
    """Yield what is not kept of a file's sound."""
    if len(streams) > 1:
        yield f"sound track {heard.index} of {len(streams)} is kept"
    if heard.channels > 2:
        yield f"the {heard.channels} channels of the sound are mixed to two"


def _decoded_at(container: InputContainer, stream: AudioStream, time_s: Fraction) -> Iterator[_Timed]:
    """Yield the frames from a time on the file's own clock on; none if the file cannot seek."""
    if stream.time_base is None:
        return
    try:
        container.seek(int(time_s / stream.time_base), stream=stream, backward=True)
    except av.FFmpegError:
        return
    yield from _decode(container, stream)


def _decode(container: InputContainer, stream: AudioStream) -> Iterator[_Timed]:
    """Yield the frames that can be decoded from a file's position on, with their times on its own clock."""
    clock = SoundClock(stream.time_base)
    for packet in packets(container, stream, Ledger(step_us=1)):
        try:
            for frame in stream.codec_context.decode(packet if packet.size else None):
                yield frame, clock.seconds(frame)
        except av.EOFError:
            return
        except av.FFmpegError:  # its time becomes silence
            continue


def _joined(frames: list[AudioFrame], form: SoundFormat) -> Samples:
    """Return resampled frames as one array."""
    arrays = [frame.to_ndarray().astype(np.float32, copy=False) for frame in frames]
    return np.concatenate(arrays, axis=1) if arrays else np.zeros((form.channels, 0), np.float32)
