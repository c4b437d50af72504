"""Training of the built-in pitch finder: folds that hold out whole stadiums, then the model that ships.

Run it with ``touchline train recipes/pitch.yaml``. Each batch mixes labelled real frames, frames of simulated matches
and synthetic pitches. Every reported number is on matches from stadiums that the fold has not seen, and nothing is
tuned on them.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from pydantic import Field
from torch import Tensor

from touchline.core.errors import InputError
from touchline.core.geometry.pitch import KEYPOINT_NAMES
from touchline.formats.files.atomic import write_json_atomic
from touchline.models.networks.pitch_net import PitchNet
from touchline.models.specs.spec import PictureConfig, PictureSpec
from touchline.models.store import save_model
from touchline.synthetic.pitch_render import Draws
from touchline.training.checkpoint import CheckpointFile, generator_states, identity_of, restore_generators
from touchline.training.distributed.numbering import Reseeder
from touchline.training.family import Family, Job, PlannedRun, plan_runs
from touchline.training.folds import check_held_out, parts_of
from touchline.training.loop import Loop
from touchline.training.pitch.augment import Bank, DrawnBank, PitchBatch, draw_batch, join_batches
from touchline.training.pitch.data import FRAME_WIDTH, PitchFrame, read_frames, read_simulated, split_frames
from touchline.training.pitch.losses import LossWeights, pitch_loss
from touchline.training.pitch.measure import find_in_frames, measure_keypoints
from touchline.training.plan import Data, LoopPlan, adamw, plan_training
from touchline.training.recipe import StrictSettings, TrainingSettings
from touchline.training.schedule import WarmupCosine

PICTURE = PictureSpec(width=FRAME_WIDTH, height=384)
"""The network's input: unscaled frames, padded with black at the bottom to a multiple of its strides."""


class PitchTraining(TrainingSettings):
    """The training settings of one network.

    Attributes:
        seconds: time limit, if sooner than ``steps``; None for no limit.
        real, simulated, drawn: number of frames of each kind per batch.
        real_strength, simulated_strength, drawn_strength: strength of their warps.
        drawn_kept, drawn_first, drawn_new: synthetic images kept, drawn at the start, and replaced per step.
        small_share: share of the run on images of half the size.

    """

    steps: int = Field(default=6000, ge=1)
    seconds: float | None = None
    real: int = 16
    simulated: int = 4
    drawn: int = 12
    real_strength: float = 1.0
    simulated_strength: float = 1.0
    drawn_strength: float = 0.7
    drawn_kept: int = 1024
    drawn_first: int = 128
    drawn_new: float = 4.0
    small_share: float = 0.3
    weight_decay: float = 0.02
    ema_decay: float = 0.998
    save_every: int = 250


class PitchRecipe(StrictSettings):
    """A recipe of ``task: pitch-finder``.

    Attributes:
        name: of the resulting model file.
        data_root: folder that contains ``frames`` and ``matches``.
        frames: folder of labelled frames.
        matches: folders of simulated matches, used for training and never reported.
        every: use every n-th of their frames.
        held_out: groups of frame sources; each group is measured with a network trained on the others.
        train_on_all: whether to train a last network on every source and ship it; if not, that of the first group
            ships, so that the shipped model is a measured one.
        network: arguments of :class:`~touchline.models.networks.pitch_net.PitchNet`.
        training: settings of each network's training.
        loss: weights of the loss terms.
        precision: arithmetic that the shipped model requests on CPUs.

    """

    task: str = "pitch-finder"
    name: str = "pitch-finder"
    data_root: Path
    frames: str = "pitch"
    matches: list[str] = Field(default_factory=list)
    every: int = Field(default=25, ge=1)
    held_out: list[list[str]] = Field(min_length=1)
    train_on_all: bool = True
    network: dict[str, Any] = Field(default_factory=dict)
    training: PitchTraining = PitchTraining()
    loss: LossWeights = LossWeights()
    precision: str = "bf16"
    licence: str = "Apache-2.0"
    description: str = ""


def train(settings: PitchRecipe, job: Job) -> Path:
    """Train every fold and the model that ships; resumes an earlier run in ``job.out``.

    Args:
        settings: the recipe.
        job: its folder gets checkpoints, ``measured.json`` and the models.

    Returns:
        The model file.

    """
    frames = read_frames(settings.data_root / settings.frames)
    check_held_out(settings.held_out, {frame.source for frame in frames}, leave_others=True)
    simulated = read_matches(settings)
    measured_parts, ships = parts_of(settings.held_out, train_on_all=settings.train_on_all)
    folds = {}
    for part in measured_parts:
        learn, test = split_frames(frames, held_out=part.held_out)
        network = train_network(settings, learn, simulated, part=part.folder, job=job)
        found = find_in_frames(network, test, height=PICTURE.height, device=job.device)
        folds[part.folder] = {"held_out": list(part.held_out), **measure_keypoints(found, test)}
        config = model_config(network, settings, folds[part.folder], name=part.folder)
        save_model(job.out / part.folder, network, config, half=True)
        write_json_atomic(job.out / "measured.json", folds)
    learn, _ = split_frames(frames, held_out=ships.held_out)
    shipped = train_network(settings, learn, simulated, part=ships.folder, job=job)
    config = model_config(shipped, settings, folds, name=settings.name)
    return save_model(job.out / settings.name, shipped, config, half=True)


def plan(settings: PitchRecipe, device: torch.device) -> list[PlannedRun]:
    """Plan the runs of a recipe."""
    measured, ships = parts_of(settings.held_out, train_on_all=settings.train_on_all)
    names = dict.fromkeys(part.folder for part in (*measured, ships))
    return plan_runs(PitchNet(**settings.network), dict.fromkeys(names, settings.training.steps))


