"""The task that makes the report from a complete bundle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from touchline.analysis.tasks.made_of_bundle import MadeOfBundle
from touchline.analysis.tasks.task import EVERYTHING
from touchline.core.events import Coverage, Timeline
from touchline.formats.bundle import REPORT, Bundle
from touchline.report.options import ReportOptions
from touchline.report.page import write_report
from touchline.report.sections.registry import SECTIONS
from touchline.report.sections.section import Section
from touchline.report.values import BundleValues

_CANDIDATE_THRESHOLD = 0.05
"""Confidence from which peaks go into the report as candidates for its sliders."""


class FindsCandidates(Protocol):
    """A task that provides events below the thresholds for a report's sliders."""

    def candidates(self, bundle: Bundle, *, thresholds: Mapping[str, float]) -> Timeline | None:
        """Return every event that reaches the thresholds; None if that is unknown."""
        ...


class ReportTask(MadeOfBundle):
    """``report.html``: the video, its timeline and all results.

    Args:
        options: settings of the page.
        spot: the task that provides events below the thresholds for the page's sliders; None leaves them out.
        sections: sections in addition to those that every report has.

    """

    name = "report"
    files = (REPORT,)
    needs = (EVERYTHING,)

    def __init__(
        self, options: ReportOptions, *, spot: FindsCandidates | None = None, sections: Sequence[Section] = ()
    ) -> None:
        super().__init__()
        self._options = options
        self._spot = spot
        self._sections = (*SECTIONS, *sections)

    def write(self, bundle: Bundle, *, coverage: Coverage) -> None:
        """Write the page from the contents of the bundle."""
        options = self._options
        if self._spot is not None:
            thresholds = BundleValues(bundle, self._job.info, options).thresholds
            low = {label: min(threshold, _CANDIDATE_THRESHOLD) for label, threshold in thresholds.items()}
            options = replace(options, candidates=self._spot.candidates(bundle, thresholds=low))
        write_report(bundle, self._job.info, options=options, sections=self._sections)
