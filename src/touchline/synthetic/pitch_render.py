"""Rendered pitches: pictures of imaginary grounds with exact keypoint positions.

A random camera looks at a random ground. For each pixel the visible position on the grass is computed, and what lies
there is drawn: mown stripes, worn lines, shadows of the roof, boards, a crowd, goals, people. Everything is computed as
tensors on one device, many pictures at a time. Nothing needs to look real, but only the lines may reveal the position.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from touchline.core.geometry.pitch import (
    CIRCLE_M,
    GOAL_AREA_DEPTH_M,
    GOAL_AREA_HALF_M,
    GOAL_HALF_M,
    GOAL_HEIGHT_M,
    PENALTY_AREA_DEPTH_M,
    PENALTY_AREA_HALF_M,
    PENALTY_SPOT_M,
)

PEOPLE = 26
"""Largest number of people drawn."""
_BODY = (90, 28)
"""Grid of points that a person is drawn with, down and across."""


@dataclass(frozen=True, slots=True, eq=False)
class Cameras:
    """A batch of cameras over grounds.

    Attributes:
        projection: metres (x, y, z, 1) to pixels, (n, 3, 4).
        centre_m: camera positions, metres (n, 3).
        half_m: half the length and width of the ground, metres (n, 2).

    """

    projection: Tensor
    centre_m: Tensor
    half_m: Tensor

    @property
    def to_pixels(self) -> Tensor:
        """Homographies from the grass in metres (x, y, 1) to pixels, (n, 3, 3)."""
        return self.projection[..., (0, 1, 3)]


class Draws:
    """Random numbers on a device, from one generator."""

    def __init__(self, *, seed: int, device: str | torch.device) -> None:
        self.device = torch.device(device)
        self.generator = torch.Generator(self.device).manual_seed(seed)

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        """Return uniform numbers."""
        return torch.rand(shape, generator=self.generator, device=self.device) * (high - low) + low

    def normal(self, *shape: int) -> Tensor:
        """Return normal numbers with mean 0 and standard deviation 1."""
        return torch.randn(shape, generator=self.generator, device=self.device)

    def chance(self, probability: float, *shape: int) -> Tensor:
        """Return booleans that are True with the given probability."""
        return torch.rand(shape, generator=self.generator, device=self.device) < probability

    def whole(self, high: int, *shape: int) -> Tensor:
        """Return integers from 0 to below ``high``."""
        return torch.randint(high, shape, generator=self.generator, device=self.device)


def draw_cameras(draws: Draws, count: int, *, width: int, height: int) -> Cameras:
    """Draw cameras like those of broadcasters and clubs: along the near touch line, raised, panned and zoomed."""
    usual = draws.chance(0.5, count)
    length = torch.where(usual, torch.tensor(105.0, device=draws.device), draws.uniform(96.0, 114.0, count))
    breadth = torch.where(usual, torch.tensor(68.0, device=draws.device), draws.uniform(60.0, 76.0, count))
    half = torch.stack([length, breadth], 1) / 2
    centre = torch.stack(
        [
            draws.normal(count) * 9.0,
            -half[:, 1] - draws.uniform(8.0, 55.0, count),
            draws.uniform(7.0, 32.0, count),
        ],
        1,
    )
    aim = torch.stack(
        [
            draws.uniform(-0.95, 0.95, count) * half[:, 0],
            draws.uniform(-0.55, 0.5, count) * half[:, 1],
            torch.zeros(count, device=draws.device),
        ],
        1,
    )
    forward = F.normalize(aim - centre, dim=1)
    up = torch.tensor([0.0, 0.0, 1.0], device=draws.device).expand(count, 3)
    right = F.normalize(torch.linalg.cross(forward, up), dim=1)
    down = torch.linalg.cross(forward, right)
    roll = draws.normal(count) * math.radians(1.5)
    cos, sin = roll.cos()[:, None], roll.sin()[:, None]
    turn = torch.stack([cos * right + sin * down, cos * down - sin * right, forward], 1)
    view = (draws.uniform(math.log(14.0), math.log(68.0), count)).exp() * (math.pi / 180)
    focal = width / 2 / (view / 2).tan()
    lens = torch.zeros(count, 3, 3, device=draws.device)
    lens[:, 0, 0], lens[:, 1, 1], lens[:, 2, 2] = focal, focal * draws.uniform(0.97, 1.03, count), 1.0
    lens[:, 0, 2] = width / 2
    lens[:, 1, 2] = height / 2 * draws.uniform(0.85, 1.15, count)
    pose = torch.cat([turn, -(turn @ centre[..., None])], 2)
    return Cameras(lens @ pose, centre, half)


def pixel_grid(*, width: int, height: int, step: int = 1, device: torch.device) -> Tensor:
    """Return the centres of all pixels, or of cells of ``step`` pixels, as (x, y, 1): (h, w, 3)."""
    y, x = torch.meshgrid(
        (torch.arange(height // step, device=device) + 0.5) * step,
        (torch.arange(width // step, device=device) + 0.5) * step,
        indexing="ij",
    )
    return torch.stack([x, y, torch.ones_like(x)], -1)


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The grass plane as seen by each pixel, all (n, h, w).

    Attributes:
        x, y: metres; far away if the pixel looks above the horizon.
        x_step, y_step: largest change of x and y from a pixel to the next, metres.
        x_slope, y_slope: change of x and y across and down, metres per pixel (n, h, w, 2).
        seen: whether the pixel looks below the horizon.

    """

    x: Tensor
    y: Tensor
    x_slope: Tensor
    y_slope: Tensor
    seen: Tensor

    @property
    def x_step(self) -> Tensor:
        """Change of x from a pixel to the next, metres."""
        return self.x_slope.square().sum(-1).sqrt()

    @property
    def y_step(self) -> Tensor:
        """Change of y from a pixel to the next, metres."""
        return self.y_slope.square().sum(-1).sqrt()


