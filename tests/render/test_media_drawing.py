"""Drawing: the right boxes at the right time, and nothing outside the picture or in the analysed frame."""

from __future__ import annotations

import numpy as np
import pytest

from touchline.core.tracks import Shot, Track, Tracks
from touchline.render.drawing import COLOURS, TrackPainter, colour_of, draw_tracks, label_of
from touchline.render.radar import Radar
from touchline.render.sights import Moments, sight_of

S = 1_000_000


def a_track(
    times_us: list[int], boxes: list[tuple[float, ...]], *, label: str = "player", track_id: int = 1, **changes: object
) -> Track:
    count = len(times_us)
    facts = {
        "times_us": np.array(times_us, np.int64),
        "frames": np.arange(count, dtype=np.int64),
        "boxes_xyxy": np.array(boxes, np.float32),
        "confidence": np.ones(count, np.float32),
        "observed": np.ones(count, bool),
        **changes,
    }
    return Track(track_id, label, **facts)  # type: ignore[arg-type]


def of(*tracks: Track, width: int = 200, height: int = 120) -> Tracks:
    return Tracks(tracks, (Shot(0, 0, 10 * S),), width, height)


def test_between_two_boxes_lies_the_one_in_between() -> None:
    positions = np.array([[0.0, 0.0], [4.0, -8.0]], np.float32)
    track = a_track([0, 400_000], [(10, 10, 20, 40), (30, 20, 44, 60)], positions_m=positions)
    sight = sight_of(track, 100_000)
    assert sight is not None
    assert sight.box_xyxy.tolist() == [15.0, 12.5, 26.0, 45.0]
    assert sight.position_m is not None
    assert sight.position_m.tolist() == [1.0, -2.0]
    assert sight_of(track, 400_000).box_xyxy.tolist() == [30, 20, 44, 60]  # type: ignore[union-attr]
    assert sight_of(track, -1) is None
    assert sight_of(track, 400_001) is None


def test_a_long_gap_is_left_empty() -> None:
    track = a_track([0, 2 * S], [(10, 10, 20, 40), (30, 20, 44, 60)])
    assert sight_of(track, S) is None
    assert sight_of(track, 2 * S) is not None


def test_unknown_position_is_none() -> None:
    positions = np.array([[1.0, 1.0], [np.nan, np.nan]], np.float32)
    track = a_track([0, 400_000], [(10, 10, 20, 40), (30, 20, 44, 60)], positions_m=positions)
    assert sight_of(track, 0).position_m is not None  # type: ignore[union-attr]
    assert sight_of(track, 100_000).position_m is None  # type: ignore[union-attr]


def test_moments_find_who_is_there() -> None:
    early = a_track([0, 300_000], [(1, 1, 2, 2)] * 2)
    late = a_track([200_000, 500_000], [(1, 1, 2, 2)] * 2, track_id=7)
    moments = Moments(of(late, early))
    assert [s.track.track_id for s in moments.at(100_000)] == [1]
    assert [s.track.track_id for s in moments.at(250_000)] == [1, 7]
    assert moments.at(600_000) == []
    assert Moments(of()).at(0) == []


def test_the_picture_given_is_left_alone() -> None:
    picture = np.full((120, 200, 3), 60, np.uint8)
    out = draw_tracks(picture, of(a_track([0], [(50, 40, 70, 90)], team="B")), time_us=0)
    assert (picture == 60).all()
    assert out[60, 50].tolist() == list(COLOURS["B"])
    assert out[60, 60].tolist() == [60, 60, 60]
    assert (draw_tracks(picture, of(), time_us=0) == 60).all()


def test_filled_in_boxes_are_drawn_by_their_corners() -> None:
    picture = np.zeros((120, 200, 3), np.uint8)
    track = a_track([0], [(50, 40, 70, 90)], team="A", observed=np.zeros(1, bool))
    out = draw_tracks(picture, of(track), time_us=0)
    assert out[41, 50].any()
    assert not out[65, 50].any()


@pytest.mark.parametrize("box", [(-500, -500, -400, -400), (190, 100, 290, 200), (-1e9, -1e9, 1e9, 1e9), (5, 5, 5, 5)])
@pytest.mark.parametrize("label", ["player", "ball", "referee", "goalkeeper"])
def test_boxes_beyond_the_edges(box: tuple[float, ...], label: str) -> None:
    out = draw_tracks(np.zeros((120, 200, 3), np.uint8), of(a_track([0], [box], label=label)), time_us=0)
    assert out.shape == (120, 200, 3)


def test_colours_and_labels() -> None:
    keeper = a_track([0], [(1, 1, 2, 2)], label="goalkeeper", team="A")
    assert (colour_of(keeper), label_of(keeper)) == (COLOURS["A"], "1 GK")
    referee = a_track([0], [(1, 1, 2, 2)], label="referee", track_id=9, name="Ref")
    assert (colour_of(referee), label_of(referee)) == (COLOURS["referee"], "Ref")
    assert colour_of(a_track([0], [(1, 1, 2, 2)])) == COLOURS["other"]


def test_names_in_any_script_can_be_drawn() -> None:
    for name in ("Müller", "선수", "", "x" * 500, "<script>"):
        draw_tracks(np.zeros((120, 200, 3), np.uint8), of(a_track([0], [(50, 40, 70, 90)], name=name)), time_us=0)


def test_radar_shows_only_where_places_are_known() -> None:
    picture = np.full((360, 640, 3), 60, np.uint8)
    boxes = [(5.0, 5.0, 12.0, 25.0)]
    known = a_track([0], boxes, positions_m=np.zeros((1, 2), np.float32), team="A")
    out = TrackPainter(of(known, width=640, height=360), radar="bottom").paint(picture, time_us=0)
    assert (out[300, 320] != 60).any()
    without = TrackPainter(of(known, width=640, height=360), radar="none").paint(picture, time_us=0)
    assert (without[300, 320] == 60).all()
    unknown = a_track([0], boxes, positions_m=np.full((1, 2), np.nan, np.float32))
    assert (
        TrackPainter(of(unknown, width=640, height=360), radar="bottom").paint(picture, time_us=0)[300, 320] == 60
    ).all()


def test_radar_puts_the_far_left_corner_top_left() -> None:
    picture = np.zeros((360, 640, 3), np.uint8)
    radar = Radar(width=640, height=360)
    empty = picture.copy()
    radar.paint(empty, [(np.array([0.0, 0.0]), (0, 0, 0), False)])
    radar.paint(picture, [(np.array([-52.5, 34.0]), (255, 0, 0), False)])
    ys, xs = np.nonzero(picture[:, :, 0] == 255)
    panel_ys, panel_xs = np.nonzero(empty.any(axis=2))
    assert len(ys) > 0
    assert ys.mean() < np.quantile(panel_ys, 0.2)
    assert xs.mean() < np.quantile(panel_xs, 0.2)


def test_a_picture_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\(10, 10, 3\).*200x120"):
        draw_tracks(np.zeros((10, 10, 3), np.uint8), of(), time_us=0)
