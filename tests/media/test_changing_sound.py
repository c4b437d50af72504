"""Sound that changes its rate, channels or sample format midway, as broadcasts' does."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.container import OutputContainer
from av.video.stream import VideoStream
from test_media_audio import covered, onsets

from makevideo import bars
from touchline.core.tracks import Tracks
from touchline.media.cutting.cut import Source
from touchline.media.facts import inspect
from touchline.media.sound.reading import read_audio
from touchline.media.sound.resampling import SteadyResampler
from touchline.render.overlay import write_overlay

PART_S = 3
BEEPS_S = (1.0, 2.5)
"""In each part, from its start."""


def changing(path: Path, *, codec: str, parts: list[tuple[int, str]]) -> Path:
    """A transport stream of parts of three seconds, each with its own rate and layout of the sound."""
    made = []
    for number, (rate_hz, layout) in enumerate(parts):
        piece = path.with_name(f"part{number}.ts")
        _write_part(piece, start_s=1 + number * PART_S, codec=codec, rate_hz=rate_hz, layout=layout)
        made.append(piece.read_bytes())
    path.write_bytes(b"".join(made))
    return path


def _write_pictures(container: OutputContainer, video: VideoStream, *, start_s: int) -> None:
    for index in range(PART_S * 25):
        picture = av.VideoFrame.from_ndarray(bars(index, width=160, height=96), format="gray")
        picture = picture.reformat(format="yuv420p")
        picture.pts, picture.time_base = start_s * 25 + index, Fraction(1, 25)
        container.mux(video.encode(picture))
    container.mux(video.encode(None))


def _write_part(path: Path, *, start_s: int, codec: str, rate_hz: int, layout: str) -> None:
    with av.open(str(path), "w", format="mpegts") as container:
        video = container.add_stream("libx264", rate=25, options={"preset": "ultrafast", "g": "12"})
        video.width, video.height, video.pix_fmt = 160, 96, "yuv420p"
        sound = container.add_stream(codec, rate=rate_hz)
        sound.codec_context.layout = layout
        _write_pictures(container, video, start_s=start_s)
        format_name = sound.codec_context.format.name
        time_s = np.arange(PART_S * rate_hz) / rate_hz
        loud = np.any([(time_s >= at) & (time_s < at + 0.05) for at in BEEPS_S], axis=0)
        wave = 0.5 * np.sin(2 * np.pi * 1000 * time_s) * loud
        step = sound.codec_context.frame_size or 1152
        for first in range(0, len(wave), step):
            frame = _frame(wave[first : first + step], format_name, layout)
            frame.sample_rate, frame.pts = rate_hz, start_s * rate_hz + first
            frame.time_base = Fraction(1, rate_hz)
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))


def _frame(wave: np.ndarray, format_name: str, layout: str) -> av.AudioFrame:
    """The same wave on every channel."""
    channels = av.AudioLayout(layout).nb_channels
    values = wave.astype(np.float32) if format_name.startswith("flt") else (wave * 32767).astype(np.int16)
    if format_name.endswith("p"):
        array = np.repeat(values[None], channels, axis=0)
    else:
        array = np.repeat(values, channels)[None]
    return av.AudioFrame.from_ndarray(np.ascontiguousarray(array), format=format_name, layout=layout)


CHANGES = {
    "mono to stereo": ("mp2", [(48_000, "mono"), (48_000, "stereo")]),
    "stereo to 5.1": ("ac3", [(48_000, "stereo"), (48_000, "5.1")]),
    "48 to 32 kHz": ("mp2", [(48_000, "stereo"), (32_000, "stereo")]),
    "there and back": ("ac3", [(48_000, "stereo"), (48_000, "5.1"), (48_000, "stereo")]),
    "again and again": ("mp2", [(48_000, "mono"), (48_000, "stereo"), (32_000, "stereo"), (48_000, "mono")]),
}


@pytest.mark.parametrize("change", list(CHANGES))
def test_sound_stays_on_the_videos_clock(tmp_path: Path, change: str) -> None:
    codec, parts = CHANGES[change]
    path = changing(tmp_path / "v.ts", codec=codec, parts=parts)
    sound = read_audio(path)
    expected = [part * PART_S + at for part in range(len(parts)) for at in BEEPS_S]
    assert onsets(sound) == pytest.approx(expected, abs=0.003)
    assert len(sound) == pytest.approx(len(parts) * PART_S * 16_000, abs=1_600)
    assert covered(path).complete


@pytest.mark.parametrize("change", list(CHANGES))
def test_an_overlay_keeps_it_in_its_place(tmp_path: Path, change: str) -> None:
    codec, parts = CHANGES[change]
    source = changing(tmp_path / "v.ts", codec=codec, parts=parts)
    done = write_overlay(source, tmp_path / "out.mp4", tracks=Tracks((), (), 160, 96))
    expected = [part * PART_S + at for part in range(len(parts)) for at in BEEPS_S]
    assert onsets(read_audio(done.path)) == pytest.approx(expected, abs=0.003)
    converted = ("sound stream 1 (mp2) was converted to AAC: MP4 players do not support mp2",)
    assert done.notes == (converted if codec == "mp2" else ())


def test_no_sample_is_lost_at_a_change() -> None:
    resampler = SteadyResampler(format="flt", layout="mono", rate_hz=16_000)
    frames = []
    for rate_hz, layout, format_name in [
        (48_000, "stereo", "fltp"),
        (32_000, "stereo", "fltp"),
        (32_000, "mono", "fltp"),
        (32_000, "mono", "s16"),
        (16_000, "mono", "flt"),
    ]:
        frame = _frame(np.full(rate_hz, 0.25), format_name, layout)
        frame.sample_rate = rate_hz
        frames += resampler.resample(frame)
    frames += resampler.flush()
    samples = np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames])
    assert len(samples) == pytest.approx(5 * 16_000, abs=8)
    assert np.median(samples) == pytest.approx(0.25, abs=1e-3)
    assert resampler.flush() == []


def _tone_part(path: Path, *, start_s: int, codec: str, rate_hz: int, layout: str) -> None:
    """Three seconds of a tone whose phase goes on over the parts, and a picture beside it."""
    with av.open(str(path), "w", format="mpegts") as container:
        video = container.add_stream("libx264", rate=25, options={"preset": "ultrafast", "g": "12", "bf": "0"})
        video.width, video.height, video.pix_fmt = 160, 96, "yuv420p"
        sound = container.add_stream(codec, rate=rate_hz)
        sound.codec_context.layout = layout
        _write_pictures(container, video, start_s=start_s)
        times_s = start_s + np.arange(PART_S * rate_hz) / rate_hz
        wave = 0.4 * np.sin(2 * np.pi * TONE_HZ * times_s)
        step = sound.codec_context.frame_size or 1152
        for first in range(0, len(wave), step):
            frame = _frame(wave[first : first + step], sound.codec_context.format.name, layout)
            frame.sample_rate, frame.pts = rate_hz, start_s * rate_hz + first
            frame.time_base = Fraction(1, rate_hz)
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))


TONE_HZ = 400
TONES = {
    "mp2, mono to stereo": ("mp2", [(48_000, "mono"), (48_000, "stereo")]),
    "mp2, 48 to 32 kHz": ("mp2", [(48_000, "stereo"), (32_000, "stereo")]),
    "mp2, 32 to 48 kHz": ("mp2", [(32_000, "stereo"), (48_000, "stereo")]),
    "aac, mono to stereo": ("aac", [(48_000, "mono"), (48_000, "stereo")]),
    "aac, stereo to mono": ("aac", [(48_000, "stereo"), (48_000, "mono")]),
    "aac, 48 to 32 kHz": ("aac", [(48_000, "stereo"), (32_000, "stereo")]),
    "aac, 32 to 48 kHz": ("aac", [(32_000, "stereo"), (48_000, "stereo")]),
    "ac3, stereo to 5.1": ("ac3", [(48_000, "stereo"), (48_000, "5.1")]),
    "ac3, 48 to 32 kHz": ("ac3", [(48_000, "stereo"), (32_000, "stereo")]),
}


def slip_ms(sound: np.ndarray, *, rate_hz: int, start_us: int = 0) -> tuple[float, float]:
    """How much later than it should the tone comes before and after the change, milliseconds, from its phase."""
    slips = []
    for second in (1.2, PART_S + 1.2):
        first = round((second - start_us / 1e6) * rate_hz)
        part = sound[first : first + rate_hz]
        turn = np.exp(-2j * np.pi * TONE_HZ * (np.arange(len(part)) + first) / rate_hz)
        phase = np.angle((part * turn).mean()) + np.pi / 2 - 2 * np.pi * TONE_HZ * start_us / 1e6
        assert abs((part * turn).mean()) > 0.1
        phase = (phase + np.pi) % (2 * np.pi) - np.pi
        slips.append(-float(phase) / (2 * np.pi * TONE_HZ) * 1_000)
    return slips[0], slips[1]


@pytest.mark.robustness("real-files", "27")
@pytest.mark.parametrize("change", list(TONES))
def test_the_tones_phase_goes_on(tmp_path: Path, change: str) -> None:
    codec, parts = TONES[change]
    made = []
    for number, (rate_hz, layout) in enumerate(parts):
        piece = tmp_path / f"part{number}.ts"
        _tone_part(piece, start_s=1 + number * PART_S, codec=codec, rate_hz=rate_hz, layout=layout)
        made.append(piece.read_bytes())
    path = tmp_path / "v.ts"
    path.write_bytes(b"".join(made))
    read = slip_ms(read_audio(path), rate_hz=16_000)
    assert read == pytest.approx((0, 0), abs=0.15)
    overlay = write_overlay(path, tmp_path / "o.mp4", tracks=Tracks((), (), 160, 96)).path
    assert slip_ms(read_audio(overlay), rate_hz=16_000) == pytest.approx((0, 0), abs=0.15)
    source = Source(inspect(path)).sound
    assert source.form is not None
    cut = np.concatenate(list(source.span(1_000_000, 6_000_000, form=source.form)), axis=1)[0]
    assert slip_ms(cut, rate_hz=source.form.rate_hz, start_us=1_000_000) == pytest.approx((0, 0), abs=0.15)
