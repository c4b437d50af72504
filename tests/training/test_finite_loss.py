"""A loss that is no number stops every kind of training, and leaves the checkpoints as they were."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils._pytree import tree_map

from touchline.core.errors import UsageError
from touchline.models.networks.ball_spotter import BallSpotter
from touchline.training.finite import LossGuard
from touchline.training.spotting import ball_temporal
from trainfamilies import FAMILIES, change_loss


def _checkpoints(out: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(out.rglob("*.pt"))}


def _poison(monkeypatch: pytest.MonkeyPatch, loss: str, *, when: Callable[[], bool]) -> None:
    """Turn a loss, whatever it is held in, into NaN from the moment on that ``when`` names."""
    change_loss(monkeypatch, loss, lambda found: tree_map(lambda value: value * torch.nan, found) if when() else found)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_good_checkpoint_outlives_a_loss_that_is_no_number(
    family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good: dict[Path, bytes] = {}

    def once_saved() -> bool:
        good.update({} if good else _checkpoints(tmp_path))
        return bool(good)

    _poison(monkeypatch, FAMILIES[family].loss, when=once_saved)
    with pytest.raises(UsageError, match=r"the loss is nan at step \d+; lower .*base_lr.*; (the last|nothing)"):
        FAMILIES[family].run(tmp_path)
    assert good
    assert _checkpoints(tmp_path) == good


def test_the_temporal_head_is_not_handed_out_either(monkeypatch: pytest.MonkeyPatch) -> None:
    network = BallSpotter(num_classes=1, stem=4, width=4, deep=4, candidates=1, channels=8, dilations=(1,), horizon=1)
    vectors = np.zeros((100, network.vector_size), np.float32)
    sequence = ball_temporal.VectorSequence(vectors, np.zeros((100, 1), np.float32), np.zeros((100, 3), np.float32))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    _poison(monkeypatch, "spotting.ball_temporal._head_loss", when=lambda: True)
    with pytest.raises(UsageError, match=r"the loss is nan at step 3; lower temporal\.base_lr; nothing was saved"):
        ball_temporal.train_head(network, [sequence], settings=ball_temporal.TemporalSettings(steps=3, segment=64))
    for name, value in network.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)


def _guard(network: nn.Module, folder: Path) -> LossGuard:
    return LossGuard(network, run="a run", lower="base_lr", checkpoint=folder / "checkpoint.pt")


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
def test_one_bad_loss_among_good_ones_is_not_forgotten(bad: float, tmp_path: Path) -> None:
    guard = _guard(nn.Linear(2, 1), tmp_path)
    for step, loss in enumerate((1.0, 2.0), start=1):
        guard.add(torch.tensor(loss, requires_grad=True))
        guard.require_finite(step)
    for loss in (bad, 1.0, 0.5):
        guard.add(loss)
    with pytest.raises(UsageError, match=r"a run: the loss is .* at step 5; lower base_lr; nothing was saved of it"):
        guard.require_finite(5)
    (tmp_path / "checkpoint.pt").touch()
    with pytest.raises(UsageError, match="the last checkpoint is still good"):
        guard.require_finite(5)


def test_weights_spoilt_by_the_last_step_are_found_before_a_loss_shows_it(tmp_path: Path) -> None:
    network = nn.BatchNorm1d(2)
    guard = _guard(network, tmp_path)
    guard.add(1.0)
    guard.require_finite(1)
    with torch.no_grad():
        network.running_var[1] = torch.nan  # type: ignore[index]
    with pytest.raises(UsageError, match=r"the loss is finite, but 1 weights are not \(running_var\) at step 2"):
        guard.require_finite(2)
