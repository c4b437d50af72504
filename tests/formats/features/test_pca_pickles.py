"""SoccerNet's pickles are read without running them; pickles with code in them are refused."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import PCA

from touchline.core.errors import InputError
from touchline.formats.features.pca_pickles import read_mean_pickle, read_pca_pickle

VALUES = np.random.default_rng(0).normal(size=(60, 8))


class _Evil:
    """Makes a file when a careless reader loads it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, int]]:
        return os.mkdir, (str(self.path), 0o700)


def dump(path: Path, value: object, protocol: int = 4) -> Path:
    path.write_bytes(pickle.dumps(value, protocol))
    return path


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("kind", ["f8", "f4", ">f8"])
def test_every_protocol_is_read(tmp_path: Path, protocol: int, kind: str) -> None:
    pca = PCA(3).fit(VALUES)
    arrays = read_pca_pickle(dump(tmp_path / "pca.pkl", pca, protocol))
    assert np.array_equal(arrays["components"], pca.components_)
    assert np.array_equal(arrays["mean"], pca.mean_)
    assert np.array_equal(arrays["variance"], pca.explained_variance_)
    mean = VALUES.mean(0).astype(kind)
    assert np.array_equal(read_mean_pickle(dump(tmp_path / "mean.pkl", mean, protocol)), mean)
    turned = np.asfortranarray(VALUES.astype(kind)[:1])
    assert np.array_equal(read_mean_pickle(dump(tmp_path / "row.pkl", turned, protocol)), turned[0])


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_code_is_refused_and_never_run(tmp_path: Path, protocol: int) -> None:
    evil = _Evil(tmp_path / "ran")
    pca = PCA(3).fit(VALUES)
    pca.extra_ = evil
    for value in (evil, [np.zeros(3), evil], pca):
        path = dump(tmp_path / "x.pkl", value, protocol)
        for read in (read_pca_pickle, read_mean_pickle):
            with pytest.raises(InputError, match="refused: the pickle wants to run"):
                read(path)
        assert not evil.path.exists()
    pickle.loads(path.read_bytes())
    assert evil.path.exists(), "a careless reader runs it"


def test_other_contents_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="never fitted"):
        read_pca_pickle(dump(tmp_path / "x.pkl", PCA(3)))
    with pytest.raises(InputError, match="whitens"):
        read_pca_pickle(dump(tmp_path / "x.pkl", PCA(3, whiten=True).fit(VALUES)))
    with pytest.raises(InputError, match="with --mean"):
        read_pca_pickle(dump(tmp_path / "x.pkl", VALUES))
    with pytest.raises(InputError, match="with --pca"):
        read_mean_pickle(dump(tmp_path / "x.pkl", PCA(3).fit(VALUES)))
    with pytest.raises(InputError, match="of type"):
        read_mean_pickle(dump(tmp_path / "x.pkl", np.arange(3)))
    with pytest.raises(InputError, match="another form"):
        read_mean_pickle(dump(tmp_path / "x.pkl", np.array([{}, {}], dtype=object)))
    with pytest.raises(InputError, match="one row"):
        read_mean_pickle(dump(tmp_path / "x.pkl", VALUES))
    with pytest.raises(InputError, match="not finite"):
        read_mean_pickle(dump(tmp_path / "x.pkl", np.array([1.0, np.nan])))
    with pytest.raises(InputError, match="cannot be read"):
        read_mean_pickle(tmp_path / "none.pkl")


def test_damaged_pickles_are_refused(tmp_path: Path) -> None:
    data = pickle.dumps(VALUES.mean(0), 4)
    for cut in range(0, len(data), 7):
        (tmp_path / "x.pkl").write_bytes(data[:cut])
        with pytest.raises(InputError):
            read_mean_pickle(tmp_path / "x.pkl")
    (tmp_path / "x.pkl").write_bytes(b"\x80\x02r\xff\xff\xff\x7f.")  # a memo entry far away
    with pytest.raises(InputError, match="damaged"):
        read_mean_pickle(tmp_path / "x.pkl")
