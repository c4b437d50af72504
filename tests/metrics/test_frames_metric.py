"""mAP at a tolerance of frames: E2E-Spot's own numbers, a naive count, and its label files through the command."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from touchline.analysis import evaluate
from touchline.core.errors import InputError, UsageError
from touchline.core.events import Event, Timeline
from touchline.formats.events.sports.frame_labels import parse_frame_labels, read_frame_labels, write_frame_labels
from touchline.metrics.spotting.by_frame import FrameEvents, average_precision_at, evaluate_by_frame, read_tolerance

TRUTH = [[5, 9, 30], [2, 2, 40], []]
FOUND = [(0, 6, 0.9), (0, 9, 0.9), (0, 31, 0.4), (1, 1, 0.8), (1, 3, 0.7), (1, 44, 0.95), (2, 5, 0.6), (0, 28, 0.5)]


@pytest.mark.parametrize(
    ("tolerance", "expected"),
    [(0, 0.05555555555555555), (1, 0.4583333333333333), (2, 0.4702380952380952), (4, 0.7857142857142857)],
)
def test_the_values_are_those_of_the_original_code(tolerance: int, expected: float) -> None:
    """The expected values are what jhong93/spot's util/score.py gave for these events."""
    assert average_precision_at(FOUND, TRUTH, tolerance=tolerance) == pytest.approx(expected, abs=1e-15)


def naive(found: list[tuple[int, int, float]], truth: list[list[int]], tolerance: int) -> float:
    """The definition, event by event."""
    order = sorted(range(len(found)), key=lambda i: (-found[i][2], i))
    claimed: set[tuple[int, int]] = set()
    at_claims = []
    for rank, i in enumerate(order, 1):
        video, frame, _ = found[i]
        left = [t for t in truth[video] if (video, t) not in claimed]
        if left and min(abs(frame - t) for t in left) <= tolerance:
            nearest = next(t for t in left if abs(frame - t) == min(abs(frame - u) for u in left))
            claimed.add((video, nearest))
            at_claims.append(len(claimed) / rank)
    return sum(max(at_claims[k:]) for k in range(len(at_claims))) / sum(map(len, truth))


@pytest.mark.parametrize("seed", range(12))
def test_it_equals_a_naive_count(seed: int) -> None:
    random = np.random.default_rng(seed)
    truth = [sorted(random.integers(0, 60, 5).tolist()) for _ in range(3)]
    found = [
        (int(v), int(f), float(s))
        for v, f, s in zip(
            random.integers(0, 3, 30), random.integers(0, 60, 30), random.integers(0, 9, 30) / 9, strict=True
        )
    ]
    for tolerance in (0, 1, 2):
        assert average_precision_at(found, truth, tolerance=tolerance) == pytest.approx(naive(found, truth, tolerance))


def test_only_classes_with_truth_are_scored_and_the_mean_is_theirs() -> None:
    truth = [FrameEvents((3, 8), ("a", "b"), (1, 1))]
    found = [FrameEvents((3, 9, 1), ("a", "b", "c"), (0.5, 0.5, 0.9))]
    report = evaluate_by_frame(truth, found, tolerance=0)
    assert report.labels == ("a", "b")
    assert report.ap.tolist() == [1.0, 0.0]
    assert report.mean == 0.5
    assert evaluate_by_frame(truth, found, tolerance=1).mean == 1.0
    with pytest.raises(ValueError, match="nothing to score"):
        evaluate_by_frame(truth, found, tolerance=1, labels=["c"])


def test_times_count_at_their_nearest_frame() -> None:
    timeline = Timeline((Event("a", 33_367), Event("a", 100_100, confidence=0.25)))
    assert FrameEvents.of(timeline, fps=30000 / 1001).frames == (1, 3)


@pytest.mark.parametrize(("name", "tolerance"), [("frames0", 0), ("frames2", 2), ("frames", None), ("at1", None)])
def test_the_metric_is_read_from_its_name(name: str, tolerance: int | None) -> None:
    assert read_tolerance(name) == tolerance


def _entries(shift: int = 0) -> list[dict[str, object]]:
    events = [
        {"frame": 7 + shift, "label": "serve", "comment": "first", **({"score": 0.5} if shift else {})},
        {"frame": 90, "label": "bounce"},
    ]
    return [{"video": "one", "num_frames": 120, "fps": 29.97002997002997, "events": events}]


def test_label_files_are_read_to_the_frame_and_written_again(tmp_path: Path) -> None:
    (video,) = parse_frame_labels(json.dumps(_entries()).encode(), source="x")
    assert (video.name, video.frames, [video.frame(event) for event in video.timeline]) == ("one", 120, [7, 90])
    assert video.timeline.events[0].start_us == 233_567
    write_frame_labels([video], tmp_path / "again.json.gz")
    (again,) = read_frame_labels(tmp_path / "again.json.gz")
    assert again == video


def test_an_unknown_rate_counts_at_25(tmp_path: Path) -> None:
    (video,) = parse_frame_labels(
        b'[{"video": "dive", "fps": -1, "events": [{"frame": 39, "label": "Entry"}]}]', source="x"
    )
    assert video.fps == 25.0
    assert video.timeline.events[0].start_us == 1_560_000


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"{}", "not a list of videos"),
        (b"[{]", "not a JSON list"),
        (b"\x1f\x8b123", "not a JSON list"),
        (b'[{"video": "v", "events": [{"frame": -1, "label": "a"}]}]', "needs a frame of 0 or more"),
        (b'[{"video": "v", "events": [{"frame": 1, "label": "a", "score": 3}]}]', "outside 0 to 1"),
        (b'[{"video": "v", "fps": "fast", "events": []}]', "is not a frame rate"),
    ],
)
def test_what_is_no_label_file_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_frame_labels(data, source="labels.json")


def test_files_are_scored_video_by_video(tmp_path: Path) -> None:
    (tmp_path / "truth.json.gz").write_bytes(gzip.compress(json.dumps(_entries()).encode()))
    (tmp_path / "found.json").write_text(json.dumps(_entries(shift=1)))
    exact = evaluate.spotting_by_frame(tmp_path / "truth.json.gz", tmp_path / "found.json", metric="frames0")
    near = evaluate.spotting_by_frame(tmp_path / "truth.json.gz", tmp_path / "found.json", metric="frames1")
    assert exact.record()["ap_per_class"] == [1.0, 0.0]
    assert near.record()["mAP"] == 1.0
    assert near.record()["protocol"]["verified"] is True
    with pytest.raises(UsageError, match="framesN"):
        evaluate.spotting_by_frame(tmp_path / "truth.json.gz", tmp_path / "found.json", metric="framesx")
    (tmp_path / "other.json").write_text('[{"video": "two", "events": []}]')
    with pytest.raises(InputError, match="has no video of"):
        evaluate.spotting_by_frame(tmp_path / "truth.json.gz", tmp_path / "other.json")


def test_games_are_scored_at_their_frame_rate() -> None:
    truth = Timeline((Event("PASS", 400_000), Event("DRIVE", 1_000_000)))
    found = Timeline((Event("PASS", 440_000, confidence=0.9), Event("DRIVE", 1_000_000, confidence=0.8)))
    assert evaluate.spotting_by_frame([truth], [found], metric="frames0").report.mean == 0.5
    assert evaluate.spotting_by_frame([truth], [found], metric="frames1", fps=25).report.mean == 1.0
