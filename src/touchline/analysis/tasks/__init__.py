"""The tasks of an analysis: one class each, all with the same protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.analysis.tasks.clock import ClockTask as ClockTask
    from touchline.analysis.tasks.keeper_pages import KeeperPagesTask as KeeperPagesTask
    from touchline.analysis.tasks.overlay import OverlayTask as OverlayTask
    from touchline.analysis.tasks.report import ReportTask as ReportTask
    from touchline.analysis.tasks.sound import SoundTask as SoundTask
    from touchline.analysis.tasks.spot import SpotTask as SpotTask
    from touchline.analysis.tasks.spot_streams import StreamSpotTask as StreamSpotTask
    from touchline.analysis.tasks.task import Job as Job
    from touchline.analysis.tasks.task import Summary as Summary
    from touchline.analysis.tasks.task import Task as Task
    from touchline.analysis.tasks.track import TrackTask as TrackTask
    from touchline.analysis.tasks.track import VideoTracker as VideoTracker
    from touchline.analysis.tasks.track import load_tracker as load_tracker
    from touchline.analysis.tasks.usual import usual_tasks as usual_tasks
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.analysis.tasks.clock": ("ClockTask",),
            "touchline.analysis.tasks.keeper_pages": ("KeeperPagesTask",),
            "touchline.analysis.tasks.overlay": ("OverlayTask",),
            "touchline.analysis.tasks.report": ("ReportTask",),
            "touchline.analysis.tasks.sound": ("SoundTask",),
            "touchline.analysis.tasks.spot": ("SpotTask",),
            "touchline.analysis.tasks.spot_streams": ("StreamSpotTask",),
            "touchline.analysis.tasks.task": ("Job", "Summary", "Task"),
            "touchline.analysis.tasks.track": ("TrackTask", "VideoTracker", "load_tracker"),
            "touchline.analysis.tasks.usual": ("usual_tasks",),
        },
    )
