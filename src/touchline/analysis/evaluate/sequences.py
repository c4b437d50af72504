"""Evaluation of tracking: HOTA, IDF1 and MOTA, from files or tables of boxes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from touchline.analysis.evaluate.mot_preprocess import PRESETS, Preprocess, preprocessed, truth_remarks
from touchline.analysis.evaluate.wording import no_nan, unpaired
from touchline.core.errors import InputError, UsageError
from touchline.core.suggestions import did_you_mean
from touchline.core.tracks import Tracks
from touchline.formats.boxes.mot import PERSON_CLASS, UNKNOWN, MotTable, empty_mot, mot_table, parse_mot, read_mot
from touchline.formats.boxes.paired_files import FilePair, FilePairs, StoredFile, pair_files, sequence_name
from touchline.formats.boxes.sequence_info import parse_game_info, parse_sequence_info
from touchline.formats.boxes.teamtrack import parse_teamtrack
from touchline.metrics.protocol import ScoringProtocol
from touchline.metrics.tracking import DEFAULT_IOU, TrackingReport, combine_tracking, evaluate_tracking
from touchline.metrics.tracking.sequence import sequence

ZeroBased = Literal["none", "truth", "predictions", "both"]
Boxes = str | Path | MotTable | Tracks
"""A MOT file, a folder or zip of them, or a bundle; or the boxes of one sequence."""

MOT_BOXES = ScoringProtocol("MOT Challenge, 2D boxes (HOTA, IDF1, CLEAR MOT)", "trackeval 1.3.0", verified=True)
SOCCERNET_TRACKING = ScoringProtocol("SoccerNet tracking", "SoccerNet 0.2.0 with trackeval 1.3.0", verified=True)
"""All boxes count, the ball's as well, without preprocessing."""
SPORTSMOT = ScoringProtocol("SportsMOT", "trackeval 1.3.0", verified=True)
"""Its truth holds players only, all of class 1, so that preprocessing changes nothing."""

TEAMTRACK = ".csv"
"""Suffix of TeamTrack's annotations, which are read as truth as well."""

_SETS = ((re.compile(r"SNMOT-\d+"), SOCCERNET_TRACKING), (re.compile(r"v_.{11}_c\d{3}"), SPORTSMOT))
"""Names of the sequences of known sets, with the protocol of their leaderboards."""

_SHIFT_GAIN = 1.05
"""Gain in overlap from a shift by one frame that suggests different first frame numbers."""


@dataclass(frozen=True, slots=True)
class TrackingEvaluation:
    """The result of an evaluation of tracking.

    Attributes:
        total: scores over all sequences.
        sequences: scores of each sequence, by name.
        missing: sequences without predictions; their boxes count as missed.
        roles: role -> true boxes, from the sequences' ``gameinfo.ini``; empty without one.
        warnings: remarks for the user on the files.

    """

    total: TrackingReport
    sequences: Mapping[str, TrackingReport]
    missing: tuple[str, ...] = ()
    roles: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    protocol: ScoringProtocol = MOT_BOXES

    def record(self) -> dict[str, Any]:
        """Return trackeval's keys over all sequences, and for each one; None for an undefined number."""
        return {
            **no_nan(self.total.results()),
            "protocol": self.protocol.record(),
            "HOTA_alpha": self.total.hota.hota.tolist(),
            "iou": self.total.iou,
            "true_boxes": self.total.truths,
            "predicted_boxes": self.total.predicted,
            "true_ids": self.total.true_ids,
            "predicted_ids": self.total.predicted_ids,
            **({"true_boxes_by_role": dict(self.roles)} if self.roles else {}),
            "sequences": {name: no_nan(report.results()) for name, report in self.sequences.items()},
            "warnings": list(self.warnings),
        }


