"""SoccerNet's average-mAP: the numbered acceptance checks, parity with the package, and the strict mode."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from naive_spotting import naive_results
from soccernet_reference import KEYS, deltas, random_game, soccernet_results

from touchline.core.columns import EventColumns, columns_from_timeline, empty_columns
from touchline.core.errors import InputError, UsageError
from touchline.core.events import Event, Timeline
from touchline.formats.soccernet.columns import columns_from_annotations, columns_from_predictions
from touchline.metrics.spotting import average_map, evaluate_spotting, metric_deltas_s

Found = tuple[str, float, float]


def true_events(*events: tuple[Any, ...]) -> EventColumns:
    """(label, seconds[, half[, visible]]) each."""
    rows = [(*event, *(1, True)[len(event) - 2 :]) for event in events]
    return columns([(label, s, half, 1.0, visible) for label, s, half, visible in rows])


def found_events(*events: tuple[Any, ...]) -> EventColumns:
    """(label, seconds, confidence[, half]) each."""
    rows = [(*event, *(1,)[len(event) - 3 :]) for event in events]
    return columns([(label, s, half, confidence, True) for label, s, confidence, half in rows])


def columns(rows: list[tuple[str, float, int, float, bool]]) -> EventColumns:
    labels = sorted({row[0] for row in rows})
    return EventColumns(
        tuple(labels),
        np.array([labels.index(r[0]) for r in rows], np.int64),
        np.array([r[2] for r in rows], np.int64),
        np.array([round(r[1] * 1000) for r in rows], np.int64),
        np.array([r[3] for r in rows], np.float64),
        np.array([r[4] for r in rows], np.bool_),
    )


def score(truth: EventColumns, found: EventColumns, *, metric: str = "at1", fps: float = 2, **options: Any) -> float:
    labels = options.pop("labels", ("A",))
    value = average_map([truth], [found], labels=labels, fps=fps, metric=metric, **options)["a_mAP"]
    assert isinstance(value, float)
    return value


class TestAcceptance:
    """Checks 17 to 19."""

    def test_tolerance_is_half_of_delta_in_whole_frames(self) -> None:
        assert score(true_events(("A", 10)), found_events(("A", 10.999, 0.5))) == 1
        assert score(true_events(("A", 10)), found_events(("A", 11.0, 0.5))) == 0

    @pytest.mark.parametrize(("confidence", "expected"), [(1.2, 1), (-0.1, 0), (0.0, 1)])
    def test_confidence_outside_its_range(self, confidence: float, expected: float) -> None:
        assert score(true_events(("A", 10)), found_events(("A", 10, confidence))) == expected

    def test_confidences_between_two_thresholds_tie(self) -> None:
        assert score(true_events(("A", 10)), found_events(("A", 10, 0.5001), ("A", 99, 0.5))) == 0.5

    def test_eleven_point_interpolation(self) -> None:
        truth = true_events(*[("A", 10 * i) for i in range(1, 11)])
        assert score(truth, found_events(*[("A", 10 * i, 0.9) for i in (1, 2, 3)])) == pytest.approx(0.363636, abs=1e-6)

    def test_class_without_truth_stays_in_the_mean(self) -> None:
        assert score(true_events(("A", 10)), found_events(("A", 10, 0.9)), labels=("A", "B")) == 0.5

    def test_half_without_truth_is_invisible_to_visible(self) -> None:
        found = found_events(("A", 10, 0.5), ("A", 10, 0.9, 2))
        results = average_map([true_events(("A", 10))], [found], labels=["A"], fps=2, metric="tight")
        assert (results["a_mAP"], results["a_mAP_visible"]) == (0.5, 1)

    def test_unshown_aggregate_is_scaled(self) -> None:
        truth, found = true_events(("A", 10, 1, False)), found_events(("A", 10, 0.9))
        tight = average_map([truth], [found], labels=["A"], fps=2, metric="tight")
        assert tight["a_mAP_unshown"] == pytest.approx(17 / 13)
        assert tight["a_mAP_per_class_unshown"] == [1]
        assert average_map([truth], [found], labels=["A"], fps=2, metric="at1")["a_mAP_unshown"] == 1

    def test_true_events_choose_in_turn_and_by_score(self) -> None:
        found = found_events(("A", 50.5, 0.9), ("A", 49.5, 0.5))
        assert score(true_events(("A", 50), ("A", 51)), found, metric="at2") == pytest.approx(0.545455, abs=1e-6)

    def test_last_of_a_frame_wins(self) -> None:
        found = found_events(("A", 10, 0.9), ("A", 10.2, 0.1), ("A", 99, 0.5))
        assert score(true_events(("A", 10)), found) == 0.5

    def test_times_are_rounded_down_in_floating_point(self) -> None:
        assert int(25 * 1.16) == 28
        truth = true_events(("A", 1.16))
        assert score(truth, found_events(("A", 1.16 - 0.48, 0.9)), fps=25) == 1
        assert score(truth, found_events(("A", 1.16 + 0.48, 0.9)), fps=25) == 0

    def test_negative_time_wraps_to_the_end(self) -> None:
        assert score(true_events(("A", 7199)), found_events(("A", -1, 0.9))) == 1

    def test_late_time_moves_into_the_last_frame(self) -> None:
        assert score(true_events(("A", 7300)), found_events(("A", 8000, 0.9))) == 1

    def test_third_half_is_dropped(self) -> None:
        assert score(true_events(("A", 10)), found_events(("A", 10, 0.5), ("A", 20, 0.9, 3))) == 1


def fuzzed(seed: int) -> tuple[list[dict], list[dict], list[str], int, str]:
    rng = np.random.default_rng(seed)
    fps = (1, 2, 5, 25)[seed % 4]
    metric = ("at1", "tight", "loose", "at2", "at5")[seed % 5]
    labels = [f"class {i}" for i in range(int(rng.integers(1, 4)))]
    span_ms = int(rng.choice([20_000, 120_000, 2_700_000]))
    games = [random_game(rng, labels, span_ms=span_ms, fps=fps) for _ in range(int(rng.integers(1, 3)))]
    metric = "tight" if fps == 25 and metric == "loose" else metric
    return [g[0] for g in games], [g[1] for g in games], labels, fps, metric


def own_results(truth: list[dict], found: list[dict], **options: Any) -> dict[str, Any]:
    return average_map(
        [columns_from_annotations(game["annotations"], source="truth") for game in truth],
        [columns_from_predictions(game["predictions"], source="found") for game in found],
        **options,
    )


@pytest.mark.parametrize("block", range(10))
def test_equals_the_soccernet_package(block: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Check 20: 150 sets in blocks of 15."""
    pytest.importorskip("SoccerNet", reason="pip install --no-deps SoccerNet==0.2.0; pip install tqdm")
    for seed in range(15 * block, 15 * block + 15):
        truth, found, labels, fps, metric = fuzzed(seed)
        expected = soccernet_results(truth, found, labels=labels, fps=fps, metric=metric)
        got = own_results(truth, found, labels=labels, fps=fps, metric=metric)
        for key in KEYS:
            np.testing.assert_allclose(got[key], expected[key], rtol=0, atol=1e-9, err_msg=f"seed {seed} {key}")


