"""``touchline evaluate spotting``: SoccerNet's average-mAP of events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from touchline.cli.common import Output, run_guarded
from touchline.cli.evaluate.common import no_nan, percent, some_names
from touchline.cli.options import AnyDeviceOption, DebugOption, JsonOption
from touchline.cli.wording import counted
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK, UsageError
from touchline.core.labels import BALL_2, BALL_12, LABEL_SETS, SOCCERNET_V2
from touchline.core.suggestions import did_you_mean

if TYPE_CHECKING:
    from touchline.formats.soccernet.games import GameFile, Pairing
    from touchline.metrics.spotting import SpottingReport

AUTO = "auto"
V1_SET = "soccernet-v1"
FOUND_SET = "found"
SOCCERNET_FPS = 2.0
BALL_FPS = 25.0


def spotting(
    truth: Annotated[
        Path,
        typer.Option(
            "--truth", metavar="PATH", help="Read the true events from a label file, or a folder or zip of them."
        ),
    ],
    predictions: Annotated[
        Path,
        typer.Option(
            "--predictions", metavar="PATH", help="Read the predictions from a result file, or a folder or zip of them."
        ),
    ],
    metric: Annotated[
        str,
        typer.Option(
            "--metric", metavar="METRIC", help="Score with loose, tight or atN, N being seconds, such as at1."
        ),
    ] = AUTO,
    strict: Annotated[
        bool, typer.Option("--strict", help="Score exact times, without the peculiarities of SoccerNet's code.")
    ] = False,
    fps: Annotated[str, typer.Option("--fps", metavar="N", help="Round times to this many frames per second.")] = AUTO,
    labels: Annotated[
        str,
        typer.Option("--labels", metavar="NAME|LABEL,LABEL", help="Score the classes of a label set, or these labels."),
    ] = AUTO,
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Score events with SoccerNet's average-mAP.

    Games are paired by folder. With auto, the label files decide on labels, frame rate and metric: Labels-v2.json has
    SoccerNet's 17 classes, 2 frames per second and loose; ball actions have 2 or 12 classes, 25 frames per second
    and at1.

    Examples:
      touchline evaluate spotting --truth Labels-ball.json --predictions results_spotting.json
      touchline evaluate spotting --truth SoccerNet/ --predictions results.zip --metric tight

    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        return _spotting(truth, predictions, metric=metric, strict=strict, fps=fps, labels=labels, output=output)

    run_guarded(run, debug=debug, json=json)


def _spotting(
    truth: Path, predictions: Path, *, metric: str, strict: bool, fps: str, labels: str, output: Output
) -> int:
    """Evaluate and report; the exit code."""
    from touchline.formats.soccernet.games import as_v1, load_games, pair_games
    from touchline.metrics.spotting import evaluate_spotting

    wanted = ("Labels.json",) if labels == V1_SET else ()
    true_files = load_games(truth, kind="annotations", file_names=wanted)
    found = load_games(predictions, kind="predictions")
    set_name, classes = choose_labels(labels, true_files)
    if set_name == V1_SET:
        true_files = [as_v1(file) for file in true_files]
    pairing = pair_games(true_files, found)
    rate = choose_fps(fps, set_name=set_name)
    default = "loose" if set_name in (V1_SET, "soccernet-v2") else "at1"
    report = evaluate_spotting(
        [pair.truth.columns for pair in pairing.pairs],
        [pair.predictions for pair in pairing.pairs],
        labels=classes,
        fps=rate,
        metric=default if metric == AUTO else metric,
        strict=strict,
    )
    warnings = _warnings(pairing, classes)
    for warning in warnings:
        output.note(f"touchline: warning: {warning}")
    output.record(_record(report, set_name=set_name, games=len(pairing.pairs), warnings=warnings))
    if not output.json:
        output.say(_table(report, set_name=set_name, games=len(pairing.pairs)))
    return EXIT_DEGRADED if pairing.missing else EXIT_OK


def choose_labels(wanted: str, truth: list[GameFile]) -> tuple[str, tuple[str, ...]]:
    """``(name, classes)``: the set asked for, or the one that the truth's files and labels belong to.

    Raises:
        UsageError: an unknown set, or no label at all.

    """
    from touchline.formats.soccernet.labels import V1_CLASSES

    if wanted == V1_SET or (wanted == AUTO and truth[0].file_name == "Labels.json"):
        return V1_SET, V1_CLASSES
    if wanted in LABEL_SETS:
        return wanted, LABEL_SETS[wanted]
    if wanted != AUTO:
        classes = tuple(dict.fromkeys(part.strip() for part in wanted.split(",") if part.strip()))
        if "," not in wanted:
            known = ", ".join([AUTO, *LABEL_SETS])
            raise UsageError(
                f"--labels {wanted!r} is no label set; use {known}, or a list with commas such as PASS,DRIVE"
                f"{did_you_mean(wanted, [AUTO, *LABEL_SETS])}"
            )
        return FOUND_SET, classes
    seen = {label for file in truth for label in file.columns.labels}
    if not seen:
        raise UsageError("the truth holds no events, so the classes to score are unknown; name them with --labels")
    for name, known_set in (("ball-2", BALL_2), ("ball-12", BALL_12), ("soccernet-v2", SOCCERNET_V2)):
        if seen <= set(known_set):
            return name, known_set
    if truth[0].file_name == "Labels-v2.json" and seen & set(SOCCERNET_V2):
        return "soccernet-v2", SOCCERNET_V2
    return FOUND_SET, tuple(sorted(seen))


def choose_fps(wanted: str, *, set_name: str) -> float:
    """Frames a second: the number asked for, or SoccerNet's for a label set.

    Raises:
        UsageError: neither ``auto`` nor a number above 0.

    """
    if wanted == AUTO:
        return SOCCERNET_FPS if set_name in (V1_SET, "soccernet-v2") else BALL_FPS
    try:
        value = float(wanted)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1000:
        raise UsageError(f"--fps {wanted!r} is neither auto nor a number above 0 and up to 1000; use for instance 25")
    return value


def _warnings(pairing: Pairing, classes: tuple[str, ...]) -> list[str]:
    """Warnings about the files."""
    warnings = []
    if pairing.missing:
        names = some_names(list(pairing.missing))
        warnings.append(f"{counted(len(pairing.missing), 'game')} without predictions, counted as missed: {names}")
    if pairing.unused:
        names = some_names([file.source for file in pairing.unused])
        warnings.append(f"{counted(len(pairing.unused), 'prediction file')} without a game, left out: {names}")
    for word, files in (
        ("prediction", [pair.found for pair in pairing.pairs if pair.found is not None]),
        ("true event", [pair.truth for pair in pairing.pairs]),
    ):
        unknown: Counter[str] = Counter()
        for file in files:
            unknown.update({label: n for label, n in file.columns.counts().items() if label not in classes and n})
        if unknown:
            names = some_names([f"{label} ({n})" for label, n in unknown.most_common()])
            warnings.append(f"{counted(unknown.total(), word)} with a label that is not scored: {names}")
    return warnings


def _record(report: SpottingReport, *, set_name: str, games: int, warnings: list[str]) -> Mapping[str, Any]:
    """SoccerNet's result keys, and what they were computed from."""
    results: dict[str, Any] = {key: no_nan(value) for key, value in report.results().items()}
    if set_name == V1_SET and not report.strict:
        results.update(dict.fromkeys([key for key in results if key.endswith(("_visible", "_unshown"))]))
    return {
        **results,
        "metric": report.metric,
        "strict": report.strict,
        "fps": report.fps,
        "labels": list(report.labels),
        "label_set": set_name,
        "games": games,
        "true_events": report.truths[0].tolist(),
        "predictions": report.predicted.tolist(),
        "warnings": warnings,
    }


