"""The pitch finder's network: shapes, probabilities, and that its settings make it again."""

from __future__ import annotations

import pytest
import torch

from touchline.models.networks.pitch_net import PitchMaps, PitchNet, PitchReader, keypoint_probabilities

TINY = {"widths": (4, 4, 8, 8, 8), "blocks": (0, 1, 1, 1), "head": 4, "layers": 1, "heads": 2}


def test_maps_have_a_cell_for_every_four_pixels() -> None:
    network = PitchNet(**TINY).eval()
    maps = network(torch.rand(2, 3, 64, 96))
    assert maps.keypoints.shape == (2, 32, 16, 24)
    assert maps.absent.shape == (2, 32)
    assert maps.auxiliary.shape == (2, 4, 16, 24)


def test_probabilities_sum_to_how_likely_the_point_is_seen() -> None:
    logits = torch.zeros(1, 2, 2, 2)
    absent = torch.tensor([[-100.0, 0.0]])
    found = keypoint_probabilities(PitchMaps(logits, absent, torch.zeros(1, 4, 2, 2)))
    assert found[0, 0].sum().item() == pytest.approx(1.0)
    assert found[0, 1].sum().item() == pytest.approx(0.8)


def test_the_reader_takes_bytes() -> None:
    reader = PitchReader(PitchNet(**TINY)).eval()
    found = reader(torch.randint(0, 255, (1, 64, 96, 3), dtype=torch.uint8))
    assert found.shape == (1, 32, 16, 24)
    assert bool((found >= 0).all())
    assert bool((found.sum((2, 3)) <= 1.0 + 1e-5).all())


def test_every_part_learns() -> None:
    network = PitchNet(**TINY)
    maps = network(torch.rand(2, 3, 64, 64))
    (maps.keypoints.sum() + maps.absent.sum() + maps.auxiliary.sum()).backward()
    assert [name for name, value in network.named_parameters() if value.grad is None] == []


def test_settings_make_the_same_network() -> None:
    network = PitchNet(**TINY)
    PitchNet(**network.settings).load_state_dict(network.state_dict())


@pytest.mark.parametrize("wrong", [{"widths": (4, 4, 8, 8)}, {"heads": 3}, {"blocks": (1, 1)}])
def test_impossible_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must be"):
        PitchNet(**{**TINY, **wrong})  # type: ignore[arg-type]
