"""The training loop on a tiny network: it stops, goes on to the bit, refuses what is not its own, and measures."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from touchline.core.errors import InputError, UsageError
from touchline.training.checkpoint import (
    CheckpointFile,
    CheckpointFolder,
    generator_states,
    identity_of,
    load_checkpoint,
    restore_generators,
)
from touchline.training.logs import read_metrics
from touchline.training.loop import Loop
from touchline.training.plan import Data, LoopPlan
from touchline.training.schedule import WarmupCosine


class Noise:
    """Batches from a generator of their own."""

    def __init__(self) -> None:
        self.random = np.random.default_rng(5)
        self.asked: list[tuple[int, float]] = []

    def draw(self, step: int, share: float) -> Tensor:
        self.asked.append((step, share))
        return torch.from_numpy(self.random.normal(size=(4, 3)).astype(np.float32))

    def data(self) -> Data[Tensor]:
        return Data(
            self.draw,
            lambda: {"random": generator_states(self.random)},
            lambda state: restore_generators(state["random"], self.random),
        )


def plan_of(out: Path | None, **changes: Any) -> LoopPlan:
    plan = LoopPlan(
        name="tiny",
        steps=6,
        schedule=WarmupCosine.over(6, base_lr=0.1),
        lower="base_lr",
        ema_decay=0.5,
        clip_norm=1.0,
        folder=out,
        checkpoints=None if out is None else CheckpointFile(out / "checkpoint.pt"),
        identity=identity_of(settings={"a": 1}, data=["x"]),
        save_every=2,
        log_every=3,
    )
    return replace(plan, **changes)


def loop_of(
    plan: LoopPlan,
    *,
    at_step: Callable[[int], None] = lambda step: None,
    noise: Noise | None = None,
    seed: int = 0,
    **options: Any,
) -> Loop[Tensor]:
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 1))
    rates: list[float] = []

    def step(batch: Tensor) -> dict[str, Tensor]:
        at_step(loop.step)
        rates.append(float(optimizer.param_groups[0]["lr"]))
        drawn = random.random() + float(np.random.random())  # noqa: NPY002 - the generators that checkpoints keep
        return {"near": network(batch).square().mean(), "far": drawn * network(batch).mean()}

    optimizer = torch.optim.AdamW(network.parameters(), lr=0.1)
    loop = Loop(network, (noise or Noise()).data(), step, optimizer, plan, **options)
    loop.rates = rates  # type: ignore[attr-defined]
    return loop


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def seed_all(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the generators that checkpoints keep


class _KilledError(Exception):
    pass


def _kill(at: int) -> Callable[[int], None]:
    def at_step(step: int) -> None:
        if step == at:
            raise _KilledError

    return at_step


def _terminate(step: int) -> None:
    if step == 2:
        signal.raise_signal(signal.SIGTERM)


@pytest.mark.robustness("32")
@pytest.mark.parametrize("way", ["killed", "terminated"])
def test_a_run_that_ended_early_goes_on_to_the_bit_and_logs_no_row_twice(way: str, tmp_path: Path) -> None:
    seed_all(1)
    whole = loop_of(plan_of(tmp_path / "whole"))
    whole.run()
    seed_all(1)
    error, at_step = (_KilledError, _kill(5)) if way == "killed" else (KeyboardInterrupt, _terminate)
    with pytest.raises(error):
        loop_of(plan_of(tmp_path / "parts"), at_step=at_step).run()
    saved = load_checkpoint(tmp_path / "parts" / "checkpoint.pt")["step"]
    assert saved == (4 if way == "killed" else 3)
    seed_all(2)
    resumed = loop_of(plan_of(tmp_path / "parts"), seed=99)
    resumed.run()
    assert same(whole.weights(), resumed.weights())
    assert same(whole.network.state_dict(), resumed.network.state_dict())
    rows = [read_metrics(tmp_path / name / "metrics.jsonl") for name in ("whole", "parts")]
    assert [row["step"] for row in rows[0]] == [3, 6]
    assert rows[0] == rows[1]
    assert rows[0][0]["loss"] == pytest.approx(rows[0][0]["near"] + rows[0][0]["far"])
    assert resumed.rates == whole.rates[saved:]  # type: ignore[attr-defined]


def test_the_first_update_learns_and_the_last_has_the_end_of_the_schedule(tmp_path: Path) -> None:
    loop = loop_of(plan_of(None, schedule=WarmupCosine.over(6, base_lr=0.1, least=0.01)))
    loop.run()
    assert loop.rates[0] == pytest.approx(0.1)  # type: ignore[attr-defined]
    assert loop.rates[-1] == pytest.approx(0.001)  # type: ignore[attr-defined]


def test_random_generators_are_left_as_they_were() -> None:
    seed_all(3)
    loop = loop_of(plan_of(None), seed=3)
    before = torch.random.get_rng_state(), np.random.get_state()[2], random.getstate()  # noqa: NPY002
    loop.run()
    assert torch.equal(torch.random.get_rng_state(), before[0])
    assert (np.random.get_state()[2], random.getstate()) == before[1:]  # noqa: NPY002


def test_a_finished_run_is_not_touched_and_gives_its_weights_again(tmp_path: Path) -> None:
    first = loop_of(plan_of(tmp_path))
    first.run()
    before = (tmp_path / "checkpoint.pt").stat().st_mtime_ns
    again = loop_of(plan_of(tmp_path), at_step=_kill(0), seed=7)
    again.run()
    assert same(first.weights(), again.weights())
    assert (tmp_path / "checkpoint.pt").stat().st_mtime_ns == before


def test_other_settings_are_refused_and_starting_over_clears(tmp_path: Path) -> None:
    loop_of(plan_of(tmp_path)).run()
    other = plan_of(tmp_path, identity=identity_of(settings={"a": 2}, data=["x"]))
    with pytest.raises(UsageError, match=r"checkpoint\.pt: the checkpoint there .* another settings; use --no-resume"):
        loop_of(other).run()
    loop = loop_of(other)
    loop.run(resume=False)
    assert len(loop.rates) == 6  # type: ignore[attr-defined]


def test_a_checkpoint_of_another_network_is_named(tmp_path: Path) -> None:
    loop_of(plan_of(tmp_path)).run()
    network = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    with pytest.raises(InputError, match=r"checkpoint\.pt \(an empty --out trains afresh\): weights do not fit"):
        Loop(network, Noise().data(), lambda batch: {}, optimizer, plan_of(tmp_path)).run()


def test_it_ends_by_the_clock_and_the_schedule_follows_it(tmp_path: Path) -> None:
    ticks = iter(range(100))
    noise, expected = Noise(), []
    plan = plan_of(tmp_path, steps=1000, limit_s=5.0, clock=lambda: float(next(ticks)), log_every=1)
    loop = loop_of(
        replace(plan, schedule=WarmupCosine.over(1000, base_lr=0.1)),
        noise=noise,
        progress=lambda name, step, total: expected.append((name, step, total)),
    )
    loop.run()
    assert (loop.step, loop.spent_s) == (5, 5.0)
    assert expected == [("tiny", step, 5) for step in range(1, 6)]
    assert noise.asked == [(step, pytest.approx(step / 5)) for step in range(5)]
    rates = loop.rates  # type: ignore[attr-defined]
    assert 0 < rates[0] < 0.01 and rates[1] > rates[2] > rates[3] > rates[4] > 0


def test_measurements_are_spread_evenly_and_the_best_is_kept(tmp_path: Path) -> None:
    scores, seen = iter([0.2, 0.9, 0.1]), []

    def measure(network: nn.Module) -> dict[str, float]:
        assert not network.training
        seen.append({name: value.clone() for name, value in network.state_dict().items()})
        return {"score": next(scores)}

    plan = plan_of(tmp_path, rounds=3, save_every=None, checkpoints=CheckpointFolder(tmp_path / "checkpoints"))
    with pytest.raises(_KilledError):
        loop_of(plan, measure=measure, at_step=_kill(5)).run()
    loop = loop_of(plan, measure=measure, seed=9)
    loop.run()
    assert [row["step"] for row in loop.history] == [2, 4, 6]
    assert loop.best_score == 0.9
    assert same(loop.weights(best=True), seen[1]) and same(loop.weights(), seen[2])
    rows = [row for row in read_metrics(tmp_path / "metrics.jsonl") if "score" in row]
    assert rows == [{"step": step, "score": score} for step, score in ((2, 0.2), (4, 0.9), (6, 0.1))]


def test_no_weights_that_are_no_numbers_are_saved_or_measured(tmp_path: Path) -> None:
    def spoil(step: int) -> None:
        if step == 3:
            with torch.no_grad():
                loop.network[0].bias.fill_(torch.nan)  # type: ignore[index, operator, union-attr]

    loop = loop_of(plan_of(tmp_path, log_every=100), at_step=spoil)
    with pytest.raises(UsageError, match="tiny: the loss is nan at step 4; lower base_lr; the last checkpoint"):
        loop.run()
    state = load_checkpoint(tmp_path / "checkpoint.pt")
    assert state["step"] == 2 and all(torch.isfinite(value).all() for value in state["network"].values())
    with pytest.raises(UsageError, match="nothing was saved of it"):
        loop = loop_of(plan_of(None, log_every=100), at_step=spoil)
        loop.run()
