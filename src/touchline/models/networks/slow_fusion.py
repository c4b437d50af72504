"""The slow-fusion spotter: a 2-D encoder of stacks of frames, 3-D blocks over the stacks, and one head.

Tensors have the names of lRomul's published ball-action checkpoints, so that these load key for key.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from touchline.models.networks.efficientnet import ACTIVATIONS, BatchNormAct2d, DropPath, EfficientNetV2, SameConv2d

PROJECTION_BN_EPS = 1e-5


class BatchNormAct3d(nn.Module):
    """Batch normalisation over (n, c, t, h, w), then an activation."""

    def __init__(self, channels: int, *, act: str | None) -> None:
        super().__init__()
        self.bn3d = nn.BatchNorm3d(channels)
        self.act: nn.Module = nn.Identity() if act is None else ACTIVATIONS[act]()

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, c, t, h, w) to the same shape."""
        return self.act(self.bn3d(x))


class SqueezeExcite3d(nn.Module):
    """Channel gates computed from the channels' means over time and space."""

    def __init__(self, channels: int, reduced: int, *, act: str) -> None:
        super().__init__()
        self.conv_reduce = nn.Conv3d(channels, reduced, 1)
        self.act1 = ACTIVATIONS[act]()
        self.conv_expand = nn.Conv3d(reduced, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, c, t, h, w) to the same shape."""
        gate = self.conv_expand(self.act1(self.conv_reduce(x.mean((2, 3, 4), keepdim=True))))
        return x * gate.sigmoid()


class InvertedResidual3d(nn.Module):
    """An inverted residual block over time and space, always with a shortcut; time is zero-padded at both ends."""

    def __init__(self, channels: int, *, expansion: int, se_divisor: int, drop: float, act: str) -> None:
        super().__init__()
        middle = channels * expansion
        self.conv_pw = nn.Conv3d(channels, middle, 1, bias=False)
        self.bn1 = BatchNormAct3d(middle, act=act)
        self.conv_dw = nn.Conv3d(middle, middle, 3, padding=1, groups=middle, bias=False)
        self.bn2 = BatchNormAct3d(middle, act=act)
        self.se = SqueezeExcite3d(middle, max(1, middle // se_divisor), act=act)
        self.conv_pwl = nn.Conv3d(middle, channels, 1, bias=False)
        self.bn3 = BatchNormAct3d(channels, act=None)
        self.drop_path = DropPath(drop)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, channels, t, h, w) to the same shape."""
        y = self.bn1(self.conv_pw(x))
        y = self.se(self.bn2(self.conv_dw(y)))
        return self.drop_path(self.bn3(self.conv_pwl(y))) + x


