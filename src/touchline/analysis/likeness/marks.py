"""What a verdict on a video does to its events: a mark on them, and ball actions that are withheld."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from touchline.core.events import Timeline
from touchline.core.labels import BALL_12, PLAY
from touchline.formats.likeness import LIKE, UNLIKE, Likeness

TRUST, DEMONSTRATION = "trust", "demonstration"
"""Entry of an event's ``extra``, and its value for events of a model that was measured on other footage."""


def heeding(
    timeline: Timeline, *, likeness: Likeness | None, models: Sequence[str]
) -> tuple[Timeline, tuple[str, ...]]:
    """Return events as the verdict on the video allows: some withheld, the others marked; and a remark if some are.

    Args:
        timeline: the events.
        likeness: the verdict on the video; None if there is none.
        models: the models that found the events.

    """
    possible = without_impossible(timeline, likeness=likeness, models=models)
    withheld = len(timeline) - len(possible)
    remarks = (remark_on_withheld(withheld, likeness=likeness),) if withheld and likeness is not None else ()
    for model in models:
        possible = marked(possible, likeness=likeness, model=model)
    return possible, remarks


def marked(timeline: Timeline, *, likeness: Likeness | None, model: str) -> Timeline:
    """Return events marked as a demonstration if their model was measured on other footage.

    Args:
        timeline: the events.
        likeness: the verdict on the video; None if there is none.
        model: the model that found the events.

    """
    if likeness is None or likeness.of(model) != UNLIKE:
        return timeline
    return Timeline(tuple(replace(event, extra={**event.extra, TRUST: DEMONSTRATION}) for event in timeline))


def without_impossible(timeline: Timeline, *, likeness: Likeness | None, models: Sequence[str]) -> Timeline:
    """Return the events without the ball actions of football, if the video cannot show any.

    Those of a model that was never measured stay: it may be for another sport, with actions of the same names.

    Args:
        timeline: the events.
        likeness: the verdict on the video; None if there is none.
        models: the models that found the events.

    """
    if likeness is None or not likeness.withheld or not all(likeness.of(name) in (LIKE, UNLIKE) for name in models):
        return timeline
    return Timeline(tuple(event for event in timeline if event.label not in (*BALL_12, *PLAY)))


def remark_on_withheld(count: int, *, likeness: Likeness) -> str:
    """Return the remark for the user on the number of ball actions that were withheld."""
    were = "1 ball action was" if count == 1 else f"{count} ball actions were"
    return f"{were} withheld: {likeness.withheld} (scores.npz has the curves)"
