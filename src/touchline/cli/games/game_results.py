"""The result of each game on disk and on the screen, and the submission of all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from touchline.cli.common import Output
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.core.events import Timeline

_RESULTS = "results_spotting.json"


@dataclass(frozen=True)
class GameResult:
    """What was found in one game.

    Attributes:
        name: ``LEAGUE/SEASON/GAME``.
        timeline: every prediction, each of its half.
        sources: half -> what it was found in.
        events: number of predictions over the model's thresholds.
        warnings: why it may be wrong or incomplete, a line each.
        remarks: further remarks, a line each.
        outside: number of predictions outside the halves of untrimmed videos, which were left out.

    """

    name: str
    timeline: Timeline
    sources: Mapping[int, str]
    events: int
    warnings: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    outside: int = 0


class GameResults:
    """Writes results.

    Args:
        out: folder for the results; None writes each into the folder of its game.
        output: prints the results.

    """

    def __init__(self, out: Path | None, *, output: Output) -> None:
        self._out, self._output = out, output
        self._files: dict[str, Path] = {}

    def put(self, result: GameResult, *, folder: Path) -> None:
        """Write and tell one result; ``folder`` is that of the game.

        Raises:
            ResourceError: it cannot be written.

        """
        from touchline.core.events import Timeline
        from touchline.formats.files.atomic import make_folder
        from touchline.formats.soccernet.labels import write_results

        place = folder if self._out is None else self._out / result.name
        make_folder(place)
        plain = Timeline(tuple(replace(event, extra={}) for event in result.timeline))
        write_results(plain, place / _RESULTS, game=result.name)
        self._files[result.name] = place / _RESULTS
        self._tell(result, place / _RESULTS)

    def write_zip(self, path: Path | None) -> None:
        """Write all results into one zip, if one is wanted and there are any.

        Raises:
            ResourceError: it cannot be written.

        """
        if path is None or not self._files:
            return
        from touchline.formats.soccernet.submission import write_submission

        write_submission(path, self._files)
        self._output.record({"type": "submission", "zip": str(path), "games": len(self._files)})
        if not self._output.json:
            self._output.say(f"submission: {path}: {counted(len(self._files), 'game')}")

    def _tell(self, result: GameResult, path: Path) -> None:
        counts = {str(half): sum(event.half == half for event in result.timeline) for half in result.sources}
        self._output.record(
            {
                "type": "game",
                "game": result.name,
                "results": str(path),
                "sources": {str(half): source for half, source in result.sources.items()},
                "predictions": counts,
                "events": result.events,
                "outside": result.outside,
                "warnings": list(result.warnings),
                "remarks": list(result.remarks),
            }
        )
        if not self._output.json:
            halves = ", ".join(f"half {half} {count}" for half, count in counts.items())
            cut = f", {result.outside} outside the halves of video.ini left out" if result.outside else ""
            total = counted(len(result.timeline), "prediction")
            self._output.say(f"{result.name}: {total} ({halves}){cut}: {path}")
