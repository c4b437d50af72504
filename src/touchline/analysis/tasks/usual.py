"""All kinds of tasks, and the list of tasks for an analysis with given models.

A new task needs a line in :data:`KINDS` and one in :func:`usual_tasks`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from touchline.analysis.play_events import PlaySpotter
from touchline.analysis.tasks.clock import ClockTask
from touchline.analysis.tasks.keeper_pages import KeeperPagesTask
from touchline.analysis.tasks.likeness import LikenessTask
from touchline.analysis.tasks.overlay import OverlayTask
from touchline.analysis.tasks.report import ReportTask
from touchline.analysis.tasks.sound import SoundTask
from touchline.analysis.tasks.spot import SpotTask
from touchline.analysis.tasks.spot_streams import StreamSpotTask, VideoStreamSpotter
from touchline.analysis.tasks.task import Task
from touchline.analysis.tasks.track import TrackTask, VideoTracker
from touchline.analysis.tasks.track_events import FusedEventsTask, TrackEventsTask
from touchline.formats.boxes.picked import PickedBox
from touchline.render.radar_places import RADAR_PLACE, RadarPlace
from touchline.report.options import ReportOptions
from touchline.spotting.spotter import BaseSpotter
from touchline.tracking.board.reading import TextReader

EventsFrom = Literal["fused", "pixels", "tracks"]
"""What events are named from: tracks fused with picture and sound, the picture alone, or tracks and sound alone."""

KINDS: tuple[type[Task], ...] = (
    SpotTask,
    StreamSpotTask,
    FusedEventsTask,
    TrackEventsTask,
    TrackTask,
    SoundTask,
    ClockTask,
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
    events: EventsFrom = "pixels",
    clock: TextReader | None = None,
    thresholds: Mapping[str, float] | None = None,
    boxes: tuple[PickedBox, ...] = (),
    overlay: bool = False,
    radar: RadarPlace = RADAR_PLACE,
    report: ReportOptions | None = None,
) -> list[Task]:
    """Return the tasks of an analysis, in the order in which their results are listed.

    Args:
        spotter: the spotter of events; None leaves events out, unless they are named from tracks alone.
        tracker: the tracker of people and the ball; None leaves tracks out.
        sound: whether to analyse the sound.
        events: what events are named from. Without a tracker, or with a head over feature streams, they are the
            spotter's.
        clock: the reader of text for the score board; None leaves the match clock out.
        thresholds: confidence threshold by label, 0 to 1; other labels keep the usual one.
        boxes: boxes of people picked by the user; only their tracks are kept. Empty keeps everyone.
        overlay: whether to draw the tracks and events into a copy of the video.
        radar: where the overlay shows the pitch from above.
        report: settings of the report; None writes neither the report nor the keeper pages.

    Raises:
        UsageError: a threshold is outside 0 to 1, or for a label that there is not.

    """
    spot = _spot_task(spotter, thresholds or {}, events=events if tracker is not None else "pixels")
    track = None if tracker is None else TrackTask(tracker, boxes=boxes)
    heard, board = SoundTask() if sound else None, None if clock is None else ClockTask(clock)
    tasks: list[Task] = [task for task in (spot, track, heard, board) if task is not None]
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


def _spot_task(
    spotter: BaseSpotter | VideoStreamSpotter | None, thresholds: Mapping[str, float], *, events: EventsFrom
) -> SpotTask | StreamSpotTask | TrackEventsTask | None:
    if events == "tracks":
        return TrackEventsTask(PlaySpotter(thresholds=thresholds))
    if isinstance(spotter, VideoStreamSpotter):
        return StreamSpotTask(spotter, thresholds=thresholds)
    if spotter is None:
        return None
    if events == "fused":
        return FusedEventsTask(spotter, play=PlaySpotter(thresholds=thresholds))
    return SpotTask(spotter, thresholds=thresholds)
