"""The playing hand: evidence adds up, too little of it says so, and a mirrored player gets a right-hander's scores."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner, Result

from touchline.cli.main import app
from touchline.models.networks.skeleton_net import SkeletonNet
from touchline.models.specs.spec import SkeletonConfig, SkeletonSpec
from touchline.models.store import load_model, save_model
from touchline.recognition.handedness import estimate_hand, mirrored, scores_of_person
from touchline.recognition.skeletons import SkeletonRecogniser, load_skeleton_recogniser
from touchline.training.family import Job
from touchline.training.recognition import skeletons
from touchline.training.recognition.skeleton_settings import SkeletonRecipe

JOINTS = ("left shoulder", "right shoulder", "left hip", "right hip", "left hand", "right hand")
MIRROR = (1, 0, 3, 2, 5, 4)
BODY: dict[str, Any] = {"joints": 6, "shoulders": [0, 1], "hips": [2, 3], "bones": [[0, 4], [1, 5]], "width": 8}
SPEC = SkeletonSpec(frames=8, joints=JOINTS, mirror=MIRROR)


def strokes(kind: int, count: int, *, seed: int = 0) -> np.ndarray:
    """(count, 8, 6, 3): the right hand goes up for kind 0, out to the side for kind 1; the left one rests."""
    random = np.random.default_rng(seed)
    body = np.array([[-1, 0], [1, 0], [-1, 4], [1, 4], [-2, 2], [2, 2]], float)
    found = np.ones((count, 8, 6, 3), np.float32)
    for row in found:
        moments = np.repeat(body[None], 8, axis=0)
        moments[:, 5, 1 - kind] += np.linspace(0, 4, 8) * (1 if kind else -1)
        row[..., :2] = moments * random.uniform(5, 20) + random.uniform(50, 200, 2) + random.normal(0, 0.3, (8, 6, 2))
    return found


def written(folder: Path) -> Path:
    """Strokes of three right-handed players as a data set."""
    sequences = np.concatenate([strokes(kind, 8, seed=10 * g + kind) for g in range(3) for kind in (0, 1)])
    labels = np.repeat(np.tile(["up", "out"], 3), 8)
    poses = sequences[..., [1, 0]]
    np.savez(folder / "s.npz", poses=poses, label=labels, group=np.repeat(list("ABC"), 16), joints=list(JOINTS))
    return folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = written(tmp_path_factory.mktemp("strokes"))
    network = {key: BODY[key] for key in ("shoulders", "hips", "bones", "width")}
    recipe = {
        "name": "strokes",
        "data_root": str(root),
        "file": "s.npz",
        "labels": ["up", "out"],
        "mirror": list(MIRROR),
        "handed": "right",
        "network": network,
        "optimizer": {"steps": 30, "batch": 16, "base_lr": 0.01},
        "hand": {"steps": 40, "batch": 16, "base_lr": 0.01},
    }
    return skeletons.train(SkeletonRecipe.model_validate(recipe), Job(tmp_path_factory.mktemp("run")))


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [*map(str, words)], catch_exceptions=False)


@pytest.mark.parametrize(
    ("log_odds", "hand", "probability"),
    [([0.3] * 20, "right", 0.997527), ([-2.0] * 10, "left", 0.999089), ([3.0], None, 0.668188), ([0.0], None, 0.5)],
)
def test_evidence_of_all_sequences_adds_up(log_odds: list[float], hand: str | None, probability: float) -> None:
    found = estimate_hand(log_odds)
    assert found.hand == hand and found.sequences == len(log_odds)
    assert found.probability == pytest.approx(probability, abs=1e-6)


def test_what_cannot_be_known_is_said_with_its_reason() -> None:
    assert "1 sequence is too little" in estimate_hand([1.0]).said
    assert "3 sequences are too few" in estimate_hand([1.0, 0.5, -0.5]).said
    assert "6 of 12 sequences speak against it" in estimate_hand([0.6, -0.5] * 6).said
    assert estimate_hand([5.0] * 4).hand is None and estimate_hand([5.0] * 5).said == "right-handed (97%, 5 sequences)"


def test_one_sequence_that_is_very_sure_does_not_outweigh_the_others() -> None:
    assert estimate_hand([-20.0, *[0.6] * 9]).hand == "right"


def test_a_mirrored_sequence_has_the_opposite_log_odds() -> None:
    torch.manual_seed(0)
    network = SkeletonNet(2, **BODY, mirror=MIRROR).eval()
    seen = strokes(0, 3)
    said = network.right_handed(torch.from_numpy(seen))
    other = network.right_handed(torch.from_numpy(mirrored(seen, mirror=MIRROR)))
    assert said.shape == (3, 1) and said.abs().min() > 0
    torch.testing.assert_close(said, -other)
    np.testing.assert_array_equal(mirrored(mirrored(seen, mirror=MIRROR), mirror=MIRROR), seen)


def test_a_network_without_mirror_cannot_tell_and_has_the_tensors_it_always_had() -> None:
    network = SkeletonNet(2, **BODY)
    assert "mirror" not in network.settings and not any(name.startswith("hand.") for name in network.state_dict())
    with pytest.raises(ValueError, match="cannot tell the playing hand"):
        network.right_handed(torch.zeros(1, 8, 6, 3))


def test_the_hand_is_learnt_from_mirrored_copies_and_survives_the_file(trained: Path) -> None:
    network = load_model(str(trained), task="skeleton").network
    recogniser = load_skeleton_recogniser(str(trained))
    seen = np.concatenate([strokes(0, 6, seed=77), strokes(1, 6, seed=78)])
    log_odds = recogniser.right_handed(seen)
    assert log_odds is not None and log_odds.shape == (12,) and (log_odds > 0).mean() >= 0.9
    with torch.inference_mode():
        np.testing.assert_allclose(
            log_odds, network.right_handed(torch.from_numpy(seen))[:, 0].numpy(), rtol=1e-3, atol=1e-3
        )
    assert estimate_hand(recogniser.right_handed(mirrored(seen, mirror=MIRROR))).hand == "left"


def test_a_left_handed_person_gets_the_scores_of_the_mirrored_one(trained: Path) -> None:
    recogniser = load_skeleton_recogniser(str(trained))
    seen = np.concatenate([strokes(0, 6, seed=77), strokes(1, 6, seed=78)])
    as_right, right = scores_of_person(recogniser, seen)
    as_left, left = scores_of_person(recogniser, mirrored(seen, mirror=MIRROR))
    assert right is not None and left is not None and (right.hand, left.hand) == ("right", "left")
    np.testing.assert_allclose(as_left, as_right, atol=1e-5)
    wrong, given = scores_of_person(recogniser, seen, hand="left")
    assert given is not None and given.said == "left-handed, as given" and np.abs(wrong - as_right).max() > 1e-3


def test_an_unknown_hand_is_taken_for_that_of_the_examples(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recogniser = load_skeleton_recogniser(str(trained))
    monkeypatch.setattr(recogniser, "right_handed", lambda sequences: np.full(len(sequences), -0.1))
    seen = strokes(0, 3)
    scores, found = scores_of_person(recogniser, seen)
    assert found is not None and found.hand is None and found.to_json()["hand"] == "unknown"
    np.testing.assert_array_equal(scores, recogniser.scores(seen))


def test_hands_do_not_matter_to_a_model_without_them() -> None:
    config = SkeletonConfig(
        name="x", architecture="skeleton-net", network={"num_classes": 2, **BODY}, labels=("a", "b"), skeleton=SPEC
    )
    recogniser = SkeletonRecogniser(SkeletonNet(2, **BODY).eval(), config, sha256="0")
    assert recogniser.right_handed(strokes(0, 2)) is None
    assert scores_of_person(recogniser, strokes(0, 2))[1] is None
    with pytest.raises(ValueError, match="does not matter to x"):
        scores_of_person(recogniser, strokes(0, 2), hand="left")


def test_the_command_estimates_each_folders_hand_and_takes_the_users(trained: Path, tmp_path: Path) -> None:
    seen = np.concatenate([strokes(0, 4, seed=5), strokes(1, 4, seed=6)])
    for name, sequences in (("ann", seen), ("bob", mirrored(seen, mirror=MIRROR))):
        (tmp_path / name).mkdir()
        for k, sequence in enumerate(sequences):
            np.save(tmp_path / name / f"{k}.npy", sequence)
    done = run("recognize", tmp_path, "--model", trained, "--json")
    assert done.exit_code == 0
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    hands = {Path(r["folder"]).name: r["hand"] for r in rows if r.get("type") == "handedness"}
    assert hands == {"ann": "right", "bob": "left"}
    labels = {path: [r["label"] for r in rows if r.get("path", "").startswith(str(tmp_path / path))] for path in hands}
    assert labels["ann"] == labels["bob"] and len(labels["ann"]) == 8
    done = run("recognize", tmp_path / "ann" / "0.npy", "--model", trained, "--handedness", "left", "--json")
    assert json.loads(done.stdout.splitlines()[-1])["said"] == "left-handed, as given"


def test_the_command_refuses_a_hand_where_it_does_not_matter(tmp_path: Path) -> None:
    network = SkeletonNet(2, **BODY)
    config = SkeletonConfig(
        name="plain", architecture="skeleton-net", network=network.settings, labels=("a", "b"), skeleton=SPEC
    )
    model = save_model(tmp_path / "plain", network, config)
    np.save(tmp_path / "one.npy", strokes(0, 1)[0])
    done = run("recognize", tmp_path / "one.npy", "--model", model, "--handedness", "left")
    assert done.exit_code == 2 and "does not matter to plain" in done.stderr
    done = run("recognize", tmp_path / "one.npy", "--model", model, "--json")
    assert done.exit_code == 0 and len(done.stdout.splitlines()) == 1
