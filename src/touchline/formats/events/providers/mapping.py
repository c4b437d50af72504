"""Which labels the events of providers get: one table for every label set, in kloppy's names of events.

To map more, add a rule. Of the ``FIRST`` rules of a set the first that fits an event gives its label; those of ``ALSO``
give further ones. Events that no rule fits are counted and listed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

BALL, BROADCAST = "ball-12", "soccernet-v2"


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """What the rules look at.

    Attributes:
        kind: kloppy's type of the event, such as ``"PASS"``.
        result: its result, such as ``"COMPLETE"``; empty if it has none.
        marks: values of its qualifiers, such as ``"CORNER_KICK"``, and the card of a card.

    """

    kind: str
    result: str = ""
    marks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rule:
    """The label of events of a kind, with one of these results and one of these marks, if any are given."""

    label: str
    kind: str
    results: frozenset[str] = frozenset()
    marks: frozenset[str] = frozenset()

    def fits(self, event: ProviderEvent) -> bool:
        """Return whether the rule is about an event."""
        right_result = not self.results or event.result in self.results
        return event.kind == self.kind and right_result and (not self.marks or bool(self.marks & event.marks))


def _rule(label: str, kind: str, *, results: str = "", marks: str = "") -> Rule:
    return Rule(label, kind, frozenset(results.split()), frozenset(marks.split()))


FIRST: Mapping[str, Sequence[Rule]] = MappingProxyType(
    {
        BALL: (
            _rule("THROW IN", "PASS", marks="THROW_IN"),
            _rule("FREE KICK", "PASS", marks="FREE_KICK"),
            _rule("CROSS", "PASS", marks="CROSS CORNER_KICK"),
            _rule("HEADER", "PASS", marks="HEAD_PASS HEAD HEAD_OTHER"),
            _rule("HIGH PASS", "PASS", marks="HIGH_PASS LAUNCH LONG_BALL CHIPPED_PASS GOAL_KICK"),
            _rule("PASS", "PASS"),
            _rule("DRIVE", "CARRY"),
            _rule("SHOT", "SHOT"),
            _rule("OUT", "BALL_OUT"),
            _rule("PLAYER SUCCESSFUL TACKLE", "DUEL", results="WON", marks="TACKLE SLIDING_TACKLE"),
        ),
        BROADCAST: (
            _rule("Goal", "SHOT", results="GOAL OWN_GOAL"),
            _rule("Shots on target", "SHOT", results="SAVED"),
            _rule("Shots off target", "SHOT", results="OFF_TARGET POST BLOCKED"),
            _rule("Throw-in", "PASS", marks="THROW_IN"),
            _rule("Corner", "PASS", marks="CORNER_KICK"),
            _rule("Indirect free-kick", "PASS", marks="FREE_KICK"),
            _rule("Kick-off", "PASS", marks="KICK_OFF"),
            _rule("Clearance", "CLEARANCE"),
            _rule("Ball out of play", "BALL_OUT"),
            _rule("Foul", "FOUL_COMMITTED"),
            _rule("Substitution", "SUBSTITUTION"),
            _rule("Yellow card", "CARD", marks="FIRST_YELLOW"),
            _rule("Yellow->red card", "CARD", marks="SECOND_YELLOW"),
            _rule("Red card", "CARD", marks="RED"),
        ),
    }
)
"""Name of a label set -> its rules, the first that fits an event first."""

ALSO: Mapping[str, Sequence[Rule]] = MappingProxyType(
    {
        BALL: (_rule("GOAL", "SHOT", results="GOAL"),),
        BROADCAST: (
            _rule("Penalty", "SHOT", marks="PENALTY"),
            _rule("Direct free-kick", "SHOT", marks="FREE_KICK"),
            _rule("Offside", "PASS", results="OFFSIDE"),
            _rule("Yellow card", "FOUL_COMMITTED", marks="FIRST_YELLOW"),
            _rule("Yellow->red card", "FOUL_COMMITTED", marks="SECOND_YELLOW"),
            _rule("Red card", "FOUL_COMMITTED", marks="RED"),
        ),
    }
)
"""Name of a label set -> rules that give an event a further label."""


def labels_of(event: ProviderEvent, labels: str) -> Iterator[str]:
    """Yield the labels of an event in the label set ``labels``, one of :data:`FIRST`."""
    first = next((rule.label for rule in FIRST[labels] if rule.fits(event)), None)
    if first is not None:
        yield first
    yield from (rule.label for rule in ALSO[labels] if rule.fits(event))
