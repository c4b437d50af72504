"""The ball spotter sees what it is told to see, and windows agree with whole sequences."""

from __future__ import annotations

import torch

from touchline.models.ball_spotter import BALL_STATES, BallSpotter, EncodedMaps, candidate_vectors


def small_network() -> BallSpotter:
    torch.manual_seed(0)
    return BallSpotter(
        num_classes=2, stem=4, width=8, deep=8, context=4, candidates=2, channels=8, dilations=(1, 2)
    ).eval()


def maps_with_ball_at(*cells_yx: tuple[int, int]) -> EncodedMaps:
    states = torch.full((1, len(BALL_STATES), 10, 20), -5.0)
    for rank, (y, x) in enumerate(cells_yx):
        states[0, 0, y, x] = 5.0 - rank
    features = torch.arange(200.0).reshape(1, 1, 10, 20)
    return EncodedMaps(states, features, torch.zeros(1, 4))


def test_candidates_are_the_peaks_best_first_at_cell_centres() -> None:
    vectors = candidate_vectors(maps_with_ball_at((3, 4), (8, 15)), candidates=2).reshape(2, -1)
    expected_x = torch.tensor([(4 + 0.5) / 20 * 2 - 1, (15 + 0.5) / 20 * 2 - 1])
    expected_y = torch.tensor([(3 + 0.5) / 10 * 2 - 1, (8 + 0.5) / 10 * 2 - 1])
    assert torch.allclose(vectors[:, 0], expected_x)
    assert torch.allclose(vectors[:, 1], expected_y)
    assert vectors[:, -1].tolist() == [3 * 20 + 4, 8 * 20 + 15]


def test_a_neighbour_of_a_peak_is_no_second_candidate() -> None:
    maps = maps_with_ball_at((3, 4), (3, 5), (8, 15))
    vectors = candidate_vectors(maps, candidates=2).reshape(2, -1)
    assert vectors[:, -1].tolist() == [3 * 20 + 4, 8 * 20 + 15]


def test_protocol_shapes_and_reach() -> None:
    network = small_network()
    assert network.stack_offsets == (-1, 0, 1)
    assert network.feature_offsets == (-3, -2, -1, 0, 1, 2, 3)
    vectors = network.encode(torch.rand(5, 3, 32, 64))
    assert vectors.shape == (5, network.vector_size)
    assert network.decode(torch.rand(4, 7, network.vector_size)).shape == (4, 2)


def test_windows_equal_the_whole_sequence() -> None:
    network = small_network()
    vectors = torch.randn(1, 30, network.vector_size)
    with torch.no_grad():
        whole = network.head(vectors)[0]
        windows = torch.stack([vectors[0, i : i + 7] for i in range(24)])
        assert torch.allclose(network.decode(windows), whole, atol=1e-5)


def test_an_output_depends_on_its_window_only() -> None:
    network = small_network()
    window = torch.randn(1, 7, network.vector_size, requires_grad=True)
    network.decode(window).sum().backward()
    assert window.grad is not None
    assert bool((window.grad.abs().sum((0, 2)) > 0).all())


def test_built_in_size_is_small() -> None:
    weights = sum(p.numel() for p in BallSpotter(num_classes=2).parameters())
    assert weights * 4 < 8 * 2**20
