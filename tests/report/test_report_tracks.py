"""Tracks in the report as data: what is kept, how exact it is, and that its size is bounded."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reportbundle import write_bundle_report
from touchline.core.actions import MOVEMENTS
from touchline.core.events import Coverage, Timeline, VideoInfo
from touchline.core.tracks import Shot, Track, Tracks
from touchline.recognition.movement import STARTS_MPS
from touchline.report.sections import tracks as report_tracks
from touchline.report.sections.tracks import (
    ABSENT,
    FILLED_IN,
    OBSERVED,
    STEP_M,
    STEPS,
    UNKNOWN,
    longest,
    pack,
    rate_for,
    sample_track,
    tracks_data,
)

S = 1_000_000
ROWS = ("times_us", "frames", "boxes_xyxy", "confidence", "observed", "positions_m")


def walk(
    track_id: int = 1,
    *,
    start_us: int = 0,
    frames: int = 101,
    step_us: int = 40_000,
    places: bool = True,
    **changes: Any,
) -> Track:
    """Someone who walks 20 px and 1 m to the right each second, with a box of 10 x 24 px."""
    times_us = start_us + np.arange(frames, dtype=np.int64) * step_us
    x = 100 + 20 * (times_us - start_us) / S
    facts: dict[str, Any] = {
        "times_us": times_us,
        "frames": np.arange(frames, dtype=np.int64),
        "boxes_xyxy": np.stack([x - 5, np.full_like(x, 50), x + 5, np.full_like(x, 74)], axis=1).astype(np.float32),
        "confidence": np.full(frames, 0.9, np.float32),
        "observed": np.ones(frames, bool),
        "positions_m": np.stack([(times_us - start_us) / S - 30, np.full(frames, 7.0)], 1).astype(np.float32),
        **changes,
    }
    if not places:
        facts["positions_m"] = None
    return Track(track_id, facts.pop("label", "player"), **facts)


def unpacked(packed: bytes, counts: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """States (n,) and values (n, 6), as the page's script reads them."""
    data = np.frombuffer(zlib.decompress(packed, -15), np.uint8)
    total = sum(counts)
    columns = []
    for column in range(6):
        low, high = data[total * (1 + 2 * column) :][:total], data[total * (2 + 2 * column) :][:total]
        deltas = low.astype(np.int64) | high.astype(np.int64) << 8
        tracks = np.split(deltas, np.cumsum(counts)[:-1])
        columns.append(np.concatenate([np.cumsum(track) for track in tracks]).astype(np.uint16).astype(np.int16))
    return data[:total], np.stack(columns, axis=1)


def test_a_track_on_the_grid() -> None:
    samples = sample_track(walk(start_us=3 * S), rate_hz=5.0, longer_px=640)
    assert (samples.first, len(samples.states)) == (15, 21)
    at_s = np.arange(21) / 5
    assert np.abs(samples.values[:, 0] * 640.0 / STEPS - (100 + 20 * at_s)).max() <= 0.5 * 640 / STEPS + 1e-6
    assert np.abs(samples.values[:, 1] * 640.0 / STEPS - 74).max() < 0.1
    assert np.abs(samples.values[:, 4] * STEP_M - (at_s - 30)).max() <= STEP_M / 2 + 1e-6
    assert (samples.states == OBSERVED).all()


def test_samples_survive_packing() -> None:
    nowhere = walk(2, places=False, start_us=S)
    wild = np.random.default_rng(0).uniform(-3_000, 3_000, (101, 4)).astype(np.float32)
    tracks = [walk(1), nowhere, walk(3, boxes_xyxy=np.sort(wild.reshape(-1, 2, 2), axis=1).reshape(-1, 4))]
    samples = [sample_track(track, rate_hz=12.5, longer_px=640) for track in tracks]
    states, values = unpacked(pack(samples), [len(s.states) for s in samples])
    assert np.array_equal(values, np.concatenate([s.values for s in samples]))
    assert np.array_equal(states, np.concatenate([s.states for s in samples]))
    assert (samples[1].values[:, 4:] == UNKNOWN).all()


