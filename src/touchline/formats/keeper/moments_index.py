"""The index of a match's keeper pages: each moment with its time, its keeper's track and the place on the pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from touchline.formats.files.atomic import write_json_atomic
from touchline.formats.files.guard import guarded
from touchline.formats.files.json_files import read_document
from touchline.formats.files.json_shapes import (
    a_count,
    a_name,
    a_number,
    a_text,
    a_whole,
    check,
    list_of,
    maybe,
    record,
)

MOMENTS_INDEX = "index.json"
"""Name of the file, beside the pages."""

SCHEMA, VERSION = "touchline.keepers", 1
_REMEDY = "analyse the video again"
_MOMENT = record(
    {
        "time_us": a_count,
        "label": a_text,
        "track_id": maybe(a_whole),
        "keeper": maybe(a_text),
        "outcome": maybe(a_text),
        "technique": maybe(a_text),
        "confidence": maybe(a_number),
        "p_save": maybe(a_number),
        "p_range": maybe(list_of(a_number, length=2)),
        "note": a_text,
        "page": a_name,
        "anchor": a_text,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedMoment:
    """A shot and what the keeper's page says about it.

    Attributes:
        time_us: time of the shot, microseconds from the first shown frame.
        label: label of the event.
        track_id: the keeper's track; None if no keeper was tracked at that time.
        keeper: name of the keeper as on the page; None if nobody is named.
        outcome: of the shot in StatsBomb's words; None if unknown.
        technique: that the pictures show; None if it cannot be told.
        confidence: of the technique, 0 to 1; None without one.
        p_save: probability that the shot is saved if it is on target; None if its origin is unknown.
        p_range: its 95 % interval, low and high; None likewise.
        note: why there is no technique; empty if there is one.
        page: file name of the keeper's page.
        anchor: id of the moment on that page.

    """

    time_us: int
    label: str
    track_id: int | None
    keeper: str | None
    outcome: str | None
    technique: str | None
    confidence: float | None
    p_save: float | None
    p_range: Sequence[float] | None
    note: str
    page: str
    anchor: str


def write_moments_index(folder: Path, moments: Sequence[IndexedMoment]) -> None:
    """Write ``index.json`` into the folder of the pages; equal moments give equal bytes."""
    document = {"schema": SCHEMA, "version": VERSION, "moments": [asdict(moment) for moment in moments]}
    write_json_atomic(folder / MOMENTS_INDEX, document)


@guarded("an index of keeper pages", remedy=_REMEDY)
def read_moments_index(folder: Path) -> tuple[IndexedMoment, ...]:
    """Read the ``index.json`` of a folder of keeper pages.

    Raises:
        InputError: it is missing, broken, or of another version.

    """
    path = folder / MOMENTS_INDEX
    document = read_document(path, schema=SCHEMA, version=VERSION, remedy=_REMEDY)
    check(document, record({"moments": list_of(_MOMENT)}, others=True), source=path, remedy=_REMEDY)
    return tuple(IndexedMoment(**row) for row in document["moments"])
