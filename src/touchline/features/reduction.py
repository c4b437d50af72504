"""Feature dimension reduction by principal component analysis (PCA).

Fitting reads the features once, block by block, and holds one (width, width) matrix regardless of their number: the
covariance is exact, not an approximation as in incremental PCA. SoccerNet's own reduction (2,048 to 512, fitted on its
500 games, published as pickles only) is read by :mod:`touchline.formats.features.pca_pickles`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save as safetensors_bytes

from touchline.core.errors import InputError
from touchline.formats.features.pca_pickles import read_mean_pickle, read_pca_pickle
from touchline.formats.files.atomic import make_folder, write_bytes_atomic
from touchline.formats.soccernet.source import missing_advice
from touchline.models.safetensors_file import SUFFIX, open_safetensors, tensors_of

COMPONENTS = 512
PUBLISHED_PCA, PUBLISHED_MEAN = "pca_512_TF2.pkl", "average_512_TF2.pkl"
"""File names of SoccerNet's own reduction, in its repository sn-spotting under Features."""
_METADATA_KEY = "touchline-reduction"
_BLOCK_ROWS = 2048
_REFUSAL = "not a reduction of features, or damaged"


@dataclass(frozen=True, slots=True, eq=False)
class Reduction:
    """A fitted reduction: subtracts a mean and projects onto principal components.

    Attributes:
        mean: float64 (width,).
        components: float64 (k, width), orthonormal rows, in order of decreasing variance.
        variance: float64 (k,), variance along each component; NaN if unknown.
        total_variance: variance along all directions, including the dropped ones; NaN if unknown.
        rows: number of rows it was fitted on; 0 if unknown.
        name: name recorded with the reduced features.
        published: whether it is SoccerNet's own.
        model: model whose features it was fitted on; empty if unknown.
        sha256: hash of its file.

    """

    mean: npt.NDArray[np.float64]
    components: npt.NDArray[np.float64]
    variance: npt.NDArray[np.float64]
    total_variance: float = float("nan")
    rows: int = 0
    name: str = "PCA"
    published: bool = False
    model: str = ""
    sha256: str = ""

    def __post_init__(self) -> None:
        k, width = self.components.shape
        if self.mean.shape != (width,) or self.variance.shape != (k,):
            raise ValueError(
                f"mean {self.mean.shape} and variance {self.variance.shape} do not fit components {(k, width)}"
            )

    @property
    def width(self) -> int:
        """Values per row before the reduction."""
        return int(self.components.shape[1])

    @property
    def size(self) -> int:
        """Values per row after the reduction."""
        return int(self.components.shape[0])

    @property
    def kept(self) -> float:
        """Share of the variance that is kept, 0 to 1; NaN if unknown."""
        return float(self.variance.sum() / self.total_variance)

    @property
    def about(self) -> dict[str, Any]:
        """The description of the reduction in a side-car file, as JSON."""
        return {
            "name": self.name,
            "sha256": self.sha256,
            "published": self.published,
            "width": self.width,
            "size": self.size,
            "rows": self.rows,
        }

    def apply(self, values: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Reduce features (rows, width) to float32 (rows, size).

        Raises:
            ValueError: features of another width.

        """
        return np.concatenate([np.zeros((0, self.size), np.float32), *self.blocks(values)])

    def blocks(self, values: npt.NDArray[Any]) -> Iterator[npt.NDArray[np.float32]]:
        """Yield reduced features block by block; each block of a mapped file is read only when needed."""
        if values.ndim != 2 or values.shape[1] != self.width:
            raise ValueError(f"features of shape {values.shape} do not fit a reduction of width {self.width}")
        turned = np.ascontiguousarray(self.components.T)
        for start in range(0, len(values), _BLOCK_ROWS):
            block = np.asarray(values[start : start + _BLOCK_ROWS], np.float64)
            yield ((block - self.mean) @ turned).astype(np.float32)

    def save(self, path: Path) -> Reduction:
        """Write the reduction atomically as safetensors; return it with the file's SHA-256."""
        path = reduction_path(path)
        about = {
            "name": path.stem if self.name == "PCA" else self.name,
            "published": self.published,
            "rows": self.rows,
            "model": self.model,
            "total_variance": None if np.isnan(self.total_variance) else self.total_variance,
        }
        arrays = {"mean": self.mean, "components": np.ascontiguousarray(self.components), "variance": self.variance}
        make_folder(path.parent)
        write_bytes_atomic(path, safetensors_bytes(arrays, {_METADATA_KEY: json.dumps(about)}))
        return load_reduction(path)


class ReductionFit:
    """An incremental fit of a reduction; holds count, mean and scatter matrix, float64 (width, width).

    Args:
        width: values per row.

    """

    def __init__(self, width: int) -> None:
        self.width = width
        self.rows = 0
        self._mean = np.zeros(width)
        self._scatter = np.zeros((width, width), order="F")

    def add(self, values: npt.NDArray[Any]) -> None:
        """Add any number of features (rows, width); a mapped file is read block by block.

        Raises:
            ValueError: features of another width.

        """
        if values.ndim != 2 or values.shape[1] != self.width:
            raise ValueError(f"features of shape {values.shape} do not fit the width {self.width}")
        for start in range(0, len(values), _BLOCK_ROWS):
            self._add_block(np.array(values[start : start + _BLOCK_ROWS], np.float64))

    def _add_block(self, block: npt.NDArray[np.float64]) -> None:
        """Update mean and scatter with Chan's parallel formula, which avoids cancellation."""
        from scipy.linalg.blas import dsyr, dsyrk

        count = self.rows + len(block)
        mean = block.mean(axis=0)
        block -= mean
        step = mean - self._mean
        self._scatter = dsyrk(1.0, block, beta=1.0, c=self._scatter, trans=1, overwrite_c=1)
        self._scatter = dsyr(self.rows * len(block) / count, step, a=self._scatter, overwrite_a=1)
        self._mean += step * (len(block) / count)
        self.rows = count

    def finish(self, components: int = COMPONENTS, *, name: str = "PCA", model: str = "") -> Reduction:
        """Compute the reduction from the features added so far.

        Args:
            components: values per row after the reduction.
            name: name recorded with the reduced features.
            model: model whose features were added.

        Raises:
            InputError: more components than values per row, or than rows less one.

        """
        from scipy.linalg import eigh

        if not 1 <= components <= min(self.width, self.rows - 1):
            raise InputError(
                f"{components} components cannot be fitted on {self.rows} rows of {self.width} values; "
                f"use at most {max(1, min(self.width, self.rows - 1))} with --components, or give more features"
            )
        covariance = self._scatter / (self.rows - 1)
        total = float(np.trace(covariance))
        variance, vectors = eigh(
            covariance, lower=False, subset_by_index=(self.width - components, self.width - 1), overwrite_a=True
        )
        rows = vectors[:, ::-1].T
        # The sign is arbitrary; as in scikit-learn, the entry of largest magnitude in each component is positive.
        rows *= np.sign(rows[np.arange(components), np.abs(rows).argmax(axis=1)])[:, None]
        return Reduction(
            self._mean.copy(),
            np.ascontiguousarray(rows),
            np.maximum(variance[::-1], 0.0),
            total_variance=total,
            rows=self.rows,
            name=name,
            model=model,
        )


def reduction_path(path: Path) -> Path:
    """Return the path a reduction is saved under: ``path``, with the suffix ``.safetensors`` appended if missing."""
    return path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX)


