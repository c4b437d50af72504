"""Events of play from made tracks, made curves of a picture model, and made sound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from madeplay import SIZE, ball_of, camera_of, times_of, track_of
from touchline.core.arrays import Floats64
from touchline.core.events import Event, Scores, Timeline
from touchline.core.sound import SoundReading, WhistleBlow, no_sound
from touchline.core.tracks import Shot, Tracks
from touchline.spotting.from_tracks.events import find_track_events
from touchline.spotting.from_tracks.fusion import TRACKS_ALONE, FusionModel, LabelFusion
from touchline.spotting.from_tracks.play import (
    BallSight,
    Candidate,
    Sources,
    Witness,
    one_name_a_touch,
    play_events,
    reason_of,
    strength_near,
    track_candidates,
)

COUNT, KICK, TAKEN = 60, 20, 40
PLAIN = FusionModel({label: LabelFusion(TRACKS_ALONE, 0.5) for label in ("PASS", "DRIVE")})


def standing(x: float, y: float) -> Floats64:
    return np.tile([x, y], (COUNT, 1)).astype(np.float64)


def passed_ball() -> Floats64:
    """A ball that lies at no. 3's feet, rolls to no. 7 over 240 pixels, and is stopped there."""
    frames = np.arange(COUNT, dtype=np.float64)
    x = 200 + 12 * np.clip(frames - KICK, 0, TAKEN - KICK)
    return np.stack([x, np.full(COUNT, 198.0)], axis=1)


def a_pass(*, receiver_team: str = "A", kind: str = "wide", ball: bool = True) -> Tracks:
    people = [
        track_of(3, standing(200, 200), team="A"),
        track_of(7, standing(440, 200), team=receiver_team),
        track_of(8, standing(320, 300), team="B"),
        track_of(9, standing(100, 120), team="B"),
    ]
    tracks = (*people, *([ball_of(20, passed_ball())] if ball else []))
    return Tracks(tracks, (Shot(0, 0, int(times_of(COUNT + 1)[-1]), kind=kind, pitch=1.0),), *SIZE)


def picture(*peaks_us: int, value: float = 0.9) -> Scores:
    times_us = times_of(COUNT)
    values = np.zeros((COUNT, 2), np.float32)
    for peak_us in peaks_us:
        middle = int(np.abs(times_us - peak_us).argmin())
        values[middle - 3 : middle + 4, 0] = value
    return Scores(values, times_us, ("PASS", "DRIVE"))


def events(tracks: Tracks, **sources: object) -> Timeline:
    found = find_track_events(tracks, camera=camera_of(COUNT, pitch=True), model=None)
    return play_events(found, sources=Sources(tracks, **sources), fusion=PLAIN)  # type: ignore[arg-type]


def surest(timeline: Timeline, label: str) -> list[Event]:
    return [event for event in timeline if event.label == label and event.confidence >= 0.5]


def test_a_pass_from_3_to_7_is_one_pass_that_arrives() -> None:
    (found,) = surest(events(a_pass()), "PASS")
    assert abs(found.start_us - times_of(COUNT)[KICK]) <= 100_000
    assert (found.team, found.player) == ("A", "3")
    assert (found.extra["outcome"], found.extra["receiver"]) == ("complete", 7)
    assert found.extra["length_m"] == pytest.approx(12.0, abs=1.0)
    assert found.extra["place_m"] == pytest.approx([-6.0, -0.9], abs=0.6)
    assert "player 3 of team A" in str(found.extra["reason"])


def test_into_the_other_team_it_is_intercepted() -> None:
    (found,) = surest(events(a_pass(receiver_team="B")), "PASS")
    assert (found.extra["outcome"], found.extra["receiver"]) == ("intercepted", 7)


@pytest.mark.parametrize("kind", ["close-up", "replay", "other"])
def test_nothing_is_claimed_in_another_shot(kind: str) -> None:
    assert not events(a_pass(kind=kind), picture=picture(1_600_000)).events


