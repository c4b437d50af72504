"""The bundle of a live run, written again every few seconds, so that it can be reviewed while the run goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from touchline.analysis.checkpoint import bundle_lock
from touchline.analysis.likeness.marks import heeding
from touchline.analysis.tasks.spot_summary import candidate_thresholds
from touchline.core.clock import US_PER_S
from touchline.core.errors import ResourceError
from touchline.core.events import Coverage, Event, Gap, Scores, Timeline
from touchline.core.version import __version__
from touchline.formats.bundle import (
    CANDIDATES,
    CORRECTIONS,
    EVENTS,
    MANIFEST,
    RESULTS,
    SCORES,
    Bundle,
    Manifest,
    video_fingerprint,
)
from touchline.formats.likeness import LIKENESS, write_likeness
from touchline.live.session import Session, Stated
from touchline.live.source.recording import Part

_FILES = (EVENTS, CANDIDATES, RESULTS, SCORES, LIKENESS)
EVERY_S = 10.0
_SHARE = 20
"""Writing may take this part of the time: hours of scores are written less often."""


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the run's timeline, ``[start_us, end_us)``; ``end_us`` None for what is still running."""

    start_us: int = 0
    end_us: int | None = None

    def holds(self, time_us: int) -> bool:
        """Return whether a time lies in it."""
        return time_us >= self.start_us and (self.end_us is None or time_us < self.end_us)


