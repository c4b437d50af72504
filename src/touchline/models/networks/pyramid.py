"""The convolutional backbone shared by the people detector and the keeper-pose network."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F


def conv(inputs: int, outputs: int, *, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    """Return a convolution with batch normalisation and ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class _Residual(nn.Module):
    """A residual block of two 3x3 convolutions."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = conv(channels, channels)
        self.second = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, c, h, w) to the same shape."""
        return F.relu(x + self.second(self.first(x)))


class _Overview(nn.Module):
    """A transformer layer over all cells of a map, so that each cell sees the whole picture."""

    def __init__(self, channels: int, *, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.before = nn.LayerNorm(channels)
        self.query_key_value = nn.Linear(channels, 3 * channels)
        self.out = nn.Linear(channels, channels)
        self.after = nn.LayerNorm(channels)
        self.mix = nn.Sequential(nn.Linear(channels, 2 * channels), nn.GELU(), nn.Linear(2 * channels, channels))

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, c, h, w) to the same shape."""
        n, c, h, w = x.shape
        cells = x.flatten(2).transpose(1, 2)
        parts = self.query_key_value(self.before(cells)).reshape(n, h * w, 3, self.heads, c // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        seen = F.scaled_dot_product_attention(query, key, value)
        cells = cells + self.out(seen.transpose(1, 2).reshape(n, h * w, c))
        cells = cells + self.mix(self.after(cells))
        return cells.transpose(1, 2).reshape(n, c, h, w)


class Pyramid(nn.Module):
    """A feature pyramid that maps pictures to features at stride 4, with context from the whole picture.

    Args:
        stem: channels at stride 2.
        widths: channels at strides 4, 8, 16 and 32.
        blocks: residual blocks at each of these strides.
        neck: channels of the maps merged from coarse to fine, and of the output.

    """

    def __init__(
        self, *, stem: int, widths: tuple[int, int, int, int], blocks: tuple[int, int, int, int], neck: int
    ) -> None:
        super().__init__()
        if len(widths) != 4 or len(blocks) != 4:
            raise ValueError(f"widths={widths} and blocks={blocks} must be four numbers each")
        self.stem = conv(3, stem, stride=2)
        inputs = (stem, *widths[:3])
        self.stages = nn.ModuleList(
            nn.Sequential(conv(before, width, stride=2), *(_Residual(width) for _ in range(count)))
            for before, width, count in zip(inputs, widths, blocks, strict=True)
        )
        self.overview = _Overview(widths[3])
        self.lateral = nn.ModuleList(nn.Conv2d(width, neck, 1) for width in widths)
        self.join = nn.ModuleList(conv(neck, neck) for _ in range(2))
        fine = neck // 2
        self.narrow = conv(neck, fine, kernel=1)
        self.refine = _Residual(fine)
        self.head = conv(fine, neck)

    def maps(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Return fine and coarse maps of pictures.

        Args:
            pictures: (n, 3, h, w), RGB in 0..1; h and w are multiples of 32.

        Returns:
            Fine maps (n, neck, h / 4, w / 4) and coarse ones (n, widths[3], h / 32, w / 32).

        """
        _, fine, coarse = self.all_maps(pictures)
        return fine, coarse

    def all_maps(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the maps of :meth:`maps`, and before them the first ones (n, stem, h / 2, w / 2)."""
        first = x = self.stem(pictures * 4.0 - 2.0)
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        maps[3] = self.overview(maps[3])
        low, middle, high, top = (lateral(m) for lateral, m in zip(self.lateral, maps, strict=True))
        high = self.join[0](high + _doubled(top))
        middle = self.join[1](middle + _doubled(high))
        fine = self.refine(self.narrow(low + _doubled(middle)))
        return first, self.head(fine), maps[3]


def _doubled(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="nearest")
