"""Checkpoints of E2E-Spot and T-DEED: recognised by their tensors, and equal to a second, plain implementation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from densenaive import made_state, naive
from touchline.core.errors import InputError, UsageError
from touchline.core.labels import BALL_12, SOCCERNET_V2
from touchline.models.importing.checkpoints import import_model, read_published

KINDS: dict[str, dict[str, Any]] = {
    "e2e-gsm": {"shift": "gsm"},
    "e2e-tsm": {"shift": "tsm"},
    "e2e-2d": {"shift": ""},
    "t-deed": {"shift": "gsf", "late": True, "pyramid": True, "displacement": True},
    "t-deed-all": {"shift": "gsf", "pyramid": True, "displacement": True, "levels": 1, "kernel": 5, "wide": 19},
    "t-deed-gsm": {"shift": "gsm", "late": True, "pyramid": True},
    "t-deed-two-heads": {"shift": "gsf", "late": True, "pyramid": True, "displacement": True, "heads": (12, 17)},
    "t-deed-team": {
        "shift": "gsf",
        "late": True,
        "pyramid": True,
        "displacement": True,
        "heads": (12, 17),
        "team": True,
    },
}


def saved(folder: Path, state: Any, name: str = "checkpoint_best.pt") -> Path:
    torch.save(state, folder / name)
    return folder / name


@pytest.mark.parametrize("kind", KINDS)
def test_an_imported_network_says_what_a_plain_implementation_says(kind: str, tmp_path: Path) -> None:
    state = made_state(**KINDS[kind])
    options = {} if len(KINDS[kind].get("heads", (3,))) > 1 else {"labels": ["A", "B", "C"]}
    if not KINDS[kind].get("pyramid"):
        options["network"] = {"clip_length": "12"}
    model = read_published(saved(tmp_path, state), architecture="dense-spotter", **options)
    pictures = torch.randn(12, 3, 48, 64, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        said = model.network(pictures[None])
    expected = naive(state, pictures)
    classes = torch.cat(said.classes, dim=-1)[0]
    np.testing.assert_allclose(classes, expected["classes"], rtol=2e-4, atol=2e-4)
    assert float(classes.std()) > 0.05
    if "displ" in expected:
        np.testing.assert_allclose(said.displacement[0], expected["displ"], rtol=2e-4, atol=2e-4)
    if "team" in expected:
        right = torch.softmax(said.team[0], dim=-1)[:, 1]
        np.testing.assert_allclose(right, torch.sigmoid(expected["team"][:, 0]), rtol=2e-4, atol=2e-4)


def test_a_checkpoint_with_two_heads_and_teams_gets_its_labels_and_settings(tmp_path: Path) -> None:
    path = saved(tmp_path, made_state(**KINDS["t-deed-team"]))
    config = read_published(path).config
    assert config.labels == (*BALL_12, *SOCCERNET_V2)
    assert config.heads == ("first", "second")
    assert (config.frame.width, config.frame.height, config.frame.fps) == (796, 448, 12.5)
    assert config.network["team"] and config.team_weighs and config.network["displacement"]
    assert (config.windows.overlap, config.windows.lead, config.windows.padding) == (0.75, 5, "black")
    assert (config.suppression.kind, config.suppression.window) == ("soft", 12)
    assert (config.clip_length, config.hop) == (12, 3)


def test_an_e2e_spot_checkpoint_takes_its_data_set_from_the_config_beside_it(tmp_path: Path) -> None:
    state = made_state(shift="gsm", heads=(4,))
    path = saved(tmp_path, state, "checkpoint_042.pt")
    beside = {"dataset": "finediving", "feature_arch": "rny002_gsm", "clip_len": 64, "modality": "rgb"}
    (tmp_path / "config.json").write_text(json.dumps(beside))
    config = read_published(path).config
    assert config.labels == ("Entry", "Som(s).Pike", "Som(s).Tuck", "Twist(s)")
    assert config.clip_length == 64
    assert (config.frame.width, config.frame.height, config.frame.fit) == (224, 224, "crop")
    assert config.suppression.kind == "highest"


def test_e2e_spot_of_soccer_sorts_its_labels_and_samples_twice_a_second(tmp_path: Path) -> None:
    config = read_published(saved(tmp_path, made_state(shift="gsm", heads=(17,)))).config
    assert config.labels == tuple(sorted(SOCCERNET_V2))
    assert (config.frame.width, config.frame.height, config.frame.fps) == (398, 224, 2.0)
    assert config.windows.padding == "mean"


def test_a_wrapped_checkpoint_is_read_and_clip_changes_the_sampling(tmp_path: Path) -> None:
    state = {f"module._model.{name}": tensor for name, tensor in made_state(shift="gsm", heads=(6,)).items()}
    path = saved(tmp_path, {"epoch": 3, "model_state_dict": state})
    config = read_published(path, architecture="dense-spotter", clip={"fps": "30", "width": "398"}).config
    assert (config.frame.fps, config.frame.width) == (30, 398)
    with pytest.raises(UsageError, match=r"--clip fps: .*not 'fast'"):
        read_published(path, architecture="dense-spotter", clip={"fps": "fast"})


def test_names_of_backbone_and_head_are_read(tmp_path: Path) -> None:
    state = made_state(shift="gsm", heads=(6,))
    named = {f"{'backbone' if name.startswith('_features') else 'head'}.{name}": one for name, one in state.items()}
    model = read_published(saved(tmp_path, {"state_dict": named}))
    torch.testing.assert_close(model.network.encoder.stem.conv.weight, state["_features.stem.conv.weight"])


def test_an_import_without_an_architecture_writes_a_model(tmp_path: Path) -> None:
    path = import_model(saved(tmp_path, made_state(**KINDS["t-deed-two-heads"])), name="two", out=tmp_path)
    assert path.name == "two.safetensors"


def _without(state: dict[str, Any], start: str) -> dict[str, Any]:
    return {name: tensor for name, tensor in state.items() if not name.startswith(start)}


GSM = made_state(shift="gsm")
TDEED = made_state(**KINDS["t-deed"])
FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "four classes": (made_state(shift="gsm", heads=(4,)), "a head with 4 classes, whose names the file does not hold"),
    "a deeper GRU": (
        {**GSM, "_pred_fine._gru.weight_ih_l1": torch.zeros(1)},
        "neither a GRU of one layer nor T-DEED's .*_pred_fine._gru",
    ),
    "another network over time": (
        {**_without(GSM, "_pred_fine."), "_pred_fine._tcn.weight": torch.zeros(1)},
        r"\['_pred_fine._tcn'\]",
    ),
    "a ResNet": (
        {"_features.layer1.0.conv1.weight": torch.zeros(1), "_pred_fine._fc_out.weight": torch.zeros(1)},
        "its encoder is a ResNet",
    ),
    "flow": ({**GSM, "_features.stem.conv.weight": torch.zeros(32, 2, 3, 3)}, "takes 2 channels, not RGB"),
    "other widths": ({**GSM, "_features.s2.b1.conv3.conv.weight": torch.zeros(40, 40, 1, 1)}, "of the widths .*40"),
    "no place in time": (_without(TDEED, "temp_enc"), "without temp_enc"),
    "a missing tensor": (_without(made_state(shift="gsm", heads=(6,)), "_features.s3.b1.se"), "4 missing"),
    "a strange tensor": ({**made_state(shift="gsm", heads=(6,)), "_extra.weight": torch.zeros(1)}, "1 unexpected"),
    "another network": ({"conv.weight": torch.zeros(1)}, r"it contains \['conv.weight'\]"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_not_read_is_refused_with_what_was_seen(fault: str, tmp_path: Path) -> None:
    state, message = FAULTS[fault]
    with pytest.raises(InputError, match=message):
        read_published(saved(tmp_path, state), architecture="dense-spotter")


def test_a_network_of_optical_flow_is_refused_by_its_config(tmp_path: Path) -> None:
    path = saved(tmp_path, made_state(shift="gsm", heads=(6,)))
    (tmp_path / "config.json").write_text(json.dumps({"feature_arch": "rny002_gsm", "modality": "flow"}))
    with pytest.raises(InputError, match="trained on 'flow'; only networks of RGB frames are read"):
        read_published(path)


def test_what_a_checkpoint_does_not_say_is_a_line(tmp_path: Path) -> None:
    lines: list[str] = []
    path = saved(tmp_path, made_state(shift="gsm", heads=(17,)))
    read_published(path, architecture="dense-spotter", assumed=lines.append)
    assert [line.split(",")[0] for line in lines] == ["the labels of its kind", lines[1].split(",")[0]]
    assert lines[1].startswith("frames of ") and "--clip fps=N" in lines[1]
