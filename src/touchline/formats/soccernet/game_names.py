"""What SoccerNet's names say: the half that a video or a file of events is of, and the game that a folder holds."""

from __future__ import annotations

import re
from pathlib import Path

from touchline.core.errors import InputError

WHOLE_VIDEOS = ("720p.mp4", "224p.mp4", "720p.mkv", "224p.mkv")
"""Names of the only video of a game, as in ball action spotting; the first is preferred."""

_HALF = re.compile(r"([12])_(224p|720p|HQ)(\.[A-Za-z0-9.]+)?|([12])\.mkv")
_FEATURES_HALF = re.compile(r"([12])_.+\.npy")
_SEASON = re.compile(r"\d{4}-\d{4}")


def half_in_name(name: str) -> int | None:
    """Return the half that a file name states, None if it states none.

    >>> half_in_name("2_720p.mkv"), half_in_name("1.mkv"), half_in_name("2_HQ.touchline"), half_in_name("2.mp4")
    (2, 1, 2, None)
    """
    found = _HALF.fullmatch(name)
    return None if found is None else int(found[1] or found[4])


def is_untrimmed(name: str) -> bool:
    """Return whether a video's name says that it begins before its half, as SoccerNet's HQ videos do.

    >>> is_untrimmed("1_HQ.mkv"), is_untrimmed("1_720p.mkv"), is_untrimmed("derby_HQ.mkv")
    (True, False, False)
    """
    return half_in_name(name) is not None and "_HQ." in name


def game_in_path(video: Path) -> str:
    """Return the game of a video that has one of SoccerNet's names; empty for other videos.

    It is ``LEAGUE/SEASON/GAME`` if the video lies in such folders, else the name of its folder.
    """
    named = half_in_name(video.name) is not None or video.name in WHOLE_VIDEOS
    return game_of_folder(video.absolute().parent) if named else ""


def game_of_folder(folder: Path, *, root: Path | None = None) -> str:
    """Return the name of the game in a folder: ``LEAGUE/SEASON/GAME`` wherever the folders of a set begin.

    Args:
        folder: of the game.
        root: folder of the set; a game in other folders than league and season is named from there on, or by its own
            folder alone if None.

    """
    parts = folder.absolute().parts
    if len(parts) > 3 and _SEASON.fullmatch(parts[-2]):
        return "/".join(parts[-3:])
    below = parts[len(root.absolute().parts) :] if root is not None else ()
    return "/".join(below) or folder.absolute().name


def require_same_game(features: Path, video: Path) -> None:
    """Check that features lie in the folder of a video's game and are of its half, as far as their names say.

    Raises:
        InputError: they are of another game or half.

    """
    of_video, of_features = game_in_path(video), game_of_folder(features.parent)
    if of_video.count("/") == of_features.count("/") == 2 and of_video != of_features:
        raise InputError(f"{features}: is of {of_features}, but {video.name} of {of_video}; give features of its game")
    half, named = half_in_name(video.name), _FEATURES_HALF.fullmatch(features.name)
    if half is not None and named is not None and int(named[1]) != half:
        raise InputError(f"{features}: is of half {named[1]}, but {video.name} of {half}; give features of its half")
