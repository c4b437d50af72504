"""Fine-tuning of a head over feature streams on reviewed bundles, from end to end.

Run it with ``touchline train head-corrections --set base=MODEL --corrections match.touchline``. The streams are those
that the analysis with the head kept in the bundle, so no video is decoded. What is held out, how before and after are
compared, and when a model is worth using is the same as for the ball spotter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import Field

from touchline.core.clock import US_PER_S
from touchline.core.errors import InputError, UsageError
from touchline.core.events import Timeline
from touchline.features.reduction import Reduction, load_reduction
from touchline.formats.bundle import FEATURES
from touchline.formats.corrections.reviewed import ReviewedMatch, inside
from touchline.formats.features.vectors import Features, read_features
from touchline.formats.files.atomic import make_folder, write_json_atomic
from touchline.models.specs.spec import DEFAULT_THRESHOLD
from touchline.models.specs.stream_spec import StreamHeadConfig
from touchline.models.store import LoadedModel, load_model, save_model
from touchline.spotting.stream_spotter import StreamSpotter, align
from touchline.training.corrections.before_after import best_thresholds, compare_found, origin_of, read_all
from touchline.training.corrections.head_learning import HeadFineTuning, Streams, Taught, fine_tune_head
from touchline.training.corrections.lessons import lessons_of
from touchline.training.corrections.split import split_of
from touchline.training.corrections.spotter import MEASURED
from touchline.training.family import Family, Job, PlannedRun, plan_runs
from touchline.training.plan import Progress
from touchline.training.recipe import StrictSettings
from touchline.training.streams.targets import PieceEvents

KINDS = ("context",)
"""Heads whose loss is a sum over samples, of which those that nobody decided on can be left out."""


class HeadCorrections(StrictSettings):
    """A recipe of ``task: head-corrections``.

    Attributes:
        name: of the resulting model.
        base: the head that was corrected, by name or path.
        corrections: reviewed bundles that were analysed with the head.
        reduction: file of the reduction that the head's features had; empty if they had none.
        held_out_share: share of the matches with reviewed spans that is held out, the last ones; of the reviewed time
            if there is only one.
        gap_s: seconds between what is learnt from and what is held out in the same match.
        learning: settings of the training.

    """

    task: str = "head-corrections"
    name: str = "my-head"
    base: str = ""
    corrections: list[Path] = Field(default_factory=list)
    reduction: Path | None = None
    held_out_share: float = Field(default=0.3, gt=0, lt=1)
    gap_s: float = Field(default=5.0, ge=0)
    learning: HeadFineTuning = HeadFineTuning()
    licence: str = "Apache-2.0"
    description: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class HeadFooting:
    """What every training of a job starts from.

    Attributes:
        base: the head that was corrected.
        learning: settings of the training.
        streams: of every match, by fingerprint of its video.
        device: where to train.

    """

    base: LoadedModel[StreamHeadConfig]
    learning: HeadFineTuning
    streams: Mapping[str, Streams]
    device: str = "cpu"

    def tuned_on(self, matches: Sequence[ReviewedMatch], *, name: str, progress: Progress | None = None) -> Any:
        """Return the network, fine-tuned on some decisions.

        Raises:
            InputError: the decisions say nothing about any sample of the streams.

        """
        config = self.base.config
        taught = [taught_by(match, self.streams[match.fingerprint], config, self.learning) for match in matches]
        if not any(one.lessons.known.any() for one in taught):
            names = ", ".join(match.name for match in matches)
            raise InputError(f"{names}: nothing is left to learn from; review more, or lower held_out_share or gap_s")
        return fine_tune_head(
            self.base.network,
            taught,
            self.learning,
            rate_hz=config.rate_hz,
            name=name,
            device=self.device,
            progress=progress,
        )

    def found(self, network: Any, match: ReviewedMatch) -> Timeline:
        """Return all events of a network in a match's reviewed spans, of any confidence."""
        spotter, streams = StreamSpotter(network, self.base.config), self.streams[match.fingerprint]
        return inside(spotter.events(spotter.dense(streams.values, streams.present)), match.spans)


