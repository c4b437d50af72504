"""What the page is given of a bundle and its video."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from makevideo import read_number, write_numbered
from reviewserver import BELOW, DURATION_US, FOUND, FRAMES, Review, change, event_value, make_bundle, reviewing
from touchline.core.events import Coverage, Event, Timeline
from touchline.formats.bundle import CANDIDATES, EVENTS, Bundle, Manifest
from touchline.formats.events.own_events import event_ids
from touchline.media.shown.loudness import STEP_US
from touchline.review.schema import BundleData, Session
from touchline.review.shelf import items_of
from touchline.review.versions import with_versions


def test_every_answer_fits_its_model(looked_at: Review) -> None:
    Session.model_validate_json(looked_at.client.get("/api/session").content)
    data = looked_at.client.get(looked_at.base, params={"window": "window-one"}).content
    opened = BundleData.model_validate_json(data)
    assert (opened.title, opened.analysed, opened.duration_us) == ("match.mp4", True, DURATION_US)


def test_the_models_events_and_the_candidates_below_them(looked_at: Review) -> None:
    data = looked_at.opened()
    events, candidates = data["events"], data["candidates"]
    assert events["id"] == list(event_ids(Timeline(FOUND)))
    assert [events["labels"][k] for k in events["label"]] == ["PASS", "DRIVE", "PASS"]
    assert events["start_us"] == [event.start_us for event in FOUND]
    assert (events["team"], events["confidence"]) == ([None, "left", None], [0.9, 0.7, 0.6])
    assert ([events["sources"][k] for k in events["source"]], events["hidden"]) == (["spotter"] * 3, [])
    assert candidates["id"] == list(event_ids(Timeline(BELOW)))
    assert data["thresholds"] == {"PASS": 0.5, "DRIVE": 0.5}
    assert [label["name"] for label in data["labels"]] == ["PASS", "DRIVE"]
    assert data["shots"] == [{"start_us": 0, "end_us": DURATION_US, "kind": "wide"}]
    assert data["teams"] == [{"id": "left", "name": "left", "colour": None}]


def test_curves_are_bytes_label_by_label(looked_at: Review) -> None:
    info = looked_at.opened()["curves"]
    assert (info["labels"], info["samples"], info["start_us"], info["step_us"]) == (["PASS", "DRIVE"], 50, 0, 80_000)
    levels = np.frombuffer(looked_at.client.get(info["src"]).content, np.uint8).reshape(2, 50)
    assert levels[:, -1].tolist() == [round(98 / 99 * 254), 254]


def test_frames_are_the_times_of_all_frames(looked_at: Review) -> None:
    times = np.frombuffer(looked_at.client.get(looked_at.opened()["video"]["frames"]).content, "<f8")
    assert times.tolist() == [k * 40_000.0 for k in range(FRAMES)]


def test_thumbnails_and_loudness(looked_at: Review) -> None:
    video = looked_at.opened()["video"]
    layout = video["thumbs"]
    assert (layout["count"], layout["columns"], layout["width"], layout["height"]) == (4, 10, 160, 96)
    data = looked_at.client.get(layout["src"].format(n=0)).content
    sheet = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert read_number(sheet[:96, 160:320]) == 24  # the key frame before 1 s, one each 12 frames
    wave = looked_at.client.get(video["wave"]["src"]).content
    assert video["wave"]["step_us"] == STEP_US
    assert abs(len(wave) - DURATION_US // STEP_US) <= 3
    assert 110 <= np.median(np.frombuffer(wave, np.uint8)) <= 140


def test_tracks_and_actions_are_those_of_the_report(looked_at: Review) -> None:
    parts = looked_at.opened()["parts"]
    tracks = looked_at.client.get(parts["tracks"]).json()
    assert [row[0] for row in tracks["rows"]] == [7, 8]
    assert parts["sound"] is None
    assert looked_at.client.get(f"{looked_at.base}/sound").status_code == 404
    nowhere = looked_at.client.get(parts["place"], params={"time_us": 0, "x": 10, "y": 20})
    assert nowhere.json() == {"point_m": None}
    assert looked_at.client.get(parts["place"], params={"time_us": "x"}).status_code == 400


def test_unknown_ids_are_404(looked_at: Review) -> None:
    for path in ("/api/bundles/x", "/media/x/video", "/api/jobs/x", "/files/x"):
        answer = looked_at.client.get(path, params={"window": "window-one"})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert looked_at.client.get(looked_at.base).status_code == 422  # a window says which it is


def test_known_truth_lies_beside(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    truth = tmp_path / "Labels-ball.json"
    rows = [{"gameTime": "1 - 00:01", "label": "HEADER", "position": "1000", "team": "left", "visibility": "visible"}]
    truth.write_text(json.dumps({"UrlLocal": "", "annotations": rows}))
    items = with_versions(items_of([bundle.path]), truth=truth, against=[bundle.path])
    with reviewing(items=items, cache=tmp_path / "cache") as review:
        data = review.opened()
        assert [(one["title"], one["kind"]) for one in data["versions"]] == [
            ("Labels-ball.json", "truth"),
            ("match.touchline", "bundle"),
        ]
        assert data["versions"][0]["events"]["start_us"] == [1_000_000]
        assert data["versions"][1]["events"]["id"] == data["events"]["id"]
        assert [label["name"] for label in data["labels"]] == ["PASS", "DRIVE", "HEADER"]


def test_a_bundle_without_its_video_still_opens(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    (tmp_path / "match.mp4").unlink()
    with reviewing(bundle.path, cache=tmp_path / "cache") as review:
        data = review.opened()
        assert (data["video"]["src"], data["video"]["thumbs"], data["video"]["wave"]) == (None, None, None)
        assert (data["video"]["playable"], data["video"]["proxy"]["state"]) == ("no", "unneeded")
        assert "match.mp4 was not found" in data["notes"][0]
        assert len(data["events"]["id"]) == 3
        for path in ("video", "thumbs/0.jpg", "wave"):
            assert review.client.get(f"{review.media}/{path}").status_code == 404
        assert review.client.get(f"{review.base}/frames").status_code == 404
        assert review.do(change("event", data["events"]["id"][0], event_value()), n=1).status_code == 200


def test_a_changed_video_and_a_changed_file_are_remarked_on(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    write_numbered(tmp_path / "match.mp4", frames=60)
    (bundle.path / EVENTS).write_text((bundle.path / EVENTS).read_text() + " ")
    with reviewing(bundle.path, cache=tmp_path / "cache") as review:
        notes = review.opened()["notes"]
    assert any("match.mp4 has changed" in note for note in notes)
    assert any("events.json does not match" in note for note in notes)


def test_a_video_that_browsers_cannot_play_gets_a_proxy(tmp_path: Path) -> None:
    video = write_numbered(tmp_path / "tape.avi", frames=40, codec="mpeg4")
    with reviewing(video, cache=tmp_path / "cache") as review:
        shown = review.opened()["video"]
        assert (shown["playable"], shown["proxy"]["state"]) == ("no", "missing")
        assert review.client.get(f"{review.media}/proxy").status_code == 404
        job = review.post("proxy").json()
        assert job["id"] == review.post("proxy").json()["id"]
        job = ended(review, job)
        assert (job["state"], job["progress"]) == ("done", 1.0)
        proxy = review.opened()["video"]["proxy"]
        assert (proxy["state"], proxy["src"]) == ("ready", f"{review.media}/proxy")
        (tmp_path / "got.mp4").write_bytes(review.client.get(proxy["src"]).content)
        times = np.frombuffer(review.client.get(shown["frames"]).content, "<f8")
    with av.open(str(tmp_path / "got.mp4")) as made:
        assert made.streams.video[0].codec_context.name == "h264"
        found = [round(frame.pts * frame.time_base * 1_000_000) for frame in made.decode(video=0)]
    assert found == times.tolist()
    with reviewing(video, cache=tmp_path / "cache") as review:  # cached by the video's content
        assert review.opened()["video"]["proxy"]["state"] == "ready"


def ended(review: Review, job: dict[str, Any]) -> dict[str, Any]:
    """A job once it has ended."""
    deadline_s = time.monotonic() + 60
    while job["state"] not in ("done", "failed") and time.monotonic() < deadline_s:
        time.sleep(0.05)
        job = review.client.get(f"/api/jobs/{job['id']}").json()
    return job


def test_clips_of_the_corrected_events_are_cut(review: Review) -> None:
    ids = review.opened()["events"]["id"]
    assert review.do(change("event", ids[1], event_value("DRIVE", 1_200_000, team="left")), n=1).status_code == 200
    short = {"lead_us": 200_000, "lag_us": 200_000}
    job = ended(
        review, review.post("clips", labels=["DRIVE"], teams=["left"], reviewed=True, reel=True, **short).json()
    )
    assert (job["state"], job["kind"]) == ("done", "clips"), job["text"]
    assert job["text"] == "1 clip in match-clips, beside the bundle"
    names = [file["name"] for file in job["files"]]
    assert len([name for name in names if name.endswith(".mp4")]) == 2
    for file in job["files"]:
        got = review.client.get(file["url"])
        assert (got.status_code, len(got.content)) == (200, file["bytes"])
    nothing = ended(review, review.post("clips", labels=["GOAL"]).json())
    assert nothing["state"] == "failed"
    assert "GOAL" in nothing["text"]


def test_clips_of_each_player_have_folders(review: Review) -> None:
    ids, player = review.opened()["events"]["id"], "pl-00000a"
    anna = change("player", player, {"name": "Anna", "number": 7, "team": None})
    hers = change("event", ids[0], event_value("PASS", 400_000, player=player))
    assert review.do(anna, hers, n=1).status_code == 200
    short = {"lead_us": 200_000, "lag_us": 200_000}
    job = ended(review, review.post("clips", each_player=True, reel=True, cards=True, **short).json())
    assert job["state"] == "done", job["text"]
    assert job["text"] == "1 clip in match-clips, beside the bundle"
    made = Path(review.item.bundle.path).parent / "match-clips"
    (folder,) = [path for path in made.iterdir() if path.is_dir()]
    assert "Anna" in folder.name
    names = [file["name"] for file in job["files"]]
    assert names[:2] == ["reel.mp4", "contents.csv"]
    assert all((folder / name).is_file() for name in names)
    refused = review.post("clips", each_player=True, players=[player])
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")


def test_a_cache_that_cannot_be_written_does_without(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file, not a folder")
    with reviewing(make_bundle(tmp_path).path, cache=tmp_path / "cache") as review:
        assert len(review.client.get(review.opened()["video"]["frames"]).content) == 8 * FRAMES


@pytest.mark.parametrize("to", ["events", "sportscode", "results_spotting"])
def test_the_corrected_events_are_exported(review: Review, to: str) -> None:
    ids = review.opened()["events"]["id"]
    value = event_value(label="DRIVE", start_us=440_000)
    assert review.do(change("event", ids[0], value), change("event", ids[2], event_value(state="rejected")), n=1)
    answer = review.post("export", to=to, reviewed=True).json()
    assert answer["name"].startswith("match-")
    got = review.client.get(answer["url"])
    assert got.headers["content-disposition"] == f'attachment; filename="{answer["name"]}"'
    assert got.text.count("DRIVE") >= 1
    events = got.text.partition("<ROWS>")[0]  # Sportscode's rows are those of all labels
    assert "PASS" not in events


def test_an_unknown_format_is_refused_with_the_known_ones(review: Review) -> None:
    answer = review.post("export", to="excel")
    assert answer.status_code == 422
    assert "results_spotting" in answer.json()["error"]


def test_twenty_thousand_events_are_quick_and_small(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    times = np.sort(rng.integers(0, 3 * 3_600_000_000, 20_000))
    events = [
        Event("PASS", int(t), confidence=float(c), source="spotter")
        for t, c in zip(times, rng.random(20_000), strict=True)
    ]
    bundle = Bundle(tmp_path / "long.touchline")
    bundle.path.mkdir()
    bundle.write_events(Timeline(tuple(event for event in events if event.confidence > 0.5)))
    bundle.write_candidates(Timeline(tuple(events)))
    bundle.write_manifest(
        Manifest(
            video_name="long.mp4",
            video_fingerprint="f",
            models=(),
            settings={"spot": {"thresholds": {"PASS": 0.5}}},
            coverage=Coverage(duration_us=3 * 3_600_000_000, frames_decoded=270_000),
            files=bundle.checksums(EVENTS, CANDIDATES),
        )
    )
    with reviewing(bundle.path, cache=tmp_path / "cache") as review:
        review.opened()
        started_s = time.monotonic()
        answer = review.client.get(review.base, params={"window": "window-one"})
        again_s = time.monotonic() - started_s
        data = answer.json()
        assert answer.headers["content-encoding"] == "gzip"
        assert len(data["events"]["id"]) + len(data["candidates"]["id"]) == 20_000
        assert len(answer.content) < 2_500_000
        assert len(gzip.compress(answer.content, 1)) < 800_000
        assert again_s < 2
        started_s = time.monotonic()
        assert review.do(change("event", data["events"]["id"][0], event_value()), n=1).status_code == 200
        assert time.monotonic() - started_s < 2
