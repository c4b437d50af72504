"""Reviewed bundles as truth of an evaluation: only what lies inside the reviewed spans is scored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from touchline.core.clock import US_PER_MS, US_PER_S
from touchline.core.columns import columns_from_timeline
from touchline.core.errors import InputError
from touchline.core.labels import label_files
from touchline.formats.bundle import CORRECTIONS, SUFFIX
from touchline.formats.corrections.reviewed import Span, read_reviewed, total_us
from touchline.formats.soccernet.games import GameFile, Pair, Pairing


@dataclass(frozen=True, slots=True)
class ReviewedPart:
    """What was scored of reviewed bundles.

    Attributes:
        reviewed_us: total duration of the reviewed spans, microseconds.
        ignored: number of predictions outside of them, which are neither right nor wrong.

    """

    reviewed_us: int
    ignored: int

    @property
    def minutes(self) -> float:
        """Total duration of the reviewed spans."""
        return self.reviewed_us / US_PER_S / 60

    def record(self) -> dict[str, Any]:
        """Return the values for ``--json``."""
        return {"reviewed_minutes": round(self.minutes, 3), "ignored_predictions": self.ignored}


@dataclass(frozen=True, slots=True)
class ReviewedTruth:
    """The truth of reviewed bundles.

    Attributes:
        games: the accepted events inside the reviewed spans, one entry per bundle.
        spans: reviewed spans by name of the game.

    """

    games: tuple[GameFile, ...]
    spans: Mapping[str, Sequence[Span]]

    def restrict(self, pairing: Pairing) -> tuple[Pairing, ReviewedPart]:
        """Return the pairs with the predictions inside the reviewed spans only, and what that leaves out."""
        pairs, ignored, reviewed_us = [], 0, 0
        for pair in pairing.pairs:
            spans = self.spans[pair.truth.game]
            reviewed_us += total_us(spans)
            found = None if pair.found is None else _inside(pair.found, spans)
            ignored += len(pair.predictions) - (0 if found is None else len(found.columns))
            pairs.append(Pair(pair.truth, found))
        return replace(pairing, pairs=tuple(pairs)), ReviewedPart(reviewed_us, ignored)


def read_reviewed_truth(path: Path) -> ReviewedTruth | None:
    """Read the truth of a reviewed bundle, or of a folder that holds some and no label files; None for others.

    Raises:
        InputError: no part of a bundle was reviewed from end to end, or a file of it is broken.

    """
    bundles = list(_bundles(path))
    if not bundles:
        return None
    games, spans = [], {}
    for bundle in bundles:
        match = read_reviewed(bundle)
        if not match.spans:
            raise InputError(
                f"{bundle}: no part of it is marked as reviewed, so nobody knows which events are missing; mark the "
                f"spans that you went through with touchline review {bundle}"
            )
        game = "" if bundle == path else bundle.relative_to(path).as_posix().removesuffix(SUFFIX)
        source = str(bundle / CORRECTIONS)
        games.append(GameFile(game, "", CORRECTIONS, source, columns_from_timeline(match.truth)))
        spans[game] = match.spans
    return ReviewedTruth(tuple(games), spans)


def _bundles(path: Path) -> Iterator[Path]:
    """Yield the reviewed bundles that a path names."""
    if path.suffix == SUFFIX and path.is_dir():
        yield path
    elif path.is_dir() and not any(next(path.rglob(name), None) for name in label_files()):
        yield from sorted(found.parent for found in path.rglob(f"*{SUFFIX}/{CORRECTIONS}"))


def _inside(file: GameFile, spans: Sequence[Span]) -> GameFile:
    time_us = file.columns.position_ms * US_PER_MS
    keep = np.zeros(len(time_us), np.bool_)
    for start, end in spans:
        keep |= (time_us >= start) & (time_us < end)
    return replace(file, columns=file.columns.take(keep))
