"""Totals over all moments of a keeper, in numbers and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from touchline.goalkeeping.expected_saves import SaveModel
from touchline.goalkeeping.moments import Moment
from touchline.goalkeeping.technique import Techniques


@dataclass(frozen=True, slots=True)
class Saves:
    """Counts of the shots whose outcome is known to be a save or a goal.

    Attributes:
        moments: all moments, including those with an unknown outcome.
        known: shots known to be on target.
        saved: saves among these.
        expected: expected number of saves among these for an average keeper.
        chance: half-width of the 95 % interval of saves due to chance alone.

    """

    moments: int
    known: int
    saved: int
    expected: float
    chance: float


def count_saves(moments: Sequence[Moment]) -> Saves:
    """Count the actual and expected saves among moments."""
    known = [m for m in moments if m.shot is not None and m.saves is not None and m.shot.on_target]
    chances = np.array([m.saves.p for m in known if m.saves is not None])
    saved = sum(m.shot is not None and m.shot.saved for m in known)
    spread = float(np.sqrt((chances * (1 - chances)).sum()))
    return Saves(len(moments), len(known), saved, float(chances.sum()), 1.96 * spread)


def in_words(moments: Sequence[Moment]) -> str:
    """Return moments, saves and techniques in a sentence."""
    counted = count_saves(moments)
    parts = [f"{counted.moments} {'moment' if counted.moments == 1 else 'moments'}"]
    if counted.known:
        expectation = f"{counted.expected:.1f} ± {counted.chance:.1f} expected (95 %, chance alone)"
        parts.append(f"{counted.known} shots on target: {counted.saved} saved, {expectation}")
    shown = [m.reading.name for m in moments if m.reading.name]
    by_name = ", ".join(f"{name} {shown.count(name)}" for name in dict.fromkeys(shown))
    parts.append(f"technique known in {len(shown)} of {len(moments)}" + (f": {by_name}" if by_name else ""))
    return f"{'; '.join(parts)}."


def remarks(model: SaveModel, techniques: Techniques) -> list[str]:
    """Return remarks on how far the numbers can be trusted."""
    pairs = techniques.facts.get("two_pictures", {})
    lines = [model.said, model.techniques.said]
    if "agree" in pairs:
        lines.append(
            f"Two pictures of a professional facing the same shot give the same technique in {pairs['agree']:.0%} of "
            f"{pairs['pairs']} pairs: a technique read from one picture is a hint, not a finding."
        )
    return lines
