"""Formats of editing programs and annotation tools: what all of them must do."""

from __future__ import annotations

import json
import random
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from eventsgiven import RICH, TIMELINES
from hypothesis import given, settings
from hypothesis import strategies as st

from touchline.core.errors import InputError, UsageError
from touchline.core.events import Event, Timeline
from touchline.formats.events.event_format import FoundEvents, ReadOptions
from touchline.formats.events.export_context import ExportContext, VideoFacts
from touchline.formats.events.registry import find_events, format_named

NAMES = ("edl", "fcpxml", "otio", "davinci", "elan", "boris", "boris-tsv", "label-studio")
COUNT_FRAMES = ("edl", "fcpxml", "otio", "davinci", "label-studio")
RATES = tuple(map(Fraction, ("25", "30000/1001", "60000/1001", "24000/1001", "50", "120", "25/2")))
UNEVEN = np.cumsum([40_000, 160_000, 40_000, 33_000] * 400, dtype=np.int64) - 40_000


def context_of(rate: Fraction = Fraction(25), times_us: np.ndarray | None = None) -> ExportContext:
    video = VideoFacts(Path("/videos/the match.mp4"), 90 * 60 * 10**6, rate, times_us, 1920, 1080, True)
    return ExportContext(game="the match", video=video)


def read(name: str, data: bytes, rate: Fraction | None = None) -> FoundEvents:
    known = format_named(name)
    return find_events(data, source=f"match{known.suffixes[0]}", options=ReadOptions(fps=rate))


def round_trip(name: str, timeline: Timeline, context: ExportContext) -> Timeline:
    rate = context.video.fps if name == "davinci" and context.video.fps in RATES[:5] else None
    if name == "davinci" and rate is None:
        rate = {Fraction(120): Fraction(60)}.get(context.video.fps or Fraction(0), context.video.fps)
    return read(name, format_named(name).content(timeline, context=context), rate).timeline


def in_any_order(timeline: Timeline) -> list[str]:
    """The events as text, sorted: a timeline does not say in which order events of one time and label come."""
    return sorted(json.dumps(asdict(event), sort_keys=True) for event in timeline)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_a_rich_timeline_is_lost(name: str) -> None:
    assert round_trip(name, RICH, context_of()) == RICH
    assert format_named(name).fit(RICH, context=context_of()).notes == ()


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40, deadline=None)
@given(timeline=TIMELINES, rate=st.sampled_from(RATES), uneven=st.booleans())
def test_any_timeline_makes_the_round_trip(name: str, timeline: Timeline, rate: Fraction, uneven: bool) -> None:
    context = context_of(rate, UNEVEN if uneven else None)
    assert in_any_order(round_trip(name, timeline, context)) == in_any_order(timeline)


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_timeline_is_a_file_without_events(name: str) -> None:
    if name != "boris-tsv":
        assert round_trip(name, Timeline(), context_of()) == Timeline()
    else:
        assert format_named(name).content(Timeline(), context=context_of()) == b""


@pytest.mark.parametrize("name", NAMES)
def test_thousands_of_events_are_no_trouble(name: str) -> None:
    events = (Event("Pass", 250_000 * i, None if i % 3 else 250_000 * i + 900_000, team="A") for i in range(4_000))
    timeline = Timeline(tuple(events))
    context = context_of()
    kept = format_named(name).fit(timeline, context=context).timeline
    assert in_any_order(round_trip(name, kept, context)) == in_any_order(kept)


@pytest.mark.parametrize("name", NAMES)
def test_equal_events_give_equal_files(name: str) -> None:
    known = format_named(name)
    assert known.content(RICH, context=context_of()) == known.content(RICH, context=context_of())


@pytest.mark.parametrize("name", COUNT_FRAMES)
def test_the_rate_is_stated_and_an_uneven_one_is_a_loss(name: str) -> None:
    known = format_named(name)
    assert any("29.97" in line for line in known.fit(RICH, context=context_of(RATES[1])).remarks)
    notes = known.fit(RICH, context=context_of(times_us=UNEVEN)).notes
    assert any("variable frame rate" in line for line in notes), notes
    with pytest.raises(UsageError, match="--fps"):
        known.content(RICH, context=ExportContext(game="x"))


@pytest.mark.parametrize("name", NAMES)
def test_damaged_files_are_refused_or_read_but_never_crash(name: str) -> None:
    data = format_named(name).content(RICH, context=context_of(RATES[1]))
    random_source = random.Random(7)
    for _ in range(400):
        damaged = bytearray(data)
        for _ in range(random_source.randint(1, 6)):
            place = random_source.randrange(len(damaged))
            damaged[place : place + random_source.randint(0, 3)] = random_source.randbytes(random_source.randint(0, 3))
        cut = bytes(damaged[: random_source.randrange(len(damaged)) if random_source.random() < 0.2 else None])
        try:
            read(name, cut, Fraction(25) if name == "davinci" else None)
        except InputError as error:
            assert str(error).startswith("match."), error


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=80, deadline=None)
@given(data=st.binary(max_size=300))
def test_garbage_is_refused(name: str, data: bytes) -> None:
    known = format_named(name)
    try:
        find_events(data, source=f"match{known.suffixes[0]}", known=known, options=ReadOptions(fps=Fraction(25)))
    except InputError as error:
        assert str(error).startswith("match."), error


@pytest.mark.parametrize("name", ["fcpxml", "elan"])
def test_xml_with_contents_in_its_document_type_is_refused(name: str) -> None:
    known = format_named(name)
    data = known.content(RICH, context=context_of())
    bomb = b'<!DOCTYPE fcpxml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    head, rest = data.split(b"\n", 1)
    rest = rest.removeprefix(b"<!DOCTYPE fcpxml>")
    with pytest.raises(InputError, match="document type"):
        find_events(head + b"\n" + bomb + rest, source=f"match{known.suffixes[0]}", known=known)
    outside = b'<!DOCTYPE fcpxml SYSTEM "file:///etc/passwd">'
    with pytest.raises(InputError, match="document type"):
        find_events(head + b"\n" + outside + rest, source=f"match{known.suffixes[0]}", known=known)
