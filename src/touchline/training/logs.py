"""Metrics of a training run: JSON Lines, and TensorBoard if it is installed.

Logging never stops training: when the disk or TensorBoard fails, one warning is logged and logging ends.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from touchline.formats.files.guard import reading

_LOGGER = logging.getLogger(__name__)
LOG_NAME = "metrics.jsonl"
_TRACKER_ERRORS = (OSError, RuntimeError, ValueError, TypeError, AttributeError, ImportError)


class MetricLog:
    """A writer of metrics to ``metrics.jsonl`` in a folder, and to TensorBoard event files under ``tensorboard/``.

    Args:
        folder: created if it does not exist.
        from_step: rows with a later step are deleted first, so that a resumed run repeats no step.
        tensorboard: whether to write TensorBoard files.

    """

    def __init__(self, folder: str | Path, *, from_step: int | None = None, tensorboard: bool = True) -> None:
        self.folder = Path(folder)
        self.path = self.folder / LOG_NAME
        self._file_works = True
        self._board: Any = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if from_step is not None:
                self._drop_after(from_step)
        except OSError as error:
            self._file_failed(error)
        if tensorboard:
            self._board = _open_tensorboard(self.folder / "tensorboard", from_step=from_step)

    def log(self, step: int, **metrics: float | int | str | None) -> None:
        """Record the metrics of one step."""
        if self._file_works:
            try:
                with self.path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"step": step, **metrics}) + "\n")
            except (OSError, ValueError, TypeError) as error:
                self._file_failed(error)
        if self._board is not None:
            self._to_tensorboard(step, metrics)

    def close(self) -> None:
        """Flush and close the TensorBoard files."""
        if self._board is not None:
            try:
                self._board.close()
            except _TRACKER_ERRORS as error:
                self._board_failed(error)
            self._board = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _drop_after(self, step: int) -> None:
        kept = [row for row in read_metrics(self.path) if row["step"] <= step]
        self.path.write_text("".join(json.dumps(row) + "\n" for row in kept), encoding="utf-8")

    def _to_tensorboard(self, step: int, metrics: dict[str, float | int | str | None]) -> None:
        try:
            for name, value in metrics.items():
                if isinstance(value, int | float):
                    self._board.add_scalar(name, value, step)
        except _TRACKER_ERRORS as error:
            self._board_failed(error)

    def _file_failed(self, error: Exception) -> None:
        self._file_works = False
        _LOGGER.warning("%s cannot be written (%s); training continues without it", self.path, error)

    def _board_failed(self, error: Exception) -> None:
        self._board = None
        _LOGGER.warning("TensorBoard failed (%s); training continues without it", error)


def read_metrics(path: str | Path) -> list[dict[str, Any]]:
    """Read the rows of a ``metrics.jsonl``, in order; a last line truncated by a crash is skipped."""
    path = Path(path)
    if not path.exists():
        return []
    with reading(path, what="metrics, one JSON object a line"):
        lines = path.read_text(encoding="utf-8").split("\n")
        return [json.loads(line) for line in lines[:-1] if line]


def _open_tensorboard(folder: Path, *, from_step: int | None) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter

        return SummaryWriter(str(folder), purge_step=None if from_step is None else from_step + 1)
    except _TRACKER_ERRORS as error:
        _LOGGER.info("no TensorBoard (%s); metrics go to metrics.jsonl only", error)
        return None
