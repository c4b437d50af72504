"""Detector training: crops that keep boxes on people, targets with known answers, losses that vanish when right."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import yaml

from touchline.core.errors import InputError, UsageError
from touchline.core.tracks import BALL, PLAYER, REFEREE, Detections
from touchline.models.networks.detector import STRIDE
from touchline.models.store import load_model
from touchline.training.detection import detector
from touchline.training.detection.crops import MOST_BOXES, CropSampler, CropSettings, crop_boxes, relight
from touchline.training.detection.data import LabelledFrames, read_real
from touchline.training.detection.measure import measure_detections
from touchline.training.detection.targets import box_loss, detection_targets, giou, heat_loss, role_loss
from touchline.training.family import Job
from touchline.training.run import run_recipe


def _boxes(*rows: list[float], classes: list[int]) -> Detections:
    return Detections(np.array(rows, np.float32), np.ones(len(rows), np.float32), np.array(classes, np.int64))


def _frames(count: int = 3, *, size: tuple[int, int] = (320, 192), group: str = "m00") -> LabelledFrames:
    """Grey pictures with one red man each, and his box."""
    pixels = np.full((count, size[1], size[0], 3), 90, np.uint8)
    truth = []
    for number in range(count):
        x, y = 60 + 40 * number, 70 + 10 * number
        pixels[number, y : y + 40, x : x + 16] = (220, 20, 20)
        truth.append(_boxes([x, y, x + 16, y + 40], classes=[PLAYER]))
    return LabelledFrames(group, pixels, tuple(truth), np.ones(4, bool))


def test_crops_keep_boxes_on_what_they_are_of() -> None:
    settings = CropSettings(
        sizes=((160, 96),), pixels_per_batch=160 * 96 * 8, tilt_deg=0.0, zoom=(0.25, 0.5), focus=1.0
    )
    sampler = CropSampler([_frames()], [], settings=settings, device="cpu", seed=1)
    boxes_seen = different = 0
    for _ in range(5):
        batch = sampler.draw()
        assert batch.pictures.shape == (8, 3, 96, 160)
        assert batch.pictures.min() >= 0 and batch.pictures.max() <= 1
        for picture, boxes, classes in zip(batch.pictures, batch.boxes, batch.classes, strict=True):
            for x0, y0, x1, y1 in boxes[classes >= 0].round().int().tolist():
                if x1 - x0 < 4 or y1 - y0 < 8:
                    continue
                inside = picture[:, y0 + 2 : y1 - 2, x0 + 2 : x1 - 2].mean((1, 2))
                outside = picture.mean((1, 2))
                boxes_seen += 1
                different += int((inside - outside).abs().max() > 0.02)
    assert boxes_seen > 25
    assert different > 0.9 * boxes_seen


def test_crop_boxes_are_moved_mirrored_and_clipped() -> None:
    boxes = np.array([[10, 20, 30, 60], [90, 20, 130, 60]], np.float32)
    mirror = np.array([[-1, 0, 100], [0, 1, 0]], np.float32)
    moved, classes = crop_boxes(boxes, np.array([PLAYER, REFEREE]), mirror, size=(100, 50))
    assert moved.shape == (MOST_BOXES, 4)
    assert moved[0].tolist() == [70, 20, 90, 50]
    assert classes[0] == PLAYER and (classes[1:] == -1).all()  # the referee is left with a quarter of his width


def test_relit_pictures_stay_pictures() -> None:
    pictures = torch.rand(16, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    relit = relight(pictures, random=torch.Generator().manual_seed(1))
    assert relit.shape == pictures.shape
    assert torch.isfinite(relit).all() and relit.min() >= 0 and relit.max() <= 1
    assert (relit - pictures).abs().mean() > 0.02


def test_targets_are_one_at_centres_and_boxes_are_their_own() -> None:
    boxes = torch.tensor([[[8.0, 8.0, 24.0, 40.0], [40.0, 8.0, 48.0, 16.0], [0, 0, 0, 0]]])
    classes = torch.tensor([[PLAYER, BALL, -1]])
    targets = detection_targets(boxes, classes, num_classes=4, width=64, height=64)
    assert targets.heat.shape == (1, 4, 16, 16)
    assert targets.heat[0, PLAYER, 6, 4] == 1 and targets.heat[0, BALL, 3, 11] == 1
    assert int((targets.heat == 1).sum()) == 2
    assert targets.boxes[0, :, 6, 4].tolist() == [8, 8, 24, 40]
    assert targets.heat[0, REFEREE].max() == 0


def test_right_answers_cost_nothing_and_unlabelled_classes_never_do() -> None:
    boxes = torch.tensor([[[8.0, 8.0, 24.0, 40.0]]])
    targets = detection_targets(boxes, torch.tensor([[PLAYER]]), num_classes=4, width=64, height=64)
    middle = (torch.arange(16) + 0.5) * STRIDE
    x, y = middle.expand(16, 16), middle[:, None].expand(16, 16)
    sides = torch.stack([x - 8, y - 8, 24 - x, 40 - y])[None]
    assert box_loss(sides, targets, scale=torch.ones(1)).item() == pytest.approx(0, abs=1e-6)
    logits = torch.where(targets.heat == 1, 20.0, -20.0)
    everything = torch.ones(1, 4, dtype=torch.bool)
    assert heat_loss(logits, targets.heat, labelled=everything).item() == pytest.approx(0, abs=1e-6)
    wrong = logits.clone()
    wrong[0, REFEREE] = 20.0
    known = everything.clone()
    known[0, REFEREE] = False
    assert heat_loss(wrong, targets.heat, labelled=known).item() == pytest.approx(0, abs=1e-6)
    assert heat_loss(wrong, targets.heat, labelled=everything).item() > 100


def test_a_rare_role_counts_as_much_as_a_common_one() -> None:
    heat = torch.zeros(1, 4, 4, 4)
    heat[0, PLAYER, 0, :3] = 1.0
    heat[0, REFEREE, 2, 2] = 1.0
    logits = torch.zeros(1, 3, 4, 4)
    assert role_loss(logits, heat).item() == pytest.approx(np.log(3), abs=1e-6)
    logits[0, PLAYER - 1] = 50.0  # everyone a player: the one referee is half of what counts
    assert role_loss(logits, heat).item() == pytest.approx(25.0, abs=1e-4)


def test_giou_of_known_boxes() -> None:
    a = torch.tensor([0.0, 0.0, 2.0, 2.0]).reshape(1, 4, 1, 1)
    b = torch.tensor([2.0, 0.0, 4.0, 2.0]).reshape(1, 4, 1, 1)
    assert giou(a, a).item() == pytest.approx(1.0)
    assert giou(a, b).item() == pytest.approx(0.0)
    assert giou(a, b + 2.0).item() == pytest.approx(0.0 - (24 - 8) / 24, abs=1e-6)


def test_perfect_detections_measure_as_perfect() -> None:
    truth = {"m00": _frames().truth, "m01": _frames(group="m01").truth}
    measured = measure_detections(truth, {name: list(value) for name, value in truth.items()})
    assert measured["ap50"]["player"] == 1.0 and measured["ap50_95"]["person"] == 1.0
    assert measured["ap50"]["ball"] is None
    assert measured["mean_roles_ap50_interval_95"] == [1.0, 1.0]
    assert measured["ap50_by_match"]["m01"]["player"] == 1.0 and measured["pictures_by_match"] == {"m00": 3, "m01": 3}
    assert measured["ap50_interval_95"]["player"] == [1.0, 1.0] and measured["ap50_interval_95"]["ball"] is None
    nothing = measure_detections(truth, {name: [Detections.none()] * 3 for name in truth})
    assert nothing["ap50"]["person"] == 0.0


def _write_frames(folder: Path) -> None:
    folder.mkdir(parents=True)
    for group in ("m00", "m01"):
        frames = _frames(2, group=group)
        for number, (pixels, truth) in enumerate(zip(frames.pixels, frames.truth, strict=True)):
            cv2.imwrite(str(folder / f"{group}_{number:03d}.jpg"), cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
            x0, y0, x1, y1 = truth.boxes_xyxy[0] / np.array([320, 192, 320, 192])
            line = f"{PLAYER} {(x0 + x1) / 2:.6f} {(y0 + y1) / 2:.6f} {x1 - x0:.6f} {y1 - y0:.6f}\n"
            (folder / f"{group}_{number:03d}.txt").write_text(line)


def test_frames_are_read_by_match(tmp_path: Path) -> None:
    _write_frames(tmp_path / "players")
    groups = read_real(tmp_path / "players")
    assert [group.group for group in groups] == ["m00", "m01"]
    np.testing.assert_allclose(groups[0].truth[0].boxes_xyxy, [[60, 70, 76, 110]], atol=0.01)
    assert groups[0].scale == 4.0
    with pytest.raises(InputError, match="no frames found"):
        read_real(tmp_path)


def test_a_recipe_trains_resumes_and_refuses_other_settings(tmp_path: Path) -> None:
    _write_frames(tmp_path / "players")
    recipe = {
        "task": "detector",
        "name": "tiny",
        "data_root": str(tmp_path),
        "held_out": [["m01"]],
        "train_on_all": False,
        "sources": ["real"],
        "picture": {"width": 320, "height": 192},
        "network": {"stem": 8, "widths": [8, 8, 16, 16], "blocks": [1, 1, 1, 1], "neck": 16},
        "crops": {"sizes": [[160, 96]], "pixels_per_batch": 30720},
        "optimizer": {"steps": 4, "save_every": 2},
    }
    path = tmp_path / "tiny.yaml"
    path.write_text(yaml.safe_dump(recipe))
    steps: list[tuple[str, int, int]] = []
    model = run_recipe(path, device="cpu", out=tmp_path / "run", progress=lambda *step: steps.append(step))
    assert steps == [(str(tmp_path / "run" / "real_0"), step, 4) for step in (1, 2, 3, 4)]
    loaded = load_model(model, task="detect")
    network, config = loaded.network, loaded.config
    assert config.measured["held_out"]["real"]["pictures"] == 2
    again = load_model(run_recipe(path, device="cpu", out=tmp_path / "run"), task="detect").network
    for one, other in zip(network.parameters(), again.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)
    with pytest.raises(UsageError, match="another optimizer"):
        run_recipe(path, overrides=["optimizer.steps=5"], device="cpu", out=tmp_path / "run")


@pytest.mark.parametrize("source", ["real", "simulated"])
def test_the_first_measured_network_ships_whatever_it_learns_from(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write_frames(tmp_path / "players")
    monkeypatch.setattr(detector, "read_simulated", lambda *arguments, **options: _frames(2, group="made"))
    recipe = {
        "data_root": tmp_path,
        "held_out": [["m01"]],
        "train_on_all": False,
        "simulated": ["made"],
        "sources": [source],
        "picture": {"width": 320, "height": 192},
        "network": {"stem": 8, "widths": [8, 8, 16, 16], "blocks": [1, 1, 1, 1], "neck": 16},
        "crops": {"sizes": [[160, 96]], "pixels_per_batch": 30720},
        "optimizer": {"steps": 1},
    }
    steps: list[tuple[str, int, int]] = []
    job = Job(tmp_path / "run", progress=lambda *step: steps.append(step))
    detector.train(detector.DetectorRecipe.model_validate(recipe), job)
    assert [name for name, _, _ in steps] == [str(job.out / {"real": "real_0"}.get(source, source))]


def test_a_recipe_can_draw_its_crops_in_batches_on_the_device(tmp_path: Path) -> None:
    _write_frames(tmp_path / "players")
    recipe = {
        "data_root": tmp_path,
        "held_out": [["m01"]],
        "train_on_all": False,
        "sources": ["real"],
        "picture": {"width": 320, "height": 192},
        "network": {"stem": 8, "widths": [8, 8, 16, 16], "blocks": [1, 1, 1, 1], "neck": 16, "ball": 8, "compare": 1},
        "stage": {"views": [{"size": [160, 96], "zoom": [0.2, 0.6], "share": 1.0}], "pixels_per_batch": 30720},
        "optimizer": {"steps": 2},
    }
    model = detector.train(detector.DetectorRecipe.model_validate(recipe), Job(tmp_path / "run"))
    assert load_model(model, task="detect").network.settings["compare"] == 1
