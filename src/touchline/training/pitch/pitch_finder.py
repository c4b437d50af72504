"""The built-in pitch finder's training: folds that hold out whole stadiums, then the model that ships.

Run it with ``touchline train recipes/pitch.yaml``. Each batch mixes labelled real frames, frames of simulated matches
and drawn pitches. Every reported number is of matches from stadiums that the fold has not seen, and nothing is chosen
on them.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from touchline.core.errors import InputError
from touchline.core.pitch import KEYPOINT_NAMES
from touchline.formats.files.atomic import make_folder, write_json_atomic
from touchline.models.networks.pitch_net import PitchNet
from touchline.models.specs.spec import PictureConfig, PictureSpec
from touchline.models.store import save_model
from touchline.synthetic.pitch_render import Draws
from touchline.training.checkpoint import load_checkpoint, save_checkpoint
from touchline.training.ema import Ema
from touchline.training.finite import LossGuard
from touchline.training.logs import MetricLog
from touchline.training.pitch.augment import Bank, DrawnBank, PitchBatch, draw_batch, join_batches
from touchline.training.pitch.data import FRAME_WIDTH, PitchFrame, read_frames, read_simulated, split_frames
from touchline.training.pitch.losses import LossWeights, pitch_loss
from touchline.training.pitch.measure import find_in_frames, measure_keypoints
from touchline.training.schedule import WarmupCosine, set_learning_rate

PICTURE = PictureSpec(width=FRAME_WIDTH, height=384)
"""What the network sees: frames as they are, and below them black up to a multiple of its strides."""
_SCALE = 10_000
"""Parts into which a run is cut for its learning rate, whether it ends by steps or by the clock."""


@dataclass(frozen=True, slots=True)
class PitchTraining:
    """How one network is trained.

    Attributes:
        steps: after which it ends.
        seconds: after which it ends if that is sooner; None for no limit.
        real, simulated, drawn: pictures of each kind in a batch.
        real_strength, simulated_strength, drawn_strength: of their warps.
        drawn_kept, drawn_first, drawn_new: drawn pictures that are kept, made at first, and made anew each step.
        small_share: share of the run on pictures of half the size.
        base_lr, weight_decay, ema_decay: of the optimiser and of the average that is kept.
        save_every: steps.
        seed: of everything random.

    """

    steps: int = 6000
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
    base_lr: float = 2e-3
    weight_decay: float = 0.02
    ema_decay: float = 0.998
    save_every: int = 250
    seed: int = 0


class PitchRecipe(BaseModel):
    """A recipe of ``task: pitch-finder``.

    Attributes:
        name: of the model file that comes out.
        data_root: folder that holds ``frames`` and ``matches``.
        frames: folder of labelled frames.
        matches: folders of simulated matches, which are trained on and never reported.
        every: which of their frames are taken.
        held_out: groups of sources of frames; each group is measured with a network trained on the others.
        train_on_all: whether a last network, trained on every source, ships; if not, that of the first group does, so
            that what was measured is what ships.
        network: arguments of :class:`~touchline.models.networks.pitch_net.PitchNet`.
        training: how each network is trained.
        loss: how much each part of the loss counts.
        precision: arithmetic the shipped model asks for on CPUs.

    """

    model_config = ConfigDict(extra="forbid")

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


def train(recipe: Mapping[str, Any], *, out: Path, device: str = "cpu") -> Path:
    """Train every fold and the model that ships; resumes where an earlier run in ``out`` stopped.

    Args:
        recipe: the content of the recipe file.
        out: folder for checkpoints, ``measured.json`` and the models.
        device: where to train, ``"cpu"`` or ``"cuda"``.

    Returns:
        The model file.

    """
    settings = PitchRecipe.model_validate(dict(recipe))
    make_folder(out)
    frames = read_frames(settings.data_root / settings.frames)
    simulated = read_matches(settings)
    folds = {}
    for number, group in enumerate(settings.held_out):
        learn, test = split_frames(frames, held_out=group)
        if not learn or not test:
            raise InputError(f"held_out {group}: {len(learn)} frames to learn from and {len(test)} to measure on")
        name = f"fold_{number}"
        network = train_network(settings, learn, simulated, out=out / name, device=device)
        found = find_in_frames(network, test, height=PICTURE.height, device=device)
        folds[name] = {"held_out": group, **measure_keypoints(found, test)}
        save_model(out / name, network, model_config(network, settings, folds[name], name=name), half=True)
        write_json_atomic(out / "measured.json", folds)
    unseen = [] if settings.train_on_all else settings.held_out[0]
    learn, _ = split_frames(frames, held_out=unseen)
    folder = out / ("all" if settings.train_on_all else "fold_0")
    shipped = train_network(settings, learn, simulated, out=folder, device=device)
    return save_model(
        out / settings.name, shipped, model_config(shipped, settings, folds, name=settings.name), half=True
    )


def list_runs(settings: PitchRecipe) -> list[str]:
    """The folders of the networks that a recipe trains, in order."""
    return [f"fold_{number}" for number in range(len(settings.held_out))] + (["all"] if settings.train_on_all else [])


def read_matches(settings: PitchRecipe) -> list[PitchFrame]:
    """The frames of all simulated matches that a recipe names."""
    folders = [settings.data_root / name for name in settings.matches]
    return [frame for folder in folders for frame in read_simulated(folder, every=settings.every)]


def model_config(network: PitchNet, settings: PitchRecipe, measured: Mapping[str, Any], *, name: str) -> PictureConfig:
    """What the model file says of itself."""
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
    """Batches of real, simulated and drawn pictures."""

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

    @torch.no_grad()
    def draw(self, *, step: int = 1) -> PitchBatch:
        """The next batch; ``step`` 2 gives it at half the size."""
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
    settings: PitchRecipe, frames: Sequence[PitchFrame], simulated: Sequence[PitchFrame], *, out: Path, device: str
) -> PitchNet:
    """Train one network on frames; resumes from ``out/pitch.pt``. Returns the averaged weights in evaluation mode."""
    training = settings.training
    make_folder(out)
    torch.manual_seed(training.seed)
    network = PitchNet(**{"num_classes": len(KEYPOINT_NAMES), **settings.network})
    network = network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.AdamW(network.parameters(), lr=training.base_lr, weight_decay=training.weight_decay)
    ema = Ema(network, training.ema_decay)
    first, spent_s = _resume(out / "pitch.pt", network, optimizer, ema)
    over = first >= training.steps or (training.seconds is not None and spent_s >= training.seconds)
    if not over:
        mixer = _Mixer(settings, frames, simulated, draws=Draws(seed=training.seed + first, device=device))
        _run(network, mixer, settings, optimizer, ema, out=out, first=first, spent_s=spent_s)
    ema.copy_to(network)
    return network.eval()


def _resume(path: Path, network: PitchNet, optimizer: torch.optim.Optimizer, ema: Ema) -> tuple[int, float]:
    if not path.exists():
        return 0, 0.0
    state = load_checkpoint(path)
    network.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    ema.load_state_dict(state["ema"])
    return int(state["step"]), float(state["seconds"])


def _run(
    network: PitchNet,
    mixer: _Mixer,
    settings: PitchRecipe,
    optimizer: torch.optim.Optimizer,
    ema: Ema,
    *,
    out: Path,
    first: int,
    spent_s: float,
) -> None:
    training = settings.training
    schedule = WarmupCosine(training.base_lr, training.base_lr / 100, _SCALE // 25, _SCALE - _SCALE // 25)
    log = MetricLog(out)
    guard = LossGuard(network, run=out, lower="training.base_lr", checkpoint=out / "pitch.pt")
    network.train()
    started_s = time.monotonic() - spent_s
    step, means = first, dict[str, float]()
    while True:
        seconds = time.monotonic() - started_s
        done = max(step / training.steps, seconds / training.seconds if training.seconds else 0.0)
        if done >= 1.0:
            break
        set_learning_rate(optimizer, schedule.at(max(1, int(done * _SCALE))))
        batch = mixer.draw(step=2 if done < training.small_share else 1)
        parts = _step(network, batch, optimizer, settings.loss)
        guard.add(torch.stack(list(parts.values())).sum())
        ema.update(network)
        step += 1
        if step % 50 == 0 or step == first + 1:
            guard.require_finite(step)
            means = {name: float(value) for name, value in parts.items()}
            log.log(
                step,
                **means,
                seconds=seconds,
                steps_per_s=(step - first) / max(time.monotonic() - started_s - spent_s, 1e-9),
            )
        if step % training.save_every == 0:
            guard.require_finite(step)
            _save(out, network, optimizer, ema, step=step, seconds=seconds)
    guard.require_finite(step)
    _save(out, network, optimizer, ema, step=step, seconds=time.monotonic() - started_s)


def _save(
    out: Path, network: nn.Module, optimizer: torch.optim.Optimizer, ema: Ema, *, step: int, seconds: float
) -> None:
    save_checkpoint(
        out / "pitch.pt",
        model=network.state_dict(),
        optimizer=optimizer.state_dict(),
        ema=ema.state_dict(),
        step=step,
        seconds=seconds,
    )


def _step(
    network: PitchNet, batch: PitchBatch, optimizer: torch.optim.Optimizer, weights: LossWeights
) -> dict[str, Tensor]:
    pictures = batch.pictures.contiguous(memory_format=torch.channels_last)
    with torch.autocast(pictures.device.type, dtype=torch.bfloat16):
        maps = network(pictures)
    loss, parts = pitch_loss(maps, batch, weights)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), 5.0)
    optimizer.step()
    return parts
