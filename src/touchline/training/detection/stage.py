"""Training crops drawn and augmented as whole batches on the device.

The few labelled frames are kept there as planes. Each crop shows one of them at another size, place and light, with
other kits, people pasted elsewhere, a crowd in a team's colours, graphics, and the losses of a broadcast.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from touchline.core.tracks import BALL, GOALKEEPER, PLAYER, REFEREE
from touchline.training.detection.crops import DetectionBatch, relight
from touchline.training.detection.degrade import cover_with_graphics, degrade
from touchline.training.detection.dressing import dress, paint_crowd
from touchline.training.detection.planes import BODY, MOST_IN_FRAME, OWNER, Planes

_MIN_VISIBLE = 0.3
_LEAST_SIDE = 2.0
_HALF_BELOW = 0.65
"""Below this zoom the half-size planes are sampled, so that nothing flickers."""
_BALL_LEFT = 0.5


@dataclass(frozen=True, slots=True)
class View:
    """One kind of crop: its width and height in pixels, its range of zoom, and how often it is drawn."""

    size: tuple[int, int]
    zoom: tuple[float, float]
    share: float


VIEWS = (
    View((1280, 736), (0.85, 1.25), 0.45),
    View((960, 544), (0.66, 1.4), 0.25),
    View((640, 352), (1.1, 2.3), 0.18),
    View((640, 352), (0.35, 0.64), 0.12),
)


@dataclass(frozen=True, slots=True)
class StageSettings:
    """The settings of the crops.

    Attributes:
        views: kinds of crops, one of them per batch.
        pixels_per_batch: number of pixels in a batch, whatever the size of its crops.
        tilt_deg: maximum rotation either way.
        focus: share of crops that are centred on a person or the ball, mostly of a rare class.
        simulated_share: share of simulated frames, if there are real ones too.
        paste: share of batches in which people are pasted.
        dress: share of crops with new kits.
        crowd: share of crops whose background gets the colour of a kit.
        graphics: share of crops with a graphic.
        balls: share of crops with an additional drawn ball.

    """

    views: tuple[View, ...] = VIEWS
    pixels_per_batch: int = 7_500_000
    tilt_deg: float = 4.0
    focus: float = 0.6
    simulated_share: float = 0.15
    paste: float = 0.4
    dress: float = 0.45
    crowd: float = 0.25
    graphics: float = 0.2
    balls: float = 0.25


class Stage:
    """A source of augmented batches.

    Args:
        real: real frames, may be None.
        simulated: simulated frames, may be None.
        settings: of the crops.
        device: where the planes are and the batches are made.
        seed: of all sampling.

    """

    def __init__(
        self, real: Planes | None, simulated: Planes | None, *, settings: StageSettings, device: str, seed: int
    ) -> None:
        self.sources = [planes for planes in (real, simulated) if planes is not None]
        if not self.sources:
            raise ValueError("no frames to draw from: both real and simulated are None")
        self.settings = settings
        self.device = device
        self._random = np.random.default_rng(seed)
        self._torch_random = torch.Generator(device).manual_seed(seed)
        self._known = [(planes.boxes.cpu().numpy(), planes.classes.cpu().numpy()) for planes in self.sources]

    @property
    def generators(self) -> tuple[np.random.Generator, torch.Generator]:
        """The generators that decide which crops come next."""
        return self._random, self._torch_random

    def draw(self) -> DetectionBatch:
        """Draw the next batch."""
        s = self.settings
        shares = np.array([view.share for view in s.views])
        view = s.views[self._random.choice(len(s.views), p=shares / shares.sum())]
        count = max(1, round(s.pixels_per_batch / (view.size[0] * view.size[1])))
        made = int(self._random.binomial(count, s.simulated_share)) if len(self.sources) > 1 else 0
        paste = self._random.random() < s.paste
        parts = [
            self._cut(source, number, view, paste=paste)
            for source, number in enumerate((count - made, made)[: len(self.sources)])
            if number
        ]
        planes, boxes, classes, kits, light, labelled = (torch.cat([p[k] for p in parts]) for k in range(6))
        return self._finish(planes, boxes, classes, kits, light, labelled)

    def _cut(self, source: int, count: int, view: View, *, paste: bool) -> tuple[Tensor, ...]:
        """Cut crops of one source: planes (b, 7, h, w), boxes, classes, kits and light by owner, and labelled."""
        frames = self.sources[source]
        rows = self._random.integers(len(frames), size=count)
        maps = [self._map(source, int(row), view) for row in rows]
        index = torch.from_numpy(rows).to(self.device)
        planes = self._warp(frames, index, np.stack(maps), view)
        boxes, classes = moved_boxes(frames.boxes[index], frames.classes[index], self._tensor(maps), size=view.size)
        if paste:
            again = np.stack([self._elsewhere(source, int(row), m, view) for row, m in zip(rows, maps, strict=True)])
            second = self._warp(frames, index, again, view)
            chosen = self._chosen(frames.classes[index])
            second_boxes, second_classes = moved_boxes(
                frames.boxes[index], torch.where(chosen, frames.classes[index], -1), self._tensor(again), size=view.size
            )
            planes = paste_people(planes, second, chosen)
            boxes, classes = torch.cat([boxes, second_boxes], 1), torch.cat([classes, second_classes], 1)
        else:
            boxes, classes = F.pad(boxes, (0, 0, 0, MOST_IN_FRAME)), F.pad(classes, (0, MOST_IN_FRAME), value=-1)
        return planes, boxes, classes, frames.kits[index], frames.light[index], frames.labelled.expand(count, -1)

    def _finish(
        self, planes: Tensor, boxes: Tensor, classes: Tensor, kits: Tensor, light: Tensor, labelled: Tensor
    ) -> DetectionBatch:
        """Augment the planes and return the batch with the boxes that are left."""
        s, random = self.settings, self._torch_random
        pictures, colours = dress(planes, kits, light, share=s.dress, random=random)
        pictures = paint_crowd(pictures, planes[:, OWNER], colours, share=s.crowd, random=random)
        pictures, ball_boxes = draw_balls(pictures, share=s.balls, random=random)
        boxes = torch.cat([boxes, ball_boxes[:, None]], 1)
        drawn = torch.where(ball_boxes[:, 2] > ball_boxes[:, 0], BALL, -1)
        classes = torch.cat([classes, drawn[:, None]], 1)
        pictures = relight(pictures, random=random)
        pictures, graphics = cover_with_graphics(pictures, share=s.graphics, random=random)
        classes = torch.where(_covered(boxes, graphics), -1, classes)
        boxes, classes = _compact(boxes, classes)
        return DetectionBatch(degrade(pictures, random=random), boxes, classes, labelled)

    def _tensor(self, maps: Sequence[npt.NDArray[np.float32]] | npt.NDArray[np.float32]) -> Tensor:
        return torch.from_numpy(np.stack([*maps])).to(self.device)

    def _map(self, source: int, row: int, view: View) -> npt.NDArray[np.float32]:
        """Draw an affine map (2, 3) from a frame's pixels to a crop's."""
        draw, frames = self._random, self.sources[source]
        picture = np.array(frames.whole.shape[:1:-1])
        zoom = frames.scale * math.exp(draw.uniform(*np.log(view.zoom)))
        turn = self._turn(zoom)
        boxes, classes = (known[row] for known in self._known[source])
        anchor = picture * draw.uniform(0.1, 0.9, 2)
        if (classes >= 0).any() and draw.random() < self.settings.focus:
            weight = np.select([classes < 0, np.isin(classes, (BALL, GOALKEEPER, REFEREE))], [0.0, 6.0], 1.0)
            box = boxes[draw.choice(len(classes), p=weight / weight.sum())]
            anchor = (box[:2] + box[2:]).astype(np.float64) / 2
        size = np.array(view.size)
        shift = size * draw.uniform(0.25, 0.75, 2) - turn @ anchor
        middle, half = turn @ (picture / 2) + shift, zoom * picture / 2
        shift += np.clip(middle, np.minimum(half, size - half), np.maximum(half, size - half)) - middle
        return np.concatenate([turn, shift[:, None]], 1).astype(np.float32)

    def _turn(self, zoom: float) -> npt.NDArray[np.float64]:
        """Draw a scaled rotation (2, 2), mirrored half of the time and slightly stretched."""
        draw = self._random
        tilt = math.radians(draw.uniform(-self.settings.tilt_deg, self.settings.tilt_deg))
        mirror = -1.0 if draw.random() < 0.5 else 1.0
        turn = zoom * np.array([[math.cos(tilt), -math.sin(tilt)], [math.sin(tilt), math.cos(tilt)]])
        stretched: npt.NDArray[np.float64] = turn @ np.diag([mirror * math.exp(draw.uniform(-0.08, 0.08)), 1.0])
        return stretched

    def _elsewhere(self, source: int, row: int, crop: npt.NDArray[np.float32], view: View) -> npt.NDArray[np.float32]:
        """Draw a map that shows the same people at about the same size somewhere else in the crop."""
        draw = self._random
        turn = self._turn(math.sqrt(abs(float(np.linalg.det(crop[:, :2])))) * math.exp(draw.uniform(-0.15, 0.15)))
        boxes, classes = (known[row] for known in self._known[source])
        people = np.flatnonzero(classes > 0)
        box = boxes[draw.choice(people)] if len(people) else np.zeros(4)
        shift = np.array(view.size) * draw.uniform(0.1, 0.9, 2) - turn @ ((box[:2] + box[2:]) / 2)
        return np.concatenate([turn, shift[:, None]], 1).astype(np.float32)

    def _chosen(self, classes: Tensor) -> Tensor:
        """Choose whom to paste (b, m): some players and officials; a keeper elsewhere would no longer look like one."""
        each = torch.rand(classes.shape, generator=self._torch_random, device=self.device)
        crop = torch.rand(len(classes), 1, generator=self._torch_random, device=self.device)
        return ((classes == PLAYER) | (classes == REFEREE)) & (each < 0.35) & (crop < 0.7)

    def _warp(self, frames: Planes, index: Tensor, maps: npt.NDArray[np.float32], view: View) -> Tensor:
        """Return planes (b, 7, h, w) in 0..1 (owners as they are) of frames seen through affine maps."""
        half = view.zoom[1] < _HALF_BELOW * 1.0001 and frames.scale == 1.0
        planes = (frames.half if half else frames.whole)[index].float()
        grid = sampling_grid(maps, frame=tuple(frames.whole.shape[:1:-1]), size=view.size, device=self.device)
        seen = F.grid_sample(planes[:, :OWNER], grid, mode="bilinear", align_corners=False) / 255.0
        owner = F.grid_sample(planes[:, OWNER:], grid, mode="nearest", align_corners=False)
        return torch.cat([seen, owner], 1)


def sampling_grid(
    maps: npt.NDArray[np.float32], *, frame: tuple[int, ...], size: tuple[int, int], device: str
) -> Tensor:
    """Return the places (b, h, w, 2) of a crop's pixels in the frame, as ``grid_sample`` wants them.

    Args:
        maps: (b, 2, 3), from a frame's pixels to a crop's.
        frame: its width and height.
        size: width and height of the crop.
        device: where the places are computed.

    """
    full = np.tile(np.eye(3), (len(maps), 1, 1))
    full[:, :2] = maps
    back = np.linalg.inv(full)[:, :2]
    to_unit = np.array([[2.0 / frame[0], 0, -1], [0, 2.0 / frame[1], -1]])
    from_unit = np.array([[size[0] / 2, 0, size[0] / 2], [0, size[1] / 2, size[1] / 2], [0, 0, 1]])
    lifted = np.tile(np.eye(3), (len(maps), 1, 1))
    lifted[:, :2] = back
    theta = torch.from_numpy(to_unit @ lifted @ from_unit).float().to(device)
    return F.affine_grid(theta, [len(maps), 1, size[1], size[0]], align_corners=False)


def moved_boxes(boxes: Tensor, classes: Tensor, maps: Tensor, *, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Map boxes (b, m, 4) by affine maps (b, 2, 3) and clip them to the crop; those hardly visible get class -1.

    A rotated box keeps its size, as the person in it does.
    """
    turn, shift = maps[:, :, :2], maps[:, None, :, 2]
    stretch = turn.square().sum(1).sqrt()[:, None]
    centre = (boxes[..., :2] + boxes[..., 2:]) / 2 @ turn.transpose(1, 2) + shift
    half = (boxes[..., 2:] - boxes[..., :2]) / 2 * stretch
    limits = torch.tensor([*size, *size], device=boxes.device, dtype=boxes.dtype)
    inside = torch.minimum(torch.cat([centre - half, centre + half], 2).clamp(min=0.0), limits)
    sides = inside[..., 2:] - inside[..., :2]
    share = sides.prod(2) / (4 * half.prod(2)).clamp(min=1e-6)
    keep = (share > _MIN_VISIBLE) & (sides > _LEAST_SIDE).all(2)
    return inside, torch.where(keep, classes, -1)


