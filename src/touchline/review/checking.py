"""Checks of a command before it is written: everything it names must be there, and lie within the video."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from touchline.core.clock import US_PER_S, format_clock
from touchline.core.corrections.history import Change, State
from touchline.core.corrections.values import LABELS_ID, track_of
from touchline.core.suggestions import did_you_mean
from touchline.review.refusals import Refusal

_SLACK_US = US_PER_S
"""How far a time may lie beyond the end of the time axis: headers state durations roughly."""
_TEAMS = frozenset({"A", "B", "left", "right"})
_OWN = "p-"


@dataclass(frozen=True, slots=True)
class Known:
    """What a command may name.

    Attributes:
        events: ids of the model's events and candidates.
        labels: labels that the bundle was opened with.
        tracks: returns the numbers of its tracks, which most commands do not need.
        teams: ids of teams in the model's events.
        players: players in the model's events.
        duration_us: length of the time axis.

    """

    events: Collection[str]
    labels: Collection[str]
    tracks: Callable[[], Collection[int]]
    teams: Collection[str]
    players: Collection[str]
    duration_us: int


def check_changes(changes: Iterable[Change], *, known: Known, state: State) -> None:
    """Refuse a command with a change that names something unknown.

    Args:
        changes: the changes of one command, in order; a later one may name what an earlier one adds.
        known: what the bundle holds.
        state: the corrections so far.

    Raises:
        Refusal: what is wrong with the first such change.

    """
    checker = _Checker(known, state)
    for change in changes:
        checker.check(change)
        checker.added[change.key] = change.after


class _Checker:
    """The changes of one command that were checked so far, on top of the state before it."""

    def __init__(self, known: Known, state: State) -> None:
        self._known, self._state = known, state
        self.added: dict[tuple[str, str], Mapping[str, Any] | None] = {}

    def check(self, change: Change) -> None:
        """Refuse a change that names something unknown."""
        value = change.after
        if change.what == "event":
            self._event(change.id, value)
        elif change.what == "threshold":
            self._label(change.id)
        elif change.what == "reviewed" and value is not None:
            for _, end_us in value["spans"]:
                self._time(end_us)
        elif change.what == "player" and value is not None:
            self._team(value["team"])
        elif change.what in ("cut", "track", "box"):
            self._track(change, value)

    def _event(self, name: str, value: Mapping[str, Any] | None) -> None:
        if not name.startswith(_OWN) and name not in self._known.events and ("event", name) not in self._state:
            raise _invalid(f"event {name} is neither one of the model's nor one that you added; reload the page")
        if value is None:
            return
        self._label(value["label"])
        self._time(value["start_us"])
        self._time(value["end_us"] or 0)
        self._team(value["team"])
        self._player(value["player"])

    def _label(self, label: str) -> None:
        labels = {*self._known.labels, *(one["name"] for one in self._own_labels())}
        if label not in labels:
            near = did_you_mean(label, sorted(labels))
            raise _invalid(f"label {label!r} is not in the label set; add it to the set first{near}")

    def _own_labels(self) -> list[Mapping[str, Any]]:
        value = self._value("labels", LABELS_ID)
        return [] if value is None else list(value["labels"])

    def _time(self, time_us: int) -> None:
        if time_us > self._known.duration_us + _SLACK_US:
            end = format_clock(self._known.duration_us)
            raise _invalid(f"{format_clock(time_us)} lies after the end of the video at {end}")

    def _team(self, team: str | None) -> None:
        if team and team not in _TEAMS and team not in self._known.teams and self._value("team", team) is None:
            raise _invalid(f"team {team!r} is unknown; name it first")

    def _player(self, player: str | None) -> None:
        if player is None or player in self._known.players or self._value("player", player) is not None:
            return
        raise _invalid(f"player {player!r} is unknown; add the player first")

    def _track(self, change: Change, value: Mapping[str, Any] | None) -> None:
        number = int(change.id.partition(":")[0]) if change.what == "box" else track_of(change.id)
        if number not in self._known.tracks():
            raise _invalid(f"track {number} is not in the bundle")
        if change.what == "cut":
            self._time(int(change.id.partition("@")[2]))
        if change.what == "track":
            self._fragment(change.id)
        if change.what == "track" and value is not None:
            self._team(value["team"])
            self._player(value["player"])
            if value["same_as"] is not None:
                self._fragment(value["same_as"])

    def _fragment(self, name: str) -> None:
        if track_of(name) not in self._known.tracks() or ("@" in name and self._value("cut", name) is None):
            raise _invalid(f"track {name} is not in the bundle; cut the track first")

    def _value(self, what: str, name: str) -> Mapping[str, Any] | None:
        """Return a value as it is after the changes checked so far."""
        key = what, name
        return self.added[key] if key in self.added else self._state.get(key)


def _invalid(message: str) -> Refusal:
    return Refusal("invalid", message)
