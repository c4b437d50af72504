"""Whether teams are scored, and what a user should know of the teams in the files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from touchline.core.columns import EventColumns
from touchline.core.errors import UsageError
from touchline.core.labels import BALL_12
from touchline.core.wording import counted
from touchline.formats.soccernet.games import GameFile
from touchline.metrics.spotting.teams import TeamReport

TEAM = "team-"
"""Beginning of the name of a metric that scores teams, as in ``team-at1``."""


@dataclass(frozen=True, slots=True)
class ChosenMetric:
    """The metric to score with: its tolerances, None for the label set's, and whether teams count."""

    metric: str | None
    team: bool

    def default_labels(
        self, labels: str | Sequence[str] | None, truth: Sequence[GameFile]
    ) -> str | Sequence[str] | None:
        """Return the labels asked for; all 12 classes of the ball if teams are scored and the truth fits them."""
        if labels is not None or not self.team:
            return labels
        return "ball-12" if {label for file in truth for label in file.columns.labels} <= set(BALL_12) else None


def choose_metric(
    wanted: str | None, truth: Sequence[GameFile], found: Sequence[GameFile], *, strict: bool
) -> ChosenMetric:
    """Return the metric asked for, or with teams where the files have them.

    Raises:
        UsageError: teams are to be scored strictly, which is not defined.

    """
    if wanted is not None and not wanted.startswith(TEAM):
        return ChosenMetric(wanted, team=False)
    if wanted is None and (strict or not _all_have_sides(truth) or not _have_sides(found)):
        return ChosenMetric(None, team=False)
    if strict:
        raise UsageError(f"metric {wanted!r} has no strict form: leave out --strict, or the {TEAM!r} of the metric")
    return ChosenMetric(None if wanted is None else wanted.removeprefix(TEAM), team=True)


def team_remarks(report: TeamReport, truth: Sequence[EventColumns], found: Sequence[EventColumns]) -> list[str]:
    """Return remarks on events without a side or outside the first half, and on an undefined result."""
    remarks = []
    for word, games in (("true event", truth), ("prediction", found)):
        without = sum(_without_side(game, report.labels) for game in games)
        if without:
            remarks.append(f"{counted(without, word)} without team left or right, left out of Team-mAP")
    later = sum(int((game.half != 1).sum()) for game in truth)
    if later:
        remarks.append(f"{counted(later, 'true event')} outside half 1, left out as in the official code")
    unseen = [label for label, count in zip(report.labels, report.truths.sum(axis=1), strict=True) if not count]
    if unseen:
        remarks.append(
            f"no true event of {', '.join(unseen)}: the official Team-mAP is undefined; "
            f"over the other actions it is {100 * report.of_seen_classes():.2f}"
        )
    return remarks


def _without_side(game: EventColumns, labels: Sequence[str]) -> int:
    """Return the number of scored events without a side."""
    scored = [number for number, label in enumerate(game.labels) if label in labels]
    sides = [-1] * len(game) if game.side is None else game.side.tolist()
    return sum(label in scored and side < 0 for label, side in zip(game.label.tolist(), sides, strict=True))


def _have_sides(files: Sequence[GameFile]) -> bool:
    """Return whether an event has a side."""
    return any(file.columns.side is not None for file in files)


def _all_have_sides(files: Sequence[GameFile]) -> bool:
    """Return whether there are events and each has a side."""
    full = [file.columns for file in files if len(file.columns)]
    return bool(full) and all(one.side is not None and bool((one.side >= 0).all()) for one in full)