def tracking(
    truth: Boxes,
    predictions: Boxes,
    *,
    iou: float = DEFAULT_IOU,
    classes: Collection[int] | None = None,
    zero_based: ZeroBased = "none",
    preprocess: Preprocess = "auto",
) -> TrackingEvaluation:
    """Score tracks with HOTA, IDF1 and MOTA, equal to trackeval.

    Files of two folders or zips are paired by name: NAME.txt, NAME/gt/gt.txt, NAME/tracks.txt and
    NAME.touchline/tracks.txt are all NAME. The score over all sequences is computed from summed counts, as trackeval
    does, and is not the mean of their scores. A ``seqinfo.ini`` beside the truth gives the number of frames. Truth may
    be TeamTrack's CSV files.

    Rows of the truth with confidence 0 are not scored, as is usual for MOT. Other confidences of the truth are, with a
    warning for fractions such as 0.93, which trackeval cuts to 0: it leaves those rows out.

    Args:
        truth: true boxes with ids.
        predictions: predicted boxes with ids.
        iou: IoU at which boxes match for IDF1 and MOTA, above 0 and up to 1.
        classes: MOT classes to score; None for all.
        zero_based: which files count frames from 0.
        preprocess: ``"mot17"`` (or 16, 20) does what trackeval does by default for the MOT Challenge: predictions on
            distractors of the truth are dropped, then people (class 1) are scored. ``"mot15"`` only cuts confidences of
            the truth as trackeval does. ``"none"`` scores all boxes; ``"auto"`` too, with a warning of distractors.

    Raises:
        UsageError: ``iou`` is out of range, or ``preprocess`` is unknown or does not fit ``classes``.
        InputError: files cannot be read or do not match, or the truth has no boxes.

    """
    _check_preprocess(preprocess, classes)
    from_zero = (zero_based in ("truth", "both"), zero_based in ("predictions", "both"))
    pairs, files = _sequences(truth, predictions, from_zero=from_zero)
    warnings = unpaired("sequence", missing=files.missing, unused=[str(file) for file in files.unused])
    reports: dict[str, TrackingReport] = {}
    roles: Counter[str] = Counter()
    for pair in pairs:
        reports[pair.name], more = _score(pair, iou=iou, classes=classes, preprocess=preprocess)
        warnings += more
        roles.update(pair.roles)
    total = combine_tracking(list(reports.values())) if len(reports) > 1 else next(iter(reports.values()))
    protocol = tracking_protocol(list(reports), iou=iou, classes=classes, preprocess=preprocess)
    return TrackingEvaluation(total, reports, files.missing, roles, tuple(warnings), protocol)


