"""Folds of a recipe: which networks there are, and what is refused."""

from __future__ import annotations

import pytest

from touchline.core.errors import InputError
from touchline.training.folds import Part, check_held_out, parts_of


def test_what_ships_saw_everything_or_is_the_first_that_was_measured() -> None:
    first, second = Part("both_0", ("a", "b")), Part("both_1", ("c",))
    assert parts_of([["a", "b"], ["c"]], train_on_all=True, prefix="both_") == ([first, second], Part("all"))
    assert parts_of([["a", "b"], ["c"]], train_on_all=False, prefix="both_") == ([first, second], first)


@pytest.mark.parametrize(
    ("held_out", "message"),
    [
        ([["a"], ["a"]], r"\['a', 'a'\]; allowed are the groups \['a', 'b'\], each at most once"),
        ([["c"]], r"\['c'\]; allowed are the groups"),
        ([["a"], ["b", "a"]], "each at most once"),
    ],
)
def test_groups_that_do_not_fit_are_named(held_out: list[list[str]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_held_out(held_out, {"a", "b"}, leave_others=False)


def test_a_fold_has_to_leave_something_to_learn_from() -> None:
    check_held_out([["a", "b"]], {"a", "b"}, leave_others=False)
    check_held_out([["a"], ["b"]], {"a", "b"}, leave_others=True)
    with pytest.raises(InputError, match=r"\['b', 'a'\] leaves nothing to train on"):
        check_held_out([["b", "a"]], {"a", "b"}, leave_others=True)
