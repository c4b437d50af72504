from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from touchline.core.errors import ResourceError
from touchline.formats.files.atomic import make_folder, write_bytes_atomic, write_json_atomic, write_text_atomic


def test_a_file_is_replaced_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text_atomic(path, "old")
    write_text_atomic(path, "neu: ü")
    assert path.read_bytes() == "neu: ü".encode()
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_file_gets_the_mode_of_an_ordinary_new_file(tmp_path: Path) -> None:
    (tmp_path / "ordinary").touch()
    write_bytes_atomic(tmp_path / "atomic", b"")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("ordinary", "atomic")]
    assert modes[0] == modes[1]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failing_disk_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, call: str
) -> None:
    path = tmp_path / "a.txt"
    write_text_atomic(path, "old")

    def fail(*args: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(ResourceError, match=r"a\.txt: cannot be written .*--out") as caught:
        write_text_atomic(path, "new")
    monkeypatch.undo()
    assert caught.value.exit_code == 5
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_an_interrupt_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    write_text_atomic(path, "old")

    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_text_atomic(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_folder_under_a_file_is_a_resource_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ResourceError, match="file, not a folder"):
        make_folder(tmp_path / "file" / "below")
    with pytest.raises(ResourceError):
        make_folder(tmp_path / "file")


def test_json_refuses_nan_and_keeps_names_that_are_no_unicode(tmp_path: Path) -> None:
    import json

    path = tmp_path / "a.json"
    with pytest.raises(ValueError):
        write_json_atomic(path, {"x": float("nan")})
    assert not path.exists()
    name = os.fsdecode(b"\xff.mp4")
    write_json_atomic(path, {"name": name})
    assert json.loads(path.read_bytes()) == {"name": name}
