"""Recognition along tracks: the right windows, the right clock, bounded memory; and what is made of the scores."""

from __future__ import annotations

import numpy as np
import pytest

from fakerecogniser import LABELS, SPEC, shirt_recogniser
from touchline.core.actions import WindowScores
from touchline.models.runtime.runner import Runner
from touchline.models.specs.spec import ClipConfig, ClipSpec
from touchline.recognition.recogniser import ClipRecogniser
from touchline.recognition.smoothing import actions_of, smooth_windows
from touchline.recognition.track_recogniser import TrackRecogniser

STEP_US = 80_000


def shirt(colour: str) -> np.ndarray:
    crop = np.zeros((SPEC.height, SPEC.width, 3), np.uint8)
    crop[..., {"red": 0, "green": 1, "blue": 2}[colour]] = 220
    return crop


class Counting:
    """A recogniser whose score is the number written into the first pixel of each picture."""

    name, sha256, device_reason, batch, labels = "counting", "", "", 2, ("sum",)

    def __init__(self, spec: ClipSpec) -> None:
        self.spec = spec
        self.seen: list[list[int]] = []

    def scores(self, clips: list[np.ndarray]) -> np.ndarray:
        self.seen += [clip[:, 0, 0, 0].tolist() for clip in clips]
        return np.ones((len(clips), 1), np.float32)


def numbered(number: int) -> np.ndarray:
    return np.full((4, 4, 3), number, np.uint8)


def run(spec: ClipSpec, times_us: list[int], *, stride: int | None = None) -> tuple[list[list[int]], WindowScores]:
    recogniser = Counting(spec)
    along = TrackRecogniser(recogniser, stride=stride)
    for number, time_us in enumerate(times_us):
        along.push(1, time_us=time_us, crop=numbered(number))
    (found,) = along.finish()
    return recogniser.seen, found


def test_forty_pictures_make_five_windows_the_last_one_filled_up() -> None:
    spec = ClipSpec(frames=16, width=4, height=4)
    seen, found = run(spec, [i * STEP_US for i in range(40)])
    assert [clip[0] for clip in seen] == [0, 8, 16, 24, 32]
    assert seen[4] == [*range(32, 40), *[39] * 8]
    assert found.padded.tolist() == [False] * 4 + [True]
    assert found.starts_us.tolist() == [0, 640_000, 1_280_000, 1_920_000, 2_560_000]
    assert found.ends_us[-1] == 40 * STEP_US


@pytest.mark.parametrize(("pictures", "windows"), [(1, 1), (5, 1), (15, 1), (16, 2), (100, 12)])
def test_any_length_is_looked_at(pictures: int, windows: int) -> None:
    spec = ClipSpec(frames=16, width=4, height=4)
    assert len(run(spec, [i * STEP_US for i in range(pictures)])[0]) == windows


def test_every_second_picture_where_the_network_wants_that() -> None:
    seen, _ = run(ClipSpec(frames=4, stride=2, width=4, height=4), [i * STEP_US for i in range(8)], stride=2)
    assert seen[0] == [0, 2, 4, 6]


def test_a_rate_is_kept_where_pictures_are_missing_or_too_many() -> None:
    spec = ClipSpec(frames=4, fps=10, width=4, height=4)
    assert run(spec, [i * 50_000 for i in range(8)], stride=4)[0][0] == [0, 2, 4, 6]
    assert run(spec, [0, 100_000, 400_000], stride=4)[0][0] == [0, 1, 2, 2]


def test_a_long_gap_starts_windows_anew() -> None:
    seen, found = run(ClipSpec(frames=4, width=4, height=4), [0, 1, 2, 9_000_000, 9_000_001], stride=4)
    assert seen == [[0, 1, 2, 2], [3, 4, 4, 4]]
    assert found.starts_us.tolist() == [0, 9_000_000]


def test_everyone_gets_their_own_label() -> None:
    along = TrackRecogniser(shirt_recogniser(), stride=4)
    for i in range(30):
        for track_id, colour in ((7, "red"), (3, "blue"), (5, "green")):
            if track_id != 3 or i < 12:
                along.push(track_id, time_us=i * STEP_US, crop=shirt(colour))
    found = along.finish()
    assert [scores.track_id for scores in found] == [3, 5, 7]
    said = {s.track_id: [a.label for a in actions_of(s, labels=LABELS, source="shirts")] for s in found}
    assert said == {3: ["blue"], 5: ["other"], 7: ["red"]}
    assert along.finish() == []


def test_memory_does_not_grow_with_time() -> None:
    along = TrackRecogniser(shirt_recogniser(batch=8))
    most = 0
    for i in range(400):
        for track_id in range(1, 23):
            along.push(track_id, time_us=i * STEP_US, crop=shirt("red"))
        most = max(most, along.crops_held)
    assert most <= 22 * SPEC.frames + 8 * SPEC.frames


def scores(rows: list[list[float]], *, gap_after: int | None = None) -> WindowScores:
    starts = np.arange(len(rows)) * 1_000_000
    if gap_after is not None:
        starts[gap_after:] += 10_000_000
    values = np.array(rows, np.float32)
    return WindowScores(
        4, starts.astype(np.int64), (starts + 1_000_000).astype(np.int64), values, np.zeros(len(rows), bool)
    )


def test_neighbouring_windows_with_one_label_become_one_action() -> None:
    found = actions_of(scores([[0.9, 0.1], [0.7, 0.3], [0.2, 0.8]]), labels=("run", "kick"), source="m")
    assert [(a.label, a.start_us, a.end_us) for a in found] == [("run", 0, 2_000_000), ("kick", 2_000_000, 3_000_000)]
    assert found[0].confidence == pytest.approx(0.8)


def test_nothing_is_claimed_where_no_label_is_sure() -> None:
    unsure = scores([[0.9, 0.1], [0.55, 0.45], [0.9, 0.1]])
    found = actions_of(unsure, labels=("run", "kick"), source="m", min_confidence=0.6)
    assert [(a.start_us, a.end_us) for a in found] == [(0, 1_000_000), (2_000_000, 3_000_000)]


def test_smoothing_corrects_a_single_window_but_not_across_a_gap() -> None:
    rows = [[0.9, 0.1], [0.45, 0.55], [0.9, 0.1]]
    assert smooth_windows(scores(rows)).values[1, 0] == pytest.approx(0.25 * 0.9 + 0.5 * 0.45 + 0.25 * 0.9)
    apart = smooth_windows(scores(rows, gap_after=1))
    assert apart.values[0].tolist() == pytest.approx([0.9, 0.1])
    assert len(actions_of(scores([[0.9, 0.1]] * 2, gap_after=1), labels=("run", "kick"), source="m")) == 2


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="the recogniser expects"):
        shirt_recogniser().scores([np.zeros((8, 4, 4, 3), np.uint8)])
    with pytest.raises(ValueError, match="stride=9"):
        TrackRecogniser(shirt_recogniser(), stride=9)
    with pytest.raises(ValueError, match="odd number"):
        smooth_windows(scores([[1.0, 0.0]]), weights=(0.5, 0.5))
    config = ClipConfig(name="n", architecture="x", labels=("a",), clip=SPEC)
    empty = ClipRecogniser(config, runner=Runner(lambda x: (x,), 1, ""))
    assert empty.scores([]).shape == (0, 1)
