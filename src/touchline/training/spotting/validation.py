"""Validation of a spotter on held-out games: average precision at selected frames, and mAP over whole games."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.formats.files.atomic import make_folder, write_bytes_atomic
from touchline.formats.files.npz import npz_bytes, read_arrays
from touchline.metrics.spotting import average_map
from touchline.models.runtime.device import Device
from touchline.spotting.spotter import Spotter, load_spotter
from touchline.training.spotting.loader import LabelledVideo
from touchline.training.spotting.targets import mapped_label

Curve = npt.NDArray[np.float32]


def average_precision(scores: npt.NDArray[np.floating], truth: npt.NDArray[np.bool_]) -> float:
    """Compute the area under the precision-recall steps, by descending score; nan without a true entry.

    Args:
        scores: (n,), higher is more confident.
        truth: (n,).

    """
    if not truth.any():
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    hits, ordered = np.cumsum(truth[order]), scores[order]
    ends = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)  # equal scores enter together
    precision, recall = hits[ends] / (ends + 1), hits[ends] / hits[-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def telling_points(actions: Iterable[int]) -> list[int]:
    """Return the frames of actions, and the midpoints between consecutive ones."""
    frames = sorted(actions)
    return sorted({*frames, *((a + b) // 2 for a, b in itertools.pairwise(frames))})


def point_validator(
    videos: Sequence[LabelledVideo],
    *,
    offsets: Sequence[int],
    labels: Sequence[str],
    batch_size: int,
    device: torch.device,
) -> Callable[[nn.Module], dict[str, float]]:
    """Make a function that computes a network's average precision per class and their mean (as ``score``)."""

    @torch.inference_mode()
    def validate(network: nn.Module) -> dict[str, float]:
        points = [(video, frame) for video in videos for frame in telling_points(video.actions)]
        scores, truth = [], []
        for start in range(0, len(points), batch_size):
            batch = [video.clip(frame, offsets=offsets) for video, frame in points[start : start + batch_size]]
            clips = torch.from_numpy(np.stack([clip for clip, _ in batch])).to(device).float() / 255.0
            scores.append(network(clips).float().sigmoid().cpu().numpy())
            truth += [target for _, target in batch]
        return _mean_precision(np.concatenate(scores), np.stack(truth) > 0.5, labels) if points else {"score": 0.0}

    return validate


def _mean_precision(scores: Curve, truth: npt.NDArray[np.bool_], labels: Sequence[str]) -> dict[str, float]:
    found = {label: average_precision(scores[:, at], truth[:, at]) for at, label in enumerate(labels)}
    known = {f"ap/{label}": value for label, value in found.items() if not np.isnan(value)}
    return {"score": float(np.mean(list(known.values()))) if known else 0.0, **known}


def score_games(
    model: Path,
    videos: Sequence[LabelledVideo],
    *,
    device: Device,
    folder: Path,
    label_map: Mapping[str, str],
    metric: str,
) -> dict[str, float]:
    """Score whole held-out games as a user would, save the curves in ``folder``, and return the mAP.

    Returns:
        ``metric`` and, for each class, ``metric/LABEL``.

    """
    spotter = load_spotter(model, device=device, backend="torch", threads=torch.get_num_threads())
    make_folder(folder)
    truth: dict[str, list[Event]] = {}
    found: dict[str, list[Event]] = {}
    for video in videos:
        found.setdefault(video.video.game, []).extend(_spot(spotter, video, folder=folder))
        truth.setdefault(video.video.game, []).extend(_renamed(video.video.events, spotter.labels, label_map))
    results = average_map(
        [Timeline(tuple(events)) for events in truth.values()],
        [Timeline(tuple(events)) for events in found.values()],
        labels=spotter.labels,
        fps=spotter.fps,
        metric=metric,
    )
    per_class = results["a_mAP_per_class"]
    assert isinstance(per_class, list)
    named = {f"{metric}/{label}": float(value) for label, value in zip(spotter.labels, per_class, strict=True)}
    return {metric: float(np.asarray(results["a_mAP"])), **named}


def _spot(spotter: Spotter, video: LabelledVideo, *, folder: Path) -> list[Event]:
    scores = spotter.scores(video.frames.stream())
    write_bytes_atomic(folder / f"{video.video.name}.npz", npz_bytes({"values": scores.values}))
    thresholds = dict.fromkeys(spotter.labels, 0.0)
    return [
        dataclasses.replace(event, half=video.video.half) for event in spotter.events(scores, thresholds=thresholds)
    ]


def _renamed(events: Iterable[Event], labels: Sequence[str], label_map: Mapping[str, str]) -> list[Event]:
    renamed = ((event, mapped_label(event.label, labels=labels, label_map=label_map)) for event in events)
    return [dataclasses.replace(event, label=label) for event, label in renamed if label]


def read_curve(folders: Sequence[Path], name: str, *, frame_count: int) -> Curve:
    """Read the out-of-fold scores of a video, float32 (frame_count, classes).

    Raises:
        InputError: no fold has scored it, or the scores have another length.

    """
    for folder in folders:
        path = folder / f"{name}.npz"
        if path.is_file():
            values: Curve
            (values,) = read_arrays(path, "values", what="out-of-fold scores", remedy="train that stage again")
            if len(values) != frame_count:
                raise InputError(
                    f"{path}: holds {len(values)} scores for a video of {frame_count} frames; train that stage again"
                )
            return values
    raise InputError(
        f"no out-of-fold scores of {name} in {[str(folder) for folder in folders]}; "
        "run the stage that hard_negatives names for every fold first (--stage NAME --folds N)"
    )
