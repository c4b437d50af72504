"""Streaming inference: equal to the naive way, each stack encoded once, resumable, safe at the ends."""

from typing import Any

import numpy as np
import pytest
import torch

from tinyspotter import FRAME, moving_noise, naive_scores, tiny_config, tiny_network
from touchline.core.errors import ResourceError
from touchline.spotting.engine import Engine, Plan
from touchline.spotting.torch_backend import TorchBackend

FRAMES = 90


class CountingBackend(TorchBackend):
    """Counts the stacks it encodes."""

    def __init__(self, network: Any) -> None:
        super().__init__(network, device=torch.device("cpu"))
        self.stacks = 0
        self.calls = 0

    def encode(self, frames: Any, stacks: Any, *, mirrored: Any) -> Any:
        self.stacks += len(stacks)
        self.calls += 1
        return super().encode(frames, stacks, mirrored=mirrored)


@pytest.fixture(scope="module")
def network() -> Any:
    return tiny_network(tiny_config())


@pytest.fixture(scope="module")
def pictures() -> Any:
    return moving_noise(FRAMES, seed=7)


def plan_of(network: Any, **changes: Any) -> Any:
    settings = {"encode_batch": 8, "decode_batch": 16, "chunk": 32, **changes}
    return Plan(network.stack_offsets, network.feature_offsets, **settings)


def run(plan: Any, backend: Any, pictures: np.ndarray, *, start: int = 0, first_frame: int = 0) -> Any:
    engine = Engine(plan, backend, start_index=start)
    return list(engine.run((i, pictures[i]) for i in range(first_frame, len(pictures))))


def joined(chunks: Any) -> Any:
    return np.concatenate([chunk.values for chunk in chunks])


@pytest.mark.parametrize("flip", [False, True])
def test_streaming_equals_window_by_window(network: Any, pictures: np.ndarray, flip: bool) -> None:
    values = joined(run(plan_of(network, flip=flip), TorchBackend(network, device=torch.device("cpu")), pictures))
    naive = naive_scores(network, pictures, flip=flip)
    expected = np.array(list(naive.values()))
    assert np.ptp(expected) > 0.5
    assert np.abs(values[min(naive) : max(naive) + 1] - expected).max() <= 1e-5
    assert values.dtype == np.float32


def test_33_frames_equal_window_by_window() -> None:
    long_network = tiny_network(tiny_config(num_frames=33))
    pictures = moving_noise(80, seed=3)
    chunks = run(plan_of(long_network, edge="drop"), TorchBackend(long_network, device=torch.device("cpu")), pictures)
    naive = naive_scores(long_network, pictures)
    assert chunks[0].first_index == 33
    expected = np.array([naive[i] for i in range(33, 80 - 33)])
    assert np.abs(joined(chunks) - expected).max() <= 1e-5


@pytest.mark.parametrize("encode_batch", [1, 4, 8])
@pytest.mark.parametrize("decode_batch", [1, 2, 8, 16])
@pytest.mark.parametrize(("num_frames", "first"), [(15, 15), (33, 33)])
def test_outputs_end_where_the_reference_ends_whatever_the_batches(
    num_frames: int, first: int, encode_batch: int, decode_batch: int
) -> None:
    """lRomul's predictor emits the indices from clip(0) to clip(N), with a margin of 1: 33 to 46 of 80 frames."""
    network = tiny_network(tiny_config(num_frames=num_frames))
    backend = TorchBackend(network, device=torch.device("cpu"))
    plan = plan_of(network, edge="drop", encode_batch=encode_batch, decode_batch=decode_batch, chunk=decode_batch)
    for count in (80, 79):
        chunks = run(plan, backend, moving_noise(count, seed=3))
        indices = [chunk.first_index + row for chunk in chunks for row in range(len(chunk))]
        assert indices == list(range(first, count - first)), (count, indices[-1])
    assert Plan(network.stack_offsets, network.feature_offsets, edge="drop").outputs(1000) == range(first, 1000 - first)