def test_equals_its_definition() -> None:
    """The same without the package."""
    for seed in range(1000, 1040):
        truth, found, labels, fps, metric = fuzzed(seed)
        metric = "tight" if metric == "loose" else metric
        expected = naive_results(truth, found, labels=labels, fps=fps, deltas=deltas(metric).tolist())
        got = own_results(truth, found, labels=labels, fps=fps, metric=metric)
        for key in KEYS:
            np.testing.assert_allclose(got[key], expected[key], rtol=0, atol=1e-9, err_msg=f"seed {seed} {key}")


class TestStrict:
    """Each difference docs/explanation/spotting-metric.md lists."""

    def strict(self, truth: EventColumns, found: EventColumns, **options: Any) -> float:
        return score(truth, found, strict=True, **options)

    def test_times_keep_milliseconds(self) -> None:
        truth = true_events(("A", 10))
        assert self.strict(truth, found_events(("A", 10.5, 0.5))) == 1
        assert self.strict(truth, found_events(("A", 10.501, 0.5))) == 0

    def test_negative_times_do_not_wrap(self) -> None:
        assert self.strict(true_events(("A", 7199)), found_events(("A", -1, 0.9))) == 0
        assert self.strict(true_events(("A", 0.1)), found_events(("A", -0.2, 0.9))) == 1

    def test_late_times_stay_apart(self) -> None:
        assert self.strict(true_events(("A", 7300)), found_events(("A", 8000, 0.9))) == 0

    def test_no_event_replaces_another(self) -> None:
        found = found_events(("A", 10, 0.9), ("A", 10.2, 0.1), ("A", 99, 0.5))
        assert self.strict(true_events(("A", 10)), found) == 1

    def test_every_confidence_is_a_threshold(self) -> None:
        assert self.strict(true_events(("A", 10)), found_events(("A", 10, 0.5001), ("A", 99, 0.5))) == 1

    def test_class_without_truth_leaves_the_mean(self) -> None:
        report = evaluate_spotting(
            [true_events(("A", 10))],
            [found_events(("A", 10, 0.9))],
            labels=["A", "B"],
            fps=2,
            metric="at1",
            strict=True,
        )
        assert report.aggregate() == 1
        assert np.isnan(report.per_class()[1])

    def test_half_without_truth_counts_for_visible_and_unshown(self) -> None:
        truth = true_events(("A", 10), ("A", 50, 1, False))
        found = found_events(("A", 10, 0.5), ("A", 50, 0.5), ("A", 10, 0.9, 2))
        results = average_map([truth], [found], labels=["A"], fps=2, metric="at1", strict=True)
        assert (results["a_mAP_visible"], results["a_mAP_unshown"]) == (0.5, 0.5)

    def test_unshown_aggregate_is_not_scaled(self) -> None:
        truth, found = true_events(("A", 10, 1, False)), found_events(("A", 10, 0.9))
        assert average_map([truth], [found], labels=["A"], fps=2, metric="tight", strict=True)["a_mAP_unshown"] == 1

    def test_any_half_counts(self) -> None:
        assert self.strict(true_events(("A", 10, 3)), found_events(("A", 10, 0.5, 3))) == 1

    def test_a_match_has_the_visibility_of_its_own_event(self) -> None:
        truth = true_events(("A", 10), ("A", 11.2, 1, False))
        found = found_events(("A", 11, 0.9))
        loose = {"labels": ["A"], "fps": 2, "metric": "at3"}
        assert average_map([truth], [found], **loose, strict=True)["a_mAP_visible"] == 1
        assert average_map([truth], [found], **loose)["a_mAP_visible"] == 0

    def test_no_predictions(self) -> None:
        assert self.strict(true_events(("A", 10)), empty_columns()) == 0

    def test_half_below_one_is_dropped(self) -> None:
        assert self.strict(true_events(("A", 10)), found_events(("A", 10, 0.5), ("A", 20, 0.9, 0))) == 1

    def test_absurd_time_is_an_error(self) -> None:
        with pytest.raises(InputError, match="times span"):
            self.strict(true_events(("A", 10)), found_events(("A", 1e12, 0.5)))

    def test_confidence_must_be_finite(self) -> None:
        with pytest.raises(InputError, match="finite"):
            self.strict(true_events(("A", 10)), found_events(("A", 10, float("nan"))))


