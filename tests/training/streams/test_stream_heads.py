"""Planted streams, sets of streams, and a head trained on them from a recipe, missing streams included."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from touchline.core.columns import EventColumns
from touchline.core.errors import InputError, UsageError
from touchline.formats.features.stream_sets import INDEX, Recording, open_stream_set, write_stream_set
from touchline.formats.features.vectors import FeatureInfo, Features
from touchline.metrics.calibration import equal_widths
from touchline.models.store import load_model
from touchline.spotting.stream_spotter import load_stream_spotter, spot_streams
from touchline.synthetic.planted_streams import KIND_OF, LABELS, PlantedPatterns, PlantedSettings, make_planted_set
from touchline.training.run import plan_recipe, run_recipe
from touchline.training.streams.batches import PieceSampler, drop_streams
from touchline.training.streams.heads import measure_head
from touchline.training.streams.measure import choose_thresholds, interval

SMALL = PlantedSettings(recordings=(6, 2, 2), minutes=10, picture_width=12, sound_width=8)
RECIPE = """
task: stream-head
name: tiny
planted: {recordings: [4, 1, 1], minutes: 6, picture_width: 12, sound_width: 8, detectability: 14}
head: HEAD
head_arguments: ARGUMENTS
fusion: middle
width: 16
resamples: 3
optimizer: {steps: STEPS, batch: 4, samples: 64, base_lr: 0.01, rounds: 1}
"""
ARGUMENTS = {
    "pooling": "{pool: netvlad++, window: 16, clusters: 8}",
    "calf": "{chunk: 64, receptive_field: 16, detections: 5}",
    "context": "{window: 64, inner: 16, layers: 1, heads: 2}",
}


def _recipe(folder: Path, head: str, *, steps: int = 3) -> Path:
    path = folder / "tiny.yaml"
    text = RECIPE.replace("HEAD", head).replace("ARGUMENTS", ARGUMENTS[head]).replace("STEPS", str(steps))
    path.write_text(text)
    return path


def test_planted_streams_are_what_their_settings_say(tmp_path: Path) -> None:
    data = make_planted_set(tmp_path / "set", SMALL)
    assert data.labels == LABELS
    assert set(KIND_OF) == set(LABELS)
    assert [len(data.part(part)) for part in ("train", "valid", "test")] == [6, 2, 2]
    rows = data.rows(0, "picture")
    assert rows is not None
    assert isinstance(rows, np.memmap)
    assert rows.shape == (600, 12)
    again = make_planted_set(tmp_path / "set", SMALL)
    same = make_planted_set(tmp_path / "other", SMALL)
    for other in (again, same):
        assert np.array_equal(np.asarray(other.rows(3, "sound")), np.asarray(data.rows(3, "sound")))
    times = np.concatenate([recording.time_s for recording in data.recordings])
    assert times.min() > 0
    assert times.max() < 600


def test_the_difficulty_is_known() -> None:
    """An observer with the pattern and the noise finds the d' that the settings name."""
    patterns = PlantedPatterns(SMALL)
    memory = SMALL.noise_memory
    _, rows = patterns.shape("seen-1", 0.3, detectability=5.0)
    lag = np.abs(np.arange(len(rows) + 40)[:, None] - np.arange(len(rows) + 40))
    padded = np.concatenate([np.zeros((20, rows.shape[1])), rows, np.zeros((20, rows.shape[1]))])
    squared = np.einsum("tw,ts,sw->", padded, np.linalg.inv(memory**lag), padded)
    assert np.sqrt(squared) == pytest.approx(5.0, rel=1e-2)


def test_the_labels_of_a_pair_differ_in_order_only() -> None:
    patterns = PlantedPatterns(SMALL)
    _, first = patterns.shape("heard-1", 0.0, detectability=5.0)
    _, second = patterns.shape("heard-2", 0.0, detectability=5.0)
    assert np.allclose(first, second[::-1])
    _, one = patterns.shape("cue-1", 0.0, detectability=5.0)
    _, two = patterns.shape("cue-2", 0.0, detectability=5.0)
    assert not np.allclose(one, two[::-1])


def _set(folder: Path, **changes: Any) -> Path:
    values = np.arange(40, dtype=np.float32).reshape(20, 2)
    recordings = [
        (Recording("a", 20, {}, np.array([1]), np.array([3.0])), {"x": values, "y": values + 100}),
        (Recording("b", 20, {}, np.array([0, 0]), np.array([1.0, 2.0]), "valid"), {"x": values * 2}),
    ]
    return write_stream_set(folder, recordings, labels=("p", "q"), rate_hz=2.0, **changes)


@pytest.mark.parametrize("half", [False, True])
def test_batches_are_pieces_of_the_files(tmp_path: Path, half: bool) -> None:
    data = open_stream_set(_set(tmp_path / "set", half=half))
    values, present = data.batch([(0, -2), (1, 17)], samples=5)
    assert values["x"][0, :, 0].tolist() == [0, 0, 0, 2, 4]
    assert present["x"].tolist() == [[False, False, True, True, True], [True, True, True, False, False]]
    assert values["x"][1, :3, 1].tolist() == [70, 74, 78]
    assert not present["y"][1].any()
    assert values["y"][0, 2:, 0].tolist() == [100, 102, 104]
    assert data.part("valid").recordings[0].name == "b"
    assert list(data.only(["y"]).widths) == ["y"]


