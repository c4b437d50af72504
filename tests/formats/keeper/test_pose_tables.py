"""Poses as CSV and JSON, there and back; boxes of keepers; the published pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tinypose import keeper_folder
from touchline.core.errors import InputError, UsageError
from touchline.core.poses import Pose
from touchline.formats.keeper.pictures import read_keeper_pictures
from touchline.formats.keeper.pose_tables import read_keeper_boxes, read_pose_table, write_poses
from touchline.formats.keeper.posed_picture import PosedPicture


def _posed(*, deep: bool = True, name: str = "a, b.png") -> PosedPicture:
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0, 1, 16).astype(np.float32)
    joints_3d = rng.normal(0, 0.3, (16, 3)).astype(np.float32) if deep else None
    return PosedPicture(
        name, Pose(rng.uniform(0, 400, (16, 2)).astype(np.float32), confidence, joints_3d), "upside down"
    )


@pytest.mark.parametrize("suffix", [".csv", ".json"])
@pytest.mark.parametrize("deep", [True, False])
def test_poses_come_back_as_they_were(tmp_path: Path, suffix: str, deep: bool) -> None:
    path, posed = tmp_path / f"poses{suffix}", _posed(deep=deep)
    write_poses(path, [posed, _posed(name="c.png")])
    first, second = read_pose_table(path)
    assert (first.file, first.note, second.file) == ("a, b.png", "upside down", "c.png")
    assert first.pose.joints_px == pytest.approx(posed.pose.joints_px, abs=0.006)
    assert first.pose.confidence == pytest.approx(posed.pose.confidence, abs=1e-4)
    assert (first.pose.joints_3d is not None) == deep
    if posed.pose.joints_3d is not None:
        assert first.pose.joints_3d == pytest.approx(posed.pose.joints_3d, abs=1e-5)


def test_other_endings_and_damaged_tables_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"written as \.csv or \.json"):
        write_poses(tmp_path / "poses.xlsx", [_posed()])
    write_poses(tmp_path / "poses.csv", [_posed()])
    text = (tmp_path / "poses.csv").read_text()
    (tmp_path / "poses.csv").write_text(text.replace("pelvis_x_px", "hip_x_px"))
    with pytest.raises(InputError, match="line 2: no column or cell 'pelvis_x_px'"):
        read_pose_table(tmp_path / "poses.csv")
    (tmp_path / "poses.json").write_text('[{"file": "a"}]')
    with pytest.raises(InputError, match="not a list of poses"):
        read_pose_table(tmp_path / "poses.json")


def test_boxes_are_read_by_file_name(tmp_path: Path) -> None:
    path = tmp_path / "boxes.csv"
    path.write_text("file,x0,y0,x1,y1\nsome/where/a.png,1,2,30,40.5\n")
    assert read_keeper_boxes(path) == {"a.png": (1, 2, 30, 40.5)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,x0,y0,x1\na.png,1,2,3\n", "has no column 'y1'"),
        (
            'file,x0,y0,x1,y1\na.png,"1,5",2,3,4\n',
            "line 2: x0 '1,5' is not a finite number; use decimal points, not commas",
        ),
        ("file,x0,y0,x1,y1\na.png,10,2,3,4\n", "line 2: 10,2,3,4 is not a box"),
        ("file,x0,y0,x1,y1\na.png,1,2,3,4\na.png,1,2,3,4\n", "line 3: a.png is listed twice"),
        ("file,x0,y0,x1,y1\n,1,2,3,4\n", "line 2: no file"),
    ],
)
def test_boxes_that_are_none_are_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "boxes.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message.replace("(", r"\(")):
        read_keeper_boxes(path)


def test_pictures_are_joined_with_their_poses_and_scaled(tmp_path: Path) -> None:
    pictures = read_keeper_pictures(keeper_folder(tmp_path, shots=2, penalties=1))
    assert [(p.source, p.name, p.group) for p in pictures] == [
        ("one_on_one", "0.png", "shot-0"),
        ("one_on_one", "0-2.png", "shot-0"),
        ("one_on_one", "1.png", "shot-1"),
        ("one_on_one", "1-2.png", "shot-1"),
        ("amateur", "0.png", "amateurs"),
        ("penalty_17_19", "0.png", "penalty-0"),
        ("penalty_19_21", "f0.png", "penalty-183"),
    ]
    for picture in pictures:
        flat = picture.joints_px - picture.joints_px[6]
        assert picture.joints_3d[:, :2] * 80 == pytest.approx(flat, abs=1e-3)


def test_a_folder_without_its_index_is_named(tmp_path: Path) -> None:
    folder = keeper_folder(tmp_path, shots=2, penalties=1)
    (folder / "images/amateur.csv").write_text("name\n0.png\n")
    with pytest.raises(InputError, match=r"amateur\.csv: not a table of original_file"):
        read_keeper_pictures(folder)


@pytest.mark.shared_data
def test_the_published_pictures(shared_data: Path) -> None:
    pictures = read_keeper_pictures(shared_data / "keepers")
    assert len(pictures) == 810 and sum(picture.kept for picture in pictures) == 549
    assert len({picture.group for picture in pictures}) == 565
