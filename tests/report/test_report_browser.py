"""The report in a real browser: jumping, sliders, keys, downloads, and that it keeps to itself."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from reportbundle import write_bundle_report
from touchline.core.events import Coverage, Event, Gap, Scores, Timeline, VideoInfo

CHROMIUM = shutil.which("chromium")
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (Debian: apt install chromium)"),
]

FPS = 25
EVIL = "<script>document.title='harmed'</script><img src=x onerror=\"document.title='harmed'\">"
WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 400, "height": 800}


def make_video(path: Path, *, seconds: int = 6, video_starts_s: float = 0.0, codec: str = "libx264") -> Path:
    """A small clip that brightens, with a silent sound track from time 0 when the picture starts later."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        stream.time_base = Fraction(1, FPS)
        if video_starts_s:
            sound: Any = container.add_stream("aac", rate=16_000)
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 16_000 * seconds), np.float32), "fltp", "mono")
            silence.sample_rate, silence.pts, silence.time_base = 16_000, 0, Fraction(1, 16_000)
            container.mux(sound.encode(silence))
            container.mux(sound.encode(None))
        for index in range(seconds * FPS):
            picture = np.full((90, 160, 3), index, np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, "rgb24")
            frame.pts, frame.time_base = index + round(video_starts_s * FPS), Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def make_report(folder: Path, *, video: Path, **changes: Any) -> Path:
    """PASS at 1, 2 and 5 s (0.9, 0.6, 0.3), DRIVE at 3 s (0.8), a hostile label at 4 s (0.7); all thresholds 0.5."""
    labels = ("PASS", "DRIVE", EVIL)
    times_us = np.arange(6 * FPS, dtype=np.int64) * 40_000
    facts = [(0, 1.0, 0.9), (0, 2.0, 0.6), (0, 5.0, 0.3), (1, 3.0, 0.8), (2, 4.0, 0.7)]
    values = np.zeros((len(times_us), 3), np.float32)
    for lane, time_s, confidence in facts:
        values[:, lane] += confidence * np.exp(-0.5 * ((times_us / 1e6 - time_s) / 0.1) ** 2)
    events = [Event(labels[i], int(t * 1e6), confidence=c, team="=1+1" if i == 0 else None) for i, t, c in facts]
    arguments: dict[str, Any] = {
        "info": VideoInfo(video, 160, 90, float(FPS), 6_000_000, codec="h264"),
        "timeline": Timeline(tuple(event for event in events if event.confidence >= 0.5)),
        "candidates": Timeline(tuple(events)),
        "scores": Scores(np.clip(values, 0, 1), times_us, labels),
        "coverage": Coverage(6_000_000, 150, 2, (Gap(4_400_000, 4_700_000, EVIL),)),
        "thresholds": dict.fromkeys(labels, 0.5),
        "title": EVIL,
    }
    return write_bundle_report(folder, **{**arguments, **changes})


@pytest.fixture(scope="module")
def report_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("a report #1 100%")
    return make_report(folder, video=make_video(folder / "my match #2?.mp4"))


class Watched:
    """A page together with its complaints and its requests."""

    def __init__(self, browser: Any, path: Path, *, viewport: dict[str, int] = WIDE, dark: bool = False) -> None:
        self.page = browser.new_page(viewport=viewport, color_scheme="dark" if dark else "light")
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())

    def ready(self) -> Watched:
        self.until("video => video.readyState >= 2 && !video.seeking")
        return self

    def until(self, condition: str) -> None:
        """Wait for a condition on the video element."""
        for _ in range(1600):
            if self.page.eval_on_selector("#video", condition):
                return
            self.page.wait_for_timeout(25)
        state = self.page.eval_on_selector("#video", "v => [v.currentTime, v.readyState, v.paused, v.playbackRate]")
        pytest.fail(f"{condition} did not come about; currentTime, readyState, paused, rate: {state}")

    def clock(self, ending: str) -> None:
        """Wait for what the clock under the video shows."""
        for _ in range(200):
            if self.text("#clock").endswith(ending):
                return
            self.page.wait_for_timeout(25)
        pytest.fail(f"the clock shows {self.text('#clock')!r} and not {ending!r}")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def time(self) -> float:
        """Where the video stands once it has got there."""
        self.until("video => !video.seeking")
        return float(self.page.eval_on_selector("#video", "video => video.currentTime"))

    def text(self, selector: str) -> str:
        return str(self.page.inner_text(selector))

    def rows(self) -> list[str]:
        return list(self.page.locator(".event-time").all_inner_texts())

    def counts(self) -> list[str]:
        self.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return list(self.page.locator(".lane-count").all_inner_texts())

    def slide(self, lane: int, value: float) -> None:
        slider = self.page.locator(".lane-slider").nth(lane)
        slider.evaluate("(s, v) => { s.value = v; s.dispatchEvent(new Event('input', {bubbles: true})); }", value)


