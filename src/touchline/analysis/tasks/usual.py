"""The tasks there are, and the list of those that an analysis with given models does.

A new task gets a line in :data:`KINDS` and one in :func:`usual_tasks`.
"""

from __future__ import annotations

from collections.abc import Mapping

from touchline.analysis.tasks.keeper_pages import KeeperPagesTask
from touchline.analysis.tasks.overlay import OverlayTask
from touchline.analysis.tasks.report import ReportTask
from touchline.analysis.tasks.sound import SoundTask
from touchline.analysis.tasks.spot import SpotTask
from touchline.analysis.tasks.spot_streams import StreamSpotTask, VideoStreamSpotter
from touchline.analysis.tasks.task import Task
from touchline.analysis.tasks.track import TrackTask, VideoTracker
from touchline.formats.boxes.picked import PickedBox
from touchline.report.options import ReportOptions
from touchline.spotting.spotter import BaseSpotter

KINDS: tuple[type[Task], ...] = (
    SpotTask,
    StreamSpotTask,
    TrackTask,
    SoundTask,
    OverlayTask,
    ReportTask,
    KeeperPagesTask,
)
"""Every kind of task that writes into a bundle, so that what one leaves behind is known to the others."""


def usual_tasks(
    *,
    spotter: BaseSpotter | VideoStreamSpotter | None = None,
    tracker: VideoTracker | None = None,
    sound: bool = False,
    thresholds: Mapping[str, float] | None = None,
    boxes: tuple[PickedBox, ...] = (),
    overlay: bool = False,
    report: ReportOptions | None = None,
) -> list[Task]:
    """The tasks of an analysis, in the order in which their results are listed.

    Args:
        spotter: finds events; None leaves them out.
        tracker: follows people and the ball; None leaves them out.
        sound: listen to the sound too.
        thresholds: confidence an event needs, by label; the spotter's where none is named.
        boxes: people a person picked; only their tracks are kept. Empty keeps everyone.
        overlay: draw the tracks into a copy of the video.
        report: how the report is made, and the keeper pages beside it; None writes neither.

    Raises:
        UsageError: a threshold for a label that the spotter does not have, or outside 0 to 1.

    """
    spot = None if spotter is None else _spot_task(spotter, thresholds or {})
    track = None if tracker is None else TrackTask(tracker, boxes=boxes)
    tasks: list[Task] = [task for task in (spot, track, SoundTask() if sound else None) if task is not None]
    if overlay and track is not None:
        tasks.append(OverlayTask())
    if report is not None:
        sections = [section for task in tasks for section in task.sections]
        tasks.append(ReportTask(report, spot=spot, sections=sections))
    if report is not None and spot is not None and track is not None:
        tasks.append(KeeperPagesTask())
    return tasks


def _spot_task(spotter: BaseSpotter | VideoStreamSpotter, thresholds: Mapping[str, float]) -> SpotTask | StreamSpotTask:
    if isinstance(spotter, VideoStreamSpotter):
        return StreamSpotTask(spotter, thresholds=thresholds)
    return SpotTask(spotter, thresholds=thresholds)
