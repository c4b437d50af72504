"""``tracks.parquet``: one row per box, with data on the whole video in the schema's metadata.

Columns: ``track_id``, ``label``, ``team``, ``team_confidence``, ``name``, ``shot``, ``frame``, ``time_us``, ``x0``,
``y0``, ``x1``, ``y1`` (pixels), ``confidence``, ``observed``, ``x_m``, ``y_m`` (metres), ``place_std_m``,
``speed_mps``, ``speed_std_mps``, ``label_confidence``, ``identity_confidence``, ``person``, ``person_confidence``.
``team``, ``name`` and ``person`` are null where unknown. Metres are null for a whole track if the pitch was never found
and NaN for single boxes without. ``speed_mps`` follows from the places, see
:func:`touchline.core.geometry.kinematics.speeds_mps`. Files without the columns after ``y_m`` are read as well. Any
Parquet reader can open it: ``pandas.read_parquet("tracks.parquet")``.
"""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from touchline.core.errors import InputError
from touchline.core.geometry.kinematics import speeds_mps
from touchline.core.tracks import BALL, DETECTION_LABELS, Shot, Track, Tracks
from touchline.formats.boxes.arrow_columns import column_of, numbers_of
from touchline.formats.files.atomic import replacing
from touchline.formats.files.guard import read_regular, reading
from touchline.formats.files.json_shapes import a_count, a_number, a_text, check, list_of, record

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow import parquet

SCHEMA = "touchline.tracks"
VERSION = 1
_METADATA_KEY = b"touchline"
_PER_TRACK = ("track_id", "label", "team", "team_confidence", "name", "shot")
_SURE_OF_TRACK = ("label_confidence", "identity_confidence", "person", "person_confidence")
_SURE_OF_BOX = ("place_std_m", "speed_std_mps")
_DERIVED = ("speed_mps",)
_ADDED = (*_SURE_OF_BOX, *_DERIVED, *_SURE_OF_TRACK)
"""Columns that files of earlier versions lack."""
_NULLABLE = ("team", "name", "x_m", "y_m", *_SURE_OF_BOX, *_DERIVED, "person")
_MAX_ROWS_PER_BYTE = 64
_MAX_UNPACKED_BYTES = 8 << 30
_REMEDY = "track the video again"
_SHOT = record({"index": a_count, "start_us": a_count, "end_us": a_count}, optional={"kind": a_text, "pitch": a_number})
_ABOUT = record({"width": a_count, "height": a_count, "shots": list_of(_SHOT)}, others=True)


def write_tracks_parquet(path: Path | str, tracks: Tracks) -> None:
    """Write tracks, ordered by id and time, replacing the file atomically; equal tracks give equal bytes.

    Raises:
        ResourceError: the file cannot be written.

    """
    with tracks_parquet_writer(path, shots=tracks.shots, width=tracks.width, height=tracks.height) as write:
        write(tracks.tracks)


@contextlib.contextmanager
def tracks_parquet_writer(
    path: Path | str, *, shots: Sequence[Shot], width: int, height: int
) -> Iterator[Callable[[Sequence[Track]], None]]:
    """Yield a function that writes tracks part by part, so that not all tracks are held in memory.

    The file is moved into place when the context ends without an error. Ids must increase from part to part.

    Args:
        path: the file to write.
        shots: camera shots of the whole video.
        width: width of the picture, pixels.
        height: height of the picture, pixels.

    Raises:
        ResourceError: the file cannot be written.

    """
    import pyarrow as pa
    from pyarrow import parquet

    schema = _schema(shots, width=width, height=height)
    dictionaries = ["track_id", "label", "team", "name", "shot"]
    with (
        replacing(path) as file,
        parquet.ParquetWriter(file, schema, compression="zstd", use_dictionary=dictionaries) as writer,
    ):

        def write(tracks: Sequence[Track]) -> None:
            if tracks:
                writer.write_table(pa.table(_columns(tracks), schema=schema))

        yield write


def read_tracks_parquet(path: Path | str) -> Tracks:
    """Read the tracks that :func:`write_tracks_parquet` wrote, part by part.

    Raises:
        InputError: the file is unreadable, not written by touchline, or of a newer version.

    """
    import pyarrow as pa

    path = Path(path)
    file = _opened(path)
    about = _about(file.schema_arrow, path=path)
    with reading(path, what="valid tracks", remedy=_REMEDY, also=(pa.ArrowException,)):
        tracks = tuple(track for table in _parts(file) for track in _tracks(table))
        return Tracks(tracks, _shots(about), width=about["width"], height=about["height"])


def read_shots_parquet(path: Path | str) -> tuple[Shot, ...]:
    """Read the camera shots of a file of tracks, without the tracks.

    Raises:
        InputError: the file is unreadable, not written by touchline, or of a newer version.

    """
    path = Path(path)
    about = _about(_opened(path).schema_arrow, path=path)
    with reading(path, what="valid tracks", remedy=_REMEDY):
        return _shots(about)


