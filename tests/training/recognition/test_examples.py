"""Recognisers from example clips: the head against scikit-learn, sources from names, honest measures, bad folders."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.linear_model import RidgeClassifier

from exampleclips import CLASSES, write_examples
from touchline.core.clips import ClipItem
from touchline.core.errors import InputError
from touchline.media.clip_reader import ClipFrames
from touchline.models.networks.encoders.picture_clip import PictureClip
from touchline.recognition.prepare import sample_clip
from touchline.recognition.recogniser import load_recogniser
from touchline.training.recognition.examples import features
from touchline.training.recognition.examples.clips import read_examples, sources_of
from touchline.training.recognition.examples.features import spec_for
from touchline.training.recognition.examples.head import (
    STRENGTHS,
    HeadData,
    choose_head,
    fit_head,
    held_out_probabilities,
    surely_better,
)
from touchline.training.recognition.examples.learning import learn_examples


def data(*, views: int = 2) -> HeadData:
    random = np.random.default_rng(0)
    truth = np.arange(40) % 3
    base = random.normal(size=(40, 50)) + 4.0 * np.eye(3, 50)[truth]
    seen = np.stack([base + 0.1 * random.normal(size=base.shape) for _ in range(views)])
    return HeadData(seen.astype(np.float32), truth, 3, (20, 30))


def test_the_head_is_scikit_learns_ridge_classifier() -> None:
    made, rows = data(), np.flatnonzero(np.arange(40) % 5 != 2)
    (head,) = fit_head(made, rows, strengths=[1.0])
    seen = made.features[:, rows].reshape(-1, 50)
    theirs = RidgeClassifier(alpha=1.0, class_weight="balanced")
    theirs.fit((seen - head.mean) * head.scale, np.tile(made.truth[rows], 2))
    wanted = theirs.decision_function((made.averaged - head.mean) * head.scale)
    found = np.log(head.probabilities(made.averaged))
    assert (
        np.abs((found - found.mean(axis=1, keepdims=True)) / 5.0 - (wanted - wanted.mean(axis=1, keepdims=True))).max()
        < 1e-4
    )


def test_the_usual_strength_is_left_only_for_a_surely_better_one() -> None:
    assert STRENGTHS == (10.0, 3.0, 1.0, 0.3, 0.1)
    assert surely_better(np.array([50.0, 60, 50, 40, 30]), count=100) == 3.0
    assert surely_better(np.array([50.0, 54, 50, 40, 30]), count=100) == 1.0, "a standard error is five of a hundred"
    assert surely_better(np.zeros(5), count=0) == 1.0


def test_blocks_count_as_asked() -> None:
    made = data()
    assert (made.even[:20] ** 2).sum() == pytest.approx(0.5) and (made.even[20:] ** 2).sum() == pytest.approx(0.5)
    weighted = HeadData(made.features, made.truth, 3, (20, 30), (3.0, 1.0))
    assert (weighted.even[:20] ** 2).sum() == pytest.approx(0.75)


def test_held_out_examples_decide_nothing() -> None:
    made = data()
    train, held = np.arange(28), np.arange(28, 40)
    pairs = [(train, held)]

    def halves(rows: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        return [(rows[::2], rows[1::2]), (rows[1::2], rows[::2])]

    found = held_out_probabilities(made, pairs, splits=halves)
    spoilt = HeadData(made.features, np.where(np.isin(np.arange(40), held), 0, made.truth), 3, made.block_sizes)
    again = held_out_probabilities(spoilt, pairs, splits=halves)
    assert np.isnan(found[train]).all() and np.array_equal(found[held], again[held])
    assert (found[held].argmax(axis=1) == made.truth[held]).mean() > 0.6
    assert np.isfinite(choose_head(made, train, splits=lambda rows: []).weights).all()


def test_a_class_that_training_never_saw_is_never_named() -> None:
    made = data()
    rows = np.flatnonzero(made.truth != 2)
    (head,) = fit_head(made, rows, strengths=[10.0])
    assert head.probabilities(made.averaged)[:, 2].max() < 1e-6


def names(*ids: str) -> list[ClipItem]:
    return [ClipItem(one, one.split("/")[0]) for one in ids]


def test_sources_are_read_from_names_that_show_them(tmp_path: Path) -> None:
    known = sources_of(names("a/m1_01", "a/m2_02", "a/m1_03", "b/m1-t4", "b/m2_05"), folder=tmp_path)
    assert known == {"a/m1_01": "m1", "a/m2_02": "m2", "a/m1_03": "m1", "b/m1-t4": "m1", "b/m2_05": "m2"}
    assert sources_of(names("a/001", "a/002", "b/003"), folder=tmp_path) == {}
    assert sources_of(names("a/a_01", "a/a_02", "b/b_01", "b/b_02"), folder=tmp_path) == {}, "the class is no source"
    (tmp_path / "groups.csv").write_text("id,group\na/001,x\na/002,y\nb/003,x\n")
    assert sources_of(names("a/001", "a/002", "b/003"), folder=tmp_path)["a/002"] == "y"
    with pytest.raises(InputError, match=r"groups\.csv: has no group for 1 clips, e\.g\. 'b/004'"):
        sources_of(names("a/001", "b/004"), folder=tmp_path)


def test_bad_folders_are_refused_in_one_line(tmp_path: Path) -> None:
    root = write_examples(tmp_path / "good")
    (root / "stripes" / "match1_99.mp4").write_bytes(b"no video")
    found = read_examples(root)
    assert len(found.clips) == 8 and [path.name for path, _ in found.unreadable] == ["match1_99.mp4"]
    assert found.sources_known
    (root / "nothing").mkdir()
    with pytest.raises(InputError, match="nothing: holds no clips; add some, or remove the folder"):
        read_examples(root)
    (root / "nothing" / "a.mp4").write_bytes(b"no video")
    with pytest.raises(InputError, match="nothing: none of its clips can be read"):
        read_examples(root)
    shutil.rmtree(root / "nothing")
    shutil.rmtree(root / "discs")
    with pytest.raises(InputError, match="holds one class, 'stripes'; a recogniser needs two or more class folders"):
        read_examples(root)
    shutil.copytree(root / "stripes" / "match0_00", root / "more" / "match0_00")
    with pytest.raises(InputError, match="more: holds a single readable clip"):
        read_examples(root)


def test_the_input_suits_the_clips() -> None:
    tall = ClipFrames(np.zeros((15, 160, 90, 3), np.uint8), np.zeros(0, np.int64), 30.0)
    spec = spec_for([tall] * 3)
    assert (spec.width, spec.height, spec.frames, spec.fps) == (224, 384, 8, 15.0)
    wide = ClipFrames(np.zeros((1, 90, 160, 3), np.uint8), np.zeros(0, np.int64), 25.0)
    assert (spec_for([wide]).width, spec_for([wide]).height, spec_for([wide]).frames) == (384, 224, 2)


def test_learning_from_a_few_clips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "_PIXELS", 64 * 64)
    examples = read_examples(write_examples(tmp_path / "clips"))
    learnt = learn_examples(examples, name="mine", device="cpu", threads=1)
    assert learnt.measured["accuracy"] == 1.0 and learnt.measured["groups"] == 2
    assert any("2 classes with fewer than 10 readable clips: discs 4, stripes 4" in note for note in learnt.notes)
    recogniser = load_recogniser(str(learnt.save(tmp_path / "mine")), device="cpu", threads=1)
    assert recogniser.labels == CLASSES and recogniser.config.network["mirrored"] is True
    clips = [sample_clip(clip.rgb, fps=clip.fps, spec=recogniser.spec) for clip in examples.frames]
    scores = recogniser.scores(clips)
    assert np.array_equal(scores.argmax(axis=1), examples.truth)
    mirrored = recogniser.scores([np.ascontiguousarray(clip[:, :, ::-1]) for clip in clips])
    assert np.abs(scores - mirrored).max() < 1e-3


def test_left_and_right_are_kept_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "_PIXELS", 64 * 64)
    root = write_examples(tmp_path / "clips", each=2, sources=1)
    (root / "discs").rename(root / "turn left")
    learnt = learn_examples(read_examples(root), name="mine", device="cpu", threads=1)
    assert learnt.config.network["mirrored"] is False
    assert any("not known which examples come from one match" in note for note in learnt.notes)


def test_the_features_of_a_clip_are_means_and_deviations_over_places() -> None:
    torch.manual_seed(0)
    network = PictureClip(3, blocks=(2, 5), bands=2, mirrored=False).eval()
    clips = torch.randn(2, 3, 4, 64, 32)
    with torch.inference_mode():
        found = network.plain_features(clips)
        maps = network.encoder.block_maps(clips.transpose(1, 2).flatten(0, 1), blocks=(2, 5))
        whole = maps[1].mean((2, 3)).unflatten(0, (2, 4))
        last = maps[2]
        halves = torch.stack([last[:, :, :1].mean((2, 3)), last[:, :, 1:].mean((2, 3))], dim=-1).unflatten(0, (2, 4))
    sizes = network.block_sizes
    assert sizes == (24, 48, 80, 160, 1280, 2560) * 2 and network.feature_size == sum(sizes)
    starts = np.cumsum([0, *sizes])
    torch.testing.assert_close(found[:, starts[2] : starts[3]], whole.mean(dim=1))
    torch.testing.assert_close(found[:, starts[8] : starts[9]], whole.std(dim=1, correction=0), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(found[:, starts[5] : starts[6]], halves.mean(dim=1).flatten(1))
    with pytest.raises(ValueError, match="bands=0 must be 1 or more"):
        PictureClip(3, bands=0)
