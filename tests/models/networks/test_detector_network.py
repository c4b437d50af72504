"""The detector's network: sizes, decoding with known answers, and a map that leaves small objects apart."""

from __future__ import annotations

import pytest
import torch

from touchline.models.networks.detector import (
    PRESENT,
    STRIDE,
    DetectorCells,
    DetectorMaps,
    PeakFinder,
    PeopleDetector,
    cell_boxes,
)
from touchline.models.networks.role_head import RoleHead

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


class _Fixed:
    """A network that answers a person in two neighbouring cells and in one apart, whose role is less sure."""

    compare = None

    def cells(self, pictures: torch.Tensor) -> DetectorCells:
        n = len(pictures)
        heat = torch.full((n, 4, 8, 8), -9.0)
        heat[:, 2, 2, 3], heat[:, 2, 2, 4], heat[:, 1, 6, 6] = 2.0, 1.0, 0.0
        values = torch.zeros(n, 64, 4 + 3)  # sides of one cell, as their log is 0
        values[:, 2 * 8 + 3, 4 + 1] = 50.0
        return DetectorCells(heat[:, 1:], values, heat[:, :1], values[..., None], heat)


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


def test_the_ball_is_found_at_stride_two_and_people_are_compared() -> None:
    network = PeopleDetector(**TINY, ball=8, compare=1)
    network.load_state_dict(PeopleDetector(**network.settings).state_dict())
    maps = network.eval().look(torch.zeros(1, 3, 64, 96))
    assert maps.ball_heat.shape == (1, 1, 32, 48) and maps.ball_sides.shape == (1, 4, 32, 48)
    assert maps.ball_stride == 2
    assert maps.heat.shape == (1, 4, 16, 24)
    assert maps.heat[0, 0].max() == maps.ball_heat.max()
    scores, boxes = PeakFinder(network, most=5)(torch.zeros(1, 64, 96, 3, dtype=torch.uint8))
    assert scores.shape == (1, 4, 5) and boxes.shape == (1, 4, 5, 4)


def plainly_read(network: PeopleDetector, maps: DetectorMaps, *, most: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Read boxes of whole maps, each value calculated for every cell."""

    def peaks(heat: torch.Tensor, sides: torch.Tensor, stride: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        reach = 4 // stride
        highest = torch.nn.functional.max_pool2d(heat, 2 * reach + 1, stride=1, padding=reach)
        scores, cells = (heat * (highest == heat)).flatten(1).topk(most, dim=1)
        return scores, cell_boxes(sides, stride=stride).flatten(2)[0, :, cells[0]].T[None], cells

    ball_scores, ball_boxes, _ = peaks(maps.ball_heat.sigmoid(), maps.ball_sides, maps.ball_stride)
    scores, boxes, cells = peaks(maps.heat[:, 1:].sigmoid().amax(1, keepdim=True), maps.sides, STRIDE)
    roles = maps.roles.flatten(2)[0, :, cells[0]].T[None]
    if network.compare is not None:
        sides = maps.sides.flatten(2)[0, :, cells[0]].T[None]
        roles = roles + network.compare(maps.fine, cells, sides, scores > PRESENT)
    each, order = (scores[..., None] * roles.softmax(2))[0].sort(dim=0, descending=True)
    people = torch.stack([boxes[0, order[:, role]] for role in range(3)])
    return torch.cat([ball_scores, each.T])[None], torch.cat([ball_boxes, people])[None]


@pytest.mark.parametrize("extra", [{}, {"ball": 8}, {"ball": 8, "compare": 1}])
def test_boxes_are_those_read_from_whole_maps(extra: dict[str, int]) -> None:
    torch.manual_seed(0)
    network = PeopleDetector(**TINY, **extra).eval()
    torch.nn.init.normal_(network.heat.weight, std=2.0)
    pixels = torch.randint(0, 256, (1, 64, 96, 3), dtype=torch.uint8)
    with torch.no_grad():
        found = PeakFinder(network, most=7)(pixels)
        plain = plainly_read(network, network.look(pixels.permute(0, 3, 1, 2).float() / 255.0), most=7)
    for mine, theirs in zip(found, plain, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-4)


def test_people_hidden_from_the_comparison_change_nothing() -> None:
    torch.manual_seed(0)
    head = RoleHead(8, stride=STRIDE, roles=3).eval()
    fine, cells, sides = torch.randn(1, 8, 16, 16), torch.tensor([[0, 37, 100, 255]]), torch.rand(1, 4, 4) * 20
    present = torch.tensor([[True, True, False, False]])
    judged = head(fine, cells, sides, present)
    sides[0, 2:] += 7.0
    torch.testing.assert_close(head(fine, cells, sides, present)[:, :2], judged[:, :2])
    everybody = torch.ones(1, 4, dtype=torch.bool)
    assert not torch.allclose(head(fine, cells, sides, everybody)[:, :2], judged[:, :2])
