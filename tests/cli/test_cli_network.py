"""No command reaches the network, starts a foreign program or leaves files in the home that are not touchline's."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

import touchline
from clipmatch import a_match
from keeper_data import write_tables
from makevideo import write_numbered
from movingsquares import network_settings, squares_recipe, write_squares
from tinymodel import write_tiny_model
from tinypose import tiny_pose_model
from touchline.cli.main import VERBS, load_verb
from touchline.core.events import Event
from touchline.core.geometry.lens_camera import LensCamera
from touchline.core.tracks import Track
from touchline.formats.calibration.camera_files import camera_json
from touchline.formats.features.vectors import FeatureInfo, write_features
from watchedrun import Watched, watched_run

S = 1_000_000
SOURCE = Path(touchline.__file__).parent
RUNS: dict[str, list[str]] = {
    "demo": ["--out", "demo"],
    "analyze": ["short.mp4", "--out", "analyzed"],
    "spot": ["short.mp4", "--model", "tiny.safetensors", "--out", "spotted"],
    "track": ["short.mp4", "--out", "tracked"],
    "live": ["short.mp4", "--model", "tiny.safetensors", "--follow", "0.1", "--no-page", "--out", "followed"],
    "recognize": ["joints.npy", "--model", "tennis-strokes"],
    "keeper fit": ["--reference", "tables"],
    "keeper score": ["--shots", "shots.csv", "--out", "scores.csv"],
    "keeper map": ["--out", "map.png"],
    "keeper pose": ["keeper.png", "--model", "pose.safetensors", "--whole", "--out", "poses.csv"],
    "keeper report": ["keeper.png", "--whole", "--out", "keepers"],
    "keeper compare": ["--shots", "shots.csv"],
    "keeper match": ["match.mp4", "--out", "pages"],
    "features extract": ["short.mp4", "--model", "sound", "--out", "features"],
    "features reduce": ["a.npy", "--fit", "pca.safetensors", "--components", "2", "--out", "reduced"],
    "features info": ["a.npy"],
    "features set": ["games", "--stream", "picture=own", "--out", "set"],
    "review": ["match.touchline", "--no-browser"],
    "clips": ["match.touchline", "--out", "clips"],
    "export": ["match.touchline", "--to", "csv", "--out", "out.csv"],
    "convert": ["match.touchline/events.json", "events.csv"],
    "check": ["short.mp4"],
    "doctor": [],
    "evaluate spotting": ["--truth", "games", "--predictions", "found"],
    "evaluate detection": ["--truth", "yolo", "--predictions", "yolo"],
    "evaluate tracking": ["--truth", "gt.txt", "--predictions", "gt.txt"],
    "evaluate calibration": ["--truth", "lines", "--predictions", "cameras"],
    "evaluate players": ["--truth", "plays.json", "--predictions", "plays.json"],
    "evaluate recognition": ["--truth", "labels.csv", "--predictions", "labels.csv"],
    "evaluate gamestate": ["--truth", "Labels-GameState.json", "--predictions", "SNGS-116.json"],
    "train": ["squares/train.yaml", "--out", "trained"],
    "distill": ["squares/distill.yaml", "--out", "distilled"],
    "data soccernet": ["labels", "videos-720p"],
    "models list": [],
    "models show": ["ball-spotter"],
    "models import": ["tiny.safetensors", "--name", "mine"],
    "models export": ["tiny.safetensors", "--format", "openvino", "--out", "graphs"],
    "batch plan": ["--input", "matches.csv", "--out", "season", "--options", "--no-tracks --no-clock"],
    "batch work": ["--out", "season", "--scratch", "scratch"],
    "batch status": ["--out", "season"],
    "batch retry": ["--out", "season"],
    "batch fetch": ["--out", "season", "--to", "fetched"],
    "index": ["match.touchline", "--out", "index"],
}
"""A small run of every command, on the files that :func:`world` makes; those of a batch follow one another."""
WITH_ITS_OWN_PROCESSES = {"batch run"}
"""Commands that start another system on request, here Ray, which talks between its processes."""
OPENVINO = ("spot", "doctor")
"""Commands that import OpenVINO, whose own telemetry starts a process; quick enough for every run of the tests."""
TALKATIVE = """
import contextlib, socket, subprocess
with contextlib.suppress(OSError):
    socket.create_connection(("192.0.2.1", 80), timeout=1)
