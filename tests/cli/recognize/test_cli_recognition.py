"""``recognize`` and ``evaluate recognition`` as a user meets them, bad input and all."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import nn
from typer.testing import CliRunner, Result

from exampleclips import write_examples
from fakematch import LANE_PX, PEOPLE, FakeDetector, FakePitchFinder, grass, match_picture, place, write_match
from makevideo import write_frames
from touchline.analysis.pipeline import AnalyzeOptions, analyze_video
from touchline.analysis.tasks.track import VideoTracker
from touchline.analysis.tasks.usual import usual_tasks
from touchline.cli.main import app
from touchline.formats.actions import read_actions
from touchline.formats.boxes.tracks_parquet import read_tracks_parquet
from touchline.models.architectures import ARCHITECTURES, Architecture
from touchline.models.networks.skeleton_net import SkeletonNet
from touchline.models.specs.spec import ClipConfig, ClipSpec, SkeletonConfig, SkeletonSpec
from touchline.models.store import save_model
from touchline.training.recognition.examples import features

SPEC = ClipSpec(frames=4, width=16, height=16, mean=(0, 0, 0), std=(1, 1, 1))
COLOURS = {"red": (220, 30, 30), "blue": (30, 30, 220)}


class Colour(nn.Module):
    """Says red or blue."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.num_classes = num_classes
        self.gain = nn.Parameter(torch.tensor(8.0))

    def forward(self, clips: torch.Tensor) -> torch.Tensor:
        mean = clips.mean(dim=(2, 3, 4))
        return torch.stack([mean[:, 0], mean[:, 2]], dim=1) * self.gain


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(ARCHITECTURES, "colour", Architecture(Colour, "recognize"))
    config = ClipConfig(
        name="colours", architecture="colour", network={"num_classes": 2}, labels=("red", "blue"), clip=SPEC
    )
    return save_model(tmp_path / "models" / "colours", Colour(2), config)


def clip(path: Path, colour: str, *, frames: int = 6, size: tuple[int, int] = (32, 48)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = np.full((size[1], size[0], 3), COLOURS[colour], np.uint8)
    return write_frames(path, (picture for _ in range(frames)))


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [*map(str, words)], catch_exceptions=False)


def records(done: Result) -> list[dict]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_folder_of_classes_is_named_clip_by_clip_and_scored(model: Path, tmp_path: Path) -> None:
    clip(tmp_path / "clips" / "red" / "1.mp4", "red")
    clip(tmp_path / "clips" / "red" / "2.mp4", "red", size=(64, 32), frames=20)
    clip(tmp_path / "clips" / "blue" / "1.mp4", "blue", frames=1)
    clip(tmp_path / "clips" / "blue" / "2.mp4", "red")  # a clip in the wrong folder
    out = tmp_path / "p.csv"
    done = run("recognize", tmp_path / "clips", "--model", model, "--out", out, "--json")
    assert done.exit_code == 0
    found = {Path(r["path"]).relative_to(tmp_path / "clips").as_posix(): r for r in records(done)}
    assert {name: r["label"] for name, r in found.items()} == {
        "blue/1.mp4": "blue",
        "blue/2.mp4": "red",
        "red/1.mp4": "red",
        "red/2.mp4": "red",
    }
    assert "1 frame, fewer than the 4" in found["blue/1.mp4"]["note"]
    done = run(
        *("evaluate", "recognition", "--truth", tmp_path / "clips", "--predictions", out),
        *("--picture", tmp_path / "cm.png", "--json"),
    )
    assert done.exit_code == 0
    (record,) = records(done)
    assert record["accuracy"] == 0.75 and record["confusion"]["counts"] == [[1, 1], [0, 2]]
    assert [e["id"] for e in record["worst_errors"]] == ["blue/2"]
    assert record["calibration"]["log_loss"] > 0
    assert cv2.imread(str(tmp_path / "cm.png")) is not None


def test_what_cannot_be_read_is_listed_and_the_rest_goes_on(model: Path, tmp_path: Path) -> None:
    clip(tmp_path / "clips" / "a.mp4", "red")
    (tmp_path / "clips" / "b.mp4").write_bytes(b"no video")
    done = run("recognize", tmp_path / "clips", "--model", model)
    assert done.exit_code == 4
    assert "red" in done.stdout and "b.mp4" in done.stderr and "1 of 2 clips" in done.stderr
    (tmp_path / "clips" / "a.mp4").unlink()
    assert run("recognize", tmp_path / "clips", "--model", model).exit_code == 3