def look_at_ground(to_pixels: Tensor, grid: Tensor) -> Ground:
    """Compute the grass plane as seen by each pixel.

    Args:
        to_pixels: metres to pixels (n, 3, 3), scaled so that the third coordinate is positive in front of the camera.
        grid: pixels (h, w, 3).

    """
    back = torch.linalg.inv_ex(to_pixels).inverse
    spread = torch.einsum("nij,hwj->nhwi", back, grid)
    depth = spread[..., 2]
    seen = depth > 1e-9
    scale = torch.where(seen, depth, torch.ones_like(depth))
    x = torch.where(seen, spread[..., 0] / scale, 1e4)
    y = torch.where(seen, spread[..., 1] / scale, 1e4)
    inverse = (1.0 / scale)[..., None]
    x_slope = (back[:, None, None, 0, :2] - x[..., None] * back[:, None, None, 2, :2]) * inverse
    y_slope = (back[:, None, None, 1, :2] - y[..., None] * back[:, None, None, 2, :2]) * inverse
    return Ground(x, y, x_slope, y_slope, seen)


def line_cover(ground: Ground, half_m: Tensor, *, line_half_m: Tensor, least_px: float = 0.0) -> Tensor:
    """Return the share of each pixel covered by the markings, 0 to 1.

    Args:
        ground: grass plane as seen by each pixel.
        half_m: half the length and width of the grounds, metres (n, 2).
        line_half_m: half the width of the lines, metres (n,).
        least_px: minimum half width of the lines in pixels, whatever the distance.

    Returns:
        (n, h, w).

    """
    length, breadth = half_m[:, 0, None, None], half_m[:, 1, None, None]
    ax, ay = ground.x.abs(), ground.y.abs()
    x_step, y_step = ground.x_step.clamp_min(1e-6), ground.y_step.clamp_min(1e-6)
    wide = line_half_m[:, None, None]

    def stroke(off_m: Tensor, step: Tensor) -> Tensor:
        half = (wide / step).clamp_min(least_px)
        return (half + 0.5 - off_m.abs() / step).clamp(0, 1) * (2 * half).clamp_max(1.0)

    def within(along_m: Tensor, end_m: Tensor | float, step: Tensor) -> Tensor:
        return ((end_m + wide - along_m) / step + 0.5).clamp(0, 1)

    box, area, spot = length - PENALTY_AREA_DEPTH_M, length - GOAL_AREA_DEPTH_M, length - PENALTY_SPOT_M
    goal_side = within(ax, length, x_step)
    cover = stroke(ax - length, x_step) * within(ay, breadth, y_step)
    cover = cover.maximum(stroke(ax, x_step) * within(ay, breadth, y_step))
    cover = cover.maximum(stroke(ay - breadth, y_step) * goal_side)
    for inner, side in ((box, PENALTY_AREA_HALF_M), (area, GOAL_AREA_HALF_M)):
        cover = cover.maximum(stroke(ax - inner, x_step) * within(ay, side, y_step))
        cover = cover.maximum(stroke(ay - side, y_step) * goal_side * within(-ax, -inner, x_step))
    centre = _ring(ground, 0.0 * length, CIRCLE_M, stroke)
    arc = _ring(ground, torch.where(ground.x < 0, -spot, spot), CIRCLE_M, stroke) * within(ax, box, x_step)
    return torch.where(ground.seen, cover.maximum(centre).maximum(arc), 0.0)


