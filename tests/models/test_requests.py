from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from touchline.models.runtime.graphs import CompiledGraph, in_batches, openvino_graph
from touchline.models.runtime.requests import MOST_REQUESTS, ahead_of, begin_on, stream_settings


class Blur(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 4, 3, padding=1))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.layers(pixels.permute(0, 3, 1, 2).float() / 255)


def graph(threads: int) -> CompiledGraph:
    example = torch.zeros((1, 32, 48, 3), dtype=torch.uint8)
    return openvino_graph(Blur().eval(), example=example, precision="f32", threads=threads)


def pictures(count: int) -> list[npt.NDArray[np.uint8]]:
    rng = np.random.default_rng(3)
    return [rng.integers(0, 256, (1, 32, 48, 3), dtype=np.uint8) for _ in range(count)]


def test_the_outputs_are_the_same_bytes_with_any_number_of_threads_and_in_any_order() -> None:
    given = pictures(9)
    alone = [graph(1)(one)[0] for one in given]
    for threads in (1, 2, 4):
        several = graph(threads)
        begun = [several.begin(one) for one in given]
        last_first = [wait()[0] for wait in reversed(begun)][::-1]
        for expected, found in zip(alone, last_first, strict=True):
            np.testing.assert_array_equal(found, expected)


def test_outputs_are_kept_when_their_request_is_used_again() -> None:
    one, (first, second) = graph(1), pictures(2)
    kept = one(first)[0]
    before = kept.copy()
    one(second)
    np.testing.assert_array_equal(kept, before)


def test_as_many_requests_as_threads_up_to_a_most() -> None:
    assert stream_settings(3) == {"INFERENCE_NUM_THREADS": 3, "NUM_STREAMS": 3}
    assert stream_settings(200)["NUM_STREAMS"] == MOST_REQUESTS
    assert ahead_of(graph(2)) in (0, 2)  # a machine with one processor has one stream
    assert ahead_of(graph(1)) == 0


def test_a_function_is_called_at_once() -> None:
    calls: list[Any] = []

    def double(values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
        calls.append(values)
        return (2 * values,)

    wait = begin_on(double, np.ones(3))
    assert len(calls) == 1
    np.testing.assert_array_equal(wait()[0], 2 * np.ones(3))
    assert ahead_of(double) == 0


def test_batches_of_any_size_are_taken_apart_and_begun_at_once() -> None:
    given = np.concatenate(pictures(3))
    one = graph(1)
    expected = np.concatenate([one(picture[None])[0] for picture in given])
    np.testing.assert_array_equal(in_batches(one, size=1).begin(given)()[0], expected)  # type: ignore[attr-defined]
