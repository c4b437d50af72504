"""Take the pictures of a report: ``python docs/images/shoot.py REPORT.html docs/images/report.png``.

With ``docs/images/players.png`` as a third argument, the lower part with players and heat map goes there. With
``--timeline`` the picture is of the timeline alone, as ``docs/images/sound.png`` is. With ``--season`` it is of the
page of a season, and its first team goes into the second picture; ``python benchmarks/season_index.py --matches 40
--rate-hz 5 --folder FOLDER --out FILE`` makes one.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


def shoot(report: Path, picture: Path, *, players: Path | None = None, events_on: int = 3) -> None:
    """Open a report in Chromium at 1280 x 800, go some events on, and save what is seen.

    Args:
        report: the page.
        picture: where the upper part goes.
        players: where the lower part goes, with the second player of the table picked out; None for nowhere.
        events_on: how many events to go on.

    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme="light")
        page.goto(report.resolve().as_uri())
        page.wait_for_timeout(1500)
        for _ in range(events_on):
            page.keyboard.press("n")
            page.wait_for_timeout(300)
        page.wait_for_timeout(700)
        page.screenshot(path=picture)
        if players is not None:
            page.locator("#squad-rows tr").nth(1).click()
            page.locator("#squad").scroll_into_view_if_needed()
            page.wait_for_timeout(700)
            page.locator("#squad").screenshot(path=players)
        browser.close()


def shoot_timeline(report: Path, picture: Path) -> None:
    """Open a report in Chromium at 1280 x 1000 and save its timeline."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 1000}, color_scheme="light")
        page.goto(report.resolve().as_uri())
        page.wait_for_timeout(1500)
        page.locator("section.timeline").screenshot(path=picture)
        browser.close()


def shoot_season(page_file: Path, picture: Path, *, team: Path) -> None:
    """Open the page of a season in Chromium at 1280 x 800, and save its top and its first team."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme="light")
        page.goto(page_file.resolve().as_uri())
        page.wait_for_timeout(500)
        page.screenshot(path=picture)
        page.set_viewport_size({"width": 1280, "height": 1400})
        page.locator("section.team").first.screenshot(path=team)
        browser.close()


if __name__ == "__main__":
    if "--season" in sys.argv:
        sys.argv.remove("--season")
        shoot_season(Path(sys.argv[1]), Path(sys.argv[2]), team=Path(sys.argv[3]))
        sys.exit()
    if "--timeline" in sys.argv:
        sys.argv.remove("--timeline")
        shoot_timeline(Path(sys.argv[1]), Path(sys.argv[2]))
        sys.exit()
    shoot(Path(sys.argv[1]), Path(sys.argv[2]), players=Path(sys.argv[3]) if len(sys.argv) > 3 else None)
