"""Distillation of joint sequences: the same table as for clips, and a teacher that is asked as it should be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from torch.nn import functional as F
from typer.testing import CliRunner

from touchline.cli.main import app
from touchline.core.errors import InputError, UsageError
from touchline.recognition.skeletons import load_skeleton_recogniser
from touchline.training.checkpoint import load_checkpoint
from touchline.training.family import Job
from touchline.training.recipe import check_settings
from touchline.training.recognition import distill_skeletons, skeletons
from touchline.training.recognition.distill_table import DistillResult
from touchline.training.recognition.skeleton_settings import DistillSkeletonsRecipe
from touchline.training.recognition.skeletons import Teaching
from touchline.training.run import run_recipe

BODY: dict[str, Any] = {"shoulders": [0, 1], "hips": [2, 3], "bones": [[0, 4], [1, 5]]}


def write_lifts(root: Path, *, groups: str = "ABC") -> Path:
    """Ten sequences a match of a person who lifts one hand, over 6 moments and with 6 joints."""
    random = np.random.default_rng(0)
    body = np.array([[0, -1], [0, 1], [4, -1], [4, 1], [2, -2], [2, 2]], np.float32)
    rows = [(side, group) for group in groups for side in (0, 1) for _ in range(5)]
    poses = np.repeat(body[None, None], len(rows), axis=0).repeat(6, axis=1)
    for pose, (side, _) in zip(poses, rows, strict=True):
        pose[:, 4 + side, 0] -= np.linspace(0, 4, 6)
    poses += random.normal(0, 0.2, poses.shape)
    np.savez(
        root / "lifts.npz",
        poses=poses,
        label=np.array(["left" if side == 0 else "right" for side, _ in rows]),
        group=[group for _, group in rows],
        joints=list("abcdef"),
    )
    return root


def recipe_of(root: Path, **changes: Any) -> dict[str, Any]:
    short = {"steps": 50, "batch": 16, "base_lr": 0.01}
    return {
        "task": "distill-skeletons",
        "name": "small",
        "data_root": str(root),
        "file": "lifts.npz",
        "labels": ["left", "right"],
        "mirror": [1, 0, 3, 2, 5, 4],
        "teacher": {"network": {**BODY, "width": 16}, "optimizer": short},
        "student": {"network": {**BODY, "width": 8, "views": ["body"]}, "optimizer": short},
        **changes,
    }


def run(recipe: dict[str, Any], *, out: Path) -> DistillResult:
    return distill_skeletons.distill(DistillSkeletonsRecipe.model_validate(recipe), Job(out))


@pytest.fixture(scope="module")
def lifts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_lifts(tmp_path_factory.mktemp("lifts"))


@pytest.fixture(scope="module")
def done(lifts: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[DistillResult, Path]:
    out = tmp_path_factory.mktemp("run")
    return run(recipe_of(lifts), out=out), out


def test_the_table_has_all_three_and_intervals(done: tuple[DistillResult, Path]) -> None:
    result, out = done
    teacher, student, distilled = result.rows
    assert [row.role for row in result.rows] == ["teacher", "student", "distilled"]
    assert teacher.parameters > 4 * student.parameters and student.parameters == distilled.parameters
    assert teacher.accuracy >= 0.9 and distilled.accuracy >= 0.8
    assert all(row.low <= row.accuracy <= row.high for row in result.rows)
    assert result.gain == pytest.approx(distilled.accuracy - student.accuracy)
    assert (result.clips, result.groups) == (30, 3)
    for row in result.rows:
        assert json.loads((out / f"{row.role}.json").read_text())["accuracy"] == row.accuracy
    model = load_skeleton_recogniser(result.model)
    assert model.labels == ("left", "right") and model.spec.frames == 6


def test_a_finished_run_trains_nothing_again(
    done: tuple[DistillResult, Path], lifts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(skeletons, "augment_places", None)
    again = run(recipe_of(lifts), out=done[1])
    assert (again.gain, again.gain_low, again.gain_high) == (done[0].gain, done[0].gain_low, done[0].gain_high)


def test_a_teacher_without_weight_changes_nothing(lifts: Path, tmp_path: Path) -> None:
    short = {"steps": 5, "batch": 8}
    wanted = recipe_of(
        lifts,
        teacher={"network": {**BODY, "width": 4}, "optimizer": short},
        student={"network": {**BODY, "width": 4, "views": ["body"]}, "optimizer": short},
    )
    for name, weight in (("without", 0.0), ("with", 1.0)):
        asks = {"kd_weight": weight, "ce_weight": 1.0 - weight}
        run({**wanted, "distillation": asks}, out=tmp_path / name)

    def last(name: str, role: str) -> torch.Tensor:
        member = load_checkpoint(tmp_path / name / "without_A" / role / "member_0.pt")["network"]
        assert isinstance(member["classes.weight"], torch.Tensor)
        return member["classes.weight"]

    torch.testing.assert_close(last("without", "distilled"), last("without", "student"), rtol=0, atol=0)
    assert float((last("with", "distilled") - last("with", "student")).abs().max()) > 1e-4


def test_the_loss_asks_of_mixed_sequences_the_mixture_of_what_the_teacher_says() -> None:
    logits = torch.tensor([[1.0, 0.0, -1.0]])
    labels = torch.tensor([[0.3, 0.7, 0.0]])
    says = 0.3 * torch.tensor([[0.8, 0.1, 0.1]]) + 0.7 * torch.tensor([[0.2, 0.6, 0.2]])
    teaching = Teaching(says, loss=lambda s, t: F.mse_loss(s, t.exp()), kd_weight=0.25, ce_weight=2.0)
    wanted = 0.25 * F.mse_loss(logits, says) + 2.0 * F.cross_entropy(logits, labels)
    asked = skeletons._loss(logits, torch.cat([labels, says], dim=1), teaching)
    torch.testing.assert_close(asked, wanted)
    torch.testing.assert_close(skeletons._loss(logits, labels, None), F.cross_entropy(logits, labels))


@pytest.mark.parametrize("loss", ["soft-targets-mean", "standardised", "correlation"])
def test_every_loss_of_logits_runs(lifts: Path, tmp_path: Path, loss: str) -> None:
    short = {"network": {**BODY, "width": 4}, "optimizer": {"steps": 1, "batch": 4}}
    result = run(recipe_of(lifts, teacher=short, student=short, distillation={"loss": loss}), out=tmp_path)
    assert 0 <= result.rows[2].accuracy <= 1


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    one = write_lifts(tmp_path, groups="A")
    with pytest.raises(InputError, match=r"the only group is \['A'\]"):
        run(recipe_of(one), out=tmp_path / "run")
    with pytest.raises(UsageError, match=r"distillation\.loss='angles'"):
        check_settings(DistillSkeletonsRecipe, recipe_of(one, distillation={"loss": "angles"}), source="r.yaml")


def test_both_verbs_take_the_recipe(lifts: Path, tmp_path: Path) -> None:
    short = {"network": {**BODY, "width": 4}, "optimizer": {"steps": 1, "batch": 4}}
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(recipe_of(lifts, teacher=short, student=short)))
    out = tmp_path / "run"
    arguments = ["distill", str(tmp_path / "small.yaml"), "--set", f"data_root={lifts}", "--out", str(out)]
    result = CliRunner().invoke(app, [*arguments, "--device", "cpu"])
    assert result.exit_code == 0, result.output
    assert "30 clips of 3 groups" in result.output and "distilled against student alone" in result.output
    model = run_recipe(tmp_path / "small.yaml", overrides=[f"data_root={lifts}"], out=out, device="cpu")
    assert model == out / "small.safetensors"
