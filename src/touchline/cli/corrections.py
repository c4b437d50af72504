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
        output.say(_comparison(measured))
    if installed is None:
        output.note(f"touchline: {_refusal(measured, model)}")
        return EXIT_DEGRADED
    output.say(f"installed as {title}; use it with --model {title}")
    return EXIT_OK


def _comparison(measured: Mapping[str, Any]) -> str:
    """Before and after in words."""
    events = ", ".join(f"{label} {count}" for label, count in measured["events"].items())
    lines = [f"held out: {measured['minutes']:.1f} reviewed minutes with {events}"]
    for what, title in (("before", "mAP@1 before"), ("after", "mAP@1 after"), ("gain", "gain")):
        one = measured[what]
        sign = "+" if what == "gain" else ""
        lines.append(f"{title:<12} {one['value']:{sign}.3f} [{one['low']:{sign}.3f} to {one['high']:{sign}.3f}]")
    lines += [f"  {label}: {before:.3f} -> {after:.3f}" for label, (before, after) in measured["per_class"].items()]
    return "\n".join(lines)


def _refusal(measured: Mapping[str, Any], model: Path) -> str:
    """Why the model was not installed."""
    minutes = sum(one["minutes_reviewed"] for one in measured["bundles"])
    if measured["gain"]["value"] <= 0:
        what = "the corrections did not make the model better"
    else:
        share = 100 * measured["better_in"]
        what = f"the model may be better only by chance (it is in {share:.0f} % of resamples; 95 % are needed)"
    return (
        f"not installed: {what}. Review more than these {minutes:.0f} minutes of "
        f"{counted(len(measured['bundles']), 'video')}; to try the model all the same, give --model {model}"
    )
