"""The journal on disk: what is written is read, a killed writer costs at most its last line, damage is named."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from touchline.core.corrections.history import Change, StaleChangeError
from touchline.core.corrections.state import Corrections
from touchline.core.errors import InputError, ResourceError
from touchline.core.events import Event, Timeline
from touchline.formats.bundle import CORRECTIONS, Bundle
from touchline.formats.corrections.journal import read_journal
from touchline.formats.corrections.writer import JournalInUseError, JournalWriter
from touchline.formats.events.own_events import event_ids


def threshold(label: str, before: float | None, after: float) -> Change:
    return Change("threshold", label, None if before is None else {"value": before}, {"value": after})


def writer(path: Path) -> JournalWriter:
    return JournalWriter(path, video_fingerprint="abc", who="anna")


def test_entries_are_read_back(tmp_path: Path) -> None:
    path = tmp_path / "match.touchline" / CORRECTIONS
    with writer(path) as journal:
        assert not path.parent.exists(), "to look changes nothing"
        journal.do(threshold("PASS", None, 0.3), threshold("DRIVE", None, 0.4))
        journal.do(threshold("PASS", 0.3, 0.5))
        journal.undo(2)
        journal.redo(2)
        journal.undo(2)
    read = read_journal(path)
    assert read.video_fingerprint == "abc" and read.entries == tuple(journal.history.entries)
    assert [entry.who for entry in read.entries] == ["anna"] * 5
    assert Corrections.of(read.entries).thresholds == {"PASS": 0.3, "DRIVE": 0.4}
    with writer(path) as again:
        again.redo(2)
    assert Corrections.of(read_journal(path).entries).thresholds["PASS"] == 0.5


def test_a_stale_command_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / CORRECTIONS
    with writer(path) as journal:
        journal.do(threshold("PASS", None, 0.3))
        size = path.stat().st_size
        with pytest.raises(StaleChangeError):
            journal.do(threshold("PASS", 0.4, 0.5))
        assert path.stat().st_size == size
        journal.do(threshold("PASS", 0.3, 0.5))
    assert len(read_journal(path).entries) == 2


@pytest.mark.robustness("32")
def test_an_unfinished_line_at_every_length_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / CORRECTIONS
    with writer(path) as journal:
        journal.do(threshold("PASS", None, 0.3))
        whole = path.read_bytes()
        journal.do(threshold("PASS", 0.3, 0.5))
    last = path.read_bytes()[len(whole) :]
    for kept in range(len(last)):
        path.write_bytes(whole + last[:kept])
        assert len(read_journal(path).entries) == 1
    with writer(path) as journal:
        journal.do(threshold("PASS", 0.3, 0.7))
    assert [entry.number for entry in read_journal(path).entries] == [1, 2]


@pytest.mark.parametrize("kept", [0, 5, 40])
def test_a_file_that_was_just_begun_is_begun_again(tmp_path: Path, kept: int) -> None:
    path = tmp_path / CORRECTIONS
    path.write_bytes(b'{"schema":"touchline.corrections","version":1,'[:kept])
    with writer(path) as journal:
        journal.do(threshold("PASS", None, 0.3))
    assert len(read_journal(path).entries) == 1


@pytest.mark.robustness("38")
@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{]", "line 2: not readable as JSON"),
        (b"[]", "line 2: a JSON list"),
        (b'{"n":1}', "line 2: not a correction"),
        (b'{"n":2,"at":"","who":"","undo":1}', "line 2: does not fit"),
        (
            b'{"n":1,"at":"","who":"","do":[{"what":"x","id":"y","before":null,"after":null}]}',
            "line 2: not a correction",
        ),
    ],
)
def test_damage_is_named_by_line(tmp_path: Path, line: bytes, message: str) -> None:
    path = tmp_path / CORRECTIONS
    path.write_bytes(b'{"schema":"touchline.corrections","version":1,"video_fingerprint":""}\n' + line + b"\n")
    with pytest.raises(InputError, match=message):
        read_journal(path)
    with pytest.raises(InputError, match=message):
        writer(path)


def test_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / CORRECTIONS
    path.write_text(json.dumps({"schema": "touchline.corrections", "version": 2}) + "\n")
    with pytest.raises(InputError, match="version 2"):
        read_journal(path)


@pytest.mark.robustness("40")
def test_one_writer_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / CORRECTIONS
    with writer(path) as first:
        second = writer(path)
        first.do(threshold("PASS", None, 0.3))
        with pytest.raises(JournalInUseError, match="another process"):
            second.do(threshold("DRIVE", None, 0.3))
        with pytest.raises(JournalInUseError):
            writer(path)
    second.close()
    with writer(path) as third:
        third.do(threshold("PASS", 0.3, 0.4))


@pytest.mark.robustness("32")
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_killed_writer_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    path = tmp_path / CORRECTIONS
    script = textwrap.dedent(f"""
        from pathlib import Path
        from touchline.core.corrections.history import Change
        from touchline.formats.corrections.writer import JournalWriter
        journal = JournalWriter(Path({str(path)!r}), video_fingerprint="abc", who="anna")
        before = None
        while True:
            after = {{"value": (journal.history.next_number % 100) / 100}}
            print(journal.do(Change("threshold", "PASS", before, after)).number, flush=True)
            before = after
    """)
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    answered = [int(process.stdout.readline()) for _ in range(20)]
    os.kill(process.pid, signal.SIGKILL)
    answered += [int(line) for line in process.stdout.read().splitlines() if line]
    process.wait()
    entries = read_journal(path).entries
    assert len(entries) >= answered[-1], "everything that was answered is there"
    with writer(path) as journal:
        journal.do(threshold("DRIVE", None, 0.5))


@pytest.mark.robustness("31")
def test_a_disk_error_leaves_the_history_as_it_is_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / CORRECTIONS
    with writer(path) as journal:
        journal.do(threshold("PASS", None, 0.3))
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", lambda handle: (_ for _ in ()).throw(OSError(28, "No space left on device")))
            with pytest.raises(ResourceError, match="disk is full"):
                journal.do(threshold("PASS", 0.3, 0.4))
        current = journal.history.state[("threshold", "PASS")]["value"]
        journal.do(threshold("PASS", current, 0.9))
    assert Corrections.of(read_journal(path).entries).thresholds == {"PASS": 0.9}


def test_a_bundle_gives_the_corrected_timeline(tmp_path: Path) -> None:
    bundle = Bundle(tmp_path / "match.touchline")
    bundle.path.mkdir()
    low, high = (
        Event("PASS", 1_000_000, confidence=0.2, source="net"),
        Event("PASS", 5_000_000, confidence=0.9, source="net"),
    )
    bundle.write_events(Timeline((high,)))
    bundle.write_candidates(Timeline((low, high)))
    ids = dict(zip(event_ids(bundle.read_candidates()), ("low", "high"), strict=True))
    assert event_ids(bundle.read_events())[0] in ids, "an event has the same id among the candidates"
    with writer(bundle.path / CORRECTIONS) as journal:
        name = next(name for name, which in ids.items() if which == "low")
        value = {"label": "PASS", "start_us": 1_000_000, "end_us": None, "team": None, "player": None}
        value |= {"visible": True, "half": 1, "confidence": 0.2, "state": "accepted", "note": ""}
        journal.do(Change("event", name, None, value))
    assert [event.start_us for event in bundle.read_corrected(reviewed_only=True)] == [1_000_000]
    assert [one.state for one in bundle.read_corrected_events()] == ["accepted", "unreviewed"]
    assert bundle.read_events() == Timeline((high,)), "the model's events stay as they are"
