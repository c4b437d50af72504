"""Whose folder is a bundle: another's is never written, one's own is found again, and names fit the file system."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from touchline.core.events import Coverage
from touchline.formats.bundle import Bundle, Manifest, video_fingerprint
from touchline.formats.corrections.journal import head_line
from touchline.formats.files.names import fitting_name

pytestmark = pytest.mark.robustness("others")


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return made(tmp_path / "in" / "match.mp4", b"first")


def made(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def with_manifest(bundle: Bundle, video: Path) -> Bundle:
    fingerprint = video_fingerprint(video)
    bundle.write_manifest(Manifest(video.name, fingerprint, models=(), settings={}, coverage=Coverage(1, 1)))
    return bundle


def test_videos_of_one_name_have_bundles_that_are_found_again(tmp_path: Path) -> None:
    videos = [made(tmp_path / game / "1_224p.mkv", game.encode()) for game in ("a", "b", "c")]
    out = tmp_path / "out"
    bundles = [with_manifest(Bundle.create(out, video), video) for video in videos]
    assert [bundle.path.name for bundle in bundles] == [
        "1_224p.touchline",
        "1_224p-2.touchline",
        "1_224p-3.touchline",
    ]
    for video, bundle in reversed([*zip(videos, bundles, strict=True)]):
        assert Bundle.create(out, video).path == bundle.path
        assert Bundle.for_video(video, out=out).path == bundle.path


def test_a_bundle_whose_number_is_free_again_is_still_found(tmp_path: Path) -> None:
    first, second = (made(tmp_path / game / "m.mp4", game.encode()) for game in ("a", "b"))
    kept = with_manifest(Bundle.create(tmp_path, first), first)
    mine = with_manifest(Bundle.create(tmp_path, second), second)
    (kept.path / "manifest.json").unlink()
    kept.path.rmdir()
    assert Bundle.create(tmp_path, second).path == mine.path
    assert Bundle.create(tmp_path, first).path == kept.path


def foreign_files(folder: Path, video: Path) -> None:
    folder.mkdir()
    (folder / "events.json").write_text('{"mine": 1}')
    (folder / "notes").mkdir()


def foreign_manifest(folder: Path, video: Path) -> None:
    foreign_files(folder, video)
    (folder / "manifest.json").write_text('{"name": "a web page", "icons": []}')


def a_file(folder: Path, video: Path) -> None:
    folder.write_text("mine")


def a_link_to_a_folder(folder: Path, video: Path) -> None:
    elsewhere = folder.with_name("elsewhere")
    elsewhere.mkdir()
    folder.symlink_to(elsewhere)


def a_link_to_its_own_bundle(folder: Path, video: Path) -> None:
    a_link_to_a_folder(folder, video)
    with_manifest(Bundle(folder), video)


def a_link_to_nowhere(folder: Path, video: Path) -> None:
    folder.symlink_to(folder.with_name("nowhere"))


def a_closed_folder(folder: Path, video: Path) -> None:
    foreign_files(folder, video)
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    folder.chmod(0)


def another_review(folder: Path, video: Path) -> None:
    folder.mkdir()
    (folder / "corrections.jsonl").write_bytes(head_line(video_fingerprint="0" * 64))


def another_stopped_run(folder: Path, video: Path) -> None:
    (folder / ".partial" / "spot").mkdir(parents=True)
    (folder / ".partial" / "spot" / "key.json").write_text(json.dumps({"video_fingerprint": "0" * 64}))


def another_video(folder: Path, video: Path) -> None:
    folder.mkdir()
    with_manifest(Bundle(folder), made(folder.with_name("other.mp4"), b"other"))


WAYS = (
    foreign_files,
    foreign_manifest,
    a_file,
    a_link_to_a_folder,
    a_link_to_its_own_bundle,
    a_link_to_nowhere,
    a_closed_folder,
    another_review,
    another_stopped_run,
    another_video,
)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_what_is_in_the_way_is_left_as_it_is(way: Callable[[Path, Path], None], video: Path, tmp_path: Path) -> None:
    way(tmp_path / "match.touchline", video)
    assert Bundle.to_write(video, out=tmp_path).path == tmp_path / "match-2.touchline"


def an_empty_folder(folder: Path, video: Path) -> None:
    folder.mkdir()


def a_stopped_run(folder: Path, video: Path) -> None:
    (folder / ".partial" / "spot").mkdir(parents=True)
    (folder / ".partial" / "spot" / "key.json").write_text(json.dumps({"video_fingerprint": video_fingerprint(video)}))
    (folder / ".partial" / "track").mkdir()


def a_stopped_extraction(folder: Path, video: Path) -> None:
    (folder / ".partial" / "features-x").mkdir(parents=True)
    key = {"video": {"name": "match.mp4", "fingerprint": video_fingerprint(video)}}
    (folder / ".partial" / "features-x" / "key.json").write_text(json.dumps(key))


def a_review(folder: Path, video: Path) -> None:
    folder.mkdir()
    (folder / "corrections.jsonl").write_bytes(head_line(video_fingerprint=video_fingerprint(video)))


def a_manifest_broken_by_hand(folder: Path, video: Path) -> None:
    folder.mkdir()
    (folder / "manifest.json").write_text("{")
    (folder / "events.json").write_text("{}")


def its_bundle_with_more_files(folder: Path, video: Path) -> None:
    foreign_files(folder, video)
    with_manifest(Bundle(folder), video)


OWN = (
    an_empty_folder,
    a_stopped_run,
    a_stopped_extraction,
    a_review,
    a_manifest_broken_by_hand,
    its_bundle_with_more_files,
)


@pytest.mark.parametrize("way", OWN, ids=lambda way: way.__name__)
def test_what_is_of_the_video_is_used(way: Callable[[Path, Path], None], video: Path, tmp_path: Path) -> None:
    way(tmp_path / "match.touchline", video)
    assert Bundle.to_write(video, out=tmp_path).path == tmp_path / "match.touchline"


def test_two_endings_beside_each_other_are_two_bundles(tmp_path: Path) -> None:
    first, second = made(tmp_path / "m.mp4", b"1"), made(tmp_path / "m.mkv", b"2")
    with_manifest(Bundle.create(None, first), first)
    assert Bundle.for_video(second).path == tmp_path / "m-2.touchline"  # where its results would be
    mine = with_manifest(Bundle.create(None, second), second)
    assert Bundle.for_video(second).path == mine.path == tmp_path / "m-2.touchline"
    assert Bundle.for_video(first).path == tmp_path / "m.touchline"


def test_results_of_a_video_that_has_changed_are_shown_but_not_replaced(video: Path, tmp_path: Path) -> None:
    bundle = with_manifest(Bundle.create(None, video), video)
    video.write_bytes(b"recorded again")
    assert Bundle.for_video(video).path == bundle.path
    assert Bundle.to_write(video).path == bundle.path.with_name("match-2.touchline")


def test_only_our_files_are_discarded_and_links_are_not_followed(tmp_path: Path) -> None:
    bundle, outside = Bundle(tmp_path / "m.touchline"), tmp_path / "outside"
    for folder in (bundle.path / "keepers", outside):
        folder.mkdir(parents=True)
        (folder / "index.html").write_text("page")
        (folder / "mine.txt").write_text("mine")
    (bundle.path / "linked").symlink_to(outside)
    (bundle.path / "overlay.mp4").symlink_to(outside / "mine.txt")
    bundle.discard("keepers/index.html", "keepers/index.json", "linked/index.html", "overlay.mp4")
    assert sorted(path.name for path in (bundle.path / "keepers").iterdir()) == ["mine.txt"]
    assert sorted(path.name for path in outside.iterdir()) == ["index.html", "mine.txt"]
    assert not (bundle.path / "overlay.mp4").is_symlink()


@pytest.mark.robustness("30", "real-files")
@pytest.mark.parametrize("letter", ["m", "é", "試", "\U0001f600", "\udcff"], ids=ascii)
def test_a_name_of_the_greatest_length_fits(letter: str, tmp_path: Path) -> None:
    width = len(os.fsencode(letter))
    stem = letter * (251 // width)
    name = fitting_name(stem, ".touchline")
    assert len(os.fsencode(name)) <= 230
    assert name.endswith(".touchline") and name.startswith(letter)
    assert fitting_name(stem, ".touchline") == name
    assert fitting_name(stem[:-1] + "x", ".touchline") != name
    try:
        video = made(tmp_path / f"{stem}.mp4", b"data")
    except OSError:
        pytest.skip("this file system takes no such name")
    bundle = with_manifest(Bundle.create(None, video), video)
    assert Bundle.for_video(video).path == Bundle.create(None, video).path == bundle.path


def test_short_names_are_kept() -> None:
    assert fitting_name("x" * 220, ".touchline") == "x" * 220 + ".touchline"
    assert fitting_name("x" * 221, ".touchline") != "x" * 221 + ".touchline"
