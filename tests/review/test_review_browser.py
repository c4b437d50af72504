"""The review tool in Chromium against the real command: what an analyst does, and that nothing of it is lost."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from makevideo import read_number, write_numbered
from reviewbrowser import ReviewCommand, ReviewPage
from reviewkeepers import moment, with_keepers
from reviewserver import make_bundle
from touchline.formats.bundle import CORRECTIONS, EVENTS, Bundle
from touchline.formats.corrections.journal import read_journal

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
pytestmark = pytest.mark.chromium
STEPS = [("ArrowRight", 1), ("ArrowRight", 2), ("Shift+ArrowRight", 12), ("ArrowLeft", 11), ("Control+ArrowRight", 36)]
IRREGULAR_MS = [0, 40, 80, 200, 240, 250, 260, 900, 940, 1000, 1033, 1067, 1100, 2100, 2140, 2180, 2220, 2260]


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return make_bundle(tmp_path)


@pytest.fixture
def command(bundle: Bundle, tmp_path: Path) -> Iterator[ReviewCommand]:
    with ReviewCommand(bundle.path, home=tmp_path / "home") as running:
        yield running


@pytest.fixture
def shown(browser: Any, command: ReviewCommand) -> Iterator[ReviewPage]:
    page = ReviewPage(browser, command.url)
    yield page
    page.close()
    assert page.complaints == []


def test_steps_and_jumps_are_exact_to_the_frame(shown: ReviewPage) -> None:
    assert (shown.frame(), shown.time_us(), shown.spelled()) == (0, 0, 0)
    for key, wanted in [
        ("ArrowRight", 1),
        ("ArrowRight", 2),
        ("Shift+ArrowRight", 12),
        ("ArrowLeft", 11),
        ("Control+ArrowRight", 36),
    ]:
        shown.press(key)
        shown.settled()
        assert (shown.frame(), shown.time_us(), shown.spelled()) == (wanted, wanted * 40_000, wanted), key
    for text, wanted in [("77", 77), ("0:02.5", 62), ("3", 3)]:
        shown.press("f")
        shown.page.fill("[name=target]", text)
        shown.press("Enter")
        shown.settled()
        assert (shown.frame(), shown.spelled()) == (wanted, wanted), text
    shown.press("End")
    shown.settled()
    assert (shown.frame(), shown.spelled()) == (99, 99)


def test_frames_of_irregular_times_are_exact_too(browser: Any, tmp_path: Path) -> None:
    video = write_numbered(
        tmp_path / "phone.mp4", frames=len(IRREGULAR_MS), times=IRREGULAR_MS, time_base=Fraction(1, 1000)
    )
    with ReviewCommand(video, home=tmp_path / "home") as command:
        page = ReviewPage(browser, command.url)
        seen = []
        for _ in IRREGULAR_MS:
            seen.append((page.frame(), page.time_us() // 1000, page.spelled()))
            page.press("ArrowRight")
            page.settled()
        assert seen == [(number, ms, number) for number, ms in enumerate(IRREGULAR_MS)]
        page.close()
    assert not (tmp_path / "phone.touchline").exists(), "to look at a video leaves nothing behind"


@pytest.mark.robustness("32")
def test_decisions_are_saved_undone_and_survive_a_kill(browser: Any, bundle: Bundle, tmp_path: Path) -> None:
    events = (bundle.path / EVENTS).read_bytes()
    with ReviewCommand(bundle.path, home=tmp_path / "home") as command:
        page = ReviewPage(browser, command.url)
        page.press("n", "a", "x", "a")
        page.press("Control+ArrowRight", "2")
        page.press("z", "Shift+Z")
        page.saved()
        command.kill()
        page.close()
    left = [(one.event.label, one.state) for one in bundle.read_corrected_events() if one.state != "unreviewed"]
    assert sorted(state for _, state in left) == ["accepted", "accepted", "accepted", "rejected"]
    assert {entry.who for entry in read_journal(bundle.path / CORRECTIONS).entries} == {"anna"}
    assert (bundle.path / EVENTS).read_bytes() == events, "the model's events stay as they are"
    with ReviewCommand(bundle.path, home=tmp_path / "home") as command:
        again = ReviewPage(browser, command.url)
        again.page.wait_for_selector("text=4 events reviewed")
        again.press("z")
        again.saved()
        again.page.wait_for_selector("text=3 events reviewed")
        again.close()
    assert len(bundle.read_corrected(reviewed_only=True)) == 2


@pytest.mark.robustness("32")
def test_a_killed_browser_loses_nothing(browser: Any, bundle: Bundle, command: ReviewCommand) -> None:
    page = ReviewPage(browser, command.url)
    page.press("n", "a")
    page.saved()
    page.press("x")
    page.close()  # at once, perhaps before the last key was answered
    assert len(read_journal(bundle.path / CORRECTIONS).entries) in (1, 2)
    again = ReviewPage(browser, command.url)
    again.page.wait_for_selector("text=/[12] events? reviewed/")
    again.close()


def test_an_event_is_moved_relabelled_and_described(shown: ReviewPage, bundle: Bundle) -> None:
    shown.press("n")
    shown.settled()
    before = shown.time_us()
    shown.press("ArrowRight", "ArrowRight")
    shown.settled()
    shown.press("t")
    shown.saved()
    shown.press("2")
    shown.saved()
    shown.press("Alt+ArrowRight")
    shown.saved()
    shown.press("c")
    shown.page.keyboard.type("late run")
    shown.press("Enter")
    shown.saved()
    (event,) = bundle.read_corrected(reviewed_only=True).events
    assert (event.label, event.start_us) == ("DRIVE", before + 3 * 40_000)
    assert event.extra["note"] == "late run" and event.source == "review"


def test_a_player_gets_a_name_that_reaches_the_export(shown: ReviewPage, bundle: Bundle) -> None:
    shown.page.click("text=Players")
    shown.page.click("[data-fragment] >> nth=0")
    shown.page.fill("[aria-label=Player] , input[list=track-players]", "10 Smith")
    shown.press("Enter")
    shown.saved()
    assert sorted(track.name or "" for track in bundle.read_corrected_tracks()) == ["", "10 Smith"]
    shown.page.click("text=Review >> nth=0")
    shown.press("n", "a", "p")
    shown.press("g")
    shown.page.keyboard.type("10 Smith")
    shown.press("Enter")
    shown.saved()
    shown.press("Escape")
    shown.page.click("text=Export")
    shown.page.select_option("select[name=to]", "sportscode")
    shown.page.click("text=Write the file")
    with shown.page.expect_download() as download:
        shown.page.click(".download")
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert "<ALL_INSTANCES>" in text and "10 Smith" in text


def test_clips_are_cut_in_the_page(shown: ReviewPage) -> None:
    shown.page.click("text=Clips")
    shown.page.check("[name=labels][value=DRIVE]")
    shown.page.click("text=/Cut 1 clip/")
    shown.page.wait_for_selector(".files a", timeout=60_000)
    with shown.page.expect_download() as download:
        shown.page.click(".files a[download$='.mp4']")
    with av.open(str(download.value.path())) as clip:
        assert [stream.type for stream in clip.streams] == ["video", "audio"]
        numbers = [read_number(frame.to_ndarray(format="gray")) for frame in clip.decode(video=0)]
    assert numbers == list(range(100)), "the whole video lies within lead and lag of the event"


def test_the_clips_start_from_the_filters_of_the_list(shown: ReviewPage) -> None:
    shown.page.select_option("select[aria-label=Class]", "DRIVE")
    shown.page.click("text=Clips")
    assert shown.page.is_checked("[name=labels][value=DRIVE]")
    assert not shown.page.is_checked("[name=labels][value=PASS]")
    shown.page.wait_for_selector("text=/Cut 1 clip/")
    shown.page.click("text=All events")
    shown.page.wait_for_selector("text=/Cut 3 clips/")
    assert not shown.page.is_checked("[name=labels][value=DRIVE]")


def test_a_key_opens_the_field_that_it_is_for(shown: ReviewPage, bundle: Bundle) -> None:
    more = shown.page.locator("[aria-controls=more-fields]")
    shown.press("n")
    assert more.get_attribute("aria-expanded") == "false"
    shown.press("c", "h", "i", "Enter")
    shown.saved()
    values = [one.value for one in bundle.read_corrected_events() if one.value is not None]
    assert [value.note for value in values] == ["hi"]
    more.click()
    assert more.get_attribute("aria-expanded") == "false", "what a key opened is closed again"
    assert "note" in more.inner_text()
    more.click()
    shown.page.reload()
    shown.ready()
    shown.press("n")
    assert more.get_attribute("aria-expanded") == "true", "what was opened by hand stays open"


def test_a_part_that_is_marked_as_reviewed_has_its_events_accepted(shown: ReviewPage, bundle: Bundle) -> None:
    """Two events above the threshold lie before 1.5 s; the third one, and the candidate below it, are left alone."""
    shown.press("End", "Home", *["Control+ArrowRight"] * 2, *["ArrowLeft"] * 12)
    shown.settled()
    shown.press("r")
    shown.page.wait_for_selector("text=Marked as reviewed up to here, with 2 events in it accepted")
    shown.saved()
    states = {one.event.start_us: one.state for one in bundle.read_corrected_events()}
    assert (states[400_000], states[1_200_000], states[2_000_000]) == ("accepted", "accepted", "unreviewed")
    assert bundle.read_corrections().reviewed_spans == ((0, 1_520_000),)
    shown.press("z")
    shown.saved()
    assert {one.state for one in bundle.read_corrected_events()} == {"unreviewed"}


def test_a_number_that_is_on_no_shirt_is_not_kept(shown: ReviewPage, bundle: Bundle) -> None:
    shown.press("n", "g", "1", "0", "0", "Enter")
    shown.page.wait_for_selector("text=100 is not a number on a shirt; write 0 to 99, or a name")
    shown.press("g", "9", "9", "Enter")
    shown.saved()
    assert [player.number for player in bundle.read_corrections().players.values()] == [99]


def test_keeper_moments_are_shown_and_their_page_opens_beside(browser: Any, tmp_path: Path) -> None:
    bundle = with_keepers(tmp_path, moment(1_000_000), moment(2_000_000))
    with ReviewCommand(bundle.path, home=tmp_path / "home") as command:
        shown = ReviewPage(browser, command.url)
        shown.page.click("#tab-keepers")
        shown.page.click("[data-moment='2000000'] button")
        shown.settled()
        assert (shown.time_us(), shown.spelled()) == (2_000_000, 50)
        with shown.context.expect_page() as opened:
            shown.page.click("[data-moment='2000000'] a")
        page, complaints = opened.value, []
        page.on("console", lambda message: complaints.append(message.text))
        page.wait_for_load_state()  # a page that is not open yet cannot be loaded again
        page.reload()
        assert "cannot tell" in page.inner_text("#moment-1")
        assert page.evaluate("() => window.opener") is None
        font = page.evaluate("() => getComputedStyle(document.querySelector('.card')).borderRadius")
        assert font != "0px", "the page has its style"
        assert complaints == shown.complaints == []
        shown.close()


def test_filters_and_thresholds_change_what_is_listed(shown: ReviewPage, bundle: Bundle) -> None:
    rows = shown.page.locator(".event-label")
    assert rows.count() >= 3
    shown.page.click("text=Thresholds")
    slider = shown.page.locator("[role=tabpanel] input[type=range]").first
    slider.focus()
    for _ in range(60):
        slider.press("ArrowLeft")
    slider.blur()
    shown.saved()
    assert len(bundle.read_corrected()) == 4, "the candidate below the old threshold counts now"


def test_a_second_window_looks_and_says_so(browser: Any, shown: ReviewPage, command: ReviewCommand) -> None:
    second = ReviewPage(browser, command.url)
    second.page.wait_for_selector("[data-read-only]")
    second.press("n", "a")
    second.page.wait_for_timeout(300)
    assert second.page.locator("text=0 events reviewed").count() == 1
    second.page.click("button:has-text('Take over')")
    second.page.wait_for_selector("[data-read-only]", state="detached")
    second.press("n", "a")
    second.saved()
    second.page.wait_for_selector("text=1 event reviewed")
    second.close()
    assert second.complaints == []


def test_a_plain_video_is_annotated(browser: Any, tmp_path: Path) -> None:
    video = write_numbered(tmp_path / "training.mp4", frames=50, tone=np.zeros(96_000, np.float32))
    with ReviewCommand(video, home=tmp_path / "home", options=("--label-set", "ball-12")) as command:
        page = ReviewPage(browser, command.url)
        page.press("Shift+ArrowRight", "1")
        page.saved()
        page.close()
    (event,) = Bundle(tmp_path / "training.touchline").read_corrected().events
    assert (event.label, event.start_us) == ("PASS", 400_000)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_everything_is_in_view_and_accessible(browser: Any, command: ReviewCommand, dark: bool) -> None:
    page = ReviewPage(browser, command.url, dark=dark)
    for part in (".stage video", ".event-label >> nth=0", "canvas >> nth=-1"):
        box = page.page.locator(part).bounding_box()
        assert box is not None and box["y"] >= 0 and box["y"] + box["height"] <= 900, part
    assert page.page.evaluate("document.documentElement.scrollHeight") <= 900
    for canvas in page.page.locator("canvas:visible").all():
        named = canvas.get_attribute("aria-label") or canvas.get_attribute("aria-labelledby")
        hidden = canvas.get_attribute("aria-hidden") == "true"
        assert hidden or (canvas.get_attribute("role") and named)
    if AXE.is_file():
        page.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.page.evaluate("axe.run({ runOnly: ['wcag2a', 'wcag2aa'] })")
        assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found["violations"]] == []
    page.close()
