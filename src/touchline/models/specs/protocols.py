"""The interface of spotting networks, through which one engine runs them all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from torch import Tensor


@runtime_checkable
class SpottingNetwork(Protocol):
    """A network in two parts: a per-stack encoder, run once per stack, and a decoder over a window of its features.

    Attributes:
        stack_offsets: grid frames of one stack, relative to the stack's index, ascending.
        feature_offsets: stack indices that one output depends on, relative to the output's index, ascending.
        num_classes: number of classes, the columns of the logits.

    """

    stack_offsets: tuple[int, ...]
    feature_offsets: tuple[int, ...]
    num_classes: int

    def encode(self, stacks: Tensor) -> Tensor:
        """Return features (n, *feature) of stacks, float (n, len(stack_offsets), height, width) in [0, 1]."""
        ...

    def decode(self, features: Tensor) -> Tensor:
        """Return logits (n, num_classes) of windows of features, (n, len(feature_offsets), *feature)."""
        ...
