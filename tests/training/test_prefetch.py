"""Batches made ahead of the training: in order, not too many, and nothing left running."""

from __future__ import annotations

import threading
import time

import pytest

from touchline.training.prefetch import AHEAD, made_ahead


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_batches_come_in_the_order_of_their_numbers_however_many_workers_make_them(workers: int) -> None:
    def make(number: int) -> int:
        time.sleep(0.002 * (number % 3))
        return number * number

    numbers = range(1, 30, 2)
    assert list(made_ahead(make, numbers, workers=workers)) == [(number, number * number) for number in numbers]
    assert list(made_ahead(make, [], workers=workers)) == []


@pytest.mark.parametrize("workers", [1, 3])
def test_no_more_are_made_ahead_than_the_workers_need(workers: int) -> None:
    begun: list[int] = []
    made = made_ahead(begun.append, range(100), workers=workers)
    for _ in range(5):
        next(made)
    time.sleep(0.05)
    assert len(begun) <= 5 + AHEAD * workers
    made.close()


def test_closing_it_stops_the_workers() -> None:
    begun: list[int] = []
    made = made_ahead(begun.append, range(1000), workers=2)
    next(made)
    made.close()
    count = len(begun)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("batches")]
    time.sleep(0.02)
    assert len(begun) == count < 10


@pytest.mark.parametrize("workers", [0, 2])
def test_an_error_comes_where_its_batch_would(workers: int) -> None:
    def make(number: int) -> int:
        if number == 2:
            raise ValueError("batch 2")
        return number

    made = made_ahead(make, range(5), workers=workers)
    assert [next(made), next(made)] == [(0, 0), (1, 1)]
    with pytest.raises(ValueError, match="batch 2"):
        next(made)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("batches")]
