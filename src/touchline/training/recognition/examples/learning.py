"""A recogniser from example clips: features, held-out accuracy by sources, and the model file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from touchline.core.arrays import Indices
from touchline.core.clips import ClipSet
from touchline.core.wording import counted
from touchline.models.networks.encoders.picture_clip import PictureClip
from touchline.models.runtime.device import Device
from touchline.models.specs.spec import ClipConfig, ClipSpec
from touchline.models.store import save_model
from touchline.training.recognition.clip_splits import grouped_folds
from touchline.training.recognition.examples.clips import ENOUGH, ExampleClips
from touchline.training.recognition.examples.features import extract, fresh_network, spec_for
from touchline.training.recognition.examples.head import Head, HeadData, Splits, choose_head, held_out_probabilities
from touchline.training.recognition.held_out import Examples, measure
from touchline.training.recognition.temperature import fit_temperature

FOLDS, INNER_FOLDS = 5, 4
_SIDED = ("left", "right")


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """A recogniser that was trained on examples.

    Attributes:
        network: the recogniser.
        config: configuration of its model file.
        measured: accuracy on held-out examples with its interval, and more; empty if it could not be measured.
        notes: remarks for the user.

    """

    network: PictureClip
    config: ClipConfig
    measured: dict[str, Any]
    notes: tuple[str, ...] = field(default=())

    def save(self, path: Path) -> Path:
        """Write the model file, with its weights in 16 bits; return its path."""
        return save_model(path, self.network, self.config, half=True)


def learn_examples(
    examples: ExampleClips,
    *,
    name: str,
    device: Device = "auto",
    threads: int | None = None,
    each: Callable[[Sequence[Any]], Iterable[Any]] = lambda clips: clips,
) -> Learnt:
    """Train a recogniser on examples.

    Left and right are kept apart, by not mirroring clips, if a class is named after either.

    Args:
        examples: the clips.
        name: name of the model.
        device: where the features are computed.
        threads: CPU threads; all available ones by default.
        each: goes through the clips, such as with a progress bar.

    """
    labels = examples.clips.labels
    mirrored = not any(side in label.lower() for label in labels for side in _SIDED)
    network = fresh_network(len(labels), mirrored=mirrored)
    config = config_for(labels, spec_for(examples.frames), name=name, mirrored=mirrored)
    features = extract(network, config, examples.frames, device=device, threads=threads, each=each)
    data = HeadData(features, examples.truth, len(labels), network.block_sizes)
    measured, temperature, notes = _measured(data, examples)
    rows = np.arange(len(examples.clips))
    put_head(network, choose_head(data, rows, splits=splits_of(examples.clips)))
    config = config.model_copy(update={"temperature": temperature, "measured": {"held_out": measured}})
    return Learnt(network, config, measured, (*_few(examples), *notes))


def config_for(labels: tuple[str, ...], spec: ClipSpec, *, name: str, mirrored: bool) -> ClipConfig:
    """Return the configuration of a recogniser that is trained on examples."""
    return ClipConfig(
        name=name,
        architecture="picture-clip",
        network={"num_classes": len(labels), "mirrored": mirrored},
        labels=labels,
        clip=spec,
        licence="encoder: Apache-2.0 (EfficientNet-Lite0, see NOTICE)",
        description="A linear head on frozen features of EfficientNet-Lite0, trained on example clips.",
    )


def put_head(network: PictureClip, head: Head) -> None:
    """Put a head into a network."""
    with torch.no_grad():
        network.mean.copy_(torch.from_numpy(head.mean))
        network.scale.copy_(torch.from_numpy(head.scale))
        network.classes.weight.copy_(torch.from_numpy(head.weights))
        network.classes.bias.copy_(torch.from_numpy(head.bias))


def splits_of(clips: ClipSet, *, folds: int = INNER_FOLDS) -> Splits:
    """Return a function that splits rows of the clips into folds that keep sources together, at most ``folds``."""

    def split(rows: Indices) -> list[tuple[Indices, Indices]]:
        items = tuple(clips.items[row] for row in rows.tolist())
        some = ClipSet(items, clips.labels)
        fewest = min(count for count in some.counts().values() if count)
        most = min(folds, fewest, len({item.kept_together for item in items}))
        if most < 2:
            return []
        return [(rows[fold.train], rows[fold.test]) for fold in grouped_folds(some, folds=most)]

    return split


def _measured(data: HeadData, examples: ExampleClips) -> tuple[dict[str, Any], float, list[str]]:
    """Return held-out measures, the temperature fitted to held-out probabilities, and remarks."""
    clips = examples.clips
    groups = {item.kept_together for item in clips}
    rows = np.arange(len(clips))
    if len(groups) < 2:
        return {}, 1.0, ["all examples come from one source, so the accuracy on another could not be measured"]
    probabilities = held_out_probabilities(data, splits_of(clips, folds=FOLDS)(rows), splits=splits_of(clips))
    seen = np.flatnonzero(np.isfinite(probabilities).all(axis=1))
    ids, together = zip(*((clips.items[row].id, clips.items[row].kept_together) for row in seen), strict=True)
    found = measure(Examples(ids, together, data.truth[seen], clips.labels), probabilities[seen])
    largest = float(np.bincount(data.truth).max() / len(clips))
    found = {"clips": len(clips), "groups": len(groups), "largest_class_share": largest, **found}
    notes = []
    if not examples.sources_known:
        notes.append(
            "it is not known which examples come from one match or person, so the accuracy may be too high: name clips "
            "SOURCE_NUMBER, such as match1_003.mp4, or put a groups.csv (id,group) into the folder"
        )
    if found["accuracy_interval"][0] <= largest:
        notes.append(
            f"the recogniser is not surely better than always naming the most frequent class ({100 * largest:.0f} %); "
            "give more examples, from more matches"
        )
    return found, fit_temperature(data.truth[seen], probabilities[seen]), notes


def _few(examples: ExampleClips) -> list[str]:
    few = {label: count for label, count in examples.clips.counts().items() if count < ENOUGH}
    if not few:
        return []
    named = ", ".join(f"{label} {count}" for label, count in few.items())
    return [f"{counted(len(few), 'class', 'classes')} with fewer than {ENOUGH} readable clips: {named}; give more"]
