"""What became of a played ball: who had it next, or whether it left the pitch."""

from __future__ import annotations

import pytest

from touchline.core.tracks import Shot
from touchline.spotting.from_tracks.contacts import Contact
from touchline.spotting.from_tracks.outcomes import Following, following

SHOTS = (Shot(0, 0, 20_000_000, "wide"), Shot(1, 20_000_000, 40_000_000, "wide"))


def contact(
    second: float, track_id: int | None, team: str | None, place_m: tuple[float, float] | None = (0.0, 0.0)
) -> Contact:
    return Contact(
        time_us=round(second * 1_000_000),
        frame=0,
        shot=0,
        track_id=track_id,
        team=team,
        xy_px=(0.0, 0.0),
        place_m=place_m,
        strength=6.0,
        distance=0.2,
        reason="the ball turns by 74 degrees",
    )


PLAYED = contact(1.0, 3, "A", (0.0, 0.0))
MATE, OPPONENT = contact(2.5, 7, "A", (3.0, 4.0)), contact(2.5, 9, "B", (6.0, 8.0))


def test_a_team_mate_receives_it() -> None:
    found = following(PLAYED, (PLAYED, contact(1.4, 3, "A"), MATE, OPPONENT), shots=SHOTS)
    assert found == Following("complete", 7, (3.0, 4.0), 5.0)


def test_an_opponent_intercepts_it() -> None:
    assert following(PLAYED, (PLAYED, OPPONENT), shots=SHOTS) == Following("intercepted", 9, (6.0, 8.0), 10.0)


def test_it_goes_out_before_anybody_has_it() -> None:
    found = following(PLAYED, (PLAYED, OPPONENT), shots=SHOTS, outs=((2_000_000, (0.0, 34.0)),))
    assert found == Following("out", None, (0.0, 34.0), 34.0)
    late = following(PLAYED, (PLAYED, OPPONENT), shots=SHOTS, outs=((2_600_000, None),))
    assert late.outcome == "intercepted"


@pytest.mark.parametrize(
    ("later", "receiver"),
    [
        ((), None),
        ((contact(9.5, 7, "A"),), None),
        ((contact(1.5, None, None),), None),
        ((contact(2.0, 7, None),), 7),
    ],
    ids=["nobody", "too late", "a bounce", "no team"],
)
def test_otherwise_it_is_unknown(later: tuple[Contact, ...], receiver: int | None) -> None:
    found = following(PLAYED, (PLAYED, *later), shots=SHOTS)
    assert (found.outcome, found.receiver) == ("unknown", receiver)


def test_nothing_is_known_across_a_cut_or_without_places() -> None:
    played = contact(19.5, 3, "A")
    assert following(played, (played, contact(20.5, 7, "A")), shots=SHOTS).outcome == "unknown"
    found = following(PLAYED, (PLAYED, contact(2.0, 7, "A", None)), shots=SHOTS)
    assert (found.outcome, found.to_m, found.length_m) == ("complete", None, None)
