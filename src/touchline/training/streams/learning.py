"""The training data and the loss of a stream head: pieces of recordings with dropped streams, and the loss by kind."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from touchline.core.errors import UsageError
from touchline.formats.features.stream_sets import StreamSet
from touchline.models.networks.heads.fusion import FusedHead, Output
from touchline.models.specs.stream_outputs import ChunkOutput, DenseOutput, WindowOutput
from touchline.models.specs.stream_spec import StreamHeadConfig, SuppressionSpec
from touchline.spotting.stream_spotter import StreamSpotter
from touchline.training.checkpoint import CheckpointFile, generator_states, identity_of, restore_generators
from touchline.training.distributed.numbering import Reseeder
from touchline.training.plan import LAST_RATE, Data, LoopPlan, Measure
from touchline.training.schedule import WarmupCosine
from touchline.training.streams import measure as measuring
from touchline.training.streams.batches import PieceSampler, Places, as_tensors, drop_streams
from touchline.training.streams.losses import chunk_loss, dense_loss, window_loss
from touchline.training.streams.settings import StreamHeadRecipe
from touchline.training.streams.targets import (
    PieceEvents,
    detection_targets,
    nearest_events,
    piece_events,
    signed_times,
    window_targets,
)

GRADIENT_LIMIT = 1.0
CHECKPOINT = "checkpoint.pt"
CHECKPOINT_EVERY_S = 30.0
_ABOUT_LEARNING = {"streams", "head", "head_arguments", "fusion", "width", "dropout"}
_ABOUT_LEARNING |= {"modality_dropout", "optimizer", "loss"}
"""Settings that affect the trained weights; the others are applied after training."""
_USUAL = SuppressionSpec(window_s=20.0)


@dataclass(frozen=True, slots=True, eq=False)
class HeadBatch:
    """Values of each stream (pieces, samples, width), whether they are present, and the events in the pieces."""

    values: dict[str, Tensor]
    present: dict[str, Tensor]
    events: list[PieceEvents]


class HeadLessons:
    """Batches of pieces, prefetched by one, and a head's loss on them.

    Args:
        network: on its device, with fitted statistics.
        data: training recordings.
        sampler: of pieces of these recordings.
        settings: of the recipe.

    """

    def __init__(
        self, network: FusedHead, data: StreamSet, sampler: PieceSampler, *, settings: StreamHeadRecipe
    ) -> None:
        self._network, self._recordings, self._sampler, self._settings = network, data, sampler, settings
        self._random = np.random.default_rng([settings.optimizer.seed, 7])
        self._room = data.buffers(settings.optimizer.batch, samples=settings.optimizer.samples)
        self._next: Places = []
        self._set_generators = Reseeder(sampler.random, self._random)
        self._looks_ahead = True

    @property
    def data(self) -> Data[HeadBatch]:
        """The source of batches, including the state that a resumed run needs to draw the same ones."""
        return Data(lambda step, share: self._draw(), self._state, self._restore, self._reseed)

    def terms(self, batch: HeadBatch) -> dict[str, Tensor]:
        """Compute the loss on a batch."""
        output = self._network(batch.values, batch.present)
        loss = head_loss(output, batch.events, network=self._network, data=self._recordings, settings=self._settings)
        return {"loss": loss}

    def _draw(self) -> HeadBatch:
        settings, data, network = self._settings, self._recordings, self._network
        batch, samples = settings.optimizer.batch, settings.optimizer.samples
        places = self._next or self._sampler.draw(batch)
        if self._looks_ahead:
            self._next = self._sampler.draw(batch)
            data.read_ahead(self._next, samples=samples)
        values, present = data.batch(places, samples=samples, into=self._room)
        present = drop_streams(present, chance=settings.modality_dropout, random=self._random)
        events = piece_events(data, places, samples=samples, piece=network.piece)
        device = next(network.parameters()).device
        return HeadBatch(as_tensors(values, device), as_tensors(present, device), events)

    def _state(self) -> dict[str, Any]:
        return {"next": self._next, "random": generator_states(self._sampler.random, self._random)}

    def _reseed(self, number: int) -> None:
        """Make the next batch depend on its number alone, so that none can be drawn ahead."""
        self._looks_ahead, self._next = False, []
        self._set_generators(number)

    def _restore(self, state: dict[str, Any]) -> None:
        self._next = [(int(number), int(start)) for number, start in state["next"]]
        restore_generators(state["random"], self._sampler.random, self._random)


def plan_learning(settings: StreamHeadRecipe, data: StreamSet, *, out: Path | None) -> LoopPlan:
    """Plan the training of a head, which ends when the steps or the processor time are used up.

    Args:
        settings: of the recipe.
        data: training recordings.
        out: folder of checkpoint and log; None for neither.

    """
    optimizer = settings.optimizer
    return LoopPlan(
        name=settings.name,
        steps=optimizer.steps,
        schedule=WarmupCosine.over(
            optimizer.steps, base_lr=optimizer.base_lr, least=LAST_RATE, warmup=optimizer.warmup
        ),
        lower="optimizer.base_lr",
        accumulate=optimizer.accumulate,
        seed=None,
        limit_s=optimizer.cpu_s,
        clip_norm=GRADIENT_LIMIT,
        folder=out,
        checkpoints=None if out is None else CheckpointFile(out / CHECKPOINT),
        identity=identity_of(
            settings=settings.model_dump(mode="json", include=_ABOUT_LEARNING, exclude_defaults=True),
            data=[[recording.name, recording.samples] for recording in data.recordings],
        ),
        save_every_s=CHECKPOINT_EVERY_S,
        rounds=optimizer.rounds,
        score="tight",
    )


def measure_on(valid: StreamSet, config: StreamHeadConfig) -> Measure:
    """Return a function that measures a head on the validation recordings: average-mAP tight, fixed suppression."""
    truth = [measuring.truth_columns(recording, valid.labels) for recording in valid.recordings]

    def measure(network: nn.Module) -> dict[str, float]:
        scores = measuring.score_recordings(StreamSpotter(cast(FusedHead, network), config), valid)
        return {"tight": measuring.measure(scores, truth, data=valid, settings=_USUAL, metric="tight")}

    return measure


def head_loss(
    output: Output, pieces: list[PieceEvents], *, network: FusedHead, data: StreamSet, settings: StreamHeadRecipe
) -> Tensor:
    """Compute the loss for the head's kind of output."""
    classes, piece, loss = len(data.labels), network.piece, settings.loss
    if isinstance(output, WindowOutput):
        return window_loss(
            output, torch.from_numpy(window_targets(pieces, classes=classes, piece=piece)).to(output.logits)
        )
    if isinstance(output, ChunkOutput):
        edges = calf_edges(data, settings)
        signed = torch.from_numpy(signed_times(pieces, classes=classes, piece=piece, edges=edges)).to(output.detections)
        count = cast(Any, network.heads[0]).detections
        targets = detection_targets(pieces, classes=classes, piece=piece, detections=count)
        kept = torch.from_numpy(targets).to(output.detections)
        return chunk_loss(
            output,
            signed,
            kept,
            torch.from_numpy(edges).to(output.detections),
            segmentation_weight=loss.segmentation_weight,
        )
    assert isinstance(output, DenseOutput)
    away = torch.from_numpy(nearest_events(pieces, classes=classes, piece=piece)).to(output.logits)
    return dense_loss(
        output,
        away,
        radius=loss.radius_s * data.rate_hz,
        focal=loss.focal,
        positive_weight=loss.positive_weight,
        which_weight=loss.which_weight,
    )


def calf_edges(data: StreamSet, settings: StreamHeadRecipe) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return CALF's (4, classes) edges in samples.

    Raises:
        UsageError: a label has no edges.

    """
    edges = settings.loss.edges_s
    if isinstance(edges, dict):
        missing = sorted(set(data.labels) - set(edges))
        if missing:
            raise UsageError(f"loss.edges_s has no edges for {missing}; add four numbers for each")
        rows = [edges[label] for label in data.labels]
    else:
        rows = [edges for _ in data.labels]
    return np.array(rows, np.float64).T * data.rate_hz
