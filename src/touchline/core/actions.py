"""Player actions: a label over a span of a track, and the recogniser scores behind it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

MOVEMENTS = ("standing", "walking", "running", "sprinting")
"""Movement labels derived from speed in metres per second, slowest first."""

ON_THE_BALL = "on-the-ball"
"""Label of the player in possession of the ball."""

MOVEMENT_SOURCE, BALL_SOURCE = "movement", "ball"
"""Sources of derived labels; labels from a recogniser carry the recogniser's name as their source."""


@dataclass(frozen=True, slots=True)
class Action:
    """The action of one player over a span of time.

    Attributes:
        track_id: track of the player, from 1.
        label: name of the action, e.g. ``"dribble"`` or ``"walking"``.
        start_us, end_us: half-open span, microseconds.
        confidence: mean over the span, 0 to 1.
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
            raise ValueError(f"label={self.label!r} and source={self.source!r} must not be empty")
        if self.source == MOVEMENT_SOURCE and self.label not in MOVEMENTS:
            raise ValueError(f"label={self.label!r:.60} of a movement must be one of {', '.join(MOVEMENTS)}")
        if self.source == BALL_SOURCE and self.label != ON_THE_BALL:
            raise ValueError(f"label={self.label!r:.60} from the ball must be {ON_THE_BALL}")
        if not 0 <= self.start_us < self.end_us:
            raise ValueError(f"span [{self.start_us}, {self.end_us}) us must satisfy 0 <= start_us < end_us")
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"confidence={self.confidence} is outside 0 to 1")


@dataclass(frozen=True, slots=True, eq=False)
class WindowScores:
    """A recogniser's class probabilities for one track, window by window.

    Attributes:
        track_id: track of the player.
        starts_us, ends_us: int64 (n,), half-open spans of the windows; starts are strictly increasing.
        values: float32 (n, classes), probabilities.
        padded: bool (n,), True where the track ended before the window did.

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
            raise ValueError(f"track {self.track_id}: window starts must increase strictly and ends come after starts")


@dataclass(frozen=True, slots=True)
class Actions:
    """The actions of all players in one video.

    Attributes:
        actions: sorted by track, start and source; spans of one track may overlap across sources.
        windows: recogniser scores behind the actions, one entry per track; may be empty.
        labels: the recogniser's classes, in the column order of the scores.
        recogniser: name of the recogniser; None if none was run.
        notes: remarks for the user, such as tracks that were too small to classify.

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
            raise ValueError(f"scores of tracks {wrong[:5]} must have one column for each label of {self.labels}")


class ActionLookup:
    """A lookup of the actions that are active at a given time.

    Args:
        actions: actions of one video.

    """

    def __init__(self, actions: Actions) -> None:
        self._by_track: dict[int, list[Action]] = {}
        for action in actions.actions:
            self._by_track.setdefault(action.track_id, []).append(action)

    def at(self, track_id: int, *, time_us: int) -> list[Action]:
        """Return a player's actions at a time: recogniser labels first, then movement, then ball possession."""
        now = [a for a in self._by_track.get(track_id, ()) if a.start_us <= time_us < a.end_us]
        return sorted(now, key=lambda a: (_ORDER.get(a.source, -1), a.label))


_ORDER = {MOVEMENT_SOURCE: 0, BALL_SOURCE: 1}
