"""Movement of all tracks in one pass equals that of one track at a time, and people's rows are what was made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seasonbundles import MadeMatch, made_tracks
from touchline.core.geometry.kinematics import movement, speeds_mps
from touchline.core.tracks import Shot, Track, Tracks
from touchline.formats.boxes.tracks_parquet import write_tracks_parquet
from touchline.season.reading.boxes import Boxes, boxes_of, read_boxes
from touchline.season.reading.ends import Halves, find_halves
from touchline.season.reading.movement import held_speeds, moved
from touchline.season.reading.people import CELL_M, People


def wild_track(number: int, *, seed: int, team: str | None = "A", person: int | None = None) -> Track:
    """A track with gaps, unknown places, jumps and sprints."""
    random = np.random.default_rng(seed)
    steps = random.choice([80_000, 80_000, 80_000, 240_000, 700_000], 400)
    times_us = np.cumsum(steps).astype(np.int64)
    speed = np.repeat(random.choice([0.5, 3.0, 8.0, 9.5], 40), 10)
    x_m = np.cumsum(speed * steps / 1e6) % 90 - 45
    places = np.stack([x_m, random.normal(0, 0.05, 400)], axis=1).astype(np.float32)
    places[random.random(400) < 0.1] = np.nan
    boxes = np.tile(np.array([0, 0, 10, 30], np.float32), (400, 1))
    ones = np.ones(400, np.float32)
    return Track(
        *(number, "player", times_us, np.arange(400), boxes, ones, ones > 0),
        team=team,
        positions_m=places,
        person=person,
    )


def all_of(tracks: list[Track]) -> Tracks:
    return Tracks(tuple(tracks), (Shot(0, 0, 10**9, kind="wide"),), 640, 360)


@pytest.mark.parametrize("seed", range(5))
def test_the_movement_of_each_track_is_that_of_kinematics(seed: int) -> None:
    tracks = [wild_track(number + 1, seed=10 * seed + number) for number in range(4)]
    boxes = boxes_of(tracks)
    nan = np.full(len(boxes), np.nan, np.float32)
    found = moved(boxes, boxes.track, count=len(tracks), attack=nan)
    for index, track in enumerate(tracks):
        assert track.positions_m is not None
        single = movement(track.times_us, track.positions_m)
        assert found.known_s[index] == pytest.approx(single.known_s, abs=1e-3)
        assert found.distance_m[index] == pytest.approx(single.distance_m, rel=1e-4)
        assert found.sprint_s[index] == pytest.approx(single.band_s["sprinting"], abs=1e-3)
        assert found.top_speed_mps[index] == pytest.approx(single.top_speed_mps, rel=1e-5)
        assert np.isnan(found.forward_x_m[index])


def test_boxes_read_from_the_file_are_those_of_its_tracks(tmp_path: Path) -> None:
    tracks = [wild_track(number, seed=number, person=number) for number in (1, 2)]
    ball = Track(
        9,
        "ball",
        tracks[0].times_us,
        *(getattr(tracks[0], n) for n in ("frames", "boxes_xyxy", "confidence")),
        tracks[0].observed,
    )
    write_tracks_parquet(tmp_path / "tracks.parquet", all_of([*tracks, ball]))
    found, wanted = read_boxes(tmp_path / "tracks.parquet"), boxes_of([*tracks, ball])
    assert found is not None and found.heads == wanted.heads
    for name in ("track", "time_us", "x_m", "y_m", "speed_mps"):
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))
    assert wanted.speed_mps[:400] == pytest.approx(speeds_mps(tracks[0].times_us, tracks[0].positions_m), nan_ok=True)


def test_no_speed_is_held_over_a_gap() -> None:
    times_us = np.array([0, 200_000, 400_000, 600_000, 2_000_000], np.int64)
    speed = np.array([3, 5, 4, 4, 9], np.float32)
    boxes = Boxes((), np.zeros(5, np.int64), times_us, speed, speed, speed)
    np.testing.assert_array_equal(held_speeds(boxes), [3, 4, 0, 0, 0])


def test_the_change_of_ends_tells_halves_and_attack() -> None:
    boxes = boxes_of(made_tracks(MadeMatch(minutes=40, rate_hz=2.5)).tracks)
    halves = find_halves(boxes, None)
    assert halves == Halves((0, 20 * 60_000_000), (1, 2), (1, -1), "ends")
    assert halves.attack_of("A", 0) == 1
    assert halves.attack_of("B", 0) == -1
    assert halves.attack_of("A", 30 * 60_000_000) == -1
    assert halves.attack_of("left", 0) is None


def test_a_match_without_a_change_of_ends_is_one_half() -> None:
    boxes = boxes_of(made_tracks(MadeMatch(minutes=40, rate_hz=2.5, change_ends=False)).tracks)
    assert find_halves(boxes, None, first=2) == Halves((0,), (2,), (1,), "none")


def test_ends_of_a_short_video_are_unknown() -> None:
    boxes = boxes_of(made_tracks(MadeMatch(minutes=0.5)).tracks)
    assert find_halves(boxes, None).attack == (0,)
    assert find_halves(Boxes(), None) == Halves()


def test_places_are_turned_so_that_both_halves_agree() -> None:
    boxes = boxes_of(made_tracks(MadeMatch(minutes=40, rate_hz=2.5)).tracks)
    people = People(boxes, find_halves(boxes, None))
    keeper = next(row for row in people.player_rows() if row["person"] == 1)
    assert keeper["mean_x_m"] == pytest.approx(0, abs=0.5)
    assert keeper["forward_x_m"] == pytest.approx(-46, abs=0.5)
    assert keeper["role"] == "goalkeeper" and keeper["tracks"] == 1 and keeper["team"] == "A"
    halves = [row for row in people.half_rows() if row["person"] == 1]
    assert [row["half"] for row in halves] == [1, 2]
    assert [row["mean_x_m"] for row in halves] == pytest.approx([-46, 46], abs=0.5)
    assert [row["attack"] for row in halves] == [1, -1]
    assert sum(row["distance_m"] for row in halves) == pytest.approx(keeper["distance_m"], rel=1e-3)


def test_seconds_in_cells_add_up_and_lie_where_the_player_was() -> None:
    boxes = boxes_of(made_tracks(MadeMatch(minutes=40, rate_hz=2.5)).tracks)
    columns = People(boxes, find_halves(boxes, None)).place_columns()
    rows = np.array(columns["person"]) == 1
    assert columns["seconds"].sum() == pytest.approx(float(boxes.step_s.sum()), rel=1e-4)
    assert np.abs(columns["x_m"][rows] + 46).max() <= 6.1 + CELL_M[0] / 2 + 3
    assert bool(columns["forward"].all())


def test_tracks_without_a_person_belong_to_their_team_only() -> None:
    tracks = [wild_track(1, seed=1), wild_track(2, seed=2, person=5), wild_track(3, seed=3, person=5)]
    people = People(boxes_of(tracks), Halves())
    (row,) = people.player_rows()
    assert (row["person"], row["tracks"], people.count) == (5, 2, 1)
    assert set(people.place_columns()["person"]) == {None, 5}
