"""Which games ``touchline spot --games`` works on, and what of the folder it leaves out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from touchline.cli.games.options import SpotGamesArguments
from touchline.cli.inputs import Inputs
from touchline.core.errors import InputError, UsageError
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.analysis.games.plan import GamePlan
    from touchline.formats.soccernet.folder import GameFolder, Quality

_SHOWN = 3


def refuse_games_options(arguments: SpotGamesArguments) -> None:
    """Refuse what makes no sense for single videos.

    Raises:
        UsageError: one of these options.

    """
    given = {"--split": arguments.split, "--zip": arguments.zip, "--quality": arguments.quality}
    for name, value in given.items():
        if value is not None:
            raise UsageError(f"{name} {value} belongs to whole games; name their folder with --games")


def refuse_video_options(arguments: SpotGamesArguments) -> None:
    """Refuse what makes no sense for whole games.

    Raises:
        UsageError: videos, --from or --half.

    """
    if arguments.videos or arguments.listed is not None:
        named = " ".join(map(str, arguments.videos)) if arguments.videos else f"--from {arguments.listed}"
        raise UsageError(f"{named}: --games takes the videos of its folder; leave out other videos")
    if arguments.half is not None:
        raise UsageError(f"--half {arguments.half}: the halves of games are in the names of their videos; leave it out")


def kinds_of_features(words: Sequence[str]) -> dict[str, str]:
    """Return stream -> kind of feature file in each game, from ``STREAM=KIND``; empty if a model is given instead.

    Raises:
        UsageError: a file, which belongs to one video.

    """
    kinds = {}
    for word in words:
        stream, equals, kind = word.partition("=")
        if kind.endswith(".npy"):
            raise UsageError(
                f"--features {word}: one file belongs to one video; for games, give STREAM=KIND for their files "
                f"HALF_KIND.npy, such as {stream}=ResNET_TF2_PCA512"
            )
        if equals:
            kinds[stream] = kind
    return kinds


def folders_of_games(root: Path, *, split: str | None, inputs: Inputs) -> dict[str, list[GameFolder]]:
    """Return the folders of each game, or of those that a list names; listed games that are missing are reported.

    Raises:
        UsageError: the list is unknown.
        InputError: the folder holds no games, or none of the list; or the list cannot be read.

    """
    from touchline.formats.soccernet.folder import find_games
    from touchline.formats.soccernet.game_names import game_of_folder

    folders: dict[str, list[GameFolder]] = {}
    for folder in find_games(root):
        folders.setdefault(game_of_folder(folder.path, root=root), []).append(folder)
    return folders if split is None else _listed(split, folders, root=root, inputs=inputs)


def planned_games(root: Path, *, split: str | None, quality: Quality | None, inputs: Inputs) -> list[GamePlan]:
    """Return the games to spot; those that cannot be spotted are reported.

    Raises:
        UsageError: the list is unknown.
        InputError: the folder holds no games, or none of the list; or the list cannot be read.

    """
    from touchline.analysis.games.plan import plan_game

    folders = folders_of_games(root, split=split, inputs=inputs)
    plans = []
    for name, same in folders.items():
        held = [folder for folder in same if folder.has_video]
        if held:
            with inputs.one(name, type="error", game=name):
                plans.append(plan_game(the_only(held, name=name), name=name, quality=quality))
    without = [(name, same[0]) for name, same in folders.items() if not any(folder.has_video for folder in same)]
    report_lacking(without, what="video", error=lambda folder: folder.no_video(), root=root, inputs=inputs)
    return plans


def the_only(folders: Sequence[GameFolder], *, name: str) -> GameFolder:
    """Return the folder of a game.

    Raises:
        InputError: there are several.

    """
    if len(folders) > 1:
        places = ", ".join(str(folder.path) for folder in folders)
        raise InputError(f"{name}: is in {len(folders)} folders ({places}); keep one")
    return folders[0]


def report_lacking(
    lacking: Sequence[tuple[str, GameFolder]],
    *,
    what: str,
    error: Callable[[GameFolder], InputError],
    root: Path,
    inputs: Inputs,
) -> None:
    """Report games that lack what is needed, one by one, or many in one line.

    Args:
        lacking: names and folders.
        what: what they lack, for the line.
        error: returns the error of one game, which says how to obtain it.
        root: folder of all games.
        inputs: where they are reported.

    """
    if len(lacking) <= _SHOWN:
        for name, folder in lacking:
            with inputs.one(name, type="error", game=name):
                raise error(folder)
        return
    with inputs.one(root, type="error", game=None):
        advice = str(error(lacking[0][1])).partition(": ")[2]
        raise InputError(
            f"{root}: {len(lacking)} games have no {what} ({_some([name for name, _ in lacking])}): {advice}"
        )


def _listed(
    split: str, folders: dict[str, list[GameFolder]], *, root: Path, inputs: Inputs
) -> dict[str, list[GameFolder]]:
    from touchline.formats.soccernet.splits import read_game_list

    found, missing = read_game_list(split).choose(list(folders))
    if not found:
        raise InputError(f"{root}: holds none of the games of --split {split}; it holds {_some(list(folders))}")
    if missing:
        with inputs.one(f"--split {split}", type="error", game=None):
            raise InputError(
                f"--split {split}: {counted(len(missing), 'game')} of the list not in {root}: {_some(missing)}; "
                "SoccerNet's own evaluation needs a result for every game of a split"
            )
    return {name: folders[name] for name in found}


def left_out(root: Path) -> list[str]:
    """Return a remark on videos in a folder that have none of SoccerNet's names."""
    from touchline.cli.given.paths import videos_in
    from touchline.formats.soccernet.game_names import WHOLE_VIDEOS, half_in_name

    names = [one.path for one in videos_in(root) if not one.problem]
    strays = [path for path in names if half_in_name(path.name) is None and path.name not in WHOLE_VIDEOS]
    if not strays:
        return []
    shown = _some([str(path.relative_to(root)) for path in strays])
    return [f"{root}: left out, as named unlike SoccerNet's videos (1_720p.mkv, 2_720p.mkv): {shown}"]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
