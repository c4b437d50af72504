"""The end of ``touchline train --corrections``: what was won, and the model installed if anything was."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from touchline.cli.common import Output
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK
from touchline.core.wording import counted


def train_from_corrections(model: Path, *, name: str | None, output: Output) -> int:
    """Report a model that was trained on corrections and install it if it is better than before.

    Args:
        model: the model file.
        name: name to install it under; None for its own.
        output: of the command.

    Returns:
        The exit code: 4 if the model is not better.

    """
    from touchline.models.importing.checkpoints import import_model
    from touchline.models.store import read_config

    config = read_config(model)
    measured, title = config.measured, name or config.name
    installed = import_model(model, name=title) if measured["better"] else None
    output.record(
        {"model": str(model), "installed": None if installed is None else str(installed), "measured": measured}
    )
    if not output.json:
        output.table(_comparison(measured))
    if installed is None:
        output.note(f"touchline: {_refusal(measured, model)}")
        return EXIT_DEGRADED
    output.say(f"installed as {title}; use it with {_option(measured)} {title}")
    return EXIT_OK


def _comparison(measured: Mapping[str, Any]) -> str:
    """Before and after in words."""
    score = "AP50" if _of_boxes(measured) else "mAP@1"
    lines = [_held_out(measured)]
    for what, title in (("before", f"{score} before"), ("after", f"{score} after"), ("gain", "gain")):
        one = measured[what]
        sign = "+" if what == "gain" else ""
        lines.append(f"{title:<12} {one['value']:{sign}.3f} [{one['low']:{sign}.3f} to {one['high']:{sign}.3f}]")
    lines += [f"  {label}: {before:.3f} -> {after:.3f}" for label, (before, after) in measured["per_class"].items()]
    return "\n".join(lines)


def _refusal(measured: Mapping[str, Any], model: Path) -> str:
    """Why the model was not installed."""
    if measured["gain"]["value"] <= 0:
        what = "the corrections did not make the model better"
    else:
        share = 100 * measured["better_in"]
        what = f"the model may be better only by chance (it is in {share:.0f} % of resamples; 95 % are needed)"
    return (
        f"not installed: {what}. {_more(measured)} of {counted(len(measured['bundles']), 'video')}; to try the model "
        f"all the same, give {_option(measured)} {model}"
    )


def _of_boxes(measured: Mapping[str, Any]) -> bool:
    """Whether the model is a detector, which is measured on frames; a spotter is measured on minutes."""
    return "frames" in measured


def _option(measured: Mapping[str, Any]) -> str:
    """The option that takes the model."""
    return "--detector" if _of_boxes(measured) else "--model"


def _held_out(measured: Mapping[str, Any]) -> str:
    """What the model was measured on."""
    what = "boxes" if _of_boxes(measured) else "events"
    parts = ", ".join(f"{label} {count}" for label, count in measured[what].items())
    if _of_boxes(measured):
        return f"held out: {counted(measured['frames'], 'corrected frame')} with {parts}"
    return f"held out: {measured['minutes']:.1f} reviewed minutes with {parts}"


def _more(measured: Mapping[str, Any]) -> str:
    """What would help."""
    if _of_boxes(measured):
        return f"Correct more than these {sum(one['frames'] for one in measured['bundles'])} frames"
    return f"Review more than these {sum(one['minutes_reviewed'] for one in measured['bundles']):.0f} minutes"