def test_filled_in_boxes_and_holes_are_told_apart() -> None:
    observed = np.ones(101, bool)
    observed[40:60] = False
    states = sample_track(walk(observed=observed), rate_hz=25.0, longer_px=640).states
    assert np.array_equal(states == FILLED_IN, ~observed)
    times_us = np.array([0, 200_000, 2 * S, 2 * S + 200_000])
    holed = walk(frames=4, times_us=times_us)
    assert sample_track(holed, rate_hz=5.0, longer_px=640).states.tolist() == [2, 2] + [ABSENT] * 8 + [2, 2]


def test_places_are_unknown_where_they_are() -> None:
    positions = np.zeros((101, 2), np.float32)
    positions[50:] = np.nan
    values = sample_track(walk(positions_m=positions), rate_hz=5.0, longer_px=640).values
    assert (values[:10, 4:] == 0).all()
    assert (values[10:, 4:] == UNKNOWN).all()


@pytest.mark.parametrize("frames", [1, 2])
def test_the_shortest_tracks(frames: int) -> None:
    samples = sample_track(walk(frames=frames, start_us=3_050_000), rate_hz=5.0, longer_px=640)
    assert (samples.first, samples.states.tolist()) == (15, [OBSERVED])


def test_boxes_far_outside_are_cut_off() -> None:
    far = np.tile(np.array([-1e9, -1e9, 1e9, 1e9], np.float32), (101, 1))
    values = sample_track(walk(boxes_xyxy=far), rate_hz=5.0, longer_px=640).values
    assert (values[:, 2] == 32767).all()


def test_the_grid_is_as_fine_as_fits() -> None:
    second = [walk(frames=26)]
    assert rate_for(second) == 25.0
    assert rate_for([walk(step_us=80_000)]) == 12.5
    assert rate_for([walk(step_us=500_000)]) == 5.0
    assert rate_for(second, max_samples=20) == 12.5
    assert rate_for(second, max_samples=6) == 5.0
    assert rate_for([]) == 25.0


def test_the_longest_tracks_are_kept_in_order() -> None:
    tracks = [walk(i + 1, frames=frames) for i, frames in enumerate([5, 50, 20, 50])]
    assert [track.track_id for track in longest(tracks, count=2)] == [2, 4]
    assert longest(tracks, count=9) == tracks


def test_what_is_left_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_tracks, "MAX_TRACKS", 2)
    tracks = Tracks(tuple(walk(i + 1, frames=10 + i) for i in range(3)), (Shot(0, 0, 4 * S),), 640, 360)
    data = tracks_data(tracks, notes=["a remark"])
    assert [row[0] for row in data["rows"]] == [2, 3]  # type: ignore[union-attr, index]
    assert data["notes"] == ["a remark", "3 tracks were found; this page holds the 2 longest, tracks.parquet holds all"]


def report_of(folder: Path, tracks: Tracks | None, **changes: Any) -> dict[str, Any]:
    video = folder / "match.mp4"
    facts: dict[str, Any] = {
        "info": VideoInfo(video, 640, 360, 25.0, 4 * S, codec="h264"),
        "timeline": Timeline(),
        "scores": None,
        "coverage": Coverage(4 * S, 100),
        "thresholds": {},
        "title": "A match",
        "tracks": tracks,
    }
    text = write_bundle_report(folder, **{**facts, **changes}).read_text("utf-8")
    block = text.split('<script type="application/json" id="data">')[1].split("</script>")[0]
    return json.loads(block)


def test_the_report_holds_tracks_and_shots(tmp_path: Path) -> None:
    shots = (Shot(0, 0, 2 * S, "wide", 0.5), Shot(1, 2 * S, 4 * S, "replay"))
    keeper = walk(2, label="goalkeeper", team="B", team_confidence=0.875, name="<b>Nobody</b>", shot=1)
    data = report_of(tmp_path, Tracks((walk(1), keeper), shots, 640, 360))["tracks"]
    assert data["shots"] == [[0, 2 * S, "wide", 0.5], [2 * S, 4 * S, "replay", 0.0]]
    assert data["rows"][1] == [2, 1, "B", 0.88, "<b>Nobody</b>", 1, 0, 101, 0, 4 * S, None, 1.0, 1.0, 1.0]
    assert data["placed"] is True
    states, _ = unpacked(base64.b64decode(data["samples"]), [101, 101])
    assert (states == OBSERVED).all()
    assert "<b>Nobody" not in (tmp_path / "report.html").read_text("utf-8")


