"""Encoders as one module from 8-bit pictures to feature vectors, including the input normalisation."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from touchline.models.networks.detector import PeopleDetector
from touchline.models.networks.encoders.efficientnet_lite import EfficientNetLite
from touchline.models.networks.resnet import ResNet
from touchline.models.specs.spec import EncoderSpec

_GRID = (2, 3)
"""Rows and columns of the grid over which the detector's features are averaged, to keep their rough location."""


class DetectorEncoder(nn.Module):
    """The backbone of a people detector as an encoder of pictures.

    The features are its coarsest map, averaged over each cell of a grid, and the next finer map, averaged over the
    whole picture.

    Args:
        detector: detector whose stages are used, without its neck and heads.

    """

    def __init__(self, detector: PeopleDetector) -> None:
        super().__init__()
        self.stem, self.stages, self.overview = detector.stem, detector.stages, detector.overview
        widths = [int(width) for width in detector.settings["widths"]]
        self.feature_size = widths[3] * _GRID[0] * _GRID[1] + widths[2]

    def picture_features(self, pictures: Tensor) -> Tensor:
        """Return features (n, D) of pictures (n, 3, h, w), RGB in 0..1; h and w are multiples of 32."""
        x = self.stem(pictures * 4.0 - 2.0)
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        top = F.adaptive_avg_pool2d(self.overview(maps[3]), _GRID)
        return torch.cat([top.flatten(1), maps[2].mean((2, 3))], dim=1)


class PictureFeatures(nn.Module):
    """A complete encoder: 8-bit pixels in, features out.

    Args:
        network: network that returns features of normalised pictures.
        spec: order of the channels, their range, mean and standard deviation.

    """

    scale: Tensor
    shift: Tensor

    def __init__(self, network: ResNet | EfficientNetLite | DetectorEncoder, *, spec: EncoderSpec) -> None:
        super().__init__()
        self.network = network
        self.feature_size = network.feature_size
        self.bgr = spec.color == "BGR"
        mean, std = torch.tensor(spec.mean), torch.tensor(spec.std)
        self.register_buffer("scale", (spec.max_value / (255.0 * std)).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("shift", (-mean / std).view(1, 3, 1, 1), persistent=False)

    def forward(self, pixels: Tensor) -> Tensor:
        """Return features float (n, D) of pixels uint8 (n, h, w, 3), RGB."""
        pictures = pixels.permute(0, 3, 1, 2)
        if self.bgr:
            pictures = pictures[:, [2, 1, 0]]
        network: Any = self.network
        return cast(Tensor, network.picture_features(pictures.float() * self.scale + self.shift).float())
