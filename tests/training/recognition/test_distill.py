"""Distillation on made clips: one table, honest about noise; a teacher without weight changes nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch.nn import functional as F
from typer.testing import CliRunner

from movingsquares import network_settings, squares_recipe, write_squares
from touchline.cli.main import app
from touchline.core.errors import InputError, UsageError
from touchline.models.architectures import ARCHITECTURES
from touchline.models.store import load_model
from touchline.training.checkpoint import load_checkpoint
from touchline.training.family import Job
from touchline.training.recognition import recogniser
from touchline.training.recognition.distill import distill, student_loss
from touchline.training.recognition.distill_table import DistillResult
from touchline.training.recognition.recogniser_settings import Distillation, DistillRecipe
from touchline.training.recognition.teacher_cache import TeacherSays
from touchline.training.run import distill_recipe


@pytest.fixture(scope="module")
def squares(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_squares(tmp_path_factory.mktemp("squares"))


def recipe_of(root: Path, **changes: Any) -> dict[str, Any]:
    recipe = squares_recipe(root, task="distill", name="small", **changes)
    recipe.pop("model")
    student = network_settings(steps=20)
    student["network"] = {"widths": [4, 4, 4, 8], "dropout": 0.1}
    return {"teacher": network_settings(steps=30), "student": student, **recipe}


def run(recipe: dict[str, Any], *, out: Path) -> DistillResult:
    return distill(DistillRecipe.model_validate(recipe), Job(out, recipe=Path(recipe["data_root"]) / "recipe.yaml"))


@pytest.fixture(scope="module")
def done(squares: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[DistillResult, Path]:
    out = tmp_path_factory.mktemp("run")
    return run(recipe_of(squares, teacher={**network_settings(steps=30), "members": 2}), out=out), out


def test_the_table_has_all_three_and_intervals(done: tuple[DistillResult, Path]) -> None:
    result, out = done
    teacher, student, distilled = result.rows
    assert [row.role for row in result.rows] == ["teacher", "student", "distilled"]
    assert teacher.parameters > 4 * student.parameters and student.parameters == distilled.parameters
    assert teacher.accuracy >= 0.9
    for row in result.rows:
        assert row.low <= row.accuracy <= row.high and row.clips_per_s > 0 and row.megabytes > 0
    assert result.gain == pytest.approx(distilled.accuracy - student.accuracy)
    assert result.gain_low <= result.gain <= result.gain_high
    assert result.over_teacher == pytest.approx(distilled.accuracy - teacher.accuracy)
    assert (result.clips, result.groups, result.leaks) == (16, 4, "")
    assert json.loads((out / "table.json").read_text())["gain"] == result.gain
    assert json.loads((out / "distilled.json").read_text())["accuracy"] == distilled.accuracy


def test_the_distilled_student_is_what_is_written(done: tuple[DistillResult, Path]) -> None:
    result, out = done
    loaded = load_model(result.model, task="recognize")
    network, config = loaded.network, loaded.config
    assert config.labels == ("blue", "red") and config.name == "small"
    assert sum(parameter.numel() for parameter in network.parameters()) == result.rows[2].parameters
    kept = load_checkpoint(out / "fold_1/distilled/member_0.pt")["network"]["classes.weight"]
    torch.testing.assert_close(network.state_dict()["classes.weight"], kept, rtol=1e-3, atol=1e-4)


def test_a_finished_run_trains_nothing_again(
    done: tuple[DistillResult, Path], squares: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recogniser, "draw_batch", None)
    again = run(recipe_of(squares, teacher={**network_settings(steps=30), "members": 2}), out=done[1])
    assert (again.gain, again.gain_low, again.over_teacher) == (done[0].gain, done[0].gain_low, done[0].over_teacher)


def test_a_teacher_without_weight_changes_nothing(squares: Path, tmp_path: Path) -> None:
    """Check A12: with kd_weight 0 the distilled student is the student alone, mixed and smoothed as it is."""
    student = {**network_settings(steps=6), "network": {"widths": [4, 4, 4, 8]}}
    wanted = recipe_of(
        squares,
        teacher=network_settings(steps=1),
        student=student,
        distillation={"loss": "soft-targets", "kd_weight": 0, "ce_weight": 1},
    )
    run(wanted, out=tmp_path / "without")
    run({**wanted, "distillation": {"kd_weight": 1, "ce_weight": 0}}, out=tmp_path / "with")

    def head(run: str, role: str) -> torch.Tensor:
        weights = load_checkpoint(tmp_path / run / "fold_0" / role / "member_0.pt")["network"]["classes.weight"]
        assert isinstance(weights, torch.Tensor)
        return weights

    torch.testing.assert_close(head("without", "distilled"), head("without", "student"), rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(head("with", "student"), head("without", "student"), rtol=0, atol=0)
    assert float((head("with", "distilled") - head("with", "student")).abs().max()) > 1e-3


@pytest.mark.parametrize("loss", ["decoupled", "standardised", "correlation", "distances", "angles", "feature-cosine"])
def test_every_loss_runs(squares: Path, tmp_path: Path, loss: str) -> None:
    short = network_settings(steps=1)
    wanted = recipe_of(
        squares, teacher=short, student={**short, "network": {"widths": [4, 4, 4, 8]}}, distillation={"loss": loss}
    )
    result = run(wanted, out=tmp_path)
    assert all(torch.isfinite(torch.tensor([row.accuracy, row.macro_f1])).all() for row in result.rows)


def test_the_loss_is_the_named_blend() -> None:
    random = torch.Generator().manual_seed(0)
    logits, theirs = (torch.randn(3, 4, generator=random) for _ in range(2))
    labels, none = torch.tensor([0, 3, 2]), torch.zeros(3, 0)
    asked = student_loss(
        Distillation(loss="soft-targets", kd_weight=0.95, ce_weight=0.05, temperature=6), student_size=8, teacher_size=0
    )
    by_hand = 36 * F.kl_div((logits / 6).log_softmax(1), (theirs / 6).softmax(1), reduction="batchmean")
    wanted = 0.95 * by_hand + 0.05 * F.cross_entropy(logits, labels)
    torch.testing.assert_close(asked(logits, none, TeacherSays(theirs, none), labels), wanted)


def test_what_cannot_be_is_refused(squares: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"student\.members=2"):
        run(recipe_of(squares, student={**network_settings(), "members": 2}), out=tmp_path)
    features = {"distillation": {"loss": "angles"}, "teacher": {**network_settings(), "members": 3}}
    with pytest.raises(UsageError, match=r"loss=angles compares features.*members=3"):
        run(recipe_of(squares, **features), out=tmp_path)
    with pytest.raises(InputError, match="no model is called 'absent'"):
        run(recipe_of(squares, teacher={**network_settings(), "weights": "absent"}), out=tmp_path)
    (tmp_path / "other.yaml").write_text("task: recogniser\n")
    with pytest.raises(UsageError, match="is for `touchline train`"):
        distill_recipe(tmp_path / "other.yaml")


def test_gains_inside_the_noise_are_called_so(done: tuple[DistillResult, Path]) -> None:
    assert not replace(done[0], gain=0.03, gain_low=-0.01, gain_high=0.08).proven
    assert replace(done[0], gain=0.03, gain_low=0.01, gain_high=0.08).proven
    assert replace(done[0], gain=-0.03, gain_low=-0.05, gain_high=-0.01).proven


def test_the_verb_prints_the_table_and_says_what_was_left_out(tmp_path: Path) -> None:
    root = write_squares(tmp_path / "squares")
    (root / "clips/red/notes.txt").write_text("no clip")
    short = network_settings(steps=1)
    wanted = recipe_of(root, teacher=short, student=short)
    (root / "small.yaml").write_text(yaml.safe_dump(wanted))
    arguments = [str(root / "small.yaml"), "--device", "cpu", "--set", f"data_root={root}"]
    result = CliRunner().invoke(app, ["distill", *arguments, "--out", str(tmp_path / "a")])
    assert result.exit_code == 4, result.output
    for words in ("teacher", "distilled", "16 clips of 4 groups", "within the noise", "notes.txt: neither a video"):
        assert words in result.output
    result = CliRunner().invoke(app, ["train", *arguments, "--json", "--out", str(tmp_path / "a")])
    assert result.exit_code == 4
    result = CliRunner().invoke(app, ["distill", *arguments, "--json", "--out", str(tmp_path / "a")])
    records = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
    assert [row["role"] for row in records[0]["rows"]] == ["teacher", "student", "distilled"]
    assert records[1]["path"].endswith("notes.txt")


def test_a_frozen_teacher_is_fitted_and_every_kind_of_student_can_learn_from_it(squares: Path, tmp_path: Path) -> None:
    clip = {"frames": 4, "width": 32, "height": 32, "max_value": 255, "mean": [127] * 3, "std": [128] * 3}
    recipe = recipe_of(squares, clip=clip, by_frame=True)
    recipe["teacher"] = {"architecture": "picture-clip", "network": {"bands": 1}}
    recipe["student"]["optimizer"]["steps"] = 2
    result = run(recipe, out=tmp_path / "run")
    teacher, student, _ = result.rows
    assert teacher.accuracy >= 0.9 and not list((tmp_path / "run").rglob("teacher/*.pt"))
    assert teacher.frame_accuracy is not None and student.clip_accuracy_by_frames is not None
    assert 0 <= teacher.frame_accuracy <= 1 and teacher.clip_accuracy_by_frames >= 0.5
    with pytest.raises(UsageError, match=r"was trained on \(x - 127\) / 128"):
        run({**recipe, "clip": {"frames": 4, "width": 32, "height": 32}}, out=tmp_path / "other")
    with pytest.raises(UsageError, match=r"teacher\.members=2 must be 1"):
        run({**recipe, "teacher": {**recipe["teacher"], "members": 2}}, out=tmp_path / "two")


@pytest.mark.parametrize(
    ("architecture", "arguments"),
    [("x3d", {"size": "xs"}), ("r2plus1d-18", {}), ("resnet-clip", {"depth": 18, "temporal": "tam"})],
)
def test_students_of_every_kind_take_the_lessons_of_frozen_features(
    architecture: str, arguments: dict[str, Any]
) -> None:
    torch.manual_seed(0)
    student = ARCHITECTURES[architecture].build(num_classes=2, **arguments)
    loss = student_loss(
        Distillation(loss="feature-cosine"), student_size=student.feature_size, teacher_size=4192, label_smoothing=0.1
    )
    features = student.forward_features(torch.randn(2, 3, 4, 32, 32))
    says = TeacherSays(torch.randn(2, 2), torch.randn(2, 4192))
    loss(student.classify(features), features, says, torch.tensor([0, 1])).backward()
    assert all(weight.grad is not None for weight in student.parameters())