def test_nothing_to_recognize_is_said(model: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = run("recognize", tmp_path / "empty", "--model", model)
    assert done.exit_code == 3 and "holds no clips" in done.stderr
    done = run("recognize", tmp_path / "nowhere.mp4", "--model", model)
    assert done.exit_code == 3 and "no such file" in done.stderr
    done = run("recognize", clip(tmp_path / "a.mp4", "red"), "--model", "people-detector")
    assert done.exit_code == 3 and "not for 'recognize'" in done.stderr


def test_joints_go_to_a_model_of_joints(tmp_path: Path) -> None:
    network = SkeletonNet(2, joints=4, shoulders=(0, 1), hips=(2, 3), bones=[(0, 2), (1, 3)])
    spec = SkeletonSpec(frames=8, joints=("ls", "rs", "lh", "rh"), mirror=(1, 0, 3, 2))
    config = SkeletonConfig(
        name="strokes", architecture="skeleton-net", network=network.settings, labels=("a", "b"), skeleton=spec
    )
    model = save_model(tmp_path / "strokes", network, config)
    joints = np.random.default_rng(0).random((5, 4, 3)).astype(np.float32)
    joints[..., 2] = 1
    joints[0, 0, 2] = 0
    np.save(tmp_path / "s.npy", joints)
    done = run("recognize", tmp_path / "s.npy", "--model", model, "--json")
    assert done.exit_code == 0
    assert records(done)[0]["note"] == "5% of the joints are missing; 5 moments, resampled to 8"
    np.save(tmp_path / "t.npy", joints[:, :3])
    np.save(tmp_path / "u.npy", joints * 0)
    done = run("recognize", tmp_path / "t.npy", tmp_path / "u.npy", "--model", model)
    assert done.exit_code == 3
    assert "expected (moments, 4, 2 or 3)" in done.stderr and "no joint is visible" in done.stderr
    done = run("recognize", tmp_path / "s.npy", clip(tmp_path / "a.mp4", "red"), "--model", model)
    assert done.exit_code == 2 and "two runs" in done.stderr


@pytest.fixture(scope="module")
def match(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("match")
    video = write_match(folder / "match.mp4", frames=60)
    tracker = VideoTracker(FakeDetector(), FakePitchFinder())
    return video, analyze_video(video, tasks=usual_tasks(tracker=tracker), options=AnalyzeOptions(out=folder)).bundle


@pytest.mark.parametrize("name", ["", "tracks.parquet", "tracks.txt"])
def test_known_tracks_are_recognised_in_one_pass(
    model: Path, match: tuple[Path, Path], tmp_path: Path, name: str
) -> None:
    video, bundle = match
    done = run(
        *("recognize", video, "--tracks", bundle / name if name else bundle, "--model", model),
        *("--out", tmp_path, "--json", "--overlay"),
    )
    assert done.exit_code in (0, 4), done.stderr
    actions = read_actions(tmp_path / "match.touchline" / "actions.json")
    assert actions.recogniser == "colours" and len(actions.windows) == 8
    assert (tmp_path / "match.touchline" / "overlay.mp4").stat().st_size > 1000
    (record,) = records(done)
    assert record["people"] == 8


def write_players(root: Path) -> Path:
    """Write clips of the match's players in class folders by the colour they wear: two sources, two clips of each."""
    field = grass()
    for number, (colour, _, _) in enumerate(PEOPLE[:6]):
        for start in (0, 30):
            folder = root / colour / f"part{start // 30}_{number}"
            folder.mkdir(parents=True)
            for index in range(start, start + 4):
                x, y = place(index, number)
                whole = cv2.copyMakeBorder(match_picture(index, field=field), 8, 8, 8, 8, cv2.BORDER_REPLICATE)
                crop = whole[y + 5 : y + 33, x + 4 : x + 24]
                cv2.imwrite(str(folder / f"{index:03d}.png"), cv2.cvtColor(crop, cv2.COLOR_RGB2BGR))
    return root


def colours_by_lane(bundle: Path, *, tracks: Path) -> dict[int, str]:
    """Return the surest label of each red or blue player's track, by the player's lane in the match."""
    actions = read_actions(bundle / "actions.json")
    boxes = {track.track_id: track.boxes_xyxy for track in read_tracks_parquet(tracks / "tracks.parquet").tracks}
    named = {}
    for windows in actions.windows:
        lane = int(boxes[windows.track_id][:, [1, 3]].mean()) // LANE_PX
        named[lane] = actions.labels[int(windows.values.mean(axis=0).argmax())]
    return {lane: named[lane] for lane in range(6)}


def test_tracked_players_are_named_by_a_recogniser_from_examples(
    match: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features, "_PIXELS", 64 * 64)
    video, bundle = match
    players, saved = write_players(tmp_path / "players"), tmp_path / "kits.safetensors"
    words = ("--tracks", bundle, "--out", tmp_path, "--device", "cpu")
    done = run("recognize", video, *words, "--examples", players, "--save", saved)
    assert done.exit_code in (0, 4), done.stderr
    worn = {lane: colour for lane, (colour, _, _) in enumerate(PEOPLE[:6])}
    found = tmp_path / "match.touchline"
    assert colours_by_lane(found, tracks=bundle) == worn and read_actions(found / "actions.json").recogniser == "kits"
    first = (found / "actions.json").read_bytes()
    again = run("recognize", video, *words, "--model", saved)
    assert again.exit_code in (0, 4), again.stderr
    assert (found / "actions.json").read_bytes() == first, "the saved model names what the fresh one named"


def test_tracks_of_another_video_are_refused(match: tuple[Path, Path], tmp_path: Path) -> None:
    other = write_match(tmp_path / "short.mp4", frames=10)
    done = run("recognize", other, "--tracks", match[1] / "tracks.txt")
    assert done.exit_code == 3 and "tracks of another video" in done.stderr
    done = run("recognize", *match[:1], other, "--tracks", match[1])
    assert done.exit_code == 2 and "belongs to one video" in done.stderr


def test_truth_without_predictions_is_said(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,label,group\na,run,m1\nb,kick,m1\nc,kick,m2\n")
    (tmp_path / "p.csv").write_text("id,label\na,run\nb,jump\nd,run\n")
    done = run("evaluate", "recognition", "--truth", tmp_path / "t.csv", "--predictions", tmp_path / "p.csv", "--json")
    assert done.exit_code == 4
    (record,) = records(done)
    assert record["accuracy"] == 0.5 and record["groups"] == 1
    assert len(record["warnings"]) == 3
    (tmp_path / "p.csv").write_text("id,label\nx,run\n")
    done = run("evaluate", "recognition", "--truth", tmp_path / "t.csv", "--predictions", tmp_path / "p.csv")
    assert done.exit_code == 3 and "no clip of truth" in done.stderr


def test_examples_are_learnt_saved_and_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "_PIXELS", 64 * 64)
    root, saved = write_examples(tmp_path / "examples"), tmp_path / "mine.safetensors"
    new = root / "discs" / "match0_00"
    result = run("recognize", new, "--examples", root, "--save", saved, "--device", "cpu", "--json")
    assert result.exit_code == 0, result.output
    about, label = (json.loads(line) for line in result.stdout.splitlines())
    assert about["classes"] == {"discs": 4, "stripes": 4} and about["sources"] == 2
    assert about["model"] == str(saved) and about["held_out"]["accuracy"] == 1.0
    assert label["label"] == "discs"
    again = run("recognize", new, "--model", saved, "--device", "cpu", "--json")
    assert json.loads(again.stdout)["confidence"] == pytest.approx(label["confidence"], abs=1e-3)
    (root / "stripes" / "broken.mp4").write_bytes(b"no video")
    done = run("recognize", "--examples", root, "--save", saved, "--device", "cpu")
    assert done.exit_code == 4 and "8 examples of 2 classes" in done.stdout
    assert "broken.mp4: left out:" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["a.mp4", "--examples", "x", "--model", "y"], "--model y has no place"),
        (["a.mp4", "--save", "m"], "--save m needs --examples"),
        (["--examples", "x"], "name clips to recognize"),
        ([], "name clips to recognize"),
    ],
)
def test_examples_and_other_options(words: list[str], said: str) -> None:
    result = run("recognize", *words)
    assert result.exit_code == 2 and said in result.output.replace("\n", " ")


