"""How sure a track is one person: less where others cover him, over gaps, and where the clothing changes."""

import numpy as np

from touchline.core.tracks import PLAYER
from touchline.tracking.people.crossings import clearness
from touchline.tracking.people.identity import identity_confidences, risks_of
from touchline.tracking.people.tracklets import Tracklet


def tracklet(number: int, *, x: float = 0.0, index: np.ndarray | None = None, change: float = 0.0) -> Tracklet:
    index = np.arange(50) if index is None else index
    count = len(index)
    looks = np.zeros((count, 5), np.float32)
    looks[count // 2 :, 0] = change
    box = np.array([x, 0, x + 20, 50], np.float32)
    return Tracklet(
        number,
        index,
        np.zeros(count, np.int64),
        np.tile(box, (count, 1)),
        np.ones(count, np.float32),
        np.full(count, PLAYER),
        np.ones(count, bool),
        looks,
    )


def test_alone_is_surest() -> None:
    alone = identity_confidences([tracklet(1)], fps=12.5)[0]
    covered = identity_confidences([tracklet(1), tracklet(2, x=5)], fps=12.5)[0]
    gap = identity_confidences([tracklet(1, index=np.r_[0:25, 60:85])], fps=12.5)[0]
    changed = identity_confidences([tracklet(1, change=3.0)], fps=12.5)[0]
    assert 1 > alone > max(covered, gap, changed) > 0
    assert changed < 0.5


def test_risks_in_seconds() -> None:
    covered, gaps, gap_s, seconds, change = risks_of(
        [tracklet(1, index=np.r_[0:25, 50:75]), tracklet(2, x=5)], fps=12.5
    )[0]
    assert (covered, gaps, gap_s, seconds) == (2.0, 1, 26 / 12.5, 4.0)
    assert change == 0
    assert risks_of([], fps=12.5).shape == (0, 5)


def test_covered_boxes_count_little() -> None:
    clear = clearness([tracklet(1), tracklet(2, x=5), tracklet(3, x=500)])
    assert clear[0].max() < 0.1 and clear[2].min() == 1
