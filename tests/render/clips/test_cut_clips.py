"""Clips of a match in a folder: the right pictures, a table, a reel; finished clips are kept, whatever stops a run."""

from __future__ import annotations

import contextlib
import csv
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from clipmatch import S, a_match, a_track, correct, decided
from makevideo import read_number
from touchline.core.actions import Action
from touchline.core.errors import InputError, ResourceError, UsageError
from touchline.core.events import Event
from touchline.media.cutting import run_cuts
from touchline.media.sound.reading import read_audio
from touchline.media.video import VideoReader, probe
from touchline.render.clips import folder
from touchline.render.clips.match import Match, find_video
from touchline.render.clips.plan import ClipOptions
from touchline.render.clips.selection import Selection
from touchline.render.clips.spans import Margins
from touchline.render.clips.work import ClipsMade, cut_clips

SHORT = Margins(lead_us=S, lag_us=S)


@pytest.fixture(scope="module")
def match(tmp_path_factory: pytest.TempPathFactory) -> Match:
    return a_match(tmp_path_factory.mktemp("m"))


def cut(match: Match | list[Match], out: Path, selection: Selection | None = None, **options: object) -> ClipsMade:
    matches = match if isinstance(match, list) else [match]
    given = ClipOptions(**{"margins": SHORT, **options})  # type: ignore[arg-type]
    (made,) = cut_clips(matches, out=out, selection=selection, options=given)
    return made


def numbers(path: Path) -> list[int]:
    with VideoReader(path) as video:
        return [read_number(frame.luma) for frame in video.frames()]


def rows(made: ClipsMade) -> list[dict[str, str]]:
    with made.contents.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def videos(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix == ".mp4")


def test_every_event_with_the_usual_margins(match: Match, tmp_path: Path) -> None:
    made = cut(match, tmp_path / "out", margins=Margins())
    assert videos(tmp_path / "out") == ["0001_00-00-12_PASS+1_TeamA.mp4", "0002_00-00-36_PASS_TeamB.mp4"]
    assert numbers(tmp_path / "out" / "0001_00-00-12_PASS+1_TeamA.mp4") == list(range(100, 650))
    assert numbers(tmp_path / "out" / "0002_00-00-36_PASS_TeamB.mp4") == list(range(700, 1000))
    assert (made.reused, made.degraded, made.reel) == (0, False, None)


def test_the_table(match: Match, tmp_path: Path) -> None:
    corrected = correct(
        a_match(tmp_path, width=64, height=48),
        ("player", "pl-00000a", {"name": "=Anna", "number": None}),
        ("team", "A", {"name": "Lions", "colour": None}),
    )
    corrected = correct(corrected, decided(corrected, 0, player="pl-00000a", note="lovely, with “quotes”"))
    made = cut(corrected, tmp_path / "out", margins=Margins())
    first, second, third = rows(made)
    assert first == {
        "file": "0001_00-00-12_PASS+1_Lions_Anna.mp4",
        "start": "4.000",
        "end": "26.000",
        "label": "PASS",
        "player": "'=Anna",  # a spreadsheet would take it for a formula
        "team": "Lions",
        "confidence": "0.900",
        "note": "lovely, with “quotes”",
        "time": "12.000",
        "match": "match",
        "reel_start": "",
        "reel_end": "",
    }
    assert (second["file"], second["label"], second["time"]) == (first["file"], "SHOT", "20.000")
    assert (third["start"], third["end"]) == ("28.000", "40.000")


def test_a_reel_with_chapters(match: Match, tmp_path: Path) -> None:
    made = cut(match, tmp_path / "out", reel=True)
    assert made.reel is not None
    assert numbers(made.reel) == [*range(275, 325), *range(475, 525), *range(875, 925)]
    assert [(row["reel_start"], row["reel_end"]) for row in rows(made)] == [
        ("0.000", "2.000"),
        ("2.000", "4.000"),
        ("4.000", "6.000"),
    ]
    chapters = (tmp_path / "out" / "reel.vtt").read_text()
    assert chapters.startswith("WEBVTT\n\n1\n00:00:00.000 --> 00:00:02.000\nPASS  0:12  (team A)  0.90\n\n2\n")
    sound, whole = read_audio(made.reel, rate_hz=48_000), read_audio(match.video, rate_hz=48_000)
    for reel_s, video_s in ((0.5, 11.5), (2.5, 19.5), (5.2, 36.2)):
        ours, theirs = (x[round(48_000 * at) :][:9_600] for x, at in ((sound, reel_s), (whole, video_s)))
        assert np.corrcoef(ours, theirs)[0, 1] > 0.99


