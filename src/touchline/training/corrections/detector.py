"""Fine-tuning of a people detector on frames whose boxes were corrected, from end to end.

Run it with ``touchline train detector-corrections --corrections match.touchline``. Part of the frames is held out: the
model is measured on them before and after. The model that is written is then trained on all frames in the same way; it
is only worth using if the measured one was better beyond chance.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import Field

from touchline.core.clock import US_PER_S
from touchline.core.errors import InputError
from touchline.core.tracks import BALL, DETECTION_LABELS, Detections
from touchline.formats.corrections.reviewed import find_video
from touchline.formats.files.atomic import write_json_atomic
from touchline.metrics.bootstrap import draws
from touchline.metrics.detection import average_precision
from touchline.models.networks.detector import PeopleDetector
from touchline.models.specs.spec import PictureConfig
from touchline.models.store import DEFAULT_DETECTOR, LoadedModel, load_model, save_model
from touchline.training.corrections.bundles import refuse_one_video_twice, require_bundles
from touchline.training.corrections.frames import CorrectedMatch, labelled_frames, read_corrected_frames
from touchline.training.corrections.gain import Gain
from touchline.training.detection.crops import CropSettings
from touchline.training.detection.data import LabelledFrames
from touchline.training.detection.detector import DetectorLearning, OptimizerSettings, detect_frames, train_one
from touchline.training.detection.measure import measure_detections
from touchline.training.distributed.group import current_group
from touchline.training.family import Family, Job, PlannedRun, plan_runs
from touchline.training.recipe import StrictSettings

LEAST_FRAMES = 20
"""Corrected frames without which nothing is learnt."""
MEASURED = "measured.json"
_ROUNDS = 200


class DetectorCorrections(StrictSettings):
    """A recipe of ``task: detector-corrections``.

    Attributes:
        name: of the resulting model.
        base: the model that was corrected, by name or path; a people detector.
        corrections: bundles with corrected boxes, or their videos.
        videos: videos that do not lie beside their bundle, or folders of them.
        held_out_share: share of the matches with corrected frames that is held out, the last ones; of the frames if
            there is only one match.
        gap_s: seconds between what is learnt from and what is held out in the same match.
        crops: settings of the training crops.
        optimizer: length and learning rate.

    """

    task: str = "detector-corrections"
    name: str = "my-people-detector"
    base: str = DEFAULT_DETECTOR
    corrections: list[Path] = Field(default_factory=list)
    videos: list[Path] = Field(default_factory=list)
    held_out_share: float = Field(default=0.3, gt=0, lt=1)
    gap_s: float = Field(default=1.0, ge=0)
    crops: CropSettings = CropSettings(sizes=((320, 320), (640, 352)), pixels_per_batch=410_000)
    optimizer: OptimizerSettings = OptimizerSettings(steps=300, base_lr=2e-4, ema_decay=0.98)
    licence: str = "Apache-2.0"
    description: str = ""


@dataclass(frozen=True, slots=True)
class FrameSplit:
    """The frames to learn from, and those to measure on."""

    learn: tuple[CorrectedMatch, ...]
    test: tuple[CorrectedMatch, ...]


def train(settings: DetectorCorrections, job: Job) -> Path:
    """Fine-tune, measure before and after, and write the model.

    Args:
        settings: the recipe.
        job: its folder gets the decoded frames, the runs, ``measured.json`` and the model.

    Returns:
        The model file; ``measured`` in its configuration has ``better``, whether it is worth using.

    Raises:
        UsageError: no bundles are named, or two are of one video.
        InputError: the base is not a detector, a video is not found, or too few frames were corrected.

    """
    base = load_model(settings.base, task="detect")
    matches = read_all(settings.corrections)
    split = split_frames(matches, share=settings.held_out_share, gap_s=settings.gap_s)
    frames = {match.fingerprint: _decode(match, settings, job) for match in matches if match.frames}
    tuned = _tuned_on(split.learn, frames, base, settings, part="held-out", job=job)
    measured = {**_compare(split, frames, base, tuned, job), **_origin(base, matches)}
    write_json_atomic(job.out / MEASURED, measured)
    final = _tuned_on(matches, frames, base, settings, part="all-corrections", job=job)
    return save_model(job.out / settings.name, final, _config(settings, base, measured), half=True)


def plan(settings: DetectorCorrections, device: torch.device) -> list[PlannedRun]:
    """Plan the runs of a recipe."""
    network = load_model(settings.base, task="detect").network
    return plan_runs(network, dict.fromkeys(("held-out", "all-corrections"), settings.optimizer.steps))


def read_all(paths: Sequence[Path]) -> list[CorrectedMatch]:
    """Read bundles with corrected boxes.

    Raises:
        UsageError: none is named, or two are of one video.
        InputError: fewer than ``LEAST_FRAMES`` frames were corrected in all of them.

    """
    require_bundles(paths)
    matches = [read_corrected_frames(path) for path in paths]
    refuse_one_video_twice(matches)
    count = sum(len(match.frames) for match in matches)
    if count < LEAST_FRAMES:
        names = ", ".join(match.name for match in matches)
        raise InputError(
            f"boxes were corrected in {count} frames of {names}, {LEAST_FRAMES} are needed; correct more with "
            f"touchline review {matches[0].bundle.path}"
        )
    return matches


def split_frames(matches: Sequence[CorrectedMatch], *, share: float, gap_s: float) -> FrameSplit:
    """Split matches into those to learn from and those to measure on; the frames of the only one by time.

    Args:
        matches: the corrected frames, one entry per video.
        share: share that is held out: of the matches with corrected frames, the last ones (at least one), or of the
            frames of the only one, the last ones.
        gap_s: seconds between what is learnt from and what is held out in the same match.

    Raises:
        InputError: the gap leaves nothing to learn from.

    """
    usable = tuple(match for match in matches if match.frames)
    if len(usable) > 1:
        count = min(max(round(share * len(usable)), 1), len(usable) - 1)
        return FrameSplit(usable[:-count], usable[-count:])
    (match,) = usable
    first = min(max(round(len(match.frames) * (1 - share)), 1), len(match.frames) - 1)
    held = match.frames[first:]
    learn = tuple(one for one in match.frames[:first] if one.time_us < held[0].time_us - round(gap_s * US_PER_S))
    if not learn:
        raise InputError(
            f"{match.name}: all frames to learn from lie within {gap_s:g} s of those held out; correct frames in other "
            "parts of the video, or lower gap_s"
        )
    return FrameSplit((replace(match, frames=learn),), (replace(match, frames=held),))


def _decode(match: CorrectedMatch, settings: DetectorCorrections, job: Job) -> dict[int, LabelledFrames]:
    """Return the corrected frames of a match by index."""
    with current_group().first_before_others():
        found = labelled_frames(match, find_video(match, videos=settings.videos), folder=job.cache("frames"))
    return {one.frame: labelled for one, labelled in zip(match.frames, found, strict=True)}


Decoded = Mapping[str, Mapping[int, LabelledFrames]]
"""Corrected frames by fingerprint of the video, and index."""


def _frames_of(matches: Sequence[CorrectedMatch], frames: Decoded) -> list[LabelledFrames]:
    return [frames[match.fingerprint][one.frame] for match in matches for one in match.frames]


def _tuned_on(
    matches: Sequence[CorrectedMatch],
    frames: Decoded,
    base: LoadedModel[PictureConfig],
    settings: DetectorCorrections,
    *,
    part: str,
    job: Job,
) -> PeopleDetector:
    """Return the base, fine-tuned on some frames; its folder is named after them, so that only an equal run resumes."""
    what = hashlib.sha256("".join([base.sha256, *(match.sha256 for match in matches)]).encode()).hexdigest()
    learning = DetectorLearning(network=base.network.settings, crops=settings.crops, optimizer=settings.optimizer)
    start = base.network.state_dict()
    return train_one(_frames_of(matches, frames), [], learning, part=f"{part}-{what[:12]}", job=job, start=start)


def _compare(
    split: FrameSplit, frames: Decoded, base: LoadedModel[PictureConfig], tuned: PeopleDetector, job: Job
) -> dict[str, Any]:
    """Measure the base and the fine-tuned model on what was held out."""
    held = _frames_of(split.test, frames)
    truth = [one.truth[0] for one in held]
    found = [
        [_known(one, detect_frames(network, one, picture=base.config.picture, device=job.device)[0]) for one in held]
        for network in (base.network, tuned)
    ]
    per_class = [_ap50(held, truth, each) for each in found]
    boxes = Counter(DETECTION_LABELS[index] for one in truth for index in one.classes)
    return {
        "metric": "AP at IoU 0.5, mean over the classes in held-out corrected frames",
        **gain_of(truth, *found).to_json(),
        "per_class": {
            label: [each[label] for each in per_class]
            for label in (*DETECTION_LABELS, "person")
            if per_class[0][label] is not None
        },
        "frames": len(held),
        "boxes": {label: boxes[label] for label in DETECTION_LABELS if boxes[label]},
    }


def _known(frame: LabelledFrames, found: Detections) -> Detections:
    """Return the detections of the classes that a frame labels."""
    return found.take(np.asarray(frame.labelled[found.classes], bool))


def _ap50(
    held: Sequence[LabelledFrames], truth: Sequence[Detections], found: Sequence[Detections]
) -> dict[str, float | None]:
    """Return AP50 by class; None for those without a box."""
    matches = sorted({one.group for one in held})
    by_match = [
        {name: [value for one, value in zip(held, values, strict=True) if one.group == name] for name in matches}
        for values in (truth, found)
    ]
    figures: dict[str, float | None] = measure_detections(*by_match)["ap50"]
    return figures


def gain_of(truth: Sequence[Detections], before: Sequence[Detections], after: Sequence[Detections]) -> Gain:
    """Compare two models by mean AP50, drawing frames with replacement, the same ones for both."""

    def score(rows: Sequence[int] | np.ndarray, found: Sequence[Detections]) -> float:
        chosen = [truth[row] for row in rows], [found[row] for row in rows]
        return average_precision(*chosen, iou_thresholds=(0.5,)).mean_at(0.5)

    whole = range(len(truth))
    rounds = [(score(rows, before), score(rows, after)) for rows in draws(len(truth), rounds=_ROUNDS)]
    return Gain.of(score(whole, before), score(whole, after), np.array(rounds))


def _origin(base: LoadedModel[PictureConfig], matches: Sequence[CorrectedMatch]) -> dict[str, Any]:
    """Return what the model card says about where a model comes from."""
    return {
        "base": base.name,
        "base_sha256": base.sha256,
        "bundles": [
            {
                "name": match.name,
                "video_fingerprint": match.fingerprint,
                "frames": len(match.frames),
                "frames_with_ball": sum(bool((one.truth.classes == BALL).any()) for one in match.frames),
                "boxes": sum(len(one.truth) for one in match.frames),
            }
            for match in matches
        ],
    }


def _config(
    settings: DetectorCorrections, base: LoadedModel[PictureConfig], measured: Mapping[str, Any]
) -> PictureConfig:
    about = settings.description or f"{base.name}, fine-tuned on corrected boxes of {len(measured['bundles'])} video(s)"
    changes = {"name": settings.name, "measured": measured, "description": about, "licence": settings.licence}
    return base.config.model_copy(update=changes)


FAMILY = Family("detector-corrections", DetectorCorrections, train, plan, needs_data_root=False, claims_folder=False)
