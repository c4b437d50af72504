"""Sets of feature streams made of folders of games: what lies where, what is brought onto the grid, who is for what."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from touchline.core.errors import InputError
from touchline.features.games import write_games_set
from touchline.formats.features.stream_sets import open_stream_set
from touchline.formats.features.vectors import FeatureInfo, write_features

KIND = "ResNET_TF2_PCA512"


def a_game(root: Path, name: str, *, rows: int = 40, halves: tuple[int, ...] = (1, 2), width: int = 512) -> Path:
    """Features of ones (half 1) and twos (half 2); a goal at 5 s of each half and a foul at 7.5 s of the first."""
    folder = root / "league" / name
    folder.mkdir(parents=True)
    events = [(1, 5_000, "Goal"), (1, 7_500, "Foul"), (2, 5_000, "Goal")]
    annotations = [
        {"gameTime": f"{half} - 00:05", "label": label, "position": str(ms), "team": "home", "visibility": "visible"}
        for half, ms, label in events
        if half in halves
    ]
    (folder / "Labels-v2.json").write_text(json.dumps({"UrlLocal": name, "annotations": annotations}))
    for half in halves:
        np.save(folder / f"{half}_{KIND}.npy", np.full((rows, width), half, np.float32))
    return folder


def write(path: Path, rows: np.ndarray, *, model: str, rate_hz: float = 2.0) -> None:
    write_features(path, [rows], shape=(len(rows), rows.shape[1]), info=FeatureInfo(model, rate_hz=rate_hz))


def test_soccernet_features_are_read_where_they_lie(tmp_path: Path) -> None:
    for name in "abcde":
        a_game(tmp_path / "games", name)
    made = write_games_set(tmp_path / "games", tmp_path / "set", streams={"picture": KIND})
    assert made.copied == 0 and made.remarks == ()
    assert [path.name for path in (tmp_path / "set").iterdir()] == ["set.json"]
    data = open_stream_set(tmp_path / "set")
    assert data.labels == ("Foul", "Goal") and data.widths == {"picture": 512}
    assert data.published == {"picture"} and data.models == {"picture": KIND}
    assert {part: len(data.part(part)) for part in ("train", "valid", "test")} == {"train": 6, "valid": 2, "test": 2}
    first, second = data.recordings[:2]
    assert (first.name, second.name) == ("league/a/1", "league/a/2")
    assert first.label.tolist() == [1, 0] and first.time_s.tolist() == [5.0, 7.5]
    assert second.label.tolist() == [1] and second.finite == {"picture"}
    values, present = data.batch([(1, 30)], samples=20)
    assert (values["picture"][0, :10] == 2).all() and present["picture"][0].tolist() == [True] * 10 + [False] * 10


def test_streams_of_another_rate_are_brought_onto_the_grid(tmp_path: Path) -> None:
    for name in "abc":
        folder = a_game(tmp_path / "games", name, halves=(1,))
        sound = np.repeat(np.arange(20, dtype=np.float32), 10)[:, None]
        write(folder / "1_sound.npy", sound, model="sound-curves", rate_hz=10.0)
    made = write_games_set(tmp_path / "games", tmp_path / "set", streams={"picture": KIND, "sound": "sound"})
    assert made.copied == 3
    data = open_stream_set(tmp_path / "set")
    values, _ = data.batch([(0, 0)], samples=40)
    np.testing.assert_allclose(values["sound"][0, :, 0], np.repeat(np.arange(20), 2))
    assert data.models["sound"] == "sound-curves"


def test_a_stream_on_the_grid_stays_where_it_lies_though_another_ends_a_little_later(tmp_path: Path) -> None:
    for name in "abc":
        folder = a_game(tmp_path / "games", name, halves=(1,))
        write(folder / "1_sound.npy", np.ones((201 if name != "c" else 300, 1), np.float32), model="s", rate_hz=10.0)
    made = write_games_set(tmp_path / "games", tmp_path / "set", streams={"picture": KIND, "sound": "sound"})
    assert [recording.samples for recording in made.data.recordings] == [40, 40, 60]
    assert made.copied == 4, "the sound of each, and the picture of the one whose sound goes on for long"


def test_a_single_video_is_half_one(tmp_path: Path) -> None:
    for name in "abc":
        folder = a_game(tmp_path / "games", name, halves=(1,))
        (folder / f"1_{KIND}.npy").rename(folder / f"match_{KIND}.npy")
        write(folder / f"match_{KIND}.npy", np.ones((40, 8), np.float32), model="own")
    data = write_games_set(tmp_path / "games", tmp_path / "set", streams={"picture": KIND}).data
    assert [recording.name for recording in data.recordings] == ["league/a/1", "league/b/1", "league/c/1"]


def test_a_list_says_what_is_for_what(tmp_path: Path) -> None:
    for name in "abcd":
        a_game(tmp_path / "games", name, halves=(1,))
    parts = tmp_path / "parts.csv"
    parts.write_text("game,part\nleague/b,test\nleague/c,train\nleague/a,valid\n")
    data = write_games_set(tmp_path / "games", tmp_path / "set", streams={"picture": KIND}, parts=parts).data
    assert {r.name: r.part for r in data.recordings} == {
        "league/a/1": "valid",
        "league/b/1": "test",
        "league/c/1": "train",
    }
    for row, told in (
        ("league/x,test", "no game is called 'league/x'"),
        ("league/a,exam", "part 'exam' is unknown; use"),
    ):
        parts.write_text(f"game,part\n{row}\n")
        with pytest.raises(InputError, match=told):
            write_games_set(tmp_path / "games", tmp_path / "set", streams={"picture": KIND}, parts=parts)
    parts.write_text("match\nleague/a\n")
    with pytest.raises(InputError, match="game and part are required"):
        write_games_set(tmp_path / "games", tmp_path / "set", streams={"picture": KIND}, parts=parts)


def test_what_is_missing_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    for name in "abc":
        a_game(tmp_path / "games", name)
    (tmp_path / "games" / "league" / "b" / f"2_{KIND}.npy").unlink()
    write(tmp_path / "games" / "league" / "c" / "2_sound.npy", np.ones((200, 3), np.float32), model="x", rate_hz=10.0)
    made = write_games_set(tmp_path / "games", tmp_path / "set", streams={"picture": KIND, "sound": "sound"})
    assert "league/b, half 2: no features of any kind, left out" in made.remarks
    assert "league/a, half 1: no 'sound'" in made.remarks
    assert len(made.data) == 5 and made.data.widths == {"picture": 512, "sound": 3}


def test_a_game_without_labels_is_told(tmp_path: Path) -> None:
    for name in "abcd":
        folder = a_game(tmp_path / "games", name, halves=(1,))
    (folder / "Labels-v2.json").unlink()
    made = write_games_set(tmp_path / "games", tmp_path / "games" / "set", streams={"picture": KIND})
    assert made.remarks == ("league/d: features, but no Labels-v2.json; left out",) and len(made.data) == 3
    again = write_games_set(tmp_path / "games", tmp_path / "games" / "set", streams={"picture": KIND})
    assert again.remarks == made.remarks, "the set's own files are none of a game"


def test_a_half_without_events_counts(tmp_path: Path) -> None:
    for name in "abc":
        folder = a_game(tmp_path / "games", name, halves=(1,))
    np.save(folder / f"2_{KIND}.npy", np.zeros((40, 512), np.float32))
    data = write_games_set(tmp_path / "games", tmp_path / "set", streams={"picture": KIND}).data
    assert [recording.name for recording in data.recordings][2:] == ["league/c/1", "league/c/2"]
    assert len(data.recordings[3].label) == 0


def test_events_after_the_end_of_the_features_are_told(tmp_path: Path) -> None:
    for name in "abc":
        a_game(tmp_path / "games", name, halves=(1,), rows=40 if name != "b" else 10)
    made = write_games_set(tmp_path / "games", tmp_path / "set", streams={"picture": KIND})
    assert made.remarks == ("league/b, half 1: 1 of 2 events lie after 0:05, where its features end",)


def test_features_of_the_ball_are_not_those_of_the_picture(tmp_path: Path) -> None:
    for name in "abc":
        folder = a_game(tmp_path / "games", name, halves=(1,))
        (folder / f"1_{KIND}.npy").unlink()
        write(folder / "match_net.npy", np.ones((40, 8), np.float32), model="net")
        write(folder / "match_ball_net.npy", np.ones((40, 4), np.float32), model="ball_net")
    streams = {"picture": "net", "ball": "ball_net"}
    data = write_games_set(tmp_path / "games", tmp_path / "set", streams=streams).data
    assert data.widths == {"picture": 8, "ball": 4}
    write(folder / "other_net.npy", np.ones((40, 8), np.float32), model="net")
    with pytest.raises(InputError, match=r"match_net\.npy, other_net\.npy are features of several videos"):
        write_games_set(tmp_path / "games", tmp_path / "set", streams=streams)


def test_parts_with_nothing_in_them_are_told(tmp_path: Path) -> None:
    for name in "ab":
        a_game(tmp_path / "games", name, halves=(1,))
    (tmp_path / "parts.csv").write_text("game,part\nleague/a,train\nleague/b,valid\n")
    made = write_games_set(
        tmp_path / "games", tmp_path / "set", streams={"picture": KIND}, parts=tmp_path / "parts.csv"
    )
    assert made.remarks == ("no recording to test on: a head trained on this set will not be measured",)


def test_sets_that_cannot_be_made(tmp_path: Path) -> None:
    for name in "ab":
        a_game(tmp_path / "games", name, halves=(1,))
    with pytest.raises(InputError, match="2 games are too few"):
        write_games_set(tmp_path / "games", tmp_path / "set", streams={"picture": KIND})
    a_game(tmp_path / "games", "c", halves=(1,), width=2048)
    with pytest.raises(InputError, match="rows of 2048 numbers, but SoccerNet's"):
        write_games_set(tmp_path / "games", tmp_path / "set", streams={"picture": KIND})
    write(tmp_path / "games" / "league" / "c" / f"1_{KIND}.npy", np.ones((40, 8), np.float32), model="own")
    with pytest.raises(InputError, match="features have 8 values per row where other games have 512"):
        write_games_set(tmp_path / "games", tmp_path / "set", streams={"picture": KIND})
    with pytest.raises(InputError, match=f"'nothing' for 'sound'; kinds found: {KIND}"):
        write_games_set(tmp_path / "games", tmp_path / "set", streams={"sound": "nothing"})
    (tmp_path / "empty").mkdir()
    for path, told in ((tmp_path / "empty", "no game has a label file"), (tmp_path / "none", "does not exist")):
        with pytest.raises(InputError, match=told):
            write_games_set(path, tmp_path / "set", streams={"picture": KIND})


def reduced(path: Path, sha256: str, *, model: str = "mine", published: bool = False) -> None:
    rows = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
    reduction = {"name": "r", "sha256": sha256, "published": published}
    info = FeatureInfo(model, model_sha256="" if published else "ab" * 32, published=published, reduction=reduction)
    write_features(path, [rows], shape=rows.shape, info=info)


def test_the_reduction_is_known_and_one_for_all(tmp_path: Path) -> None:
    for name in "abc":
        folder = a_game(tmp_path / "games", name, halves=(1,))
        reduced(folder / "1_mine_PCA4.npy", "cd" * 32)
    streams = {"picture": "mine_PCA4"}
    data = write_games_set(tmp_path / "games", tmp_path / "set", streams=streams).data
    assert data.reductions == {"picture": "cd" * 32} and data.models == {"picture": "mine"}
    again = open_stream_set(tmp_path / "set")
    assert again.reductions == again.part("train").reductions == again.only(["picture"]).reductions == data.reductions
    reduced(folder / "1_mine_PCA4.npy", "ef" * 32)
    with pytest.raises(InputError, match=r"mine \(abababababab\) and the reduction efefefefefef, other games' picture"):
        write_games_set(tmp_path / "games", tmp_path / "set", streams=streams)


def test_soccernets_reduction_makes_soccernets_set(tmp_path: Path) -> None:
    for name in "abc":
        folder = a_game(tmp_path / "games", name, halves=(1,))
        reduced(folder / "1_x.npy", "cd" * 32, model="ResNET_TF2", published=True)
    data = write_games_set(tmp_path / "games", tmp_path / "set", streams={"picture": "x"}).data
    assert data.models == {"picture": KIND} and data.published == {"picture"}


def test_rows_that_are_no_numbers_are_told(tmp_path: Path) -> None:
    for name in "abc":
        folder = a_game(tmp_path / "games", name, halves=(1,))
    rows = np.ones((40, 512), np.float32)
    rows[7, 3] = np.nan
    np.save(folder / f"1_{KIND}.npy", rows)
    made = write_games_set(tmp_path / "games", tmp_path / "set", streams={"picture": KIND})
    (remark,) = made.remarks
    assert remark.startswith("league/c, half 1: 'picture' has values that are not finite")
