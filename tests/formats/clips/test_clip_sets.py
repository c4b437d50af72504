"""Collections of clips: folders of classes, CSV, SpaceJam's joints; what cannot be read is said."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from touchline.core.errors import InputError
from touchline.formats.clips.csv_list import read_clip_csv
from touchline.formats.clips.folders import read_clip_folders
from touchline.formats.clips.spacejam import read_joints


def make(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")


def test_a_folder_for_each_class(tmp_path: Path) -> None:
    make(tmp_path, "shoot/1.mp4", "pass/7.avi", "pass/8/0001.jpg", "pass/notes.txt", ".hidden/1.mp4")
    (tmp_path / "pass" / "empty").mkdir()
    (tmp_path / "pass" / "none.mp4").touch()
    clips = read_clip_folders(tmp_path)
    assert clips.labels == ("pass", "shoot")
    assert [item.id for item in clips] == ["pass/7", "pass/8", "shoot/1"]
    reasons = {path.name: reason for path, reason in clips.unreadable}
    assert reasons == {
        "notes.txt": "neither a video file nor a folder of images",
        "empty": "a folder without images",
        "none.mp4": "an empty file",
    }


@pytest.mark.parametrize("prefix", ["", "images/"])
def test_the_collections_own_split(tmp_path: Path, prefix: str) -> None:
    make(tmp_path, f"{prefix}train/kick/a/1.jpg", f"{prefix}val/kick/a/1.jpg", f"{prefix}val/run/b/1.jpg")
    clips = read_clip_folders(tmp_path)
    assert [(item.id, item.split) for item in clips] == [
        ("train/kick/a", "train"),
        ("val/kick/a", "val"),
        ("val/run/b", "val"),
    ]


def test_classes_keep_a_wanted_order_and_unknown_ones_are_refused(tmp_path: Path) -> None:
    make(tmp_path, "walk/1.mp4", "run/1.mp4")
    assert read_clip_folders(tmp_path, labels=("walk", "run", "kick")).labels == ("walk", "run", "kick")
    with pytest.raises(InputError, match=r"\['walk'\] are not in"):
        read_clip_folders(tmp_path, labels=("run",))


def test_nothing_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        read_clip_folders(tmp_path / "nowhere")
    with pytest.raises(InputError, match="holds no class folder"):
        read_clip_folders(tmp_path)


def test_csv_with_groups_and_missing_files(tmp_path: Path) -> None:
    make(tmp_path, "a.mp4", "b.mp4")
    (tmp_path / "clips.csv").write_text("path,label,group\na.mp4,run,m1\nb.mp4,kick,m2\nc.mp4,kick,m2\n")
    clips = read_clip_csv(tmp_path / "clips.csv")
    assert [(i.id, i.label, i.group) for i in clips] == [("a.mp4", "run", "m1"), ("b.mp4", "kick", "m2")]
    assert clips.unreadable == ((tmp_path / "c.mp4", "no such file"),)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("path\na.mp4\n", "no column"),
        ("path,label\n", "lists no clips"),
        ("path,label\na.mp4,\n", "line 2"),
        ("path,label,split\na.mp4,run,dev\n", "split 'dev'"),
        ("path,label\na.mp4,run\na.mp4,run\n", "share the ids"),
    ],
)
def test_csv_that_is_wrong_is_refused(tmp_path: Path, text: str, words: str) -> None:
    make(tmp_path, "a.mp4")
    (tmp_path / "clips.csv").write_text(text)
    with pytest.raises(InputError, match=words):
        read_clip_csv(tmp_path / "clips.csv")


def save(path: Path, moments: list[object]) -> Path:
    array = np.empty(len(moments), dtype=object)
    array[:] = moments
    np.save(path, array, allow_pickle=True)
    return path


def test_joints_that_were_not_found_have_no_visibility(tmp_path: Path) -> None:
    joints = read_joints(save(tmp_path / "j.npy", [{0: (3.5, 4), "13": (1, 2)}, {}, {2: (np.float64(5), np.nan)}]))
    assert joints.shape == (3, 18, 3)
    np.testing.assert_array_equal(joints[0, 0], [3.5, 4, 1])
    np.testing.assert_array_equal(joints[0, 13], [1, 2, 1])
    assert joints[..., 2].sum() == 2


class _Attack:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("true",)


@pytest.mark.parametrize(
    ("moments", "words"),
    [
        ([_Attack()], "system"),
        ([{99: (1, 2)}], "joint 99"),
        ([[1, 2]], "not a dictionary"),
        ([{0: "ab"}], "could not convert"),
    ],
)
def test_joints_that_hold_anything_else_are_refused(tmp_path: Path, moments: list[object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_joints(save(tmp_path / "j.npy", moments))


def test_numbers_and_rubbish_are_no_joints(tmp_path: Path) -> None:
    np.save(tmp_path / "n.npy", np.zeros(3))
    (tmp_path / "r.npy").write_bytes(b"\x93NUMPY\x01\x00" + pickle.dumps({}))
    for name in ("n.npy", "r.npy", "missing.npy"):
        with pytest.raises(InputError, match=name):
            read_joints(tmp_path / name)
