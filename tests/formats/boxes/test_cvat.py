"""CVAT's XML for video: what is written, and the corrections that come back."""

from __future__ import annotations

import random

import numpy as np
import pytest

from touchline.core.errors import InputError
from touchline.core.tracks import Shot, Track, Tracks
from touchline.formats.boxes.cvat import CvatTracks, changed_boxes, read_cvat
from touchline.formats.events.export_context import ExportContext, ExportOptions, VideoFacts

TIMES = np.arange(20, dtype=np.int64) * 40_000


def track(track_id: int, frames: list[int], *, label: str = "player", team: str | None = "A") -> Track:
    count = len(frames)
    boxes = np.array([[10 + frame, 20, 30 + frame, 60.5] for frame in frames], np.float32)
    observed = np.array([frame % 4 != 3 for frame in frames])
    whole = np.array(frames, np.int64)
    return Track(track_id, label, whole * 40_000, whole, boxes, np.full(count, 0.5, np.float32), observed, team=team)


PEOPLE = (track(3, [0, 1, 2, 3, 6, 7]), track(8, [18, 19], label="ball", team=None))
TRACKS = Tracks(PEOPLE, (Shot(0, 0, 800_000),), 64, 48)


def context(step: int = 1) -> ExportContext:
    return ExportContext(game="match", video=VideoFacts(times_us=TIMES), options=ExportOptions(step=step))


def content(step: int = 1) -> str:
    return CvatTracks().content(TRACKS, context=context(step)).decode()


def box_line(track_id: int, frame: int, outside: int, occluded: int, left: str, team: str = "A") -> str:
    right = f"{float(left) + 20:.2f}"
    return (
        f'    <box frame="{frame}" outside="{outside}" occluded="{occluded}" keyframe="1" xtl="{left}" ytl="20.00" '
        f'xbr="{right}" ybr="60.50" z_order="0">\n      <attribute name="track">{track_id}</attribute>\n'
        f'      <attribute name="team">{team}</attribute>\n    </box>\n'
    )


def test_a_track_as_it_is_written() -> None:
    text = content()
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<annotations>\n  <version>1.1</version>\n')
    shown = {0: 10, 1: 11, 2: 12, 3: 13, 4: 13, 6: 16, 7: 17, 8: 17}
    lines = "".join(
        box_line(3, frame, int(frame in (4, 8)), int(frame in (3, 4, 7, 8)), f"{left:.2f}")
        for frame, left in shown.items()
    )
    assert f'  <track id="0" label="player" source="auto">\n{lines}  </track>\n' in text
    assert "<start_frame>0</start_frame>" in text and "<stop_frame>19</stop_frame>" in text


def test_the_last_frame_of_the_video_needs_no_end() -> None:
    ball = content().split('label="ball"')[1]
    assert 'frame="19" outside="0"' in ball and 'outside="1"' not in ball


def test_with_a_step_every_frame_is_on_the_grid() -> None:
    text = content(step=5)
    found = read_cvat(text.encode(), source="x.xml")
    assert [track.frames.tolist() for track in found.tracks] == [[0]]
    assert 'frame="5" outside="1"' in text and "<frame_filter>step=5</frame_filter>" in text and found.step == 5
    assert "7 boxes: not on every 5th frame" in CvatTracks().losses(TRACKS, context=context(5))


def test_nothing_changed_without_corrections() -> None:
    for step in (1, 2, 5):
        assert changed_boxes(TRACKS, read_cvat(content(step).encode(), source="x.xml")) == {}


def test_corrected_boxes_come_back() -> None:
    text = content()
    moved = text.replace('xtl="11.00"', 'xtl="5.25"', 1)
    gone = moved.replace('frame="2" outside="0"', 'frame="2" outside="1"')
    gone = gone.replace('frame="4" outside="1"', 'frame="4" outside="0"')
    found = changed_boxes(TRACKS, read_cvat(gone.encode(), source="x.xml"))
    assert found == {(3, 1): (5.25, 20.0, 31.0, 60.5), (3, 2): None, (3, 4): (13.0, 20.0, 33.0, 60.5)}


def test_a_track_that_was_deleted_is_nobody_and_a_drawn_one_is_left_alone() -> None:
    head, _ = content().split('  <track id="1"')
    box = '<box frame="2" outside="0" occluded="0" xtl="1" ytl="1" xbr="2" ybr="2"/>'
    drawn = f'<track id="7" label="referee">{box}</track></annotations>'
    found = read_cvat((head + drawn).encode(), source="x.xml")
    assert changed_boxes(TRACKS, found) == {(8, 18): None, (8, 19): None}
    assert [(one.ours, one.label) for one in found.tracks] == [(True, "player"), (False, "referee")]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('frame="1"', 'frame="x"', "line [0-9]+: frame 'x' is not a frame number"),
        ('frame="1"', 'frame="0"', "track 1 has two boxes on frame 0"),
        ('xtl="11.00"', 'xtl="nan"', "is not a box"),
        ('xtl="11.00"', 'xtl="99"', "is not a box"),
        ("annotations", "other", "begins with <other>"),
        ("<annotations>", "<!DOCTYPE a [<!ENTITY b 'c'>]><annotations>", "document type"),
    ],
)
def test_what_is_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_cvat(content().replace(old, new).encode(), source="x.xml")


def test_damaged_files_never_crash() -> None:
    data, chance = content().encode(), random.Random(3)
    for _ in range(400):
        damaged = bytearray(data)
        for _ in range(chance.randint(1, 5)):
            place = chance.randrange(len(damaged))
            damaged[place : place + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
        try:
            changed_boxes(TRACKS, read_cvat(bytes(damaged), source="x.xml"))
        except InputError as error:
            assert str(error).startswith("x.xml")
