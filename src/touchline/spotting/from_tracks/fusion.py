"""Fusion of what tracks, picture and sound say about an event: one calibrated confidence for each candidate.

A picture model is good on pictures like those it learned from, and says next to nothing on others. So it is trusted in
a video only as far as it agrees there with the ball's path (:func:`trust_in_picture`): its scores count by that share,
and peaks that only it sees are candidates of at most that confidence. A model that learned other pictures thus moves
nothing and invents nothing.

The confidence is logistic: ``1 / (1 + exp(-(bias + sum of weight * cue)))`` with the cues of :data:`CUES`. The weights
are fitted by ``benchmarks/fused_events.py --fit`` and stored in ``event-fusion.json`` with its card.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from touchline.core.errors import InputError
from touchline.models.folders import builtin_folder

NAME = "event-fusion"

CUES = ("bias", "tracks", "picture", "no_picture", "sound", "seen", "decoded", "contact")
"""Names of the cues, in the order of the weights; ``tracks`` and ``picture`` are log odds, the others 0 to 1.

``picture`` is multiplied by the trust in the picture model, and ``no_picture`` is what is missing to full trust.
"""

TRACKS_ALONE = (0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
"""Weights that leave the tracks' confidence as it is."""

_EITHER_WAY = ("bias", "no_picture")
"""Cues whose weight may be below 0."""

AGREES = 0.3
"""Score of the picture model from which it agrees with a contact."""

FULL_TRUST = 0.4
"""Agreement beyond chance from which the picture model is fully trusted: contacts are not all right themselves."""

LEAST_TRUST = 0.5
"""Trust below which the picture model does not count at all: half-trusted, it would mostly speak against events."""

FEW = 5.0
"""With so many contacts, the trust in the picture model is half of what their agreement says."""

SOUND_SPAN_S = 2.0
"""Seconds before a restart in which a whistle speaks for it, and after a shot in which the crowd does."""

NEAR_S = 0.2
"""Seconds around a candidate within which the picture's score counts."""

RESTARTS = frozenset({"KICK OFF", "FREE KICK", "GOAL KICK", "CORNER", "THROW IN"})
SHOTS = frozenset({"SHOT", "GOAL"})

_CERTAIN = 3.0
"""Largest log odds of one cue, either way: no single cue decides alone."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for one candidate.

    Attributes:
        tracks: confidence of the tracks' model, 0 to 1.
        picture: highest score of the picture model near the candidate, 0 to 1; None if it does not know the label.
        sound: confidence of a whistle before a restart, or of a swell after a shot, 0 to 1; 0 for other labels.
        seen: share of the pictures around the candidate in which the ball was detected, 0 to 1.
        decoded: whether the tracks' decoder, which knows what can follow what, chose it.
        trust: in the picture model on this video, 0 to 1.
        contact: how much the ball's velocity changes beside a person, 0 to 1; 0 without a contact.

    """

    tracks: float
    picture: float | None = None
    sound: float = 0.0
    seen: float = 1.0
    decoded: bool = True
    trust: float = 1.0
    contact: float = 0.0

    def __post_init__(self) -> None:
        for name in ("tracks", "sound", "seen", "trust", "contact"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name}={getattr(self, name)} is outside 0 to 1")
        if self.picture is not None and not 0.0 <= self.picture <= 1.0:
            raise ValueError(f"picture={self.picture} is outside 0 to 1")

    def cues(self) -> npt.NDArray[np.float64]:
        """Return the cues in the order of :data:`CUES`: float64 (8,)."""
        trust = 0.0 if self.picture is None else self.trust
        picture = 0.0 if self.picture is None else trust * log_odds(self.picture)
        others = (self.sound, self.seen, self.decoded, self.contact)
        return np.array([1.0, log_odds(self.tracks), picture, 1.0 - trust, *others])


def log_odds(share: float) -> float:
    """Return the log odds of a share, limited to three either way."""
    if share <= 0.0 or share >= 1.0:
        return math.copysign(_CERTAIN, share - 0.5)
    return max(-_CERTAIN, min(_CERTAIN, math.log(share / (1.0 - share))))


@dataclass(frozen=True, slots=True)
class LabelFusion:
    """How the evidence for one label becomes a confidence.

    Attributes:
        weights: one for each of :data:`CUES`.
        threshold: confidence from which a candidate is an event by default; 1 for a label that is off.
        held_out: average precision on held-out matches, 0 to 1; None if it was never measured.
        needs_picture: whether it holds up only together with a picture model that is trusted; without, its candidates
            stay below the threshold.

    """

    weights: tuple[float, ...]
    threshold: float
    held_out: float | None = None
    needs_picture: bool = False

    def __post_init__(self) -> None:
        if len(self.weights) != len(CUES) or not 0.0 <= self.threshold <= 1.0:
            raise ValueError(f"weights {self.weights} must be {len(CUES)} and threshold={self.threshold} from 0 to 1")

    def confidence(self, evidence: Evidence) -> float:
        """Return the confidence in a candidate, above 0 and below 1."""
        total = float(np.dot(self.weights, evidence.cues()))
        sure = float(1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total)))))
        trust = 0.0 if evidence.picture is None else evidence.trust
        return min(sure, 0.99 * self.threshold) if self.needs_picture and trust < LEAST_TRUST else sure


