"""Event files that are huge, nested or wrong end in a short report, not in a crash."""

from __future__ import annotations

import json

import pytest

from touchline.core.errors import InputError
from touchline.formats.events.registry import find_events

HEAD = {"schema": "touchline.events", "version": 1}


def refusal(data: bytes | str | dict[str, object], name: str = "x.json") -> str:
    if isinstance(data, dict):
        data = json.dumps(data)
    with pytest.raises(InputError) as error:
        find_events(data.encode() if isinstance(data, str) else data, source=name)
    assert len(str(error.value)) < 1000
    return str(error.value)


@pytest.mark.parametrize(
    "data",
    [
        '{"a":' * 100_000,
        "[" * 100_000,
        '{"schema":"touchline.events","version":1,"events":' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"labels":{},"data":' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"annotations":' + '{"a":' * 100_000 + "1" + "}" * 100_000 + "}",
    ],
)
def test_deep_nesting_is_refused(data: str) -> None:
    assert refusal(data).startswith("x.json: line 1: not readable as JSON")


def test_deep_nesting_in_a_cell_is_refused() -> None:
    assert "line 2: " in refusal("label,start_s,extra\nx,1," + "[" * 100_000 + "\n", "x.csv")


def test_all_that_is_wrong_is_summed_up() -> None:
    rows = [{"id": "a", "label": "x", "start_us": 1}] * 2 + [{"label": "x", "start_us": -n} for n in range(1, 10_000)]
    text = refusal({**HEAD, "events": rows})
    assert text.startswith("x.json: event 1 has the id of event 0; event 2 is not valid: start_us=-1 is negative")
    assert text.endswith("; and 9995 more")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (3, "a int, not an object"),
        ({"label": 3, "start_us": 1}, "label='3' is of the wrong type"),
        ({"label": "x"}, "'start_us' is missing"),
        ({"label": "x", "start_us": "1"}, "start_us='1' is of the wrong type"),
        ({"label": "x", "start_us": 1, "extra": None}, "extra='None' is of the wrong type"),
        ({"label": "x", "start_us": 1, "confidence": 2}, "confidence=2 is outside 0 to 1"),
        ({"label": "x", "start_us": 1, "colour": 2}, "'colour' is no part of an event"),
        ({"label": "x", "start_us": 2, "end_us": 1}, "end_us=1 must be after"),
    ],
)
def test_rows_of_wrong_types(row: object, message: str) -> None:
    assert f"event 0 is not valid: {message}" in refusal({**HEAD, "events": [row]})


def test_events_that_are_no_list() -> None:
    assert "events is a dict, not a list" in refusal({**HEAD, "events": {}})


@pytest.mark.slow
def test_a_million_events_are_read() -> None:
    rows = [{"label": "x", "start_us": n} for n in range(1_000_000)]
    assert len(find_events(json.dumps({**HEAD, "events": rows}).encode(), source="x.json").timeline) == 1_000_000