def _ring(ground: Ground, middle_x: Tensor, radius_m: float, stroke: object) -> Tensor:
    x = ground.x - middle_x
    away = (x.square() + ground.y.square()).sqrt().clamp_min(1e-3)
    slope = (x[..., None] * ground.x_slope + ground.y[..., None] * ground.y_slope) / away[..., None]
    step = slope.square().sum(-1).sqrt().clamp_min(1e-6)
    return stroke(away - radius_m, step)  # type: ignore[operator, no-any-return]


def render(draws: Draws, cameras: Cameras, *, width: int, height: int) -> Tensor:
    """Render pictures (n, 3, height, width), 0 to 1, as seen by the cameras."""
    count = len(cameras.half_m)
    grid = pixel_grid(width=width, height=height, device=draws.device)
    ground = look_at_ground(cameras.to_pixels, grid)
    noise = _Noise(draws, count)
    picture = _paint_grass(draws, ground, noise)
    picture = _paint_lines(draws, picture, ground, cameras, noise)
    picture = picture * _shadow(draws, ground, count)[:, None]
    picture = _paint_surroundings(draws, picture, ground, cameras, grid, noise)
    picture = _paint_goals(draws, picture, cameras, grid)
    return _paint_people(draws, picture, cameras).clamp(0, 1)


class _Noise:
    """Random textures of several octaves that can be sampled at any position."""

    def __init__(self, draws: Draws, count: int, *, size: int = 256) -> None:
        texture = torch.zeros(count, 3, size, size, device=draws.device)
        for octave in (8, 32, 128, 256):
            part = draws.uniform(-1.0, 1.0, count, 3, octave, octave)
            texture += F.interpolate(part, size=(size, size), mode="bilinear", align_corners=False) * 0.5
        self._texture = texture

    def at(self, x: Tensor, y: Tensor) -> Tensor:
        """Return three values of about -1 to 1 at positions (n, h, w); the texture has size 1 and repeats mirrored."""
        where = torch.stack([x, y], -1).clamp(-1e4, 1e4)
        return F.grid_sample(self._texture, where, padding_mode="reflection", align_corners=False)


def _each(values: Tensor) -> Tensor:
    return values[:, None, None]


def _paint_grass(draws: Draws, ground: Ground, noise: _Noise) -> Tensor:
    count = len(ground.x)
    green = draws.uniform(0.18, 0.68, count)
    colour = torch.stack([green * draws.uniform(0.35, 0.98, count), green, green * draws.uniform(0.15, 0.75, count)], 1)
    stripes = torch.zeros_like(ground.x)
    for place, step, odds in ((ground.x, ground.x_step, 0.75), (ground.y, ground.y_step, 0.25)):
        period = _each(draws.uniform(3.0, 12.0, count))
        wave = torch.sin(math.pi * place / period + _each(draws.uniform(0.0, 6.3, count)))
        sharp = _each(draws.uniform(1.0, 12.0, count)) * (1.0 - (step / period).clamp_max(1.0))
        strength = _each(draws.uniform(0.0, 0.13, count) * draws.chance(odds, count))
        stripes = stripes + (wave * sharp).tanh() * strength
    patches = noise.at(ground.x / 70.0, ground.y / 70.0)
    fine = noise.at(ground.x / 9.0, ground.y / 9.0)[:, 0]
    light = 1.0 + stripes + patches[:, 0] * _each(draws.uniform(0.0, 0.16, count))
    light = light + fine * _each(draws.uniform(0.0, 0.1, count))
    tint = 1.0 + 0.12 * patches * draws.uniform(0.0, 1.0, count, 1, 1, 1)
    return colour[:, :, None, None] * light[:, None] * tint


