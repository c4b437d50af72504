from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from touchline.tracking.replays import THUMB_SIZE, ShotEdges, find_replays

EDGE = 20


def scene(seed: int, *, count: int = EDGE) -> np.ndarray:
    """Pictures of one shot: a pattern of its own that hardly changes."""
    rng = np.random.default_rng(seed)
    base = rng.integers(40, 200, THUMB_SIZE[::-1])
    return np.clip(base + rng.integers(-3, 4, (count, *THUMB_SIZE[::-1])), 0, 255).astype(np.uint8)


def logo(*, phase: float = 0.0, count: int = 8) -> np.ndarray:
    """A bright bar that sweeps over black, ``count`` pictures long."""
    columns = np.arange(THUMB_SIZE[0])
    at = (np.arange(count) + phase) * THUMB_SIZE[0] / count
    return np.repeat((np.abs(columns - at[:, None]) < 5)[:, None] * 220, THUMB_SIZE[1], axis=1).astype(np.uint8)


def shot(
    number: int, seed: int, *, start_s: float, end_s: float, opens: bool = False, closes: bool = False
) -> ShotEdges:
    """A shot; a graphic may be its first or its last pictures."""
    first, last = scene(seed), scene(seed)
    if opens:
        first[:8] = logo(phase=0.1 * number)
    if closes:
        last[-8:] = logo(phase=0.1 * number)
    return ShotEdges(round(start_s * 1e6), round(end_s * 1e6), first, last)


def test_what_lies_between_two_showings_of_a_graphic_is_a_replay() -> None:
    shots = [
        shot(0, 1, start_s=0, end_s=30, closes=True),
        shot(1, 2, start_s=30, end_s=36),
        shot(2, 3, start_s=36, end_s=41, closes=True),
        shot(3, 4, start_s=41, end_s=60),
        shot(4, 5, start_s=60, end_s=80),
    ]
    assert find_replays(shots) == [False, True, True, False, False]


@pytest.mark.parametrize("returns", [False, True])
def test_plain_cuts_are_no_replays(returns: bool) -> None:
    """Neither is a close-up between two pictures of one camera that stands still."""
    seeds = [1, 2, 1, 3, 1] if returns else [1, 2, 3, 4, 5]
    shots = [shot(n, seed, start_s=10 * n, end_s=10 * n + 10) for n, seed in enumerate(seeds)]
    assert find_replays(shots) == [False] * 5


def test_a_graphic_that_comes_again_only_much_later_opens_nothing() -> None:
    shots = [
        shot(0, 1, start_s=0, end_s=30, closes=True),
        shot(1, 2, start_s=30, end_s=200, closes=True),
        shot(2, 3, start_s=200, end_s=230),
    ]
    assert find_replays(shots) == [False] * 3


def test_two_replays_each_have_their_own_graphics() -> None:
    shots = [
        shot(0, 1, start_s=0, end_s=20, closes=True),
        shot(1, 2, start_s=20, end_s=28, closes=True),
        shot(2, 3, start_s=28, end_s=50, closes=True),
        shot(3, 4, start_s=50, end_s=58, closes=True),
        shot(4, 5, start_s=58, end_s=90),
    ]
    assert find_replays(shots) == [False, True, False, True, False]


def with_people(shots: list[ShotEdges], count: int) -> list[ShotEdges]:
    counts = np.full(EDGE, count, np.int64)
    return [replace(one, first_people=counts, last_people=counts) for one in shots]


def test_frames_that_show_people_are_no_graphic() -> None:
    """A camera that swings alike after two restarts shows frames that recur, too, but with everybody in them."""
    shots = [
        shot(0, 1, start_s=0, end_s=30, closes=True),
        shot(1, 2, start_s=30, end_s=36),
        shot(2, 3, start_s=36, end_s=41, closes=True),
        shot(3, 4, start_s=41, end_s=60),
    ]
    assert find_replays(with_people(shots, 5)) == [False, True, True, False]
    assert find_replays(with_people(shots, 6)) == [False] * 4


def test_a_graphic_may_be_a_shot_of_its_own() -> None:
    """Where it fills the picture, the cut finder takes it for a shot."""
    alone = ShotEdges(20_000_000, 20_640_000, logo(), logo())
    again = ShotEdges(30_000_000, 30_640_000, logo(phase=0.3), logo(phase=0.3))
    shots = [
        shot(0, 1, start_s=0, end_s=20),
        alone,
        shot(2, 2, start_s=20.64, end_s=30),
        again,
        shot(4, 3, start_s=30.64, end_s=60),
    ]
    assert find_replays(shots)[2]
    assert not find_replays(shots)[0]
    assert not find_replays(shots)[4]


def test_few_shots_and_black_pictures_are_no_trouble() -> None:
    black = np.zeros((EDGE, *THUMB_SIZE[::-1]), np.uint8)
    assert find_replays([]) == []
    assert find_replays([ShotEdges(0, 9_000_000, black[:1], black[:1])]) == [False]
    shots = [ShotEdges(n * 5_000_000, (n + 1) * 5_000_000, black, black) for n in range(4)]
    assert find_replays(shots) == [False] * 4


def gradual(start_s: float, frames: np.ndarray) -> ShotEdges:
    return ShotEdges(round(start_s * 1e6), round(start_s * 1e6) + 400_000, frames, frames, "transition")


def seen(seed: int, *, start_s: float, end_s: float, kind: str) -> ShotEdges:
    return ShotEdges(round(start_s * 1e6), round(end_s * 1e6), scene(seed), scene(seed), kind)


def test_a_wipe_by_a_graphic_opens_replays_until_the_next_one() -> None:
    shots = [
        seen(1, start_s=0, end_s=5, kind="close-up"),
        gradual(5, logo()),
        seen(2, start_s=5.4, end_s=9, kind="close-up"),
        seen(3, start_s=9, end_s=12, kind="other"),
        gradual(12, logo()),
        seen(4, start_s=12.4, end_s=15, kind="close-up"),
    ]
    assert find_replays(shots) == [False, False, True, True, False, False]


def test_a_wipe_to_a_wide_shot_returns_to_play() -> None:
    shots = [
        seen(1, start_s=0, end_s=5, kind="close-up"),
        gradual(5, logo()),
        seen(2, start_s=5.4, end_s=9, kind="wide"),
        seen(3, start_s=9, end_s=12, kind="close-up"),
    ]
    assert find_replays(shots) == [False] * 4


def test_a_dissolve_opens_no_replay() -> None:
    mixed = np.stack([(scene(1)[0] * (1 - s) + scene(2)[0] * s).astype(np.uint8) for s in (0.25, 0.5, 0.75)])
    shots = [
        seen(1, start_s=0, end_s=5, kind="close-up"),
        gradual(5, mixed),
        seen(2, start_s=5.4, end_s=9, kind="close-up"),
    ]
    assert find_replays(shots) == [False] * 3
