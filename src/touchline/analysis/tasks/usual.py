"""All kinds of tasks, and the list of tasks for an analysis with given models.

A new task needs a line in :data:`KINDS` and one in :func:`usual_tasks`.
"""

from __future__ import annotations

from collections.abc import Mapping

from touchline.analysis.tasks.keeper_pages import KeeperPagesTask
from touchline.analysis.tasks.likeness import LikenessTask
from touchline.analysis.tasks.overlay import OverlayTask
from touchline.analysis.tasks.report import ReportTask
from touchline.analysis.tasks.sound import SoundTask
from touchline.analysis.tasks.spot import SpotTask
from touchline.analysis.tasks.spot_streams import StreamSpotTask, VideoStreamSpotter
from touchline.analysis.tasks.task import Task
from touchline.analysis.tasks.track import TrackTask, VideoTracker
from touchline.formats.boxes.picked import PickedBox
from touchline.render.radar_places import RADAR_PLACE, RadarPlace
from touchline.report.options import ReportOptions
from touchline.spotting.spotter import BaseSpotter

KINDS: tuple[type[Task], ...] = (
    SpotTask,
    StreamSpotTask,
    TrackTask,
    SoundTask,
    LikenessTask,
    OverlayTask,
    ReportTask,
    KeeperPagesTask,
)
"""Every kind of task that writes into a bundle, so that the outdated files of any of them can be removed."""


def usual_tasks(
    *,
    spotter: BaseSpotter | VideoStreamSpotter | None = None,
    tracker: VideoTracker | None = None,
    sound: bool = False,
    thresholds: Mapping[str, float] | None = None,
    boxes: tuple[PickedBox, ...] = (),
    overlay: bool = False,
    radar: RadarPlace = RADAR_PLACE,
    report: ReportOptions | None = None,
) -> list[Task]:
    """Return the tasks of an analysis, in the order in which their results are listed.

    Args:
        spotter: the spotter of events; None leaves events out.
        tracker: the tracker of people and the ball; None leaves tracks out.
        sound: whether to analyse the sound.
        thresholds: confidence threshold by label, 0 to 1; other labels keep the spotter's threshold.
        boxes: boxes of people picked by the user; only their tracks are kept. Empty keeps everyone.
        overlay: whether to draw the tracks and events into a copy of the video.
        radar: where the overlay shows the pitch from above.
        report: settings of the report; None writes neither the report nor the keeper pages.

    Raises:
        UsageError: a threshold is outside 0 to 1, or for a label that the spotter does not have.

    """
    spot = None if spotter is None else _spot_task(spotter, thresholds or {})
    track = None if tracker is None else TrackTask(tracker, boxes=boxes)
    tasks: list[Task] = [task for task in (spot, track, SoundTask() if sound else None) if task is not None]
    if track is not None or isinstance(spot, SpotTask):
        tasks.append(LikenessTask([model for task in tasks for model in task.models]))
    if overlay and track is not None:
        tasks.append(OverlayTask(radar=radar))
    if report is not None:
        sections = [section for task in tasks for section in task.sections]
        tasks.append(ReportTask(report, sections=sections))
    if report is not None and spot is not None and track is not None:
        tasks.append(KeeperPagesTask())
    return tasks


def _spot_task(spotter: BaseSpotter | VideoStreamSpotter, thresholds: Mapping[str, float]) -> SpotTask | StreamSpotTask:
    if isinstance(spotter, VideoStreamSpotter):
        return StreamSpotTask(spotter, thresholds=thresholds)
    return SpotTask(spotter, thresholds=thresholds)
