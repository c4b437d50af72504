"""Sets of feature streams for training, memory-mapped: a batch reads what it needs, no file is loaded whole.

A set is a folder with ``set.json`` and one ``.npy`` (samples, width) for each recording and stream, float32 or float16.
The files may be elsewhere, as SoccerNet's are: they are read in place.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Bools, Floats32
from touchline.core.errors import InputError
from touchline.formats.features.npy import open_rows
from touchline.formats.files.atomic import make_folder, replacing, write_json_atomic
from touchline.formats.files.guard import guarded
from touchline.formats.files.json_files import read_document
from touchline.formats.files.json_shapes import a_count, a_name, a_number, a_text, check, list_of, record, table_of

INDEX = "set.json"
SCHEMA = "touchline.streams"
VERSION = 1
_REMEDY = "write the set again"
_RECORDING = record(
    {
        "name": a_text,
        "part": a_text,
        "samples": a_count,
        "files": table_of(a_name),
        "finite": list_of(a_text),
        "label": list_of(a_count),
        "time_s": list_of(a_number),
    }
)
_SHAPE = record(
    {"labels": list_of(a_text), "rate_hz": a_number, "widths": table_of(a_count), "recordings": list_of(_RECORDING)},
    optional={"models": table_of(a_text), "published": list_of(a_text), "reductions": table_of(a_text)},
    others=True,
)
Buffers = dict[str, Floats32]


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """One recording of a set.

    Attributes:
        name: unique in the set.
        samples: number of samples on the set's grid.
        files: stream -> file; a stream without an entry is missing.
        label: int64 (events,), index into the set's labels.
        time_s: float64 (events,), seconds from the recording's first sample.
        part: ``"train"``, ``"valid"``, ``"test"`` or another name.
        finite: streams whose values are known to be finite; others are checked on every read.

    """

    name: str
    samples: int
    files: Mapping[str, Path]
    label: npt.NDArray[np.int64]
    time_s: npt.NDArray[np.float64]
    part: str = "train"
    finite: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.label.shape != self.time_s.shape or self.label.ndim != 1:
            raise ValueError(f"labels {self.label.shape} and times {self.time_s.shape} of events must be (events,)")


@dataclass(frozen=True, eq=False)
class StreamSet:
    """Recordings with the same streams and labels, each stream on one grid of samples.

    Attributes:
        labels: class names.
        rate_hz: samples per second.
        widths: feature dimension of each stream, by name.
        recordings: all recordings of the set.
        models: model that made each stream, where known.
        published: streams that SoccerNet publishes.
        reductions: SHA-256 of the dimension reduction of each stream, if it was reduced and that is known.

    """

    labels: tuple[str, ...]
    rate_hz: float
    widths: Mapping[str, int]
    recordings: tuple[Recording, ...]
    models: Mapping[str, str] = field(default_factory=dict)
    published: frozenset[str] = frozenset()
    reductions: Mapping[str, str] = field(default_factory=dict)
    _open: dict[tuple[int, str], npt.NDArray[Any] | None] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.recordings)

    def part(self, name: str) -> StreamSet:
        """Return the recordings of one part."""
        chosen = tuple(recording for recording in self.recordings if recording.part == name)
        return replace(self, recordings=chosen, _open={})

    def only(self, streams: Sequence[str]) -> StreamSet:
        """Return the same recordings with a subset of the streams."""
        unknown = sorted(set(streams) - set(self.widths))
        if unknown:
            raise InputError(f"no streams {unknown} in this set; it has {sorted(self.widths)}")
        return replace(self, widths={name: self.widths[name] for name in streams}, _open={})

    def rows(self, number: int, stream: str) -> npt.NDArray[Any] | None:
        """Return a recording's stream, memory-mapped (samples, width); None if it is missing.

        Raises:
            InputError: the file is missing, damaged, or of another shape than the set states.

        """
        key = (number, stream)
        if key not in self._open:
            recording = self.recordings[number]
            path = recording.files.get(stream)
            values = None if path is None else open_rows(path)
            wanted = (recording.samples, self.widths[stream])
            if values is not None and values.shape != wanted:
                raise InputError(f"{path}: shape {values.shape}, but the set states {wanted}; write the set again")
            self._open[key] = values
        return self._open[key]

    def buffers(self, count: int, *, samples: int) -> Buffers:
        """Return reusable buffers for a batch."""
        return {name: np.empty((count, samples, width), np.float32) for name, width in self.widths.items()}

    def batch(
        self, places: Sequence[tuple[int, int]], *, samples: int, into: Buffers | None = None
    ) -> tuple[Buffers, dict[str, Bools]]:
        """Return windows of recordings: features (n, samples, width) by stream, and where present, bool (n, samples).

        Args:
            places: (recording, first sample) of each window; it may start before the recording and end after it.
            samples: length of a window.
            into: buffers from :meth:`buffers` for the same number of windows, overwritten; None allocates new ones.

        """
        values = self.buffers(len(places), samples=samples) if into is None else into
        present = {name: np.ones((len(places), samples), np.bool_) for name in self.widths}
        for name, block in values.items():
            for at, (number, start) in enumerate(places):
                _fill(block[at], present[name][at], self.rows(number, name), start=start)
                if name not in self.recordings[number].finite:
                    _drop_broken(block[at], present[name][at])
        return values, present

    def read_ahead(self, places: Sequence[tuple[int, int]], *, samples: int) -> None:
        """Ask the operating system to fetch windows that :meth:`batch` will soon read, in the background."""
        for number, start in places:
            for name in self.widths:
                rows = self.rows(number, name)
                if rows is not None:
                    _fetch(rows, low=max(start, 0), high=min(start + samples, len(rows)))


def _fetch(rows: npt.NDArray[Any], *, low: int, high: int) -> None:
    """Advise the system that mapped rows are needed soon; does nothing if it takes no advice."""
    mapped = getattr(rows, "_mmap", None)
    if mapped is None or low >= high or not hasattr(mmap, "MADV_WILLNEED"):
        return
    # NumPy maps from the allocation granularity at or below the array's offset
    before = int(cast(Any, rows).offset) % mmap.ALLOCATIONGRANULARITY
    first = (before + low * rows.strides[0]) // mmap.PAGESIZE * mmap.PAGESIZE
    mapped.madvise(mmap.MADV_WILLNEED, first, before + high * rows.strides[0] - first)


def _fill(block: Floats32, present: Bools, rows: npt.NDArray[Any] | None, *, start: int) -> None:
    """Copy rows from ``start`` into a block; missing and non-finite rows become 0 and are marked as not present."""
    count = 0 if rows is None else len(rows)
    low, high = min(max(-start, 0), len(block)), min(max(count - start, 0), len(block))
    if rows is not None and low < high:
        block[low:high] = rows[start + low : start + high]
    if low or high < len(block):
        block[:low], block[max(high, low) :] = 0, 0
        present[:low], present[max(high, low) :] = False, False


def _drop_broken(block: Floats32, present: Bools) -> None:
    """Set rows that are not finite to 0 and mark them as not present."""
    broken = ~np.isfinite(block @ np.ones(block.shape[1], np.float32))
    if broken.any():
        block[broken], present[broken] = 0, False


def write_stream_set(
    folder: Path | str,
    recordings: Iterable[tuple[Recording, Mapping[str, npt.NDArray[Any]]]],
    *,
    labels: Sequence[str],
    rate_hz: float,
    half: bool = False,
) -> Path:
    """Write a set; its index is written last, so that a folder with an index is complete.

    Args:
        folder: created if it is missing.
        recordings: each with its streams (samples, width); ``files`` are ignored.
        labels: class names.
        rate_hz: samples a second.
        half: whether to store float16, in half the space.

    Returns:
        The folder.

    """
    folder = Path(folder)
    make_folder(folder)
    widths: dict[str, int] = {}
    written: list[Recording] = []
    for recording, streams in recordings:
        files: dict[str, Path] = {}
        for name, values in streams.items():
            if values.shape != (recording.samples, widths.setdefault(name, values.shape[1])):
                raise ValueError(f"{recording.name}: {name} of shape {values.shape} does not fit the set")
            files[name] = Path(f"{recording.name}_{name}.npy")
            with replacing(folder / files[name]) as file:
                np.save(file, np.ascontiguousarray(values, np.float16 if half else np.float32))
        finite = frozenset(name for name, values in streams.items() if bool(np.isfinite(values).all()))
        written.append(replace(recording, files=files, finite=finite))
    write_stream_index(folder, StreamSet(tuple(labels), rate_hz, widths, tuple(written)))
    return folder


def write_stream_index(folder: Path, data: StreamSet) -> None:
    """Write the index of a set whose files exist; those below the folder are named relative to it."""
    entries = [
        {
            "name": recording.name,
            "part": recording.part,
            "samples": recording.samples,
            "files": {name: _shown(path, folder) for name, path in recording.files.items()},
            "finite": sorted(recording.finite),
            "label": recording.label.tolist(),
            "time_s": recording.time_s.tolist(),
        }
        for recording in data.recordings
    ]
    head = {"schema": SCHEMA, "version": VERSION, "labels": list(data.labels), "rate_hz": data.rate_hz}
    head |= {"widths": dict(data.widths), "models": dict(data.models), "published": sorted(data.published)}
    head |= {"reductions": dict(data.reductions)}
    write_json_atomic(folder / INDEX, {**head, "recordings": entries})


def _shown(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


@guarded("a set of feature streams", remedy=_REMEDY)
def open_stream_set(folder: Path | str) -> StreamSet:
    """Open a set that :func:`write_stream_set` wrote; its streams are mapped on first use.

    Raises:
        InputError: there is no set, or it is of another version.

    """
    folder = Path(folder)
    if not (folder / INDEX).exists():
        raise InputError(f"{folder}: no set of feature streams ({INDEX} is missing)")
    document = read_document(folder / INDEX, schema=SCHEMA, version=VERSION, remedy=_REMEDY)
    check(document, _SHAPE, source=folder / INDEX, remedy=_REMEDY)
    try:
        recordings = tuple(_recording(folder, entry) for entry in document["recordings"])
        widths = {str(name): int(width) for name, width in document["widths"].items()}
        models = {str(name): str(model) for name, model in document.get("models", {}).items()}
        published = frozenset(map(str, document.get("published", [])))
        reductions = {str(name): str(sha256) for name, sha256 in document.get("reductions", {}).items()}
        labels, rate_hz = tuple(document["labels"]), float(document["rate_hz"])
        return StreamSet(labels, rate_hz, widths, recordings, models, published, reductions)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{folder / INDEX}: incomplete ({error}); write the set again") from error


def _recording(folder: Path, entry: Mapping[str, Any]) -> Recording:
    return Recording(
        str(entry["name"]),
        int(entry["samples"]),
        {str(stream): folder / str(file) for stream, file in entry["files"].items()},
        np.array(entry["label"], np.int64),
        np.array(entry["time_s"], np.float64),
        str(entry["part"]),
        frozenset(entry["finite"]),
    )
