"""The course of a head's training: steps, measurements on the validation recordings, and checkpoints to go on from."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable
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
from touchline.models.store import load_weights
from touchline.spotting.stream_spotter import StreamSpotter
from touchline.training.checkpoint import load_checkpoint, restore_rng, save_checkpoint
from touchline.training.finite import LossGuard
from touchline.training.plan import Progress
from touchline.training.schedule import WarmupCosine, set_learning_rate
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
_USUAL = SuppressionSpec(window_s=20.0)
Told = Callable[[int, dict[str, float]], None]


class Rounds:
    """Measures a network now and then, under one suppression, and keeps the best state."""

    def __init__(
        self,
        network: FusedHead,
        config: StreamHeadConfig,
        valid: StreamSet,
        *,
        told: Told | None,
    ) -> None:
        self._network, self._config, self._valid, self._told = network, config, valid, told
        self.best_state: dict[str, Tensor] = {}
        self.best_value = -1.0
        self.history: list[dict[str, float]] = []

    def measure(self, step: int) -> None:
        """Score the validation recordings, and choose the suppression."""
        spotter = StreamSpotter(self._network, self._config)
        scores = measuring.score_recordings(spotter, self._valid)
        truth = [measuring.truth_columns(recording, self._valid.labels) for recording in self._valid.recordings]
        value = measuring.measure(scores, truth, data=self._valid, settings=_USUAL, metric="tight")
        row = {"step": float(step), "tight": value}
        self.history.append(row)
        if value > self.best_value:
            self.best_value = value
            self.best_state = copy.deepcopy(self._network.state_dict())
        if self._told is not None:
            self._told(step, row)
        self._network.train()

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"best_state": self.best_state, "best_value": self.best_value, "history": self.history}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state` gave."""
        self.best_state, self.best_value, self.history = state["best_state"], state["best_value"], state["history"]


class HeadTraining:
    """A training that can be stopped anywhere, and goes on from its last checkpoint as if it had not been.

    Args:
        network: on its device, with its statistics.
        data: recordings to learn from.
        sampler: of pieces of these.
        settings: of the recipe.
        rounds: what measures the network.
        out: folder of the checkpoint; none is written or looked for without.
        progress: called after each step.

    """

    def __init__(
        self,
        network: FusedHead,
        data: StreamSet,
        sampler: PieceSampler,
        *,
        settings: StreamHeadRecipe,
        rounds: Rounds,
        out: Path | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._network, self._data, self._sampler, self._settings = network, data, sampler, settings
        self._rounds, self._progress = rounds, progress
        self._checkpoint = None if out is None else out / CHECKPOINT
        optimizer = settings.optimizer
        self._guard = LossGuard(network, run=settings.name, lower="optimizer.base_lr", checkpoint=self._checkpoint)
        self._random = np.random.default_rng([optimizer.seed, 7])
        self._adam = torch.optim.AdamW(network.parameters(), lr=optimizer.base_lr, weight_decay=optimizer.weight_decay)
        warmup = round(1000 * optimizer.warmup)
        self._schedule = WarmupCosine(
            base_lr=optimizer.base_lr, min_lr=0.0, warmup_steps=warmup, cosine_steps=1000 - warmup
        )
        self._room = data.buffers(optimizer.batch, samples=optimizer.samples)
        self._step, self._spent_s, self._done_rounds = 0, 0.0, 0
        self._next: Places = []

    def run(self) -> dict[str, float]:
        """Train until the steps or the processor time are used up; what was spent."""
        if self._checkpoint is not None and self._checkpoint.exists():
            self._restore(self._checkpoint)
        optimizer = self._settings.optimizer
        self._network.train()
        saved_s = time.monotonic()
        while True:
            used = self._spent_s / optimizer.cpu_s if optimizer.cpu_s else 0.0
            share = max(self._step / optimizer.steps, used)
            if min(share, 1.0) * optimizer.rounds >= self._done_rounds + 1:
                self._guard.require_finite(self._step)
                self._rounds.measure(self._step)
                self._done_rounds += 1
                saved_s = -CHECKPOINT_EVERY_S
            if self._checkpoint is not None and time.monotonic() - saved_s >= CHECKPOINT_EVERY_S:
                self._save(self._checkpoint)
                saved_s = time.monotonic()
            if share >= 1:
                return {"steps": float(self._step), "cpu_s": self._spent_s}
            started_s = time.process_time()
            self._take_step(share)
            self._step, self._spent_s = self._step + 1, self._spent_s + time.process_time() - started_s
            if self._progress is not None:
                self._progress(self._settings.name, self._step, optimizer.steps)

    def _take_step(self, share: float) -> None:
        settings, network, data = self._settings, self._network, self._data
        optimizer, device = settings.optimizer, next(network.parameters()).device
        set_learning_rate(self._adam, self._schedule.at(max(int(1000 * share), 1)))
        places = self._next or self._sampler.draw(optimizer.batch)
        self._next = self._sampler.draw(optimizer.batch)
        data.read_ahead(self._next, samples=optimizer.samples)
        values, present = data.batch(places, samples=optimizer.samples, into=self._room)
        present = drop_streams(present, chance=settings.modality_dropout, random=self._random)
        pieces = piece_events(data, places, samples=optimizer.samples, piece=network.piece)
        output = network(as_tensors(values, device), as_tensors(present, device))
        loss = head_loss(output, pieces, network=network, data=data, settings=settings)
        self._adam.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), GRADIENT_LIMIT)
        self._adam.step()
        self._guard.add(loss)

    def _save(self, path: Path) -> None:
        self._guard.require_finite(self._step)
        save_checkpoint(
            path,
            step=self._step,
            spent_s=self._spent_s,
            done_rounds=self._done_rounds,
            network=self._network.state_dict(),
            adam=self._adam.state_dict(),
            rounds=self._rounds.state(),
            next=self._next,
            drawn=json.dumps([one.bit_generator.state for one in (self._sampler.random, self._random)]),
        )

    def _restore(self, path: Path) -> None:
        state = load_checkpoint(path, device=next(self._network.parameters()).device)
        self._step, self._spent_s, self._done_rounds = state["step"], state["spent_s"], state["done_rounds"]
        self._next = [(int(number), int(start)) for number, start in state["next"]]
        load_weights(self._network, state["network"], source=f"{path} (an empty --out trains afresh)")
        self._adam.load_state_dict(state["adam"])
        self._rounds.restore(state["rounds"])
        for one, kept in zip((self._sampler.random, self._random), json.loads(state["drawn"]), strict=True):
            one.bit_generator.state = kept
        restore_rng(state["rng"])


def head_loss(
    output: Output, pieces: list[PieceEvents], *, network: FusedHead, data: StreamSet, settings: StreamHeadRecipe
) -> Tensor:
    """The loss that belongs to a head's kind of output."""
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
    """CALF's (4, classes) edges in samples.

    Raises:
        UsageError: a label has none.

    """
    edges = settings.loss.edges_s
    if isinstance(edges, dict):
        missing = sorted(set(data.labels) - set(edges))
        if missing:
            raise UsageError(f"loss.edges_s names no edges for {missing}")
        rows = [edges[label] for label in data.labels]
    else:
        rows = [edges for _ in data.labels]
    return np.array(rows, np.float64).T * data.rate_hz
