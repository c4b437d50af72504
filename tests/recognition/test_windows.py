"""Windows along a track: where they start, and which speaks for a picture."""

from __future__ import annotations

import pytest

from touchline.recognition.windows import window_count, window_of_picture, window_starts


@pytest.mark.parametrize(
    ("pictures", "starts"), [(40, [0, 8, 16, 24, 32]), (5, [0]), (8, [0]), (16, [0, 8]), (17, [0, 8]), (1, [0])]
)
def test_starts_are_the_references(pictures: int, starts: list[int]) -> None:
    assert window_starts(pictures).tolist() == starts


def test_a_hundred_pictures_make_twelve_windows() -> None:
    assert window_count(100) == 12


def test_pictures_are_spoken_for_by_the_window_that_started_last() -> None:
    assert [window_of_picture(f, windows=5) for f in (0, 7, 8, 39, 47)] == [0, 0, 1, 4, 4]


def test_no_pictures_are_refused() -> None:
    with pytest.raises(ValueError, match="pictures=0"):
        window_starts(0)
