"""What corrections teach, and what they do not: masks, ranges, splits and comparisons with known answers."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from reviewing import S
from touchline.core.arrays import Floats32
from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.formats.bundle import Bundle
from touchline.formats.corrections.reviewed import ReviewedMatch
from touchline.training.corrections.learning import Batch, FineTuning, masked_loss
from touchline.training.corrections.lessons import lessons_of, ranges_of
from touchline.training.corrections.measure import blocks_of, compare
from touchline.training.corrections.split import split_of

LABELS = ("PASS", "DRIVE")


def reviewed(
    *, spans: tuple[tuple[int, int], ...] = (), accepted: list[Event] | None = None, rejected: list[Event] | None = None
) -> ReviewedMatch:
    timelines = (Timeline(tuple(accepted or ())), Timeline(tuple(rejected or ())))
    return ReviewedMatch("m", Bundle(Path("m.touchline")), "m", spans, *timelines)


def known(match: ReviewedMatch) -> tuple[list[list[int]], list[list[int]]]:
    """Samples with a target, and samples with a weight, by label; one sample a second."""
    lessons = lessons_of(match, labels=LABELS, fps=1, samples=20, radius=1, reject_radius=2)
    return marked(lessons.targets), marked(lessons.weights)


def marked(values: Floats32) -> list[list[int]]:
    return [np.flatnonzero(column).tolist() for column in values.T]


def test_a_reviewed_span_teaches_everything_and_the_rest_nothing() -> None:
    targets, weights = known(reviewed(spans=((5 * S, 10 * S),), accepted=[Event("PASS", 7 * S), Event("SHOT", 8 * S)]))
    assert targets == [[6, 7, 8], []]
    assert weights == [[5, 6, 7, 8, 9], [5, 6, 7, 8, 9]]


def test_single_decisions_teach_only_their_own_label_nearby() -> None:
    targets, weights = known(
        reviewed(accepted=[Event("DRIVE", 15 * S)], rejected=[Event("PASS", 0), Event("DRIVE", 17 * S)])
    )
    assert targets == [[], [14, 15, 16]]
    assert weights == [[0, 1, 2], [14, 15, 16, 17, 18, 19]]


def test_ranges_have_a_margin_and_join() -> None:
    mask = np.zeros(30, bool)
    mask[[1, 8, 9, 20]] = True
    assert ranges_of(mask, margin=3) == [(0, 13), (17, 24)]
    assert ranges_of(np.zeros(5, bool), margin=3) == []
    lessons = lessons_of(reviewed(spans=((0, 3 * S),)), labels=LABELS, fps=1, samples=4, radius=1, reject_radius=1)
    assert lessons.part(2, 6).known.tolist() == [True, False, False, False]


def every_second(first: int, count: int) -> list[Event]:
    return [Event("PASS", (first + number) * S) for number in range(count)]


def test_one_match_is_split_by_time_with_a_gap() -> None:
    match = reviewed(spans=((0, 50 * S), (100 * S, 150 * S)), accepted=every_second(0, 50) + every_second(100, 50))
    fold = split_of([match], share=0.3, gap_s=5)
    assert [m.spans for m in fold.learn] == [((0, 50 * S), (100 * S, 115 * S))]
    assert [m.spans for m in fold.test] == [((120 * S, 150 * S),)]
    assert (
        max(e.start_us for e in fold.learn[0].accepted)
        < 115 * S
        <= 120 * S
        == min(e.start_us for e in fold.test[0].truth)
    )


def test_several_matches_are_held_out_whole_and_single_decisions_are_always_learnt() -> None:
    one, two = (replace(reviewed(spans=((0, 50 * S),), accepted=every_second(0, 50)), fingerprint=n) for n in "ab")
    queue = replace(reviewed(accepted=every_second(0, 5)), fingerprint="c")
    split = split_of([one, two, queue], share=0.3, gap_s=5)
    assert [m.fingerprint for m in split.learn] == ["a", "c"]
    assert [m.fingerprint for m in split.test] == ["b"]
    three = replace(one, fingerprint="d")
    assert [m.fingerprint for m in split_of([one, two, three], share=0.9, gap_s=5).test] == ["b", "d"]


def test_too_little_review_is_refused() -> None:
    with pytest.raises(InputError, match="only 6 true events of m can be held out, 20 are needed"):
        split_of([reviewed(spans=((0, 20 * S),), accepted=every_second(0, 20))], share=0.3, gap_s=5)
    with pytest.raises(InputError, match="only 0 true events"):
        split_of([reviewed(accepted=every_second(0, 50))], share=0.3, gap_s=5)


def test_a_better_model_is_better_and_an_equal_one_is_not() -> None:
    span = (0, 300 * S)
    truth = Timeline(tuple(Event("PASS", (3 + 6 * i) * S) for i in range(50)))
    half = Timeline(tuple(event for i, event in enumerate(truth) if i % 2))
    better = compare(blocks_of(truth, half, truth, spans=[span]), labels=LABELS, spans=[span], rounds=50)
    assert better.better and better.after.value == pytest.approx(1.0) and better.before.value < 0.6
    assert (better.minutes, better.events, better.better_in) == (5.0, {"PASS": 50}, 1.0)
    assert better.gain.low > 0.3
    equal = compare(blocks_of(truth, half, half, spans=[span]), labels=LABELS, spans=[span], rounds=50)
    assert not equal.better and equal.gain.value == 0.0
    worse = compare(blocks_of(truth, truth, half, spans=[span]), labels=LABELS, spans=[span], rounds=50)
    assert not worse.better and worse.better_in == 0.0
    assert worse.to_json()["better"] is False


def test_the_loss_of_unknown_samples_pulls_towards_the_scores_of_before() -> None:
    settings = FineTuning(keep=0.5, gamma=0.0, positive_weight=0.0)
    one, none = torch.ones(1, 2, 1), torch.zeros(1, 2, 1)
    known = torch.tensor([[[1.0], [0.0]]])
    batch = Batch(none, targets=known, weights=known, unknown=1 - known, before=torch.full((1, 2, 1), 0.25))
    right = torch.tensor([[[9.0], [math.log(0.25 / 0.75)]]])
    entropy = -(0.25 * math.log(0.25) + 0.75 * math.log(0.75))
    assert float(masked_loss(right, batch, settings)) == pytest.approx(0.5 * entropy / 1.5, abs=1e-3)
    for sample, worse in ((0, -9.0), (1, 3.0), (1, -3.0)):
        wrong = right.clone()
        wrong[0, sample] = worse
        assert float(masked_loss(wrong, batch, settings)) > float(masked_loss(right, batch, settings)) + 0.05
    ignored = FineTuning(keep=0.0, gamma=0.0, positive_weight=0.0)
    assert float(masked_loss(one * 9, batch, ignored)) == pytest.approx(0.0, abs=1e-3)
