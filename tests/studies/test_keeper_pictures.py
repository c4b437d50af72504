"""The published pictures drawn again: their numbers, their sizes, and the same bytes twice."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from keeper_data import KEEPERS, write_tables
from touchline.core.errors import UsageError
from touchline.render.group_picture import draw_groups, group_sizes
from touchline.studies.keeper_pictures import Picture, draw_reference
from touchline.studies.keeper_reference import read_tables
from touchline.studies.libsvm_probability import libsvm_probability

needs_tables = pytest.mark.skipif(not KEEPERS.is_dir(), reason="the published keeper tables are not here")


def drawn(folder: Path, tables: Path) -> dict[str, Picture]:
    return {picture.path.name: picture for picture in draw_reference(read_tables(tables), folder)}


def test_five_pictures_are_drawn_and_are_the_same_again(tmp_path: Path) -> None:
    tables = write_tables(tmp_path / "tables")
    first, second = drawn(tmp_path / "a", tables), drawn(tmp_path / "b", tables)
    assert list(first) == [
        "techniques.png",
        "saves-not-under-pressure.png",
        "gains-not-under-pressure.png",
        "saves-under-pressure.png",
        "gains-under-pressure.png",
    ]
    for name, picture in first.items():
        image = cv2.imread(str(picture.path))
        assert image is not None and image.shape[0] > 200 and image.std() > 5
        assert picture.path.read_bytes() == second[name].path.read_bytes()


@needs_tables
@pytest.mark.shared_data
def test_the_published_pictures_show_the_published_numbers(tmp_path: Path) -> None:
    found = drawn(tmp_path, KEEPERS)
    assert found["techniques.png"].facts["poses"] == {"passive": 172, "spread": 109, "aggressive": 106, "smother": 22}
    wanted = {"not-under": (0.14, 0.596, 0.0736, 0.1904), "under": (0.14, 0.6176, 0.0744, 0.168)}
    for words, shares in wanted.items():
        facts = found[f"saves-{words}-pressure.png"].facts
        np.testing.assert_allclose(
            [facts["best"][name] for name in ("passive", "spread", "aggressive", "smother")], shares, atol=0.01
        )
        assert 0 < facts["lowest"] < facts["highest"] < 1
    assert found["gains-not-under-pressure.png"].facts["most_added"]["aggressive"] == pytest.approx(0.183, abs=0.005)


def test_groups_are_counted_and_other_suffixes_refused(tmp_path: Path) -> None:
    points, groups = np.random.default_rng(0).normal(size=(9, 2)), np.array([0, 0, 0, 1, 1, 1, 1, 1, 1])
    draw_groups(tmp_path / "g.svg", points, groups, names=("a", "b"), title="two")
    assert b"a (3)" in (text := (tmp_path / "g.svg").read_bytes()) or b"<svg" in text
    assert group_sizes(groups, names=("a", "b", "c")) == {"a": 3, "b": 6, "c": 0}
    with pytest.raises(UsageError, match="ends in"):
        draw_groups(tmp_path / "g.bmp", points, groups, names=("a", "b"), title="two")


def test_libsvm_stops_at_one_half_and_is_near_the_sigmoid_elsewhere() -> None:
    decision = np.array([0.0, 0.66897501, -1.14489657])
    found = libsvm_probability(decision, sigmoid=(-0.790682526, 0.0781738576))
    # As scikit-learn 1.9.1's SVC(probability=True) printed them.
    np.testing.assert_allclose(found[1:], [0.61216917, 0.27221304], atol=1e-7)
    assert libsvm_probability(np.array([0.01]), sigmoid=(-1.0, 0.0))[0] == 0.5
    plain = 1 / (1 + np.exp(-0.790682526 * decision + 0.0781738576))
    assert np.abs(found - plain).max() < 0.006
