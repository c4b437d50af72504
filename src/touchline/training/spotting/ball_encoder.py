"""First stage of the built-in spotter's training: the encoder learns to locate the ball and to recognise its state.

Event labels alone train a fresh network slowly. In a simulated match the ball's position and owner are known for every
frame, so the encoder learns these first, on crops (it is fully convolutional) that mostly contain the ball.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from touchline.models.networks.ball_spotter import BallEncoder
from touchline.training.checkpoint import CheckpointFile
from touchline.training.loop import Loop
from touchline.training.plan import Progress, adamw, data_from, plan_training
from touchline.training.recipe import TrainingSettings
from touchline.training.spotting.ball_truth import BallTruth

CELL = 4
"""Frame pixels per cell of the encoder's map."""


Points = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """One match with its truth: luma uint8 (n, h, w), may be memory-mapped."""

    name: str
    luma: npt.NDArray[np.uint8]
    truth: BallTruth


class EncoderSettings(TrainingSettings):
    """The settings of the encoder's training; sizes in pixels.

    Attributes:
        batch_size: crops per step.
        crop_width, crop_height: size of a crop.
        ball_share, handover_share: share of crops that contain the ball, and of frames around a handover.
        zoom: range of scales.

    """

    steps: int = Field(default=4000, ge=1)
    batch_size: int = 16
    crop_width: int = 320
    crop_height: int = 160
    weight_decay: float = 0.02
    ema_decay: float = 0.998
    ball_share: float = 0.8
    handover_share: float = 0.4
    zoom: tuple[float, float] = (0.85, 1.3)


@dataclass(frozen=True, slots=True, eq=False)
class CropBatch:
    """Stacks (b, frames, h, w) in 0..1 and their targets on the map.

    ``ball`` and ``players`` are heat maps (b, h/4, w/4); ``cell`` (b,) is the flat index of the ball's cell, -1 where
    the ball is outside the crop; ``states`` (b, 3) is owned, released, received.
    """

    stacks: Tensor
    ball: Tensor
    players: Tensor
    cell: Tensor
    states: Tensor


