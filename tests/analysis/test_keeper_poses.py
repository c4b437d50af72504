"""The keeper among people: who is taken, what is said, and when nobody can tell."""

from __future__ import annotations

import numpy as np
import pytest

from touchline.analysis.keeper_poses import find_keeper
from touchline.core.errors import InputError
from touchline.core.poses import Pose
from touchline.core.tracks import BALL, GOALKEEPER, PLAYER, Detections
from touchline.goalkeeping.found_keeper import FoundKeeper, find_pose
from touchline.goalkeeping.pose_finder import PoseFinderLike

WIDE = np.zeros((720, 1280, 3), np.uint8)


class Stub:
    """Sees boxes of classes in pictures of 1280x720 at their own size only."""

    name = sha256 = device_reason = ""
    batch = 1

    def __init__(self, *seen: tuple[tuple[float, ...], int]) -> None:
        self._seen = seen

    def detect(self, pictures: list[np.ndarray]) -> list[Detections]:
        seen = self._seen if pictures[0].shape == WIDE.shape else ()
        boxes = np.array([box for box, _ in seen], np.float32).reshape(-1, 4)
        classes = np.array([kind for _, kind in seen], np.int64)
        return [Detections(boxes, np.full(len(seen), 0.8, np.float32), classes)]


def test_the_one_who_looks_like_a_keeper_is_taken() -> None:
    crowd = [((x, 100.0, x + 30, 200.0), PLAYER) for x in range(100, 900, 80)]
    found = find_keeper(WIDE, Stub(*crowd, ((1000.0, 50.0, 1020.0, 90.0), GOALKEEPER), ((5.0, 5.0, 9.0, 9.0), BALL)))
    assert found.box_xyxy == (1000, 50, 1020, 90)
    assert found.note == "11 people: the one who looks like a keeper was chosen; use --boxes to choose another"


def test_of_few_the_largest_is_taken_and_of_many_nobody() -> None:
    two = find_keeper(WIDE, Stub(((10.0, 10.0, 60.0, 200.0), PLAYER), ((500.0, 10.0, 520.0, 60.0), PLAYER)))
    assert two.box_xyxy == (10, 10, 60, 200) and "the largest" in two.note
    crowd = [((x, 100.0, x + 30, 200.0), PLAYER) for x in range(100, 900, 80)]
    with pytest.raises(InputError, match="10 people and none looks like a keeper: mark the keeper with --boxes"):
        find_keeper(WIDE, Stub(*crowd))


def test_one_person_needs_no_words_and_a_cut_out_no_detector() -> None:
    assert find_keeper(WIDE, Stub(((10.0, 10.0, 60.0, 200.0), PLAYER))) == FoundKeeper((10, 10, 60, 200))
    assert find_keeper(WIDE[:200, :150], Stub()) == FoundKeeper(None)
    assert "nobody was detected" in find_keeper(WIDE, Stub()).note


def test_a_pose_is_told_in_the_picture_with_its_notes() -> None:
    class Finder:
        name = sha256 = device_reason = ""

        def find(self, crops: list[np.ndarray]) -> list[Pose]:
            assert crops[0].shape == (120, 120, 3)
            return [Pose(np.zeros((16, 2), np.float32), np.zeros(16, np.float32))]

    finder: PoseFinderLike = Finder()
    pose, square, note = find_pose(WIDE, finder, keeper=FoundKeeper((100, 100, 140, 200), "two people"))
    assert square == (60, 90, 180, 210)
    assert pose.joints_px == pytest.approx(np.tile([60.0, 90.0], (16, 1)))
    assert note == "two people; no person is seen: nothing can be told from this picture"
