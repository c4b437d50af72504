"""The network of the built-in spotter, which scores events from the ball's path.

A fully convolutional encoder sees each frame once (with its neighbours, so that it sees motion) and predicts, for every
cell of a coarse map, whether the ball is there and what is happening to it. Its outputs at the few most ball-like cells
form one short vector per frame. These candidates are linked over time into the ball's path, and a small temporal
network classifies that path: where the ball was, how it moved, whether a player had it.

Encoding each frame once and reasoning over cheap vectors follows E2E-Spot (Hong et al., ECCV 2022); restricting the
view to candidate places is AdaSpot's region of interest made explicit.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

BALL_STATES = ("ball", "owned", "released", "received", "player")
"""Channels of the encoder's maps; the first is the presence of the ball, the last of a player's feet."""


_PIXELS = (320.0, 180.0)
"""Half the picture's width and height in the pixels that steps are measured in."""


class _ResidualConv(nn.Module):
    """A residual block of two 3x3 convolutions with batch norm."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, c, h, w) to the same shape."""
        return F.relu(x + self.body(x))


def _down(inputs: int, outputs: int, *, kernel: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride=2, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class BallEncoder(nn.Module):
    """An encoder of a few grey frames into maps at stride 4, with one stage at stride 8 for context."""

    def __init__(self, *, reach: int = 1, stem: int = 16, width: int = 32, deep: int = 64) -> None:
        super().__init__()
        self.stack_offsets = tuple(range(-reach, reach + 1))
        self.stem = _down(len(self.stack_offsets), stem, kernel=5)
        self.fine = nn.Sequential(_down(stem, width, kernel=3), _ResidualConv(width))
        self.deep = nn.Sequential(_down(width, deep, kernel=3), _ResidualConv(deep))
        self.lateral = nn.Conv2d(deep, width, 1)
        self.merge = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)
        )
        self.states = nn.Conv2d(width, len(BALL_STATES), 1)
        with torch.no_grad():
            self.states.bias.fill_(-4.0)  # type: ignore[union-attr]

    def forward(self, stacks: Tensor) -> Tensor:
        """Map stacks (n, frames, h, w) in 0..1 to logits of ``BALL_STATES`` (n, 5, h/4, w/4); h, w multiples of 8."""
        fine = self.fine(self.stem(stacks - 0.35))
        deep = self.deep(fine)
        up = F.interpolate(self.lateral(deep), size=fine.shape[-2:], mode="bilinear", align_corners=False)
        return self.states(self.merge(fine + up))


def candidate_vectors(states: Tensor, *, candidates: int) -> Tensor:
    """Read the maps at the most ball-like cells.

    Args:
        states: logits of ``BALL_STATES`` (n, 5, h, w).
        candidates: number of local maxima of the ball map to take, best first.

    Returns:
        (n, candidates * 7): for each candidate, x and y in -1..1 of the picture, then its five logits.

    """
    states = states.float()
    ball = states[:, :1]
    peaks = torch.where(ball >= F.max_pool2d(ball, 5, 1, 2), ball, ball - 1e4)
    n, _, height, width = peaks.shape
    best = torch.topk(peaks.reshape(n, -1), candidates, dim=1).indices
    x = (best % width).float() * (2.0 / width) + (1.0 / width - 1.0)
    y = torch.div(best, width, rounding_mode="floor").float() * (2.0 / height) + (1.0 / height - 1.0)
    picked = torch.gather(states.flatten(2), 2, best.unsqueeze(1).expand(-1, states.shape[1], -1))
    return torch.cat([x.unsqueeze(1), y.unsqueeze(1), picked], 1).transpose(1, 2).flatten(1)


