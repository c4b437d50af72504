"""COCO files with crowds, masks, odd ids and many detections, scored as pycocotools scores them."""

from __future__ import annotations

import contextlib
import io
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from touchline.analysis import evaluate
from touchline.core.errors import InputError
from touchline.formats.boxes.coco_masks import box_around

LABELS = ("ball", "player")


def draw(rng: np.random.Generator, *, crowded: bool, many: bool = False) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A truth and results with crowds, boxes on whole pixels, tied scores and images in any order."""
    images = rng.permutation(rng.choice(50, int(rng.integers(1, 8)), replace=False)).tolist()
    annotations: list[dict[str, Any]] = []
    found: list[dict[str, Any]] = []
    for image in images:
        for _ in range(int(rng.integers(0, 10))):
            x, y, w, h = (int(v) for v in (*rng.integers(0, 60, 2), *rng.integers(5, 30, 2)))
            row = {"image_id": image, "category_id": int(rng.integers(1, 3)), "bbox": [x, y, w, h], "area": w * h}
            crowd = crowded and rng.random() < 0.3
            ignore = {"ignore": 1} if rng.random() < 0.1 else {}
            annotations.append({**row, **ignore, "id": len(annotations) + 1, "iscrowd": int(crowd)})
            for _ in range(int(rng.integers(0, 4)) + 60 * many):
                shift = rng.integers(-3, 4, 4).tolist()
                box = [x + shift[0], y + shift[1], max(w + shift[2], 1), max(h + shift[3], 1)]
                guess = row["category_id"] if rng.random() < 0.8 else 3 - row["category_id"]
                score = float(rng.integers(1, 10) / 16) if rng.random() < 0.5 else float(rng.random())
                found.append({"image_id": image, "category_id": guess, "bbox": box, "score": score})
    categories = [{"id": i, "name": name} for i, name in enumerate(LABELS, 1)]
    return {"images": [{"id": i} for i in images], "categories": categories, "annotations": annotations}, found


def reference(truth: dict[str, Any], found: list[dict[str, Any]], *, most: int) -> tuple[Any, Any]:
    """Precision (T, 101, K) and recall (T, K) of pycocotools, through its own reading of the files."""
    coco_module = pytest.importorskip("pycocotools.coco")
    from pycocotools.cocoeval import COCOeval

    with contextlib.redirect_stdout(io.StringIO()):
        coco = coco_module.COCO()
        coco.dataset = json.loads(json.dumps(truth))
        coco.createIndex()
        evaluation = COCOeval(coco, coco.loadRes(json.loads(json.dumps(found))), "bbox")
        evaluation.params.maxDets = [most]
        evaluation.params.areaRng = [[0, 1e10]]
        evaluation.evaluate()
        evaluation.accumulate()
    return evaluation.eval["precision"][:, :, :, 0, 0], evaluation.eval["recall"][:, :, 0, 0]


def ours(folder: Path, truth: Any, found: Any, **options: Any) -> evaluate.DetectionEvaluation:
    (folder / "truth.json").write_text(json.dumps(truth))
    (folder / "found.json").write_text(json.dumps(found))
    return evaluate.detection(folder / "truth.json", folder / "found.json", labels=LABELS, **options)


def assert_equal(result: evaluate.DetectionEvaluation, wanted: tuple[Any, Any]) -> None:
    precision, recall = wanted
    for k, entry in enumerate(result.report.classes):
        if precision[..., k].max() < 0:
            assert math.isnan(entry.mean)
        else:
            np.testing.assert_allclose(entry.ap, precision[..., k].mean(axis=1), rtol=0, atol=1e-12)
            np.testing.assert_allclose(entry.recall, recall[:, k], rtol=0, atol=1e-12)


@pytest.mark.robustness("data-files")
@pytest.mark.parametrize(("crowded", "many", "most"), [(True, False, None), (False, False, 3), (True, True, 100)])
def test_equal_to_pycocotools(
    tmp_path: Path, crowded: bool, many: bool, most: int | None, tried: Callable[[int], None]
) -> None:
    seeds = [seed for seed in range(5 if many else 40)]
    for seed in seeds:
        truth, found = draw(np.random.default_rng(seed), crowded=crowded, many=many)
        if not found or all(row["iscrowd"] for row in truth["annotations"]):
            continue
        wanted = reference(truth, found, most=most or 100_000)
        assert_equal(ours(tmp_path, truth, found, max_detections=most), wanted)
    tried(len(seeds))


@pytest.mark.robustness("data-files")
def test_a_crowd_swallows_what_lies_in_it(tmp_path: Path) -> None:
    """Known answer: one player found, and two false detections, one of them inside the crowd."""
    row = {"image_id": 1, "category_id": 2, "id": 1}
    truth = {
        "images": [{"id": 1}],
        "categories": [{"id": 2, "name": "player"}],
        "annotations": [
            {**row, "bbox": [0, 0, 10, 20], "iscrowd": 0},
            {**row, "id": 2, "bbox": [100, 0, 200, 100], "iscrowd": 1},
        ],
    }
    found = [
        {"image_id": 1, "category_id": 2, "bbox": [120, 10, 10, 20], "score": 0.9},
        {"image_id": 1, "category_id": 2, "bbox": [0, 0, 10, 20], "score": 0.8},
    ]
    result = ours(tmp_path, truth, found)
    assert (result.report["player"].mean, result.report["player"].truths) == (pytest.approx(1), 1)
    assert "1 crowd in the truth" in result.warnings[0]
    outside = [{**found[0], "bbox": [400, 10, 10, 20]}, found[1]]
    assert ours(tmp_path, truth, outside).report["player"].mean == pytest.approx(0.5)


@pytest.mark.robustness("data-files")
def test_ids_may_be_text_and_images_may_have_no_predictions(tmp_path: Path) -> None:
    truth, found = draw(np.random.default_rng(3), crowded=True)
    found = [row for row in found if row["image_id"] != truth["images"][0]["id"]]
    wanted = ours(tmp_path, truth, found).record()
    texts = {"image_id": str, "category_id": float}
    odd = [{key: texts.get(key, lambda value: value)(value) for key, value in row.items()} for row in found]
    images = [{"id": str(row["id"])} for row in truth["images"]]
    assert ours(tmp_path, {**truth, "images": images}, odd).record() == wanted
    with pytest.raises(InputError, match=r"results\[0\]: image_id 77 is not among the truth's"):
        ours(tmp_path, truth, [{**found[0], "image_id": "77"}])


@pytest.mark.robustness("data-files")
def test_ids_that_mislead_pycocotools_are_said(tmp_path: Path) -> None:
    truth, found = draw(np.random.default_rng(3), crowded=False)
    wanted = ours(tmp_path, truth, found)
    assert wanted.warnings == ()
    rows = [{**row, "id": max(row["id"] - 2, 0)} for row in truth["annotations"]]
    result = ours(tmp_path, {**truth, "annotations": rows, "images": truth["images"] * 2}, found)
    assert result.report.mean == wanted.report.mean
    said = " ".join(result.warnings)
    for part in ("images with an id that another one has", "1 annotation with an id that another", "has id 0"):
        assert part in said


@pytest.mark.robustness("data-files")
def test_more_than_a_hundred_detections_are_said(tmp_path: Path) -> None:
    truth, found = draw(np.random.default_rng(1), crowded=False, many=True)
    result = ours(tmp_path, truth, found)
    assert any("--max-detections 100" in warning for warning in result.warnings)
    assert not any("--max-detections" in line for line in ours(tmp_path, truth, found, max_detections=100).warnings)


@pytest.mark.robustness("data-files")
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 12), st.floats(0.02, 0.9))
def test_boxes_around_masks_are_those_of_pycocotools(seed: int, height: int, width: int, share: float) -> None:
    mask_api = pytest.importorskip("pycocotools.mask")
    mask = (np.random.default_rng(seed).random((height, width)) < share).astype(np.uint8)
    encoded = mask_api.encode(np.asfortranarray(mask))
    wanted = mask_api.toBbox(encoded).tolist()
    text = {"size": [height, width], "counts": encoded["counts"].decode()}
    flat = mask.flatten(order="F")
    runs = np.diff(np.flatnonzero(np.concatenate([[1], np.diff(flat) != 0, [1]]))).tolist()
    plain = {"size": [height, width], "counts": ([0] if flat[0] else []) + runs}
    assert box_around(text) == box_around(plain) == wanted


@pytest.mark.robustness("data-files")
def test_masks_stand_for_missing_boxes_and_are_else_left_alone(tmp_path: Path) -> None:
    mask_api = pytest.importorskip("pycocotools.mask")
    truth, found = draw(np.random.default_rng(4), crowded=False)
    wanted = ours(tmp_path, truth, found).record()
    masked = []
    for row in truth["annotations"]:
        x, y, w, h = row["bbox"]
        mask = np.zeros((100, 100), np.uint8)
        mask[y : y + h, x : x + w] = 1
        encoded = mask_api.encode(np.asfortranarray(mask))
        segmentation: Any = {"size": [100, 100], "counts": encoded["counts"].decode()}
        if row["id"] % 2:
            segmentation = [[x, y, x + w, y, x + w, y + h, x, y + h]]
        masked.append({**{key: value for key, value in row.items() if key != "bbox"}, "segmentation": segmentation})
    assert ours(tmp_path, {**truth, "annotations": masked}, found).record() == wanted
    both = [{**row, "segmentation": {"size": [0], "counts": "?"}} for row in truth["annotations"]]
    assert ours(tmp_path, {**truth, "annotations": both}, found).record() == wanted


@pytest.mark.robustness("data-files")
@pytest.mark.parametrize(
    ("segmentation", "why"),
    [
        (3, "is neither polygons nor"),
        ([], "has no polygon"),
        ([["a", 1]], "polygons that are not numbers"),
        ([[1, 2, 3]], "has no polygon"),
        ({"counts": [4]}, "has size None"),
        ({"size": [2, 2], "counts": [5]}, "run lengths for 5 pixels, not 2 x 2"),
        ({"size": [2, 2], "counts": [5, -1]}, "not run lengths"),
        ({"size": [2, 2], "counts": "\x7f\x7f"}, "the character"),
        ({"size": [2, 2], "counts": "o"}, "end too early"),
    ],
)
def test_broken_masks_are_named(tmp_path: Path, segmentation: Any, why: str) -> None:
    truth, found = draw(np.random.default_rng(4), crowded=False)
    rows = [{**truth["annotations"][0], "bbox": None, "segmentation": segmentation}]
    with pytest.raises(InputError, match=rf"annotations\[0\]: has no bbox, and its segmentation.*{why}"):
        ours(tmp_path, {**truth, "annotations": rows}, found)
