"""Fine-tuning of a ball spotter on reviewed bundles, from end to end.

Run it with ``touchline train spotting-corrections --corrections match.touchline``. Part of the corrections is held out:
the model is measured on it before and after. The model that is written is then trained on all corrections in the same
way; it is only worth using if the measured one was better beyond chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import Field

from touchline.core.clock import frame_from_us, us_from_frame
from touchline.core.errors import UsageError
from touchline.core.events import Scores, Timeline
from touchline.formats.corrections.reviewed import ReviewedMatch, find_video, inside
from touchline.formats.files.atomic import write_json_atomic
from touchline.models.networks.ball_spotter import BallSpotter
from touchline.models.specs.spec import ModelConfig
from touchline.models.store import LoadedModel, default_spotter, load_model, save_model
from touchline.spotting.peaks import find_events
from touchline.training.corrections.before_after import best_thresholds, compare_found, origin_of, read_all
from touchline.training.corrections.footage import Footage
from touchline.training.corrections.learning import FineTuning, fine_tune
from touchline.training.corrections.lessons import Lessons, lessons_of
from touchline.training.corrections.pieces import Stretch, encode_stretches, pieces_of
from touchline.training.corrections.split import split_of
from touchline.training.distributed.group import current_group
from touchline.training.family import Family, Job, PlannedRun, plan_runs
from touchline.training.plan import Progress
from touchline.training.recipe import StrictSettings
from touchline.training.spotting.ball_temporal import score_vectors

LEAST_CONFIDENCE = 0.01
"""Confidence of the least peak that is measured."""
MEASURED = "measured.json"


class SpotterCorrections(StrictSettings):
    """A recipe of ``task: spotter-corrections``.

    Attributes:
        name: of the resulting model.
        base: the model that was corrected, by name or path; a ball spotter.
        corrections: reviewed bundles, or their videos.
        videos: videos that do not lie beside their bundle, or folders of them.
        held_out_share: share of the matches with reviewed spans that is held out, the last ones; of the reviewed time
            if there is only one.
        gap_s: seconds between what is learnt from and what is held out in the same match.
        learning: settings of the training.

    """

    task: str = "spotter-corrections"
    name: str = "my-ball-spotter"
    base: str = Field(default_factory=default_spotter)
    corrections: list[Path] = Field(default_factory=list)
    videos: list[Path] = Field(default_factory=list)
    held_out_share: float = Field(default=0.3, gt=0, lt=1)
    gap_s: float = Field(default=5.0, ge=0)
    learning: FineTuning = FineTuning()
    licence: str = "Apache-2.0"
    description: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Footing:
    """What every training of a job starts from.

    Attributes:
        network: the base.
        config: its configuration.
        learning: settings of the training.
        stretches: what the encoder saw, by fingerprint of the video.

    """

    network: BallSpotter
    config: ModelConfig
    learning: FineTuning
    stretches: Mapping[str, Sequence[Stretch]]

    def tuned_on(self, matches: Sequence[ReviewedMatch], *, name: str, progress: Progress | None = None) -> BallSpotter:
        """Return the network, fine-tuned on some decisions."""
        pieces = [
            piece
            for match in matches
            for piece in pieces_of(self.stretches[match.fingerprint], known_lessons(match, self.config, self.learning))
        ]
        return fine_tune(self.network, pieces, self.learning, name=name, progress=progress)

    def found(self, network: BallSpotter, match: ReviewedMatch) -> Timeline:
        """Return all peaks of a network with the base's encoder in a match's reviewed spans, of any confidence."""
        parts = [spot_stretch(network, one, self.config) for one in self.stretches[match.fingerprint]]
        return inside(Timeline(tuple(event for part in parts for event in part)), match.spans)


def train(settings: SpotterCorrections, job: Job) -> Path:
    """Fine-tune, measure before and after, and write the model.

    Args:
        settings: the recipe.
        job: its folder gets the encoder's vectors, ``measured.json`` and the model.

    Returns:
        The model file; ``measured`` in its configuration has ``better``, whether it is worth using.

    Raises:
        UsageError: no bundles are named, or the base is not a ball spotter.
        InputError: a bundle is not reviewed, its video is not found, or too little was reviewed.

    """
    base = load_base(settings.base)
    reviewed = read_all(settings.corrections)
    matches = [match.only(base.config.labels) for match in reviewed]
    split = split_of(matches, share=settings.held_out_share, gap_s=settings.gap_s)
    stretches = {match.fingerprint: _encode(match, base, settings, job) for match in matches}
    footing = Footing(base.network, base.config, settings.learning, stretches)
    tuned = footing.tuned_on(split.learn, name="held-out", progress=job.progress)
    comparison = compare_found(
        split.test, partial(footing.found, base.network), partial(footing.found, tuned), labels=base.config.labels
    )
    final = footing.tuned_on(matches, name="all corrections", progress=job.progress)
    measured = {**comparison.to_json(), **origin_of(base, reviewed)}
    write_json_atomic(job.out / MEASURED, measured)
    best = best_thresholds(matches, partial(footing.found, final), labels=base.config.labels)
    thresholds = {**base.config.all_thresholds(), **best}
    config = _config(settings, base, thresholds=thresholds, measured=measured)
    return save_model(job.out / settings.name, final, config)


def plan(settings: SpotterCorrections, device: torch.device) -> list[PlannedRun]:
    """Plan the runs of a recipe."""
    head = load_base(settings.base).network.head
    return plan_runs(head, dict.fromkeys(("held-out", "all corrections"), settings.learning.steps))


def load_base(name: str) -> LoadedModel[ModelConfig]:
    """Load the model to fine-tune.

    Raises:
        UsageError: it is not a ball spotter.
        InputError: there is no such model.

    """
    base = load_model(name)
    if not isinstance(base.network, BallSpotter):
        raise UsageError(
            f"base {name!r} has architecture {base.config.architecture!r}; only a ball-spotter learns from corrections"
        )
    return base


def spot_stretch(network: BallSpotter, stretch: Stretch, config: ModelConfig) -> Timeline:
    """Return all peaks in a stretch, of any confidence, as a metric requires."""
    fps, peaks = config.frame.fps, config.peaks
    times_us = [us_from_frame(stretch.first + number, fps=fps) for number in range(len(stretch))]
    scores = Scores(score_vectors(network, stretch.vectors), np.array(times_us, np.int64), config.labels)
    return find_events(
        scores,
        thresholds=dict.fromkeys(config.labels, LEAST_CONFIDENCE),
        sigma_samples=peaks.sigma_samples,
        distance_samples=peaks.distance_samples,
        source=config.name,
    )


def known_lessons(match: ReviewedMatch, config: ModelConfig, learning: FineTuning) -> Lessons:
    """Return what a match's corrections teach a model, up to the last of them."""
    fps = config.frame.fps
    last_us = max([end for _, end in match.spans] + [e.start_us for t in (match.accepted, match.rejected) for e in t])
    return lessons_of(
        match,
        labels=config.labels,
        fps=fps,
        samples=frame_from_us(last_us, fps=fps) + 1 + max(learning.target_radius, learning.reject_radius),
        radius=learning.target_radius,
        reject_radius=learning.reject_radius,
    )


