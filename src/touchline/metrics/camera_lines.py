"""SoccerNet's camera calibration: whether the lines of the pitch that a camera predicts run where they are annotated.

A line counts as found if all its annotated points are nearer than a threshold to its projection. The Jaccard index
(JaC, "accuracy" in SoccerNet's code) of a picture is found / (found + wrong + missing) over its lines, the better one
of the annotation and of the annotation turned by half a turn: which half a close view shows cannot be known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from touchline.core.arrays import Floats64
from touchline.core.geometry.lens_camera import LensCamera
from touchline.core.geometry.named_lines import is_circle, sampled_lines, seen_from_behind
from touchline.metrics.protocol import ScoringProtocol

SIZE = (960, 540)
"""Width and height of the picture in which SoccerNet measures, pixels."""

THRESHOLDS_PX = (5, 10, 20)
"""The distances that SoccerNet reports; the challenge of 2023 ranks by the first."""

PROTOCOL = ScoringProtocol("SoccerNet camera calibration 2023 (completeness, JaC)", "SoccerNet 0.2.0", verified=True)

_POINTS_OF_A_LINE = {True: 9.0, False: 2.0}
"""Points that a line which was not annotated counts as, in the shares by class: of circles and of others."""

Lines = Mapping[str, Floats64]
"""Pixels float64 (k, 2) by the name of the line."""


@dataclass(slots=True)
class Counts:
    """Found, wrong and missing."""

    found: float = 0.0
    wrong: float = 0.0
    missing: float = 0.0

    def add(self, other: Counts) -> None:
        """Add other counts to these."""
        self.found += other.found
        self.wrong += other.wrong
        self.missing += other.missing

    @property
    def jaccard(self) -> float:
        """Found as a share of all; NaN without any."""
        return _share(self.found, self.found + self.wrong + self.missing)

    @property
    def precision(self) -> float:
        """Found as a share of found and wrong; NaN without any."""
        return _share(self.found, self.found + self.wrong)

    @property
    def recall(self) -> float:
        """Found as a share of found and missing; NaN without any."""
        return _share(self.found, self.found + self.missing)


@dataclass(frozen=True, slots=True)
class PictureScore:
    """The score of one camera at one threshold.

    Attributes:
        lines: whole lines.
        points: annotated points by line.
        errors_px: distances of annotated points by line.
        turned: whether the annotation turned by half a turn fits better, or as well.

    """

    lines: Counts
    points: Mapping[str, Counts]
    errors_px: Mapping[str, Floats64]
    turned: bool


@dataclass(slots=True)
class ThresholdReport:
    """The scores of all pictures at one threshold.

    Attributes:
        threshold_px: the threshold.
        pictures: one score for each picture with a camera.
        points: annotated points by line, all pictures together.

    """

    threshold_px: float
    pictures: list[PictureScore] = field(default_factory=list)
    points: dict[str, Counts] = field(default_factory=dict)

    @property
    def jaccard(self) -> float:
        """Mean JaC of the pictures with a camera; a picture without any line counts 0. NaN without pictures."""
        return _mean([np.nan_to_num(score.lines.jaccard) for score in self.pictures])

    @property
    def precision(self) -> float:
        """Mean precision of the pictures where it is defined."""
        return _mean([p for p in (score.lines.precision for score in self.pictures) if p == p])

    @property
    def recall(self) -> float:
        """Mean recall of the pictures where it is defined."""
        return _mean([r for r in (score.lines.recall for score in self.pictures) if r == r])

    @property
    def errors_px(self) -> Floats64:
        """The distances of all annotated points whose line was predicted."""
        parts = [errors for score in self.pictures for errors in score.errors_px.values()]
        return np.concatenate(parts) if parts else np.zeros(0)


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """The scores of a set of pictures.

    Attributes:
        pictures: number of annotated pictures.
        cameras: number of them with a predicted camera.
        thresholds: one report each.

    """

    pictures: int
    cameras: int
    thresholds: tuple[ThresholdReport, ...]

    @property
    def completeness(self) -> float:
        """Pictures with a camera as a share of all."""
        return _share(self.cameras, self.pictures)

    @property
    def final(self) -> float:
        """Completeness times the JaC at the first threshold, by which the challenge ranks."""
        return self.completeness * self.thresholds[0].jaccard


def score_cameras(
    truth: Sequence[Lines],
    cameras: Sequence[LensCamera | None],
    *,
    size: tuple[int, int] = SIZE,
    thresholds_px: Sequence[float] = THRESHOLDS_PX,
) -> CalibrationReport:
    """Score one camera for each annotated picture.

    Args:
        truth: annotated points in pixels of ``size``, by line.
        cameras: predictions for pictures of ``size``, None where there is none.
        size: width and height, pixels.
        thresholds_px: distances below which a point counts as found.

    """
    reports = tuple(ThresholdReport(threshold) for threshold in thresholds_px)
    for lines, camera in zip(truth, cameras, strict=True):
        if camera is None:
            continue
        seen = visible_lines(camera, width=size[0], height=size[1])
        for report in reports:
            score = score_picture(seen, lines, threshold_px=report.threshold_px)
            report.pictures.append(score)
            for name, counts in score.points.items():
                report.points.setdefault(name, Counts()).add(counts)
    return CalibrationReport(len(truth), sum(camera is not None for camera in cameras), reports)


def score_picture(seen: Lines, truth: Lines, *, threshold_px: float) -> PictureScore:
    """Score the projected lines of one camera; ties go to the turned annotation, as in SoccerNet's code."""
    plain = _score(seen, truth, threshold_px=threshold_px, turned=False)
    behind = {seen_from_behind(name): points for name, points in truth.items()}
    turned = _score(seen, behind, threshold_px=threshold_px, turned=True)
    better = np.nan_to_num(plain.lines.jaccard) > np.nan_to_num(turned.lines.jaccard)
    return plain if better else turned


