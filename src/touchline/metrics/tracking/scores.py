"""Tracking metrics: HOTA, IDF1 and CLEAR MOT of boxes with ids.

Every value equals that of ``trackeval`` 1.3.0 (MotChallenge2DBox without its preprocessing).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from touchline.core.errors import UsageError
from touchline.metrics.tracking.clear import Clear, clear, combine_clear
from touchline.metrics.tracking.hota import Hota, combine_hota, hota
from touchline.metrics.tracking.identity import Identity, combine_identity, identity
from touchline.metrics.tracking.sequence import FrameBoxes, sequence

DEFAULT_IOU = 0.5
"""IoU at which two boxes match for IDF1 and MOTA; HOTA uses 19 thresholds."""


@dataclass(frozen=True, slots=True, eq=False)
class TrackingReport:
    """The result of an evaluation of tracking.

    Attributes:
        hota: HOTA and its components, at 19 thresholds.
        identity: IDF1 and its components.
        clear: MOTA and its components.
        iou: IoU threshold of ``identity`` and ``clear``.
        truths, predicted: number of boxes on each side.
        true_ids, predicted_ids: number of distinct ids on each side, summed over sequences.

    """

    hota: Hota
    identity: Identity
    clear: Clear
    iou: float
    truths: int
    predicted: int
    true_ids: int
    predicted_ids: int

    def results(self) -> dict[str, float]:
        """Return one value for each of ``trackeval``'s keys; those of HOTA are means over its thresholds."""
        curves = self.hota.curves()
        return {
            **{name: float(values.mean()) for name, values in curves.items()},
            "HOTA(0)": float(curves["HOTA"][0]),
            "LocA(0)": float(curves["LocA"][0]),
            "HOTALocA(0)": float(curves["HOTA"][0] * curves["LocA"][0]),
            "IDF1": self.identity.idf1,
            "IDP": self.identity.idp,
            "IDR": self.identity.idr,
            "IDTP": self.identity.idtp,
            "IDFN": self.identity.idfn,
            "IDFP": self.identity.idfp,
            **self.clear.scores(),
        }


def evaluate_tracking(
    truth: Sequence[FrameBoxes],
    predictions: Sequence[FrameBoxes],
    *,
    iou: float = DEFAULT_IOU,
    frames: int | None = None,
) -> TrackingReport:
    """Score the tracks of one sequence against the truth.

    Args:
        truth: for each frame ids int64 (n,), unique in the frame, and boxes_xyxy (n, 4); n may be 0.
        predictions: for the same frames, (m,) and (m, 4).
        iou: IoU at which boxes match for IDF1 and MOTA, above 0 and up to 1.
        frames: number of frames in the sequence, if frames without any box were omitted.

    Raises:
        UsageError: ``iou`` is out of range.
        ValueError: the sides differ in length, or an id occurs twice in a frame.

    """
    if not 0 < iou <= 1:
        raise UsageError(f"iou={iou} must be above 0 and up to 1; 0.5 is usual")
    both = sequence(truth, predictions)
    return TrackingReport(
        hota=hota(both),
        identity=identity(both, iou=iou),
        clear=clear(both, iou=iou, frames=both.frames if frames is None else frames),
        iou=iou,
        truths=len(both.truth.ids),
        predicted=len(both.found.ids),
        true_ids=both.truth.id_count,
        predicted_ids=both.found.id_count,
    )


def combine_tracking(reports: Sequence[TrackingReport]) -> TrackingReport:
    """Combine the scores of several sequences, as ``trackeval`` does.

    Raises:
        ValueError: there is no report, or the reports have different thresholds.

    """
    overlaps = sorted({report.iou for report in reports})
    if len(overlaps) != 1:
        raise ValueError(f"reports at overlaps {overlaps} cannot be combined; all must use one overlap")
    return TrackingReport(
        hota=combine_hota([report.hota for report in reports]),
        identity=combine_identity([report.identity for report in reports]),
        clear=combine_clear([report.clear for report in reports]),
        iou=overlaps[0],
        truths=sum(report.truths for report in reports),
        predicted=sum(report.predicted for report in reports),
        true_ids=sum(report.true_ids for report in reports),
        predicted_ids=sum(report.predicted_ids for report in reports),
    )
