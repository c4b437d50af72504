"""Sets of features of example clips that a linear head may read, for example_features.py.

Each set is float32 (views, clips, D): of a clip and of its mirror image.

    pictures   what `touchline recognize --examples` computes: layers of EfficientNet-Lite0 over the whole picture and
               three bands, their mean and deviation over time
    head       of these, the last layer over the whole picture
    grid       the same layers over 3 x 3 cells, their mean over time
    changes    the same layers over whole picture and bands: last third of time less first, mean change between frames
    middle     as pictures, of the middle of each picture (60 % of its width, 70 % of its height), as many pixels
    hand       ball-coloured pixels and optical flow (basketball_baselines.py)
    detector   the people detector's trunk on small pictures, and its heat of people and ball on a grid over time
    joints     keeper-pose's joints over time
"""

from __future__ import annotations

import itertools
import time
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
from touchline.models.networks.encoders.picture_clip import PictureClip
from touchline.models.networks.picture_features import DetectorEncoder
from touchline.models.specs.spec import ClipSpec
from touchline.models.store import DEFAULT_DETECTOR, load_model
from touchline.recognition.prepare import sample_clip
from touchline.training.recognition.examples.features import extract, fresh_network
from touchline.training.recognition.examples.learning import config_for

Clip = npt.NDArray[np.uint8]
GRID = (3, 3)
MIDDLE = (0.6, 0.7)
SMALL = (96, 160)
"""Width and height of the detector's pictures, in which a player is about as tall as in the shots it was trained on."""
HEAT_GRID = (10, 6)


class FinerClip(PictureClip):
    """The recogniser's frozen part with finer features: pictures, grid and changes one after the other."""

    @property
    def sizes(self) -> dict[str, int]:
        channels = sum(self.block_sizes) // 2 // (1 + self.bands)
        return {
            "pictures": self.feature_size,
            "grid": channels * GRID[0] * GRID[1],
            "changes": self.feature_size,
        }

    def plain_features(self, clips: Tensor) -> Tensor:
        """Return features (n, D) of clips (n, 3, t, h, w), normalised."""
        frames = clips.shape[2]
        maps = self.encoder.block_maps(clips.transpose(1, 2).flatten(0, 1), blocks=self.encoder.taps)
        rows = torch.cat([place for one in maps for place in self._places(one)], dim=1).unflatten(0, (-1, frames))
        mean = rows.mean(dim=1)
        deviation = (rows - mean[:, None]).square().mean(dim=1).clamp(min=1e-12).sqrt()
        cells = torch.cat([F.adaptive_avg_pool2d(one, GRID).flatten(1) for one in maps], dim=1)
        third = max(frames // 3, 1)
        late = rows[:, -third:].mean(dim=1) - rows[:, :third].mean(dim=1)
        change = (rows[:, 1:] - rows[:, :-1]).abs().mean(dim=1)
        return torch.cat([mean, deviation, cells.unflatten(0, (-1, frames)).mean(dim=1), late, change], dim=1)


def all_sets(clips: Sequence[ClipFrames], labels: tuple[str, ...], spec: ClipSpec) -> tuple[dict[str, Floats32], float]:
    """Return every set, and the CPU seconds of what the command computes itself."""
    started = time.process_time()
    network = FinerClip(len(labels))
    network.load_state_dict(fresh_network(len(labels)).state_dict())
    network.eval()
    config = config_for(labels, spec, name="examples", mirrored=True)
    whole = extract(network, config, clips, device="cpu", threads=1)
    used = time.process_time() - started
    starts = np.cumsum([0, *network.sizes.values()])
    sets = {name: whole[:, :, a:b] for name, (a, b) in zip(network.sizes, itertools.pairwise(starts), strict=True)}
    sets["middle"] = extract(
        network, config, [ClipFrames(_middle(clip.rgb), clip.times_us, clip.fps) for clip in clips], threads=1
    )[:, :, : network.feature_size]
    sizes = np.cumsum([0, *network.block_sizes])
    last = len(network.block_sizes) // 2 - 2
    parts = [sets["pictures"][:, :, sizes[k] : sizes[k + 1]] for k in (last, last + len(network.block_sizes) // 2)]
    sets["head"] = np.concatenate(parts, axis=2)
    sampled = [sample_clip(clip.rgb, fps=clip.fps, spec=spec) for clip in clips]
    views = [sampled, [np.ascontiguousarray(clip[:, :, ::-1]) for clip in sampled]]
    plain = [[clip.rgb for clip in clips], [np.ascontiguousarray(clip.rgb[:, :, ::-1]) for clip in clips]]
    sets["hand"] = np.stack([np.stack([ball_and_motion(clip) for clip in view]) for view in plain])
    sets["detector"] = np.stack([_by_detector(view) for view in views])
    sets["joints"] = np.stack([_by_joints(view) for view in views])
    return sets, used


def _middle(rgb: Clip) -> Clip:
    height, width = rgb.shape[1:3]
    across, down = (round(side * (1 - share) / 2) for side, share in ((width, MIDDLE[0]), (height, MIDDLE[1])))
    return np.ascontiguousarray(rgb[:, down : height - down, across : width - across])


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