def _score(seen: Lines, truth: Lines, *, threshold_px: float, turned: bool) -> PictureScore:
    lines, points, errors_px = Counts(), {}, {}
    for name in seen.keys() - truth.keys():
        lines.wrong += 1
        points[name] = Counts(wrong=_POINTS_OF_A_LINE[is_circle(name)])
    for name in truth.keys() - seen.keys():
        lines.missing += 1
        points[name] = Counts(missing=len(truth[name]))
    for name in sorted(seen.keys() & truth.keys()):
        errors_px[name] = distances_px(truth[name], seen[name])
        near = int((errors_px[name] < threshold_px).sum())
        points[name] = Counts(found=near, wrong=len(truth[name]) - near)
        lines.add(Counts(found=1) if near == len(truth[name]) else Counts(wrong=1))
    return PictureScore(lines, points, errors_px, turned)


def distances_px(points: Floats64, line: Floats64) -> Floats64:
    """Return the distance (n,) of points (n, 2) to a polyline (k, 2)."""
    if len(line) < 2:
        return np.linalg.norm(points - line[0], axis=1)
    start, along = line[:-1], np.diff(line, axis=0)
    squared = (along**2).sum(axis=1)
    offset = points[:, None] - start
    share = np.divide((offset * along).sum(axis=2), squared, out=np.zeros(offset.shape[:2]), where=squared > 0)
    nearest = start + np.clip(share, 0, 1)[..., None] * along
    return np.asarray(np.linalg.norm(points[:, None] - nearest, axis=2).min(axis=1))


def visible_lines(camera: LensCamera, *, width: int, height: int) -> Lines:
    """Return the lines that a camera sees, each as the polyline that SoccerNet's evaluation measures to."""
    found = {}
    for name, points_m in sampled_lines().items():
        pixels, ahead = camera.project(points_m)
        line = _inside(pixels, ahead, width=width, height=height)
        if len(line):
            found[name] = line
    return found


def _inside(pixels: Floats64, ahead: np.ndarray, *, width: int, height: int) -> Floats64:
    """Return the points of a line inside the picture, with the points where it crosses the border.

    Pieces on both sides of a gap are joined by a straight line, as in SoccerNet's code.
    """
    kept: list[Floats64] = []
    before: Floats64 | None = None
    was_inside = False
    for number in np.flatnonzero(ahead).tolist():
        here = pixels[number]
        inside = bool(0 <= here[0] < width and 0 <= here[1] < height)
        if inside != was_inside and number > 0:
            crossing = _crossing(here, before, width=width, height=height)
            kept += [] if crossing is None else [crossing]
        if inside:
            kept.append(here)
        before, was_inside = here, inside
    return np.array(kept).reshape(-1, 2)


def _crossing(here: Floats64, before: Floats64 | None, *, width: int, height: int) -> Floats64 | None:
    """Return where the line through two points meets the border nearest to the first one; None if nowhere."""
    if before is None:
        return None
    direction = before - here
    found = []
    for axis, edge in ((0, 0.0), (0, width - 1.0), (1, 0.0), (1, height - 1.0)):
        if direction[axis] == 0:
            continue
        point = here + direction * ((edge - here[axis]) / direction[axis])
        point[axis] = edge
        if 0 <= point[0] < width and 0 <= point[1] < height:
            found.append(point)
    return min(found, key=lambda point: float(np.linalg.norm(point - here)), default=None)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
