"""What each of two processes does in the tests of distributed training; each writes what it found to a folder."""

from __future__ import annotations

import dataclasses
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from touchline.training.checkpoint import CheckpointFile
from touchline.training.distributed import joined_group
from touchline.training.loop import Loop
from touchline.training.plan import Data, LoopPlan, data_from
from touchline.training.schedule import WarmupCosine

SAMPLES = np.random.default_rng(0).normal(size=(96, 4)).astype(np.float32)
STEPS = 6


def plan_of(out: Path | None, **changes: Any) -> LoopPlan:
    """The plan of a tiny run."""
    plan = LoopPlan(
        name="tiny",
        steps=STEPS,
        schedule=WarmupCosine.over(STEPS, base_lr=0.1),
        lower="base_lr",
        ema_decay=0.5,
        folder=out,
        checkpoints=None if out is None else CheckpointFile(out / "checkpoint.pt"),
        save_every=3,
        log_every=3,
    )
    return dataclasses.replace(plan, **changes)


def rows_of(number: int, *, batch: int) -> range:
    """The samples of the batch of a number."""
    return range(number * batch, (number + 1) * batch)


def loop_of(
    plan: LoopPlan,
    *,
    batch: int = 2,
    norm: bool = False,
    taken: list[int] | None = None,
    at_step: Callable[[int], None] = lambda step: None,
    **options: Any,
) -> Loop[Tensor]:
    """A tiny loop on samples whose numbers follow from those of the batches."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8) if norm else nn.Tanh(), nn.Linear(8, 1))

    def draw(number: int, share: float) -> Tensor:
        rows = rows_of(number, batch=batch)
        if taken is not None:
            taken.extend(rows)
        return torch.from_numpy(SAMPLES[list(rows)])

    def terms(samples: Tensor) -> dict[str, Tensor]:
        at_step(loop.step)
        found = network(samples)
        return {"near": (found - samples[:, :1]).square().mean(), "small": 0.1 * found.abs().mean()}

    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    loop = Loop(network, Data(draw), terms, optimizer, plan, **options)
    return loop


def drawn(count: int, rank: int, *, steps: int) -> list[float]:
    """What a sampler with a generator draws as one of several processes."""
    random = np.random.default_rng(3)
    data = data_from(random.random, random)
    found = []
    for step in range(steps):
        for number in range(step * count + rank, (step + 1) * count, count):
            data.reseed(number)
            found.append(data.draw(number, 0.0))
    return found


def compute(folder: str) -> None:
    """Train tiny networks as one of two processes."""
    out = Path(folder)
    with joined_group("cpu") as group:
        taken: list[int] = []
        gradients = loop_of(plan_of(None, steps=1), taken=taken)
        gradients.run()
        whole_taken: list[int] = []
        whole = loop_of(plan_of(out / "whole"), taken=whole_taken)
        whole.run()
        norm = loop_of(plan_of(out / "norm", rounds=2.0), norm=True, measure=_measure_once(out))
        norm.run()
        found = {
            "rank": group.rank,
            "gradients": {name: weight.grad for name, weight in gradients.network.named_parameters()},
            "taken": taken,
            "all_taken": whole_taken,
            "whole": whole.weights(),
            "norm": norm.network.state_dict(),
            "history": norm.history,
            "limited": _limited(group.rank),
        }
        torch.save(found, out / f"process_{group.rank}.pt")


def _measure_once(out: Path) -> Callable[[nn.Module], dict[str, float]]:
    """A measurement that leaves a file for every call, with the process in its name."""

    def measure(network: nn.Module) -> dict[str, float]:
        number = len(list(out.glob("measured_*")))
        (out / f"measured_{number}_by_{os.environ['RANK']}").touch()
        return {"score": float(number)}

    return measure


def _limited(rank: int) -> tuple[int, float]:
    """Steps and time of a run that a clock ends, which is twice as fast in one of the processes."""
    ticks = iter(range(0, 1000, 1 + rank))
    limited = loop_of(plan_of(None, steps=20, limit_s=8.0, clock=lambda: float(next(ticks))))
    limited.run()
    return limited.step, limited.spent_s


def stop(folder: str) -> None:
    """Train as one of two processes, of which the second receives SIGTERM in its third step."""

    def terminate(step: int) -> None:
        if step == 2 and group.rank == 1:
            signal.raise_signal(signal.SIGTERM)

    with joined_group("cpu") as group:
        try:
            loop_of(plan_of(Path(folder)), at_step=terminate).run()
        except KeyboardInterrupt:
            sys.stdout.write("stopped\n")


def train_families(folder: str) -> None:
    """Train every family as one of two processes, each in a folder of its own."""
    from trainfamilies import FAMILIES

    with joined_group("cpu") as group:
        own = Path(folder) / f"process_{group.rank}"
        found = {}
        for name, family in FAMILIES.items():
            (own / name).mkdir(parents=True)
            found[name] = family.run(own / name).state_dict()
        torch.save(found, own / "found.pt")