def load_reduction(path: Path, *, mean: Path | None = None) -> Reduction:
    """Load a reduction from a touchline file, or from SoccerNet's pickles.

    Args:
        path: ``.safetensors``, or the pickle of a PCA.
        mean: with a PCA pickle, the pickle of the average features; None takes the file that SoccerNet publishes
            beside it.

    Raises:
        InputError: missing, unsafe or damaged files, or a mean that does not fit the components.

    """
    if path.suffix == SUFFIX:
        return _from_safetensors(path)
    arrays = read_pca_pickle(path)
    beside = path.with_name(path.name.replace("pca", "average", 1))
    if mean is None and beside == path:
        raise InputError(f"{path}: give the average of features too, --mean FILE; SoccerNet's is {PUBLISHED_MEAN}")
    mean = mean or beside
    if not mean.is_file():
        advice = missing_advice(mean.name)
        raise InputError(
            f"{mean}: no such file; a pickled PCA needs the average it was fitted around, --mean FILE{advice}"
        )
    average = read_mean_pickle(mean)
    if average.shape != arrays["mean"].shape:
        raise InputError(
            f"{mean}: {len(average)} values, but {path.name} is for features of {len(arrays['mean'])} values"
        )
    digest = hashlib.sha256(path.read_bytes() + mean.read_bytes()).hexdigest()
    components = arrays["components"]
    return Reduction(
        average + arrays["mean"],
        components,
        arrays.get("variance", np.full(len(components), np.nan)),
        name=path.stem,
        published=(path.name, mean.name) == (PUBLISHED_PCA, PUBLISHED_MEAN) and components.shape == (512, 2048),
        model="ResNET_TF2" if path.name == PUBLISHED_PCA else "",
        sha256=digest,
    )


def _from_safetensors(path: Path) -> Reduction:
    if not path.is_file():
        raise InputError(f"{path}: no such file; `touchline features reduce FILES --fit {path.name}` creates one")
    with open_safetensors(path, framework="np", refusal=_REFUSAL) as file:
        metadata, arrays = file.metadata() or {}, tensors_of(file)
    try:
        about = json.loads(metadata[_METADATA_KEY])
        total = about["total_variance"]
        mean, components, variance = (
            np.asarray(arrays[name], np.float64) for name in ("mean", "components", "variance")
        )
        reduction = Reduction(
            mean,
            components,
            variance,
            total_variance=float("nan") if total is None else float(total),
            rows=int(about["rows"]),
            name=str(about["name"]),
            published=bool(about["published"]),
            model=str(about["model"]),
            sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: {_REFUSAL} ({error})") from error
    if not np.isfinite(reduction.components).all() or not np.isfinite(reduction.mean).all():
        raise InputError(f"{path}: contains values that are not finite; fit it again")
    return reduction
