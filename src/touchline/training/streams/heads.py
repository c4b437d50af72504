"""Training of a stream head from end to end: generated or stored streams, training, validation, measurement.

Run it with ``touchline train recipes/planted-context.yaml``. Streams stay in their files; batches are memory-mapped.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

from touchline.core.errors import InputError, UsageError
from touchline.formats.features.stream_sets import StreamSet, open_stream_set
from touchline.formats.files.atomic import make_folder, write_json_atomic
from touchline.metrics.calibration import equal_widths
from touchline.models.networks.heads.fusion import FusedHead
from touchline.models.specs.stream_spec import StreamHeadConfig, StreamSpec
from touchline.models.store import save_model
from touchline.spotting.stream_decoding import DenseScores, calibrated
from touchline.spotting.stream_spotter import StreamSpotter
from touchline.synthetic.planted_streams import LABELS, make_planted_set
from touchline.training.distributed.group import current_group
from touchline.training.family import Family, Job, PlannedRun, count_parameters
from touchline.training.loop import Loop
from touchline.training.plan import Progress
from touchline.training.streams import measure as measuring
from touchline.training.streams.batches import PieceSampler
from touchline.training.streams.learning import HeadLessons, measure_on, plan_learning
from touchline.training.streams.settings import StreamHeadRecipe

STATISTICS_PIECES = 64
MEASURED = "measured.json"
DRAWS = "_draws"
"""Suffix of keys with resampled values, which are left out of the model file."""
LEAST_CALIBRATED = 0.1
"""Calibration is measured on events of at least this confidence; the many weaker ones would mask it."""


def train(settings: StreamHeadRecipe, job: Job) -> Path:
    """Train one head, tune it on the validation recordings, and measure it on the test recordings, if any.

    Resumes an earlier run of the same recipe in ``job.out``.

    Args:
        settings: the recipe.
        job: its folder gets checkpoint, log, planted set, ``measured.json`` (with all resampled values) and the model.

    Returns:
        The model file.

    Raises:
        InputError: the set is unusable.

    """
    out = job.out
    make_folder(out)
    if settings.planted is not None:
        with current_group().first_before_others():
            data = make_planted_set(job.cache("streams"), settings.planted)
    else:
        data = open_stream_set(cast(Path, settings.data_root))
    network, config = train_head(data, settings, device=job.device, out=out, progress=job.progress)
    test, measured = data.part("test"), dict(config.measured)
    if len(test):
        measured["test"] = measure_head(network, config, test, resamples=settings.resamples)
    write_json_atomic(out / MEASURED, measured)
    kept = {name: value for name, value in measured.get("test", {}).items() if not name.endswith(DRAWS)}
    config = measuring.with_measurements(config, {**measured, "test": kept} if kept else measured)
    return save_model(out / settings.name, network, config)


def build_head(data: StreamSet, settings: StreamHeadRecipe) -> tuple[FusedHead, dict[str, Any]]:
    """Build a fresh network for a set; also return the arguments it was built from."""
    arguments: dict[str, Any] = {
        "streams": dict(data.widths),
        "num_classes": len(data.labels),
        "head": settings.head,
        "head_arguments": settings.head_arguments,
        "fusion": settings.fusion,
        "width": settings.width,
        "dropout": settings.dropout,
    }
    try:
        network = FusedHead(**arguments)
    except (TypeError, ValueError) as error:
        raise UsageError(f"head {settings.head!r} cannot be built: {error}") from error
    if settings.optimizer.samples % network.piece:
        raise UsageError(
            f"optimizer.samples={settings.optimizer.samples} is not a multiple of the {network.piece} samples "
            f"that head {settings.head!r} processes at once"
        )
    return network, arguments


def plan(settings: StreamHeadRecipe, device: torch.device) -> list[PlannedRun]:
    """Plan the run of a recipe; 0 parameters if only the data determine the width of the streams."""
    total, trained = 0, 0
    if settings.planted is not None:
        data = StreamSet(LABELS, settings.planted.rate_hz, settings.planted.widths, ())
        network, _ = build_head(data.only(settings.streams) if settings.streams else data, settings)
        total, trained = count_parameters(network)
    optimizer = settings.optimizer
    return [PlannedRun(settings.name, total, trained, optimizer.steps, optimizer.cpu_s)]


def train_head(
    data: StreamSet,
    settings: StreamHeadRecipe,
    *,
    device: str = "cpu",
    out: Path | None = None,
    progress: Progress | None = None,
) -> tuple[FusedHead, StreamHeadConfig]:
    """Train on the set's ``train`` part; keep the best round on the ``valid`` part, which also sets the suppression.

    Args:
        data: with parts ``train`` and ``valid``.
        settings: of the recipe.
        device: where to train.
        out: folder of log and checkpoint, from which an earlier run resumes; None for neither.
        progress: called after each step.

    """
    if settings.streams:
        data = data.only(settings.streams)
    learn, valid = data.part("train"), data.part("valid")
    if not len(learn) or not len(valid):
        raise InputError(f"a set needs recordings to train and to validate on; it has {len(learn)} and {len(valid)}")
    optimizer = settings.optimizer
    torch.manual_seed(optimizer.seed)
    network, arguments = build_head(data, settings)
    sampler = PieceSampler(learn, samples=optimizer.samples, at_events=optimizer.at_events, seed=optimizer.seed)
    fit_statistics(network, learn, sampler)
    network.to(device)
    config = _config_of(data, settings, network=arguments)
    lessons = HeadLessons(network, learn, sampler, settings=settings)
    loop = Loop(
        network,
        lessons.data,
        lessons.terms,
        torch.optim.AdamW(network.parameters(), lr=optimizer.base_lr, weight_decay=optimizer.weight_decay),
        plan_learning(settings, learn, out=out),
        measure=measure_on(valid, config),
        progress=progress,
    )
    loop.run()
    network.load_state_dict(loop.weights(best=True))
    spent = {"steps": float(loop.step), "cpu_s": loop.spent_s}
    measured = {"valid_tight": loop.best_score, "rounds": loop.history, "spent": spent}
    config = config.model_copy(update={"measured": measured})
    return network.eval(), finish_config(network, config, valid, settings=settings)


def _config_of(data: StreamSet, settings: StreamHeadRecipe, *, network: dict[str, Any]) -> StreamHeadConfig:
    """Return the configuration in the model file, before tuning and measurement."""
    return StreamHeadConfig(
        name=settings.name,
        architecture="stream-head",
        network=network,
        labels=data.labels,
        streams=tuple(
            StreamSpec(
                name=name,
                width=width,
                model=data.models.get(name, ""),
                published=name in data.published,
                reduction=data.reductions.get(name, ""),
            )
            for name, width in data.widths.items()
        ),
        rate_hz=data.rate_hz,
        licence=settings.licence,
        description=settings.description,
    )


def fit_statistics(network: FusedHead, data: StreamSet, sampler: PieceSampler) -> None:
    """Fit the mean and standard deviation of each stream's input to some pieces."""
    values, present = data.batch(sampler.draw(STATISTICS_PIECES), samples=256)
    for name in network.names:
        rows = values[name][present[name]]
        if len(rows):
            entry = cast(Any, network.entries[name])
            entry.set_statistics(torch.from_numpy(rows.mean(axis=0)), torch.from_numpy(rows.std(axis=0)))


