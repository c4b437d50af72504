"""A small fully convolutional detector of people and the ball in match pictures.

In a wide shot players are some 15 by 35 pixels and the ball is 7, so the output must be fine: one cell for every 4 by 4
pixels. Each cell predicts, for each class, whether an object's centre lies in it (CenterNet, Zhou et al. 2019) and the
distances to the box's four sides (FCOS, Tian et al. 2019; trained like TTFNet, Liu et al. 2020). A person's role is
predicted separately from the position, as keepers and referees are rare. A coarse stage with self-attention over the
whole picture allows a person to be compared with all others: a referee is whoever wears neither kit.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from touchline.models.networks.pyramid import Pyramid

STRIDE = 4
"""Picture pixels per cell of the output, in both directions."""

_RARE = -4.6
"""Initial logit of an object in a cell: a probability of one in a hundred."""
_MAX_LOG_SIDE = 6.0


class PeopleDetector(Pyramid):
    """A detector that maps pictures to heat maps and box sides at stride 4.

    Args:
        num_classes: number of object classes: the ball, then people's roles.
        stem: channels at stride 2.
        widths: channels at strides 4, 8, 16 and 32.
        blocks: residual blocks at each of these strides.
        neck: channels of the maps merged from coarse to fine.

    """

    def __init__(
        self,
        *,
        num_classes: int = 4,
        stem: int = 24,
        widths: tuple[int, int, int, int] = (32, 64, 128, 192),
        blocks: tuple[int, int, int, int] = (1, 2, 2, 2),
        neck: int = 64,
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
        self.heat = nn.Conv2d(neck, num_classes, 1)
        self.roles = nn.Conv2d(neck, num_classes - 1, 1)
        self.sides = nn.Conv2d(neck, 4, 1)
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
        fine, _ = self.maps(pictures)
        sides = self.sides(fine).float().clamp(max=_MAX_LOG_SIDE).exp() * STRIDE
        return self.heat(fine).float(), self.roles(fine).float(), sides


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
            Scores (n, classes, most), 0 to 1, strongest first, and boxes (n, classes, most, 4) as x0, y0, x1, y1.

        """
        heat, roles, sides = self.network(pixels.permute(0, 3, 1, 2).float() / 255.0)
        heat = heat.sigmoid()
        found = torch.cat([heat[:, :1], heat[:, 1:].amax(1, keepdim=True)], 1)
        ball, person = (found * (F.max_pool2d(found, 3, stride=1, padding=1) == found)).split(1, 1)
        peaks = torch.cat([ball, person * roles.softmax(1)], 1)
        scores, cells = peaks.flatten(2).topk(self.most, dim=2)
        boxes = cell_boxes(sides).flatten(2)
        index = cells[:, :, None, :].expand(-1, -1, 4, -1)
        chosen = boxes[:, None].expand(-1, heat.shape[1], -1, -1).gather(3, index)
        return scores, chosen.transpose(2, 3)


def cell_boxes(sides: Tensor) -> Tensor:
    """Convert side distances (n, 4, h, w) from the cells' centres to boxes (n, 4, h, w): x0, y0, x1, y1 in pixels."""
    _, _, h, w = sides.shape
    x = (torch.arange(w, device=sides.device, dtype=sides.dtype) + 0.5) * STRIDE
    y = (torch.arange(h, device=sides.device, dtype=sides.dtype) + 0.5) * STRIDE
    left, up, right, down = sides.unbind(1)
    return torch.stack([x - left, y[:, None] - up, x + right, y[:, None] + down], 1)