def paste_people(planes: Tensor, second: Tensor, chosen: Tensor) -> Tensor:
    """Lay the chosen people (b, m) of the second planes over the first."""
    owner = second[:, OWNER].long()
    wanted = F.pad(chosen, (1, 0)).to(planes.dtype).gather(1, owner.flatten(1)).reshape(owner.shape)
    over = (second[:, BODY] * wanted)[:, None]
    mixed = torch.lerp(planes[:, :OWNER], second[:, :OWNER], over)
    return torch.cat([mixed, torch.where(over > 0.5, second[:, OWNER:], planes[:, OWNER:])], 1)


def draw_balls(pictures: Tensor, *, share: float, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw a ball into a share of the pictures (b, 3, h, w); return them and its boxes (b, 4), empty without one.

    The ball is light, darker below, blurred along its way, and may be anywhere.
    """
    b, _, h, w = pictures.shape

    def draw(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(b, 1, 1, generator=random, device=pictures.device)

    x, y, radius = draw(8.0, w - 8.0), draw(8.0, h - 8.0), draw(2.4, 4.6)
    speed, angle = draw(-4.0, 4.0).clamp(min=0.0) * 0.7, draw(-math.pi, math.pi)
    columns = torch.arange(w, device=pictures.device) + 0.5 - x
    rows = torch.arange(h, device=pictures.device)[:, None] + 0.5 - y
    along = angle.cos() * columns + angle.sin() * rows
    aside = angle.cos() * rows - angle.sin() * columns
    away = ((along.abs() - speed).clamp(min=0.0).square() + aside.square()).sqrt()
    present = draw(0.0, 1.0) < share
    cover = ((radius - away) / 1.2 + 0.5).clamp(0.0, 1.0) * present * draw(0.75, 1.0)
    shade = draw(0.65, 1.0) - draw(0.0, 0.3) * (rows / radius).clamp(-1.0, 1.0)
    tint = 1.0 - 0.25 * torch.rand(b, 3, 1, 1, generator=random, device=pictures.device)
    reach_x, reach_y = (radius + speed * part.abs() for part in (angle.cos(), angle.sin()))
    box = torch.cat([x - reach_x, y - reach_y, x + reach_x, y + reach_y], 2)[:, 0] * present[:, 0]
    return torch.lerp(pictures, (shade[:, None] * tint).clamp(0.0, 1.0), cover[:, None]), box


def _covered(boxes: Tensor, graphics: Tensor) -> Tensor:
    """Return which boxes (b, m) lie mostly behind the graphic (b, 4) of their picture."""
    low = torch.maximum(boxes[..., :2], graphics[:, None, :2])
    high = torch.minimum(boxes[..., 2:], graphics[:, None, 2:])
    area = (boxes[..., 2:] - boxes[..., :2]).prod(2).clamp(min=1e-6)
    return (high - low).clamp(min=0.0).prod(2) > _BALL_LEFT * area


def _compact(boxes: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
    """Drop the columns that are padding in every picture."""
    order = (classes < 0).to(torch.int8).argsort(dim=1, stable=True)
    most = max(int((classes >= 0).sum(1).max()), 1)
    order = order[:, :most]
    return boxes.gather(1, order[..., None].expand(-1, -1, 4)), classes.gather(1, order)
