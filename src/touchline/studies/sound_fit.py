"""Fitting of the sound networks on synthetic scenes: whistle frames first, then whistle stretches and the crowd.

Stretches and crowd are fitted on other scenes than the whistle frames, so that they see the frames' predictions on
held-out sound.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats32
from touchline.core.extras import need
from touchline.core.sound import CURVE_RATE_HZ
from touchline.listening.crowd import ONSET_WITHIN_S, crowd_level, loud_cues, onset_cues
from touchline.listening.frames import FRAME_RATE_HZ, SoundFrames, sound_frames
from touchline.listening.model import TinyNet
from touchline.listening.whistle import around, candidates, stretch_cues
from touchline.synthetic.sound_scenes import Scene, SceneSettings, Swell, Whistle, make_scene

Truth = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class FitSettings:
    """The settings of the fit.

    Attributes:
        whistle_seeds, other_seeds: seeds of the scenes for the whistle frames, and for everything else.
        scene: the content of the scenes.
        hidden: size of the hidden layer of the whistle frame network.
        epochs: passes over the whistle frames.
        seed: of the initial weights.

    """

    whistle_seeds: range = range(64)
    other_seeds: range = range(100, 148)
    scene: SceneSettings = field(default_factory=lambda: SceneSettings(seconds=120.0))
    hidden: int = 16
    epochs: int = 10
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """A scene and its feature frames."""

    scene: Scene
    frames: SoundFrames


def hear(seeds: Iterable[int], *, scene: SceneSettings) -> list[Heard]:
    """Make scenes and compute their frames."""
    scenes = [make_scene(seed, settings=scene) for seed in seeds]
    return [Heard(made, sound_frames([made.sound])) for made in scenes]


def fit_sound(settings: FitSettings) -> dict[str, TinyNet]:
    """Fit the networks of a :class:`~touchline.listening.model.SoundModel`; returned by name."""
    heard = hear(settings.whistle_seeds, scene=settings.scene)
    cues = np.concatenate([around(one.frames.cues) for one in heard])
    truth = np.concatenate([whistle_truth(one.scene.whistles, len(one.frames)) for one in heard])
    whistle = fit_net(cues, truth, hidden=settings.hidden, epochs=settings.epochs, seed=settings.seed)
    others = hear(settings.other_seeds, scene=settings.scene)
    stretches, blown = stretches_of(others, whistle)
    levels = [crowd_level(one.frames) for one in others]
    loud = [loud_truth(one.scene.swells, len(level)) for one, level in zip(others, levels, strict=True)]
    rising = [
        onset_truth(one.scene.swells, len(level), within_s=ONSET_WITHIN_S)
        for one, level in zip(others, levels, strict=True)
    ]
    return {
        "whistle": whistle,
        "blown": fit_net(stretches, blown, hidden=0),
        "loud": fit_net(
            np.concatenate([loud_cues(level) for level in levels]), np.concatenate(loud), hidden=8, epochs=30
        ),
        "onset": fit_net(
            np.concatenate([onset_cues(level) for level in levels]), np.concatenate(rising), hidden=8, epochs=30
        ),
    }


def stretches_of(heard: Sequence[Heard], whistle: TinyNet) -> tuple[Floats32, Truth]:
    """Return the cues (n, 5) of all candidate whistle stretches, and which of them (n,) are whistles."""
    cues, truth = [], []
    for one in heard:
        curve = whistle.probability(around(one.frames.cues))
        found = candidates(curve)
        cues.append(stretch_cues(one.frames, curve, found))
        for first, last in found:
            middle_s = (first + last) / 2 / FRAME_RATE_HZ
            truth.append(any(w.start_s <= middle_s < w.end_s for w in one.scene.whistles))
    return np.concatenate(cues), np.array(truth, np.int64)


def whistle_truth(whistles: Sequence[Whistle], count: int) -> Truth:
    """Return which frames (count,) contain a whistle."""
    times_s = np.arange(count) / FRAME_RATE_HZ
    return (
        np.any([np.zeros(count, bool), *((times_s >= w.start_s) & (times_s < w.end_s) for w in whistles)], axis=0) * 1
    )


def loud_truth(swells: Sequence[Swell], count: int) -> Truth:
    """Return which tenths of a second (count,) lie in a swell, from half its rise to half its fall."""
    times_s = np.arange(count) / CURVE_RATE_HZ
    return np.any([np.zeros(count, bool), *((times_s >= s.onset_s) & (times_s < s.end_s) for s in swells)], axis=0) * 1


def onset_truth(swells: Sequence[Swell], count: int, *, within_s: float) -> Truth:
    """Return which tenths of a second (count,) lie within ``within_s`` of a swell's onset."""
    times_s = np.arange(count) / CURVE_RATE_HZ
    return np.any([np.zeros(count, bool), *(np.abs(times_s - s.onset_s) <= within_s for s in swells)], axis=0) * 1


def fit_net(cues: Floats32, truth: Truth, *, hidden: int, epochs: int = 10, seed: int = 0) -> TinyNet:
    """Fit a network with one hidden layer, or none, that predicts P(truth) (n,) from cues (n, cues)."""
    mean, std = cues.mean(axis=0), np.maximum(cues.std(axis=0), 1e-3)
    scaled = (cues - mean) / std
    return TinyNet(mean, std, _layers(scaled, truth, hidden=hidden, epochs=epochs, seed=seed))


def _layers(
    scaled: Floats32, truth: Truth, *, hidden: int, epochs: int, seed: int
) -> tuple[tuple[Floats32, Floats32], ...]:
    exceptions = need("sklearn.exceptions", what="fitting the sound")
    linear = need("sklearn.linear_model", what="fitting the sound")
    neural = need("sklearn.neural_network", what="fitting the sound")
    if not hidden:
        line = linear.LogisticRegression(max_iter=5_000).fit(scaled, truth)
        return ((_float32(line.coef_.T), _float32(line.intercept_)),)
    net: Any = neural.MLPClassifier(
        (hidden,),
        alpha=1e-3,
        batch_size=min(512, len(scaled)),
        max_iter=epochs,
        random_state=seed,
        n_iter_no_change=epochs,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", exceptions.ConvergenceWarning)  # training is stopped early on purpose
        net.fit(scaled, truth)
    return tuple((_float32(w), _float32(b)) for w, b in zip(net.coefs_, net.intercepts_, strict=True))


def _float32(values: Any) -> Floats32:
    return np.asarray(values, np.float32)
