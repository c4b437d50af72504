"""Features made narrower: equal to exact PCA however they arrive, and published reductions."""

from __future__ import annotations

import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import PCA, IncrementalPCA

from touchline.core.errors import InputError
from touchline.features.reduction import Reduction, ReductionFit, load_reduction


def rows(count: int = 3000, width: int = 40, seed: int = 0) -> np.ndarray:
    """Features around a far-away mean, each direction of its own strength."""
    rng = np.random.default_rng(seed)
    mixing = np.linalg.qr(rng.normal(size=(width, width)))[0] * np.geomspace(10, 0.1, width)[:, None]
    return (rng.normal(size=(count, width)) @ mixing + 50 * rng.normal(size=width)).astype(np.float32)


def fit(values: np.ndarray, components: int, *, parts: int = 1) -> Reduction:
    accumulator = ReductionFit(values.shape[1])
    for part in np.array_split(values, parts):
        accumulator.add(part)
    return accumulator.finish(components)


def test_it_is_the_exact_pca() -> None:
    values = rows()
    exact = PCA(8, svd_solver="full").fit(values.astype(np.float64))
    ours = fit(values, 8, parts=7)
    assert np.allclose(ours.mean, exact.mean_, atol=1e-9)
    assert np.allclose(ours.variance, exact.explained_variance_, rtol=1e-9)
    assert ours.kept == pytest.approx(exact.explained_variance_ratio_.sum(), rel=1e-9)
    signs = np.sign((ours.components * exact.components_).sum(1))[:, None]
    assert np.allclose(ours.components * signs, exact.components_, atol=1e-7)
    assert np.allclose(ours.apply(values) * signs.T, exact.transform(values), atol=1e-4)


def test_it_is_closer_to_the_truth_than_incremental_pca() -> None:
    values = rows()
    exact = PCA(8, svd_solver="full").fit(values.astype(np.float64))
    incremental = IncrementalPCA(8, batch_size=300).fit(values.astype(np.float64))

    def missed(components: np.ndarray) -> float:
        """How much of the exact directions lies outside the given ones."""
        return float(8 - ((components @ exact.components_.T) ** 2).sum())

    assert missed(fit(values, 8).components) < 1e-9
    assert missed(incremental.components_) < 0.05, "it is close, too"
    assert missed(fit(values, 8).components) <= missed(incremental.components_) + 1e-9


def test_the_order_of_parts_does_not_matter() -> None:
    values = rows()
    whole, parted = fit(values, 5), fit(values, 5, parts=101)
    assert np.allclose(whole.components, parted.components, atol=1e-9)


def test_memory_does_not_grow_with_the_features(tmp_path: Path) -> None:
    width, count = 64, 60_000
    path = tmp_path / "x.npy"
    mapped = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(count, width))
    for start in range(0, count, 5_000):
        mapped[start : start + 5_000] = rows(5_000, width, seed=start)
    mapped.flush()
    values = np.load(path, mmap_mode="r")
    accumulator = ReductionFit(width)
    accumulator.add(values[:100])
    tracemalloc.start()
    accumulator.add(values)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5e6 < values.nbytes, "one block, not the 15 MB of the file"


def test_files_keep_everything(tmp_path: Path) -> None:
    reduction = fit(rows(), 6).save(tmp_path / "mine")
    again = load_reduction(tmp_path / "mine.safetensors")
    assert again.name == "mine" and again.rows == 3000 and not again.published
    assert np.array_equal(again.components, reduction.components) and again.sha256 == reduction.sha256
    assert again.kept == pytest.approx(reduction.kept)
    (tmp_path / "mine.safetensors").write_bytes(b"x" * 100)
    with pytest.raises(InputError, match="damaged"):
        load_reduction(tmp_path / "mine.safetensors")
    with pytest.raises(InputError, match="no such file"):
        load_reduction(tmp_path / "none.safetensors")


def test_published_pickles(tmp_path: Path) -> None:
    values = rows().astype(np.float64)
    average = values.mean(0)
    pca = PCA(6).fit(values - average)
    (tmp_path / "pca_512_TF2.pkl").write_bytes(pickle.dumps(pca))
    with pytest.raises(InputError, match=r"average_512_TF2\.pkl: no such file"):
        load_reduction(tmp_path / "pca_512_TF2.pkl")
    (tmp_path / "average_512_TF2.pkl").write_bytes(pickle.dumps(average))
    reduction = load_reduction(tmp_path / "pca_512_TF2.pkl")
    assert np.allclose(reduction.apply(values), pca.transform(values - average), atol=1e-4)
    assert not reduction.published, "SoccerNet's is 2,048 to 512, whatever a file is called"
    (tmp_path / "mean.pkl").write_bytes(pickle.dumps(average[:-1]))
    with pytest.raises(InputError, match=r"39 values, but pca_512_TF2\.pkl is for features of 40"):
        load_reduction(tmp_path / "pca_512_TF2.pkl", mean=tmp_path / "mean.pkl")
    (tmp_path / "other.pkl").write_bytes(pickle.dumps(pca))
    with pytest.raises(InputError, match="--mean FILE"):
        load_reduction(tmp_path / "other.pkl")


def test_the_published_one_is_known_by_name_and_shape(tmp_path: Path) -> None:
    pca = PCA(512)
    pca.components_ = np.eye(512, 2048)
    pca.mean_ = np.zeros(2048)
    (tmp_path / "pca_512_TF2.pkl").write_bytes(pickle.dumps(pca))
    (tmp_path / "average_512_TF2.pkl").write_bytes(pickle.dumps(np.ones(2048, np.float32)))
    reduction = load_reduction(tmp_path / "pca_512_TF2.pkl")
    assert reduction.published and reduction.about["size"] == 512
    assert np.array_equal(reduction.apply(np.full((2, 2048), 3.0)), np.full((2, 512), 2.0))
    assert reduction.save(tmp_path / "x").published


def test_too_little_to_fit_on_is_told() -> None:
    with pytest.raises(InputError, match="use at most 4"):
        fit(rows(5), 10)
    with pytest.raises(InputError, match="use at most 40"):
        fit(rows(), 41)
    with pytest.raises(ValueError, match="do not fit the width 40"):
        ReductionFit(40).add(np.zeros((3, 39)))
    with pytest.raises(ValueError, match="do not fit a reduction of width 40"):
        fit(rows(), 4).apply(np.zeros((3, 39)))


def test_nothing_in_nothing_out() -> None:
    assert fit(rows(), 4).apply(np.zeros((0, 40), np.float32)).shape == (0, 4)
