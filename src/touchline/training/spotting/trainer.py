"""The loop: steps, checkpoints and the averaged weights of one training run, resumable bit for bit."""

from __future__ import annotations

import contextlib
import copy
import math
import signal
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import torch
from torch import Generator, Tensor, nn

from touchline.core.errors import UsageError
from touchline.training.checkpoint import CheckpointFolder, load_checkpoint, restore_rng
from touchline.training.ema import Ema
from touchline.training.finite import require_finite
from touchline.training.logs import MetricLog
from touchline.training.schedule import WarmupCosine, iterations_per_stage, set_learning_rate
from touchline.training.spotting.augment import AugmentSettings, augment, mix_up
from touchline.training.spotting.loader import ClipBatches
from touchline.training.spotting.losses import focal_loss
from touchline.training.spotting.slow_fusion_settings import OptimizerConfig

Progress = Callable[[str, int, int], None]
"""Called with the run's name, the steps done and all its steps."""


class StopRequest:
    """Whether a signal asked training to stop; it then ends after the step under way, with a checkpoint."""

    def __init__(self) -> None:
        self.asked = False

    @contextlib.contextmanager
    def listening(self) -> Iterator[StopRequest]:
        """Turn SIGTERM and SIGINT into a request while the body runs; a second signal interrupts at once."""

        def ask(number: int, frame: FrameType | None) -> None:
            if self.asked:
                raise KeyboardInterrupt
            self.asked = True

        try:
            before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
        except ValueError:  # not the main thread: signals go elsewhere
            before = {}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@dataclass(frozen=True, slots=True)
class RunPlan:
    """Everything about a run that is no network and no data."""

    name: str
    folder: Path
    optimizer: OptimizerConfig
    augment: AugmentSettings
    samples_per_epoch: int
    seed: int
    device: torch.device
    identity: Mapping[str, str]
    checkpoint_every: int = 500
    log_every: int = 50
    validate_every_epochs: int = 0

    @property
    def steps_per_epoch(self) -> int:
        """Optimiser steps in an epoch."""
        return iterations_per_stage(samples=self.samples_per_epoch, batch_size=self.optimizer.batch_size, epochs=1)

    @property
    def schedule(self) -> WarmupCosine:
        """Learning rate by step; it grows with the batch."""
        scale = self.optimizer.batch_size / self.optimizer.lr_batch
        return WarmupCosine(
            base_lr=self.optimizer.base_lr * scale,
            min_lr=self.optimizer.min_lr * scale,
            warmup_steps=self.steps_per_epoch * self.optimizer.warmup_epochs,
            cosine_steps=self.steps_per_epoch * self.optimizer.epochs,
        )


def make_optimizer(network: nn.Module, config: OptimizerConfig) -> torch.optim.Optimizer:
    """The optimiser over the weights that are not frozen."""
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    if config.kind == "adamw":
        return torch.optim.AdamW(weights, lr=config.base_lr, weight_decay=config.weight_decay)
    return torch.optim.SGD(
        weights,
        lr=config.base_lr,
        momentum=config.momentum,
        nesterov=config.momentum > 0,
        weight_decay=config.weight_decay,
    )


def autocast_type(precision: str, *, device: torch.device) -> torch.dtype | None:
    """The small type of forward and backward; None for plain fp32, which CPUs also get for fp16."""
    if device.type != "cuda" and precision != "bf16":
        return None
    if precision == "auto":
        return torch.bfloat16
    return {"fp32": None, "fp16": torch.float16, "bf16": torch.bfloat16}[precision]