def read_track_columns(
    path: Path, *, columns: Sequence[str] | None = None, filters: Any = None, coded: Sequence[str] = ()
) -> pa.Table:
    """Read the table of a file of tracks, or some of its columns and rows.

    Args:
        path: the file.
        columns: names of the columns; None for all.
        filters: as for ``pyarrow.parquet.read_table``.
        coded: columns of texts to return as codes with a dictionary, which is much quicker.

    Raises:
        InputError: the file is unreadable, or claims more rows than it can hold.

    """
    import pyarrow as pa
    from pyarrow import parquet

    data = _checked(path)
    with reading(path, what="readable as Parquet", remedy=_REMEDY, also=(pa.ArrowException,)):
        if filters is None:  # read_table imports pandas wherever that is installed
            return parquet.ParquetFile(pa.BufferReader(data), read_dictionary=list(coded)).read(columns=columns)
        return parquet.read_table(pa.BufferReader(data), columns=columns, filters=filters, read_dictionary=list(coded))


def _opened(path: Path) -> parquet.ParquetFile:
    """Open a file whose claims about its size are plausible."""
    import pyarrow as pa
    from pyarrow import parquet

    data = _checked(path)
    with reading(path, what="readable as Parquet", remedy=_REMEDY, also=(pa.ArrowException,)):
        names = parquet.read_schema(pa.BufferReader(data)).names
        words = [name for name in ("label", "team", "name") if name in names]
        return parquet.ParquetFile(pa.BufferReader(data), read_dictionary=words)


def _checked(path: Path) -> bytes:
    """Read a file whose claims about its size are plausible."""
    import pyarrow as pa
    from pyarrow import parquet

    data = read_regular(path)
    with reading(path, what="readable as Parquet", remedy=_REMEDY, also=(pa.ArrowException,)):
        about = parquet.read_metadata(pa.BufferReader(data))
        held = sum(about.row_group(number).total_byte_size for number in range(about.num_row_groups))
        if about.num_rows > _MAX_ROWS_PER_BYTE * len(data) or held > _MAX_UNPACKED_BYTES:
            raise InputError(f"{path}: claims {about.num_rows:,} rows of {held:,} bytes in {len(data):,}; {_REMEDY}")
        return data


def _parts(file: parquet.ParquetFile) -> Iterator[pa.Table]:
    """Yield the tables of a file's row groups, or one of all if a track may lie in several."""
    about = file.metadata
    column = file.schema_arrow.get_field_index("track_id")
    groups = [about.row_group(number).column(column).statistics for number in range(about.num_row_groups)]
    known = all(group is not None and group.has_min_max for group in groups)
    if known and all(before.max < after.min for before, after in itertools.pairwise(groups)):
        yield from (file.read_row_group(number) for number in range(len(groups)))
    else:
        yield file.read()


def _shots(about: Mapping[str, Any]) -> tuple[Shot, ...]:
    """Return the camera shots that the metadata list."""
    return tuple(Shot(**shot) for shot in about["shots"])


def _schema(shots: Sequence[Shot], *, width: int, height: int) -> pa.Schema:
    """Return the column types, with everything that is not a column as metadata."""
    import pyarrow as pa

    float32, int64 = pa.float32(), pa.int64()
    about = {
        "schema": SCHEMA,
        "version": VERSION,
        "width": width,
        "height": height,
        "shots": [asdict(shot) for shot in shots],
    }
    fields = [
        *(("track_id", int64), ("label", pa.string()), ("team", pa.string()), ("team_confidence", pa.float64())),
        *(("name", pa.string()), ("shot", int64), ("frame", int64), ("time_us", int64)),
        *((name, float32) for name in ("x0", "y0", "x1", "y1", "confidence")),
        *(("observed", pa.bool_()), ("x_m", float32), ("y_m", float32)),
        *((name, float32) for name in ("place_std_m", "speed_mps", "speed_std_mps")),
        *(("label_confidence", pa.float64()), ("identity_confidence", pa.float64())),
        *(("person", int64), ("person_confidence", pa.float64())),
    ]
    return pa.schema(fields, metadata={_METADATA_KEY: json.dumps(about, sort_keys=True).encode()})


