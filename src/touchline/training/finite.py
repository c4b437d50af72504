"""Checks that keep non-finite losses and weights out of checkpoints; every training run uses them before saving."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from touchline.core.errors import UsageError


class MayExist(Protocol):
    """A checkpoint that may exist."""

    def exists(self) -> bool:
        """Return whether it exists."""


class LossGuard:
    """A sum of a run's losses on their device, so that a non-finite loss is found later without waiting at every step.

    Args:
        network: the network in training.
        run: name or folder of the run, for messages.
        lower: recipe key to lower when the loss is not finite, for messages.
        checkpoint: the checkpoint that would be overwritten; None if nothing is saved.

    """

    def __init__(self, network: nn.Module, *, run: str | Path, lower: str, checkpoint: MayExist | None) -> None:
        self._network, self._run, self._lower, self._checkpoint = network, run, lower, checkpoint
        self._sum: Tensor | float = 0.0

    def add(self, loss: Tensor | float) -> None:
        """Add the loss of a step."""
        self._sum = self._sum + (loss.detach().double() if isinstance(loss, Tensor) else loss)

    def require_finite(self, step: int) -> None:
        """Stop unless all losses so far and all weights are finite; ``step`` is the number of steps done.

        Raises:
            UsageError: a loss or a weight is not finite.

        """
        require_finite(
            self._network,
            run=self._run,
            loss=float(self._sum),
            step=step,
            lower=self._lower,
            saved=self._checkpoint is not None and self._checkpoint.exists(),
        )


def require_finite(network: nn.Module, *, run: str | Path, loss: float, step: int, lower: str, saved: bool) -> None:
    """Stop unless a loss and all weights of a network are finite.

    Args:
        network: the network in training.
        run: name or folder of the run.
        loss: of a step, or the sum over several steps.
        step: number of steps done.
        lower: recipe key to lower when the loss is not finite.
        saved: whether an earlier checkpoint exists.

    Raises:
        UsageError: the loss or a weight is not finite.

    """
    if not math.isfinite(loss):
        trouble = f"the loss is {loss}"
    elif broken := _broken_weights(network):
        trouble = f"the loss is finite, but {len(broken)} weights are not ({broken[0]})"
    else:
        return
    kept = "the last checkpoint is still good" if saved else "nothing was saved of it"
    raise UsageError(f"{run}: {trouble} at step {step}; lower {lower}; {kept}")


def _broken_weights(network: nn.Module) -> list[str]:
    state = network.state_dict()
    return [name for name, value in state.items() if value.is_floating_point() and not torch.isfinite(value).all()]
