"""The published one-on-one shots as training data for expected saves: one row per shot on target."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64
from touchline.core.shots import GOAL_YD, SAVED
from touchline.formats.keeper.tables import PoseTable, ShotTable, read_choices, read_poses, read_shots
from touchline.goalkeeping.expected_saves import Support, UsualEngagement
from touchline.goalkeeping.reference import TECHNIQUES, ReferenceRows, reference_rows
from touchline.goalkeeping.shots import FEATURES, geometry

_GRID_STEP_YD = 2.0
_GRID_FROM_X_YD = 80.0
_REACH_YD = 3.0
_LEAST_SHOTS = 4.0
_USUAL_NODES = 6
_USUAL_SHOTS = 80
_USUAL_QUANTILES = 8


@dataclass(frozen=True, slots=True, eq=False)
class SaveData:
    """Shots on target, and their pictures.

    Attributes:
        ids: int64 (n,), of the shots in the published table.
        features: float64 (n, 8), as :data:`touchline.goalkeeping.shots.FEATURES`.
        saved: float64 (n,), 0 or 1.
        pictured: float64 (n,), 1 if a pose of the shot was kept.
        angle_deg: float64 (n,), off the goal's axis, as in the reference recipe.
        technique: float64 (n, 4), share of the shot's pictures that show each technique; 0 if not pictured.
        views: the pictures, for the reference recipe.
        view_of: int64, row of each picture's shot here; -1 if the shot was not on target.

    """

    ids: npt.NDArray[np.int64]
    features: Floats64
    saved: Floats64
    pictured: Floats64
    angle_deg: Floats64
    technique: Floats64
    views: ReferenceRows
    view_of: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)

    def column(self, name: str) -> Floats64:
        """Return one feature (n,)."""
        return self.features[:, FEATURES.index(name)]


@dataclass(frozen=True, slots=True)
class Selection:
    """The selection of the pictured shots: numbers of shots on target, and the share of them that was saved."""

    shots: dict[str, int]
    save_rate: dict[str, float]

    @property
    def said(self) -> str:
        """The selection in words."""
        rate, count = ({k: f"{100 * v:.1f} %" for k, v in self.save_rate.items()}, self.shots)
        parts = {"kept": "with a usable picture", "without_pictures": "without any"}
        among = ", ".join(f"{rate[name]} of the {count[name]} {what}" for name, what in parts.items() if name in rate)
        return (
            f"Learnt from {count['all']} one-on-one shots on target, of which {rate['all']} were saved: {among}. "
            "Chances are for any shot on target unless said to be for pictured ones."
        )


def read_save_data(folder: Path) -> tuple[SaveData, Selection, ShotTable]:
    """Read the published tables in a folder.

    Raises:
        InputError: a table is missing or invalid.

    """
    shots, poses, choices = read_shots(folder), read_poses(folder), read_choices(folder)
    views = reference_rows(shots, poses, choices)
    ids = np.flatnonzero(shots.on_target)
    view_of = np.array([np.searchsorted(ids, shot) if shot in ids else -1 for shot in views.shots], np.int64)
    technique = np.zeros((len(ids), len(TECHNIQUES)))
    np.add.at(technique, (view_of[view_of >= 0], views.technique[view_of >= 0]), 1.0)
    views_each = technique.sum(axis=1, keepdims=True)
    data = SaveData(
        ids=ids,
        features=table_features(shots)[ids],
        saved=(shots.outcome[ids] == SAVED).astype(np.float64),
        pictured=(views_each[:, 0] > 0).astype(np.float64),
        angle_deg=shots.angle_deg[ids],
        technique=technique / np.maximum(views_each, 1),
        views=views,
        view_of=view_of,
    )
    return data, _selection(data, poses), shots


def table_features(shots: ShotTable) -> Floats64:
    """Return features (n, 8) of the published shots; their side of the pitch is unknown."""
    angle = np.deg2rad(shots.angle_deg)
    return geometry(
        GOAL_YD[0] - shots.distance_yd * np.cos(angle),
        GOAL_YD[1] + shots.distance_yd * np.sin(angle),
        engagement=shots.engagement,
        under_pressure=shots.under_pressure,
    )


def _selection(data: SaveData, poses: PoseTable) -> Selection:
    with_picture = np.isin(data.ids, poses.shots)
    groups = {
        "all": np.ones(len(data), bool),
        "with_pictures": with_picture,
        "kept": data.pictured > 0,
        "without_pictures": ~with_picture,
    }
    return Selection(
        {name: int(chosen.sum()) for name, chosen in groups.items()},
        {name: float(data.saved[chosen].mean()) for name, chosen in groups.items() if chosen.any()},
    )


def count_support(data: SaveData) -> Support:
    """Count the shots around every place of a grid, ignoring the side."""
    x = np.arange(_GRID_FROM_X_YD, GOAL_YD[0] + 0.1, _GRID_STEP_YD)
    aside = np.arange(0.0, GOAL_YD[1] + 0.1, _GRID_STEP_YD)
    along = (x[:, None] - data.column("x_yd")) / _REACH_YD
    across = (aside[:, None] - data.column("aside_yd")) / _REACH_YD
    shots = np.exp(-(along**2) / 2) @ np.exp(-(across**2) / 2).T
    return Support(x, aside, np.round(shots, 1), _REACH_YD, _LEAST_SHOTS)


def usual_engagement(shots: ShotTable) -> UsualEngagement:
    """Return the usual engagement of keepers by distance, from all published shots."""
    nodes = np.quantile(shots.distance_yd, (np.arange(_USUAL_NODES) + 0.5) / _USUAL_NODES)
    shares = (np.arange(_USUAL_QUANTILES) + 0.5) / _USUAL_QUANTILES
    around = [np.argsort(np.abs(shots.distance_yd - node))[:_USUAL_SHOTS] for node in nodes]
    return UsualEngagement(nodes, np.stack([np.quantile(shots.engagement[rows], shares) for rows in around]))
