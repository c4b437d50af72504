from __future__ import annotations

import _thread
import threading
import time
import traceback
from collections.abc import Generator
from functools import partial

import pytest

from touchline.analysis.threads.crew import Channel, Crew, Stopped, in_thread, leading


def numbers(count: int) -> list[int]:
    return list(range(count))


def take_all(channel: Channel[int]) -> None:
    for _ in channel:
        pass


def give(channel: Channel[int], count: int) -> None:
    for number in range(count):
        channel.put(number)


def running() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("touchline-")]


def test_items_arrive_in_order_and_never_more_than_the_most_wait() -> None:
    found: list[int] = []
    with leading() as crew:
        channel: Channel[int] = crew.channel(most=3)
        crew.start(lambda: found.extend(channel), name="taker")
        for number in range(1000):
            channel.put(number)
        channel.close()
    assert found == numbers(1000)
    assert 1 <= channel.longest <= 3
    assert not running()


def test_a_queue_holds_its_most_items_while_nobody_takes_them() -> None:
    with leading() as crew:
        channel: Channel[int] = crew.channel(most=2)
        crew.start(partial(give, channel, 5), name="giver")
        while channel.longest < 2:
            time.sleep(0.001)
        time.sleep(0.02)
        assert channel.longest == 2
        taken = iter(channel)
        assert [next(taken) for _ in range(5)] == numbers(5)


@pytest.mark.parametrize("most", [0, -1])
def test_a_queue_for_nothing_is_refused(most: int) -> None:
    with pytest.raises(ValueError, match=f"most={most} must be at least 1"):
        Crew().channel(most=most)


def failing(channel: Channel[int]) -> None:
    for number in channel:
        if number == 7:
            raise KeyError("seven")


def test_an_error_in_a_thread_is_raised_here_with_its_traceback_and_cause() -> None:
    with pytest.raises(KeyError, match="seven") as caught, leading() as crew:
        channel: Channel[int] = crew.channel(most=2)
        crew.start(lambda: failing(channel), name="failing")
        for number in range(1000):
            channel.put(number)
    assert "failing" in [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert caught.value.__context__ is None
    assert not running()


def test_an_error_in_one_thread_stops_the_others() -> None:
    seen: list[type[BaseException]] = []

    def waiting(channel: Channel[int]) -> None:
        try:
            next(iter(channel))
        except BaseException as error:
            seen.append(type(error))
            raise

    with pytest.raises(KeyError), leading() as crew:
        quiet: Channel[int] = crew.channel(most=1)
        crew.start(lambda: waiting(quiet), name="waiting")
        channel: Channel[int] = crew.channel(most=1)
        crew.start(lambda: failing(channel), name="failing")
        for number in range(1000):
            channel.put(number)
    assert seen == [Stopped]
    assert not running()


def test_an_error_here_stops_the_threads_and_is_kept() -> None:
    with pytest.raises(KeyboardInterrupt), leading() as crew:
        channel: Channel[int] = crew.channel(most=1)
        crew.start(partial(take_all, channel), name="waiting")
        raise KeyboardInterrupt
    assert not running()


def test_a_thread_that_calculates_is_interrupted() -> None:
    def calculate() -> None:
        while True:
            sum(range(1000))

    started_s = time.monotonic()
    with pytest.raises(KeyboardInterrupt), leading() as crew:
        crew.start(calculate, name="busy")
        raise KeyboardInterrupt
    assert time.monotonic() - started_s < 30
    assert not running()


def test_an_interrupt_while_the_last_thread_is_waited_for_ends_it() -> None:
    def interrupt_and_go_on() -> None:
        time.sleep(0.05)
        _thread.interrupt_main()
        while True:
            time.sleep(0.01)

    with pytest.raises(KeyboardInterrupt), leading() as crew:
        crew.start(interrupt_and_go_on, name="last")
    assert not running()


def test_crews_within_crews_stop_together() -> None:
    def work(channel: Channel[int]) -> None:
        with in_thread(lambda item: time.sleep(0.001), most=2, name="inner") as pass_on:
            for number in channel:
                pass_on(number)

    with pytest.raises(ZeroDivisionError), leading() as crew:
        channel: Channel[int] = crew.channel(most=2)
        crew.start(lambda: work(channel), name="outer")
        for number in range(20):
            channel.put(number)
        raise ZeroDivisionError
    assert not running()


def test_an_error_deep_inside_comes_up() -> None:
    def inner(item: int) -> None:
        if item == 5:
            raise OSError("disk full")

    def work(channel: Channel[int]) -> None:
        with in_thread(inner, most=2, name="inner") as pass_on:
            for number in channel:
                pass_on(number)

    with pytest.raises(OSError, match="disk full"), leading() as crew:
        channel: Channel[int] = crew.channel(most=2)
        crew.start(lambda: work(channel), name="outer")
        for number in range(1000):
            channel.put(number)
    assert not running()


def test_a_generator_that_is_closed_early_leaves_no_thread() -> None:
    def doubled(items: list[int]) -> Generator[int, None, None]:
        with in_thread(lambda item: None, most=2, name="inner") as pass_on:
            for item in items:
                pass_on(item)
                yield 2 * item

    stream = doubled(numbers(100))
    assert next(stream) == 0
    stream.close()
    assert not running()


def test_without_a_thread_the_work_is_done_at_once() -> None:
    found: list[int] = []
    with in_thread(found.append, most=1, name="none", apart=False) as pass_on:
        pass_on(1)
        assert found == [1]
        assert not running()
