"""The training of the network of events from tracks: pieces of varied matches, and the loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from touchline.core.arrays import Floats32
from touchline.spotting.from_tracks.features import FRAME_VALUES, METRE_VALUES, PERSON_VALUES
from touchline.spotting.from_tracks.labels import TRACK_LABELS
from touchline.training.plan import Data, data_from
from touchline.training.track_events.settings import TrackEventLoss, TrackEventOptimizer
from touchline.training.track_events.variation import UNKNOWN_HOLDER, Example

Piece = dict[str, Tensor]
_USUAL = 60.0
"""Events of a frequent label in a match; rarer labels weigh more, by the square root."""


def network_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the complete arguments of the network."""
    sizes = {"frame_values": FRAME_VALUES, "metre_values": METRE_VALUES, "person_values": PERSON_VALUES}
    return {"classes": len(TRACK_LABELS), **sizes, **arguments}


class PieceData:
    """Source of batches: pieces of varied matches, half of them around events.

    Args:
        examples: varied matches.
        settings: of the training.

    """

    def __init__(self, examples: Sequence[Example], *, settings: TrackEventOptimizer) -> None:
        self._examples = [example for example in examples if len(example.features) >= settings.frames]
        if not self._examples:
            raise ValueError(f"no match of the {len(examples)} has a piece of {settings.frames} frames")
        self._settings = settings
        self._random = np.random.default_rng(settings.seed)
        self._places = [
            [
                (number, int(np.searchsorted(example.times_us, event.time_us)))
                for number, example in enumerate(self._examples)
                for event in example.events
                if event.label == label
            ]
            for label in TRACK_LABELS
        ]
        self._places = [places for places in self._places if places]

    @property
    def data(self) -> Data[Piece]:
        """The source of batches for the training loop."""
        return data_from(self.draw, self._random)

    def draw(self) -> Piece:
        """Return the next batch."""
        pieces = [self._piece() for _ in range(self._settings.batch)]
        return {name: torch.stack([piece[name] for piece in pieces]) for name in pieces[0]}

    def _piece(self) -> Piece:
        frames, random = self._settings.frames, self._random
        if self._places and random.random() < self._settings.at_events:
            places = self._places[int(random.integers(len(self._places)))]
            number, at = places[int(random.integers(len(places)))]
            first = at - int(random.integers(frames))
        else:
            number = int(random.integers(len(self._examples)))
            first = int(random.integers(len(self._examples[number].features)))
        example = self._examples[number]
        return tensors_of(example, first=min(max(first, 0), len(example.features) - frames), frames=frames)


def tensors_of(example: Example, *, first: int, frames: int) -> Piece:
    """Return some frames of an example as tensors."""
    rows = slice(first, first + frames)
    values = example.features
    arrays = {
        "frame": values.frame[rows],
        "metres": values.metres[rows],
        "people": values.people[rows],
        "present": values.present[rows],
        "targets": example.targets[rows],
        "in_play": example.in_play[rows],
        "holder": example.holder[rows],
    }
    return {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()}


def label_weights(examples: Sequence[Example], *, rare: float) -> Floats32:
    """Return the weight of each label at its events: more for rare labels."""
    counts = [sum(event.label == label for example in examples for event in example.events) for label in TRACK_LABELS]
    each = np.array(counts, np.float64) / max(len(examples), 1)
    return np.clip(np.sqrt(_USUAL / np.maximum(each, 1e-6)), 1.0, rare).astype(np.float32)


def loss_terms(network: nn.Module, batch: Piece, *, weights: Tensor, loss: TrackEventLoss) -> dict[str, Tensor]:
    """Return the terms of the loss of a batch."""
    events, in_play, holder = network(batch["frame"], batch["metres"], batch["people"], batch["present"])
    targets, holders = batch["targets"], batch["holder"].flatten()
    weight = 1.0 + loss.positive * weights * targets
    each = F.binary_cross_entropy_with_logits(events, targets, reduction="none") * weight
    return {
        "events": each.sum(dim=-1).mean(),
        "in_play": loss.in_play * F.binary_cross_entropy_with_logits(in_play, batch["in_play"]),
        "holder": loss.holder * F.cross_entropy(holder.flatten(0, 1), holders, ignore_index=UNKNOWN_HOLDER),
    }
