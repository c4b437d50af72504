"""``touchline evaluate``: official metrics of predictions against truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from touchline.cli.common import AnyDeviceOption, DebugOption, JsonOption, Output, run_guarded
from touchline.cli.evaluate import detection as evaluate_detection
from touchline.cli.evaluate import recognition as evaluate_recognition
from touchline.cli.evaluate import tracking as evaluate_tracking
from touchline.cli.evaluate.common import no_nan, percent, some_names
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK, UsageError
from touchline.core.labels import BALL_FPS, LABEL_SETS, LabelSet, guess_label_set

if TYPE_CHECKING:
    from touchline.formats.soccernet.games import GameFile, Pairing
    from touchline.metrics.spotting import SpottingReport

AUTO = "auto"
FOUND_SET = "found"
FOUND_METRIC = "at1"

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.callback()
def _group() -> None:
    """Score predictions against truth with the official metrics."""


app.command(name="detection")(evaluate_detection.detection)
app.command(name="tracking")(evaluate_tracking.tracking)
app.command(name="recognition")(evaluate_recognition.recognition)


@app.command()
def spotting(
    truth: Annotated[Path, typer.Option("--truth", help="Label file, or a folder or zip of them.")],
    predictions: Annotated[Path, typer.Option("--predictions", help="Result file, or a folder or zip of them.")],
    metric: Annotated[str, typer.Option("--metric", help="loose, tight, or atN with N in seconds.")] = AUTO,
    strict: Annotated[bool, typer.Option("--strict", help="Without the peculiarities of SoccerNet's code.")] = False,
    fps: Annotated[str, typer.Option("--fps", help="Frames a second times are rounded to.")] = AUTO,
    labels: Annotated[str, typer.Option("--labels", help="A label set by name, or LABEL,LABEL,...")] = AUTO,
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """SoccerNet's average-mAP of spotted events.

    Games are paired by folder. Without --labels, --fps and --metric, the label files found decide: Labels-v2.json means
    SoccerNet's 17 classes at 2 frames a second and loose; ball labels mean 2 or 12 classes at 25 and at1.
    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        return _spotting(truth, predictions, metric=metric, strict=strict, fps=fps, labels=labels, output=output)

    run_guarded(run, debug=debug, json=json)


def _spotting(
    truth: Path, predictions: Path, *, metric: str, strict: bool, fps: str, labels: str, output: Output
) -> int:
    """Evaluate and report; the exit code."""
    from touchline.formats.soccernet.games import as_classes, load_games, pair_games
    from touchline.metrics.spotting import evaluate_spotting

    named = LABEL_SETS.get(labels)
    true_files = load_games(truth, kind="annotations", file_names=() if named is None else named.file_names)
    found = load_games(predictions, kind="predictions")
    chosen = choose_labels(labels, true_files)
    if chosen.classes:
        true_files = [as_classes(file, chosen) for file in true_files]
    pairing = pair_games(true_files, found)
    report = evaluate_spotting(
        [pair.truth.columns for pair in pairing.pairs],
        [pair.predictions for pair in pairing.pairs],
        labels=chosen.scored,
        fps=choose_fps(fps, label_set=chosen),
        metric=chosen.metric if metric == AUTO else metric,
        strict=strict,
    )
    warnings = _warnings(pairing, chosen.scored)
    for warning in warnings:
        output.note(f"touchline: warning: {warning}")
    output.record(_record(report, label_set=chosen, games=len(pairing.pairs), warnings=warnings))
    if not output.json:
        output.say(_table(report, set_name=chosen.name, games=len(pairing.pairs)))
    return EXIT_DEGRADED if pairing.missing else EXIT_OK


def choose_labels(wanted: str, truth: list[GameFile]) -> LabelSet:
    """The label set asked for, the one that the truth's files hold, or one made of the labels found or listed.

    Raises:
        UsageError: an unknown set, or no label at all.

    """
    if wanted in LABEL_SETS:
        return LABEL_SETS[wanted]
    if wanted != AUTO:
        return _found_set(_listed(wanted))
    seen = {label for file in truth for label in file.columns.labels}
    known = guess_label_set(seen, file_name=truth[0].file_name)
    if known is None and not seen:
        raise UsageError("the truth holds no event, so nothing says which classes to score; name them with --labels")
    return _found_set(sorted(seen)) if known is None else known


def _listed(labels: str) -> list[str]:
    """The labels of a list with commas, each once.

    Raises:
        UsageError: it is not a list.

    """
    if "," not in labels:
        known = ", ".join([AUTO, *LABEL_SETS])
        raise UsageError(f"--labels {labels!r} is no label set; use {known}, or a list with commas such as PASS,DRIVE")
    return list(dict.fromkeys(part.strip() for part in labels.split(",") if part.strip()))


def _found_set(labels: Sequence[str]) -> LabelSet:
    """Labels that are not one of the known sets, scored as ball actions are."""
    if not labels:
        raise UsageError("--labels names no label; give a list with commas such as PASS,DRIVE")
    return LabelSet(FOUND_SET, "labels", tuple(labels), BALL_FPS, FOUND_METRIC)


def choose_fps(wanted: str, *, label_set: LabelSet) -> float:
    """Frames a second: the number asked for, or the label set's.

    Raises:
        UsageError: neither ``auto`` nor a number above 0.

    """
    if wanted == AUTO:
        return label_set.fps
    try:
        value = float(wanted)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1000:
        raise UsageError(f"--fps {wanted!r} is not auto or a number above 0 and up to 1000")
    return value


def _warnings(pairing: Pairing, classes: tuple[str, ...]) -> list[str]:
    """What a user should know about the files."""
    warnings = []
    if pairing.missing:
        names = some_names(list(pairing.missing))
        warnings.append(f"{len(pairing.missing)} games have no predictions and count as missed: {names}")
    if pairing.unused:
        names = some_names([file.source for file in pairing.unused])
        warnings.append(f"{len(pairing.unused)} prediction files fit no game and were left out: {names}")
    for word, files in (
        ("predictions", [pair.found for pair in pairing.pairs if pair.found is not None]),
        ("true events", [pair.truth for pair in pairing.pairs]),
    ):
        unknown: Counter[str] = Counter()
        for file in files:
            unknown.update({label: n for label, n in file.columns.counts().items() if label not in classes and n})
        if unknown:
            names = some_names([f"{label} ({n})" for label, n in unknown.most_common()])
            warnings.append(f"{unknown.total()} {word} have a label that is not scored: {names}")
    return warnings


def _record(report: SpottingReport, *, label_set: LabelSet, games: int, warnings: list[str]) -> Mapping[str, Any]:
    """SoccerNet's result keys, and what they were computed from."""
    results: dict[str, Any] = {key: no_nan(value) for key, value in report.results().items()}
    if label_set.whole_seconds and not report.strict:
        results.update(dict.fromkeys([key for key in results if key.endswith(("_visible", "_unshown"))]))
    return {
        **results,
        "metric": report.metric,
        "strict": report.strict,
        "fps": report.fps,
        "labels": list(report.labels),
        "label_set": label_set.name,
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
        f"average-mAP {report.metric}, {games} games, {set_name} labels, "
        + ("strict, to the millisecond" if report.strict else f"{report.fps:g} frames a second"),
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
