"""What ``manifest.json`` of a bundle must look like; a manifest of another shape is not used."""

from __future__ import annotations

import re

from touchline.core.tracks import SHOT_KINDS
from touchline.formats.files.json_shapes import (
    Check,
    Misfit,
    a_count,
    a_flag,
    a_name,
    a_number,
    a_text,
    a_whole,
    list_of,
    maybe,
    record,
    table_of,
)


def _share(value: object, place: str) -> None:
    a_number(value, place)
    if not 0 <= value <= 1:  # type: ignore[operator]
        raise Misfit(value, "0 to 1", place)


def _shot_kind(value: object, place: str) -> None:
    if value not in SHOT_KINDS:
        raise Misfit(value, f"one of {', '.join(SHOT_KINDS)}", place)


def _colour(value: object, place: str) -> None:
    if not isinstance(value, str) or not re.fullmatch(r"#[0-9a-f]{6}", value):
        raise Misfit(value, "a colour such as #1e90ff", place)


_TASK: Check = record({}, optional={"thresholds": table_of(a_number), "stream": maybe(a_whole)}, others=True)
"""Settings of a task."""
_TASKS = ("spot", "track", "sound", "clock", "likeness", "actions", "keepers")

_SHOT = record({"index": a_count, "start_us": a_count, "end_us": a_count, "kind": _shot_kind, "pitch": a_number})

_TRACKING = record(
    {},
    optional={
        "pictures": a_count,
        "people": a_count,
        "balls": a_count,
        "labels": maybe(table_of(a_count)),
        "teams": maybe(table_of(a_count)),
        "kits": table_of(_colour),
        "kit_names": table_of(a_text),
        "persons": table_of(a_count),
        "placed": _share,
        "shots": list_of(_SHOT),
        "notes": list_of(a_text),
        "unmatched": list_of(a_text),
    },
    others=True,
)

_SPANS = list_of(record({"start_us": a_count, "end_us": a_count, "reason": a_text}, others=True))

_COVERAGE = record(
    {
        "duration_us": a_count,
        "frames_decoded": a_count,
        "gaps": _SPANS,
        "repairs": list_of(a_text),
    },
    optional={"packets_skipped": a_count, "doubtful": _SPANS},
    others=True,
)

MANIFEST_SHAPE: Check = record(
    {
        "video_name": a_name,
        "video_fingerprint": a_text,
        "models": list_of(record({"task": a_text, "name": a_text, "sha256": a_text}, others=True)),
        "settings": record({}, optional=dict.fromkeys(_TASKS, _TASK), others=True),
        "coverage": _COVERAGE,
        "version": a_whole,
    },
    optional={
        "timings_s": table_of(a_number),
        "files": table_of(a_text),
        "tracking": _TRACKING,
        "spotting": record(
            {},
            optional={
                "remarks": list_of(a_text),
                "degraded": a_flag,
                "events": a_text,
                "off": table_of(a_text),
            },
            others=True,
        ),
        "likeness": record({}, optional={"verdict": a_text, "line": a_text, "withheld": a_text}, others=True),
        "touchline_version": a_text,
    },
    others=True,
)
"""The whole document."""
