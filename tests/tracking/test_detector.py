"""The detector as it is used: sizes of any kind in, boxes in the picture's own pixels out, each person once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from touchline.core.errors import InputError, UsageError
from touchline.core.tracks import BALL, DETECTION_LABELS, PLAYER, REFEREE
from touchline.models.networks.detector import PeopleDetector
from touchline.models.runtime.fitting import fit_at_corner
from touchline.models.specs.spec import PictureConfig, PictureSpec
from touchline.models.store import save_model
from touchline.tracking.detections import MIN_CONFIDENCE
from touchline.tracking.detector import load_detector, pair_iou, select

TINY = {"stem": 8, "widths": [8, 8, 16, 16], "blocks": [1, 1, 1, 1], "neck": 16}


def _model(folder: Path, *, labels: tuple[str, ...] = DETECTION_LABELS) -> Path:
    torch.manual_seed(0)
    network = PeopleDetector(**{**TINY, "num_classes": len(labels)})
    with torch.no_grad():
        network.heat.bias.fill_(0.0)  # type: ignore[union-attr]
    config = PictureConfig(
        name="tiny",
        task="detect",
        architecture="people-detector",
        network=network.settings,
        picture=PictureSpec(width=128, height=96),
        labels=labels,
    )
    return save_model(folder / "tiny", network, config, half=True)


def test_pictures_are_fitted_at_the_corner() -> None:
    canvas = np.zeros((96, 128, 3), np.uint8)
    assert fit_at_corner(np.full((180, 320, 3), 200, np.uint8), into=canvas) == pytest.approx(0.4)
    assert (canvas[:72] == 200).all() and (canvas[72:] == 0).all()


def test_each_person_is_reported_once_and_the_ball_beside_him() -> None:
    scores = np.zeros((4, 2), np.float32)
    boxes = np.zeros((4, 2, 4), np.float32)
    scores[PLAYER], boxes[PLAYER] = [0.9, 0.6], [[10, 10, 30, 50], [11, 10, 31, 50]]
    scores[REFEREE, 0], boxes[REFEREE, 0] = 0.5, [10, 10, 30, 50]
    scores[BALL, 0], boxes[BALL, 0] = 0.3, [12, 12, 18, 18]
    found = select(scores, boxes, size=(40, 45))
    assert found.classes.tolist() == [PLAYER, BALL]
    assert found.boxes_xyxy[0].tolist() == [10, 10, 30, 45]  # clipped to the picture
    assert found.confidence.tolist() == pytest.approx([0.9, 0.3])


def test_nothing_below_the_floor_is_reported() -> None:
    scores = np.full((4, 1), MIN_CONFIDENCE / 2, np.float32)
    assert len(select(scores, np.ones((4, 1, 4), np.float32), size=(10, 10))) == 0


def test_overlap_of_known_boxes() -> None:
    a = np.array([[0, 0, 2, 2]], np.float32)
    b = np.array([[1, 0, 3, 2], [5, 5, 6, 6]], np.float32)
    np.testing.assert_allclose(pair_iou(a, b), [[1 / 3, 0]])


def test_backends_agree_and_boxes_follow_the_pictures_size(tmp_path: Path) -> None:
    path = str(_model(tmp_path))
    random = np.random.default_rng(0)
    small = random.integers(0, 256, (96, 128, 3), dtype=np.uint8)
    large = np.repeat(np.repeat(small, 2, 0), 2, 1)
    fast = load_detector(path, device="cpu", threads=1)
    plain = load_detector(path, device="cpu", backend="torch")
    one, other = fast.detect([small, large]), plain.detect([small, large])
    assert len(one) == 2 and len(one[0]) > 0
    for a, b in zip(one, other, strict=True):
        assert len(a) == len(b)
        np.testing.assert_allclose(a.confidence, b.confidence, atol=2e-3)
    assert one[1].boxes_xyxy[:, 2].max() > one[0].boxes_xyxy[:, 2].max()


def test_models_for_other_things_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'spot'"):
        load_detector("ball-spotter", device="cpu")
    with pytest.raises(UsageError, match="must detect"):
        load_detector(str(_model(tmp_path, labels=("cat", "dog"))), device="cpu")
