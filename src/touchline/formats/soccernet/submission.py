"""The results of many games as SoccerNet's evaluation reads them: one zip, LEAGUE/SEASON/GAME/results_spotting.json."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from touchline.formats.files.atomic import make_folder, write_bytes_atomic
from touchline.formats.soccernet.games import RESULT_FILES

_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
"""The date of every entry, so that equal results give equal bytes."""


def write_submission(path: Path, results: Mapping[str, Path]) -> None:
    """Write the zip atomically.

    Args:
        path: the zip.
        results: the result file of each game.

    Raises:
        ResourceError: a file cannot be read or written.

    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for game in sorted(results):
            entry = zipfile.ZipInfo(f"{game}/{RESULT_FILES[0]}", date_time=_FIRST_DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, results[game].read_bytes())
    make_folder(path.absolute().parent)
    write_bytes_atomic(path, packed.getvalue())
