"""HOTA, IDF1 and MOTA: known answers, and equality with ``trackeval``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from touchline.core.errors import UsageError
from touchline.metrics.tracking import combine_tracking, evaluate_tracking
from touchline.metrics.tracking.sequence import FrameBoxes

Frames = list[FrameBoxes]
NOBODY: FrameBoxes = (np.zeros(0, np.int64), np.zeros((0, 4)))


def frame(*rows: tuple[int, float, float, float, float]) -> FrameBoxes:
    ids = np.array([row[0] for row in rows], np.int64)
    return ids, np.array([row[1:] for row in rows], np.float64).reshape(-1, 4)


def walk(rng: np.random.Generator, *, frames: int, people: int, grid: bool = False) -> Frames:
    """People who wander, come and go; on whole pixels with ``grid``, so that overlaps tie."""
    place, size = rng.uniform(0, 60, (people, 2)), rng.uniform(6, 16, (people, 2))
    shown = rng.random(people) < 0.8
    out = []
    for _ in range(frames):
        place = place + rng.normal(0, 1.5, place.shape)
        shown ^= rng.random(people) < 0.08
        boxes = np.concatenate([place, place + size], axis=1)
        boxes = boxes.round() if grid else boxes
        out.append((np.flatnonzero(shown).astype(np.int64) * 7 + 3, boxes[shown]))
    return out


def disturb(rng: np.random.Generator, truth: Frames, *, grid: bool = False) -> Frames:
    """Predictions with noise, gaps, false boxes and swapped ids."""
    swap = rng.permutation(200)
    out = []
    for ids, boxes in truth:
        if rng.random() < 0.05:
            swap = rng.permutation(200)
        kept = rng.random(len(ids)) < 0.85
        noisy = boxes[kept] + rng.normal(0, 1.2, (int(kept.sum()), 4))
        extra = rng.integers(0, 3)
        corner = rng.uniform(0, 60, (extra, 2))
        noisy = np.concatenate([noisy, np.concatenate([corner, corner + 10], axis=1)])
        noisy = noisy.round() if grid else noisy
        noisy[:, 2:] = np.maximum(noisy[:, 2:], noisy[:, :2])
        names = np.concatenate([swap[ids[kept] % 200], 500 + rng.permutation(9)[:extra]])
        order = rng.permutation(len(names))
        out.append((names[order].astype(np.int64), noisy[order]))
    return out


def reference_data(truth: Frames, found: Frames) -> dict[str, Any]:
    """What trackeval's metrics want of a sequence."""
    from trackeval.datasets._base_dataset import _BaseDataset

    def renumbered(frames: Frames) -> tuple[list[Any], int]:
        names = sorted({int(i) for ids, _ in frames for i in ids})
        index = {name: i for i, name in enumerate(names)}
        return [np.array([index[int(i)] for i in ids], int) for ids, _ in frames], len(names)

    true_ids, true_count = renumbered(truth)
    found_ids, found_count = renumbered(found)
    return {
        "num_timesteps": len(truth),
        "gt_ids": true_ids,
        "tracker_ids": found_ids,
        "num_gt_ids": true_count,
        "num_tracker_ids": found_count,
        "num_gt_dets": sum(map(len, true_ids)),
        "num_tracker_dets": sum(map(len, found_ids)),
        "similarity_scores": [
            _BaseDataset._calculate_box_ious(a.astype(float), b.astype(float), box_format="x0y0x1y1")
            for (_, a), (_, b) in zip(truth, found, strict=True)
        ],
    }


def reference_metrics(iou: float) -> list[Any]:
    trackeval = pytest.importorskip("trackeval")
    quiet = {"THRESHOLD": iou, "PRINT_CONFIG": False}
    return [trackeval.metrics.HOTA(), trackeval.metrics.CLEAR(quiet), trackeval.metrics.Identity(quiet)]


def reference(sequences: list[tuple[Frames, Frames]], *, iou: float = 0.5, combine: bool = False) -> dict[str, Any]:
    """All fields of trackeval's HOTA, CLEAR and Identity."""
    fields: dict[str, Any] = {}
    for metric in reference_metrics(iou):
        parts = {str(i): metric.eval_sequence(reference_data(*s)) for i, s in enumerate(sequences)}
        fields.update(metric.combine_sequences(parts) if combine else parts["0"])
    return fields


def assert_equal(report: Any, fields: dict[str, Any]) -> None:
    results = report.results()
    counts = {"HOTA_TP": report.hota.tp, "HOTA_FN": report.hota.fn, "HOTA_FP": report.hota.fp}
    curves = {**report.hota.curves(), **counts}
    assert results.keys() | counts.keys() == fields.keys()
    for name, wanted in fields.items():
        np.testing.assert_allclose(curves.get(name, results.get(name)), wanted, rtol=0, atol=1e-9, err_msg=name)
        if name in results:
            assert results[name] == pytest.approx(float(np.mean(wanted)), abs=1e-9), name


