"""The function that analyses a whole video in one call, with the built-in models or others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Literal

from touchline.analysis.pipeline import AnalyzeOptions, analyze_video
from touchline.analysis.speed import DEFAULT_SPEED, SpeedName
from touchline.analysis.tasks.spot_streams import VideoStreamSpotter
from touchline.analysis.tasks.track import VideoTracker, load_tracker
from touchline.analysis.tasks.usual import EventsFrom, usual_tasks
from touchline.formats.bundle import Bundle
from touchline.report.options import ReportOptions
from touchline.spotting.loading import load_frame_spotter
from touchline.spotting.spotter import BaseSpotter
from touchline.tracking.board.ppocr import PPOCRReader, model_file

TaskName = Literal["spot", "track", "sound", "clock"]
TASKS: tuple[TaskName, ...] = ("spot", "track", "sound", "clock")
"""The tasks: events, people and the ball, sound, and the match clock on the score board."""


def analyze(
    video: str | Path,
    *,
    out: str | Path | None = None,
    tasks: Collection[TaskName] = TASKS,
    spotter: BaseSpotter | VideoStreamSpotter | str | None = None,
    tracker: VideoTracker | None = None,
    events: EventsFrom | None = None,
    thresholds: Mapping[str, float] | None = None,
    report: bool = True,
    overlay: bool = False,
    force: bool = False,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    speed: SpeedName = DEFAULT_SPEED,
    half: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Bundle:
    """Analyse a video in one decode and return its bundle, as ``touchline analyze`` does.

    An up-to-date bundle is returned as it is; an interrupted run resumes.

    Args:
        video: the video file.
        out: folder for the bundle; None writes it beside the video.
        tasks: any of ``"spot"``, ``"track"``, ``"sound"`` and ``"clock"``; of the default, the clock is left out if no
            reader of text is installed.
        spotter: a loaded spotter, or the name or file of a model; None for the built-in spotter.
        tracker: the tracker of people and the ball; None for the built-in models.
        events: name events from ``"tracks"``, from the picture alone (``"pixels"``), or from both and the sound
            (``"fused"``); None is ``"fused"`` with the built-in spotter and ``"pixels"`` with another.
        thresholds: confidence threshold by label, 0 to 1; other labels keep the model's threshold.
        report: write ``report.html``.
        overlay: write ``overlay.mp4``, the video with the tracks drawn in; needs the task ``"track"``.
        force: analyse again even if the bundle is up to date.
        device: device for models loaded by this call.
        speed: preset of the tracker that this call loads; see :mod:`touchline.analysis.speed`.
        half: half of the match that the video shows; None takes it from SoccerNet's names, else 1.
        progress: called with the microseconds done and the total.

    Returns:
        The bundle: ``read_events()``, ``read_tracks()``, ``read_manifest()`` and the folder's ``path``.

    Raises:
        ValueError: ``tasks`` is empty or holds an unknown name.
        UsageError: a threshold is outside 0 to 1, or for a label that the spotter does not have; or the clock is wanted
            and no reader of text is installed.
        InputError: the video or a model cannot be used.
        ResourceError: the bundle cannot be written, or another process is writing it.

    """
    unknown = sorted(set(tasks) - set(TASKS))
    if unknown or not tasks:
        raise ValueError(f"tasks={tuple(tasks)} must hold at least one of {TASKS} and nothing else")
    chosen = events or ("fused" if spotter is None else "pixels")
    if "spot" in tasks and (spotter is None or isinstance(spotter, str)):
        spotter = load_frame_spotter(spotter, device=device)
    if "track" in tasks and tracker is None:
        tracker = load_tracker(device=device, speed=speed)
    reads_clock = "clock" in tasks and (tasks is not TASKS or model_file() is not None)
    wanted = usual_tasks(
        spotter=spotter if "spot" in tasks and not isinstance(spotter, str) else None,
        tracker=tracker if "track" in tasks else None,
        sound="sound" in tasks,
        events=chosen if "spot" in tasks else "pixels",
        clock=PPOCRReader() if reads_clock else None,
        thresholds=thresholds,
        overlay=overlay,
        report=ReportOptions() if report else None,
    )
    options = AnalyzeOptions(out=None if out is None else Path(out), half=half, force=force, resume=not force)
    return Bundle(analyze_video(Path(video), tasks=wanted, options=options, progress=progress).bundle)