def test_only_the_reel_and_cards_in_it(match: Match, tmp_path: Path) -> None:
    made = cut(match, tmp_path / "out", reel=True, clips=False, cards=True)
    assert videos(tmp_path / "out") == ["reel.mp4"]
    assert [(row["file"], row["reel_start"]) for row in rows(made)] == [("", "1.000"), ("", "4.000"), ("", "7.000")]
    assert made.reel is not None
    with VideoReader(made.reel) as video:
        frames = {frame.time_us: frame for frame in video.frames()}
    assert float(frames[0].luma.mean()) < 60 and frames[0].luma.max() > 150  # text on a dark card
    assert read_number(frames[S].luma) == 275
    assert float(np.abs(read_audio(made.reel, rate_hz=48_000)[:40_000]).max()) < 0.01


def test_titles_are_burned_in_at_the_bottom(match: Match, tmp_path: Path) -> None:
    cut(match, tmp_path / "plain")
    cut(match, tmp_path / "titled", titles=True)
    name = videos(tmp_path / "plain")[0]
    with VideoReader(tmp_path / "plain" / name) as plain, VideoReader(tmp_path / "titled" / name) as titled:
        pairs = list(zip(plain.frames(), titled.frames(), strict=True))
    for before, after in pairs:
        changed = np.abs(before.luma.astype(int) - after.luma) > 30
        assert changed[70:].any() and not changed[:60].any()
        assert read_number(after.luma) == read_number(before.luma)


def test_without_merging_each_event_has_a_clip(tmp_path: Path) -> None:
    twins = [Event("PASS", 5 * S), Event("PASS", 5 * S, team="A"), Event("SHOT", 6 * S)]
    match = a_match(tmp_path, events=twins, seconds=10)
    made = cut(match, tmp_path / "out", merge=False, reel=True)
    assert len(videos(tmp_path / "out")) == 4
    assert [row["reel_start"] for row in rows(made)] == ["0.000", "2.000", "4.000"]
    assert numbers(tmp_path / "out" / "reel.mp4") == [*range(100, 150), *range(100, 150), *range(125, 175)]
    again = cut(match, tmp_path / "out", merge=False, reel=True)
    assert again.reused == 3


def test_a_folder_for_each_named_player(tmp_path: Path) -> None:
    actions = [Action(7, "on-the-ball", 10 * S, 11 * S, 1.0, "ball"), Action(8, "on-the-ball", S, 2 * S, 1.0, "ball")]
    tracks = [a_track(7, [(0, 20)]), a_track(8, [(0, 20)])]
    made = a_match(tmp_path, tracks=tracks, actions=actions, width=64, height=48)
    with pytest.raises(InputError, match="no player has a name"):
        cut_clips([made], out=tmp_path / "out", selection=Selection(each_player=True))
    match = correct(
        made,
        ("player", "pl-00000a", {"name": "Anna", "number": 10, "team": "A"}),
        ("player", "pl-00000b", {"name": "Bo"}),
        ("track", "7", {"role": None, "team": None, "player": "pl-00000a", "same_as": None}),
        decided(made, 1, player="pl-00000b"),
    )
    folders = cut_clips(
        [match], out=tmp_path / "out", selection=Selection(each_player=True), options=ClipOptions(margins=SHORT)
    )
    assert [(made.folder.name, len(made.clips)) for made in folders] == [("10-Anna", 1), ("Bo", 1)]
    assert videos(tmp_path / "out" / "10-Anna") == ["0001_00-00-10_on-the-ball_TeamA_10-Anna.mp4"]
    assert (tmp_path / "out" / "Bo" / "contents.csv").is_file()


