"""The pictures of "Learning From The Pros" drawn again: techniques in two dimensions, and saves by technique.

Like :mod:`touchline.studies.keeper_reference`, this shows what the authors' method gives, flaws included. Its maps move
only the shooter; where the keeper stands is not in their model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from touchline.core.arrays import Floats64
from touchline.core.extras import need
from touchline.formats.files.atomic import make_folder
from touchline.goalkeeping.reference import TECHNIQUES
from touchline.goalkeeping.reference_results import ReferenceFit, fit_as_published, optimal_shares, reference_map
from touchline.render.group_picture import draw_groups, group_sizes
from touchline.render.pitch_picture import ChoicePanel, ValuePanel, draw_pitch_maps
from touchline.studies.keeper_reference import ReferenceTables

TSNE_SEED = 1445
_PERPLEXITY = 30.0
_TSNE_RATE = 200.0
_LIMITS = (0.2, 0.9)
_GAINS = (-0.2, 0.2)
_NOTES = (
    "The published model, flaws included: only the shooter moves, and no gain of a technique is established "
    "(docs/explanation/keeper-technique.md).",
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was drawn.

    Attributes:
        path: the file.
        what: it shows, in words.
        facts: numbers in it.

    """

    path: Path
    what: str
    facts: dict[str, Any]


def draw_reference(tables: ReferenceTables, folder: Path) -> tuple[Picture, ...]:
    """Draw the techniques and the maps into a folder, which is made; equal tables give equal bytes.

    Raises:
        InputError: too few pictures for the published split.
        UsageError: matplotlib or mplsoccer is not installed.
        ResourceError: a file cannot be written.

    """
    make_folder(folder)
    fit = fit_as_published(tables.shots, tables.poses, tables.choices)
    return (_techniques(fit, folder), *_maps(fit, folder, pressed=False), *_maps(fit, folder, pressed=True))


def embedded(features: Floats64) -> Floats64:
    """Return t-SNE of the 33 features of poses in two dimensions (n, 2), with the authors' seed and settings.

    Another version of scikit-learn may turn or bend it: distances between far groups mean nothing.
    """
    manifold = need("sklearn.manifold", what="drawing techniques")
    tsne = manifold.TSNE(
        n_components=2,
        random_state=TSNE_SEED,
        init="random",
        learning_rate=_TSNE_RATE,
        perplexity=min(_PERPLEXITY, (len(features) - 1) / 3),
        n_jobs=1,
    )
    return np.asarray(tsne.fit_transform(features), np.float64)


def _techniques(fit: ReferenceFit, folder: Path) -> Picture:
    rows, path = fit.pictured, folder / "techniques.png"
    points = embedded(rows.features)
    title = f"{len(points)} poses by t-SNE, coloured by published technique"
    note = "Neighbours are alike; distances between groups mean nothing, and other seeds look different."
    draw_groups(path, points, rows.technique, names=TECHNIQUES, title=title, note=note)
    return Picture(path, "techniques by t-SNE", {"poses": group_sizes(rows.technique, names=TECHNIQUES)})


def _maps(fit: ReferenceFit, folder: Path, *, pressed: bool) -> tuple[Picture, Picture]:
    """Draw the save probability with each technique and the best one, and what each adds to the mean of the four."""
    places, saves = reference_map(fit.model, pressed=pressed)
    side = round(len(places) ** 0.5)
    grid, places = saves.reshape(side, side, len(TECHNIQUES)), places.reshape(side, side, 2)
    gains, best = grid - grid.mean(axis=2, keepdims=True), grid.argmax(axis=2)
    words = "under pressure" if pressed else "not under pressure"
    ending = f"{words.replace(' ', '-')}.png"

    def draw(name: str, panels: Sequence[ValuePanel | ChoicePanel], title: str, facts: dict[str, Any]) -> Picture:
        path = folder / f"{name}-{ending}"
        x_yd, y_yd = places[:, 0, 0], places[0, :, 1]
        draw_pitch_maps(path, panels, x_yd=x_yd, y_yd=y_yd, title=f"{title}, shooter {words}", notes=_NOTES)
        return Picture(path, f"{title.lower()}, {words}", facts)

    each = list(enumerate(TECHNIQUES))
    saved = [ValuePanel(name, grid[..., k], _LIMITS, lines=(0.4, 0.5, 0.6, 0.7)) for k, name in each]
    choice = ChoicePanel("Best technique", best, np.ones(best.shape, np.bool_), TECHNIQUES, "none")
    added = [ValuePanel(name, gains[..., k], _GAINS, form="{x:+.0%}", lines=(-0.1, 0.1)) for k, name in each]
    facts = {"lowest": float(saves.min()), "highest": float(saves.max()), "best": optimal_shares(saves)}
    most = dict(zip(TECHNIQUES, gains.max(axis=(0, 1)).tolist(), strict=True))
    return (
        draw("saves", [*saved, choice], "Expected saves by technique", facts),
        draw("gains", added, "Expected saves above the mean of the four techniques", {"most_added": most}),
    )
