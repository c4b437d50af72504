"""SoccerNet as its downloader lays it out: what is there is found, what is not is told with how to get it."""

from __future__ import annotations

from pathlib import Path

import pytest

from touchline.core.errors import InputError
from touchline.formats.soccernet.folder import find_games, holdings
from touchline.formats.soccernet.source import SOURCES, missing_advice, source_of
from touchline.formats.soccernet.video_ini import HalfSpan, read_video_ini

GAME = "england_epl/2016-2017/2016-11-19 - 18-00 Manchester United 1 - 1 Arsenal"
INI = """[1_HQ.mkv]
start_time_second = 290
duration_second = 2845.5

[2_HQ.mkv]
start_time_second = 12.25
duration_second = 2900
"""


def game_folder(root: Path, *names: str, game: str = GAME) -> Path:
    folder = root / game
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).touch()
    return folder


def test_files_of_a_game(tmp_path: Path) -> None:
    names = ("Labels.json", "Labels-v2.json", "1_224p.mkv", "2_224p.mkv", "1_720p.mkv", "2_720p.mkv")
    features = ("1_ResNET_TF2_PCA512.npy", "2_ResNET_TF2_PCA512.npy")
    folder = game_folder(tmp_path, *names, *features)
    game_folder(tmp_path, "720p.mp4", "Labels-ball.json", game="england_efl/2019-2020/a - b")
    (tmp_path / "notes").mkdir()
    ball, game = find_games(tmp_path)
    assert game.name == GAME and ball.name == "england_efl/2019-2020/a - b"
    assert game.labels() == folder / "Labels-v2.json" and game.labels("Labels.json") == folder / "Labels.json"
    assert game.videos() == {1: folder / "1_720p.mkv", 2: folder / "2_720p.mkv"}
    assert game.features("ResNET_TF2_PCA512")[2] == folder / "2_ResNET_TF2_PCA512.npy"
    assert list(ball.videos()) == [1] and ball.labels().name == "Labels-ball.json"


def test_what_is_missing_is_told_with_its_terms(tmp_path: Path) -> None:
    game_folder(tmp_path, "Labels-v2.json")
    (game,) = find_games(tmp_path)
    with pytest.raises(InputError, match=r"1_720p\.mkv: file not found; .* signed agreement.*SoccerNet_raw_HQ"):
        game.videos()
    with pytest.raises(
        InputError, match=r"1_ResNET_TF2\.npy: file not found; .* free, no agreement needed.*SN-Features"
    ):
        game.features("ResNET_TF2")
    with pytest.raises(InputError, match=r"signed agreement.*SN-BAS-2025"):
        game.labels("Labels-ball.json")
    by_name = {holding.name: holding for holding in holdings([game])}
    assert by_name["Labels-v2.json"].games == 1 and by_name["1_720p.mkv"].games == 0
    assert "signed agreement" in by_name["1_720p.mkv"].advice
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no SoccerNet games"):
        find_games(tmp_path / "empty")
    with pytest.raises(InputError, match="not a folder"):
        find_games(tmp_path / "none")


def test_every_kind_of_file_is_known_once() -> None:
    for name, terms in (
        ("1_720p.mkv", "agreement"),
        ("video.ini", "agreement"),
        ("Labels-v2.json", "free"),
        ("Labels-ball.json", "agreement"),
        ("720p.mp4", "agreement"),
        ("2_baidu_soccer_embeddings.npy", "free"),
        ("average_512_TF2.pkl", "free"),
    ):
        source = source_of(name)
        assert source is not None and source.terms == terms
        assert sum(source_of(name) is other for other in SOURCES) == 1
    assert missing_advice("holiday.mp4") == ""


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("2_224p.mkv", '"1_224p.mkv", "2_224p.mkv"'),
        ("1_ResNET_TF2.npy", '"1_ResNET_TF2.npy", "2_ResNET_TF2.npy"'),
        ("Labels.json", '"Labels.json"'),
    ],
)
def test_the_file_that_is_missing_is_the_one_to_download(name: str, files: str) -> None:
    assert f"downloadGames(files=[{files}])" in missing_advice(name)


def test_video_ini(tmp_path: Path) -> None:
    path = tmp_path / "video.ini"
    path.write_text(INI)
    halves = read_video_ini(path)
    assert halves[1] == HalfSpan("1_HQ.mkv", 290_000_000, 2_845_500_000)
    assert halves[2].start_us == 12_250_000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "names no half"),
        ("no section", "not a video.ini"),
        ("[1_HQ.mkv]\nstart_time_second = 3", "no number 'duration_second'"),
        ("[1_HQ.mkv]\nstart_time_second = x\nduration_second = 1", "no number 'start_time_second'"),
        ("[1_HQ.mkv]\nstart_time_second = -3\nduration_second = 1", "-3.0; it must be in seconds, 0 or more"),
        ("[1_HQ.mkv]\nstart_time_second = nan\nduration_second = 1", "must be in seconds, 0 or more"),
    ],
)
def test_broken_video_ini(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "video.ini").write_text(text)
    with pytest.raises(InputError) as raised:
        read_video_ini(tmp_path / "video.ini")
    assert words in str(raised.value) and "\n" not in str(raised.value)


def test_missing_video_ini(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="signed agreement"):
        read_video_ini(tmp_path / "video.ini")
