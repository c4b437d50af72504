"""``touchline spot --games``: each half is analysed into its bundle, and each game gets one result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from touchline.cli.common import Output
from touchline.cli.games.choice import kinds_of_features, left_out, planned_games, refuse_video_options
from touchline.cli.games.game_results import GameResult, GameResults
from touchline.cli.games.options import SpotGamesArguments
from touchline.cli.inputs import Inputs
from touchline.cli.output import warning_lines
from touchline.cli.progress import ProgressCallback, progress_bar
from touchline.cli.running import estimate, for_all_labels, load_spotting, read_thresholds
from touchline.core.errors import EXIT_DEGRADED, EXIT_INPUT, EXIT_OK
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.analysis.games.half_video import HalfVideo
    from touchline.analysis.games.plan import GamePlan
    from touchline.analysis.pipeline import AnalyzeOptions
    from touchline.analysis.tasks.task import Task
    from touchline.cli.given.paths import Given
    from touchline.core.events import Timeline


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
    if kinds := kinds_of_features(arguments.features or ()):
        from touchline.cli.games.spot_features import spot_features_of_games

        return spot_features_of_games(arguments, root, kinds=kinds, output=output)
    inputs = Inputs("games", output=output)
    plans = planned_games(root, split=arguments.split, quality=arguments.quality, inputs=inputs)
    for remark in left_out(root):
        output.note(f"touchline: note: {remark}")
    if not plans:
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
        return estimate(_all_videos(plans), tasks=tasks, options=options, output=output)
    results = GameResults(arguments.out, output=output)
    with progress_bar(counted(len(plans), "game")) as progress:
        run = _Run(tasks, options, asked, results, _Total(plans, progress), output=output)
        for plan in plans:
            with inputs.again(plan.name, type="error", game=plan.name):
                inputs.done(run.game(plan))
    results.write_zip(arguments.zip)
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


@dataclass
class _Found:
    """What was found in the videos of a game: events by half, and what was lost."""

    parts: list[tuple[HalfVideo, Timeline]] = field(default_factory=list)
    events: int = 0
    losses: list[str] = field(default_factory=list)


class _Run:
    """Works on one game after another."""

    def __init__(
        self,
        tasks: Sequence[Task],
        options: AnalyzeOptions,
        asked: Mapping[str, float],
        results: GameResults,
        total: _Total,
        *,
        output: Output,
    ) -> None:
        self._tasks, self._options, self._asked = tasks, options, asked
        self._results, self._total, self._output = results, total, output

    def game(self, plan: GamePlan) -> int:
        """Spot both halves of a game and write its result; return its exit code. Of two videos, one may fail."""
        from touchline.analysis.games.results import game_events

        self._note(plan, "note", plan.remarks)
        self._note(plan, "warning", plan.warnings)
        found, halves = _Found(), Inputs("halves", output=self._output)
        for half in plan.halves:
            with halves.one(half.path, type="error", game=plan.name, video=str(half.path)):
                self._half(half, plan=plan, found=found)
            self._total.finish(half)
        if not found.parts:
            return EXIT_INPUT
        timeline, outside = game_events(found.parts)
        lost = [f"half {half.half} is missing" for half in plan.halves if half not in [part for part, _ in found.parts]]
        made = GameResult(
            plan.name,
            timeline,
            sources={half.half: str(half.path) for half, _ in found.parts},
            events=found.events,
            warnings=(*plan.warnings, *found.losses, *lost),
            remarks=plan.remarks,
            outside=outside,
        )
        self._results.put(made, folder=plan.folder.path)
        return EXIT_DEGRADED if made.warnings else EXIT_OK

    def _half(self, half: HalfVideo, *, plan: GamePlan, found: _Found) -> None:
        """Add the candidates of a video that are wanted, the number of events, and what was lost of it."""
        from touchline.analysis.pipeline import analyze_video
        from touchline.core.events import Timeline
        from touchline.formats.bundle import Bundle

        out = None if self._options.out is None else self._options.out / plan.name
        options = replace(self._options, out=out, half=half.half, game=plan.name)
        result = analyze_video(half.path, tasks=self._tasks, options=options, progress=self._total.within)
        bundle = Bundle(result.bundle)
        kept = (event for event in bundle.read_candidates() if event.confidence >= self._asked.get(event.label, 0.0))
        lost = [f"{half.path.name}: {line}" for line in warning_lines(result)]
        if result.degraded and not lost:
            lost = [f"{half.path.name}: a part of its input is missing"]
        self._note(plan, "warning", lost)
        self._note(plan, "note", [f"{half.path.name}: {remark}" for remark in result.remarks])
        found.parts.append((half, Timeline(tuple(kept))))
        found.events += len(bundle.read_events())
        found.losses += lost

    def _note(self, plan: GamePlan, kind: str, lines: Sequence[str]) -> None:
        for line in lines:
            self._output.note(f"touchline: {kind}: {plan.name}: {line}")


def _all_videos(plans: Sequence[GamePlan]) -> list[Given]:
    """Return the videos of all games, for an estimate."""
    from touchline.cli.given.paths import Given

    return [Given(half.path) for plan in plans for half in plan.halves]
