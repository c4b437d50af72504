"""The corrections of a bundle as typed values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from touchline.core.corrections.history import Entry, History, State
from touchline.core.corrections.values import (
    LABELS_ID,
    REVIEWED_ID,
    BoxValue,
    EventValue,
    LabelButton,
    PlayerValue,
    TeamValue,
    TrackValue,
    typed_value,
)
from touchline.core.events import Event

FROM_TRACKS = "tracks"
"""How the ``source`` of an event begins that was named from tracks."""


@dataclass(frozen=True)
class Corrections:
    """What a person corrected in a bundle, as it stands after all undos.

    Attributes:
        events: event id -> the event as it was left.
        reviewed_spans: (start_us, end_us) of the parts of the video that were gone through completely, sorted.
        thresholds: label -> confidence threshold, 0 to 1.
        teams: team id -> name and colour.
        players: player id -> name, number and team.
        tracks: track or fragment id -> role, team, player and the track it is joined to.
        cuts: ids of the fragments that cuts start, such as ``7@12000000``.
        boxes: (track number, frame) -> corrected box.
        labels: labels that can be given; empty if the bundle has no set of its own.
        commands: number of entries in the history.

    """

    events: Mapping[str, EventValue] = field(default_factory=dict)
    reviewed_spans: tuple[tuple[int, int], ...] = ()
    thresholds: Mapping[str, float] = field(default_factory=dict)
    teams: Mapping[str, TeamValue] = field(default_factory=dict)
    players: Mapping[str, PlayerValue] = field(default_factory=dict)
    tracks: Mapping[str, TrackValue] = field(default_factory=dict)
    cuts: tuple[str, ...] = ()
    boxes: Mapping[tuple[int, int], BoxValue] = field(default_factory=dict)
    labels: tuple[LabelButton, ...] = ()
    commands: int = 0

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Corrections:
        """Return the corrections that a history results in.

        Raises:
            StaleChangeError: an entry does not fit those before it.

        """
        history = History.of(entries)
        return cls.of_state(history.state, commands=len(history.entries))

    @classmethod
    def of_state(cls, state: State, *, commands: int) -> Corrections:
        """Return the corrections of a history's state."""
        kinds: dict[str, dict[str, Any]] = {}
        for (what, name), value in state.items():
            kinds.setdefault(what, {})[name] = typed_value(what, value)
        reviewed, labels = kinds.get("reviewed", {}), kinds.get("labels", {})
        return cls(
            events=kinds.get("event", {}),
            reviewed_spans=reviewed[REVIEWED_ID].spans if reviewed else (),
            thresholds={label: value.value for label, value in kinds.get("threshold", {}).items()},
            teams=kinds.get("team", {}),
            players=kinds.get("player", {}),
            tracks=kinds.get("track", {}),
            cuts=tuple(sorted(kinds.get("cut", {}))),
            boxes={_box_key(name): value for name, value in kinds.get("box", {}).items()},
            labels=labels[LABELS_ID].labels if labels else (),
            commands=commands,
        )

    def __bool__(self) -> bool:
        """Return whether anything was ever corrected."""
        return self.commands > 0

    @property
    def reviewed_us(self) -> int:
        """Total duration of the reviewed spans, microseconds."""
        return sum(end - start for start, end in self.reviewed_spans)

    def is_reviewed(self, time_us: int) -> bool:
        """Return whether a time lies in a reviewed span."""
        return any(start <= time_us < end for start, end in self.reviewed_spans)

    def team_name(self, team: str | None) -> str | None:
        """Return the name of a team; its id if it has no name."""
        return self.teams[team].name if team is not None and team in self.teams else team

    def player_name(self, player: str | None) -> str | None:
        """Return number and name of a player; the id if it is not one of these players."""
        return self.players[player].shown if player is not None and player in self.players else player

    def named(self, event: Event) -> Event:
        """Return an event with the names of its team and player instead of their ids.

        The player of an event that was named from tracks is a track's number, or the player that the track was given.
        """
        player = event.player
        if player is not None and (event.source or "").startswith(FROM_TRACKS):
            track = self.tracks.get(player)
            player = player if track is None or track.player is None else track.player
        return replace(event, team=self.team_name(event.team), player=self.player_name(player))


def _box_key(name: str) -> tuple[int, int]:
    track, _, frame = name.partition(":")
    return int(track), int(frame)