class LiveBundles:
    """The bundles of a run: one for each part of its recording, or one for a growing file.

    Args:
        session: the run.
        parts: returns the files that hold the video, with their place on the timeline.
        out: folder of the bundles; None puts each beside its file.
        keep_us: parts that ended longer ago than this are removed with their bundles, unless a person has corrected
            them; None keeps all.
        clock: seconds on a clock that never goes back.
        every_s: seconds between two writes.

    Attributes:
        problem: why the latest write failed; "" if it did not.

    """

    def __init__(
        self,
        session: Session,
        *,
        parts: Callable[[], Sequence[Part]],
        clock: Callable[[], float],
        out: Path | None = None,
        keep_us: int | None = None,
        every_s: float = EVERY_S,
    ) -> None:
        self._session, self._parts, self._out, self._keep_us = session, parts, out, keep_us
        self._clock, self._every_s = clock, every_s
        self._next_s = clock() + every_s
        self._bundles: dict[Path, Bundle] = {}
        self._finished: set[Path] = set()
        self._locks: dict[Path, ExitStack] = {}
        self.problem = ""

    @property
    def paths(self) -> list[Path]:
        """The bundles written so far that are kept."""
        return [bundle.path for bundle in self._bundles.values()]

    def event(self, stated: Stated) -> None:
        """Do nothing; events are taken from the run when it is time to write."""
        del stated

    def status(self, record: Mapping[str, Any]) -> None:
        """Write if it is time to; a full disk must not stop the analysis."""
        if record["state"] == "ended" or self._clock() < self._next_s:
            return
        started_s = self._clock()
        try:
            self.write()
            self.problem = ""
        except ResourceError as error:
            self.problem = str(error)
        took_s = self._clock() - started_s
        self._next_s = self._clock() + max(self._every_s, _SHARE * took_s)

    def write(self, *, ended: bool = False) -> None:
        """Write the bundle of every part that may have changed; at the end of the run, for good.

        Raises:
            ResourceError: a file cannot be written.

        """
        for part in self._parts():
            if part.path in self._finished or not part.path.is_file():
                continue
            self._write(part)
            settled_us = self._session.seen_us - 2 * round(self._session.latency.look_ahead_s * US_PER_S)
            if ended or (part.end_us is not None and part.end_us < settled_us):
                self._finished.add(part.path)
                self._locks.pop(part.path).close()
        self._remove_old()

    def _write(self, part: Part) -> None:
        session, span = self._session, Span(part.start_us, part.end_us)
        if part.path not in self._bundles:
            made = Bundle.create(self._out, part.path, fingerprint=video_fingerprint(part.path))
            lock = self._locks.setdefault(part.path, ExitStack())
            lock.enter_context(bundle_lock(made.path))
            self._bundles[part.path] = made
        bundle, spotter = self._bundles[part.path], session.spotter
        events = [event for event in session.final if span.holds(event.time_us)]
        timeline = Timeline(
            tuple(
                Event(
                    event.label,
                    event.time_us - span.start_us,
                    confidence=event.confidence,
                    team=event.team,
                    source=spotter.name,
                )
                for event in events
            )
        )
        likeness, models = session.likeness.found, [spotter.name]
        timeline, withheld = heeding(timeline, likeness=likeness, models=models)
        scores = scores_within(session.scores(), span)
        bundle.write_scores(scores)
        bundle.write_events(timeline)
        candidates = spotter.events(scores, thresholds=candidate_thresholds(session.thresholds))
        bundle.write_candidates(heeding(candidates, likeness=likeness, models=models)[0])
        write_likeness(bundle.path, likeness)
        bundle.write_results(timeline, game=part.path.stem)
        coverage = coverage_within(session.coverage(), span)
        bundle.write_manifest(self._manifest(bundle, part, coverage=coverage, remarks=withheld))

    def _manifest(self, bundle: Bundle, part: Part, *, coverage: Coverage, remarks: tuple[str, ...]) -> Manifest:
        spotter, likeness = self._session.spotter, self._session.likeness.found.to_json()
        return Manifest(
            part.path.name,
            video_fingerprint(part.path),
            models=({"task": "spot", "name": spotter.name, "sha256": spotter.sha256},),
            settings={"spot": {"thresholds": self._session.thresholds, "live": True}},
            coverage=coverage,
            spotting={"remarks": list(remarks)} if remarks else {},
            likeness={name: likeness[name] for name in ("verdict", "line", "models", "withheld")},
            files=bundle.checksums(*_FILES),
            touchline_version=__version__,
        )

    def _remove_old(self) -> None:
        """Remove finished parts that are older than what is kept, with their bundles."""
        if self._keep_us is None:
            return
        oldest_us = self._session.seen_us - self._keep_us
        for part in self._parts():
            bundle = self._bundles.get(part.path)
            if part.path not in self._finished or part.end_us is None or part.end_us >= oldest_us or bundle is None:
                continue
            if not (bundle.path / CORRECTIONS).exists():
                bundle.discard(*_FILES, MANIFEST)
                with suppress(OSError):  # somebody has put something into it
                    bundle.path.rmdir()
                part.path.unlink(missing_ok=True)
                del self._bundles[part.path]


def scores_within(scores: Scores, span: Span) -> Scores:
    """Return the scores of a span, with times from its start."""
    end_us = np.iinfo(np.int64).max if span.end_us is None else span.end_us
    inside = (scores.times_us >= span.start_us) & (scores.times_us < end_us)
    return Scores(scores.values[inside], scores.times_us[inside] - span.start_us, scores.labels)


def coverage_within(coverage: Coverage, span: Span) -> Coverage:
    """Return the coverage of a span, with times from its start."""
    end_us = coverage.duration_us if span.end_us is None else min(span.end_us, coverage.duration_us)
    if span.start_us == 0 and end_us == coverage.duration_us:
        return coverage

    def cut(gaps: tuple[Gap, ...]) -> tuple[Gap, ...]:
        inside = (gap for gap in gaps if gap.start_us < end_us and gap.end_us > span.start_us)
        return tuple(
            Gap(max(0, gap.start_us - span.start_us), min(gap.end_us, end_us) - span.start_us, gap.reason)
            for gap in inside
        )

    return replace(
        coverage,
        duration_us=max(0, end_us - span.start_us),
        gaps=cut(coverage.gaps),
        doubtful=cut(coverage.doubtful),
    )