def read_matches(settings: PitchRecipe) -> list[PitchFrame]:
    """Read the frames of all simulated matches that a recipe names."""
    folders = [settings.data_root / name for name in settings.matches]
    return [frame for folder in folders for frame in read_simulated(folder, every=settings.every)]


def model_config(network: PitchNet, settings: PitchRecipe, measured: Mapping[str, Any], *, name: str) -> PictureConfig:
    """Return the configuration of the model file."""
    return PictureConfig(
        task="pitch",
        name=name,
        architecture="pitch-net",
        network=network.settings,
        labels=KEYPOINT_NAMES,
        picture=PICTURE,
        precision=settings.precision,  # type: ignore[arg-type]
        licence=settings.licence,
        description=settings.description,
        measured=dict(measured),
    )


class _Mixer:
    """Batches that mix real, simulated and synthetic frames."""

    def __init__(
        self,
        settings: PitchRecipe,
        frames: Sequence[PitchFrame],
        simulated: Sequence[PitchFrame],
        *,
        draws: Draws,
    ) -> None:
        training = settings.training
        self._draws, self._size, self._new, self._owed = draws, PICTURE, training.drawn_new, 0.0
        self._small_share = training.small_share
        parts: list[tuple[Bank, int, float]] = []
        if training.real and frames:
            parts.append((Bank(frames, device=draws.device), training.real, training.real_strength))
        if training.simulated and simulated:
            parts.append((Bank(simulated, device=draws.device), training.simulated, training.simulated_strength))
        self._drawn = None
        if training.drawn:
            self._drawn = DrawnBank(training.drawn_kept, first=training.drawn_first, draws=draws)
            parts.append((self._drawn, training.drawn, training.drawn_strength))
        if not parts:
            raise InputError("nothing to train on: no frames, no simulated matches and no drawn pitches")
        self._parts = parts
        self._set_generator = Reseeder(draws.generator)

    def reseed(self, number: int) -> None:
        """Make the next batch depend on its number and on the synthetic images that this process keeps."""
        self._set_generator(number)

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint needs to continue with the same batches."""
        drawn = {} if self._drawn is None else self._drawn.state()
        return {"random": generator_states(self._draws.generator), "owed": self._owed, "drawn": drawn}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore a state returned by :meth:`state`."""
        if self._drawn is not None:
            self._drawn.restore(state["drawn"])
        restore_generators(state["random"], self._draws.generator)
        self._owed = state["owed"]

    def draw_at(self, step: int, share: float) -> PitchBatch:
        """Draw the next batch, at half size at the beginning of the run."""
        return self.draw(step=2 if share < self._small_share else 1)

    @torch.no_grad()
    def draw(self, *, step: int = 1) -> PitchBatch:
        """Draw the next batch; ``step`` 2 gives it at half the size."""
        self._owed += self._new
        if self._drawn is not None and self._owed >= 1.0:
            self._drawn.refresh(int(self._owed))
            self._owed %= 1.0
        size = self._size
        return join_batches(
            [
                draw_batch(
                    bank,
                    count,
                    draws=self._draws,
                    width=size.width,
                    height=size.height,
                    strength=strength,
                    step=step,
                )
                for bank, count, strength in self._parts
            ]
        )


def train_network(
    settings: PitchRecipe,
    frames: Sequence[PitchFrame],
    simulated: Sequence[PitchFrame],
    *,
    part: str,
    job: Job,
) -> PitchNet:
    """Train one network on frames, or resume from ``pitch.pt`` in the folder ``part``; return the averaged weights."""
    training = settings.training
    torch.manual_seed(training.seed)
    network = PitchNet(**{"num_classes": len(KEYPOINT_NAMES), **settings.network})
    network = network.to(job.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    mixer = _Mixer(settings, frames, simulated, draws=Draws(seed=training.seed, device=job.device))
    loop = Loop(
        network,
        Data(mixer.draw_at, mixer.state, mixer.restore, mixer.reseed),
        lambda batch: loss_terms(network, batch, settings.loss),
        adamw(network, training),
        _loop_plan(settings, (*frames, *simulated), out=job.out / part),
        progress=job.progress,
    )
    loop.run()
    network.load_state_dict(loop.weights())
    return network.eval()


def _loop_plan(settings: PitchRecipe, frames: Sequence[PitchFrame], *, out: Path) -> LoopPlan:
    """Make the plan; the length of a run may change later, so it is not part of the checkpoint's identity."""
    training = settings.training
    schedule = WarmupCosine.over(training.steps, base_lr=training.base_lr, least=0.01, warmup=0.04)
    how = plan_training(
        training,
        out=out,
        lower="training.base_lr",
        data=sorted(frame.name for frame in frames),
        network=[settings.network, asdict(settings.loss)],
        schedule=schedule,
        limit_s=training.seconds,
        clock=time.monotonic,
        checkpoints=CheckpointFile(out / "pitch.pt"),
        clip_norm=5.0,
        tensorboard=True,
    )
    lasting = training.model_dump(mode="json", exclude_defaults=True, exclude={"steps", "seconds"})
    return replace(how, identity={**how.identity, **identity_of(settings=lasting)})


def loss_terms(network: PitchNet, batch: PitchBatch, weights: LossWeights) -> dict[str, Tensor]:
    """Compute the loss terms on a batch."""
    pictures = batch.pictures.contiguous(memory_format=torch.channels_last)
    with torch.autocast(pictures.device.type, dtype=torch.bfloat16):
        maps = network(pictures)
    return pitch_loss(maps, batch, weights)


FAMILY = Family("pitch-finder", PitchRecipe, train, plan)
