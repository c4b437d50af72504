"""What contradicts itself among the files of a game: halves that are missing, swapped, twice the same, or cut short."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from touchline.analysis.games.half_video import HalfVideo
from touchline.core.clock import US_PER_S, format_clock
from touchline.core.errors import InputError
from touchline.formats.bundle import video_fingerprint
from touchline.formats.soccernet.folder import GameFolder
from touchline.formats.soccernet.game_names import WHOLE_VIDEOS, is_untrimmed
from touchline.formats.soccernet.labels import read_labels
from touchline.formats.soccernet.video_ini import read_video_ini

_SLACK_US = 2 * US_PER_S
"""How far labels may go on after a video, and lengths may differ, before that is doubtful."""
_SAME_RATE = 0.01


def require_two_videos(halves: Sequence[HalfVideo]) -> None:
    """Refuse a game whose halves are one and the same video.

    Raises:
        InputError: they are.

    """
    if len(halves) != 2 or any(half.info is None for half in halves):
        return
    first, second = halves
    if video_fingerprint(first.path) == video_fingerprint(second.path):
        raise InputError(f"{first.path} and {second.path.name} are the same video; get the other half again")


def remarks_on(halves: Sequence[HalfVideo]) -> Iterator[str]:
    """Yield what a user may want to know and need not mend."""
    if len(halves) != 2:
        return
    first, second = halves
    if first.info is None or second.info is None:
        return
    if abs(first.info.fps - second.info.fps) > _SAME_RATE * max(first.info.fps, second.info.fps):
        yield (
            f"{first.path.name} has {first.info.fps:g} frames per second and {second.path.name} {second.info.fps:g}; "
            "times are in milliseconds, each half by its own clock"
        )
    if (first.info.width, first.info.height) != (second.info.width, second.info.height):
        yield (
            f"{first.path.name} is {first.info.width}x{first.info.height} and {second.path.name} "
            f"{second.info.width}x{second.info.height}; the halves may be spotted unequally well"
        )


def warnings_on(folder: GameFolder, halves: Sequence[HalfVideo]) -> Iterator[str]:
    """Yield why the results of a game may be wrong or incomplete."""
    named = {half.half for half in halves}
    if len(halves) == 1 and halves[0].path.name not in WHOLE_VIDEOS:
        missing = 3 - halves[0].half
        yield f"half {missing} has no video, so its events are missing from the results"
    for half in halves:
        if is_untrimmed(half.path.name) and half.span is None:
            yield (
                f"{half.path.name} is untrimmed, and no video.ini says where half {half.half} begins; "
                "its times count from the start of the file"
            )
    needed, problem = _needed_us(folder, halves)
    if problem:
        yield problem
    if named == {1, 2}:
        swapped = _swapped(halves, needed) or _swapped_by_ini(folder, halves)
        if swapped:
            yield swapped
            return
    yield from _cut_short(halves, needed)


def _needed_us(folder: GameFolder, halves: Sequence[HalfVideo]) -> tuple[Mapping[int, int], str]:
    """Return half -> how long its video must be at least, and why the labels could not be used."""
    needed = {half.half: half.span.start_us + half.span.duration_us for half in halves if half.span is not None}
    try:
        labels = read_labels(folder.labels())
    except InputError as error:
        held = any(name.startswith("Labels") for name in folder.files)
        return needed, str(error) if held and "file not found" not in str(error) else ""
    starts = {half.half: half.span.start_us if half.span is not None else 0 for half in halves}
    for event in labels:
        if event.half in starts:
            needed[event.half] = max(needed.get(event.half, 0), starts[event.half] + event.start_us)
    return needed, ""


def _swapped(halves: Sequence[HalfVideo], needed: Mapping[int, int]) -> str:
    """Return a line if each half is only long enough for the other's labels or span; "" otherwise."""
    first, second = halves
    if not (first.duration_us and second.duration_us and needed.keys() >= {1, 2}):
        return ""
    if _fits(first, needed[1]) and _fits(second, needed[2]):
        return ""
    if not (_fits(first, needed[2]) and _fits(second, needed[1])):
        return ""
    late = first if not _fits(first, needed[1]) else second
    other = second if late is first else first
    return (
        f"the halves look swapped: half {late.half} goes on until {format_clock(needed[late.half], decimals=0)}, "
        f"{late.path.name} ends at {format_clock(late.duration_us, decimals=0)}, and {other.path.name} is long enough; "
        "exchange the two names if so"
    )


def _swapped_by_ini(folder: GameFolder, halves: Sequence[HalfVideo]) -> str:
    """Return a line if trimmed videos have each other's length of ``video.ini``; "" otherwise."""
    if "video.ini" not in folder.files or any(half.span is not None for half in halves):
        return ""
    try:
        spans = read_video_ini(folder.path / "video.ini")
    except InputError:
        return ""
    if spans.keys() < {1, 2} or not all(half.duration_us for half in halves):
        return ""
    lengths = [half.duration_us for half in halves]
    stated = [spans[1].duration_us, spans[2].duration_us]
    if _alike(lengths, stated) or not _alike(lengths, stated[::-1]):
        return ""
    return (
        f"the halves look swapped: {halves[0].path.name} is as long as half 2 in video.ini, and "
        f"{halves[1].path.name} as half 1; exchange the two names if so"
    )


def _alike(lengths_us: Sequence[int], stated_us: Sequence[int]) -> bool:
    return all(abs(a - b) <= _SLACK_US for a, b in zip(lengths_us, stated_us, strict=True))


def _cut_short(halves: Sequence[HalfVideo], needed: Mapping[int, int]) -> Iterator[str]:
    for half in halves:
        if half.duration_us and not _fits(half, needed.get(half.half, 0)):
            yield (
                f"{half.path.name} ends at {format_clock(half.duration_us, decimals=0)}, but half {half.half} goes on "
                f"until {format_clock(needed[half.half], decimals=0)}: it is cut short, or of another game"
            )


def _fits(half: HalfVideo, needed_us: int) -> bool:
    return half.duration_us + _SLACK_US >= needed_us
