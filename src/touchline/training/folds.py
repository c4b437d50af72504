"""Which groups of the data each network of a recipe never sees: folds that are measured, and the network that ships."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from touchline.core.errors import InputError


@dataclass(frozen=True, slots=True)
class Part:
    """One network of a recipe: the folder of its run below ``out``, and the groups that it never sees."""

    folder: str
    held_out: tuple[str, ...] = ()


def parts_of(
    held_out: Sequence[Sequence[str]], *, train_on_all: bool, prefix: str = "fold_"
) -> tuple[list[Part], Part]:
    """The networks that are measured, and the one that ships: one that saw everything, or the first measured one."""
    measured = [Part(f"{prefix}{number}", tuple(group)) for number, group in enumerate(held_out)]
    return measured, Part("all") if train_on_all else measured[0]


def check_held_out(held_out: Sequence[Sequence[str]], names: Collection[str], *, leave_others: bool) -> None:
    """Refuse folds that do not fit the data.

    Args:
        held_out: groups, fold by fold.
        names: of the groups that the data have.
        leave_others: whether each fold has to leave a group to learn from.

    Raises:
        InputError: a group that there is not, one that is held out twice, or a fold that leaves nothing.

    """
    held = [name for fold in held_out for name in fold]
    if len(set(held)) != len(held) or not set(held) <= set(names):
        raise InputError(f"held_out names {held}; each has to be one of {sorted(names)}, and none twice")
    for fold in held_out:
        if leave_others and set(fold) == set(names):
            raise InputError(f"held_out {list(fold)} leaves nothing to learn from; there are only {sorted(names)}")
