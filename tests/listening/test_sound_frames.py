"""Levels with known answers, and frames that do not depend on how the sound comes in."""

from __future__ import annotations

import numpy as np
import pytest

from touchline.core.sound import BANDS_HZ
from touchline.listening.frames import CUES, HOP_SAMPLES, RATE_HZ, frame_time_us, sound_frames


def tone(hz: float, *, seconds: float, amplitude: float) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)).astype(np.float32)


def noise(seconds: float, *, rms: float = 0.1, seed: int = 0) -> np.ndarray:
    return (rms * np.random.default_rng(seed).normal(size=round(seconds * RATE_HZ))).astype(np.float32)


@pytest.mark.parametrize(("hz", "band"), [(100, 0), (300, 1), (700, 2), (1500, 3), (3000, 4), (6000, 5)])
def test_a_sine_has_its_power_in_its_band(hz: float, band: int) -> None:
    frames = sound_frames([tone(hz, seconds=1.0, amplitude=0.5)])
    middle = frames.band_db[10:40]
    assert middle[:, band] == pytest.approx(np.full(30, -9.03), abs=0.05)
    assert np.delete(middle, band, axis=1).max() < -50


def test_noise_has_power_by_width() -> None:
    frames = sound_frames([noise(30.0, rms=0.1)])
    power = (10 ** (frames.band_db / 10)).mean(axis=0)
    expected = [0.01 * (high - low) / 8_000 for low, high in BANDS_HZ]
    assert power == pytest.approx(np.array(expected), rel=0.1)


def test_the_crowd_is_the_noise_and_not_the_tones_in_it() -> None:
    quiet = noise(20.0, rms=0.05)
    voices = sum(tone(hz, seconds=20.0, amplitude=0.1) for hz in range(320, 3_000, 200))
    alone, covered = (np.median(sound_frames([sound]).crowd_db) for sound in (quiet, quiet + voices))
    assert alone == pytest.approx(10 * np.log10(0.05**2 * 2_700 / 8_000), abs=0.7)
    assert covered == pytest.approx(alone, abs=2.5)


@pytest.mark.parametrize("seconds", [0.001, 0.5, 61.3, 68.0, 131.0])
@pytest.mark.parametrize("size", [7_777, 160_000, 1_600_000])
def test_chunks_give_what_the_whole_gives(seconds: float, size: int) -> None:
    sound = noise(seconds) + tone(3_000, seconds=seconds, amplitude=0.1)
    whole = sound_frames([sound])
    cut = sound_frames([sound[i : i + size] for i in range(0, len(sound), size)])
    assert len(whole) == -(-len(sound) // HOP_SAMPLES)
    for name in ("band_db", "crowd_db", "cues", "pitch_hz"):
        assert (getattr(whole, name) == getattr(cut, name)).all(), name


def test_no_sound_is_no_frames() -> None:
    frames = sound_frames([])
    assert len(frames) == 0
    assert frames.cues.shape == (0, len(CUES))


def test_silence_is_finite() -> None:
    frames = sound_frames([np.zeros(5 * RATE_HZ, np.float32)])
    assert frames.band_db.max() < -119
    assert np.isfinite(frames.cues).all()


def test_a_short_tone_stands_out_at_its_time_and_pitch() -> None:
    sound = noise(20.0, rms=0.05)
    sound[10 * RATE_HZ : 10 * RATE_HZ + 8_000] += tone(3_300, seconds=0.5, amplitude=0.1)
    frames = sound_frames([sound])
    contrast = frames.cues[:, CUES.index("contrast_db")]
    best = int(contrast.argmax())
    assert 10_000_000 <= frame_time_us(best) <= 10_500_000
    assert frames.pitch_hz[best] == pytest.approx(3_300, abs=16)
    assert contrast[best] > 10 > 6 > np.delete(contrast, slice(490, 535)).max()
