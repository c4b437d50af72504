"""The plan of many matches: what is analysed, how, and under which key the results of each match lie.

``plan.json`` is written once and never changed: it fixes options, models and version. Matches that are added later lie
in ``plan-0001.json`` and so on. Every part is created only if it is absent, so that no two writers lose a match.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from touchline.analysis.tasks.keys import digest_of
from touchline.batch.sources import Facts
from touchline.batch.stores.store import Store
from touchline.core.errors import InputError, UsageError
from touchline.core.wording import counted
from touchline.formats.files.atomic import json_bytes

PLAN = "plan.json"
SHARDS = "shards.json"
_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Match:
    """One match of a plan.

    Attributes:
        key: of its results: a hash of the content, the models and the settings.
        uri: path or address of the video.
        name: for people: the manifest's ``match``, else the name of the file without its ending.
        size: bytes of the video.
        etag: what identifies the content of the video, see :class:`~touchline.batch.sources.Facts`.
        columns: what else the manifest says about it.

    """

    key: str
    uri: str
    name: str
    size: int
    etag: str
    columns: Mapping[str, str] = field(default_factory=dict)

    def shard(self, count: int) -> int:
        """Return which of so many shards the match belongs to."""
        return int(self.key[:16], 16) % count


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for all matches of a plan.

    Attributes:
        options: options of ``touchline analyze``, as they are passed on.
        settings: the same as names and values; part of every key.
        models: SHA-256 of every model that may be used, by name; part of every key.
        version: of touchline.

    """

    options: tuple[str, ...]
    settings: Mapping[str, Any]
    models: Mapping[str, str]
    version: str

    def key(self, facts: Facts) -> str:
        """Return the key of a match's results."""
        parts = {
            "content": [facts.etag, facts.size],
            "models": dict(self.models),
            "settings": dict(self.settings),
            "version": self.version,
        }
        return digest_of(parts)


@dataclass(frozen=True, slots=True)
class Plan:
    """Matches and the terms of their analysis."""

    terms: Terms
    matches: tuple[Match, ...]

    def named(self, word: str) -> list[Match]:
        """Return the matches that a word names: by name, address or the beginning of the key.

        Raises:
            UsageError: there is none.

        """
        found = [m for m in self.matches if word in (m.name, m.uri) or (len(word) >= 6 and m.key.startswith(word))]
        if not found:
            raise UsageError(
                f"no match {word!r} in the plan; give its name, address or key, as batch status lists them"
            )
        return found


def write_plan(store: Store, plan: Plan, *, add: bool = False) -> tuple[Plan, int]:
    """Write a plan, or add its new matches to the one that is there.

    Args:
        store: where results will lie.
        plan: the plan.
        add: add the matches that the store's plan does not have.

    Returns:
        the plan as the store has it now, and how many matches are new.

    Raises:
        UsageError: the store holds another plan.

    """
    if store.create(PLAN, _document(plan.matches, terms=plan.terms)):
        return plan, len(plan.matches)
    before = read_plan(store)
    _check_terms(before.terms, plan.terms, address=store.address)
    known = {(match.key, match.uri) for match in before.matches}
    new = [match for match in plan.matches if (match.key, match.uri) not in known]
    if not new:
        return before, 0
    if not add:
        raise UsageError(
            f"{store.address}: holds another plan, of {counted(len(before.matches), 'match', 'matches')}; "
            f"{len(new)} of these are not in it; add them with --add, or choose another --out"
        )
    number = 1
    while not store.create(_part(number), _document(new)):
        number += 1
    return read_plan(store), len(new)


def read_plan(store: Store) -> Plan:
    """Read the plan of a store.

    Raises:
        UsageError: it has none.
        InputError: it cannot be read.

    """
    first = store.read(PLAN)
    if first is None:
        raise UsageError(f"{store.address}: holds no plan; make one with touchline batch plan --input ... --out ...")
    document = _parsed(first, f"{store.address}/{PLAN}")
    try:
        terms = Terms(
            tuple(document["terms"]["options"]),
            document["terms"]["settings"],
            document["terms"]["models"],
            document["terms"]["version"],
        )
        matches = [Match(**row) for row in _rows(store, document)]
    except (KeyError, TypeError) as error:
        raise InputError(f"{store.address}/{PLAN}: not a plan of touchline ({error}); make it again") from error
    latest = {match.uri: match for match in matches}  # an object that changed was planned again
    return Plan(terms, tuple(latest.values()))


def fix_shards(store: Store, count: int) -> None:
    """Make sure that all workers split the plan in equally many shards; the first one decides.

    Raises:
        UsageError: it was decided otherwise.

    """
    if store.create(SHARDS, json_bytes({"shards": count})):
        return
    decided = read_shards(store)
    if decided is not None and decided != count:
        raise UsageError(
            f"{store.address}: this plan is split in {counted(decided, 'shard')}, not {count}; "
            f"use --shard i/{decided}; several workers may share a shard"
        )


def read_shards(store: Store) -> int | None:
    """Return the number of shards; None if it is not decided yet."""
    data = store.read(SHARDS)
    return None if data is None else int(_parsed(data, f"{store.address}/{SHARDS}")["shards"])


def distinct(matches: Iterable[Match]) -> list[Match]:
    """Return the matches without those whose content is another one's: their results are the same."""
    return list({match.key: match for match in reversed(list(matches))}.values())[::-1]


def _check_terms(before: Terms, now: Terms, *, address: str) -> None:
    """Raise an error if two plans are to be analysed differently."""
    pairs = (
        ("options", " ".join(before.options) or "none", " ".join(now.options) or "none"),
        ("version of touchline", before.version, now.version),
        ("models", before.models, now.models),
        ("options", before.settings, now.settings),
    )
    for what, old, new in pairs:
        if old != new:
            difference = _difference(old, new) if isinstance(old, dict) else f"{old}, not {new}"
            raise UsageError(
                f"{address}: holds a plan with other {what} ({difference}); results of the two would not be alike; "
                f"choose another --out"
            )


def _difference(old: Any, new: Any) -> str:
    names = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
    return ", ".join(names)


def _rows(store: Store, first: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from first["matches"]
    number = 1
    while (data := store.read(_part(number))) is not None:
        yield from _parsed(data, f"{store.address}/{_part(number)}")["matches"]
        number += 1


def _part(number: int) -> str:
    return f"plan-{number:04d}.json"


def _document(matches: Sequence[Match], *, terms: Terms | None = None) -> bytes:
    head: dict[str, Any] = {"schema": _SCHEMA}
    if terms is not None:
        head["terms"] = asdict(terms)
    return json_bytes({**head, "matches": [asdict(match) for match in matches]})


def _parsed(data: bytes, source: str) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{source}: not readable as JSON ({error}); make the plan again in another store") from error
    if not isinstance(document, dict):
        raise InputError(f"{source}: not a plan of touchline; make it again in another store")
    return document
