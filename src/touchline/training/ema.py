"""An exponential moving average of a network's weights and buffers."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from touchline.core.errors import InputError


class Ema:
    """Moving average of every state-dict entry of a network, including batch-norm statistics.

    Floating-point entries become ``decay * average + (1 - decay) * current``; integer entries (such as the number of
    batches that a norm has seen) are copied, since an average of counts is meaningless.

    Args:
        model: the network at the start of training; the average starts as a copy of it.
        decay: share of the old average that is kept per update, 0 to 1.

    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        if not 0.0 <= decay <= 1.0:
            raise ValueError(f"decay={decay} is outside 0 to 1")
        self.decay = decay
        self._average = {name: value.detach().clone() for name, value in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Update the average with the current weights of ``model``."""
        averages: list[Tensor] = []
        currents: list[Tensor] = []
        for name, current in model.state_dict().items():
            average = self._average[name]
            if average.is_floating_point():
                averages.append(average)
                currents.append(current.detach().to(average.dtype))
            else:
                average.copy_(current)
        torch._foreach_lerp_(averages, currents, 1.0 - self.decay)

    def state_dict(self) -> dict[str, Tensor]:
        """Return the averaged entries under the network's own names; load them into the network to use them."""
        return dict(self._average)

    @torch.no_grad()
    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Restore averages returned by :meth:`state_dict`; a missing or unexpected entry is an error."""
        missing, unexpected = sorted(set(self._average) - set(state)), sorted(set(state) - set(self._average))
        if missing or unexpected:
            raise InputError(f"averaged weights do not fit the network: missing {missing}, unexpected {unexpected}")
        for name, average in self._average.items():
            average.copy_(state[name])

    @torch.no_grad()
    def copy_to(self, model: nn.Module) -> None:
        """Overwrite the weights and buffers of ``model`` with the averages."""
        model.load_state_dict(self._average)
