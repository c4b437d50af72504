"""The report, made of a complete bundle."""

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
"""Peaks from here on go into the report, for its sliders."""


class FindsCandidates(Protocol):
    """What gives more events for a report's sliders."""

    def candidates(self, bundle: Bundle, *, thresholds: Mapping[str, float]) -> Timeline | None:
        """Every event that reaches the thresholds; None where that is not known."""
        ...


class ReportTask(MadeOfBundle):
    """``report.html``: the video, its timeline and all that was found.

    Args:
        options: how the page is made.
        spot: gives the events below the thresholds, for the page's sliders; None leaves these out.
        sections: shown besides those that every report has.

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
        """Make the page of what the bundle holds."""
        options = self._options
        if self._spot is not None:
            thresholds = BundleValues(bundle, self._job.info, options).thresholds
            low = {label: min(threshold, _CANDIDATE_THRESHOLD) for label, threshold in thresholds.items()}
            options = replace(options, candidates=self._spot.candidates(bundle, thresholds=low))
        write_report(bundle, self._job.info, options=options, sections=self._sections)
