"""Recognition of clips from features of their pictures: a frozen encoder, statistics over time, a linear layer.

The encoder is trained on photographs; nothing but the linear layer is fitted to clips, so ten of a class are enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from touchline.models.networks.encoders.efficientnet_lite import LAST_CHANNELS, EfficientNetLite

BLOCKS = (8, 11, 13, 15)
"""Blocks whose outputs are features, beside the last layer's; earlier ones show colours more than people."""
BANDS = 3
"""Horizontal bands of a picture that are averaged on their own: head, trunk and legs of a person who fills it."""


class PictureClip(nn.Module):
    """A recogniser of clips.

    A feature is the mean and the deviation over time of a channel, averaged over the whole picture and over each band.

    Args:
        num_classes: number of classes, the columns of the logits.
        size: size of the encoder, 0 for EfficientNet-Lite0.
        blocks: blocks whose outputs are features.
        bands: horizontal bands that are averaged on their own; 1 for the whole picture alone.
        mirrored: whether the logits of a clip and of its mirror image are averaged.

    Attributes:
        feature_size: values in the features of a clip.
        block_sizes: values in each consecutive block of the features: of one layer, in one kind of place.

    """

    mean: Tensor
    scale: Tensor

    def __init__(
        self,
        num_classes: int,
        *,
        size: int = 0,
        blocks: Sequence[int] = BLOCKS,
        bands: int = BANDS,
        mirrored: bool = True,
    ) -> None:
        super().__init__()
        if bands < 1:
            raise ValueError(f"bands={bands} must be 1 or more")
        self.num_classes, self.bands, self.mirrored = num_classes, bands, mirrored
        self.encoder = EfficientNetLite(size=size, taps=blocks)
        channels = [*(self.encoder.block_channels[tap] for tap in self.encoder.taps), LAST_CHANNELS]
        places = [1] if bands == 1 else [1, bands]
        self.block_sizes = 2 * tuple(count * place for count in channels for place in places)
        self.feature_size = sum(self.block_sizes)
        self.register_buffer("mean", torch.zeros(self.feature_size))
        self.register_buffer("scale", torch.ones(self.feature_size))
        self.classes = nn.Linear(self.feature_size, num_classes)

    def plain_features(self, clips: Tensor) -> Tensor:
        """Return features (n, feature_size) of clips (n, 3, t, h, w), normalised: means over time, then deviations."""
        frames = clips.shape[2]
        maps = self.encoder.block_maps(clips.transpose(1, 2).flatten(0, 1), blocks=self.encoder.taps)
        rows = torch.cat([place for one in maps for place in self._places(one)], dim=1).unflatten(0, (-1, frames))
        mean = rows.mean(dim=1)
        deviation = (rows - mean[:, None]).square().mean(dim=1).clamp(min=1e-12).sqrt()
        return torch.cat([mean, deviation], dim=1)

    def _places(self, maps: Tensor) -> list[Tensor]:
        """Return means (n, c) of maps (n, c, h, w) over the whole picture, and (n, c * bands) over its bands."""
        whole = maps.mean((2, 3))
        if self.bands == 1:
            return [whole]
        return [whole, F.adaptive_avg_pool2d(maps, (self.bands, 1)).flatten(1)]

    def forward_features(self, clips: Tensor) -> Tensor:
        """Return features (n, feature_size) of clips (n, 3, t, h, w), standardised as in training."""
        views = [clips, clips.flip(-1)] if self.mirrored else [clips]
        found = torch.stack([self.plain_features(view) for view in views]).mean(dim=0)
        return (found - self.mean) * self.scale

    def classify(self, features: Tensor) -> Tensor:
        """Return logits (n, classes) of features (n, feature_size)."""
        return cast(Tensor, self.classes(features))

    def forward(self, clips: Tensor) -> Tensor:
        """Return logits (n, classes) of clips (n, 3, t, h, w), normalised."""
        return self.classify(self.forward_features(clips))
