"""What everyone does, as the report's page stores it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from touchline.core.actions import BALL_SOURCE, MOVEMENT_SOURCE, MOVEMENTS, ON_THE_BALL, Action, Actions

MAX_ACTIONS = 100_000
"""Spans in the page; of more, the longest are kept."""


def actions_data(actions: Actions, *, track_ids: Iterable[int]) -> dict[str, object]:
    """What the page needs, as JSON values.

    Args:
        actions: of the video.
        track_ids: tracks that are in the page.

    Returns:
        ``labels``; ``movements`` and ``ball``, which of them are these; ``spans``, by track flat lists of label, first
        and last millisecond and confidence in percent, in the order of time.

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
    """Whether it was worked out from metres or the ball; a recogniser may use the same words."""
    return action.source in (MOVEMENT_SOURCE, BALL_SOURCE)
