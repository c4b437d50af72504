"""Clip recognition on held-out folds: leaks between folds, predictions for each clip, and their measurement."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from touchline.core.arrays import Floats64, Indices
from touchline.core.clips import ClipSet
from touchline.core.errors import InputError
from touchline.formats.files.atomic import write_json_atomic
from touchline.metrics.recognition import calibration
from touchline.models.networks.resnet import ResNet
from touchline.models.specs.clip_input import ClipClassifier, ClipNormaliser
from touchline.models.specs.spec import ClipSpec
from touchline.recognition.prepare import sample_clip
from touchline.training.distributed.group import current_group
from touchline.training.family import Job
from touchline.training.recognition import held_out
from touchline.training.recognition.clip_splits import Fold, Leaks, count_by_side
from touchline.training.recognition.held_out import Examples
from touchline.training.recognition.recogniser_data import (
    TrainingClips,
    folds_of,
    leaks_of,
    plain_batch,
    read_training_clips,
)
from touchline.training.recognition.recogniser_settings import ClipRecipe

_LOGGER = logging.getLogger(__name__)
_BATCH = 16


@dataclass(frozen=True, slots=True, eq=False)
class ClipTrial:
    """The clips of a recipe with their folds; a :class:`~touchline.training.recognition.held_out.Trial`.

    Attributes:
        clips: all of them.
        folds: by the name of the fold's folder.
        leaks: leaks between the sides of a fold, if the recipe asks for a split that is known to leak.
        spec: input of the networks.
        device: of the networks.

    """

    clips: TrainingClips
    folds: Mapping[str, Fold]
    leaks: Leaks
    spec: ClipSpec
    device: str

    @property
    def examples(self) -> Examples:
        """All clips."""
        ids, groups = zip(*((item.id, item.kept_together) for item in self.clips.items), strict=True)
        return Examples(ids, groups, self.clips.truth, self.clips.labels)

    @torch.inference_mode()
    def predict(self, network: Any, rows: Indices) -> Floats64:
        """Predict probabilities (rows, classes) of some clips, as the finished model does."""
        normalise, found = ClipNormaliser(self.spec).to(self.device), []
        for first in range(0, len(rows), _BATCH):
            pixels = plain_batch(self.clips, rows[first : first + _BATCH].tolist(), spec=self.spec).to(self.device)
            found.append(network(normalise(pixels)).softmax(dim=1).double().cpu().numpy())
        return np.concatenate(found)

    @torch.inference_mode()
    def frames_right(self, network: Any, rows: Indices) -> list[npt.NDArray[np.bool_]]:
        """Return which frames of some clips a network classifies correctly, each shown alone, as a still clip."""
        normalise, found = ClipNormaliser(self.spec).to(self.device), []
        frames = 1 if isinstance(network, ResNet) else self.spec.frames
        for row in rows.tolist():
            clip, guesses = self.clips.read(row), []
            for first in range(0, len(clip), _BATCH):
                stills = [
                    sample_clip(picture[None], fps=0.0, spec=self.spec)[:frames]
                    for picture in clip[first : first + _BATCH]
                ]
                pixels = torch.from_numpy(np.stack(stills)).to(self.device)
                guesses.append(network(normalise(pixels)).argmax(dim=1).cpu().numpy())
            found.append(np.concatenate(guesses) == self.clips.truth[row])
        return found

    def measure(self, examples: Examples, values: Floats64) -> dict[str, Any]:
        """Measure probabilities (n, classes) of the examples."""
        return {
            "clips": len(examples),
            "groups": len(set(examples.groups)),
            **held_out.measure(examples, values),
            "calibration_error": calibration(examples.truth, values).expected_error,
            "unreadable": len(self.clips.unreadable),
        }

    def one_by_one(self, network: Any) -> Callable[[], object]:
        """Return a function that recognises one black clip, for timing."""
        spec, whole = self.spec, ClipClassifier(network, spec=self.spec).eval().to(self.device)
        pixels = torch.zeros(1, spec.frames, spec.height, spec.width, 3, dtype=torch.uint8, device=self.device)
        return lambda: whole(pixels).cpu()


def read_clip_trial(settings: ClipRecipe, job: Job) -> ClipTrial:
    """Read and decode the clips of a recipe, and search for leaks between its folds.

    Args:
        settings: the recipe.
        job: its folder gets decoded clips, ``splits.json`` and ``unreadable.json``; relative file names in the recipe
            refer to its recipe's folder.

    Raises:
        InputError: the data are unusable, or leak although the recipe does not ask for a split that is known to leak.

    """
    with current_group().first_before_others():
        clips = read_training_clips(
            settings.data, root=settings.data_root, recipe_folder=job.recipe.parent, cache=job.cache("clips")
        )
    folds = folds_of(clips, settings.data)
    leaks = check_leaks(clips, folds, settings, out=job.out)
    by_name = {f"fold_{number}": fold for number, fold in enumerate(folds)}
    return ClipTrial(clips, by_name, leaks, settings.clip, job.device)


def check_leaks(clips: TrainingClips, folds: list[Fold], settings: ClipRecipe, *, out: Path) -> Leaks:
    """Search for leaks between the sides of the folds; write ``splits.json``.

    Returns:
        The leaks, if the recipe asks for a split that is known to leak; a warning is logged as well.

    Raises:
        InputError: there is a leak, and the recipe does not ask for a split that is known to leak.

    """
    leaks = [leaks_of(clips, fold) for fold in folds]
    whole = ClipSet(clips.items, clips.labels)
    write_json_atomic(
        out / "splits.json",
        [
            {"counts": count_by_side(whole, fold), "leaks": found.describe()}
            for fold, found in zip(folds, leaks, strict=True)
        ],
    )
    bad = next((found for found in leaks if found), Leaks())
    if bad and settings.data.split in ("folds", "own"):
        raise InputError(
            f"held-out clips leak into the training clips: {bad.describe()}; name their groups with data.groups"
        )
    if bad:
        _LOGGER.warning(
            "data.split=%s leaks: %s; scores on it mean little, data.split=folds avoids leaks",
            settings.data.split,
            bad.describe(),
        )
    return bad
