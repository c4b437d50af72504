"""``touchline evaluate tracking``: HOTA, IDF1 and MOTA of MOT files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from touchline.cli.common import Output, run_guarded
from touchline.cli.evaluate.common import report
from touchline.cli.options import AnyDeviceOption, DebugOption, JsonOption
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK, UsageError
from touchline.core.suggestions import did_you_mean
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.analysis.evaluate import TrackingEvaluation
    from touchline.analysis.evaluate.mot_preprocess import Preprocess
    from touchline.analysis.evaluate.sequences import ZeroBased

ALL = "all"
_ZERO_BASED: dict[str, ZeroBased] = {
    "none": "none",
    "truth": "truth",
    "predictions": "predictions",
    "both": "both",
}
_PREPROCESS: dict[str, Preprocess] = {
    "auto": "auto",
    "none": "none",
    "mot15": "mot15",
    "mot16": "mot16",
    "mot17": "mot17",
    "mot20": "mot20",
}
_COLUMNS = ("HOTA", "DetA", "AssA", "LocA", "IDF1", "IDP", "IDR", "MOTA", "MOTP")
_COUNTS = ("IDSW", "Frag", "CLR_FP", "CLR_FN", "MT", "ML")


def tracking(
    truth: Annotated[
        Path,
        typer.Option(
            "--truth", metavar="PATH", help="Read the true tracks from a MOT file, or a folder or zip of them."
        ),
    ],
    predictions: Annotated[
        Path,
        typer.Option(
            "--predictions",
            metavar="PATH",
            help="Read the predicted tracks from a MOT file, a folder or zip of them, or a bundle.",
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
    preprocess: Annotated[
        str,
        typer.Option(
            "--preprocess",
            metavar="|".join(_PREPROCESS),
            help="Treat distractors of the truth as trackeval does for this MOT Challenge; auto warns of them.",
        ),
    ] = "auto",
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Score tracks with HOTA, IDF1 and MOTA.

    The numbers equal those of trackeval. The files of two folders or zips are paired by sequence name: NAME.txt,
    NAME/gt/gt.txt, NAME/tracks.txt and NAME.touchline/tracks.txt all belong to NAME; the last line combines all
    sequences, as SoccerNet's and SportsMOT's leaderboards do. Rows of the truth with confidence 0 are not scored, as
    usual for MOT; --preprocess mot17 also drops predictions on distractors (classes 2, 7, 8, 12), then scores people
    only.

    Examples:
      touchline evaluate tracking --truth gt.txt --predictions match.touchline
      touchline evaluate tracking --truth SoccerNet/tracking/test.zip --predictions submission.zip

    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        return _tracking(
            truth,
            predictions,
            iou=iou,
            classes=classes,
            zero_based=zero_based,
            preprocess=choose_preprocess(preprocess),
            output=output,
        )

    run_guarded(run, debug=debug, json=json)


def _tracking(
    truth: Path,
    predictions: Path,
    *,
    iou: float,
    classes: str,
    zero_based: str,
    preprocess: Preprocess,
    output: Output,
) -> int:
    """Evaluate and report; the exit code."""
    from touchline.analysis import evaluate

    wanted, from_zero = choose_classes(classes), choose_zero_based(zero_based)
    result = evaluate.tracking(truth, predictions, iou=iou, classes=wanted, zero_based=from_zero, preprocess=preprocess)
    report(result, output, table=lambda: _table(result))
    return EXIT_DEGRADED if result.missing else EXIT_OK


def choose_classes(text: str) -> tuple[int, ...] | None:
    """The MOT classes asked for, None for all.

    Raises:
        UsageError: no list of whole numbers.

    """
    if text == ALL:
        return None
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise UsageError(f"--classes {text!r} is no list of MOT classes; use {ALL}, or numbers such as 1 or 1,2")
    return tuple(int(part) for part in parts)


def choose_zero_based(text: str) -> ZeroBased:
    """Which files have frames that count from 0.

    Raises:
        UsageError: an unknown word.

    """
    if text not in _ZERO_BASED:
        raise UsageError(
            f"--zero-based {text!r} is not one of {', '.join(_ZERO_BASED)}{did_you_mean(text, _ZERO_BASED)}"
        )
    return _ZERO_BASED[text]


def choose_preprocess(text: str) -> Preprocess:
    """The preprocessing asked for.

    Raises:
        UsageError: an unknown word.

    """
    if text not in _PREPROCESS:
        near = did_you_mean(text, _PREPROCESS)
        raise UsageError(f"--preprocess {text!r} is not one of {', '.join(_PREPROCESS)}{near}")
    return _PREPROCESS[text]


def _table(result: TrackingEvaluation) -> list[str]:
    """The result as lines of text."""
    reports, total = result.sequences, result.total
    rows = dict(reports) if len(reports) == 1 else {**reports, "all": total}
    width = max(len("sequence"), *map(len, rows))
    names = {"CLR_FP": "FP", "CLR_FN": "FN"}
    head = f"{'sequence':<{width}}  " + " ".join(f"{name:>6}" for name in _COLUMNS)
    head += "  " + " ".join(f"{names.get(name, name):>6}" for name in _COUNTS)
    lines = [
        f"{counted(len(reports), 'sequence')}, {total.truths} true and {total.predicted} predicted boxes, "
        f"{total.true_ids} and {total.predicted_ids} ids; IDF1 and MOTA at IoU {total.iou:g}",
        head,
        "-" * len(head),
    ]
    for name, scores in rows.items():
        results = scores.results()
        shares = " ".join(f"{100 * results[key]:>6.2f}" for key in _COLUMNS)
        lines.append(f"{name:<{width}}  {shares}  " + " ".join(f"{int(results[key]):>6}" for key in _COUNTS))
    return lines
