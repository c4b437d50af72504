"""What arguments name: files, folders with all that is in them, list files."""

from __future__ import annotations

import io
import os
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from touchline.cli.common import Output
from touchline.cli.given.paths import Given, given_bundles, given_videos, read_list
from touchline.core.errors import InputError, UsageError

pytestmark = pytest.mark.robustness("real-files")
QUIET = Output(json=False)


def touched(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def names(given: list[Given], root: Path) -> list[str]:
    return [one.path.relative_to(root).as_posix() for one in given]


@pytest.mark.robustness("3")
def test_a_folder_gives_its_videos_in_natural_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = ["b.mp4", "g2/1_224p.mkv", "g2/2_224p.mkv", "g10/1_224p.MKV", "g10/deep/er/x.ts"]
    others = [
        "notes.txt",
        ".hidden.mp4",
        ".trash/x.mp4",
        "b.touchline/overlay.mp4",
        "b-clips/0001.mp4",
        "b-clips/.touchline-clips.json",
    ]
    touched(*(tmp_path / name for name in (*wanted, *others)))
    found = given_videos([tmp_path], listed=None, output=QUIET)
    assert names(found, tmp_path) == wanted
    assert [one.out(Path("R")) for one in found] == [Path("R") / Path(name).parent for name in wanted]
    assert f"{tmp_path}: 5 videos" in capsys.readouterr().err


def test_several_folders_keep_their_names_below_out(tmp_path: Path) -> None:
    touched(tmp_path / "a" / "1.mp4", tmp_path / "b" / "1.mp4")
    found = given_videos([tmp_path / "a", tmp_path / "b"], listed=None, output=QUIET)
    assert [one.out(Path("R")) for one in found] == [Path("R/a"), Path("R/b")]


def test_files_named_twice_are_taken_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touched(tmp_path / "a.mp4")
    monkeypatch.chdir(tmp_path)
    found = given_videos([Path("a.mp4"), tmp_path, Path("../", tmp_path.name, "a.mp4")], listed=None, output=QUIET)
    assert [one.path for one in found] == [Path("a.mp4")]


def test_links_to_files_are_taken_and_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    touched(tmp_path / "elsewhere" / "a.mp4", tmp_path / "in" / "b.mp4")
    (tmp_path / "in" / "link.mp4").symlink_to(tmp_path / "elsewhere" / "a.mp4")
    (tmp_path / "in" / "circle").symlink_to(tmp_path / "in")
    assert names(given_videos([tmp_path / "in"], listed=None, output=QUIET), tmp_path / "in") == ["b.mp4", "link.mp4"]
    (tmp_path / "top").symlink_to(tmp_path / "in")
    assert len(given_videos([tmp_path / "top"], listed=None, output=QUIET)) == 2


@pytest.mark.robustness("3")
def test_nothing_is_wrong_usage_and_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no videos .*\.mkv, .*\.mp4"):
        given_videos([tmp_path], listed=None, output=QUIET)
    with pytest.raises(UsageError, match=r"no videos are named.*--from"):
        given_videos(None, listed=None, output=QUIET)


def test_a_folder_that_cannot_be_read_is_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touched(tmp_path / "a.mp4", tmp_path / "closed" / "b.mp4")
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    good, bad = given_videos([tmp_path], listed=None, output=QUIET)
    good.check()
    with pytest.raises(InputError, match="closed: the folder cannot be read"):
        bad.check()


def test_bundles_in_folders(tmp_path: Path) -> None:
    touched(tmp_path / "b.touchline" / "manifest.json", tmp_path / "g" / "a.touchline" / "manifest.json")
    found = given_bundles([tmp_path, tmp_path / "b.touchline"], listed=None, output=QUIET)
    assert names(found, tmp_path) == ["b.touchline", "g/a.touchline"]


def test_a_list_is_relative_to_its_folder(tmp_path: Path) -> None:
    touched(tmp_path / "lists" / "videos" / "a.mp4")
    words = "\ufeff# the season\r\nvideos/a.mp4\r\n\n  ../b # c.mp4  \n/abs/é.mp4\n"
    (tmp_path / "lists" / "l.txt").write_bytes(words.encode() + b"raw-\xff.mp4")
    folder = tmp_path / "lists"
    raw = folder / os.fsdecode(b"raw-\xff.mp4")
    assert read_list(folder / "l.txt") == [folder / "videos/a.mp4", folder / "../b # c.mp4", Path("/abs/é.mp4"), raw]
    (folder / "whole.txt").write_text("videos")
    (one,) = given_videos(None, listed=folder / "whole.txt", output=QUIET)
    assert one.path == folder / "videos" / "a.mp4"


def test_a_list_from_stdin_is_relative_to_the_current_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a.mp4\nb/c.mp4\n")))
    assert read_list(Path("-")) == [Path("a.mp4"), Path("b/c.mp4")]


def a_folder(path: Path) -> None:
    path.mkdir()


def an_empty_list(path: Path) -> None:
    path.write_text("# nothing\n\n")


def a_video(path: Path) -> None:
    path.write_bytes(b"\0\0\0\x18ftypmp42")


def nothing(path: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (a_folder, UsageError, "is a folder"),
        (an_empty_list, UsageError, "names no files"),
        (a_video, InputError, "not a list of files"),
        (nothing, InputError, "No such file"),
    ],
)
def test_what_is_no_list_is_refused(
    make: Callable[[Path], None], kind: type[Exception], message: str, tmp_path: Path
) -> None:
    make(tmp_path / "list")
    with pytest.raises(kind, match=message):
        read_list(tmp_path / "list")


@pytest.mark.robustness("load")
def test_five_thousand_videos_are_listed_in_seconds(tmp_path: Path, tried: Callable[[int], None]) -> None:
    for game in range(50):
        touched(*(tmp_path / f"game {game}" / f"{number}.mp4" for number in range(100)))
    tracemalloc.start()
    started_s = time.perf_counter()
    found = given_videos([tmp_path], listed=None, output=QUIET)
    needed_s, (_, most) = time.perf_counter() - started_s, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    tried(len(found))
    assert len(found) == 5000
    assert names(found[-1:], tmp_path) == ["game 49/99.mp4"]
    assert needed_s < 5
    assert most < 50e6
