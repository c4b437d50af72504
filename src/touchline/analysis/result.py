"""The result of analysing one video."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from touchline.analysis.tasks.task import Summary
from touchline.core.events import Coverage, VideoInfo
from touchline.formats.bundle import KEEPERS, OVERLAY, REPORT


@dataclass(frozen=True, slots=True)
class AnalysisResult:
    """The result of one analysis.

    Attributes:
        bundle: folder of the results.
        info: properties of the video.
        coverage: the parts of the video that were analysed.
        summaries: each task's summary by task name, in the order the tasks were requested.
        reused: whether an up-to-date bundle already existed.
        resumed_from_us: time from which an interrupted run resumed; None if it started from the beginning.
        timings_s: seconds spent, by stage.
        implied: names of tasks that came along with the requested ones.

    """

    bundle: Path
    info: VideoInfo
    coverage: Coverage
    summaries: Mapping[str, Summary] = field(default_factory=dict)
    reused: bool = False
    resumed_from_us: int | None = None
    timings_s: Mapping[str, float] = field(default_factory=dict)
    implied: frozenset[str] = frozenset()

    @property
    def tasks(self) -> tuple[str, ...]:
        """Names of the requested tasks."""
        return tuple(name for name in self.summaries if name not in self.implied)

    @property
    def remarks(self) -> tuple[str, ...]:
        """Remarks for the user on the results, from all tasks."""
        return tuple(remark for summary in self.summaries.values() for remark in summary.remarks)

    @property
    def verdict(self) -> str:
        """Whether the models were measured on such a video, in one line; "" if that was not checked."""
        return next((line for summary in self.summaries.values() if (line := summary.verdict)), "")

    @property
    def degraded(self) -> bool:
        """Whether parts of the video were lost, or a task lacked some of its input."""
        return not self.coverage.complete or any(summary.degraded for summary in self.summaries.values())

    @property
    def report(self) -> Path | None:
        """Path of the report, if there is one."""
        return self._existing(REPORT)

    @property
    def overlay(self) -> Path | None:
        """Path of the video with the tracks drawn in, if there is one."""
        return self._existing(OVERLAY)

    @property
    def keepers(self) -> Path | None:
        """Path of the index of the keeper pages, if there are any."""
        return self._existing(f"{KEEPERS}/index.html")

    def _existing(self, name: str) -> Path | None:
        """Return the path of a file in the bundle if it exists."""
        path = self.bundle / name
        return path if path.is_file() else None
