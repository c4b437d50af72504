"""SpaceJam: clips of 16 frames of basketball players and their joints, labelled in ``annotation_dict.json``.

Francia, "Classificazione di azioni cestistiche mediante tecniche di deep learning", 2018. A folder may hold the labels
alone; its clips then have no path.
"""

from __future__ import annotations

import io
import json
import pickle
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from touchline.core.clips import ClipItem, ClipSet
from touchline.core.errors import InputError
from touchline.formats.files.guard import guarded, reading

LABELS = (
    "block",
    "pass",
    "run",
    "dribble",
    "shoot",
    "ball in hand",
    "defense",
    "pick",
    "no_action",
    "walk",
)
"""Class names in the order of their numbers; number 10 marks a clip to leave out."""

JOINTS = 18
"""Joints of a pose in OpenPose's numbering; the first fourteen are named in the data set's description."""

_DISCARDED = 10
_COPY = re.compile(r"(_flipped|_rotate_-?\d+|_translate_-?\d+_-?\d+)+$")
_NUMBERS = frozenset(f"{kind}{size}" for kind in "fiu" for size in (1, 2, 4, 8)) - {"f1"}
_MAX_BYTES = 1 << 24


def family_of(clip_id: str) -> str:
    """Return the original of a copied clip: the id without ``_flipped``, ``_rotate_30``, ``_translate_32_0``."""
    return _COPY.sub("", clip_id)


@guarded("a folder of SpaceJam")
def read_spacejam(root: Path | str) -> ClipSet:
    """Read the labelled clips of a folder with ``annotation_dict.json`` and, optionally, ``examples/`` and ``joints/``.

    Raises:
        InputError: the labels are missing or in another format.

    """
    root = Path(root)
    path = root / "annotation_dict.json"
    with reading(path, what="SpaceJam's labels, clip id to class number 0 to 10"):
        numbers = json.loads(path.read_bytes())
        items = tuple(
            _item(root, str(clip_id), int(number)) for clip_id, number in numbers.items() if number != _DISCARDED
        )
    return ClipSet(items, LABELS)


def _item(root: Path, clip_id: str, number: int) -> ClipItem:
    if not 0 <= number < len(LABELS):
        raise ValueError(f"clip {clip_id!r} has class {number}")
    clip, joints = root / "examples" / f"{clip_id}.mp4", root / "joints" / f"{clip_id}.npy"
    return ClipItem(
        clip_id,
        LABELS[number],
        path=clip if clip.is_file() else None,
        family=family_of(clip_id),
        joints=joints if joints.is_file() else None,
    )


@guarded("joints of SpaceJam")
def read_joints(path: Path | str) -> npt.NDArray[np.float32]:
    """Read the joints of a clip, float32 (t, 18, 3): x, y in pixels and 1, or zeros for a joint that was not found.

    The files hold pickled objects, which could also hold code: only NumPy arrays of dictionaries of numbers are read,
    anything else is refused.

    Raises:
        InputError: the file has other content.

    """
    path = Path(path)
    try:
        data = path.read_bytes()
        if len(data) > _MAX_BYTES:
            raise ValueError(f"{len(data)} bytes are too many for the joints of a clip")
        moments = _restricted_array(data)
        joints = np.zeros((len(moments), JOINTS, 3), np.float32)
        for row, moment in zip(joints, moments, strict=True):
            _fill(row, moment)
    except (OSError, ValueError, TypeError, EOFError, IndexError, pickle.UnpicklingError) as error:
        raise InputError(f"{path}: not joints of SpaceJam ({error})") from error
    return joints


class _Dtype:
    """A stand-in for ``numpy.dtype``; NumPy's own crashes on states that it did not write."""

    name = ""
    big = False

    def __init__(self, name: object = "", *_: object) -> None:
        self.name = str(name).lstrip("<>=|")

    def __setstate__(self, state: object) -> None:
        self.big = isinstance(state, tuple) and len(state) > 1 and state[1] == ">"

    def numbers(self, data: object) -> list[float]:
        """Return the numbers in an array's bytes."""
        if self.name not in _NUMBERS or not isinstance(data, bytes):
            raise pickle.UnpicklingError(f"numbers of type {self.name!r:.20} in a {type(data).__name__}")
        return np.frombuffer(data, np.dtype(self.name).newbyteorder(">" if self.big else "<")).tolist()


class _Array:
    """A stand-in for ``numpy.ndarray``: its elements, one after the other."""

    elements: tuple[Any, ...] = ()

    def __init__(self, *_: object) -> None:
        """Take and drop the arguments; a pickle may also make one without calling this."""

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, tuple) or len(state) != 5 or not isinstance(state[2], _Dtype):
            raise pickle.UnpicklingError("an array's state has another form than NumPy writes")
        self.elements = tuple(state[4] if isinstance(state[4], list) else state[2].numbers(state[4]))

    def __iter__(self) -> Iterator[Any]:
        return iter(self.elements)


def _scalar(dtype: object, data: object) -> float:
    if not isinstance(dtype, _Dtype):
        raise pickle.UnpicklingError("a number without a type")
    (number,) = dtype.numbers(data)
    return number


_STAND_INS: Mapping[tuple[str, str], Callable[..., Any]] = {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Dtype,
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _Array for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): _scalar for core in ("core", "_core")},
}
"""Every name that a file of joints may contain, and its stand-in."""


class _NumbersOnly(pickle.Unpickler):
    """An unpickler that knows stand-ins for what makes up a NumPy array, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """Return the stand-in of a name."""
        stand_in = _STAND_INS.get((module, name))
        if stand_in is None:
            raise pickle.UnpicklingError(f"it requests {module}.{name}, which no joint file needs")
        return stand_in


def _restricted_array(data: bytes) -> list[Any]:
    """Return the objects of a ``.npy`` file."""
    file = io.BytesIO(data)
    version = np.lib.format.read_magic(file)
    reader = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}.get(version)
    if reader is None:
        raise ValueError(f"version {version} of .npy")
    _, _, dtype = reader(file)
    if dtype != np.dtype(object):
        raise ValueError(f"an array of {dtype}, not of one dictionary for each moment")
    found = _NumbersOnly(file).load()
    return list(found) if isinstance(found, _Array) else [found]


def _fill(row: npt.NDArray[np.float32], moment: Any) -> None:
    """Write the joints of one time step."""
    if not isinstance(moment, Mapping):
        raise TypeError(f"a moment is a {type(moment).__name__}, not a dictionary")
    for joint, place in moment.items():
        number = int(joint)
        if not 0 <= number < JOINTS:
            raise ValueError(f"joint {number} is outside 0 to {JOINTS - 1}")
        x, y = (float(value) for value in place)
        if np.isfinite([x, y]).all():
            row[number] = x, y, 1.0
