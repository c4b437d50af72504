"""A small fully convolutional detector of people and the ball in match pictures.

In a wide shot players are some 15 by 35 pixels and the ball is 7, so the output must be fine: one cell for every 4 by 4
pixels. Each cell predicts, for each class, whether an object's centre lies in it (CenterNet, Zhou et al. 2019) and the
distances to the box's four sides (FCOS, Tian et al. 2019; trained like TTFNet, Liu et al. 2020). A person's role is
predicted separately from the position, as keepers and referees are rare. A coarse stage with self-attention over the
whole picture allows a person to be compared with all others: a referee is whoever wears neither kit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from touchline.models.networks.pyramid import Pyramid, conv
from touchline.models.networks.role_head import RoleHead

STRIDE = 4
"""Picture pixels per cell of the output, in both directions."""

BALL_STRIDE = 2
PRESENT = 0.2
"""Least confidence of a person with whom others are compared."""
_PEAK_PX = 4
"""Of two peaks of a class within this distance only the higher counts."""
_BALL_LOG_SIDE = 0.6
"""Initial log of half a ball's width in cells of ``BALL_STRIDE``."""
_RARE = -4.6
"""Initial logit of an object in a cell: a probability of one in a hundred."""
_MAX_LOG_SIDE = 6.0


@dataclass(frozen=True, slots=True, eq=False)
class DetectorMaps:
    """What a detector computes of pictures (n, 3, h, w).

    Attributes:
        heat: logits (n, num_classes, h / 4, w / 4) of an object's centre.
        roles: logits (n, num_classes - 1, h / 4, w / 4) of the role of a person in the cell.
        sides: (n, 4, h / 4, w / 4), pixels from the cell's centre to the box's sides.
        ball_heat: logits (n, 1, h / s, w / s) of the ball's centre, s being 2 with a ball branch and 4 without.
        ball_sides: (n, 4, h / s, w / s).
        fine: the features (n, neck, h / 4, w / 4) that roles are judged from.

    """

    heat: Tensor
    roles: Tensor
    sides: Tensor
    ball_heat: Tensor
    ball_sides: Tensor
    fine: Tensor

    @property
    def ball_stride(self) -> int:
        """Picture pixels per cell of the ball's maps."""
        return STRIDE * self.heat.shape[3] // self.ball_heat.shape[3]


@dataclass(frozen=True, slots=True, eq=False)
class DetectorCells:
    """What boxes are read from: maps of heat, and values of each cell of which only those of peaks are used.

    Attributes:
        heat: logits (n, people, h / 4, w / 4) of a person's centre, one for each role or one for all.
        people: (n, cells, 4 + roles): logs of the box sides in cells, then logits of the role.
        ball_heat: logits (n, 1, h / s, w / s) of the ball's centre.
        ball: (n, cells, values, parts), for each quarter of a cell or the whole cell; the first four values are logs of
            the sides of the ball's box.
        fine: the features (n, neck, h / 4, w / 4) that roles are judged from.

    """

    heat: Tensor
    people: Tensor
    ball_heat: Tensor
    ball: Tensor
    fine: Tensor