class Trainer:
    """One run over one network.

    Args:
        network: trained in place, on the plan's device.
        batches: where clips come from.
        plan: how.
        validate: measures the averaged weights at the end of an epoch: a network -> metrics with ``score`` among them.
        progress: told after every step.

    """

    def __init__(
        self,
        network: nn.Module,
        batches: ClipBatches,
        plan: RunPlan,
        *,
        validate: Callable[[nn.Module], dict[str, float]] | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.plan = plan
        self.network = network.to(plan.device)
        self.step = 0
        self.best_score = -math.inf
        self.metrics: dict[str, float] = {}
        self._batches = batches
        self._validate = validate
        self._progress = progress
        self._optimizer = make_optimizer(self.network, plan.optimizer)
        self._ema = Ema(self.network, plan.optimizer.ema_decay)
        self._dtype = autocast_type(plan.optimizer.precision, device=plan.device)
        self._scaler = torch.amp.GradScaler(plan.device.type, enabled=self._dtype is torch.float16)
        self._loss_sum = torch.zeros((), dtype=torch.float64, device=plan.device)
        self._loss_steps = 0
        self._checkpoints = CheckpointFolder(plan.folder / "checkpoints")
        compiled = plan.optimizer.compile and plan.device.type == "cuda"
        self._forward: Callable[[Tensor], Tensor] = torch.compile(self.network) if compiled else self.network

    def run(self, *, resume: bool = True, stop: StopRequest | None = None) -> None:
        """Train to the end of the schedule.

        Raises:
            KeyboardInterrupt: ``stop`` was asked for; a checkpoint was saved first.
            UsageError: the checkpoint belongs to other settings or data, or the loss is no number any more.

        """
        total = self.plan.schedule.total_steps
        devices = [torch.cuda.current_device()] if self.plan.device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices):
            self._start(resume=resume)
            with MetricLog(self.plan.folder, from_step=self.step) as log:
                for step, clips, targets in self._batches.stream(start=self.step, stop=total):
                    self._train_step(step, clips, targets)
                    self._after_step(log)
                    if stop is not None and stop.asked and self.step < total:
                        self._save()
                        raise KeyboardInterrupt
        if self._checkpoints.steps()[-1:] != [total]:
            self._save()

    def averaged(self, *, best: bool = False) -> nn.Module:
        """A copy of the network with the averaged weights, of the best epoch or of the last step, to evaluate."""
        averaged = copy.deepcopy(self.network).eval()
        if best and self._checkpoints.best.exists():
            averaged.load_state_dict(load_checkpoint(self._checkpoints.best, device=self.plan.device)["ema"])
        else:
            self._ema.copy_to(averaged)
        return averaged

    def _start(self, *, resume: bool) -> None:
        torch.manual_seed(self.plan.seed)
        state = self._checkpoints.load_latest() if resume else None
        if state is None:
            self._checkpoints.clear()
            return
        if state["identity"] != dict(self.plan.identity):
            changed = [key for key, value in self.plan.identity.items() if state["identity"].get(key) != value]
            raise UsageError(
                f"{self._checkpoints.folder}: the checkpoint there was trained with another {' and '.join(changed)}; "
                "use --no-resume to start over, or another --out"
            )
        self.network.load_state_dict(state["network"])
        self._ema.load_state_dict(state["ema"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._scaler.load_state_dict(state["scaler"])
        self._loss_sum.copy_(state["loss_sum"])
        self._loss_steps, self.step = state["loss_steps"], state["step"]
        self.best_score, self.metrics = state["best_score"], state["metrics"]
        restore_rng(state["rng"])

    def _save(self, *, is_best: bool = False) -> None:
        self._require_finite()
        self._checkpoints.save(
            self.step,
            is_best=is_best,
            network=self.network.state_dict(),
            ema=self._ema.state_dict(),
            optimizer=self._optimizer.state_dict(),
            scaler=self._scaler.state_dict(),
            loss_sum=self._loss_sum,
            loss_steps=self._loss_steps,
            best_score=self.best_score,
            metrics=self.metrics,
            identity=dict(self.plan.identity),
        )

    def _train_step(self, step: int, clips: Tensor, targets: Tensor) -> None:
        plan = self.plan
        self.network.train()
        generator = Generator().manual_seed(plan.seed * 1_000_003 + step)
        pictures = clips.to(plan.device, non_blocking=True).float().div_(255.0)
        wanted = targets.to(plan.device, non_blocking=True)
        pictures = augment(pictures, plan.augment, generator=generator)
        pictures, wanted = mix_up(pictures, wanted, beta=plan.augment.mixup, generator=generator)
        set_learning_rate(self._optimizer, plan.schedule.at(step + 1))
        self._optimizer.zero_grad(set_to_none=True)
        with torch.autocast(plan.device.type, dtype=self._dtype or torch.bfloat16, enabled=self._dtype is not None):
            logits = self._forward(pictures)
        loss = focal_loss(logits.float(), wanted, gamma=plan.optimizer.gamma, alpha=plan.optimizer.alpha)
        self._scaler.scale(loss).backward()
        self._scaler.step(self._optimizer)
        self._scaler.update()
        self._ema.update(self.network)
        self._loss_sum += loss.detach()
        self._loss_steps += 1
        self.step = step + 1

    def _after_step(self, log: MetricLog) -> None:
        total = self.plan.schedule.total_steps
        if self.step % self.plan.log_every == 0 or self.step == total:
            self._log_loss(log)
        every = self.plan.validate_every_epochs * self.plan.steps_per_epoch
        is_best = bool(every) and self.step % every == 0 and self._validated(log)
        if is_best or self.step % self.plan.checkpoint_every == 0 or self.step == total:
            self._save(is_best=is_best)
        if self._progress is not None:
            self._progress(self.plan.name, self.step, total)

    def _require_finite(self) -> None:
        """Stop before weights that are no numbers replace good ones."""
        require_finite(
            self.network,
            run=self.plan.name,
            loss=float(self._loss_sum),
            step=self.step,
            lower="optimizer.base_lr, or set optimizer.precision=fp32",
            saved=bool(self._checkpoints.steps()),
        )

    def _log_loss(self, log: MetricLog) -> None:
        self._require_finite()
        log.log(self.step, loss=float(self._loss_sum) / self._loss_steps, lr=self.plan.schedule.at(self.step))
        self._loss_sum.zero_()
        self._loss_steps = 0

    def _validated(self, log: MetricLog) -> bool:
        """Measure and log the averaged weights; whether they are the best so far."""
        if self._validate is None:
            return False
        self.metrics = self._validate(self.averaged())
        log.log(self.step, **self.metrics)
        if not self.metrics["score"] > self.best_score:
            return False
        self.best_score = self.metrics["score"]
        return True
