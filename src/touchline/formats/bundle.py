"""A bundle: the folder ``match.touchline/`` with everything one analysis of one video produced.

| file | holds |
|---|---|
| ``manifest.json`` | schema version, video fingerprint, models, settings, coverage, timings, checksums; written last |
| ``events.json`` | the timeline, schema ``touchline.events`` version 1 |
| ``results_spotting.json`` | the same events in SoccerNet's layout |
| ``scores.npz`` | ``values`` float32 (samples, classes), ``times_us`` int64 (samples,), ``labels`` (classes,) |
| ``tracks.parquet`` | everyone followed, one row a box, see :mod:`touchline.formats.boxes.tracks_parquet` |
| ``tracks.txt`` | the same boxes in MOT's layout, frames from 1 |
| ``actions.json`` | what everyone does, see :mod:`touchline.formats.actions` |
| ``overlay.mp4`` | the video with the tracks drawn in, where one was asked for |
| ``report.html`` | the report, where one was asked for |

Every file is replaced whole. Apart from ``manifest.json``, which has timings, the same inputs give the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from touchline.core.actions import Actions
from touchline.core.errors import InputError
from touchline.core.events import Coverage, Event, Gap, Scores, Timeline
from touchline.core.tracks import Tracks
from touchline.formats.files.atomic import make_folder, write_bytes_atomic, write_json_atomic, writing
from touchline.formats.files.checksum import file_sha256
from touchline.formats.soccernet.labels import results_document

MANIFEST_VERSION = 1
EVENTS_SCHEMA = "touchline.events"
EVENTS_VERSION = 1
SUFFIX = ".touchline"
MANIFEST, EVENTS, RESULTS, SCORES, REPORT = (
    "manifest.json",
    "events.json",
    "results_spotting.json",
    "scores.npz",
    "report.html",
)
KEEPERS = "keepers"
"""Folder of the coach's pages."""

TRACKS, TRACKS_MOT, ACTIONS, OVERLAY = "tracks.parquet", "tracks.txt", "actions.json", "overlay.mp4"

_BLOCK = 1 << 20
_MIDDLE_BLOCKS = 8
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle was made of and with.

    Attributes:
        video_name: file name of the video.
        video_fingerprint: see :func:`video_fingerprint`.
        models: one mapping a model: ``task``, ``name``, ``sha256``.
        settings: everything that decides the results, by task (``spot``, ``track``).
        coverage: what of the video was analysed.
        timings_s: seconds spent, by stage; the only part that differs between equal runs.
        files: sha256 of each result file.
        tracking: what ``track`` found, where it ran: counts, shots, remarks in words.
        spotting: ``remarks`` on the events in words, where there are any, and whether they are ``degraded`` for want of
            a stream, where they were found by a head over feature streams.
        touchline_version: the version that wrote it.
        version: of this schema.

    """

    video_name: str
    video_fingerprint: str
    models: tuple[Mapping[str, str], ...]
    settings: Mapping[str, Any]
    coverage: Coverage
    timings_s: Mapping[str, float] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    tracking: Mapping[str, Any] = field(default_factory=dict)
    spotting: Mapping[str, Any] = field(default_factory=dict)
    touchline_version: str = ""
    version: int = MANIFEST_VERSION


class Bundle:
    """Read and write access to one bundle folder."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    @classmethod
    def for_video(cls, video: Path, *, out: Path | None = None) -> Bundle:
        """The bundle of a video: ``STEM.touchline`` in ``out``, or beside the video; nothing is created."""
        return cls((video.parent if out is None else out) / f"{video.stem}{SUFFIX}")

    @classmethod
    def create(cls, out: Path | None, video: Path) -> Bundle:
        """The bundle of a video, its folder created where missing.

        Raises:
            ResourceError: the folder cannot be created.

        """
        bundle = cls.for_video(video, out=out)
        make_folder(bundle.path)
        return bundle

    def write_manifest(self, manifest: Manifest) -> None:
        """Write ``manifest.json``."""
        write_json_atomic(self.path / MANIFEST, asdict(manifest))

    def read_manifest(self) -> Manifest:
        """The manifest.

        Raises:
            InputError: missing, broken, or of a newer schema.

        """
        document = _read_json(self.path / MANIFEST)
        version = document.get("version")
        if version != MANIFEST_VERSION:
            raise InputError(
                f"{self.path / MANIFEST}: schema version {version!r}; this touchline reads {MANIFEST_VERSION}"
            )
        try:
            coverage = coverage_from_json(document.pop("coverage"))
            return Manifest(**{**document, "coverage": coverage, "models": tuple(document["models"])})
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{self.path / MANIFEST}: not a manifest ({error}); analyse the video again") from error

    def write_events(self, timeline: Timeline) -> None:
        """Write ``events.json``."""
        write_json_atomic(self.path / EVENTS, events_document(timeline))

    def read_events(self) -> Timeline:
        """The timeline of ``events.json``.

        Raises:
            InputError: missing, broken, or of a newer schema.

        """
        return timeline_from_document(_read_json(self.path / EVENTS), path=self.path / EVENTS)

    def write_results(self, timeline: Timeline, *, game: str) -> None:
        """Write ``results_spotting.json``, SoccerNet's layout."""
        write_json_atomic(self.path / RESULTS, results_document(timeline, game=game))

    def write_scores(self, scores: Scores) -> None:
        """Write ``scores.npz``; equal scores give equal bytes."""
        labels = np.array(scores.labels, dtype=np.str_)
        arrays: dict[str, np.ndarray] = {"values": scores.values, "times_us": scores.times_us, "labels": labels}
        write_bytes_atomic(self.path / SCORES, npz_bytes(arrays))

    def read_scores(self) -> Scores:
        """The scores of ``scores.npz``.

        Raises:
            InputError: missing or broken.

        """
        path = self.path / SCORES
        try:
            with np.load(path, allow_pickle=False) as arrays:
                labels = tuple(str(label) for label in arrays["labels"])
                return Scores(values=arrays["values"], times_us=arrays["times_us"], labels=labels)
        except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise InputError(f"{path}: no readable scores ({error}); analyse the video again") from error

    def read_tracks(self) -> Tracks:
        """Everyone followed, from ``tracks.parquet``.

        Raises:
            InputError: missing or broken.

        """
        from touchline.formats.boxes.tracks_parquet import read_tracks_parquet

        return read_tracks_parquet(self.path / TRACKS)

    def read_actions(self) -> Actions:
        """What everyone does, from ``actions.json``.

        Raises:
            InputError: missing or broken.

        """
        from touchline.formats.actions import read_actions

        return read_actions(self.path / ACTIONS)

    def discard(self, *names: str) -> None:
        """Remove files whose results are about to be replaced, where they are there."""
        for name in names:
            with writing(self.path / name):
                (self.path / name).unlink(missing_ok=True)

    def checksums(self, *names: str) -> dict[str, str]:
        """sha256 of each named file of the bundle that exists."""
        sums = {}
        for path in (self.path / name for name in names):
            if path.is_file():
                sums[path.name] = file_sha256(path)
        return sums


