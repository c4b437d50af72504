"""Where every number of docs/trust.md comes from, and whether the page and the results agree.

    python benchmarks/trust.py            writes the tables between the markers of docs/trust.md
    python benchmarks/trust.py --check    changes nothing; exits with 1 if the page disagrees with the results

``trust_claims.json`` lists the claims. A claim is a phrase of the page, with a place for each number, and the paths
of those numbers in a committed result, or in what a built-in model was measured on. The phrase, filled in, must stand
on the page, and every decimal number and percentage of the page must belong to a phrase. Phrases without a committed
result are listed under ``uncommitted``, with where they come from; the page names them as such.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

from touchline.models.folders import builtin_folder
from touchline.models.measured import MEASURED_SUFFIX, HeldOut, MeasuredOn, read_measured

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "trust.md"
CLAIMS = HERE / "trust_claims.json"
TABLES = ("models", "numbers", "uncommitted")
_NUMBER = re.compile(r"(?<![\w.@/-])(?:\d*\.\d+|\d+(?= %))(?![\w/])(?!\.\d)(?! % interval)")
_TABLE = re.compile(r"<!-- (\w+): python benchmarks/trust\.py -->.*?<!-- end -->", re.DOTALL)


def main() -> None:
    """Write the tables, or compare the page with the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 if the page disagrees")
    options = parser.parse_args()
    page = PAGE.read_text(encoding="utf-8")
    if not options.check:
        page = with_tables(page)
        PAGE.write_text(page, encoding="utf-8")
    found = problems(page)
    for problem in found:
        print(problem)
    sys.exit(bool(found))


def problems(page: str) -> list[str]:
    """Return what is wrong with a page, in words."""
    found = [] if with_tables(page) == page else ["the tables are not up to date: run python benchmarks/trust.py"]
    prose = plain(_TABLE.sub("", page))
    phrases = [phrase_of(claim) for claim in claims()["committed"]]
    phrases += [claim["words"] for claim in claims()["uncommitted"]]
    found += [f"not on the page: {phrase!r}" for phrase in phrases if phrase not in prose]
    return found + [f"no claim covers {words!r}" for words in uncovered(prose, phrases)]


def uncovered(prose: str, phrases: list[str]) -> list[str]:
    """Return the numbers of a text, with what is around them, that lie in no phrase."""
    spans = [match.span() for phrase in phrases for match in re.finditer(re.escape(phrase), prose)]
    return [
        prose[max(0, match.start() - 40) : match.end() + 20]
        for match in _NUMBER.finditer(prose)
        if not any(start <= match.start() and match.end() <= end for start, end in spans)
    ]


def plain(text: str) -> str:
    """Return a text on one line, without emphasis and the targets of links."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return " ".join(text.replace("**", "").replace("`", "").split())


@cache
def claims() -> dict[str, list[dict[str, Any]]]:
    """Return all claims."""
    return json.loads(CLAIMS.read_text(encoding="utf-8"))


def phrase_of(claim: dict[str, Any]) -> str:
    """Return the phrase of a claim with its numbers."""
    document = read(claim["source"])
    numbers = (claim.get("times", 1) * value_at(document, place) for place in claim["places"])
    return claim["words"].format(*numbers)


@cache
def read(source: str) -> Any:
    """Return a result by its file, or what a model was measured on by its name."""
    path = HERE / "results" / source if source.endswith(".json") else builtin_folder() / (source + MEASURED_SUFFIX)
    return json.loads(path.read_text(encoding="utf-8"))


def value_at(document: Any, place: str) -> float:
    """Return a number of a document by its path; ``percent:`` before it multiplies by 100, ``abs:`` drops the sign."""
    before, _, path = place.rpartition(":")
    for part in path.split("/"):
        document = document[int(part)] if isinstance(document, list) else document[part]
    value = float(document)
    return {"": value, "percent": 100 * value, "abs": abs(value)}[before]


def with_tables(page: str) -> str:
    """Return a page with the tables between its markers written again."""
    made = {"models": models_table, "numbers": numbers_table, "uncommitted": uncommitted_table}

    def table(match: re.Match[str]) -> str:
        name = match[1]
        return f"<!-- {name}: python benchmarks/trust.py -->\n\n{made[name]()}\n<!-- end -->"

    return _TABLE.sub(table, page)


def models_table() -> str:
    """Return the table of the built-in models and their held-out results by match."""
    rows = [
        "| model | measured on | held-out results | uncertainty | never measured | licence |",
        "|---|---|---|---|---|---|",
    ]
    for path in sorted(builtin_folder().glob("*" + MEASURED_SUFFIX)):
        name, about = path.name.removesuffix(MEASURED_SUFFIX), read_measured(path)
        cells = (held_out_words(about), about.interval_note, about.not_measured, about.licence)
        rows.append(f"| [{name}](reference/models.md#{name}) | {about.footage} | {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def held_out_words(about: MeasuredOn) -> str:
    """Return the held-out results of a model, by metric and match."""
    metrics = dict.fromkeys(one.metric for one in about.held_out)
    return ". ".join(
        f"{metric}: " + ", ".join(_one(one) for one in about.held_out if one.metric == metric) for metric in metrics
    )


def _one(result: HeldOut) -> str:
    interval = "" if result.interval is None else f" [{result.interval[0]:g}, {result.interval[1]:g}]"
    count = "" if result.count is None else f" ({result.count})"
    return f"{result.match} {result.value:g}{interval}{count}"


def numbers_table() -> str:
    """Return the table of the claims with a committed result."""
    rows = ["| claim | from |", "|---|---|"]
    for claim in claims()["committed"]:
        source = claim["source"]
        where = (
            f"`benchmarks/results/{source}`" if source.endswith(".json") else f"`models/builtin/{source}.measured.json`"
        )
        rows.append(f"| {phrase_of(claim)} | {where} |")
    return "\n".join(rows) + "\n"


def uncommitted_table() -> str:
    """Return the table of the claims without one."""
    rows = ["| claim | from |", "|---|---|"]
    return "\n".join([*rows, *(f"| {claim['words']} | {claim['from']} |" for claim in claims()["uncommitted"])]) + "\n"


if __name__ == "__main__":
    main()
