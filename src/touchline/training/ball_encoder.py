"""First half of the built-in spotter's training: teach the encoder to find the ball and see what happens to it.

Event labels alone teach a fresh network slowly. Where the ball is and who has it is known for every frame of a
simulated match, so the encoder learns that first, on crops (it is fully convolutional) that mostly hold the ball.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from touchline.models.ball_spotter import BallEncoder, EncodedMaps
from touchline.training.ball_truth import BallTruth
from touchline.training.checkpoint import load_checkpoint, save_checkpoint
from touchline.training.ema import Ema
from touchline.training.logs import MetricLog
from touchline.training.schedule import WarmupCosine, set_learning_rate

CELL = 4
"""Pixels of the picture a cell of the encoder's map stands for."""


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """One match ready for training: luma uint8 (n, h, w), may be memory-mapped, and its truth."""

    name: str
    luma: npt.NDArray[np.uint8]
    truth: BallTruth


@dataclass(frozen=True, slots=True)
class EncoderSettings:
    """How the encoder is trained; sizes in pixels."""

    steps: int = 4000
    batch_size: int = 16
    crop_width: int = 320
    crop_height: int = 160
    base_lr: float = 2e-3
    weight_decay: float = 0.02
    ema_decay: float = 0.998
    ball_share: float = 0.8
    save_every: int = 500
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class CropBatch:
    """Stacks (b, 3, h, w) in 0..1 and their targets on the map.

    ``ball`` and ``players`` are heat maps (b, h/4, w/4); ``cell`` (b,) is the flat index of the ball's cell, -1 where
    the ball is out of the crop; ``states`` (b, 3) is owned, released, received.
    """

    stacks: Tensor
    ball: Tensor
    players: Tensor
    cell: Tensor
    states: Tensor


