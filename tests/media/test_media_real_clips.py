"""Sound footage raises no alarm."""

from __future__ import annotations

from pathlib import Path

import pytest

from touchline.media.check import check_video


@pytest.mark.shared_data
def test_real_clips_are_found_sound(shared_data: Path) -> None:
    clips = (
        sorted((shared_data / "broadcast").rglob("*.mp4"))[:4] + sorted((shared_data / "basketball").rglob("*.mp4"))[:8]
    )
    assert clips
    for clip in clips:
        report = check_video(clip)
        assert report.severity == "ok", (clip, report.findings)
        assert report.coverage is not None and report.coverage.complete
