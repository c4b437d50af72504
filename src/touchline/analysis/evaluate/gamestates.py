"""Evaluation of game-state reconstruction with GS-HOTA, from SoccerNet's files."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from touchline.analysis.evaluate.wording import no_nan, unpaired
from touchline.core.errors import InputError, UsageError
from touchline.core.suggestions import did_you_mean
from touchline.core.wording import counted
from touchline.formats.boxes.paired_files import FilePair, pair_files
from touchline.formats.gamestate.labels import LABELS, GameState, parse_predictions, parse_truth
from touchline.metrics.protocol import ScoringProtocol
from touchline.metrics.tracking.gamestate import FramePlaces, GameStateReport, combine_gamestate, evaluate_gamestate

ATTRIBUTES = ("role", "team", "jersey")

GS_HOTA = ScoringProtocol("SoccerNet game-state reconstruction (GS-HOTA)", "sn-trackeval 0.4.0", verified=True)


@dataclass(frozen=True, slots=True)
class GameStateEvaluation:
    """The result of an evaluation of game states.

    Attributes:
        total: scores over all sequences.
        sequences: scores of each sequence, by name.
        missing: sequences without predictions; their people count as missed.
        warnings: remarks for the user on the files.
        without: attributes that were not compared.

    """

    total: GameStateReport
    sequences: Mapping[str, GameStateReport]
    missing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    @property
    def protocol(self) -> ScoringProtocol:
        """The protocol that the numbers follow, and where they do not."""
        return GS_HOTA.but(f"without {' and '.join(self.without)}" if self.without else "")

    def record(self) -> dict[str, Any]:
        """Return the scores over all sequences, and for each one; None for an undefined number."""
        return {
            **no_nan(self.total.results()),
            "protocol": self.protocol.record(),
            "true_places": self.total.truths,
            "predicted_places": self.total.predicted,
            "true_ids": self.total.true_ids,
            "predicted_ids": self.total.predicted_ids,
            "sequences": {name: no_nan(report.results()) for name, report in self.sequences.items()},
            "warnings": list(self.warnings),
        }


def gamestate(truth: str | Path, predictions: str | Path, *, without: Collection[str] = ()) -> GameStateEvaluation:
    """Score game states with GS-HOTA.

    A person of the predictions can only match one of the truth with the same role, team (of players and goalkeepers)
    and shirt number (of players). Files of two folders or zips are paired by sequence: ``SNGS-116.json`` belongs to
    ``SNGS-116/Labels-GameState.json``. The score over all sequences is computed from summed counts.

    Args:
        truth: a ``Labels-GameState.json``, or a folder or zip of them.
        predictions: a prediction file, or a folder or zip of them.
        without: attributes not to compare: ``"role"``, ``"team"``, ``"jersey"``.

    Raises:
        UsageError: an attribute is unknown.
        InputError: a file cannot be read, or none matches another.

    """
    left_out = _checked(without)
    files = pair_files(Path(truth), Path(predictions), name_of=_sequence, suffix=".json", truth_name=LABELS)
    warnings = unpaired("sequence", missing=files.missing, unused=[str(file) for file in files.unused])
    reports: dict[str, GameStateReport] = {}
    for pair in files.pairs:
        reports[pair.name], remarks = _score(pair, left_out)
        warnings += remarks
    return GameStateEvaluation(
        combine_gamestate(list(reports.values())), reports, files.missing, tuple(warnings), left_out
    )


def _checked(without: Collection[str]) -> tuple[str, ...]:
    """Return the attributes not to compare, in order."""
    for name in without:
        if name not in ATTRIBUTES:
            near = did_you_mean(name, ATTRIBUTES)
            raise UsageError(f"attribute {name!r} is not one of {', '.join(ATTRIBUTES)}{near}")
    return tuple(name for name in ATTRIBUTES if name in without)


def _sequence(path: Path) -> str:
    """Return the sequence that a file belongs to, from its path within its set."""
    parts = list(path.with_suffix("").parts)
    return "/".join(parts[:-1] if path.name == LABELS and len(parts) > 1 else parts)


def _score(pair: FilePair, without: tuple[str, ...]) -> tuple[GameStateReport, list[str]]:
    """Return the report of one sequence, and remarks for the user."""
    true = parse_truth(pair.truth.read(), source=str(pair.truth))
    if not len(true):
        raise InputError(f"{pair.truth}: holds nobody to score; check that this is the truth")
    if pair.found is None:
        found, remarks = _nobody(true), []
    else:
        found = parse_predictions(pair.found.read(), truth=true, source=str(pair.found))
        remarks = _remarks(true, found, source=str(pair.found))
    codes: dict[object, int] = {}
    sides = [_frames(state, codes, without) for state in (true, found)]
    return evaluate_gamestate(*sides), remarks


def _nobody(true: GameState) -> GameState:
    """Return a state without people, of the same pictures."""
    none = np.zeros(0, np.int64)
    return GameState(true.images, none, none, np.zeros((0, 2)), (), np.zeros((0, 4)), np.zeros(0))


def _frames(state: GameState, codes: dict[object, int], without: tuple[str, ...]) -> list[FramePlaces]:
    """Return the people of each picture; ``codes`` numbers the identities of both sides."""
    compared = {name: name not in without for name in ATTRIBUTES}
    code = np.array([codes.setdefault(who.scored(**compared), len(codes)) for who in state.who], np.int64)
    order = np.argsort(state.image, kind="stable")
    edges = np.searchsorted(state.image[order], np.arange(len(state.images) + 1))
    rows = [order[start:end] for start, end in pairwise(edges.tolist())]
    return [(state.ids[index], state.places_m[index], code[index]) for index in rows]


def _remarks(true: GameState, found: GameState, *, source: str) -> list[str]:
    """Return remarks on predictions that can hardly be meant so."""
    if not len(found):
        return [f"{source}: holds nobody in a scored picture; everyone counts as missed. Are the image ids right?"]
    remarks = []
    kinds, found_kinds = _kinds_of_numbers(true), _kinds_of_numbers(found)
    if kinds and found_kinds and not kinds & found_kinds:
        words = f"shirt numbers are {min(found_kinds)}, those of the truth {min(kinds)}"
        remarks.append(f"{source}: {words}; none can agree, as in the official code")
    if kinds and not found_kinds:
        numbered = sum(who.jersey is not None and who.role == "player" for who in true.who)
        remarks.append(
            f"{source}: has no shirt number, so {counted(numbered, 'place')} of players with one cannot match; "
            "--without jersey scores the rest"
        )
    return remarks


def _kinds_of_numbers(state: GameState) -> set[str]:
    """Return the types of the shirt numbers, in words."""
    return {"text" if isinstance(who.jersey, str) else "numbers" for who in state.who if who.jersey is not None}