def test_the_system_may_be_asked_for_pieces_beforehand(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(6_000, 64)).astype(np.float32)
    recording = Recording("a", len(values), {}, np.zeros(0, np.int64), np.zeros(0))
    data = open_stream_set(write_stream_set(tmp_path / "set", [(recording, {"x": values})], labels=("p",), rate_hz=2.0))
    places = [(0, -3), (0, 17), (0, 5_990), (0, 7_000)]
    data.read_ahead(places, samples=20)
    block, present = data.batch(places, samples=20)
    assert np.array_equal(block["x"][1], values[17:37])
    assert np.array_equal(block["x"][2, :10], values[5_990:])
    assert present["x"].sum(axis=1).tolist() == [17, 20, 10, 0]


def test_rows_that_are_no_numbers_count_as_missing(tmp_path: Path) -> None:
    rows = np.arange(40, dtype=np.float32).reshape(20, 2)
    rows[3, 1], rows[5, 0] = np.nan, np.inf
    recording = Recording("a", 20, {}, np.zeros(0, np.int64), np.zeros(0))
    data = open_stream_set(write_stream_set(tmp_path / "set", [(recording, {"x": rows})], labels=("p",), rate_hz=2.0))
    values, present = data.batch([(0, 0)], samples=8, into=data.buffers(1, samples=8))
    assert np.flatnonzero(~present["x"][0]).tolist() == [3, 5]
    assert values["x"][0, 3].tolist() == [0, 0]


def test_sets_that_are_damaged_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no set of feature streams"):
        open_stream_set(tmp_path)
    folder = _set(tmp_path / "set")
    np.save(folder / "a_x.npy", np.zeros((3, 2), np.float32))
    with pytest.raises(InputError, match=r"shape \(3, 2\), but the set states \(20, 2\)"):
        open_stream_set(folder).batch([(0, 0)], samples=4)
    (folder / "a_x.npy").write_bytes((folder / "a_y.npy").read_bytes()[:-9])
    with pytest.raises(InputError):
        open_stream_set(folder).batch([(0, 0)], samples=4)
    document = json.loads((folder / INDEX).read_text())
    del document["widths"]
    (folder / INDEX).write_text(json.dumps(document))
    with pytest.raises(InputError, match="incomplete"):
        open_stream_set(folder)
    (folder / INDEX).write_text("[]")
    with pytest.raises(InputError, match="version 1"):
        open_stream_set(folder)


def test_pieces_are_drawn_around_events_and_anywhere(tmp_path: Path) -> None:
    data = make_planted_set(tmp_path / "set", SMALL).part("train")
    around = PieceSampler(data, samples=64, at_events=1.0, seed=0).draw(200)
    at = [data.recordings[number].time_s * data.rate_hz - start for number, start in around]
    assert all(((times >= 0) & (times < 64)).any() for times in at)
    starts = {start for _, start in PieceSampler(data, samples=64, at_events=0.0, seed=0).draw(200)}
    assert min(starts) == 0
    assert max(starts) <= 600 - 64
    assert len(starts) > 100
    longer = PieceSampler(data, samples=1000, at_events=0.5, seed=0).draw(20)
    assert all(start <= 0 for _, start in longer)


def test_streams_are_dropped_one_at_a_time() -> None:
    present = {"a": np.ones((500, 10), np.bool_), "b": np.ones((500, 10), np.bool_)}
    left = drop_streams(present, chance=0.4, random=np.random.default_rng(0))
    assert all(bool((left["a"] | left["b"])[piece].any()) for piece in range(500))
    touched = sum(not (left["a"][piece].all() and left["b"][piece].all()) for piece in range(500))
    assert 120 < touched < 220
    assert not any((~left["a"][p]).any() and (~left["b"][p]).any() for p in range(500))
    alone = {"a": present["a"]}
    assert drop_streams(alone, chance=1.0, random=np.random.default_rng(0))["a"].all()


@pytest.mark.parametrize("head", sorted(ARGUMENTS))
def test_a_recipe_gives_a_model_that_spots_with_any_stream_missing(tmp_path: Path, head: str) -> None:
    path = _recipe(tmp_path, head)
    plan = plan_recipe(path, device="cpu")
    assert plan.runs[0].parameters > 0
    model = run_recipe(path, device="cpu", out=tmp_path / "out")
    loaded = load_model(model, task="spot-streams")
    network, config = loaded.network, loaded.config
    assert config.rate_hz == 1.0
    assert {"tight", "loose", "tight_labels", "calibration_error"} <= set(config.measured["test"])
    assert all(0 <= threshold <= 1 for threshold in config.thresholds.values())
    data = open_stream_set(tmp_path / "out" / "streams").part("test")
    for without in ((), ("sound",), ("picture",)):
        assert 0 <= measure_head(network, config, data, without=without, resamples=3)["tight"]["value"] <= 1
    picture, sound = (
        Features(np.asarray(data.rows(0, name)), FeatureInfo("planted", 1.0)) for name in ("picture", "sound")
    )
    whole = spot_streams({"picture": picture, "sound": sound}, model, device="cpu")
    assert not whole.degraded
    assert whole.scores.values.shape == (360, 7)
    half = load_stream_spotter(model, device="cpu").spot({"picture": picture})
    assert half.degraded
    assert any("no 'sound' stream" in remark for remark in half.remarks)
    with pytest.raises(InputError, match="none of them was given"):
        spot_streams({"smell": picture}, model, device="cpu")
    with pytest.raises(InputError, match="features have 12 values per row where 8"):
        spot_streams({"sound": picture}, model, device="cpu")


