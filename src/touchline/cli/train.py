"""``touchline train``: a model from a recipe."""

from __future__ import annotations

import json as json_module
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from touchline.cli.common import DebugOption, Device, DeviceOption, JsonOption, Output, run_guarded
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK
from touchline.training.shipped_recipes import recipe_names_for

if TYPE_CHECKING:
    from touchline.training.run import TrainingPlan


def recipe_help(verb: str) -> str:
    """The help of the argument RECIPE of a verb, with the names that it takes."""
    return f"A YAML file, or the name of a recipe that ships: {', '.join(recipe_names_for(verb))}."


RecipeArgument = Annotated[Path, typer.Argument(metavar="RECIPE", help=recipe_help("train"), show_default=False)]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="A.B=C", help="Change a setting of the recipe; * stands for every key of a level."),
]
FolderOption = Annotated[Path | None, typer.Option("--out", help="Folder for models and logs; runs/NAME by default.")]
ResumeOption = Annotated[bool, typer.Option("--resume/--no-resume", help="Go on from the checkpoints in --out.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only show settings, parameters, steps and time.")]

_REPORT_EVERY_S = 5.0


def command(
    recipe: RecipeArgument,
    settings: SetOption = None,
    out: FolderOption = None,
    device: DeviceOption = "auto",
    resume: ResumeOption = True,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Train a model from a recipe; stopped and started again, it goes on where it was."""
    output = Output(json=json, debug=debug)
    overrides = settings or []
    if dry_run:
        run_guarded(lambda: _show(recipe, overrides, out, device, output), debug=debug, json=json)
    else:
        run_guarded(lambda: _train(recipe, overrides, out, device, resume, output), debug=debug, json=json)


def _train(recipe: Path, overrides: list[str], out: Path | None, device: Device, resume: bool, output: Output) -> int:
    from touchline.training.run import run_recipe

    model = run_recipe(recipe, overrides=overrides, device=device, out=out, resume=resume, progress=_reporter(output))
    measured = _measured(model.parent)
    output.record({"model": str(model), **({"measured": measured} if measured else {})})
    if measured:
        values = ", ".join(f"{name} {value:.3f}" for name, value in measured["average_map"].items())
        output.note(f"touchline: recordings kept for testing: {measured['recordings']}; average-mAP on them: {values}")
    output.say(f"model: {model}")
    return tell_unreadable(model.parent, output)


def _measured(folder: Path) -> dict[str, Any] | None:
    """What a head over streams scored on the recordings kept for testing; None for any other run."""
    path = folder / "measured.json"
    document = json_module.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    test = document.get("test") if isinstance(document, dict) else None
    if not isinstance(test, dict) or not {"recordings", "tight", "loose"} <= set(test):
        return None
    return {
        "recordings": test["recordings"],
        "average_map": {name: test[name]["value"] for name in ("tight", "loose")},
    }


def tell_unreadable(folder: Path, output: Output) -> int:
    """Say which files of the data were left out of a run; the exit code that this makes."""
    path = folder / "unreadable.json"
    left_out = json_module.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    for name, reason in left_out:
        output.record({"path": name, "error": reason})
        output.note(f"touchline: left out: {name}: {reason}")
    return EXIT_DEGRADED if left_out else EXIT_OK


def _show(recipe: Path, overrides: list[str], out: Path | None, device: Device, output: Output) -> None:
    from dataclasses import asdict

    from touchline.training.run import plan_recipe

    plan = plan_recipe(recipe, overrides=overrides, device=device, out=out)
    output.record({**asdict(plan), "out": str(plan.out)})
    if not output.json:
        _tell(plan, output)


def _tell(plan: TrainingPlan, output: Output) -> None:
    """A plan in words."""
    import yaml

    output.say(yaml.safe_dump(plan.settings, sort_keys=False, allow_unicode=True).rstrip())
    output.say("---")
    output.say(f"task {plan.task}, out {plan.out}, {plan.device}, recipe sha256 {plan.recipe_sha256[:12]}")
    for run in plan.runs:
        cost = "time not estimated" if run.estimated_s is None else f"about {_duration(run.estimated_s)} of arithmetic"
        output.say(
            f"{run.name}: {run.parameters:,} parameters, {run.trained_parameters:,} of them trained, "
            f"{run.steps:,} iterations, {cost}"
        )


def _reporter(output: Output) -> Callable[[str, int, int], None]:
    """Tells progress on stderr, with the time left: one line that renews itself on a terminal, else now and then."""
    terminal = sys.stderr.isatty()
    every_s = 0.2 if terminal else _REPORT_EVERY_S
    started: dict[str, tuple[float, int]] = {}
    last_s = 0.0

    def report(name: str, step: int, total: int) -> None:
        nonlocal last_s
        now_s = time.monotonic()
        began_s, first = started.setdefault(name, (now_s, step))
        if now_s - last_s < every_s and step < total:
            return
        last_s = now_s
        left = ""
        if step > first:
            left = f", about {_duration((total - step) * (now_s - began_s) / (step - first))} left"
        text = f"{name}: step {step} of {total} ({100 * step // max(total, 1)} %){left}"
        if terminal:
            end = "\n" if step >= total else ""
            print(f"\r\x1b[K{text}", end=end, file=sys.stderr, flush=True)
        else:
            output.note(text)

    return report


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
