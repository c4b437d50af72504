"""Poses of crops of any size: where crops lie, what the network's answers become, what is doubted and said."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from tinypose import SIDE_PX, tiny_config, tiny_pose_model
from touchline.core.errors import InputError, UsageError
from touchline.core.poses import JOINTS, PELVIS, Pose
from touchline.goalkeeping.hub_pose_finder import COCO_POINTS, joints_of_coco
from touchline.goalkeeping.pose_finder import PoseFinder, doubts, joint_confidence, keeper_crop, load_pose_finder
from touchline.models.runtime.runner import Runner
from touchline.models.specs.pose_spec import ConfidenceSpec

STANDING = np.array(
    [
        *[(0.4, 0.95), (0.4, 0.75), (0.45, 0.55), (0.55, 0.55), (0.6, 0.75), (0.6, 0.95), (0.5, 0.55), (0.5, 0.3)],
        *[(0.5, 0.25), (0.5, 0.1), (0.3, 0.55), (0.33, 0.4), (0.4, 0.27), (0.6, 0.27), (0.67, 0.4), (0.7, 0.55)],
    ],
    np.float32,
)


def stub(places: np.ndarray = STANDING, *, share: float = 0.9, seen: float = 0.95, person: float = 0.99) -> PoseFinder:
    """A finder whose network always says the same."""
    answers = np.concatenate([places, np.full((16, 1), 0.1, np.float32)], axis=1)[None]
    sight = np.full((1, 17), seen, np.float32)
    sight[:, -1] = person

    def graph(pixels: np.ndarray) -> tuple[np.ndarray, ...]:
        assert pixels.shape == (1, SIDE_PX, SIDE_PX, 3) and pixels.dtype == np.uint8
        return answers, np.full((1, 16), share, np.float32), sight

    return PoseFinder(tiny_config(), runner=Runner(graph, 1, ""))


def test_a_crop_is_the_square_around_the_box_black_beyond_the_picture() -> None:
    rgb = np.full((100, 200, 3), 7, np.uint8)
    crop = keeper_crop(rgb, box_xyxy=(150, 20, 190, 70))
    assert crop.pixels.shape == (60, 60, 3) and crop.origin_px == (140, 15)
    assert bool((crop.pixels == 7).all())
    at_the_edge = keeper_crop(rgb, box_xyxy=(180, 60, 220, 110))
    assert at_the_edge.origin_px == (170, 55)
    assert bool((at_the_edge.pixels[:45, :30] == 7).all()) and not at_the_edge.pixels[45:].any()
    whole = keeper_crop(rgb)
    assert whole.pixels.shape == (200, 200, 3) and whole.origin_px == (0, -50)


@pytest.mark.parametrize("box", [(300, 10, 320, 40), (10, 10, 10, 40), (float("nan"), 0, 5, 5), (-50, 0, -10, 60)])
def test_a_box_outside_the_picture_is_refused(box: tuple[float, ...]) -> None:
    with pytest.raises(InputError, match="does not lie in the picture of 200x100"):
        keeper_crop(np.zeros((100, 200, 3), np.uint8), box_xyxy=box)


def test_a_picture_of_no_size_is_refused() -> None:
    with pytest.raises(InputError, match="3x100 pixels is too small"):
        keeper_crop(np.zeros((100, 3, 3), np.uint8))


def test_joints_come_back_in_the_pixels_of_the_picture() -> None:
    rgb = np.zeros((400, 600, 3), np.uint8)
    crop = keeper_crop(rgb, box_xyxy=(100, 100, 180, 300))
    pose = crop.in_picture(stub().find([crop.pixels])[0])
    side, (left, top) = 240, crop.origin_px
    assert pose.joints_px == pytest.approx(STANDING * side + [left, top], abs=1e-3)
    assert pose.joints_3d is not None
    assert pose.joints_3d[PELVIS] == pytest.approx([0, 0, 0])
    assert pose.joints_3d[9] == pytest.approx([0, -0.45, 0], abs=1e-6)


def test_crops_that_are_not_square_are_padded_in_the_middle() -> None:
    pose = stub().find([np.zeros((100, 60, 3), np.uint8)])[0]
    assert pose.joints_px == pytest.approx(STANDING * 100 - [20, 0], abs=1e-3)


def test_where_nobody_is_seen_nothing_is_said() -> None:
    pose = stub(person=0.2).find([np.zeros((50, 50, 3), np.uint8)])[0]
    assert not pose.confidence.any() and pose.joints_3d is None
    assert doubts(pose) == ("no person is seen: nothing can be told from this picture",)


def test_unseen_joints_have_no_confidence_and_are_named() -> None:
    finder = stub()
    places, shares, seen = (answer[None] for answer in finder.look(np.zeros((50, 50, 3), np.uint8)))
    seen = seen.copy()
    seen[0, [0, 5]] = 0.1
    cut = PoseFinder(tiny_config(), runner=Runner(lambda _: (places, shares, seen), 1, ""))
    pose = cut.find([np.zeros((50, 50, 3), np.uint8)])[0]
    assert pose.confidence[0] == 0 and pose.confidence[1] > 0.5
    assert doubts(pose) == ("cut off or covered: right_ankle, left_ankle",)


def test_vague_joints_and_upside_down_pictures_are_said() -> None:
    vague = stub(share=0.05, seen=0.4).find([np.zeros((50, 50, 3), np.uint8)])[0]
    assert doubts(vague)[0] == "cannot tell: only 0 of 16 joints are sure"
    turned = stub(1 - STANDING).find([np.zeros((50, 50, 3), np.uint8)])[0]
    assert doubts(turned) == ("upside down: the head is below the hips and the feet above; turn the picture",)
    assert doubts(stub().find([np.zeros((50, 50, 3), np.uint8)])[0]) == ()


def test_confidence_is_the_logistic_function_of_the_model_file() -> None:
    spec = ConfidenceSpec(share=2.0, seen=0.0, offset=0.0)
    even, sure = joint_confidence(np.array([0.5, 0.8]), np.array([0.9, 0.9]), spec=spec)
    assert even == pytest.approx(0.5) and sure == pytest.approx(16 / 17, abs=1e-5)
    assert np.isfinite(joint_confidence(np.array([0.0, 1.0]), np.array([1.0, 0.0]), spec=ConfidenceSpec())).all()


@pytest.mark.parametrize("crop", [np.zeros((5, 5), np.uint8), np.zeros((5, 5, 3), np.float32)])
def test_crops_of_another_kind_are_a_mistake_of_the_program(crop: np.ndarray) -> None:
    with pytest.raises(ValueError, match="must be uint8"):
        stub().find([crop])


def test_both_backends_say_the_same(tmp_path: Path) -> None:
    path = tiny_pose_model(tmp_path)
    crop = np.random.default_rng(0).integers(0, 255, (90, 70, 3)).astype(np.uint8)
    torch_pose, openvino_pose = (
        load_pose_finder(str(path), device="cpu", backend=backend, threads=1).find([crop])[0]
        for backend in ("torch", "openvino")
    )
    assert torch_pose.joints_px == pytest.approx(openvino_pose.joints_px, abs=0.05)
    assert torch_pose.confidence == pytest.approx(openvino_pose.confidence, abs=1e-3)


def test_a_model_for_something_else_is_refused() -> None:
    with pytest.raises(InputError, match="a model for 'detect'"):
        load_pose_finder("people-detector")


def test_vitpose_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(UsageError, match=r"needs transformers: pip install 'touchline\[hub\]'"):
        load_pose_finder("hf:usyd-community/vitpose-base-simple")


def test_cocos_points_become_joints() -> None:
    points = np.random.default_rng(0).uniform(0, 100, (17, 2)).astype(np.float32)
    confidence = np.full(17, 0.9, np.float32)
    confidence[COCO_POINTS.index("left_hip")] = 0.3
    joints, sure = joints_of_coco(points, confidence)
    place = {name: points[number] for number, name in enumerate(COCO_POINTS)}
    assert joints[JOINTS.index("left_wrist")] == pytest.approx(place["left_wrist"])
    assert joints[PELVIS] == pytest.approx((place["left_hip"] + place["right_hip"]) / 2)
    assert sure[PELVIS] == pytest.approx(0.3) and sure[JOINTS.index("neck")] == pytest.approx(0.9)
    assert isinstance(Pose(joints, sure), Pose)


def test_a_vitpose_made_here_finds_joints(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers", reason="transformers is an optional extra")
    backbone = transformers.VitPoseBackboneConfig(
        image_size=[64, 48], patch_size=[16, 16], hidden_size=16, num_hidden_layers=1, num_attention_heads=2
    )
    config = transformers.VitPoseConfig(
        backbone_config=backbone, num_labels=17, use_simple_decoder=True, id2label={k: str(k) for k in range(17)}
    )
    transformers.VitPoseForPoseEstimation(config).save_pretrained(tmp_path)
    transformers.VitPoseImageProcessor(size={"height": 64, "width": 48}).save_pretrained(tmp_path)
    finder = load_pose_finder(str(tmp_path), device="cpu")
    pose = finder.find([np.full((90, 60, 3), 120, np.uint8)])[0]
    assert pose.joints_px.shape == (16, 2) and pose.joints_3d is None
    assert len(finder.sha256) == 64
