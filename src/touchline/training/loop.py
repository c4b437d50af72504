"""The loop that trains every network.

A family of models supplies its data, its step (batch -> loss terms) and a plan, see :mod:`touchline.training.plan`. The
loop handles the rest: learning rate, averaged weights, checkpoints that resume bit for bit, logging, and measurements;
a picture of the run; and the processes that train together, of which the first alone measures and writes files.
"""

from __future__ import annotations

import contextlib
import copy
import math
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Generic

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

from touchline.models.store import load_weights
from touchline.training.checkpoint import keep_rng, load_checkpoint, require_identity, restore_rng
from touchline.training.curves import write_curves
from touchline.training.distributed.gradients import SharedTerms
from touchline.training.distributed.group import current_group
from touchline.training.distributed.numbering import BatchNumbers, seed_common_generators, seed_of
from touchline.training.ema import Ema
from touchline.training.finite import LossGuard
from touchline.training.logs import MetricLog
from touchline.training.plan import Batch, Data, LoopPlan, Measure, Progress
from touchline.training.schedule import set_learning_rate
from touchline.training.stop import StopRequest


class Loop(Generic[Batch]):
    """One training run of one network.

    Args:
        network: trained in place, on its device.
        data: source of batches.
        step: function from a batch to the loss terms by name; their sum is minimised.
        optimizer: of the network's weights.
        plan: settings of the run.
        measure: measures the network (its averaged weights, if any) ``plan.rounds`` times.
        progress: called after every step.

    """

    def __init__(
        self,
        network: nn.Module,
        data: Data[Batch],
        step: Callable[[Batch], Mapping[str, Tensor]],
        optimizer: torch.optim.Optimizer,
        plan: LoopPlan,
        *,
        measure: Measure | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.plan, self.network = plan, network
        self.step, self.spent_s = 0, 0.0
        self.best_score = -math.inf
        self.history: list[dict[str, float]] = []
        self._data, self._terms, self._optimizer = data, step, optimizer
        self._group = current_group()
        self._numbers = BatchNumbers(self._group, plan.accumulate)
        self._measure, self._progress = measure, progress
        self._device = next(network.parameters()).device
        self._ema = None if plan.ema_decay is None else Ema(network, plan.ema_decay)
        self._scaler = torch.amp.GradScaler(self._device.type, enabled=plan.scale_loss)
        self._guard = LossGuard(network, run=plan.name, lower=plan.lower, checkpoint=plan.checkpoints)
        self._sums: dict[str, Tensor] = {}
        self._summed = self._rounds_done = 0
        self._saved_step, self._saved_s = -1, time.monotonic()
        self._best: dict[str, Tensor] | None = None

    @property
    def share(self) -> float:
        """Completed share of the run, at least 1 at its end."""
        return max(self.step / self.plan.steps if self.plan.steps else 1.0, self._share_of_time)

    @property
    def _share_of_time(self) -> float:
        return self.spent_s / self.plan.limit_s if self.plan.limit_s else 0.0

    def run(self, *, resume: bool = True) -> None:
        """Train to the end, from the last checkpoint if there is one; the random generators are restored afterwards.

        Raises:
            KeyboardInterrupt: SIGTERM or SIGINT was received; a checkpoint was saved first.
            UsageError: the checkpoint belongs to other settings or data, or the loss is not finite.
            InputError: the checkpoint cannot be read, or belongs to another network.

        """
        with keep_rng(), StopRequest(patient=not self._group.alone).listening() as stop:
            self._start(resume=resume)
            terms = SharedTerms(self.network, self._terms, group=self._group)
            with self._open_log() as log:
                while self.share < 1.0:
                    self._take_step(terms)
                    self._after_step(log)
                    if self._agree_to_stop(stop):
                        raise KeyboardInterrupt
            self._guard.require_finite(self.step)
            self._copy_from_first()
        if self.plan.folder is not None and self._group.is_first:
            write_curves(self.plan.folder)

    def weights(self, *, best: bool = False) -> dict[str, Tensor]:
        """Return the network's tensors, averaged if the plan says so, of the best measurement or of the last step."""
        if best and self._best is not None:
            return self._best
        return self.network.state_dict() if self._ema is None else self._ema.state_dict()

    def _start(self, *, resume: bool) -> None:
        self._seed = torch.initial_seed() if self.plan.seed is None else self.plan.seed
        if self.plan.seed is not None:
            torch.manual_seed(self.plan.seed)
        found = self._group.from_first(lambda: self._found(resume=resume))
        if found is None:
            return
        state, self._best = found
        load_weights(self.network, state["network"], source=f"{self.plan.checkpoints} (an empty --out trains afresh)")
        if self._ema is not None:
            self._ema.load_state_dict(state["average"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._scaler.load_state_dict(state["scaler"])
        self.step, self.spent_s, self._summed = state["step"], state["spent_s"], state["summed"]
        self._sums = {name: value.to(self._device) for name, value in state["sums"].items()}
        self.best_score, self.history, self._rounds_done = (
            state[name] for name in ("best_score", "history", "rounds_done")
        )
        self._saved_step = self.step
        self._data.restore(state["data"])
        restore_rng(state["rng"])

    def _found(self, *, resume: bool) -> tuple[dict[str, Any], dict[str, Tensor] | None] | None:
        """Return the last checkpoint and the best weights, or None after clearing the place for a new run."""
        checkpoints = self.plan.checkpoints
        if checkpoints is None:
            return None
        device = self._device if self._group.alone else torch.device("cpu")
        state = checkpoints.load_latest(device=device) if resume else None
        if state is None:
            checkpoints.clear()
            return None
        require_identity(state, self.plan.identity, source=checkpoints)
        best = load_checkpoint(checkpoints.best, device=device)["average"] if checkpoints.best.exists() else None
        return state, best

    def _agree_to_stop(self, stop: StopRequest) -> bool:
        """Save a checkpoint where it is due; return whether any process was asked to stop, after saving one."""
        late = time.monotonic() - self._saved_s >= self.plan.save_every_s
        stopping, saving = self._group.largest(stop.asked, late)
        if stopping or saving:
            self._save()
        if stopping:
            self._group.wait()
        return bool(stopping)

    def _save(self, *, is_best: bool = False) -> None:
        if self.plan.checkpoints is None or (self._saved_step == self.step and not is_best):
            return
        self._guard.require_finite(self.step)
        sums = self._group.sums(self._sums)
        self._saved_step, self._saved_s = self.step, time.monotonic()
        if not self._group.is_first:
            return
        self.plan.checkpoints.save(
            self.step,
            is_best=is_best,
            spent_s=self.spent_s,
            network=self.network.state_dict(),
            average=self.weights(),
            optimizer=self._optimizer.state_dict(),
            scaler=self._scaler.state_dict(),
            data=self._data.state(),
            sums={name: value / self._group.size for name, value in sums.items()},
            summed=self._summed,
            best_score=self.best_score,
            history=self.history,
            rounds_done=self._rounds_done,
            identity=dict(self.plan.identity),
        )

    def _take_step(self, terms: SharedTerms[Batch]) -> None:
        plan, began_s = self.plan, self.plan.clock()
        self.network.train()
        set_learning_rate(self._optimizer, self._learning_rate(self.step + 1))
        self._optimizer.zero_grad(set_to_none=True)
        for number in (numbers := self._numbers.of_step(self.step)):
            self._add_gradients(terms, number, is_last=number == numbers[-1])
        if plan.clip_norm is not None:
            self._scaler.unscale_(self._optimizer)
            clip_grad_norm_(self.network.parameters(), plan.clip_norm)
        self._scaler.step(self._optimizer)
        self._scaler.update()
        if self._ema is not None:
            self._ema.update(self.network)
        self.step, self.spent_s = self.step + 1, self.spent_s + plan.clock() - began_s
        if plan.limit_s is not None:
            (self.spent_s,) = self._group.largest(self.spent_s)

    def _add_gradients(self, terms: SharedTerms[Batch], number: int, *, is_last: bool) -> None:
        """Add the gradients of a batch to those of the step's earlier batches."""
        if self._numbers.per_step > 1:
            seed_common_generators(seed_of(self._seed, number))
            self._data.reseed(number)
        batch = self._data.draw(number, self.share)
        with terms.apart(not is_last):
            losses = terms(batch)
            loss = torch.stack(list(losses.values())).sum()
            self._scaler.scale(loss / self.plan.accumulate).backward()  # type: ignore[no-untyped-call]
        self._add_up({**losses, "loss": loss})

    def _learning_rate(self, done: int) -> float:
        return self.plan.schedule.at(max(done, self._share_of_time * self.plan.steps))

    def _add_up(self, terms: Mapping[str, Tensor]) -> None:
        self._guard.add(terms["loss"])
        for name, value in terms.items():
            self._sums[name] = self._sums.get(name, 0.0) + value.detach().double()
        self._summed += 1

    def _after_step(self, log: MetricLog | None) -> None:
        plan, over = self.plan, self.share >= 1.0
        if self.step % plan.log_every == 0 or over:
            self._log_means(log)
        measured = min(self.share, 1.0) * plan.rounds + 1e-9 >= self._rounds_done + 1
        is_best = measured and self._measured(log)
        if over or measured or (plan.save_every and self.step % plan.save_every == 0):
            self._save(is_best=is_best)
        if self._progress is not None:
            expected = min(plan.steps, math.ceil(self.step / self.share))
            self._progress(plan.name, self.step, max(self.step, expected))

    def _log_means(self, log: MetricLog | None) -> None:
        self._guard.require_finite(self.step)
        sums = self._group.sums(self._sums)
        if log is not None:
            means = {name: float(value) / (self._summed * self._group.size) for name, value in sums.items()}
            log.log(self.step, **means, lr=self._learning_rate(self.step))
        self._sums, self._summed = {}, 0

    def _measured(self, log: MetricLog | None) -> bool:
        """Measure the network; return whether it is the best so far."""
        self._rounds_done += 1
        if self._measure is None:
            return False
        self._guard.require_finite(self.step)
        network = copy.deepcopy(self.network).eval()
        network.load_state_dict(self.weights())
        measure = self._measure
        metrics = self._group.from_first(lambda: measure(network))
        self.history.append({"step": float(self.step), **metrics})
        if log is not None:
            log.log(self.step, **metrics)
        if not metrics[self.plan.score] > self.best_score:
            return False
        self.best_score, self._best = metrics[self.plan.score], network.state_dict()
        return True

    def _open_log(self) -> AbstractContextManager[MetricLog | None]:
        if self.plan.folder is None or not self._group.is_first:
            return contextlib.nullcontext()
        return MetricLog(self.plan.folder, from_step=self.step, tensorboard=self.plan.tensorboard)

    def _copy_from_first(self) -> None:
        """Give every process the first one's tensors, which differ where batch norms have seen other batches."""
        average = {} if self._ema is None else self._ema.state_dict()
        best = self._best or {}
        self._group.copy_from_first(self.network.state_dict(), average, best)
