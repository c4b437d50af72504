"""``touchline train``: a model from a recipe."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from touchline.cli.common import Device, Output, run_guarded
from touchline.cli.learning.corrections import train_from_corrections
from touchline.cli.learning.stages import FoldsOption, StageOption, stage_overrides
from touchline.cli.options import DebugOption, DeviceOption, JsonOption
from touchline.cli.progress import in_words, training_progress
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK, UsageError
from touchline.core.extras import need_extra
from touchline.training.distributed.launch import Launch
from touchline.training.shipped_recipes import recipe_names_for

if TYPE_CHECKING:
    from touchline.training.run import TrainingPlan


def recipe_help(verb: str) -> str:
    """The help of the argument RECIPE of a command, with the names that it takes."""
    return f"Recipe file (YAML), or one of the recipes that ship: {', '.join(recipe_names_for(verb))}."


RecipeArgument = Annotated[Path, typer.Argument(metavar="RECIPE", help=recipe_help("train"), show_default=False)]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="A.B=C",
        help="Change a setting of the recipe; * stands for every key of its level.",
        show_default="the recipe's settings",
    ),
]
FolderOption = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="FOLDER", help="Write models and logs to this folder.", show_default="runs/NAME of the recipe"
    ),
]
ResumeOption = Annotated[
    bool, typer.Option("--resume/--no-resume", help="Continue from the checkpoints in --out, or start again.")
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Print settings, parameters, steps and estimated time, and stop.")
]
CorrectionsOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--corrections",
        metavar="BUNDLE",
        help="Learn from the corrections in this reviewed bundle; more bundles may follow it.",
        show_default="none",
    ),
]
MoreArgument = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[BUNDLE]...", help="More reviewed bundles for --corrections.", show_default=False),
]
InstallOption = Annotated[
    str | None,
    typer.Option(
        "--install",
        metavar="NAME",
        help="Name of a model trained from corrections; it is installed only if it is better than before.",
        show_default="the recipe's name",
    ),
]


def command(
    recipe: RecipeArgument,
    bundles: MoreArgument = None,
    corrections: CorrectionsOption = None,
    install: InstallOption = None,
    stage: StageOption = None,
    folds: FoldsOption = None,
    settings: SetOption = None,
    out: FolderOption = None,
    device: DeviceOption = "auto",
    resume: ResumeOption = True,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Train a model from a recipe.

    A run that was stopped continues from its last checkpoint. With --corrections a model learns from what you corrected
    with touchline review; exit code 4 means that it did not get better, and it is not installed. Several processes that
    torchrun starts train one model together.

    Examples:
      touchline train spotting-slow-fusion --stage all --folds 7 --set data_root=FOLDER
      touchline train spotting-corrections --corrections first.touchline second.touchline

    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        need_extra("train", what="training", modules=("torch",))
        reviewed = _reviewed(corrections or [], bundles or [], install=install)
        overrides = [*stage_overrides(recipe, stage=stage, folds=folds), *(settings or [])]
        wanted = _Wanted(recipe, overrides, device, out, reviewed)
        is_first = Launch.read().is_first
        if dry_run:
            return _show(wanted, output) if is_first else EXIT_OK
        model = _train(wanted, resume=resume)
        if not is_first:
            return EXIT_OK
        return train_from_corrections(model, name=install, output=output) if reviewed else _report(model, output)

    run_guarded(run, debug=debug, json=json)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the user asks for."""

    recipe: Path
    overrides: list[str]
    device: Device
    out: Path | None
    corrections: list[Path]

    def options(self) -> dict[str, Any]:
        """The arguments that training and planning share."""
        return {
            "overrides": self.overrides,
            "device": self.device,
            "out": self.out,
            "corrections": self.corrections,
        }


def _reviewed(corrections: list[Path], more: list[Path], *, install: str | None) -> list[Path]:
    """All bundles to learn from.

    Raises:
        UsageError: bundles, or a name to install under, without ``--corrections``.

    """
    if more and not corrections:
        raise UsageError(f"{more[0]}: only one recipe at a time; to learn from a bundle put --corrections before it")
    if install is not None and not corrections:
        raise UsageError("--install is for models that learn from --corrections; name others with --set name=NAME")
    return [*corrections, *more]


def _train(wanted: _Wanted, *, resume: bool) -> Path:
    from touchline.training.run import run_recipe

    return run_recipe(wanted.recipe, **wanted.options(), resume=resume, progress=training_progress())


def _report(model: Path, output: Output) -> int:
    measured = _measured(model.parent)
    output.record({"model": str(model), **({"measured": measured} if measured else {})})
    if measured:
        values = ", ".join(f"{name} {value:.3f}" for name, value in measured["average_map"].items())
        output.note(f"touchline: recordings kept for testing: {measured['recordings']}; average-mAP on them: {values}")
    output.say(f"model: {model}")
    return tell_unreadable(model.parent, output)


def _measured(folder: Path) -> dict[str, Any] | None:
    """The scores of a spotting head on the recordings kept for testing; None for any other run."""
    from touchline.formats.files.json_files import read_own_json

    path = folder / "measured.json"
    test = read_own_json(path, remedy="train again").get("test") if path.is_file() else None
    if not isinstance(test, dict) or not {"recordings", "tight", "loose"} <= set(test):
        return None
    return {
        "recordings": test["recordings"],
        "average_map": {name: test[name]["value"] for name in ("tight", "loose")},
    }


def tell_unreadable(folder: Path, output: Output) -> int:
    """Print which files of the data were left out of a run; return the exit code."""
    from touchline.formats.files.json_files import parse_json
    from touchline.formats.files.json_shapes import a_text, check, list_of

    path = folder / "unreadable.json"
    left_out = parse_json(path.read_bytes(), source=str(path)) if path.is_file() else []
    check(left_out, list_of(list_of(a_text, length=2)), source=path, remedy="train again")
    for name, reason in left_out:
        output.record({"path": name, "error": reason})
        output.note(f"touchline: left out: {name}: {reason}")
    return EXIT_DEGRADED if left_out else EXIT_OK


def _show(wanted: _Wanted, output: Output) -> int:
    from dataclasses import asdict

    from touchline.training.run import plan_recipe

    plan = plan_recipe(wanted.recipe, **wanted.options())
    output.record({**asdict(plan), "out": str(plan.out)})
    if not output.json:
        _tell(plan, output)
    return EXIT_OK


def _tell(plan: TrainingPlan, output: Output) -> None:
    """A plan in words."""
    import yaml

    output.table(yaml.safe_dump(plan.settings, sort_keys=False, allow_unicode=True).rstrip())
    output.say("---")
    output.say(f"task {plan.task}, out {plan.out}, {plan.device}, recipe sha256 {plan.recipe_sha256[:12]}")
    for run in plan.runs:
        cost = "time unknown" if run.estimated_s is None else f"about {in_words(run.estimated_s)} of arithmetic"
        output.say(
            f"{run.name}: {run.parameters:,} parameters, {run.trained_parameters:,} of them trained, "
            f"{run.steps:,} iterations, {cost}"
        )
