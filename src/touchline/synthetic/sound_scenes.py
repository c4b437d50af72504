"""Synthetic match sound with exact ground truth: crowd swells, whistles, and many sounds that only resemble them.

The whistle and crowd curves are fitted and measured on it. Nothing is recorded: a crowd is shaped noise with a slow
drift, a whistle a trilling tone with harmonics in a reverberant bowl, a commentator a buzz with formants. Between them
are sounds that mislead a detector: horns, jingles, chants, clapping, squeaks, kicks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64

Sound = npt.NDArray[np.float32]

RATE_HZ = 16_000
WHISTLE_BAND_HZ = (2_000.0, 5_000.0)
"""Band in which a whistle's level is compared with other sounds, Hz."""
LOUDEST = 0.9


@dataclass(frozen=True, slots=True)
class Whistle:
    """A whistle in a scene.

    Attributes:
        start_s, end_s: span of the sound, seconds.
        hz: pitch, Hz.
        snr_db: power over all else between 2 and 5 kHz while it sounds, dB.

    """

    start_s: float
    end_s: float
    hz: float
    snr_db: float


@dataclass(frozen=True, slots=True)
class Swell:
    """A rise of the crowd noise by ``gain_db`` and its decay.

    Attributes:
        start_s: start of the rise, seconds.
        rise_s, hold_s, decay_s: duration of the rise, of the peak, and of the decay, seconds.
        gain_db: size of the rise, dB.

    """

    start_s: float
    rise_s: float
    hold_s: float
    decay_s: float
    gain_db: float

    @property
    def onset_s(self) -> float:
        """Time at which half of the rise is reached, seconds."""
        return self.start_s + self.rise_s / 2

    @property
    def end_s(self) -> float:
        """Time at which half of the decay is reached, seconds."""
        return self.start_s + self.rise_s + self.hold_s + self.decay_s * float(np.log(2))

    def added_db(self, times_s: Floats64) -> Floats64:
        """Return the increase in crowd noise at each time, dB."""
        since_s = times_s - self.start_s
        fading_s = np.maximum(since_s - self.rise_s - self.hold_s, 0)
        return self.gain_db * np.clip(since_s / self.rise_s, 0, 1) * np.exp(-fading_s / self.decay_s)


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Sound (samples,) at 16 kHz, -1 to 1, and its events in time order."""

    sound: Sound
    whistles: tuple[Whistle, ...]
    swells: tuple[Swell, ...]

    @property
    def seconds(self) -> float:
        """Length of the sound."""
        return len(self.sound) / RATE_HZ


@dataclass(frozen=True, slots=True)
class SceneSettings:
    """Settings of a scene.

    Attributes:
        seconds: length of the scene.
        whistles_per_minute, swells_per_minute: attempted rates; events that would overlap are dropped.
        snr_db: range of the whistle levels, dB.
        gain_db: range of the swells, dB.
        others_per_minute: rate of each kind of sound that resembles a whistle.
        commentator: probability that a commentator speaks.

    """

    seconds: float = 60.0
    whistles_per_minute: float = 3.0
    swells_per_minute: float = 1.5
    snr_db: tuple[float, float] = (-10.0, 18.0)
    gain_db: tuple[float, float] = (5.0, 20.0)
    others_per_minute: float = 1.0
    commentator: float = 0.6


def make_scene(seed: int, *, settings: SceneSettings | None = None) -> Scene:
    """Make a scene; the same seed and settings give the same scene."""
    settings = settings or SceneSettings()
    rng = np.random.default_rng(seed)
    count = round(settings.seconds * RATE_HZ)
    swells = _place_swells(rng, settings)
    sound = crowd_sound(rng, count, swells=swells)
    level = float(np.sqrt(np.mean(sound**2)))
    for make in OTHERS.values():
        for _ in range(rng.poisson(settings.others_per_minute * settings.seconds / 60)):
            add_sound(sound, make(rng), at_s=rng.uniform(0, settings.seconds), level=level * _gain(rng.uniform(-15, 6)))
    if rng.random() < settings.commentator:
        sound += commentator_sound(rng, count) * level * _gain(rng.uniform(-6, 9))
    whistles = _blow(rng, sound, settings)
    sound *= LOUDEST * rng.uniform(0.1, 1.0) / max(float(np.abs(sound).max()), 1e-9)
    return Scene(sound.astype(np.float32), whistles, swells)


def _place_swells(rng: np.random.Generator, settings: SceneSettings) -> tuple[Swell, ...]:
    swells: list[Swell] = []
    for start_s in np.sort(rng.uniform(4, max(settings.seconds - 4, 4.1), rng.poisson(_count(settings, "swells")))):
        if swells and start_s - swells[-1].start_s < 12:
            continue
        shape = rng.uniform(0.4, 3.5), rng.uniform(0, 3), rng.uniform(1.5, 8)
        swells.append(Swell(float(start_s), *shape, gain_db=rng.uniform(*settings.gain_db)))
    return tuple(swells)


def _count(settings: SceneSettings, what: str) -> float:
    return float(getattr(settings, f"{what}_per_minute")) * settings.seconds / 60


def crowd_sound(rng: np.random.Generator, count: int, *, swells: tuple[Swell, ...]) -> Floats64:
    """Return crowd-coloured noise whose level drifts, and rises at the swells."""
    times_s = np.arange(count) / RATE_HZ
    knots_s = np.arange(0, times_s[-1] + 8, 4.0)
    level_db = np.interp(times_s, knots_s, rng.normal(0, rng.uniform(0.5, 3.0), len(knots_s)))
    for swell in swells:
        level_db = level_db + swell.added_db(times_s)
    slope, knee_hz = rng.uniform(0.6, 1.6), rng.uniform(300, 900)
    crowd = coloured_noise(rng, count, gain=lambda hz: 1 / (1 + (hz / knee_hz) ** 2) ** (slope / 2) * (hz > 40))
    hum = coloured_noise(rng, count, gain=lambda hz: np.exp(-hz / 120)) * rng.uniform(0, 1)
    return np.asarray(crowd * 10 ** (level_db / 20) + hum * 0.3)


def coloured_noise(rng: np.random.Generator, count: int, *, gain: Callable[[Floats64], Floats64]) -> Floats64:
    """Return noise (count,) of power 1 whose amplitude as a function of frequency in Hz is ``gain``."""
    spectrum = np.fft.rfft(rng.normal(size=count)) * gain(np.fft.rfftfreq(count, 1 / RATE_HZ).astype(np.float64))
    sound = np.fft.irfft(spectrum, count)
    return sound / max(float(np.sqrt(np.mean(sound**2))), 1e-12)


def _blow(rng: np.random.Generator, sound: Floats64, settings: SceneSettings) -> tuple[Whistle, ...]:
    """Add whistles to a sound, each at its level over the existing sound."""
    blown: list[Whistle] = []
    for start_s in np.sort(rng.uniform(1, max(settings.seconds - 3, 1.1), rng.poisson(_count(settings, "whistles")))):
        seconds = float(np.clip(rng.lognormal(-0.7, 0.5), 0.15, 2.0))
        if blown and start_s < blown[-1].end_s + 1.0:
            continue
        blown.append(blow_whistle(rng, sound, start_s=float(start_s), seconds=seconds, snr_db=settings.snr_db))
    return tuple(blown)


def blow_whistle(
    rng: np.random.Generator, sound: Floats64, *, start_s: float, seconds: float, snr_db: tuple[float, float]
) -> Whistle:
    """Add a whistle to a sound (samples,) in place, at a level in the given range over the existing sound."""
    hz, level_db = float(rng.uniform(2_200, 4_600)), float(rng.uniform(*snr_db))
    tone = whistle_sound(rng, seconds=seconds, hz=hz)
    first, last = round(start_s * RATE_HZ), round((start_s + seconds) * RATE_HZ)
    around = band_power(sound[first:last], band_hz=WHISTLE_BAND_HZ)
    own = band_power(tone[: last - first], band_hz=WHISTLE_BAND_HZ)
    add_sound(sound, tone * np.sqrt(around / own) * _gain(level_db), at_s=start_s, level=None)
    return Whistle(start_s, start_s + seconds, hz, level_db)


def whistle_sound(rng: np.random.Generator, *, seconds: float, hz: float) -> Floats64:
    """Return a whistle with its echo: one with a pea trills, one without has two or three beating tones."""
    times_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    glide = 1 - 0.04 * rng.random() * np.exp(-times_s / 0.03)
    harmonics = [1.0, _gain(rng.uniform(-26, -8)), _gain(rng.uniform(-38, -18))]
    kind = rng.random()
    if kind < 0.6:
        trill_hz, depth_hz = rng.uniform(22, 45), rng.uniform(20, 110) if kind < 0.45 else rng.uniform(150, 900)
        turn = np.sin(2 * np.pi * trill_hz * times_s + rng.uniform(0, 6))
        phase = 2 * np.pi * np.cumsum(hz * glide + depth_hz * turn) / RATE_HZ
        trill = _tones(phase, harmonics, hz=hz) * (1 - rng.uniform(0.1, 0.6) * (0.5 + 0.5 * turn))
        tone: Floats64 = np.asarray(trill, np.float64)
    else:
        tone = np.zeros(len(times_s))
        for ratio in (1.0, *(1 + rng.uniform(0.02, 0.17, rng.integers(1, 3)))):
            phase = 2 * np.pi * np.cumsum(hz * ratio * glide) / RATE_HZ + rng.uniform(0, 6)
            tone += _tones(phase, harmonics, hz=hz * ratio) * rng.uniform(0.4, 1)
    tone *= np.minimum(1, times_s / 0.015) * np.minimum(1, (seconds - times_s) / 0.02)
    return _echo(rng, tone)


def _tones(phase: Floats64, levels: list[float], *, hz: float) -> Floats64:
    """Return a tone and its overtones up to the Nyquist frequency."""
    parts = [level * np.sin(k * phase) for k, level in enumerate(levels, start=1) if k * hz < 0.46 * RATE_HZ]
    return np.sum(parts, axis=0)


def _echo(rng: np.random.Generator, dry: Floats64) -> Floats64:
    """Return the sound with a stadium's echo: a tail of noise-like reflections."""
    tail_s = rng.uniform(0.1, 0.4)
    times_s = np.arange(round(2 * tail_s * RATE_HZ)) / RATE_HZ
    response = rng.normal(size=len(times_s)) * np.exp(-times_s / (tail_s / 3)) * _gain(rng.uniform(-45, -30))
    response[0] = 1.0
    size = len(dry) + len(response) - 1
    return np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(response, size), size)