class BallLink(nn.Module):
    """The probability of each candidate being the ball, given the candidates of the surrounding frames.

    Sum-product messages along a chain whose states are a frame's candidates and "not seen", with a finite horizon: a
    frame's belief depends only on ``horizon`` frames to either side, so that a window and a whole match give the same
    result. The step length of the ball and the cost of not seeing it are learnt.
    """

    def __init__(self, *, horizon: int) -> None:
        super().__init__()
        self.horizon = horizon
        self.step_px = nn.Parameter(torch.tensor(10.0))
        self.unseen = nn.Parameter(torch.tensor(-5.0))
        self.switch = nn.Parameter(torch.tensor(-2.0))

    def forward(self, tokens: Tensor) -> Tensor:
        """Map candidates (n, length, k, 7) to beliefs (n, length - 2 * horizon, k + 1), the last state "not seen"."""
        seen = F.logsigmoid(tokens[..., 2])
        evidence = torch.cat([seen, self.unseen.expand_as(seen[..., :1])], -1)
        steps = self._steps(tokens)
        ahead, back = torch.zeros_like(evidence), torch.zeros_like(evidence)
        for _ in range(self.horizon):
            known = (evidence + ahead)[:, :-1, :, None] + steps
            message = torch.logsumexp(known, 2)
            ahead = torch.cat([torch.zeros_like(evidence[:, :1]), message - message.amax(-1, keepdim=True)], 1)
            known = (evidence + back)[:, 1:, None, :] + steps
            message = torch.logsumexp(known, 3)
            back = torch.cat([message - message.amax(-1, keepdim=True), torch.zeros_like(evidence[:, :1])], 1)
        belief = torch.softmax(evidence + ahead + back, -1)
        return belief[:, self.horizon : belief.shape[1] - self.horizon]

    def _steps(self, tokens: Tensor) -> Tensor:
        """Return logits of transitions from each state to each of the next frame's, (n, length - 1, k + 1, k + 1)."""
        place = tokens[..., :2] * tokens.new_tensor(_PIXELS)
        apart = (place[:, 1:, None, :, :] - place[:, :-1, :, None, :]).square().sum(-1).add(1e-4).sqrt()
        moves = -(apart / self.step_px.abs().clamp_min(1.0)).clamp_max(6.0)
        moves = torch.cat([moves, self.switch.expand_as(moves[..., :1])], -1)
        return torch.cat([moves, self.switch.expand_as(moves[:, :, :1])], 2)


class BallTrack(nn.Module):
    """The ball's path through the picture: 13 values per frame from the candidates of the surrounding frames.

    These are its five logits, the probability that it is seen, its position, velocity, speed and acceleration; the
    motion is in units of five pixels per frame.
    """

    size = 13

    def __init__(self, candidates: int, *, horizon: int) -> None:
        super().__init__()
        self.candidates = candidates
        self.radius = horizon + 2
        self.link = BallLink(horizon=horizon)
        self.sharpness = nn.Parameter(torch.tensor(4.0))

    def forward(self, vectors: Tensor) -> Tensor:
        """Map vectors (n, length, candidates * 7) to (n, length - 2 * radius, 13)."""
        n, length, _ = vectors.shape
        tokens = vectors.reshape(n, length, self.candidates, 2 + len(BALL_STATES))
        belief = self.link(tokens)[..., :-1]
        # A plain mean of positions would lie between candidates, where nothing is: sharpen it towards the likeliest.
        share = torch.softmax(self.sharpness * belief.clamp_min(1e-6).log(), -1)
        horizon = self.link.horizon
        tokens = tokens[:, horizon : length - horizon]
        seen = belief.sum(-1, keepdim=True)
        place = (share[..., None] * tokens[..., :2]).sum(2)
        logits = (share[..., None] * tokens[..., 2:]).sum(2) / 8.0
        velocity = (place[:, 2:] - place[:, :-2]) * place.new_tensor(_PIXELS) / 10.0
        speed = velocity.square().sum(-1, keepdim=True).add(1e-6).sqrt()
        acceleration = (velocity[:, 2:] - velocity[:, :-2]) / 2.0
        still = torch.cat([logits, seen, place], -1)[:, 2:-2]
        return torch.cat([still, velocity[:, 1:-1], speed[:, 1:-1], acceleration], -1)


