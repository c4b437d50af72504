"""COCO's JSON: truth and results by image, and refusals with their entry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from touchline.core.errors import InputError
from touchline.core.tracks import DETECTION_LABELS
from touchline.formats.boxes.coco import read_coco_results, read_coco_truth

TRUTH: dict[str, Any] = {
    "images": [{"id": 7, "file_name": "a.jpg"}, {"id": 8}],
    "categories": [{"id": 1, "name": "Player"}, {"id": 5, "name": "flag"}],
    "annotations": [
        {"id": 1, "image_id": 7, "category_id": 1, "bbox": [1, 2, 3.5, 4], "iscrowd": 0},
        {"id": 2, "image_id": 7, "category_id": 5, "bbox": [0, 0, 9, 9]},
    ],
}
FOUND: list[Any] = [{"image_id": 8, "category_id": 1, "bbox": [0, 0, 2, 3], "score": 0.25}]


def write(folder: Path, document: Any) -> Path:
    path = folder / "boxes.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def test_truth_and_results(tmp_path: Path) -> None:
    truth = read_coco_truth(write(tmp_path, TRUTH), labels=DETECTION_LABELS)
    assert (dict(truth.images), dict(truth.classes), truth.left_out) == ({7: "a.jpg", 8: ""}, {1: 2, 5: None}, 1)
    assert (truth.boxes[7].boxes_xyxy.tolist(), truth.boxes[7].classes.tolist()) == ([[1, 2, 4.5, 6]], [2])
    assert len(truth.boxes[8]) == 0
    found = read_coco_results(write(tmp_path, FOUND), truth)
    assert (len(found[7]), found[8].confidence.tolist(), found[8].boxes_xyxy.tolist()) == (0, [0.25], [[0, 0, 2, 3]])


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("", "line 1: not readable as JSON"),
        ('{"images": [],\n x}', "line 2: not readable as JSON"),
        ('{"images": NaN}', "line 1: not readable as JSON"),
        (FOUND, "holds a JSON list"),
        ({}, "has no list 'images'"),
        ({**TRUTH, "images": [3]}, r"images\[0\]: '3' is not an object"),
        ({**TRUTH, "images": [{"id": "x"}]}, r"images\[0\]: id 'x' is not a whole number"),
        ({**TRUTH, "categories": [{"id": 1, "name": "car"}]}, r"its categories \['car'\] are not among"),
        (
            {**TRUTH, "annotations": [{**TRUTH["annotations"][0], "iscrowd": "yes"}]},
            r"annotations\[0\]: iscrowd 'yes' is neither 0 nor 1",
        ),
        ({**TRUTH, "annotations": [{**TRUTH["annotations"][0], "bbox": [1, 2, -3, 4]}]}, r"\[0\]: bbox .*negative"),
        ({**TRUTH, "annotations": [{**TRUTH["annotations"][0], "bbox": [1, 2, 3]}]}, r"\[0\]: bbox .*not a list"),
        ({**TRUTH, "annotations": [{**TRUTH["annotations"][0], "bbox": [1, 2, 3, "4"]}]}, r"\[0\]: bbox '4' is no"),
        ({**TRUTH, "annotations": [{**TRUTH["annotations"][0], "bbox": [1, 2, 3, 1e99]}]}, r"\[0\]: bbox '1e\+99'"),
        (
            {**TRUTH, "annotations": [{**TRUTH["annotations"][0], "image_id": 1}]},
            "image_id 1 is not among the truth's 2",
        ),
        ({**TRUTH, "annotations": [{**TRUTH["annotations"][0], "category_id": True}]}, "category_id 'True'"),
    ],
)
def test_bad_truth(tmp_path: Path, document: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_coco_truth(write(tmp_path, document), labels=DETECTION_LABELS)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (TRUTH, "has no list 'results'"),
        ("3", "has no list 'results'"),
        ([{**FOUND[0], "score": None}], r"results\[0\]: score 'None' is not a number"),
        ([FOUND[0], {**FOUND[0], "category_id": 2}], r"results\[1\]: category_id 2 is not among the truth's \[1, 5\]"),
    ],
)
def test_bad_results(tmp_path: Path, document: Any, message: str) -> None:
    truth = read_coco_truth(write(tmp_path, TRUTH), labels=DETECTION_LABELS)
    with pytest.raises(InputError, match=message):
        read_coco_results(write(tmp_path, document), truth)
