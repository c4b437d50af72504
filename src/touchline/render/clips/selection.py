"""Which moments of a match are wanted: by label, player, team and confidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from touchline.core.errors import UsageError
from touchline.core.suggestions import did_you_mean
from touchline.render.clips.match import Match, Moment


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What to cut; an empty selection is every event over its threshold.

    Attributes:
        labels: labels of events, and of actions where players are asked for; any of them, upper and lower case alike.
        players: names, shirt numbers, or track numbers (written ``track 7`` if 7 is also somebody's shirt number); any
            of them. A player's moments
            are the events that have the player, and the stretches in which the player acts: on the ball, or an
            action that a recogniser saw. How a player moves counts only where ``labels`` name it.
        teams: ids or names of teams; any of them.
        min_confidence: least confidence, 0 to 1.
        reviewed: only events that a person decided on.
        seen: take the stretches in which the players are on screen, in place of what they do.
        each_player: every player who has a name or number, each in a folder.

    """

    labels: tuple[str, ...] = ()
    players: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    min_confidence: float = 0.0
    reviewed: bool = False
    seen: bool = False
    each_player: bool = False

    def __post_init__(self) -> None:
        if not 0.0 <= self.min_confidence <= 1.0:
            raise UsageError(f"--min-confidence {self.min_confidence:g} is outside 0 to 1")
        if self.seen and not self.players and not self.each_player:
            raise UsageError("--seen needs a player: add --player NAME or --each-player")
        if self.seen and self.labels:
            raise UsageError("--seen takes all that a player is on screen for; leave out --label")
        if self.players and self.each_player:
            raise UsageError("--player and --each-player exclude each other; give one of them")

    @property
    def of_players(self) -> bool:
        """Whether the moments of players are wanted."""
        return bool(self.players) or self.each_player


@dataclass
class Known:
    """The words that matches know, to recognise a misspelt one."""

    labels: set[str] = field(default_factory=set)
    players: set[str] = field(default_factory=set)
    teams: set[str] = field(default_factory=set)


def selected(matches: Sequence[Match], selection: Selection) -> list[list[Moment]]:
    """Return the wanted moments of each match, in order of time.

    Raises:
        UsageError: no match knows a label, player or team.

    """
    known = Known()
    found = [_selected(match, selection, known) for match in matches]
    _check("label", selection.labels, known.labels)
    _check("player", selection.players, known.players)
    _check("team", selection.teams, known.teams)
    return found


def _selected(match: Match, selection: Selection, known: Known) -> list[Moment]:
    """Return the wanted moments of one match, and note its words."""
    events = match.events(reviewed=selection.reviewed)
    others = match.seen() if selection.seen else match.actions() if selection.of_players else []
    moments = others if selection.seen else [*events, *others]
    _note_words(match, moments, known)
    players = _players_meant(match, selection, {moment.player for moment in moments})
    labels, teams = _folded(selection.labels), _folded(selection.teams)
    wanted = []
    for moment in moments:
        if labels and moment.label.casefold() not in labels:
            continue
        if moment.kind == "movement" and not labels:
            continue
        if players is not None and moment.player not in players:
            continue
        if teams and not _folded([moment.team or "", match.corrections.team_name(moment.team) or ""]) & teams:
            continue
        if moment.confidence >= selection.min_confidence:
            wanted.append(moment)
    return sorted(wanted, key=lambda moment: (moment.start_us, moment.label))


def _players_meant(match: Match, selection: Selection, found: Iterable[str | None]) -> set[str] | None:
    """Return the ids of the players that are wanted; None for anybody."""
    named = match.corrections.players
    if selection.each_player:
        return set(named)
    if not selection.players:
        return None
    ids = {player for player in found if player is not None}
    meant = set()
    for word in _folded(selection.players):
        fits = {name for name, value in named.items() if word in _folded(_words(name, value.name, value.number))}
        meant |= fits or {name for name in ids if name not in named and word in _track_words(name)}
    return meant


def _note_words(match: Match, moments: Iterable[Moment], known: Known) -> None:
    """Add what a match knows."""
    corrections = match.corrections
    known.labels |= {moment.label for moment in moments} | {button.name for button in corrections.labels}
    known.labels |= set(match.bundle.thresholds)
    for name, value in corrections.players.items():
        known.players |= set(_words(name, value.name, value.number))
    for player in {moment.player for moment in moments if moment.player not in corrections.players}:
        known.players |= _track_words(player) if player is not None else set()
    for team in {moment.team for moment in moments} | set(corrections.teams):
        if team is not None:
            known.teams |= {team, corrections.team_name(team) or team}


def _words(player: str, name: str, number: int | None) -> list[str]:
    """Return the words that mean a player."""
    shown = f"{number} {name}".strip() if number is not None else name
    words = [player, name.strip(), shown, *([] if number is None else [str(number), f"#{number}"])]
    return [word for word in words if word]


def _track_words(player: str) -> set[str]:
    """Return the words that mean somebody without a name, whose id is mostly the number of a track."""
    return _folded([player, f"track {player}", f"track-{player}"])


def _check(what: str, given: Sequence[str], known: set[str]) -> None:
    """Raise an error for a word that no match knows."""
    folded = _folded(known)
    for word in given:
        if word.casefold().strip() not in folded:
            listed = ", ".join(sorted(known)[:12]) or f"no {what} at all"
            near = did_you_mean(word, known) or f"; the bundles know {listed}"
            raise UsageError(f"--{what} {word!r} is not in any of the bundles{near}")


def _folded(words: Iterable[str]) -> set[str]:
    return {word.casefold().strip() for word in words if word.strip()}
