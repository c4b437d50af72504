"""Held-out folds: the groups of the data that each network of a recipe never sees, and the network that ships."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from touchline.core.errors import InputError


@dataclass(frozen=True, slots=True)
class Part:
    """One network of a recipe: its run's folder below ``out``, and the groups that it never sees."""

    folder: str
    held_out: tuple[str, ...] = ()


def parts_of(
    held_out: Sequence[Sequence[str]], *, train_on_all: bool, prefix: str = "fold_"
) -> tuple[list[Part], Part]:
    """Return the measured networks and the one that ships: one trained on everything, or the first measured one."""
    measured = [Part(f"{prefix}{number}", tuple(group)) for number, group in enumerate(held_out)]
    return measured, Part("all") if train_on_all else measured[0]


def check_held_out(held_out: Sequence[Sequence[str]], names: Collection[str], *, leave_others: bool) -> None:
    """Refuse folds that do not match the data.

    Args:
        held_out: groups of each fold.
        names: groups in the data.
        leave_others: whether each fold must leave at least one group for training.

    Raises:
        InputError: an unknown group, a group held out twice, or a fold that leaves nothing for training.

    """
    held = [name for fold in held_out for name in fold]
    if len(set(held)) != len(held) or not set(held) <= set(names):
        raise InputError(f"held_out names {held}; allowed are the groups {sorted(names)}, each at most once")
    for fold in held_out:
        if leave_others and set(fold) == set(names):
            raise InputError(f"held_out {list(fold)} leaves nothing to train on; the groups are {sorted(names)}")