def open_bundle(path: str | Path) -> Bundle:
    """The bundle of an earlier analysis.

    Args:
        path: the folder ``match.touchline``, or the video that it lies beside.

    Raises:
        InputError: there is no bundle.

    """
    path = Path(path)
    bundle = Bundle(path) if path.suffix == SUFFIX else Bundle.for_video(path)
    if not (bundle.path / MANIFEST).is_file():
        raise InputError(f"{path}: no bundle (looked for {bundle.path / MANIFEST}); make one with touchline analyze")
    return bundle


def events_document(timeline: Timeline) -> dict[str, Any]:
    """The content of ``events.json``: times in microseconds from the first shown frame, confidence to 6 decimals."""
    seen: dict[str, int] = {}
    rows = []
    for event in timeline:
        row = {**asdict(event), "confidence": round(event.confidence, 6), "extra": dict(event.extra)}
        rows.append({"id": _event_id(event, seen), **row})
    return {"schema": EVENTS_SCHEMA, "version": EVENTS_VERSION, "events": rows}


def timeline_from_document(document: Mapping[str, Any], *, path: Path) -> Timeline:
    """The timeline of an ``events.json`` document; ``path`` is for messages.

    Raises:
        InputError: another schema, or an event that is none.

    """
    if document.get("schema") != EVENTS_SCHEMA or document.get("version") != EVENTS_VERSION:
        found = f"{document.get('schema')!r} version {document.get('version')!r}"
        raise InputError(f"{path}: schema {found} is not {EVENTS_SCHEMA!r} version {EVENTS_VERSION}")
    events = []
    for number, row in enumerate(document.get("events", ())):
        try:
            events.append(Event(**{key: value for key, value in row.items() if key != "id"}))
        except (AttributeError, TypeError, ValueError) as error:
            raise InputError(f"{path}: event {number} is not valid: {error}") from error
    return Timeline(tuple(events))


def coverage_from_json(document: Mapping[str, Any]) -> Coverage:
    """The coverage that ``dataclasses.asdict`` wrote."""
    gaps = tuple(Gap(**gap) for gap in document["gaps"])
    return Coverage(**{**document, "gaps": gaps, "repairs": tuple(document["repairs"])})


def npz_bytes(arrays: Mapping[str, np.ndarray]) -> bytes:
    """A NumPy ``.npz`` archive as bytes that depend on the arrays alone, not on the clock."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.asarray(array, order="C"), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=_ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, member.getvalue())
    return buffer.getvalue()


def video_fingerprint(path: Path) -> str:
    """sha256 over a file's size, its first and last MiB, and blocks in between: names the content, not the place.

    Raises:
        InputError: the file cannot be read.

    """
    try:
        size = path.stat().st_size
        digest = hashlib.sha256(str(size).encode())
        last = max(size - _BLOCK, 0)
        starts = sorted({last * part // (_MIDDLE_BLOCKS + 1) for part in range(_MIDDLE_BLOCKS + 2)})
        with path.open("rb") as file:
            for start in starts:
                file.seek(start, os.SEEK_SET)
                digest.update(file.read(_BLOCK))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from error
    return digest.hexdigest()


def _event_id(event: Event, seen: dict[str, int]) -> str:
    """A stable id: a hash of what the event says; equal events get a number behind it."""
    words = [event.label, event.half, event.start_us, event.end_us, event.team, event.player, event.source]
    digest = hashlib.sha256(json.dumps(words).encode()).hexdigest()[:12]
    count = seen[digest] = seen.get(digest, 0) + 1
    return digest if count == 1 else f"{digest}-{count}"


def _read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file."""
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: not readable as JSON ({error}); analyse the video again") from error
    if not isinstance(document, dict):
        raise InputError(f"{path}: holds a {type(document).__name__}, not a JSON object")
    return document
