"""What has become of the matches of a plan: how many are done, how fast it goes, what is left and what it costs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

from touchline.batch.markers import DONE, FAILED, LOST_S, RUNNING, Done, Failed, Running, read_marker
from touchline.batch.plan import Match, Plan, distinct
from touchline.batch.stores.store import Store

State = Literal["done", "failed", "running", "lost", "waiting"]
STATES: tuple[State, ...] = ("done", "failed", "running", "lost", "waiting")
_READ_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class MatchStatus:
    """One match: its state, and the marker that says so; None while it waits untouched."""

    match: Match
    state: State
    marker: Done | Failed | Running | None


@dataclass(frozen=True, slots=True)
class Status:
    """All matches of a plan.

    Attributes:
        matches: each with its state.
        video_s: length of the videos that are done, seconds.
        worker_s: time that their analyses took, seconds.
        left_video_s: length of the videos that are not finished, estimated by their size; None before any is done.

    """

    matches: tuple[MatchStatus, ...]
    video_s: float
    worker_s: float
    left_video_s: float | None

    @property
    def counts(self) -> Mapping[str, int]:
        """How many matches are in each state."""
        found = Counter(each.state for each in self.matches)
        return {state: found[state] for state in STATES}

    @property
    def speed(self) -> float | None:
        """Seconds of video that a worker analyses in a second; None before any match is done."""
        return self.video_s / self.worker_s if self.worker_s > 0 else None

    @property
    def workers(self) -> int:
        """How many workers are analysing; those that only fetch or store are not counted."""
        running = [each.marker for each in self.matches if each.state == "running"]
        return len({life.worker for life in running if isinstance(life, Running)})

    @property
    def left_s(self) -> float | None:
        """Time left with the workers of now, seconds; None while it cannot be known."""
        if self.left_video_s == 0:
            return 0.0
        if self.left_video_s is None or self.speed is None or not self.workers:
            return None
        return self.left_video_s / (self.speed * self.workers)

    def cost(self, price_per_hour: float) -> tuple[float, float | None]:
        """Return what a price for an hour of a worker comes to: so far, and for what is left (None if unknown)."""
        known = self.left_video_s is not None and self.speed is not None
        left_s = (self.left_video_s or 0.0) / (self.speed or 1.0) if known else None
        return self.worker_s / 3600 * price_per_hour, None if left_s is None else left_s / 3600 * price_per_hour


def read_status(store: Store, plan: Plan, *, lost_s: float = LOST_S) -> Status:
    """Return what has become of every match of a plan.

    Args:
        store: of the plan.
        plan: the plan.
        lost_s: a worker without sign of life for so long is lost.

    """
    names = set(store.names())
    matches = distinct(plan.matches)
    with ThreadPoolExecutor(_READ_AT_ONCE) as pool:
        found = list(pool.map(lambda match: _status(store, match, names, lost_s), matches))
    done = [(each.match, each.marker) for each in found if isinstance(each.marker, Done)]
    left = [each.match for each in found if each.state not in ("done", "failed")]
    video_s = sum(marker.video_s for _, marker in done)
    done_bytes = sum(match.size for match, _ in done)
    left_video_s = sum(match.size for match in left) * video_s / done_bytes if done_bytes else None
    return Status(tuple(found), video_s, sum(marker.wall_s for _, marker in done), 0.0 if not left else left_video_s)


def retry(store: Store, matches: Sequence[Match]) -> list[Match]:
    """Forget the failures of matches, so that workers try them again; return those that had failed."""
    again = []
    for match in distinct(matches):
        if read_marker(store, match.key, Failed) is not None:
            store.remove(f"{match.key}/{RUNNING}")
            store.remove(f"{match.key}/{FAILED}")
            again.append(match)
    return again


def _status(store: Store, match: Match, names: set[str], lost_s: float) -> MatchStatus:
    key = match.key
    if f"{key}/{DONE}" in names:
        return MatchStatus(match, "done", read_marker(store, key, Done))
    if f"{key}/{FAILED}" in names:
        return MatchStatus(match, "failed", read_marker(store, key, Failed))
    life = read_marker(store, key, Running) if f"{key}/{RUNNING}" in names else None
    if life is None or life.step == "stopped":
        return MatchStatus(match, "waiting", life)
    return MatchStatus(match, "running" if life.is_fresh(now=time.time(), lost_s=lost_s) else "lost", life)
