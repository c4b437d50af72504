"""Stores: a local folder and one of fsspec do the same, and an unreachable one is tried again."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from touchline.batch.stores import Patience, Store, is_remote, open_store
from touchline.batch.stores.opening import local_path
from touchline.core.errors import InputError, NetworkError, UsageError


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "memory":
        pytest.importorskip("fsspec")
        return open_store(f"memory://{tmp_path.name}", patience=Patience(0))
    return open_store(str(tmp_path / "store"))


def test_what_is_written_is_read(store: Store) -> None:
    assert store.read("a/b.json") is None
    store.write("a/b.json", b"one")
    store.write("a/b.json", b"two")
    assert store.read("a/b.json") == b"two"


def test_an_object_is_created_once(store: Store) -> None:
    assert store.create("a/b.json", b"one")
    assert not store.create("a/b.json", b"two")
    assert store.read("a/b.json") == b"one"


def test_of_many_creators_one_wins(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    won: list[int] = []

    def create(number: int) -> None:
        if store.create("x.json", str(number).encode()):
            won.append(number)

    threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert store.read("x.json") == str(won[0]).encode()
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]


def test_names_are_listed_below_a_name(store: Store) -> None:
    assert list(store.names()) == []
    for name in ("a/2", "a/1", "b/deep/er/1"):
        store.write(name, b"x")
    assert sorted(store.names()) == ["a/1", "a/2", "b/deep/er/1"]
    assert list(store.names("a")) == ["a/1", "a/2"]
    store.remove("a/1")
    store.remove("a/1")
    assert list(store.names("a")) == ["a/2"]


def test_files_go_in_and_out(store: Store, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"content")
    store.put(source, "k/f")
    store.get("k/f", target)
    assert target.read_bytes() == b"content"
    with pytest.raises(InputError, match="k/none"):
        store.get("k/none", target)


def test_addresses() -> None:
    assert [is_remote(address) for address in ("s3://b/x", "gs://b", "folder", "/a/b", "file:///a/b", "C:/x")] == [
        True, True, False, False, False, False,
    ]  # fmt: skip
    assert local_path("file:///a/b%20c") == Path("/a/b c")


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "fsspec", None)
    with pytest.raises(UsageError, match=r"pip install 'touchline\[cloud\]'"):
        open_store("s3://bucket/x")


def test_an_unknown_scheme_is_refused() -> None:
    pytest.importorskip("fsspec")
    with pytest.raises(UsageError, match="not an address of a store"):
        open_store("nothing-like-it://x")


def test_an_unreachable_store_is_tried_again_until_patience_ends() -> None:
    tries: list[int] = []

    def fail_twice() -> str:
        tries.append(1)
        if len(tries) < 3:
            raise NetworkError("away")
        return "back"

    stop = threading.Event()
    patience = Patience(600, stop=stop)
    stop.wait = lambda timeout=None: False  # type: ignore[method-assign]
    assert patience.keep_trying(fail_twice) == "back"
    tries.clear()
    with pytest.raises(NetworkError):
        Patience(0).keep_trying(fail_twice)
    assert len(tries) == 1


def test_a_request_to_stop_ends_the_waiting() -> None:
    stop = threading.Event()
    stop.set()

    def fail() -> None:
        raise NetworkError("away")

    with pytest.raises(NetworkError):
        Patience(600, stop=stop).keep_trying(fail)
