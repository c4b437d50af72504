"""What a teacher says of every clip, worked out once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from touchline.formats.atomic import make_folder, replacing
from touchline.models.clip_input import ClipNormaliser
from touchline.models.spec import ClipSpec
from touchline.training.recogniser_data import TrainingClips, plain_batch

_BATCH = 16


@dataclass(frozen=True, slots=True, eq=False)
class TeacherSays:
    """Of every clip, the mean over the clip as it is and its mirror image.

    Attributes:
        logits: float32 (n, classes).
        features: float32 (n, D).

    """

    logits: Tensor
    features: Tensor

    def rows(self, rows: Tensor) -> TeacherSays:
        """What is said of some clips."""
        return TeacherSays(self.logits[rows], self.features[rows])


@torch.inference_mode()
def ask_teacher(
    teachers: list[Any], clips: TrainingClips, *, spec: ClipSpec, mirrored: bool = True, path: Path | None = None
) -> TeacherSays:
    """What teachers say of every clip; several are averaged.

    Args:
        teachers: networks in evaluation mode.
        clips: of which.
        spec: what the teachers see.
        mirrored: average with the mirror images.
        path: keep it in this ``.npz``, or take it from there where it is; name it by all that decides it.

    """
    if path is not None and path.is_file():
        with np.load(path, allow_pickle=False) as arrays:
            return TeacherSays(torch.from_numpy(arrays["logits"]), torch.from_numpy(arrays["features"]))
    normalise = ClipNormaliser(spec)
    logits, features = [], []
    for first in range(0, len(clips), _BATCH):
        rows = range(first, min(first + _BATCH, len(clips)))
        pixels = normalise(plain_batch(clips, rows, spec=spec))
        views = [pixels, pixels.flip(-1)] if mirrored else [pixels]
        found = [teacher.forward_features(view) for teacher in teachers for view in views]
        said = [
            teacher.classify(f) for teacher, group in zip(teachers, _by(found, len(views)), strict=True) for f in group
        ]
        logits.append(torch.stack(said).mean(dim=0).float())
        features.append(torch.stack(found).mean(dim=0).float())
    says = TeacherSays(torch.cat(logits), torch.cat(features))
    if path is not None:
        make_folder(path.parent)
        with replacing(path) as file:
            np.savez(file, logits=says.logits.numpy(), features=says.features.numpy())
    return says


def _by(values: list[Tensor], count: int) -> list[list[Tensor]]:
    return [values[i : i + count] for i in range(0, len(values), count)]
