"""Detectors of transformers, from a folder: made here with random weights; and what is said where one cannot be had."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from touchline.core.errors import InputError, UsageError
from touchline.core.tracks import BALL, PLAYER
from touchline.models.runtime.hub import is_hub_name
from touchline.tracking.detector import load_detector
from touchline.tracking.hub_detector import HubDetector


def test_names_of_the_hub_and_folders_are_told_from_models(tmp_path: Path) -> None:
    assert is_hub_name("hf:owner/name")
    assert not is_hub_name("people-detector")
    assert not is_hub_name(str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    assert is_hub_name(str(tmp_path))


def test_a_model_made_here_detects(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers", reason="transformers is an optional extra")
    backbone = transformers.RTDetrResNetConfig(
        embedding_size=8, hidden_sizes=[8, 8, 8, 8], depths=[1, 1, 1, 1], out_features=["stage2", "stage3", "stage4"]
    )
    config = transformers.RTDetrConfig(
        backbone_config=backbone,
        encoder_in_channels=[8, 8, 8],
        encoder_hidden_dim=16,
        d_model=16,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        decoder_in_channels=[16, 16, 16],
        num_queries=20,
        decoder_layers=1,
        num_denoising=0,
        id2label={0: "person", 1: "sports ball", 2: "kite"},
        label2id={"person": 0, "sports ball": 1, "kite": 2},
    )
    transformers.RTDetrForObjectDetection(config).save_pretrained(tmp_path)
    transformers.RTDetrImageProcessor(size={"height": 64, "width": 64}).save_pretrained(tmp_path)
    detector = load_detector(str(tmp_path), device="cpu")
    assert isinstance(detector, HubDetector)
    assert len(detector.sha256) == 64
    pictures = [np.full((90, 160, 3), 120, np.uint8), np.zeros((50, 50, 3), np.uint8)]
    found = detector.detect(pictures)
    assert len(found) == 2
    assert set(found[0].classes.tolist()) <= {PLAYER, BALL}
    assert (found[0].boxes_xyxy <= np.array([160, 90, 160, 90])).all()
    assert (np.diff(found[0].confidence) <= 0).all()


def test_a_folder_without_safe_weights_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    pytest.importorskip("transformers", reason="transformers is an optional extra")
    with pytest.raises(InputError, match=r"no \.safetensors"):
        load_detector(str(tmp_path), device="cpu")


def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "transformers", None)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(UsageError, match=r"touchline\[hub\]"):
        load_detector(str(tmp_path), device="cpu")
