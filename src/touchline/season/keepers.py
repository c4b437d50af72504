"""Keepers over a season: shots faced, saves, expected saves and techniques."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from touchline.core.shots import GOAL, SAVES
from touchline.goalkeeping.keeper_table import keeper_table

if TYPE_CHECKING:
    import pyarrow as pa

UNNAMED = "nobody named"


def keeper_records(keepers: pa.Table) -> pa.Table:
    """Return a row for each keeper, the most moments first.

    Columns: ``keeper``; ``match`` if he has no name over the season; ``matches``; ``moments``; ``on_target`` (shots
    known to be saved or a goal whose chance is known); ``saved`` and ``expected`` of these; ``above``, saves above
    expected per 100 shots, shrunk towards the average, with ``above_low`` and ``above_high`` (95 %); ``techniques`` in
    words.

    Args:
        keepers: the table of moments.

    """
    import pyarrow as pa

    by_keeper: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in keepers.to_pylist():
        by_keeper.setdefault(_identity(row), []).append(row)
    shots = {key: [row for row in rows if _counts(row)] for key, rows in by_keeper.items()}
    above = _above({key: rows for key, rows in shots.items() if rows})
    found = [{**_record(key, rows, shots[key]), **above.get(key, {})} for key, rows in by_keeper.items()]
    text, whole, real = pa.string(), pa.int32(), pa.float64()
    schema = pa.schema(
        [
            *(("keeper", text), ("match", text), ("team_name", text), ("matches", whole), ("moments", whole)),
            *(("on_target", whole), ("saved", whole), ("expected", real), ("chance", real)),
            *(("above", real), ("above_low", real), ("above_high", real), ("techniques", text)),
        ]
    )
    ordered = sorted(found, key=lambda row: (-row["moments"], row["keeper"], row["match"] or ""))
    return pa.Table.from_pylist(ordered, schema)


def _identity(row: dict[str, Any]) -> tuple[str, str]:
    """Return what the moments of one keeper share: his name over the season, or name and match."""
    if row["player"] is not None:
        return row["person_id"] or row["player"], ""
    return row["keeper"] or UNNAMED, row["match"]


def _counts(row: dict[str, Any]) -> bool:
    return row["p_save"] is not None and row["outcome"] in (*SAVES, GOAL)


def _record(key: tuple[str, str], rows: list[dict[str, Any]], shots: list[dict[str, Any]]) -> dict[str, Any]:
    p = np.array([row["p_save"] for row in shots], np.float64)
    techniques = Counter(row["technique"] for row in rows if row["technique"])
    words = ", ".join(
        f"{name} {count}" for name, count in sorted(techniques.items(), key=lambda one: (-one[1], one[0]))
    )
    return {
        "keeper": rows[0]["player"] or key[0],
        "match": key[1] or None,
        "team_name": rows[0]["team_name"],
        "matches": len({row["match"] for row in rows}),
        "moments": len(rows),
        "on_target": len(shots),
        "saved": sum(row["outcome"] in SAVES for row in shots),
        "expected": round(float(p.sum()), 3),
        "chance": round(1.96 * float(np.sqrt((p * (1 - p)).sum())), 3),
        "techniques": words,
    }


def _above(shots: dict[tuple[str, str], list[dict[str, Any]]]) -> dict[tuple[str, str], dict[str, float]]:
    """Return the estimates of keepers with shots on target."""
    if not shots:
        return {}
    names = {"\1".join(key): key for key in shots}
    rows = [(name, row) for name, key in names.items() for row in shots[key]]
    saved = [float(row["outcome"] in SAVES) for _, row in rows]
    table = keeper_table([name for name, _ in rows], saved, [row["p_save"] for _, row in rows])
    return {
        names[one.keeper]: {
            "above": round(one.above, 2),
            "above_low": round(one.low, 2),
            "above_high": round(one.high, 2),
        }
        for one in table.rows
    }
