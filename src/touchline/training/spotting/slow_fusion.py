"""Training of slow-fusion spotters: a chain of stages, each on one data set, some of them once per fold."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from touchline.core.errors import InputError, UsageError
from touchline.formats.files.atomic import write_json_atomic
from touchline.formats.files.json_files import read_own_json
from touchline.models.networks.slow_fusion import SlowFusionSpotter
from touchline.models.specs.spec import FrameSpec, ModelConfig
from touchline.models.store import save_model
from touchline.training.distributed.group import current_group
from touchline.training.family import Job
from touchline.training.loop import Loop
from touchline.training.spotting.data import GameVideo, GridSize, manifest_sha256, open_frames, read_game
from touchline.training.spotting.loader import ClipBatches, LabelledVideo
from touchline.training.spotting.sampling import ClipSampler, sampling_weights
from touchline.training.spotting.slow_fusion_network import build_network, load_encoder, load_from
from touchline.training.spotting.slow_fusion_settings import SlowFusionRecipe, StageConfig
from touchline.training.spotting.slow_fusion_stages import StageRun, init_run, list_runs, require_earlier, split_games
from touchline.training.spotting.targets import action_frames
from touchline.training.spotting.trainer import Clips, RunPlan, train_clips
from touchline.training.spotting.validation import point_validator, read_curve, score_games

GB = 1_000_000_000


def train(settings: SlowFusionRecipe, job: Job) -> Path:
    """Run the stages of a recipe; finished ones are skipped.

    Args:
        settings: the recipe, with its data folder.
        job: its folder gets models, checkpoints, logs and scores.

    Returns:
        The model of the last run.

    """
    runs = list_runs(settings, out=job.out)
    require_earlier(runs, settings, out=job.out)
    for run in runs:
        _Run(run, settings, job).train()
    return runs[-1].model_path


class _Run:
    """A stage run with its data."""

    def __init__(self, run: StageRun, settings: SlowFusionRecipe, job: Job) -> None:
        self.run = run
        self.stage = run.stage
        self.settings = settings
        self.job = job
        self.device = torch.device(job.device)
        root = Path(settings.data_root or "")
        train, held_out = split_games(self.stage, root=root, fold=run.fold)
        data = self.stage.data
        self._train_videos = [
            v for g in train for v in read_game(root, g, videos=data.videos, labels_file=data.labels_file)
        ]
        self._held_videos = [
            v for g in held_out for v in read_game(root, g, videos=data.videos, labels_file=data.labels_file)
        ]
        self.identity = {
            "settings": _settings_sha256(run, settings),
            "data": manifest_sha256([*self._train_videos, *self._held_videos]),
        }

    def train(self) -> None:
        """Train, save the model, and score the held-out games."""
        resume, progress = self.job.resume, self.job.progress
        done = self.run.folder / "done.json"
        if resume and _is_done(done, self.identity):
            return
        done.unlink(missing_ok=True)
        network = self._network()
        offsets = network.clip_offsets
        with current_group().first_before_others():
            train, held_out = self._open(offsets)
        validate = self._validator(held_out, offsets)
        batches = self._batches(train, offsets)
        loop = train_clips(network, batches, self._plan(), resume=resume, validate=validate, progress=progress)
        network.load_state_dict(loop.weights(best=self.stage.validation.keep == "best"))
        measured = self._finish(network.eval(), loop, held_out)
        write_json_atomic(done, {"identity": self.identity, "steps": loop.step, "measured": measured})

    def _open(self, offsets: Sequence[int]) -> tuple[list[LabelledVideo], list[LabelledVideo]]:
        """Open frames and targets of all videos; cached while there is room."""
        frame, loader = self.settings.frame, self.settings.loader
        data = self.stage.data
        if offsets[-1] - offsets[0] - 1 < data.target_frames:
            span = offsets[-1] - offsets[0] + 1
            raise UsageError(f"data.target_frames={data.target_frames} exceeds the {span} frames that a clip spans")
        size = GridSize(frame.width, frame.height, frame.fps)
        cache = Path(loader.cache_folder) if loader.cache_folder else self.job.cache("cache")
        room = int(loader.cache_gb * GB)
        opened: list[LabelledVideo] = []
        for video in [*self._train_videos, *self._held_videos]:
            frames, used = open_frames(video.path, size, cache_folder=cache, room_bytes=room)
            room -= used
            needed = max(offsets) - min(offsets) + 3
            if frames.frame_count < needed:
                raise InputError(
                    f"{video.path}: has {frames.frame_count} frames at {size.fps:g} fps; clips need {needed}"
                )
            actions = _actions(video, self.stage, fps=size.fps)
            opened.append(
                LabelledVideo.make(video, frames, actions, classes=len(data.labels), target_frames=data.target_frames)
            )
        return opened[: len(self._train_videos)], opened[len(self._train_videos) :]

    def _batches(self, videos: list[LabelledVideo], offsets: Sequence[int]) -> ClipBatches:
        sampling = self.stage.sampling
        labels = self.stage.data.labels
        unknown = sorted(set(sampling.class_weights) - set(labels))
        if unknown:
            raise UsageError(f"sampling.class_weights names {unknown}; the labels are {labels}")
        weights = [
            sampling_weights(
                video.actions,
                frame_count=video.frames.frame_count,
                action_share=sampling.action_share,
                class_weights=[sampling.class_weights.get(label, 1.0) for label in labels],
                predictions=self._hard(video),
            )
            for video in videos
        ]
        return ClipBatches(
            videos,
            ClipSampler(weights, seed=self.settings.seed),
            offsets=offsets,
            batch_size=self.stage.optimizer.batch_size,
            shake_probability=sampling.shake,
            workers=self.settings.loader.workers,
        )

    def _hard(self, video: LabelledVideo) -> Any:
        source = self.stage.sampling.hard_negatives
        if source is None:
            return None
        folders = sorted((self.job.out / source).glob("**/predictions"))
        return read_curve(folders, video.video.name, frame_count=video.frames.frame_count)

    def _validator(self, held_out: list[LabelledVideo], offsets: Sequence[int]) -> Any:
        if not held_out:
            if self.stage.validation.keep == "best":
                raise UsageError(f"stage {self.run.name}: validation.keep=best needs validation games")
            return None
        return point_validator(
            held_out,
            offsets=offsets,
            labels=self.stage.data.labels,
            batch_size=self.stage.optimizer.batch_size,
            device=self.device,
        )

    def _plan(self) -> RunPlan:
        return RunPlan(
            name=self.run.label,
            folder=self.run.folder,
            optimizer=self.stage.optimizer,
            augment=self.stage.augment,
            samples_per_epoch=self.stage.sampling.samples_per_epoch,
            seed=self.settings.seed,
            device=self.device,
            identity=self.identity,
            checkpoint_every=self.settings.checkpoint_every,
            log_every=self.settings.log_every,
            validate_every_epochs=self.stage.validation.every_epochs,
        )

    def _network(self) -> SlowFusionSpotter:
        """Build the network to start from."""
        network = build_network(self.stage, seed=self.settings.seed)
        if self.stage.encoder_weights:
            load_encoder(network, Path(self.stage.encoder_weights))
        if self.stage.init:
            load_from(network, self._init_source(self.stage.init))
        return network

    def _init_source(self, init: str) -> str | Path:
        source = init_run(self.run, self.settings, out=self.job.out)
        return init if source is None else source.model_path

    def _finish(self, network: SlowFusionSpotter, loop: Loop[Clips], held_out: list[LabelledVideo]) -> dict[str, Any]:
        """Save the model, with its measurements."""
        last = loop.history[-1] if loop.history else {}
        measured: dict[str, Any] = {
            "recipe_sha256": self.job.recipe_sha256,
            "settings_sha256": self.identity["settings"],
            "data_sha256": self.identity["data"],
            "steps": loop.step,
            "validation": {name: value for name, value in last.items() if name != "step"},
        }
        save_model(self.run.model_path, network, self._config(measured))
        if held_out and self.stage.validation.dense:
            measured["held_out"] = score_games(
                self.run.model_path,
                held_out,
                device="cuda" if self.device.type == "cuda" else "cpu",
                folder=self.run.predictions,
                label_map=self.stage.data.label_map,
                metric=self.stage.validation.metric,
            )
            save_model(self.run.model_path, network, self._config(measured))
        return measured

    def _config(self, measured: dict[str, Any]) -> ModelConfig:
        frame = self.settings.frame
        arguments = {"num_classes": len(self.stage.data.labels), **self.stage.network}
        return ModelConfig(
            name=f"{self.settings.name}-{self.run.label}",
            architecture="slow-fusion",
            network=arguments,
            frame=FrameSpec(
                width=frame.width,
                height=frame.height,
                fps=frame.fps,
                stack_offsets=build_network(self.stage).stack_offsets,
            ),
            labels=tuple(self.stage.data.labels),
            peaks=self.settings.peaks,
            description=self.settings.description,
            measured=measured,
        )


def _actions(video: GameVideo, stage: StageConfig, *, fps: float) -> dict[int, int]:
    data = stage.data
    return action_frames(
        video.events, labels=data.labels, fps=fps, label_map=data.label_map, visible_only=data.visible_only
    )


def _settings_sha256(run: StageRun, settings: SlowFusionRecipe) -> str:
    stage = run.stage.model_dump(mode="json")
    if run.stage.optimizer.accumulate == 1:
        del stage["optimizer"]["accumulate"]  # as in runs of before there was this setting
    parts = {
        "stage": stage,
        "fold": run.fold,
        "frame": settings.frame.model_dump(mode="json"),
        "seed": settings.seed,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _is_done(path: Path, identity: Mapping[str, str]) -> bool:
    if not path.is_file():
        return False
    found = read_own_json(path, remedy="use --no-resume to train the stage again").get("identity")
    if found != dict(identity):
        changed = [key for key, value in identity.items() if not isinstance(found, dict) or found.get(key) != value]
        raise UsageError(
            f"{path}: this stage was finished with other {' and '.join(changed)}; "
            "use --no-resume to train it again, or another --out"
        )
    return True
