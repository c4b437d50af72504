"""Training of the keeper-pose network: its recipe, the folds that hold out whole shots, and one training stage."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field, model_validator
from torch import nn

from touchline.core.errors import InputError
from touchline.formats.keeper.pictures import KeeperPicture
from touchline.models.networks.pose_net import PoseNet
from touchline.models.specs.pose_spec import ConfidenceSpec
from touchline.models.store import load_model, load_weights
from touchline.training.keeper.pose_data import PoseSampler, Shares
from touchline.training.keeper.pose_losses import PoseBatch, pose_losses
from touchline.training.loop import Loop
from touchline.training.plan import Data, Progress, adamw, plan_training
from touchline.training.recipe import StrictSettings, TrainingSettings


class PoseStage(TrainingSettings):
    """Length, learning rate and batch composition of one stage.

    Attributes:
        batch: crops per step.
        figures, nobody: shares of a batch that are simulated keepers and pictures without a person.

    """

    steps: int = Field(default=1500, ge=1)
    batch: int = Field(default=32, ge=1)
    base_lr: float = 1e-3
    ema_decay: float = 0.995
    save_every: int = 100
    figures: float = Field(default=0.2, ge=0, le=1)
    nobody: float = Field(default=0.06, ge=0, le=1)


class AgreementStage(StrictSettings):
    """Training on what MoveNet, the published poses and networks by folds agree on.

    Attributes:
        start_from: MoveNet Lightning's ONNX file, below ``data_root``; its weights start the network.
        opinions: MoveNet's ONNX files whose poses clean the labels, likewise; the first looks in many views.
        published: weight of the published poses beside 1 for each file.
        left_out: pictures, as ``source/file``, that are not trained on, such as others of a measured match.
        first_steps: of each network by folds, whose poses are one more opinion.
        steps: of the network itself.
        batch: crops per step.
        side_px: of the crops.
        head_lr, trunk_lr: highest learning rates.
        figures, nobody: shares of a batch that are simulated keepers and pictures without a person.
        seed: of the untrained layers.
        confidence: constants of the confidence, fitted on hand-marked pictures; None to fit them on cleaned labels, on
            which networks agree more than with marks, so that it is too sure.

    """

    start_from: Path
    opinions: list[Path] = Field(min_length=1)
    published: float = Field(default=0.5, ge=0)
    left_out: list[str] = Field(default_factory=list)
    first_steps: int = Field(default=1500, ge=1)
    steps: int = Field(default=4000, ge=1)
    batch: int = Field(default=96, ge=2)
    side_px: int = Field(default=192, ge=64, multiple_of=32)
    head_lr: float = 1e-3
    trunk_lr: float = 4e-4
    figures: float = Field(default=0.06, ge=0, le=1)
    nobody: float = Field(default=0.05, ge=0, le=1)
    seed: int = 0
    confidence: ConfidenceSpec | None = None

    def below(self, root: Path) -> AgreementStage:
        """Return the stage with its files below a folder."""
        files = [root / path for path in self.opinions]
        return self.model_copy(update={"start_from": root / self.start_from, "opinions": files})


class KeeperPoseRecipe(StrictSettings):
    """A recipe of ``task: keeper-pose``.

    Attributes:
        name: of the resulting model file.
        data_root: folder that contains ``pictures`` and ``backgrounds``.
        pictures: folder with the published tables and pictures.
        backgrounds: folder of match frames with YOLO boxes; backgrounds are cut where nobody is.
        figures: number of simulated keepers.
        start_from: detector whose trunk initialises the network; None for random initialisation.
        folds: number of parts that the groups of pictures are divided into.
        measured: the folds that are measured, each by a network trained on the others.
        train_on_all: whether to train a last network on every picture and ship it; if not, the first measured one
            ships, so that the shipped model is a measured one.
        split_seed: of the division into folds.
        side_px: of the crops.
        network: arguments of :class:`~touchline.models.networks.pose_net.PoseNet`.
        first: the stage on figures only.
        then: the stage with pictures.
        agreement: training on cleaned labels instead of both stages; None for the published poses as they are.

    """

    task: str = "keeper-pose"
    name: str = "keeper-pose"
    data_root: Path
    pictures: str = "keepers"
    backgrounds: str = "players"
    figures: int = Field(default=4000, ge=1)
    start_from: str | None = "people-detector"
    folds: int = Field(default=5, ge=2)
    measured: list[int] = Field(default_factory=lambda: [0], min_length=1)
    train_on_all: bool = False
    split_seed: int = 0
    side_px: int = Field(default=128, ge=64, multiple_of=32)
    network: dict[str, Any] = Field(default_factory=dict)
    first: PoseStage = PoseStage(figures=1.0, nobody=0.0, base_lr=2e-3)
    then: PoseStage = PoseStage()
    agreement: AgreementStage | None = None
    licence: str = "Apache-2.0"
    description: str = ""

    @model_validator(mode="after")
    def _check_measured(self) -> Self:
        if len(set(self.measured)) != len(self.measured) or not all(0 <= k < self.folds for k in self.measured):
            raise ValueError(f"measured={self.measured}: allowed are folds 0 to {self.folds - 1}, each at most once")
        return self


def deal_folds(pictures: Sequence[KeeperPicture], *, folds: int, seed: int) -> npt.NDArray[np.int64]:
    """Assign each picture a fold (n,); pictures of one group share a fold, and sources are spread evenly.

    Raises:
        InputError: fewer groups than folds.

    """
    groups = sorted({(picture.source, picture.group) for picture in pictures})
    if len(groups) < folds:
        raise InputError(f"{len(groups)} groups of pictures cannot be divided into {folds} folds; set folds lower")
    rng = np.random.default_rng(seed)
    shuffled = sorted(groups, key=lambda _: rng.random())
    dealt = {group: number % folds for number, (_, group) in enumerate(sorted(shuffled, key=lambda pair: pair[0]))}
    return np.array([dealt[picture.group] for picture in pictures], np.int64)


def fresh_network(settings: KeeperPoseRecipe) -> PoseNet:
    """Make an untrained network, its trunk taken from a detector if the recipe names one."""
    torch.manual_seed(settings.first.seed)
    network = PoseNet(**settings.network)
    if settings.start_from is not None:
        detector = load_model(settings.start_from, task="detect").network
        wanted = network.trunk.state_dict()
        known = {name: value for name, value in detector.state_dict().items() if name in wanted}
        load_weights(network.trunk, known, source=settings.start_from)
    return network


def train_stage(
    network: PoseNet,
    sampler: PoseSampler,
    stage: PoseStage,
    *,
    out: Path,
    device: str = "cpu",
    progress: Progress | None = None,
) -> PoseNet:
    """Train a network, or resume an earlier run in ``out``; return it with its averaged weights."""
    network = network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    plan = plan_training(
        stage,
        out=out,
        lower="base_lr of its stage",
        data=sampler.counts,
        network=network.settings,
        clip_norm=10.0,
        log_every=20,
    )
    data = Data(lambda step, share: sampler.draw(), sampler.state, sampler.restore, sampler.reseed)
    loop = Loop(network, data, partial(loss_terms, network), adamw(network, stage), plan, progress=progress)
    loop.run()
    load_weights(network, loop.weights(), source=str(out))
    return network.eval()


def loss_terms(network: nn.Module, batch: PoseBatch) -> dict[str, torch.Tensor]:
    """Compute the loss terms on a batch."""
    device = next(network.parameters()).device
    batch = batch.to(device)
    with torch.autocast(device.type, dtype=torch.bfloat16):
        maps = network(batch.crops)
    return pose_losses(maps, batch)


def shares(stage: PoseStage) -> Shares:
    """Return the composition of a stage's batches."""
    return Shares(figures=stage.figures, nobody=stage.nobody)