@pytest.fixture
def watched(browser: Any, report_path: Path) -> Iterator[Watched]:
    watched = Watched(browser, report_path).ready()
    yield watched
    watched.page.close()


def test_click_on_an_event_jumps_there(watched: Watched) -> None:
    assert watched.rows() == ["0:01.00", "0:02.00", "0:03.00", "0:04.00"]
    watched.page.locator(".event").nth(2).click()
    assert watched.time() == pytest.approx(3.0, abs=0.002)
    assert watched.page.get_attribute(".event >> nth=2", "aria-current") == "true"
    assert watched.page.locator(".event[aria-current]").count() == 1
    watched.clock("0:03.000 · frame 75")


def test_click_on_a_marker_and_on_the_lane(watched: Watched) -> None:
    box = watched.page.locator(".lane[data-label=PASS] .plot").bounding_box()
    middle = box["y"] + box["height"] / 2
    watched.page.mouse.click(box["x"] + box["width"] * 2.0 / 6 + 5, middle)  # near a marker: snaps to it
    assert watched.time() == pytest.approx(2.0, abs=0.002)
    watched.page.mouse.click(box["x"] + box["width"] * 3.5 / 6, middle)
    assert watched.time() == pytest.approx(3.5, abs=0.02)


def test_slider_changes_the_counts_at_once(watched: Watched) -> None:
    assert watched.counts() == ["2 of 3", "1 of 1", "1 of 1"]
    watched.slide(0, 0.25)
    assert watched.counts()[0] == "3 of 3"
    assert watched.rows()[-1] == "0:05.00"
    assert watched.text("#shown-count") == "5"
    watched.slide(0, 0.95)
    assert watched.counts()[0] == "0 of 3"
    assert watched.rows() == ["0:03.00", "0:04.00"]
    watched.slide(1, 1)
    watched.slide(2, 1)
    assert watched.page.is_visible("#list-empty")


def test_slider_by_keyboard_leaves_the_video_alone(watched: Watched) -> None:
    slider = watched.page.locator(".lane-slider").first
    slider.focus()
    watched.press("ArrowRight")
    assert float(slider.input_value()) == pytest.approx(0.51)
    assert watched.time() == 0


def test_arrows_step_frames_and_seconds(watched: Watched) -> None:
    watched.press("ArrowRight")
    assert 0.04 <= watched.time() < 0.08
    watched.clock("frame 1")
    watched.press("ArrowRight", "ArrowRight", "ArrowRight")  # faster than the seeks
    assert 0.16 <= watched.time() < 0.20
    watched.clock("frame 4")
    watched.press("ArrowLeft")
    watched.clock("0:00.120 · frame 3")
    watched.press("Shift+ArrowRight", "Shift+ArrowRight")
    assert watched.time() == pytest.approx(2.12, abs=0.02)
    watched.press("Shift+ArrowLeft")
    assert watched.time() == pytest.approx(1.12, abs=0.02)


def test_forty_steps_are_forty_frames(watched: Watched) -> None:
    for _ in range(40):
        watched.press("ArrowRight")
        watched.page.wait_for_timeout(5)
    watched.clock("0:01.600 · frame 40")


def test_keys_go_from_event_to_event(watched: Watched) -> None:
    for key, seconds in [("n", 1), ("ArrowDown", 2), ("N", 3), ("n", 4), ("n", 4), ("p", 3), ("ArrowUp", 2), ("P", 1)]:
        watched.press(key)
        assert watched.time() == pytest.approx(seconds, abs=0.002), key


def test_lead_in_plays_from_a_second_before(watched: Watched) -> None:
    watched.page.check("#lead-in")
    watched.page.locator(".event").nth(2).click()
    watched.until("video => !video.paused && video.currentTime >= 2 && video.currentTime < 3")
    assert watched.page.get_attribute(".event >> nth=2", "aria-current") == "true"
    watched.press("n")  # goes on from the event, not from the second before it
    watched.until("video => video.currentTime >= 3 && video.currentTime < 4")
    assert watched.page.get_attribute(".event >> nth=3", "aria-current") == "true"


