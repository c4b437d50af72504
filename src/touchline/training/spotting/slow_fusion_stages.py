"""The stages of a slow-fusion recipe and their folds: which runs there are, in which order, and what they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from touchline.core.errors import InputError, UsageError
from touchline.training.spotting.data import find_games
from touchline.training.spotting.slow_fusion_settings import SlowFusionRecipe, StageConfig


@dataclass(frozen=True, slots=True)
class StageRun:
    """One run of a stage, for one fold if the stage runs by fold."""

    name: str
    stage: StageConfig
    fold: int | None
    folder: Path

    @property
    def label(self) -> str:
        """Stage and fold, for messages and file names."""
        return self.name if self.fold is None else f"{self.name}-fold{self.fold}"

    @property
    def model_path(self) -> Path:
        """Path of its model."""
        return self.folder / "model.safetensors"

    @property
    def predictions(self) -> Path:
        """Path of the scores of its held-out games."""
        return self.folder / "predictions"


def list_runs(settings: SlowFusionRecipe, *, out: Path = Path()) -> list[StageRun]:
    """Return the runs of a recipe, in order: a stage with all its folds, then the next."""
    return [
        StageRun(name, stage, fold, run_folder(out, name, fold))
        for name, stage in settings.stages.items()
        if not settings.run or name in settings.run
        for fold in (settings.folds if stage.data.by_fold else [None])
    ]


def run_folder(out: Path, name: str, fold: int | None) -> Path:
    """Return the folder of one run."""
    return out / name if fold is None else out / name / f"fold_{fold}"


def split_games(stage: StageConfig, *, root: Path, fold: int | None) -> tuple[list[str], list[str]]:
    """Split games into training and held-out games, which never overlap.

    Raises:
        UsageError: the fold does not exist, or no training game is left.

    """
    data = stage.data
    games = find_games(root, data.games, labels_file=data.labels_file, exclude=data.exclude)
    held_out = find_games(root, data.validation, labels_file=data.labels_file, exclude=data.exclude)
    if fold is not None:
        if not 0 <= fold < len(games):
            raise UsageError(f"fold {fold} does not exist; {len(games)} games give folds 0 to {len(games) - 1}")
        held_out = [games[fold]]
    train = [game for game in games if game not in held_out]
    if not train:
        raise UsageError(f"all of {len(games)} games are held out; none is left to train on")
    return train, held_out


def require_earlier(runs: Sequence[StageRun], settings: SlowFusionRecipe, *, out: Path) -> None:
    """Check, before any run, that what it takes from earlier stages is done or comes before it.

    Raises:
        InputError: a stage starts from one that has no model, or has no out-of-fold scores to find hard negatives in.

    """
    root = Path(settings.data_root or "")
    for number, run in enumerate(runs):
        before = runs[:number]
        _require_model(run, before, settings, out=out)
        _require_scores(run, before, settings, root=root, out=out)


def init_run(run: StageRun, settings: SlowFusionRecipe, *, out: Path) -> StageRun | None:
    """Return the run of an earlier stage that a run starts from, of the same fold; None if it starts from none."""
    name = run.stage.init or ""
    stage = settings.stages.get(name)
    if stage is None:
        return None
    fold = run.fold if stage.data.by_fold else None
    return StageRun(name, stage, fold, run_folder(out, name, fold))


def _require_model(run: StageRun, before: Sequence[StageRun], settings: SlowFusionRecipe, *, out: Path) -> None:
    source = init_run(run, settings, out=out)
    if source is None or source.model_path.is_file() or source.folder in [other.folder for other in before]:
        return
    raise InputError(
        f"stage {run.label} starts from {source.name}, which has no model yet ({source.model_path}); "
        "run that stage first"
    )


def _require_scores(
    run: StageRun, before: Sequence[StageRun], settings: SlowFusionRecipe, *, root: Path, out: Path
) -> None:
    """Check that every training video has, or will have, scores of a network that never saw it."""
    name = run.stage.sampling.hard_negatives
    if name is None:
        return
    data = run.stage.data
    train, _ = split_games(run.stage, root=root, fold=run.fold)
    coming = {
        game
        for other in before
        if other.name == name and other.stage.validation.dense
        for game in split_games(other.stage, root=root, fold=other.fold)[1]
    }
    done = {path.stem for path in (out / name).glob("**/predictions/*.npz")}
    for game in train:
        names = [f"{game.replace('/', '__')}__{half}" for half in data.videos]
        missing = [one for one in names if one not in done]
        if missing and game not in coming:
            raise InputError(
                f"stage {run.label} samples by the scores of {name}: no out-of-fold scores of {missing[0]} in "
                f"{out / name}; train that stage for every fold first (--stage {name} --folds N)"
            )
