"""Evaluation of event spotting with SoccerNet's average-mAP, from files or timelines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from touchline.analysis.evaluate.protocols import spotting_protocol, team_protocol
from touchline.analysis.evaluate.reviewed import ReviewedPart, read_reviewed_truth
from touchline.analysis.evaluate.team_metric import TEAM, choose_metric, team_remarks
from touchline.analysis.evaluate.wording import no_nan, some_names, unpaired
from touchline.core.columns import columns_from_timeline
from touchline.core.errors import UsageError
from touchline.core.events import Timeline
from touchline.core.labels import BALL_FPS, LABEL_SETS, LabelSet, guess_label_set
from touchline.core.suggestions import did_you_mean
from touchline.core.wording import counted
from touchline.formats.soccernet.doubts import merged
from touchline.formats.soccernet.games import (
    GameFile,
    Kind,
    Pair,
    Pairing,
    as_classes,
    differing_names,
    load_games,
    pair_games,
)
from touchline.metrics.protocol import ScoringProtocol
from touchline.metrics.spotting import SpottingReport, evaluate_spotting
from touchline.metrics.spotting.frames import HALF_S
from touchline.metrics.spotting.teams import TeamReport, evaluate_teams

FOUND_SET = "found"
FOUND_METRIC = "at1"

Games = str | Path | Timeline | Sequence[Timeline]
"""A file, folder or zip of event files, or reviewed bundles; or timelines, one per game."""


@dataclass(frozen=True, slots=True)
class SpottingEvaluation:
    """The result of an evaluation of event spotting.

    Attributes:
        report: all values, by class and tolerance.
        label_set: name of the scored classes; ``"found"`` for classes listed by the user or found in the truth.
        games: number of games scored.
        missing: games without predictions; their events count as missed.
        warnings: remarks for the user on the files.
        reviewed: what was scored of reviewed bundles; None for other truth.
        team: Team-mAP, of which ``report`` is the part without teams; None if teams were not scored.

    """

    report: SpottingReport
    label_set: str
    games: int
    missing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    reviewed: ReviewedPart | None = None
    team: TeamReport | None = None

    @property
    def average_map(self) -> float:
        """SoccerNet's average-mAP, 0 to 1."""
        return self.report.aggregate()

    @property
    def protocol(self) -> ScoringProtocol:
        """The protocol that the numbers follow, and where they do not."""
        plain = self.team is None
        followed = spotting_protocol(self.report, self.label_set) if plain else team_protocol(self.report)
        return followed.but("" if self.reviewed is None else "only reviewed spans are scored")

    def record(self) -> dict[str, Any]:
        """Return SoccerNet's result keys and what they were computed from; None for an undefined number."""
        results: dict[str, Any] = {key: no_nan(value) for key, value in self.report.results().items()}
        known = LABEL_SETS.get(self.label_set)
        if known is not None and known.whole_seconds and not self.report.strict:
            results.update(dict.fromkeys([key for key in results if key.endswith(("_visible", "_unshown"))]))
        return {
            **results,
            "protocol": self.protocol.record(),
            **({} if self.team is None else {key: no_nan(value) for key, value in self.team.results().items()}),
            "metric": self.report.metric if self.team is None else f"{TEAM}{self.report.metric}",
            "strict": self.report.strict,
            "fps": self.report.fps,
            "labels": list(self.report.labels),
            "label_set": self.label_set,
            "games": self.games,
            "true_events": self.report.truths[0].tolist(),
            "predictions": self.report.predicted.tolist(),
            "warnings": list(self.warnings),
            **({} if self.reviewed is None else self.reviewed.record()),
        }