def test_streams_come_to_the_heads_grid(tmp_path: Path) -> None:
    from touchline.models.specs.stream_spec import StreamSpec
    from touchline.spotting.stream_spotter import align

    spec = StreamSpec(name="x", width=1)
    fast = Features(np.arange(10, dtype=np.float32)[:, None], FeatureInfo("m", 4.0))
    values, present = align(fast, stream=spec, rate_hz=2.0, samples=6)
    assert values[:5, 0].tolist() == [0.5, 2.5, 4.5, 6.5, 8.5]
    assert present.tolist() == [True] * 5 + [False]
    slow = Features(np.array([[1.0], [2.0]], np.float32), FeatureInfo("m", 1.0, start_us=1_000_000))
    values, present = align(slow, stream=spec, rate_hz=2.0, samples=7)
    assert present.tolist() == [False, False, True, True, True, True, False]
    assert values[2:6, 0].tolist() == [1, 1, 2, 2]
    broken = Features(np.array([[1.0], [np.nan], [3.0]], np.float32), FeatureInfo("m", 2.0))
    assert align(broken, stream=spec, rate_hz=2.0, samples=3)[1].tolist() == [True, False, True]


def test_mistakes_in_a_recipe_are_named(tmp_path: Path) -> None:
    path = _recipe(tmp_path, "context")
    with pytest.raises(UsageError, match="exactly one of planted and data_root"):
        run_recipe(path, overrides=["planted=null"], device="cpu", out=tmp_path / "a")
    with pytest.raises(UsageError, match=r"optimizer\.samples=60 is not a multiple of the 64"):
        run_recipe(path, overrides=["optimizer.samples=60"], device="cpu", out=tmp_path / "b")
    with pytest.raises(UsageError, match="cannot be built"):
        plan_recipe(path, overrides=["head_arguments={size: 3}"], device="cpu")
    with pytest.raises(InputError, match="no streams"):
        run_recipe(path, overrides=["streams=[smell]"], device="cpu", out=tmp_path / "c")


@pytest.mark.slow
def test_a_head_learns_what_is_planted(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = run_recipe(_recipe(tmp_path, "context", steps=300), device="cpu", out=tmp_path / "out")
    measured = load_model(model, task="spot-streams").config.measured["test"]
    assert measured["loose"]["value"] > 0.4


def _events(times_s: list[float], confidence: list[float]) -> EventColumns:
    """Events of the first of three labels."""
    count = len(times_s)
    zeros, ones = np.zeros(count, np.int64), np.ones(count, np.int64)
    at_ms = np.array(times_s, np.float64) * 1000
    return EventColumns(("a", "b", "c"), zeros, ones, at_ms.astype(np.int64), np.array(confidence), ones.astype(bool))


def test_thresholds_are_where_f1_is_best() -> None:
    truth = [_events([10, 20, 30, 40], [1.0] * 4)]
    found = [_events([10, 20, 25, 31, 55, 60], [0.9, 0.8, 0.7, 0.6, 0.5, 0.4])]
    words = {"labels": ("a", "b", "c"), "within_s": 2.5}
    assert choose_thresholds(truth, found, calibration={}, **words) == {"a": pytest.approx(0.55, abs=0.0011)}
    # a logit that is doubled: 0.6 becomes 0.36 / (0.36 + 0.16)
    doubled = choose_thresholds(truth, found, calibration={"a": (2.0, 0.0)}, **words)
    assert doubled == {"a": pytest.approx((0.36 / 0.52 + 0.5) / 2, abs=0.0011)}
    alone = choose_thresholds(truth, [_events([10], [0.8])], calibration={}, **words)
    assert alone == {"a": pytest.approx(0.4, abs=0.0011)}


def test_calibration_error_and_intervals_by_hand() -> None:
    confidence = np.array([0.95] * 4 + [0.15] * 4)
    right = np.array([1, 1, 1, 0, 0, 0, 0, 1.0])
    assert equal_widths(confidence, right).error == pytest.approx((0.2 + 0.1) / 2)
    assert equal_widths(np.zeros(0), np.zeros(0)).error == 0
    drawn = interval(0.5, np.linspace(0.55, 0.65, 201))
    assert (drawn.low, drawn.high) == (pytest.approx(0.4525), pytest.approx(0.5475))
