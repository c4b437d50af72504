"""The report and the keeper page for people who cannot see well or use no mouse: axe-core, names, keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_keeper_report import KNOWN, MODEL, moments
from test_report_browser import CHROMIUM, PHONE, WIDE, Watched, make_report, make_video
from test_report_people_browser import a_match
from test_report_sound_browser import reading

from touchline.core.shots import Shot as Attempt
from touchline.formats.files.checksum import file_sha256
from touchline.models.folders import builtin_folder
from touchline.report.keepers.page import write_keeper_pages

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (Debian: apt install chromium)"),
]
needs_axe = pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed (make frontend/node_modules)")


@pytest.fixture(scope="module")
def report_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("access")
    model = builtin_folder() / "ball-spotter.safetensors"
    return make_report(
        folder,
        video=make_video(folder / "clip.mp4"),
        tracks=a_match(),
        sound=reading(300),
        title="A match",
        track_notes=["a remark"],
        model=("ball-spotter", file_sha256(model)),
    )


@pytest.fixture(scope="module")
def keeper_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keepers")
    shot = Attempt(110, 44, id="7", keeper="Ada", keeper_yd=(117, 41), outcome="Saved")
    write_keeper_pages(folder, moments(["7.png"], [shot]), model=MODEL, techniques=KNOWN, source="made")
    return folder / "ada.html"


def violations(watched: Watched) -> list[str]:
    """What axe-core finds against WCAG 2.1 AA, one line an element."""
    watched.page.context.new_cdp_session(watched.page).send(
        "Runtime.evaluate", {"expression": AXE.read_text("utf-8")}
    )  # the page's content security policy allows no other way
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
    found = watched.page.evaluate("tags => axe.run(document, {runOnly: tags})", tags)["violations"]
    return [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


@needs_axe
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("viewport", [PHONE, WIDE])
def test_report_passes_axe(browser: Any, report_path: Path, viewport: dict[str, int], dark: bool) -> None:
    watched = Watched(browser, report_path, viewport=viewport, dark=dark).ready()
    watched.slide(0, 0.25)
    watched.page.locator("#squad-rows tr").first.click()
    watched.counts()
    assert violations(watched) == []
    watched.press("?")
    assert violations(watched) == []
    watched.page.close()


@needs_axe
@pytest.mark.parametrize("dark", [False, True])
def test_keeper_page_passes_axe(browser: Any, keeper_path: Path, dark: bool) -> None:
    for path in (keeper_path, keeper_path.with_name("index.html")):
        watched = Watched(browser, path, dark=dark)
        assert violations(watched) == []
        watched.page.close()


def test_every_canvas_has_a_role_and_a_name(browser: Any, report_path: Path) -> None:
    watched = Watched(browser, report_path).ready()
    bare = "canvases => canvases.filter((c) => c.closest('[role=slider]') === null && !(c.role && c.ariaLabel)).length"
    assert watched.page.eval_on_selector_all("canvas", bare) == 0
    assert watched.page.get_attribute("#axis", "aria-label") == "Time"
    watched.press("n")
    watched.clock("frame 25")
    assert watched.page.get_attribute("#axis", "aria-valuetext") == "0:01.000"
    watched.page.close()
