"""The history of a bundle's corrections: commands that were done, undone and done again.

Everything that a person corrects is a change of one value from ``before`` to ``after``; the values have a kind and an
id, see :mod:`touchline.core.corrections.values`. Undo applies the changes of a command backwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from touchline.core.corrections.values import KINDS, check_value

Value = Mapping[str, Any]
State = dict[tuple[str, str], Value]
"""Kind and id of everything corrected -> its value."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one value.

    Attributes:
        what: kind of the value, one of :data:`touchline.core.corrections.values.KINDS`.
        id: the value's id, unique within its kind.
        before: the value before the change; None if there was none.
        after: the value after the change; None if it was removed.

    """

    what: str
    id: str
    before: Value | None
    after: Value | None

    def __post_init__(self) -> None:
        if self.what not in KINDS:
            raise ValueError(f"what={self.what!r} is not a kind of correction; the kinds are {', '.join(KINDS)}")
        if not self.id or not isinstance(self.id, str):
            raise ValueError(f"a change of {self.what!r} has an empty id")
        if self.after is not None:
            check_value(self.what, self.id, self.after)

    @property
    def key(self) -> tuple[str, str]:
        """Kind and id."""
        return self.what, self.id


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the history: a command, an undo or a redo.

    Attributes:
        number: position in the history, from 1.
        at: time of the command, ISO 8601 in UTC.
        who: name of the person.
        changes: changes of a command, in order; empty for an undo or a redo.
        undo: number of the command that is undone.
        redo: number of the command that is done again.

    """

    number: int
    at: str
    who: str
    changes: tuple[Change, ...] = ()
    undo: int | None = None
    redo: int | None = None

    def __post_init__(self) -> None:
        if any(type(number) is not int for number in (self.number, self.undo or 0, self.redo or 0)):
            raise ValueError(f"n={self.number!r:.60}, undo and redo must be whole numbers")
        if self.number < 1:
            raise ValueError(f"number={self.number} must be 1 or more")
        if sum((bool(self.changes), self.undo is not None, self.redo is not None)) != 1:
            raise ValueError(f"entry {self.number} must hold exactly one of changes, undo and redo")


class StaleChangeError(ValueError):
    """An entry does not fit the history: it was made on another state."""


@dataclass
class History:
    """The entries so far and the state they result in.

    Attributes:
        entries: all entries, in order.
        state: current values.

    """

    entries: list[Entry] = field(default_factory=list)
    state: State = field(default_factory=dict)
    _done: list[Entry] = field(default_factory=list)
    _undone: list[Entry] = field(default_factory=list)

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> History:
        """Return the history of these entries.

        Raises:
            StaleChangeError: an entry does not fit those before it.

        """
        history = cls()
        for entry in entries:
            history.add(entry)
        return history

    @property
    def next_number(self) -> int:
        """Number of the next entry."""
        return len(self.entries) + 1

    @property
    def undoable(self) -> Entry | None:
        """The command that the next undo takes back."""
        return self._done[-1] if self._done else None

    @property
    def redoable(self) -> Entry | None:
        """The command that the next redo does again."""
        return self._undone[-1] if self._undone else None

    def add(self, entry: Entry) -> None:
        """Add an entry and apply it; nothing is changed if it does not fit.

        Raises:
            StaleChangeError: the number is not the next one, a value is not what the entry expects, or the command is
                not the one to undo or redo.

        """
        if entry.number != self.next_number:
            raise StaleChangeError(f"entry {entry.number} does not follow entry {len(self.entries)}")
        if entry.undo is not None:
            command = _expect(self.undoable, entry.undo, what="undo")
            self.state = _applied(self.state, _inverse(command.changes))
            self._undone.append(self._done.pop())
        elif entry.redo is not None:
            command = _expect(self.redoable, entry.redo, what="redo")
            self.state = _applied(self.state, command.changes)
            self._done.append(self._undone.pop())
        else:
            self.state = _applied(self.state, entry.changes)
            self._done.append(entry)
            self._undone.clear()
        self.entries.append(entry)


def _expect(command: Entry | None, number: int, *, what: str) -> Entry:
    if command is None or command.number != number:
        possible = "nothing" if command is None else f"command {command.number}"
        raise StaleChangeError(f"cannot {what} command {number}; {possible} is next")
    return command


def _inverse(changes: tuple[Change, ...]) -> tuple[Change, ...]:
    return tuple(Change(c.what, c.id, before=c.after, after=c.before) for c in reversed(changes))


def _applied(state: State, changes: tuple[Change, ...]) -> State:
    """Return the state after the changes.

    A command changes a few values of possibly thousands, so the old state is only copied when a change is stale.
    """
    done: list[tuple[tuple[str, str], Value | None]] = []
    for change in changes:
        current = state.get(change.key)
        if current != change.before:
            for key, value in reversed(done):
                _put(state, key, value)
            raise StaleChangeError(f"{change.what} {change.id!r} is {current!r}, not {change.before!r}")
        done.append((change.key, current))
        _put(state, change.key, change.after)
    return state


def _put(state: State, key: tuple[str, str], value: Value | None) -> None:
    if value is None:
        state.pop(key, None)
    else:
        state[key] = value
