"""The page of a season: one self-contained HTML file beside its tables; it loads nothing and runs no script."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from markupsafe import Markup

from touchline.core.geometry.pitch import (
    CIRCLE_M,
    GOAL_AREA_DEPTH_M,
    GOAL_AREA_HALF_M,
    PENALTY_AREA_DEPTH_M,
    PENALTY_AREA_HALF_M,
    STANDARD,
)
from touchline.formats.files.atomic import write_text_atomic
from touchline.report.html import policy, render, static_text
from touchline.season.folder import SeasonFolder
from touchline.season.page import facts
from touchline.season.page.rates import BY_MATCHES_FROM
from touchline.season.page.teams import LEAST_MINUTES, shown_rate, team_sections
from touchline.season.page.values import SeasonValues

_PITCH = {
    "half_length": STANDARD.length_m / 2,
    "half_width": STANDARD.width_m / 2,
    "circle": CIRCLE_M,
    "areas": [(PENALTY_AREA_DEPTH_M, PENALTY_AREA_HALF_M), (GOAL_AREA_DEPTH_M, GOAL_AREA_HALF_M)],
}


def write_season_page(season: SeasonFolder | Path | str, *, title: str = "") -> Path:
    """Write the page of a season into its folder, atomically.

    Args:
        season: the folder of the season; only its tables are read.
        title: heading; empty uses the name of the folder that holds the season.

    Returns:
        The path of the page.

    Raises:
        InputError: the season cannot be read.
        ResourceError: the page cannot be written.

    """
    folder = season if isinstance(season, SeasonFolder) else SeasonFolder(Path(season))
    write_text_atomic(folder.page, season_page(folder, title=title))
    return folder.page


def season_page(folder: SeasonFolder, *, title: str = "") -> str:
    """Return the page of a season as HTML; see :func:`write_season_page`."""
    values = SeasonValues(folder)
    teams, more_teams = team_sections(values)
    shown = title or folder.path.resolve().parent.name or "Season"
    return render(
        "season/season.html",
        title=shown,
        summary=facts.summary(values),
        honesty=facts.honesty(values),
        problems=values.state.problems,
        matches=facts.match_rows(values),
        labels=facts.label_rows(values),
        keepers=facts.keeper_rows(values),
        teams=teams,
        more_teams=more_teams,
        by_matches_from=BY_MATCHES_FROM,
        least_minutes=LEAST_MINUTES,
        pitch=_PITCH,
        shown_rate=shown_rate,
        **_own_files(),
    )


def _own_files() -> dict[str, Any]:
    """Return the style and the policy that allows only this."""
    style = static_text("season.css")
    return {"style": Markup(style), "policy": policy(style=style, script="")}
