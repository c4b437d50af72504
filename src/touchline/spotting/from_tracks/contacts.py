"""Stand-in until the finder of contacts is merged."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Contact:
    """A moment at which somebody touches the ball."""

    time_us: int
    track_id: int | None
    team: str | None
    xy_px: tuple[float, float]
    place_m: tuple[float, float] | None
    strength: float
    reason: str
