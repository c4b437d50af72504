"""The comparison of a teacher, a plain student and a distilled student, with intervals."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from touchline.core.arrays import Indices
from touchline.formats.files.atomic import write_json_atomic
from touchline.metrics.recognition import difference_interval, votes_of_pictures
from touchline.training.recognition.held_out import Networks, Trial, hold_out, write_measured

ROLES = ("teacher", "student", "distilled")
_TIMED = 20
_TIMED_S = 0.5


@dataclass(frozen=True, slots=True)
class DistillRow:
    """One row of the table.

    Attributes:
        role: ``"teacher"``, ``"student"`` (plain) or ``"distilled"``.
        parameters: number of weights.
        megabytes: size of the model file in float32.
        clips_per_s: one at a time with torch on the device, without preprocessing; the fastest measurement.
        accuracy: share of held-out clips classified correctly, with its 95 % interval over groups.
        macro_f1: mean F1 of the classes.
        frame_accuracy: share of single frames classified correctly, each shown alone; None if not measured.
        clip_accuracy_by_frames: share of clips of which at least half of the frames are; None if not measured.

    """

    role: str
    parameters: int
    megabytes: float
    clips_per_s: float
    accuracy: float
    low: float
    high: float
    macro_f1: float
    frame_accuracy: float | None = None
    clip_accuracy_by_frames: float | None = None


@dataclass(frozen=True, slots=True)
class DistillResult:
    """The result of a distillation.

    Attributes:
        rows: one for each of ``ROLES``.
        gain, gain_low, gain_high: accuracy of the distilled minus the plain student, paired.
        over_teacher, over_teacher_low, over_teacher_high: the same, minus the teacher.
        clips, groups: numbers of those measured on.
        model: file of the distilled student.
        leaks: leaks of a split that is known to leak; empty for clean splits.

    """

    rows: tuple[DistillRow, ...]
    gain: float
    gain_low: float
    gain_high: float
    over_teacher: float
    over_teacher_low: float
    over_teacher_high: float
    clips: int
    groups: int
    model: str
    leaks: str = ""

    @property
    def proven(self) -> bool:
        """Whether the gain over the plain student is significant."""
        return self.gain_low > 0 or self.gain_high < 0


def compare_roles(
    trial: Trial,
    train: Callable[[str, Indices], Networks],
    save: Callable[[Any, DistillRow, Mapping[str, Any]], Path],
    *,
    out: Path,
    leaks: str = "",
    by_frame: Callable[[Any, Indices], Sequence[npt.NDArray[np.bool_]]] | None = None,
) -> DistillResult:
    """Train the three networks of every fold, measure them on its held-out examples, and save the distilled student.

    Args:
        trial: the examples and their folds.
        train: returns the networks of ``ROLES`` trained on some rows, in the folder of the fold's name.
        save: writes the distilled student of the last fold, given its row and all its measurements.
        out: folder for ``ROLE.csv``, ``ROLE.json`` and ``table.json``.
        leaks: leaks between the sides of the folds.
        by_frame: returns, for a network and some rows, which frames of each clip it classifies correctly.

    """
    values, networks = hold_out(trial, train)
    last, measured, rows = networks[-1], {}, []
    for role in ROLES:
        measured[role] = write_measured(trial, values[role], csv=out / f"{role}.csv", json=out / f"{role}.json")
        run_once = trial.one_by_one(last[role])
        row = row_of(role, last[role], measured=measured[role], run_once=run_once)
        frames = [] if by_frame is None else _frames_of(role, trial, networks, by_frame)
        rows.append(_with_frames(row, frames) if frames else row)
    model = save(last["distilled"], rows[-1], measured["distilled"])
    examples = trial.examples
    result = result_of(
        tuple(rows), truth=examples.truth, values=values, groups=examples.groups, model=model, leaks=leaks
    )
    write_json_atomic(out / "table.json", asdict(result))
    return result


def _frames_of(
    role: str,
    trial: Trial,
    networks: Sequence[Networks],
    by_frame: Callable[[Any, Indices], Sequence[npt.NDArray[np.bool_]]],
) -> list[npt.NDArray[np.bool_]]:
    """Return which frames of each held-out clip are classified correctly by the network of its fold."""
    folds = zip(networks, trial.folds.values(), strict=True)
    return [right for trained, fold in folds for right in by_frame(trained[role], fold.test)]


def _with_frames(row: DistillRow, frames: Sequence[npt.NDArray[np.bool_]]) -> DistillRow:
    """Return a row with what was found in single frames."""
    right, clips = votes_of_pictures(frames)
    share = float(np.concatenate(frames).mean())
    return replace(row, frame_accuracy=share, clip_accuracy_by_frames=right / clips)


def row_of(role: str, network: nn.Module, *, measured: Mapping[str, Any], run_once: Callable[[], object]) -> DistillRow:
    """Make the row of a network.

    Args:
        role: one of ``ROLES``.
        network: from which the size is taken.
        measured: ``accuracy``, ``accuracy_interval`` and ``macro_f1`` on held-out clips.
        run_once: recognises one clip, for timing.

    """
    buffer = io.BytesIO()
    torch.save(network.state_dict(), buffer)
    return DistillRow(
        role=role,
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        megabytes=round(buffer.tell() / 1e6, 2),
        clips_per_s=round(_speed(run_once), 1),
        accuracy=measured["accuracy"],
        low=measured["accuracy_interval"][0],
        high=measured["accuracy_interval"][1],
        macro_f1=measured["macro_f1"],
    )


@torch.inference_mode()
def _speed(run_once: Callable[[], object]) -> float:
    """Measure clips per second, one at a time: the fastest, which other load on the machine disturbed least."""
    run_once()
    taken_s: list[float] = []
    while len(taken_s) < _TIMED or sum(taken_s) < _TIMED_S:
        started_s = time.perf_counter()
        run_once()
        taken_s.append(time.perf_counter() - started_s)
    return 1 / min(taken_s)


def result_of(
    rows: tuple[DistillRow, ...],
    *,
    truth: npt.NDArray[np.int64],
    values: Mapping[str, npt.NDArray[np.float64]],
    groups: Sequence[str],
    model: Path,
    leaks: str = "",
) -> DistillResult:
    """Make the complete result.

    Args:
        rows: one for each of ``ROLES``.
        truth: int64 (n,), the classes.
        values: of each role, probabilities (n, classes); NaN for clips that were not measured.
        groups: of each clip.
        model: file of the distilled student.
        leaks: leaks of the split.

    """
    measured = np.flatnonzero(np.isfinite(values["student"]).all(axis=1))
    said = {role: values[role][measured].argmax(axis=1) for role in ROLES}
    together = [groups[i] for i in measured.tolist()]
    alone = difference_interval(truth[measured], said["distilled"], said["student"], groups=together)
    over = difference_interval(truth[measured], said["distilled"], said["teacher"], groups=together)
    return DistillResult(
        rows=rows,
        gain=alone.value,
        gain_low=alone.low,
        gain_high=alone.high,
        over_teacher=over.value,
        over_teacher_low=over.low,
        over_teacher_high=over.high,
        clips=len(measured),
        groups=len(set(together)),
        model=str(model),
        leaks=leaks,
    )
