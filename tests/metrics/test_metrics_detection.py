"""Average precision: known answers, and equality with ``pycocotools``."""

from __future__ import annotations

import contextlib
import io
import math
from typing import Any

import numpy as np
import pytest

from touchline.core.errors import UsageError
from touchline.core.tracks import BALL, DETECTION_LABELS, PLAYER, REFEREE, Detections
from touchline.metrics.detection import COCO_IOUS, average_precision, match_detections


def seen(*rows: tuple[int, float, float, float, float, float]) -> Detections:
    """Detections from (class, confidence, x0, y0, x1, y1)."""
    return Detections(
        np.array([row[2:] for row in rows], np.float32).reshape(-1, 4),
        np.array([row[1] for row in rows], np.float32),
        np.array([row[0] for row in rows], np.int64),
    )


def draw(rng: np.random.Generator, *, pictures: int, grid: bool) -> tuple[list[Detections], list[Detections]]:
    """Pictures with boxes, and noisy, doubled, missed and false detections; coarse values tie."""
    truth, found = [], []
    for _ in range(pictures):
        count = int(rng.integers(0, 12))
        corner, size = rng.uniform(0, 60, (count, 2)), rng.uniform(5, 20, (count, 2))
        boxes = np.concatenate([corner, corner + size], axis=1)
        classes = rng.integers(0, 3, count)
        picked = rng.integers(0, max(count, 1), 2 * count)
        noisy = boxes[picked] + rng.normal(0, 1.5, (len(picked), 4))
        guessed = np.where(rng.random(len(picked)) < 0.8, classes[picked], rng.integers(0, 4, len(picked)))
        scores = rng.random(len(picked))
        if grid:
            boxes, noisy, scores = boxes.round(), noisy.round(), scores.round(1)
        noisy[:, 2:] = np.maximum(noisy[:, 2:], noisy[:, :2])
        truth.append(Detections(boxes.astype(np.float32), np.ones(count, np.float32), classes.astype(np.int64)))
        found.append(Detections(noisy.astype(np.float32), scores.astype(np.float32), guessed.astype(np.int64)))
    return truth, found


def reference(truth: list[Detections], found: list[Detections], *, person: bool = False) -> dict[int, Any]:
    """Precision (T, 101) and recall (T,) of each class, from pycocotools; -1 where the truth holds none."""
    coco_module = pytest.importorskip("pycocotools.coco")
    from pycocotools.cocoeval import COCOeval

    def rows(pictures: list[Detections], *, scored: bool) -> list[dict[str, Any]]:
        out: list[dict[str, Any]] = []
        for image, picture in enumerate(pictures):
            for box, score, cls in zip(
                picture.boxes_xyxy.astype(float), picture.confidence, picture.classes, strict=True
            ):
                if person and cls == BALL:
                    continue
                x0, y0, x1, y1 = box.tolist()
                area = (x1 - x0) * (y1 - y0)
                row = {"image_id": image, "category_id": 1 if person else int(cls), "bbox": [x0, y0, x1 - x0, y1 - y0]}
                extra = {"score": float(score)} if scored else {"iscrowd": 0}
                out.append({**row, **extra, "area": area, "id": len(out) + 1})
        return out

    with contextlib.redirect_stdout(io.StringIO()):
        sets = []
        for pictures, scored in ((truth, False), (found, True)):
            coco = coco_module.COCO()
            coco.dataset = {
                "images": [{"id": i} for i in range(len(pictures))],
                "categories": [{"id": i} for i in range(len(DETECTION_LABELS))],
                "annotations": rows(pictures, scored=scored),
            }
            coco.createIndex()
            sets.append(coco)
        evaluation = COCOeval(*sets, "bbox")
        evaluation.params.maxDets = [100_000]
        evaluation.params.areaRng = [[0, 1e10]]
        evaluation.evaluate()
        evaluation.accumulate()
    precision, recall = evaluation.eval["precision"], evaluation.eval["recall"]
    return {k: (precision[:, :, k, 0, 0], recall[:, k, 0, 0]) for k in range(len(DETECTION_LABELS))}


