"""The pitch finder's training from files to a model, in the small; and what its numbers mean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
import torch

from touchline.core.errors import InputError, UsageError
from touchline.core.geometry.pitch import KEYPOINTS_M, Pitch, keypoints_m
from touchline.models.networks.pitch_net import PitchNet
from touchline.models.store import load_model
from touchline.synthetic.pitch_render import Cameras, Draws
from touchline.training.family import Job
from touchline.training.pitch import augment
from touchline.training.pitch.data import (
    SIMULATED_PITCH,
    PitchFrame,
    fit_homography,
    project_keypoints,
    read_frames,
    read_simulated,
    split_frames,
)
from touchline.training.pitch.measure import measure_keypoints
from touchline.training.pitch.pitch_finder import PitchRecipe, train, train_network
from touchline.training.run import plan_recipe, run_recipe

TO_PIXELS = np.array([[9.0, 1.0, 300.0], [0.2, -4.0, 170.0], [0.0003, 0.004, 1.0]])
TINY: dict[str, Any] = {
    "name": "tiny",
    "held_out": [["m01"]],
    "matches": ["match"],
    "every": 2,
    "network": {"widths": [4, 4, 8, 8, 8], "blocks": [0, 0, 0, 0], "head": 4, "layers": 1, "heads": 2},
    "training": {
        "steps": 2,
        "real": 2,
        "simulated": 1,
        "drawn": 1,
        "drawn_kept": 2,
        "drawn_first": 1,
        "drawn_new": 1.0,
    },
}


def write_frames(folder: Path, *names: str) -> Path:
    """Grey frames that all show the pitch from one camera, and their labels."""
    folder.mkdir(parents=True)
    points, visible = project_keypoints(TO_PIXELS, Pitch())
    rows = np.c_[points / (640, 360), np.where(visible, 2, 0)]
    text = "0 0.5 0.5 1 1 " + " ".join(f"{v:.6f}" for v in rows.ravel())
    for name in names:
        cv2.imwrite(str(folder / f"{name}.png"), np.full((360, 640, 3), (20, 120, 40), np.uint8))
        (folder / f"{name}.txt").write_text(text + "\n")
    return folder


def write_match(folder: Path, *, frames: int = 4) -> Path:
    """A video of one colour at half the size, and its cameras."""
    folder.mkdir(parents=True)
    with av.open(str(folder / "video.mp4"), "w") as video:
        stream = video.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for _ in range(frames):
            frame = av.VideoFrame.from_ndarray(np.full((180, 320, 3), 90, np.uint8), format="rgb24")
            video.mux(stream.encode(frame))
        video.mux(stream.encode())
    camera = np.diag([0.5, 0.5, 1.0]) @ np.c_[TO_PIXELS[:, :2], [[1.0], [-3.0], [0.01]], TO_PIXELS[:, 2:]]
    np.savez(folder / "camera.npz", P=np.repeat(camera[None], frames, axis=0).astype(np.float32))
    return folder


def test_labels_place_the_camera(tmp_path: Path) -> None:
    (frame,) = read_frames(write_frames(tmp_path / "pitch", "m00_000"))
    assert frame.source == "m00"
    assert frame.rgb[0, 0].tolist() == [40, 120, 20]
    assert frame.to_pixels / frame.to_pixels[2, 2] == pytest.approx(TO_PIXELS, rel=1e-2, abs=1e-3)
    assert 8 < frame.visible.sum() < 32


def test_a_simulated_camera_gives_keypoints_at_the_frames_size(tmp_path: Path) -> None:
    first, second = read_simulated(write_match(tmp_path / "match"), every=2)
    points, visible = project_keypoints(TO_PIXELS, SIMULATED_PITCH)
    assert (first.name, second.name) == ("match_0", "match_2")
    assert first.rgb.shape == (360, 640, 3)
    assert first.visible.tolist() == visible.tolist()
    assert first.keypoints_px[visible] == pytest.approx(points[visible], abs=0.05)


def test_bad_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no label files"):
        read_frames(tmp_path)
    with pytest.raises(InputError, match=r"camera\.npz"):
        read_simulated(tmp_path, every=1)
    folder = write_frames(tmp_path / "pitch", "m00_000")
    (folder / "m00_000.txt").write_text("0 0.5 0.5 1 1 0.1\n")
    with pytest.raises(InputError, match="6 values; expected the 101"):
        read_frames(folder)
    (folder / "m00_000.png").unlink()
    with pytest.raises(InputError, match="no image"):
        read_frames(folder)


def test_too_few_or_impossible_points_place_nothing() -> None:
    metres = keypoints_m()
    with pytest.raises(ValueError, match="3 labelled points"):
        fit_homography(metres[:3], metres[:3])
    with pytest.raises(ValueError, match="fit no view"):
        fit_homography(np.zeros((5, 2)), np.zeros((5, 2)))


def test_views_keep_their_sign() -> None:
    pixels, visible = project_keypoints(TO_PIXELS, Pitch())
    matrix = fit_homography(keypoints_m()[visible], pixels[visible].astype(np.float64))
    assert (np.c_[KEYPOINTS_M[visible], np.ones(visible.sum())] @ matrix[2] > 0).all()


def frame(visible: list[int]) -> PitchFrame:
    points = np.stack([np.arange(32) * 10.0, np.full(32, 50.0)], 1).astype(np.float32)
    seen = np.isin(np.arange(32), visible)
    return PitchFrame("m00_0", np.zeros((1, 1, 3), np.uint8), points, seen, TO_PIXELS, (52.5, 34.0))


def test_measuring_counts_found_missed_and_false() -> None:
    truth = frame([0, 1, 2, 3])
    found = np.zeros((1, 32, 3), np.float32)
    found[0, :, :2] = truth.keypoints_px
    found[0, :3, 2] = 0.9  # one of them 3 px off, one 7; the fourth is not claimed
    found[0, 1, 0] += 3.0
    found[0, 2, 1] -= 7.0
    found[0, 9, 2] = 0.6  # absent and claimed
    result = measure_keypoints(found, [truth])
    assert result["keypoints"] == 4
    assert result["claimed"] == 4
    assert result["median_px"] == 3.0
    assert result["recall_5px"] == 0.5
    assert result["recall_10px"] == 0.75
    assert result["false_share"] == 0.25
    assert result["absent_claimed"] == 1


def test_sources_are_split_whole() -> None:
    frames = [frame([0]), frame([1])]
    assert [len(part) for part in split_frames(frames, held_out=["m00"])] == [0, 2]
    assert [len(part) for part in split_frames(frames, held_out=["m01"])] == [2, 0]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Frames of two matches, and a simulated one."""
    write_frames(tmp_path / "data" / "pitch", "m00_000", "m00_001", "m01_000")
    write_match(tmp_path / "data" / "match")
    return tmp_path / "data"


