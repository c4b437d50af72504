"""Which games ``touchline spot --games`` works on, and what of the folder it leaves out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from touchline.cli.games.options import SpotGamesArguments
from touchline.core.errors import InputError, UsageError
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.analysis.games.plan import GamePlan
    from touchline.formats.soccernet.folder import GameFolder, Quality

_SHOWN = 3


@dataclass(frozen=True)
class Choice:
    """What is to be done.

    Attributes:
        plans: the games.
        problems: name and error of games that cannot be spotted, and of lists with games that are not there.
        remarks: what is left out, a line each.

    """

    plans: tuple[GamePlan, ...]
    problems: tuple[tuple[str, InputError], ...]
    remarks: tuple[str, ...]


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
        named = " ".join(map(str, arguments.videos or [f"--from {arguments.listed}"]))
        raise UsageError(f"{named}: --games takes the videos of its folder; leave out other videos")
    if arguments.half is not None:
        raise UsageError(f"--half {arguments.half}: the halves of games are in the names of their videos; leave it out")


def choose_games(root: Path, *, split: str | None, quality: Quality | None) -> Choice:
    """Return the games of a folder, or those of them that a list names.

    Raises:
        UsageError: the list is unknown.
        InputError: the folder holds no games, or none of the list; or the list cannot be read.

    """
    from touchline.formats.soccernet.folder import find_games
    from touchline.formats.soccernet.game_names import game_of_folder

    folders: dict[str, list[GameFolder]] = {}
    for folder in find_games(root):
        folders.setdefault(game_of_folder(folder.path, root=root), []).append(folder)
    names, problems = list(folders), []
    if split is not None:
        names, missing = _listed(split, names, root=root)
        problems += [(f"--split {split}", _not_there(split, missing, root=root))] if missing else []
    plans, lacking, unusable = _plans({name: folders[name] for name in names}, quality=quality)
    problems += [*unusable, *_without_videos(lacking, root=root)]
    return Choice(tuple(plans), tuple(problems), tuple(_left_out(root)))


def _listed(split: str, names: Sequence[str], *, root: Path) -> tuple[list[str], tuple[str, ...]]:
    from touchline.formats.soccernet.splits import read_game_list

    found, missing = read_game_list(split).choose(names)
    if not found:
        raise InputError(f"{root}: holds none of the games of --split {split}; it holds {_some(names)}")
    return list(found), missing


def _not_there(split: str, missing: Sequence[str], *, root: Path) -> InputError:
    return InputError(
        f"--split {split}: {counted(len(missing), 'game')} of the list not in {root}: {_some(missing)}; "
        "SoccerNet's own evaluation needs a result for every game of a split"
    )


def _plans(
    folders: dict[str, list[GameFolder]], *, quality: Quality | None
) -> tuple[list[GamePlan], list[GameFolder], list[tuple[str, InputError]]]:
    """Return the games that can be spotted, the folders without any video, and what is wrong with other games."""
    from touchline.analysis.games.plan import plan_game

    plans, lacking, problems = [], [], list[tuple[str, InputError]]()
    for name, same in folders.items():
        held = [folder for folder in same if folder.has_video]
        if len(held) > 1:
            places = ", ".join(str(folder.path) for folder in held)
            problems.append((name, InputError(f"{name}: is in {len(held)} folders ({places}); keep one")))
        elif not held:
            lacking.append(same[0])
        else:
            try:
                plans.append(plan_game(held[0], name=name, quality=quality))
            except InputError as error:
                problems.append((name, error))
    return plans, lacking, problems


def _without_videos(lacking: Sequence[GameFolder], *, root: Path) -> list[tuple[str, InputError]]:
    """Return an error for each game without videos, one for all of many."""
    if len(lacking) <= _SHOWN:
        return [(folder.name, folder.no_video()) for folder in lacking]
    names = _some([folder.name for folder in lacking])
    advice = str(lacking[0].no_video()).partition(": ")[2]
    return [(str(root), InputError(f"{root}: {len(lacking)} games have no video ({names}): {advice}"))]


def _left_out(root: Path) -> list[str]:
    """Return a remark on videos that have none of SoccerNet's names."""
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
