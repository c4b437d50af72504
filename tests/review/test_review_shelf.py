"""Bundles and videos on the command line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from makevideo import write_numbered
from reviewserver import make_bundle
from touchline.core.errors import InputError, UsageError
from touchline.review.shelf import items_of
from touchline.review.versions import with_versions


def test_a_video_with_a_bundle_beside_it_opens_the_bundle(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    for paths in ([bundle.path], [tmp_path / "match.mp4"], [bundle.path, tmp_path / "match.mp4"], [tmp_path]):
        (item,) = items_of(paths)
        assert (item.has_manifest, item.title, item.video) == (True, "match.mp4", tmp_path / "match.mp4")
        assert item.bundle.path.resolve() == bundle.path.resolve()


def test_a_bundle_elsewhere_finds_its_video_among_the_paths(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    away = tmp_path / "results" / "match.touchline"
    away.parent.mkdir()
    shutil.move(bundle.path, away)
    (alone,) = items_of([away])
    assert (alone.video, alone.title) == (None, "match.touchline")
    (item,) = items_of([away, tmp_path / "match.mp4"])
    assert (item.bundle.path, item.video) == (away, tmp_path / "match.mp4")


def test_a_folder_gives_bundles_and_videos(tmp_path: Path) -> None:
    make_bundle(tmp_path)
    write_numbered(tmp_path / "training.mkv", frames=5)
    (tmp_path / "notes.txt").write_text("")
    assert [(item.title, item.has_manifest) for item in items_of([tmp_path])] == [
        ("match.mp4", True),
        ("training.mkv", False),
    ]


def test_new_bundles_may_go_elsewhere(tmp_path: Path) -> None:
    video = write_numbered(tmp_path / "training.mp4", frames=5)
    (item,) = items_of([video], out=tmp_path / "out")
    assert item.bundle.path == tmp_path / "out" / "training.touchline"
    assert not (tmp_path / "out").exists()


def test_ids_say_nothing_about_paths(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    first, second = items_of([bundle.path])[0].id, items_of([bundle.path])[0].id
    assert first != second
    assert "match" not in first


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty.touchline").mkdir()
    with pytest.raises(UsageError, match="neither bundles"):
        items_of([tmp_path / "empty"])
    with pytest.raises(InputError, match="no bundle"):
        items_of([tmp_path / "empty.touchline"])
    with pytest.raises(InputError, match="no such bundle"):
        items_of([tmp_path / "gone.touchline"])
    with pytest.raises(InputError, match="does not exist"):
        items_of([tmp_path / "gone.mp4"])


def test_versions_of_other_videos_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = make_bundle(tmp_path / "a")
    write_numbered(tmp_path / "b" / "other.mp4", frames=7)
    second = make_bundle(tmp_path / "b", stem="second")
    manifest = second.path / "manifest.json"
    manifest.write_text(manifest.read_text().replace(second.read_manifest().video_fingerprint, "0" * 64))
    with pytest.raises(UsageError, match="of another video"):
        with_versions(items_of([first.path]), truth=None, against=[second.path])
    with pytest.raises(UsageError, match="2 videos are opened"):
        with_versions(items_of([first.path, second.path]), truth=tmp_path / "t.json", against=[])


def test_two_videos_of_one_name_are_refused(tmp_path: Path) -> None:
    first, second = write_numbered(tmp_path / "v.mp4", frames=5), write_numbered(tmp_path / "v.mkv", frames=5)
    for paths in ([first, second], [tmp_path]):
        with pytest.raises(UsageError, match=r"share the bundle v\.touchline"):
            items_of(paths)
    assert len(items_of([first, first, Path(f"{tmp_path}/./v.mp4")])) == 1
