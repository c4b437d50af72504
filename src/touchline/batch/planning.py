"""Making a plan: the matches of a folder, a prefix or a manifest, with what identifies their content."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from touchline.batch.plan import Match, Plan, Terms
from touchline.batch.sources import Facts, facts_of, listing, read_whole
from touchline.batch.stores.opening import is_remote, local_path
from touchline.core.errors import InputError

VIDEO, NAME = "video", "match"
"""Columns of a manifest."""
_TABLES = (".csv", ".tsv", ".txt")
_ASKED_AT_ONCE = 16


def make_plan(given: str, *, terms: Terms, endings: frozenset[str]) -> Plan:
    """Return the plan for a folder, a prefix, a manifest or a single video.

    Args:
        given: path or address; a manifest ends in ``.csv``, and has a column ``video``.
        terms: of the analysis.
        endings: of the files in a folder that are videos.

    Raises:
        InputError: it cannot be read, holds no video, or names one that does not exist.
        NetworkError: a store cannot be reached.

    """
    if given.lower().endswith(_TABLES):
        rows = list(_table(given))
        uris = [row[VIDEO] for row in rows]
        with ThreadPoolExecutor(_ASKED_AT_ONCE) as pool:
            facts = list(pool.map(facts_of, uris))
    else:
        found = list(_folder(given, endings=endings))
        rows = [{VIDEO: uri} for uri, _ in found]
        facts = [fact for _, fact in found]
    if not rows:
        raise InputError(f"{given}: holds no video; give a folder with videos, or a CSV file with a column {VIDEO!r}")
    return Plan(terms, tuple(_match(row, fact, terms) for row, fact in zip(rows, facts, strict=True)))


def _folder(given: str, *, endings: frozenset[str]) -> Iterator[tuple[str, Facts]]:
    if not is_remote(given):
        path = local_path(given)
        if path.is_file():
            yield str(path.absolute()), facts_of(given)
            return
        if not path.is_dir():
            raise InputError(f"{given}: no such file or folder; check the path")
    yield from listing(given, endings=endings)


def _table(given: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a manifest; relative paths start at its folder."""
    from touchline.formats.files.csv_rows import csv_table, read_csv

    if is_remote(given):
        table = csv_table(read_whole(given).decode("utf-8-sig"), source=given)
    else:
        table = read_csv(local_path(given))
    if VIDEO not in table.columns:
        columns = ", ".join(table.columns) or "none"
        raise InputError(f"{given}: has no column {VIDEO!r}, only {columns}; name the column of the paths {VIDEO!r}")
    seen: dict[str, int] = {}
    for line, row in zip(table.lines, table.rows, strict=True):
        uri = row[VIDEO].strip()
        if not uri:
            raise InputError(f"{given}: line {line}: column {VIDEO!r} is empty; give the path or address of the video")
        uri = _absolute(uri, given)
        if uri in seen:
            raise InputError(f"{given}: line {line}: {uri} is in line {seen[uri]} as well; keep one of them")
        seen[uri] = line
        yield {**row, VIDEO: uri}


def _absolute(uri: str, manifest: str) -> str:
    if is_remote(uri):
        return uri
    if is_remote(manifest):
        return uri if uri.startswith("/") else f"{posixpath.dirname(manifest)}/{uri}"
    return str((local_path(manifest).absolute().parent / local_path(uri)).absolute())


def _match(row: Mapping[str, str], facts: Facts, terms: Terms) -> Match:
    uri = row[VIDEO]
    name = row.get(NAME, "").strip() or Path(posixpath.basename(uri)).stem
    columns = {column: value for column, value in row.items() if column not in (VIDEO, NAME)}
    return Match(terms.key(facts), uri, name, facts.size, facts.etag, columns)
