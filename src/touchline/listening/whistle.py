"""Whistle detection: a probability every 20 ms, and whistles with a confidence."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats32
from touchline.core.clock import US_PER_S
from touchline.core.sound import WhistleBlow
from touchline.listening.frames import FRAME_RATE_HZ, SoundFrames, frame_time_us
from touchline.listening.model import SoundModel

AROUND_FRAMES = (1, 11, 31)
"""Window lengths, in frames, over which cues are averaged; 1 keeps the cue itself."""
STRETCH_CUES = ("peak_logit", "mean_logit", "log_seconds", "low_db", "overtone_db")
DEFAULT_THRESHOLD = 0.5
"""Confidence threshold of a reported whistle."""

_IN, _CANDIDATE = 0.1, 0.15
_EDGE_SHARE = 1 / 3
_JOIN_FRAMES = 6
_SHORTEST_FRAMES = 4


def around(cues: Floats32) -> Floats32:
    """Return the cues (frames, cues) and their means around each frame, (frames, 3 x cues)."""
    from scipy.ndimage import uniform_filter1d  # importing takes as long as the rest of a start

    return np.concatenate([uniform_filter1d(cues, size, axis=0, mode="nearest") for size in AROUND_FRAMES], axis=1)


def whistle_curve(frames: SoundFrames, *, model: SoundModel) -> Floats32:
    """Return the probability (frames,) that a whistle sounds."""
    if not len(frames):
        return np.zeros(0, np.float32)
    return model.whistle.probability(around(frames.cues))


def find_whistles(
    frames: SoundFrames, curve: Floats32, *, model: SoundModel, threshold: float = DEFAULT_THRESHOLD
) -> tuple[WhistleBlow, ...]:
    """Return the whistles of a curve (frames,) with at least the given confidence, in time order."""
    stretches = candidates(curve)
    if not stretches:
        return ()
    sure = model.blown.probability(stretch_cues(frames, curve, stretches))
    return tuple(
        WhistleBlow(
            frame_time_us(first),
            frame_time_us(first) + round((last - first) * US_PER_S / FRAME_RATE_HZ),
            float(confidence),
            round(float(np.median(frames.pitch_hz[first:last])), 1),
        )
        for (first, last), confidence in zip(stretches, sure, strict=True)
        if confidence >= threshold
    )


def candidates(curve: Floats32) -> list[tuple[int, int]]:
    """Return stretches ``[first, last)`` of frames that could be a whistle, bounded by a third of their peak."""
    inside = np.concatenate([[False], curve >= _IN, [False]])
    edges = np.flatnonzero(np.diff(inside.astype(np.int8)))
    joined: list[tuple[int, int]] = []
    for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if joined and first - joined[-1][1] <= _JOIN_FRAMES:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    strong = [_trimmed(curve, a, b) for a, b in joined if curve[a:b].max() >= _CANDIDATE]
    return [(a, b) for a, b in strong if b - a >= _SHORTEST_FRAMES]


def _trimmed(curve: Floats32, first: int, last: int) -> tuple[int, int]:
    """Return the stretch without the ends that are below a share of its peak."""
    high = first + np.flatnonzero(curve[first:last] >= _EDGE_SHARE * curve[first:last].max())
    return int(high[0]), int(high[-1]) + 1


def stretch_cues(frames: SoundFrames, curve: Floats32, stretches: list[tuple[int, int]]) -> npt.NDArray[np.float32]:
    """Return the ``STRETCH_CUES`` (stretches, 5)."""
    logits = np.log(np.clip(curve, 1e-4, 1 - 1e-4) / (1 - np.clip(curve, 1e-4, 1 - 1e-4)))
    low, overtone = frames.cues[:, 6], frames.cues[:, 2]
    rows = [
        (logits[a:b].max(), logits[a:b].mean(), np.log((b - a) / FRAME_RATE_HZ), low[a:b].mean(), overtone[a:b].mean())
        for a, b in stretches
    ]
    return np.array(rows, np.float32).reshape(-1, len(STRETCH_CUES))
