"""Events by rules: a pass from one player to another, and nothing outside wide shots."""

from __future__ import annotations

import numpy as np

from madeplay import ball_of, camera_of, play, times_of, track_of
from touchline.core.tracks import Tracks
from touchline.spotting.from_tracks import find_track_events
from touchline.spotting.from_tracks.labels import TRACK_LABELS


def a_pass(*, kind: str = "wide") -> Tracks:
    """At frame 10 player 2 sends the ball to player 3, who stops it at frame 25 and keeps it."""
    frames = np.arange(50.0)
    x = np.clip(100 + 20 * (frames - 10), 100, 400)
    ball = np.stack([x, np.full(50, 300.0)], axis=1)
    passer = track_of(2, np.tile([[98.0, 303.0]], (50, 1)), team="A")
    receiver = track_of(3, np.tile([[402.0, 303.0]], (50, 1)), team="A")
    return play(ball_of(1, ball), passer, receiver, count=50, kind=kind)


def test_a_pass_is_found_at_its_kick() -> None:
    found = find_track_events(a_pass(), camera=camera_of(50))
    passes = [event for event in found.events if event.label == "PASS"]
    assert [(event.time_us, event.contact.track_id) for event in passes if event.contact] == [(times_of(50)[10], 2)]
    assert [contact.track_id for contact in found.contacts] == [2, 3]
    column = found.scores.values[:, TRACK_LABELS.index("PASS")]
    assert int(column.argmax()) == 10
    assert float(column[10]) == np.float32(passes[0].confidence)


def test_control_after_a_contact_is_a_drive() -> None:
    found = find_track_events(a_pass(), camera=camera_of(50))
    assert [(event.label, event.time_us) for event in found.events if event.label == "DRIVE"] == [
        ("DRIVE", times_of(50)[25])
    ]


def test_the_timeline_has_player_team_and_reason() -> None:
    event = find_track_events(a_pass(), camera=camera_of(50, pitch=True)).timeline.events[0]
    assert (event.label, event.player, event.team, event.source) == ("PASS", "2", "A", "tracks")
    assert event.extra["reason"] == "the ball is set in motion, 0.0 body heights from player 2 of team A"
    assert (event.extra["x_m"], event.extra["y_m"]) == (-11.0, -6.0)


def test_a_close_up_has_no_events() -> None:
    for kind in ("close-up", "replay", "other"):
        found = find_track_events(a_pass(kind=kind), camera=camera_of(50))
        assert (found.events, found.contacts, len(found.scores)) == ((), (), 0)


def test_a_video_without_tracks_has_no_events() -> None:
    found = find_track_events(Tracks((), (), 640, 360), camera=None)
    assert (found.events, len(found.scores), len(found.in_play)) == ((), 0, 0)