def _table(report: SpottingReport, *, set_name: str, games: int) -> str:
    """The report as lines of text."""
    width = max(len("class"), *map(len, report.labels))
    head = (
        f"{'class':<{width}}  {'true':>6} {'pred.':>7}  {'AP':>6} {'visible':>7} {'unshown':>7}   best F1 (conf, P, R)"
    )
    kinds = [report.per_class(kind) for kind in range(3)]
    lines = [
        f"average-mAP {report.metric}, {counted(games, 'game')}, {set_name} labels, "
        + ("strict, to the millisecond" if report.strict else f"{report.fps:g} frames per second"),
        "",
        head,
        "-" * len(head),
    ]
    for c, label in enumerate(report.labels):
        threshold, precision, recall, f1 = report.best[c]
        ap = " ".join(f"{percent(kind[c]):>{w}}" for kind, w in zip(kinds, (6, 7, 7), strict=True))
        best = f"{100 * f1:.1f} ({threshold:.2f}, {100 * precision:.0f}, {100 * recall:.0f})" if f1 else "-"
        lines.append(f"{label:<{width}}  {report.truths[0, c]:>6} {report.predicted[c]:>7}  {ap}   {best}")
    total = " ".join(f"{percent(report.aggregate(kind)):>{w}}" for kind, w in zip(range(3), (6, 7, 7), strict=True))
    lines += ["-" * len(head), f"{'mean':<{width}}  {report.truths[0].sum():>6} {report.predicted.sum():>7}  {total}"]
    return "\n".join(lines)
