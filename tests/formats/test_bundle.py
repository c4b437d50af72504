from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from touchline.core.errors import InputError, ResourceError
from touchline.core.events import Coverage, Event, Gap, Scores, Timeline
from touchline.formats import bundle as bundle_module
from touchline.formats.bundle import Bundle, Manifest, video_fingerprint
from touchline.formats.events.own_events import events_document
from touchline.formats.files.npz import npz_bytes

TIMELINE = Timeline(
    (
        Event("PASS", 1_040_000, confidence=0.75, team="left", source="tiny"),
        Event("DRIVE", 2_000_000, end_us=3_000_000, player="7", visible=False, extra={"zone": 3}),
        Event("PASS", 1_040_000, confidence=0.5, team="left", source="tiny"),
    )
)


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return Bundle.create(tmp_path, Path("match one.mkv"))


def test_a_bundle_lies_beside_the_video_or_in_out() -> None:
    video = Path("games") / "match one.mkv"
    assert Bundle.for_video(video).path == Path("games") / "match one.touchline"
    assert Bundle.for_video(video, out=Path("o")).path == Path("o") / "match one.touchline"


def test_events_come_back_as_written(bundle: Bundle) -> None:
    bundle.write_events(TIMELINE)
    assert bundle.read_events() == TIMELINE


def test_event_ids_are_stable_and_unique() -> None:
    rows = events_document(TIMELINE)["events"]
    ids = [row["id"] for row in rows]
    assert len(set(ids)) == 3
    assert ids[1] == f"{ids[0]}-2"
    later = Timeline((*TIMELINE.events, Event("GOAL", 0)))
    assert set(ids) < {row["id"] for row in events_document(later)["events"]}


def test_confidence_is_stored_to_six_decimals() -> None:
    row = events_document(Timeline((Event("PASS", 0, confidence=1 / 3),)))["events"][0]
    assert row["confidence"] == 0.333333


def test_scores_come_back_and_equal_scores_give_equal_bytes(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    scores = Scores(rng.random((7, 2), np.float32), np.arange(7, dtype=np.int64) * 80_000, ("PASS", "DRIVE"))
    bundle.write_scores(scores)
    first = (bundle.path / "scores.npz").read_bytes()
    monkeypatch.setattr("time.time", lambda: 2e9)
    monkeypatch.setattr("time.localtime", lambda *_: (2033, 5, 18, 3, 33, 20, 2, 138, 0))
    bundle.write_scores(scores)
    assert (bundle.path / "scores.npz").read_bytes() == first
    back = bundle.read_scores()
    assert back.labels == scores.labels
    np.testing.assert_array_equal(back.values, scores.values)
    np.testing.assert_array_equal(back.times_us, scores.times_us)


def test_no_scores_at_all_come_back_too(bundle: Bundle) -> None:
    bundle.write_scores(Scores(np.zeros((0, 1), np.float32), np.zeros(0, np.int64), ("PASS",)))
    assert len(bundle.read_scores()) == 0


def test_arrays_of_objects_are_refused() -> None:
    with pytest.raises(ValueError):
        npz_bytes({"a": np.array([{}], dtype=object)})


def test_the_manifest_comes_back_as_written(bundle: Bundle) -> None:
    coverage = Coverage(10_000_000, 240, packets_skipped=2, gaps=(Gap(5, 9, "lost"),), repairs=("made monotonic",))
    manifest = Manifest(
        video_name="match one.mkv",
        video_fingerprint="ab" * 32,
        models=({"task": "spot", "name": "tiny", "sha256": "cd" * 32},),
        settings={"fps": 12.5},
        coverage=coverage,
        timings_s={"score": 1.25},
        files={"events.json": "ef" * 32},
    )
    bundle.write_manifest(manifest)
    assert bundle.read_manifest() == manifest


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"version": 2}', b'{"version": 1}', b"\xff\xfe", b"[" * 100_000],
    ids=["empty", "cut", "list", "newer", "bare", "binary", "nested"],
)
def test_a_broken_manifest_or_events_file_is_an_input_error(bundle: Bundle, content: bytes) -> None:
    for name in ("manifest.json", "events.json"):
        (bundle.path / name).write_bytes(content)
    with pytest.raises(InputError, match=r"manifest\.json"):
        bundle.read_manifest()
    with pytest.raises(InputError, match=r"events\.json"):
        bundle.read_events()


@pytest.mark.parametrize("change", [{"start_us": -1}, {"label": ""}, {"confidence": 2}, {"colour": "red"}])
def test_an_event_that_is_none_is_named(bundle: Bundle, change: dict[str, object]) -> None:
    document = events_document(TIMELINE)
    document["events"][1].update(change)
    (bundle.path / "events.json").write_text(json.dumps(document))
    with pytest.raises(InputError, match="event 1 is not valid"):
        bundle.read_events()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut", b"text"])
def test_broken_scores_are_an_input_error(bundle: Bundle, content: bytes) -> None:
    (bundle.path / "scores.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"scores\.npz"):
        bundle.read_scores()


def test_a_missing_bundle_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        Bundle(tmp_path / "none").read_manifest()
    with pytest.raises(InputError):
        Bundle(tmp_path / "none").read_scores()


def test_a_bundle_that_cannot_be_made_is_a_resource_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ResourceError):
        Bundle.create(tmp_path / "file", Path("a.mp4"))


def test_the_fingerprint_names_the_content_not_the_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle_module, "_BLOCK", 16)
    data = bytearray(range(256)) * 8
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(data)
    fingerprint = video_fingerprint(tmp_path / "a")
    assert fingerprint == video_fingerprint(tmp_path / "b")
    for place in (0, 15, len(data) - 1, (len(data) - 16) // 9):
        changed = bytearray(data)
        changed[place] ^= 1
        (tmp_path / "b").write_bytes(changed)
        assert video_fingerprint(tmp_path / "b") != fingerprint
    (tmp_path / "b").write_bytes(data[:-1])
    assert video_fingerprint(tmp_path / "b") != fingerprint
    (tmp_path / "b").write_bytes(b"")
    assert len(video_fingerprint(tmp_path / "b")) == 64
    with pytest.raises(InputError, match="missing"):
        video_fingerprint(tmp_path / "missing")
