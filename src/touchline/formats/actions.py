"""Reading and writing ``actions.json``: the players' actions, schema ``touchline.actions`` version 1.

    {"schema": "touchline.actions", "version": 1, "recogniser": NAME or null, "labels": [...], "notes": [...],
     "actions": [{"track_id", "label", "start_us", "end_us", "confidence", "source"}, ...],
     "windows": [{"track_id", "starts_us", "ends_us", "padded", "scores": [[...], ...]}, ...]}

Times are microseconds from the first shown frame; confidences have six decimals, scores of windows four.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from touchline.core.actions import Action, Actions, WindowScores
from touchline.formats.files.atomic import write_json_atomic
from touchline.formats.files.guard import guarded, reading
from touchline.formats.files.json_files import read_document
from touchline.formats.files.json_shapes import a_flag, a_number, a_text, a_whole, check, list_of, maybe, record

SCHEMA = "touchline.actions"
VERSION = 1
_REMEDY = "analyse the video again"
_ACTION = record(
    {
        "track_id": a_whole,
        "label": a_text,
        "start_us": a_whole,
        "end_us": a_whole,
        "confidence": a_number,
        "source": a_text,
    }
)
_WINDOWS = record(
    {
        "track_id": a_whole,
        "starts_us": list_of(a_whole),
        "ends_us": list_of(a_whole),
        "padded": list_of(a_flag),
        "scores": list_of(list_of(a_number)),
    }
)
_SHAPE = record(
    {
        "actions": list_of(_ACTION),
        "windows": list_of(_WINDOWS),
        "labels": list_of(a_text),
        "recogniser": maybe(a_text),
        "notes": list_of(a_text),
    },
    others=True,
)


def write_actions(path: Path | str, actions: Actions) -> None:
    """Write actions to a file; equal actions give equal bytes."""
    write_json_atomic(path, actions_document(actions))


@guarded("an action file", remedy=_REMEDY)
def read_actions(path: Path | str) -> Actions:
    """Read the actions of a file.

    Raises:
        InputError: the file is missing, broken, or of another schema.

    """
    path = Path(path)
    document = read_document(path, schema=SCHEMA, version=VERSION, remedy=_REMEDY)
    with reading(path, what="valid actions", remedy=_REMEDY):
        actions = Actions(
            actions=tuple(Action(**row) for row in document["actions"]),
            windows=tuple(_windows(row, classes=len(document["labels"])) for row in document["windows"]),
            labels=tuple(document["labels"]),
            recogniser=document["recogniser"],
            notes=tuple(document["notes"]),
        )
    check(document, _SHAPE, source=path, remedy=_REMEDY)
    return actions


def actions_document(actions: Actions) -> dict[str, Any]:
    """Return the content of ``actions.json``."""
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "recogniser": actions.recogniser,
        "labels": list(actions.labels),
        "notes": list(actions.notes),
        "actions": [{**asdict(action), "confidence": round(action.confidence, 6)} for action in actions.actions],
        "windows": [
            {
                "track_id": windows.track_id,
                "starts_us": windows.starts_us.tolist(),
                "ends_us": windows.ends_us.tolist(),
                "padded": windows.padded.tolist(),
                "scores": [[round(value, 4) for value in row] for row in windows.values.astype(np.float64).tolist()],
            }
            for windows in actions.windows
        ],
    }


def _windows(row: Mapping[str, Any], *, classes: int) -> WindowScores:
    return WindowScores(
        int(row["track_id"]),
        np.array(row["starts_us"], np.int64),
        np.array(row["ends_us"], np.int64),
        np.array(row["scores"], np.float32).reshape(-1, classes),
        np.array(row["padded"], np.bool_),
    )
