"""Event data of providers through kloppy: the rules, the times, and kloppy's own sample files."""

from __future__ import annotations

import builtins
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from touchline.core.errors import InputError, UsageError
from touchline.core.events import Timeline
from touchline.core.labels import BALL_12, SOCCERNET_V2
from touchline.formats.events.event_format import EventSource, FoundEvents, ReadOptions
from touchline.formats.events.export_context import ExportContext
from touchline.formats.events.providers.mapping import ALSO, BALL, BROADCAST, FIRST, ProviderEvent, labels_of
from touchline.formats.events.providers.provider_events import PROVIDERS, parse_period_starts, provider_named


def samples() -> Path:
    """kloppy's own sample files, which its package brings along."""
    kloppy = pytest.importorskip("kloppy")
    folder = Path(kloppy.__file__).parent / "tests" / "files"
    if not folder.is_dir():
        pytest.skip("kloppy was installed without its sample files")
    return folder


def read(provider: str, events: str, beside: str | None = None, **options: Any) -> FoundEvents:
    known = provider_named(provider)
    assert known is not None
    given = ReadOptions(beside=samples() / beside if beside else None, **options)
    return known.read(EventSource(events, (samples() / events).read_bytes(), given))


@pytest.mark.parametrize(
    ("event", "ball", "broadcast"),
    [
        (ProviderEvent("PASS", "COMPLETE"), ["PASS"], []),
        (ProviderEvent("PASS", "OFFSIDE", frozenset({"HEAD"})), ["HEADER"], ["Offside"]),
        (ProviderEvent("PASS", "COMPLETE", frozenset({"CORNER_KICK", "HIGH_PASS"})), ["CROSS"], ["Corner"]),
        (ProviderEvent("PASS", "", frozenset({"THROW_IN"})), ["THROW IN"], ["Throw-in"]),
        (ProviderEvent("SHOT", "GOAL", frozenset({"PENALTY"})), ["SHOT", "GOAL"], ["Goal", "Penalty"]),
        (ProviderEvent("SHOT", "SAVED"), ["SHOT"], ["Shots on target"]),
        (ProviderEvent("DUEL", "WON", frozenset({"SLIDING_TACKLE"})), ["PLAYER SUCCESSFUL TACKLE"], []),
        (ProviderEvent("DUEL", "LOST", frozenset({"SLIDING_TACKLE"})), [], []),
        (ProviderEvent("FOUL_COMMITTED", "", frozenset({"RED"})), [], ["Foul", "Red card"]),
        (ProviderEvent("CARD", "", frozenset({"SECOND_YELLOW"})), [], ["Yellow->red card"]),
        (ProviderEvent("PRESSURE"), [], []),
    ],
)
def test_the_rules(event: ProviderEvent, ball: list[str], broadcast: list[str]) -> None:
    assert (list(labels_of(event, BALL)), list(labels_of(event, BROADCAST))) == (ball, broadcast)


def test_every_label_of_the_rules_is_one_of_its_set() -> None:
    for name, labels in ((BALL, BALL_12), (BROADCAST, SOCCERNET_V2)):
        assert {rule.label for rule in (*FIRST[name], *ALSO[name])} <= set(labels)


@pytest.mark.parametrize(
    ("provider", "events", "beside"),
    [
        ("opta", "opta_f24.xml", "opta_f7.xml"),
        ("sportec", "sportec_events.xml", "sportec_meta.xml"),
        ("wyscout", "wyscout_events_v2.json", None),
        ("datafactory", "datafactory_events.json", None),
        ("statsperform", "statsperform_event_ma3.xml", "statsperform_event_ma1.xml"),
    ],
)
def test_samples_of_providers_have_events_and_say_what_was_left_out(
    provider: str, events: str, beside: str | None
) -> None:
    found = read(provider, events, beside, labels=BROADCAST)
    assert set(found.timeline.labels) <= set(SOCCERNET_V2) and {"Goal", "Throw-in"} <= set(found.timeline.labels)
    assert found.notes[0].split(" events have no label in soccernet-v2: ")[0].isdecimal()
    assert {event.half for event in found.timeline} >= {1, 2} and found.notes[-1].startswith(
        "times count from the start"
    )


def test_a_statsbomb_match_on_the_clock_of_the_video() -> None:
    starts = {1: 12_500_000, 2: 3_000_000_000}
    found = read("statsbomb", "statsbomb_event.json", "statsbomb_lineup.json", period_starts_us=starts)
    counts = Counter(event.label for event in found.timeline)
    assert (counts["GOAL"], counts["SHOT"], counts["THROW IN"]) == (3, 29, 17)
    first = found.timeline.events[0]
    assert (first.label, first.start_us, first.team, first.half) == ("PASS", 12_598_000, "Deportivo Alavés", 1)
    assert first.player == "Jonathan Rodríguez Menéndez" and str(first.extra["provider_event"]).startswith("34208ade")
    assert found.notes[0].startswith("1900 events have no label in ball-12: 1100 ball receipt*, 367 pressure")
    only = read("statsbomb", "statsbomb_event.json", "statsbomb_lineup.json", period_starts_us={2: 0})
    assert "events of period 1, whose start in the video was not given" in only.notes[1]
    assert {event.half for event in only.timeline} == {1}


def test_what_is_missing_is_named() -> None:
    with pytest.raises(UsageError, match="needs the F7 file too; give that file with --beside"):
        read("opta", "opta_f24.xml")
    with pytest.raises(UsageError, match="'ball' is no label set for providers; use one of ball-12, soccernet-v2"):
        read("wyscout", "wyscout_events_v2.json", labels="ball")
    assert provider_named("hudl") is None and provider_named("opta") is not None
    with pytest.raises(UsageError, match="are read, not written"):
        known = provider_named("opta")
        assert known is not None
        known.content(Timeline(), context=ExportContext())


@pytest.mark.parametrize("name", list(PROVIDERS))
@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"[1]", b"<a/>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b'{"events": [{}]}']
)
def test_other_files_are_refused_in_words(name: str, data: bytes, tmp_path: Path) -> None:
    pytest.importorskip("kloppy")
    beside = tmp_path / "beside"
    beside.write_bytes(data)
    known = provider_named(name)
    assert known is not None
    try:
        found = known.read(EventSource("x", data, ReadOptions(beside=beside)))
    except InputError as error:
        assert str(error).startswith(("x", str(beside)))
    else:
        assert found.timeline == Timeline()


def test_without_kloppy_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("kloppy"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    for name in [name for name in sys.modules if name.split(".")[0] == "kloppy"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)
    known = provider_named("wyscout")
    assert known is not None
    with pytest.raises(UsageError, match=r"pip install 'touchline\[providers\]'"):
        known.read(EventSource("x", b"{}"))


def test_starts_of_periods() -> None:
    assert parse_period_starts(["1=12.5", "2=3000"]) == {1: 12_500_000, 2: 3_000_000_000}
    for text in ("1", "=5", "a=5", "1=-1", "1=x", "1=nan"):
        with pytest.raises(UsageError, match="give the period and its start in seconds"):
            parse_period_starts([text])
    with pytest.raises(UsageError, match="period 1 is given twice"):
        parse_period_starts(["1=0", "1=5"])
