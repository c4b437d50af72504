"""Finding and following a score board, with a reader that knows what stands in boxes of each colour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import pytest

from touchline.core.board.values import MatchClock
from touchline.tracking.board.lines import StillLines
from touchline.tracking.board.ppocr import INSTALL, PPOCRReader, model_file
from touchline.tracking.board.reading import SAMPLE_FPS, SHORT_FPS, BoardReader, sample_fps

WIDTH, HEIGHT = 640, 360
CELLS = {"home": (60, 0, 200, 0), "score": (120, 0, 0, 200), "away": (180, 200, 200, 0), "clock": (250, 200, 0, 0)}
"""Left edge, and the colour: by it the made reader knows the cell."""


class MadeReader:
    """Reads nothing but the cells of the made board, by their colours."""

    name, sha256 = "made", ""

    def __init__(self) -> None:
        self.words: dict[str, str] = {}

    def read(self, lines: Sequence[np.ndarray]) -> list[tuple[str, float]]:
        return [(" ".join(self._cells(line)), 0.9) for line in lines]

    def _cells(self, line: np.ndarray) -> list[str]:
        found = []
        for name, (_, *colour) in CELLS.items():
            inside = np.abs(line.astype(int) - colour).sum(axis=2) < 60
            if name in self.words and inside.mean() > 0.08:
                found.append(self.words[name])
        return found


def background(number: int) -> np.ndarray:
    """A scene that moves: noise of some pixels' size, another one on each picture."""
    noise = np.random.default_rng(number).integers(60, 180, (HEIGHT // 8, WIDTH // 8, 3), dtype=np.uint8)
    return cv2.resize(noise, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)


def with_board(picture: np.ndarray, words: dict[str, str]) -> np.ndarray:
    for name, text in words.items():
        left, *colour = CELLS[name]
        cv2.rectangle(picture, (left, 20), (left + 55, 40), tuple(colour), -1)
        cv2.putText(picture, text, (left + 4, 36), cv2.FONT_HERSHEY_DUPLEX, 0.5, (255, 255, 255), 1, cv2.LINE_AA)
    return picture


def watched(shown: Iterator[tuple[int, np.ndarray, dict[str, str]]], *, seconds: float) -> MatchClock:
    reader = MadeReader()
    board = BoardReader(reader)
    for time_us, picture, words in shown:
        reader.words = words
        board.see(time_us, cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), picture)
    return board.finish(duration_us=round(seconds * 1e6))


def match(seconds: int) -> Iterator[tuple[int, np.ndarray, dict[str, str]]]:
    """A board from 10:00 on, gone from 40 to 55 s, with a goal at 60 s."""
    for number in range(int(seconds * SAMPLE_FPS)):
        time_s = number / SAMPLE_FPS
        minutes, rest = divmod(600 + int(time_s), 60)
        words = {
            "home": "AJX",
            "score": "1-0" if time_s >= 60 else "0-0",
            "away": "PSG",
            "clock": f"{minutes:02d}:{rest:02d}",
        }
        words = {} if 40 <= time_s < 55 else words
        yield round(time_s * 1e6), with_board(background(number), words), words


def test_clock_score_and_names_are_found_and_followed() -> None:
    clock = watched(match(120), seconds=120)
    assert [span.period for span in clock.spans] == [1]
    assert clock.spans[0].at(50_000_000).clock_us / 1e6 == pytest.approx(650, abs=0.5)
    assert [score.text for score in clock.scores] == ["0-0", "1-0"]
    assert clock.scores[1].start_us / 1e6 == pytest.approx(60, abs=11)
    assert clock.home is not None and clock.away is not None
    assert (clock.home.name, clock.away.name) == ("AJX", "PSG")
    assert clock.place is not None
    assert clock.place.x0 * WIDTH == pytest.approx(250, abs=12)


def test_a_video_without_a_board_has_no_clock() -> None:
    plain = ((round(i / SAMPLE_FPS * 1e6), background(i), {"clock": "12:34"}) for i in range(40))
    clock = watched(plain, seconds=40)
    assert not clock.found and clock.at(0) is None
    assert "not known" in clock.remarks[0]


def test_a_time_of_day_that_stands_still_is_no_clock() -> None:
    words = {"home": "TODAY", "clock": "20:45"}
    shown = ((round(i / SAMPLE_FPS * 1e6), with_board(background(i), words), words) for i in range(60))
    assert not watched(shown, seconds=60).found


def test_lines_are_found_where_they_stand_still() -> None:
    lines = StillLines()
    for number in range(4):
        assert lines.find() == []
        shown = with_board(background(number), {"home": "AJX", "clock": "10:00"})
        lines.see(cv2.cvtColor(shown, cv2.COLOR_RGB2GRAY))
    found = lines.find()
    assert any(abs(box.x0 - 250) < 10 and abs(box.y0 - 22) < 6 for box in found)
    assert all(box.y1 < 60 for box in found)


def test_more_pictures_of_a_short_video_are_read() -> None:
    assert sample_fps(5_000_000) == SHORT_FPS
    assert sample_fps(3_600_000_000) == SAMPLE_FPS


@pytest.mark.skipif(model_file() is None, reason=f"the reader of text is not installed: {INSTALL}")
def test_the_real_reader_reads_a_drawn_clock() -> None:
    line = np.full((40, 130, 3), 20, np.uint8)
    cv2.putText(line, "12:34", (8, 30), cv2.FONT_HERSHEY_DUPLEX, 1.0, (255, 255, 255), 2, cv2.LINE_AA)
    (text, confidence), (nothing, _) = PPOCRReader().read([line, np.full((40, 130, 3), 20, np.uint8)])
    assert text == "12:34" and confidence > 0.8
    assert nothing == ""
