"""The network of joint sequences: size and place do not matter, missing joints do no harm, one moment is enough."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from touchline.models.networks.skeleton_net import SkeletonNet

JOINTS = 6
BODY: dict[str, Any] = {"joints": JOINTS, "shoulders": [0, 1], "hips": [2, 3], "bones": [[0, 4], [1, 5]]}


def network(**changes: Any) -> SkeletonNet:
    torch.manual_seed(0)
    return SkeletonNet(3, **{**BODY, "width": 8, **changes}).eval()


def people(n: int = 2, t: int = 10) -> torch.Tensor:
    """Sequences (n, t, 6, 3) whose shoulders lie above their hips."""
    random = torch.Generator().manual_seed(1)
    places = torch.randn(n, t, JOINTS, 2, generator=random) * 0.1
    places[:, :, :2, 1] -= 1.0
    return torch.cat([places, torch.ones(n, t, JOINTS, 1)], dim=-1)


def test_it_gives_logs_of_probabilities() -> None:
    said = network()(people())
    assert said.shape == (2, 3)
    torch.testing.assert_close(said.exp().sum(dim=1), torch.ones(2))


def test_it_is_the_mean_of_its_members() -> None:
    one = network(views=["court", "body", "body"])
    places = one.normalise(people())
    alone = [one.member_logits(places, member=k).softmax(dim=1) for k in range(3)]
    torch.testing.assert_close(one(people()).exp(), torch.stack(alone).mean(dim=0))


@pytest.mark.parametrize("scale", [0.01, 37.0])
def test_size_and_place_of_the_person_do_not_matter(scale: float) -> None:
    one, seen = network(), people()
    elsewhere = seen.clone()
    elsewhere[..., :2] = scale * elsewhere[..., :2] + torch.tensor([500.0, -20.0])
    torch.testing.assert_close(one(elsewhere), one(seen), rtol=1e-2, atol=2e-3)


def test_hips_become_the_origin_and_the_trunk_1() -> None:
    seen = people(1, 4)
    seen[0, :, :, :2] = torch.tensor([[[1, 3], [3, 3], [1, 7], [3, 7], [0, 5], [4, 5]]], dtype=torch.float32)
    places = network().normalise(seen)
    wanted = torch.tensor([[-1, -4], [1, -4], [-1, 0], [1, 0], [-2, -2], [2, -2]]) / 4
    torch.testing.assert_close(places[0], wanted.expand(4, 6, 2))


def test_a_joint_that_is_not_seen_lies_between_the_hips_whatever_its_numbers() -> None:
    seen = people()
    seen[:, :, 4, 2] = 0
    other = seen.clone()
    other[:, :, 4, :2] = 1e4
    one = network()
    places = one.normalise(seen)
    torch.testing.assert_close(places[:, :, 4], places[:, :, 2:4].mean(dim=2), rtol=1e-4, atol=1e-5)
    assert torch.equal(one(seen), one(other))


@pytest.mark.parametrize("lost", [[2, 3], [0, 1], [2], [0, 1, 2, 3], list(range(6))])
def test_lost_hips_shoulders_or_everything_give_numbers(lost: list[int]) -> None:
    seen = people()
    seen[:, 3:, lost] = 0
    assert torch.isfinite(network()(seen)).all()
    seen[:, :, lost] = 0
    assert torch.isfinite(network()(seen)).all()


@pytest.mark.parametrize("moments", [1, 2, 77])
def test_any_number_of_moments_will_do(moments: int) -> None:
    said = network()(people(3, moments))
    assert said.shape == (3, 3) and torch.isfinite(said).all()


def test_one_sequence_is_named_as_among_others() -> None:
    one, seen = network(), people(5)
    torch.testing.assert_close(one(seen[2:3])[0], one(seen)[2], rtol=1e-4, atol=1e-5)


def test_views_see_what_they_should() -> None:
    one = network()
    places = one.normalise(people())
    walking = places + torch.linspace(0, 3, 10)[None, :, None, None]
    relative = slice(0, 2 * JOINTS)
    body, moved = (one.channels(p, view="body") for p in (places, walking))
    torch.testing.assert_close(body[:, relative], moved[:, relative], rtol=1e-4, atol=1e-5)
    assert body.shape == (2, 4 * JOINTS + 2 * 2 + 2, 10)
    court, moved = (one.channels(p, view="court") for p in (places, walking))
    assert court.shape == (2, 6 * JOINTS, 10)
    assert float((court - moved).abs().max()) > 1


def test_views_that_do_not_exist_are_refused() -> None:
    with pytest.raises(ValueError, match="'side'"):
        network(views=["court", "side"])
    with pytest.raises(ValueError, match="views"):
        network(views=[])