def _columns(rows: Sequence[Track]) -> dict[str, pa.Array]:
    """Return the columns of the boxes of all tracks, concatenated."""
    import pyarrow as pa

    lengths = np.array([len(track) for track in rows], np.int64)
    index = column_of(np.repeat(np.arange(len(rows)), lengths), pa.int64())

    def each(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
        return column_of(values, kind).take(index)

    def joined(arrays: list[np.ndarray], kind: pa.DataType) -> pa.Array:
        return column_of(np.concatenate(arrays) if arrays else [], kind)

    def known(arrays: Sequence[np.ndarray | None]) -> pa.Array:
        there = np.repeat(np.array([values is not None for values in arrays], np.bool_), lengths)
        filled = [np.zeros(n) if values is None else values for n, values in zip(lengths, arrays, strict=True)]
        flat = np.concatenate(filled).astype(np.float32) if filled else np.zeros(0, np.float32)
        return column_of(flat, pa.float32(), there=there)

    def metres(axis: int) -> pa.Array:
        return known([None if track.positions_m is None else track.positions_m[:, axis] for track in rows])

    float32, int64, text = pa.float32(), pa.int64(), pa.string()
    return {
        "track_id": each([track.track_id for track in rows], int64),
        "label": each([track.label for track in rows], text),
        "team": each([track.team for track in rows], text),
        "team_confidence": each([track.team_confidence for track in rows], pa.float64()),
        "name": each([track.name for track in rows], text),
        "shot": each([track.shot for track in rows], int64),
        "frame": joined([track.frames for track in rows], int64),
        "time_us": joined([track.times_us for track in rows], int64),
        **{
            name: joined([t.boxes_xyxy[:, i] for t in rows], float32) for i, name in enumerate(("x0", "y0", "x1", "y1"))
        },
        "confidence": joined([track.confidence for track in rows], float32),
        "observed": joined([track.observed for track in rows], pa.bool_()),
        "x_m": metres(0),
        "y_m": metres(1),
        "place_std_m": known([track.place_std_m for track in rows]),
        "speed_mps": known([_speeds(track) for track in rows]),
        "speed_std_mps": known([track.speed_std_mps for track in rows]),
        "label_confidence": each([track.label_confidence for track in rows], pa.float64()),
        "identity_confidence": each([track.identity_confidence for track in rows], pa.float64()),
        "person": each([track.person for track in rows], int64),
        "person_confidence": each([track.person_confidence for track in rows], pa.float64()),
    }


def _speeds(track: Track) -> np.ndarray | None:
    """Return the speed of a person at each box; None without places, and for the ball, which may be in the air."""
    if track.positions_m is None or track.label == DETECTION_LABELS[BALL]:
        return None
    return speeds_mps(track.times_us, track.positions_m)


def _about(schema: pa.Schema, *, path: Path) -> Mapping[str, Any]:
    """Return the metadata that touchline wrote."""
    try:
        about = json.loads((schema.metadata or {})[_METADATA_KEY])
        known = (about["schema"], about["version"]) == (SCHEMA, VERSION)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: Parquet, but not tracks written by touchline") from error
    if not known:
        raise InputError(f"{path}: schema {about['schema']!r} version {about['version']!r} is not {SCHEMA!r} {VERSION}")
    missing = [name for name in _names() if name not in schema.names and name not in _ADDED]
    if missing:
        raise InputError(f"{path}: column {missing[0]!r} is missing; track the video again")
    check(about, _ABOUT, source=path, remedy=_REMEDY)
    check(about, _ABOUT, source=path, remedy=_REMEDY)
    return about


def _names() -> list[str]:
    """Return the column names."""
    return _schema((), width=1, height=1).names


def _tracks(table: pa.Table) -> list[Track]:
    """Return the tracks of a table whose rows may be in any order."""
    there = [name for name in _names() if name in table.schema.names]
    for name in there:
        if name not in _NULLABLE and table[name].null_count:
            raise ValueError(f"column {name!r} has empty cells")
    ids, frames = (numbers_of(table[name]) for name in ("track_id", "frame"))
    order = np.lexsort((frames, ids))
    if bool((np.diff(order) < 0).any()):
        table, ids = table.take(_rows(order)), ids[order]
    starts = np.flatnonzero(np.diff(ids, prepend=ids[:1] - 1))
    of_track = (*_PER_TRACK, *_SURE_OF_TRACK)
    columns = {name: numbers_of(table[name]) for name in there if name not in of_track and name not in _DERIVED}
    wanted = (*of_track, "x_m", *_SURE_OF_BOX)
    heads = table.select([name for name in wanted if name in there]).take(_rows(starts)).to_pylist()
    ends = np.append(starts[1:], len(ids))[: len(starts)]
    return [
        _track(head, {name: values[a:b] for name, values in columns.items()})
        for head, a, b in zip(heads, starts.tolist(), ends.tolist(), strict=True)
    ]


def _rows(numbers: np.ndarray) -> pa.Array:
    import pyarrow as pa

    return column_of(numbers, pa.int64())


def _track(head: Mapping[str, Any], rows: Mapping[str, np.ndarray]) -> Track:
    """Return one track from the values that hold for all of it and its rows."""
    metres = np.stack([rows["x_m"], rows["y_m"]], axis=1)
    return Track(
        track_id=head["track_id"],
        label=head["label"],
        times_us=rows["time_us"].astype(np.int64),
        frames=rows["frame"].astype(np.int64),
        boxes_xyxy=np.stack([rows[name] for name in ("x0", "y0", "x1", "y1")], axis=1).astype(np.float32),
        confidence=rows["confidence"].astype(np.float32),
        observed=rows["observed"].astype(np.bool_),
        shot=head["shot"],
        team=head["team"],
        team_confidence=head["team_confidence"],
        positions_m=None if head["x_m"] is None else metres.astype(np.float32),
        name=head["name"],
        **_sureness(head, rows),
    )


def _sureness(head: Mapping[str, Any], rows: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Return the confidences and deviations that the file holds."""
    of_track = {name: head[name] for name in _SURE_OF_TRACK if name in head}
    return of_track | {name: rows[name].astype(np.float32) for name in _SURE_OF_BOX if head.get(name) is not None}
