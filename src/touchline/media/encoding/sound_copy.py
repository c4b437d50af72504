"""Copying of audio streams into another file: packet by packet if MP4 players support the codec, else as AAC."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import av
import numpy as np
import numpy.typing as npt
from av import AudioFrame, Packet
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer

from touchline.core.clock import US_PER_S, us_from_seconds
from touchline.media.decoding import packets
from touchline.media.ledger import Ledger
from touchline.media.sound.changes import changes_midway
from touchline.media.sound.clock import SoundClock
from touchline.media.sound.resampling import SteadyResampler, overlap
from touchline.media.sound.tracks import heard_stream, sounding
from touchline.media.timestamps import Retimer

COPIED = frozenset({"aac", "mp3", "ac3", "eac3", "alac", "opus", "flac"})
"""Codecs supported by MP4 players; others (PCM, MP2, Vorbis, ...) are converted."""

_PREROLL_US = 100_000
"""Sound up to this long before the first frame is kept, because decoders need a preroll."""
_STEP_US = 20_000
_HOLE_S = Fraction(1, 20)
"""A longer pause in the audio timestamps is filled with silence when the sound is converted."""
_RATES_HZ = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
"""Widely supported AAC sample rates, Hz; other rates are converted to the last."""

Samples = npt.NDArray[np.float32]
"""float32 (channels, samples), -1 to 1."""


class _Lane(Protocol):
    """One audio stream being copied."""

    def push(self, packet: Packet) -> Iterator[Packet]:
        """Take a packet of the source (an empty one ends it); yield those that can be written."""

    def notes(self) -> list[str]:
        """Return remarks for the user on the stream."""


class SoundCopy:
    """A copier of all audio streams of one file into another, in step with its frames."""

    def __init__(
        self,
        source: InputContainer,
        container: OutputContainer,
        *,
        origin_us: int,
        copied: Collection[str] = COPIED,
    ) -> None:
        """Create the output streams, before anything is written.

        Args:
            source: the file to read, positioned at its start.
            container: the file to write.
            origin_us: time of the first shown frame on the source's clock, which becomes 0; microseconds.
            copied: codecs that are copied unchanged; others are converted.

        """
        self._container = container
        self._origin_us = origin_us
        streams = _heard_first(source)
        lanes = [_lane(stream, container, origin_us=origin_us, copied=copied) for stream in streams]
        self._lanes: dict[int, _Lane] = {stream.index: lane for stream, lane in zip(streams, lanes, strict=True)}
        self._source = packets(source, streams, Ledger(step_us=_STEP_US)) if streams else iter(())
        self._waiting: Packet | None = None

    def write_until(self, time_us: int) -> None:
        """Write the sound before a time on the frames' clock."""
        while self._waiting is None or self._before(self._waiting, time_us):
            if self._waiting is not None:
                self._write(self._waiting)
            self._waiting = next(self._source, None)
            if self._waiting is None:
                return

    def finish(self) -> None:
        """Write the remaining sound."""
        self.write_until(1 << 62)
        self._waiting = None
        for lane in self._lanes.values():
            self._container.mux(list(lane.push(Packet())))

    def notes(self) -> tuple[str, ...]:
        """Return what was converted or repaired, in words; complete after :meth:`finish`."""
        return tuple(note for lane in self._lanes.values() for note in lane.notes())

    def _before(self, packet: Packet, time_us: int) -> bool:
        at_us = _raw_us(packet, origin_us=self._origin_us)
        return at_us is None or at_us < time_us

    def _write(self, packet: Packet) -> None:
        if packet.size and packet.stream_index in self._lanes:
            self._container.mux(list(self._lanes[packet.stream_index].push(packet)))


class _Copied:
    """A stream whose packets are copied unchanged, shifted to the frames' clock."""

    def __init__(self, source: AudioStream, container: OutputContainer, *, origin_us: int) -> None:
        self._target = container.add_stream_from_template(source)
        self._name = f"sound stream {source.index}"
        self._origin_us = origin_us
        self._retimer: Retimer[tuple[Packet, int | None]] = Retimer(step_us=_STEP_US)

    def push(self, packet: Packet) -> Iterator[Packet]:
        if packet.size == 0:
            settled = self._retimer.flush()
        else:
            raw_us = _raw_us(packet, origin_us=self._origin_us)
            settled = self._retimer.push(raw_us, (packet, raw_us))
        for time_us, (timed, raw_us) in settled:
            if time_us >= -_PREROLL_US:
                yield self._moved(timed, time_us=time_us, raw_us=raw_us)

    def notes(self) -> list[str]:
        return [f"{self._name}: {count} packets {kind}" for kind, count in sorted(self._retimer.repairs.items())]

    def _moved(self, packet: Packet, *, time_us: int, raw_us: int | None) -> Packet:
        """Return a packet at its new time; to the tick if its own time was good."""
        base = packet.time_base
        if packet.pts is not None and raw_us == time_us:
            packet.pts -= round(Fraction(self._origin_us, US_PER_S) / base)
        else:
            packet.pts = round(Fraction(time_us, US_PER_S) / base)
        packet.dts = packet.pts
        packet.stream = self._target
        return packet


