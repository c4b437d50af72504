"""The report of a reviewed bundle: what the review left, with the names it gave."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from test_report import Page, a_report

from reviewing import event_value
from touchline.core.corrections.history import Change
from touchline.core.events import Event, Timeline, VideoInfo
from touchline.core.tracks import Shot, Track, Tracks
from touchline.formats.bundle import CORRECTIONS, Bundle
from touchline.formats.corrections.writer import JournalWriter
from touchline.formats.events.own_events import event_ids
from touchline.report.page import is_report_current, write_report

FOUND = (
    Event("PASS", 1_000_000, confidence=0.9),
    Event("PASS", 3_000_000, confidence=0.3, team="A"),
    Event("PASS", 5_000_000, confidence=0.9),
    Event("DRIVE", 7_000_000, confidence=0.8),
)


def a_track() -> Tracks:
    times_us = np.arange(50, dtype=np.int64) * 40_000
    boxes = np.tile(np.array([10, 10, 30, 60], np.float32), (50, 1))
    one = Track(1, "player", times_us, np.arange(50), boxes, np.ones(50, np.float32), np.ones(50, bool))
    return Tracks((one,), (Shot(0, 0, 2_000_000),), 640, 360)


def report_after(folder: Path, *commands: tuple[Change, ...]) -> tuple[dict[str, Any], str]:
    """The page's data and text after these commands of a review."""
    a_report(folder, timeline=Timeline(FOUND), tracks=a_track())
    with JournalWriter(folder / CORRECTIONS, video_fingerprint="f", who="anna") as journal:
        for changes in commands:
            journal.do(*changes)
    write_report(Bundle(folder), VideoInfo(folder / "match.mp4", 640, 360, 25.0, 8_000_000))
    text = (folder / "report.html").read_text("utf-8")
    return json.loads(Page(text).block("data")), text


def test_a_bundle_that_nobody_reviewed_is_as_the_model_left_it(tmp_path: Path) -> None:
    data, text = report_after(tmp_path)
    assert (data["accepted"], len(data["events"])) == ([], 4)
    assert ">Reviewed<" not in text


def test_a_report_is_out_of_date_after_a_correction(tmp_path: Path) -> None:
    report_after(tmp_path)
    bundle = Bundle(tmp_path)
    assert is_report_current(bundle)
    with JournalWriter(tmp_path / CORRECTIONS, video_fingerprint="f", who="anna") as journal:
        journal.do(Change("threshold", "PASS", None, {"value": 0.7}))
    os.utime(tmp_path / "report.html", ns=(0, 0))
    assert not is_report_current(bundle)
    write_report(bundle, VideoInfo(tmp_path / "match.mp4", 640, 360, 25.0, 8_000_000))
    assert is_report_current(bundle)
    (tmp_path / "report.html").unlink()
    assert not is_report_current(bundle)


def test_accepted_rejected_and_added_events(tmp_path: Path) -> None:
    ids = event_ids(Timeline(FOUND))
    accepted = Change("event", ids[1], None, event_value(FOUND[1]))
    rejected = Change("event", ids[2], None, event_value(FOUND[2], state="rejected"))
    added = Change("event", "p-0123456789ab", None, event_value(Event("GOAL", 4_000_000)))
    whole = Change("reviewed", "spans", None, {"spans": [[6_000_000, 8_000_000]]})
    data, text = report_after(tmp_path, (accepted, rejected), (added,), (whole,))
    labels = [lane["label"] for lane in data["lanes"]]
    # The DRIVE at 7 s lies in a part that was gone through completely, and nobody kept it.
    assert [(labels[row[0]], row[1]) for row in data["events"]] == [
        ("PASS", 1_000_000),
        ("PASS", 3_000_000),
        ("GOAL", 4_000_000),
    ]
    assert data["accepted"] == [1, 2]
    assert "<dt>Reviewed</dt><dd>3 decisions, 0:02 gone through completely</dd>" in text


def test_names_of_teams_and_players_and_thresholds(tmp_path: Path) -> None:
    scored = event_value(Event("GOAL", 4_000_000, team="A", player="pl-00000a"))
    data, _ = report_after(
        tmp_path,
        (Change("event", "p-0123456789ab", None, scored),),
        (Change("threshold", "PASS", None, {"value": 0.7}),),
        (Change("team", "A", None, {"name": "Rovers", "colour": "#123456"}),),
        (Change("player", "pl-00000a", None, {"name": "Ada", "number": 9, "team": "A"}),),
        (Change("track", "1", None, {"role": None, "team": None, "player": "pl-00000a", "same_as": None}),),
    )
    assert [row[4:6] for row in data["events"] if row[1] in (3_000_000, 4_000_000)] == [
        ["Rovers", None],
        ["Rovers", "9 Ada"],
    ]
    assert data["lanes"][0]["threshold"] == 0.7
    assert (data["tracks"]["names"]["A"], data["tracks"]["colours"]["A"]) == ("Rovers", "#123456")
    assert (data["tracks"]["rows"][0][2], data["tracks"]["rows"][0][4]) == ("A", "9 Ada")
