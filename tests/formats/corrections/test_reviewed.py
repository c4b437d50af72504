"""Reviewed bundles as truth: what counts as right and wrong, and where the video is."""

from __future__ import annotations

from pathlib import Path

import pytest

from reviewing import S, write_review
from touchline.core.errors import InputError
from touchline.core.events import Event
from touchline.formats.corrections.reviewed import find_video, read_reviewed

FOUND = [
    Event("PASS", 1 * S, confidence=0.9),
    Event("PASS", 3 * S, confidence=0.5),
    Event("DRIVE", 5 * S, confidence=0.4),
]


def test_accepted_rejected_relabelled_moved_and_added_events(tmp_path: Path) -> None:
    decisions = {0: {"start_us": 1_200_000}, 1: {"state": "rejected"}, 2: {"label": "PASS"}}
    added = [Event("DRIVE", 7 * S), Event("SHOT", 30 * S)]
    write_review(tmp_path / "m.touchline", found=FOUND, decisions=decisions, added=added, spans=[(0, 10 * S)])
    match = read_reviewed(tmp_path / "m.touchline")
    assert (match.name, match.fingerprint, match.reviewed_us) == ("m", "made-up", 10 * S)
    assert [(e.label, e.start_us) for e in match.accepted] == [
        ("PASS", 1_200_000),
        ("PASS", 5 * S),
        ("DRIVE", 7 * S),
        ("SHOT", 30 * S),
    ]
    assert [(e.label, e.start_us) for e in match.rejected] == [("PASS", 3 * S), ("DRIVE", 5 * S)]
    assert [e.start_us for e in match.truth] == [1_200_000, 5 * S, 7 * S]
    assert [e.label for e in match.only(["DRIVE"]).accepted] == ["DRIVE"]
    part = match.part(4 * S, 6 * S)
    assert part.spans == ((4 * S, 6 * S),) and [e.start_us for e in part.accepted] == [5 * S]


def test_an_unreviewed_bundle_is_refused(tmp_path: Path) -> None:
    write_review(tmp_path / "m.touchline", found=FOUND)
    with pytest.raises(InputError, match="nobody reviewed it; correct some events with touchline review"):
        read_reviewed(tmp_path / "m.touchline")
    with pytest.raises(InputError, match="no bundle"):
        read_reviewed(tmp_path / "other.touchline")


def test_the_video_is_found_by_its_content(tmp_path: Path) -> None:
    video = tmp_path / "m.mp4"
    video.write_bytes(b"the video")
    write_review(tmp_path / "m.touchline", found=FOUND, decisions={0: {}}, video=video)
    match = read_reviewed(tmp_path / "m.touchline")
    assert find_video(match) == video
    elsewhere = tmp_path / "videos" / "m.mp4"
    elsewhere.parent.mkdir()
    video.rename(elsewhere)
    video.write_bytes(b"another video")
    with pytest.raises(InputError, match=r"--set videos=\[PATH\]"):
        find_video(match)
    assert find_video(match, videos=[elsewhere.parent]) == elsewhere
    assert find_video(match, videos=[elsewhere]) == elsewhere
