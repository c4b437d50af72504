"""Evaluation of camera calibration as in SoccerNet's challenge, from files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from touchline.analysis.evaluate.wording import no_nan, some_names, unpaired
from touchline.core.errors import UsageError
from touchline.core.geometry.lens_camera import LensCamera
from touchline.core.wording import counted
from touchline.formats.boxes.paired_files import FilePair, pair_files, plain_name
from touchline.formats.calibration.annotated_lines import OTHER_FILES, in_pixels, lines_from_json
from touchline.formats.calibration.camera_files import PREFIX, camera_from_json
from touchline.metrics.camera_lines import (
    PROTOCOL,
    SIZE,
    THRESHOLDS_PX,
    CalibrationReport,
    Counts,
    score_cameras,
)
from touchline.metrics.protocol import ScoringProtocol

_OFF_CENTRE = 0.2
"""Share of the picture by which a principal point must be off its centre to look like one of another size."""


@dataclass(frozen=True, slots=True)
class CalibrationEvaluation:
    """The result of an evaluation of camera calibration.

    Attributes:
        report: all values.
        size: width and height of the picture that was measured in, pixels.
        missing: pictures without a camera; they lower the completeness.
        warnings: remarks for the user on the files.
        protocol: the protocol that the numbers follow.

    """

    report: CalibrationReport
    size: tuple[int, int]
    missing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    protocol: ScoringProtocol = PROTOCOL

    def record(self) -> dict[str, Any]:
        """Return completeness, final score, and the values at each threshold; None for an undefined number."""
        report = self.report
        values = {f"{entry.threshold_px:g}": entry for entry in report.thresholds}
        return no_nan(
            {
                "protocol": self.protocol.record(),
                "completeness": report.completeness,
                "final": report.final,
                **{f"JaC@{name}": entry.jaccard for name, entry in values.items()},
                **{f"precision@{name}": entry.precision for name, entry in values.items()},
                **{f"recall@{name}": entry.recall for name, entry in values.items()},
                "median_error_px": median_error_px(report),
                "lines": {
                    line: {f"JaC@{name}": entry.points.get(line, Counts()).jaccard for name, entry in values.items()}
                    for line in sorted(report.thresholds[0].points)
                },
                "size": list(self.size),
                "pictures": report.pictures,
                "cameras": report.cameras,
                "warnings": list(self.warnings),
            }
        )


def median_error_px(report: CalibrationReport) -> float:
    """Return the median distance of annotated points to their lines; NaN without any."""
    errors = report.thresholds[0].errors_px
    return float(np.median(errors)) if len(errors) else float("nan")


def calibration(
    truth: str | Path,
    predictions: str | Path,
    *,
    size: tuple[int, int] = SIZE,
    thresholds_px: Sequence[float] = THRESHOLDS_PX,
) -> CalibrationEvaluation:
    """Score cameras with SoccerNet's completeness rate and Jaccard index (JaC).

    Files of two folders or zips are paired by name: ``camera_NAME.json`` is the camera of the picture whose lines
    ``NAME.json`` holds.

    Args:
        truth: annotated lines.
        predictions: cameras for a picture of ``size``.
        size: width and height in which distances are measured, pixels.
        thresholds_px: distances below which an annotated point counts as found; the first makes the final score.

    Raises:
        UsageError: the size or a threshold is not positive.
        InputError: files cannot be read, or none matches another.

    """
    if min(size) < 2 or not thresholds_px or min(thresholds_px) <= 0:
        raise UsageError(f"size {size} and thresholds {tuple(thresholds_px)} must be positive; use for instance 5, 10")
    files = pair_files(Path(truth), Path(predictions), name_of=_picture_name, suffix=".json")
    pairs = [pair for pair in files.pairs if pair.name.split("/")[-1] not in OTHER_FILES]
    missing = tuple(pair.name for pair in pairs if pair.found is None)
    lines = [
        in_pixels(lines_from_json(p.truth.read(), source=str(p.truth)), width=size[0], height=size[1]) for p in pairs
    ]
    cameras = [_camera(pair) for pair in pairs]
    report = score_cameras(lines, cameras, size=size, thresholds_px=thresholds_px)
    warnings = _remarks(pairs, cameras, size=size, missing=missing, unused=[str(file) for file in files.unused])
    return CalibrationEvaluation(report, size, missing, warnings, _protocol(size, tuple(thresholds_px)))


def _picture_name(path: Path) -> str:
    """Return the picture that a file of lines or a camera belongs to."""
    return plain_name(path.with_name(path.name.removeprefix(PREFIX)))


def _camera(pair: FilePair) -> LensCamera | None:
    return None if pair.found is None else camera_from_json(pair.found.read(), source=str(pair.found))


def _remarks(
    pairs: Sequence[FilePair],
    cameras: Sequence[LensCamera | None],
    *,
    size: tuple[int, int],
    missing: Sequence[str],
    unused: Sequence[str],
) -> tuple[str, ...]:
    remarks = unpaired("picture", missing=(), unused=unused)
    if missing:
        remarks.append(f"{counted(len(missing), 'picture')} without a camera: {some_names(missing)}")
    odd = [pair.name for pair, camera in zip(pairs, cameras, strict=True) if camera and _off_centre(camera, size)]
    if odd:
        remarks.append(
            f"{counted(len(odd), 'camera')} with a principal point far from the middle of {size[0]}x{size[1]}, perhaps "
            f"of a picture of another size: {some_names(odd)}; they are not resized"
        )
    return tuple(remarks)


def _off_centre(camera: LensCamera, size: tuple[int, int]) -> bool:
    return any(
        abs(place - length / 2) > _OFF_CENTRE * length for place, length in zip(camera.centre_px, size, strict=True)
    )


def _protocol(size: tuple[int, int], thresholds_px: tuple[float, ...]) -> ScoringProtocol:
    return PROTOCOL.but(
        "" if size == SIZE else f"distances in a picture of {size[0]}x{size[1]}, not {SIZE[0]}x{SIZE[1]}",
        "" if thresholds_px[0] == THRESHOLDS_PX[0] else f"the final score is at {thresholds_px[0]:g} px, not 5",
    )