def _horn(rng: np.random.Generator) -> Floats64:
    """Return a horn: a rich low tone, many of whose partials lie in the whistle band."""
    times_s = np.arange(round(rng.uniform(0.4, 3.0) * RATE_HZ)) / RATE_HZ
    hz = rng.uniform(180, 480)
    phase = 2 * np.pi * hz * times_s * (1 + 0.002 * np.sin(2 * np.pi * 5 * times_s))
    partials = range(1, int(0.45 * RATE_HZ / hz))
    sound = np.sum([np.sin(k * phase + k) / k ** rng.uniform(0.5, 1.1) for k in partials], axis=0)
    return _edges(sound, seconds=0.05)


def _jingle(rng: np.random.Generator) -> Floats64:
    """Return a few notes of chords, as played by a loudspeaker."""
    notes = []
    for _ in range(rng.integers(4, 12)):
        times_s = np.arange(round(rng.uniform(0.12, 0.4) * RATE_HZ)) / RATE_HZ
        root_hz = 220 * 2 ** (rng.integers(0, 36) / 12)
        chord = [root_hz * 2 ** (step / 12) for step in (0, rng.choice([3, 4]), 7)]
        partials = [
            np.sin(2 * np.pi * hz * k * times_s) / k**1.5 for hz in chord for k in (1, 2, 3, 4) if hz * k < 7000
        ]
        notes.append(_edges(np.sum(partials, axis=0), seconds=0.02))
    return np.concatenate(notes)


