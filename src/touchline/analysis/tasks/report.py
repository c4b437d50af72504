"""The task that makes the report from a complete bundle."""

from __future__ import annotations

from collections.abc import Sequence

from touchline.analysis.tasks.made_of_bundle import MadeOfBundle
from touchline.analysis.tasks.task import EVERYTHING
from touchline.core.events import Coverage
from touchline.formats.bundle import REPORT, Bundle
from touchline.report.options import ReportOptions
from touchline.report.page import is_report_current, write_report
from touchline.report.sections.registry import SECTIONS
from touchline.report.sections.section import Section


class ReportTask(MadeOfBundle):
    """``report.html``: the video, its timeline and all results.

    Args:
        options: settings of the page.
        sections: sections in addition to those that every report has.

    """

    name = "report"
    files = (REPORT,)
    needs = (EVERYTHING,)

    def __init__(self, options: ReportOptions, *, sections: Sequence[Section] = ()) -> None:
        super().__init__()
        self._options = options
        self._sections = (*SECTIONS, *sections)

    def up_to_date(self, bundle: Bundle) -> bool:
        """Return whether the page was written after the last correction."""
        return is_report_current(bundle)

    def write(self, bundle: Bundle, *, coverage: Coverage) -> None:
        """Write the page from the contents of the bundle."""
        write_report(bundle, self._job.info, options=self._options, sections=self._sections)
