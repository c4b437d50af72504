"""The queue waits for files, and for streams drops the older half by its own fill."""

from __future__ import annotations

from threading import Thread

import numpy as np
import pytest

from touchline.core.events import Gap
from touchline.live.queueing import TOO_SLOW, FrameQueue, GridFrame


def frame(index: int) -> GridFrame:
    return GridFrame(index, index * 80_000, np.zeros((2, 2), np.uint8), 0.0, 0.0)


def taken(queue: FrameQueue) -> list[int]:
    found = []
    while (item := queue.get(timeout_s=0)) is not None:
        found.append(item.index)
    return found


def test_a_full_queue_of_a_stream_drops_its_older_half_as_one_gap() -> None:
    queue = FrameQueue(8, waits=False)
    for index in range(9):
        queue.put(frame(index))
    assert (queue.dropped, queue.gaps) == (4, (Gap(0, 4 * 80_000, TOO_SLOW),))
    assert taken(queue) == [4, 5, 6, 7, 8]


def test_drops_that_follow_each_other_are_one_gap() -> None:
    queue = FrameQueue(4, waits=False)
    for index in range(9):
        queue.put(frame(index))
    assert queue.gaps == (Gap(0, 6 * 80_000, TOO_SLOW),)
    assert queue.dropped == 6


def test_a_stream_that_is_faster_than_the_machine_ends_with_bounded_memory_and_counted_drops() -> None:
    queue = FrameQueue(10, waits=False)
    kept = []
    for index in range(1000):
        queue.put(frame(index))
        if index % 3 == 0:
            item = queue.get(timeout_s=0)
            kept.append(item.index if item else -1)
        assert len(queue) <= 10
    kept += taken(queue)
    assert len(kept) + queue.dropped == 1000
    lost = sum(gap.end_us - gap.start_us for gap in queue.gaps)
    assert lost == queue.dropped * 80_000


def test_a_full_queue_of_a_file_waits() -> None:
    queue = FrameQueue(2, waits=True)
    writer = Thread(target=lambda: [queue.put(frame(index)) for index in range(50)] and queue.close())
    writer.start()
    found = []
    while not queue.ended:
        item = queue.get(timeout_s=5)
        found += [item.index] if item else []
    writer.join(5)
    assert found == list(range(50))
    assert queue.dropped == 0


def test_stopping_frees_a_waiting_writer() -> None:
    queue = FrameQueue(2, waits=True)
    writer = Thread(target=lambda: [queue.put(frame(index)) for index in range(5)])
    writer.start()
    queue.stop()
    writer.join(5)
    assert not writer.is_alive()


def test_an_empty_queue_answers_after_its_time() -> None:
    queue = FrameQueue(2, waits=False)
    assert queue.get(timeout_s=0) is None
    assert not queue.ended
    queue.close()
    assert queue.ended
    with pytest.raises(ValueError, match="2 or more"):
        FrameQueue(1, waits=False)
