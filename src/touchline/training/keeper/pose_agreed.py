"""Training on labels that several networks agree on, in two rounds.

In the first round, networks that each leave a fold out learn from what MoveNet and the published poses agree on; their
poses of the fold left out are one more opinion. In the second round one network learns from the labels cleaned again.
Measured folds take part in neither round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from touchline.core.arrays import Floats64, Rgb
from touchline.formats.keeper.pictures import KeeperPicture
from touchline.models.importing.movenet import start_from_movenet
from touchline.models.networks.mobile_pose_net import MobilePoseNet
from touchline.training.curves import write_curves
from touchline.training.keeper.label_opinions import movenet_opinions
from touchline.training.keeper.pose import AgreementStage
from touchline.training.keeper.pose_augment_batch import Pictures
from touchline.training.keeper.pose_in_memory import Fit, Material, State, fit_in_memory, rate_share, read_poses
from touchline.training.keeper.pose_labels import (
    Labels,
    Opinions,
    clean_labels,
    in_squares,
    on_device,
    squares_of,
    with_labels,
)
from touchline.training.logs import MetricLog
from touchline.training.plan import Progress


@dataclass(frozen=True, slots=True, eq=False)
class Round:
    """One round of training: what it reads, where it runs.

    Attributes:
        stage: of the recipe.
        pixels: the pictures.
        figures, nobody: simulated keepers and pictures without a person, on the device.
        device: where it runs.
        folder: of the logs and their pictures, one folder for each training; None for none.

    """

    stage: AgreementStage
    pixels: Sequence[Rgb]
    figures: Pictures
    nobody: Pictures
    device: torch.device
    folder: Path | None = None


def left_out(pictures: Sequence[KeeperPicture], stage: AgreementStage) -> npt.NDArray[np.bool_]:
    """Return which pictures (n,) the stage leaves out."""
    names = set(stage.left_out)
    return np.array([f"{picture.source}/{picture.path.name}" in names for picture in pictures])


def gather_opinions(pictures: Sequence[KeeperPicture], pixels: Sequence[Rgb], stage: AgreementStage) -> Opinions:
    """Return MoveNet's and the published poses of pictures."""
    places, weights = movenet_opinions(stage.opinions, pixels)
    published = np.stack([picture.joints_px for picture in pictures])[None]
    sizes = [(int(picture.shape[0]), int(picture.shape[1])) for picture in pixels]
    return Opinions(
        in_squares(np.concatenate([places, published]), sizes),
        np.append(weights, stage.published),
        np.stack([picture.joints_3d[:, 2] for picture in pictures]),
        np.array([picture.kept for picture in pictures]),
    )


def train_agreed(
    opinions: Opinions, fold: npt.NDArray[np.int64], run: Round, *, progress: Progress | None = None
) -> tuple[nn.Module, Floats64]:
    """Train a network on pictures with opinions; also return the first round's poses of pictures it had not seen.

    Args:
        opinions: on the pictures of ``run``.
        fold: int64 (n,), of each picture.
        run: stage, pictures and device.
        progress: called with a name, steps done and steps to do.

    Returns:
        The network with averaged weights, and poses (n, 16, 3) in shares of the squares, NaN in a fold of its own.

    """
    first = clean_labels(opinions)
    unseen = np.full((len(fold), 16, 3), np.nan)
    names = np.unique(fold).tolist()
    for number, name in enumerate(names if len(names) > 1 else []):
        rows = fold == name
        network = _train(first, ~rows, run, steps=run.stage.first_steps, seed=number + 1, progress=progress)
        pixels, _ = squares_of([run.pixels[row] for row in np.flatnonzero(rows).tolist()])
        places, _, _ = read_poses(network, pixels.to(run.device), side_px=run.stage.side_px)
        unseen[rows] = places.cpu().numpy()
    second = clean_labels(opinions, other=unseen)
    return _train(second, np.ones(len(fold), bool), run, steps=run.stage.steps, seed=0, progress=progress), unseen


def start_network(stage: AgreementStage) -> MobilePoseNet:
    """Return the network before training: MoveNet's trunk and heat maps, the rest random."""
    torch.manual_seed(stage.seed)
    network = MobilePoseNet()
    start_from_movenet(network, stage.start_from)
    return network


def _train(
    labels: Labels,
    rows: npt.NDArray[np.bool_],
    run: Round,
    *,
    steps: int,
    seed: int,
    progress: Progress | None,
) -> nn.Module:
    chosen = np.flatnonzero(rows).tolist()
    taken = Labels(labels.joints[rows], labels.sure[rows], labels.deep[rows])
    keepers = on_device(with_labels([run.pixels[row] for row in chosen], taken), run.device)
    material = Material(keepers, run.figures, run.nobody)
    stage = run.stage
    fit = Fit(
        steps=steps,
        batch=stage.batch,
        side_px=stage.side_px,
        head_lr=stage.head_lr,
        trunk_lr=stage.trunk_lr,
        nobody=stage.nobody,
        figures=stage.figures,
        seed=seed,
    )
    folder = None if run.folder is None else run.folder / (f"first_{seed}" if seed else "last")
    log = None if folder is None else MetricLog(folder, from_step=0, tensorboard=False)

    def report(state: State) -> None:
        if log is not None:
            log.log(state.step, **state.losses, lr=stage.head_lr * rate_share(state.done))
        if progress is not None:
            progress(f"round {1 if seed else 2}", state.step, steps)

    network, _ = fit_in_memory(start_network(stage), material, fit, on_state=report)
    if folder is not None:
        write_curves(folder)
    return network
