"""Training data of the keeper-pose network: published poses, simulated figures, backgrounds; sampled in batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch

from touchline.core.arrays import Rgb
from touchline.core.errors import InputError
from touchline.core.poses import JOINTS
from touchline.formats.boxes.yolo import read_yolo
from touchline.formats.keeper.pictures import KeeperPicture
from touchline.media.stills import read_still
from touchline.models.runtime.fitting import fit_in_square
from touchline.synthetic.keeper_figures import figure_picture
from touchline.training.checkpoint import generator_states, restore_generators
from touchline.training.distributed.numbering import Reseeder
from touchline.training.keeper.pose_augment import PoseCrop, PoseSample, augment, recolor
from touchline.training.keeper.pose_losses import PoseBatch

FIGURE_SIDE_PX = 160
_BACKGROUND_TRIES = 20
_NARROWED = 0.6
_DOUBTED = 0.35
"""Weight of a pose that the authors rejected."""


def read_picture(path: Path) -> Rgb:
    """Read an 8-bit RGB picture.

    Raises:
        InputError: it cannot be read.

    """
    return read_still(path)


def as_sample(picture: KeeperPicture) -> PoseSample:
    """Convert a published picture to a training sample."""
    pixels = read_picture(picture.path)
    depth = picture.joints_3d[:, 2] * max(pixels.shape[:2])
    trust = 1.0 if picture.kept else _DOUBTED
    return PoseSample(pixels, picture.joints_px.astype(np.float32), depth.astype(np.float32), trust)


def cut_backgrounds(folder: Path, *, count: int, seed: int = 0) -> list[Rgb]:
    """Cut squares without labelled people from match frames with a YOLO file beside each.

    Raises:
        InputError: no frames, or none with enough room between the people.

    """
    paths = sorted(folder.glob("*.jpg"))
    if not paths:
        raise InputError(f"{folder}: no pictures (*.jpg) with boxes to cut backgrounds from")
    rng = np.random.default_rng(seed)
    cuts: list[Rgb] = []
    for number in rng.permutation(len(paths))[: max(1, count // 6)]:
        pixels = read_picture(paths[number])
        height, width = pixels.shape[:2]
        boxes = read_yolo(paths[number].with_suffix(".txt"), width=width, height=height).boxes_xyxy
        cuts += [cut for cut in (_cut(pixels, boxes, rng) for _ in range(6)) if cut is not None]
    if not cuts:
        raise InputError(f"{folder}: no square without people in {len(paths)} pictures")
    return cuts


def _cut(pixels: Rgb, boxes: npt.NDArray[np.float32], rng: np.random.Generator) -> Rgb | None:
    for _ in range(_BACKGROUND_TRIES):
        side = int(rng.integers(50, 260))
        left = int(rng.integers(pixels.shape[1] - side))
        top = int(rng.integers(pixels.shape[0] - side))
        apart = (boxes[:, 0] > left + side) | (boxes[:, 2] < left) | (boxes[:, 1] > top + side) | (boxes[:, 3] < top)
        if apart.all():
            cut = pixels[top : top + side, left : left + side]
            return np.asarray(cv2.resize(cut, (FIGURE_SIDE_PX, FIGURE_SIDE_PX)), np.uint8)
    return None


def draw_figures(backgrounds: Sequence[Rgb], *, count: int, seed: int = 0) -> list[PoseSample]:
    """Draw simulated keepers."""
    rng = np.random.default_rng(seed)
    drawn = (figure_picture(rng, backgrounds, side_px=FIGURE_SIDE_PX) for _ in range(count))
    return [PoseSample(pixels, joints, depth) for pixels, joints, depth in drawn]


def nobody(background: Rgb, rng: np.random.Generator, *, side_px: int) -> Rgb:
    """Cut a crop without a person, padded like keeper crops so that the padding carries no information."""
    height, width = background.shape[:2]
    if rng.random() < _NARROWED:
        width = max(1, int(width * rng.uniform(0.4, 1.0)))
    elif rng.random() < _NARROWED:
        height = max(1, int(height * rng.uniform(0.4, 1.0)))
    square = np.zeros((side_px, side_px, 3), np.uint8)
    fit_in_square(recolor(background[:height, :width], rng), into=square)
    return square


@dataclass(frozen=True, slots=True)
class Shares:
    """The composition of a batch; the rest are published pictures.

    Attributes:
        figures: share of simulated keepers.
        nobody: share of pictures without a person.

    """

    figures: float
    nobody: float


class PoseSampler:
    """A sampler of random batches.

    Args:
        samples: published pictures; may be empty if all are figures.
        figures: simulated keepers.
        backgrounds: pictures without a person.
        shares: composition of a batch.
        side_px: of the crops.
        batch: crops per batch.
        seed: of all sampling.

    """

    def __init__(
        self,
        samples: Sequence[PoseSample],
        figures: Sequence[PoseSample],
        backgrounds: Sequence[Rgb],
        *,
        shares: Shares,
        side_px: int,
        batch: int,
        seed: int,
    ) -> None:
        self._samples, self._figures, self._backgrounds = samples, figures, backgrounds
        self._shares, self._side_px, self._batch = shares, side_px, batch
        self._rng = np.random.default_rng(seed)
        self._order: list[int] = []
        self._set_generator = Reseeder(self._rng)

    @property
    def counts(self) -> list[int]:
        """Numbers of published pictures, figures and backgrounds to sample from."""
        return [len(self._samples), len(self._figures), len(self._backgrounds)]

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint needs to continue with the same batches."""
        return {"random": generator_states(self._rng), "order": list(self._order)}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore a state returned by :meth:`state`."""
        restore_generators(state["random"], self._rng)
        self._order = list(state["order"])

    def reseed(self, number: int) -> None:
        """Make the next batch depend on its number alone: pictures then repeat within a round, not within a batch."""
        self._set_generator(number)
        self._order = []

    def draw(self) -> PoseBatch:
        """Draw a batch; each published picture occurs once per round, in random order."""
        crops = [self._one() for _ in range(self._batch)]
        person = torch.tensor([crop is not None for crop, _ in crops], dtype=torch.float32)
        empty = np.zeros((len(JOINTS), 3), np.float32)
        nothing = np.zeros(len(JOINTS), np.bool_)
        pixels = torch.from_numpy(np.stack([pixels for _, pixels in crops])).permute(0, 3, 1, 2)
        found = [crop for crop, _ in crops]
        return PoseBatch(
            crops=(pixels.float() / 255.0).contiguous(memory_format=torch.channels_last),
            joints=torch.from_numpy(np.stack([empty if crop is None else crop.joints for crop in found])),
            inside=torch.from_numpy(np.stack([nothing if crop is None else crop.inside for crop in found])).float(),
            seen=torch.from_numpy(np.stack([nothing if crop is None else crop.seen for crop in found])).float(),
            trust=torch.tensor([0.0 if crop is None else crop.trust for crop in found]),
            person=person,
        )

    def _one(self) -> tuple[PoseCrop | None, Rgb]:
        kind = self._rng.random()
        if kind < self._shares.nobody:
            pixels = self._backgrounds[int(self._rng.integers(len(self._backgrounds)))]
            return None, nobody(pixels, self._rng, side_px=self._side_px)
        if not self._samples or kind < self._shares.nobody + self._shares.figures:
            sample = self._figures[int(self._rng.integers(len(self._figures)))]
        else:
            if not self._order:
                self._order = self._rng.permutation(len(self._samples)).tolist()
            sample = self._samples[self._order.pop()]
        crop = augment(sample, self._rng, side_px=self._side_px)
        return crop, crop.pixels
