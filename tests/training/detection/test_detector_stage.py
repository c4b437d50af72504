"""Crops drawn in batches on the device: boxes that stay on people, new kits, balls and what broadcasts do."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from touchline.core.tracks import BALL, GOALKEEPER, PLAYER, REFEREE, Detections
from touchline.models.networks.detector import BALL_STRIDE, PeopleDetector, cell_boxes
from touchline.training.detection.crops import DetectionBatch
from touchline.training.detection.data import LabelledFrames
from touchline.training.detection.degrade import compressed, cover_with_graphics, degrade, panned, shrunk
from touchline.training.detection.dressing import distinct_colours, dress
from touchline.training.detection.losses import known_cells, loss_terms
from touchline.training.detection.planes import BODY, OWNER, SHIRT, kit_groups, planes_of
from touchline.training.detection.stage import Stage, StageSettings, View, draw_balls, moved_boxes, paste_people
from touchline.training.detection.targets import ball_targets, giou, weighted_box_loss

TINY = {"stem": 8, "widths": (8, 8, 16, 16), "blocks": (1, 1, 1, 1), "neck": 16, "ball": 8, "compare": 1}


def _random() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def _frames(*, labelled: tuple[bool, ...] = (True,) * 4) -> LabelledFrames:
    """Two green pictures with a red and a blue player and a yellow official."""
    pixels = np.full((2, 192, 320, 3), (40, 110, 50), np.uint8)
    people = ((60, 70, (220, 20, 20), PLAYER), (120, 60, (20, 20, 220), PLAYER), (200, 90, (230, 220, 20), REFEREE))
    boxes = []
    for x, y, colour, _ in people:
        pixels[:, y : y + 40, x : x + 16] = colour
        boxes.append([x, y, x + 16, y + 40])
    classes = np.array([person[3] for person in people])
    truth = Detections(np.array(boxes, np.float32), np.ones(3, np.float32), classes)
    return LabelledFrames("m00", pixels, (truth, truth), np.array(labelled))


def test_planes_show_who_is_where() -> None:
    planes = planes_of([_frames()], device="cpu")
    frame = planes.whole[0]
    assert frame[OWNER, 85, 68] == 1 and frame[OWNER, 80, 128] == 2 and frame[OWNER, 20, 20] == 0
    assert frame[BODY, 85, 68] == 255 and frame[SHIRT, 82, 68] == 255 and frame[SHIRT, 105, 68] == 0
    assert sorted(planes.kits[0, :2].tolist()) == [0, 1] and planes.kits[0, 2] == 4
    assert planes.half.shape == (2, 7, 96, 160) and set(planes.half[0, OWNER].unique().tolist()) == {0, 1, 2, 3}


def test_kits_are_split_by_colour_and_keepers_by_side() -> None:
    classes = np.array([PLAYER, GOALKEEPER, PLAYER, PLAYER, GOALKEEPER, BALL])
    colours = np.array([[50, 0, 0], [9, 9, 9], [52, 1, 0], [200, 0, 0], [9, 9, 9], [0, 0, 0]], np.float32)
    boxes = np.array([[x, 0, x + 5, 9] for x in (30, 300, 50, 60, 10, 70)], np.float32)
    kits = kit_groups(classes, colours, boxes)
    assert kits[0] == kits[2] != kits[3]
    assert kits[4] == 2 and kits[1] == 3 and kits[5] == -1


def test_boxes_stay_on_people_in_every_crop() -> None:
    settings = StageSettings(
        views=(View((160, 96), (0.25, 0.6), 1.0),), pixels_per_batch=160 * 96 * 8, graphics=0.0, balls=0.0, paste=1.0
    )
    stage = Stage(planes_of([_frames()], device="cpu"), None, settings=settings, device="cpu", seed=1)
    seen = different = 0
    for _ in range(6):
        batch = stage.draw()
        assert batch.pictures.shape == (8, 3, 96, 160) and batch.labelled.shape == (8, 4)
        assert torch.isfinite(batch.pictures).all() and batch.pictures.min() >= 0 and batch.pictures.max() <= 1
        for picture, boxes, classes in zip(batch.pictures, batch.boxes, batch.classes, strict=True):
            for x0, y0, x1, y1 in boxes[classes >= 0].round().int().tolist():
                if x1 - x0 < 5 or y1 - y0 < 10:
                    continue
                inside = picture[:, y0 + 3 : y1 - 3, x0 + 1 : x1 - 1].mean((1, 2))
                seen += 1
                different += int((inside - picture.flatten(1).median(1).values).abs().max() > 0.03)
    assert seen > 60
    assert different > 0.9 * seen


def test_the_same_seed_draws_the_same_batch() -> None:
    settings = StageSettings(views=(View((160, 96), (0.25, 0.6), 1.0),), pixels_per_batch=160 * 96 * 2)
    planes = planes_of([_frames()], device="cpu")
    one, other = (Stage(planes, planes, settings=settings, device="cpu", seed=5).draw() for _ in range(2))
    torch.testing.assert_close(one.pictures, other.pictures, rtol=0, atol=0)
    assert torch.equal(one.boxes, other.boxes)


def test_nothing_to_draw_from_is_refused() -> None:
    with pytest.raises(ValueError, match="no frames"):
        Stage(None, None, settings=StageSettings(), device="cpu", seed=0)


def test_boxes_are_moved_mirrored_and_clipped() -> None:
    boxes = torch.tensor([[[10.0, 20, 30, 60], [90, 20, 130, 60]]])
    mirror = torch.tensor([[[-1.0, 0, 100], [0, 1, 0]]])
    moved, classes = moved_boxes(boxes, torch.tensor([[PLAYER, REFEREE]]), mirror, size=(100, 50))
    assert moved[0, 0].tolist() == [70, 20, 90, 50]
    assert classes.tolist() == [[PLAYER, -1]]  # the referee is left with a quarter of his width


def test_only_the_chosen_are_pasted() -> None:
    planes = torch.zeros(1, 7, 4, 4)
    second = torch.ones(1, 7, 4, 4)
    second[:, OWNER, :2], second[:, OWNER, 2:] = 1, 2
    pasted = paste_people(planes, second, torch.tensor([[False, True]]))
    assert pasted[0, :, :2].abs().max() == 0
    assert (pasted[0, :OWNER, 2:] == 1).all() and (pasted[0, OWNER, 2:] == 2).all()


def test_kits_are_painted_in_colours_apart_and_grass_is_left() -> None:
    colours = distinct_colours(64, 5, random=_random(), device=torch.device("cpu"))
    apart = torch.cdist(colours, colours) + torch.eye(5) * 9
    assert (apart.flatten(1).amin(1) > 0.2).float().mean() > 0.95
    planes = planes_of([_frames()], device="cpu")
    whole = planes.whole.float()
    whole[:, :OWNER] /= 255
    pictures, shirts = dress(whole, planes.kits, planes.light, share=1.0, random=_random())
    assert shirts.shape == (2, 5, 3)
    torch.testing.assert_close(pictures[:, :, :50], whole[:, :3, :50])
    assert (pictures[:, :, 82, 68] - whole[:, :3, 82, 68]).abs().amax() > 0.1
    same, _ = dress(whole, planes.kits, planes.light, share=0.0, random=_random())
    torch.testing.assert_close(same, whole[:, :3])


def test_a_drawn_ball_lies_in_its_box() -> None:
    pictures, boxes = draw_balls(torch.zeros(16, 3, 64, 96), share=1.0, random=_random())
    for picture, (x0, y0, x1, y1) in zip(pictures, boxes.tolist(), strict=True):
        rows, columns = torch.nonzero(picture.amax(0) > 0.35, as_tuple=True)
        assert rows.min() >= y0 - 1 and rows.max() <= y1 and columns.min() >= x0 - 1 and columns.max() <= x1
    untouched, none = draw_balls(torch.zeros(4, 3, 64, 96), share=0.0, random=_random())
    assert untouched.abs().max() == 0 and none.abs().max() == 0


def test_broadcasts_losses_are_what_they_say() -> None:
    flat = torch.full((2, 3, 32, 32), 0.5)
    torch.testing.assert_close(panned(flat, width=5), flat)
    torch.testing.assert_close(shrunk(flat, share=0.5), flat)
    torch.testing.assert_close(compressed(flat, strength=torch.ones(2, 1, 1, 1)), flat, atol=0.04, rtol=0)
    noise = torch.rand(2, 3, 32, 32, generator=_random())
    coarse, fine = (compressed(noise, strength=torch.full((2, 1, 1, 1), s)) for s in (4.0, 0.05))
    assert (fine - noise).abs().mean() < 0.02 < (coarse - noise).abs().mean()
    worse = degrade(noise, random=_random())
    assert worse.shape == noise.shape and worse.min() >= 0 and worse.max() <= 1


def test_graphics_cover_what_they_say() -> None:
    covered, boxes = cover_with_graphics(torch.full((8, 3, 64, 96), 0.123), share=1.0, random=_random())
    for picture, (x0, y0, x1, y1) in zip(covered, boxes.tolist(), strict=True):
        changed = (picture != 0.123).any(0)
        assert changed.sum() == pytest.approx((x1 - x0) * (y1 - y0), abs=x1 - x0 + y1 - y0 + 2)
    untouched, none = cover_with_graphics(torch.zeros(2, 3, 64, 96), share=0.0, random=_random())
    assert untouched.abs().max() == 0 and none.abs().max() == 0


def test_a_ball_between_two_cells_warms_both() -> None:
    boxes = torch.tensor([[[9.0, 9.0, 16.0, 16.0], [0.0, 0.0, 9.0, 30.0]]])
    heat, owned, weight = ball_targets(boxes, torch.tensor([[BALL, PLAYER]]), stride=2, width=32, height=32)
    assert heat.shape == (1, 1, 16, 16)
    assert torch.nonzero(heat[0, 0] == 1).tolist() == [[6, 6]]
    assert heat[0, 0, 6, 5] > heat[0, 0, 6, 7] > 0.2  # its centre is at 6.25 cells
    assert owned[0, :, 6, 6].tolist() == [9, 9, 16, 16] and weight[0, 6, 6] == 1
    middle = (torch.arange(16) + 0.5) * 2
    x, y = middle.expand(16, 16), middle[:, None].expand(16, 16)
    sides = torch.stack([x - 9, y - 9, 16 - x, 16 - y])[None]
    found = cell_boxes(sides, stride=BALL_STRIDE)
    assert weighted_box_loss(found, owned, weight).item() == pytest.approx(0, abs=1e-6)
    assert giou(found, owned)[0, 6, 6] == pytest.approx(1.0)


def test_where_officials_are_not_labelled_only_cells_near_people_are_known() -> None:
    heat = torch.zeros(2, 4, 2, 3)
    heat[:, PLAYER, 0, 0] = 1.0
    labelled = torch.tensor([[True] * 4, [True, True, True, False]])
    known = known_cells(heat, labelled)
    assert known[0].all()
    assert known[1, BALL].all() and not known[1, REFEREE].any()
    assert known[1, PLAYER].tolist() == [[True, False, False], [False, False, False]]


def test_all_parts_of_the_network_learn() -> None:
    torch.manual_seed(0)
    network = PeopleDetector(**TINY)
    boxes = torch.tensor([[[10.0, 10, 26, 50], [40, 10, 56, 50], [30, 30, 37, 37], [0, 0, 0, 0]]])
    classes = torch.tensor([[PLAYER, REFEREE, BALL, -1]])
    batch = DetectionBatch(torch.rand(1, 3, 64, 96), boxes, classes, torch.ones(1, 4, dtype=torch.bool))
    terms = loss_terms(network, batch)
    assert set(terms) == {"heat", "role", "box", "ball", "ball_box", "compare"}
    sum(terms.values()).backward()  # type: ignore[union-attr]
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in network.parameters())