def test_matches_of_different_sizes_in_one_reel(tmp_path: Path) -> None:
    small = a_match(tmp_path, name="a", seconds=8, events=[Event("GOAL", 4 * S)])
    large = a_match(tmp_path, name="b", seconds=8, events=[Event("GOAL", 5 * S)], width=320, height=240, tone=None)
    made = cut([small, large], tmp_path / "out", reel=True)
    assert made.reel is not None
    info = probe(made.reel)
    assert (info.width, info.height, info.has_audio) == (320, 240, True)
    assert [row["match"] for row in rows(made)] == ["a", "b"]
    assert videos(tmp_path / "out") == ["0001_a_00-00-04_GOAL.mp4", "0002_b_00-00-05_GOAL.mp4", "reel.mp4"]
    with VideoReader(made.reel) as video:
        found = [frame.luma for frame in video.frames()]
    assert [read_number(luma) for luma in found] == [*range(75, 125), *range(100, 150)]


def test_finished_clips_are_kept_and_renamed(match: Match, tmp_path: Path) -> None:
    cut(match, tmp_path / "out", Selection(labels=("PASS",)))
    before = {path.name: path.stat().st_ino for path in (tmp_path / "out").glob("*.mp4")}
    assert sorted(before) == ["0001_00-00-12_PASS_TeamA.mp4", "0002_00-00-36_PASS_TeamB.mp4"]
    made = cut(match, tmp_path / "out")
    assert made.reused == 2
    after = {path.name: path.stat().st_ino for path in (tmp_path / "out").glob("*.mp4")}
    assert after["0001_00-00-12_PASS_TeamA.mp4"] == before["0001_00-00-12_PASS_TeamA.mp4"]
    assert after["0003_00-00-36_PASS_TeamB.mp4"] == before["0002_00-00-36_PASS_TeamB.mp4"]
    longer = cut(match, tmp_path / "out", margins=Margins(lead_us=2 * S, lag_us=S))
    assert longer.reused == 0 and len(videos(tmp_path / "out")) == 3


def test_a_reel_that_is_there_is_kept(match: Match, tmp_path: Path) -> None:
    made = cut(match, tmp_path / "out", reel=True)
    assert made.reel is not None
    before, table = made.reel.stat().st_ino, rows(made)
    again = cut(match, tmp_path / "out", reel=True)
    assert made.reel.stat().st_ino == before and rows(again) == table
    cut(match, tmp_path / "out", reel=True, cards=True)
    assert made.reel.stat().st_ino != before


