"""What no model may answer: numbers that are not finite, which would otherwise look like an empty picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from touchline.core.errors import ResourceError


def require_finite_output(
    *outputs: npt.NDArray[Any], model: str, what: str, runs_on: str, rows: str = "", first_row: int = 0
) -> None:
    """Stop where a model gave NaN or an infinity.

    Args:
        outputs: of the model.
        model: its name.
        what: one of the things it gives, as ``"score"``.
        runs_on: device or backend, ``"cpu: ..."`` where a processor did it.
        rows: what a row of the outputs stands for, to name the first bad one; not named without.
        first_row: number of the first row.

    Raises:
        ResourceError: an output is not finite.

    """
    bad = [row for output in outputs if not np.isfinite(output).all() for row in _bad_rows(output)]
    if not bad:
        return
    where = f" at {rows} {first_row + min(bad)}" if rows else ""
    other = "" if runs_on.startswith("cpu") else "run again with --device cpu, and "
    raise ResourceError(f"{model} gave a {what} that is no number{where} ({runs_on}); {other}check the model file")


def _bad_rows(output: npt.NDArray[Any]) -> list[int]:
    finite = np.isfinite(output).reshape(len(output), -1)
    return [int(row) for row in np.flatnonzero(~finite.all(axis=1))]
