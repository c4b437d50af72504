"""The match clock as a task of an analysis: its file, its place in the report, and what is done without a reader."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from makevideo import write_numbered
from touchline.analysis.one_call import analyze
from touchline.analysis.pipeline import AnalyzeOptions, analyze_video
from touchline.analysis.tasks.clock import ClockTask
from touchline.analysis.tasks.usual import usual_tasks
from touchline.cli.doctor import _clock
from touchline.cli.running import _board_reader
from touchline.core.board.values import ClockSpan, MatchClock, ScoreSpan
from touchline.core.errors import UsageError
from touchline.formats.match_clock import CLOCK, read_clock
from touchline.report.options import ReportOptions
from touchline.tracking.board import reading
from touchline.tracking.board.ppocr import INSTALL

FOUND = MatchClock("made", (ClockSpan(0, 5_000_000, 754_000_000, 1.0, 1, 0.9, 4),), (ScoreSpan(0, 1, 0, 0.8),))


class NoText:
    """A reader that never reads anything."""

    name, sha256 = "none", "0" * 64

    def read(self, lines: Sequence[np.ndarray]) -> list[tuple[str, float]]:
        return [("", 0.0) for _ in lines]


def test_a_video_without_a_board_is_no_failure(tmp_path: Path) -> None:
    video = write_numbered(tmp_path / "match.mp4", frames=100)
    result = analyze_video(video, tasks=usual_tasks(clock=NoText()), options=AnalyzeOptions(out=tmp_path / "a"))
    assert not result.degraded
    assert not read_clock(result.bundle).found
    assert "not known" in " ".join(result.summaries["clock"].lines(listed=True))
    again = analyze_video(video, tasks=usual_tasks(clock=NoText()), options=AnalyzeOptions(out=tmp_path / "a"))
    other = analyze_video(video, tasks=usual_tasks(clock=NoText()), options=AnalyzeOptions(out=tmp_path / "b"))
    assert again.reused
    assert (result.bundle / CLOCK).read_bytes() == (other.bundle / CLOCK).read_bytes()


def test_a_clock_is_in_the_file_the_summary_and_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading.BoardReader, "finish", lambda self, *, duration_us: FOUND)
    video = write_numbered(tmp_path / "match.mp4", frames=100)
    result = analyze_video(video, tasks=usual_tasks(clock=NoText(), report=ReportOptions()))
    assert read_clock(result.bundle) == FOUND
    assert result.summaries["clock"].lines(listed=True) == [
        "clock: 12:34 at 0:00 to 12:39 at 0:05 of the video; home 1-0 away"
    ]
    manifest = json.loads((result.bundle / "manifest.json").read_text())
    assert CLOCK in manifest["files"] and manifest["models"][0]["name"] == "none"
    page = (result.bundle / "report.html").read_text()
    assert "12:34 to 12:39" in page and "Match clock" in page


def test_the_task_states_its_reader() -> None:
    assert ClockTask(NoText()).models[0]["sha256"] == "0" * 64


def test_without_a_reader_only_an_explicit_wish_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("touchline.tracking.board.ppocr.find_spec", lambda name: None)
    assert _board_reader(None) is None
    assert _board_reader(False) is None
    with pytest.raises(UsageError, match=r"pip install --no-deps rapidocr-onnxruntime==1\.4\.4"):
        _board_reader(True)
    with pytest.raises(UsageError, match="not installed"):
        analyze(write_numbered(tmp_path / "match.mp4", frames=10), tasks={"clock"})
    assert _clock()[0].severity == "ok" and INSTALL in _clock()[0].remedy
