"""``touchline spot --games``: each half is analysed into its bundle, and each game gets one result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from touchline.cli.common import Output
from touchline.cli.games.choice import choose_games, refuse_video_options
from touchline.cli.games.options import SpotGamesArguments
from touchline.cli.inputs import Inputs
from touchline.cli.output import warning_lines
from touchline.cli.progress import ProgressCallback, progress_bar
from touchline.cli.running import estimate, for_all_labels, load_spotting, read_thresholds
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK, InputError
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.analysis.games.half_video import HalfVideo
    from touchline.analysis.games.plan import GamePlan
    from touchline.analysis.pipeline import AnalyzeOptions
    from touchline.analysis.tasks.task import Task
    from touchline.cli.given.paths import Given
    from touchline.core.events import Timeline

_RESULTS = "results_spotting.json"


def spot_games(arguments: SpotGamesArguments, root: Path, *, output: Output) -> int:
    """Spot the games in a folder; one that fails is reported, and the work goes on with the others.

    Args:
        arguments: of the command line.
        root: folder of the games.
        output: where results and messages go.

    """
    from touchline.analysis.pipeline import AnalyzeOptions
    from touchline.analysis.tasks.usual import usual_tasks

    refuse_video_options(arguments)
    choice = choose_games(root, split=arguments.split, quality=arguments.quality)
    for remark in choice.remarks:
        output.note(f"touchline: note: {remark}")
    inputs = Inputs("games", output=output)
    for name, problem in choice.problems:
        with inputs.one(name, type="error", game=name):
            raise problem
    if not choice.plans:
        return inputs.finish()
    spotter = load_spotting(arguments, output=output)
    asked = for_all_labels(read_thresholds(arguments.threshold or ()), labels=spotter.labels)
    options = AnalyzeOptions(
        out=arguments.out,
        stream=arguments.stream,
        audio_stream=arguments.audio_stream,
        resume=arguments.resume and not arguments.force,
        force=arguments.force,
        threads=arguments.threads,
    )
    tasks = usual_tasks(spotter=spotter, thresholds=asked)
    if arguments.dry_run:
        return estimate(_all_videos(choice.plans), tasks=tasks, options=options, output=output)
    with progress_bar(counted(len(choice.plans), "game")) as progress:
        run = _Run(tasks, options, asked, output, _Total(choice.plans, progress))
        for plan in choice.plans:
            with inputs.one(plan.name, type="error", game=plan.name):
                inputs.done(run.game(plan))
    if arguments.zip is not None and run.results:
        _write_zip(arguments.zip, run.results, output=output)
    return inputs.finish()


class _Total:
    """The progress of all games together."""

    def __init__(self, plans: Sequence[GamePlan], progress: ProgressCallback) -> None:
        self._total_us = sum(plan.duration_us for plan in plans)
        self._progress = progress
        self._done_us = 0

    def within(self, done_us: int, _: int) -> None:
        """Show how much of the current video is done."""
        self._progress(self._done_us + done_us, self._total_us)

    def finish(self, half: HalfVideo) -> None:
        """Count a video as done."""
        self._done_us += half.duration_us
        self._progress(self._done_us, self._total_us)


@dataclass(frozen=True)
class _Found:
    """What was found in the videos of a game: events by half, and what was lost."""

    parts: tuple[tuple[HalfVideo, Timeline], ...]
    events: int
    losses: tuple[str, ...]


class _Run:
    """Works on one game after another.

    Attributes:
        results: the result file of each game that is done.

    """

    def __init__(
        self,
        tasks: Sequence[Task],
        options: AnalyzeOptions,
        asked: Mapping[str, float],
        output: Output,
        total: _Total,
    ) -> None:
        self._tasks, self._options, self._asked = tasks, options, asked
        self._output, self._total = output, total
        self.results: dict[str, Path] = {}

    def game(self, plan: GamePlan) -> int:
        """Spot both halves of a game and write its result; return its exit code.

        Raises:
            InputError: no half can be spotted.

        """
        from touchline.analysis.games.results import game_events
        from touchline.formats.files.atomic import make_folder
        from touchline.formats.soccernet.labels import write_results

        for line in plan.remarks:
            self._output.note(f"touchline: note: {plan.name}: {line}")
        for line in plan.warnings:
            self._output.note(f"touchline: warning: {plan.name}: {line}")
        folder = plan.folder.path if self._options.out is None else self._options.out / plan.name
        found = self._halves(plan, folder if self._options.out is not None else None)
        timeline, outside = game_events(found.parts)
        path = folder / _RESULTS
        make_folder(folder)
        write_results(_plain(timeline), path, game=plan.name)
        self.results[plan.name] = path
        self._tell(plan, found, timeline, path=path, outside=outside)
        return EXIT_DEGRADED if plan.warnings or found.losses else EXIT_OK

    def _halves(self, plan: GamePlan, out: Path | None) -> _Found:
        """Analyse the videos of a game; of two, one may fail.

        Raises:
            InputError: all fail.

        """
        parts, losses, events = [], list[str](), 0
        for half in plan.halves:
            try:
                timeline, found, lost = self._half(half, plan=plan, out=out)
            except InputError as error:
                if not parts and half is plan.halves[-1]:
                    raise
                losses.append(f"half {half.half} is missing from the results: {error}")
                self._output.note(f"touchline: warning: {plan.name}: {losses[-1]}")
                continue
            finally:
                self._total.finish(half)
            parts.append((half, timeline))
            events += found
            losses += lost
        return _Found(tuple(parts), events, tuple(losses))

    def _half(self, half: HalfVideo, *, plan: GamePlan, out: Path | None) -> tuple[Timeline, int, list[str]]:
        """Return the candidates of a video that are wanted, the number of events, and what was lost of it."""
        from touchline.analysis.pipeline import analyze_video
        from touchline.core.events import Timeline
        from touchline.formats.bundle import Bundle

        options = replace(self._options, out=out, half=half.half, game=plan.name)
        result = analyze_video(half.path, tasks=self._tasks, options=options, progress=self._total.within)
        bundle = Bundle(result.bundle)
        kept = (event for event in bundle.read_candidates() if event.confidence >= self._asked.get(event.label, 0.0))
        lost = [f"{half.path.name}: {line}" for line in warning_lines(result)]
        for line in lost:
            self._output.note(f"touchline: warning: {plan.name}: {line}")
        for remark in result.remarks:
            self._output.note(f"touchline: note: {plan.name}: {half.path.name}: {remark}")
        if result.degraded and not lost:
            lost = [f"{half.path.name}: a part of its input is missing"]
        return Timeline(tuple(kept)), len(bundle.read_events()), lost

    def _tell(self, plan: GamePlan, found: _Found, timeline: Timeline, *, path: Path, outside: int) -> None:
        """Print the result of a game."""
        counts = {str(half.half): sum(event.half == half.half for event in timeline) for half, _ in found.parts}
        self._output.record(
            {
                "type": "game",
                "game": plan.name,
                "results": str(path),
                "videos": {str(half.half): str(half.path) for half, _ in found.parts},
                "predictions": counts,
                "events": found.events,
                "outside": outside,
                "warnings": [*plan.warnings, *found.losses],
                "remarks": list(plan.remarks),
            }
        )
        if not self._output.json:
            halves = ", ".join(f"half {half} {count}" for half, count in counts.items())
            cut = f", {outside} outside the halves of video.ini left out" if outside else ""
            self._output.say(f"{plan.name}: {counted(len(timeline), 'prediction')} ({halves}){cut}: {path}")


def _plain(timeline: Timeline) -> Timeline:
    """Return the events without values that SoccerNet's layout has no field for."""
    from touchline.core.events import Timeline

    return Timeline(tuple(replace(event, extra={}) for event in timeline))


def _all_videos(plans: Sequence[GamePlan]) -> list[Given]:
    """Return the videos of all games, for an estimate."""
    from touchline.cli.given.paths import Given

    return [Given(half.path) for plan in plans for half in plan.halves]


def _write_zip(path: Path, results: Mapping[str, Path], *, output: Output) -> None:
    """Write the submission, and say where it is."""
    from touchline.formats.soccernet.submission import write_submission

    write_submission(path, results)
    output.record({"type": "submission", "zip": str(path), "games": len(results)})
    if not output.json:
        output.say(f"submission: {path}: {counted(len(results), 'game')}")