class _Converted:
    """A stream that is decoded and encoded again as AAC, mono or stereo; pauses become silence."""

    def __init__(self, source: AudioStream, container: OutputContainer, *, origin_us: int, why: str) -> None:
        self._source = source
        self._origin_s = Fraction(origin_us, US_PER_S)
        self._rate_hz = source.rate if source.rate in _RATES_HZ else _RATES_HZ[-1]
        self._layout = "mono" if source.channels == 1 else "stereo"
        self._target = container.add_stream("aac", rate=self._rate_hz)
        self._target.codec_context.layout = self._layout
        self._resampler = SteadyResampler(format="fltp", layout=self._layout, rate_hz=self._rate_hz)
        self._clock = SoundClock(source.time_base)
        self._begun = False
        self._cursor = self._drop = 0
        name = source.codec_context.name
        mixed = f", its {source.channels} channels mixed to two" if source.channels > 2 else ""
        self._note = f"sound stream {source.index} ({name}) was converted to AAC{mixed}: {why}"

    def push(self, packet: Packet) -> Iterator[Packet]:
        try:
            frames = self._source.codec_context.decode(packet if packet.size else None)
        except av.FFmpegError:  # its time becomes silence
            frames = []
        for frame in frames:
            yield from self._encode(self._piece(frame))
        if packet.size == 0:
            yield from self._encode(_samples(self._resampler.flush(), channels=self._channels))
            yield from self._target.encode(None)

    def notes(self) -> list[str]:
        return [self._note]

    @property
    def _channels(self) -> int:
        return 1 if self._layout == "mono" else 2

    def _piece(self, frame: AudioFrame) -> Samples:
        """Return a decoded frame as samples that continue those written, padded with silence or cut at its start."""
        time_s = self._clock.seconds(frame)
        at = self._cursor if time_s is None else round((time_s - self._origin_s) * self._rate_hz)
        if not self._begun:
            self._begun, self._cursor = True, min(at, 0)
        silence = tail = np.zeros((self._channels, 0), np.float32)
        pauses = at - self._cursor > self._rate_hz * _HOLE_S or self._cursor == 0 < at
        if time_s is not None and (pauses or self._resampler.changes(frame)):
            tail = _samples(self._resampler.flush(), channels=self._channels)
            silence = np.zeros((self._channels, max(0, at - self._cursor - tail.shape[1])), np.float32)
            self._drop = overlap(self._cursor + tail.shape[1] - at, rate_hz=self._rate_hz)
        frame.pts = None
        piece = _samples(self._resampler.resample(frame), channels=self._channels)
        dropped = min(self._drop, piece.shape[1])
        self._drop -= dropped
        return np.concatenate([tail, silence, piece[:, dropped:]], axis=1)

    def _encode(self, samples: Samples) -> Iterator[Packet]:
        before = max(0, -self._cursor)
        self._cursor += samples.shape[1]
        samples = samples[:, before:]
        if samples.shape[1] == 0:
            return
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=self._layout)
        frame.sample_rate = self._rate_hz
        frame.pts, frame.time_base = self._cursor - samples.shape[1], Fraction(1, self._rate_hz)
        yield from self._target.encode(frame)


def _heard_first(source: InputContainer) -> list[AudioStream]:
    """Return the streams that can be decoded, first the one that is heard: players take the first."""
    streams = sounding(source)
    if len(streams) < 2:
        return streams
    heard = heard_stream(source, path=Path(source.name.removeprefix("file:")))
    return sorted(streams, key=lambda stream: stream.index != heard.index)


def _lane(source: AudioStream, container: OutputContainer, *, origin_us: int, copied: Collection[str]) -> _Lane:
    name, path = source.codec_context.name, Path(source.container.name.removeprefix("file:"))
    if name not in copied or name not in container.supported_codecs:
        return _Converted(source, container, origin_us=origin_us, why=f"MP4 players do not support {name}")
    if changes_midway(path, index=source.index):
        return _Converted(source, container, origin_us=origin_us, why="its rate or channels change midway")
    return _Copied(source, container, origin_us=origin_us)


def _raw_us(packet: Packet, *, origin_us: int) -> int | None:
    """Return a packet's time on the frames' clock, microseconds; None if it has none."""
    time = packet.dts if packet.pts is None else packet.pts
    return None if time is None or not packet.time_base else us_from_seconds(time * packet.time_base) - origin_us


def _samples(frames: Sequence[AudioFrame], *, channels: int) -> Samples:
    arrays = [frame.to_ndarray().astype(np.float32, copy=False) for frame in frames]
    return np.concatenate(arrays, axis=1) if arrays else np.zeros((channels, 0), np.float32)
