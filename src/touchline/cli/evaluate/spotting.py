"""``touchline evaluate spotting``: SoccerNet's average-mAP of events."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from touchline.cli.common import Output, run_guarded
from touchline.cli.evaluate.common import percent, report
from touchline.cli.options import AnyDeviceOption, DebugOption, JsonOption
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK, UsageError
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.analysis.evaluate import FrameEvaluation, SpottingEvaluation

AUTO = "auto"


def spotting(
    truth: Annotated[
        Path,
        typer.Option(
            "--truth",
            metavar="PATH",
            help="Read the true events from a label file, a reviewed bundle, or a folder or zip of them.",
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
            "--metric",
            metavar="METRIC",
            help="Score with loose, tight, atN (N seconds) or framesN (N frames); team-at1 scores teams.",
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
    and at1. Where labels and predictions name teams, left and right, Team-mAP (team-at1) is scored as well.

    Examples:
      touchline evaluate spotting --truth SoccerNet/ --predictions results.zip --metric tight
      touchline evaluate spotting --truth tennis/test.json --predictions pred-test.json --metric frames1

    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        return _spotting(truth, predictions, metric=metric, strict=strict, fps=fps, labels=labels, output=output)

    run_guarded(run, debug=debug, json=json)


def _spotting(
    truth: Path, predictions: Path, *, metric: str, strict: bool, fps: str, labels: str, output: Output
) -> int:
    """Evaluate and report; the exit code."""
    from touchline.analysis import evaluate

    if metric.startswith("frames"):
        return _by_frame(truth, predictions, metric=metric, strict=strict, fps=fps, labels=labels, output=output)
    result = evaluate.spotting(
        truth,
        predictions,
        metric=None if metric == AUTO else metric,
        strict=strict,
        fps=read_fps(fps),
        labels=read_labels(labels),
    )
    report(result, output, table=lambda: _table(result))
    return EXIT_DEGRADED if result.missing else EXIT_OK


def _by_frame(
    truth: Path, predictions: Path, *, metric: str, strict: bool, fps: str, labels: str, output: Output
) -> int:
    """Evaluate at a tolerance of frames and report; the exit code."""
    from touchline.analysis import evaluate

    if strict:
        raise UsageError(f"--strict has no meaning for --metric {metric}, which has none of SoccerNet's peculiarities")
    result = evaluate.spotting_by_frame(
        truth, predictions, metric=metric, fps=read_fps(fps), labels=read_labels(labels)
    )
    report(result, output, table=lambda: _frame_table(result))
    return EXIT_DEGRADED if result.missing else EXIT_OK


def _frame_table(result: FrameEvaluation) -> list[str]:
    """The result at a tolerance of frames as lines of text."""
    scores = result.report
    width = max(len("class"), *map(len, scores.labels))
    head = f"{'class':<{width}}  {'true':>6} {'pred.':>7}  {'AP':>6}"
    rows = zip(scores.labels, scores.truths, scores.predicted, scores.ap, strict=True)
    return [
        f"mAP within {counted(scores.tolerance, 'frame')}, {counted(result.videos, 'video')}",
        head,
        "-" * len(head),
        *(f"{label:<{width}}  {true:>6} {found:>7}  {percent(ap):>6}" for label, true, found, ap in rows),
        "-" * len(head),
        f"{'mean':<{width}}  {sum(scores.truths):>6} {sum(scores.predicted):>7}  {percent(scores.mean):>6}",
    ]


def read_labels(text: str) -> str | tuple[str, ...] | None:
    """``--labels``: a set's name, the classes of a list with commas, or None for auto."""
    if text == AUTO:
        return None
    return tuple(part.strip() for part in text.split(",") if part.strip()) if "," in text else text


def read_fps(text: str) -> float | None:
    """``--fps``: frames a second, or None for auto.

    Raises:
        UsageError: neither ``auto`` nor a number above 0 and up to 1000.

    """
    if text == AUTO:
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1000:
        raise UsageError(f"--fps {text!r} is not auto or a number above 0 and up to 1000; use for instance 25")
    return value


def _table(result: SpottingEvaluation) -> list[str]:
    """The result as lines of text."""
    scores = result.report
    width = max(len("class"), *map(len, scores.labels))
    head = (
        f"{'class':<{width}}  {'true':>6} {'pred.':>7}  {'AP':>6} {'visible':>7} {'unshown':>7}   best F1 (conf, P, R)"
    )
    kinds = [scores.per_class(kind) for kind in range(3)]
    lines = [
        f"average-mAP {scores.metric}, {counted(result.games, 'game')}, {result.label_set} labels, "
        + ("strict, to the millisecond" if scores.strict else f"{scores.fps:g} frames per second"),
        head,
        "-" * len(head),
    ]
    for c, label in enumerate(scores.labels):
        threshold, precision, recall, f1 = scores.best[c]
        ap = " ".join(f"{percent(kind[c]):>{w}}" for kind, w in zip(kinds, (6, 7, 7), strict=True))
        best = f"{100 * f1:.1f} ({threshold:.2f}, {100 * precision:.0f}, {100 * recall:.0f})" if f1 else "-"
        lines.append(f"{label:<{width}}  {scores.truths[0, c]:>6} {scores.predicted[c]:>7}  {ap}   {best}")
    total = " ".join(f"{percent(scores.aggregate(kind)):>{w}}" for kind, w in zip(range(3), (6, 7, 7), strict=True))
    lines += ["-" * len(head), f"{'mean':<{width}}  {scores.truths[0].sum():>6} {scores.predicted.sum():>7}  {total}"]
    return lines + _teams(result) + _reviewed(result)


def _teams(result: SpottingEvaluation) -> list[str]:
    """Team-mAP by action."""
    team = result.team
    if team is None:
        return []
    width = max(len("action"), *map(len, team.labels))
    lines = ["", f"{'action':<{width}}  {'left':>5} {'right':>5}  {'AP left':>7} {'AP right':>8} {'Team-AP':>7}"]
    for label, truths, ap, both in zip(team.labels, team.truths, team.ap[0], team.per_class(), strict=True):
        sides = f"{percent(ap[0]):>7} {percent(ap[1]):>8}"
        lines.append(f"{label:<{width}}  {truths[0]:>5} {truths[1]:>5}  {sides} {percent(both):>7}")
    left, right = team.truths.sum(axis=0)
    return [*lines, f"{'Team-mAP':<{width}}  {left:>5} {right:>5}  {'':>7} {'':>8} {percent(team.aggregate()):>7}"]


def _reviewed(result: SpottingEvaluation) -> list[str]:
    """What was not scored of reviewed bundles."""
    part = result.reviewed
    if part is None:
        return []
    ignored = counted(part.ignored, "prediction")
    return ["", f"scored inside {part.minutes:.1f} reviewed minutes only; {ignored} elsewhere left out"]
