"""Evaluation of players' actions as in SoccerNet's player-centric ball action spotting (FOOTPASS), from files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from touchline.analysis.evaluate.wording import some_names
from touchline.core.errors import InputError, UsageError
from touchline.core.wording import counted
from touchline.formats.soccernet.footpass import ACTIONS, read_footpass
from touchline.metrics.player_actions import (
    LEAST_CONFIDENCE,
    PROTOCOL,
    TOLERANCE_FRAMES,
    PlayerActionReport,
    score_player_actions,
)
from touchline.metrics.protocol import ScoringProtocol


@dataclass(frozen=True, slots=True)
class PlayersEvaluation:
    """The result of an evaluation of players' actions.

    Attributes:
        report: counts by class.
        halves: number of halves scored.
        missing: halves without predictions; FOOTPASS's code leaves them out.
        warnings: remarks for the user on the files.
        protocol: the protocol that the numbers follow.

    """

    report: PlayerActionReport
    halves: int
    missing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    protocol: ScoringProtocol = PROTOCOL

    def record(self) -> dict[str, Any]:
        """Return macro-F1 and micro-F1, and the values of each class."""
        report = self.report
        columns = zip(
            ACTIONS, report.precision, report.recall, report.f1, report.found, report.wrong, report.true, strict=True
        )
        return {
            "protocol": self.protocol.record(),
            "macro_f1": report.macro_f1,
            "micro_f1": report.micro_f1,
            "classes": {
                name: {
                    "precision": float(precision),
                    "recall": float(recall),
                    "f1": float(f1),
                    "found": int(found),
                    "wrong": int(wrong),
                    "true": int(true),
                }
                for name, precision, recall, f1, found, wrong, true in columns
            },
            "halves": self.halves,
            "warnings": list(self.warnings),
        }


def players(
    truth: str | Path,
    predictions: str | Path,
    *,
    tolerance: int = TOLERANCE_FRAMES,
    least_confidence: float = LEAST_CONFIDENCE,
) -> PlayersEvaluation:
    """Score players' actions: class, team and shirt number must be right, and the time within some frames.

    Args:
        truth: a play-by-play file of FOOTPASS.
        predictions: such a file with a score in each row.
        tolerance: frames, 12 in the challenge.
        least_confidence: predictions below it are left out, 0.15 in the challenge.

    Raises:
        UsageError: the tolerance is negative, or the confidence outside 0 to 1.
        InputError: a file cannot be read, or no half is in both.

    """
    if tolerance < 0 or not 0 <= least_confidence <= 1:
        raise UsageError(f"tolerance={tolerance} must be 0 or more frames, least_confidence={least_confidence} 0 to 1")
    true, said = read_footpass(truth, scores=False), read_footpass(predictions, scores=True)
    both = sorted(true.keys() & said.keys())
    if not both:
        raise InputError(
            f"{predictions}: none of its {len(said)} halves is one of the {len(true)} in {truth}; their keys must be "
            "the same, such as game_18_H1"
        )
    report = score_player_actions(
        [true[key].who for key in both],
        [(said[key].who, said[key].score) for key in both],
        classes=len(ACTIONS),
        tolerance=tolerance,
        least_confidence=least_confidence,
    )
    missing, unknown = sorted(true.keys() - said.keys()), sorted(said.keys() - true.keys())
    warnings = [
        f"{counted(len(keys), 'half', 'halves')} without {what}, left out: {some_names(keys)}"
        for keys, what in ((missing, "predictions"), (unknown, "truth"))
        if keys
    ]
    protocol = PROTOCOL.but(
        "" if tolerance == TOLERANCE_FRAMES else f"at {tolerance} frames",
        "" if least_confidence == LEAST_CONFIDENCE else f"from confidence {least_confidence:g} on, not 0.15",
    )
    return PlayersEvaluation(report, len(both), tuple(missing), tuple(warnings), protocol)
