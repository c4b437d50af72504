"""The protocols that spotting scores follow: SoccerNet's challenges by label set, and what was set otherwise."""

from __future__ import annotations

from touchline.core.labels import BALL_12, LABEL_SETS
from touchline.metrics.protocol import ScoringProtocol
from touchline.metrics.spotting import SpottingReport

_STRICT = ScoringProtocol(
    "average-mAP without the peculiarities of SoccerNet's code", "touchline's own definition", verified=False
)
TEAM_MAP = ScoringProtocol(
    "SoccerNet team ball action spotting 2025 (Team-mAP@1)",
    "sn-teamspotting with SoccerNet 0.2.0",
    verified=True,
)

_CODE = "SoccerNet 0.2.0"
CHALLENGES = {
    "soccernet-v2": ("SoccerNet action spotting", ("tight", "loose")),
    "soccernet-v1": ("SoccerNet action spotting of version 1", ("loose",)),
    "ball-2": ("SoccerNet ball action spotting 2023", ("at1",)),
    "ball-12": ("SoccerNet ball action spotting 2024", ("at1",)),
}
"""Label set -> name of its challenge, and the metrics that its leaderboards use."""


def spotting_protocol(report: SpottingReport, label_set: str) -> ScoringProtocol:
    """Return the protocol of a report on the classes of a label set."""
    if report.strict:
        return _STRICT
    known = LABEL_SETS.get(label_set)
    name, metrics = CHALLENGES.get(label_set, ("SoccerNet average-mAP", (report.metric,)))
    return ScoringProtocol(f"{name} ({report.metric})", _CODE, verified=True).but(
        "" if label_set in CHALLENGES else "classes of no challenge",
        "" if report.metric in metrics else f"{report.metric}, not {' or '.join(metrics)}",
        "" if known is None or known.fps == report.fps else f"{report.fps:g} frames per second, not {known.fps:g}",
    )


def team_protocol(report: SpottingReport) -> ScoringProtocol:
    """Return the protocol of a Team-mAP whose scores without teams are in the report."""
    return TEAM_MAP.but(
        "" if report.labels == BALL_12 else "classes other than the 12",
        "" if report.metric == "at1" else f"{report.metric}, not at1",
        "" if report.fps == LABEL_SETS["ball-12"].fps else f"{report.fps:g} frames per second, not 25",
    )
