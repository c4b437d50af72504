"""ELAN, BORIS and Label Studio: files as they are written, and files of other people."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.formats.events.annotation.lanes import lane_name, lanes
from touchline.formats.events.event_format import FoundEvents, ReadOptions
from touchline.formats.events.export_context import ExportContext, VideoFacts
from touchline.formats.events.registry import find_events, format_named

SHORT = Timeline((Event("Goal", 20_000_000, team="A"), Event("Press", 60_000_000, 62_000_000, player="7")))
OVERLAPPING = Timeline(
    (
        Event("Press", 1_000_000, 4_000_000),
        Event("Press", 2_000_000, 3_000_000),
        Event("Press", 4_000_000, 5_000_000),
        Event("Press 2", 9_000_000),
    )
)


def context(rate: str = "25", times_us: np.ndarray | None = None) -> ExportContext:
    video = VideoFacts(Path("/v/the match.mp4"), 120_000_000, Fraction(rate), times_us, 1920, 1080, has_audio=True)
    return ExportContext(game="the match", video=video)


def written(name: str, timeline: Timeline = SHORT, given: ExportContext | None = None) -> str:
    return format_named(name).content(timeline, context=given or context()).decode()


def read(name: str, text: str, **options: Any) -> FoundEvents:
    return find_events(
        text.encode(),
        source=f"x{format_named(name).suffixes[0]}",
        options=ReadOptions(**options),
        known=format_named(name),
    )


def spans(found: FoundEvents) -> list[tuple[str, int, int | None]]:
    return [(event.label, event.start_us, event.end_us) for event in found.timeline]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=40))
def test_lanes_never_overlap_and_are_as_few_as_can_be(given: list[tuple[int, int]]) -> None:
    found = sorted((start, start + length) for start, length in given)
    chosen = lanes(found)
    for lane in set(chosen):
        mine = [span for span, one in zip(found, chosen, strict=True) if one == lane]
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(mine))
    depth = max((sum(start <= time < end for start, end in found) for time, _ in found), default=0)
    assert max(chosen, default=-1) + 1 == depth


def test_a_lane_has_a_name_that_nothing_else_has() -> None:
    assert [lane_name("Press", lane, taken=["Press", "Press 2"]) for lane in (0, 1, 2)] == [
        "Press",
        "Press 3",
        "Press 3",
    ]


def test_an_eaf_as_it_is_written() -> None:
    assert written("elan") == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ANNOTATION_DOCUMENT AUTHOR="touchline" DATE="2000-01-01T00:00:00+00:00" FORMAT="3.0" VERSION="3.0" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd">\n'
        '  <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">\n'
        '    <MEDIA_DESCRIPTOR MEDIA_URL="file:///v/the%20match.mp4" MIME_TYPE="video/mp4" '
        'RELATIVE_MEDIA_URL="./the%20match.mp4"/>\n'
        '    <PROPERTY NAME="lastUsedAnnotationId">2</PROPERTY>\n  </HEADER>\n  <TIME_ORDER>\n'
        '    <TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="20000"/>\n'
        '    <TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="20040"/>\n'
        '    <TIME_SLOT TIME_SLOT_ID="ts3" TIME_VALUE="60000"/>\n'
        '    <TIME_SLOT TIME_SLOT_ID="ts4" TIME_VALUE="62000"/>\n'
        '  </TIME_ORDER>\n  <TIER LINGUISTIC_TYPE_REF="default-lt" TIER_ID="Goal">\n    <ANNOTATION>\n'
        '      <ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">\n'
        "        <ANNOTATION_VALUE>team=A; t=20@20000</ANNOTATION_VALUE>\n      </ALIGNABLE_ANNOTATION>\n"
        '    </ANNOTATION>\n  </TIER>\n  <TIER LINGUISTIC_TYPE_REF="default-lt" TIER_ID="Press">\n    <ANNOTATION>\n'
        '      <ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="ts3" TIME_SLOT_REF2="ts4">\n'
        "        <ANNOTATION_VALUE>player=7; t=60@60000; to=62@62000</ANNOTATION_VALUE>\n"
        "      </ALIGNABLE_ANNOTATION>\n    </ANNOTATION>\n  </TIER>\n"
        '  <LINGUISTIC_TYPE GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="default-lt" TIME_ALIGNABLE="true"/>\n'
        "</ANNOTATION_DOCUMENT>\n"
    )


def test_pympi_reads_the_tiers_and_overlaps_lie_on_tiers_of_their_own(tmp_path: Path) -> None:
    pympi = pytest.importorskip("pympi")
    (tmp_path / "x.eaf").write_text(written("elan", OVERLAPPING), encoding="utf-8")
    eaf = pympi.Elan.Eaf(str(tmp_path / "x.eaf"), suppress_version_warning=True)
    found = {name: [(a, b) for a, b, *_ in eaf.get_annotation_data_for_tier(name)] for name in eaf.get_tier_names()}
    assert found == {"Press": [(1000, 4000), (4000, 5000)], "Press 3": [(2000, 3000)], "Press 2": [(9000, 9040)]}
    remarks = format_named("elan").fit(OVERLAPPING, context=context()).remarks
    assert any("Press 3" in line for line in remarks)


def test_touchline_reads_what_pympi_writes(tmp_path: Path) -> None:
    pympi = pytest.importorskip("pympi")
    eaf = pympi.Elan.Eaf(author="somebody")
    eaf.add_linked_file("file:///x/game.mp4", relpath="./game.mp4", mimetype="video/mp4")
    eaf.add_tier("pass", part="Ada")
    eaf.add_annotation("pass", 1500, 2500, "long & high")
    eaf.add_annotation("pass", 500, 900, "")
    eaf.to_file(str(tmp_path / "x.eaf"))
    found = find_events((tmp_path / "x.eaf").read_bytes(), source="x.eaf")
    assert [(e.label, e.start_us, e.end_us, e.player, dict(e.extra)) for e in found.timeline] == [
        ("pass", 500_000, 900_000, "Ada", {}),
        ("pass", 1_500_000, 2_500_000, "Ada", {"note": "long & high"}),
    ]
    assert found.game == "game"


def test_an_annotation_that_was_moved_or_put_on_another_tier_counts() -> None:
    text = written("elan", OVERLAPPING).replace('TIME_VALUE="2000"', 'TIME_VALUE="2500"')
    assert ("Press", 2_500_000, 3_000_000) in spans(read("elan", text))
    renamed = text.replace('TIER_ID="Press 3"', 'TIER_ID="Trap"')
    assert ("Trap", 2_500_000, 3_000_000) in spans(read("elan", renamed))


def test_annotations_without_times_are_counted() -> None:
    text = written("elan").replace(' TIME_VALUE="20040"', "")
    found = read("elan", text)
    assert len(found.timeline) == 1 and found.notes == ("1 annotations without times of their own are left out",)


def test_control_characters_are_a_loss() -> None:
    timeline = Timeline((Event("a\x01b", 0),))
    assert format_named("elan").fit(timeline, context=context()).notes == ("1 events: control characters are left out",)
    assert spans(read("elan", written("elan", timeline))) == [("ab", 0, None)]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('TIME_VALUE="20000"', 'TIME_VALUE="20050"', "line 15: the annotation ends at 20040 ms, before its start"),
        ('TIME_VALUE="20000"', 'TIME_VALUE="-1"', "line 15: the time slot 'ts1' has the time '-1', not milliseconds"),
        ('REF1="ts1"', 'REF1="ts9"', "line 15: TIME_SLOT_REF1='ts9' is no time slot"),
        ("milliseconds", "NTSC-frames", "counts time in 'NTSC-frames'"),
        ('TIER_ID="Goal"', 'TIER_ID=""', "line 15: not a possible event"),
        ("</TIER>", "", "line [0-9]+, byte .*not readable as XML"),
        ("<ANNOTATION_DOCUMENT", "<!DOCTYPE a>\n<ANNOTATION_DOCUMENT", "line 2: a document type"),
    ],
)
def test_what_is_wrong_with_an_eaf(old: str, new: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read("elan", written("elan").replace(old, new, 1))


def test_rows_for_boris_as_they_are_pasted() -> None:
    assert written("boris-tsv") == (
        "20.000\tA\tGoal\t\tteam=A; t=20@20000\t500\n"
        "60.000\t7\tPress\t\tplayer=7; t=60@60000; to=62@62000\t1500\n"
        "62.000\t7\tPress\t\t\t1550"
    )


def test_a_project_for_boris() -> None:
    project = json.loads(written("boris"))
    kinds = {row["code"]: (row["type"], row["key"]) for row in project["behaviors_conf"].values()}
    assert kinds == {"Goal": ("Point event", "a"), "Press": ("State event", "b")}
    assert [row["name"] for row in project["subjects_conf"].values()] == ["7", "A"]
    observation = project["observations"]["the match"]
    assert observation["events"][1:] == [
        [60.0, "7", "Press", "", "player=7; t=60@60000; to=62@62000", 1500],
        [62.0, "7", "Press", "", "", 1550],
    ]
    assert observation["file"]["1"] == ["/v/the match.mp4"] and observation["media_info"]["fps"] == {
        "/v/the match.mp4": 25.0
    }
    assert project["project_format_version"] == "7.0"


def test_frame_numbers_of_boris_are_those_of_the_real_times() -> None:
    times = np.array([0, 40_000, 400_000, 20_000_000], np.int64)
    assert written("boris-tsv", Timeline((Event("a", 399_000),)), context(times_us=times)).endswith("\t2")
    assert written("boris-tsv", Timeline((Event("a", 399_000),)), ExportContext()).endswith("\tNA")


def test_what_boris_could_not_tell_apart_has_codes_of_its_own() -> None:
    timeline = Timeline((*OVERLAPPING, Event("Press", 6_000_000), Event("Press", 2_000_000, 3_000_000, team="B")))
    codes = {line.split("\t")[2] for line in written("boris-tsv", timeline).split("\n")}
    assert codes == {"Press", "Press (span)", "Press (span) 2", "Press 2"}
    assert any(
        "Press (span), Press (span) 2" in line
        for line in format_named("boris").fit(timeline, context=context()).remarks
    )
    assert read("boris", written("boris", timeline)).timeline == timeline


def project_of(events: list[list[Any]], **changes: Any) -> str:
    behaviours = {"0": {"code": "run", "type": "State event"}, "1": {"code": "peck", "type": "Point event"}}
    observation: Mapping[str, Any] = {"file": {"1": ["C:\\v\\a.mp4"]}, "events": events}
    return json.dumps({"behaviors_conf": behaviours, "observations": {"one": observation}, **changes})


def test_a_project_of_other_people_with_old_rows_out_of_order() -> None:
    rows: list[list[Any]] = [
        [8.0, "", "run", "", "", "NA"],
        [1.0, "", "run", "fast|left", ""],
        [3.25, "ada", "peck", "", "why", 81],
        [2.0, "bob", "run", "", ""],
        [2, "bob", "run", "", ""],
    ]
    found = read("boris", project_of(rows))
    assert [(e.label, e.start_us, e.end_us, e.player, dict(e.extra)) for e in found.timeline] == [
        ("run", 1_000_000, 8_000_000, None, {"attributes": [[None, "fast"], [None, "left"]]}),
        ("run", 2_000_000, None, "bob", {}),
        ("peck", 3_250_000, None, "ada", {"note": "why"}),
    ]
    assert found.game == "one" and found.video.name == "a.mp4"


def test_a_state_without_an_end_is_refused_with_its_place() -> None:
    rows: list[list[Any]] = [[1.0, "", "run", "", ""], [2.0, "ada", "run", "", ""], [3.5, "ada", "run", "", ""]]
    with pytest.raises(InputError, match=r"event 1: 'run' of subject '' has 1 rows; .* the last row is at 1\.000 s"):
        read("boris", project_of(rows))


def test_one_observation_is_chosen() -> None:
    both = {name: {"events": [[place, "", "peck", "", ""]]} for place, name in enumerate(("a", "b"))}
    text = project_of([], observations=both)
    with pytest.raises(InputError, match="has 2 observations; choose one by name or number: 1 'a', 2 'b'"):
        read("boris", text)
    assert [read("boris", text, item=item).timeline.events[0].start_us for item in ("b", "1")] == [1_000_000, 0]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([1.0, "", "run"], None),
        ([1.0, "", "run", ""], "event 1: has 4 cells"),
        (["x", "", "run", "", ""], "event 1: the time 'x' is not a number"),
        ([-1, "", "run", "", ""], "event 1: the time '-1'"),
        ([1.0, "", " ", "", ""], "event 1: has no code"),
        ("row", "event 1: has no cells"),
    ],
)
def test_rows_that_are_none(row: Any, message: str | None) -> None:
    with pytest.raises(InputError, match=message or "a state needs START and STOP"):
        read("boris", project_of([row]))


def test_pasted_rows_of_other_people_are_points() -> None:
    found = read("boris-tsv", "0.5\tsubj 1\ty\n16.6\t\ts\t\t\n\n20\t\ts\tm\tnote\tNA\n")
    assert [(e.label, e.start_us, e.player) for e in found.timeline] == [
        ("y", 500_000, "subj 1"),
        ("s", 16_600_000, None),
        ("s", 20_000_000, None),
    ]
    with pytest.raises(InputError, match="line 2: the time 'nan'"):
        read("boris-tsv", "0.5\t\ty\n1,5\t\ty\n")


def test_a_task_for_label_studio() -> None:
    task = json.loads(written("label-studio"))[0]
    assert task["data"] == {"video": "the match.mp4", "frame_rate": "25/1"}
    goal, press = task["predictions"][0]["result"]
    assert goal["value"] == {"ranges": [{"start": 501, "end": 501}], "timelinelabels": ["Goal"]}
    assert press["value"]["ranges"] == [{"start": 1501, "end": 1550}] and press["type"] == "timelinelabels"
    assert goal["meta"] == {"text": ["team=A; t=20@501"]}


def test_the_set_up_of_label_studio_states_the_frame_rate(tmp_path: Path) -> None:
    result = format_named("label-studio").write(SHORT, tmp_path / "m.labelstudio.json", context=context("30000/1001"))
    assert (tmp_path / "m.labelstudio.xml").read_text(encoding="utf-8") == (
        '<View><TimelineLabels name="events" toName="video"><Label value="Goal" background="#0068b5"/>'
        '<Label value="Press" background="#cf4f00"/></TimelineLabels>'
        '<Video name="video" value="$video" timelineHeight="120" frameRate="29.97003"/></View>\n'
    )
    assert any("m.labelstudio.xml" in line for line in result.remarks)


def test_frame_numbers_of_label_studio_are_those_of_the_real_times() -> None:
    times = np.array([0, 40_000, 400_000, 440_000], np.int64)
    timeline = Timeline((Event("a", 399_000), Event("b", 40_000, 440_000)))
    task = json.loads(written("label-studio", timeline, context(times_us=times)))[0]
    ranges = [row["value"]["ranges"][0] for row in task["predictions"][0]["result"]]
    assert ranges == [{"start": 2, "end": 3}, {"start": 3, "end": 3}]


def region(start: int, end: int, *labels: str) -> dict[str, Any]:
    return {
        "id": "r",
        "type": "timelinelabels",
        "value": {"ranges": [{"start": start, "end": end}], "timelinelabels": list(labels)},
    }


def test_annotations_of_people_come_before_predictions() -> None:
    tasks = [
        {
            "data": {"video": "/data/upload/1/ab-game.mp4"},
            "annotations": [
                {"result": [region(1, 1, "old")]},
                {"result": [region(26, 50, "Press", "Trap"), {"type": "choices", "value": {}}]},
                {"result": [region(1, 2, "no")], "was_cancelled": True},
            ],
            "predictions": [{"result": [region(1, 1, "guess")]}],
        }
    ]
    found = read("label-studio", json.dumps(tasks), fps=Fraction(25))
    assert spans(found) == [("Press", 1_000_000, 2_000_000), ("Trap", 1_000_000, 2_000_000)]
    assert found.notes == ("the last of 2 annotations is read", "1 regions that are not of a timeline are left out")
    with pytest.raises(InputError, match="do not say the frame rate; give it with --fps"):
        read("label-studio", json.dumps(tasks))
    with pytest.raises(InputError, match="has 2 tasks; choose one"):
        read("label-studio", json.dumps(tasks * 2), fps=Fraction(25))
    assert len(read("label-studio", json.dumps(tasks * 2), fps=Fraction(25), item="2").timeline) == 2


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [(0, 5, "start '0' is not a frame number from 1"), (5, 4, "ends at frame 4, before"), ("x", 4, "start 'x'")],
)
def test_what_is_wrong_with_a_region(start: Any, end: Any, message: str) -> None:
    tasks = [{"data": {}, "annotations": [{"result": [region(start, end, "a")]}]}]
    with pytest.raises(InputError, match=message):
        read("label-studio", json.dumps(tasks), fps=Fraction(25))
