"""A bundle edited by hand is refused with the file and the place, or done again; never a traceback."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from fuzzing.fuzzbundle import ENTRIES, read_everything, renew_checksums, write_bundle
from makevideo import write_numbered
from tinymodel import write_tiny_model
from touchline.cli.main import app
from touchline.core.errors import InputError, TouchlineError
from touchline.formats.bundle import ACTIONS, CANDIDATES, CORRECTIONS, EVENTS, MANIFEST, Bundle
from touchline.formats.corrections.journal import entry_document
from touchline.formats.sound import SOUND
from touchline.review.contents import Contents
from touchline.review.payload import _coverage, _events_json, _shots, _teams
from touchline.review.shelf import Item

DEEP: Any = json.loads("[" * 200 + "]" * 200)
GONE = object()
EDITS: tuple[Any, ...] = (
    *(None, True, -1, 0.5, 10**30, -(2**63), float("nan"), 1e308),
    *("", "x", "\x1b[31m\0", "\ud800", [], {}, [1], {"a": []}, DEEP, GONE),
)
FILES = (MANIFEST, EVENTS, CANDIDATES, ACTIONS, SOUND, "keepers/index.json")


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return write_bundle(tmp_path)


def test_the_bundle_itself_is_read(bundle: Bundle) -> None:
    renew_checksums(bundle)
    read_everything(bundle)
    _read_for_review(bundle)


@pytest.mark.robustness("edited")
@pytest.mark.parametrize("name", FILES)
def test_some_values_of_each_file_edited(bundle: Bundle, name: str, tried: Callable[[int], None]) -> None:
    tried(_try_edits(bundle, name, every=41))


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.robustness("edited", "38")
@pytest.mark.parametrize("name", FILES)
def test_every_value_of_each_file_edited(bundle: Bundle, name: str, tried: Callable[[int], None]) -> None:
    tried(_try_edits(bundle, name, every=1))


@pytest.mark.robustness("edited")
def test_values_of_the_journal_edited(bundle: Bundle, tried: Callable[[int], None]) -> None:
    path = bundle.path / CORRECTIONS
    lines = path.read_bytes().splitlines()
    count = 0
    for at in range(len(lines)):
        for number, edited in enumerate(_edited(json.loads(lines[at]))):
            if number % 23 == at % 23:
                path.write_bytes(b"\n".join([*lines[:at], json.dumps(edited).encode(), *lines[at + 1 :]]) + b"\n")
                _read(bundle, CORRECTIONS)
                count += 1
    assert len(lines) == len(ENTRIES) + 1 and json.loads(lines[1]) == json.loads(json.dumps(entry_document(ENTRIES[0])))
    tried(count)


@pytest.mark.robustness("edited", "38")
@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        (MANIFEST, {"settings": None}, r"manifest\.json: settings: None, not an object; analyse the video again"),
        (
            MANIFEST,
            {"settings": {"spot": {"thresholds": {"PASS": "x"}}}},
            r"settings\.spot\.thresholds\.PASS: 'x', not",
        ),
        (MANIFEST, {"files": [1]}, "files: a list, not an object"),
        (MANIFEST, {"spotting": {"remarks": "few"}}, r"spotting\.remarks: 'few', not a list"),
        (MANIFEST, {"tracking": {"shots": [{"index": 0}]}}, r"tracking\.shots\[0\]: incomplete, "),
        (MANIFEST, {"video_name": "a\0b"}, "video_name: .*not a name"),
        (MANIFEST, {"models": [{"task": "spot"}]}, r"models\[0\]"),
        (EVENTS, {"events": [{"label": "x", "start_us": 10**17}]}, "event 0 is not valid: start_us=1e.17"),
        (EVENTS, {"events": [{"label": "x", "start_us": 1, "half": 2**40}]}, "event 0 is not valid: half"),
        (EVENTS, {"events": [{"label": "x", "start_us": 1, "extra": {"a": DEEP}}]}, "event 0 is not valid: extra"),
        (ACTIONS, {"labels": [1, 2]}, r"actions\.json: labels\[0\]: 1, not a text"),
        (SOUND, {"seconds": "x"}, r"sound\.json"),
    ],
)
def test_the_message_names_the_file_and_the_place(bundle: Bundle, name: str, change: Any, words: str) -> None:
    path = bundle.path / name
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **change}))
    if name != MANIFEST:
        renew_checksums(bundle)
    with pytest.raises(InputError, match=words):
        read_everything(bundle)


@pytest.mark.robustness("edited")
def test_the_commands_refuse_an_edited_bundle(bundle: Bundle, tmp_path: Path, tried: Callable[[int], None]) -> None:
    verbs = (
        ("convert", str(bundle.path), str(tmp_path / "Labels-ball.json")),
        ("export", str(bundle.path), "--to", "csv"),
        ("clips", str(bundle.path), "--out", str(tmp_path / "clips")),
        ("keeper", "match", str(bundle.path)),
    )
    runner, count = CliRunner(), 0
    for name in (MANIFEST, EVENTS):
        path = bundle.path / name
        valid = path.read_bytes()
        for number, edited in enumerate(_edited(json.loads(valid))):
            if number % 401 == 3:
                path.write_text(json.dumps(edited))
                verb = verbs[count % len(verbs)]
                done = runner.invoke(app, verb)
                assert done.exit_code in (0, 2, 3, 4), (verb, edited, done.output)
                assert done.exception is None or isinstance(done.exception, SystemExit), (verb, edited, done.output)
                count += 1
        path.write_bytes(valid)
    tried(count)


@pytest.mark.slow
@pytest.mark.robustness("edited")
def test_an_analysis_does_an_edited_bundle_again(tmp_path: Path) -> None:
    video = write_numbered(tmp_path / "match.mp4", frames=75, width=96, height=64)
    model = write_tiny_model(tmp_path / "model")
    words = ["spot", str(video), "--model", str(model), "--device", "cpu", "--out", str(tmp_path)]
    runner = CliRunner()
    assert runner.invoke(app, words).exit_code == 0
    folder = tmp_path / "match.touchline"
    names = (EVENTS, CANDIDATES, "scores.npz")
    before = {name: (folder / name).read_bytes() for name in names}
    for change in (
        {"settings": None},
        {"files": {"events.json": 5}},
        {"spotting": []},
        {"coverage": {}},
        {"models": 7},
    ):
        document = json.loads((folder / MANIFEST).read_bytes())
        (folder / MANIFEST).write_text(json.dumps({**document, **change}))
        done = runner.invoke(app, words)
        assert done.exit_code in (0, 2, 3), done.output
        if done.exit_code:
            assert MANIFEST in done.output or "match.touchline" in done.output
            shutil.rmtree(folder)
            assert runner.invoke(app, words).exit_code == 0
        assert {name: (folder / name).read_bytes() for name in names} == before


def _try_edits(bundle: Bundle, name: str, *, every: int) -> int:
    path = bundle.path / name
    valid, count = json.loads(path.read_bytes()), 0
    for number, edited in enumerate(_edited(valid)):
        if number % every == 0:
            path.write_text(json.dumps(edited))
            if name != MANIFEST:
                renew_checksums(bundle)
            _read(bundle, Path(name).name)
            count += 1
    return count


def _read(bundle: Bundle, name: str) -> None:
    for read in (read_everything, _read_for_review):
        try:
            read(bundle)
        except TouchlineError as error:
            assert error.exit_code in (2, 3) and (name in str(error) or bundle.path.name in str(error)), error


def _read_for_review(bundle: Bundle) -> None:
    """Read a bundle as the review page does when it is opened."""
    contents = Contents(Item(bundle, None))
    _events_json(contents), _teams(contents), _shots(contents), _coverage(contents.coverage)
    assert contents.notes is not None and contents.labels is not None and contents.track_ids is not None
    assert contents.curves is None or contents.duration_us > 0


def _edited(document: Any) -> Iterator[Any]:
    """Yield the document with each of its values replaced by each of the edits, or removed."""
    for place in _places(document, ()):
        for edit in EDITS:
            changed = copy.deepcopy(document)
            holder = changed
            for key in place[:-1]:
                holder = holder[key]
            if edit is GONE:
                del holder[place[-1]]
            else:
                holder[place[-1]] = copy.deepcopy(edit)
            yield changed


def _places(value: Any, place: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield (*place, key)
        yield from _places(value[key], (*place, key))