def _paint_lines(draws: Draws, picture: Tensor, ground: Ground, cameras: Cameras, noise: _Noise) -> Tensor:
    count = len(picture)
    cover = line_cover(ground, cameras.half_m, line_half_m=draws.uniform(0.045, 0.08, count))
    spot = cameras.half_m[:, 0, None, None] - PENALTY_SPOT_M
    step = torch.maximum(ground.x_step, ground.y_step).clamp_min(1e-6)
    for x in (0.0 * spot, spot):
        away = ((ground.x.abs() - x).square() + ground.y.square()).sqrt()
        dot = ((_each(draws.uniform(0.1, 0.25, count)) - away) / step + 0.5).clamp(0, 1)
        cover = cover.maximum(dot)
    # Markings beside the pitch that do not belong to it: technical areas, training lines.
    beside = -cameras.half_m[:, 1, None, None] - _each(draws.uniform(0.8, 4.0, count))
    dashes = torch.sin(ground.x * _each(draws.uniform(0.5, 6.0, count))) > _each(draws.uniform(-1.5, 0.5, count))
    extra = 0.5 + 0.06 / ground.y_step.clamp_min(1e-6) - (ground.y - beside).abs() / ground.y_step.clamp_min(1e-6)
    extent = (ground.x - _each(draws.uniform(-30, 30, count))).abs() < _each(draws.uniform(3.0, 30.0, count))
    cover = cover.maximum(extra.clamp(0, 1) * (dashes & extent & _each(draws.chance(0.35, count)) & ground.seen))
    worn = noise.at(ground.x / 25.0 + 0.3, ground.y / 25.0)[:, 1]
    paint = _each(draws.uniform(0.45, 1.0, count)) * (1.0 + worn * _each(draws.uniform(0.0, 0.5, count))).clamp(0, 1.2)
    white = draws.uniform(0.7, 1.0, count, 3, 1, 1)
    return torch.lerp(picture, white.expand_as(picture), (cover * paint).clamp(0, 1)[:, None])


def _shadow(draws: Draws, ground: Ground, count: int) -> Tensor:
    """Return the light of every pixel, 0 to 1: up to two roofs shade a part of the pitch."""
    light = torch.ones_like(ground.x)
    for _ in range(2):
        angle = _each(draws.uniform(0.0, 6.3, count))
        off = ground.x * angle.cos() + ground.y * angle.sin() - _each(draws.uniform(-30.0, 40.0, count))
        soft = _each(draws.uniform(0.2, 2.0, count))
        dark = _each(draws.uniform(0.25, 0.85, count))
        shaded = (off / soft).sigmoid() * _each(draws.chance(0.25, count))
        light = light * (1.0 - shaded * (1.0 - dark))
    return light


