"""Training on joints: it learns made movements, leaves whole matches out, and goes on after a kill."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from touchline.core.errors import InputError, UsageError
from touchline.formats.clips.predictions import read_clip_predictions
from touchline.formats.clips.skeleton_sets import read_skeleton_set
from touchline.models.store import load_model
from touchline.recognition.skeletons import load_skeleton_recogniser
from touchline.training.family import Job
from touchline.training.recognition import skeletons
from touchline.training.recognition.skeleton_augment import SkeletonAugment, augment_places
from touchline.training.recognition.skeleton_settings import SkeletonRecipe
from touchline.training.run import run_recipe

JOINTS = ["left shoulder", "right shoulder", "left hip", "right hip", "left hand", "right hand"]
MIRROR = (1, 0, 3, 2, 5, 4)
MOMENTS = 8


def wave(side: int, *, random: np.random.Generator) -> np.ndarray:
    """(8, 6, 2) as y, x: one hand goes up, the left one for side 0."""
    body = np.array([[0, -1], [0, 1], [4, -1], [4, 1], [2, -2], [2, 2]], float)
    moments = np.repeat(body[None], MOMENTS, axis=0)
    moments[:, 4 + side, 0] -= np.linspace(0, 4, MOMENTS)
    return moments * random.uniform(5, 20) + random.uniform(50, 200, 2) + random.normal(0, 0.3, moments.shape)


def write_waves(root: Path, *, per_group: int = 10) -> Path:
    """Three matches of waves to both sides."""
    random = np.random.default_rng(0)
    rows = [(side, group) for group in "ABC" for side in (0, 1) for _ in range(per_group // 2)]
    poses = np.stack([wave(side, random=random) for side, _ in rows]).astype(np.float32)
    poses[3, 2, 1] = np.nan
    label = np.array(["left" if side == 0 else "right" for side, _ in rows])
    np.savez(root / "waves.npz", poses=poses, label=label, group=[g for _, g in rows], joints=JOINTS)
    return root


def recipe_of(root: Path, **changes: Any) -> dict[str, Any]:
    return {
        "task": "skeleton",
        "name": "waves",
        "data_root": str(root),
        "file": "waves.npz",
        "labels": ["left", "right"],
        "mirror": list(MIRROR),
        "network": {"shoulders": [0, 1], "hips": [2, 3], "bones": [[0, 4], [1, 5]], "width": 8},
        "optimizer": {"steps": 40, "batch": 16, "base_lr": 0.01},
        **changes,
    }


def train(recipe: dict[str, Any], *, out: Path) -> Path:
    return skeletons.train(SkeletonRecipe.model_validate(recipe), Job(out))


@pytest.fixture(scope="module")
def waves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_waves(tmp_path_factory.mktemp("waves"))


@pytest.fixture(scope="module")
def trained(waves: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run")
    train(recipe_of(waves), out=out)
    return out


def test_it_learns_and_what_comes_out_runs(waves: Path, trained: Path) -> None:
    measured = json.loads((trained / "measured.json").read_text())
    assert measured["mean_over_groups"] >= 0.9
    assert set(measured["accuracy_by_group"]) == {"A", "B", "C"}
    ids = read_clip_predictions(trained / "held_out.csv").ids
    assert len(ids) == 30 and len(set(ids)) == 30
    model = load_skeleton_recogniser(str(trained / "waves.safetensors"))
    assert model.spec.joints == tuple(JOINTS) and model.spec.mirror == MIRROR and model.spec.frames == MOMENTS
    data = read_skeleton_set(waves / "waves.npz")
    said = model.scores(data.sequences).argmax(axis=1)
    assert float((said == (data.labels == "right")).mean()) >= 0.95


def test_each_match_is_scored_by_networks_that_saw_none_of_it(
    waves: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learnt: dict[str, set[str]] = {}

    def listens(data: Any, truth: Any, learn: Any, *, out: Path, **options: Any) -> Any:
        learnt[out.name] = set(data.groups[learn].tolist())
        return train_one(data, truth, learn, out=out, **options)

    train_one = skeletons.train_one
    monkeypatch.setattr(skeletons, "train_one", listens)
    train(recipe_of(waves, optimizer={"steps": 1, "batch": 4}), out=tmp_path)
    everyone = set("ABC")
    assert learnt == {**{f"without_{group}": everyone - {group} for group in "ABC"}, "all": everyone}


class _KilledError(Exception):
    pass


def test_a_killed_run_goes_on_as_if_nothing_had_happened(
    waves: Path, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0

    def dies(*arguments: Any, **options: Any) -> torch.Tensor:
        nonlocal calls
        calls += 1
        if calls == 60:
            raise _KilledError
        return augment_places(*arguments, **options)

    monkeypatch.setattr(skeletons, "augment_places", dies)
    with pytest.raises(_KilledError):
        train(recipe_of(waves), out=tmp_path)
    torch.manual_seed(99)
    train(recipe_of(waves), out=tmp_path)
    assert calls == 60 + 8 * 40 - 40  # one member of the first match was finished
    assert (tmp_path / "held_out.csv").read_bytes() == (trained / "held_out.csv").read_bytes()
    again, before = (load_model(out / "waves.safetensors", task="skeleton").network for out in (tmp_path, trained))
    for name, tensor in before.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], tensor, rtol=0, atol=0)


def test_data_that_do_not_fit_are_named(waves: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"labels \['right'\] are not among \['left', 'up'\]"):
        train(recipe_of(waves, labels=["left", "up"]), out=tmp_path / "a")
    with pytest.raises(InputError, match="mirror has 5 entries for the 6 joints"):
        train(recipe_of(waves, mirror=[0, 1, 2, 3, 4]), out=tmp_path / "b")
    with pytest.raises(InputError, match=r"absent\.npz"):
        train(recipe_of(waves, file="absent.npz"), out=tmp_path / "c")


def test_a_folder_of_another_run_is_refused(waves: Path, trained: Path, tmp_path: Path) -> None:
    (tmp_path / "waves.yaml").write_text(yaml.safe_dump(recipe_of(waves, optimizer={"steps": 1, "batch": 4})))
    run_recipe(tmp_path / "waves.yaml", out=tmp_path / "run", overrides=[f"data_root={waves}"], device="cpu")
    before = json.loads((tmp_path / "run" / "settings.json").read_text())
    before.pop("description")  # as of an earlier version, which had no such setting
    (tmp_path / "run" / "settings.json").write_text(json.dumps(before))
    run_recipe(tmp_path / "waves.yaml", out=tmp_path / "run", overrides=[f"data_root={waves}"], device="cpu")
    with pytest.raises(UsageError, match="holds an earlier run with another optimizer"):
        run_recipe(
            tmp_path / "waves.yaml",
            out=tmp_path / "run",
            overrides=[f"data_root={waves}", "optimizer.steps=2"],
            device="cpu",
        )


def changed(**settings: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Places (4, 8, 6, 2) before and after, with everything off that is not named."""
    off = {"turn_rad": 0, "stretch": (0, 0), "shift": 0, "tremble": 0, "bend": 0, "speed": 0, "late": 0, "lost": 0}
    places = torch.randn(4, MOMENTS, 6, 2, generator=torch.Generator().manual_seed(0))
    wanted = SkeletonAugment.model_validate({**off, **settings})
    random = torch.Generator().manual_seed(1)
    return places, augment_places(places, settings=wanted, hips=(2, 3), mirror=MIRROR, random=random)


