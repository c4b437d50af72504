"""Recognising joints: files of every kind, and what is wrong with them, are told apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from touchline.core.errors import InputError
from touchline.models.networks.skeleton_net import SkeletonNet
from touchline.models.specs.spec import ClipConfig, ClipSpec, SkeletonConfig, SkeletonSpec
from touchline.models.store import save_model
from touchline.recognition.skeletons import SkeletonRecogniser, load_skeleton_recogniser, read_sequence

BODY: dict[str, Any] = {"joints": 6, "shoulders": [0, 1], "hips": [2, 3], "bones": [[0, 4], [1, 5]], "width": 8}
SPEC = SkeletonSpec(frames=8, joints=tuple("abcdef"), mirror=(1, 0, 3, 2, 5, 4))


def config(**changes: Any) -> SkeletonConfig:
    values = {
        "name": "joints",
        "architecture": "skeleton-net",
        "network": {"num_classes": 3, **BODY},
        "labels": ("x", "y", "z"),
        "skeleton": SPEC,
    }
    return SkeletonConfig.model_validate({**values, **changes})


def recogniser(**changes: Any) -> SkeletonRecogniser:
    torch.manual_seed(0)
    return SkeletonRecogniser(SkeletonNet(3, **BODY), config(**changes), sha256="0")


def places(moments: int = 8, size: int = 3) -> np.ndarray:
    values = np.random.default_rng(0).uniform(10, 90, (moments, 6, size)).astype(np.float32)
    if size == 3:
        values[..., 2] = 1
    return values


def saved(folder: Path, values: np.ndarray, name: str = "one.npy") -> Path:
    path = folder / name
    np.save(path, values, allow_pickle=values.dtype == object)
    return path


def test_probabilities_add_up_and_batches_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    sequences = np.stack([places() + k for k in range(5)])
    whole = recogniser().scores(sequences)
    assert whole.dtype == np.float32 and whole.shape == (5, 3)
    np.testing.assert_allclose(whole.sum(axis=1), 1, atol=1e-5)
    monkeypatch.setattr("touchline.recognition.skeletons._BATCH", 2)
    np.testing.assert_allclose(recogniser().scores(sequences), whole, atol=1e-5)
    assert recogniser().scores(sequences[:0]).shape == (0, 3)


def test_temperature_makes_less_sure_and_changes_no_order() -> None:
    sequences = places()[None]
    plain, soft = recogniser().scores(sequences)[0], recogniser(temperature=5.0).scores(sequences)[0]
    assert plain.argmax() == soft.argmax() and soft.max() < plain.max()


@pytest.mark.parametrize("shape", [(1, 7, 6, 3), (1, 8, 5, 3), (1, 8, 6, 2), (8, 6, 3)])
def test_arrays_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"the recogniser expects \(8, 6, 3\)"):
        recogniser().scores(np.zeros(shape, np.float32))


def test_y_x_becomes_x_y_and_seen(tmp_path: Path) -> None:
    values = places(size=2)
    read, note = read_sequence(saved(tmp_path, values), spec=SPEC)
    np.testing.assert_array_equal(read[..., :2], values[..., ::-1])
    assert (read[..., 2] == 1).all() and note == ""


def test_the_first_array_of_an_npz_and_other_numbers_will_do(tmp_path: Path) -> None:
    np.savez(tmp_path / "one.npz", places().astype(np.float64))
    read, note = read_sequence(tmp_path / "one.npz", spec=SPEC)
    assert read.dtype == np.float32 and read.flags.c_contiguous and note == ""
    np.testing.assert_array_equal(read, places())


def test_one_moment_is_repeated_and_said(tmp_path: Path) -> None:
    read, note = read_sequence(saved(tmp_path, places(1)), spec=SPEC)
    assert note == "1 moments, resampled to 8"
    np.testing.assert_array_equal(read, np.repeat(places(1), 8, axis=0))
    assert np.isfinite(recogniser().scores(read[None])).all()


def test_many_moments_are_thinned_out_from_first_to_last(tmp_path: Path) -> None:
    values = places(29)
    read, note = read_sequence(saved(tmp_path, values), spec=SPEC)
    np.testing.assert_array_equal(read, values[::4])
    assert "29 moments" in note


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_a_missing_joint(tmp_path: Path, broken: float) -> None:
    values = places()
    values[2:4, 1, 0] = broken
    read, note = read_sequence(saved(tmp_path, values), spec=SPEC)
    assert note == "4% of the joints are missing"
    assert (read[2:4, 1] == 0).all() and np.isfinite(read).all()
    assert np.isfinite(recogniser().scores(read[None])).all()


def test_a_visibility_that_is_no_number_is_a_missing_joint(tmp_path: Path) -> None:
    values = places()
    values[:, 5, 2] = np.nan
    read, note = read_sequence(saved(tmp_path, values), spec=SPEC)
    assert (read[:, 5] == 0).all() and note.startswith("17%")


def test_spacejams_objects_are_read(tmp_path: Path) -> None:
    spec = SkeletonSpec(frames=2, joints=tuple("abcdefghijklmnopqr"), mirror=tuple(range(18)))
    moments = np.array([{0: (5.0, 7.0), 17: (1.0, 2.0)}, {"3": (4.0, 4.0)}], dtype=object)
    read, note = read_sequence(saved(tmp_path, moments), spec=spec)
    assert read[0, 0].tolist() == [5, 7, 1] and read[1, 3].tolist() == [4, 4, 1]
    assert int(read[..., 2].sum()) == 3 and note == "92% of the joints are missing"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((8, 5, 3)), r"joints have shape \(8, 5, 3\), expected \(moments, 6, 2 or 3\) with the joints a, b"),
        (np.zeros((0, 6, 3)), r"joints have shape \(0, 6, 3\), expected"),
        (np.zeros((8, 6, 3)), "no joint is visible at any moment"),
        (np.full((8, 6, 2), np.nan), "no joint is visible at any moment"),
        (np.zeros((8, 6, 4)), r"shape \(8, 6, 4\) and float64 is not a sequence"),
        (np.zeros((8, 6)), r"shape \(8, 6\)"),
        (np.full((8, 6, 3), "x"), "is not a sequence of joints"),
        (np.array([{0: "here"}], dtype=object), "not joints of SpaceJam"),
        (np.array([{99: (1, 2)}], dtype=object), "joint 99 is outside"),
    ],
)
def test_files_that_cannot_be_used_say_why(tmp_path: Path, values: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        read_sequence(saved(tmp_path, values), spec=SPEC)
    assert "one.npy" in str(error.value) and "\n" not in str(error.value)


def test_files_that_are_none_say_so(tmp_path: Path) -> None:
    (tmp_path / "noise.npy").write_bytes(b"\x00\x01\x02")
    (tmp_path / "empty.npy").write_bytes(b"")
    np.savez(tmp_path / "nothing.npz")
    cut = saved(tmp_path, places())
    cut.write_bytes(cut.read_bytes()[:200])
    for name in ("noise.npy", "empty.npy", "nothing.npz", "one.npy", "absent.npy"):
        with pytest.raises(InputError, match=name):
            read_sequence(tmp_path / name, spec=SPEC)


def test_a_model_file_is_found_and_others_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    path = save_model(tmp_path / "joints", SkeletonNet(3, **BODY), config())
    loaded = load_skeleton_recogniser(str(path))
    assert (loaded.name, loaded.labels, loaded.spec) == ("joints", ("x", "y", "z"), SPEC)
    np.testing.assert_allclose(loaded.scores(places()[None]), recogniser().scores(places()[None]), atol=1e-6)
    monkeypatch.setattr("touchline.recognition.skeletons.list_models", list)
    with pytest.raises(InputError, match=r"name a recogniser of joints with --model; installed are \[\]"):
        load_skeleton_recogniser()
    clips = ClipConfig(
        name="c", architecture="action-net", labels=("x", "y", "z"), clip=ClipSpec(frames=4, width=32, height=32)
    )
    other = save_model(tmp_path / "clips", SkeletonNet(3, **BODY), clips)
    with pytest.raises(InputError, match="a model for 'recognize', not for 'skeleton'"):
        load_skeleton_recogniser(str(other))
