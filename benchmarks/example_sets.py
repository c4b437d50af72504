"""Features of example clips that a linear head may read, for example_features.py.

Each set is float32 (views, clips, D): of a clip and of its mirror image. The sets ``layer/place/time`` come from
EfficientNet-Lite0: a layer is a block's number, or "last"; a place "whole", "bands" (three of them) or "grid" (3 x 3
cells); a time "mean", "deviation", "late" (last third less first) or "steps" (mean change from frame to frame). The
others are:

    zoomed/layer/place/time   the same of the middle of each picture (80 % of its sides), "mean" and "deviation" alone
    smaller/layer/place/time  likewise of pictures of 128 x 224 pixels
    larger/layer/place/time   likewise of pictures of 320 x 544 pixels
    hand                      ball-coloured pixels and optical flow (basketball_baselines.py)
    detector                  the people detector's trunk on small pictures, its heat of people and ball over time
    joints                    keeper-pose's joints over time
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt
import torch
from basketball_baselines import ball_and_motion
from torch import Tensor
from torch.nn import functional as F

from touchline.core.arrays import Floats32
from touchline.goalkeeping.pose_finder import load_pose_finder
from touchline.media.clip_reader import ClipFrames
from touchline.models.networks.encoders.efficientnet_lite import LAST_CHANNELS
from touchline.models.networks.encoders.picture_clip import PictureClip
from touchline.models.networks.picture_features import DetectorEncoder
from touchline.models.specs.spec import ClipSpec
from touchline.models.store import DEFAULT_DETECTOR, load_model
from touchline.recognition.prepare import sample_clip
from touchline.training.recognition.examples.features import extract, fresh_network
from touchline.training.recognition.examples.learning import config_for

Clip = npt.NDArray[np.uint8]
BLOCKS = (5, 8, 11, 13, 15)
LAYERS = (*map(str, BLOCKS), "last")
PLACES = {"whole": (1, 1), "bands": (3, 1), "grid": (3, 3)}
TIMES = ("mean", "deviation", "late", "steps")
ZOOM = 0.8
SIZES = {"smaller": {"width": 128, "height": 224}, "larger": {"width": 320, "height": 544}}
SMALL = (96, 160)
"""Width and height of the detector's pictures, in which a player is about as tall as in the shots it was trained on."""
HEAT_GRID = (10, 6)


