"""Safe reading of the pickles in which SoccerNet publishes its PCA: nothing in them is executed.

``pca_512_TF2.pkl`` holds a scikit-learn ``PCA`` object, ``average_512_TF2.pkl`` an array. A pickle names functions and
calls them; here every name that such a file needs maps to a small stand-in that only stores its arguments, and any
other name is refused before it is looked up.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from touchline.core.errors import InputError
from touchline.formats.files.guard import guarded
from touchline.formats.soccernet.source import missing_advice

MAX_BYTES = 1 << 30
_MAX_MEMO = 1_000_000
_FLOATS: dict[str, np.dtype[Any]] = {"f8": np.dtype("f8"), "f4": np.dtype("f4"), "f2": np.dtype("f2")}


class _Object:
    """A stand-in for a scikit-learn object that keeps its attributes only."""

    state: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, *_: object) -> None:
        """Take and drop the arguments; a pickle may also make one without calling this."""

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, dict):
            raise pickle.UnpicklingError(f"an object's state is a {type(state).__name__}, not a dictionary")
        self.state = state


class _Dtype:
    """A stand-in for ``numpy.dtype``: the name of a type and its byte order."""

    name = ""
    big = False

    def __init__(self, name: object = "", *_: object) -> None:
        self.name = str(name)

    def __setstate__(self, state: object) -> None:
        self.big = isinstance(state, tuple) and len(state) > 1 and state[1] == ">"

    def real(self) -> np.dtype[Any]:
        """Return the floating-point type.

        Raises:
            pickle.UnpicklingError: it is not a floating-point type.

        """
        known = _FLOATS.get(self.name.lstrip("<>=|"))
        if known is None:
            raise pickle.UnpicklingError(f"an array of type {self.name!r}; a reduction has floating-point numbers")
        return known.newbyteorder(">" if self.big else "<")


class _Array:
    """A stand-in for ``numpy.ndarray``, converted to a checked array of floats on demand."""

    parts: tuple[Any, ...] | None = None

    def __init__(self, *_: object) -> None:
        """Take and drop the arguments; a pickle may also make one without calling this."""

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, tuple) or len(state) != 5:
            raise pickle.UnpicklingError("an array's state has another form than NumPy writes")
        _, shape, dtype, fortran, data = state
        self.parts = (shape, dtype, "F" if fortran else "C", data)

    def real(self) -> npt.NDArray[np.float64]:
        """Return the array, float64.

        Raises:
            pickle.UnpicklingError: it is not an array of floats, or its data do not fill its shape.

        """
        if self.parts is None:
            raise pickle.UnpicklingError("an array without content")
        shape, dtype, order, data = self.parts
        if isinstance(data, str):
            data = data.encode("latin1")
        sizes = isinstance(shape, tuple) and all(isinstance(size, int) and size >= 0 for size in shape)
        if not sizes or not isinstance(dtype, _Dtype) or not isinstance(data, (bytes, bytearray)):
            raise pickle.UnpicklingError("an array's state has another form than NumPy writes")
        kind = dtype.real()
        if len(data) != math.prod(shape) * kind.itemsize:
            raise pickle.UnpicklingError(f"{len(data)} bytes do not fill an array of shape {shape}")
        return np.frombuffer(data, kind).reshape(shape, order=order).astype(np.float64)


def _from_buffer(data: object, dtype: object, shape: object, order: object) -> _Array:
    array = _Array()
    array.parts = (shape, dtype, order if order in ("C", "F") else "C", data)
    return array


def _encoded(text: object, *_: object) -> bytes:
    return str(text).encode("latin1")


def _ignored(*_: object) -> None:
    """Return a placeholder for a value that is not needed."""


def _rebuilt(*_: object) -> _Object:
    return _Object()


_STAND_INS: dict[tuple[str, str], Callable[..., Any]] = {
    ("sklearn.decomposition._pca", "PCA"): _Object,
    ("sklearn.decomposition.pca", "PCA"): _Object,
    ("sklearn.decomposition._incremental_pca", "IncrementalPCA"): _Object,
    ("sklearn.decomposition.incremental_pca", "IncrementalPCA"): _Object,
    ("copyreg", "_reconstructor"): _rebuilt,
    ("copy_reg", "_reconstructor"): _rebuilt,
    ("builtins", "object"): _Object,
    ("__builtin__", "object"): _Object,
    ("_codecs", "encode"): _encoded,
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Dtype,
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _Array for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): _ignored for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _from_buffer for core in ("core", "_core")},
}
"""Every name that such a pickle may contain, and its stand-in."""


class _Refused(pickle.UnpicklingError):
    """The pickle contains a name that no PCA needs."""


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Return the stand-in of a name."""
        stand_in = _STAND_INS.get((module, name))
        if stand_in is None:
            raise _Refused(f"{module}.{name}")
        return stand_in

    def persistent_load(self, pid: object) -> NoReturn:
        """Refuse references to objects outside the pickle."""
        raise _Refused(f"the outside object {pid!r:.60}")


