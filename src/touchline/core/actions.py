"""What players do: a label over a span of a track, and the scores behind it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

MOVEMENTS = ("standing", "walking", "running", "sprinting")
"""What metres tell of a player's movement, slowest first."""

ON_THE_BALL = "on-the-ball"
"""Said of a player whom the ball is with."""

MOVEMENT_SOURCE, BALL_SOURCE = "movement", "ball"
"""Where such labels come from; others come from a recogniser, and its name is their source."""


@dataclass(frozen=True, slots=True)
class Action:
    """What one player does over a span of time.

    Attributes:
        track_id: whose.
        label: what, e.g. ``"dribble"`` or ``"walking"``.
        start_us, end_us: half-open span.
        confidence: 0 to 1; the mean over the span.
        source: ``"movement"``, ``"ball"`` or the name of a recogniser.

    """

    track_id: int
    label: str
    start_us: int
    end_us: int
    confidence: float
    source: str

    def __post_init__(self) -> None:
        if self.track_id < 1:
            raise ValueError(f"track_id={self.track_id} must be 1 or more")
        if not self.label or not self.source:
            raise ValueError(f"label={self.label!r}, source={self.source!r}: an action needs both")
        if not 0 <= self.start_us < self.end_us:
            raise ValueError(f"action [{self.start_us}, {self.end_us}) us is not a span from 0 on")
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"confidence={self.confidence} is outside 0 to 1")


@dataclass(frozen=True, slots=True, eq=False)
class WindowScores:
    """What a recogniser says of one track, window by window.

    Attributes:
        track_id: whose.
        starts_us, ends_us: int64 (n,), half-open spans of the windows; starts increase strictly.
        values: float32 (n, classes), probabilities.
        padded: bool (n,): whether the track ended before the window did.

    """

    track_id: int
    starts_us: npt.NDArray[np.int64]
    ends_us: npt.NDArray[np.int64]
    values: npt.NDArray[np.float32]
    padded: npt.NDArray[np.bool_]

    def __post_init__(self) -> None:
        count = len(self.starts_us)
        if self.ends_us.shape != (count,) or self.padded.shape != (count,) or self.values.shape[:1] != (count,):
            raise ValueError(
                f"track {self.track_id}: {count} windows do not fit ends {self.ends_us.shape}, "
                f"padded {self.padded.shape} and values {self.values.shape}"
            )
        if not bool(np.all(np.diff(self.starts_us) > 0)) or not bool(np.all(self.ends_us > self.starts_us)):
            raise ValueError(f"track {self.track_id}: windows must start one after the other and end after they start")


@dataclass(frozen=True, slots=True)
class Actions:
    """What everyone in one video does.

    Attributes:
        actions: ordered by track, start and source; spans of one track may overlap across sources.
        windows: the recogniser's scores behind them, one entry a track, or empty.
        labels: the recogniser's classes, in the column order of the scores.
        recogniser: its name; None where no network was asked.
        notes: what a user should hear, such as tracks that were too small to be looked at.

    """

    actions: tuple[Action, ...] = ()
    windows: tuple[WindowScores, ...] = ()
    labels: tuple[str, ...] = ()
    recogniser: str | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        ordered = sorted(self.actions, key=lambda a: (a.track_id, a.start_us, a.source, a.label))
        object.__setattr__(self, "actions", tuple(ordered))
        wrong = [w.track_id for w in self.windows if w.values.shape[1:] != (len(self.labels),)]
        if wrong:
            raise ValueError(f"scores of tracks {wrong[:5]} do not have one column for each of {self.labels}")


class ActionLookup:
    """What everyone does at a moment.

    Args:
        actions: of one video.

    """

    def __init__(self, actions: Actions) -> None:
        self._by_track: dict[int, list[Action]] = {}
        for action in actions.actions:
            self._by_track.setdefault(action.track_id, []).append(action)

    def at(self, track_id: int, *, time_us: int) -> list[Action]:
        """What a player does at a time: what a network says first, then movement, then the ball."""
        now = [a for a in self._by_track.get(track_id, ()) if a.start_us <= time_us < a.end_us]
        return sorted(now, key=lambda a: (_ORDER.get(a.source, -1), a.label))


_ORDER = {MOVEMENT_SOURCE: 0, BALL_SOURCE: 1}
