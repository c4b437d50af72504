"""Evaluation of event spotting at a tolerance of frames, on E2E-Spot's label files or on games."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from touchline.analysis.evaluate.games import Games, choose_fps, choose_labels, load_or_take_games
from touchline.analysis.evaluate.wording import unpaired
from touchline.core.columns import EventColumns
from touchline.core.errors import InputError, UsageError
from touchline.core.labels import LABEL_SETS
from touchline.formats.events.sports.frame_labels import FrameLabelled, is_frame_labels, read_frame_labels
from touchline.formats.soccernet.games import as_classes, pair_games
from touchline.metrics.protocol import ScoringProtocol
from touchline.metrics.spotting.by_frame import (
    MOST_FRAMES,
    PROTOCOL,
    FrameEvents,
    FrameReport,
    evaluate_by_frame,
    read_tolerance,
)

_NOTHING = FrameEvents((), (), ())


@dataclass(frozen=True, slots=True)
class FrameEvaluation:
    """The result of an evaluation at a tolerance of frames.

    Attributes:
        report: average precision of each class.
        videos: number of videos scored.
        fps: frames per second that games' times were rounded to; None for label files that state frames.
        missing: videos without predictions; their events count as missed.
        warnings: remarks for the user on the files.

    """

    report: FrameReport
    videos: int
    fps: float | None = None
    missing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def protocol(self) -> ScoringProtocol:
        """The protocol that the numbers follow, and where they do not."""
        return PROTOCOL.but("" if self.fps is None else f"frames are counted from times at {self.fps:g} a second")

    def record(self) -> dict[str, Any]:
        """Return the values and what they were computed from."""
        return {
            "mAP": self.report.mean,
            "ap_per_class": self.report.ap.tolist(),
            "protocol": self.protocol.record(),
            "metric": f"frames{self.report.tolerance}",
            "tolerance_frames": self.report.tolerance,
            "labels": list(self.report.labels),
            "fps": self.fps,
            "videos": self.videos,
            "true_events": list(self.report.truths),
            "predictions": list(self.report.predicted),
            "warnings": list(self.warnings),
        }


def spotting_by_frame(
    truth: Games,
    predictions: Games,
    *,
    metric: str = "frames1",
    fps: float | None = None,
    labels: str | Sequence[str] | None = None,
) -> FrameEvaluation:
    """Score spotted events with the mAP at a tolerance of frames.

    Args:
        truth: one of E2E-Spot's label files (JSON, may be gzipped), or true events of games as in ``spotting``.
        predictions: predictions in a file of the same kind.
        metric: ``"framesN"``, N being the tolerance.
        fps: for games, frames per second of their videos; 25 by default, or what the labels imply.
        labels: classes to score, or a label set; all classes of the truth by default.

    Raises:
        UsageError: the metric or the frame rate is invalid, or the label set unknown.
        InputError: a file cannot be read, or no video has predictions.

    """
    tolerance = read_tolerance(metric)
    if tolerance is None:
        raise UsageError(f"metric {metric!r} is not framesN with N up to {MOST_FRAMES}, such as frames1")
    if isinstance(truth, str | Path) and is_frame_labels(Path(truth)):
        return _of_label_files(Path(truth), predictions, tolerance=tolerance, labels=labels)
    return _of_games(truth, predictions, tolerance=tolerance, fps=fps, labels=labels)


def _of_label_files(
    truth: Path, predictions: Games, *, tolerance: int, labels: str | Sequence[str] | None
) -> FrameEvaluation:
    if not isinstance(predictions, str | Path) or not is_frame_labels(Path(predictions)):
        raise InputError(f"{predictions}: not a JSON list of videos with events, as the truth {truth} is")
    true = {video.name: video for video in read_frame_labels(truth)}
    found = {video.name: video for video in read_frame_labels(Path(predictions))}
    missing = tuple(name for name in true if name not in found)
    if len(missing) == len(true):
        raise InputError(f"{predictions}: has no video of {truth}; its first is {next(iter(found), 'none')!r}")
    wanted = LABEL_SETS[labels].scored if isinstance(labels, str) and labels in LABEL_SETS else labels
    report = _report(
        [_events(video) for video in true.values()],
        [_events(found[name]) if name in found else _NOTHING for name in true],
        tolerance=tolerance,
        labels=(wanted,) if isinstance(wanted, str) else wanted,
        source=str(truth),
    )
    unused = [name for name in found if name not in true]
    return FrameEvaluation(
        report, len(true), missing=missing, warnings=tuple(unpaired("video", missing=missing, unused=unused))
    )


def _events(video: FrameLabelled) -> FrameEvents:
    frames = tuple(video.frame(event) for event in video.timeline)
    scores = tuple(event.confidence for event in video.timeline)
    return FrameEvents(frames, tuple(event.label for event in video.timeline), scores)


def _of_games(
    truth: Games, predictions: Games, *, tolerance: int, fps: float | None, labels: str | Sequence[str] | None
) -> FrameEvaluation:
    true = load_or_take_games(truth, kind="annotations")
    label_set = choose_labels(labels, true)
    if label_set.classes:
        true = [as_classes(file, label_set) for file in true]
    rate = choose_fps(fps, label_set=label_set)
    pairing = pair_games(true, load_or_take_games(predictions, kind="predictions"))
    report = _report(
        [
            _half_frames(pair.truth.columns, half, fps=rate)
            for pair in pairing.pairs
            for half in _halves(pair.truth.columns)
        ],
        [
            _half_frames(pair.predictions, half, fps=rate)
            for pair in pairing.pairs
            for half in _halves(pair.truth.columns)
        ],
        tolerance=tolerance,
        labels=label_set.scored,
        source=str(truth),
    )
    warnings = unpaired("game", missing=pairing.missing, unused=[file.source for file in pairing.unused])
    return FrameEvaluation(report, len(pairing.pairs), rate, pairing.missing, tuple(warnings))


def _halves(columns: EventColumns) -> list[int]:
    """Return the halves of a game's truth; each is a video of its own."""
    return sorted(set(columns.half.tolist()))


def _half_frames(columns: EventColumns, half: int, *, fps: float) -> FrameEvents:
    """Return the events of one half at the nearest frames."""
    rows = [row for row in range(len(columns)) if columns.half[row] == half]
    frames = tuple(int(columns.position_ms[row] * fps / 1000 + 0.5) for row in rows)
    names = tuple(columns.labels[columns.label[row]] for row in rows)
    return FrameEvents(frames, names, tuple(float(columns.confidence[row]) for row in rows))


def _report(
    truth: Sequence[FrameEvents],
    found: Sequence[FrameEvents],
    *,
    tolerance: int,
    labels: Sequence[str] | None,
    source: str,
) -> FrameReport:
    if not any(label in (labels or video.labels) for video in truth for label in video.labels):
        raise InputError(f"{source}: has no event of the classes to score")
    return evaluate_by_frame(truth, found, tolerance=tolerance, labels=labels)
