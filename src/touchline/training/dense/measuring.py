"""Measurement of a dense spotter on whole videos: scores of overlapping clips, events, and their mAP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from touchline.core.arrays import Floats32
from touchline.core.clock import us_from_frame
from touchline.core.events import Event, Scores, Timeline
from touchline.core.labels import BALL_FPS
from touchline.metrics.spotting import average_map
from touchline.models.networks.dense import DenseSpotter
from touchline.spotting.dense.decoding import displaced, events_of
from touchline.training.dense.footage import DenseVideo
from touchline.training.dense.settings import DenseRecipe

FLOOR = 0.01
"""Least score of an event that a metric sees."""


@torch.inference_mode()
def dense_scores(network: DenseSpotter, video: DenseVideo, recipe: DenseRecipe, *, device: str) -> Floats32:
    """Return the scores of a video's own label set, (frames, labels); averaged over the clips that contain a frame."""
    network.eval()
    length = recipe.clip_frames
    hop = max(1, length - int(length * recipe.windows.overlap))
    labels = network.label_counts[video.head]
    sums, counts = np.zeros((len(video), labels)), np.zeros((len(video), 1))
    for start in range(0, max(1, len(video) - length + hop), hop):
        clip = torch.from_numpy(video.clip(start, start + length)).to(device)
        with torch.autocast(device.split(":")[0], dtype=torch.bfloat16, enabled=recipe.optimizer.precision == "bf16"):
            said = network(normalised(clip.permute(0, 3, 1, 2).float()[None] / 255.0, recipe))
        found = said.classes[video.head][0].float().softmax(-1)[:, 1:].cpu().numpy()
        if said.displacement is not None:
            found = displaced(found, said.displacement[0, :, 0].float().cpu().numpy())
        stop = min(start + length, len(video))
        sums[start:stop] += found[: stop - start]
        counts[start:stop] += 1
    return (sums / np.maximum(counts, 1)).astype(np.float32)


def normalised(pictures: torch.Tensor, recipe: DenseRecipe) -> torch.Tensor:
    """Return pictures (..., 3, h, w) in 0..1 as the network takes them."""
    mean, std = (pictures.new_tensor(value).view(3, 1, 1) for value in (recipe.frame.mean, recipe.frame.std))
    return (pictures - mean) / std


def find_video_events(scores: Floats32, recipe: DenseRecipe, *, labels: tuple[str, ...]) -> Timeline:
    """Return all events of a video that a metric needs."""
    times_us = np.array([us_from_frame(i, fps=recipe.frame.fps) for i in range(len(scores))], np.int64)
    return events_of(
        Scores(scores, times_us, labels),
        thresholds=dict.fromkeys(labels, FLOOR),
        suppression=recipe.suppression,
        source=recipe.name,
    )


def mean_ap(
    truth: Mapping[str, Timeline], found: Mapping[str, Timeline], *, labels: Sequence[str], metric: str
) -> tuple[float, list[float]]:
    """Return the mAP of videos and the average precision of each label."""
    names = sorted(truth)
    result = average_map(
        [_first_half(truth[n]) for n in names], [found[n] for n in names], labels=labels, fps=BALL_FPS, metric=metric
    )
    per_class = np.asarray(result["a_mAP_per_class"], np.float64)
    return float(np.asarray(result["a_mAP"])), per_class.tolist()


def _first_half(timeline: Timeline) -> Timeline:
    """Return events as those of a plain video."""
    return Timeline(tuple(event if event.half == 1 else _of_half_1(event) for event in timeline))


def _of_half_1(event: Event) -> Event:
    return replace(event, half=1)


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
        found = {
            v.name: find_video_events(dense_scores(network, v, recipe, device=device), recipe, labels=one.labels)
            for v in some
        }
        mean, per_class = mean_ap({v.name: v.truth for v in some}, found, labels=one.labels, metric=recipe.metric)
        measured[f"{recipe.metric}/{name}"] = mean
        measured |= {f"{recipe.metric}/{name}/{label}": ap for label, ap in zip(one.labels, per_class, strict=True)}
    means = [measured[f"{recipe.metric}/{name}"] for name in recipe.sets if f"{recipe.metric}/{name}" in measured]
    return {"score": float(np.mean(means)) if means else 0.0, **measured}
