"""Every evaluation names the protocol it followed, and where it did not."""

from __future__ import annotations

import numpy as np

from touchline import Event, Timeline, evaluate
from touchline.core import ClipItem, ClipSet, Detections
from touchline.formats.boxes import MotTable
from touchline.formats.clips import ClipPredictions
from touchline.metrics.protocol import ScoringProtocol

PASSES = Timeline((Event("PASS", 5_000_000), Event("DRIVE", 9_000_000)))


def boxes() -> MotTable:
    frames = np.arange(1, 4)
    place = np.tile([10.0, 10.0, 30.0, 60.0], (3, 1))
    return MotTable(frames, frames * 0 + 1, place, np.ones(3), frames * 0 + 1, np.ones(3))


def named(protocol: ScoringProtocol) -> tuple[str, str, bool]:
    return protocol.name, protocol.version, protocol.verified


def test_spotting_names_soccernets_metric_and_what_was_set_otherwise() -> None:
    usual = evaluate.spotting(PASSES, PASSES)
    assert named(usual.protocol) == ("SoccerNet ball action spotting 2023 (at1)", "SoccerNet 0.2.0", True)
    assert usual.protocol.differs == ()
    assert usual.record()["protocol"] == usual.protocol.record()
    other = evaluate.spotting(PASSES, PASSES, labels="ball-2", fps=50)
    assert other.protocol.differs == ("50 frames per second, not 25",)
    assert evaluate.spotting(PASSES, PASSES, labels=["PASS"]).protocol.differs == ("classes of no challenge",)


def test_strict_spotting_is_nobodys_protocol() -> None:
    assert not evaluate.spotting(PASSES, PASSES, strict=True).protocol.verified


def test_tracking_names_trackeval_and_its_settings() -> None:
    protocol = evaluate.tracking(boxes(), boxes(), preprocess="mot17").protocol
    assert named(protocol) == ("MOT Challenge, 2D boxes (HOTA, IDF1, CLEAR MOT)", "trackeval 1.3.0", True)
    assert protocol.differs == ()
    other = evaluate.tracking(boxes(), boxes(), iou=0.3, classes=[1])
    assert other.protocol.differs == (
        "boxes are not preprocessed",
        "IDF1 and MOTA at IoU 0.3, not 0.5",
        "only classes 1",
    )
    assert other.record()["protocol"]["differs"] == list(other.protocol.differs)


def test_detection_names_pycocotools_and_its_limit() -> None:
    picture = Detections(np.array([[4, 3, 6, 7]], np.float32), np.ones(1, np.float32), np.full(1, 2))
    assert evaluate.detection([picture], [picture], max_detections=100).protocol.differs == ()
    free = evaluate.detection([picture], [picture])
    assert free.protocol.differs == ("all detections of an image and class count, not 100",)
    assert free.record()["protocol"]["name"] == "COCO average precision, area all"


def test_recognition_names_scikit_learn() -> None:
    clips = ClipSet((ClipItem("a", "kick"), ClipItem("b", "run")), ("kick", "run"))
    found = ClipPredictions(("a", "b"), ("kick", "run"), ("kick", "run"), np.eye(2))
    assert evaluate.recognition(clips, found).record()["protocol"]["version"] == "scikit-learn 1.9.1"
