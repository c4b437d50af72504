"""With which hand a person plays: one answer over all of a person's sequences, or that it cannot be known.

A recogniser of strokes learnt from right-handed players takes a left-handed player's forehand for a backhand. Seen in
a mirror the same stroke is a right-handed player's forehand: the sequences of players of the other hand are mirrored
before they are recognised.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from touchline.recognition.skeletons import SkeletonRecogniser

Hand = Literal["left", "right"]

SURE = 0.95
"""Least probability of a hand that is taken for known; below it a hand is unknown."""

MOST_LOG_ODDS = 0.7
"""The most that one sequence counts for, twice as likely as not: the network is at times very sure and wrong, and the
sequences of one person look alike, as do the errors in them."""


@dataclass(frozen=True, slots=True)
class Handedness:
    """What the sequences of one person say about the playing hand.

    Attributes:
        hand: None if it cannot be known.
        probability: of the likelier hand, if both are equally frequent; 1 if the user named the hand.
        sequences: number of sequences that it was estimated from.
        said: the finding in words.

    """

    hand: Hand | None
    probability: float
    sequences: int
    said: str

    def to_json(self) -> dict[str, Any]:
        """Return the values for JSON."""
        return {"hand": self.hand or "unknown", "probability": round(self.probability, 4), "sequences": self.sequences}


def estimate_hand(log_odds: npt.ArrayLike) -> Handedness:
    """Estimate a person's hand from the log odds (n,) of the right hand that each sequence gives.

    The log odds are added up, each cut to ``MOST_LOG_ODDS``; a hand is known from a probability of ``SURE`` on, which
    takes five sequences at least.
    """
    each = np.asarray(log_odds, np.float64)
    total = float(np.clip(each, -MOST_LOG_ODDS, MOST_LOG_ODDS).sum())
    likelier: Hand = "right" if total >= 0 else "left"
    probability = float(1 / (1 + np.exp(-abs(total))))
    count = f"{len(each)} sequence" + ("" if len(each) == 1 else "s")
    if probability >= SURE:
        return Handedness(likelier, probability, len(each), f"{likelier}-handed ({probability:.0%}, {count})")
    against = int((each < 0).sum() if total >= 0 else (each >= 0).sum())
    why = f"{against} of {count} speak against it" if len(each) >= 10 else f"{count} are too few"
    if len(each) == 1:
        why = "1 sequence is too little"
    return Handedness(
        None, probability, len(each), f"hand unknown: {likelier} with a probability of {probability:.0%}; {why}"
    )


def mirrored(sequences: npt.NDArray[np.float32], *, mirror: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Return sequences (n, t, joints, 3) as in a mirror: x negated, joints of the two sides exchanged."""
    swapped = sequences[:, :, list(mirror)].copy()
    swapped[..., 0] *= -1
    return swapped


def scores_of_person(
    recogniser: SkeletonRecogniser, sequences: npt.NDArray[np.float32], *, hand: Hand | None = None
) -> tuple[npt.NDArray[np.float32], Handedness | None]:
    """Recognise all sequences of one person at once.

    Args:
        recogniser: a recogniser of joints.
        sequences: float32 (n, t, joints, 3), all of the same person.
        hand: the person's playing hand; None estimates it, and takes an unknown one for that of the training examples.

    Returns:
        Probabilities float32 (n, classes), and the hand; None if hands do not matter to the model.

    Raises:
        ValueError: a hand is named, but hands do not matter to the model; or sequences of another shape.

    """
    usual = recogniser.config.handed
    if usual is None:
        if hand is not None:
            raise ValueError(f"hand={hand!r} does not matter to {recogniser.name}: it was trained without hands")
        return recogniser.scores(sequences), None
    found = Handedness(hand, 1.0, len(sequences), f"{hand}-handed, as given") if hand else None
    if found is None:
        log_odds = recogniser.right_handed(sequences)
        assert log_odds is not None
        found = estimate_hand(log_odds)
    if found.hand in (None, usual):
        return recogniser.scores(sequences), found
    return recogniser.scores(mirrored(sequences, mirror=recogniser.spec.mirror)), found