def finish_config(
    network: FusedHead, config: StreamHeadConfig, valid: StreamSet, *, settings: StreamHeadRecipe
) -> StreamHeadConfig:
    """Return the configuration with suppression, calibration and thresholds tuned on the validation recordings."""
    scores = measuring.score_recordings(StreamSpotter(network, config), valid)
    suppression = measuring.choose_suppression(scores, valid, windows_s=settings.windows_s, kinds=settings.suppression)
    truth = [measuring.truth_columns(recording, valid.labels) for recording in valid.recordings]
    found = [
        measuring.found_columns(one, labels=valid.labels, rate_hz=valid.rate_hz, settings=suppression) for one in scores
    ]
    labels, within_s = valid.labels, config.calibrated_within_s
    calibration = measuring.fit_calibration(truth, found, labels=labels, within_s=within_s)
    thresholds = measuring.choose_thresholds(truth, found, labels=labels, calibration=calibration, within_s=within_s)
    return config.model_copy(update={"suppression": suppression, "calibration": calibration, "thresholds": thresholds})


def measure_head(
    network: FusedHead,
    config: StreamHeadConfig,
    test: StreamSet,
    *,
    without: tuple[str, ...] = (),
    resamples: int = measuring.RESAMPLES,
) -> dict[str, Any]:
    """Measure average-mAP (tight and loose) with intervals, per-label AP, and the calibration of confidences.

    Args:
        network: the head.
        config: its configuration, with suppression and calibration.
        test: recordings that nothing was tuned on.
        without: streams to leave out.
        resamples: number of bootstrap samples of recordings for the intervals.

    """
    test = test.only([stream.name for stream in config.streams])
    scores = measuring.score_recordings(StreamSpotter(network, config), test, without=without)
    return measure_scores(scores, config, test, resamples=resamples)


def measure_scores(
    scores: list[DenseScores], config: StreamHeadConfig, test: StreamSet, *, resamples: int = measuring.RESAMPLES
) -> dict[str, Any]:
    """Measure scores as :func:`measure_head` does."""
    labels, rate_hz = config.labels, config.rate_hz
    truth = [measuring.truth_columns(recording, labels) for recording in test.recordings]
    found = [
        measuring.found_columns(one, labels=labels, rate_hz=rate_hz, settings=config.suppression) for one in scores
    ]
    measured: dict[str, Any] = {"recordings": len(test)}
    for metric in ("tight", "loose"):
        value = measuring.average(truth, found, labels=labels, rate_hz=rate_hz, metric=metric)
        draws = measuring.resampled(truth, found, labels=labels, rate_hz=rate_hz, metric=metric, resamples=resamples)
        measured[metric] = asdict(measuring.interval(value, draws))
        measured[f"{metric}_labels"] = measuring.per_label(truth, found, labels=labels, rate_hz=rate_hz, metric=metric)
        measured[f"{metric}{DRAWS}"] = [round(float(draw), 5) for draw in draws]
    confidence, right = [], []
    for column, label in enumerate(labels):
        score, true = measuring.hits(truth, found, column=column, within_s=config.calibrated_within_s)
        confidence.append(calibrated(score, *config.calibration.get(label, (1.0, 0.0))))
        right.append(true)
    sure = np.concatenate(confidence)
    kept = sure >= LEAST_CALIBRATED
    measured["calibration_error"] = equal_widths(sure[kept], np.concatenate(right)[kept]).error
    return measured


FAMILY = Family("stream-head", StreamHeadRecipe, train, plan, needs_data_root=False)