class CropSampler:
    """A sampler of augmented crops on a device, most of them around the ball and many of those around a handover.

    On the CPU the frames stay memory-mapped; on a GPU they are copied there once (one byte per pixel).
    """

    def __init__(
        self,
        matches: Sequence[Match],
        settings: EncoderSettings,
        *,
        device: str,
        seed: int,
        stack_offsets: tuple[int, ...] = (-1, 0, 1),
    ) -> None:
        self.settings = settings
        self.stack_offsets = stack_offsets
        self.device = device
        self._random = np.random.default_rng(seed)
        self._luma = [torch.from_numpy(np.asarray(m.luma)).to(device) for m in matches]
        self._truth = [m.truth for m in matches]
        self._states = [m.truth.states() for m in matches]
        self._busy = [np.flatnonzero(m.truth.released | m.truth.received) for m in matches]
        most = max(len(feet) for m in matches for feet in m.truth.feet_xy)
        self._feet = [_pad_points(m.truth.feet_xy, most=max(most, 1)) for m in matches]

    @property
    def generator(self) -> np.random.Generator:
        """The generator that decides which crops come next."""
        return self._random

    def draw(self) -> CropBatch:
        """Draw the next batch; the zoom is common, everything else is drawn per crop."""
        zoom = float(self._random.uniform(*self.settings.zoom))
        width, height = round(self.settings.crop_width / zoom), round(self.settings.crop_height / zoom)
        parts = [self._crop(width, height) for _ in range(self.settings.batch_size)]
        stacks = torch.stack([stack for stack, _, _, _ in parts]).float() / 255.0
        size = (self.settings.crop_height, self.settings.crop_width)
        stacks = F.interpolate(stacks, size=size, mode="bilinear", align_corners=False, antialias=False)
        scale = np.array([size[1] / width, size[0] / height], np.float32)
        ball_xy = torch.from_numpy(np.stack([ball for _, ball, _, _ in parts]) * scale).to(self.device)
        feet_xy = torch.from_numpy(np.stack([feet for _, _, feet, _ in parts]) * scale).to(self.device)
        states = torch.from_numpy(np.stack([state for _, _, _, state in parts])).to(self.device)
        stacks, ball_xy, feet_xy = self._mirror(stacks, ball_xy, feet_xy)
        cells = (size[0] // CELL, size[1] // CELL)
        ball = heat_maps(ball_xy[:, None], size=cells, sigma=1.0)
        players = heat_maps(feet_xy, size=cells, sigma=1.5)
        highest, cell = ball.flatten(1).max(1)
        return CropBatch(self._relight(stacks), ball, players, torch.where(highest > 0.3, cell, -1), states)

    def _crop(self, width: int, height: int) -> tuple[Tensor, Points, Points, npt.NDArray[np.float32]]:
        """Draw one crop: bytes (frames, height, width), ball (2,) and feet (players, 2) in it, and the ball's state."""
        which = int(self._random.integers(len(self._luma)))
        luma, truth, busy = self._luma[which], self._truth[which], self._busy[which]
        frames = len(truth)
        at_handover = len(busy) > 0 and self._random.random() < self.settings.handover_share
        frame = int(self._random.choice(busy) if at_handover else self._random.integers(frames))
        room = np.array([luma.shape[2] - width, luma.shape[1] - height]).clip(0)
        if self._random.random() < self.settings.ball_share:
            corner = truth.ball_xy[frame] - self._random.uniform(0.1, 0.9, 2) * (width, height)
        else:
            corner = self._random.random(2) * (room + 1)
        left, top = np.clip(corner, 0, room).astype(int).tolist()
        around = [min(max(frame + offset, 0), frames - 1) for offset in self.stack_offsets]
        stack = torch.stack([luma[i, top : top + height, left : left + width] for i in around])
        offset = np.array([left, top], np.float32)
        return stack, truth.ball_xy[frame] - offset, self._feet[which][frame] - offset, self._states[which][frame]

    def _mirror(self, stacks: Tensor, ball_xy: Tensor, feet_xy: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Mirror half of the crops left to right."""
        flip = torch.from_numpy(self._random.random(len(stacks)) < 0.5).to(self.device)
        last = float(stacks.shape[-1] - 1)
        stacks = torch.where(flip[:, None, None, None], stacks.flip(-1), stacks)
        sign = torch.tensor([-1.0, 1.0], device=self.device)
        shift = torch.tensor([last, 0.0], device=self.device)
        ball_xy = torch.where(flip[:, None], ball_xy * sign + shift, ball_xy)
        feet_xy = torch.where(flip[:, None, None], feet_xy * sign + shift, feet_xy)
        return stacks, ball_xy, feet_xy

    def _relight(self, stacks: Tensor) -> Tensor:
        """Change light, contrast, softness and noise of each crop."""
        n = len(stacks)

        def draw(low: float, high: float) -> Tensor:
            values = self._random.uniform(low, high, (n, 1, 1, 1)).astype(np.float32)
            return torch.from_numpy(values).to(self.device)

        mean = stacks.mean((1, 2, 3), keepdim=True)
        stacks = (stacks - mean) * draw(0.5, 1.6) + mean * draw(0.7, 1.3) + draw(-0.08, 0.12)
        soft = F.avg_pool2d(F.pad(stacks, (1, 1, 1, 1), mode="replicate"), 3, 1)
        stacks = torch.lerp(stacks, soft, draw(-0.6, 0.7).clamp_min(0.0) * draw(0.0, 1.0))
        return (stacks + torch.randn_like(stacks) * draw(0.0, 0.02)).clamp(0.0, 1.0)


def _pad_points(points: Sequence[Points], *, most: int) -> Points:
    """Pad point lists to one array (n, most, 2); padding points lie far outside."""
    padded = np.full((len(points), most, 2), -1e4, np.float32)
    for row, some in zip(padded, points, strict=True):
        row[: len(some)] = some
    return padded


def heat_maps(points_xy: Tensor, *, size: tuple[int, int], sigma: float) -> Tensor:
    r"""Return Gaussian peaks of height 1 at points (n, points, 2), in pixels, on maps of cells (n, \*size).

    A peak is moved to the centre of its cell, so that the cell itself holds exactly 1.
    """
    cells = torch.floor(points_xy / CELL)
    x = torch.arange(size[1], device=points_xy.device) - cells[..., 0, None]
    y = torch.arange(size[0], device=points_xy.device) - cells[..., 1, None]
    bumps_x, bumps_y = torch.exp(-x.square() / (2 * sigma**2)), torch.exp(-y.square() / (2 * sigma**2))
    return (bumps_y[..., :, None] * bumps_x[..., None, :]).amax(1)


def heat_map_loss(logits: Tensor, target: Tensor) -> Tensor:
    """CenterNet's penalty-reduced focal loss (Zhou et al. 2019, eq. 1), per centre in the batch."""
    log_p, log_q = F.logsigmoid(logits), F.logsigmoid(-logits)
    p = logits.sigmoid()
    centre = (target >= 0.999).to(logits.dtype)
    hit = centre * (1 - p) ** 2 * log_p
    miss = (1 - centre) * (1 - target) ** 4 * p**2 * log_q
    return -(hit + miss).sum() / centre.sum().clamp_min(1.0)


def encoder_loss(logits: Tensor, batch: CropBatch) -> Tensor:
    """Loss of the ball and player heat maps, and of the ball's state, read at the ball's cell and its neighbours.

    ``logits`` are the encoder's, (n, 5, h, w).
    """
    logits = logits.float()
    loss = heat_map_loss(logits[:, 0], batch.ball) + 0.1 * heat_map_loss(logits[:, 4], batch.players)
    inside = (batch.cell >= 0).float()
    pooled = F.avg_pool2d(logits[:, 1:4], 3, 1, 1, count_include_pad=False).flatten(2)
    at_ball = pooled.gather(2, batch.cell.clamp_min(0).view(-1, 1, 1).expand(-1, 3, 1))[:, :, 0]
    entropy = F.binary_cross_entropy_with_logits(at_ball, batch.states, reduction="none").mean(1)
    return loss + (entropy * inside).sum() / inside.sum().clamp_min(1.0)


def train_encoder(
    encoder: BallEncoder,
    matches: Sequence[Match],
    *,
    settings: EncoderSettings,
    out: Path,
    device: str,
    progress: Progress | None = None,
) -> BallEncoder:
    """Train an encoder on matches, resuming from ``out/encoder.pt``; return the averaged weights in eval mode."""
    encoder = encoder.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    sampler = CropSampler(matches, settings, device=device, seed=settings.seed, stack_offsets=encoder.stack_offsets)
    plan = plan_training(
        settings,
        out=out,
        lower="encoder.base_lr",
        data=[(match.name, len(match.truth)) for match in matches],
        network=str(encoder),
        checkpoints=CheckpointFile(out / "encoder.pt"),
        clip_norm=5.0,
        log_every=100,
        tensorboard=True,
    )
    data = data_from(sampler.draw, sampler.generator)
    loop = Loop(encoder, data, partial(_loss, encoder), adamw(encoder, settings), plan, progress=progress)
    loop.run()
    encoder.load_state_dict(loop.weights())
    return encoder.eval()


def _loss(encoder: BallEncoder, batch: CropBatch) -> dict[str, Tensor]:
    with torch.autocast(batch.stacks.device.type, dtype=torch.bfloat16):
        logits = encoder(batch.stacks.contiguous(memory_format=torch.channels_last))
    return {"loss": encoder_loss(logits, batch)}
