"""The coach's page in a real browser: the pose turns, nothing is asked of a network, it fits a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_keeper_report import KNOWN, MODEL, moments
from test_report_browser import CHROMIUM, PHONE, Watched

from touchline.core.shots import Shot
from touchline.report.keepers.page import write_keeper_pages

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (Debian: apt install chromium)"),
]


@pytest.fixture(scope="module")
def page_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keepers")
    shot = Shot(110, 44, id="7", keeper="Ada", keeper_yd=(117, 41), outcome="Saved")
    write_keeper_pages(folder, moments(["7.png"], [shot]), model=MODEL, techniques=KNOWN, source="made")
    return folder / "ada.html"


@pytest.fixture
def watched(browser: Any, page_path: Path) -> Iterator[Watched]:
    watched = Watched(browser, page_path)
    yield watched
    watched.page.close()


def ends(watched: Watched) -> list[str]:
    return watched.page.locator("svg.spin line").evaluate_all("lines => lines.map((l) => l.getAttribute('x1'))")


def test_the_pose_turns_when_dragged_and_by_keys(watched: Watched) -> None:
    before = ends(watched)
    box = watched.page.locator("svg.spin").bounding_box()
    watched.page.mouse.move(box["x"] + 75, box["y"] + 75)
    watched.page.mouse.down()
    watched.page.mouse.move(box["x"] + 135, box["y"] + 75)
    watched.page.mouse.up()
    dragged = ends(watched)
    assert dragged != before
    watched.page.mouse.move(box["x"] + 20, box["y"] + 75)
    assert ends(watched) == dragged
    watched.page.locator("svg.spin").focus()
    watched.press("ArrowLeft")
    assert ends(watched) != dragged


def test_nothing_is_asked_of_a_network_and_nothing_complains(watched: Watched) -> None:
    assert watched.page.locator(".views img").evaluate("image => image.naturalWidth") == 200
    assert watched.complaints == []
    assert [url for url in watched.requests if not url.startswith(("file:", "data:"))] == []


def test_the_index_leads_to_the_keeper(browser: Any, page_path: Path) -> None:
    watched = Watched(browser, page_path.with_name("index.html"))
    watched.page.click("a >> text=Ada")
    assert watched.page.inner_text("h1") == "Ada"
    watched.page.close()


def test_it_fits_a_phone(browser: Any, page_path: Path) -> None:
    watched = Watched(browser, page_path, viewport=PHONE, dark=True)
    wide = watched.page.evaluate("document.documentElement.scrollWidth")
    watched.page.close()
    assert wide <= PHONE["width"]
