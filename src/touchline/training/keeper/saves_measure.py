"""Measurement of expected saves on held-out shots: all models side by side, with intervals over shots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from touchline.core.arrays import Bools, Floats64
from touchline.metrics.bootstrap import Interval, mean_interval
from touchline.metrics.calibration import equal_counts
from touchline.metrics.probability import (
    auc_interval,
    brier_losses,
    log_losses,
)
from touchline.training.keeper.saves_models import CONSTANT, CURVES, REFERENCE, WITH_TECHNIQUE

PICTURED = "pictured"
ALL = "all"
_BINS = 8
"""Of the calibration curve."""
_TITLES = {
    PICTURED: "{count} pictured shots on target, knowing that they are pictured",
    ALL: "{count} shots on target, not knowing which are pictured",
}


def measure(saved: Floats64, pictured: Bools, found: Mapping[str, tuple[Floats64, Floats64]]) -> dict[str, Any]:
    """Make the tables for the pictured shots and for all shots, and measure the effect of technique.

    Args:
        saved: float64 (n,), 0 or 1.
        pictured: bool (n,).
        found: save probabilities (repeats, n) by model, knowing which shots are pictured and not; NaN for no answer.

    """
    informed = {name: both[0][:, pictured] for name, both in found.items()}
    blind = {name: both[1] for name, both in found.items()}
    tables = {PICTURED: _rows(saved[pictured], informed), ALL: _rows(saved, blind)}
    return {"tables": tables, "technique": _technique(tables[PICTURED], saved[pictured], informed)}


def _rows(saved: Floats64, answers: Mapping[str, Floats64]) -> dict[str, Any]:
    whole = {name: p for name, p in answers.items() if np.isfinite(p).all()}
    losses = {name: log_losses(saved, p).mean(axis=0) for name, p in whole.items()}
    rows = {name: _row(saved, p, losses, name) for name, p in whole.items()}
    return {"shots": len(saved), "saved": float(saved.mean()), "models": rows}


def _row(saved: Floats64, p: Floats64, losses: Mapping[str, Floats64], name: str) -> dict[str, Any]:
    by_repeat = log_losses(saved, p).mean(axis=1)
    row: dict[str, Any] = {
        "log_loss": mean_interval(losses[name]).to_json(),
        "brier": mean_interval(brier_losses(saved, p).mean(axis=0)).to_json(),
        "auc": None if name == CONSTANT else auc_interval(saved, p).to_json(),
        "calibration": equal_counts(p.mean(axis=0), saved, bins=_BINS).to_json(),
        "log_loss_sd_over_repeats": float(by_repeat.std()),
    }
    for other in (CONSTANT, REFERENCE, CURVES):
        if other in losses and other != name:
            row[f"log_loss_minus_{other.split()[0]}"] = mean_interval(losses[name] - losses[other]).to_json()
    return row


def _technique(rows: Mapping[str, Any], saved: Floats64, informed: Mapping[str, Floats64]) -> dict[str, Any]:
    """Measure whether the keeper's technique helps to predict the outcome."""
    with_it, without = (log_losses(saved, informed[name]).mean(axis=0) for name in (WITH_TECHNIQUE, CURVES))
    gain = mean_interval(with_it - without)
    shown = gain.high < 0
    change = f"log loss {gain.value:+.4f}, 95 % interval {gain.low:+.4f} to {gain.high:+.4f}, on {rows['shots']} shots"
    words = "Technique improves the prediction" if shown else "No effect of technique on saves was found"
    used = "share of answers that technique changed"
    moved = float((np.abs(informed[WITH_TECHNIQUE] - informed[CURVES]) > 1e-9).mean())
    return {
        "log_loss_change": gain.to_json(),
        "effect_shown": bool(shown),
        "share_of_answers_changed": moved,
        "said": f"{words} ({change}; {used} {moved:.2f}).",
    }


def table(measured: Mapping[str, Any]) -> str:
    """Format the tables as aligned text."""
    lines = []
    for key, title in _TITLES.items():
        part = measured["tables"][key]
        lines += [f"{title.format(count=part['shots'])} ({100 * part['saved']:.1f} % saved)"]
        lines += [f"  {'':33}{'log loss':24}{'Brier':24}{'AUC':22}{'log loss - constant':26}log loss - reference"]
        lines += [f"  {name:33}{_cells(row)}" for name, row in part["models"].items()]
    return "\n".join([*lines, measured["technique"]["said"], measured["selection"]["said"]])


def _cells(row: Mapping[str, Any]) -> str:
    cells = [
        f"{_bounded(row['log_loss'], '.4f'):24}",
        f"{_bounded(row['brier'], '.4f'):24}",
        f"{_bounded(row['auc'], '.3f'):22}",
        f"{_bounded(row.get('log_loss_minus_constant'), '+.4f'):26}",
        _bounded(row.get("log_loss_minus_reference"), "+.4f"),
    ]
    return "".join(cells).rstrip()


def _bounded(value: Mapping[str, float] | None, form: str) -> str:
    if value is None:
        return "-"
    bounded = Interval(**value)
    short = form.replace(".4f", ".3f")
    return f"{bounded.value:{form}} [{bounded.low:{short}}, {bounded.high:{short}}]"
