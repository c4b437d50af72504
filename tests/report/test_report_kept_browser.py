"""What the report keeps, in a real browser: thresholds, the radar's place; and a video that was moved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_report_browser import CHROMIUM, PHONE, Watched, make_report, make_video
from test_report_people_browser import a_match

from touchline.core.events import Event, Timeline

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (Debian: apt install chromium)"),
]


@pytest.fixture(scope="module")
def report_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept")
    return make_report(folder, video=make_video(folder / "clip.mp4"), tracks=a_match())


@pytest.fixture
def watched(browser: Any, report_path: Path) -> Iterator[Watched]:
    watched = Watched(browser, report_path).ready()
    yield watched
    watched.page.evaluate("localStorage.clear()")
    watched.page.close()


def again(watched: Watched) -> Watched:
    watched.page.reload()
    return watched.ready()


def test_thresholds_survive_a_reload_and_can_be_reset(watched: Watched) -> None:
    assert not watched.page.is_visible("#changed")
    watched.slide(0, 0.25)
    watched.slide(1, 0.9)
    again(watched)
    assert watched.counts()[:2] == ["3 of 3", "0 of 1"]
    assert watched.text(".lane-value >> nth=0") == "≥ 0.25"
    assert watched.text("#changed-count") == "2 thresholds changed"
    watched.page.click("[data-label=PASS] .lane-reset")
    assert watched.counts()[:2] == ["2 of 3", "0 of 1"]
    assert watched.text("#changed-count") == "1 threshold changed"
    assert not watched.page.is_visible("[data-label=PASS] .lane-reset")
    watched.page.click("#reset-all")
    assert watched.counts()[:2] == ["2 of 3", "1 of 1"]
    assert not watched.page.is_visible("#changed")
    assert again(watched).counts()[:2] == ["2 of 3", "1 of 1"]


def test_thresholds_belong_to_these_events(watched: Watched, report_path: Path, tmp_path: Path) -> None:
    watched.slide(0, 0.25)
    one_more = Timeline((Event("PASS", 1_000_000, confidence=0.9), Event("PASS", 2_000_000, confidence=0.6)))
    other = make_report(tmp_path, video=make_video(tmp_path / "clip.mp4"), timeline=one_more)
    watched.page.goto(other.as_uri())
    assert watched.ready().text(".lane-value >> nth=0") == "≥ 0.50"
    watched.page.goto(report_path.as_uri())
    assert watched.ready().text(".lane-value >> nth=0") == "≥ 0.25"


def test_the_radar_can_be_moved_and_hidden_for_good(watched: Watched) -> None:
    box = watched.page.locator("#radar-box").bounding_box()
    watched.page.mouse.move(box["x"] + 30, box["y"] + 30)
    watched.page.mouse.down()
    watched.page.mouse.move(box["x"] - 170, box["y"] + 130, steps=5)
    watched.page.mouse.up()
    moved = watched.page.locator("#radar-box").bounding_box()
    assert (moved["x"] - box["x"], moved["y"] - box["y"]) == (pytest.approx(-200, abs=2), pytest.approx(100, abs=2))
    assert watched.page.eval_on_selector("#video", "video => video.paused")
    again(watched)
    assert watched.page.locator("#radar-box").bounding_box() == moved
    watched.page.hover("#radar-box")
    watched.page.click("#radar-hide")
    assert not watched.page.is_visible("#radar")
    again(watched)
    assert not watched.page.is_visible("#radar")
    assert watched.page.get_attribute("#show-radar", "aria-pressed") == "false"
    watched.press("r")
    assert watched.page.is_visible("#radar")


def test_the_radar_moves_by_arrow_keys_and_stays_in_the_picture(watched: Watched) -> None:
    watched.page.focus("#radar-box")
    before = watched.page.locator("#radar-box").bounding_box()
    watched.press("ArrowLeft", "ArrowDown")
    after = watched.page.locator("#radar-box").bounding_box()
    assert after["x"] < before["x"] and after["y"] > before["y"]
    assert watched.time() == 0
    for _ in range(40):
        watched.press("ArrowLeft")
    assert watched.page.locator("#radar-box").bounding_box()["x"] == watched.page.locator("#screen").bounding_box()["x"]


def test_a_moved_video_can_be_found(browser: Any, tmp_path: Path) -> None:
    video = make_video(tmp_path / "clip.mp4")
    path = make_report(tmp_path, video=video)
    elsewhere = tmp_path / "videos" / "renamed.mp4"
    elsewhere.parent.mkdir()
    video.rename(elsewhere)
    watched = Watched(browser, path)
    watched.page.wait_for_selector("#trouble:visible")
    watched.press("n", "n")  # the timeline goes on without the video
    watched.page.set_input_files("#find-video", elsewhere)
    watched.ready()
    assert not watched.page.is_visible("#trouble")
    assert watched.time() == pytest.approx(2.0, abs=0.002)
    watched.clock("frame 50")
    watched.press("ArrowRight")
    watched.clock("frame 51")
    assert not watched.page.is_visible("#other-video")
    watched.page.close()


def test_a_found_video_that_is_another_one(browser: Any, tmp_path: Path) -> None:
    path = make_report(tmp_path, video=tmp_path / "clip.mp4")
    watched = Watched(browser, path)
    watched.page.wait_for_selector("#trouble:visible")
    (tmp_path / "notes.txt").write_text("no video")
    watched.page.set_input_files("#find-video", tmp_path / "notes.txt")
    watched.page.wait_for_selector(".verdict:not(:empty)")
    assert watched.text(".verdict") == "This browser cannot play that file either."
    watched.page.set_input_files("#find-video", make_video(tmp_path / "short.mp4", seconds=3))
    watched.ready()
    assert watched.text("#other-video") == "This file lasts 0:03, the analysed video 0:06: it may be another one."
    watched.page.close()


@pytest.mark.parametrize("viewport", [PHONE, {"width": 820, "height": 1180}])
def test_in_one_column_the_events_come_before_the_timeline(
    browser: Any, report_path: Path, viewport: dict[str, int]
) -> None:
    watched = Watched(browser, report_path, viewport=viewport).ready()
    tops = [watched.page.locator(f"section.{name}").bounding_box()["y"] for name in ("stage", "events", "timeline")]
    assert tops == sorted(tops)
    watched.page.close()