LEAST_HELD_OUT = 0.5
"""Average precision on held-out matches under which a label is off by default."""


@dataclass(frozen=True, slots=True)
class FusionModel:
    """How the evidence for every label becomes a confidence.

    Attributes:
        labels: fusion by label.
        fitted_with: SHA-256 of the model of events from tracks that it was fitted with; empty for the rules.
        sha256: SHA-256 of the model's file; empty for a made one.

    """

    labels: Mapping[str, LabelFusion]
    fitted_with: str = ""
    sha256: str = ""

    def confidence(self, label: str, evidence: Evidence) -> float:
        """Return the confidence in a candidate; that of the tracks alone for a label without weights."""
        known = self.labels.get(label)
        return evidence.tracks if known is None else known.confidence(evidence)

    def picture_alone(self, label: str, evidence: Evidence) -> float:
        """Return the confidence in a candidate that only the picture model sees: at most the trust in it."""
        return min(self.confidence(label, evidence), evidence.trust)

    @property
    def thresholds(self) -> dict[str, float]:
        """Confidence by label from which a candidate is an event."""
        return {label: one.threshold for label, one in self.labels.items()}

    @property
    def off(self) -> dict[str, str]:
        """Labels that are off by default, each with the reason in words."""
        return {label: _why_off(one) for label, one in self.labels.items() if one.threshold >= 1.0}


def _why_off(label: LabelFusion) -> str:
    if label.held_out is None:
        return "not measured: too few true ones, or too few claims, in the matches held out"
    sure = "under" if label.held_out < LEAST_HELD_OUT else "not surely over"
    return f"average precision {label.held_out:.2f} on held-out matches, {sure} {LEAST_HELD_OUT:g}"


def trust_in_picture(at_contacts: npt.NDArray[np.float64], anywhere: npt.NDArray[np.float64]) -> float:
    """Return how far a picture model is to be trusted on a video: 0, or :data:`LEAST_TRUST` to 1.

    Args:
        at_contacts: its highest score near each contact with the ball that the tracks know (n,).
        anywhere: the same near each moment of the wide shots (m,): what it scores by chance.

    """
    if not len(at_contacts) or not len(anywhere):
        return 0.0
    agrees, chance = float(np.mean(at_contacts >= AGREES)), float(np.mean(anywhere >= AGREES))
    beyond = max(0.0, agrees - chance) / max(1.0 - chance, 1e-6)
    trust = min(1.0, beyond / FULL_TRUST) * len(at_contacts) / (len(at_contacts) + FEW)
    return trust if trust >= LEAST_TRUST else 0.0


@cache
def load_fusion() -> FusionModel:
    """Load the built-in fusion model.

    Raises:
        InputError: its file is missing or broken: touchline must be installed again.

    """
    path = builtin_folder() / f"{NAME}.json"
    try:
        content = path.read_bytes()
        return fusion_from_json(json.loads(content), sha256=hashlib.sha256(content).hexdigest())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); install touchline again") from error


def fusion_from_json(document: Mapping[str, Any], *, sha256: str = "") -> FusionModel:
    """Return the model of a document that :func:`fusion_to_json` made.

    Raises:
        ValueError: it was made with other cues.

    """
    if tuple(document["cues"]) != CUES:
        raise ValueError(f"cues {document['cues']} are not {list(CUES)}")
    labels = {
        label: LabelFusion(tuple(one["weights"]), one["threshold"], one["held_out"], one["needs_picture"])
        for label, one in document["labels"].items()
    }
    return FusionModel(labels, document["fitted_with"], sha256)


def fusion_to_json(model: FusionModel, *, about: str) -> dict[str, Any]:
    """Return the model as JSON values: weights with four digits."""
    labels = {
        label: {
            "weights": [round(weight, 4) for weight in one.weights],
            "threshold": one.threshold,
            "held_out": one.held_out,
            "needs_picture": one.needs_picture,
        }
        for label, one in model.labels.items()
    }
    return {"about": about, "fitted_with": model.fitted_with, "cues": list(CUES), "labels": labels}


def fit_weights(evidence: list[Evidence], right: list[bool], *, ridge: float = 1.0) -> tuple[float, ...]:
    """Fit the weights of one label by logistic regression; deterministic.

    Weights of all cues but the bias and the missing picture are at least 0: no evidence for an event may speak against
    it. They are pulled towards :data:`TRACKS_ALONE`, which leaves the tracks' confidence as it is.

    Args:
        evidence: what spoke for each candidate.
        right: whether each candidate was an event.
        ridge: how strongly the weights are pulled; the more, the fewer candidates there are.

    """
    from scipy.optimize import minimize

    cues = np.stack([one.cues() for one in evidence])
    truth = np.array(right, np.float64)
    prior = np.array(TRACKS_ALONE)

    def loss(weights: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        total = cues @ weights
        away = weights - prior
        value = float(np.sum(np.logaddexp(0, total) - truth * total) + ridge * away @ away)
        return value, cues.T @ (1 / (1 + np.exp(-total)) - truth) + 2 * ridge * away

    free = (None, None)
    bounds = [free if name in _EITHER_WAY else (0, None) for name in CUES]
    found = minimize(loss, prior, jac=True, bounds=bounds, method="L-BFGS-B")
    return tuple(float(weight) for weight in found.x)
