"""What is said of a picture whose technique is not clear."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from touchline.core.poses import JOINTS, Pose
from touchline.goalkeeping.technique import TechniqueReading, load_techniques
from touchline.goalkeeping.unclear import measured_reliability, sharpness, two_likeliest, what_would_help

KNOWN = load_techniques()
CHECKS = (np.indices((200, 200)).sum(axis=0) % 2 * 255).astype(np.uint8)[..., None].repeat(3, axis=2)


def _pose(*, scale: float = 40.0, wide: float = 1.0, hidden: tuple[str, ...] = ()) -> Pose:
    flat = KNOWN.centres[0] * [wide, 1.0]
    sure = np.array([0.1 if name in hidden else 0.9 for name in JOINTS], np.float32)
    return Pose((100 + scale * flat).astype(np.float32), sure)


def test_the_two_likeliest_come_in_order() -> None:
    reading = TechniqueReading(None, 0.4, {"passive": 0.3, "spread": 0.5, "aggressive": 0.2}, {})
    assert [(one.name, one.probability) for one in two_likeliest(reading)] == [("spread", 0.5), ("passive", 0.3)]
    assert two_likeliest(TechniqueReading(None, 0.0, {}, {})) == ()


def test_reliability_of_unnamed_pictures_is_preferred() -> None:
    measured = {"all": {"among": 0.8}, "unnamed": {"among": 0.7}}
    assert measured_reliability(replace(KNOWN, facts={"two_likeliest": measured})) == {"among": 0.7}
    assert measured_reliability(replace(KNOWN, facts={})) is None


@pytest.mark.parametrize(
    ("pose", "rgb", "expected"),
    [
        (_pose(), CHECKS, ["a second picture"]),
        (
            _pose(hidden=("left_wrist", "right_hip")),
            CHECKS,
            ["right hip and left wrist to be seen", "a second picture"],
        ),
        (_pose(hidden=("left_knee", "left_ankle", "left_elbow", "head_top", "neck")), CHECKS, ["11 of 16", "a second"]),
        (_pose(scale=10.0), CHECKS, ["a larger picture", "a second picture"]),
        (_pose(wide=0.2), CHECKS, ["a view from the front", "a second picture"]),
        (
            _pose(),
            cv2.GaussianBlur(np.tri(200, dtype=np.uint8)[..., None].repeat(3, 2) * 200, (0, 0), 9),
            ["a sharper", ""],
        ),
    ],
)
def test_what_would_help_names_what_is_missing(pose: Pose, rgb: np.ndarray, expected: list[str]) -> None:
    said = what_would_help([(rgb, pose)])
    assert len(said) == len(expected)
    assert all(part in remark for part, remark in zip(expected, said, strict=True))


def test_two_pictures_need_no_second_and_none_needs_one() -> None:
    assert what_would_help([(CHECKS, _pose()), (CHECKS, _pose())]) == ()
    assert what_would_help([]) == ("a picture of the moment",)
    assert sharpness(CHECKS) > sharpness(cv2.GaussianBlur(CHECKS, (0, 0), 3))