subprocess.run(["true"])
"""
OURS = (".cache/touchline/", ".local/share/touchline/", ".config/touchline/")


def leaves() -> Iterator[str]:
    """Every command that does something, by the words that call it."""
    for verb in VERBS:
        below = getattr(load_verb(verb), "commands", {})
        yield from (f"{verb} {name}" for name in below)
        if not below:
            yield verb


def write_gamestate(root: Path) -> None:
    """One person in one picture, as truth and as predictions of SoccerNet's game-state reconstruction."""
    place = {f"{axis}_bottom_{part}": 1.0 for axis in "xy" for part in ("left", "middle", "right")}
    who = {"role": "player", "team": "left", "jersey": "10"}
    person = {"image_id": "3116000001", "track_id": 1, "supercategory": "object", "attributes": who}
    labelled = {f"has_labeled_{part}": True for part in ("pitch", "camera", "person")}
    people, images = [{**person, "bbox_pitch": place}], [{"image_id": "3116000001", **labelled}]
    (root / "Labels-GameState.json").write_text(json.dumps({"images": images, "annotations": people}))
    (root / "SNGS-116.json").write_text(json.dumps({"predictions": people}))


def test_every_command_has_a_watched_run() -> None:
    assert set(RUNS) == set(leaves()) - WITH_ITS_OWN_PROCESSES


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("world")
    write_tiny_model(root)
    tone = np.sin(np.arange(48_000 * 4) / 20).astype(np.float32)
    write_numbered(root / "short.mp4", frames=100, width=320, height=192, tone=tone)
    return root


