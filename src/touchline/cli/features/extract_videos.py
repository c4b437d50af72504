"""Extracting features of several videos, of images or sound: errors, results and one exit code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchline.cli.common import Output
from touchline.cli.given.untrimmed import tell_untrimmed
from touchline.cli.inputs import Inputs
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK, InputError

if TYPE_CHECKING:
    from touchline.analysis.features import Extraction
    from touchline.cli.given.paths import Given


def extract_each(
    videos: Sequence[Given],
    *,
    take: Callable[[Given], Extraction],
    tell: Callable[[Path, Extraction], None],
    output: Output,
) -> int:
    """Extract from each video in turn, also after one has failed; return the exit code of all."""
    from touchline.formats.soccernet.source import missing_advice

    inputs = Inputs("videos", output=output)
    for given in videos:
        video = given.path
        with inputs.one(video, type="error", video=str(video)):
            given.check()
            if not video.exists():
                raise InputError(f"{video}: no such file{missing_advice(video.name) or '; check the path'}")
            tell_untrimmed(video, output=output)
            result = take(given)
            tell(video, result)
            inputs.done(EXIT_DEGRADED if result.degraded else EXIT_OK)
    return inputs.finish()


def tell_record(
    video: Path, result: Extraction, *, remarks: Sequence[str], more: dict[str, Any] | None = None, output: Output
) -> None:
    """Print the result as a JSON record, with the fields of ``more``, and its remarks."""
    coverage = result.info.coverage
    output.record(
        {
            "type": "features",
            "video": str(video),
            "path": str(result.path),
            "rows": result.rows,
            "width": result.width,
            "rate_hz": result.info.rate_hz,
            "model": result.info.model,
            "reused": result.reused,
            "lost_s": 0.0 if coverage is None else round(coverage.lost_us / 1e6, 3),
            "remarks": list(remarks),
            **(more or {}),
        }
    )
    for remark in remarks:
        output.note(f"touchline: {video.name}: {remark}")
