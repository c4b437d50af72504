"""An encoder of frames that looks closely at a few places, for small objects such as a ball far away.

Averaging a whole picture, as RegNet does, loses a ball of four pixels and where it is. This encoder keeps maps at a
quarter of the picture's size and reads them at a few places that it chooses itself: each place is a softmax over its
map, so that looking can be learnt from events alone. Its first layers have the names and shapes of
:class:`~touchline.models.networks.ball_spotter.BallEncoder`, whose trained weights they can start from.
All its convolutions are dense, which CPUs with matrix units run ten times as fast as grouped ones.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from touchline.models.networks.ball_spotter import BallEncoder

TO_LUMA = (0.299, 0.587, 0.114)
"""Shares of red, green and blue in luma (ITU-R BT.601)."""
_MIDDLE_GREY = 0.35
_PLACE, _LOGIT, _MOTION = 3.0, 0.5, 4.0
"""Factors that bring places, logits and motion to a spread of about 1."""
_BLACK, _RANGE = 16 / 255, 219 / 255
"""Luma of black and the span to white, as decoders give it and the ball encoder was trained on."""


class PlaceEncoder(nn.Module):
    """The encoder of frames, a frame with its two neighbours, in grey.

    Of each place it tells where it is, how fast it moves, how sure it is, and what the maps of the other places say
    there; nothing else: from a few hundred events, whatever else they see is learnt by heart.

    Args:
        places: places that are read in each frame.
        causal: see earlier frames instead of one on either side.

    Attributes:
        width: values of a frame's features.
        reach: frames before and after that a frame's features depend on.
        piece: frames to calculate at once; None for all. Eight fit a processor's cache, and take half the time there.

    """

    def __init__(self, *, places: int = 4, causal: bool = False) -> None:
        super().__init__()
        trunk = BallEncoder()
        self.stem, self.fine, self.deep = trunk.stem, trunk.fine, trunk.deep
        self.lateral, self.merge = trunk.lateral, trunk.merge
        self.places, self.causal = places, causal
        self.piece: int | None = None
        self.width = places * (places + 5)
        self.reach = (4, 0) if causal else (2, 2)
        self.look = nn.Conv2d(self.lateral.out_channels, places, 1)
        self.sharpness = nn.Parameter(torch.full((places,), 3.0))

    def frame_maps(self, pictures: Tensor) -> Tensor:
        """Return the luma (n, 1, h, w) of pictures (n, 3, h, w), RGB in 0..1."""
        luma = (pictures * pictures.new_tensor(TO_LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)
        return luma * _RANGE + _BLACK

    def clip_features(self, maps: Tensor) -> Tensor:
        """Return the features (b, t, width) of consecutive frames from their luma (b, t, 1, h, w), 0..1 or bytes.

        The first and the last frame stand for the neighbours that they lack.
        """
        luma = maps[:, :, 0]
        steps = (2, 1, 0) if self.causal else (1, 0, -1)
        stacks = torch.stack([_moved(luma, step) for step in steps], 2).flatten(0, 1)
        pieces = [stacks] if self.piece is None else stacks.split(self.piece)
        seen = torch.cat([self.read(piece) for piece in pieces]).unflatten(0, maps.shape[:2])
        where = seen[..., :2]
        motion = _moved(where, steps[-1]) - _moved(where, steps[0])
        return torch.cat([where * _PLACE, seen[..., 2:] * _LOGIT, motion * _MOTION], -1).flatten(2)

    def read(self, stacks: Tensor) -> Tensor:
        """Return what is seen (n, places, places + 3) in stacks (n, 3, h, w), 0..1 or bytes; h, w multiples of 8."""
        if stacks.dtype == torch.uint8:
            stacks = stacks.float() / 255
        fine = self.fine(self.stem((stacks - _MIDDLE_GREY).contiguous(memory_format=torch.channels_last)))
        deep = self.deep(fine)
        up = F.interpolate(self.lateral(deep), size=fine.shape[-2:], mode="bilinear", align_corners=False)
        return read_places(self.look(self.merge(fine + up)), sharpness=self.sharpness)

    def mirrored(self, features: Tensor) -> Tensor:
        """Return the features (..., width) of mirrored pictures, for a network that sees both sides alike."""
        sign = features.new_ones(self.places + 5)
        sign[[0, self.places + 3]] = -1
        return features * sign.repeat(self.places)

    def start_from_ball(self, weights: Mapping[str, Tensor]) -> None:
        """Start from the weights of a trained ball encoder; the first place looks for the ball, the second for players.

        Args:
            weights: tensors of a :class:`~touchline.models.networks.ball_spotter.BallEncoder` of the default size.

        """
        own = {name: value for name, value in weights.items() if not name.startswith("states.")}
        missing = self.load_state_dict(own, strict=False)
        strange = [name for name in missing.missing_keys if name.split(".")[0] not in ("look", "sharpness")]
        if strange or missing.unexpected_keys:
            raise ValueError(f"weights of another network: missing {strange}, unexpected {missing.unexpected_keys}")
        with torch.no_grad():
            states = weights["states.weight"], weights["states.bias"]
            for place, state in enumerate((0, 2, 3, 4)[: self.places]):
                self.look.weight[place] = states[0][state]
                self.look.bias[place] = states[1][state]  # type: ignore[index]


def _moved(values: Tensor, by: int) -> Tensor:
    """Return (b, t, ...) with each frame ``by`` frames later; the first or the last frame repeats."""
    at = (torch.arange(values.shape[1], device=values.device) - by).clamp(0, values.shape[1] - 1)
    return values[:, at]


def read_places(looks: Tensor, *, sharpness: Tensor) -> Tensor:
    """Read maps at the places that they point to, each a softmax over its map.

    Args:
        looks: logits of the places (n, places, h, w).
        sharpness: factor of the logits before the softmax (places,); a high one takes the highest cell alone.

    Returns:
        (n, places, 3 + places): x and y in -1..1, the highest logit, and all maps' logits there.

    """
    height, width = looks.shape[-2:]
    logits = looks.float().flatten(2)
    share = (logits * sharpness[:, None]).softmax(-1)
    y = torch.linspace(-1, 1, height, device=looks.device).repeat_interleave(width)
    x = torch.linspace(-1, 1, width, device=looks.device).repeat(height)
    where = share @ torch.stack([x, y], 1)
    there = share @ logits.transpose(1, 2)
    return torch.cat([where, logits.amax(-1, keepdim=True), there], -1)