def _paint_surroundings(
    draws: Draws, picture: Tensor, ground: Ground, cameras: Cameras, grid: Tensor, noise: _Noise
) -> Tensor:
    """Paint everything beyond the grass: other ground, boards around it, stands behind them and in front."""
    count = len(picture)
    x, y = ground.x, ground.y
    half = cameras.half_m
    apron = draws.uniform(1.5, 9.0, count, 4)
    beyond = torch.maximum(x.abs() - half[:, 0, None, None], y.abs() - half[:, 1, None, None])
    other = draws.uniform(0.1, 0.7, count, 3, 1, 1)
    bare = (beyond > _each(apron[:, 3])) & _each(draws.chance(0.3, count))
    picture = torch.where(bare[:, None], other, picture)
    rays = _rays(cameras, grid)
    centre = cameras.centre_m
    high = _each(draws.uniform(0.6, 1.6, count))
    across = grid[None, ..., 0] / 300.0 + _each(draws.uniform(-2, 2, count))
    down = grid[None, ..., 1] / 300.0 + _each(draws.uniform(-2, 2, count))
    zoom = _each(draws.uniform(1.0, 6.0, count))
    crowd = _crowd(draws, noise, across * zoom, down * zoom, count)
    walls = (
        (1, half[:, 1] + apron[:, 0], 0),
        (0, -half[:, 0] - apron[:, 1], 1),
        (0, half[:, 0] + apron[:, 1], 1),
        (1, -half[:, 1] - apron[:, 2], 0),
    )
    near_odds = _each(draws.chance(0.7, count))
    for number, (axis, place, along) in enumerate(walls):
        reach = (place[:, None, None] - centre[:, axis, None, None]) / rays[:, axis].abs().clamp_min(1e-6)
        reach = reach * rays[:, axis].sign()
        up_m = centre[:, 2, None, None] + reach * rays[:, 2]
        side_m = centre[:, along, None, None] + reach * rays[:, along]
        hit = reach > 0
        flat = (y, x)[1 - axis]
        past = (flat > place[:, None, None]) if number in (0, 2) else (flat < place[:, None, None])
        past = (past & ground.seen) | (~ground.seen & (number != 3))
        past = past & hit
        if number == 3:
            past = past & near_odds
        board = past & (up_m >= 0) & (up_m < high)
        picture = torch.where((past & ~board)[:, None], crowd, picture)
        picture = torch.where(board[:, None], _boards(draws, noise, side_m, up_m, count), picture)
    return picture


def _rays(cameras: Cameras, grid: Tensor) -> Tensor:
    """Return the viewing directions of pixels in metres (n, 3, h, w)."""
    back = torch.linalg.inv_ex(cameras.projection[..., :3]).inverse
    return torch.einsum("nij,hwj->nihw", back, grid)


def _crowd(draws: Draws, noise: _Noise, x: Tensor, y: Tensor, count: int) -> Tensor:
    base = draws.uniform(0.05, 0.6, count, 3, 1, 1)
    coarse = noise.at(x * 0.3, y * 0.3)
    fine = noise.at(x, y)
    rows = torch.sin(y * draws.uniform(60.0, 400.0, count, 1, 1))[:, None] * draws.uniform(0.0, 0.15, count, 1, 1, 1)
    grey = draws.uniform(0.3, 1.0, count, 1, 1, 1)
    fine = torch.lerp(fine, fine.mean(1, keepdim=True), grey)
    coarse = torch.lerp(coarse, coarse.mean(1, keepdim=True), grey)
    return base * (1.0 + 0.5 * coarse) + fine * draws.uniform(0.05, 0.5, count, 1, 1, 1) + rows


def _boards(draws: Draws, noise: _Noise, along_m: Tensor, up_m: Tensor, count: int) -> Tensor:
    """Return advertising: panels of one colour each with a pattern that resembles writing."""
    panel = _each(draws.uniform(2.0, 14.0, count))
    number = (along_m / panel).clamp(-1e4, 1e4).floor().long() % 16
    same = _each(draws.chance(0.4, count))
    number = torch.where(same, number % 2, number)
    table = draws.uniform(0.0, 1.0, count, 16, 3)
    colours = torch.gather(table, 1, number.reshape(count, -1, 1).expand(-1, -1, 3))
    colours = colours.reshape(*number.shape, 3).permute(0, 3, 1, 2)
    writing = noise.at(along_m / 6.0, up_m / 3.0)[:, :1] > draws.uniform(0.1, 0.6, count, 1, 1, 1)
    ink = draws.chance(0.5, count, 1, 1, 1).float()
    return torch.where(writing, ink, colours)


def _project(cameras: Cameras, points_m: Tensor) -> tuple[Tensor, Tensor]:
    """Project positions in metres (n, k, 3) to pixels (n, k, 2); also return whether they are in front (n, k)."""
    ones = torch.ones_like(points_m[..., :1])
    spread = torch.cat([points_m, ones], -1) @ cameras.projection.transpose(1, 2)
    front = spread[..., 2] > 0.1
    return spread[..., :2] / torch.where(front, spread[..., 2], torch.ones_like(spread[..., 2]))[..., None], front


