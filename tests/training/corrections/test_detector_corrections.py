"""A small people detector learns from corrected boxes: frames and their truth, the split, training and command."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from makevideo import write_frames
from reviewing import S, write_review
from touchline.cli.main import app
from touchline.core.corrections.history import Change
from touchline.core.errors import InputError, UsageError
from touchline.core.tracks import BALL, DETECTION_LABELS, PLAYER, REFEREE, Detections, Shot, Track, Tracks
from touchline.formats.boxes.tracks_parquet import write_tracks_parquet
from touchline.formats.bundle import CORRECTIONS, TRACKS, Bundle, video_fingerprint
from touchline.formats.corrections.reviewed import find_video
from touchline.formats.corrections.writer import JournalWriter
from touchline.models.folders import user_folder
from touchline.models.networks.detector import PeopleDetector
from touchline.models.specs.spec import PictureConfig, PictureSpec
from touchline.models.store import load_model, save_model
from touchline.training.corrections.detector import gain_of, read_all, split_frames
from touchline.training.corrections.frames import labelled_frames, read_corrected_frames
from touchline.training.run import run_recipe

FPS, FRAMES, SIZE = 5, 60, (320, 192)
NETWORK = {"stem": 8, "widths": (8, 16, 16, 16), "blocks": (1, 1, 1, 1), "neck": 16}
SETTINGS = [
    "gap_s=0.5",
    "crops.sizes=[[320,192]]",
    "crops.pixels_per_batch=122880",
    "crops.zoom=[0.24,0.26]",
    "crops.tilt_deg=0",
    "optimizer.steps=40",
    "optimizer.base_lr=0.01",
    "optimizer.ema_decay=0.8",
]


def place(frame: int, *, person: int) -> list[float]:
    """The true box of one of two people."""
    x = 20 + 4 * frame if person == 1 else 260 - 3 * frame
    y = 30 if person == 1 else 110
    return [x, y, x + 24, y + 48]


def write_match(folder: Path, *, name: str = "m", corrected: range = range(0, FRAMES, 2), ball: int = 10) -> Path:
    """A video of two moving rectangles, and a bundle whose boxes of the first one were corrected in some frames.

    The model's boxes of the first person lie 40 pixels off; those of the second are right. The ball has boxes in the
    first frames only.
    """
    pictures = []
    for frame in range(FRAMES):
        picture = np.full((SIZE[1], SIZE[0], 3), 90, np.uint8)
        for person, colour in ((1, (230, 20, 20)), (2, (240, 240, 240))):
            x0, y0, x1, y1 = map(int, place(frame, person=person))
            picture[y0:y1, x0:x1] = colour
        picture[0:8, 0:8] = 4 * frame
        pictures.append(picture)
    video = write_frames(folder / f"{name}.mp4", pictures, fps=FPS)
    bundle = write_review(folder / f"{name}.touchline", found=[], video=video)
    off = [[x + 40 for x in place(frame, person=1)] for frame in range(FRAMES)]
    tracks = (
        _track(1, "player", off),
        _track(2, "referee", [place(frame, person=2) for frame in range(FRAMES)]),
        *([_track(3, "ball", [[frame, 5, frame + 8, 13] for frame in range(ball)])] if ball else []),
    )
    shots = (Shot(0, 0, FRAMES * S // FPS),)
    write_tracks_parquet(bundle.path / TRACKS, Tracks(tracks, shots, *SIZE))
    with JournalWriter(bundle.path / CORRECTIONS, video_fingerprint=video_fingerprint(video), who="anna") as journal:
        for frame in corrected:
            journal.do(Change("box", f"1:{frame}", None, {"box_xyxy": place(frame, person=1)}))
    return bundle.path


def _track(number: int, label: str, boxes: list[list[float]]) -> Track:
    count = len(boxes)
    frames = np.arange(count, dtype=np.int64)
    ones = np.ones(count, np.float32)
    return Track(number, label, frames * (S // FPS), frames, np.array(boxes, np.float32), ones, np.ones(count, bool))


def test_the_truth_of_a_corrected_frame_is_everybody_in_it(tmp_path: Path) -> None:
    path = write_match(tmp_path, corrected=range(4, 16, 4))
    with JournalWriter(path / CORRECTIONS, video_fingerprint=video_fingerprint(tmp_path / "m.mp4"), who="b") as journal:
        journal.do(Change("box", "2:20", None, {"box_xyxy": None}))
        journal.do(Change("box", "9:21", None, {"box_xyxy": None}))  # no such track
    match = read_corrected_frames(path)
    assert (match.name, [one.frame for one in match.frames]) == ("m", [4, 8, 12, 20])
    assert [one.time_us for one in match.frames] == [800_000, 1_600_000, 2_400_000, 4_000_000]
    first, last = match.frames[0].truth, match.frames[-1].truth
    assert first.classes.tolist() == [PLAYER, REFEREE, BALL]
    assert first.boxes_xyxy.tolist() == [place(4, person=1), place(4, person=2), [4, 5, 12, 13]]
    assert last.classes.tolist() == [PLAYER] and last.boxes_xyxy[0, 0] == place(20, person=1)[0] + 40
    frames = labelled_frames(match, find_video(match), folder=tmp_path / "frames")
    assert [one.group for one in frames] == ["m"] * 4
    assert [one.labelled.tolist() for one in frames] == [[True] * 4] * 2 + [[False, True, True, True]] * 2
    corners = [float(one.pixels[0, 1:6, 1:6].mean()) for one in frames]
    assert corners == pytest.approx([16, 32, 48, 80], abs=4)


def test_whole_matches_are_held_out_or_the_last_frames_of_the_only_one(tmp_path: Path) -> None:
    one = read_corrected_frames(write_match(tmp_path, corrected=range(0, 60, 3)))
    split = split_frames([one], share=0.3, gap_s=1.0)
    assert [frame.frame for frame in split.test[0].frames] == [42, 45, 48, 51, 54, 57]
    assert [frame.frame for frame in split.learn[0].frames] == list(range(0, 37, 3))
    other = read_corrected_frames(write_match(tmp_path, name="n", corrected=range(3), ball=0))
    nothing = read_corrected_frames(write_match(tmp_path, name="o", corrected=range(0), ball=1))
    split = split_frames([one, other, nothing], share=0.3, gap_s=1.0)
    assert [match.name for match in split.learn] == ["m"] and [match.name for match in split.test] == ["n"]
    with pytest.raises(InputError, match="lower gap_s"):
        split_frames([one], share=0.3, gap_s=60.0)


def test_a_gain_needs_to_hold_in_nearly_all_draws() -> None:
    truth = [Detections(np.array([[0, 0, 10, 20]], np.float32), np.ones(1, np.float32), np.array([PLAYER]))] * 20
    none = [Detections.none()] * 20
    assert gain_of(truth, none, truth).better and not gain_of(truth, truth, truth).better
    once = gain_of(truth, none, [*truth[:1], *none[1:]])
    assert once.gain.value > 0 and not once.better


def _base(folder: Path) -> Path:
    torch.manual_seed(0)
    config = PictureConfig(
        name="small",
        task="detect",
        architecture="people-detector",
        network=PeopleDetector(**NETWORK).settings,
        picture=PictureSpec(width=SIZE[0], height=SIZE[1]),
        labels=DETECTION_LABELS,
    )
    return save_model(folder / "small", PeopleDetector(**NETWORK), config)


def test_the_command_trains_measures_and_installs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    bundle = write_match(tmp_path, ball=0)
    settings = [part for one in (*SETTINGS, f"base={_base(tmp_path)}") for part in ("--set", one)]
    command = ["train", "detector-corrections", *settings, "--device", "cpu", "--out", str(tmp_path / "run")]
    shown = CliRunner().invoke(app, [*command, "--corrections", str(bundle), "--install", "ours", "--json"])
    assert shown.exit_code == 0, shown.output
    record = json.loads(shown.stdout)
    card = record["measured"]
    assert Path(record["installed"]) == user_folder() / "ours.safetensors"
    assert card["better"] and card["after"]["value"] > card["before"]["value"] + 0.3
    assert (card["base"], card["frames"], card["boxes"]) == ("small", 9, {"player": 9, "referee": 9})
    assert card["bundles"][0]["frames"] == 30 and card["bundles"][0]["boxes"] == 60
    assert load_model("ours", task="detect").config.measured["better"]
    useless = ["--set", f"base={record['model']}", "--set", "optimizer.base_lr=1e-9", "--set", "optimizer.steps=1"]
    shown = CliRunner().invoke(app, [*command, *useless, "--corrections", str(bundle), "--install", "useless"])
    assert shown.exit_code == 4
    assert "held out: 9 corrected frames with player 9, referee 9" in shown.output and "AP50 before" in shown.output
    assert "not installed: " in shown.output and "--detector" in shown.output
    assert not (user_folder() / "useless.safetensors").exists()


def test_mistakes_with_boxes_are_explained(tmp_path: Path) -> None:
    few = write_match(tmp_path, corrected=range(19))
    with pytest.raises(InputError, match="boxes were corrected in 19 frames of m, 20 are needed"):
        read_all([few])
    with pytest.raises(UsageError, match="are of one video"):
        read_all([few, few])
    with pytest.raises(UsageError, match="add --corrections"):
        run_recipe("detector-corrections", out=tmp_path)
    with pytest.raises(InputError, match="no bundle"):
        read_all([tmp_path / "nothing.touchline"])
    assert Bundle(few).read_tracks().width == SIZE[0]
