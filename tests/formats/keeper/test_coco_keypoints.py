"""Poses as COCO keypoints: conventions, round trips, and pycocotools as a second reader."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

from touchline.core.errors import InputError
from touchline.core.poses import BONES, JOINTS, Pose
from touchline.formats.keeper.coco_keypoints import coco_document, poses_from_coco
from touchline.formats.keeper.pose_tables import read_pose_table, write_poses
from touchline.formats.keeper.posed_picture import PosedPicture


def posed(*, deep: bool = True, unseen: tuple[int, ...] = (), file: str = "a.png") -> PosedPicture:
    places = np.stack([10.0 + np.arange(16), 100.25 - np.arange(16)], axis=1).astype(np.float32)
    confidence = np.full(16, 0.75, np.float32)
    confidence[list(unseen)] = 0
    space = (np.arange(48, dtype=np.float32) / 64).reshape(16, 3) if deep else None
    return PosedPicture(file, Pose(places, confidence, space), "cut off")


def same(one: PosedPicture, other: PosedPicture) -> bool:
    seen = one.pose.confidence > 0
    deep, deep_other = one.pose.joints_3d, other.pose.joints_3d
    return (
        (one.file, one.note) == (other.file, other.note)
        and np.array_equal(one.pose.confidence, other.pose.confidence)
        and np.array_equal(one.pose.joints_px[seen], other.pose.joints_px[seen])
        and (deep is None) == (deep_other is None)
        and (deep is None or deep_other is None or np.allclose(deep, deep_other, atol=1e-5))
    )


def test_the_conventions_of_coco() -> None:
    document = coco_document([posed(unseen=(2,))])
    annotation, category = document["annotations"][0], document["categories"][0]
    assert annotation["keypoints"][:9] == [10.0, 100.25, 2, 11.0, 99.25, 2, 0, 0, 0]
    assert annotation["num_keypoints"] == 15 and annotation["bbox"] == [10.0, 85.25, 15.0, 15.0]
    assert annotation["area"] == 225.0 and annotation["iscrowd"] == 0
    assert category["keypoints"] == list(JOINTS)
    assert category["skeleton"][0] == [BONES[0][0] + 1, BONES[0][1] + 1] and min(map(min, category["skeleton"])) == 1


@pytest.mark.parametrize("unseen", [(), (0, 5), tuple(range(16))])
@pytest.mark.parametrize("deep", [True, False])
def test_poses_make_the_round_trip(tmp_path: Path, unseen: tuple[int, ...], deep: bool) -> None:
    poses = [posed(unseen=unseen, deep=deep), posed(file="b.png"), posed(unseen=(1,))]
    write_poses(tmp_path / "poses.coco.json", poses)
    again = read_pose_table(tmp_path / "poses.coco.json")
    assert len(again) == 3 and all(same(one, other) for one, other in zip(poses, again, strict=True))


def test_pycocotools_reads_them(tmp_path: Path) -> None:
    coco = pytest.importorskip("pycocotools.coco")
    write_poses(tmp_path / "poses.coco.json", [posed(unseen=(2,)), posed(file="b.png"), posed(file="b.png")])
    read = coco.COCO(str(tmp_path / "poses.coco.json"))
    assert len(read.getImgIds()) == 2 and len(read.getAnnIds(catIds=read.getCatIds(catNms=["person"]))) == 3
    assert read.loadAnns([1])[0]["num_keypoints"] == 15


def test_joints_of_others_may_stand_in_another_order_and_without_our_keys() -> None:
    document = coco_document([posed()])
    category, annotation = document["categories"][0], document["annotations"][0]
    category["keypoints"] = ["nose", *reversed(JOINTS)]
    points = np.array(annotation["keypoints"]).reshape(-1, 3)[::-1]
    annotation["keypoints"] = [1, 1, 1, *points.ravel().tolist()]
    for key in ("confidence", "space", "note"):
        del annotation[key]
    found = poses_from_coco(json.dumps(document).encode(), source="x.json")
    assert np.array_equal(found[0].pose.joints_px, posed().pose.joints_px)
    assert bool((found[0].pose.confidence == 1).all()) and found[0].note == ""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"keypoints": [1, 2]}, "do not fit"),
        ({"keypoints": ["a"] * 48}, "are not numbers"),
        ({"keypoints": [1e30] * 48}, "not finite numbers"),
        ({"confidence": [2] * 16}, "not a possible pose"),
        ({"image_id": 9}, r"annotations\[0\]: its image_id"),
        ({"keypoints": [1, 2, 2]}, "fewer than its category"),
    ],
)
def test_what_is_refused(change: dict[str, object], message: str) -> None:
    document = coco_document([posed()])
    document["annotations"][0].update(change)
    with pytest.raises(InputError, match=message):
        poses_from_coco(json.dumps(document).encode(), source="x.json")


def test_damaged_files_never_crash() -> None:
    data, chance = json.dumps(coco_document([posed()])).encode(), random.Random(5)
    for _ in range(500):
        damaged = bytearray(data)
        place = chance.randrange(len(damaged))
        damaged[place : place + chance.randint(0, 3)] = bytes(
            chance.choices(b'0123456789,[]{}"-e', k=chance.randint(0, 3))
        )
        try:
            poses_from_coco(bytes(damaged), source="x.json")
        except InputError as error:
            assert str(error).startswith("x.json")
