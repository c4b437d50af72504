"""The detector's network: sizes, decoding with known answers, and a map that leaves small objects apart."""

from __future__ import annotations

import pytest
import torch

from touchline.models.networks.detector import STRIDE, PeakFinder, PeopleDetector, cell_boxes

TINY = {"stem": 8, "widths": (8, 8, 16, 16), "blocks": (1, 1, 1, 1), "neck": 16}


def test_built_in_size_fits_six_megabytes_in_half_precision() -> None:
    assert sum(value.numel() * 2 for value in PeopleDetector().state_dict().values()) < 6_000_000


def test_maps_are_a_quarter_of_the_picture() -> None:
    heat, roles, sides = PeopleDetector(**TINY).eval()(torch.zeros(2, 3, 64, 96))
    assert heat.shape == (2, 4, 16, 24) and sides.shape == (2, 4, 16, 24) and roles.shape == (2, 3, 16, 24)
    assert (sides > 0).all()
    assert torch.sigmoid(heat).max() < 0.1  # nothing is believed before anything is learnt


def test_cell_boxes_lie_around_the_cells_middle() -> None:
    boxes = cell_boxes(torch.tensor([1.0, 2.0, 3.0, 4.0]).reshape(1, 4, 1, 1).expand(1, 4, 2, 3))
    assert boxes[0, :, 1, 2].tolist() == [10 - 1, 6 - 2, 10 + 3, 6 + 4]


class _Fixed(torch.nn.Module):
    """A network that answers a person in two neighbouring cells and in one apart, whose role is less sure."""

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        n = len(pictures)
        heat = torch.full((n, 4, 8, 8), -9.0)
        heat[:, 2, 2, 3], heat[:, 2, 2, 4], heat[:, 1, 6, 6] = 2.0, 1.0, 0.0
        roles = torch.zeros(n, 3, 8, 8)
        roles[:, 1, 2, 3] = 50.0
        return heat, roles, torch.full((n, 4, 8, 8), float(STRIDE))


def test_only_local_maxima_are_peaks_and_people_are_shared_among_roles() -> None:
    finder = PeakFinder(_Fixed(), most=3)  # type: ignore[arg-type]
    scores, boxes = finder(torch.zeros(1, 32, 32, 3, dtype=torch.uint8))
    assert scores.shape == (1, 4, 3) and boxes.shape == (1, 4, 3, 4)
    assert scores[0, 2, :2].tolist() == pytest.approx([0.8808, 0.5 / 3], abs=1e-4)
    assert scores[0, 1, 0] == pytest.approx(0.5 / 3, abs=1e-4)
    assert scores[0, 0, 0] < 0.01
    assert boxes[0, 2, 0].tolist() == [14 - 4, 10 - 4, 14 + 4, 10 + 4]


def test_settings_build_the_same_network_again() -> None:
    network = PeopleDetector(**TINY)
    again = PeopleDetector(**network.settings)
    again.load_state_dict(network.state_dict())


def test_impossible_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="widths"):
        PeopleDetector(widths=(8, 8, 8))  # type: ignore[arg-type]