def spotting(
    truth: Games,
    predictions: Games,
    *,
    metric: str | None = None,
    strict: bool = False,
    fps: float | None = None,
    labels: str | Sequence[str] | None = None,
) -> SpottingEvaluation:
    """Score spotted events with SoccerNet's average-mAP.

    Files are paired by their folder, timelines by their order. Where the truth is a reviewed bundle, or a folder of
    them, only events inside the reviewed spans are scored. ``labels``, ``fps`` and ``metric`` default to what the
    truth implies: ``Labels-v2.json`` means SoccerNet's 17 classes at 2 frames per second and ``"loose"``; ball labels
    mean 2 or 12 classes at 25 and ``"at1"``.

    Args:
        truth: true events; or a reviewed bundle, or a folder of these.
        predictions: predicted events.
        metric: ``"loose"`` (5 to 60 s), ``"tight"`` (1 to 5 s) or ``"atN"`` (N seconds); after ``"team-"`` for
            Team-mAP, the default where all true events and some predictions have the team left or right.
        strict: whether to score without the peculiarities of SoccerNet's code.
        fps: frames per second that times are rounded down to, above 0 and up to 1000.
        labels: name of a label set, or the classes.

    Raises:
        ValueError: truth and predictions have different numbers of games.
        UsageError: the metric, frame rate or label set is invalid.
        InputError: a file cannot be read, or none matches another.

    """
    named = LABEL_SETS.get(labels) if isinstance(labels, str) else None
    reviewed = read_reviewed_truth(Path(truth)) if isinstance(truth, str | Path) else None
    if reviewed is None:
        true_games = load_or_take_games(truth, kind="annotations", file_names=() if named is None else named.file_names)
    else:
        true_games = list(reviewed.games)
    found = load_or_take_games(predictions, kind="predictions")
    chosen = choose_metric(metric, true_games, found, strict=strict)
    label_set = choose_labels(chosen.default_labels(labels, true_games), true_games)
    if label_set.classes:
        true_games = [as_classes(file, label_set) for file in true_games]
    in_order = not (isinstance(truth, str | Path) and isinstance(predictions, str | Path))
    pairing = _pair_in_order(true_games, found) if in_order else pair_games(true_games, found)
    pairing, part = (pairing, None) if reviewed is None else reviewed.restrict(pairing)
    true_columns = [pair.truth.columns for pair in pairing.pairs]
    found_columns = [pair.predictions for pair in pairing.pairs]
    rate = choose_fps(fps, label_set=label_set)
    tolerances = chosen.metric or label_set.metric
    warnings = _warnings(pairing, label_set.scored, strict=strict)
    team = None
    if chosen.team:
        team = evaluate_teams(true_columns, found_columns, labels=label_set.scored, fps=rate, metric=tolerances)
        report = team.plain
        warnings += team_remarks(team, true_columns, found_columns)
    else:
        report = evaluate_spotting(
            true_columns, found_columns, labels=label_set.scored, fps=rate, metric=tolerances, strict=strict
        )
    return SpottingEvaluation(report, label_set.name, len(pairing.pairs), pairing.missing, tuple(warnings), part, team)


def choose_labels(wanted: str | Sequence[str] | None, truth: Sequence[GameFile]) -> LabelSet:
    """Return the requested label set, the one that the truth's files hold, or one of the labels listed or found.

    Raises:
        UsageError: the set is unknown, or there is no label at all.

    """
    if isinstance(wanted, str):
        if wanted not in LABEL_SETS:
            known = ", ".join(LABEL_SETS)
            near = did_you_mean(wanted, LABEL_SETS)
            raise UsageError(f"labels {wanted!r} is not a label set; use {known}, or a list such as PASS,DRIVE{near}")
        return LABEL_SETS[wanted]
    if wanted is not None:
        return _found_set(list(dict.fromkeys(wanted)))
    seen = {label for file in truth for label in file.columns.labels}
    return guess_label_set(seen, file_name=truth[0].file_name) or _found_set(sorted(seen))


def _found_set(labels: Sequence[str]) -> LabelSet:
    """Return a label set for other labels, scored like ball actions."""
    if not labels:
        raise UsageError("the truth holds no event to infer the classes from; name them with labels")
    return LabelSet(FOUND_SET, "labels", tuple(labels), BALL_FPS, FOUND_METRIC)


def choose_fps(wanted: float | None, *, label_set: LabelSet) -> float:
    """Return the frames per second: the requested number, or the label set's.

    Raises:
        UsageError: the number is not above 0 and up to 1000.

    """
    if wanted is None:
        return label_set.fps
    if not 0 < wanted <= 1000:
        raise UsageError(f"fps {wanted!r} is not a number above 0 and up to 1000")
    return wanted


