"""Several spotters side by side: the mean of their scores, in bounded memory, taken up at any point."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tinyspotter import FRAME, moving_noise, tiny_config, tiny_network
from touchline.core.errors import UsageError
from touchline.models.specs.spec import ModelConfig
from touchline.spotting.ensemble import EnsembleSpotter, average_scores
from touchline.spotting.spotter import Spotter, make_plan
from touchline.spotting.torch_backend import TorchBackend

FRAMES = 300
CPU = torch.device("cpu")


def tiny_spotter(config: ModelConfig, *, seed: int = 0, flip: bool = False) -> Spotter:
    network = tiny_network(config, seed=seed)
    plan = make_plan(network, config, device=CPU, flip=flip)
    return Spotter(config, sha256=str(seed), plan=plan, backend=TorchBackend(network, device=CPU), device_reason="cpu")


@pytest.fixture(scope="module")
def frames() -> list[tuple[int, np.ndarray]]:
    return list(enumerate(moving_noise(FRAMES, seed=3)))


@pytest.fixture(scope="module")
def members() -> list[Spotter]:
    """One that drops the ends, one with a longer window, one mirrored with pictures of another size."""
    small = FRAME.model_copy(update={"width": 48, "height": 32})
    return [
        tiny_spotter(tiny_config(name="dropping", edge="drop"), seed=0),
        tiny_spotter(tiny_config(name="long", num_frames=33), seed=1),
        tiny_spotter(tiny_config(name="small").model_copy(update={"frame": small}), seed=2, flip=True),
    ]


def test_the_stream_is_the_mean_where_all_have_scores(
    members: list[Spotter], frames: list[tuple[int, np.ndarray]]
) -> None:
    together = EnsembleSpotter(members).scores(iter(frames))
    apart = average_scores([member.scores(iter(frames)) for member in members])
    np.testing.assert_array_equal(together.times_us, apart.times_us)
    np.testing.assert_allclose(together.values, apart.values, rtol=0, atol=1e-7)
    assert 0 < len(together) < FRAMES


@pytest.mark.parametrize("start", [128, 150, 256, FRAMES])
def test_taken_up_anywhere_the_bits_are_the_same(
    members: list[Spotter], frames: list[tuple[int, np.ndarray]], start: int
) -> None:
    spotter = EnsembleSpotter(members)
    whole = list(spotter.stream(iter(frames)))
    first = whole[0].first_index
    rest = list(spotter.stream(iter(frames[spotter.first_frame_needed(start) :]), start_index=start))
    values = np.concatenate([np.zeros((0, 2), np.float32), *(chunk.values for chunk in rest)])
    np.testing.assert_array_equal(values, np.concatenate([chunk.values for chunk in whole])[start - first :])
    assert all(chunk.first_index >= start for chunk in rest)


def test_a_video_too_short_for_one_member_has_no_scores(
    members: list[Spotter], frames: list[tuple[int, np.ndarray]]
) -> None:
    assert len(EnsembleSpotter(members).scores(iter(frames[:10]))) == 0
    assert len(EnsembleSpotter(members[1:]).scores(iter(frames[:10]))) == 10


def test_the_source_is_read_once_and_not_ahead(members: list[Spotter], frames: list[tuple[int, np.ndarray]]) -> None:
    read: list[int] = []
    stream = EnsembleSpotter(members).stream((read.append(index), (index, luma))[1] for index, luma in frames)
    chunk = next(stream)
    assert read[-1] < chunk.first_index + len(chunk) + 40, "a window and a batch after the chunk"
    list(stream)
    assert read == list(range(FRAMES))


@pytest.mark.parametrize(
    "change", [{"labels": ("PASS", "SHOT")}, {"frame": FRAME.model_copy(update={"fps": 12.5})}], ids=["labels", "fps"]
)
def test_members_must_agree(members: list[Spotter], change: dict) -> None:
    other = tiny_spotter(tiny_config(name="other").model_copy(update=change))
    with pytest.raises(UsageError, match="dropping and other"):
        EnsembleSpotter([members[0], other])


def test_an_ensemble_of_none_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one"):
        EnsembleSpotter([])


def test_unknown_labels_and_impossible_thresholds_are_refused(members: list[Spotter]) -> None:
    spotter = EnsembleSpotter(members)
    assert spotter.thresholds_with({"PASS": 0.7}) == {"PASS": 0.7, "DRIVE": 0.2}
    with pytest.raises(UsageError, match="PASS, DRIVE"):
        spotter.thresholds_with({"pass": 0.7})
    with pytest.raises(UsageError, match="outside 0 to 1"):
        spotter.thresholds_with({"PASS": float("nan")})
