"""A check that model outputs are finite: NaN would otherwise look like an empty picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from touchline.core.errors import ResourceError


def require_finite_output(
    *outputs: npt.NDArray[Any], model: str, what: str, runs_on: str, rows: str = "", first_row: int = 0
) -> None:
    """Raise an error if a model output holds NaN or an infinity.

    Args:
        outputs: arrays that the model returned.
        model: name of the model, for the message.
        what: name of one output value, e.g. ``"score"``.
        runs_on: device or backend; starts with ``"cpu"`` when the model ran on a CPU.
        rows: what one row of the outputs stands for, to locate the first bad row; empty leaves the location out.
        first_row: number of the first row.

    Raises:
        ResourceError: an output is not finite.

    """
    bad = [row for output in outputs if not np.isfinite(output).all() for row in _bad_rows(output)]
    if not bad:
        return
    where = f" at {rows} {first_row + min(bad)}" if rows else ""
    other = "" if runs_on.startswith("cpu") else "run again with --device cpu, and "
    raise ResourceError(f"{model} returned a {what} that is not finite{where} ({runs_on}); {other}check the model file")


def _bad_rows(output: npt.NDArray[Any]) -> list[int]:
    finite = np.isfinite(output).reshape(len(output), -1)
    return [int(row) for row in np.flatnonzero(~finite.all(axis=1))]
