"""``touchline data soccernet --check``: which files are missing, broken, or contradict each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from touchline.cli.common import Output
from touchline.cli.progress import each_with_progress
from touchline.core.errors import EXIT_DEGRADED, EXIT_INPUT, EXIT_OK, InputError
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.formats.soccernet.offers import Offer

_SHOWN = 3


def check_data(offers: Sequence[Offer], *, splits: Sequence[str], root: Path, output: Output) -> int:
    """Check the files in a folder, and whether all files of some offers are there; return the exit code.

    Raises:
        InputError: there is no such folder, or no file in it that could be checked.

    """
    from touchline.analysis.games.file_checks import files_below, problem_of

    if not root.is_dir():
        raise InputError(f"{root}: not a folder; name the one that SoccerNet's data were downloaded into with --root")
    files = list(files_below(root))
    if not files:
        raise InputError(f"{root}: holds none of SoccerNet's files; touchline data soccernet says how to obtain them")
    broken = [line for path in each_with_progress(files, unit="files") if (line := problem_of(path))]
    doubts = [*broken, *_contradictions(root), *_missing(offers, splits=splits, root=root)]
    for line in doubts:
        output.record({"type": "problem", "problem": line})
        output.note(f"touchline: warning: {line}")
    output.record({"type": "checked", "files": len(files), "broken": len(broken), "problems": len(doubts)})
    if not output.json:
        size_gb = sum(path.stat().st_size for path in files) / 1e9
        output.say(f"{root}: {counted(len(files), 'file')} ({size_gb:.1f} GB), {len(broken)} of them not usable")
    if len(broken) == len(files):
        return EXIT_INPUT
    return EXIT_DEGRADED if doubts else EXIT_OK


def _contradictions(root: Path) -> Iterator[str]:
    """Yield what contradicts itself among the videos and labels of each game."""
    from touchline.analysis.games.plan import doubts_about
    from touchline.formats.soccernet.folder import find_games
    from touchline.formats.soccernet.game_names import game_of_folder

    try:
        games = find_games(root)
    except InputError:  # only zips, as they were downloaded
        return
    for folder in games:
        if folder.has_video:
            yield from doubts_about(folder, name=game_of_folder(folder.path, root=root))


def _missing(offers: Sequence[Offer], *, splits: Sequence[str], root: Path) -> Iterator[str]:
    """Yield a line for each offer with files that are not there."""
    from touchline.formats.soccernet.splits import public_split

    for offer in offers:
        if offer.task:
            place = offer.place(root)
            unpacked = place.is_dir() and any(path.is_dir() and path.name[:1] != "." for path in place.iterdir())
            kept = [split for split in splits if split in offer.splits and not list(place.glob(f"*{split}*.zip"))]
            yield from _line(offer, [] if unpacked else [place / f"{split}.zip" for split in kept], root=root)
            continue
        games = [game for split in splits if split in offer.splits for game in public_split(split).families[0]]
        absent = [root / game / name for game in games for name in offer.files if not (root / game / name).exists()]
        yield from _line(offer, absent, root=root)


def _line(offer: Offer, absent: Sequence[Path], *, root: Path) -> Iterator[str]:
    if absent:
        names = ", ".join(str(path.relative_to(root)) for path in absent[:_SHOWN])
        more = f" and {len(absent) - _SHOWN} more" if len(absent) > _SHOWN else ""
        yield f"{offer.name}: {counted(len(absent), 'file')} missing: {names}{more}"
