"""Loss, learning rate and averaged weights against known answers."""

import copy

import pytest
import torch
from torch import nn

from touchline.core.errors import InputError
from touchline.training.ema import Ema
from touchline.training.schedule import StepDecay, WarmupCosine, iterations_per_stage, set_learning_rate
from touchline.training.spotting.losses import focal_loss


@pytest.mark.parametrize(
    ("gamma", "alpha", "expected"), [(1.2, None, 0.5713330), (1.2, 0.4, 0.3203492), (0.0, None, 0.8552700)]
)
def test_focal_loss_has_the_reference_values(gamma: float, alpha: float | None, expected: float) -> None:
    logits = torch.tensor([[0.0, 2.0], [-2.0, 0.5]])
    targets = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    assert focal_loss(logits, targets, gamma=gamma, alpha=alpha).item() == pytest.approx(expected, abs=1e-6)


def test_focal_loss_has_finite_gradients_when_sure() -> None:
    logits = torch.tensor([[60.0, -60.0]], requires_grad=True)
    focal_loss(logits, torch.tensor([[1.0, 0.0]]), gamma=1.2).backward()
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()


def test_focal_loss_refuses_other_shapes() -> None:
    with pytest.raises(ValueError, match=r"\(2, 3\).*\(2,\)"):
        focal_loss(torch.zeros(2, 3), torch.zeros(2))


def test_schedule_ends_at_base_then_at_min() -> None:
    warm = iterations_per_stage(samples=6000, batch_size=4, epochs=6)
    cosine = iterations_per_stage(samples=6000, batch_size=4, epochs=30)
    assert (warm, cosine) == (9_000, 45_000)
    schedule = WarmupCosine(base_lr=3e-4, min_lr=3e-6, warmup_steps=warm, cosine_steps=cosine)
    assert schedule.at(0) == 0.0
    assert schedule.at(4_500) == pytest.approx(1.5e-4)
    assert schedule.at(9_000) == 3e-4
    assert schedule.at(9_000 + 22_500) == pytest.approx((3e-4 + 3e-6) / 2)
    assert schedule.at(54_000) == 3e-6
    assert schedule.at(60_000) == 3e-6


def test_a_step_schedule_is_pytorchs() -> None:
    epochs, updates = 9, 4
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    theirs = torch.optim.lr_scheduler.StepLR(optimizer, step_size=3, gamma=0.1)
    schedule = StepDecay(0.1, every_steps=3 * updates, factor=0.1)
    for epoch in range(epochs):
        for update in range(updates):
            assert schedule.at(epoch * updates + update + 1) == pytest.approx(optimizer.param_groups[0]["lr"])
        optimizer.step()
        theirs.step()
    assert schedule.at(0) == 0.1
    with pytest.raises(ValueError, match="every_steps=0 must be 1 or more"):
        StepDecay(0.1, every_steps=0, factor=0.1)


def test_schedule_refuses_a_minimum_above_the_base() -> None:
    with pytest.raises(ValueError, match=r"0\.2.*0\.1"):
        WarmupCosine(base_lr=0.1, min_lr=0.2, warmup_steps=1, cosine_steps=1)


def test_learning_rate_honours_the_scale_of_a_group() -> None:
    network = nn.Linear(2, 2)
    optimizer = torch.optim.SGD([{"params": [network.weight]}, {"params": [network.bias], "lr_scale": 0.1}], lr=0.0)
    set_learning_rate(optimizer, 0.5)
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([0.5, 0.05])


def test_ema_averages_weights_and_buffers_and_copies_counts() -> None:
    network = nn.BatchNorm1d(1)
    ema = Ema(network, 0.9)
    with torch.no_grad():
        network.weight.fill_(2.0)
        network.running_mean.fill_(10.0)
        network.num_batches_tracked.fill_(7)
    ema.update(network)
    state = ema.state_dict()
    assert state["weight"].item() == pytest.approx(0.9 * 1 + 0.1 * 2)
    assert state["running_mean"].item() == pytest.approx(1.0)
    assert state["num_batches_tracked"].item() == 7
    assert set(state) == set(network.state_dict())


def test_ema_goes_on_from_a_saved_state_and_refuses_another_network() -> None:
    network = nn.Linear(3, 2)
    ema = Ema(network, 0.5)
    saved = copy.deepcopy(ema.state_dict())
    other = Ema(nn.Linear(3, 2), 0.5)
    other.load_state_dict(saved)
    assert torch.equal(other.state_dict()["weight"], saved["weight"])
    with pytest.raises(InputError, match=r"running_mean"):
        ema.load_state_dict(nn.BatchNorm1d(2).state_dict())


def test_ema_copies_into_a_network() -> None:
    network = nn.Linear(3, 2)
    ema = Ema(network, 0.5)
    start = network.weight.detach().clone()
    with torch.no_grad():
        network.weight.add_(1.0)
    ema.update(network)
    ema.copy_to(network)
    assert torch.allclose(network.weight, start + 0.5)
