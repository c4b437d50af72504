"""Files that still grow: read to their end and beyond, ended by silence or a marker, refused if they cannot be read."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest

from makevideo import write_numbered
from touchline.core.errors import InputError
from touchline.live.source.growing import GrowingFile, index_is_last, require_readable_while_written


class Hands:
    """A clock, and something that happens each time the reader waits."""

    def __init__(self, *actions: object) -> None:
        self.now = 0.0
        self.actions = list(actions)

    def clock(self) -> float:
        return self.now


class Waiting(Event):
    """An event whose waiting takes no time: it does the next action and moves the clock by a second."""

    def __init__(self, hands: Hands) -> None:
        super().__init__()
        self.hands = hands

    def wait(self, timeout: float | None = None) -> bool:
        self.hands.now += 1.0
        if self.hands.actions:
            self.hands.actions.pop(0)()  # type: ignore[operator]
        return self.is_set()


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def test_what_is_written_later_is_read_and_silence_ends_it(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    path.write_bytes(b"one")
    hands = Hands(lambda: append(path, b"two"), lambda: None, lambda: append(path, b"three"))
    file = GrowingFile(path, quiet_s=5, stop=Waiting(hands), clock=hands.clock)
    assert [file.read(10) for _ in range(4)] == [b"one", b"two", b"three", b""]
    assert hands.now == 8.0
    file.close()


def test_a_marker_ends_it_after_the_last_bytes(tmp_path: Path) -> None:
    path, marker = tmp_path / "a.mkv", tmp_path / "done"
    path.write_bytes(b"one")

    def finish() -> None:
        append(path, b"last")
        marker.touch()

    hands = Hands(finish)
    file = GrowingFile(path, quiet_s=1e9, marker=marker, stop=Waiting(hands), clock=hands.clock)
    assert [file.read(10) for _ in range(3)] == [b"one", b"last", b""]
    file.close()


def test_a_file_that_was_replaced_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    path.write_bytes(b"a long beginning")
    hands = Hands(lambda: path.write_bytes(b"new"))
    file = GrowingFile(path, quiet_s=5, stop=Waiting(hands), clock=hands.clock)
    file.read(100)
    with pytest.raises(InputError, match="cut or replaced"):
        file.read(100)
    file.close()


def test_a_plain_mp4_that_is_written_names_the_setting_to_change(tmp_path: Path) -> None:
    whole = write_numbered(tmp_path / "whole.mp4", frames=30)
    require_readable_while_written(whole)
    data = whole.read_bytes()
    unfinished = tmp_path / "unfinished.mp4"
    unfinished.write_bytes(data[: data.rindex(b"moov") - 4])
    with pytest.raises(InputError, match=r"Hybrid MP4, fragmented MP4 or MKV .*OBS"):
        require_readable_while_written(unfinished)


def test_where_the_index_is(tmp_path: Path) -> None:
    last = write_numbered(tmp_path / "last.mp4", frames=30)
    first = write_numbered(tmp_path / "first.mp4", frames=30, container_options={"movflags": "faststart"})
    pieces = write_numbered(
        tmp_path / "pieces.mp4", frames=30, container_options={"movflags": "frag_keyframe+empty_moov"}
    )
    assert [index_is_last(path) for path in (last, first, pieces)] == [True, False, False]
