"""``touchline distill``: a small model that learns from a large one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from touchline.cli.common import Output, run_guarded
from touchline.cli.learning.train import FolderOption, ResumeOption, SetOption, recipe_help, tell_unreadable
from touchline.cli.options import DebugOption, DeviceOption, JsonOption
from touchline.cli.progress import training_progress
from touchline.core.errors import EXIT_OK
from touchline.core.extras import need_extra
from touchline.core.wording import counted
from touchline.training.distributed.launch import Launch

if TYPE_CHECKING:
    from touchline.training.recognition.distill_table import DistillResult

RecipeArgument = Annotated[Path, typer.Argument(metavar="RECIPE", help=recipe_help("distill"), show_default=False)]


def command(
    recipe: RecipeArgument,
    settings: SetOption = None,
    out: FolderOption = None,
    device: DeviceOption = "auto",
    resume: ResumeOption = True,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Distill a large model into a small one.

    Trains the teacher, the student alone and the student distilled from the teacher, and prints size, speed and
    accuracy of the three with 95 % intervals.

    Examples:
      touchline distill distill-skeletons

    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        need_extra("train", what="distillation", modules=("torch",))
        return _distill(recipe, settings or [], out, device, resume, output)

    run_guarded(run, debug=debug, json=json)


def _distill(recipe: Path, overrides: list[str], out: Path | None, device: str, resume: bool, output: Output) -> int:
    from dataclasses import asdict

    from touchline.training.run import distill_recipe

    result = distill_recipe(
        recipe, overrides=overrides, device=device, out=out, resume=resume, progress=training_progress()
    )
    if not Launch.read().is_first:
        return EXIT_OK
    output.record(asdict(result))
    if not output.json:
        output.table(_table(result))
    return tell_unreadable(Path(result.model).parent, output)


def _table(result: DistillResult) -> str:
    lines = [f"{'':10} {'weights':>12} {'MB':>8} {'clips/s':>8}  accuracy [95 %]           macro F1"]
    for row in result.rows:
        interval = f"{100 * row.accuracy:5.1f} [{100 * row.low:.1f} to {100 * row.high:.1f}]"
        lines.append(
            f"{row.role:10} {row.parameters:12,} {row.megabytes:8.2f} {row.clips_per_s:8.1f}  {interval:25} "
            f"{100 * row.macro_f1:5.1f}"
        )
    noise = "a real difference" if result.proven else "within the noise"
    lines += [
        "",
        f"measured on {counted(result.clips, 'clip')} of {counted(result.groups, 'group')} that were held out",
        *([f"LEAK between training and test data, these numbers are too good: {result.leaks}"] if result.leaks else []),
        f"distilled against student alone: {_points(result.gain, result.gain_low, result.gain_high)}: {noise}",
        f"distilled against teacher: {_points(result.over_teacher, result.over_teacher_low, result.over_teacher_high)}",
        f"model: {result.model}",
    ]
    return "\n".join(lines)


def _points(value: float, low: float, high: float) -> str:
    return f"{100 * value:+.1f} points [{100 * low:+.1f} to {100 * high:+.1f}]"
