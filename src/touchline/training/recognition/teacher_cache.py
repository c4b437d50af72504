"""A teacher's outputs for every clip, computed once and cached."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from touchline.formats.files.atomic import make_folder, replacing
from touchline.formats.files.npz import load_npz
from touchline.models.specs.clip_input import ClipNormaliser
from touchline.models.specs.spec import ClipSpec
from touchline.training.recognition.recogniser_data import TrainingClips, plain_batch

_BATCH = 16


@dataclass(frozen=True, slots=True, eq=False)
class TeacherSays:
    """A teacher's outputs for every clip, averaged over the clip and its mirror image.

    Attributes:
        logits: float32 (n, classes).
        features: float32 (n, D); D is 0 if features were not requested.

    """

    logits: Tensor
    features: Tensor

    def rows(self, rows: Tensor) -> TeacherSays:
        """Return the outputs for some clips."""
        return TeacherSays(self.logits[rows], self.features[rows])


@torch.no_grad()
def ask_teacher(
    teachers: Sequence[Any],
    clips: TrainingClips,
    *,
    spec: ClipSpec,
    mirrored: bool = True,
    features: bool = True,
    path: Path | None = None,
) -> TeacherSays:
    """Compute the teachers' outputs for every clip; several teachers are averaged.

    Args:
        teachers: networks in evaluation mode, run on their own device.
        clips: the clips to run on.
        spec: input of the teachers.
        mirrored: average with the mirror images.
        features: whether to return features too; those of several teachers are not comparable.
        path: ``.npz`` cache; read if it holds the same teachers' outputs for the same clips, else written.

    """
    if features and len(teachers) > 1:
        raise ValueError(f"features=True: the features of {len(teachers)} teachers cannot be averaged")
    name = _fingerprint(teachers, clips, spec=spec, asked=f"{mirrored} {features}")
    if path is not None and (kept := _kept(path, name=name)) is not None:
        return kept
    device = next(teachers[0].parameters()).device
    normalise = ClipNormaliser(spec).to(device)
    logits, found = [], []
    for first in range(0, len(clips), _BATCH):
        rows = range(first, min(first + _BATCH, len(clips)))
        pixels = normalise(plain_batch(clips, rows, spec=spec).to(device))
        views = [pixels, pixels.flip(-1)] if mirrored else [pixels]
        said = [teacher(view).float() for teacher in teachers for view in views]
        logits.append(torch.stack(said).mean(dim=0).cpu())
        seen = [teacher.forward_features(view).float() for teacher in teachers for view in views if features]
        found.append(torch.stack(seen).mean(dim=0).cpu() if seen else torch.zeros(len(pixels), 0))
    says = TeacherSays(torch.cat(logits), torch.cat(found))
    if path is not None:
        make_folder(path.parent)
        with replacing(path) as file:
            np.savez(file, name=np.array(name), logits=says.logits.numpy(), features=says.features.numpy())
    return says


def _kept(path: Path, *, name: str) -> TeacherSays | None:
    """Load the outputs in a file, if they are the requested ones."""
    if not path.is_file():
        return None
    arrays = load_npz(path, needed=("name", "logits", "features"), what="a teacher's outputs", remedy=f"remove {path}")
    if str(arrays["name"]) != name:
        return None
    return TeacherSays(torch.from_numpy(arrays["logits"]), torch.from_numpy(arrays["features"]))


def _fingerprint(teachers: Sequence[Any], clips: TrainingClips, *, spec: ClipSpec, asked: str) -> str:
    """Hash everything that decides the outputs: the weights, the clips by content and order, and their preparation."""
    digest = hashlib.sha256(f"{asked} {spec.model_dump_json()}".encode())
    for item, path in zip(clips.items, clips.paths, strict=True):
        digest.update(f"{path.name} {item.id.removeprefix(item.family)}\0".encode())
    for teacher in teachers:
        for key, tensor in teacher.state_dict().items():
            digest.update(key.encode() + tensor.detach().cpu().numpy().tobytes())
    return digest.hexdigest()
