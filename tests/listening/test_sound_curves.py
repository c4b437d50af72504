"""Whistles and crowds at known times, at several levels over the noise, and sound that has none."""

from __future__ import annotations

import numpy as np
import pytest

from touchline.core.sound import CURVES, SoundReading
from touchline.listening.curves import listen
from touchline.listening.frames import RATE_HZ
from touchline.synthetic.sound_scenes import OTHERS, SceneSettings, coloured_noise, make_scene, whistle_sound

QUIET = SceneSettings(seconds=60, whistles_per_minute=0, swells_per_minute=0, others_per_minute=0, commentator=0)


def crowd(seconds: float, *, seed: int = 0) -> np.ndarray:
    """The hum of a crowd, as loud as noise of 0.05."""
    shape = coloured_noise(
        np.random.default_rng(seed), round(seconds * RATE_HZ), gain=lambda hz: 1 / (1 + (hz / 500) ** 2)
    )
    return 0.05 * shape


def whistles_at(times_s: tuple[float, ...], *, snr_db: float, hz: float, seconds: float = 0.7) -> np.ndarray:
    """A crowd with whistles so far above it between 2 and 5 kHz."""
    sound = crowd(60.0)
    spectrum = np.abs(np.fft.rfft(sound)) ** 2
    band = (np.fft.rfftfreq(len(sound), 1 / RATE_HZ) // 1_000).astype(int)
    around = 2 * spectrum[(band >= 2) & (band < 5)].sum() / len(sound) ** 2
    for number, at_s in enumerate(times_s):
        tone = whistle_sound(np.random.default_rng(number), seconds=seconds, hz=hz)
        tone *= np.sqrt(around / np.mean(tone[: round(seconds * RATE_HZ)] ** 2)) * 10 ** (snr_db / 20)
        first = round(at_s * RATE_HZ)
        sound[first : first + len(tone)] += tone
    return sound.astype(np.float32)


@pytest.mark.parametrize("hz", [2_600, 3_600, 4_200])
@pytest.mark.parametrize("snr_db", [0, 6, 15])
def test_whistles_are_found_where_they_are(snr_db: float, hz: float) -> None:
    times_s = (12.3, 25.0, 47.77)
    found = listen([whistles_at(times_s, snr_db=snr_db, hz=hz)]).whistles
    assert [one.start_us / 1e6 for one in found] == pytest.approx(times_s, abs=0.15)
    assert [(one.end_us - one.start_us) / 1e6 for one in found] == pytest.approx([0.7] * 3, abs=0.25)
    assert [one.pitch_hz for one in found] == pytest.approx([hz] * 3, rel=0.1)


def test_the_curve_is_high_just_where_a_whistle_is() -> None:
    reading = listen([whistles_at((12.0, 40.0), snr_db=10, hz=3_200)])
    curve, seconds = reading.curve("whistle"), reading.times_us / 1e6
    near = np.min(np.abs(seconds[:, None] - np.array([12.35, 40.35])), axis=1)
    assert curve[near < 0.2].min() > 0.8
    assert curve[near > 0.8].max() < 0.2


def test_a_crowd_alone_has_no_whistle() -> None:
    for seed in range(3):
        reading = listen([crowd(60.0, seed=seed).astype(np.float32)])
        assert reading.whistles == ()
        assert reading.swells == ()


# Not jingles: their chords lie in the whistles' band, see docs/explanation/sound.md.
@pytest.mark.parametrize("kind", sorted(set(OTHERS) - {"jingle"}))
def test_what_resembles_a_whistle_is_mostly_told_apart(kind: str) -> None:
    rng = np.random.default_rng(3)
    sound, made = crowd(60.0), 10
    for number in range(made):
        part = OTHERS[kind](rng)
        part *= 0.05 / np.sqrt(np.mean(part**2))
        first = round((1 + 5.5 * number) * RATE_HZ)
        part = part[: 5 * RATE_HZ]
        sound[first : first + len(part)] += part[: len(sound) - first]
    assert len(listen([sound.astype(np.float32)]).whistles) <= 3


@pytest.mark.parametrize("gain_db", [10, 20])
def test_a_crowd_that_swells_is_found(gain_db: float) -> None:
    sound, seconds = crowd(90.0, seed=1), np.arange(90 * RATE_HZ) / RATE_HZ
    rise = np.clip((seconds - 40) / 1.0, 0, 1) * np.exp(-np.maximum(seconds - 43, 0) / 5)
    reading = listen([(sound * 10 ** (gain_db * rise / 20)).astype(np.float32)])
    assert [swell.time_us / 1e6 for swell in reading.swells] == pytest.approx([40.5], abs=0.6)
    assert reading.swells[0].rise_db == pytest.approx(gain_db, abs=3)
    loud = reading.curve("crowd_loud")
    assert loud[415:430].min() > 0.5 > loud[50:380].max()
    level = reading.curve("crowd_db")
    assert level[420] - np.median(level[:380]) == pytest.approx(gain_db, abs=1.5)


def test_scenes_of_a_seed_are_equal_and_quiet_ones_are_quiet() -> None:
    one, two = (make_scene(5, settings=QUIET) for _ in range(2))
    assert (one.sound == two.sound).all()
    assert one.whistles == one.swells == ()
    assert np.abs(one.sound).max() <= 0.9


def same(one: SoundReading, two: SoundReading) -> bool:
    return bool((one.curves == two.curves).all()) and (one.whistles, one.swells) == (two.whistles, two.swells)


def test_reading_does_not_depend_on_chunks() -> None:
    sound = make_scene(2, settings=SceneSettings(seconds=80)).sound
    whole = listen([sound])
    assert same(whole, listen(sound[i : i + 33_333] for i in range(0, len(sound), 33_333)))
    assert len(whole) == 800
    assert whole.curves.shape == (800, len(CURVES))


def test_silence_is_told_and_claims_nothing() -> None:
    reading = listen([np.zeros(30 * RATE_HZ, np.float32)])
    assert reading.remarks == ("the sound is silent throughout (0:30); nothing can be detected",)
    assert (reading.curves[:, :3] == 0).all()
    assert np.isfinite(reading.curves).all()
    assert reading.whistles == reading.swells == ()


def test_samples_that_are_no_numbers_are_silence_and_told() -> None:
    sound = whistles_at((40.0,), snr_db=12, hz=3_000)
    sound[16_000:16_100] = np.nan
    sound[20_000] = np.inf
    reading = listen([sound])
    assert reading.remarks == (
        "101 of 960,000 samples of the sound are not finite, the first at 0:01.000: treated as silence",
    )
    assert np.isfinite(reading.curves).all()
    assert [one.start_us / 1e6 for one in reading.whistles] == pytest.approx([40.0], abs=0.1)


def test_a_low_rate_is_told() -> None:
    (remark,) = listen([crowd(10.0).astype(np.float32)], source_rate_hz=8_000).remarks
    assert remark == "the sound is sampled at 8 kHz: whistles above 4000 Hz cannot be detected"
    assert listen([crowd(10.0).astype(np.float32)], source_rate_hz=44_100).remarks == ()


@pytest.mark.parametrize("samples", [0, 1, 5_000, 20_000])
def test_very_short_sound(samples: int) -> None:
    reading = listen([crowd(2.0)[:samples].astype(np.float32)])
    assert len(reading) == -(-samples // 1_600)
    assert np.isfinite(reading.curves).all()


def test_unknown_curves_are_refused() -> None:
    with pytest.raises(ValueError, match="vuvuzela"):
        listen([]).curve("vuvuzela")


@pytest.mark.parametrize(("first_s", "end_s"), [(0, 10), (60, 63), (20, 20.5), (110, 120)])
def test_sound_that_is_missing_is_no_quiet_crowd(first_s: float, end_s: float) -> None:
    sound = (0.03 * np.random.default_rng(0).standard_normal(120 * RATE_HZ)).astype(np.float32)
    sound[round(first_s * RATE_HZ) : round(end_s * RATE_HZ)] = 0
    reading = listen([sound])
    assert reading.swells == () and reading.whistles == ()
    inside = reading.curves[round(first_s * 10) + 5 : round(end_s * 10) - 5]
    assert (inside[:, :3] == 0).all()
    assert (reading.curve("crowd_onset") < 0.3).all()


def test_a_tone_beside_missing_sound_is_heard_and_none_within_it() -> None:
    sound = (0.02 * np.random.default_rng(1).standard_normal(10 * RATE_HZ)).astype(np.float32)
    at = np.arange(RATE_HZ) / RATE_HZ
    sound[7 * RATE_HZ : 8 * RATE_HZ] += (0.1 * np.sin(2 * np.pi * 3000 * at)).astype(np.float32)
    sound[3 * RATE_HZ : 5 * RATE_HZ] = 0
    assert [whistle.start_us / 1e6 for whistle in listen([sound]).whistles] == pytest.approx([7.0], abs=0.15)
