"""What the analysis of one video gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from touchline.analysis.tasks.task import Summary
from touchline.core.events import Coverage, VideoInfo
from touchline.formats.bundle import KEEPERS, OVERLAY, REPORT


@dataclass(frozen=True, slots=True)
class AnalysisResult:
    """What one analysis gave.

    Attributes:
        bundle: folder of the results.
        info: of the video.
        coverage: what of the video was analysed.
        summaries: what each task found, by its name, in the order the tasks were asked for.
        reused: an up-to-date bundle was there already.
        resumed_from_us: where an interrupted run was taken up; None for a run from the start.
        timings_s: seconds spent, by stage.

    """

    bundle: Path
    info: VideoInfo
    coverage: Coverage
    summaries: Mapping[str, Summary] = field(default_factory=dict)
    reused: bool = False
    resumed_from_us: int | None = None
    timings_s: Mapping[str, float] = field(default_factory=dict)

    @property
    def tasks(self) -> tuple[str, ...]:
        """Names of the tasks that were asked for."""
        return tuple(self.summaries)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a user should know of the files."""
        return tuple(remark for summary in self.summaries.values() for remark in summary.remarks)

    @property
    def degraded(self) -> bool:
        """Whether parts of the video were lost, or a task had to do without something."""
        return not self.coverage.complete or any(summary.degraded for summary in self.summaries.values())

    @property
    def report(self) -> Path | None:
        """The report, where there is one."""
        return self._existing(REPORT)

    @property
    def overlay(self) -> Path | None:
        """The video with the tracks drawn in, where there is one."""
        return self._existing(OVERLAY)

    @property
    def keepers(self) -> Path | None:
        """The list of the keeper pages, where there are any."""
        return self._existing(f"{KEEPERS}/index.html")

    def _existing(self, name: str) -> Path | None:
        """A file of the bundle, where it is there."""
        path = self.bundle / name
        return path if path.is_file() else None
