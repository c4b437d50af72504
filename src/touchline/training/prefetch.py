"""Batches made ahead of the training by workers, in the order of their numbers, however many workers there are."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Batch = TypeVar("Batch")

AHEAD = 2
"""Batches per worker that are made or ready and not yet taken: each worker always has the next one to make."""


def made_ahead(
    make: Callable[[int], Batch], numbers: Iterable[int], *, workers: int
) -> Generator[tuple[int, Batch], None, None]:
    """Yield every number with what ``make`` returns for it, in order; closing the generator stops the workers.

    Args:
        make: makes the batch of a number, the same one whenever and wherever it is called.
        numbers: of the batches.
        workers: number of threads; 0 makes each batch when it is asked for.

    """
    if not workers:
        for number in numbers:
            yield number, make(number)
        return
    left = iter(numbers)
    pool = ThreadPoolExecutor(workers, thread_name_prefix="batches")
    try:
        waiting: deque[tuple[int, Future[Batch]]] = deque(
            (number, pool.submit(make, number)) for number in islice(left, AHEAD * workers)
        )
        while waiting:
            number, batch = waiting.popleft()
            made = batch.result()
            waiting.extend((following, pool.submit(make, following)) for following in islice(left, 1))
            yield number, made
    finally:
        pool.shutdown(cancel_futures=True)