def _chant(rng: np.random.Generator) -> Floats64:
    """Return some seconds of many voices in rhythm, out of tune with each other."""
    times_s = np.arange(round(rng.uniform(2.0, 6.0) * RATE_HZ)) / RATE_HZ
    beat = 0.5 + 0.5 * np.sign(np.sin(2 * np.pi * rng.uniform(1, 2.5) * times_s))
    sound = np.zeros(len(times_s))
    for _ in range(12):
        phase = (
            2
            * np.pi
            * np.cumsum(rng.uniform(150, 260) * (1 + 0.01 * np.sin(5 * times_s + rng.uniform(0, 6))))
            / RATE_HZ
        )
        sound += np.sum([np.sin(k * phase) / k**1.2 for k in range(1, 16)], axis=0)
    return _edges(sound * beat, seconds=0.05)


def _claps(rng: np.random.Generator) -> Floats64:
    """Return a second or two of clapping."""
    sound = np.zeros(round(rng.uniform(0.5, 2.0) * RATE_HZ))
    for at in rng.integers(0, len(sound) - 200, rng.integers(5, 120)):
        sound[at : at + 200] += rng.normal(size=200) * np.exp(-np.arange(200) / 30)
    return sound


def _squeak(rng: np.random.Generator) -> Floats64:
    """Return a squeak, or a spectator: a tone that slides through the whistle band, or is too short for a whistle."""
    seconds = rng.uniform(0.04, 0.3) if rng.random() < 0.6 else rng.uniform(0.3, 1.0)
    times_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    slide = np.linspace(1, rng.uniform(1.3, 1.9) if seconds > 0.09 else 1.0, len(times_s))
    sound = np.sin(2 * np.pi * np.cumsum(rng.uniform(1_500, 3_500) * slide) / RATE_HZ)
    return _edges(sound, seconds=0.01)


