"""Dense spotters over a video: equal to clip by clip, every frame seen once, resumable, in bounded memory."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tinydense import moving_colours, tiny_dense, write_tiny_dense
from touchline.core.errors import UsageError
from touchline.models.exporting.parts import parts_of
from touchline.models.networks.dense.spotter import DenseSpotter
from touchline.models.specs.dense_plan import ClipPlan, plan_of
from touchline.models.specs.dense_spec import DenseSpotConfig
from touchline.spotting.dense.decoding import TEAM_COLUMN, displaced
from touchline.spotting.dense.engine import DenseEngine
from touchline.spotting.dense.spotter import load_dense_spotter
from touchline.spotting.dense.torch_runtime import TorchRuntime

FRAMES = 60
KINDS: dict[str, dict[str, Any]] = {
    "clips": {"shift": "gsm", "windows": {"lead": 5, "overlap": 0.75}},
    "clips-late": {"shift": "gsf", "shifted": "late", "temporal": "sgp", "displacement": True, "team": True},
    "once": {"shift": "gsf", "windows": {"encode": "once", "lead": 3}, "displacement": True},
    "once-late": {"shift": "gsm", "shifted": "late", "windows": {"encode": "once"}, "temporal": "sgp"},
    "single": {"shift": "none", "windows": {"overlap": 0.5}},
    "tail": {"shift": "gsm", "causal": True, "windows": {"join": "tail", "overlap": 0.75, "encode": "once"}},
    "tail-clips": {"shift": "gsm", "windows": {"join": "tail", "overlap": 0.8, "look_ahead": 5}},
}


class CountingRuntime(TorchRuntime):
    """Counts the frames it sees."""

    def __init__(self, parts: dict[str, Any]) -> None:
        super().__init__(parts, device="cpu")
        self.frames = 0

    def rows(self, part: str, rows: Any) -> Any:
        self.frames += len(rows) if part == "frames" else 0
        return super().rows(part, rows)


def made(kind: str) -> tuple[DenseSpotter, DenseSpotConfig, ClipPlan, CountingRuntime]:
    network, config = tiny_dense(**KINDS[kind])
    runtime = CountingRuntime({name: part.module for name, part in parts_of(network, config).items()})
    return network, config, plan_of(config, reach=network.reach), runtime


def streamed(
    plan: ClipPlan, runtime: TorchRuntime, config: DenseSpotConfig, pictures: np.ndarray, *, start: int = 0
) -> np.ndarray:
    columns = range(len(config.labels))
    engine = DenseEngine(plan, runtime, config, columns=columns, start_index=start)
    chunks = [chunk for index, picture in enumerate(pictures) for chunk in engine.feed(index, picture)]
    chunks += engine.finish()
    expected = start
    for chunk in chunks:
        assert chunk.first_index == expected
        expected += len(chunk)
    return np.concatenate([chunk.values for chunk in chunks]) if chunks else np.zeros((0, 0))


@torch.inference_mode()
def naive(network: DenseSpotter, config: DenseSpotConfig, plan: ClipPlan, pictures: np.ndarray) -> np.ndarray:
    """Clip by clip over the whole video at once, with empty frames around it."""
    count, behind = len(pictures), plan.length + plan.stretch + sum(plan.reach)
    empty = np.rint(255 * np.array(config.frame.mean)).astype(np.uint8)
    around = [np.broadcast_to(empty, (size, *pictures.shape[1:])) for size in (plan.lead, behind)]
    whole = torch.from_numpy(np.concatenate([around[0], pictures, around[1]]))
    mean, std = (torch.tensor(values) for values in (config.frame.mean, config.frame.std))
    normal = ((whole.float() / 255 - mean) / std).permute(0, 3, 1, 2)
    maps = network.frame_maps(normal)
    if plan.once:
        features = network.clip_features(maps[None])[0]
    sums, weights, clip = np.zeros((count, len(config.labels) + config.has_team)), np.zeros((count, 1)), 0
    while plan.is_needed(clip, frames=count):
        at = slice(clip * plan.hop, clip * plan.hop + plan.length)
        said = network.decide(features[at][None] if plan.once else network.clip_features(maps[at][None]))
        scores = np.concatenate([head[0].softmax(-1)[:, 1:].numpy() for head in said.classes], axis=1)
        hit = np.ones(plan.length, bool)
        if said.displacement is not None:
            scores, hit = displaced(scores, said.displacement[0, :, 0].numpy())
        if said.team is not None:
            scores = np.concatenate([scores, said.team[0].softmax(-1)[:, 1:].numpy()], axis=1)
            hit = np.stack([*[hit] * len(config.labels), np.ones(plan.length, bool)], axis=1)
        hit = hit.reshape(plan.length, -1)
        weights = np.broadcast_to(weights, (count, hit.shape[1])).copy()
        for position in range(*plan.counted):
            frame = clip * plan.hop - plan.lead + position
            if 0 <= frame < count:
                sums[frame] += scores[position] * hit[position]
                weights[frame] += hit[position]
        clip += 1
    return sums / np.maximum(weights, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_gives_what_the_whole_video_at_once_gives(kind: str) -> None:
    network, config, plan, runtime = made(kind)
    pictures = moving_colours(FRAMES)
    values = streamed(plan, runtime, config, pictures)
    expected = naive(network, config, plan, pictures)
    assert values.shape == (FRAMES, len(config.labels) + config.has_team)
    np.testing.assert_allclose(values, expected, atol=2e-5)
    assert np.ptp(expected) > 0.5
    assert runtime.frames <= FRAMES + 1  # each once, and an empty one


@pytest.mark.parametrize("kind", KINDS)
def test_a_resumed_stream_goes_on_bit_for_bit(kind: str) -> None:
    _, config, plan, runtime = made(kind)
    pictures = moving_colours(FRAMES)
    whole = streamed(plan, runtime, config, pictures)
    for start in (1, 9, 40, FRAMES - 1):
        first = plan.first_frame(start)
        assert first <= start
        columns = range(len(config.labels))
        engine = DenseEngine(plan, runtime, config, columns=columns, start_index=start)
        chunks = [chunk for index in range(first, FRAMES) for chunk in engine.feed(index, pictures[index])]
        rest = np.concatenate([chunk.values for chunk in (*chunks, *engine.finish())])
        np.testing.assert_array_equal(rest, whole[start:])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [0, 1, 15, 16, 17])
def test_short_videos_get_one_row_a_frame(kind: str, count: int) -> None:
    network, config, plan, runtime = made(kind)
    pictures = moving_colours(count)
    values = streamed(plan, runtime, config, pictures)
    assert len(values) == count
    if count:
        np.testing.assert_allclose(values, naive(network, config, plan, pictures), atol=2e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_memory_does_not_grow_with_the_video(kind: str) -> None:
    _, config, plan, runtime = made(kind)
    engine = DenseEngine(plan, runtime, config, columns=range(3))
    most = 0
    for index, picture in enumerate(moving_colours(200)):
        list(engine.feed(index, picture))
        held = (engine._maps, engine._features)
        most = max(most, *(rows.end - rows.first for rows in held))
    assert most <= plan.stretch + plan.length + 2 * plan.frame_batch


@pytest.mark.parametrize("kind", ["tail", "tail-clips", "clips", "once"])
def test_a_score_depends_on_no_frame_beyond_the_stated_look_ahead(kind: str) -> None:
    _, config, plan, runtime = made(kind)
    pictures = moving_colours(FRAMES)
    before = streamed(plan, runtime, config, pictures)
    late = pictures.copy()
    late[45:] = moving_colours(FRAMES, seed=5)[45:]
    changed = np.flatnonzero(np.abs(streamed(plan, runtime, config, late) - before).max(axis=1) > 1e-6)
    assert changed.min() >= 45 - plan.look_ahead
    if config.windows.join == "tail":
        assert plan.look_ahead <= config.windows.look_ahead + 2 * max(plan.hop, 16)


def test_scores_come_as_soon_as_they_are_settled() -> None:
    _, config, plan, runtime = made("tail-clips")
    engine = DenseEngine(plan, runtime, config, columns=range(3))
    for index, picture in enumerate(moving_colours(FRAMES)):
        for chunk in engine.feed(index, picture):
            assert index - chunk.first_index <= plan.look_ahead


def test_only_the_labels_of_reported_heads_are_scored(tmp_path: Path) -> None:
    path = write_tiny_dense(tmp_path, label_counts=(3, 2), team=True)
    spotter = load_dense_spotter(path, device="cpu", backend="torch", threads=1)
    assert spotter.labels == ("PASS", "DRIVE", "SHOT", "Goal", "Corner")
    assert spotter.columns[-1] == TEAM_COLUMN
    network, config = tiny_dense(label_counts=(3, 2), team=True)
    only = config.model_copy(update={"reported": ("head-1",)})
    plan = plan_of(only, reach=network.reach)
    runtime = CountingRuntime({name: part.module for name, part in parts_of(network, only).items()})
    pictures = moving_colours(30)
    engine = DenseEngine(plan, runtime, only, columns=(3, 4))
    chunks = [chunk for index, picture in enumerate(pictures) for chunk in engine.feed(index, picture)]
    values = np.concatenate([chunk.values for chunk in (*chunks, *engine.finish())])
    both = spotter.scores(list(enumerate(pictures))).values
    np.testing.assert_allclose(values, both[:, 3:], atol=1e-5)


def _scores(path: Path, pictures: Sequence[np.ndarray], **settings: Any) -> np.ndarray:
    spotter = load_dense_spotter(path, device="cpu", **settings)
    return spotter.scores(list(enumerate(pictures))).values


@pytest.mark.parametrize("kind", ["clips", "once", "once-late", "single"])
def test_openvino_gives_what_torch_gives(kind: str, tmp_path: Path) -> None:
    path = write_tiny_dense(tmp_path, **KINDS[kind])
    pictures = moving_colours(30)
    expected = _scores(path, pictures, backend="torch", threads=1)
    threads = 2 if kind in ("clips", "once") else 1  # with two, several calls are begun at once
    np.testing.assert_allclose(_scores(path, pictures, backend="openvino", threads=threads), expected, atol=1e-4)


def test_bf16_is_close(tmp_path: Path) -> None:
    path = write_tiny_dense(tmp_path, shift="gsm", temporal="sgp")
    pictures = moving_colours(30)
    expected = _scores(path, pictures, backend="torch", threads=1)
    half = _scores(path, pictures, backend="openvino", precision="bf16", threads=1)
    assert np.abs(half - expected).mean() < 0.02


@pytest.mark.parametrize("kind", ["clips", "once-late", "tail"])
def test_half_precision_as_on_a_gpu_is_close(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _, config, plan, runtime = made(kind)
    pictures = moving_colours(40)
    expected = streamed(plan, runtime, config, pictures)
    half = partial(torch.autocast, "cpu", dtype=torch.bfloat16)
    monkeypatch.setattr("touchline.spotting.dense.torch_runtime.half_on_gpu", lambda device: half())
    difference = np.abs(streamed(plan, runtime, config, pictures) - expected)
    assert 0 < difference.mean() < 0.03


def test_mirrored_frames_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--flip: tiny-dense is a dense spotter"):
        load_dense_spotter(write_tiny_dense(tmp_path), device="cpu", flip=True)
