"""S3 itself, as far as moto's server is like it: one writer of an object wins, lists and requests name the same tag."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from batchcase import TERMS, results, run_all, worker_for

from touchline.batch.fetching import fetch
from touchline.batch.plan import write_plan
from touchline.batch.planning import make_plan
from touchline.batch.sources import facts_of
from touchline.batch.stores import Patience, open_store
from touchline.batch.stores.cloud import CloudStore

pytest.importorskip("s3fs")
moto_server = pytest.importorskip("moto.server")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    import fsspec

    server = moto_server.ThreadedMotoServer(port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("NO_PROXY", "127.0.0.1")
        fsspec.filesystem("s3").mkdir("season")
        yield "s3://season"
    server.stop()


def test_an_object_is_created_once_even_by_one_who_did_not_look(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (open_store(f"{bucket}/x", patience=Patience(0)) for _ in range(2))
    assert first.create("a.json", b"one")
    looked = iter((None, b"one"))
    monkeypatch.setattr(CloudStore, "read", lambda self, name: next(looked))
    assert not second.create("a.json", b"two")
    monkeypatch.undo()
    assert first.read("a.json") == b"one"


def test_matches_of_a_bucket_are_analysed_and_come_home(bucket: str, tmp_path: Path) -> None:
    videos = open_store(f"{bucket}/videos", patience=Patience(0))
    for name in ("a", "b"):
        videos.write(f"{name}.mp4", name.encode())
    store = open_store(f"{bucket}/store", patience=Patience(0))
    plan, _ = write_plan(store, make_plan(f"{bucket}/videos", terms=TERMS, endings=frozenset({".mp4"})))
    assert all(facts_of(match.uri).etag == match.etag for match in plan.matches)
    assert run_all(worker_for(store, tmp_path / "x"), plan.matches) == {"a": "done", "b": "done"}
    assert len(results(store)) == 2
    assert [each.bundle.name for each in fetch(store, plan.matches, tmp_path / "home")] == [
        "a.touchline",
        "b.touchline",
    ]