def test_j_k_l_and_space(watched: Watched) -> None:
    watched.press("l")
    watched.until("video => !video.paused && video.playbackRate === 1")
    watched.press("l", "l")
    watched.until("video => video.playbackRate === 4")
    assert watched.text("#speed") == "4×"
    watched.press("k")
    watched.until("video => video.paused && video.playbackRate === 1")
    watched.press("Shift+ArrowRight", "Shift+ArrowRight")
    before = watched.time()
    watched.press("j")
    watched.until(f"video => video.currentTime < {before - 0.2}")
    watched.press("j")
    assert watched.text("#speed") == "−2×"
    watched.press("k")
    after = watched.time()
    watched.page.wait_for_timeout(150)
    assert watched.time() == after
    watched.press(" ")
    watched.until("video => !video.paused")
    watched.press(" ")
    watched.until("video => video.paused")


def test_space_after_a_click_on_an_event_plays(watched: Watched) -> None:
    watched.page.locator(".event").nth(1).click()
    watched.press(" ")
    watched.until("video => !video.paused && video.currentTime > 2.05")


def test_digits_and_filter_choose_classes(watched: Watched) -> None:
    watched.press("1")
    assert watched.rows() == ["0:03.00", "0:04.00"]
    watched.counts()
    assert watched.page.locator(".lane.off").count() == 1
    watched.press("1")
    watched.page.select_option("#filter", label="PASS")
    assert watched.rows() == ["0:01.00", "0:02.00"]
    watched.press("9")  # no such lane


def test_wheel_zooms_and_dragging_pans(watched: Watched) -> None:
    box = watched.page.locator(".lane[data-label=PASS] .plot").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + 30
    watched.page.mouse.move(x, y)
    watched.page.mouse.wheel(0, -231.05)  # e^(-0.003 * 200) of the span at most, around 3 s
    assert watched.counts()
    watched.page.mouse.down()
    watched.page.mouse.move(x + 60, y, steps=4)
    watched.page.mouse.up()
    assert watched.time() == 0  # panning does not jump
    span = 6 * np.exp(-0.6)
    expected = 3 - 60 / box["width"] * span
    watched.page.mouse.click(x, y)
    assert watched.time() == pytest.approx(expected, abs=0.03)
    watched.page.click("#zoom-fit")
    watched.page.mouse.click(x, y)
    assert watched.time() == pytest.approx(3.0, abs=0.03)


def test_hover_tells_time_and_confidence(watched: Watched) -> None:
    box = watched.page.locator(".lane[data-label=PASS] .plot").bounding_box()
    watched.page.mouse.move(box["x"] + box["width"] * 1 / 6, box["y"] + 30)
    tip = watched.text("#tip")
    assert tip.splitlines()[0] == "0:01.000"
    assert "90.0 %" in tip
    assert "=1+1" in tip
    watched.page.mouse.move(box["x"] + box["width"] * 4.5 / 6, box["y"] + 30)
    assert "Lost: " + EVIL in watched.text("#tip")


def test_help_opens_and_closes(watched: Watched) -> None:
    watched.press("?")
    assert watched.page.is_visible("#help")
    watched.press("n")
    assert watched.time() == 0
    watched.press("Escape")
    assert not watched.page.is_visible("#help")
    watched.page.click("#help-open")
    watched.page.click("#help button")
    assert not watched.page.is_visible("#help")
    assert watched.complaints == []


def test_downloads_what_is_shown(watched: Watched) -> None:
    watched.slide(0, 0.7)
    with watched.page.expect_download() as download:
        watched.page.click("#save-csv")
    rows = Path(download.value.path()).read_bytes().decode().split("\r\n")
    assert download.value.suggested_filename.startswith("my match")
    assert rows[0].startswith("time_s,clock,end_s,label,confidence,team")
    assert rows[1] == "1,0:01.000,,PASS,0.9,'=1+1,,1,true,,,,,,,"
    assert len(rows) == 5
    assert rows[3].split(",")[3].startswith('"<script>') or EVIL.replace('"', '""') in rows[3]
    with watched.page.expect_download() as download:
        watched.page.click("#save-json")
    document = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert [event["start_us"] for event in document["events"]] == [1_000_000, 3_000_000, 4_000_000]
    assert document["thresholds"]["PASS"] == 0.7
    assert document["events"][0]["team"] == "=1+1"


