"""A model whose numbers are not finite is an error wherever it is loaded or run, never an empty result."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from typer.testing import CliRunner

from makevideo import write_numbered
from touchline.cli.main import app
from touchline.core.errors import InputError, ResourceError
from touchline.goalkeeping.pose_finder import load_pose_finder
from touchline.models.folders import builtin_folder
from touchline.recognition.skeletons import load_skeleton_recogniser
from touchline.spotting.spotter import load_spotter
from touchline.tracking.detector import load_detector
from touchline.tracking.pitch.finder import load_pitch_finder

MODELS: dict[str, Callable[..., Any]] = {
    "people-detector": load_detector,
    "pitch-finder": load_pitch_finder,
    "ball-spotter": load_spotter,
    "keeper-pose": load_pose_finder,
}


def spoilt(name: str, folder: Path, *, how: str) -> Path:
    """A built-in model with some weights changed: one NaN, an infinity, or finite but far too large."""
    with safe_open(str(builtin_folder() / f"{name}.safetensors"), "pt") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        metadata = file.metadata()
    weights = [key for key, tensor in tensors.items() if tensor.is_floating_point() and tensor.ndim > 1]
    for key in weights:
        if how == "huge":
            tensors[key] = torch.full_like(tensors[key], 6e4 if tensors[key].dtype == torch.float16 else 1e30)
    if how in ("nan", "inf"):
        tensors[weights[len(weights) // 2]].view(-1)[0] = float(how)
    path = folder / f"{name}.safetensors"
    save_file(tensors, str(path), metadata=metadata)
    return path


@pytest.mark.robustness("34", "empty")
@pytest.mark.parametrize("how", ["nan", "inf"])
@pytest.mark.parametrize("name", [*MODELS, "tennis-strokes"])
def test_weights_that_are_not_finite_are_refused(tmp_path: Path, name: str, how: str) -> None:
    load = MODELS.get(name, load_skeleton_recogniser)
    with pytest.raises(InputError, match="weights are not finite"):
        load(str(spoilt(name, tmp_path, how=how)))


@pytest.mark.robustness("34", "empty")
@pytest.mark.parametrize("backend", ["torch", "openvino"])
@pytest.mark.parametrize("name", list(MODELS))
def test_numbers_that_overflow_are_refused(tmp_path: Path, name: str, backend: str) -> None:
    path = spoilt(name, tmp_path, how="huge")
    with pytest.raises((InputError, ResourceError), match="not finite"):
        MODELS[name](str(path), backend=backend)


@pytest.mark.robustness("34", "empty")
@pytest.mark.parametrize("backend", ["torch", "openvino"])
def test_features_that_overflow_are_refused(tmp_path: Path, backend: str) -> None:
    video = write_numbered(tmp_path / "v.mp4", frames=10, width=320, height=192)
    path = spoilt("people-detector", tmp_path, how="huge")
    done = CliRunner().invoke(app, ["features", "extract", str(video), "--model", str(path), "--backend", backend])
    assert done.exit_code in (3, 5)
    assert "not finite" in done.output
    assert not list(tmp_path.glob("*.npy"))


@pytest.mark.robustness("34", "empty")
def test_joints_that_overflow_are_refused(tmp_path: Path) -> None:
    with pytest.raises((InputError, ResourceError), match="not finite"):
        recogniser = load_skeleton_recogniser(str(spoilt("tennis-strokes", tmp_path, how="huge")))
        shape = (2, recogniser.spec.frames, len(recogniser.spec.joints), 3)
        recogniser.scores(np.random.default_rng(0).uniform(0, 1, shape).astype(np.float32))


@pytest.mark.robustness("34", "empty")
def test_the_command_ends_with_an_error(tmp_path: Path) -> None:
    video = write_numbered(tmp_path / "v.mp4", frames=10, width=320, height=192)
    path = spoilt("people-detector", tmp_path, how="huge")
    done = CliRunner().invoke(app, ["track", str(video), "--detector", str(path)])
    assert done.exit_code in (3, 5)
    assert "not finite" in done.output
    assert not (tmp_path / "v.touchline").exists()
