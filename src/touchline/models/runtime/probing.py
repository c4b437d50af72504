"""A trial run of a network, layer by layer: numbers that overflow inside it may look like an empty answer outside.

Comparing, clamping or ReLU turns NaN into 0 in some runtimes, so a detector would find nobody instead of failing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from touchline.core.errors import InputError

_TRIAL_STEP = 64


@torch.inference_mode()
def require_finite_layers(module: nn.Module, *example: Tensor, model: str) -> None:
    """Run a network once and raise an error if a layer gives numbers that are not finite.

    Args:
        module: in evaluation mode, on the CPU.
        example: its inputs.
        model: its name, for the message.

    Raises:
        InputError: a layer's output holds NaN or an infinity.

    """
    with _watched(module, model=model):
        module(*example)


def noise(shape: tuple[int, ...]) -> Tensor:
    """Return 8-bit pixels of every brightness, the same each time."""
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def trial_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of a smaller picture for a trial; networks of pictures take any whose sides they can halve."""
    if len(shape) != 3:
        return shape
    height, width = (min(side, max(_TRIAL_STEP, side // 4 // _TRIAL_STEP * _TRIAL_STEP)) for side in shape[:2])
    return height, width, shape[2]


@contextmanager
def _watched(module: nn.Module, *, model: str) -> Iterator[None]:
    """Check what every layer gives."""

    def check(layer: nn.Module, given: Any, output: Any) -> None:
        whole = next(layer.children(), None) is not None
        if not all(_is_sound(tensor, may_be_unknown=whole) for tensor in _tensors(output)):
            raise InputError(
                f"{model} calculates numbers that are not finite (layer {names[layer]!r}): its weights are damaged or "
                "too large; train, export or import it again"
            )

    names = {layer: name or type(layer).__name__ for name, layer in module.named_modules()}
    hooks = [layer.register_forward_hook(check) for layer in names]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _is_sound(tensor: Tensor, *, may_be_unknown: bool) -> bool:
    """Return whether an output is finite; a network may give NaN throughout for what it does not predict."""
    return bool(torch.isfinite(tensor).all()) or (may_be_unknown and bool(torch.isnan(tensor).all()))


def _tensors(output: Any) -> Iterator[Tensor]:
    if isinstance(output, Tensor):
        if output.is_floating_point():
            yield output
    elif isinstance(output, (tuple, list)):
        for part in output:
            yield from _tensors(part)
    elif isinstance(output, dict):
        yield from _tensors(list(output.values()))