def tracking_protocol(
    names: Collection[str], *, iou: float, classes: Collection[int] | None, preprocess: Preprocess
) -> ScoringProtocol:
    """Return the protocol of scores of these sequences with these settings."""
    plain = preprocess in ("auto", "none")
    known = next((of for name, of in _SETS if all(name.fullmatch(one.split("/")[-1]) for one in names)), MOT_BOXES)
    return known.but(
        "boxes are not preprocessed" if plain and known is MOT_BOXES else "",
        "" if plain or known is MOT_BOXES else f"boxes are preprocessed as for {preprocess}",
        "" if iou == DEFAULT_IOU else f"IDF1 and MOTA at IoU {iou:g}, not {DEFAULT_IOU:g}",
        "" if classes is None else f"only classes {','.join(map(str, classes))}",
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Sequence:
    """Both sides of one sequence with their names for messages; ``found`` is None without predictions.

    Attributes:
        frames: number of frames by ``seqinfo.ini``; 0 if it is not known.
        roles: role -> true boxes by ``gameinfo.ini``.

    """

    name: str
    truth: MotTable
    found: MotTable | None
    truth_source: str = "truth"
    found_source: str = "predictions"
    frames: int = 0
    roles: Mapping[str, int] = field(default_factory=dict)


def _sequences(
    truth: Boxes, predictions: Boxes, *, from_zero: tuple[bool, bool]
) -> tuple[Iterable[_Sequence], FilePairs]:
    """Yield the sequences of both sides, reading one pair of files at a time."""
    if not isinstance(truth, str | Path) or not isinstance(predictions, str | Path):
        found = _table(predictions, zero_based=from_zero[1])
        return [_Sequence("sequence", _table(truth, zero_based=from_zero[0]), found)], FilePairs((), ())
    files = pair_files(
        _in_bundle(Path(truth)), _in_bundle(Path(predictions)), name_of=sequence_name, other_truth=(TEAMTRACK,)
    )
    return (_read(pair, from_zero=from_zero) for pair in files.pairs), files


def _read(pair: FilePair, *, from_zero: tuple[bool, bool]) -> _Sequence:
    """Read a pair of files."""
    found = None if pair.found is None else _parsed(pair.found, zero_based=from_zero[1])
    true = _parsed(pair.truth, zero_based=from_zero[0])
    length, roles = _beside(pair.truth, true)
    return _Sequence(pair.name, true, found, str(pair.truth), str(pair.found), length, roles)


def _parsed(file: StoredFile, *, zero_based: bool) -> MotTable:
    """Read a MOT file, or one of TeamTrack, on disk or in a zip."""
    if str(file).lower().endswith(TEAMTRACK):
        return parse_teamtrack(file.read(), source=str(file))
    return parse_mot(file.read(), source=str(file), zero_based=zero_based)


def _beside(truth: StoredFile, boxes: MotTable) -> tuple[int, Mapping[str, int]]:
    """Return the number of frames and the true boxes of each role, from the files beside ``gt/gt.txt``."""
    if Path(truth.entry or truth.path).name != "gt.txt":
        return 0, {}
    info, game = truth.beside("../seqinfo.ini"), truth.beside("../gameinfo.ini")
    length = None if info is None else parse_sequence_info(info.read(), source=str(info)).frames
    who = {} if game is None else parse_game_info(game.read(), source=str(game))
    return length or 0, Counter(who[i].role for i in boxes.ids.tolist() if i in who)


def _table(boxes: Boxes, *, zero_based: bool) -> MotTable:
    """Return the boxes of one sequence."""
    if isinstance(boxes, Tracks):
        return mot_table(boxes.tracks)
    return boxes if isinstance(boxes, MotTable) else read_mot(_in_bundle(Path(boxes)), zero_based=zero_based)


def _in_bundle(path: Path) -> Path:
    """Return the tracks file of a bundle; any other path unchanged."""
    return path / "tracks.txt" if path.suffix == ".touchline" and path.is_dir() else path


def _check_preprocess(preprocess: Preprocess, classes: Collection[int] | None) -> None:
    """Raise an error for an unknown preset, or for one that does not score these classes."""
    if preprocess not in PRESETS:
        near = did_you_mean(preprocess, PRESETS)
        raise UsageError(f"preprocess {preprocess!r} is not one of {', '.join(PRESETS)}{near}")
    if preprocess not in ("auto", "none") and classes is not None and set(classes) != {PERSON_CLASS}:
        shown = ",".join(map(str, classes))
        raise UsageError(f"preprocess {preprocess} scores people, class 1, not {shown}; leave the classes out")


def _score(
    pair: _Sequence, *, iou: float, classes: Collection[int] | None, preprocess: Preprocess
) -> tuple[TrackingReport, list[str]]:
    """Return the report of one sequence, and remarks for the user."""
    remarks = truth_remarks(pair.truth_source, pair.truth, preset=preprocess)
    true, found = _scored(pair, classes=classes, preprocess=preprocess)
    if not len(true):
        chosen = "" if classes is None else f" of the classes {','.join(map(str, classes))}"
        why = "".join(f"; {remark}" for remark in remarks)
        raise InputError(f"{pair.truth_source}: holds no box{chosen} to score; check that this is the truth{why}")
    last = int(max(true.frames.max(), found.frames.max(initial=0), pair.frames))
    frames = np.union1d(true.frames, found.frames)
    report = evaluate_tracking(true.by_frame(frames), found.by_frame(frames), iou=iou, frames=last)
    return report, remarks + ([] if pair.found is None else _warnings(pair.found_source, true, found))


def _scored(pair: _Sequence, *, classes: Collection[int] | None, preprocess: Preprocess) -> tuple[MotTable, MotTable]:
    """Return the rows of both sides that are scored."""
    true, found = pair.truth, empty_mot() if pair.found is None else pair.found
    allowed = None if classes is None else [*classes, UNKNOWN]
    if allowed is not None:
        found = found.take(np.isin(found.classes, allowed))
    if preprocess not in ("auto", "none"):
        return preprocessed(true, found, preset=preprocess, sources=(pair.truth_source, pair.found_source))
    if allowed is not None:
        true = true.take(np.isin(true.classes, allowed))
    return true.take(true.confidence != 0), found


def _warnings(source: str, true: MotTable, found: MotTable) -> list[str]:
    """Return remarks on irregular files of one sequence."""
    if not len(found):
        return [f"{source}: holds no box; every true box counts as missed"]
    warnings = []
    if found.frames.min() > true.frames.max() or found.frames.max() < true.frames.min():
        return [f"{source}: frames {_span(found)}, but the truth has {_span(true)}; nothing can match"]
    if found.frames.max() > true.frames.max() + 1:
        warnings.append(f"{source}: frames {_span(found)}, but the truth has {_span(true)}; same frame rate and cut?")
    shift = _better_shift(true, found)
    if shift:
        word = "later" if shift > 0 else "earlier"
        warnings.append(
            f"{source}: fits the truth better one frame {word}; "
            "if a file counts frames from 0, say so with --zero-based"
        )
    return warnings


def _span(table: MotTable) -> str:
    """Return the first and last frame in words."""
    return f"{table.frames.min()} to {table.frames.max()}"


def _better_shift(true: MotTable, found: MotTable) -> int:
    """Return the shift by -1, 0 or 1 frames that clearly improves the overlap of the predictions."""
    overlap = {}
    for shift in (-1, 0, 1):
        frames = np.intersect1d(true.frames, found.frames + shift)
        overlap[shift] = float(sequence(true.by_frame(frames), found.by_frame(frames - shift)).pairs.iou.sum())
    best = max(overlap, key=lambda shift: overlap[shift])
    return best if overlap[best] > _SHIFT_GAIN * overlap[0] else 0
