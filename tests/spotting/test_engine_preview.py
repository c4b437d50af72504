"""A preview of a running stream: complete scores are those yielded later, and the stream goes on unchanged."""

from __future__ import annotations

import numpy as np
import pytest

from tinyspotter import moving_noise, tiny_config, tiny_network
from touchline.spotting.engine import Engine, Plan
from touchline.spotting.torch_backend import TorchBackend

import torch  # isort: skip


@pytest.fixture(scope="module")
def backend() -> TorchBackend:
    return TorchBackend(tiny_network(tiny_config()), device=torch.device("cpu"))


def plan_of(network: object, *, chunk: int) -> Plan:
    return Plan(
        stack_offsets=tuple(network.stack_offsets),  # type: ignore[attr-defined]
        feature_offsets=tuple(network.feature_offsets),  # type: ignore[attr-defined]
        encode_batch=4,
        decode_batch=16,
        chunk=chunk,
    )


@pytest.mark.parametrize("chunk", [16, 32])
def test_complete_scores_of_a_preview_are_the_ones_yielded(backend: TorchBackend, chunk: int) -> None:
    plan = plan_of(tiny_network(tiny_config()), chunk=chunk)
    pictures = moving_noise(120, seed=5)
    expected = np.concatenate([part.values for part in Engine(plan, backend).run(enumerate(pictures))])
    engine, yielded, seen = Engine(plan, backend), [], 0
    for index, picture in enumerate(pictures):
        yielded += [part.values for part in engine.feed(index, picture)]
        preview = engine.preview()
        if preview is None:
            continue
        assert preview.first_index == sum(map(len, yielded))
        complete = expected[preview.first_index : preview.first_index + preview.complete]
        np.testing.assert_allclose(preview.values[: preview.complete], complete, atol=1e-5)
        seen = max(seen, preview.complete)
        assert len(preview.values) > preview.complete or preview.complete == 0
    yielded += [part.values for part in engine.finish()]
    assert seen > chunk // 2
    assert np.array_equal(np.concatenate(yielded), expected)