def _encode(
    match: ReviewedMatch, base: LoadedModel[ModelConfig], settings: SpotterCorrections, job: Job
) -> list[Stretch]:
    """Return what the encoder sees of a video where anything was decided."""
    footage = Footage(find_video(match, videos=settings.videos), base.config.frame)
    known = known_lessons(match, base.config, settings.learning).known
    done, total = 0, int(known.sum())

    def encoded(count: int) -> None:
        nonlocal done
        done += count
        if job.progress is not None:
            job.progress(f"frames of {match.name}", done, max(done, total))

    cache = job.cache("vectors") / f"{match.fingerprint[:16]}-{base.sha256[:16]}"
    with current_group().first_before_others():
        return encode_stretches(footage, base.network, known, cache=cache, device=job.device, encoded=encoded)


def _config(
    settings: SpotterCorrections,
    base: LoadedModel[ModelConfig],
    *,
    thresholds: Mapping[str, float],
    measured: Mapping[str, Any],
) -> ModelConfig:
    about = settings.description or f"{base.name}, fine-tuned on the corrections of {len(measured['bundles'])} video(s)"
    changes = {"name": settings.name, "thresholds": thresholds, "measured": measured, "description": about}
    return base.config.model_copy(update={**changes, "licence": settings.licence})


FAMILY = Family("spotter-corrections", SpotterCorrections, train, plan, needs_data_root=False, claims_folder=False)