@pytest.fixture(scope="module")
def full_world(world: Path) -> Path:
    root = world
    times_us = np.arange(0, 12 * S, S // 5)
    boxes = np.tile(np.array([[100, 60, 130, 150]], np.float32), (len(times_us), 1))
    a_match(root, seconds=12, events=(Event("SHOT", 6 * S, team="A"),), tracks=(track_of(times_us, boxes),))
    write_tables(root / "tables")
    shots = "id,x,y,keeper_x,keeper_y,keeper,outcome\n1,108,44,117,41,A,Saved\n2,110,36,118,39,B,Goal\n"
    (root / "shots.csv").write_text(shots)
    (root / "matches.csv").write_text("video\nshort.mp4\n")
    cv2.imwrite(str(root / "keeper.png"), np.full((80, 80, 3), 128, np.uint8))
    tiny_pose_model(root).rename(root / "pose.safetensors")
    np.save(root / "joints.npy", np.random.default_rng(0).uniform(0.1, 1, (20, 13, 3)).astype(np.float32))
    values = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    write_features(root / "a.npy", [values], shape=values.shape, info=FeatureInfo(model="own", rate_hz=2.0))
    for game in "abc":
        write_game(root, game, values)
    (root / "yolo").mkdir()
    (root / "yolo" / "1.txt").write_text("0 0.5 0.5 0.1 0.2\n")
    (root / "gt.txt").write_text("".join(f"{n},1,10,20,30,60,1,-1,-1,-1\n" for n in range(1, 9)))
    write_gamestate(root)
    (root / "labels.csv").write_text("id,label\na,red\nb,blue\n")
    write_benchmarks(root)
    squares = write_squares(root / "squares", per_class=4)
    recipe = squares_recipe(squares, task="recogniser", name="small", model=network_settings(steps=2))
    (squares / "train.yaml").write_text(yaml.safe_dump(plain(recipe)))
    recipe.pop("model")
    both = {"teacher": network_settings(steps=2), "student": network_settings(steps=2)}
    (squares / "distill.yaml").write_text(yaml.safe_dump(plain({**recipe, **both, "task": "distill"})))
    return root


def write_benchmarks(root: Path) -> None:
    """A picture with a line and a camera, and a half with an action."""
    (root / "lines").mkdir()
    (root / "lines" / "1.json").write_text(json.dumps({"Middle line": [{"x": 0.5, "y": 0.1}, {"x": 0.5, "y": 0.9}]}))
    camera = LensCamera(0.0, 75.0, 0.0, (0.0, 60.0, -15.0), (1000.0, 1000.0), (480.0, 270.0))
    (root / "cameras").mkdir()
    (root / "cameras" / "camera_1.json").write_text(json.dumps(camera_json(camera)))
    (root / "plays.json").write_text(json.dumps({"keys": ["g_H1"], "events": {"g_H1": [[5, 0, 7, 2, 1.0]]}}))


def write_game(root: Path, game: str, values: np.ndarray) -> None:
    """A game of 30 s with a goal, its features, and the same goal found."""
    goal = {"gameTime": "1 - 00:05", "label": "Goal", "position": "5000", "team": "home", "visibility": "visible"}
    found = {**goal, "half": "1", "confidence": "0.9"}
    for folder in ("games", "found"):
        (root / folder / game).mkdir(parents=True)
    info = FeatureInfo(model="own", rate_hz=2.0)
    write_features(root / "games" / game / "1_own.npy", [values], shape=values.shape, info=info)
    truth, answer = {"UrlLocal": game, "annotations": [goal]}, {"UrlLocal": game, "predictions": [found]}
    (root / "games" / game / "Labels-v2.json").write_text(json.dumps(truth))
    (root / "found" / game / "results_spotting.json").write_text(json.dumps(answer))


def plain(recipe: Any) -> Any:
    return json.loads(json.dumps(recipe, default=str))


def track_of(times_us: np.ndarray, boxes: np.ndarray) -> Track:
    count = len(times_us)
    return Track(1, "player", times_us, np.arange(count) * 5, boxes, np.ones(count, np.float32), np.ones(count, bool))


def check(done: Watched, *, codes: tuple[int, ...] = (0, 4)) -> None:
    assert done.code in codes, done.output
    assert done.network == []
    assert done.programs == []
    assert [name for name in done.files if not name.startswith(OURS)] == []


def stop_review(process: subprocess.Popen[str]) -> str:
    """Ask the review for its page over the loopback, the one connection that touchline makes, and end it."""
    assert process.stdout is not None
    output = ""
    while "http://" not in output:
        line = process.stdout.readline()
        assert line, output
        output += line
    address = "http://" + output.split("http://")[1].split()[0]
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with browser.open(address, timeout=20) as page:
        assert b"<html" in page.read()
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    for number in map(int, children or [str(process.pid)]):  # strace passes no signal on
        os.kill(number, signal.SIGTERM)
    return output + process.communicate(timeout=60)[0]


@pytest.mark.robustness("network")
@pytest.mark.parametrize("words", OPENVINO)
def test_usual_commands_stay_at_home(words: str, world: Path) -> None:
    check(watched_run(*words.split(), *RUNS[words], folder=world))


@pytest.mark.slow
@pytest.mark.robustness("network")
@pytest.mark.parametrize("words", [words for words in RUNS if words not in OPENVINO])
def test_every_command_stays_at_home(words: str, full_world: Path) -> None:
    during: Callable[[subprocess.Popen[str]], str] | None = stop_review if words == "review" else None
    done = watched_run(*words.split(), *RUNS[words], folder=full_world, during=during)
    check(done, codes=(130,) if words == "review" else (0, 4))


@pytest.mark.robustness("network")
def test_a_connection_would_be_seen(tmp_path: Path) -> None:
    """A script in place of the command, which connects and starts a program."""
    (tmp_path / "touchline").mkdir()
    (tmp_path / "touchline" / "__main__.py").write_text(TALKATIVE)
    (tmp_path / "touchline" / "__init__.py").touch()
    done = watched_run(folder=tmp_path)
    assert done.network and done.programs


@pytest.mark.robustness("network")
def test_only_one_module_imports_openvino() -> None:
    """It masks the telemetry first; an import elsewhere would start it."""
    found = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] in ("openvino", "openvino_telemetry", "nncf") for name in names):
                found.add(path.relative_to(SOURCE).as_posix())
    assert found == {"models/runtime/openvino_runtime.py"}
