"""Sound tracks with planted events: the audible part of a planted recording in a noisy stadium, and its curves.

Planted feature streams are numbers from the start; here the audible events are sounds: whistles and crowd swells among
horns, jingles, chants and a commentator. A head gets from them what it would get from a match.
"""

from __future__ import annotations

import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from touchline.core.arrays import Floats64
from touchline.core.sound import CURVE_RATE_HZ, CURVES
from touchline.formats.files.atomic import replacing
from touchline.listening.curves import listen
from touchline.synthetic.sound_scenes import (
    LOUDEST,
    OTHERS,
    RATE_HZ,
    Swell,
    add_sound,
    blow_whistle,
    commentator_sound,
    crowd_sound,
)

Sound = npt.NDArray[np.float32]
Decibels = tuple[float, float]

TRACK_WIDTH = len(CURVES)
"""Feature dimension of a track's stream."""
_WHISTLES_S: dict[str, tuple[tuple[float, float], ...]] = {
    "heard-1": ((-2.5, 0.8),),
    "heard-2": ((2.0, 0.8),),
    "both-heard": ((-0.8, 0.4), (0.4, 0.4)),
}
"""Planted item -> (start relative to the event, length) of its whistles, seconds."""
_SWELLS_S: dict[str, float] = {"heard-1": 1.5, "heard-2": -3.0}
"""Planted item -> time of the crowd swell: after the whistle for ``heard-1``, before it for ``heard-2``."""
_RISE_S, _HOLD_S, _DECAY_S = 0.8, 0.8, 0.8
_FOLLOWING = {"both": "both-heard"}


class TrackSettings(BaseModel):
    """Settings of the sound of a planted recording.

    Attributes:
        whistle_snr_db: range of whistle levels over all else between 2 and 5 kHz, dB.
        swell_db: range of the rise in crowd noise, dB.
        others_per_minute: rate of each kind of sound that resembles a whistle or a swell.
        commentator: probability that a recording has a commentator.
        keep: whether to write each track beside the streams, as ``NAME.wav``.

    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    whistle_snr_db: Decibels = (3.0, 15.0)
    swell_db: Decibels = (8.0, 16.0)
    others_per_minute: Annotated[float, Field(ge=0, le=20)] = 0.3
    commentator: Annotated[float, Field(ge=0, le=1)] = 0.6
    keep: bool = False


def sound_track(
    planted: Sequence[tuple[str, float]], *, seconds: float, settings: TrackSettings, random: np.random.Generator
) -> Sound:
    """Return the sound (samples,) at 16 kHz, -1 to 1, of the planted events.

    Args:
        planted: (label or decoy, seconds); inaudible ones are skipped.
        seconds: length of the track.
        settings: levels and rates of the sounds.
        random: random generator of everything.

    """
    heard = sorted((at_s, _FOLLOWING.get(name, name)) for name, at_s in planted)
    swells = tuple(
        Swell(at_s + _SWELLS_S[name], _RISE_S, _HOLD_S, _DECAY_S, float(random.uniform(*settings.swell_db)))
        for at_s, name in heard
        if name in _SWELLS_S
    )
    sound = crowd_sound(random, round(seconds * RATE_HZ), swells=swells)
    level = float(np.sqrt(np.mean(sound**2)))
    for make in OTHERS.values():
        for _ in range(random.poisson(settings.others_per_minute * seconds / 60)):
            gain = 10 ** (random.uniform(-15, 6) / 20)
            add_sound(sound, make(random), at_s=random.uniform(0, seconds), level=level * gain)
    if random.random() < settings.commentator:
        sound += commentator_sound(random, len(sound)) * level * 10 ** (random.uniform(-6, 6) / 20)
    for at_s, name in heard:
        for start_s, length_s in _WHISTLES_S.get(name, ()):
            blow_whistle(random, sound, start_s=at_s + start_s, seconds=length_s, snr_db=settings.whistle_snr_db)
    return np.asarray(sound * (LOUDEST / max(float(np.abs(sound).max()), 1e-9)), np.float32)


def track_stream(sound: Sound, *, samples: int, rate_hz: float) -> Floats64:
    """Return the curves of a track as a stream (samples, 10): the mean of the rows within each sample.

    Raises:
        ValueError: the rate is above that of the curves.

    """
    if rate_hz > CURVE_RATE_HZ:
        raise ValueError(f"rate_hz={rate_hz:g} is above {CURVE_RATE_HZ:g} Hz, the rate of sound curves")
    curves = listen(iter([sound])).curves
    cell = np.minimum((np.arange(len(curves)) * (rate_hz / CURVE_RATE_HZ) + 1e-9).astype(np.int64), samples - 1)
    rows = np.zeros((samples, curves.shape[1]))
    np.add.at(rows, cell, curves)
    return np.asarray(rows / np.maximum(np.bincount(cell, minlength=samples), 1)[:, None], np.float64)


def write_track(path: Path, sound: Sound) -> None:
    """Write a track as 16-bit WAV."""
    with replacing(path) as file, wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(RATE_HZ)
        writer.writeframes(np.round(sound * 32767).astype("<i2").tobytes())
