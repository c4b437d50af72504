"""People that walk as told: who is whom is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from touchline.core.tracks import BALL, PLAYER, Detections
from touchline.metrics.tracking import evaluate_tracking
from touchline.tracking.camera_motion import Motion
from touchline.tracking.people.smoothing import smooth
from touchline.tracking.people.tracker import Tracker, follow_people
from touchline.tracking.people.tracklet_linking import fill, rejoin
from touchline.tracking.people.tracklets import Tracklet, join

FPS = 12.5


@dataclass(frozen=True)
class Sight:
    detections: Detections
    motion: Motion | None = None
    appearance: np.ndarray | None = None


def boxes_at(feet: np.ndarray, *, height: float = 40.0) -> np.ndarray:
    """Boxes (n, 4) of people standing at feet (n, 2)."""
    half = height / 5
    x, y = feet[:, 0], feet[:, 1]
    return np.stack([x - half, y - height, x + half, y], axis=1).astype(np.float32)


def seen(feet: np.ndarray, *, confidence: float = 0.9, classes: int = PLAYER) -> Detections:
    count = len(feet)
    return Detections(
        boxes_at(feet).reshape(-1, 4), np.full(count, confidence, np.float32), np.full(count, classes, np.int64)
    )


def pan(x_px: float) -> Motion:
    matrix = np.eye(3)
    matrix[0, 2] = x_px
    return Motion(matrix, 1.0)


def walkers(count: int = 30) -> np.ndarray:
    """Feet (pictures, 3, 2): two that cross each other's way and one that stands."""
    steps = np.arange(count)[:, None]
    first = np.array([100, 200]) + steps * np.array([6.0, 0.0])
    second = np.array([280, 210]) + steps * np.array([-6.0, 0.0])
    third = np.array([400, 300]) + steps * np.array([0.0, 0.0])
    return np.stack([first, second, third], axis=1)


def test_people_keep_their_ids_where_they_cross() -> None:
    tracker = Tracker(fps=FPS)
    ids = np.array([tracker.update(seen(feet)) for feet in walkers()])
    assert (ids[:1] == 0).all()  # not believed yet
    assert (ids[1:] == ids[1]).all()
    assert sorted(ids[2].tolist()) == [1, 2, 3]


def test_order_of_detections_does_not_matter() -> None:
    tracker, rng, names = Tracker(fps=FPS), np.random.default_rng(0), {}
    for feet in walkers():
        order = rng.permutation(3)
        for person, name in zip(order, tracker.update(seen(feet[order])), strict=True):
            if name:
                assert names.setdefault(int(person), int(name)) == name
    assert len(set(names.values())) == 3


def test_ball_and_faint_detections_are_nobody() -> None:
    tracker = Tracker(fps=FPS)
    for feet in walkers():
        assert (tracker.update(seen(feet, classes=BALL)) == 0).all()
        assert (tracker.update(seen(feet, confidence=0.05)) == 0).all()


def test_a_fast_pan_is_taken_out() -> None:
    """The camera pans by more than a person's width; without its motion people change ids."""

    def distinct(*, told: bool) -> int:
        tracker, ids = Tracker(fps=FPS), set()
        for index, feet in enumerate(walkers(20)):
            moved = feet + np.array([-30.0 * index * (index % 2), 0])
            shift = -30.0 * (index * (index % 2) - (index - 1) * ((index - 1) % 2)) if index else 0.0
            ids |= set(tracker.update(seen(moved), motion=pan(shift) if told else None).tolist())
        return len(ids - {0})

    assert distinct(told=True) == 3
    assert distinct(told=False) != 3


def test_no_people_and_one_picture() -> None:
    assert follow_people([], fps=FPS) == []
    assert follow_people([Sight(Detections.none())] * 5, fps=FPS) == []
    assert follow_people([Sight(seen(walkers()[0]))], fps=FPS) == []
    assert rejoin([], motions=[], fps=FPS) == []
    with pytest.raises(ValueError, match="fps=0"):
        Tracker(fps=0)


def test_finish_ends_all_tracks() -> None:
    tracker = Tracker(fps=FPS)
    for feet in walkers(10):
        first = tracker.update(seen(feet))
    tracker.finish()
    for feet in walkers(10):
        second = tracker.update(seen(feet))
    assert not set(first.tolist()) & set(second.tolist())


def test_tracklets_begin_with_the_first_detection() -> None:
    people = follow_people([Sight(seen(feet)) for feet in walkers()], fps=FPS)
    assert [(person.id, person.start, len(person)) for person in people] == [(1, 0, 30), (2, 0, 30), (3, 0, 30)]
    assert (people[2].boxes_xyxy == boxes_at(walkers()[:, 2])).all()


def with_gap(first: int, last: int, *, count: int = 60) -> list[Sight]:
    """The walkers; the first of them unseen in pictures [first, last)."""
    return [Sight(seen(feet[1:] if first <= i < last else feet)) for i, feet in enumerate(walkers(count))]


def test_long_gaps_are_rejoined_and_filled() -> None:
    sights = with_gap(15, 35)
    people = follow_people(sights, fps=FPS)
    assert len(people) == 4
    joined = rejoin(people, motions=None, fps=FPS)
    assert sorted(len(person) for person in joined) == [40, 60, 60]
    gap = next(person for person in joined if len(person) == 40)
    whole = fill(gap, motions=None, fps=FPS, gap_s=3.0)
    assert whole.index.tolist() == list(range(60))
    assert (~whole.observed).sum() == 20
    assert np.allclose(whole.boxes_xyxy, boxes_at(walkers(60)[:, 0]), atol=0.01)
    assert (whole.rows[~whole.observed] == -1).all()
    assert fill(gap, motions=None, fps=FPS, gap_s=1.0) is gap


