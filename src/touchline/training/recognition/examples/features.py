"""Features of example clips, and of their mirror images, by the frozen part of a recogniser."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from touchline.core.arrays import Floats32
from touchline.media.clip_reader import ClipFrames
from touchline.models.networks.encoders.efficientnet_lite import MEAN, STD
from touchline.models.networks.encoders.picture_clip import PictureClip
from touchline.models.runtime.device import Device
from touchline.models.runtime.runner import PictureModel, make_runner
from touchline.models.specs.clip_input import ClipNormaliser
from touchline.models.specs.spec import ClipConfig, ClipSpec
from touchline.models.store import DEFAULT_PICTURE_ENCODER, load_model
from touchline.recognition.prepare import sample_clip

Clip = npt.NDArray[np.uint8]
MOST_FRAMES = 8
"""Most frames of a clip that are looked at."""

_PIXELS, _STEP = 288 * 288, 32
_LEAST_ASPECT, _MOST_ASPECT = 0.4, 2.5


class ClipFeatures(PictureModel[ClipConfig]):
    """The frozen part of a recogniser, on its device: features of clips before they are standardised."""

    gives = "feature"

    def of(self, clip: Clip) -> Floats32:
        """Return features (D,) of a clip uint8 (frames, height, width, 3)."""
        ((_, _, (values,)),) = self.run([clip], draw=_copy)
        return np.asarray(values, np.float32)


def _copy(clip: Clip, /, *, into: Clip) -> None:
    into[:] = clip


class _Plain(nn.Module):
    def __init__(self, network: PictureClip, spec: ClipSpec) -> None:
        super().__init__()
        self.normaliser, self.network = ClipNormaliser(spec), network

    def forward(self, pixels: Tensor) -> Tensor:
        """Return features (n, D) of pixels uint8 (n, t, h, w, 3), RGB."""
        return self.network.plain_features(self.normaliser(pixels))


def fresh_network(classes: int, *, mirrored: bool = True, **arguments: Any) -> PictureClip:
    """Return a recogniser with the built-in encoder's weights and a head of zeros."""
    network = PictureClip(classes, mirrored=mirrored, **arguments)
    encoder = load_model(DEFAULT_PICTURE_ENCODER, task="features").network
    network.encoder.load_state_dict(encoder.state_dict())
    return network.eval()


def spec_for(clips: Sequence[ClipFrames]) -> ClipSpec:
    """Return the input that suits clips: their usual shape at a fixed number of pixels, and their usual length."""
    aspect = float(np.median([clip.rgb.shape[2] / clip.rgb.shape[1] for clip in clips]))
    aspect = min(max(aspect, _LEAST_ASPECT), _MOST_ASPECT)
    width, height = (max(_STEP, round((_PIXELS * ratio) ** 0.5 / _STEP) * _STEP) for ratio in (aspect, 1 / aspect))
    fps, count = (float(np.median(values)) for values in ([c.fps for c in clips], [len(c) for c in clips]))
    frames = max(2, min(MOST_FRAMES, round(count)))
    rate = min(fps, fps * (frames - 1) / max(count - 1, 1))
    mean, std = (MEAN, MEAN, MEAN), (STD, STD, STD)
    return ClipSpec(
        frames=frames,
        fps=round(max(rate, 0.01), 3),
        width=width,
        height=height,
        max_value=255,
        mean=mean,
        std=std,
    )


def extract(
    network: PictureClip,
    config: ClipConfig,
    clips: Sequence[ClipFrames],
    *,
    device: Device = "auto",
    threads: int | None = None,
    each: Callable[[Sequence[ClipFrames]], Iterable[ClipFrames]] = lambda clips: clips,
) -> Floats32:
    """Return features (views, n, D) of clips; the second view, if the network is mirrored, are mirror images."""
    runner = make_runner(_Plain(network, config.clip), config, batches=(1, 16), device=device, threads=threads)
    model, views = ClipFeatures(config, runner=runner), (1, -1) if network.mirrored else (1,)
    rows = []
    for clip in each(clips):
        pixels = sample_clip(clip.rgb, fps=clip.fps, spec=config.clip)
        rows.append([model.of(np.ascontiguousarray(pixels[:, :, ::step])) for step in views])
    return np.stack([np.stack(view) for view in zip(*rows, strict=True)])