class PeopleDetector(Pyramid):
    """A detector that maps pictures to heat maps and box sides at stride 4.

    Args:
        num_classes: number of object classes: the ball, then people's roles.
        stem: channels at stride 2.
        widths: channels at strides 4, 8, 16 and 32.
        blocks: residual blocks at each of these strides.
        neck: channels of the maps merged from coarse to fine.
        ball: channels of a branch at stride 2 for the ball; 0 to find it like people.
        compare: rounds in which every person found is compared with all others to judge its role; 0 for none.

    """

    def __init__(
        self,
        *,
        num_classes: int = 4,
        stem: int = 24,
        widths: tuple[int, int, int, int] = (32, 64, 128, 192),
        blocks: tuple[int, int, int, int] = (1, 2, 2, 2),
        neck: int = 64,
        ball: int = 0,
        compare: int = 0,
    ) -> None:
        super().__init__(stem=stem, widths=widths, blocks=blocks, neck=neck)
        if num_classes < 2:
            raise ValueError(f"num_classes={num_classes} must be 2 or more")
        self.num_classes = num_classes
        self.settings: dict[str, Any] = {
            "num_classes": num_classes,
            "stem": stem,
            "widths": list(widths),
            "blocks": list(blocks),
            "neck": neck,
        }
        self.settings |= {name: value for name, value in (("ball", ball), ("compare", compare)) if value}
        self.heat = nn.Conv2d(neck, num_classes - bool(ball), 1)
        self.roles = nn.Conv2d(neck, num_classes - 1, 1)
        self.sides = nn.Conv2d(neck, 4, 1)
        self.ball = BallBranch(stem, neck, ball) if ball else None
        self.compare = RoleHead(neck, stride=STRIDE, roles=num_classes - 1, layers=compare) if compare else None
        with torch.no_grad():
            self.heat.bias.fill_(_RARE)  # type: ignore[union-attr]
            self.sides.bias.copy_(torch.tensor([2.0, 4.0, 2.0, 4.0]).log())  # type: ignore[union-attr]

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Locate objects.

        Args:
            pictures: (n, 3, h, w), RGB in 0..1; h and w are multiples of 32.

        Returns:
            Logits (n, num_classes, h / 4, w / 4) of an object's centre lying in a cell; logits of the role of a person
            in the cell, (n, num_classes - 1, h / 4, w / 4); and distances in pixels (n, 4, h / 4, w / 4) from the
            cell's centre to the box's left, upper, right and lower side.

        """
        maps = self.look(pictures)
        return maps.heat, maps.roles, maps.sides

    def look(self, pictures: Tensor) -> DetectorMaps:
        """Return all maps of pictures (n, 3, h, w); those of :meth:`forward` are among them."""
        first, fine, _ = self.all_maps(pictures)
        sides = self.sides(fine).float().clamp(max=_MAX_LOG_SIDE).exp() * STRIDE
        heat, roles = self.heat(fine).float(), self.roles(fine).float()
        if self.ball is None:
            return DetectorMaps(heat, roles, sides, heat[:, :1], sides, fine)
        ball_heat, ball_sides = self.ball(first, fine)
        heat = torch.cat([F.max_pool2d(ball_heat, 2), heat], 1)
        return DetectorMaps(heat, roles, sides, ball_heat, ball_sides, fine)

    def cells(self, pictures: Tensor) -> DetectorCells:
        """Return what boxes of pictures (n, 3, h, w) are read from; the same values as those of :meth:`look`.

        One convolution gives heat, sides and roles, and nothing is calculated on a whole map that only peaks need.
        """
        first, fine, _ = self.all_maps(pictures)
        heads = (self.heat, self.sides, self.roles)
        weight, bias = torch.cat([head.weight for head in heads]), torch.cat([_bias(head) for head in heads])
        maps = F.conv2d(fine, weight, bias).float()
        heat, values = maps[:, : self.heat.out_channels], _by_cell(maps)[..., self.heat.out_channels :]
        if self.ball is None:
            return DetectorCells(heat[:, 1:], values, heat[:, :1], values[..., None], fine)
        quarters = self.ball.quarters_of(first, fine)
        ball = _by_cell(quarters)[..., 4:].unflatten(2, (4, 4))
        return DetectorCells(heat, values, F.pixel_shuffle(quarters[:, :4], 2), ball, fine)


def _bias(layer: nn.Conv2d) -> Tensor:
    assert layer.bias is not None
    return layer.bias


def _by_cell(maps: Tensor) -> Tensor:
    """Return the values (n, h * w, c) of each cell of maps (n, c, h, w)."""
    return maps.permute(0, 2, 3, 1).flatten(1, 2)


class BallBranch(nn.Module):
    """Finds the ball at stride 2: at stride 4 a ball is less than two cells wide, and half of it is its neighbour's.

    It computes at stride 4 and answers for the four quarters of each cell.

    Args:
        stem: channels at stride 2.
        neck: channels of the fine map at stride 4.
        width: channels of the branch.

    """

    def __init__(self, stem: int, neck: int, width: int) -> None:
        super().__init__()
        self.near = nn.Conv2d(stem, width, 3, stride=2, padding=1)
        self.around = nn.Conv2d(neck, width, 1)
        self.refine = conv(width, width)
        self.quarters = nn.Conv2d(width, 20, 1)
        with torch.no_grad():
            bias = torch.tensor([_RARE, *[_BALL_LOG_SIDE] * 4]).repeat_interleave(4)
            self.quarters.bias.copy_(bias)  # type: ignore[union-attr]

    def forward(self, first: Tensor, fine: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits (n, 1, h, w) and box sides in pixels (n, 4, h, w) from maps at strides 2 and 4."""
        heat, sides = F.pixel_shuffle(self.quarters_of(first, fine), 2).split([1, 4], dim=1)
        return heat, sides.clamp(max=_MAX_LOG_SIDE).exp() * BALL_STRIDE

    def quarters_of(self, first: Tensor, fine: Tensor) -> Tensor:
        """Return (n, 20, h / 4, w / 4): the logit, then the logs of the four sides, each for the quarters of a cell."""
        quarters: Tensor = self.quarters(self.refine(F.relu(self.near(first) + self.around(fine))))
        return quarters.float()


