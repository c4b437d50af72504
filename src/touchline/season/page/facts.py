"""What the page says about the season as a whole: how far its numbers can be trusted, and what they were made from."""

from __future__ import annotations

from collections import Counter
from typing import Any

from touchline.core.wording import counted
from touchline.formats.likeness import LIKE, NEVER_MEASURED, UNCHECKED, UNLIKE
from touchline.season import tables
from touchline.season.keepers import keeper_records
from touchline.season.page.rates import BY_MATCHES_FROM, rate
from touchline.season.page.values import SeasonValues

_MINUTE_S, _HOUR_S = 60.0, 3600.0
_SHORT_HASH = 12
_BARS = 40


def honesty(values: SeasonValues) -> dict[str, Any]:
    """Return how many matches are like what the models were measured on, reviewed and complete."""
    matches = values.matches
    verdicts = Counter(row["verdict"] for row in matches)
    words = ", ".join(
        f"{verdicts[name]} {name}" for name in (LIKE, UNLIKE, NEVER_MEASURED, UNCHECKED) if verdicts[name]
    )
    duration = sum(row["duration_s"] for row in matches)
    analysed = sum(row["analysed_s"] for row in matches)
    reviewed = [row for row in matches if row["reviewed"]]
    worst = next((name for name in (UNLIKE, NEVER_MEASURED, UNCHECKED) if verdicts[name]), LIKE)
    likeness = f"Against the footage that the models were measured on: {words}." if matches else ""
    minutes = sum(row["reviewed_s"] for row in matches) / _MINUTE_S
    review = (
        f"{len(reviewed)} of {counted(len(matches), 'match', 'matches')} reviewed by a person"
        f" ({minutes:.0f} of {duration / _MINUTE_S:.0f} minutes completely); the rest is what models found."
    )
    covered = f"{100 * analysed / duration:.1f} % of the video was analysed." if duration else ""
    return {
        "state": worst.split()[0],
        "likeness": likeness,
        "review": review,
        "coverage": covered,
        "models": models(values),
    }


def summary(values: SeasonValues) -> list[tuple[str, str]]:
    """Return the facts under the title."""
    matches = values.matches
    events = sum(row["events"] for row in values.label_counts)
    teams = {row["team_id"] for row in values.players if row["team_id"] is not None}
    persons = {row["person_id"] for row in values.players if row["team_id"] is not None}
    return [
        ("matches", f"{len(matches):,}"),
        ("hours of video", f"{sum(row['duration_s'] for row in matches) / _HOUR_S:,.1f}"),
        ("events", f"{events:,}"),
        ("passes", f"{values.passes.num_rows:,}"),
        ("teams", f"{len(teams):,}"),
        ("players", f"{len(persons):,}"),
    ]


def models(values: SeasonValues) -> list[dict[str, Any]]:
    """Return the models with the number of matches that each was used on."""
    used = Counter(
        (model["task"], model["name"], model["sha256"]) for row in values.matches for model in row["models"] or ()
    )
    return [
        {"task": task, "name": name, "sha256": sha256[:_SHORT_HASH], "matches": count}
        for (task, name, sha256), count in sorted(used.items())
    ]


def match_rows(values: SeasonValues) -> list[dict[str, Any]]:
    """Return the rows of the table of matches."""
    events = Counter[str]()
    for row in values.label_counts:
        events[row["match"]] += row["events"]
    passes = Counter(values.passes["match"].to_pylist())
    return [
        {
            "name": row["name"],
            "date": row["date"] or "",
            "teams": f"{row['team_a']} - {row['team_b']}",
            "minutes": row["duration_s"] / _MINUTE_S,
            "analysed": row["analysed_s"] / row["duration_s"] if row["duration_s"] else None,
            "verdict": row["verdict"],
            "reviewed": row["reviewed"],
            "reviewed_minutes": row["reviewed_s"] / _MINUTE_S,
            "events": events[row["match"]],
            "passes": passes[row["match"]],
            "people": row["people"],
            "report": row["report"],
        }
        for row in values.matches
    ]


def label_rows(values: SeasonValues) -> list[dict[str, Any]]:
    """Return the rows of the table of labels: counts, rates by match, and a curve over the season."""
    hours = [row["analysed_s"] / _HOUR_S for row in values.matches]
    counts: dict[str, list[int]] = {}
    reviewed = Counter[str]()
    for row in values.label_counts:
        counts.setdefault(row["label"], [0] * len(hours))[values.order[row["match"]]] = row["events"]
        reviewed[row["label"]] += row["reviewed"]
    return [
        {
            "label": label,
            "events": sum(each),
            "matches": sum(count > 0 for count in each),
            "rate": rate(each, hours, per=1.5),
            "reviewed": reviewed[label],
            "bars": _bars(each, hours),
        }
        for label, each in sorted(counts.items(), key=lambda one: (-sum(one[1]), one[0]))
    ]


def keeper_rows(values: SeasonValues) -> list[dict[str, Any]]:
    """Return the rows of the table of keepers."""
    found: list[dict[str, Any]] = keeper_records(values.folder.read(tables.KEEPERS)).to_pylist()
    names = {row["match"]: row["name"] for row in values.matches}
    for row in found:
        row["where"] = names.get(row["match"] or "", "")
        row["few"] = row["on_target"] < BY_MATCHES_FROM
    return found


def _bars(counts: list[int], hours: list[float]) -> list[float]:
    """Return bars of 0 to 1: rates of the matches in order, several in one if there are many."""
    size = -(-len(counts) // _BARS)
    groups = [slice(start, start + size) for start in range(0, len(counts), size)]
    rates = [sum(counts[group]) / max(sum(hours[group]), 1e-9) for group in groups]
    most = max(rates)
    return [each / most if most else 0.0 for each in rates]
