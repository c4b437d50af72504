"""Recognition of joint sequences with each match held out in turn: predictions and their measurement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from touchline.core.arrays import Floats64, Indices
from touchline.core.errors import InputError
from touchline.formats.clips.skeleton_sets import SkeletonSet, read_skeleton_set
from touchline.models.networks.skeleton_net import SkeletonNet
from touchline.training.recognition import held_out
from touchline.training.recognition.clip_splits import Fold
from touchline.training.recognition.held_out import Examples
from touchline.training.recognition.skeleton_settings import SkeletonData
from touchline.training.recognition.temperature import measure_temperature


@dataclass(frozen=True, slots=True, eq=False)
class SkeletonTrial:
    """Labelled sequences of several matches; a :class:`~touchline.training.recognition.held_out.Trial`.

    Attributes:
        data: the sequences.
        truth: int64 (n,), class of each sequence.
        labels: the classes in the order of the outputs.

    """

    data: SkeletonSet
    truth: Indices
    labels: tuple[str, ...]

    @property
    def examples(self) -> Examples:
        """All sequences, named by their match and number."""
        groups = tuple(self.data.groups.tolist())
        ids = tuple(f"{group}/{number}" for number, group in enumerate(groups))
        return Examples(ids, groups, self.truth, self.labels)

    @property
    def folds(self) -> Mapping[str, Fold]:
        """The folds: each match held out in turn."""
        held = {group: self.data.groups == group for group in sorted(set(self.data.groups.tolist()))}
        return {f"without_{group}": Fold(np.flatnonzero(~own), np.flatnonzero(own)) for group, own in held.items()}

    @torch.inference_mode()
    def predict(self, network: SkeletonNet, rows: Indices) -> Floats64:
        """Predict probabilities (rows, classes) of some sequences."""
        sequences = torch.from_numpy(self.data.sequences[rows]).to(_device_of(network))
        return np.asarray(network(sequences).softmax(dim=1).cpu().numpy(), np.float64)

    def measure(self, examples: Examples, values: Floats64) -> dict[str, Any]:
        """Measure probabilities (n, classes) of the sequences, by match and together."""
        right, groups = values.argmax(axis=1) == examples.truth, np.array(examples.groups)
        by_group = {name: float(right[groups == name].mean()) for name in sorted(set(examples.groups))}
        temperature, calibrated = measure_temperature(examples.truth, values, groups=examples.groups)
        return {
            "accuracy_by_group": by_group,
            "mean_over_groups": float(np.mean(list(by_group.values()))),
            **held_out.measure(examples, values),
            "temperature": temperature,
            **calibrated,
        }

    def one_by_one(self, network: SkeletonNet) -> Callable[[], object]:
        """Return a function that recognises the first sequence, for timing."""
        one = torch.from_numpy(self.data.sequences[:1]).to(_device_of(network))
        return lambda: network(one).cpu()


def read_skeleton_trial(settings: SkeletonData) -> SkeletonTrial:
    """Read the sequences of a recipe.

    Raises:
        InputError: the data are unusable, contain a single match, or have a label that the recipe does not name.

    """
    path = settings.data_root / settings.file
    data = read_skeleton_set(path)
    truth = class_numbers(data, settings)
    groups = sorted(set(data.groups.tolist()))
    if len(groups) < 2:
        raise InputError(f"{path}: the only group is {groups}; holding one out needs at least two")
    return SkeletonTrial(data, truth, tuple(settings.labels))


def class_numbers(data: SkeletonSet, settings: SkeletonData) -> Indices:
    """Return the class of every sequence, int64 (n,).

    Raises:
        InputError: the data have a label that the recipe does not name, or other joints.

    """
    unknown = sorted(set(data.labels.tolist()) - set(settings.labels))
    if unknown:
        raise InputError(f"{settings.data_root / settings.file}: labels {unknown} are not among {settings.labels}")
    if len(settings.mirror) != len(data.joints):
        raise InputError(f"mirror has {len(settings.mirror)} entries for the {len(data.joints)} joints {data.joints}")
    return np.array([settings.labels.index(label) for label in data.labels.tolist()], np.int64)


def _device_of(network: SkeletonNet) -> torch.device:
    return next(network.parameters()).device
