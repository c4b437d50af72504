"""Targets and sampling against the reference's numbers."""

import numpy as np
import pytest

from touchline.core.errors import InputError
from touchline.core.events import Event
from touchline.models.networks.slow_fusion import clip_offsets
from touchline.training.spotting.sampling import ClipSampler, keep_inside, sampling_weights, shake
from touchline.training.spotting.targets import action_frames, clip_target, dense_targets


def test_sampling_weights_have_the_reference_values() -> None:
    weights = sampling_weights({100: 0, 104: 1, 500: 0}, frame_count=1000)
    hot = [*range(96, 109), *range(496, 505)]
    assert len(hot) == 22
    assert weights[hot] == pytest.approx(0.02272727, abs=1e-8)
    assert np.delete(weights, hot) == pytest.approx(0.000511247, abs=1e-9)
    assert weights.sum() == pytest.approx(1.0)


def test_class_weights_count_before_the_filter() -> None:
    weights = sampling_weights({100: 0, 104: 1, 500: 0}, frame_count=1000, class_weights=[1.0, 0.5])
    assert weights[104] == pytest.approx(weights[100])  # the neighbour's larger weight spreads over it
    assert weights[106] == pytest.approx(weights[100] / 2)
    assert weights[96:109].sum() + weights[496:505].sum() == pytest.approx(0.5)


def test_hard_negatives_gain_and_the_ring_does_not() -> None:
    predictions = np.zeros((1000, 2), np.float32)
    predictions[300, 1] = 0.9  # fooled, far from any action
    predictions[110, 0] = 0.9  # 10 frames after an action: its echo
    predictions[118, 0] = 0.9  # 18 frames after: outside the ring
    plain = sampling_weights({100: 0}, frame_count=1000)
    weights = sampling_weights({100: 0}, frame_count=1000, predictions=predictions)
    assert weights[96:105] == pytest.approx(plain[96:105])
    assert weights[110] == pytest.approx(weights[700])
    assert weights[300] == pytest.approx(weights[118])
    assert weights[300] / weights[700] == pytest.approx(0.9 / (9 / 991), rel=1e-6)
    assert np.delete(weights, range(96, 105)).sum() == pytest.approx(0.5)


def test_a_video_without_actions_is_drawn_evenly() -> None:
    assert sampling_weights({}, frame_count=4).tolist() == [0.25] * 4


def test_draws_depend_on_seed_and_index_only() -> None:
    weights = [sampling_weights({10: 0}, frame_count=100), sampling_weights({50: 0}, frame_count=200)]
    sampler = ClipSampler(weights, seed=3)
    draws = [sampler.draw(index) for index in range(4000)]
    assert ClipSampler(weights, seed=3).draw(1234) == draws[1234]
    assert ClipSampler(weights, seed=4).draw(1234) != draws[1234]
    assert np.mean([draw.video for draw in draws]) == pytest.approx(0.5, abs=0.03)
    near = [abs(draw.frame - (10, 50)[draw.video]) <= 4 for draw in draws]
    assert np.mean(near) == pytest.approx(0.5, abs=0.03)
    assert len({draw.seed for draw in draws}) == 4000


def test_labels_fall_on_frames_by_rounding_to_even_and_later_ones_win() -> None:
    events = [Event("PASS", 1_000_000), Event("DRIVE", 1_020_000), Event("PASS", 60_000)]
    assert action_frames(events, labels=("PASS", "DRIVE"), fps=25) == {25: 0, 26: 1, 2: 0}  # 25.5 -> 26, 1.5 -> 2
    events = [Event("PASS", 1_000_000), Event("DRIVE", 1_010_000)]
    assert action_frames(events, labels=("PASS", "DRIVE"), fps=25) == {25: 1}


CARDS = {"Yellow card": "Card", "Red card": "Card", "Yellow->red card": "Card"}


def test_labels_are_mapped_left_out_or_refused() -> None:
    events = [Event("Red card", 0), Event("Goal", 1_000_000, visible=False), Event("Foul", 2_000_000)]
    frames = action_frames(events, labels=("Card", "Goal"), fps=25, label_map=CARDS | {"Foul": ""}, visible_only=True)
    assert frames == {0: 0}
    only_cards = action_frames(events, labels=("Card",), fps=25, label_map=CARDS | {"*": ""})
    assert only_cards == {0: 0}
    with pytest.raises(InputError, match=r"'Foul'.*Goal"):
        action_frames(events, labels=("Card", "Goal"), fps=25, label_map=CARDS)


@pytest.mark.parametrize("frames", [15, 33])
def test_target_is_one_exactly_from_seven_before_to_seven_after(frames: int) -> None:
    dense = dense_targets({100: 1}, frame_count=200, class_count=2)
    offsets = clip_offsets(frames)
    answers = {
        centre: clip_target(dense, first=centre + offsets[0], last=centre + offsets[-1]).tolist()
        for centre in range(50, 150)
    }
    assert {centre for centre, answer in answers.items() if answer == [0.0, 1.0]} == set(range(93, 108))
    assert {tuple(answer) for answer in answers.values()} == {(0.0, 1.0), (0.0, 0.0)}


@pytest.mark.parametrize(("moves", "window"), [((1, 1), (-6, 8)), ((-1, -1), (-8, 6)), ((-1, 0), (-8, 6))])
def test_shaken_ends_move_the_label_window(moves: tuple[int, int], window: tuple[int, int]) -> None:
    hits = []
    for shift in range(-12, 13):
        dense = dense_targets({100 + shift: 0}, frame_count=200, class_count=1)
        if clip_target(dense, first=86 + moves[0], last=114 + moves[1])[0]:
            hits.append(shift)
    assert (hits[0], hits[-1]) == window


def test_clip_positions_of_the_reference() -> None:
    short, long = clip_offsets(15), clip_offsets(33)
    assert (100 + short[0], 100 + short[-1]) == (86, 114)
    assert (100 + long[0], 100 + long[-1]) == (68, 132)
    assert [keep_inside(at, offsets=short, frame_count=1000) for at in (0, 500, 1000)] == [15, 500, 984]
    assert [keep_inside(at, offsets=long, frame_count=1000) for at in (0, 500, 1000)] == [33, 500, 966]
    with pytest.raises(ValueError, match="20 frames"):
        keep_inside(3, offsets=short, frame_count=20)


def test_shaker_moves_a_quarter_of_clips_by_at_most_one() -> None:
    offsets = clip_offsets(15)
    shaken = [shake(offsets, generator=np.random.default_rng(seed)) for seed in range(2000)]
    moved = np.array([entry for entry in shaken if entry != offsets]) - np.array(offsets)
    assert len(moved) / 2000 == pytest.approx(0.25, abs=0.04)
    assert set(np.unique(moved)) == {-1, 0, 1}
    assert np.mean(moved == 0) == pytest.approx(0.6, abs=0.02)
