"""Videos behind fsspec: staging in pieces, resumed; a video that changes while it comes; results brought home."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from batchcase import QUICK, TERMS, results, run_all, videos, worker_for

from touchline.batch import staging
from touchline.batch.fetching import fetch
from touchline.batch.plan import Plan, write_plan
from touchline.batch.planning import make_plan
from touchline.batch.scratch import Scratch
from touchline.batch.staging import Changed, Stopped, stage
from touchline.batch.stores import Patience, Store, open_store
from touchline.core.errors import InputError, ResourceError

fsspec = pytest.importorskip("fsspec")
NOW = Patience(0)


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[str]:
    address = f"memory://{tmp_path.name}"
    yield address
    fsspec.filesystem("memory").rm(tmp_path.name, recursive=True)


def put(bucket: str, name: str, data: bytes) -> None:
    with fsspec.open(f"{bucket}/{name}", "wb") as file:
        file.write(data)


def planned_from(bucket: str, given: str = "videos") -> tuple[Store, Plan]:
    store = open_store(f"{bucket}/store", patience=NOW)
    return store, write_plan(store, make_plan(f"{bucket}/{given}", terms=TERMS, endings=frozenset({".mp4"})))[0]


def test_a_prefix_is_planned_staged_and_analysed(bucket: str, tmp_path: Path) -> None:
    for name in ("a", "deep/b"):
        put(bucket, f"videos/{name}.mp4", name.encode())
    store, plan = planned_from(bucket)
    assert [match.name for match in plan.matches] == ["a", "b"]
    assert run_all(worker_for(store, tmp_path / "x"), plan.matches) == {"a": "done", "b": "done"}
    assert len(results(store)) == 2
    assert list((tmp_path / "x").iterdir()) == []


def test_a_manifest_in_a_bucket_names_videos_beside_it(bucket: str) -> None:
    put(bucket, "videos/a.mp4", b"a")
    put(bucket, "season.csv", b"video,home\nvideos/a.mp4,Ajax\n")
    _, plan = planned_from(bucket, "season.csv")
    assert [(match.uri, dict(match.columns)) for match in plan.matches] == [
        (f"{bucket}/videos/a.mp4", {"home": "Ajax"})
    ]


def test_staging_goes_on_where_it_stopped(bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "PIECE_BYTES", 4)
    put(bucket, "videos/a.mp4", b"0123456789")
    match = planned_from(bucket)[1].matches[0]
    stop, asked = threading.Event(), []
    read = staging.read_range

    def stop_after_two(uri: str, start: int, end: int, *, patience: Patience) -> bytes:
        asked.append((start, end))
        if len(asked) == 2:
            stop.set()
        return read(uri, start, end, patience=patience)

    monkeypatch.setattr(staging, "read_range", stop_after_two)
    with pytest.raises(Stopped):
        stage(match, tmp_path, patience=NOW, stop=stop)
    path = stage(match, tmp_path, patience=NOW, stop=threading.Event())
    assert asked == [(0, 4), (4, 8), (8, 10)]
    assert path.read_bytes() == b"0123456789"
    assert stage(match, tmp_path, patience=NOW, stop=threading.Event()) == path
    assert len(asked) == 3


def test_a_video_that_changes_while_it_is_fetched_is_noticed(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(bucket, "videos/a.mp4", b"0123456789")
    store, plan = planned_from(bucket)
    read = staging.read_range

    def change(uri: str, start: int, end: int, *, patience: Patience) -> bytes:
        data = read(uri, start, end, patience=patience)
        put(bucket, "videos/a.mp4", b"9876543210")
        return data

    monkeypatch.setattr(staging, "read_range", change)
    with pytest.raises(Changed, match="changed since it was planned"):
        stage(plan.matches[0], tmp_path / "v", patience=NOW, stop=threading.Event())
    monkeypatch.undo()
    assert run_all(worker_for(store, tmp_path / "x"), plan.matches) == {"a": "failed"}
    made, new = write_plan(store, planned_again(bucket), add=True)
    assert new == 1
    assert run_all(worker_for(store, tmp_path / "x"), made.matches) == {"a": "done"}


def planned_again(bucket: str) -> Plan:
    return make_plan(f"{bucket}/videos", terms=TERMS, endings=frozenset({".mp4"}))


def test_the_quota_holds_back_the_next_video_and_refuses_one_that_never_fits(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path / "x", quota_bytes=10, stop=threading.Event())
    with pytest.raises(ResourceError, match="--scratch-gb"), scratch.hold(11, name="m"):
        pass
    order = []

    def second() -> None:
        with scratch.hold(5, name="b"):
            order.append("second")

    with scratch.hold(6, name="a"):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.3)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_results_come_home_as_bundles_with_a_table(tmp_path: Path) -> None:
    folder = videos(tmp_path / "v" / "1", {"half": "a"}).parent
    videos(folder / "2", {"half": "b", "only": "c", "bad": "damaged"})
    store = open_store(str(tmp_path / "s"))
    plan, _ = write_plan(store, make_plan(str(folder), terms=TERMS, endings=frozenset({".mp4"})))
    run_all(worker_for(store, tmp_path / "x", rules=QUICK), plan.matches)
    found = list(fetch(store, plan.matches, tmp_path / "home"))
    halves = sorted(f"half-{match.key[:8]}.touchline" for match in plan.matches if match.name == "half")
    assert sorted(each.bundle.name for each in found) == [*halves, "only.touchline"]
    assert (tmp_path / "home" / "only.touchline" / "features" / "a.json").read_text() == '{"size": 1}'
    assert (tmp_path / "home" / "matches.csv").read_text().splitlines()[0] == "bundle,match,video"
    assert [each.before for each in fetch(store, plan.matches, tmp_path / "home")] == [True] * 3
    assert not list((tmp_path / "home").glob(".fetching-*"))


def test_a_damaged_result_does_not_come_home(tmp_path: Path) -> None:
    folder = videos(tmp_path / "v", {"a": "a"})
    store = open_store(str(tmp_path / "s"))
    plan, _ = write_plan(store, make_plan(str(folder), terms=TERMS, endings=frozenset({".mp4"})))
    run_all(worker_for(store, tmp_path / "x"), plan.matches)
    events = next(name for name in store.names() if name.endswith("events.json"))
    store.write(events, b"{}")
    with pytest.raises(InputError, match="SHA-256 differs"):
        list(fetch(store, plan.matches, tmp_path / "home"))
    assert list((tmp_path / "home").iterdir()) == []
