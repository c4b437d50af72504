"""Dense spotters: sizes as published, the encoder as timm's, and what a causal network may see."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from touchline.models.networks.dense.regnet import SHAPES, RegNetY
from touchline.models.networks.dense.spotter import DenseLogits, DenseSpotter

PUBLISHED: dict[str, tuple[dict[str, Any], int]] = {
    "E2E-Spot 200MF": ({"encoder": "regnety_002", "shift": "gsm"}, 4_458_368),
    "E2E-Spot 800MF": ({"encoder": "regnety_008", "shift": "gsm"}, 12_636_574),
    "T-DEED 200MF": (
        {"encoder": "regnety_002", "shift": "gsf", "temporal": "sgp", "displacement": True},
        12_312_719,
    ),
    "T-DEED 800MF": (
        {
            "encoder": "regnety_008",
            "shift": "gsf",
            "temporal": "sgp",
            "displacement": True,
            "levels": 3,
            "kernel": 11,
        },
        64_271_283,
    ),
}


def random_network(**arguments: Any) -> DenseSpotter:
    """A small network whose every part counts."""
    torch.manual_seed(0)
    settings = {"encoder": "regnety_tiny", "clip_length": 16, "kernel": 3, "stretch": 2, "label_counts": (3,)}
    network = DenseSpotter(**{**settings, **arguments}).eval()
    with torch.no_grad():
        for part in network.modules():
            if isinstance(part, nn.BatchNorm2d | nn.BatchNorm3d):
                part.weight.uniform_(0.7, 1.3)
                part.bias.uniform_(-0.2, 0.2)
            elif isinstance(part, nn.Conv3d):
                part.weight.normal_(0, 0.2)
    return network


@pytest.mark.parametrize("name", PUBLISHED)
def test_networks_have_as_many_parameters_as_published(name: str) -> None:
    arguments, count = PUBLISHED[name]
    network = DenseSpotter(**arguments, label_counts=(17,))
    assert sum(parameter.numel() for parameter in network.parameters()) == count


@pytest.mark.parametrize("name", ["regnety_002", "regnety_004", "regnety_008"])
def test_the_encoder_is_timms(name: str) -> None:
    timm = pytest.importorskip("timm")
    theirs = timm.create_model(name, pretrained=False, num_classes=0).eval()
    mine = RegNetY(name).eval()
    state = {
        key: 0.5 + torch.rand_like(value) if value.ndim == 1 else value for key, value in theirs.state_dict().items()
    }
    theirs.load_state_dict(state)
    mine.load_state_dict(state)
    pictures = torch.randn(2, 3, 64, 96)
    with torch.inference_mode():
        torch.testing.assert_close(mine.frame_maps(pictures), theirs(pictures))


def test_outputs_have_one_row_a_frame_and_one_head_each() -> None:
    network = random_network(label_counts=(3, 5), displacement=True, team=True, temporal="sgp", shift="gsf")
    said = network(torch.randn(2, 16, 3, 32, 48))
    assert [tuple(head.shape) for head in said.classes] == [(2, 16, 4), (2, 16, 6)]
    assert said.displacement is not None and said.displacement.shape == (2, 16, 1)
    assert said.team is not None and said.team.shape == (2, 16, 2)


def _touched(network: DenseSpotter, frame: int, *, frames: int = 16) -> list[int]:
    """The frames whose outputs change when one frame does."""
    pictures = torch.randn(1, frames, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    changed = pictures.clone()
    changed[:, frame] += 3
    with torch.inference_mode():
        before, after = _rows(network(pictures)), _rows(network(changed))
    return np.flatnonzero(np.abs(after - before).max(axis=1) > 1e-6).tolist()


def _rows(said: DenseLogits) -> np.ndarray:
    parts = [*said.classes, *(part for part in (said.displacement, said.team) if part is not None)]
    return torch.cat(parts, dim=-1)[0].numpy()


@pytest.mark.parametrize("shift", ["none", "tsm", "gsm", "gsf"])
@pytest.mark.parametrize("temporal", ["gru", "sgp"])
@pytest.mark.parametrize("look_ahead", [0, 3])
def test_a_causal_network_sees_nothing_beyond_its_look_ahead(shift: str, temporal: str, look_ahead: int) -> None:
    network = random_network(
        shift=shift, temporal=temporal, causal=True, look_ahead=look_ahead, displacement=True, team=True
    )
    for frame in (0, 9, 13):
        touched = _touched(network, frame)
        assert touched and min(touched) >= frame - look_ahead
        if look_ahead < frame:
            assert frame - look_ahead in touched


@pytest.mark.parametrize("temporal", ["gru", "sgp"])
def test_other_networks_see_the_whole_clip(temporal: str) -> None:
    assert _touched(random_network(shift="gsm", temporal=temporal), 12) == list(range(16))


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("shift", "shifted"), [("tsm", "all"), ("gsm", "all"), ("gsf", "late"), ("none", "all")])
def test_features_of_a_frame_reach_as_far_as_stated(shift: str, shifted: str, causal: bool) -> None:
    network = random_network(shift=shift, shifted=shifted, causal=causal, clip_length=60)
    pictures = torch.randn(60, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    changed = pictures.clone()
    changed[30] += 3
    with torch.inference_mode():
        before, after = (network.clip_features(network.frame_maps(one)[None])[0] for one in (pictures, changed))
    touched = np.flatnonzero((after - before).abs().amax(1).numpy() > 0)
    low, high = network.reach[1], network.reach[0]  # what looks ahead is touched before
    assert touched.min() >= 30 - low and touched.max() <= 30 + high
    if shift == "none":
        assert touched.tolist() == [30]


def test_a_gate_starts_shut() -> None:
    shifted, single = DenseSpotter(encoder="regnety_tiny", shift="gsm"), DenseSpotter(encoder="regnety_tiny")
    assert all(not bool(part.gate.weight.any()) for part in shifted.modules() if hasattr(part, "gate"))
    assert single.settings["shift"] == "gsm"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"encoder": "resnet"}, "encoder='resnet' is unknown; choose regnety_tiny"),
        ({"shift": "x"}, "shift='x' is unknown"),
        ({"shifted": "early"}, "shifted='early' is unknown"),
        ({"temporal": "lstm"}, "temporal='lstm' is unknown"),
        ({"label_counts": ()}, "must name at least one head"),
        ({"look_ahead": 2}, "look_ahead=2 is for causal networks"),
        ({"causal": True, "look_ahead": 16}, "look_ahead=16 less than that"),
        ({"temporal": "sgp", "kernel": 4}, "kernel=4 must be odd"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        random_network(**arguments)


def test_published_encoders_are_there() -> None:
    assert {"regnety_002", "regnety_004", "regnety_008"} <= set(SHAPES)