@pytest.mark.robustness("text")
def test_hostile_label_is_text_and_nothing_is_fetched(watched: Watched) -> None:
    watched.press("n", "l", "k", "?", "Escape", "1", "1")
    watched.page.hover(".lane >> nth=3")
    assert watched.page.title() == EVIL
    assert EVIL in watched.page.locator(".lane-label").all_text_contents()
    assert watched.page.locator("img").count() == 0
    assert watched.complaints == []
    folder = watched.page.url.rsplit("/", 1)[0]
    assert {url.rsplit("/", 1)[0] for url in watched.requests if not url.startswith("data:")} == {folder}


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("viewport", [PHONE, WIDE])
def test_fits_the_window(browser: Any, report_path: Path, viewport: dict[str, int], dark: bool) -> None:
    watched = Watched(browser, report_path, viewport=viewport, dark=dark).ready()
    assert watched.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert watched.complaints == []
    watched.page.close()


def test_prints_every_event(watched: Watched) -> None:
    pdf = watched.page.pdf()
    assert pdf.startswith(b"%PDF")
    assert watched.complaints == []


def test_video_inside_the_page(browser: Any, tmp_path: Path) -> None:
    video = make_video(tmp_path / "clip.mp4")
    path = make_report(tmp_path, video=video, embed_video=True)
    video.unlink()
    watched = Watched(browser, path).ready()
    watched.page.locator(".event").nth(3).click()
    assert watched.time() == pytest.approx(4.0, abs=0.002)
    assert watched.complaints == []
    watched.page.close()


def test_sound_that_starts_before_the_picture(browser: Any, tmp_path: Path) -> None:
    path = make_report(tmp_path, video=make_video(tmp_path / "late.mp4", video_starts_s=0.4))
    watched = Watched(browser, path).ready()
    watched.page.wait_for_timeout(300)
    watched.page.locator(".event").nth(0).click()
    assert watched.time() == pytest.approx(1.4, abs=0.003)
    watched.clock("0:01.000 · frame 25")
    watched.page.close()


@pytest.mark.parametrize("missing", [True, False])
def test_video_that_cannot_be_played(browser: Any, tmp_path: Path, missing: bool) -> None:
    video = tmp_path / "my match.mp4"
    if not missing:
        make_video(video, seconds=1, codec="mpeg4")  # MPEG-4 part 2: no browser plays it
    path = make_report(tmp_path, video=video)
    watched = Watched(browser, path)
    watched.page.wait_for_selector("#trouble:visible")
    assert "ffmpeg -i 'my match.mp4'" in watched.text("#trouble")
    watched.press("n", "n")
    assert watched.text("#clock") == "0:02.000 · frame 50"
    watched.press("ArrowRight")
    assert watched.text("#clock") == "0:02.040 · frame 51"
    assert watched.page.get_attribute(".event >> nth=1", "aria-current") == "true"
    watched.page.close()


def test_known_events_give_precision_and_recall(browser: Any, tmp_path: Path) -> None:
    truth = Timeline(tuple(Event("PASS", time_us) for time_us in (1_300_000, 4_900_000)))
    path = make_report(tmp_path, video=make_video(tmp_path / "clip.mp4"), truth=truth)
    watched = Watched(browser, path).ready()
    assert watched.counts()[0] == "2 of 3"
    assert watched.text(".lane-truth >> nth=0") == "P 50 % · R 50 %"
    watched.slide(0, 0.2)
    assert watched.counts()[0] == "3 of 3"
    assert watched.text(".lane-truth >> nth=0") == "P 67 % · R 100 %"
    watched.page.close()


def test_long_list_makes_only_the_rows_in_sight(browser: Any, tmp_path: Path) -> None:
    many = Timeline(tuple(Event("PASS", index * 1_000, confidence=0.9) for index in range(5_000)))
    path = make_report(tmp_path, video=make_video(tmp_path / "clip.mp4"), timeline=many, candidates=None)
    watched = Watched(browser, path).ready()
    assert watched.text("#shown-count") == "5000"
    assert watched.page.locator(".event").count() < 60
    watched.press("End")
    watched.page.wait_for_selector(".event[aria-current]")
    assert watched.rows()[-1] == "0:04.99"
    times = watched.rows()
    assert times == sorted(times)
    watched.page.close()