def test_gaps_are_filled_along_with_the_camera() -> None:
    """A standing person, a camera that pans there and back while nobody is seen."""
    shift = np.array([0, 0, 0, 0, 25, 25, -25, -25, 0, 0, 0, 0.0])
    where = 200 + np.cumsum(shift)
    rows = np.array([0, 1, 2, 3, 8, 9, 10, 11])
    person = Tracklet(
        1,
        rows,
        np.zeros(8, np.int64),
        boxes_at(np.stack([where[rows], np.full(8, 100.0)], axis=1)),
        np.full(8, 0.8, np.float32),
        np.full(8, PLAYER, np.int64),
        np.ones(8, bool),
    )
    whole = fill(person, motions=[pan(x) for x in shift], fps=FPS)
    assert np.allclose(whole.boxes_xyxy, boxes_at(np.stack([where, np.full(12, 100.0)], axis=1)), atol=0.01)
    assert np.allclose(whole.confidence[4:8], 0.4)


def test_rejoining_never_overlaps_and_follows_looks() -> None:
    """Two people leave, two come back at places between theirs: what they wear says who is who."""
    rng = np.random.default_rng(0)
    parts = []
    for person in range(10):
        look = np.where(np.arange(6) < 3, person % 2, 1 - person % 2) * 1.0
        for half, start in enumerate((0, 60)):
            x = 100 + 60 * person + (25 if person % 2 == 0 else -25) * half
            feet = np.tile([[float(x), 200.0]], (25, 1))
            parts.append(
                Tracklet(
                    len(parts) + 1,
                    np.arange(start, start + 25),
                    np.zeros(25, np.int64),
                    boxes_at(feet),
                    np.full(25, 0.9, np.float32),
                    np.full(25, PLAYER, np.int64),
                    np.ones(25, bool),
                    (look + rng.normal(0, 0.1, (25, 6))).astype(np.float32),
                )
            )
    joined = rejoin(parts, motions=None, fps=FPS)
    assert len(joined) == 10
    for person in joined:
        assert person.appearance is not None
        assert np.abs(person.appearance[:25].mean(0) - person.appearance[25:].mean(0)).max() < 0.2


def test_doubtful_tracklets_are_dropped() -> None:
    sights = [Sight(seen(feet)) for feet in walkers()]
    people = follow_people(sights, fps=FPS)
    faint = Tracklet(
        9,
        np.arange(4),
        np.zeros(4, np.int64),
        boxes_at(np.full((4, 2), 50.0)),
        np.full(4, 0.2, np.float32),
        np.full(4, PLAYER, np.int64),
        np.ones(4, bool),
    )
    assert [len(person) for person in rejoin([*people, faint], motions=None, fps=FPS)] == [30, 30, 30]


def test_smoothing_takes_noise_out_and_keeps_straight_ways() -> None:
    rng = np.random.default_rng(0)
    true = boxes_at(walkers(60)[:, 0])
    (clean,) = [p for p in follow_people([Sight(seen(f[:1])) for f in walkers(60)], fps=FPS)]
    assert np.allclose(smooth(clean, motions=None, fps=FPS).boxes_xyxy, true, atol=0.01)
    noisy = Tracklet(
        1,
        clean.index,
        clean.rows,
        true + rng.normal(0, 3, true.shape).astype(np.float32),
        clean.confidence,
        clean.classes,
        clean.observed,
    )
    before = np.abs(noisy.boxes_xyxy - true).mean()
    assert np.abs(smooth(noisy, motions=None, fps=FPS).boxes_xyxy - true).mean() < 0.7 * before


def test_joining_keeps_time_order() -> None:
    people = follow_people(with_gap(15, 35), fps=FPS)
    one = join([people[3], people[0]])
    assert one.id == people[0].id and (np.diff(one.index) > 0).all()
    with pytest.raises(ValueError, match="increase strictly"):
        join([people[0], people[1]])


def test_noise_and_clutter_leave_a_good_score() -> None:
    rng = np.random.default_rng(1)
    truth, sights = [], []
    for feet in walkers(100):
        keep = rng.random(3) > 0.1
        noisy = feet + rng.normal(0, 1.5, feet.shape)
        people, ghosts = seen(noisy[keep]), seen(rng.uniform(20, 500, (rng.poisson(0.5), 2)), confidence=0.3)
        both = [np.concatenate(pair) for pair in zip(vars_of(people), vars_of(ghosts), strict=True)]
        sights.append(Sight(Detections(*both)))
        truth.append((np.arange(3), boxes_at(feet).astype(np.float64)))
    people_found = rejoin(follow_people(sights, fps=FPS), motions=None, fps=FPS)
    people_found = [smooth(fill(p, motions=None, fps=FPS), motions=None, fps=FPS) for p in people_found]
    found = []
    for index in range(100):
        here = [(p.id, p.boxes_xyxy[p.index == index][0]) for p in people_found if index in p.index]
        found.append((np.array([i for i, _ in here]), np.array([b for _, b in here]).reshape(-1, 4)))
    scores = evaluate_tracking(truth, found).results()
    assert scores["IDF1"] > 0.95 and scores["IDSW"] <= 2


def vars_of(detections: Detections) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return detections.boxes_xyxy, detections.confidence, detections.classes