class CropSampler:
    """Draws augmented crops, most of them around the ball and half of those around a handover."""

    def __init__(self, matches: Sequence[Match], settings: EncoderSettings) -> None:
        self.matches = matches
        self.settings = settings
        self.random = np.random.default_rng(settings.seed)
        self._busy = [np.flatnonzero(m.truth.released | m.truth.received) for m in matches]

    def draw(self) -> CropBatch:
        """The next batch."""
        items = [self._draw_one() for _ in range(self.settings.batch_size)]
        stacks, balls, players, cells, states = zip(*items, strict=True)
        return CropBatch(
            torch.from_numpy(np.stack(stacks)),
            torch.from_numpy(np.stack(balls)),
            torch.from_numpy(np.stack(players)),
            torch.tensor(cells),
            torch.from_numpy(np.stack(states)),
        )

    def _draw_one(
        self,
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32], int, object]:
        which = int(self.random.integers(len(self.matches)))
        match = self.matches[which]
        busy = self._busy[which]
        frames = len(match.truth)
        frame = int(self.random.choice(busy) if self.random.random() < 0.4 else self.random.integers(frames))
        left, top = self._corner(match, frame)
        height, width = self.settings.crop_height, self.settings.crop_width
        around = np.clip([frame - 1, frame, frame + 1], 0, frames - 1)
        stack = match.luma[around, top : top + height, left : left + width].astype(np.float32) / 255.0
        offset = np.array([left, top], np.float32)
        ball_xy = match.truth.ball_xy[frame] - offset
        feet_xy = match.truth.feet_xy[frame] - offset
        if self.random.random() < 0.5:
            stack = stack[:, :, ::-1]
            ball_xy = ball_xy * [-1, 1] + [width - 1, 0]
            feet_xy = feet_xy * [-1, 1] + [width - 1, 0]
        size = (height // CELL, width // CELL)
        ball = heat_map(ball_xy[None], size=size, sigma=1.0)
        players = heat_map(feet_xy, size=size, sigma=1.5)
        cell = int(ball.argmax()) if ball.max() > 0.3 else -1
        return self._relight(stack), ball, players, cell, match.truth.states()[frame]

    def _corner(self, match: Match, frame: int) -> tuple[int, int]:
        """Left and top of a crop that lies in the picture."""
        height, width = match.luma.shape[1:]
        room = np.array([width - self.settings.crop_width, height - self.settings.crop_height])
        if self.random.random() < self.settings.ball_share:
            size = np.array([self.settings.crop_width, self.settings.crop_height])
            corner = match.truth.ball_xy[frame] - self.random.uniform(0.1, 0.9, 2) * size
            left, top = np.clip(corner, 0, room).astype(int)
        else:
            left, top = (self.random.random(2) * (room + 1)).astype(int)
        return int(left), int(top)

    def _relight(self, stack: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Other light, contrast and a little noise."""
        gain, lift = self.random.uniform(0.6, 1.5), self.random.uniform(-0.1, 0.15)
        noise = self.random.normal(0, self.random.uniform(0, 0.02), stack.shape).astype(np.float32)
        mean = stack.mean()
        return np.clip((stack - mean) * np.float32(gain) + mean + np.float32(lift) + noise, 0, 1)


def heat_map(points_xy: npt.NDArray[np.float32], *, size: tuple[int, int], sigma: float) -> npt.NDArray[np.float32]:
    """Gaussian bumps of height 1 at points given in pixels, on a map of cells; float32 ``size``.

    A bump's centre is moved to the middle of its cell, so that the cell itself holds exactly 1.
    """
    height, width = size
    heat = np.zeros(size, np.float32)
    cells = np.floor(points_xy / CELL).astype(int)
    reach = int(3 * sigma)
    for x, y in cells:
        if not (-reach <= x < width + reach and -reach <= y < height + reach):
            continue
        x0, x1, y0, y1 = max(0, x - reach), min(width, x + reach + 1), max(0, y - reach), min(height, y + reach + 1)
        if x0 >= x1 or y0 >= y1:
            continue
        gx, gy = np.arange(x0, x1) - x, np.arange(y0, y1) - y
        bump = np.exp(-(gx[None] ** 2 + gy[:, None] ** 2) / (2 * sigma**2)).astype(np.float32)
        np.maximum(heat[y0:y1, x0:x1], bump, out=heat[y0:y1, x0:x1])
    return heat


def heat_map_loss(logits: Tensor, target: Tensor) -> Tensor:
    """CenterNet's penalty-reduced focal loss (Zhou et al. 2019, eq. 1), per centre in the batch."""
    log_p, log_q = F.logsigmoid(logits), F.logsigmoid(-logits)
    p = logits.sigmoid()
    centre = (target >= 0.999).to(logits.dtype)
    hit = centre * (1 - p) ** 2 * log_p
    miss = (1 - centre) * (1 - target) ** 4 * p**2 * log_q
    return -(hit + miss).sum() / centre.sum().clamp_min(1.0)


def encoder_loss(maps: EncodedMaps, batch: CropBatch) -> Tensor:
    """Ball and player heat maps, and the ball's state read at the ball's own cell and those around it."""
    states = maps.states.float()
    loss = heat_map_loss(states[:, 0], batch.ball) + 0.1 * heat_map_loss(states[:, 4], batch.players)
    inside = batch.cell >= 0
    if bool(inside.any()):
        pooled = F.avg_pool2d(states[inside, 1:4], 3, 1, 1, count_include_pad=False).flatten(2)
        index = batch.cell[inside].view(-1, 1, 1).expand(-1, 3, 1)
        at_ball = pooled.gather(2, index)[:, :, 0]
        loss = loss + F.binary_cross_entropy_with_logits(at_ball, batch.states[inside])
    return loss


def train_encoder(
    encoder: BallEncoder, matches: Sequence[Match], *, settings: EncoderSettings, out: Path, device: str
) -> BallEncoder:
    """Train an encoder on matches; resumes from ``out/encoder.pt`` and returns the averaged weights in eval mode."""
    torch.manual_seed(settings.seed)
    encoder = encoder.to(device).to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    optimizer = torch.optim.AdamW(encoder.parameters(), lr=settings.base_lr, weight_decay=settings.weight_decay)
    warmup = max(1, settings.steps // 20)
    schedule = WarmupCosine(settings.base_lr, settings.base_lr / 100, warmup, settings.steps - warmup)
    ema = Ema(encoder, settings.ema_decay)
    checkpoint = out / "encoder.pt"
    first = 0
    if checkpoint.exists():
        state = load_checkpoint(checkpoint)
        encoder.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        ema.load_state_dict(state["ema"])
        first = int(state["step"])
    # A resumed run draws a fresh stream of crops rather than replaying the old one.
    sampler = CropSampler(matches, settings)
    sampler.random = np.random.default_rng([settings.seed, first])
    log = MetricLog(out)
    started, mean_loss = time.monotonic(), 0.0
    for step in range(first, settings.steps):
        set_learning_rate(optimizer, schedule.at(step))
        loss = _step(encoder, sampler.draw(), optimizer, device=device)
        ema.update(encoder)
        mean_loss += (loss - mean_loss) * 0.02 if step > first else loss
        if (step + 1) % 50 == 0:
            log.log(step + 1, loss=mean_loss, seconds=time.monotonic() - started)
        if (step + 1) % settings.save_every == 0 or step + 1 == settings.steps:
            save_checkpoint(
                checkpoint,
                model=encoder.state_dict(),
                optimizer=optimizer.state_dict(),
                ema=ema.state_dict(),
                step=step + 1,
            )
    ema.copy_to(encoder)
    return encoder.eval()


def _step(encoder: nn.Module, batch: CropBatch, optimizer: torch.optim.Optimizer, *, device: str) -> float:
    stacks = batch.stacks.to(device, memory_format=torch.channels_last)
    moved = CropBatch(
        stacks, batch.ball.to(device), batch.players.to(device), batch.cell.to(device), batch.states.to(device)
    )
    with torch.autocast(torch.device(device).type, dtype=torch.bfloat16):
        maps = encoder(stacks)
    loss = encoder_loss(maps, moved)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(encoder.parameters(), 5.0)
    optimizer.step()
    return float(loss.detach())