@guarded("the pickle of a reduction")
def read_pca_pickle(path: Path) -> Mapping[str, npt.NDArray[np.float64]]:
    """Read a pickled PCA: ``components`` (k, width), ``mean`` (width,) and, if present, ``variance`` (k,).

    Raises:
        InputError: the file is unsafe, damaged, or another kind of object.

    """
    found = _read(path)
    if not isinstance(found, _Object):
        raise InputError(f"{path}: holds a {_kind(found)}, not a fitted PCA; pass the file of averages with --mean")
    if found.state.get("whiten"):
        raise InputError(f"{path}: a PCA that whitens; SoccerNet's does not, and heads trained on it would not fit")
    names = {"components": "components_", "mean": "mean_", "variance": "explained_variance_"}
    arrays = {
        key: _real(found.state[name], path=path)
        for key, name in names.items()
        if isinstance(found.state.get(name), _Array)
    }
    components = arrays.get("components")
    if components is None or components.ndim != 2 or arrays.get("mean", components[0]).shape != components.shape[1:]:
        raise InputError(f"{path}: a PCA that was never fitted, or whose parts do not match")
    return {"mean": np.zeros(components.shape[1]), **arrays}


@guarded("the pickle of a reduction")
def read_mean_pickle(path: Path) -> npt.NDArray[np.float64]:
    """Read a pickled feature average, float64 (width,).

    Raises:
        InputError: the file is unsafe, damaged, or another kind of object.

    """
    found = _read(path)
    if not isinstance(found, _Array):
        raise InputError(f"{path}: holds a {_kind(found)}, not an array; pass the file of the PCA with --pca")
    mean = _real(found, path=path)
    if mean.size == 0 or mean.size != mean.shape[-1]:
        raise InputError(f"{path}: an array of shape {mean.shape}; the average of features must be one row")
    return mean.reshape(-1)


def _read(path: Path) -> Any:
    """Return the content of a pickle, made of stand-ins."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise InputError(f"{path}: {size:,} bytes, more than the {MAX_BYTES:,} that a reduction may have")
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}){missing_advice(path.name)}") from error
    try:
        _check_memo(data)
        return _Reader(io.BytesIO(data), encoding="latin1").load()
    except _Refused as error:
        raise InputError(
            f"{path}: refused: the pickle wants to run {str(error)!r}, which no reduction of features needs; "
            "get it from a source you trust"
        ) from error
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise InputError(f"{path}: not the pickle of a reduction, or damaged ({error})") from error


def _check_memo(data: bytes) -> None:
    """Refuse pickles that make the reader allocate memory for nothing."""
    for opcode, argument, _ in pickletools.genops(data):
        if opcode.name in ("LONG_BINPUT", "PUT") and isinstance(argument, int) and argument > _MAX_MEMO:
            raise pickle.UnpicklingError(f"{opcode.name} {argument}")


def _real(array: _Array, *, path: Path) -> npt.NDArray[np.float64]:
    try:
        values = array.real()
    except pickle.UnpicklingError as error:
        raise InputError(f"{path}: not the pickle of a reduction, or damaged ({error})") from error
    if not np.isfinite(values).all():
        raise InputError(f"{path}: holds numbers that are not finite")
    return values


def _kind(found: object) -> str:
    return {_Array: "NumPy array", _Object: "scikit-learn object"}.get(type(found), type(found).__name__)
