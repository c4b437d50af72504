"""What every family of models owes to the loop: it resumes to the bit, learns from the first update, logs once."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch import Tensor
from torch.optim.optimizer import register_optimizer_step_pre_hook

from touchline.core.errors import UsageError
from touchline.training.logs import read_metrics
from touchline.training.run import plan_recipe, run_recipe
from trainfamilies import FAMILIES, change_loss


class _KilledError(Exception):
    pass


def _kill() -> None:
    raise _KilledError


def _interrupt() -> None:
    signal.raise_signal(signal.SIGINT)


@dataclass
class _Calls:
    """How often a family asked for its loss, and what happens at one of these calls."""

    act_at: int = 0
    act: Callable[[], None] = _kill
    count: int = 0

    def __call__(self, found: Any) -> Any:
        self.count += 1
        if self.count == self.act_at:
            self.act()
        return found


def _run(family: str, out: Path, monkeypatch: pytest.MonkeyPatch, calls: _Calls) -> dict[str, Tensor]:
    with monkeypatch.context() as patch:
        change_loss(patch, FAMILIES[family].loss, calls)
        return FAMILIES[family].run(out).state_dict()


def _rows(out: Path) -> dict[str, list[dict[str, Any]]]:
    return {str(path.relative_to(out)): read_metrics(path) for path in sorted(out.rglob("metrics.jsonl"))}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_run_that_ended_early_goes_on_to_the_bit_and_logs_no_row_twice(
    family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_calls, calls_left = _Calls(), _Calls()
    whole = _run(family, tmp_path / "whole", monkeypatch, all_calls)
    with pytest.raises(KeyboardInterrupt):
        _run(family, tmp_path / "parts", monkeypatch, _Calls(1, _interrupt))
    assert list((tmp_path / "parts").rglob("*.pt"))
    torch.manual_seed(99)
    with pytest.raises(_KilledError):
        _run(family, tmp_path / "parts", monkeypatch, _Calls(3, _kill))
    resumed = _run(family, tmp_path / "parts", monkeypatch, calls_left)
    assert calls_left.count < all_calls.count
    assert whole.keys() == resumed.keys()
    for name, value in whole.items():
        torch.testing.assert_close(resumed[name], value, rtol=0, atol=0, msg=name)
    assert _rows(tmp_path / "whole") == _rows(tmp_path / "parts")


@pytest.mark.parametrize("family", FAMILIES)
def test_the_first_update_has_a_learning_rate(family: str, tmp_path: Path) -> None:
    rates: list[float] = []

    def note(optimizer: torch.optim.Optimizer, arguments: Any, options: Any) -> None:
        rates.extend(float(group["lr"]) for group in optimizer.param_groups)

    hook = register_optimizer_step_pre_hook(note)
    try:
        FAMILIES[family].run(tmp_path)
    finally:
        hook.remove()
    assert rates[0] > 0


@pytest.mark.parametrize("family", FAMILIES)
def test_the_device_asked_for_is_used(family: str, tmp_path: Path) -> None:
    if torch.cuda.is_available():
        FAMILIES[family].run(tmp_path, "cuda")
        assert torch.cuda.max_memory_allocated() > 0
        return
    with pytest.raises((AssertionError, RuntimeError), match=r"CUDA|NVIDIA"):
        FAMILIES[family].run(tmp_path, "cuda")


def test_a_device_that_a_task_cannot_use_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "saves.yaml"
    path.write_text(yaml.safe_dump({"task": "expected-saves", "data_root": str(tmp_path)}))
    with pytest.raises(UsageError, match=r"'expected-saves' is computed by NumPy and cannot use --device cuda"):
        run_recipe(path, device="cuda", out=tmp_path / "out")
    assert plan_recipe(path, device="auto").device == "cpu: computed by NumPy"