def test_nothing_changes_where_everything_is_off() -> None:
    before, after = changed()
    torch.testing.assert_close(after, before)


def test_mirroring_swaps_sides() -> None:
    before, after = changed(mirror=1)
    torch.testing.assert_close(after, before[:, :, list(MIRROR)] * torch.tensor([-1.0, 1.0]))


def test_turning_keeps_distances() -> None:
    before, after = changed(turn_rad=1.0)
    assert float((after - before).abs().max()) > 0.1
    torch.testing.assert_close(after.norm(dim=-1), before.norm(dim=-1))


def test_shifts_move_everybody_alike_and_lost_joints_lie_between_the_hips() -> None:
    before, after = changed(shift=1.0)
    moved = after - before
    torch.testing.assert_close(moved, moved[:, :1, :1].expand_as(moved), rtol=1e-4, atol=1e-5)
    before, after = changed(lost=1.0)
    torch.testing.assert_close(after, before[:, :, 2:4].mean(dim=2, keepdim=True).expand_as(before))


def test_other_speeds_stay_inside_the_sequence() -> None:
    before, after = changed(speed=0.9, late=5.0)
    low, high = before.amin(dim=1, keepdim=True), before.amax(dim=1, keepdim=True)
    assert bool(((after >= low - 1e-5) & (after <= high + 1e-5)).all())
    assert float((after - before).abs().max()) > 0.1
