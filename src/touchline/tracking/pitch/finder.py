"""Pitch keypoints in single images: the network, its input size, and the reading of its output.

The ladder: :func:`load_pitch_finder` -> :meth:`PitchFinder.find` -> keypoints, from which
:mod:`touchline.tracking.pitch.homography` places the camera.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Rgb
from touchline.core.errors import UsageError
from touchline.core.geometry.pitch import KEYPOINT_NAMES
from touchline.models.runtime.backends import PictureBackend
from touchline.models.runtime.device import Device
from touchline.models.runtime.fitting import fit_at_corner
from touchline.models.runtime.runner import ModelPart, PictureModel, make_runner
from touchline.models.specs.spec import PictureConfig
from touchline.models.store import DEFAULT_PITCH_FINDER, open_model

Keypoints = npt.NDArray[np.float32]

_BATCHES = (1, 16)
_STRIDE = 4
"""Side of a cell of the network's output, in pixels of its input."""
_REACH = 2
"""Radius in cells around the maximum within which cells count as the same place."""


class PitchFinder(PictureModel[PictureConfig]):
    """A built-in or trained pitch finder, ready to run on images of any size.

    Its network returns probabilities (32, h/4, w/4).
    """

    gives = "keypoint"

    def find(self, pictures: Sequence[Rgb]) -> list[Keypoints]:
        """Find the 32 keypoints of :mod:`touchline.core.geometry.pitch` in each image.

        Args:
            pictures: uint8 (h, w, 3) RGB, of any sizes.

        Returns:
            For each image float32 (32, 3): x, y in its own pixels, and the probability that the point is there, 0 to 1.
            A point outside the image has a confidence near 0, and its x, y are meaningless.

        Raises:
            ResourceError: the network's output is not finite.

        """
        return list(map(_read, self.run(pictures, draw=fit_at_corner)))

    def begin(self, pictures: Sequence[Rgb]) -> Callable[[], list[Keypoints]]:
        """Begin on a few images; call the result once for what :meth:`find` returns."""
        answers = self.begin_run(pictures, draw=fit_at_corner)
        return lambda: list(map(_read, answers()))


def _read(answer: tuple[Rgb, float, tuple[npt.NDArray[np.float32], ...]]) -> Keypoints:
    """Return the keypoints in an image, in its pixels, from the network's answer."""
    _, scale, (probabilities,) = answer
    points = read_keypoints(probabilities)
    points[:, :2] /= scale
    return points


def load_pitch_finder(
    name: str | None = None,
    *,
    device: Device = "auto",
    backend: PictureBackend = "auto",
    threads: int | None = None,
) -> PitchFinder:
    """Load a pitch finder by name or path; the built-in one by default.

    Args:
        name: a built-in or imported model, or a model file.
        device: where to run; ``"auto"`` uses a GPU if there is one.
        backend: ``"auto"`` is OpenVINO on a CPU and torch on a GPU.
        threads: number of threads for OpenVINO; all processors by default.

    Raises:
        InputError: the model does not exist, is damaged, or is not a pitch finder.
        UsageError: unknown device or backend, an unsupported combination, or a model with other keypoints.
        ResourceError: the requested GPU or the backend's package is not available.

    """
    opened = open_model(name or DEFAULT_PITCH_FINDER, task="pitch")
    config = opened.config
    if tuple(config.labels) != KEYPOINT_NAMES:
        raise UsageError(
            f"model {config.name!r} does not find the {len(KEYPOINT_NAMES)} keypoints of touchline.core.geometry.pitch"
        )
    runner = make_runner(
        ModelPart(opened, "keypoints"), config, batches=_BATCHES, device=device, backend=backend, threads=threads
    )
    return PitchFinder(config, runner=runner, sha256=opened.sha256)


def read_keypoints(probabilities: npt.NDArray[np.float32]) -> Keypoints:
    """Read the keypoints of one image from the network's distributions.

    Args:
        probabilities: (points, h, w), probability of each point lying in each cell; the sum for a point is at most 1.

    Returns:
        float32 (points, 3): x, y in pixels of the network's input, and the probability that the point lies within ten
        pixels of there, 0 to 1.

    """
    points, height, width = probabilities.shape
    best = probabilities.reshape(points, -1).argmax(1)
    row, column = np.divmod(best, width)
    span = np.arange(-_REACH, _REACH + 1)
    rows, columns = row[:, None] + span, column[:, None] + span
    inside = ((rows >= 0) & (rows < height))[:, :, None] & ((columns >= 0) & (columns < width))[:, None]
    near = rows.clip(0, height - 1)[:, :, None], columns.clip(0, width - 1)[:, None]
    window = np.where(inside, probabilities[np.arange(points)[:, None, None], *near], np.float32(0))
    mass = window.sum((1, 2))
    share = window / np.maximum(mass, 1e-12)[:, None, None]
    x = (share.sum(1) * span).sum(1) + column
    y = (share.sum(2) * span).sum(1) + row
    return np.stack([(x + 0.5) * _STRIDE, (y + 0.5) * _STRIDE, mass], 1).astype(np.float32)