def test_mistakes_are_drawn(tmp_path: Path) -> None:
    root = write_examples(tmp_path / "clips")
    lines = ["id,label,confidence"]
    for path in sorted(root.glob("*/*")):
        wrong = path.name == "match0_00"
        label = "discs" if (path.parent.name == "discs") != wrong else "stripes"
        lines.append(f"{path},{label},0.9")
    (tmp_path / "said.csv").write_text("\n".join(lines) + "\n")
    sheet = tmp_path / "sheet.png"
    words = ("--truth", root, "--predictions", tmp_path / "said.csv", "--mistakes", sheet)
    result = run("evaluate", "recognition", *words)
    assert result.exit_code == 0, result.output
    picture = cv2.imread(str(sheet))
    assert picture.shape[0] == 2 * (22 + 120 + 4), "one row for each of the two mistakes"
    (tmp_path / "truth.csv").write_text(f"id,label\n{root / 'gone.mp4'},discs\n")
    (tmp_path / "said.csv").write_text(f"id,label\n{root / 'gone.mp4'},stripes\n")
    words = ("--truth", tmp_path / "truth.csv", "--predictions", tmp_path / "said.csv", "--mistakes", sheet)
    assert "not drawn, as the truth names no file of it" in run("evaluate", "recognition", *words).stderr
