"""In Chromium, a frame's time and ``src_start_us`` give the browser's own time of that frame."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from makevideo import write_numbered
from reviewserver import reviewing

pytestmark = pytest.mark.chromium

FIRST_FRAME = """
(src) => new Promise((done, failed) => {
  const video = document.createElement('video');
  video.muted = true;
  video.onerror = () => failed(new Error(video.error.message));
  video.requestVideoFrameCallback((now, facts) => done(facts.mediaTime));
  video.preload = 'auto';  // shown but not played: a busy machine would leave out the first frame
  video.src = src;
  document.body.append(video);
})
"""


def test_the_first_frame_of_late_pictures_and_of_copies(browser: Any, tmp_path: Path) -> None:
    times, tone = [500 + 40 * k for k in range(25)], np.zeros(48_000 * 2, np.float32)
    late = {"times": times, "time_base": Fraction(1, 1000)}
    videos = [
        write_numbered(tmp_path / "plain.mp4", frames=25, tone=tone),
        write_numbered(tmp_path / "late.mp4", frames=25, tone=tone, **late),
        write_numbered(tmp_path / "late2.mkv", frames=25, tone=tone, **late),
        write_numbered(tmp_path / "alone.mp4", frames=25, **late),
    ]
    with reviewing(*videos, cache=tmp_path / "cache") as review:
        page = browser.new_page()
        page.goto(review.address.url)
        for desk in review.studio.desks:
            shown = review.client.get(f"/api/bundles/{desk.item.id}", params={"window": "window-one"}).json()["video"]
            assert page.evaluate(FIRST_FRAME, shown["src"]) == pytest.approx(shown["src_start_us"] / 1e6, abs=1e-3)
            job = review.studio.footage(desk.item.id).make_proxy()
            assert job.finished_within(60)
            assert page.evaluate(FIRST_FRAME, f"/media/{desk.item.id}/proxy") == pytest.approx(0, abs=1e-3)
        page.close()