def train(settings: HeadCorrections, job: Job) -> Path:
    """Fine-tune, measure before and after, and write the model.

    Args:
        settings: the recipe.
        job: its folder gets ``measured.json`` and the model.

    Returns:
        The model file; ``measured`` in its configuration has ``better``, whether it is worth using.

    Raises:
        UsageError: no bundles or no head are named, or the head is of a kind that cannot learn from corrections.
        InputError: a bundle is not reviewed, has no streams of the head, or too little was reviewed.

    """
    base = load_base_head(settings.base)
    reviewed = read_all(settings.corrections)
    labels = base.config.labels
    matches = [match.only(labels) for match in reviewed]
    split = split_of(matches, share=settings.held_out_share, gap_s=settings.gap_s)
    reduction = None if settings.reduction is None else load_reduction(settings.reduction)
    streams = {match.fingerprint: read_streams(match, base.config, reduction=reduction) for match in matches}
    footing = HeadFooting(base, settings.learning, streams, job.device)
    tuned = footing.tuned_on(split.learn, name="held-out", progress=job.progress)
    comparison = compare_found(
        split.test, partial(footing.found, base.network), partial(footing.found, tuned), labels=labels
    )
    final = footing.tuned_on(matches, name="all corrections", progress=job.progress)
    measured = {**comparison.to_json(), **origin_of(base, reviewed)}
    make_folder(job.out)
    write_json_atomic(job.out / MEASURED, measured)
    best = best_thresholds(matches, partial(footing.found, final), labels=labels)
    return save_model(job.out / settings.name, final, _config(settings, base, thresholds=best, measured=measured))


def plan(settings: HeadCorrections, device: torch.device) -> list[PlannedRun]:
    """Plan the runs of a recipe."""
    network = load_base_head(settings.base).network
    return plan_runs(network, dict.fromkeys(("held-out", "all corrections"), settings.learning.steps))


def load_base_head(name: str) -> LoadedModel[StreamHeadConfig]:
    """Load the head to fine-tune.

    Raises:
        UsageError: none is named, or it is of a kind that cannot learn from corrections.
        InputError: there is no such model, or it is no head over feature streams.

    """
    if not name:
        raise UsageError("base is empty; name the head that was corrected with --set base=MODEL")
    base = load_model(name, task="spot-streams")
    kind = str(base.network.kind)
    if kind not in KINDS:
        raise UsageError(
            f"base {name!r} is a head of kind {kind!r}, whose loss needs the whole truth of a window; heads that learn "
            f"from corrections are those of kind {', '.join(KINDS)}"
        )
    return base


def read_streams(match: ReviewedMatch, config: StreamHeadConfig, *, reduction: Reduction | None = None) -> Streams:
    """Read the streams that a bundle keeps, on a head's grid; a stream that it lacks counts as missing.

    Raises:
        InputError: the bundle has none of them, one is of another video, or one has another width.

    """
    folder = match.bundle.path / FEATURES
    paths = {stream.name: folder / f"{stream.name}.npy" for stream in config.streams}
    held = {name: _read_stream(path, match) for name, path in paths.items() if path.exists()}
    if not held:
        raise InputError(
            f"{folder}: holds none of the streams {sorted(paths)} that {config.name} reads; analyse the video with "
            "this head first"
        )
    samples = max(int(np.ceil(max(one.end_us for one in held.values()) * config.rate_hz / US_PER_S - 1e-6)), 1)
    values, present = {}, {}
    for stream in config.streams:
        features = held.get(stream.name)
        if features is not None and reduction is not None and features.width != stream.width:
            features = _reduced(features, reduction)
        values[stream.name], present[stream.name] = align(
            features, stream=stream, rate_hz=config.rate_hz, samples=samples
        )
    return Streams(values, present)


def taught_by(match: ReviewedMatch, streams: Streams, config: StreamHeadConfig, learning: HeadFineTuning) -> Taught:
    """Return what a match's corrections teach a head."""
    labels, rate_hz = config.labels, config.rate_hz
    lessons = lessons_of(
        match,
        labels=labels,
        fps=rate_hz,
        samples=len(streams),
        radius=int(learning.radius_s * rate_hz),
        reject_radius=int(learning.reject_s * rate_hz),
    )
    at = np.array([event.start_us * rate_hz / US_PER_S for event in match.accepted], np.float64)
    label = np.array([labels.index(event.label) for event in match.accepted], np.int64)
    return Taught(streams, lessons, PieceEvents(at, label))


def _read_stream(path: Path, match: ReviewedMatch) -> Features:
    features = read_features(path)
    if features.info.video.get("fingerprint", match.fingerprint) != match.fingerprint:
        raise InputError(f"{path}: features of another video than the one that was reviewed; analyse it again")
    return features


def _reduced(features: Features, reduction: Reduction) -> Features:
    return Features(reduction.apply(features.values), replace(features.info, reduction=reduction.about))


def _config(
    settings: HeadCorrections,
    base: LoadedModel[StreamHeadConfig],
    *,
    thresholds: Mapping[str, float],
    measured: Mapping[str, Any],
) -> StreamHeadConfig:
    before = {label: base.config.thresholds.get(label, DEFAULT_THRESHOLD) for label in base.config.labels}
    about = settings.description or f"{base.name}, fine-tuned on the corrections of {len(measured['bundles'])} video(s)"
    changes = {"name": settings.name, "thresholds": {**before, **thresholds}, "measured": measured}
    return base.config.model_copy(update={**changes, "description": about, "licence": settings.licence})


FAMILY = Family("head-corrections", HeadCorrections, train, plan, needs_data_root=False, claims_folder=False)
