"""``touchline evaluate recognition``: how well clips were named."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from touchline.cli.common import AnyDeviceOption, DebugOption, JsonOption, Output, run_guarded
from touchline.cli.evaluate.common import no_nan, percent, some_names
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK, InputError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from touchline.core.clips import ClipSet
    from touchline.formats.clips.predictions import ClipPredictions
    from touchline.metrics.recognition import Calibration, RecognitionReport

_WORST = 20


def recognition(
    truth: Annotated[Path, typer.Option("--truth", help="CSV with path (or id) and label, or a folder of classes.")],
    predictions: Annotated[Path, typer.Option("--predictions", help="CSV of `touchline recognize --out`.")],
    picture: Annotated[Path | None, typer.Option("--picture", help="Draw the confusion matrix into this PNG.")] = None,
    worst: Annotated[int, typer.Option("--worst", help="How many of the surest mistakes to list.", min=0)] = _WORST,
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Accuracy, F1 by class and on average, balanced accuracy, confusion, calibration, with bootstrap intervals.

    Clips are paired by id, or by path. Where truth has a column "group" (match, person), intervals draw whole groups.
    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        return _recognition(truth, predictions, picture=picture, worst=worst, output=output)

    run_guarded(run, debug=debug, json=json)


def _recognition(truth: Path, predictions: Path, *, picture: Path | None, worst: int, output: Output) -> int:
    """Evaluate and report; the exit code."""
    import numpy as np

    from touchline.formats.clips.predictions import read_clip_predictions
    from touchline.metrics.recognition import accuracy_interval, calibration, confusion_matrix, report

    clips, found = _read_truth(truth), read_clip_predictions(predictions)
    rows, warnings = _pair(clips, found)
    items = [clips.items[i] for i, _ in rows]
    names = list(clips.labels) + sorted({found.labels[j] for _, j in rows} - set(clips.labels))
    true = np.array([names.index(item.label) for item in items])
    said = np.array([names.index(found.labels[j]) for _, j in rows])
    result = report(confusion_matrix(true, said, classes=len(names)))
    groups = [item.kept_together for item in items]
    interval = accuracy_interval(true, said, groups=groups)
    honest = None
    if found.classes and set(names) <= set(found.classes):
        columns = [found.classes.index(name) for name in names]
        honest = calibration(true, found.values[[j for _, j in rows]][:, columns])
    errors = _worst_errors(rows, clips, found, count=worst)
    record: dict[str, Any] = {
        "clips": len(rows),
        "groups": len(set(groups)),
        "accuracy": result.accuracy,
        "accuracy_interval": [interval.low, interval.high],
        "macro_f1": result.macro_f1,
        "balanced_accuracy": result.balanced_accuracy,
        "classes": {n: _entry(result, k) for k, n in enumerate(names)},
        "confusion": {"labels": names, "counts": result.confusion.tolist()},
        "calibration": None if honest is None else _calibration(honest),
        "worst_errors": errors,
        "warnings": warnings,
    }
    output.record(no_nan(record))
    if picture is not None:
        from touchline.render.confusion_picture import draw_confusion

        draw_confusion(picture, result.confusion, labels=names)
    for warning in warnings:
        output.note(f"touchline: {warning}")
    if not output.json:
        output.say(_table(result, names=names, low=interval.low, high=interval.high, honest=honest, errors=errors))
    return EXIT_DEGRADED if warnings else EXIT_OK


def _read_truth(path: Path) -> ClipSet:
    if path.is_dir():
        from touchline.formats.clips.folders import read_clip_folders

        return read_clip_folders(path)
    from touchline.core.clips import ClipItem, ClipSet
    from touchline.formats.clips.predictions import read_clip_predictions
    from touchline.formats.files.csv_rows import read_column

    table = read_clip_predictions(path)
    groups = read_column(path, "group")
    items = tuple(
        ClipItem(clip_id, label, group=group or None)
        for clip_id, label, group in zip(table.ids, table.labels, groups, strict=True)
    )
    return ClipSet(items, tuple(sorted(set(table.labels))))


def _pair(clips: ClipSet, found: ClipPredictions) -> tuple[list[tuple[int, int]], list[str]]:
    """Rows of truth and of predictions that belong together, and what has no partner.

    Raises:
        InputError: nothing belongs together.

    """
    where = {clip_id: j for j, clip_id in enumerate(found.ids)}
    by_place = {Path(clip_id).as_posix(): j for clip_id, j in where.items()}
    rows, missing, used = [], [], set()
    for i, item in enumerate(clips):
        keys = [item.id] + ([] if item.path is None else [str(item.path), item.path.as_posix()])
        j = next((where[k] for k in keys if k in where), None)
        if j is None and item.path is not None:
            ends = [n for place, n in by_place.items() if place.endswith(f"/{item.id}{item.path.suffix}")]
            j = ends[0] if len(ends) == 1 else None
        if j is None:
            missing.append(item.id)
        else:
            rows.append((i, j))
            used.add(j)
    if not rows:
        raise InputError(f"no clip of truth ({clips.items[0].id!r}, ...) is among the predictions ({found.ids[:1]})")
    warnings = []
    if missing:
        warnings.append(f"{len(missing)} clips of truth have no prediction and are left out: {some_names(missing)}")
    unused = [found.ids[j] for j in range(len(found.ids)) if j not in used]
    if unused:
        warnings.append(f"{len(unused)} predictions have no truth: {some_names(unused)}")
    new = sorted({found.labels[j] for _, j in rows} - set(clips.labels))
    if new:
        warnings.append(f"predictions name classes that truth does not have: {some_names(new)}")
    return rows, warnings


def _worst_errors(
    rows: list[tuple[int, int]], clips: ClipSet, found: ClipPredictions, *, count: int
) -> list[dict[str, Any]]:
    """The mistakes that were made with the most confidence."""
    wrong: list[dict[str, Any]] = []
    for i, j in rows:
        item = clips.items[i]
        if found.labels[j] == item.label:
            continue
        sure = _probability(found.classes, found.values, j, found.labels[j])
        wrong.append({"id": item.id, "label": item.label, "predicted": found.labels[j], "confidence": sure})
    return sorted(wrong, key=lambda error: -(error["confidence"] or 0.0))[:count]


def _probability(classes: tuple[str, ...], values: npt.NDArray[np.float64], row: int, label: str) -> float | None:
    return round(float(values[row, classes.index(label)]), 6) if label in classes else None


def _entry(result: RecognitionReport, k: int) -> dict[str, Any]:
    entry = result.classes[k]
    return {
        "precision": entry.precision,
        "recall": entry.recall,
        "f1": entry.f1,
        "support": entry.support,
        "predicted": entry.predicted,
    }


def _calibration(honest: Calibration) -> dict[str, Any]:
    return {
        "expected_error": honest.expected_error,
        "log_loss": honest.log_loss,
        "brier": honest.brier,
        "bins": [
            {"confidence": c, "accuracy": a, "clips": n}
            for c, a, n in zip(
                honest.bin_confidence.tolist(), honest.bin_accuracy.tolist(), honest.bin_count.tolist(), strict=True
            )
        ],
    }


def _table(
    result: RecognitionReport,
    *,
    names: list[str],
    low: float,
    high: float,
    honest: Calibration | None,
    errors: list[dict[str, Any]],
) -> str:
    width = max(len("class"), *(len(name) for name in names))
    lines = [f"{'class':{width}}  precision  recall      F1  clips"]
    for name, entry in zip(names, result.classes, strict=True):
        numbers = f"{percent(entry.precision):>9}  {percent(entry.recall):>6}  {percent(entry.f1):>6}"
        lines.append(f"{name:{width}}  {numbers}  {entry.support:5d}")
    lines += [
        "",
        f"accuracy           {percent(result.accuracy)}  [95 %: {percent(low)} to {percent(high)}]",
        f"macro F1           {percent(result.macro_f1)}",
        f"balanced accuracy  {percent(result.balanced_accuracy)}",
    ]
    if honest is not None:
        lines.append(f"calibration error  {percent(honest.expected_error)}   log loss {honest.log_loss:.4f}")
    if errors:
        lines += ["", "surest mistakes:"]
        lines += [
            f"  {e['id']}: {e['label']} taken for {e['predicted']}"
            + ("" if e["confidence"] is None else f" ({e['confidence']:.2f})")
            for e in errors
        ]
    return "\n".join(lines)
