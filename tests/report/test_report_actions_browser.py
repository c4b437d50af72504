"""What everyone does in the report, in a real browser: legend, stripes, hints."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_report_browser import CHROMIUM, EVIL, make_report, make_video
from test_report_people_browser import People, a_match, near

from touchline.core.actions import Action, Actions

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (Debian: apt install chromium)"),
]
S = 1_000_000
GREEN, PINK = (63, 191, 134), (194, 65, 124)

DOINGS = Actions(
    (
        Action(1, "standing", 0, S, 1.0, "movement"),
        Action(1, "walking", S, 3 * S, 0.9, "movement"),
        Action(1, "on-the-ball", S, 2 * S, 0.7, "ball"),
        Action(1, EVIL, 2 * S, 3 * S, 0.615, "some-net"),
    ),
    recogniser="some-net",
)


@pytest.fixture
def watched(browser: Any, tmp_path: Path) -> Iterator[People]:
    path = make_report(tmp_path, video=make_video(tmp_path / "match.mp4"), tracks=a_match(), actions=DOINGS)
    watched = People(browser, path)
    watched.ready()
    watched.page.wait_for_selector("#squad:visible")
    yield watched
    watched.page.close()


def test_the_legend_names_what_occurs_and_nothing_else(watched: People) -> None:
    entries = watched.page.locator(".doing-legend span").all_inner_texts()
    assert entries == ["walking", "on the ball", "recognised action"]


def test_hints_say_what_someone_does(watched: People) -> None:
    watched.page.click(".track-lane[data-group='Team A'] .lane-toggle")
    plot = watched.page.locator(".track-lane[data-group='Team A'] .plot")
    width = plot.bounding_box()["width"]
    for time_s, told in ((0.5, "standing"), (1.5, "walking, on the ball"), (2.5, f"{EVIL} 62 %, walking")):
        plot.hover(position={"x": width * time_s / 6, "y": 9})
        assert told in watched.page.locator("#tip").text_content()
    assert watched.page.locator("img").count() == 0
    assert watched.complaints == []


def test_stripes_on_the_bar_of_a_player(watched: People) -> None:
    watched.page.click(".track-lane[data-group='Team A'] .lane-toggle")
    canvas = watched.page.locator(".track-lane[data-group='Team A'] canvas")
    read = """(c, [share, y]) => { const k = c.width / c.clientWidth;
        return [...c.getContext('2d').getImageData(Math.round(share * c.width), Math.round(y * k), 1, 1).data]; }"""
    foot, head = 3 + 13 - 2, 4
    assert near(tuple(canvas.evaluate(read, [1.5 / 6, foot])), GREEN)
    assert not near(tuple(canvas.evaluate(read, [0.5 / 6, foot])), GREEN)
    assert near(tuple(canvas.evaluate(read, [2.5 / 6, head])), PINK)