def recipe_of(data: Path, **changes: Any) -> PitchRecipe:
    return PitchRecipe.model_validate({**TINY, "data_root": data, **changes})


def test_a_recipe_trains_measures_and_saves(data: Path, tmp_path: Path) -> None:
    path = train(recipe_of(data, train_on_all=True), Job(tmp_path / "out"))
    loaded = load_model(path, task="pitch")
    network, config = loaded.network, loaded.config
    assert isinstance(network, PitchNet)
    assert config.measured["fold_0"]["frames"] == 1
    assert config.measured["fold_0"]["held_out"] == ["m01"]
    assert json.loads((tmp_path / "out" / "measured.json").read_text()) == config.measured
    assert (tmp_path / "out" / "all" / "pitch.pt").exists()


def test_training_goes_on_where_it_stopped(data: Path, tmp_path: Path) -> None:
    frames = read_frames(data / "pitch")

    def settings(**changes: float) -> PitchRecipe:
        training = {**TINY["training"], "small_share": 0.5, "drawn": 1, **changes}
        return recipe_of(data, training=training)

    train_network(settings(steps=1), frames, [], part="", job=Job(tmp_path))
    train_network(settings(steps=2), frames, [], part="", job=Job(tmp_path))
    assert torch.load(tmp_path / "pitch.pt", weights_only=True)["step"] == 2
    train_network(settings(steps=9, seconds=1e-9), frames, [], part="", job=Job(tmp_path))
    assert torch.load(tmp_path / "pitch.pt", weights_only=True)["step"] == 2


def test_a_bank_draws_again_the_pictures_that_it_had(monkeypatch: pytest.MonkeyPatch) -> None:
    def noise(draws: Draws, cameras: Cameras, *, width: int, height: int) -> torch.Tensor:
        return draws.uniform(0.0, 1.0, len(cameras.half_m), 3, height, width)

    monkeypatch.setattr(augment, "render", noise)
    before, after = (augment.DrawnBank(3, first=1, draws=Draws(seed=4, device="cpu")) for _ in range(2))
    before.refresh(2)
    before.refresh(2)
    state = before.state()
    before_it_went_on = before.rgb.clone(), before.points_px.clone()
    after.restore(state)
    for one, other in zip(before_it_went_on, (after.rgb, after.points_px), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)
    for bank in (before, after):
        bank.refresh(1)
    torch.testing.assert_close(before.rgb, after.rgb, rtol=0, atol=0)
    assert before.state() == after.state()


def test_groups_have_to_leave_and_hold_frames(data: Path, tmp_path: Path) -> None:
    for group in (["m00", "m01"], ["m07"]):
        with pytest.raises(InputError, match="held_out"):
            train(recipe_of(data, held_out=[group]), Job(tmp_path / group[0]))


def test_nothing_to_train_on_is_said(data: Path, tmp_path: Path) -> None:
    nothing = {**TINY["training"], "real": 0, "simulated": 0, "drawn": 0}
    with pytest.raises(InputError, match="nothing to train on"):
        train(recipe_of(data, training=nothing), Job(tmp_path / "out"))


def test_the_command_trains_it(data: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "pitch.yaml"
    recipe.write_text(json.dumps({**TINY, "task": "pitch-finder", "data_root": str(data), "train_on_all": False}))
    assert [run.name for run in plan_recipe(recipe).runs] == ["fold_0"]
    path = run_recipe(recipe, device="cpu", out=tmp_path / "out")
    assert load_model(path, task="pitch").config.name == "tiny"
    with pytest.raises(UsageError, match="training"):
        run_recipe(recipe, device="cpu", out=tmp_path / "out", overrides=["training.steps=3"])


def test_the_recipe_that_ships_is_valid() -> None:
    plan = plan_recipe(Path(__file__).parents[3] / "recipes" / "pitch.yaml")
    assert plan.task == "pitch-finder"
    assert plan.runs[0].parameters < 2_000_000
