"""Video that is no broadcast of a match: few claims, and never a crash."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from touchline.analysis.tasks.cuts import ShotSplitter, parts_of
from touchline.core.tracks import Detections
from touchline.media.frame import Frame
from touchline.tracking.observations import observe
from touchline.tracking.shot_tracking import FollowedShot, follow_shot


class Nobody:
    """A detector that finds nobody."""

    name, sha256, device_reason, batch = "nobody", "0" * 64, "cpu: a fake", 1

    def detect(self, pictures: Sequence[np.ndarray]) -> list[Detections]:
        return [Detections.none() for _ in pictures]


def followed(pictures: list[np.ndarray], *, fps: float = 25.0) -> list[FollowedShot]:
    """The shots of a video of RGB pictures, as analysis makes them."""
    step_us = round(1e6 / fps)
    lumas = [(rgb @ np.array([0.299, 0.587, 0.114])).astype(np.uint8) for rgb in pictures]
    frames = [
        Frame(index * step_us, luma, lambda rgb=rgb: rgb)
        for index, (luma, rgb) in enumerate(zip(lumas, pictures, strict=True))
    ]
    rate = min(12.5, fps)
    splitter, ended = ShotSplitter(fps=rate), []
    for number, frame in enumerate(frames):
        splitter.shown(number, frame.time_us)
    for seen in observe(frames, detector=Nobody(), fps=rate):
        ended.append(splitter.take(seen))
    ended.append(splitter.finish())
    height, width = pictures[0].shape[:2]
    parts = [p for e in ended if e is not None for p in parts_of(e, size=(width, height), fps=rate, sure=0.4)]
    return [follow_shot(seen, span=span, width=width, height=height, fps=rate) for span, seen in parts]


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(0, 256, (height // 10 + 1, width // 10 + 1, 3))
    return np.kron(coarse, np.ones((10, 10, 1)))[:height, :width].astype(np.uint8)


def grey(picture: np.ndarray) -> np.ndarray:
    return np.repeat(picture.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)


CASES: dict[str, Callable[[int], np.ndarray]] = {
    "a still picture": lambda _: noise(180, 320),
    "black": lambda _: np.zeros((180, 320, 3), np.uint8),
    "black and white": lambda i: np.roll(grey(noise(180, 320)), 2 * i, axis=1),
    "vertical": lambda i: np.roll(noise(320, 180), 2 * i, axis=0),
    "another ground": lambda i: np.roll(noise(180, 320) // 4 + np.array([140, 90, 50], np.uint8), i, axis=1),
}


@pytest.mark.parametrize("fps", [10.0, 25.0])
@pytest.mark.parametrize("case", CASES)
def test_one_shot_that_is_not_wide_and_shows_nobody(case: str, fps: float) -> None:
    (shot,) = followed([CASES[case](index) for index in range(40)], fps=fps)
    assert shot.shot.kind in ("other", "close-up")
    assert shot.shot.start_us == 0
    assert shot.tracklets == ()
    assert shot.shot.pitch == 0.0


def test_a_slide_show_has_a_shot_for_each_picture() -> None:
    shots = followed([noise(180, 320, index // 40) for index in range(120)])
    assert [round(shot.shot.start_us / 1e6, 1) for shot in shots] == [0.0, 1.6, 3.2]


def test_one_picture_is_one_shot() -> None:
    (shot,) = followed([noise(180, 320)])
    assert shot.shot.kind in ("other", "close-up")