def _paint_goals(draws: Draws, picture: Tensor, cameras: Cameras, grid: Tensor) -> Tensor:
    count = len(picture)
    colour = draws.uniform(0.75, 1.0, count, 1, 1, 1)
    corners = ((-1, 0.0), (-1, GOAL_HEIGHT_M), (1, GOAL_HEIGHT_M), (1, 0.0))
    for end in (-1.0, 1.0):
        goal = torch.stack(
            [
                torch.stack(
                    [
                        end * cameras.half_m[:, 0],
                        torch.full_like(cameras.half_m[:, 0], side * GOAL_HALF_M),
                        torch.full_like(cameras.half_m[:, 0], height),
                    ],
                    -1,
                )
                for side, height in corners
            ],
            1,
        )
        pixels, front = _project(cameras, goal)
        tall = (pixels[:, 1, 1] - pixels[:, 0, 1]).abs()
        thick = (tall * 0.12 / GOAL_HEIGHT_M / 2).clamp(0.2, 6.0)
        for first in range(3):
            cover = _segment(grid, pixels[:, first], pixels[:, first + 1], thick)
            cover = cover * _each(front[:, first] & front[:, first + 1])
            picture = torch.lerp(picture, colour.expand_as(picture), cover[:, None])
    return picture


def _segment(grid: Tensor, start: Tensor, end: Tensor, half_px: Tensor) -> Tensor:
    """Return the share of each pixel covered by a stroke between two pixels (n, 2), (n, h, w)."""
    along = (end - start)[:, None, None]
    off = grid[None, ..., :2] - start[:, None, None]
    share = ((off * along).sum(-1) / along.square().sum(-1).clamp_min(1e-3)).clamp(0, 1)
    away = (off - share[..., None] * along).square().sum(-1).sqrt()
    half = _each(half_px)
    return (half + 0.5 - away).clamp(0, 1) * (2 * half).clamp_max(1.0)


def _paint_people(draws: Draws, picture: Tensor, cameras: Cameras) -> Tensor:
    """Paint two teams and a few others as upright blobs of hair or skin, shirt, shorts and legs.

    Each body is its own grid of points, written into the picture where they fall.
    """
    count, _, height, width = picture.shape
    spread = draws.normal(count, PEOPLE, 2) * 0.35 + draws.uniform(-0.7, 0.7, count, 1, 2)
    place = spread.clamp(-1.04, 1.06) * cameras.half_m[:, None]
    foot, front = _project(cameras, torch.cat([place, torch.zeros_like(place[..., :1])], -1))
    head, _ = _project(cameras, torch.cat([place, torch.full_like(place[..., :1], 1.8)], -1))
    tall = foot[..., 1] - head[..., 1]
    present = front & draws.chance(0.85, count, PEOPLE) & (tall > 3.0) & (tall < 1.5 * _BODY[0])
    down = torch.linspace(0.0, 1.0, _BODY[0], device=draws.device)
    across = torch.linspace(-1.0, 1.0, _BODY[1], device=draws.device)
    shape = 0.45 + 1.1 * down * (1.15 - down)
    half = draws.uniform(0.11, 0.22, count, PEOPLE) * tall
    lean = draws.normal(count, PEOPLE) * 0.15 * tall
    x = foot[..., 0, None, None] + lean[..., None, None] * (1 - down[:, None])
    x = x + half[..., None, None] * (shape[:, None] * across)
    y = (head[..., 1, None, None] + tall[..., None, None] * down[:, None]).expand_as(x)
    kits = draws.uniform(0.0, 1.0, count, 5, 4, 3)
    kits[:, :, 0] = kits[:, :, 0] * 0.4 + 0.1
    kits[:, :, 3] = kits[:, :, 3] * 0.6 + 0.2
    who = draws.whole(5, count, PEOPLE)
    who = torch.where(draws.chance(0.85, count, PEOPLE), who % 2, who)
    band = (down > 0.15).long() + (down > 0.48).long() + (down > 0.68).long()
    rows = torch.arange(count, device=draws.device)
    colour = kits[rows[:, None], who][:, :, band][:, :, :, None].expand(*x.shape, 3)
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height) & present[..., None, None]
    which = rows[:, None, None, None].expand_as(x)[inside]
    picture = picture.clone()
    picture[which, :, y[inside].long(), x[inside].long()] = colour[inside]
    return picture
