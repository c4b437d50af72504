"""The encoder that reads maps at a few places: its reading against a plain one, neighbours, pieces, and its start."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from touchline.models.networks.ball_spotter import BallEncoder
from touchline.models.networks.dense import DenseSpotter
from touchline.models.networks.dense.places import PlaceEncoder, read_places


def test_reading_equals_a_plain_sum_over_the_map() -> None:
    torch.manual_seed(0)
    looks, sharpness = torch.randn(2, 2, 3, 4), torch.tensor([1.0, 2.0])
    found = read_places(looks, sharpness=sharpness)
    assert found.shape == (2, 2, 5)
    for n in range(2):
        for place in range(2):
            weights = np.exp(float(sharpness[place]) * looks[n, place].numpy().astype(np.float64))
            weights /= weights.sum()
            expected = [
                float((weights * np.linspace(-1, 1, 4)[None]).sum()),
                float((weights * np.linspace(-1, 1, 3)[:, None]).sum()),
                float(looks[n, place].max()),
                *(float((weights * looks[n, other].numpy()).sum()) for other in range(2)),
            ]
            np.testing.assert_allclose(found[n, place].numpy(), expected, atol=1e-5)


def test_a_sharp_look_says_where_and_what() -> None:
    looks = torch.full((1, 2, 5, 9), -50.0)
    looks[0, 0, 1, 6], looks[0, 1, 1, 6] = 16.0, 4.0
    found = read_places(looks, sharpness=torch.ones(2))[0, 0]
    assert found.tolist() == pytest.approx([0.5, -0.5, 16.0, 16.0, 4.0])


def test_motion_is_that_of_the_places() -> None:
    """A look that is the brightest spot, which moves one cell to the right in each frame."""
    encoder = PlaceEncoder(places=1).eval()
    spots = torch.zeros(5, 1, 4, 11)
    for frame in range(5):
        spots[frame, 0, 2, 3 + frame] = 20.0
    encoder.read = lambda stacks: read_places(spots, sharpness=torch.ones(1))  # type: ignore[method-assign]
    found = encoder.clip_features(torch.zeros(1, 5, 1, 8, 8))[0]
    assert found[:, 0].tolist() == pytest.approx([-1.2, -0.6, 0.0, 0.6, 1.2], abs=1e-4)
    assert found[:, 4].tolist() == pytest.approx([0.8, 1.6, 1.6, 1.6, 0.8], abs=1e-2)
    assert found[:, 5].tolist() == pytest.approx([0.0] * 5, abs=1e-3)


@pytest.mark.parametrize("causal", [False, True])
def test_a_frame_sees_its_reach_and_nothing_else(causal: bool) -> None:
    torch.manual_seed(0)
    encoder = PlaceEncoder(causal=causal).eval()
    clip = torch.rand(7, 3, 16, 24)
    changed = clip.clone()
    changed[3] = 0
    with torch.inference_mode():
        one, other = (encoder.clip_features(encoder.frame_maps(c)[None])[0] for c in (clip, changed))
    differs = [index for index in range(7) if not torch.equal(one[index], other[index])]
    before, after = encoder.reach
    assert differs == list(range(3 - after, min(7, 3 + before + 1)))


def test_mirrored_features_turn_sides_and_nothing_else() -> None:
    found = PlaceEncoder(places=2).mirrored(torch.arange(1.0, 15.0))
    assert found.tolist() == [-1, 2, 3, 4, 5, -6, 7, -8, 9, 10, 11, 12, -13, 14]


def test_pieces_change_nothing() -> None:
    torch.manual_seed(0)
    encoder = PlaceEncoder().eval()
    maps = encoder.frame_maps(torch.rand(7, 3, 16, 24))[None]
    with torch.inference_mode():
        whole = encoder.clip_features(maps)
        encoder.piece = 3
        torch.testing.assert_close(encoder.clip_features(maps), whole)


def test_it_starts_from_a_ball_encoder_and_looks_at_what_that_knows() -> None:
    torch.manual_seed(0)
    ball, encoder = BallEncoder().eval(), PlaceEncoder().eval()
    encoder.start_from_ball(ball.state_dict())
    torch.testing.assert_close(encoder.stem.state_dict(), ball.stem.state_dict())
    torch.testing.assert_close(encoder.look.weight[0], ball.states.weight[0])
    torch.testing.assert_close(encoder.look.weight[3], ball.states.weight[4])
    with pytest.raises(ValueError, match="weights of another network"):
        encoder.start_from_ball({**ball.state_dict(), "more.weight": torch.zeros(1)})


def test_a_dense_spotter_with_it_says_something_of_every_frame() -> None:
    network = DenseSpotter(encoder="places", label_counts=(2, 3), displacement=True, team=True, clip_length=6).eval()
    with torch.inference_mode():
        said = network(torch.rand(2, 6, 3, 16, 24))
    assert [tuple(one.shape) for one in said.classes] == [(2, 6, 3), (2, 6, 4)]
    assert network.reach == (2, 2)
