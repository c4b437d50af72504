"""A shot checks itself: its place, what follows from it, and what cannot be."""

from __future__ import annotations

import math

import pytest

from touchline.core.shots import Shot


def test_what_follows_from_the_place() -> None:
    shot = Shot(108.0, 45.0, keeper_yd=(114.0, 42.5), outcome="Saved")
    assert shot.distance_yd == pytest.approx(13.0)
    assert shot.angle_deg == pytest.approx(math.degrees(math.atan2(5, 12)))
    assert shot.engagement == pytest.approx(0.5)
    assert shot.on_target
    assert not Shot(108.0, 45.0, outcome="Off T").on_target
    assert Shot(108.0, 45.0, keeper_yd=(114.0, 42.5), engagement=0.7).engagement == 0.7


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ((121.0, 40.0), "outside the pitch"),
        ((40.0, 108.0), "swapped"),
        ((-1.0, 40.0), "outside the pitch"),
        ((math.nan, 40.0), "outside the pitch"),
        ((120.0, 40.0), "centre of the goal"),
    ],
)
def test_places_that_cannot_be(place: tuple[float, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Shot(*place)


def test_engagement_and_keepers_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="engagement 7"):
        Shot(108.0, 45.0, engagement=7.0)
    with pytest.raises(ValueError, match="the keeper at x=130"):
        Shot(108.0, 45.0, keeper_yd=(130.0, 40.0))
