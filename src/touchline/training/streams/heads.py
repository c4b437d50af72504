"""A head over feature streams from end to end: made or read streams, training, choices on validation, measurement.

Run it with ``touchline train recipes/planted-context.yaml``. Streams stay in their files; batches are mapped pieces.
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
"""End of the names of resampled values, which stay out of the model file."""
TOLD_CONFIDENCE = 0.1
"""Calibration is measured on events of at least this confidence; the many weaker ones would hide it."""


def train(settings: StreamHeadRecipe, job: Job) -> Path:
    """Train one head, choose on the validation recordings, measure on the test ones where there are any.

    Goes on where an earlier run of the same recipe in ``job.out`` stopped.

    Args:
        settings: the recipe.
        job: its folder gets checkpoint, log, planted set, ``measured.json`` (with all resampled values) and the model.

    Returns:
        The model file.

    Raises:
        InputError: the set cannot be used.

    """
    out = job.out
    make_folder(out)
    if settings.planted is not None:
        data = make_planted_set(out / "streams", settings.planted)
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
    """A fresh network for a set, and the arguments it was made of."""
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
            f"optimizer.samples={settings.optimizer.samples} is no multiple of the {network.piece} samples "
            f"that head {settings.head!r} looks at"
        )
    return network, arguments


def plan(settings: StreamHeadRecipe, device: torch.device) -> list[PlannedRun]:
    """The run that a recipe would take, of 0 parameters where only the data tell how wide streams are."""
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
    """Train on the set's ``train`` part; the best of the rounds by the ``valid`` part, which also sets suppression.

    Args:
        data: with parts ``train`` and ``valid``.
        settings: of the recipe.
        device: where to train.
        out: folder of log and checkpoint, from which an earlier run goes on; neither without it.
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
    """What the model file says of a head before anything is chosen or measured."""
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
    """Give each stream's entry the mean and standard deviation of some pieces."""
    values, present = data.batch(sampler.draw(STATISTICS_PIECES), samples=256)
    for name in network.names:
        rows = values[name][present[name]]
        if len(rows):
            entry = cast(Any, network.entries[name])
            entry.set_statistics(torch.from_numpy(rows.mean(axis=0)), torch.from_numpy(rows.std(axis=0)))


def finish_config(
    network: FusedHead, config: StreamHeadConfig, valid: StreamSet, *, settings: StreamHeadRecipe
) -> StreamHeadConfig:
    """The configuration with suppression, calibration and thresholds, as they are best on the validation recordings."""
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
    """Average-mAP tight and loose with intervals, each label's, and how honest confidences are.

    Args:
        network: the head.
        config: its configuration, with suppression and calibration.
        test: recordings that nothing was chosen on.
        without: streams that are taken away.
        resamples: draws of recordings that the intervals are made of.

    """
    test = test.only([stream.name for stream in config.streams])
    scores = measuring.score_recordings(StreamSpotter(network, config), test, without=without)
    return measure_scores(scores, config, test, resamples=resamples)


def measure_scores(
    scores: list[DenseScores], config: StreamHeadConfig, test: StreamSet, *, resamples: int = measuring.RESAMPLES
) -> dict[str, Any]:
    """As :func:`measure_head`, of scores."""
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
    told = sure >= TOLD_CONFIDENCE
    measured["calibration_error"] = equal_widths(sure[told], np.concatenate(right)[told]).error
    return measured


FAMILY = Family("stream-head", StreamHeadRecipe, train, plan, needs_data_root=False)