def load_or_take_games(source: Games, *, kind: Kind, file_names: Sequence[str] = ()) -> list[GameFile]:
    """Return the games of files or timelines."""
    if isinstance(source, str | Path):
        return load_games(Path(source), kind=kind, file_names=file_names)
    timelines = [source] if isinstance(source, Timeline) else source
    return [
        GameFile(f"game {number}", "", "", f"{kind} of game {number}", columns_from_timeline(timeline))
        for number, timeline in enumerate(timelines, 1)
    ]


def _pair_in_order(truth: Sequence[GameFile], found: Sequence[GameFile]) -> Pairing:
    """Pair games by their position."""
    if len(truth) != len(found) or not truth:
        raise ValueError(f"{len(truth)} games of truth and {len(found)} of predictions; must be equal, at least 1")
    return Pairing(tuple(Pair(*games) for games in zip(truth, found, strict=True)), ())


def _warnings(pairing: Pairing, classes: tuple[str, ...], *, strict: bool) -> list[str]:
    """Return remarks for the user on the files."""
    warnings = unpaired("game", missing=pairing.missing, unused=[file.source for file in pairing.unused])
    warnings += _doubtful_pair(pairing)
    for word, files in (
        ("prediction", [pair.found for pair in pairing.pairs if pair.found is not None]),
        ("true event", [pair.truth for pair in pairing.pairs]),
    ):
        unknown: Counter[str] = Counter()
        for file in files:
            unknown.update({label: n for label, n in file.columns.counts().items() if label not in classes and n})
        if unknown:
            names = some_names([_named(label, n, classes) for label, n in unknown.most_common()])
            warnings.append(f"{counted(unknown.total(), word)} with a label that is not scored: {names}")
        if not strict:
            warnings += _peculiar(word, files, classes)
        warnings += [f"{word}s: {line}" for line in merged(file.doubts for file in files).lines()]
    return warnings


def _doubtful_pair(pairing: Pairing) -> list[str]:
    """Return a remark if the only truth and the only predictions have names too unlike to say if they are related."""
    if len(pairing.pairs) != 1 or pairing.pairs[0].found is None:
        return []
    names = differing_names(pairing.pairs[0].truth, pairing.pairs[0].found)
    if names is None:
        return []
    return [f"the truth names the game {names[0]!r}, the predictions {names[1]!r}; they are scored as one game"]


def _named(label: str, count: int, classes: tuple[str, ...]) -> str:
    """Return an unknown label with its number, and the class of which it is another spelling."""
    plain = " ".join(str(label).split()).casefold()
    same = next((name for name in classes if name.casefold() == plain), None)
    return f"{label!r} ({count}, spelled {same!r} in the set)" if same else f"{label} ({count})"


def _peculiar(word: str, files: Sequence[GameFile], classes: tuple[str, ...]) -> list[str]:
    """Return remarks on events that SoccerNet's code leaves out or moves, and so does this score."""
    halves: Counter[int] = Counter()
    late = 0
    for file in files:
        columns = file.columns
        scored = np.isin(columns.label, [i for i, label in enumerate(columns.labels) if label in classes])
        counted_half = (columns.half == 1) | (columns.half == 2)
        halves.update(columns.half[scored & ~counted_half].tolist())
        late += int((scored & counted_half & (columns.position_ms >= HALF_S * 1000)).sum())
    remarks = []
    if halves:
        names = ", ".join(f"{count} of half {half}" for half, count in sorted(halves.items()))
        remarks.append(
            f"{counted(halves.total(), word)} outside halves 1 and 2 left out, as in SoccerNet's code "
            f"({names}; extra time is 3 and 4, penalties 5); --strict scores them"
        )
    if late:
        remarks.append(
            f"{counted(late, word)} later than {HALF_S // 3600} hours into the half, moved to its last frame as in "
            "SoccerNet's code; --strict scores the exact time"
        )
    return remarks
