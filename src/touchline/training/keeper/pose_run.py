"""The keeper-pose recipe from end to end: training on figures, networks with held-out shots, measurement, the model.

Run it with ``touchline train recipes/keeper-pose.yaml``. Every measured joint comes from a network that saw no picture
of its shot; nothing (length, weights, early stopping) is tuned on them.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from touchline.core.arrays import Rgb
from touchline.core.errors import UsageError
from touchline.core.poses import JOINTS
from touchline.formats.files.atomic import write_bytes_atomic, write_json_atomic
from touchline.formats.keeper.pictures import KeeperPicture, read_keeper_pictures
from touchline.formats.keeper.tables import read_choices, read_poses, read_shots
from touchline.goalkeeping.pose_finder import finder_of, joint_confidence
from touchline.goalkeeping.reference import centroids, reference_rows
from touchline.metrics.calibration import equal_counts
from touchline.metrics.poses import correct_joints
from touchline.models.networks.mobile_pose_net import MobilePoseNet
from touchline.models.networks.pose_net import PoseNet
from touchline.models.specs.pose_spec import ConfidenceSpec, PoseConfig
from touchline.models.specs.spec import PictureSpec
from touchline.models.store import save_model
from touchline.training.distributed.group import current_group
from touchline.training.family import Family, Job, PlannedRun, plan_runs
from touchline.training.keeper.pose import (
    AgreementStage,
    KeeperPoseRecipe,
    PoseStage,
    deal_folds,
    fresh_network,
    shares,
    train_stage,
)
from touchline.training.keeper.pose_agreed import Round, gather_opinions, left_out, train_agreed
from touchline.training.keeper.pose_augment import PoseSample
from touchline.training.keeper.pose_data import PoseSampler, as_sample, cut_backgrounds, draw_figures, read_picture
from touchline.training.keeper.pose_labels import Labels, clean_labels, on_device, squares_of, with_figures, with_nobody
from touchline.training.keeper.pose_measure import (
    WITHIN,
    Found,
    Truth,
    fit_confidence,
    fit_seen_from,
    look_at,
    mean_pose,
    measure_poses,
    measure_techniques,
    nearest_picture,
    shot_views,
    truth_of,
)
from touchline.training.keeper.pose_person import refit_person, without_people

_BACKGROUNDS = 400
_CUT_PICTURES = 100
_PERSON_PICTURES = 200
"""Training pictures, and as many backgrounds, that the person output is refitted on."""
_AGREED_TRUST = 0.6
"""Share of opinions that must agree on a joint that confidence is fitted to."""


@dataclass(frozen=True, slots=True, eq=False)
class _Material:
    """All data for training and measurement."""

    pictures: Sequence[KeeperPicture]
    fold: npt.NDArray[np.int64]
    truth: Truth
    figures: Sequence[PoseSample]
    backgrounds: Sequence[Rgb]


def train(settings: KeeperPoseRecipe, job: Job) -> Path:
    """Train, measure and save; resumes an earlier run in ``job.out``.

    Args:
        settings: the recipe.
        job: its folder gets checkpoints, ``held_out.npz``, ``measured.json`` and the model.

    Returns:
        The model file.

    """
    if settings.agreement is not None and not current_group().alone:
        raise UsageError("agreement is trained by one process, in its memory; start it without torchrun")
    material = _gather(settings)
    trained, everything = _train_all(material, settings, job)
    rows = np.isin(material.fold, settings.measured)
    found = _held_out(trained, material, settings)
    confidence = _confidence(found, rows, material, settings).model_copy(
        update={"seen_from": _seen_from(trained[settings.measured[0]], material, settings)}
    )
    measured = measure(settings, material.pictures, found, rows=rows, fold=material.fold)
    write_json_atomic(job.out / "measured.json", measured)
    _save_found(job.out / "held_out.npz", found, rows)
    shipped = trained[settings.measured[0]] if everything is None else everything
    config = model_config(shipped, settings, measured, confidence=confidence)
    return save_model(job.out / settings.name, shipped, config, half=True)


def _train_all(
    material: _Material, settings: KeeperPoseRecipe, job: Job
) -> tuple[dict[int, nn.Module], nn.Module | None]:
    """Train a network without each measured fold, and one on all pictures if the recipe asks for it."""
    if settings.agreement is not None:
        agreed = partial(_train_agreed, material, settings.agreement.below(settings.data_root), job)
        trained = {held: agreed(held) for held in settings.measured}
        return trained, agreed(None) if settings.train_on_all else None
    network = _train_stage(fresh_network(settings), _sampler(material, None, settings), settings.first, "figures", job)
    without = partial(_train_without, network=network, material=material, settings=settings, job=job)
    return {held: without(held) for held in settings.measured}, without(None) if settings.train_on_all else None


def _train_agreed(material: _Material, stage: AgreementStage, job: Job, held: int | None) -> nn.Module:
    """Train on cleaned labels of all folds but one, or of all; keep the first round's poses of unseen pictures."""
    rows = ~left_out(material.pictures, stage) & (material.fold != (-1 if held is None else held))
    pictures = [material.pictures[row] for row in np.flatnonzero(rows).tolist()]
    pixels = [read_picture(picture.path) for picture in pictures]
    device = torch.device(job.device)
    figures, nobody = with_figures(material.figures), with_nobody(material.backgrounds)
    part = "all" if held is None else f"fold_{held}"
    run = Round(stage, pixels, on_device(figures, device), on_device(nobody, device), device, job.out / part)
    opinions = gather_opinions(pictures, pixels, stage)
    network, unseen = train_agreed(opinions, material.fold[rows], run, progress=job.progress)
    _save_arrays(job.out / f"unseen_{part}.npz", rows=np.flatnonzero(rows), places=unseen)
    network = network.cpu().eval()
    if isinstance(network, MobilePoseNet):
        squares = squares_of(pixels[:: max(1, len(pixels) // _PERSON_PICTURES)])[0].float()
        size = (stage.side_px, stage.side_px)
        keepers = nn.functional.interpolate(squares, size=size, mode="bilinear").to(torch.uint8)
        refit_person(network, keepers, without_people(material.backgrounds[:_PERSON_PICTURES], side_px=stage.side_px))
    return network


def _confidence(
    found: Found, rows: npt.NDArray[np.bool_], material: _Material, settings: KeeperPoseRecipe
) -> ConfidenceSpec:
    """Return the constants that the recipe gives, or fit them on held-out pictures."""
    if settings.agreement is not None and settings.agreement.confidence is not None:
        return settings.agreement.confidence
    truth, sure = _confidence_truth(material, rows, settings)
    return fit_confidence(found, truth, sure=sure)


def _confidence_truth(
    material: _Material, rows: npt.NDArray[np.bool_], settings: KeeperPoseRecipe
) -> tuple[Truth, npt.NDArray[np.bool_] | None]:
    """Return what confidence is fitted to: published poses, or what MoveNet and they agree on, where they do."""
    if settings.agreement is None:
        return material.truth.take(rows), None
    pictures = [material.pictures[row] for row in np.flatnonzero(rows).tolist()]
    pixels = [read_picture(picture.path) for picture in pictures]
    labels = clean_labels(gather_opinions(pictures, pixels, settings.agreement.below(settings.data_root)))
    return agreed_truth(labels, material.truth.groups[rows])


def agreed_truth(labels: Labels, groups: npt.NDArray[np.str_]) -> tuple[Truth, npt.NDArray[np.bool_]]:
    """Return cleaned labels as truth, and which joints (n, 16) most opinions agree on."""
    everything = np.ones(len(groups), bool)
    return Truth(labels.joints.astype(np.float64), groups, everything), labels.sure >= _AGREED_TRUST


def plan(settings: KeeperPoseRecipe, device: torch.device) -> list[PlannedRun]:
    """Plan the runs of a recipe."""
    if settings.agreement is not None:
        stage = settings.agreement
        held = len(settings.measured) * (settings.folds - 1) + settings.train_on_all * settings.folds
        last = len(settings.measured) + settings.train_on_all
        return plan_runs(MobilePoseNet(), {"by folds": stage.first_steps * held, "network": stage.steps * last})
    names = [f"fold_{held}" for held in settings.measured] + (["all"] if settings.train_on_all else [])
    steps = {"figures": settings.first.steps, **dict.fromkeys(names, settings.then.steps)}
    return plan_runs(PoseNet(**settings.network), steps)


def _gather(settings: KeeperPoseRecipe) -> _Material:
    pictures = read_keeper_pictures(settings.data_root / settings.pictures)
    fold = deal_folds(pictures, folds=settings.folds, seed=settings.split_seed)
    backgrounds = cut_backgrounds(settings.data_root / settings.backgrounds, count=_BACKGROUNDS)
    figures = draw_figures(backgrounds, count=settings.figures)
    return _Material(pictures, fold, _truth(pictures), figures, backgrounds)


def _truth(pictures: Sequence[KeeperPicture]) -> Truth:
    sizes = [read_picture(picture.path).shape[:2] for picture in pictures]
    return truth_of(pictures, [(height, width) for height, width in sizes])


def _sampler(
    material: _Material, held: int | None, settings: KeeperPoseRecipe, *, all_pictures: bool = False
) -> PoseSampler:
    """Make the sampler: figures alone, or with the pictures of all folds but one, or of all."""
    learn = [
        as_sample(picture)
        for picture, fold in zip(material.pictures, material.fold, strict=True)
        if all_pictures or (held is not None and fold != held)
    ]
    stage = settings.then if learn else settings.first
    return PoseSampler(
        learn,
        material.figures,
        material.backgrounds,
        shares=shares(stage),
        side_px=settings.side_px,
        batch=stage.batch,
        seed=stage.seed,
    )


def _train_without(
    held: int | None, network: PoseNet, material: _Material, settings: KeeperPoseRecipe, *, job: Job
) -> PoseNet:
    """Train a network on all folds but one, or on all."""
    sampler = _sampler(material, held, settings, all_pictures=held is None)
    part = "all" if held is None else f"fold_{held}"
    return _train_stage(copy.deepcopy(network), sampler, settings.then, part, job)


def _train_stage(network: PoseNet, sampler: PoseSampler, stage: PoseStage, part: str, job: Job) -> PoseNet:
    return train_stage(network, sampler, stage, out=job.out / part, device=job.device, progress=job.progress)


def _held_out(trained: Mapping[int, nn.Module], material: _Material, settings: KeeperPoseRecipe) -> Found:
    """Return the networks' output for the pictures that they never saw, in the pictures' order."""
    order: list[int] = []
    parts: list[Found] = []
    for held, network in trained.items():
        rows = np.flatnonzero(material.fold == held)
        finder = finder_of(network, model_config(network, settings, {}), device="cpu", backend="torch")
        parts.append(look_at(finder, [material.pictures[row] for row in rows.tolist()]))
        order += rows.tolist()
    back = np.argsort(order)
    joined = (np.concatenate([getattr(part, name) for part in parts])[back] for name in ("places", "shares", "seen"))
    return Found(*joined)


def _seen_from(network: nn.Module, material: _Material, settings: KeeperPoseRecipe) -> float:
    """Fit the visibility threshold on training pictures of the first measured network."""
    finder = finder_of(network, model_config(network, settings, {}), device="cpu", backend="torch")
    trained_on = [
        picture
        for picture, fold in zip(material.pictures, material.fold, strict=True)
        if fold != settings.measured[0] and picture.kept
    ]
    chosen = np.random.default_rng(0).permutation(len(trained_on))[:_CUT_PICTURES]
    return fit_seen_from(finder, [trained_on[k] for k in chosen.tolist()])


def measure(
    settings: KeeperPoseRecipe,
    pictures: Sequence[KeeperPicture],
    found: Found,
    *,
    rows: npt.NDArray[np.bool_],
    fold: npt.NDArray[np.int64],
) -> dict[str, Any]:
    """Measure everything that is reported of held-out pictures, beside the baselines.

    Args:
        settings: of the recipe, with the folder of the tables.
        pictures: all of them.
        found: output for the pictures that ``rows`` selects.
        rows: bool (n,), the held-out ones.
        fold: int64 (n,), of every picture; baselines never use a picture's own fold.

    """
    folder = settings.data_root / settings.pictures
    everything = _truth(pictures)
    truth = everything.take(rows)
    held = [picture for picture, there in zip(pictures, rows, strict=True) if there]
    shots, choices = read_shots(folder), read_choices(folder)
    views = shot_views(held, engagement=shots.engagement, technique=choices.technique)
    published = reference_rows(shots, read_poses(folder), choices)
    centres = centroids(published.features, published.technique)
    said: dict[str, Any] = {"folds_measured": list(settings.measured), "within_torsos": WITHIN}
    estimators = {
        "network": found,
        "nearest picture (HOG)": _rows(nearest_picture(pictures, everything, fold), rows),
        "mean pose": _rows(mean_pose(everything, fold), rows),
    }
    for name, estimate in estimators.items():
        said[name] = {
            "all": measure_poses(estimate, truth),
            "trusted_by_the_authors": measure_poses(estimate, truth, rows=truth.kept),
            "technique": measure_techniques(estimate, truth, views, centres=centres),
        }
    said["confidence"] = _confidence_measured(found, truth)
    return said


def _rows(found: Found, rows: npt.NDArray[np.bool_]) -> Found:
    return Found(found.places[rows], found.shares[rows], found.seen[rows])


def _confidence_measured(found: Found, truth: Truth) -> dict[str, float | None]:
    """Measure the calibration with the function fitted on one half of the shots and tested on the other, both ways."""
    names = np.unique(truth.groups)
    half = np.isin(truth.groups, names[np.random.default_rng(0).permutation(len(names)) < len(names) // 2])
    correct = correct_joints(found.places[..., :2], truth.places[..., :2], within=WITHIN)
    sure = np.zeros(correct.shape)
    for part in (half, ~half):
        spec = fit_confidence(_rows(found, ~part), truth.take(~part))
        sure[part] = joint_confidence(found.shares[part], found.seen[part, :-1], spec=spec)
    kept = truth.kept
    return {
        "calibration_error": round(equal_counts(sure[kept], correct[kept], bins=10).error, 4),
        "correct_where_sure": _mean(correct[kept][sure[kept] >= 0.5]),
        "correct_where_not": _mean(correct[kept][sure[kept] < 0.5]),
        "share_sure": round(float((sure[kept] >= 0.5).mean()), 4),
        "pictures_where_a_person_is_seen": round(float((found.seen[:, -1] >= 0.5).mean()), 4),
    }


def _mean(values: npt.NDArray[np.bool_]) -> float | None:
    return round(float(values.mean()), 4) if len(values) else None


def _save_found(path: Path, found: Found, rows: npt.NDArray[np.bool_]) -> None:
    _save_arrays(path, rows=rows, places=found.places, shares=found.shares, seen=found.seen)


def _save_arrays(path: Path, **arrays: npt.NDArray[Any]) -> None:
    data = BytesIO()
    np.savez_compressed(data, **arrays)  # type: ignore[arg-type]
    write_bytes_atomic(path, data.getvalue())


def model_config(
    network: nn.Module,
    settings: KeeperPoseRecipe,
    measured: Mapping[str, Any],
    *,
    confidence: ConfidenceSpec | None = None,
) -> PoseConfig:
    """Return the configuration of the model file."""
    side_px = settings.side_px if settings.agreement is None else settings.agreement.side_px
    return PoseConfig(
        name=settings.name,
        architecture="pose-net" if settings.agreement is None else "mobile-pose-net",
        network=_settings_of(network),
        labels=JOINTS,
        picture=PictureSpec(width=side_px, height=side_px),
        confidence=confidence or ConfidenceSpec(),
        licence=settings.licence,
        description=settings.description,
        measured={"held_out": measured} if measured else {},
    )


def _settings_of(network: nn.Module) -> dict[str, Any]:
    assert isinstance(network, PoseNet | MobilePoseNet)
    return network.settings


FAMILY = Family("keeper-pose", KeeperPoseRecipe, train, plan)
