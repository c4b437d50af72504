"""Truth, targets and losses of the built-in spotter's training, on made matches with known answers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.models.networks.ball_spotter import BallEncoder, BallSpotter
from touchline.training.spotting.ball_encoder import (
    CropBatch,
    CropSampler,
    EncoderSettings,
    Match,
    encoder_loss,
    heat_map_loss,
    heat_maps,
    train_encoder,
)
from touchline.training.spotting.ball_temporal import TemporalSettings, VectorSequence, score_vectors, train_head
from touchline.training.spotting.ball_truth import BallTruth, event_targets, read_ball_truth


def write_match(folder: Path, *, owners: list[int]) -> Path:
    """A match of one team: ``owners[i]`` is the player with the ball in frame i, -1 for nobody."""
    folder.mkdir()
    head = "frame,time_ms,x_m,y_m,z_m,x_px,y_px,owner_team,owner_player,game_mode\n"
    rows = [f"{i},{i * 80},0,0,0,{10 + i},20,{0 if owner >= 0 else -1},{owner},0" for i, owner in enumerate(owners)]
    (folder / "ball.csv").write_text(head + "\n".join(rows) + "\n")
    (folder / "tracks.txt").write_text("1,2,100,50,10,24,1,1,1\n2,2,102,50,10,24,1,1,1\n")
    annotation = {"gameTime": "1 - 00:00", "label": "PASS", "position": "800", "team": "left", "visibility": "visible"}
    (folder / "Labels-ball.json").write_text(json.dumps({"UrlLocal": "m", "annotations": [annotation]}))
    return folder


def test_truth_finds_handovers_and_joins_a_dribble(tmp_path: Path) -> None:
    owners = [-1] * 5 + [3] * 4 + [-1] * 3 + [3] * 4 + [-1] * 10 + [7] * 4
    truth = read_ball_truth(write_match(tmp_path / "m", owners=owners))
    assert len(truth) == 30
    assert np.flatnonzero(truth.received).tolist() == [3, 4, 5, 6, 7, 24, 25, 26, 27, 28]
    assert np.flatnonzero(truth.released).tolist() == [14, 15, 16, 17, 18, 28, 29]
    assert truth.feet_xy[0].tolist() == [[105.0, 74.0]]
    assert truth.feet_xy[5].shape == (0, 2)
    assert [event.label for event in truth.timeline] == ["PASS"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ball\.csv"):
        read_ball_truth(tmp_path)


def test_event_targets_mark_the_frames_around_an_event() -> None:
    timeline = Timeline((Event("PASS", 800_000), Event("OUT", 0)))
    targets = event_targets(timeline, labels=("PASS", "DRIVE"), frames=20, fps=12.5, radius=2)
    assert np.flatnonzero(targets[:, 0]).tolist() == [8, 9, 10, 11, 12]
    assert not targets[:, 1].any()


def test_heat_map_peaks_in_the_points_cell_and_ignores_far_points() -> None:
    heat = heat_maps(torch.tensor([[[17.0, 9.0], [500.0, 500.0]]]), size=(10, 20), sigma=1.0)[0]
    assert float(heat[2, 4]) == 1.0
    assert float(heat[2, 5]) == pytest.approx(np.exp(-0.5))
    assert int((heat == 1.0).sum()) == 1


def test_heat_map_loss_is_near_zero_when_right_and_large_when_wrong() -> None:
    target = heat_maps(torch.tensor([[[17.0, 9.0]]]), size=(10, 20), sigma=1.0)
    right = torch.where(target >= 0.999, 12.0, -12.0)
    assert float(heat_map_loss(right, target)) < 1e-3
    assert float(heat_map_loss(-right, target)) > 10


def test_encoder_loss_without_a_ball_in_sight_is_finite() -> None:
    nothing = torch.zeros(1, 4, 4)
    batch = CropBatch(torch.zeros(1, 3, 16, 16), nothing, nothing, torch.tensor([-1]), torch.zeros(1, 3))
    assert bool(torch.isfinite(encoder_loss(torch.zeros(1, 5, 4, 4), batch)))


def moving_dot_match(*, frames: int = 40) -> Match:
    """A bright dot on grey that moves right; nobody owns it."""
    luma = np.full((frames, 64, 128), 80, np.uint8)
    ball_xy = np.stack([np.linspace(20, 100, frames), np.full(frames, 32.0)], 1).astype(np.float32)
    for i, (x, y) in enumerate(ball_xy.astype(int)):
        luma[i, y - 1 : y + 2, x - 1 : x + 2] = 250
    flags = np.zeros(frames, np.bool_)
    flags[10:14] = True
    nobody = tuple(np.zeros((0, 2), np.float32) for _ in range(frames))
    return Match("dot", luma, BallTruth(ball_xy, flags, flags, flags, nobody, Timeline()))


def test_crops_put_the_ball_where_the_target_says() -> None:
    settings = EncoderSettings(batch_size=8, crop_width=64, crop_height=32, ball_share=1.0)
    batch = CropSampler([moving_dot_match()], settings, device="cpu", seed=0).draw()
    assert batch.stacks.shape == (8, 3, 32, 64)
    seen = 0
    for stack, cell in zip(batch.stacks, batch.cell.tolist(), strict=True):
        if cell >= 0:
            brightest = int(stack[1].argmax())
            y, x = brightest // 64, brightest % 64
            assert abs(x / 4 - cell % 16 - 0.5) < 1.5
            assert abs(y / 4 - cell // 16 - 0.5) < 1.5
            seen += 1
    assert seen >= 5


def test_encoder_training_learns_the_dot_and_resumes(tmp_path: Path) -> None:
    torch.manual_seed(0)
    encoder = BallEncoder(stem=4, width=8, deep=8)
    settings = EncoderSettings(
        steps=60, batch_size=4, crop_width=64, crop_height=32, base_lr=1e-2, ema_decay=0.8, save_every=30
    )
    train_encoder(encoder, [moving_dot_match()], settings=settings, out=tmp_path, device="cpu")
    many = settings.model_copy(update={"batch_size": 64})  # four crops would say little
    batch = CropSampler([moving_dot_match()], many, device="cpu", seed=1).draw()
    with torch.no_grad():
        found = encoder(batch.stacks)[:, 0].flatten(1).argmax(1)
    inside = batch.cell >= 0
    assert float((found == batch.cell)[inside].float().mean()) > 0.7
    again = BallEncoder(stem=4, width=8, deep=8)
    train_encoder(again, [moving_dot_match()], settings=settings, out=tmp_path, device="cpu")
    assert all(
        torch.equal(a, b) for a, b in zip(encoder.state_dict().values(), again.state_dict().values(), strict=True)
    )


def test_head_training_learns_a_planted_event() -> None:
    torch.manual_seed(0)
    network = BallSpotter(num_classes=1, stem=4, width=4, deep=4, candidates=1, channels=8, dilations=(1, 2), horizon=1)
    random = np.random.default_rng(0)
    vectors = random.normal(size=(200, network.vector_size)).astype(np.float32)
    targets = np.zeros((200, 1), np.float32)
    targets[20::40] = 1.0
    vectors[20::40, 2:] = 8.0
    states = np.zeros((200, 3), np.float32)
    settings = TemporalSettings(steps=150, batch_size=4, segment=64, base_lr=1e-2, ema_decay=0.9)
    train_head(network, [VectorSequence(vectors, targets, states)], settings=settings)
    scores = score_vectors(network, vectors)[:, 0]
    assert scores[targets[:, 0] == 1].min() > scores[targets[:, 0] == 0].max()
