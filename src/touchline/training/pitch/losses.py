"""Losses of the pitch finder: the place or absence of each keypoint, and the pitch between the keypoints."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from touchline.models.networks.pitch_net import STRIDE, PitchMaps
from touchline.synthetic.pitch_render import line_cover, look_at_ground, pixel_grid
from touchline.training.pitch.augment import PitchBatch

_LINE_HALF_M = 0.06
_LINE_LEAST = 0.6
"""Minimum half width, in cells, of the lines in the target."""
_MARGIN_M = 3.0
"""Distance beyond the lines at which places still count as pitch."""


@dataclass(frozen=True, slots=True)
class LossWeights:
    """The weights of the loss terms.

    Attributes:
        lines: of the map of lines.
        places: of the maps of pitch coordinates per cell, in half pitches.
        sigma_cells: standard deviation of a keypoint's target.

    """

    lines: float = 0.5
    places: float = 2.0
    sigma_cells: float = 1.0


def pitch_loss(maps: PitchMaps, batch: PitchBatch, weights: LossWeights) -> dict[str, Tensor]:
    """Compute the weighted loss terms."""
    points = keypoint_loss(maps, batch, sigma_cells=weights.sigma_cells)
    lines, places = auxiliary_losses(maps.auxiliary.float(), batch)
    return {"points": points, "lines": weights.lines * lines, "places": weights.places * places}


def keypoint_loss(maps: PitchMaps, batch: PitchBatch, *, sigma_cells: float) -> Tensor:
    """Cross entropy of each keypoint's distribution over cells and "absent", averaged over points and images.

    The target is a Gaussian around the point, cut off at the image border; all on "absent" if it is not visible.
    """
    logits = maps.keypoints.float()
    height, width = logits.shape[-2:]
    across = _bump(batch.points_px[..., 0] / STRIDE - 0.5, width, sigma_cells)
    down = _bump(batch.points_px[..., 1] / STRIDE - 0.5, height, sigma_cells)
    expected = torch.einsum("nkhw,nkh,nkw->nk", logits, down, across)
    absent = maps.absent.float()
    total = torch.logsumexp(torch.cat([logits.flatten(2), absent.unsqueeze(2)], 2), 2)
    return (total - torch.where(batch.visible, expected, absent)).mean()


def _bump(centre: Tensor, cells: int, sigma: float) -> Tensor:
    """Return weights (n, k, cells) that sum to 1 around centres (n, k)."""
    off = torch.arange(cells, device=centre.device) - centre.clamp(-0.5, cells - 0.5)[..., None]
    return torch.softmax(-off.square() / (2 * sigma**2), -1)


def auxiliary_losses(maps: Tensor, batch: PitchBatch) -> tuple[Tensor, Tensor]:
    """Losses of the line and pitch maps (entropy), and of the pitch coordinates (distance in half pitches).

    ``maps`` are logits and coordinates (n, 4, h/4, w/4).
    """
    height, width = batch.pictures.shape[-2:]
    grid = pixel_grid(width=width, height=height, step=STRIDE, device=maps.device)
    scale = torch.diag(maps.new_tensor([1.0 / STRIDE, 1.0 / STRIDE, 1.0]))
    cells = pixel_grid(width=width // STRIDE, height=height // STRIDE, device=maps.device)
    ground = look_at_ground(scale @ batch.to_pixels, cells)
    content = ((grid[..., :2] < batch.content_px[:, None, None]).all(-1)).float()
    wide = torch.full_like(batch.half_m[:, 0], _LINE_HALF_M)
    lines = line_cover(ground, batch.half_m, line_half_m=wide, least_px=_LINE_LEAST) * content
    half = batch.half_m[:, :, None, None]
    near = (ground.x.abs() < half[:, 0] + _MARGIN_M) & (ground.y.abs() < half[:, 1] + _MARGIN_M) & ground.seen
    pitch = near * content
    entropy = F.binary_cross_entropy_with_logits(maps[:, 0], lines) + 0.3 * F.binary_cross_entropy_with_logits(
        maps[:, 1], pitch
    )
    place = torch.stack([ground.x, ground.y], 1) / half
    off = F.smooth_l1_loss(maps[:, 2:4], place.clamp(-2.0, 2.0), beta=0.05, reduction="none").sum(1)
    return entropy, (off * pitch).sum() / pitch.sum().clamp_min(1.0)