class FinerClip(PictureClip):
    """The recogniser's frozen part with more layers, places and statistics over time."""

    def plain_features(self, clips: Tensor) -> Tensor:
        """Return features (n, D) of clips (n, 3, t, h, w), normalised: by time, then layer, then place."""
        frames = clips.shape[2]
        maps = self.encoder.block_maps(clips.transpose(1, 2).flatten(0, 1), blocks=self.encoder.taps)
        parts = [F.adaptive_avg_pool2d(one, cells).flatten(1) for one in maps for cells in PLACES.values()]
        rows = torch.cat(parts, dim=1).unflatten(0, (-1, frames))
        mean, third = rows.mean(dim=1), max(frames // 3, 1)
        deviation = (rows - mean[:, None]).square().mean(dim=1).clamp(min=1e-12).sqrt()
        late = rows[:, -third:].mean(dim=1) - rows[:, :third].mean(dim=1)
        return torch.cat([mean, deviation, late, (rows[:, 1:] - rows[:, :-1]).abs().mean(dim=1)], dim=1)

    def names(self) -> dict[str, int]:
        """Return the sets in the order of the features, with their sizes."""
        channels = [*(self.encoder.block_channels[tap] for tap in self.encoder.taps), LAST_CHANNELS]
        return {
            f"{layer}/{place}/{when}": count * cells[0] * cells[1]
            for when in TIMES
            for layer, count in zip(LAYERS, channels, strict=True)
            for place, cells in PLACES.items()
        }


def all_sets(clips: Sequence[ClipFrames], labels: tuple[str, ...], spec: ClipSpec) -> dict[str, Floats32]:
    """Return every set."""
    network = FinerClip(len(labels), blocks=BLOCKS)
    network.encoder.load_state_dict(fresh_network(len(labels)).encoder.state_dict())
    network.eval()
    sets = _by_encoder(network, clips, labels, spec)
    middles = [ClipFrames(_middle(clip.rgb), clip.times_us, clip.fps) for clip in clips]
    others = {"zoomed": (middles, spec)}
    others |= {name: (clips, spec.model_copy(update=size)) for name, size in SIZES.items()}
    for name, (shown, asked) in others.items():
        found = _by_encoder(network, shown, labels, asked)
        sets |= {f"{name}/{key}": values for key, values in found.items() if key.endswith(TIMES[:2])}
    sampled = [sample_clip(clip.rgb, fps=clip.fps, spec=spec) for clip in clips]
    makers = {"hand": _by_hand, "detector": _by_detector, "joints": _by_joints}
    for name, make in makers.items():
        pictures = [clip.rgb for clip in clips] if name == "hand" else sampled
        sets[name] = np.stack([make(pictures), make([np.ascontiguousarray(clip[:, :, ::-1]) for clip in pictures])])
    return sets


def _by_encoder(
    network: FinerClip, clips: Sequence[ClipFrames], labels: tuple[str, ...], spec: ClipSpec
) -> dict[str, Floats32]:
    config = config_for(labels, spec, name="examples", mirrored=True)
    whole, names = extract(network, config, clips, device="cpu", threads=1), network.names()
    parts = np.split(whole, np.cumsum(list(names.values()))[:-1], axis=2)
    return dict(zip(names, parts, strict=True))


def _middle(rgb: Clip) -> Clip:
    height, width = rgb.shape[1:3]
    across, down = round(width * (1 - ZOOM) / 2), round(height * (1 - ZOOM) / 2)
    return np.ascontiguousarray(rgb[:, down : height - down, across : width - across])


def _by_hand(clips: Sequence[Clip]) -> Floats32:
    return np.stack([ball_and_motion(clip) for clip in clips])


@torch.inference_mode()
def _by_detector(clips: Sequence[Clip]) -> Floats32:
    detector = load_model(DEFAULT_DETECTOR, task="detect").network
    trunk, rows = DetectorEncoder(detector).eval(), []
    for clip in clips:
        small = np.stack([cv2.resize(picture, SMALL, interpolation=cv2.INTER_AREA) for picture in clip])
        pictures = torch.from_numpy(small).permute(0, 3, 1, 2).float() / 255
        maps = detector.look(pictures)
        people = F.adaptive_avg_pool2d(maps.heat[:, 1:].amax(1, keepdim=True).sigmoid(), HEAT_GRID).flatten(1)
        ball = F.adaptive_max_pool2d(maps.ball_heat.sigmoid(), HEAT_GRID).flatten(1).sqrt()
        rows.append(torch.cat([_over_time(one) for one in (trunk.picture_features(pictures), people, ball)]).numpy())
    return np.stack(rows)


def _over_time(values: Tensor) -> Tensor:
    third = max(len(values) // 3, 1)
    change = values[-third:].mean(0) - values[:third].mean(0)
    return torch.cat([values.mean(0), values.std(0), values.amax(0), change])


def _by_joints(clips: Sequence[Clip]) -> Floats32:
    finder, rows = load_pose_finder(device="cpu", threads=1), []
    for clip in clips:
        places, _, seen = (np.stack(part) for part in zip(*(finder.look(picture) for picture in clip), strict=True))
        centred = places - places.mean(axis=1, keepdims=True)
        values = torch.from_numpy(np.concatenate([centred.reshape(len(clip), -1), seen], axis=1))
        rows.append(torch.cat([_over_time(values)]).numpy())
    return np.stack(rows).astype(np.float32)