class PeakFinder(nn.Module):
    """A detector with its decoding as one graph: pixels in, the strongest boxes out.

    Args:
        network: the detector.
        most: number of candidates returned for each class.

    """

    def __init__(self, network: PeopleDetector, *, most: int = 96) -> None:
        super().__init__()
        self.network = network
        self.most = most

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Find peaks.

        Args:
            pixels: uint8 (n, h, w, 3), RGB.

        Returns:
            Scores (n, classes, most), 0 to 1, and boxes (n, classes, most, 4) as x0, y0, x1, y1. The same people are
            listed for each role.

        """
        maps = self.network.cells((pixels.float() / 255.0).permute(0, 3, 1, 2))
        width = maps.heat.shape[3]
        ball_scores, ball_boxes = _balls(maps, most=self.most)
        scores, cells = _peaks(maps.heat.sigmoid().amax(1, keepdim=True), STRIDE, most=self.most)
        values = _of_cells(maps.people, cells)
        sides, roles = values[..., :4].clamp(max=_MAX_LOG_SIDE).exp() * STRIDE, values[..., 4:]
        if self.network.compare is not None:
            roles = roles + self.network.compare(maps.fine, cells, sides, scores > PRESENT)
        boxes = _boxes(sides, cells, width=width, stride=STRIDE)
        each, order = (scores[:, None] * roles.softmax(2).transpose(1, 2)).sort(dim=2, descending=True)
        people = boxes[:, None].expand(-1, each.shape[1], -1, -1).gather(2, order[..., None].expand(-1, -1, -1, 4))
        return torch.cat([ball_scores[:, None], each], 1), torch.cat([ball_boxes[:, None], people], 1)


def _balls(maps: DetectorCells, *, most: int) -> tuple[Tensor, Tensor]:
    """Return scores (n, most) and boxes (n, most, 4) of the ball's peaks."""
    width = maps.ball_heat.shape[3]
    parts = width // maps.heat.shape[3]
    stride = STRIDE // parts
    scores, places = _peaks(maps.ball_heat.sigmoid(), stride, most=most)
    logs = _of_cells(maps.ball[..., 0], places) if parts == 1 else _of_parts(maps.ball, places, parts, width=width)
    sides = logs[..., :4].clamp(max=_MAX_LOG_SIDE).exp() * stride
    return scores, _boxes(sides, places, width=width, stride=stride)


def _of_parts(values: Tensor, places: Tensor, parts: int, *, width: int) -> Tensor:
    """Return the values (n, most, c) at some places of a map whose cells are divided into parts by parts of them.

    Args:
        values: (n, cells, c, parts * parts).
        places: (n, most), in the finer map of the parts.
        parts: parts of a cell in each direction.
        width: of the finer map.

    """
    row, column = torch.div(places, width, rounding_mode="floor"), places % width
    across, down = (torch.div(place, parts, rounding_mode="floor") for place in (column, row))
    part = (row % parts * parts + column % parts)[..., None, None].expand(-1, -1, values.shape[2], 1)
    whole = _of_cells(values.flatten(2), down * (width // parts) + across)
    return whole.unflatten(2, values.shape[2:]).gather(3, part)[..., 0]


def _peaks(heat: Tensor, stride: int, *, most: int) -> tuple[Tensor, Tensor]:
    """Return scores and cells (n, most) of the peaks of heat (n, 1, h, w).

    The maximum around each cell is taken first along its row and then along its column, each in one dimension: on a
    CPU a map of one channel is filled up to sixteen otherwise.
    """
    size, reach = 2 * (_PEAK_PX // stride) + 1, _PEAK_PX // stride
    rows = F.max_pool1d(heat[:, 0], size, stride=1, padding=reach)
    highest = F.max_pool1d(rows.transpose(1, 2), size, stride=1, padding=reach).transpose(1, 2)
    peaks = heat[:, 0] * (highest == heat[:, 0])
    scores, cells = peaks.flatten(1).topk(most, dim=1)
    return scores, cells


def _of_cells(values: Tensor, cells: Tensor) -> Tensor:
    """Return the values (n, most, c) of some cells (n, most) from those of all, (n, cells, c)."""
    return values.gather(1, cells[..., None].expand(-1, -1, values.shape[2]))


def _boxes(sides: Tensor, cells: Tensor, *, width: int, stride: int) -> Tensor:
    """Return boxes (n, most, 4), x0, y0, x1, y1 in pixels, from the distances to their sides (n, most, 4)."""
    x = (cells % width + 0.5) * stride
    y = (torch.div(cells, width, rounding_mode="floor") + 0.5) * stride
    left, up, right, down = sides.unbind(2)
    return torch.stack([x - left, y - up, x + right, y + down], 2)


def cell_boxes(sides: Tensor, *, stride: int = STRIDE) -> Tensor:
    """Convert side distances (n, 4, h, w) from the cells' centres to boxes (n, 4, h, w): x0, y0, x1, y1 in pixels."""
    _, _, h, w = sides.shape
    x = (torch.arange(w, device=sides.device, dtype=sides.dtype) + 0.5) * stride
    y = (torch.arange(h, device=sides.device, dtype=sides.dtype) + 0.5) * stride
    left, up, right, down = sides.unbind(1)
    return torch.stack([x - left, y[:, None] - up, x + right, y[:, None] + down], 1)
