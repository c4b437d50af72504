"""Take the README's picture of a report: ``python docs/images/shoot.py REPORT.html docs/images/report.png``."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


def shoot(report: Path, picture: Path, *, events_on: int = 3) -> None:
    """Open a report in Chromium at 1280 x 800, go some events on, and save what is seen."""
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
        browser.close()


if __name__ == "__main__":
    shoot(Path(sys.argv[1]), Path(sys.argv[2]))