def test_each_stack_is_encoded_once(network: Any, pictures: np.ndarray) -> None:
    backend = CountingBackend(network)
    run(plan_of(network, edge="drop"), backend, pictures)
    assert backend.stacks == FRAMES - 4
    assert backend.calls == -(-(FRAMES - 4) // 8)


def test_one_encoder_call_a_new_frame_when_unbatched(network: Any, pictures: np.ndarray) -> None:
    backend = CountingBackend(network)
    engine = Engine(plan_of(network, encode_batch=1, decode_batch=1, chunk=1), backend)
    calls = []

    def feed() -> Any:
        for index in range(40):
            yield index, pictures[index]
            calls.append(backend.calls)

    list(engine.run(feed()))
    assert np.diff(calls[10:]).tolist() == [1] * (len(calls) - 11)


def test_a_stream_taken_up_again_gives_the_same_bits(network: Any, pictures: np.ndarray) -> None:
    plan = plan_of(network)
    backend = TorchBackend(network, device=torch.device("cpu"))
    whole = run(plan, backend, pictures)
    assert [chunk.first_index for chunk in whole] == [0, 32, 64]
    values = joined(whole)
    for start in (32, 64, 70):
        chunks = run(plan, backend, pictures, start=start, first_frame=plan.first_frame_needed(start))
        assert chunks[0].first_index == start
        assert np.array_equal(joined(chunks), values[start:])


def test_frames_before_the_first_needed_are_passed_over(network: Any, pictures: np.ndarray) -> None:
    backend = TorchBackend(network, device=torch.device("cpu"))
    plan = plan_of(network)
    assert plan.first_frame_needed(64) > 0
    values = joined(run(plan, backend, pictures, start=64, first_frame=0))
    assert np.array_equal(values, joined(run(plan, backend, pictures))[64:])


@pytest.mark.parametrize("count", [0, 1, 2, 4, 5, 6, 29])
def test_every_frame_of_a_short_video_gets_a_finite_score(network: Any, pictures: np.ndarray, count: int) -> None:
    chunks = run(plan_of(network), TorchBackend(network, device=torch.device("cpu")), pictures[:count])
    assert sum(len(chunk) for chunk in chunks) == count
    assert all(np.isfinite(chunk.values).all() for chunk in chunks)


@pytest.mark.parametrize("count", [0, 1, 29, 30])
def test_a_video_shorter_than_a_window_has_no_scores_when_ends_are_dropped(
    network: Any, pictures: np.ndarray, count: int
) -> None:
    assert run(plan_of(network, edge="drop"), TorchBackend(network, device=torch.device("cpu")), pictures[:count]) == []


def test_ends_repeat_the_nearest_features(network: Any, pictures: np.ndarray) -> None:
    backend = TorchBackend(network, device=torch.device("cpu"))
    values = joined(run(plan_of(network), backend, pictures))
    with torch.inference_mode():
        stacks = torch.from_numpy(np.stack([pictures[[s, s + 2, s + 4]] for s in range(11)])).float() / 255
        features = network.encode(stacks)
        first = network.decode(features[[0, 0, 0, 4, 10]][None]).sigmoid()[0].numpy()
    assert np.abs(values[0] - first).max() < 1e-5


def test_a_missing_frame_is_an_error(network: Any, pictures: np.ndarray) -> None:
    engine = Engine(plan_of(network), TorchBackend(network, device=torch.device("cpu")))
    with pytest.raises(ValueError, match="index=3: frame 2 was expected"):
        list(engine.run((index, pictures[index]) for index in (0, 1, 3)))


def test_scores_that_are_no_numbers_are_never_passed_on(pictures: np.ndarray) -> None:
    broken = tiny_network(tiny_config())
    with torch.no_grad():
        broken.classifier.bias[1] = float("nan")
    with pytest.raises(ResourceError, match="grid frame 0"):
        run(plan_of(broken), TorchBackend(broken, device=torch.device("cpu")), pictures)


def test_a_stack_that_looks_back_and_ahead() -> None:
    class Centre(torch.nn.Module):
        stack_offsets = (-1, 0, 1)
        feature_offsets = (-2, -1, 0, 1, 2)
        num_classes = 1

        def encode(self, stacks: Any) -> Any:
            return stacks.mean((2, 3)) * 255 / 100

        def decode(self, features: Any) -> Any:
            return features[:, 2, 1:2]

    count = 50
    pictures = np.repeat(np.arange(count, dtype=np.uint8), 4).reshape(count, 2, 2)
    plan = Plan((-1, 0, 1), (-2, -1, 0, 1, 2), encode_batch=4, decode_batch=8, chunk=16)
    values = joined(run(plan, TorchBackend(Centre(), device=torch.device("cpu")), pictures))[:, 0]
    stacks = np.clip(np.arange(count), 1, count - 2)
    assert values == pytest.approx(1 / (1 + np.exp(-stacks / 100)), abs=1e-6)


def test_memory_stays_bounded(network: Any, pictures: np.ndarray) -> None:
    engine = Engine(plan_of(network), TorchBackend(network, device=torch.device("cpu")))
    held = []

    def feed() -> Any:
        for index in range(300):
            yield index, pictures[index % FRAMES]
            held.append((len(engine._frames._pictures), engine._features.end - engine._features.first))

    list(engine.run(feed()))
    assert max(frames for frames, _ in held) <= 16
    assert max(features for _, features in held) <= 64


def test_plans_that_cannot_be_aligned_are_refused() -> None:
    with pytest.raises(ValueError, match="multiple of decode_batch"):
        Plan((0,), (0,), decode_batch=3, chunk=4)
    assert FRAME.stack_offsets == (0, 2, 4)
