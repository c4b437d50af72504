"""A keeper's moments: pictures of him joined with the shot they show, ready to be presented to a coach."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from touchline.core.arrays import Rgb
from touchline.core.errors import InputError
from touchline.core.poses import Pose
from touchline.core.shots import Shot
from touchline.goalkeeping.expected_saves import Population, SaveModel, expit, technique_logits
from touchline.goalkeeping.found_keeper import FoundKeeper, find_pose
from touchline.goalkeeping.maps import compare_techniques
from touchline.goalkeeping.pose_finder import SURE, PoseFinderLike
from touchline.goalkeeping.shots import FEATURES, shot_features
from touchline.goalkeeping.technique import Example, TechniqueReading, Techniques, came_prior, name_technique
from touchline.media.stills import read_still

Locate = Callable[[Path, Rgb], FoundKeeper]

NEAREST = 3
UNNAMED = "Goalkeeper"
"""Stands for the keepers of all moments that name nobody; they may be different people."""

_VIEW = re.compile(r"^(.*?)-\d+$")
_PICTURE_PX = 640


@dataclass(frozen=True, slots=True, eq=False)
class SeenKeeper:
    """A keeper in one picture.

    Attributes:
        name: name of the picture.
        rgb: uint8 (h, w, 3), the region around him, at most 640 pixels long.
        pose: in pixels of ``rgb``.
        note: remark for the reader; empty if there is none.

    """

    name: str
    rgb: Rgb
    pose: Pose
    note: str = ""


@dataclass(frozen=True, slots=True)
class TechniqueChance:
    """The predicted effect of one technique.

    Attributes:
        name: of the technique.
        share: how often professionals with that engagement show it, 0 to 1.
        p_save: save probability with it, by the technique's effect, shown or not.
        chance_best: probability that it is the best of all here.

    """

    name: str
    share: float
    p_save: float
    chance_best: float


@dataclass(frozen=True, slots=True, eq=False)
class SaveChance:
    """The probability that a shot is saved if it is on target.

    Attributes:
        p, low, high: the probability and its 95 % interval.
        shots_near: number of training shots around there.
        enough: whether that number is sufficient.
        techniques: the effect of each technique, in the model's order.
        gain: the shown technique's probability minus the mean of all; None if the technique is unknown.

    """

    p: float
    low: float
    high: float
    shots_near: float
    enough: bool
    techniques: tuple[TechniqueChance, ...]
    gain: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """One shot at a keeper, with all pictures of it.

    Attributes:
        title: its title.
        keeper: his name, or None.
        shot: None if no table has it.
        seen: the pictures; may be empty.
        reading: the technique, from all pictures together.
        saves: None without a shot.
        nearest: professionals with the most similar poses.
        notes: remarks for the reader.

    """

    title: str
    keeper: str | None
    shot: Shot | None
    seen: tuple[SeenKeeper, ...]
    reading: TechniqueReading
    saves: SaveChance | None
    nearest: tuple[Example, ...]
    notes: tuple[str, ...] = ()


def look_at(path: Path, *, finder: PoseFinderLike, locate: Locate) -> SeenKeeper:
    """Find the keeper in a picture file.

    Raises:
        InputError: the picture is unusable.

    """
    rgb = read_still(path)
    pose, box, note = find_pose(rgb, finder, keeper=locate(path, rgb))
    return cut_out(path.name, rgb, pose, box_xyxy=box, note=note)


def cut_out(name: str, rgb: Rgb, pose: Pose, *, box_xyxy: Sequence[float], note: str = "") -> SeenKeeper:
    """Cut out the part of a picture that is shown: the box, with the pose in its pixels."""
    height, width = rgb.shape[:2]
    x0, y0 = (int(max(0, np.floor(v))) for v in box_xyxy[:2])
    x1, y1 = int(min(width, np.ceil(box_xyxy[2]))), int(min(height, np.ceil(box_xyxy[3])))
    part = rgb[y0:y1, x0:x1]
    step = max(1, -(-max(part.shape[:2]) // _PICTURE_PX))
    places = ((pose.joints_px - np.array([x0, y0])) / step).astype(np.float32)
    return SeenKeeper(
        name, np.ascontiguousarray(part[::step, ::step]), Pose(places, pose.confidence, pose.joints_3d), note
    )


def shots_of_pictures(names: Sequence[str], shots: Sequence[Shot]) -> list[int | None]:
    """Find the shot that each picture shows: its id is the picture's name, without suffix and ``-2`` of a second view.

    Args:
        names: of pictures, such as ``"382-2.png"``.
        shots: with ids.

    Returns:
        For each picture an index into the shots, or None.

    """
    by_id = {shot.id: k for k, shot in enumerate(shots)}
    found: list[int | None] = []
    for name in names:
        stem = Path(name).stem
        match = _VIEW.match(stem)
        candidates = (name, stem, match[1] if match else stem)
        found.append(next((by_id[c] for c in candidates if c in by_id), None))
    return found


def moments_of(
    seen: Sequence[SeenKeeper],
    shots: Sequence[Shot],
    *,
    model: SaveModel,
    techniques: Techniques,
    population: Population = "all",
    pictured_only: bool = True,
) -> list[Moment]:
    """Join pictures and shots, and compute what follows from both.

    Args:
        seen: keepers in pictures; several pictures of a shot count as one observation.
        shots: of a table; may be empty.
        model: of expected saves.
        techniques: the known techniques.
        population: of the shots, for the model.
        pictured_only: omit shots without a picture.

    """
    which = shots_of_pictures([one.name for one in seen], shots)
    views: dict[int, list[SeenKeeper]] = {}
    alone: list[SeenKeeper] = []
    for one, index in zip(seen, which, strict=True):
        if index is None:
            alone.append(one)
        else:
            views.setdefault(index, []).append(one)
    order = sorted(views) if pictured_only else range(len(shots))
    moments = [
        moment_of(views.get(k, []), shots[k], model=model, techniques=techniques, population=population) for k in order
    ]
    missing = ("no shot of the table has this picture's name: the chance of a save is unknown",) if shots else ()
    moments += [
        moment_of([one], None, model=model, techniques=techniques, population=population, notes=missing)
        for one in alone
    ]
    return moments


def moment_of(
    seen: Sequence[SeenKeeper],
    shot: Shot | None,
    *,
    model: SaveModel,
    techniques: Techniques,
    population: Population = "all",
    notes: Sequence[str] = (),
) -> Moment:
    """Build one moment from its pictures and its shot; either may be missing."""
    engagement = None if shot is None else shot.engagement
    reading = read_technique(seen, engagement=engagement, techniques=techniques)
    if shot is not None and shot.technique is not None:
        notes = (*notes, f"the table says {shot.technique}")
    saves = (
        None if shot is None else chance_of(shot, reading, model=model, techniques=techniques, population=population)
    )
    nearest = () if reading.joints is None else tuple(techniques.nearest_examples(reading.joints, count=NEAREST))
    title = seen[0].name if seen else (shot.id if shot is not None else "")
    if shot is not None and shot.id:
        title = shot.id
    return Moment(
        title, None if shot is None else shot.keeper, shot, tuple(seen), reading, saves, nearest, tuple(notes)
    )


def read_technique(seen: Sequence[SeenKeeper], *, engagement: float | None, techniques: Techniques) -> TechniqueReading:
    """Read the technique that all pictures of a moment show together."""
    posed = [one for one in seen if one.pose.joints_3d is not None]
    if not posed:
        why = "no joints in space were found" if seen else "there is no picture"
        return TechniqueReading(None, 0.0, {}, {}, f"cannot tell: {why}")
    joints = np.stack([np.asarray(one.pose.joints_3d, np.float64) for one in posed])
    visible = np.stack([one.pose.confidence >= SURE for one in posed])
    return name_technique(joints, engagement=engagement, visible=visible, techniques=techniques)


def chance_of(
    shot: Shot, reading: TechniqueReading, *, model: SaveModel, techniques: Techniques, population: Population
) -> SaveChance:
    """Predict a shot's save probability, and the effect of each technique."""
    shown = reading.name if reading.name in model.techniques.names else None
    estimate = model.predict([shot], techniques=[shown], population=population)
    features = shot_features([shot])
    column = FEATURES.index("engagement")
    if not np.isfinite(features[0, column]):
        usual = float(model.usual.median(np.exp(features[:, 0]))[0])
        features = shot_features([Shot(shot.x_yd, shot.y_yd, under_pressure=shot.under_pressure, engagement=usual)])
    eta = model.logits(features, population=population)[0]
    moved, best = compare_techniques(model, features)
    share = (
        came_prior(features[:, column], mean=techniques.engagement_mean, sd=techniques.engagement_sd)[0]
        * techniques.share
    )
    known: Mapping[str, float] = dict(zip(techniques.names, (share / share.sum()).tolist(), strict=True))
    chances = expit(eta + moved[:, 0])
    rows = tuple(
        TechniqueChance(name, known.get(name, float("nan")), float(chances[k]), float(best[k, 0]))
        for k, name in enumerate(model.techniques.names)
    )
    gain = None
    if shown is not None:
        at = float(expit(eta + technique_logits(model, features, [shown])[0])[0])
        gain = at - float(chances.mean())
    near = float(estimate.shots_near[0])
    return SaveChance(
        float(estimate.p[0]),
        float(estimate.low[0]),
        float(estimate.high[0]),
        near,
        near >= model.support.least,
        rows,
        gain,
    )


def by_keeper(moments: Sequence[Moment]) -> dict[str, list[Moment]]:
    """Group moments by the keeper's name, in order of appearance; those without a name under ``UNNAMED``."""
    found: dict[str, list[Moment]] = {}
    for moment in moments:
        found.setdefault(moment.keeper or UNNAMED, []).append(moment)
    return found


def require_known(keeper: str, moments: Sequence[Moment]) -> list[Moment]:
    """Return one keeper's moments.

    Raises:
        InputError: no keeper has that name.

    """
    found = by_keeper(moments)
    if keeper not in found:
        raise InputError(f"keeper {keeper!r} is unknown; the keepers are {', '.join(sorted(found))}")
    return found[keeper]
