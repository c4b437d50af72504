"""People in the report, in a real browser: boxes over the video, radar, lanes, table, heat map."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_report_browser import CHROMIUM, EVIL, PHONE, WIDE, Watched, make_report, make_video

from touchline.core.tracks import Shot, Track, Tracks

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (Debian: apt install chromium)"),
]
S = 1_000_000
BLUE, ORANGE = (47, 128, 255), (255, 112, 32)


def stroll(
    track_id: int, *, x: float, start_s: float = 0, end_s: float = 6, places: bool = True, **facts: Any
) -> Track:
    """Someone 16 px wide and 40 tall who walks 5 px and 2 m to the right each second, at 25 boxes a second."""
    times_us = np.arange(round(start_s * 25), round(end_s * 25), dtype=np.int64) * 40_000
    left = x + 5 * times_us / S
    boxes = np.stack([left, np.full_like(left, 30), left + 16, np.full_like(left, 70)], axis=1).astype(np.float32)
    at_m = np.stack([2 * times_us / S - 6, np.full(len(left), x / 4 - 10)], axis=1).astype(np.float32)
    rows = {"times_us": times_us, "frames": times_us // 40_000, "boxes_xyxy": boxes}
    rows |= {"confidence": np.ones(len(left), np.float32), "observed": np.ones(len(left), bool)}
    return Track(track_id, facts.pop("label", "player"), **{**rows, "positions_m": at_m if places else None, **facts})


def a_match(*, places: bool = True) -> Tracks:
    """Two players and a ball; the second player comes at 3 s, after the cut."""
    shots = (Shot(0, 0, 3 * S, "wide", 1.0), Shot(1, 3 * S, 6 * S, "close-up"))
    first = stroll(1, x=20, team="A", team_confidence=1.0, places=places)
    second = stroll(2, x=80, start_s=3, team="B", name=EVIL, shot=1, places=places)
    ball = stroll(3, x=120, label="ball", boxes_xyxy=np.tile(np.float32([120, 60, 124, 64]), (150, 1)), places=places)
    return Tracks((first, second, ball), shots, 160, 90)


class People(Watched):
    """A report with tracks."""

    def pixel(self, canvas: str, x: float, y: float) -> tuple[int, ...]:
        """Colour and opacity on a canvas at CSS pixels from its left top corner."""
        code = """([id, x, y]) => { const c = document.getElementById(id), k = c.width / c.clientWidth;
            return [...c.getContext('2d').getImageData(Math.round(x * k), Math.round(y * k), 1, 1).data]; }"""
        return tuple(self.page.evaluate(code, [canvas, x, y]))

    def on_screen(self, x: float, y: float) -> tuple[float, float]:
        """CSS pixels on the screen of a place in the picture."""
        video = self.page.eval_on_selector(
            "#video", "v => [v.offsetLeft, v.offsetTop, v.clientWidth, v.clientHeight, v.videoWidth, v.videoHeight]"
        )
        left, top, width, height, across, down = video
        scale = min(width / across, height / down)
        return left + (width - scale * across) / 2 + x * scale, top + (height - scale * down) / 2 + y * scale

    def edge(self, x: float, y: float) -> tuple[int, ...]:
        """The strongest colour within two pixels of a place in the picture."""
        at_x, at_y = self.on_screen(x, y)
        return max((self.pixel("people", at_x + d, at_y) for d in (-2, -1, 0, 1, 2)), key=lambda rgba: rgba[3])

    def go(self, seconds: float) -> None:
        box = self.page.locator("#axis").bounding_box()
        self.page.mouse.click(box["x"] + box["width"] * seconds / 6, box["y"] + 10)
        self.until("video => !video.seeking")
        self.page.wait_for_timeout(100)


def near(colour: tuple[int, ...], wanted: tuple[int, int, int]) -> bool:
    return colour[3] > 100 and max(abs(a - b) for a, b in zip(colour[:3], wanted, strict=False)) < 40


@pytest.fixture(scope="module")
def report_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("people")
    return make_report(folder, video=make_video(folder / "match.mp4"), tracks=a_match(), track_notes=[EVIL])


@pytest.fixture
def watched(browser: Any, report_path: Path) -> Iterator[People]:
    watched = People(browser, report_path)
    watched.ready()
    watched.page.wait_for_selector("#squad:visible")
    yield watched
    watched.page.close()


def test_boxes_follow_the_time(watched: People) -> None:
    assert near(watched.edge(20, 50), BLUE)
    assert watched.edge(28, 50)[3] == 0  # inside the box there is nothing
    watched.go(4.0)
    assert near(watched.edge(40, 50), BLUE)
    assert near(watched.edge(100, 50), ORANGE)
    assert watched.edge(20, 50)[3] == 0


def test_boxes_keep_up_while_playing(watched: People) -> None:
    watched.press("l")
    watched.until("video => video.currentTime > 1.5")
    watched.press("k")
    watched.page.wait_for_timeout(300)
    frame = int(watched.text("#clock").rsplit(" ", 1)[1])
    assert near(watched.edge(20 + 5 * frame / 25, 50), BLUE)


def test_keys_switch_boxes_and_radar(watched: People) -> None:
    assert watched.page.is_visible("#radar")
    watched.press("r")
    assert not watched.page.is_visible("#radar")
    watched.press("b")
    assert watched.edge(20, 50)[3] == 0
    assert watched.page.get_attribute("#show-boxes", "aria-pressed") == "false"
    watched.page.click("#show-boxes")
    assert near(watched.edge(20, 50), BLUE)
    watched.press("i", "r")
    assert watched.page.get_attribute("#show-ids", "aria-pressed") == "false"
    assert watched.page.is_visible("#radar")


def test_a_click_on_a_player_picks_him_out(watched: People) -> None:
    screen = watched.page.locator("#screen").bounding_box()
    x, y = watched.on_screen(28, 50)
    watched.page.mouse.click(screen["x"] + x, screen["y"] + y)
    assert watched.page.locator("#squad-rows tr[aria-current]").count() == 1
    assert watched.page.get_attribute("#squad-rows tr[aria-current]", "data-id") == "1"
    assert watched.page.eval_on_selector("#video", "video => video.paused")
    assert watched.page.eval_on_selector("#heat-of", "s => s.selectedOptions[0].textContent") == "Player 1"
    assert watched.edge(28, 50)[3] > 30  # filled now
    watched.page.mouse.click(screen["x"] + x, screen["y"] + y)
    assert watched.page.locator("#squad-rows tr[aria-current]").count() == 0
    x, y = watched.on_screen(140, 15)
    watched.page.mouse.click(screen["x"] + x, screen["y"] + y)  # on nobody: plays, as ever
    watched.until("video => !video.paused")


def test_table_sorts_and_leads_to_the_player(watched: People) -> None:
    names = watched.page.locator("#squad-rows .cell-name")
    assert names.all_inner_texts() == ["1", EVIL]
    watched.page.click("#squad-head button >> text=Seen")
    assert names.all_inner_texts() == [EVIL, "1"]
    assert watched.page.get_attribute("#squad-head th[data-key=seen]", "aria-sort") == "ascending"
    watched.page.locator("#squad-rows tr").first.click()
    assert watched.time() == pytest.approx(3.0, abs=0.01)
    assert "6 m" in watched.text("#squad-rows tr >> nth=0")
    assert "7.2 km/h" in watched.text("#squad-rows tr >> nth=0")
    assert watched.text("#squad-count") == "2"


def test_lanes_unfold_into_one_row_a_player(watched: People) -> None:
    lanes = watched.page.locator(".track-lane")
    assert [lane.get_attribute("data-group") for lane in lanes.all()] == ["Shots", "Team A", "Team B", "Ball"]
    assert watched.text(".track-lane[data-group='Team B'] .lane-count >> nth=0") == "0 now"
    watched.go(4.0)
    assert watched.text(".track-lane[data-group='Team B'] .lane-count >> nth=0") == "1 now"
    watched.page.click(".track-lane[data-group='Team A'] .lane-toggle")
    plot = watched.page.locator(".track-lane[data-group='Team A'] .plot").bounding_box()
    watched.page.mouse.click(plot["x"] + plot["width"] / 3, plot["y"] + 10)
    assert watched.page.get_attribute("#squad-rows tr[aria-current]", "data-id") == "1"
    assert watched.time() == pytest.approx(2.0, abs=0.03)


def test_hovering_a_lane_tells_what_is_there(watched: People) -> None:
    for lane, told in (("Shots", "Shot 2: close-up"), ("Team B", "Team B: 1 tracked")):
        plot = watched.page.locator(f".track-lane[data-group='{lane}'] .plot")
        plot.hover(position={"x": plot.bounding_box()["width"] * 0.75, "y": 10})
        assert told in watched.text("#tip")


def test_heat_map_of_the_part_in_view(watched: People) -> None:
    assert watched.text("#heat-sum") == "0:06 of movement"
    watched.page.select_option("#heat-of", "B")
    assert watched.text("#heat-sum") == "0:03 of movement"
    watched.page.check("#heat-view")
    for _ in range(12):
        watched.page.click("#zoom-in")
    assert watched.text("#heat-sum") == "No positions here"


def test_hostile_names_are_text(watched: People) -> None:
    watched.go(4.0)
    watched.page.locator("#squad-rows tr").nth(1).click()
    assert watched.page.title() == EVIL  # the report's own title, set by nothing else
    assert watched.text("#squad-notes li") == EVIL
    assert watched.page.locator("img").count() == 0
    assert watched.complaints == []
    assert {url.rsplit("/", 1)[1] for url in watched.requests if not url.startswith("data:")} == {
        "report.html",
        "match.mp4",
    }


@pytest.mark.parametrize("viewport", [PHONE, WIDE])
def test_people_fit_the_window(browser: Any, report_path: Path, viewport: dict[str, int]) -> None:
    watched = People(browser, report_path, viewport=viewport, dark=viewport is PHONE)
    watched.ready()
    watched.page.wait_for_selector("#squad:visible")
    assert watched.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert watched.complaints == []
    watched.page.close()


def test_without_a_pitch_there_is_no_radar_and_it_is_said(browser: Any, tmp_path: Path) -> None:
    path = make_report(tmp_path, video=make_video(tmp_path / "match.mp4"), tracks=a_match(places=False))
    watched = People(browser, path)
    watched.ready()
    watched.page.wait_for_selector("#no-pitch:visible")
    assert not watched.page.is_visible("#radar")
    assert not watched.page.is_visible("#heat")
    assert not watched.page.is_visible("#show-radar")
    assert "Distance" not in watched.text("#squad-head")
    assert near(watched.edge(20, 50), BLUE)
    watched.page.close()


def test_nobody_followed(browser: Any, tmp_path: Path) -> None:
    nobody = Tracks((), (Shot(0, 0, 6 * S),), 160, 90)
    path = make_report(
        tmp_path, video=make_video(tmp_path / "m.mp4"), tracks=nobody, track_notes=["no people were found"]
    )
    watched = People(browser, path)
    watched.ready()
    watched.page.wait_for_selector("#squad:visible")
    assert "no people were found" in watched.text("#squad")
    assert watched.complaints == []
    watched.page.close()


def test_video_that_cannot_be_played_keeps_table_and_lanes(browser: Any, tmp_path: Path) -> None:
    watched = People(browser, make_report(tmp_path, video=tmp_path / "gone.mp4", tracks=a_match()))
    watched.page.wait_for_selector("#trouble:visible")
    watched.page.wait_for_selector("#squad:visible")
    watched.page.locator("#squad-rows tr").nth(1).click()
    assert watched.text("#clock").startswith("0:03.000")
    assert not watched.page.is_visible("#radar")
    watched.page.close()


def test_thousands_of_tracks(browser: Any, tmp_path: Path) -> None:
    tracks = tuple(stroll(i + 1, x=i % 100, start_s=i % 5, end_s=i % 5 + 1, team="AB"[i % 2]) for i in range(2_000))
    path = make_report(
        tmp_path, video=make_video(tmp_path / "m.mp4"), tracks=Tracks(tracks, (Shot(0, 0, 6 * S),), 160, 90)
    )
    watched = People(browser, path)
    watched.ready()
    watched.page.wait_for_selector("#squad:visible")
    assert watched.page.locator("#squad-rows tr").count() == 300
    assert watched.text("#squad-more") == "Showing the first 300 of 2,000 in this order."
    assert watched.complaints == []
    watched.page.close()


def test_an_old_browser_is_told(browser: Any, report_path: Path) -> None:
    context = browser.new_context()
    context.add_init_script("delete window.DecompressionStream")
    page = context.new_page()
    page.goto(report_path.as_uri())
    page.wait_for_selector("#old-browser:visible")
    assert not page.is_visible("#squad")
    assert page.locator(".event").count() > 0
    context.close()