def test_the_picture_alone_claims_nothing_where_it_disagrees_with_the_ball() -> None:
    assert not surest(events(a_pass(), picture=picture(800_000), picture_name="spotter"), "PASS")[1:]
    (alone,) = events(a_pass(ball=False), picture=picture(800_000), picture_name="spotter")
    assert (alone.label, alone.start_us, alone.source) == ("PASS", 800_000, "tracks+spotter")
    assert alone.confidence == 0.0
    assert "no contact with the ball was seen" in str(alone.extra["reason"])
    assert "not trusted on this video" in str(alone.extra["reason"])


def test_names_given_by_a_person_are_used() -> None:
    tracks = a_pass()
    named = tuple(replace(one, name="Smith") if one.track_id == 3 else one for one in tracks)
    (found,) = surest(events(replace(tracks, tracks=named)), "PASS")
    assert found.player == "Smith"


def test_equal_input_gives_equal_events() -> None:
    assert events(a_pass(), picture=picture(1_600_000)) == events(a_pass(), picture=picture(1_600_000))


def test_a_whistle_speaks_for_a_restart_and_for_nothing_else() -> None:
    tracks = a_pass()
    heard = SoundReading(no_sound("").curves, (WhistleBlow(900_000, 1_200_000, 0.8, 3_000),))
    witness = Witness(find_track_events(tracks, camera=None), Sources(tracks, sound=heard))
    restart, plain = (Candidate(label, 1_600_000, 0.5, None, True) for label in ("KICK OFF", "PASS"))
    assert witness.of(restart).sound == 0.8
    assert witness.of(plain).sound == 0.0
    assert "whistle 0.80" in reason_of(restart, witness.of(restart))
    assert witness.of(replace(restart, time_us=800_000)).sound == 0.0


def test_how_well_the_ball_was_seen() -> None:
    assert BallSight(a_pass()).seen(2_000_000) == 1.0
    assert BallSight(a_pass(ball=False)).seen(2_000_000) == 0.0


def test_pictures_that_were_filled_in_do_not_count_as_looked_at() -> None:
    tracks = a_pass()
    every_second = np.arange(COUNT) % 2 == 0
    halved = tuple(replace(one, observed=every_second) for one in tracks)
    assert BallSight(replace(tracks, tracks=halved)).seen(2_000_000) == 1.0


def named(label: str, time_s: float) -> Candidate:
    return Candidate(label, round(1e6 * time_s), 0.5, None, decoded=True)


def test_of_a_carry_and_a_pass_of_one_touch_the_surer_one_stays() -> None:
    limits = {"PASS": 0.4, "DRIVE": 0.4}
    both = [named("DRIVE", 1.0), named("PASS", 1.2)]
    assert one_name_a_touch(both, [0.5, 0.7], thresholds=limits) == pytest.approx([0.3, 0.7])
    assert one_name_a_touch(both, [0.55, 0.45], thresholds=limits) == pytest.approx([0.55, 0.396])
    assert one_name_a_touch([both[0], named("PASS", 1.4)], [0.5, 0.7], thresholds=limits) == [0.5, 0.7]


def test_a_label_that_is_off_takes_no_touch() -> None:
    both = [named("DRIVE", 1.0), named("HIGH PASS", 1.2)]
    assert one_name_a_touch(both, [0.5, 0.9], thresholds={"DRIVE": 0.4, "HIGH PASS": 1.0}) == [0.5, 0.9]


def test_only_a_contact_of_a_person_nearby_counts_as_one() -> None:
    found = find_track_events(a_pass(), camera=camera_of(COUNT, pitch=True))
    kick = min(found.contacts, key=lambda one: abs(one.time_us - times_of(COUNT)[KICK]))
    assert strength_near(found.contacts, kick.time_us) == pytest.approx(min(1.0, kick.strength / 8))
    assert strength_near([replace(kick, track_id=None)], kick.time_us) == 0.0
    assert strength_near(found.contacts, kick.time_us + 5_000_000) == 0.0


def test_a_kind_of_pass_that_is_off_is_the_pass_that_it_is() -> None:
    found = find_track_events(a_pass(), camera=camera_of(COUNT, pitch=True))
    (kick,) = [one for one in found.events if one.label == "PASS"]
    high = replace(found, events=(replace(kick, label="HIGH PASS"),))
    assert {one.label for one in track_candidates(high) if one.decoded} == {"HIGH PASS"}
    assert {one.label for one in track_candidates(high, off=("HIGH PASS",)) if one.decoded} == {"PASS"}
