"""Sampling of the centre frames of training clips: actions, background, and hard negatives of an earlier model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import maximum_filter1d

Weights = npt.NDArray[np.float64]

FILTER_FRAMES = 9
"""Width of the max-filter that spreads an action's weight to its neighbours (4 to either side)."""

RING_FRAMES = (5, 13)
"""Distances from an action at which a prediction is its echo, not a hard negative; both ends inclusive."""


def action_weights(
    actions: Mapping[int, int],
    *,
    frame_count: int,
    class_weights: Sequence[float] | None = None,
    filter_frames: int = FILTER_FRAMES,
) -> Weights:
    """Return float64 (frame_count,): the class weight (default 1) on and around each action, 0 elsewhere."""
    weights = np.zeros(frame_count)
    for frame, label in actions.items():
        if 0 <= frame < frame_count:
            weights[frame] = 1.0 if class_weights is None else class_weights[label]
    return maximum_filter1d(weights, filter_frames, mode="constant")


def sampling_weights(
    actions: Mapping[int, int],
    *,
    frame_count: int,
    action_share: float = 0.5,
    class_weights: Sequence[float] | None = None,
    filter_frames: int = FILTER_FRAMES,
    predictions: npt.NDArray[np.float32] | None = None,
    ring_frames: tuple[int, int] = RING_FRAMES,
) -> Weights:
    """Return the sampling probability of each frame of one video, float64 (frame_count,), sum 1.

    Frames near an action share ``action_share`` of it, all others share the rest uniformly. With ``predictions``
    (frame_count, classes) of a model that never saw this video, background mistaken for an action is drawn more often.

    A video without actions is sampled uniformly.
    """
    if not 0.0 < action_share <= 1.0:
        raise ValueError(f"action_share={action_share} must be above 0 and at most 1")
    weights = action_weights(actions, frame_count=frame_count, class_weights=class_weights, filter_frames=filter_frames)
    hot = weights > 0
    background = ~hot
    if not hot.any() or not background.any():
        weights[:] = 1.0
        return weights / frame_count
    background_sum = (1.0 - action_share) / action_share * weights.sum()
    uniform = background_sum / background.sum()
    weights[background] = uniform
    if predictions is not None:
        weights = _with_hard_negatives(weights, predictions, background & _ring(hot, actions, ring_frames), uniform)
        if weights[background].sum() > 0:
            weights[background] *= background_sum / weights[background].sum()
    return weights / weights.sum()


def _with_hard_negatives(
    weights: Weights, predictions: npt.NDArray[np.float32], ring: npt.NDArray[np.bool_], uniform: float
) -> Weights:
    if len(predictions) != len(weights):
        raise ValueError(f"predictions for {len(predictions)} frames do not fit a video of {len(weights)}")
    raised = np.maximum(weights, predictions.max(axis=1))
    raised[ring] = uniform
    return raised


def _ring(hot: npt.NDArray[np.bool_], actions: Mapping[int, int], span: tuple[int, int]) -> npt.NDArray[np.bool_]:
    ring = np.zeros(len(hot), bool)
    near, far = span
    for frame in actions:
        ring[max(frame - far, 0) : max(frame - near + 1, 0)] = True
        ring[max(frame + near, 0) : max(frame + far + 1, 0)] = True
    return ring


@dataclass(frozen=True, slots=True)
class Draw:
    """One training clip: the video, its centre frame, and the seed of its own randomness."""

    video: int
    frame: int
    seed: tuple[int, int]

    def generator(self) -> np.random.Generator:
        """Return a generator for this clip alone, the same in every run."""
        return np.random.default_rng([*self.seed, 1])


class ClipSampler:
    """A sampler of clips: a video uniformly, then a frame by its weight.

    Draw ``index`` depends only on the seed and on ``index``, so a run resumed at a step continues with exactly the same
    clips, with any number of workers.

    Args:
        weights: per video, from :func:`sampling_weights`.
        seed: of the whole run.

    """

    def __init__(self, weights: Sequence[Weights], *, seed: int) -> None:
        if not weights:
            raise ValueError("weights=[]: at least one video is needed")
        self.seed = seed
        self._cumulative = [np.cumsum(entry) / entry.sum() for entry in weights]

    def draw(self, index: int) -> Draw:
        """Return clip number ``index`` of the run."""
        generator = np.random.default_rng([self.seed, index])
        video = int(generator.integers(len(self._cumulative)))
        frame = int(np.searchsorted(self._cumulative[video], generator.random(), side="right"))
        return Draw(video, min(frame, len(self._cumulative[video]) - 1), (self.seed, index))


def keep_inside(frame: int, *, offsets: Sequence[int], frame_count: int, margin: int = 1) -> int:
    """Return the nearest centre at which the whole clip, plus ``margin`` frames, lies inside the video."""
    low, high = margin - min(offsets), frame_count - 1 - max(offsets) - margin
    if low > high:
        needed = max(offsets) - min(offsets) + 1 + 2 * margin
        raise ValueError(f"a video of {frame_count} frames is too short for clips that need {needed}")
    return min(max(frame, low), high)


def shake(offsets: Sequence[int], *, generator: np.random.Generator, probability: float = 0.25) -> tuple[int, ...]:
    """With ``probability``, shift each frame of a clip by -1, 0 or +1 (at .2, .6, .2); otherwise leave it unchanged."""
    if generator.random() >= probability:
        return tuple(offsets)
    moves = generator.choice((-1, 0, 1), size=len(offsets), p=(0.2, 0.6, 0.2))
    return tuple(int(offset + move) for offset, move in zip(offsets, moves, strict=True))
