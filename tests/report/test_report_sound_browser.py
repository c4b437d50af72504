"""The lanes of the sound, in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reportbundle import write_bundle_report
from touchline.core.events import Coverage, Event, Timeline, VideoInfo
from touchline.core.sound import CURVES, CrowdSwell, SoundReading, WhistleBlow, no_sound
from touchline.report.sections.sound import sound_data


def reading(rows: int = 600) -> SoundReading:
    curves = np.zeros((rows, len(CURVES)), np.float32)
    curves[:, 3:] = -40
    curves[200:206, 0] = 0.95
    curves[400:450, 1] = 0.9
    curves[400:450, 3:] = -20
    whistles = (WhistleBlow(20_000_000, 20_600_000, 0.9, 3_200.0),)
    return SoundReading(curves, whistles, (CrowdSwell(40_000_000, 0.8, 20.0),), seconds=rows / 10)


def page(folder: Path, sound: SoundReading) -> Path:
    return write_bundle_report(
        folder,
        VideoInfo(folder / "no-video.mp4", 160, 90, 25.0, 60_000_000, codec="h264"),
        timeline=Timeline((Event("PASS", 5_000_000, confidence=0.9),)),
        coverage=Coverage(60_000_000, 1500, 0, ()),
        thresholds={"PASS": 0.5},
        title="Sound",
        sound=sound,
    )


def test_the_page_holds_at_most_so_many_samples() -> None:
    data = sound_data(reading(54_321))
    assert data["step"] == pytest.approx(0.3)
    assert len(str(data["whistle"])) <= 4 * 20_000 / 3 + 4


@pytest.mark.chromium
def test_whistles_and_crowd_have_lanes(browser: Any, tmp_path: Path) -> None:
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto(page(tmp_path, reading()).as_uri())
    tab.wait_for_selector(".whistle-lane")
    assert tab.locator(".whistle-lane .lane-count").inner_text() == "1 heard"
    assert tab.locator(".crowd-lane .lane-count").inner_text() == "1 rise"
    plot = tab.locator(".whistle-lane .plot").bounding_box()
    tab.mouse.move(plot["x"] + plot["width"] * 20.3 / 60, plot["y"] + 10)
    assert "Whistle at 0:20.00" in tab.locator("#tip").inner_text()
    assert "3200 Hz" in tab.locator("#tip").inner_text()
    drawn = tab.evaluate(
        """() => {
            const canvas = document.querySelector('.whistle-lane canvas');
            const at = (share) => canvas.getContext('2d')
                .getImageData(Math.round(canvas.width * share), 4, 1, 1).data[3];
            return [at(20.3 / 60), at(47 / 60)];
        }"""
    )
    assert drawn[0] > 100 > drawn[1]
    assert errors == []
    tab.close()


@pytest.mark.chromium
def test_a_video_without_sound_says_so(browser: Any, tmp_path: Path) -> None:
    tab = browser.new_page()
    tab.goto(page(tmp_path, no_sound("the video has <b>no</b> sound")).as_uri())
    tab.wait_for_selector(".sound-note")
    assert tab.locator(".sound-note").inner_text() == "the video has <b>no</b> sound"
    assert tab.locator(".whistle-lane").count() == 0
    tab.close()
