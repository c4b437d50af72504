"""``touchline evaluate tracking``: HOTA, IDF1 and MOTA of MOT files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from touchline.cli.common import Output, run_guarded
from touchline.cli.evaluate.common import no_nan, some_names
from touchline.cli.options import AnyDeviceOption, DebugOption, JsonOption
from touchline.cli.wording import counted
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK, InputError, UsageError
from touchline.core.suggestions import did_you_mean

if TYPE_CHECKING:
    from touchline.formats.boxes.mot import MotTable
    from touchline.formats.boxes.paired_files import FilePair, FilePairs
    from touchline.metrics.tracking import TrackingReport

ALL = "all"
_SHIFT_GAIN = 1.05
"""Overlap gained by moving the predictions one frame that makes a mix of frame counts likely."""

_ZERO_BASED = {"none": (False, False), "truth": (True, False), "predictions": (False, True), "both": (True, True)}
"""Whether the frames of the truth, and those of the predictions, count from 0."""

_COLUMNS = ("HOTA", "DetA", "AssA", "LocA", "IDF1", "IDP", "IDR", "MOTA", "MOTP")
_COUNTS = ("IDSW", "Frag", "CLR_FP", "CLR_FN", "MT", "ML")


def tracking(
    truth: Annotated[
        Path, typer.Option("--truth", metavar="PATH", help="Read the true tracks from a MOT file or a folder of them.")
    ],
    predictions: Annotated[
        Path,
        typer.Option(
            "--predictions",
            metavar="PATH",
            help="Read the predicted tracks from a MOT file, a folder of them or a bundle.",
        ),
    ],
    iou: Annotated[
        float, typer.Option("--iou", metavar="NUMBER", help="Match boxes from this overlap on, for IDF1 and MOTA.")
    ] = 0.5,
    classes: Annotated[
        str, typer.Option("--classes", metavar="N,N", help="Score only boxes of these MOT classes, such as 1 or 1,2.")
    ] = ALL,
    zero_based: Annotated[
        str,
        typer.Option(
            "--zero-based",
            metavar="|".join(_ZERO_BASED),
            help="Count the frames of these files from 0, not from 1 as MOT does.",
        ),
    ] = "none",
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Score tracks with HOTA, IDF1 and MOTA.

    The numbers equal those of trackeval. The files of two folders are paired by sequence name: NAME.txt,
    NAME/gt/gt.txt, NAME/tracks.txt and NAME.touchline/tracks.txt all belong to NAME. Rows of the truth with
    confidence 0 are not scored, as usual for MOT.

    Examples:
      touchline evaluate tracking --truth gt.txt --predictions match.touchline

    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        return _tracking(truth, predictions, iou=iou, classes=classes, zero_based=zero_based, output=output)

    run_guarded(run, debug=debug, json=json)


def _tracking(truth: Path, predictions: Path, *, iou: float, classes: str, zero_based: str, output: Output) -> int:
    """Evaluate and report; the exit code."""
    from touchline.formats.boxes.paired_files import pair_files, sequence_name
    from touchline.metrics.tracking import combine_tracking

    wanted, from_zero = choose_classes(classes), choose_zero_based(zero_based)
    pairs = pair_files(_in_bundle(truth), _in_bundle(predictions), name_of=sequence_name)
    warnings = _pairing_warnings(pairs)
    reports: dict[str, TrackingReport] = {}
    for pair in pairs.pairs:
        reports[pair.name], more = _score(pair, iou=iou, classes=wanted, from_zero=from_zero)
        warnings += more
    total = combine_tracking(list(reports.values())) if len(reports) > 1 else next(iter(reports.values()))
    for warning in warnings:
        output.note(f"touchline: warning: {warning}")
    output.record(_record(reports, total, warnings=warnings))
    if not output.json:
        output.say(_table(reports, total))
    return EXIT_DEGRADED if pairs.missing else EXIT_OK


def _in_bundle(path: Path) -> Path:
    """The tracks within a bundle; any other path as it is."""
    return path / "tracks.txt" if path.suffix == ".touchline" and path.is_dir() else path


def choose_classes(text: str) -> tuple[int, ...] | None:
    """The MOT classes asked for, None for all.

    Raises:
        UsageError: not a list of whole numbers.

    """
    if text == ALL:
        return None
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise UsageError(f"--classes {text!r} is no list of MOT classes; use {ALL}, or numbers such as 1 or 1,2")
    return tuple(int(part) for part in parts)


def choose_zero_based(text: str) -> tuple[bool, bool]:
    """Whether the frames of the truth, and those of the predictions, count from 0.

    Raises:
        UsageError: an unknown word.

    """
    if text not in _ZERO_BASED:
        raise UsageError(
            f"--zero-based {text!r} is not one of {', '.join(_ZERO_BASED)}{did_you_mean(text, _ZERO_BASED)}"
        )
    return _ZERO_BASED[text]


def _score(
    pair: FilePair, *, iou: float, classes: tuple[int, ...] | None, from_zero: tuple[bool, bool]
) -> tuple[TrackingReport, list[str]]:
    """The report of one sequence, and warnings about its files."""
    import numpy as np

    from touchline.formats.boxes.mot import UNKNOWN, empty_mot, read_mot
    from touchline.metrics.tracking import evaluate_tracking

    true = read_mot(pair.truth, zero_based=from_zero[0])
    found = read_mot(pair.found, zero_based=from_zero[1]) if pair.found else empty_mot()
    if classes is not None:
        allowed = [*classes, UNKNOWN]
        true, found = (table.take(np.isin(table.classes, allowed)) for table in (true, found))
    true = true.take(true.confidence != 0)
    if not len(true):
        chosen = "" if classes is None else f" of the classes {','.join(map(str, classes))}"
        raise InputError(f"{pair.truth}: holds no box{chosen} to score; check that --truth is the right path")
    last = int(max(true.frames.max(), found.frames.max(initial=0)))
    frames = np.union1d(true.frames, found.frames)
    report = evaluate_tracking(true.by_frame(frames), found.by_frame(frames), iou=iou, frames=last)
    return report, _warnings(pair, true, found)


def _warnings(pair: FilePair, true: MotTable, found: MotTable) -> list[str]:
    """Warnings about the files of one sequence."""
    if pair.found is None:
        return []
    if not len(found):
        return [f"{pair.found}: holds no box; every true box counts as missed"]
    warnings = []
    if found.frames.min() > true.frames.max() or found.frames.max() < true.frames.min():
        return [f"{pair.found}: frames {_span(found)}, but the truth has {_span(true)}; nothing can match"]
    if found.frames.max() > true.frames.max() + 1:
        warnings.append(
            f"{pair.found}: frames {_span(found)}, but the truth has {_span(true)}; same frame rate and cut?"
        )
    shift = _better_shift(true, found)
    if shift:
        word = "later" if shift > 0 else "earlier"
        warnings.append(
            f"{pair.found}: fits the truth better one frame {word}; "
            "if a file counts frames from 0, say so with --zero-based"
        )
    return warnings


def _span(table: MotTable) -> str:
    """First and last frame in words."""
    return f"{table.frames.min()} to {table.frames.max()}"


def _better_shift(true: MotTable, found: MotTable) -> int:
    """By how many frames, -1, 0 or 1, the predictions should be moved for clearly more overlap."""
    import numpy as np

    from touchline.metrics.tracking_sequence import sequence

    overlap = {}
    for shift in (-1, 0, 1):
        frames = np.intersect1d(true.frames, found.frames + shift)
        overlap[shift] = float(sequence(true.by_frame(frames), found.by_frame(frames - shift)).pairs.iou.sum())
    best = max(overlap, key=lambda shift: overlap[shift])
    return best if overlap[best] > _SHIFT_GAIN * overlap[0] else 0


def _pairing_warnings(pairs: FilePairs) -> list[str]:
    """Sequences without predictions, and predictions without a sequence."""
    warnings = []
    if pairs.missing:
        names = some_names(pairs.missing)
        warnings.append(f"{counted(len(pairs.missing), 'sequence')} without predictions, counted as missed: {names}")
    if pairs.unused:
        names = some_names([str(path) for path in pairs.unused])
        warnings.append(f"{counted(len(pairs.unused), 'prediction file')} without a sequence, left out: {names}")
    return warnings


def _record(reports: dict[str, TrackingReport], total: TrackingReport, *, warnings: list[str]) -> dict[str, Any]:
    """The keys of trackeval over all sequences, and for each one."""
    return {
        **no_nan(total.results()),
        "HOTA_alpha": total.hota.hota.tolist(),
        "iou": total.iou,
        "true_boxes": total.truths,
        "predicted_boxes": total.predicted,
        "true_ids": total.true_ids,
        "predicted_ids": total.predicted_ids,
        "sequences": {name: no_nan(report.results()) for name, report in reports.items()},
        "warnings": warnings,
    }


def _table(reports: dict[str, TrackingReport], total: TrackingReport) -> str:
    """The report as lines of text."""
    rows = dict(reports) if len(reports) == 1 else {**reports, "all": total}
    width = max(len("sequence"), *map(len, rows))
    names = {"CLR_FP": "FP", "CLR_FN": "FN"}
    head = f"{'sequence':<{width}}  " + " ".join(f"{name:>6}" for name in _COLUMNS)
    head += "  " + " ".join(f"{names.get(name, name):>6}" for name in _COUNTS)
    lines = [
        f"{counted(len(reports), 'sequence')}, {total.truths} true and {total.predicted} predicted boxes, "
        f"{total.true_ids} and {total.predicted_ids} ids; IDF1 and MOTA at IoU {total.iou:g}",
        "",
        head,
        "-" * len(head),
    ]
    for name, report in rows.items():
        results = report.results()
        shares = " ".join(f"{100 * results[key]:>6.2f}" for key in _COLUMNS)
        lines.append(f"{name:<{width}}  {shares}  " + " ".join(f"{int(results[key]):>6}" for key in _COUNTS))
    return "\n".join(lines)
