"""Weights that are no numbers never replace good ones: what every training asks before it saves."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from touchline.core.errors import UsageError


class MayExist(Protocol):
    """A checkpoint that may have been written."""

    def exists(self) -> bool:
        """Whether it was."""


class LossGuard:
    """Adds up a run's losses where they are, so that one that was no number is found later without waiting for it.

    Args:
        network: what learns.
        run: its name or folder, for the message.
        lower: the recipe's key to lower where this goes wrong.
        checkpoint: what would be overwritten; None where nothing is saved.

    """

    def __init__(self, network: nn.Module, *, run: str | Path, lower: str, checkpoint: MayExist | None) -> None:
        self._network, self._run, self._lower, self._checkpoint = network, run, lower, checkpoint
        self._sum: Tensor | float = 0.0

    def add(self, loss: Tensor | float) -> None:
        """Note the loss of a step."""
        self._sum = self._sum + (loss.detach().double() if isinstance(loss, Tensor) else loss)

    def require_finite(self, step: int) -> None:
        """Stop unless all losses so far and all weights are finite; ``step`` is how many were done.

        Raises:
            UsageError: they are not.

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
    """Stop unless a loss and all weights are finite.

    Args:
        network: what learns.
        run: its name or folder.
        loss: of a step, or the sum of several.
        step: how many were done.
        lower: what to change where this goes wrong.
        saved: whether there is an earlier checkpoint.

    Raises:
        UsageError: they are not.

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