def _kick(rng: np.random.Generator) -> Floats64:
    """Return a kick of the ball: a thump and a click."""
    times_s = np.arange(round(0.12 * RATE_HZ)) / RATE_HZ
    thump = np.sin(2 * np.pi * rng.uniform(60, 140) * times_s) * np.exp(-times_s / 0.03)
    return 4 * thump + rng.normal(size=len(times_s)) * np.exp(-times_s / 0.004)


OTHERS: dict[str, Callable[[np.random.Generator], Floats64]] = {
    "horn": _horn,
    "jingle": _jingle,
    "chant": _chant,
    "claps": _claps,
    "squeak": _squeak,
    "kick": _kick,
}
"""Sounds that resemble a whistle or a crowd, by name: each function makes one (samples,)."""


def commentator_sound(rng: np.random.Generator, count: int) -> Floats64:
    """Return speech-like sound of power about 1: voiced syllables with formants, hissing consonants, pauses."""
    sound = np.zeros(count)
    at = 0
    while at < count:
        if rng.random() < 0.15:
            at += round(rng.uniform(0.3, 2.5) * RATE_HZ)
        size = round(rng.uniform(0.08, 0.25) * RATE_HZ)
        syllable = _hiss(rng, size) if rng.random() < 0.3 else _vowel(rng, size)
        last = min(count, at + size)
        if last > at:
            sound[at:last] += syllable[: last - at]
        at = last
    return sound / max(float(np.sqrt(np.mean(sound**2))), 1e-9)


def _vowel(rng: np.random.Generator, size: int) -> Floats64:
    times_s = np.arange(size) / RATE_HZ
    pitch_hz = rng.uniform(90, 240) * (1 + rng.uniform(-0.2, 0.2) * times_s / times_s[-1])
    phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
    formants = (rng.uniform(300, 800), rng.uniform(900, 2_300), rng.uniform(2_300, 3_200))
    mean_hz = float(pitch_hz.mean())
    sound = np.zeros(size)
    for k in range(1, int(4_000 / mean_hz)):
        level = sum(np.exp(-(((k * mean_hz - f) / 150) ** 2)) / (1 + i) for i, f in enumerate(formants)) + 0.02
        sound += level * np.sin(k * phase)
    return _edges(sound, seconds=0.02)


def _hiss(rng: np.random.Generator, size: int) -> Floats64:
    middle_hz = rng.uniform(3_500, 6_500)
    return 0.5 * _edges(
        coloured_noise(rng, size, gain=lambda hz: np.exp(-(((hz - middle_hz) / 1_200) ** 2))), seconds=0.02
    )


def _edges(sound: Floats64, *, seconds: float) -> Floats64:
    """Return the sound faded in and out."""
    ramp = np.minimum(1, (1 + np.arange(len(sound))) / (seconds * RATE_HZ))
    return sound * ramp * ramp[::-1]


def add_sound(sound: Floats64, part: Floats64, *, at_s: float, level: float | None) -> None:
    """Add a part in place, scaled to a root mean square of ``level``, or unscaled if that is None."""
    first = round(at_s * RATE_HZ)
    part = part[: max(0, len(sound) - first)]
    if not len(part):
        return
    scale = 1.0 if level is None else level / max(float(np.sqrt(np.mean(part**2))), 1e-9)
    sound[first : first + len(part)] += scale * part


def band_power(sound: Floats64, *, band_hz: tuple[float, float]) -> float:
    """Return the power of a sound between two frequencies."""
    hz = np.fft.rfftfreq(len(sound), 1 / RATE_HZ)
    power = np.abs(np.fft.rfft(sound)) ** 2
    inside = (hz >= band_hz[0]) & (hz < band_hz[1])
    return max(2 * float(power[inside].sum()) / len(sound) ** 2, 1e-20)


def _gain(db: float) -> float:
    return float(10 ** (db / 20))
