"""SQL over the tables of a season, by DuckDB: in memory, over these tables only, without files or network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchline.core.errors import InputError, UsageError
from touchline.core.extras import need
from touchline.season import tables
from touchline.season.folder import SeasonFolder

if TYPE_CHECKING:
    import pyarrow as pa

_SETTINGS = {
    "enable_external_access": "false",
    "python_enable_replacements": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
}
"""A query reaches the registered tables and nothing else: no file, no network, no variable of this program."""


def query_season(season: SeasonFolder | Path | str, sql: str) -> pa.Table:
    """Return the answer to a query over the tables of a season.

    The tables are those of :data:`touchline.season.tables.TABLES`, by their names. Nothing that a query does changes
    them, or reads or writes another file.

    Args:
        season: the folder of the season.
        sql: one or more statements; the answer is that of the last.

    Raises:
        UsageError: DuckDB is not installed, or refuses the query.
        InputError: the season cannot be read.

    """
    import pyarrow as pa

    duckdb = need("duckdb", what="a query", instead="; --ask answers ready questions without it")
    folder = season if isinstance(season, SeasonFolder) else SeasonFolder(Path(season))
    folder.checked_state()
    with duckdb.connect(":memory:", config=_SETTINGS) as connection:
        for name in tables.TABLES:
            connection.register(name, _dataset(folder.table_path(name)))
        connection.execute("SET lock_configuration = true")
        try:
            answer = connection.sql(sql)
            return pa.table({}) if answer is None else answer.to_arrow_table()
        except duckdb.Error as error:
            raise UsageError(f"query: {_first_lines(error)}") from error


def _dataset(path: Path) -> Any:
    """Return a table that is read as far as a query needs it.

    Raises:
        InputError: the file is missing or broken.

    """
    import pyarrow as pa
    from pyarrow import dataset

    try:
        return dataset.dataset(path, format="parquet")
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path}: cannot be read ({error}); index the season again with --rebuild") from error


def _first_lines(error: Exception) -> str:
    """Return what DuckDB found wrong, without its drawing of the place."""
    lines = [line.strip() for line in str(error).splitlines()]
    return " ".join(line for line in lines if line and not line.startswith(("^", "LINE ")))[:500]
