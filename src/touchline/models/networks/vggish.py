"""VGGish: a picture of half a second or a second of sound as 128 or 512 numbers.

The names of its tensors are those of torchvggish, so that the published weights load. A patch of 96 windows gives 128
numbers at the end of its three fully connected layers; a patch of any length gives the 512 means of the second
convolution of its fourth stage, which is what SoccerNet's audio features are.
"""

from __future__ import annotations

from typing import Literal, cast

import torch
from torch import Tensor, nn

Tap = Literal["embedding", "conv4"]
WIDTHS: dict[Tap, int] = {"embedding": 128, "conv4": 512}
"""Width of what each tap gives."""

PATCH_FRAMES = 96
BANDS = 64
QUANTISED_LOW, QUANTISED_HIGH = -2.0, 2.0

_STAGES = ((64,), (128,), (256, 256), (512, 512))


class Whitening(nn.Module):
    """The published principal components of the 128 numbers, and their rounding to bytes (torchvggish's ``pproc``)."""

    def __init__(self) -> None:
        super().__init__()
        self.pca_eigen_vectors = nn.Parameter(torch.eye(WIDTHS["embedding"]), requires_grad=False)
        self.pca_means = nn.Parameter(torch.zeros(WIDTHS["embedding"], 1), requires_grad=False)

    def forward(self, embeddings: Tensor) -> Tensor:
        """Numbers 0 to 255 (n, 128), whole but stored as floats, of embeddings (n, 128)."""
        turned = (self.pca_eigen_vectors @ (embeddings.T - self.pca_means)).T
        span = QUANTISED_HIGH - QUANTISED_LOW
        return torch.round((turned.clamp(QUANTISED_LOW, QUANTISED_HIGH) - QUANTISED_LOW) * (255.0 / span))


class VGGish(nn.Module):
    """The network.

    Args:
        embedding: with the fully connected layers, 67 of its 72 million weights; only the 128 numbers need them.
        whitening: with the published post-processing.

    """

    def __init__(self, *, embedding: bool = True, whitening: bool = False) -> None:
        super().__init__()
        if whitening and not embedding:
            raise ValueError("whitening=True turns the 128 numbers; it needs embedding=True")
        layers: list[nn.Module] = []
        channels = 1
        for widths in _STAGES:
            for width in widths:
                layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(inplace=True)]
                channels = width
            layers.append(nn.MaxPool2d(2, 2))
        self.features = nn.Sequential(*layers)
        self.embeddings = (
            nn.Sequential(
                nn.Linear(512 * 6 * 4, 4096),
                nn.ReLU(inplace=True),
                nn.Linear(4096, 4096),
                nn.ReLU(inplace=True),
                nn.Linear(4096, WIDTHS["embedding"]),
                nn.ReLU(inplace=True),
            )
            if embedding
            else None
        )
        self.pproc = Whitening() if whitening else None

    num_classes = 0

    @property
    def taps(self) -> tuple[Tap, ...]:
        """What this network can give."""
        return ("conv4",) if self.embeddings is None else ("embedding", "conv4")

    def forward(self, patches: Tensor, *, tap: Tap = "embedding") -> Tensor:
        """Features (n, 128 or 512) of log-mel patches (n, frames, 64).

        ``"embedding"`` takes patches of 96 frames; whitened where the network has that. ``"conv4"`` takes any of 8
        frames or more.
        """
        if patches.ndim != 3 or patches.shape[2] != BANDS or patches.shape[1] < 8:
            raise ValueError(f"patches have shape {tuple(patches.shape)}; (n, 8 or more, {BANDS}) is needed")
        if tap == "conv4":
            return cast(Tensor, self.features[:-1](patches[:, None]).mean(dim=(2, 3)))
        if self.embeddings is None:
            raise ValueError("tap='embedding' needs a network with embedding=True; take tap='conv4'")
        if patches.shape[1] != PATCH_FRAMES:
            raise ValueError(f"patches of {patches.shape[1]} frames; tap='embedding' takes {PATCH_FRAMES}")
        maps = self.features(patches[:, None]).permute(0, 2, 3, 1)  # channels last, as TensorFlow flattens them
        embeddings = self.embeddings(maps.flatten(1))
        return cast(Tensor, embeddings if self.pproc is None else self.pproc(embeddings))
