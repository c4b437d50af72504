"""Everyone's actions, in the form stored in the report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from touchline.core.actions import BALL_SOURCE, MOVEMENT_SOURCE, MOVEMENTS, ON_THE_BALL, Action, Actions

MAX_ACTIONS = 100_000
"""Largest number of actions in the page; of more, the longest are kept."""


def actions_data(actions: Actions, *, track_ids: Iterable[int]) -> dict[str, object]:
    """Return the actions as JSON values for the page.

    Args:
        actions: actions in the video.
        track_ids: ids of the tracks in the page.

    Returns:
        ``labels``; ``movements``, how many of the first labels are movements; ``ball``, index of the label for ball
        possession; ``spans``, by track id a flat list of label index, first and last millisecond and confidence in
        percent, ordered by time.

    """
    shown = set(track_ids)
    kept = [action for action in actions.actions if action.track_id in shown]
    kept = sorted(kept, key=lambda action: action.start_us - action.end_us)[:MAX_ACTIONS]
    seen = list(dict.fromkeys(action.label for action in kept if not _is_from_tracks(action)))
    by_tracks = {label: k for k, label in enumerate((*MOVEMENTS, ON_THE_BALL))}
    by_recogniser = {label: len(by_tracks) + k for k, label in enumerate(seen)}
    spans: dict[str, list[int]] = defaultdict(list)
    for action in sorted(kept, key=lambda action: (action.track_id, action.start_us, action.label)):
        spans[str(action.track_id)] += [
            (by_tracks if _is_from_tracks(action) else by_recogniser)[action.label],
            action.start_us // 1000,
            -(-action.end_us // 1000),
            round(100 * action.confidence),
        ]
    labels = [*by_tracks, *seen]
    return {"labels": labels, "movements": len(MOVEMENTS), "ball": by_tracks[ON_THE_BALL], "spans": dict(spans)}


def _is_from_tracks(action: Action) -> bool:
    """Return whether an action was derived from positions or the ball; a recogniser may use the same labels."""
    return action.source in (MOVEMENT_SOURCE, BALL_SOURCE)
