"""What a teacher says, kept: the same as asked live, and asked again as soon as anything that decides it changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from movingsquares import write_squares
from touchline.models.networks.action_net import ActionNet
from touchline.models.networks.resnet import ResNet
from touchline.models.specs.clip_input import ClipNormaliser
from touchline.models.specs.spec import ClipSpec
from touchline.training.recognition.distill import student_loss
from touchline.training.recognition.recogniser_data import TrainingClips, plain_batch, read_training_clips
from touchline.training.recognition.recogniser_settings import ClipData, Distillation
from touchline.training.recognition.teacher_cache import TeacherSays, ask_teacher

SPEC = ClipSpec(frames=4, width=32, height=32)


class Counting(ActionNet):
    """Counts how often it is asked."""

    asked = 0

    def forward_features(self, clips: Tensor) -> Tensor:
        self.asked += 1
        return super().forward_features(clips)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> TrainingClips:
    root = write_squares(tmp_path_factory.mktemp("squares"), per_class=10)
    data = ClipData(path="clips", groups="groups.csv")
    return read_training_clips(data, root=root, recipe_folder=root, cache=root / "cache")


def teacher(seed: int = 0, kind: type[ActionNet] = Counting) -> Any:
    torch.manual_seed(seed)
    return kind(2, widths=(4, 4, 4, 8)).eval()


def live(network: Any, clips: TrainingClips, rows: np.ndarray) -> TeacherSays:
    """What the teacher says of some clips and their mirror images, asked now."""
    pixels = ClipNormaliser(SPEC)(plain_batch(clips, rows.tolist(), spec=SPEC))
    with torch.no_grad():
        logits = (network(pixels) + network(pixels.flip(-1))) / 2
        features = (network.forward_features(pixels) + network.forward_features(pixels.flip(-1))) / 2
    return TeacherSays(logits, features)


@pytest.mark.parametrize("loss", ["soft-targets", "decoupled", "standardised", "correlation", "distances", "angles"])
def test_the_loss_is_that_of_a_live_teacher(clips: TrainingClips, tmp_path: Path, loss: Any) -> None:
    """Check A15."""
    network = teacher()
    ask_teacher([network], clips, spec=SPEC, path=tmp_path / "says.npz")
    kept = ask_teacher([network], clips, spec=SPEC, path=tmp_path / "says.npz")
    rows = np.array([3, 17, 0, 8, 9])
    student, labels = teacher(seed=1), torch.from_numpy(clips.truth[rows])
    seen = ClipNormaliser(SPEC)(plain_batch(clips, rows.tolist(), spec=SPEC))
    asked = student_loss(Distillation(loss=loss), student_size=16, teacher_size=16)
    values = []
    for says in (kept.rows(torch.from_numpy(rows)), live(network, clips, rows)):
        features = student.forward_features(seen)
        value = asked(student.classify(features), features, says, labels)
        student.zero_grad()
        value.backward()
        values.append((value.detach(), student.classes.weight.grad.clone()))
    for one, other in zip(*values, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-7)


def test_it_is_asked_once(clips: TrainingClips, tmp_path: Path) -> None:
    network, path = teacher(), tmp_path / "says.npz"
    first = ask_teacher([network], clips, spec=SPEC, features=False, path=path)
    asked = network.asked
    assert asked == 4  # two batches, each as it is and mirrored
    again = ask_teacher([network], clips, spec=SPEC, features=False, path=path)
    assert network.asked == asked
    assert torch.equal(first.logits, again.logits)
    assert first.logits.shape == (20, 2) and first.features.shape == again.features.shape == (20, 0)


@pytest.mark.parametrize("change", ["weights", "clips", "order", "spec", "mirrored", "features"])
def test_it_is_asked_again_where_anything_changed(clips: TrainingClips, tmp_path: Path, change: str) -> None:
    path, options = tmp_path / "says.npz", {"spec": SPEC, "mirrored": True, "features": False}
    ask_teacher([teacher()], clips, path=path, **options)
    network, now = teacher(seed=4 if change == "weights" else 0), clips
    if change == "clips":
        now = replace(clips, paths=(clips.paths[1], *clips.paths[1:]))
    if change == "order":
        order = list(range(19, -1, -1))
        now = replace(clips, items=tuple(clips.items[i] for i in order), paths=tuple(clips.paths[i] for i in order))
    options.update({"spec": SPEC.model_copy(update={"fit": "pad", "width": 24})} if change == "spec" else {})
    options.update({change: not options[change]} if change in ("mirrored", "features") else {})
    ask_teacher([network], now, path=path, **options)
    assert network.asked > 0


def test_several_teachers_are_averaged(clips: TrainingClips) -> None:
    networks = [teacher(seed) for seed in (0, 1)]
    one, other = (ask_teacher([network], clips, spec=SPEC) for network in networks)
    both = ask_teacher(networks, clips, spec=SPEC, features=False)
    torch.testing.assert_close(both.logits, (one.logits + other.logits) / 2)
    with pytest.raises(ValueError, match="features of 2 teachers"):
        ask_teacher(networks, clips, spec=SPEC)


def test_a_head_with_hidden_layers_says_what_it_says_when_it_runs(clips: TrainingClips) -> None:
    """The mean over pictures of such a head's logits is not its logits of their mean features."""
    torch.manual_seed(0)
    network = ResNet(2, depth=18, temporal="tam", expanded_head=True).eval()
    rows = np.arange(2)
    few = replace(clips, items=clips.items[:2], paths=clips.paths[:2], truth=clips.truth[:2])
    says = ask_teacher([network], few, spec=SPEC, mirrored=False, features=False)
    with torch.no_grad():
        pixels = ClipNormaliser(SPEC)(plain_batch(clips, rows.tolist(), spec=SPEC))
        torch.testing.assert_close(says.logits, network(pixels))