@pytest.mark.parametrize("seed", range(12))
def test_equal_to_trackeval(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = walk(rng, frames=int(rng.integers(1, 80)), people=int(rng.integers(1, 25)))
    found = disturb(rng, truth)
    iou = float(rng.choice([0.3, 0.5, 0.75]))
    assert_equal(evaluate_tracking(truth, found, iou=iou), reference([(truth, found)], iou=iou))


@pytest.mark.parametrize("seed", range(12))
def test_equal_to_trackeval_where_overlaps_tie(seed: int) -> None:
    rng = np.random.default_rng(100 + seed)
    truth = walk(rng, frames=30, people=20, grid=True)
    found = disturb(rng, truth, grid=True)
    assert_equal(evaluate_tracking(truth, found), reference([(truth, found)]))


def test_equal_to_trackeval_over_several_sequences() -> None:
    rng = np.random.default_rng(5)
    truths = [walk(rng, frames=n, people=9) for n in (20, 1, 40)] + [[NOBODY] * 3]
    sequences = [(truth, disturb(rng, truth)) for truth in truths] + [(truths[0], [NOBODY] * 20)]
    combined = combine_tracking([evaluate_tracking(*s) for s in sequences])
    assert_equal(combined, reference(sequences, combine=True))


@pytest.mark.parametrize(
    ("truth", "found"),
    [
        ([], []),
        ([NOBODY], [NOBODY]),
        ([frame((1, 0, 0, 4, 4))], [NOBODY]),
        ([NOBODY], [frame((1, 0, 0, 4, 4))]),
        ([frame((1, 0, 0, 4, 4))], [frame((1, 0, 0, 0, 4))]),
        ([frame((1, 0, 0, 4, 4)), NOBODY, frame((1, 0, 0, 4, 4))], [frame((5, 0, 0, 4, 4))] * 3),
        ([frame((1, 0, 0, 4, 4))] * 3, [frame((5, 0, 0, 4, 4)), NOBODY, frame((6, 0, 0, 4, 4))]),
        ([frame((1, 0, 0, 4, 4), (2, 0, 0, 4, 4))] * 4, [frame((5, 0, 0, 4, 4), (6, 0, 0, 4, 4))] * 4),
        ([frame((1, 0, 0, 4, 4))], [frame((5, 9, 9, 10, 10))]),
    ],
)
def test_equal_to_trackeval_in_odd_cases(truth: Frames, found: Frames) -> None:
    assert_equal(evaluate_tracking(truth, found), reference([(truth, found)]))


def test_perfect_tracks_score_one() -> None:
    truth = walk(np.random.default_rng(0), frames=30, people=8)
    results = evaluate_tracking(truth, truth).results()
    assert [results[key] for key in ("HOTA", "DetA", "AssA", "LocA", "IDF1", "MOTA", "MOTP")] == pytest.approx([1] * 7)
    assert (results["IDSW"], results["CLR_FP"], results["CLR_FN"]) == (0, 0, 0)


def test_overlap_of_four_fifths_passes_sixteen_of_nineteen_alphas() -> None:
    results = evaluate_tracking([frame((1, 0, 0, 10, 10))] * 5, [frame((4, 0, 0, 8, 10))] * 5).results()
    assert results["HOTA"] == pytest.approx(16 / 19)
    assert results["LocA(0)"] == pytest.approx(0.8)


def test_one_switch_half_way() -> None:
    truth = [frame((1, 0, 0, 10, 10))] * 10
    found = [frame((1 if i < 5 else 2, 0, 0, 10, 10)) for i in range(10)]
    results = evaluate_tracking(truth, found).results()
    assert results["MOTA"] == pytest.approx(0.9)
    assert (results["IDSW"], results["IDF1"], results["AssA"]) == (1, pytest.approx(0.5), pytest.approx(0.5))


def test_wrong_input_is_refused() -> None:
    one = [frame((1, 0, 0, 4, 4))]
    with pytest.raises(ValueError, match="1 frames and predictions have 0"):
        evaluate_tracking(one, [])
    with pytest.raises(ValueError, match="id 7 twice in frame 0"):
        evaluate_tracking(one, [frame((7, 0, 0, 4, 4), (7, 1, 1, 4, 4))])
    with pytest.raises(ValueError, match="not finite"):
        evaluate_tracking(one, [frame((7, 0, 0, 4, np.nan))])
    with pytest.raises(UsageError, match="iou=0"):
        evaluate_tracking(one, one, iou=0)
