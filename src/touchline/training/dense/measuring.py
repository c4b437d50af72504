"""Measurement of a dense spotter on whole videos: scores of overlapping clips, events, and their mAP."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from touchline.core.arrays import Floats32
from touchline.core.clock import us_from_frame
from touchline.core.events import Scores, Timeline
from touchline.core.labels import BALL_FPS
from touchline.metrics.spotting import average_map
from touchline.metrics.spotting.by_frame import FrameEvents, evaluate_by_frame, read_tolerance
from touchline.models.networks.dense import DenseSpotter
from touchline.spotting.dense.decoding import displaced, events_of
from touchline.training.dense.footage import DenseVideo
from touchline.training.dense.settings import DenseRecipe

FLOOR = 0.01
"""Least score of an event that a metric sees."""
_PIECE = 8
"""Pictures to prepare at once, few enough for a processor's cache."""


@torch.inference_mode()
def dense_scores(network: DenseSpotter, video: DenseVideo, recipe: DenseRecipe, *, device: str) -> Floats32:
    """Return the scores of a video's own label set, (frames, labels); averaged over the clips that contain a frame."""
    network.eval()
    length = recipe.clip_frames
    hop = max(1, length - int(length * recipe.windows.overlap))
    sums, counts = np.zeros((len(video), network.label_counts[video.head])), np.zeros((len(video), 1))
    once = recipe.windows.encode == "once"
    features = video_features(network, video, recipe, mirrored=False, device=device) if once else None
    for start in range(0, max(1, len(video) - length + hop), hop):
        stop = min(start + length, len(video))
        with _arithmetic(recipe, device):
            if features is None:
                clip = torch.from_numpy(video.clip(start, start + length)).to(device)
                said = network(normalised(clip.permute(0, 3, 1, 2).float()[None] / 255.0, recipe))
            else:
                said = network.decide(torch.from_numpy(features[start:stop]).to(device)[None])
        found = said.classes[video.head][0].float().softmax(-1)[:, 1:].cpu().numpy()
        hit = np.ones(len(found), np.bool_)
        if said.displacement is not None:
            found, hit = displaced(found, said.displacement[0, :, 0].float().cpu().numpy())
        sums[start:stop] += found[: stop - start]
        counts[start:stop, 0] += hit[: stop - start]
    return (sums / np.maximum(counts, 1)).astype(np.float32)


@torch.inference_mode()
def video_features(
    network: DenseSpotter, video: DenseVideo, recipe: DenseRecipe, *, mirrored: bool, device: str
) -> Floats32:
    """Return the features (frames, width) of a video or its mirror image, every frame with its true neighbours."""
    network.eval()
    before, after = network.reach
    rows = []
    for start in range(0, len(video), recipe.clip_frames):
        first = max(0, start - before)
        last = min(len(video), start + recipe.clip_frames + after)
        with _arithmetic(recipe, device):
            maps = [
                network.frame_maps(
                    _pictures(video, at, min(at + _PIECE, last), recipe, mirrored=mirrored, device=device)
                )
                for at in range(first, last, _PIECE)
            ]
            found = network.clip_features(torch.cat(maps)[None])[0].float().cpu().numpy()
        rows.append(found[start - first : start - first + recipe.clip_frames])
    return np.concatenate(rows).astype(np.float32)


def _pictures(
    video: DenseVideo, start: int, stop: int, recipe: DenseRecipe, *, mirrored: bool, device: str
) -> torch.Tensor:
    pictures = torch.from_numpy(video.clip(start, stop)).to(device).permute(0, 3, 1, 2).float() / 255.0
    return normalised(pictures.flip(-1) if mirrored else pictures, recipe)


def _arithmetic(recipe: DenseRecipe, device: str) -> torch.autocast:
    return torch.autocast(device.split(":")[0], torch.bfloat16, enabled=recipe.optimizer.precision == "bf16")


def normalised(pictures: torch.Tensor, recipe: DenseRecipe) -> torch.Tensor:
    """Return pictures (..., 3, h, w) in 0..1 as the network takes them."""
    if recipe.frame.mean == (0, 0, 0) and recipe.frame.std == (1, 1, 1):
        return pictures
    mean, std = (pictures.new_tensor(value).view(3, 1, 1) for value in (recipe.frame.mean, recipe.frame.std))
    return (pictures - mean) / std


def find_video_events(scores: Floats32, recipe: DenseRecipe, *, labels: tuple[str, ...], fps: float) -> Timeline:
    """Return all events of a video that a metric needs."""
    times_us = np.array([us_from_frame(i, fps=fps) for i in range(len(scores))], np.int64)
    return events_of(
        Scores(scores, times_us, labels),
        thresholds=dict.fromkeys(labels, FLOOR),
        suppression=recipe.suppression,
        source=recipe.name,
    )


def mean_ap(
    videos: Sequence[DenseVideo], found: Sequence[Timeline], *, labels: Sequence[str], metric: str
) -> tuple[float, list[float]]:
    """Return the mAP of videos and the average precision of each label."""
    tolerance = read_tolerance(metric)
    if tolerance is not None:
        true = [FrameEvents.of(video.truth, fps=video.fps) for video in videos]
        some = [FrameEvents.of(one, fps=video.fps) for video, one in zip(videos, found, strict=True)]
        report = evaluate_by_frame(true, some, tolerance=tolerance, labels=labels)
        by_label = dict(zip(report.labels, report.ap.tolist(), strict=True))
        return report.mean, [by_label.get(label, math.nan) for label in labels]
    truth = [_first_half(video.truth) for video in videos]
    result = average_map(truth, found, labels=labels, fps=BALL_FPS, metric=metric)
    per_class = np.asarray(result["a_mAP_per_class"], np.float64)
    return float(np.asarray(result["a_mAP"])), per_class.tolist()


def _first_half(timeline: Timeline) -> Timeline:
    """Return events as those of a plain video."""
    return Timeline(tuple(event if event.half == 1 else replace(event, half=1) for event in timeline))


def measure_videos(
    network: nn.Module, videos: Sequence[DenseVideo], recipe: DenseRecipe, *, device: str
) -> dict[str, float]:
    """Return the mAP of each label set that has videos, its average precisions, and their mean as ``score``."""
    assert isinstance(network, DenseSpotter)
    measured: dict[str, float] = {}
    for head, (name, one) in enumerate(recipe.sets.items()):
        some = [video for video in videos if video.head == head]
        if not some:
            continue
        found = [
            find_video_events(dense_scores(network, v, recipe, device=device), recipe, labels=one.labels, fps=v.fps)
            for v in some
        ]
        mean, per_class = mean_ap(some, found, labels=one.labels, metric=recipe.metric)
        measured[f"{recipe.metric}/{name}"] = mean
        measured |= {f"{recipe.metric}/{name}/{label}": ap for label, ap in zip(one.labels, per_class, strict=True)}
    means = [measured[f"{recipe.metric}/{name}"] for name in recipe.sets if f"{recipe.metric}/{name}" in measured]
    return {"score": float(np.mean(means)) if means else 0.0, **measured}