class GeneralizedMean(nn.Module):
    """Generalised-mean pooling over space with a learnt power: between average and maximum pooling."""

    def __init__(self, power: float = 3.0, *, eps: float = 1e-6) -> None:
        super().__init__()
        if power <= 0:
            raise ValueError(f"power={power} must be positive")
        self.p = nn.Parameter(torch.full((1,), power))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, c, h, w) to (n, c), in float32 always, as powers overflow half precision."""
        powered = x.float().clamp(min=self.eps).pow(self.p.float())
        return powered.mean((2, 3)).pow(1.0 / self.p.float())


class SlowFusionSpotter(nn.Module):
    """A spotter that scores the middle frame of ``num_frames`` frames, sampled every ``frame_step``-th grid frame.

    Args:
        num_classes: number of classes, the outputs of the head.
        num_frames: frames of the clip, a multiple of ``stack_size`` that gives an odd clip (15 or 33).
        stack_size: consecutive clip frames that form the channels of one stack.
        frame_step: grid steps between clip frames.
        num_3d_blocks, num_3d_features, expansion_3d_ratio, se_reduce_3d_ratio, num_3d_stack_proj: of the 3-D part.
        drop_rate, drop_path_rate: dropout before the head and stochastic depth, in training only.
        act: activation of all layers, a key of ``efficientnet.ACTIVATIONS``.
        encoder: further arguments of :class:`EfficientNetV2` (``width``, ``depth``, ``stem_channels``).

    """

    def __init__(
        self,
        num_classes: int,
        *,
        num_frames: int = 15,
        stack_size: int = 3,
        frame_step: int = 2,
        num_3d_blocks: int = 4,
        num_3d_features: int = 192,
        expansion_3d_ratio: int = 3,
        se_reduce_3d_ratio: int = 24,
        num_3d_stack_proj: int = 256,
        drop_rate: float = 0.2,
        drop_path_rate: float = 0.2,
        act: str = "silu",
        encoder: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        if num_frames < 1 or num_frames % stack_size or num_frames % 2 == 0:
            raise ValueError(f"num_frames={num_frames} must be odd and a multiple of stack_size={stack_size}")
        self.num_classes = num_classes
        self.stack_size = stack_size
        self.num_stacks = num_frames // stack_size
        self.clip_offsets = clip_offsets(num_frames, frame_step=frame_step)
        self.stack_offsets = tuple(range(0, stack_size * frame_step, frame_step))
        self.feature_offsets = self.clip_offsets[::stack_size]
        self.conv2d_encoder = EfficientNetV2(stack_size, drop_path_rate=drop_path_rate, act=act, **(encoder or {}))
        self.conv2d_projection = _projection(self.conv2d_encoder.out_channels, num_3d_features, act=act)
        blocks = [
            InvertedResidual3d(
                num_3d_features,
                expansion=expansion_3d_ratio,
                se_divisor=se_reduce_3d_ratio,
                drop=drop_path_rate,
                act=act,
            )
            for _ in range(num_3d_blocks)
        ]
        self.conv3d_encoder = nn.Sequential(*blocks)
        self.conv3d_projection = _projection(num_3d_features, num_3d_stack_proj, act=act)
        self.global_pool = GeneralizedMean()
        self.dropout = nn.Dropout(drop_rate)
        self.classifier = nn.Linear(num_3d_stack_proj * self.num_stacks, num_classes)

    def encode(self, stacks: Tensor) -> Tensor:
        """Map stacks (n, stack_size, h, w) in [0, 1] to features (n, num_3d_features, h / 32, w / 32)."""
        return self.conv2d_projection(self.conv2d_encoder(stacks))

    def fuse(self, features: Tensor) -> Tensor:
        """Map features (n, num_stacks, c, h, w) to (n, num_stacks * num_3d_stack_proj, h, w)."""
        count, stacks, _, height, width = features.shape
        fused = self.conv3d_encoder(features.transpose(1, 2)).transpose(1, 2)
        projected = self.conv3d_projection(fused.flatten(0, 1))
        return projected.reshape(count, stacks * projected.shape[1], height, width)

    def decode(self, features: Tensor) -> Tensor:
        """Map features (n, num_stacks, c, h, w) to logits (n, num_classes)."""
        return self.classifier(self.dropout(self.global_pool(self.fuse(features))))

    def forward(self, clips: Tensor) -> Tensor:
        """Map clips (n, num_frames, h, w) in [0, 1] to logits (n, num_classes), each clip independently."""
        count = clips.shape[0]
        stacks = clips.reshape(count * self.num_stacks, self.stack_size, *clips.shape[2:])
        features = self.encode(stacks)
        return self.decode(features.reshape(count, self.num_stacks, *features.shape[1:]))


def clip_offsets(num_frames: int, *, frame_step: int = 2) -> tuple[int, ...]:
    """Return the grid frames of a clip relative to its middle: ``(-14, -12, ..., 14)`` for 15 frames in steps of 2."""
    half = num_frames // 2
    return tuple(frame_step * (index - half) for index in range(num_frames))


def _projection(inputs: int, outputs: int, *, act: str) -> nn.Sequential:
    return nn.Sequential(SameConv2d(inputs, outputs, 1), BatchNormAct2d(outputs, act=act, eps=PROJECTION_BN_EPS))
