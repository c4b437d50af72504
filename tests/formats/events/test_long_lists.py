"""Large event files, read and written piece by piece: the same as the whole at once, in little memory."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from touchline.core.clock import ms_from_us
from touchline.core.events import Event, Timeline
from touchline.formats.events import event_format
from touchline.formats.events.own_events import event_ids, events_document
from touchline.formats.events.registry import FORMATS, find_events, write_events
from touchline.formats.files import json_lists
from touchline.formats.files.atomic import json_bytes
from touchline.formats.files.json_lists import find_long_list, object_with_list
from touchline.formats.soccernet.labels import labels_document, results_document

TEXTS = st.text(alphabet='ab{}[],:"\\\n\t\u00e9\u2028\x01', max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**12) | st.floats(-1e6, 1e6) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
EVENTS = st.builds(
    Event,
    label=st.sampled_from(["PASS", "DRIVE", 'a},{"b']) | TEXTS.filter(bool),
    start_us=st.integers(0, 5000) | st.integers(0, 10**10),
    confidence=st.sampled_from([0.0, 0.5, 1 / 3, 1.0]),
    team=st.none() | TEXTS.filter(bool),
    half=st.integers(1, 2),
    visible=st.booleans(),
    source=st.none() | st.just("truth"),
    extra=st.dictionaries(TEXTS.filter(lambda key: key not in ("label", "half")), VALUES, max_size=2),
)
ROWS = st.lists(st.dictionaries(TEXTS, VALUES, max_size=4), max_size=12)


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Read and write small files as if they were large."""
    monkeypatch.setattr(event_format, "LONG_BYTES", 0)
    monkeypatch.setattr(json_lists, "_BLOCK", 37)
    monkeypatch.setattr(json_lists, "_ROWS_AT_ONCE", 2)
    yield


@pytest.mark.robustness("load", "38")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, st.dictionaries(st.sampled_from(["schema", "x"]), VALUES, max_size=2), st.sampled_from([None, 0, 2]))
def test_a_list_read_in_pieces_is_the_list(
    tmp_path: Path, rows: list[Any], before: dict[str, Any], indent: Any
) -> None:
    document = {**before, "events": rows}
    path = tmp_path / "a.json"
    path.write_bytes(json.dumps(document, indent=indent, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    found = find_long_list(path, ("events", "annotations"))
    if found is not None:
        assert list(found.rows()) == rows
        assert found.outline == {**before, "events": []}
    else:
        assert any(key in str(before) for key in ("events", "[", "{")) or not all(rows) or "{" in str(rows)


@pytest.mark.robustness("load", "38")
@pytest.mark.parametrize("after", ['],"z":[1,{}]}', "]}", ']\n , "z" : "]}" } \n'])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_usual_layouts_are_read_in_pieces(tmp_path: Path, after: str, start: str) -> None:
    rows = [{"a": n, "b": [{"c": 1}, {"d": "},{"}]} for n in range(50)]
    path = tmp_path / "a.json"
    path.write_text(start + '{"UrlLocal": "g", "annotations" : [' + ", ".join(map(json.dumps, rows)) + after)
    found = find_long_list(path, ("events", "annotations"))
    assert found is not None and list(found.rows()) == rows
    assert found.outline["annotations"] == [] and ("z" in found.outline) == ("z" in after)


@pytest.mark.robustness("38")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"a": {"events": [{}, {}]}}',
        '{"a": "\\"events\\": [", "b": [{}, {}]}',
        '{"events": [{}, {}], "events": [{}]}',
        '{"events": [{}, {}',
        '{"events": [{}, {}]',
        '{"events": [{}, {}]} x',
        '{"events": [{} {}]}',
        '{"events": {}}',
    ],
)
def test_other_layouts_are_read_whole(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    assert find_long_list(tmp_path / "a.json", ("events",)) is None


@pytest.mark.robustness("load")
@settings(max_examples=100, deadline=None)
@given(ROWS, st.dictionaries(TEXTS.filter(lambda key: key != "k"), VALUES, max_size=3))
def test_pieces_are_the_bytes_of_the_whole(rows: list[Any], before: dict[str, Any]) -> None:
    assert b"".join(object_with_list(before, "k", rows)) == json_bytes({**before, "k": rows})


@pytest.mark.robustness("load")
@settings(max_examples=60, deadline=None)
@given(st.lists(EVENTS, max_size=8))
def test_own_and_soccernets_files_are_those_of_the_documents(events: list[Event]) -> None:
    timeline = Timeline(tuple(events))
    context = event_format.ExportContext(game="g")
    by_name = {known.name: known for known in FORMATS}
    assert by_name["events"].content(timeline, context=context) == json_bytes(events_document(timeline))
    for name, document in (("Labels-v2", labels_document), ("results_spotting", results_document)):
        assert by_name[name].content(timeline, context=context) == json_bytes(document(timeline, game="g"))


@pytest.mark.robustness("load")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(EVENTS, max_size=8))
def test_events_read_in_pieces_are_those_read_whole(tmp_path: Path, events: list[Event]) -> None:
    timeline = Timeline(tuple(events))
    path = tmp_path / "events.json"
    write_events(timeline, path)
    whole = find_events(path.read_bytes(), source=str(path))
    found = find_events(path, source=str(path))
    assert (found.timeline, found.game, found.notes) == (whole.timeline, whole.game, whole.notes)
    rounded = tuple(asdict(event) | {"confidence": round(event.confidence, 6)} for event in timeline)
    assert tuple(asdict(event) for event in whole.timeline) == rounded


@pytest.mark.robustness("load")
@given(st.lists(EVENTS, max_size=12))
def test_order_and_ids_are_as_before(events: list[Event]) -> None:
    timeline = Timeline(tuple(events))
    wanted = sorted(events, key=lambda e: (e.half, e.start_us, e.label, -e.confidence))
    assert list(map(id, timeline)) == list(map(id, wanted))
    names = event_ids(timeline)
    assert len(set(names)) == len(names)
    seen: dict[str, int] = {}
    for name in names:
        base, _, number = name.partition("-")
        seen[base] = seen.get(base, 0) + 1
        assert int(number or 1) == seen[base]


@given(st.integers(0, 10**12))
def test_milliseconds_are_rounded_as_before(time_us: int) -> None:
    from fractions import Fraction

    assert ms_from_us(time_us) == round(Fraction(time_us, 1000))


@pytest.mark.robustness("load")
@pytest.mark.slow
def test_convert_in_little_memory(tmp_path: Path, tried: Callable[[int], None]) -> None:
    """200,000 events: less than 250 MB, where a whole document in memory takes over 500."""
    events = tuple(Event(f"L{n % 12}", n * 5000, confidence=0.5, team=("a", "b")[n % 2]) for n in range(200_000))
    source = tmp_path / "events.json"
    write_events(Timeline(events), source)
    program = (
        "import sys; from touchline.cli.main import main\n"
        "sys.argv = ['touchline', 'convert', *sys.argv[1:]]\n"
        "try: main()\n"
        "finally: print(next(int(line.split()[1]) // 1024 for line in open('/proc/self/status') if 'VmHWM' in line))"
    )
    targets = ("a.csv", "Labels-ball.json", "a.xml", "a-llc.csv", "a.vtt")
    for target in targets:
        done = subprocess.run(
            [sys.executable, "-c", program, str(source), str(tmp_path / target)], capture_output=True, text=True
        )
        assert int(done.stdout.split()[-1]) < 250, done
    tried(len(targets))
