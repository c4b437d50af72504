"""Events, labels and radar on an overlay: shown where and when they belong, hiding nobody."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from touchline.core.actions import Action, Actions
from touchline.core.events import Event, Timeline
from touchline.core.tracks import Shot, Track, Tracks
from touchline.render.drawing import TrackPainter
from touchline.render.label_places import LabelPlaces
from touchline.render.radar import Radar
from touchline.render.radar_places import RadarPlace, corner_of

S = 1_000_000
WIDTH, HEIGHT = 640, 360
GREY = np.full((HEIGHT, WIDTH, 3), 60, np.uint8)


def person(number: int, x: float, y: float, *, label: str = "player", team: str | None = "A") -> Track:
    """A person of 10x24 pixels, or a ball, that stands at a place for 20 s."""
    times_us = np.arange(0, 20 * S, S // 5)
    width, height = (4, 4) if label == "ball" else (10, 24)
    boxes = np.tile(np.array([x, y, x + width, y + height], np.float32), (len(times_us), 1))
    ones = np.ones(len(times_us), np.float32)
    return Track(number, label, times_us, times_us // 40_000, boxes, ones, ones > 0, team=team)


def of(*tracks: Track) -> Tracks:
    return Tracks(tracks, (Shot(0, 0, 20 * S),), WIDTH, HEIGHT)


def changed(tracks: Tracks, events: Timeline, *, at_us: int) -> np.ndarray:
    """Which pixels (height, width) events change in a picture."""
    without = TrackPainter(tracks, radar="none").paint(GREY, time_us=at_us)
    return (TrackPainter(tracks, events=events, radar="none").paint(GREY, time_us=at_us) != without).any(axis=2)


def box_of(mask: np.ndarray) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])


def test_a_caption_stands_by_the_player_at_the_ball_for_a_second_and_a_half() -> None:
    tracks = of(person(1, 300, 150), person(2, 100, 100), person(9, 312, 170, label="ball", team=None))
    events = Timeline((Event("PASS", 10 * S, confidence=0.9),))
    list_part = np.zeros((HEIGHT, WIDTH), bool)
    list_part[320:, :200] = True
    for at_us, shown in ((9_700_000, False), (9_800_000, True), (11_200_000, True), (11_400_000, False)):
        near = changed(tracks, events, at_us=at_us) & ~list_part
        assert near.any() == shown, at_us
    x0, y0, x1, y1 = box_of(changed(tracks, events, at_us=10 * S) & ~list_part)
    assert abs((x0 + x1) / 2 - 305) < 50 and 100 < y0 < y1 < 215
    assert not changed(tracks, events, at_us=10 * S)[150:174, 300:310].any()  # the player stays in view


def test_the_list_is_in_the_corner_for_eight_seconds() -> None:
    events = Timeline(tuple(Event("PASS", time_us) for time_us in range(S, 7 * S, S)))
    assert not changed(of(person(1, 300, 150)), events, at_us=0).any()
    x0, y0, x1, y1 = box_of(changed(of(person(1, 300, 150)), events, at_us=6 * S))
    assert x0 < 20 and y1 > HEIGHT - 20 and x1 < 200 and y0 > HEIGHT - 70  # four of the six
    assert changed(of(person(1, 300, 150)), events, at_us=13 * S).any()
    assert not changed(of(person(1, 300, 150)), events, at_us=15 * S).any()


def test_an_event_with_a_point_stands_there_and_one_without_a_place_is_in_the_list_only() -> None:
    tracks = of(person(1, 300, 150))
    point = Timeline((Event("SHOT", 5 * S, extra={"point_px": (500.0, 80.0)}),))
    mask = changed(tracks, point, at_us=5 * S)
    mask[320:, :200] = False
    x0, y0, x1, y1 = box_of(mask)
    assert abs((x0 + x1) / 2 - 500) < 60 and abs((y0 + y1) / 2 - 80) < 40
    nowhere = changed(tracks, Timeline((Event("SHOT", 5 * S),)), at_us=5 * S)
    nowhere[320:, :200] = False
    assert not nowhere.any()


def test_the_list_keeps_away_from_the_radar() -> None:
    events = Timeline((Event("PASS", 5 * S),))
    tracks = of(person(1, 300, 150))
    left = TrackPainter(tracks, events=events, radar="bottom-left").paint(GREY, time_us=5 * S)
    assert (left[330:, WIDTH // 2 :] != 60).any() and not (left[330:, : WIDTH // 2] != 60).any()


@pytest.mark.parametrize("place", [place for place in get_args(RadarPlace) if place != "none"])
def test_the_radar_is_where_it_is_asked_for(place: RadarPlace) -> None:
    picture = GREY.copy()
    Radar(width=WIDTH, height=HEIGHT, place=place).paint(picture, [(np.zeros(2), (255, 0, 0), False)])
    x0, y0, x1, y1 = box_of((picture != 60).any(axis=2))
    assert (y0 < 20) == place.startswith("top") and (y1 > HEIGHT - 20) == place.startswith("bottom")
    assert (x0 < 20) == place.endswith("left") and (x1 > WIDTH - 20) == place.endswith("right")
    assert x1 - x0 < 0.23 * WIDTH and y1 - y0 < 0.33 * HEIGHT


def test_a_panel_larger_than_the_picture_begins_at_its_edge() -> None:
    assert corner_of("bottom-right", (100, 100), (50, 50)) == (0, 0)


def test_labels_hide_no_one_while_there_is_room() -> None:
    places = LabelPlaces(width=WIDTH, height=HEIGHT, gap_px=1)
    people = [(300.0, 150.0, 310.0, 174.0), (302.0, 120.0, 312.0, 148.0)]
    places.begin(people)
    taken = list(people)
    for key, box in enumerate(people):
        left, top = places.find(key, box, (30, 12))
        label = (left, top, left + 30, top + 12)
        assert all(_apart(label, other) for other in taken)
        taken.append(label)
    assert taken[2][1] >= 174  # below, for there is somebody above


def test_a_label_stays_where_it_was_if_another_place_is_hardly_better() -> None:
    places = LabelPlaces(width=WIDTH, height=HEIGHT, gap_px=1)
    box = (300.0, 150.0, 310.0, 174.0)
    places.begin([box, (300.0, 120.0, 310.0, 149.0)])
    assert places.find(1, box, (30, 12))[1] >= 174
    places.begin([box])
    assert places.find(1, box, (30, 12))[1] >= 174
    places.begin([box])
    assert places.find(2, box, (30, 12))[1] < 150


@pytest.mark.parametrize("box", [(-20.0, -30.0, -5.0, -2.0), (635.0, 350.0, 660.0, 400.0), (0.0, 0.0, 640.0, 360.0)])
def test_labels_stay_in_the_picture(box: tuple[float, float, float, float]) -> None:
    places = LabelPlaces(width=WIDTH, height=HEIGHT, gap_px=1)
    places.begin([box])
    left, top = places.find(1, box, (30, 12))
    assert 0 <= left <= WIDTH - 30 and 0 <= top <= HEIGHT - 12


def test_on_small_pictures_the_way_of_moving_is_left_out() -> None:
    walking = Actions((Action(1, "walking", 0, 20 * S, 1.0, "movement"),))
    tracks = of(person(1, 300, 150))
    plain = TrackPainter(tracks).paint(GREY, time_us=S)
    assert (TrackPainter(tracks, actions=walking).paint(GREY, time_us=S) == plain).all()
    dribble = Actions((Action(1, "dribble", 0, 20 * S, 0.8, "model"),))
    assert (TrackPainter(tracks, actions=dribble).paint(GREY, time_us=S) != plain).any()


def _apart(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