@pytest.mark.parametrize("grid", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_equal_to_pycocotools(seed: int, grid: bool) -> None:
    rng = np.random.default_rng(seed)
    truth, found = draw(rng, pictures=int(rng.integers(1, 25)), grid=grid)
    report = average_precision(truth, found)
    wanted = reference(truth, found)
    wanted_person = reference(truth, found, person=True)[1]
    for entry, (precision, recall) in zip(
        (*report.classes, report.person), (*wanted.values(), wanted_person), strict=True
    ):
        if precision.max() < 0:
            assert (entry.truths, math.isnan(entry.mean), math.isnan(entry.recall[0])) == (0, True, True)
            continue
        np.testing.assert_allclose(entry.ap, precision.mean(axis=1), rtol=0, atol=1e-9)
        np.testing.assert_allclose(entry.recall, recall, rtol=0, atol=1e-9)
    known = np.array([p.mean() for p, _ in wanted.values() if p.max() >= 0])
    assert report.mean == pytest.approx(known.mean(), abs=1e-9)


def test_overlaps_are_cocos() -> None:
    params = pytest.importorskip("pycocotools.cocoeval").Params("bbox")
    assert params.iouThrs.tolist() == list(COCO_IOUS)


def test_perfect_and_absent_and_false() -> None:
    truth = [seen((PLAYER, 1, 0, 0, 10, 20), (BALL, 1, 30, 30, 34, 34)), Detections.none()]
    found = [seen((PLAYER, 0.9, 0, 0, 10, 20)), seen((REFEREE, 0.8, 0, 0, 10, 20))]
    report = average_precision(truth, found)
    assert (report["player"].mean, report["ball"].mean, report.mean) == (pytest.approx(1), 0, pytest.approx(0.5))
    assert math.isnan(report["referee"].mean)
    assert (report["referee"].predicted, report["goalkeeper"].truths, report.pictures) == (1, 0, 2)
    assert report["person"].at(0.5) == pytest.approx(1)
    assert report["player"].best == pytest.approx((0.9, 1, 1, 1))
    assert math.isnan(report["ball"].best[0])
    with pytest.raises(KeyError, match="umpire"):
        report["umpire"]


def test_a_person_of_the_wrong_class_is_still_a_person() -> None:
    report = average_precision([seen((PLAYER, 1, 0, 0, 10, 20))], [seen((REFEREE, 0.5, 0, 0, 10, 20))])
    assert (report["player"].at(0.5), report["person"].at(0.5)) == (0, pytest.approx(1))


def test_overlap_decides_at_which_thresholds_a_detection_fits() -> None:
    report = average_precision([seen((PLAYER, 1, 0, 0, 10, 10))], [seen((PLAYER, 1, 0, 0, 7, 10))])
    assert report["player"].ap.tolist() == pytest.approx([1] * 5 + [0] * 5)
    with pytest.raises(ValueError, match=r"iou=0\.55.*not evaluated"):
        average_precision([], [], iou_thresholds=(0.5,))["ball"].at(0.55)


def test_a_detection_takes_the_free_box_it_overlaps_most() -> None:
    iou = np.array([[0.9, 0.6], [0.8, 0.7], [0.6, 0.6]])
    assert match_detections(iou, (0.5, 0.65, 0.75)).tolist() == [
        [True, True, False],
        [True, True, False],
        [True, False, False],
    ]


def test_best_f1_cuts_only_between_confidences() -> None:
    truth = [seen((PLAYER, 1, 0, 0, 10, 10))]
    found = [seen((PLAYER, 0.5, 0, 0, 10, 10), (PLAYER, 0.5, 40, 0, 50, 10))]
    assert average_precision(truth, found)["player"].best == pytest.approx((0.5, 0.5, 1, 2 / 3))


def test_wrong_input_is_refused() -> None:
    with pytest.raises(ValueError, match="1 pictures and predictions have 0"):
        average_precision([Detections.none()], [])
    for overlaps in ((), (0.0,), (1.5,)):
        with pytest.raises(UsageError, match="iou_thresholds"):
            average_precision([], [], iou_thresholds=overlaps)