def test_seen_is_the_time_in_the_picture_and_not_the_span(tmp_path: Path) -> None:
    """A track of 4 s with a hole of 2 s was seen for 2 s; a hole of 0.4 s is filled in."""
    keep = np.r_[0:26, 75:101]
    whole = walk(1)
    holed = replace(whole, track_id=2, **{name: getattr(whole, name)[keep] for name in ROWS})
    short = np.r_[0:26, 36:101]
    filled = replace(whole, track_id=3, **{name: getattr(whole, name)[short] for name in ROWS})
    data = report_of(tmp_path, Tracks((whole, holed, filled), (Shot(0, 0, 4 * S),), 640, 360))["tracks"]
    assert data["seen_us"] == [4 * S, 2 * S, 4 * S]


def test_one_table_of_paces_for_lanes_and_table() -> None:
    data = tracks_data(Tracks((walk(1),), (Shot(0, 0, 4 * S),), 640, 360))
    limits = dict(data["bands"])
    assert set(data["band_colours"]) == set(limits)
    assert pytest.approx([limits[name] for name in MOVEMENTS], abs=0.001) == STARTS_MPS
    assert 3.6 * limits["running"] == pytest.approx(7.2, abs=0.01)


def test_a_report_without_tracks(tmp_path: Path) -> None:
    assert report_of(tmp_path, None)["tracks"] is None
    empty = report_of(tmp_path, Tracks((), (), 640, 360))["tracks"]
    assert (empty["rows"], empty["placed"]) == ([], False)
    assert report_of(tmp_path, Tracks((walk(places=False),), (Shot(0, 0, S),), 640, 360))["tracks"]["placed"] is False


def test_movement_is_told_of_those_who_were_placed(tmp_path: Path) -> None:
    tracks = Tracks((walk(1), walk(2, places=False), walk(3, frames=3)), (Shot(0, 0, 4 * S),), 640, 360)
    data = report_of(tmp_path, tracks)["tracks"]
    assert list(data["movements"]) == ["1"]
    distance_m, top_mps, sprints, known_s, band_s = data["movements"]["1"]
    assert distance_m == pytest.approx(4.0, abs=0.1)
    assert top_mps == pytest.approx(1.0, abs=0.02)
    assert (sprints, known_s) == (0, pytest.approx(4.0, abs=0.1))
    names = [name for name, _ in data["bands"]]
    assert dict(zip(names, band_s, strict=True))["walking"] == pytest.approx(4.0, abs=0.1)


def test_ninety_minutes_stay_small(tmp_path: Path) -> None:
    """25 people and a ball, noisy boxes, a cut each minute: under 6 MB, and all of it five times a second."""
    rng = np.random.default_rng(0)
    frames, tracks = 60 * 5, []
    base = walk(frames=frames, step_us=200_000)
    for shot in range(90):
        for _ in range(26):
            noise = rng.normal(0, 0.7, (frames, 4)).astype(np.float32)
            drift = rng.normal(0, 0.3, (frames, 2)).cumsum(axis=0).astype(np.float32)
            boxes = np.sort((base.boxes_xyxy + noise + 8 * drift[:, [0, 1, 0, 1]]).reshape(-1, 2, 2), axis=1)
            moved = {"boxes_xyxy": boxes.reshape(-1, 4), "positions_m": drift, "shot": shot, "team": "A"}
            start_us = shot * 60 * S
            tracks.append(walk(len(tracks) + 1, start_us=start_us, frames=frames, step_us=200_000, **moved))
    shots = tuple(Shot(i, i * 60 * S, (i + 1) * 60 * S, "wide", 1.0) for i in range(90))
    data = report_of(tmp_path, Tracks(tuple(tracks), shots, 1280, 720), coverage=Coverage(5400 * S, 135_000))
    assert data["tracks"]["rate_hz"] == 5.0
    assert (tmp_path / "report.html").stat().st_size < 6_500_000
