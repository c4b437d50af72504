"""Recognisers of joint sequences, and the reading of such sequences."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from touchline.core.errors import InputError
from touchline.core.finite_output import require_finite_output
from touchline.formats.clips.skeleton_sets import as_sequences
from touchline.formats.clips.spacejam import read_joints
from touchline.formats.files.guard import reading
from touchline.formats.files.npz import load_npz
from touchline.formats.files.text_lines import read_data
from touchline.models.runtime.device import available_threads
from touchline.models.runtime.graph_file import GraphFile
from touchline.models.runtime.graphs import ManyInputGraph, torch_arrays
from touchline.models.runtime.model_graphs import compiled_part, graph_file_of
from touchline.models.specs.spec import SkeletonConfig, SkeletonSpec
from touchline.models.store import list_models, open_model

if TYPE_CHECKING:
    from touchline.models.networks.skeleton_net import SkeletonNet

_BATCH = 256


class SkeletonRecogniser:
    """A recogniser that classifies sequences of joints.

    Args:
        network: network that returns logits, or the graphs of a model file, which need no torch.
        config: configuration of the model file.
        sha256: hash of the model file.

    """

    device_reason = "cpu: it is as fast there"

    def __init__(self, network: SkeletonNet | GraphFile, config: SkeletonConfig, *, sha256: str) -> None:
        self.config = config
        self.name = config.name
        self.sha256 = sha256
        self._given = network
        self._graphs: dict[str, ManyInputGraph] = {}

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes, in the order of the scores' columns."""
        return self.config.labels

    @property
    def spec(self) -> SkeletonSpec:
        """The sequences it expects."""
        return self.config.skeleton

    def _graph(self, part: str) -> ManyInputGraph:
        """Return a graph, built when it is first used."""
        if part not in self._graphs:
            self._graphs[part] = self._built(part)
        return self._graphs[part]

    def _built(self, part: str) -> ManyInputGraph:
        if isinstance(self._given, GraphFile):
            return compiled_part(self._given, part, precision=self.config.precision, threads=available_threads())
        from touchline.models.exporting.parts import parts_of

        return torch_arrays(parts_of(self._given, self.config)[part].module, device="cpu")

    def scores(self, sequences: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return probabilities float32 (n, classes) of sequences float32 (n, t, joints, 3): x, y, visibility.

        The person's size and position, and the unit of x and y, do not matter.

        Raises:
            ValueError: sequences of another shape.
            ResourceError: the network's output is not finite.

        """
        return self._run("scores", sequences, columns=len(self.labels))

    def right_handed(self, sequences: npt.NDArray[np.float32]) -> npt.NDArray[np.float32] | None:
        """Return the log odds float32 (n,) that each sequence is of a right-handed person.

        Returns:
            None if the model does not tell hands apart.

        Raises:
            ValueError, ResourceError: as for :meth:`scores`.

        """
        return None if self.config.handed is None else self._run("hand", sequences, columns=1)[:, 0]

    def _run(self, part: str, sequences: npt.NDArray[np.float32], *, columns: int) -> npt.NDArray[np.float32]:
        """Return a graph's output float32 (n, columns) for sequences, calculated in batches."""
        shape = (self.spec.frames, len(self.spec.joints), 3)
        if sequences.shape[1:] != shape:
            raise ValueError(f"sequences have shape {sequences.shape[1:]}, the recogniser expects {shape}")
        rows = [np.zeros((0, columns), np.float32)]
        for first in range(0, len(sequences), _BATCH):
            rows.append(self._graph(part)(sequences[first : first + _BATCH])[0])
        found = np.concatenate(rows)
        require_finite_output(found, model=self.name, what="score", runs_on=self.device_reason)
        return found


def load_skeleton_recogniser(name_or_path: str | None = None) -> SkeletonRecogniser:
    """Load a recogniser of joint sequences by name or path; None takes the only one installed.

    Raises:
        InputError: not found, damaged, or for another task; or none is named and there is not exactly one.

    """
    if name_or_path is None:
        names = [model.path.stem for model in list_models() if model.config.task == "skeleton"]
        if len(names) != 1:
            raise InputError(f"name a recogniser of joints with --model; installed are {names}")
        name_or_path = names[0]
    opened = open_model(name_or_path, task="skeleton")
    return SkeletonRecogniser(graph_file_of(opened), opened.config, sha256=opened.sha256)


def read_sequence(path: Path | str, *, spec: SkeletonSpec) -> tuple[npt.NDArray[np.float32], str]:
    """Read a sequence of joints from a file and resample it to a recogniser's length.

    Args:
        path: ``.npy`` with (t, joints, 2) as y, x, (t, joints, 3) as x, y, visibility, or SpaceJam's objects; or a
            ``.npz`` whose first array is one of the first two.
        spec: the sequences the recogniser expects.

    Returns:
        float32 (frames, joints, 3), and a remark on missing joints and resampling; empty if there is none.

    Raises:
        InputError: no such file, other joints, or a sequence without any visible joint.

    """
    path = Path(path)
    joints = _read(path)
    if joints.ndim != 3 or joints.shape[1] != len(spec.joints) or not len(joints):
        raise InputError(
            f"{path}: joints have shape {joints.shape}, expected (moments, {len(spec.joints)}, 2 or 3) "
            f"with the joints {', '.join(spec.joints)}"
        )
    if not (joints[..., 2] > 0).any():
        raise InputError(f"{path}: no joint is visible at any moment")
    notes = []
    missing = float((joints[..., 2] <= 0).mean())
    if missing:
        notes.append(f"{missing:.0%} of the joints are missing")
    if len(joints) != spec.frames:
        notes.append(f"{len(joints)} moments, resampled to {spec.frames}")
        taken = np.round(np.linspace(0, len(joints) - 1, spec.frames)).astype(np.int64)
        joints = joints[taken]
    return np.ascontiguousarray(joints, np.float32), "; ".join(notes)


def _read(path: Path) -> npt.NDArray[np.float32]:
    """Read the joints of a file as (t, joints, 3)."""
    data = read_data(path)
    if data[:2] == b"PK":
        values = next(iter(load_npz(path, what="joints").values()), np.zeros(0))
    else:
        with reading(path, what="a sequence of joints"):
            try:
                values = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
            except ValueError:
                return read_joints(path)  # an array of objects; SpaceJam's reader takes it, restricted to numbers
    if values.ndim != 3 or values.shape[2] not in (2, 3) or not np.issubdtype(values.dtype, np.number):
        raise InputError(f"{path}: an array of shape {values.shape} and {values.dtype} is not a sequence of joints")
    return as_sequences(values)
