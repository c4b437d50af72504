"""A backend that encodes batches ahead gives the same scores, and a preview waits for what it has begun."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tinyspotter import moving_noise, tiny_config, tiny_network
from touchline.models.runtime.requests import Pending
from touchline.spotting.engine import Engine, Plan
from touchline.spotting.torch_backend import TorchBackend


class AheadBackend(TorchBackend):
    """Encodes a batch only when its features are asked for."""

    def __init__(self, network: Any, ahead: int) -> None:
        super().__init__(network, device=torch.device("cpu"))
        self.ahead = ahead
        self.open = self.most = 0

    def begin(self, frames: Any, stacks: Any, *, mirrored: bool) -> Pending[Any]:
        self.open += 1
        self.most = max(self.most, self.open)

        def wait() -> Any:
            self.open -= 1
            return self.encode(frames, stacks, mirrored=mirrored)

        return wait


@pytest.mark.parametrize("count", [3, 50, 90])
@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("start", [0, 40])
def test_scores_are_the_same_however_far_ahead(count: int, flip: bool, start: int) -> None:
    network, pictures = tiny_network(tiny_config()), moving_noise(count, seed=5)
    plan = Plan(network.stack_offsets, network.feature_offsets, encode_batch=4, decode_batch=16, chunk=32, flip=flip)
    plain = list(
        Engine(plan, TorchBackend(network, device=torch.device("cpu")), start_index=start).run(enumerate(pictures))
    )
    for ahead in (1, 3):
        backend = AheadBackend(network, ahead)
        found = list(Engine(plan, backend, start_index=start).run(enumerate(pictures)))
        assert [part.first_index for part in found] == [part.first_index for part in plain]
        for a, b in zip(plain, found, strict=True):
            np.testing.assert_array_equal(a.values, b.values)
        assert backend.open == 0 or count == 3
        if count == 90 and not start:
            assert backend.most >= (ahead + 1) * (1 + flip)


def test_a_preview_shows_what_has_been_begun() -> None:
    network, pictures = tiny_network(tiny_config()), moving_noise(60, seed=5)
    plan = Plan(network.stack_offsets, network.feature_offsets, encode_batch=4, decode_batch=16, chunk=32)
    lengths = []
    for backend in (TorchBackend(network, device=torch.device("cpu")), AheadBackend(network, 3)):
        engine, seen = Engine(plan, backend), []
        for index, picture in enumerate(pictures):
            yielded = sum(map(len, engine.feed(index, picture)))
            preview = engine.preview()
            seen.append((yielded, 0 if preview is None else preview.first_index + len(preview.values)))
        lengths.append([end for _, end in seen if end])
    assert lengths[0][-1] == lengths[1][-1]
