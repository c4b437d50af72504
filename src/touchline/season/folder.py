"""The folder of a season: its tables as Parquet, ``season.json`` that says what they were made from, and the page.

Every table names the generation that it belongs to, and ``season.json``, written last, names the current one. So a
reader sees whether all files belong together, whatever happens to a writer.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from touchline.core.errors import InputError, ResourceError, UsageError
from touchline.core.version import __version__
from touchline.formats.files.atomic import make_folder, replacing, write_json_atomic, writing
from touchline.formats.files.guard import reading
from touchline.formats.files.json_files import read_document
from touchline.formats.files.json_shapes import a_text, check, list_of, record
from touchline.formats.files.locks import lock
from touchline.season import tables

if TYPE_CHECKING:
    import pyarrow as pa

USUAL_NAME = "season.touchline"
"""Name of the folder, if nobody chose another."""
SEASON, PAGE, LOCK = "season.json", "season.html", ".lock"
SCHEMA = "touchline.season"
_ENDING = ".parquet"
_METADATA_KEY = b"touchline"
_REMEDY = "index the season again with --rebuild"
_TRIES, _PAUSE_S = 20, 0.25
_BUNDLE = record({"bundle": a_text, "match": a_text, "stamp": a_text, "problem": a_text})
_SHAPE = record(
    {"generation": a_text, "names": a_text, "names_digest": a_text, "bundles": list_of(_BUNDLE)}, others=True
)


@dataclass(frozen=True, slots=True)
class IndexedBundle:
    """A bundle that was indexed, or could not be.

    Attributes:
        bundle: its path from the season's folder.
        match: what its match is called in the tables.
        stamp: changes whenever it does.
        problem: why it is not in the tables; "" if it is.

    """

    bundle: str
    match: str
    stamp: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class SeasonState:
    """The content of ``season.json``.

    Attributes:
        generation: of the tables.
        bundles: all bundles, by match.
        names: path of the file of names from the season's folder; "" without one.
        names_digest: changes with its content.

    """

    generation: str = ""
    bundles: tuple[IndexedBundle, ...] = ()
    names: str = ""
    names_digest: str = ""

    @property
    def problems(self) -> tuple[IndexedBundle, ...]:
        """The bundles that could not be indexed."""
        return tuple(bundle for bundle in self.bundles if bundle.problem)


@dataclass(frozen=True, slots=True)
class SeasonFolder:
    """The folder of a season.

    Attributes:
        path: the folder.

    """

    path: Path

    @property
    def page(self) -> Path:
        """Path of the page."""
        return self.path / PAGE

    def table_path(self, table: str) -> Path:
        """Return the path of a table."""
        return self.path / f"{table}{_ENDING}"

    def state(self) -> SeasonState:
        """Read ``season.json``.

        Raises:
            InputError: it is missing, broken, or of another version.

        """
        path = self.path / SEASON
        document = read_document(path, schema=SCHEMA, version=tables.VERSION, remedy=_REMEDY)
        check(document, _SHAPE, source=path, remedy=_REMEDY)
        bundles = tuple(IndexedBundle(**row) for row in document["bundles"])
        return SeasonState(document["generation"], bundles, document["names"], document["names_digest"])

    def checked_state(self) -> SeasonState:
        """Read ``season.json`` once all tables belong to it; a writer may be about to finish.

        Raises:
            InputError: a file is missing or broken, or the tables do not belong together.

        """
        for _ in range(_TRIES):
            state = self.state()
            if all(self._generation_of(name) == state.generation for name in tables.TABLES):
                return state
            time.sleep(_PAUSE_S)
        raise InputError(f"{self.path}: its tables do not belong together (a writer was stopped); {_REMEDY}")

    def read(self, table: str, *, columns: list[str] | None = None) -> pa.Table:
        """Read a table, or some of its columns.

        Raises:
            InputError: the file is missing or broken.

        """
        import pyarrow as pa
        from pyarrow import parquet

        path = self.table_path(table)
        guard = reading(path, what="a table of a season", remedy=_REMEDY, also=(pa.ArrowException,))
        with guard, parquet.ParquetFile(path) as file:  # read_table imports pandas wherever that is installed
            return file.read(columns=columns)

    def write(self, found: Mapping[str, pa.Table], state: SeasonState) -> None:
        """Write all tables and then ``season.json``; no file is replaced before all are written.

        Raises:
            ResourceError: the disk is full or the folder not writable.

        """
        from pyarrow import parquet

        about = {"schema": SCHEMA, "version": tables.VERSION, "generation": state.generation}
        with contextlib.ExitStack() as stack:
            for name in tables.TABLES:
                file = stack.enter_context(replacing(self.table_path(name)))
                metadata = {_METADATA_KEY: json.dumps({**about, "table": name}, sort_keys=True).encode()}
                parquet.write_table(found[name].replace_schema_metadata(metadata), file, compression="zstd")
        self.write_state(state)

    def write_state(self, state: SeasonState) -> None:
        """Write ``season.json``."""
        document = {
            "schema": SCHEMA,
            "version": tables.VERSION,
            "touchline_version": __version__,
            "generation": state.generation,
            "names": state.names,
            "names_digest": state.names_digest,
            "tables": {name: f"{name}{_ENDING}" for name in tables.TABLES},
            "bundles": [
                {"bundle": one.bundle, "match": one.match, "stamp": one.stamp, "problem": one.problem}
                for one in state.bundles
            ],
        }
        write_json_atomic(self.path / SEASON, document)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for writing; it is created if necessary.

        Raises:
            UsageError: there is something else in its place.
            ResourceError: another process writes it, or it cannot be written.

        """
        self._check_ours()
        make_folder(self.path)
        path = self.path / LOCK
        with writing(path):
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if not lock(handle):
                raise ResourceError(f"{self.path}: another touchline index is writing it; wait until it has ended")
            yield
        finally:
            os.close(handle)

    def _check_ours(self) -> None:
        """Raise an error for a folder that holds something else than a season.

        Raises:
            UsageError: it does.

        """
        try:
            names = set(os.listdir(self.path))
        except FileNotFoundError:
            return
        except OSError as error:
            raise UsageError(f"{self.path}: not a folder that can be written ({error.strerror}); use --out") from error
        if SEASON not in names and any(not name.startswith(".") for name in names):
            raise UsageError(f"{self.path}: holds something else than a season; name another folder with --out")

    def _generation_of(self, table: str) -> str | None:
        """Return the generation that a table names; None if it names none.

        Raises:
            InputError: the file is missing or broken.

        """
        import pyarrow as pa
        from pyarrow import parquet

        path = self.table_path(table)
        with reading(path, what="a table of a season", remedy=_REMEDY, also=(pa.ArrowException,)):
            metadata = parquet.read_schema(path).metadata or {}
            about = json.loads(metadata.get(_METADATA_KEY, b"{}"))
            found = about.get("generation")
            return found if isinstance(found, str) else None


def is_season(path: Path) -> bool:
    """Return whether a folder is that of a season."""
    return (path / SEASON).is_file()
