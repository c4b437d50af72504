"""VGGish: features of 128 or 512 values from log-mel patches of half a second or a second of sound.

Tensors have the names of torchvggish, so that the published weights load. A patch of 96 frames gives the 128 values of
the last of three fully connected layers; a patch of any length gives the 512 means of the fourth stage's second
convolution, which are SoccerNet's audio features.
"""

from __future__ import annotations

from typing import Literal, cast

import torch
from torch import Tensor, nn

Tap = Literal["embedding", "conv4"]
WIDTHS: dict[Tap, int] = {"embedding": 128, "conv4": 512}
"""Width of the features of each tap."""

PATCH_FRAMES = 96
BANDS = 64
QUANTISED_LOW, QUANTISED_HIGH = -2.0, 2.0

_STAGES = ((64,), (128,), (256, 256), (512, 512))


class Whitening(nn.Module):
    """The published whitening of the 128 values, and their quantisation to bytes (torchvggish's ``pproc``)."""

    def __init__(self) -> None:
        super().__init__()
        self.pca_eigen_vectors = nn.Parameter(torch.eye(WIDTHS["embedding"]), requires_grad=False)
        self.pca_means = nn.Parameter(torch.zeros(WIDTHS["embedding"], 1), requires_grad=False)

    def forward(self, embeddings: Tensor) -> Tensor:
        """Map embeddings (n, 128) to values 0 to 255 (n, 128), whole numbers stored as floats."""
        turned = (self.pca_eigen_vectors @ (embeddings.T - self.pca_means)).T
        span = QUANTISED_HIGH - QUANTISED_LOW
        return torch.round((turned.clamp(QUANTISED_LOW, QUANTISED_HIGH) - QUANTISED_LOW) * (255.0 / span))


class VGGish(nn.Module):
    """The VGGish network.

    Args:
        embedding: include the fully connected layers, 67 of the 72 million weights; only the 128 values need them.
        whitening: include the published post-processing of the 128 values.

    """

    def __init__(self, *, embedding: bool = True, whitening: bool = False) -> None:
        super().__init__()
        if whitening and not embedding:
            raise ValueError("whitening=True applies to the 128 values; it needs embedding=True")
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
        """The taps this network supports."""
        return ("conv4",) if self.embeddings is None else ("embedding", "conv4")

    def forward(self, patches: Tensor, *, tap: Tap = "embedding") -> Tensor:
        """Return features (n, 128 or 512) of log-mel patches (n, frames, 64).

        ``"embedding"`` takes patches of 96 frames, and whitens its values if the network was built so. ``"conv4"``
        takes patches of 8 frames or more.

        Raises:
            ValueError: patches of another shape, or a tap the network does not support.

        """
        if patches.ndim != 3 or patches.shape[2] != BANDS or patches.shape[1] < 8:
            raise ValueError(f"patches have shape {tuple(patches.shape)}; expected (n, 8 or more, {BANDS})")
        if tap == "conv4":
            return cast(Tensor, self.features[:-1](patches[:, None]).mean(dim=(2, 3)))
        if self.embeddings is None:
            raise ValueError("tap='embedding' needs a network with embedding=True; use tap='conv4'")
        if patches.shape[1] != PATCH_FRAMES:
            raise ValueError(f"patches have {patches.shape[1]} frames; tap='embedding' takes {PATCH_FRAMES}")
        maps = self.features(patches[:, None]).permute(0, 2, 3, 1)  # channels last, as TensorFlow flattens them
        embeddings = self.embeddings(maps.flatten(1))
        return cast(Tensor, embeddings if self.pproc is None else self.pproc(embeddings))
