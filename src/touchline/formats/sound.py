"""Sound analysis results as files of a bundle.

``sound.npz`` has the curves: ``values`` float32 (rows, curves), ``times_us`` int64 (rows,), ``names`` (curves,).
``sound.json`` has the whistles and the rises in crowd noise, times in microseconds from the first shown frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from touchline.core.arrays import Floats32
from touchline.core.errors import InputError
from touchline.core.sound import CURVES, CrowdSwell, SoundReading, WhistleBlow
from touchline.formats.files.atomic import write_bytes_atomic, write_json_atomic
from touchline.formats.files.guard import guarded, reading
from touchline.formats.files.json_files import read_document
from touchline.formats.files.json_shapes import a_number, a_text, a_whole, check, list_of, record
from touchline.formats.files.npz import npz_bytes, read_arrays

SOUND, SOUND_CURVES = "sound.json", "sound.npz"
SCHEMA = "touchline.sound"
VERSION = 1
_REMEDY = "analyse the video again"
_WHISTLE = record({"start_us": a_whole, "end_us": a_whole, "confidence": a_number, "pitch_hz": a_number})
_SHAPE = record(
    {
        "seconds": a_number,
        "whistles": list_of(_WHISTLE),
        "swells": list_of(record({"time_us": a_whole, "confidence": a_number, "rise_db": a_number})),
        "remarks": list_of(a_text),
    },
    others=True,
)


def write_sound(folder: Path, reading: SoundReading) -> None:
    """Write both files into a bundle's folder; equal readings give equal bytes."""
    names = np.array(CURVES, dtype=np.str_)
    arrays: dict[str, np.ndarray] = {
        "values": reading.curves.astype(np.float32),
        "times_us": reading.times_us,
        "names": names,
    }
    write_bytes_atomic(folder / SOUND_CURVES, npz_bytes(arrays))
    write_json_atomic(folder / SOUND, sound_document(reading))


@guarded("a sound analysis", remedy=_REMEDY)
def read_sound(folder: Path) -> SoundReading:
    """Read both files of a bundle's folder.

    Raises:
        InputError: a file is missing, broken, of another version, or has other curves.

    """
    document = read_document(folder / SOUND, schema=SCHEMA, version=VERSION, remedy=_REMEDY)
    with reading(folder / SOUND, what="a sound analysis", remedy=_REMEDY):
        found = sound_from_document(document, curves=_read_curves(folder / SOUND_CURVES))
    check(document, _SHAPE, source=folder / SOUND, remedy=_REMEDY)
    return found


@guarded("a sound analysis", remedy=_REMEDY)
def read_sound_document(folder: Path) -> tuple[tuple[WhistleBlow, ...], tuple[CrowdSwell, ...]]:
    """Read the whistles and the rises in crowd noise of a bundle's folder, without the curves.

    Raises:
        InputError: the file is missing, broken, or of another version.

    """
    document = read_document(folder / SOUND, schema=SCHEMA, version=VERSION, remedy=_REMEDY)
    check(document, _SHAPE, source=folder / SOUND, remedy=_REMEDY)
    with reading(folder / SOUND, what="a sound analysis", remedy=_REMEDY):
        return _whistles(document), _swells(document)


def sound_document(reading: SoundReading) -> dict[str, Any]:
    """Return the content of ``sound.json``."""
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "seconds": round(reading.seconds, 3),
        "whistles": [{**asdict(one), "confidence": round(one.confidence, 6)} for one in reading.whistles],
        "swells": [
            {**asdict(one), "confidence": round(one.confidence, 6), "rise_db": round(one.rise_db, 2)}
            for one in reading.swells
        ],
        "remarks": list(reading.remarks),
    }


def sound_from_document(document: Mapping[str, Any], *, curves: Floats32) -> SoundReading:
    """Return the reading that :func:`sound_document` wrote, with its curves (rows, curves).

    Raises:
        KeyError, TypeError, ValueError: the document has another layout.

    """
    return SoundReading(
        curves,
        _whistles(document),
        _swells(document),
        seconds=float(document["seconds"]),
        remarks=tuple(map(str, document["remarks"])),
    )


def _whistles(document: Mapping[str, Any]) -> tuple[WhistleBlow, ...]:
    return tuple(WhistleBlow(**row) for row in document["whistles"])


def _swells(document: Mapping[str, Any]) -> tuple[CrowdSwell, ...]:
    return tuple(CrowdSwell(**row) for row in document["swells"])


def _read_curves(path: Path) -> Floats32:
    names, values = read_arrays(path, "names", "values", what="curves", remedy="analyse the video again")
    if tuple(map(str, names)) != CURVES:
        raise InputError(f"{path}: curves {tuple(map(str, names))} are not {CURVES}; analyse the video again")
    if values.dtype.kind != "f" or not np.isfinite(values).all():
        raise InputError(f"{path}: curves of type {values.dtype} that are not all finite; analyse the video again")
    return np.asarray(values, np.float32)