def test_timelines_score_as_their_columns_do() -> None:
    truth = Timeline((Event("A", 10_000_000), Event("A", 20_000_000, visible=False, half=2)))
    found = Timeline((Event("A", 10_200_000, confidence=0.7), Event("A", 40_000_000, confidence=0.9)))
    options: dict[str, Any] = {"labels": ["A"], "fps": 25, "metric": "tight"}
    expected = average_map([columns_from_timeline(truth)], [columns_from_timeline(found)], **options)
    assert average_map([truth], [found], **options) == expected
    assert expected["a_mAP"] > 0


def test_report_counts_and_best_f1() -> None:
    truth = true_events(("A", 10), ("A", 20), ("B", 30, 2, False))
    found = found_events(("A", 10, 0.9), ("A", 20, 0.6), ("A", 70, 0.4), ("C", 1, 0.5))
    report = evaluate_spotting([truth], [found], labels=["A", "B"], fps=25, metric="at1")
    assert report.truths.tolist() == [[2, 1], [2, 0], [0, 1]]
    assert report.predicted.tolist() == [3, 0]
    threshold, precision, recall, f1 = report.best[0]
    assert (precision, recall, f1) == (1, 1, 1)
    assert 0.4 < threshold <= 0.6


def test_metric_names() -> None:
    assert metric_deltas_s("loose") == tuple(range(5, 61, 5))
    assert metric_deltas_s("tight") == (1, 2, 3, 4, 5)
    assert metric_deltas_s("at7") == (7,)
    for wrong in ("", "at0", "at", "at-1", "Loose", "at1.5"):
        with pytest.raises(UsageError, match="unknown"):
            metric_deltas_s(wrong)


def test_far_negative_time_is_named() -> None:
    with pytest.raises(InputError, match="-8000000 ms"):
        score(true_events(("A", 10)), found_events(("A", -8000, 0.9)))


@pytest.mark.parametrize(
    ("options", "message"),
    [({"labels": []}, "at least one"), ({"labels": ["A", "A"]}, "all distinct"), ({"fps": 0}, "fps=0")],
)
def test_wrong_arguments(options: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"labels": ["A"], "fps": 2, **options}
    with pytest.raises(ValueError, match=message):
        average_map([empty_columns()], [empty_columns()], **arguments)
    with pytest.raises(ValueError, match=r"truth has . games and predictions"):
        average_map([empty_columns()], [], labels=["A"], fps=2)
