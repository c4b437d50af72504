"""New kits for people and new colours for crowds, on whole batches of planes."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from touchline.training.detection.planes import KIT_GROUPS, OWNER, SHIRT, SHORTS

_PALETTE = 12
_APART = 0.4
"""Least distance of two kits in RGB."""
_USUAL = (
    (0.92, 0.92, 0.92), (0.08, 0.08, 0.09), (0.75, 0.08, 0.12), (0.1, 0.15, 0.5), (0.9, 0.8, 0.1),
    (0.35, 0.65, 0.9), (0.1, 0.45, 0.2), (0.9, 0.45, 0.1), (0.45, 0.05, 0.2), (0.5, 0.5, 0.52),
)  # fmt: skip
"""Colours that clubs and officials wear most."""
_LIGHT = 0.4


def dress(
    planes: Tensor, kits: Tensor, light: Tensor, *, share: float, random: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Paint the kits of a share of crops in new colours, all different from one another.

    Args:
        planes: (b, 7, h, w) of :mod:`~touchline.training.detection.planes`.
        kits: (b, m), index of each owner's kit, -1 for none.
        light: (b, m), mean lightness of each owner's kit.
        share: of the crops.
        random: of the colours.

    Returns:
        The pictures (b, 3, h, w), and the shirt colours (b, kits, 3), whether they were used or not.

    """
    b = len(planes)
    device = planes.device
    shirts = distinct_colours(b, KIT_GROUPS, random=random, device=device)
    others = distinct_colours(b, KIT_GROUPS, random=random, device=device)
    same = torch.rand(b, KIT_GROUPS, 1, generator=random, device=device) < 0.5
    shorts = torch.where(same, shirts, others)
    use = (torch.rand(b, 1, 1, 1, generator=random, device=device) < share).to(planes.dtype)
    use = use * (0.75 + 0.25 * torch.rand(b, 1, 1, 1, generator=random, device=device))
    owner = planes[:, OWNER].long()
    pictures = planes[:, :3]
    shading = pictures.mean(1, keepdim=True) / _by_owner(light[..., None].clamp(min=0.08), owner, default=1.0)
    shading = shading.clamp(0.35, 1.7)
    for plane, colours in ((SHIRT, shirts), (SHORTS, shorts)):
        of_owner = colours.gather(1, kits.clamp(min=0)[..., None].expand(-1, -1, 3))
        known = (kits >= 0).to(planes.dtype)[..., None]
        paint = _by_owner(torch.cat([of_owner, known], 2), owner, default=0.0)
        painted = (paint[:, :3] * shading).clamp(0.0, 1.0)
        pictures = torch.lerp(pictures, painted, planes[:, plane, None] * use * paint[:, 3:])
    return pictures, shirts


def _by_owner(values: Tensor, owner: Tensor, *, default: float) -> Tensor:
    """Spread values (b, m, c) of owners over their pixels (b, h, w); returns (b, c, h, w)."""
    table = F.pad(values, (0, 0, 1, 0), value=default)
    index = owner.flatten(1)[..., None].expand(-1, -1, values.shape[2])
    return table.gather(1, index).reshape(*owner.shape, values.shape[2]).permute(0, 3, 1, 2)


def distinct_colours(b: int, count: int, *, random: torch.Generator, device: torch.device) -> Tensor:
    """Draw colours (b, count, 3), each at some distance from the ones before it."""
    usual = torch.tensor(_USUAL, device=device)
    pick = torch.randint(len(usual), (b, _PALETTE), generator=random, device=device)
    any_colour = torch.rand(b, _PALETTE, 3, generator=random, device=device)
    wild = torch.rand(b, _PALETTE, 1, generator=random, device=device) < 0.4
    jitter = 0.12 * (torch.rand(b, _PALETTE, 3, generator=random, device=device) - 0.5)
    palette = torch.where(wild, any_colour, (usual[pick] + jitter).clamp(0.0, 1.0))
    chosen = [palette[:, 0]]
    for _ in range(count - 1):
        apart = (palette[:, :, None] - torch.stack(chosen, 1)[:, None]).norm(dim=3).amin(2)
        luck = torch.rand(b, _PALETTE, generator=random, device=device)
        best = torch.where(apart > _APART, 2.0 + luck, apart).argmax(1)
        chosen.append(palette.gather(1, best[:, None, None].expand(-1, 1, 3))[:, 0])
    return torch.stack(chosen, 1)


def paint_crowd(pictures: Tensor, owner: Tensor, colours: Tensor, *, share: float, random: torch.Generator) -> Tensor:
    """Give what is neither grass nor a person the colour of a kit, in spots, in a share of the pictures."""
    b, _, h, w = pictures.shape

    def draw(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(b, *(shape or (1, 1, 1)), generator=random, device=pictures.device)

    red, green, blue = pictures.unbind(1)
    grass = ((green - torch.maximum(red * 0.95, blue)) * 14.0).clamp(0.0, 1.0)
    behind = ((1.0 - grass) * (owner == 0))[:, None]
    which = torch.randint(2, (b,), generator=random, device=pictures.device)
    colour = colours.gather(1, which[:, None, None].expand(-1, 1, 3))[:, 0, :, None, None]
    coarse = draw(0.0, 1.0, 1, max(h // 7, 1), max(w // 6, 1))
    spots = (F.interpolate(coarse, size=(h, w), mode="bilinear") > draw(0.1, 0.7)).to(pictures.dtype)
    amount = behind * spots * draw(0.4, 0.95) * (draw(0.0, 1.0) < share)
    shading = (pictures.mean(1, keepdim=True) / _LIGHT).clamp(0.3, 1.8)
    return torch.lerp(pictures, (colour * shading).clamp(0.0, 1.0), amount)