class _DilatedBlock(nn.Module):
    """A residual dilated convolution without padding, which shortens its input by ``2 * dilation``."""

    def __init__(self, channels: int, *, dilation: int, dropout: float) -> None:
        super().__init__()
        self.dilation = dilation
        self.conv = nn.Conv1d(channels, channels, 3, dilation=dilation)
        self.mix = nn.Conv1d(channels, channels, 1)
        self.norm = nn.BatchNorm1d(channels)
        self.dropout = nn.Dropout1d(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, c, length) to (n, c, length - 2 * dilation)."""
        inner = self.mix(self.dropout(F.gelu(self.conv(self.norm(x)))))
        return x[..., self.dilation : x.shape[-1] - self.dilation] + inner


class TemporalHead(nn.Module):
    """A temporal network from frame vectors to class logits; each output sees ``radius`` frames to either side.

    Args:
        candidates: candidates per frame vector.
        outputs: logits per frame.
        channels: channels of the residual blocks.
        dilations: dilations of the residual blocks.
        horizon: frames to either side that decide which candidate is the ball.
        dropout: share of channels dropped in training.

    """

    def __init__(
        self,
        *,
        candidates: int,
        outputs: int,
        channels: int,
        dilations: tuple[int, ...],
        horizon: int,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.settings: dict[str, Any] = {
            "candidates": candidates,
            "channels": channels,
            "dilations": dilations,
            "horizon": horizon,
            "dropout": dropout,
        }
        self.track = BallTrack(candidates, horizon=horizon)
        self.radius = sum(dilations) + self.track.radius
        self.norm = nn.BatchNorm1d(BallTrack.size)
        self.embed = nn.Conv1d(BallTrack.size, channels, 1)
        self.blocks = nn.Sequential(*(_DilatedBlock(channels, dilation=d, dropout=dropout) for d in dilations))
        self.classify = nn.Conv1d(channels, outputs, 1)
        with torch.no_grad():
            self.classify.bias.fill_(-2.5)  # type: ignore[union-attr]

    def forward(self, vectors: Tensor) -> Tensor:
        """Map vectors (n, length, candidates * 7) to logits (n, length - 2 * radius, outputs)."""
        x = self.embed(self.norm(self.track(vectors).transpose(1, 2)))
        return self.classify(F.gelu(self.blocks(x))).transpose(1, 2)


class BallSpotter(nn.Module):
    """Encoder and temporal head as one spotting network, see :mod:`touchline.models.specs.protocols`.

    Args:
        num_classes: number of event classes.
        reach: frames of a stack before and after its own frame.
        stem: channels of the encoder at stride 2.
        width: channels of the encoder at stride 4.
        deep: channels of the encoder at stride 8.
        candidates: ball candidates per frame vector.
        channels: channels of the temporal network.
        dilations: dilations of the temporal network.
        horizon: frames to either side that decide which candidate is the ball.
        dropout: share of the temporal network's channels dropped in training.

    """

    def __init__(
        self,
        *,
        num_classes: int = 2,
        reach: int = 1,
        stem: int = 16,
        width: int = 32,
        deep: int = 64,
        candidates: int = 5,
        channels: int = 48,
        dilations: tuple[int, ...] = (1, 2, 4, 8, 16),
        horizon: int = 8,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        if num_classes < 1 or candidates < 1:
            raise ValueError(f"num_classes={num_classes} and candidates={candidates} must be 1 or more")
        self.num_classes = num_classes
        self.candidates = candidates
        self.settings: dict[str, Any] = {
            "num_classes": num_classes,
            "reach": reach,
            "stem": stem,
            "width": width,
            "deep": deep,
            "candidates": candidates,
            "channels": channels,
            "dilations": list(dilations),
            "horizon": horizon,
            "dropout": dropout,
        }
        self.vector_size = candidates * (2 + len(BALL_STATES))
        self.encoder = BallEncoder(reach=reach, stem=stem, width=width, deep=deep)
        self.stack_offsets = self.encoder.stack_offsets
        self.head = TemporalHead(
            candidates=candidates,
            outputs=num_classes,
            channels=channels,
            dilations=tuple(dilations),
            horizon=horizon,
            dropout=dropout,
        )
        self.feature_offsets: tuple[int, ...] = tuple(range(-self.head.radius, self.head.radius + 1))

    def encode(self, stacks: Tensor) -> Tensor:
        """Map stacks (n, frames, h, w) in 0..1, a frame with its neighbours, to vectors (n, vector_size)."""
        return candidate_vectors(self.encoder(stacks), candidates=self.candidates)

    def decode(self, features: Tensor) -> Tensor:
        """Map windows of vectors (n, 2 * radius + 1, vector_size) to logits (n, num_classes) of their centres."""
        return self.head(features)[:, 0]

    def forward(self, stacks: Tensor) -> Tensor:
        """Map a window of consecutive stacks (2 * radius + 1, frames, h, w) to its centre's logits (num_classes,)."""
        return self.decode(self.encode(stacks).unsqueeze(0))[0]