def test_a_file_of_somebody_else_is_not_replaced(match: Match, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    mine = tmp_path / "out" / "0001_00-00-12_PASS_TeamA.mp4"
    shutil.copy(match.video, mine)
    with pytest.raises(UsageError, match="not a clip that touchline made"):
        cut(match, tmp_path / "out")
    assert mine.read_bytes() == match.video.read_bytes()


def test_a_clip_that_was_changed_or_deleted_is_cut_again(match: Match, tmp_path: Path) -> None:
    cut(match, tmp_path / "out")
    first, second, _ = sorted((tmp_path / "out").glob("*.mp4"))
    first.unlink()
    second.write_bytes(second.read_bytes() + b"\0" * 9)
    assert cut(match, tmp_path / "out").reused == 1
    assert numbers(first) == list(range(275, 325))


@pytest.mark.robustness("32")
def test_killed_at_any_time_and_run_again(match: Match, tmp_path: Path) -> None:
    code = f"""
import os, signal, sys
from pathlib import Path
from touchline.formats.bundle import Bundle
from touchline.render.clips.match import Match
from touchline.render.clips.plan import ClipOptions
from touchline.render.clips.spans import Margins
from touchline.render.clips.work import cut_clips
def stop(done, total):
    if done >= int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)
options = ClipOptions(margins=Margins(lead_us=2_000_000, lag_us=2_000_000), reel=True)
match = Match(Bundle({str(match.bundle.path)!r}), Path({str(match.video)!r}))
cut_clips([match], out=Path({str(tmp_path / "out")!r}), options=options, progress=stop)
"""
    reused = []
    for at_us in (S, 5 * S, 10 * S):
        done = subprocess.run([sys.executable, "-c", code, str(at_us)], env=os.environ, stderr=subprocess.PIPE)
        assert done.returncode == -signal.SIGKILL, done.stderr
        whole = sorted((tmp_path / "out").glob("*.mp4"))
        assert all(len(numbers(path)) == 100 for path in whole)
        reused.append(len(whole))
    assert reused == sorted(reused) and reused[-1] >= 2
    made = cut(match, tmp_path / "out", margins=Margins(lead_us=2_000_000, lag_us=2_000_000), reel=True)
    assert made.reused == reused[-1]
    assert len(numbers(tmp_path / "out" / "reel.mp4")) == 300
    assert not list((tmp_path / "out").glob(".writing*"))


def test_fast_clips_say_how_early_they_begin(match: Match, tmp_path: Path) -> None:
    made = cut(match, tmp_path / "out", fast=True)
    first = made.clips[0]
    assert first.start_us == 10_560_000  # key frames every 0.48 s
    assert first.notes == ("begins 0.44 s early, at the key frame before",)
    assert numbers(tmp_path / "out" / first.file)[:50] == list(range(264, 314))
    assert rows(made)[0]["start"] == "10.560" and "0.44 s early" in rows(made)[0]["note"]
    assert cut(match, tmp_path / "out", fast=True).clips[0].notes == first.notes
    with pytest.raises(UsageError, match="--fast"):
        ClipOptions(fast=True, titles=True)


def test_damage_degrades_and_is_noted(tmp_path: Path) -> None:
    made = a_match(tmp_path, hurt_s=(20, 21))
    result = cut(Match(made.bundle, made.video), tmp_path / "out", margins=Margins())
    assert result.degraded
    assert any("could not be read" in note for clip in result.clips for note in clip.notes)
    again = cut(Match(made.bundle, made.video), tmp_path / "out", margins=Margins())
    assert again.degraded and again.reused == 2


def test_nothing_that_fits(match: Match, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing fits the selection.* there are 2 PASS, 1 SHOT"):
        cut(match, tmp_path / "out", Selection(min_confidence=0.99))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("wrong", [{"clips": False}, {"cards": True}])
def test_options_that_make_no_sense(wrong: dict[str, bool]) -> None:
    with pytest.raises(UsageError):
        ClipOptions(**wrong)


def test_the_video_is_found_or_named(match: Match, tmp_path: Path) -> None:
    assert find_video(match.bundle) == match.video
    moved = shutil.copytree(match.bundle.path, tmp_path / "other" / match.bundle.path.name)
    bundle = type(match.bundle)(moved)
    with pytest.raises(InputError, match=r"'match.mp4' is not beside it; .*--video"):
        find_video(bundle)
    assert find_video(bundle, [match.video.parent]) == match.video
    renamed = Path(shutil.copy(match.video, tmp_path / "renamed.mp4"))
    assert find_video(bundle, [renamed]) == renamed
    renamed.write_bytes(b"another video")
    with pytest.raises(InputError, match="not the video that was analysed"):
        find_video(bundle, [renamed])


def test_a_video_that_fails_midway_costs_its_own_clips_only(
    match: Match, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").mkdir()
    other = a_match(tmp_path / "other")
    failed: list[Path] = []

    @contextlib.contextmanager
    def guard(match: Match) -> Iterator[None]:
        try:
            yield
        except ResourceError:
            failed.append(match.bundle.path)

    def cut_or_crash(reader: VideoReader, *args: object, **options: object) -> None:
        if reader.info.path == match.video:
            raise ResourceError("the decoder crashed")
        run_cuts(reader, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(folder, "run_cuts", cut_or_crash)
    (made,) = cut_clips([match, other], out=tmp_path / "out", options=ClipOptions(margins=SHORT), guard=guard)
    assert failed == [match.bundle.path]
    assert [bool(clip.file) for clip in made.clips] == [False] * (len(made.clips) // 2) + [True] * (
        len(made.clips) // 2
    )
    with pytest.raises(ResourceError):
        cut_clips([match, other], out=tmp_path / "again", options=ClipOptions(margins=SHORT))
