"""The videos of one game before any work is done: which is which half, and from when on its clock counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from touchline.analysis.games.contradictions import remarks_on, require_two_videos, warnings_on
from touchline.analysis.games.half_video import HalfVideo
from touchline.core.errors import InputError
from touchline.formats.soccernet.folder import GameFolder, Quality
from touchline.formats.soccernet.game_names import is_untrimmed
from touchline.formats.soccernet.video_ini import HalfSpan, read_video_ini
from touchline.media.video import probe

VIDEO_INI = "video.ini"


@dataclass(frozen=True, slots=True)
class GamePlan:
    """One game.

    Attributes:
        name: ``LEAGUE/SEASON/GAME``.
        folder: its files.
        halves: its videos, in order.
        warnings: why the result may be wrong or incomplete, a line each.
        remarks: further remarks for the user, a line each.

    """

    name: str
    folder: GameFolder
    halves: tuple[HalfVideo, ...]
    warnings: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def duration_us(self) -> int:
        """Duration of all videos that can be read, microseconds."""
        return sum(half.info.duration_us for half in self.halves if half.info is not None)


def plan_game(folder: GameFolder, *, name: str, quality: Quality | None = None) -> GamePlan:
    """Return the plan of a game; only the headers of its videos are read.

    Args:
        folder: the game's files.
        name: ``LEAGUE/SEASON/GAME``.
        quality: which videos to take; None takes the best that both halves have.

    Raises:
        InputError: there is no video, both halves are the same video, or ``video.ini`` cannot be read.

    """
    videos = folder.videos(quality)
    spans = _spans(folder, videos)
    halves = tuple(_half(half, path, span=spans.get(half)) for half, path in videos.items())
    require_two_videos(halves)
    return GamePlan(name, folder, halves, tuple(warnings_on(folder, halves)), tuple(remarks_on(halves)))


def doubts_about(folder: GameFolder, *, name: str) -> list[str]:
    """Return a line for everything that is wrong or odd about the videos of a game, with the game's name."""
    try:
        plan = plan_game(folder, name=name)
    except InputError as error:
        return [f"{name}: {error}"]
    return [f"{name}: {line}" for line in (*plan.warnings, *plan.remarks)]


def _half(half: int, path: Path, *, span: HalfSpan | None) -> HalfVideo:
    try:
        return HalfVideo(half, path, probe(path), span)
    except InputError:  # its analysis says why; the other half goes on
        return HalfVideo(half, path, None, span)


def _spans(folder: GameFolder, videos: Mapping[int, Path]) -> Mapping[int, HalfSpan]:
    """Return half -> its span in an untrimmed video; empty for trimmed videos, and without ``video.ini``."""
    if VIDEO_INI not in folder.files or not any(is_untrimmed(path.name) for path in videos.values()):
        return {}
    spans = read_video_ini(folder.path / VIDEO_INI)
    return {half: spans[half] for half, path in videos.items() if is_untrimmed(path.name) and half in spans}
