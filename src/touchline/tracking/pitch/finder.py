"""The pitch's keypoints in single pictures: a network, the size it wants, and how its answers become points.

The ladder: :func:`load_pitch_finder` -> :meth:`PitchFinder.find` -> keypoints, from which
:mod:`touchline.tracking.pitch.homography` places the camera.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from touchline.core.errors import UsageError
from touchline.core.pitch import KEYPOINT_NAMES
from touchline.models.networks.pitch_net import STRIDE, PitchReader
from touchline.models.runtime.backends import PictureBackend
from touchline.models.runtime.device import Device
from touchline.models.runtime.fitting import Rgb, fit_at_corner
from touchline.models.runtime.runner import PictureModel, make_runner
from touchline.models.specs.spec import PictureConfig
from touchline.models.store import DEFAULT_PITCH_FINDER, load_model

Keypoints = npt.NDArray[np.float32]

_BATCHES = (1, 16)
_REACH = 2
"""Cells around the highest one that count as the same place."""


class PitchFinder(PictureModel[PictureConfig]):
    """A built-in or trained pitch finder, ready to look at pictures of any size.

    Its network gives probabilities (32, h/4, w/4).
    """

    gives = "keypoint"

    def find(self, pictures: Sequence[Rgb]) -> list[Keypoints]:
        """Return where the 32 points of :mod:`touchline.core.pitch` are in each picture.

        Args:
            pictures: uint8 (h, w, 3) RGB, of any sizes.

        Returns:
            For each picture float32 (32, 3): x, y in its own pixels, and how likely the point is there, 0 to 1. A point
            that is not in the picture has a confidence near 0, and its x, y mean nothing.

        Raises:
            ResourceError: the network gave numbers that are not finite.

        """
        found = []
        for _, scale, (probabilities,) in self.run(pictures, draw=fit_at_corner):
            points = read_keypoints(probabilities)
            points[:, :2] /= scale
            found.append(points)
        return found


def load_pitch_finder(
    name: str | None = None,
    *,
    device: Device = "auto",
    backend: PictureBackend = "auto",
    threads: int | None = None,
) -> PitchFinder:
    """Load a pitch finder by name or path; the built-in one where none is named.

    Args:
        name: a built-in or imported model, or its file.
        device: where to run; ``"auto"`` takes a GPU where there is one.
        backend: ``"auto"`` is OpenVINO on a CPU and torch on a GPU.
        threads: for OpenVINO; all processors by default.

    Raises:
        InputError: the model is not there, damaged, or no pitch finder.
        UsageError: an unknown device or backend, a combination that does not exist, or a model of other keypoints.
        ResourceError: a GPU, or a backend's package, was asked for and is not there.

    """
    loaded = load_model(name or DEFAULT_PITCH_FINDER, task="pitch")
    config = loaded.config
    if tuple(config.labels) != KEYPOINT_NAMES:
        raise UsageError(
            f"model {config.name!r} does not find the {len(KEYPOINT_NAMES)} keypoints of touchline.core.pitch"
        )
    runner = make_runner(
        PitchReader(loaded.network), config, batches=_BATCHES, device=device, backend=backend, threads=threads
    )
    return PitchFinder(config, runner=runner, sha256=loaded.sha256)


def read_keypoints(probabilities: npt.NDArray[np.float32]) -> Keypoints:
    """Keypoints of one picture from the distributions the network gives.

    Args:
        probabilities: of each point lying in each cell, (points, h, w), a point's sum at most 1.

    Returns:
        float32 (points, 3): x, y in pixels of the network's picture, and how likely the point lies within ten pixels of
        there, 0 to 1.

    """
    points, _, width = probabilities.shape
    best = probabilities.reshape(points, -1).argmax(1)
    row, column = np.divmod(best, width)
    padded = np.pad(probabilities, ((0, 0), (_REACH, _REACH), (_REACH, _REACH)))
    span = np.arange(2 * _REACH + 1)
    window = padded[np.arange(points)[:, None, None], row[:, None, None] + span[:, None], column[:, None, None] + span]
    mass = window.sum((1, 2))
    share = window / np.maximum(mass, 1e-12)[:, None, None]
    x = (share.sum(1) * (span - _REACH)).sum(1) + column
    y = (share.sum(2) * (span - _REACH)).sum(1) + row
    return np.stack([(x + 0.5) * STRIDE, (y + 0.5) * STRIDE, mass], 1).astype(np.float32)
