"""Cutting the clips of matches: what is selected goes into a folder, or each player's into an own one."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from touchline.core.errors import InputError
from touchline.media.video import Progress
from touchline.render.clips.folder import ClipFolder, ClipsMade, Guard, from_done
from touchline.render.clips.match import Match
from touchline.render.clips.plan import ClipOptions, Footage, by_player
from touchline.render.clips.selection import Selection, selected

__all__ = ["ClipOptions", "ClipsMade", "Footage", "cut_clips"]


def cut_clips(
    matches: Sequence[Match],
    *,
    out: Path,
    selection: Selection | None = None,
    options: ClipOptions | None = None,
    progress: Progress | None = None,
    guard: Guard = lambda match: contextlib.nullcontext(),
) -> list[ClipsMade]:
    """Cut clips of what happened in matches, after the review.

    A clip that is there already, made with the same settings from the same video, is kept. Every file is whole or not
    there.

    Args:
        matches: bundles with their videos; the clips of all go into one folder, in this order.
        out: the folder; it is created if necessary.
        selection: what to cut; None cuts every event over its threshold.
        options: how to cut.
        progress: called with the microseconds of clips that are done, and their sum.
        guard: returns a context for the work on one match; what that context swallows costs the clips of this match
            only. A reel is one result: an error while it is made ends the work.

    Returns:
        The clips by folder: one folder for each player if the selection says so, else one.

    Raises:
        UsageError: a label, player or team that no bundle knows, or a file in the way.
        InputError: nothing is selected, or a video or bundle cannot be read.
        ResourceError: a file cannot be written.

    """
    selection, options = selection or Selection(), options or ClipOptions()
    found = selected(matches, selection)
    sets = by_player(matches, found) if selection.each_player else {"": found}
    if not any(moments for of_set in sets.values() for moments in of_set):
        raise InputError(_nothing(matches, selection))
    footages: dict[int, Footage] = {}
    for index, match in enumerate(matches):
        with guard(match):
            footages[index] = Footage.open(match)
    if not footages:
        return []
    folders = [
        ClipFolder(out / name, [*footages.values()], [moments[index] for index in footages], options=options)
        for name, moments in sets.items()
    ]
    total_us = sum(folder.work_us for folder in folders)
    made, done_us = [], 0
    for folder in folders:
        made.append(folder.cut(from_done(progress, done_us=done_us, total_us=total_us), guard=guard))
        done_us += folder.work_us
    return made


def _nothing(matches: Sequence[Match], selection: Selection) -> str:
    """Return why nothing is selected, and what there is."""
    names = ", ".join(str(match.bundle.path) for match in matches)
    if selection.each_player and not any(match.corrections.players for match in matches):
        return f"{names}: no player has a name or number yet; give them with touchline review, or take --player TRACK"
    labels = Counter(moment.label for match in matches for moment in match.events())
    listed = ", ".join(f"{count} {label}" for label, count in sorted(labels.items())) or "no events"
    seen = "; --seen cuts what the players are on screen for" if selection.players and not selection.seen else ""
    return f"{names}: nothing fits the selection; over their thresholds there are {listed}{seen}"
