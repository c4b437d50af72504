"""The labels of one clip as ``touchline recognize`` prints them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchline.cli.common import Output

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def print_labels(
    path: Path, scores: npt.NDArray[np.float32], note: str, *, labels: Sequence[str], top: int, output: Output
) -> None:
    """Print the most likely labels of a clip, and a note on it."""
    order = (-scores).argsort(kind="stable")
    said = [{"label": labels[k], "confidence": round(float(scores[k]), 6)} for k in order[:top]]
    record: dict[str, Any] = {"path": str(path), **said[0]}
    if top > 1:
        record["top"] = said
    if note:
        record["note"] = note
    output.record(record)
    if not output.json:
        names = ", ".join(f"{entry['label']} {entry['confidence']:.2f}" for entry in said)
        output.say(f"{path}: {names}" + (f"  ({note})" if note else ""))
