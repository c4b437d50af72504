"""The ball spotter sees what it is told to see, and windows agree with whole sequences."""

from __future__ import annotations

import torch

from touchline.models.networks.ball_spotter import BALL_STATES, BallSpotter, BallTrack, candidate_vectors

TOKEN = 2 + len(BALL_STATES)


def small_network() -> BallSpotter:
    torch.manual_seed(0)
    return BallSpotter(
        num_classes=2, stem=4, width=8, deep=8, candidates=2, channels=8, dilations=(1, 2), horizon=2
    ).eval()


def states_with_ball_at(*cells_yx: tuple[int, int]) -> torch.Tensor:
    states = torch.full((1, len(BALL_STATES), 10, 20), -5.0)
    for rank, (y, x) in enumerate(cells_yx):
        states[0, 0, y, x] = 5.0 - rank
        states[0, 1, y, x] = float(rank + 1)
    return states


def test_candidates_are_the_peaks_best_first_at_cell_centres() -> None:
    vectors = candidate_vectors(states_with_ball_at((3, 4), (8, 15)), candidates=2).reshape(2, TOKEN)
    expected_x = torch.tensor([(4 + 0.5) / 20 * 2 - 1, (15 + 0.5) / 20 * 2 - 1])
    expected_y = torch.tensor([(3 + 0.5) / 10 * 2 - 1, (8 + 0.5) / 10 * 2 - 1])
    assert torch.allclose(vectors[:, 0], expected_x)
    assert torch.allclose(vectors[:, 1], expected_y)
    assert vectors[:, 3].tolist() == [1.0, 2.0]


def test_a_neighbour_of_a_peak_is_no_second_candidate() -> None:
    vectors = candidate_vectors(states_with_ball_at((3, 4), (3, 5), (8, 15)), candidates=2).reshape(2, TOKEN)
    assert vectors[:, 3].tolist() == [1.0, 3.0]


def crossing_tokens(length: int = 20) -> torch.Tensor:
    """A ball that moves right; from frame 8 to 10 a far decoy looks more like it and comes first in the list."""
    tokens = torch.full((1, length, 2, TOKEN), -6.0)
    for i in range(length):
        ball = torch.tensor([-0.5 + i * 0.02, 0.1])
        decoy = torch.tensor([0.9, -0.8])
        fooled = 8 <= i <= 10
        first, second = (decoy, ball) if fooled else (ball, decoy)
        tokens[0, i, 0, :2], tokens[0, i, 1, :2] = first, second
        tokens[0, i, 0, 2], tokens[0, i, 1, 2] = 2.0, (1.0 if fooled else -4.0)
    return tokens


def test_the_track_follows_the_ball_past_a_better_looking_decoy() -> None:
    track = BallTrack(2, horizon=4)
    with torch.no_grad():
        way = track(crossing_tokens().flatten(2))[0]
    expected_x = torch.tensor([-0.5 + i * 0.02 for i in range(track.radius, 20 - track.radius)])
    assert torch.allclose(way[:, 6], expected_x, atol=0.02)
    assert torch.allclose(way[:, 7], torch.full_like(expected_x, 0.1), atol=0.02)
    velocity_x = 0.02 * 320 / 5
    assert torch.allclose(way[:, 8], torch.full_like(expected_x, velocity_x), atol=0.1)
    assert torch.allclose(way[:, 9], torch.zeros_like(expected_x), atol=0.1)
    assert torch.allclose(way[:, 10], torch.full_like(expected_x, velocity_x), atol=0.1)


def test_protocol_shapes_and_reach() -> None:
    network = small_network()
    assert network.stack_offsets == (-1, 0, 1)
    assert network.feature_offsets == tuple(range(-7, 8))
    vectors = network.encode(torch.rand(5, 3, 32, 64))
    assert vectors.shape == (5, network.vector_size)
    assert network.decode(torch.rand(4, 15, network.vector_size)).shape == (4, 2)


def test_windows_equal_the_whole_sequence() -> None:
    network = small_network()
    vectors = torch.randn(1, 40, network.vector_size)
    with torch.no_grad():
        whole = network.head(vectors)[0]
        windows = torch.stack([vectors[0, i : i + 15] for i in range(26)])
        assert torch.allclose(network.decode(windows), whole, atol=1e-5)


def test_built_in_size_is_small() -> None:
    weights = sum(p.numel() for p in BallSpotter(num_classes=2).parameters())
    assert weights * 4 < 8 * 2**20
