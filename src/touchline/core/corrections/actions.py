"""Actions and players of corrected tracks: who did what once tracks were split, joined and given to players."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from touchline.core.actions import Action
from touchline.core.corrections.state import Corrections
from touchline.core.corrections.tracks import fragment_numbers, root_of
from touchline.core.corrections.values import start_of, track_of
from touchline.core.tracks import Tracks

_END_US = 1 << 62


def corrected_actions(actions: Iterable[Action], tracks: Tracks, corrections: Corrections) -> tuple[Action, ...]:
    """Return actions with the numbers of the corrected tracks; one over a cut becomes two.

    Args:
        actions: actions of the model's tracks.
        tracks: the model's tracks.
        corrections: what a person corrected.

    Returns:
        The actions, sorted by track and start; their numbers are those of
        :func:`touchline.core.corrections.tracks.corrected_tracks`.

    """
    numbers = _root_numbers(tracks, corrections)
    spans = {track.track_id: list(_spans(track.track_id, corrections)) for track in tracks}
    found = []
    for action in actions:
        for name, start_us, end_us in spans.get(action.track_id, ()):
            inside_us = max(start_us, action.start_us), min(end_us, action.end_us)
            if inside_us[0] < inside_us[1]:
                part = replace(action, track_id=numbers[name], start_us=inside_us[0], end_us=inside_us[1])
                found.append(part)
    return tuple(sorted(found, key=lambda action: (action.track_id, action.start_us, action.source, action.label)))


def players_of_tracks(tracks: Tracks, corrections: Corrections) -> dict[int, str]:
    """Return the number of each corrected track that a person gave to a player, with the player's id."""
    numbers = _root_numbers(tracks, corrections)
    values = corrections.tracks
    found = {}
    for name, number in numbers.items():
        value = values.get(root_of(name, values, known=numbers))
        if value is not None and value.player is not None:
            found[number] = value.player
    return found


def _root_numbers(tracks: Tracks, corrections: Corrections) -> dict[str, int]:
    """Return the id of every track and fragment with the number of the corrected track that it belongs to."""
    numbers = fragment_numbers(tracks, corrections)
    return {name: numbers[root_of(name, corrections.tracks, known=numbers)] for name in numbers}


def _spans(number: int, corrections: Corrections) -> Iterator[tuple[str, int, int]]:
    """Yield the id of each fragment of a track with its half-open span, microseconds."""
    cuts = sorted((cut for cut in corrections.cuts if track_of(cut) == number), key=start_of)
    names = [str(number), *cuts]
    for name, (start_us, end_us) in zip(names, pairwise([*map(start_of, names), _END_US]), strict=True):
        yield name, start_us, end_us
