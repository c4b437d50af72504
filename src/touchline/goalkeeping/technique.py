"""The technique that a keeper's pose shows, from built-in parameters; "cannot tell" is a possible answer.

A pose is rotated and scaled so that neither the camera nor the size in the picture matters, and its x and y are
compared with the centre of each technique as shown by professionals. The confidence is the probability that another
picture of the same moment would get the same name, measured on shots that were pictured from several sides. How it was
fitted and how reliable it is: ``docs/explanation/keeper-technique.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Bools, Floats64
from touchline.core.errors import InputError
from touchline.core.poses import BONES, JOINTS
from touchline.formats.files.guard import reading
from touchline.formats.files.json_files import parse_object
from touchline.goalkeeping.views import bone_lengths, face_camera, widest

BUILTIN = "keeper-technique.json"
VERSION = 1
NEEDED = ("right_hip", "left_hip", "right_wrist", "left_wrist")
"""Without these joints it is unknown from which side the keeper is seen."""

LEAST_JOINTS = 12
_TINY = 1e-12
_LEAST_PRIOR = 1e-6
_LEAST_LEAD = 0.01
LEAST_CONFIDENCE = 0.5
"""Below this confidence, another picture of the same moment would more likely get another name."""


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """A professional's pose, made comparable; the mean pose if the shot was pictured from several sides.

    Attributes:
        shot: number of the shot in the published table.
        technique: index into the names.
        joints: float64 (16, 3), scaled to a mean bone length of 1.
        outcome: StatsBomb's name of the shot's outcome.

    """

    shot: int
    technique: int
    joints: Floats64
    outcome: str


@dataclass(frozen=True, slots=True, eq=False)
class PoseMap:
    """A 2-D map of poses, for display only: the two directions in which professionals vary most (PCA).

    Attributes:
        mean: float64 (32,), x and y joint by joint.
        axes: float64 (2, 32).
        points: float64 (n, 2), one per professional's shot.
        technique: int64 (n,).
        explained: share of the variance along the two directions.

    """

    mean: Floats64
    axes: Floats64
    points: Floats64
    technique: npt.NDArray[np.int64]
    explained: float

    def place(self, joints: Floats64) -> Floats64:
        """Return the place (2,) of a comparable pose (16, 3); hidden joints (NaN) count as average."""
        off = joints[:, :2].ravel() - self.mean
        return np.asarray(self.axes @ np.where(np.isfinite(off), off, 0.0))


@dataclass(frozen=True, slots=True, eq=False)
class Techniques:
    """The parameters of the known techniques.

    Attributes:
        names: of the techniques, in the order of all other attributes.
        centres: float64 (k, 16, 2), centre of each technique.
        share: float64 (k,), share of the professionals' shots.
        engagement_mean, engagement_sd: float64 (k,), engagement of the professionals who show it.
        temperature: of the softmax that turns squared distances into probabilities.
        confidence: constant and slope that turn the lead of the most likely technique (``lead_of``) into the log-odds
            that another picture of the moment gets the same name.
        farthest: 99th percentile of the squared distance to the nearest centre over professional pictures.
        bones: float64 (14,), mean bone lengths of comparable poses.
        examples: professionals' poses, some for each technique.
        map: for display.
        facts: number of shots, stability, agreement of two pictures; plain values.

    """

    names: tuple[str, ...]
    centres: Floats64
    share: Floats64
    engagement_mean: Floats64
    engagement_sd: Floats64
    temperature: float
    confidence: tuple[float, float]
    farthest: float
    bones: Floats64
    examples: tuple[Example, ...]
    map: PoseMap
    facts: Mapping[str, Any]

    def __post_init__(self) -> None:
        count = len(self.names)
        shapes = {
            "centres": (self.centres.shape, (count, len(JOINTS), 2)),
            "share": (self.share.shape, (count,)),
            "engagement_mean": (self.engagement_mean.shape, (count,)),
            "engagement_sd": (self.engagement_sd.shape, (count,)),
            "bones": (self.bones.shape, (len(BONES),)),
        }
        for name, (shape, wanted) in shapes.items():
            if shape != wanted:
                raise ValueError(f"{name} has shape {shape}, not {wanted}")
        if not (self.temperature > 0 and self.farthest > 0):
            raise ValueError(f"temperature {self.temperature} and farthest {self.farthest} must be above 0")

    def nearest_examples(self, joints: Floats64, *, count: int = 3) -> list[Example]:
        """Return the examples nearest to a comparable pose (16, 3), the nearest first."""
        apart = [float(np.nansum((example.joints - joints)[:, :2] ** 2)) for example in self.examples]
        return [self.examples[i] for i in np.argsort(apart, kind="stable")[:count]]


@dataclass(frozen=True, slots=True, eq=False)
class TechniqueReading:
    """The technique that a picture shows, or the reason why it is unknown.

    Attributes:
        name: of the technique; None for "cannot tell from this picture".
        confidence: probability, 0 to 1, that another picture of the moment would get the most likely name here.
        probabilities: of each technique, summing to 1; empty if the pose could not be compared.
        distances: to the centre of each technique, in mean bone lengths per joint; empty likewise.
        reason: why there is no name; empty if there is one.
        joints: float64 (16, 3), the comparable pose, NaN where hidden; None if it could not be computed.

    """

    name: str | None
    confidence: float
    probabilities: Mapping[str, float]
    distances: Mapping[str, float]
    reason: str = ""
    joints: Floats64 | None = None

    def to_json(self) -> dict[str, Any]:
        """Convert to plain values, without the pose."""
        return {
            "technique": self.name,
            "confidence": round(self.confidence, 4),
            "probabilities": {name: round(p, 4) for name, p in self.probabilities.items()},
            "distances": {name: round(d, 4) for name, d in self.distances.items()},
            "reason": self.reason,
        }


def load_techniques(path: Path | None = None) -> Techniques:
    """Load the built-in techniques, or those of a file that ``touchline keeper fit`` wrote.

    Raises:
        InputError: the file is missing or has another layout.

    """
    source = path or resources.files("touchline.models") / "builtin" / BUILTIN
    with reading(str(source), what="a techniques file"):
        document = parse_object(source.read_bytes(), source=str(source))
        if document.get("version") != VERSION:
            raise InputError(f"{source}: techniques file of version {document.get('version')!r}; expected {VERSION}")
        return _techniques(document)


def techniques_json(techniques: Techniques) -> dict[str, Any]:
    """Convert to plain values, as read by :func:`load_techniques`."""
    return {
        "version": VERSION,
        "names": list(techniques.names),
        "centres": techniques.centres.round(4).tolist(),
        "share": techniques.share.round(4).tolist(),
        "engagement_mean": techniques.engagement_mean.round(4).tolist(),
        "engagement_sd": techniques.engagement_sd.round(4).tolist(),
        "temperature": round(techniques.temperature, 5),
        "confidence": [round(value, 4) for value in techniques.confidence],
        "farthest": round(techniques.farthest, 4),
        "bones": techniques.bones.round(4).tolist(),
        "examples": [
            {"shot": e.shot, "technique": e.technique, "outcome": e.outcome, "joints": e.joints.round(2).tolist()}
            for e in techniques.examples
        ],
        "map": {
            "mean": techniques.map.mean.round(4).tolist(),
            "axes": techniques.map.axes.round(4).tolist(),
            "points": techniques.map.points.round(3).tolist(),
            "technique": techniques.map.technique.tolist(),
            "explained": round(techniques.map.explained, 4),
        },
        "facts": dict(techniques.facts),
    }


def name_technique(
    pose_xyz: npt.ArrayLike,
    *,
    engagement: float | None = None,
    visible: npt.ArrayLike | None = None,
    techniques: Techniques | None = None,
) -> TechniqueReading:
    """Name the technique that a pose shows, or give the reason why it is unknown.

    Args:
        pose_xyz: (16, 3), or (views, 16, 3) for several pictures of one moment, which are averaged.
        engagement: how far the keeper had come (keeper to shooter over goal to shooter), if known: techniques that
            professionals show at such an engagement become more likely.
        visible: bool, shape of ``pose_xyz`` without its last axis; all visible if None.
        techniques: the built-in ones if None.

    """
    known = techniques or load_techniques()
    poses = np.asarray(pose_xyz, np.float64)
    poses = poses[None] if poses.ndim == 2 else poses
    if poses.shape[1:] != (len(JOINTS), 3):
        raise ValueError(f"pose_xyz has shape {np.shape(pose_xyz)}, not (16, 3) or (views, 16, 3)")
    seen = np.ones(poses.shape[:2], bool) if visible is None else np.array(visible, bool).reshape(poses.shape[:2])
    seen &= np.isfinite(poses).all(axis=2)
    usable = [i for i in range(len(poses)) if not _trouble(poses[i], seen[i])]
    if not usable:
        return TechniqueReading(None, 0.0, {}, {}, _trouble(poses[0], seen[0]))
    joints = mean_view([as_comparable(poses[i], seen[i], bones=known.bones) for i in usable])
    return _judge(joints, engagement=engagement, known=known)


def as_comparable(pose_xyz: Floats64, seen: Bools, *, bones: Floats64) -> Floats64:
    """Rotate and scale a pose (16, 3), NaN where hidden; equals ``views.comparable`` if nothing is hidden."""
    filled = np.where(seen[:, None], pose_xyz, 0.0)
    turned = face_camera(widest(filled[None]))[0]
    there = np.array([seen[a] and seen[b] for a, b in BONES])
    lengths = bone_lengths(turned[None])[0]
    return np.where(seen[:, None], turned * bones[there].mean() / lengths[there].mean(), np.nan)


def mean_view(poses: Sequence[Floats64]) -> Floats64:
    """Average comparable poses of one moment, (16, 3), over the views that show each joint; NaN if none does."""
    stack = np.stack(list(poses))
    there = np.isfinite(stack)
    count = there.sum(axis=0)
    total = np.where(there, stack, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def squared_distances(joints: Floats64, centres: Floats64) -> Floats64:
    """Return squared distances (k,) of a comparable pose (16, 3) to centres (k, 16, 2).

    A hidden joint counts as the mean of the visible ones.
    """
    apart = ((joints[None, :, :2] - centres) ** 2).sum(axis=2)
    there = np.isfinite(apart[0])
    return np.asarray(apart[:, there].mean(axis=1) * len(JOINTS))


def probabilities_of(squared: Floats64, *, temperature: float, prior: Floats64 | None = None) -> Floats64:
    """Return probabilities (..., k) of techniques from squared distances (..., k); the prior is uniform if None."""
    logits = -squared / temperature + (0.0 if prior is None else np.log(prior))
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


def confidence_of(probabilities: Floats64, *, calibration: tuple[float, float]) -> Floats64:
    """Return the probability (...,) that another picture gets the most likely name, from probabilities (..., k)."""
    constant, slope = calibration
    return np.asarray(1 / (1 + np.exp(-constant - slope * lead_of(probabilities))))


def lead_of(probabilities: Floats64) -> Floats64:
    """Return the lead (...,) of the most likely technique: the logarithm of its log-odds to the next, from (..., k)."""
    ordered = np.log(np.maximum(np.sort(probabilities, axis=-1), _TINY))
    return np.asarray(np.log(np.maximum(ordered[..., -1] - ordered[..., -2], _LEAST_LEAD)))


def _trouble(pose: Floats64, seen: Bools) -> str:
    """Return the reason why a pose cannot be compared; empty if it can."""
    hidden = [name.replace("_", " ") for name in NEEDED if not seen[JOINTS.index(name)]]
    if hidden:
        return (
            f"cannot tell from this picture: {' and '.join(hidden)} not seen, so neither is which way the keeper faces"
        )
    if seen.sum() < LEAST_JOINTS:
        return f"cannot tell from this picture: {seen.sum()} of {len(JOINTS)} joints seen, {LEAST_JOINTS} needed"
    if not np.ptp(pose[seen], axis=0).max() > 0:
        return "cannot tell from this picture: all joints lie in one point"
    return ""


def _judge(joints: Floats64, *, engagement: float | None, known: Techniques) -> TechniqueReading:
    squared = squared_distances(joints, known.centres)
    p = probabilities_of(squared, temperature=known.temperature, prior=_prior(engagement, known))
    best, confidence = int(p.argmax()), float(confidence_of(p, calibration=known.confidence))
    named = dict(zip(known.names, p.tolist(), strict=True))
    distances = dict(zip(known.names, np.sqrt(squared / len(JOINTS)).tolist(), strict=True))
    reason = ""
    if squared.min() > known.farthest:
        reason = "cannot tell from this picture: the pose is unlike those of 99 in 100 professional pictures"
    elif confidence < LEAST_CONFIDENCE:
        second = int(np.argsort(p)[-2])
        reason = f"cannot tell from this picture: between {known.names[best]} and {known.names[second]}"
    return TechniqueReading(None if reason else known.names[best], confidence, named, distances, reason, joints)


def _prior(engagement: float | None, known: Techniques) -> Floats64 | None:
    if engagement is None:
        return None
    return came_prior(np.array([engagement]), mean=known.engagement_mean, sd=known.engagement_sd)[0]


def came_prior(engagement: Floats64, *, mean: Floats64, sd: Floats64) -> Floats64:
    """Return the density of engagements (n,) under each technique: (n, k), from mean and deviation (k,)."""
    logits = -np.log(sd) - ((engagement[:, None] - mean) / sd) ** 2 / 2
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.maximum(raised / raised.sum(axis=1, keepdims=True), _LEAST_PRIOR)


def _techniques(document: Mapping[str, Any]) -> Techniques:
    shown = document["map"]

    def array(values: Any) -> Floats64:
        return np.array(values, np.float64)

    return Techniques(
        names=tuple(document["names"]),
        centres=array(document["centres"]),
        share=array(document["share"]),
        engagement_mean=array(document["engagement_mean"]),
        engagement_sd=array(document["engagement_sd"]),
        temperature=float(document["temperature"]),
        confidence=(float(document["confidence"][0]), float(document["confidence"][1])),
        farthest=float(document["farthest"]),
        bones=array(document["bones"]),
        examples=tuple(
            Example(int(e["shot"]), int(e["technique"]), array(e["joints"]), str(e["outcome"]))
            for e in document["examples"]
        ),
        map=PoseMap(
            array(shown["mean"]),
            array(shown["axes"]),
            array(shown["points"]),
            np.array(shown["technique"], np.int64),
            float(shown["explained"]),
        ),
        facts=dict(document["facts"]),
    )
