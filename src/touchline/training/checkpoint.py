"""Crash-safe checkpoints: written to a temporary file and renamed, and read without executing code."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import random
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from touchline.core.errors import InputError, UsageError
from touchline.formats.files.atomic import make_folder, write_bytes_atomic
from touchline.formats.files.guard import MALFORMED_WEIGHTS
from touchline.models.importing.reading import torch_cause

_NAME = re.compile(r"^step_(\d{8})\.pt$")
KEEP_LAST = 2


def rng_state() -> dict[str, Any]:
    """Return the state of every random generator that training may use, as values that a restricted reader accepts."""
    kind, keys, position, has_gauss, cached = np.random.get_state()  # noqa: NPY002 - the state others may draw from
    state: dict[str, Any] = {
        "torch": torch.get_rng_state(),
        "python": random.getstate(),
        "numpy": (kind, np.asarray(keys).tolist(), int(position), int(has_gauss), float(cached)),
    }
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state_all()
    return state


def restore_rng(state: dict[str, Any]) -> None:
    """Restore every random generator to a state returned by :func:`rng_state`."""
    torch.set_rng_state(state["torch"].cpu())
    version, internal, gauss = state["python"]
    random.setstate((version, tuple(internal), gauss))
    kind, keys, position, has_gauss, cached = state["numpy"]
    np.random.set_state((kind, np.asarray(keys, np.uint32), position, has_gauss, cached))  # noqa: NPY002 - as above
    if "cuda" in state and torch.cuda.is_available() and len(state["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all([entry.cpu() for entry in state["cuda"]])


@contextlib.contextmanager
def keep_rng() -> Iterator[None]:
    """Restore every random generator after the body, whatever the body draws."""
    before = rng_state()
    try:
        yield
    finally:
        restore_rng(before)


def generator_states(*generators: np.random.Generator | torch.Generator) -> list[Any]:
    """Return the states of generators, as values that a restricted reader accepts."""
    return [
        one.get_state() if isinstance(one, torch.Generator) else json.dumps(one.bit_generator.state)
        for one in generators
    ]


def restore_generators(states: list[Any], *generators: np.random.Generator | torch.Generator) -> None:
    """Restore generators to states returned by :func:`generator_states`."""
    for state, one in zip(states, generators, strict=True):
        if isinstance(one, torch.Generator):
            one.set_state(state.cpu())
        else:
            one.bit_generator.state = json.loads(state)


def identity_of(**parts: Any) -> dict[str, str]:
    """Identify the run that a checkpoint belongs to: a SHA-256 per part (settings, data); parts must be JSON values."""
    return {
        name: hashlib.sha256(json.dumps(part, sort_keys=True, default=str).encode()).hexdigest()
        for name, part in parts.items()
    }


def require_identity(state: Mapping[str, Any], identity: Mapping[str, str], *, source: object) -> None:
    """Refuse a checkpoint of another run.

    Raises:
        UsageError: it was trained with other settings or data.

    """
    found = state.get("identity", {})
    if found != dict(identity):
        changed = [key for key, value in identity.items() if found.get(key) != value]
        raise UsageError(
            f"{source}: the checkpoint there was trained with another {' and '.join(changed)}; "
            "use --no-resume to start over, or another --out"
        )


def save_checkpoint(path: str | Path, **state: Any) -> Path:
    """Write ``state`` and the state of all random generators (under ``rng``) to ``path``, atomically.

    Values must be tensors, numbers, text or containers of these, so that they can be read without executing code.
    """
    buffer = io.BytesIO()
    torch.save({**state, "rng": rng_state()}, buffer)
    path = Path(path)
    make_folder(path.parent)
    write_bytes_atomic(path, buffer.getvalue())
    return path


def load_checkpoint(path: str | Path, *, device: str | torch.device = "cpu") -> dict[str, Any]:
    """Read a file written by :func:`save_checkpoint`; nothing in the file is executed.

    Raises:
        InputError: the file does not exist, is truncated, or is not a checkpoint.

    """
    try:
        state = torch.load(path, map_location=device, weights_only=True)
    except FileNotFoundError as error:
        raise InputError(f"{path}: checkpoint not found") from error
    except MALFORMED_WEIGHTS as error:
        cause = torch_cause(error)
        raise InputError(f"{path}: not a checkpoint of touchline{cause}; delete it or train afresh") from error
    if not isinstance(state, dict) or "rng" not in state:
        raise InputError(f"{path}: holds a {type(state).__name__}, not a training checkpoint of touchline")
    return state


class CheckpointFile:
    """The checkpoint of one training run in a single file, with the best one beside it."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.best = self.path.with_name(f"{self.path.stem}_best.pt")

    def __str__(self) -> str:
        return str(self.path)

    def exists(self) -> bool:
        """Return whether a checkpoint was saved."""
        return self.path.exists()

    def save(self, step: int, *, is_best: bool = False, **state: Any) -> Path:
        """Replace the checkpoint by that of ``step``; if ``is_best``, write it as the best one first."""
        if is_best:
            save_checkpoint(self.best, step=step, **state)
        return save_checkpoint(self.path, step=step, **state)

    def load_latest(self, *, device: str | torch.device = "cpu") -> dict[str, Any] | None:
        """Return the checkpoint, or None if there is none."""
        return load_checkpoint(self.path, device=device) if self.exists() else None

    def clear(self) -> None:
        """Delete the checkpoints of an earlier run."""
        self.path.unlink(missing_ok=True)
        self.best.unlink(missing_ok=True)


class CheckpointFolder:
    """The checkpoints of one training run in a folder: the last two by step, and the best one as ``best.pt``."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    def __str__(self) -> str:
        return str(self.folder)

    def exists(self) -> bool:
        """Return whether a checkpoint was saved."""
        return bool(self.steps())

    def steps(self) -> list[int]:
        """Return the steps that have a checkpoint, in order."""
        if not self.folder.is_dir():
            return []
        return sorted(int(match[1]) for path in self.folder.iterdir() if (match := _NAME.match(path.name)))

    def path(self, step: int) -> Path:
        """Return the path of the checkpoint of a step."""
        return self.folder / f"step_{step:08d}.pt"

    @property
    def best(self) -> Path:
        """Path of the best checkpoint; exists once one was scored."""
        return self.folder / "best.pt"

    def save(self, step: int, *, is_best: bool = False, **state: Any) -> Path:
        """Write the checkpoint of ``step`` (if ``is_best``, also as the best), then delete all but the last two."""
        if is_best:
            save_checkpoint(self.best, step=step, **state)
        path = save_checkpoint(self.path(step), step=step, **state)
        for old in self.steps()[:-KEEP_LAST]:
            self.path(old).unlink(missing_ok=True)
        return path

    def load_latest(self, *, device: str | torch.device = "cpu") -> dict[str, Any] | None:
        """Return the newest checkpoint, or None if there is none."""
        steps = self.steps()
        return load_checkpoint(self.path(steps[-1]), device=device) if steps else None

    def clear(self) -> None:
        """Delete the checkpoints of an earlier run, and nothing else."""
        if self.folder.exists() and not self.folder.is_dir():
            raise UsageError(f"{self.folder} is a file; checkpoints need a folder")
        for step in self.steps():
            self.path(step).unlink(missing_ok=True)
        self.best.unlink(missing_ok=True)
