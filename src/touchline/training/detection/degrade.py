"""What broadcasts do to pictures: lower resolution, compression, motion blur and graphics; on whole batches."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

_BLOCK = 8
_LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61), (12, 12, 14, 19, 26, 58, 60, 55), (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62), (18, 22, 37, 56, 68, 109, 103, 77), (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101), (72, 92, 95, 98, 112, 100, 103, 99),
)  # fmt: skip
"""Quantisation of luminance at quality 50 (JPEG, annex K)."""
_TO_YCC = ((0.299, 0.587, 0.114), (-0.169, -0.331, 0.5), (0.5, -0.419, -0.081))


def degrade(pictures: Tensor, *, random: torch.Generator) -> Tensor:
    """Degrade part of the pictures (b, 3, h, w) in 0..1 as broadcasts do; sides are multiples of 8."""

    def draw(low: float, high: float) -> Tensor:
        unit = torch.rand(len(pictures), 1, 1, 1, generator=random, device=pictures.device)
        return low + (high - low) * unit

    pictures = torch.lerp(pictures, panned(pictures, width=5), (draw(-3.0, 1.0)).clamp(0.0, 1.0))
    factor = float(torch.rand((), generator=random, device=pictures.device))
    pictures = torch.where(draw(0.0, 1.0) < 0.35, shrunk(pictures, share=0.31 + 0.45 * factor), pictures)
    pictures = torch.where(draw(0.0, 1.0) < 0.4, compressed(pictures, strength=draw(0.3, 4.0)), pictures)
    noise = torch.randn(pictures.shape, generator=random, device=pictures.device, dtype=pictures.dtype)
    return (pictures + noise * draw(0.0, 0.025)).clamp(0.0, 1.0)


def panned(pictures: Tensor, *, width: int) -> Tensor:
    """Blur along the rows as a panning camera does; ``width`` is odd."""
    return F.avg_pool2d(pictures, (1, width), stride=1, padding=(0, width // 2), count_include_pad=False)


def shrunk(pictures: Tensor, *, share: float) -> Tensor:
    """Reduce the resolution to a share and scale back up."""
    h, w = pictures.shape[2:]
    size = (max(round(h * share), 1), max(round(w * share), 1))
    small = F.interpolate(pictures, size=size, mode="bilinear", antialias=True)
    return F.interpolate(small, size=(h, w), mode="bilinear")


def compressed(pictures: Tensor, *, strength: Tensor) -> Tensor:
    """Quantise blocks of 8x8 pixels as JPEG does; ``strength`` (b, 1, 1, 1) scales the table of quality 50."""
    b, _, h, w = pictures.shape
    colours = torch.tensor(_TO_YCC)
    back = torch.linalg.inv(colours).to(pictures.device)
    colours = colours.to(pictures.device)
    basis = _cosines(pictures.device)
    planes = torch.einsum("ij,bjhw->bihw", colours, pictures)
    blocks = planes.reshape(b, 3, h // _BLOCK, _BLOCK, w // _BLOCK, _BLOCK).transpose(3, 4)
    waves = basis @ blocks @ basis.T
    table = torch.tensor(_LUMINANCE, device=pictures.device) / 255.0 * strength[:, :, None, None]
    table = torch.cat([table, table * 1.6, table * 1.6], 1)
    blocks = basis.T @ ((waves / table).round() * table) @ basis
    planes = blocks.transpose(3, 4).reshape(b, 3, h, w)
    return torch.einsum("ij,bjhw->bihw", back, planes).clamp(0.0, 1.0)


def _cosines(device: torch.device) -> Tensor:
    """Return the orthonormal matrix (8, 8) of the discrete cosine transform."""
    k = torch.arange(_BLOCK, device=device, dtype=torch.float32)
    basis = torch.cos(math.pi * k[:, None] * (2 * k + 1) / (2 * _BLOCK)) * math.sqrt(2 / _BLOCK)
    basis[0] /= math.sqrt(2)
    return basis


def cover_with_graphics(pictures: Tensor, *, share: float, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """Cover a rectangle of a share of the pictures with something like a score board, a caption or a crest.

    Returns:
        The pictures, and the rectangles (b, 4) in pixels; empty ones where nothing was covered.

    """
    b, _, h, w = pictures.shape

    def draw(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(b, *shape, generator=random, device=pictures.device)

    size = torch.stack([draw(0.04, 0.35), draw(0.03, 0.14)], 1)
    corner = draw(0.0, 1.0, 2) * (1 - size)
    sides = torch.tensor([w, h], device=pictures.device, dtype=torch.float32)
    boxes = torch.cat([corner * sides, (corner + size) * sides], 1) * (draw(0.0, 1.0) < share)[:, None]
    x = torch.arange(w, device=pictures.device) + 0.5
    y = torch.arange(h, device=pictures.device) + 0.5
    inside = ((x > boxes[:, :1]) & (x < boxes[:, 2:3]))[:, None, None] & ((y > boxes[:, 1:2]) & (y < boxes[:, 3:]))[
        :, None, :, None
    ]
    paper, ink = draw(0.0, 1.0, 3, 1, 1), draw(0.0, 1.0, 3, 1, 1)
    coarse = torch.rand(b, 1, max(h // 9, 1), max(w // 7, 1), generator=random, device=pictures.device)
    letters = (F.interpolate(coarse, size=(h, w), mode="nearest") > draw(0.4, 0.95, 1, 1, 1)).to(pictures.dtype)
    return torch.where(inside, torch.lerp(paper, ink, letters), pictures), boxes
