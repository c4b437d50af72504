"""The function that tracks everyone in a video in one call."""

from __future__ import annotations

from pathlib import Path

from touchline.analysis.pipeline import AnalyzeOptions, analyze_video
from touchline.analysis.tasks.track import TrackTask, VideoTracker, load_tracker
from touchline.core.tracks import Tracks
from touchline.formats.bundle import Bundle


def track_video(
    video: Path | str, *, tracker: VideoTracker | None = None, out: Path | None = None, force: bool = False
) -> Tracks:
    """Track everyone in a video; the results are also kept in its bundle and read from there the next time.

    Args:
        video: the video file.
        tracker: models and settings; None for the built-in models.
        out: folder for the bundle; None writes it beside the video.
        force: track again even if the bundle is up to date.

    Raises:
        InputError: the video cannot be used.
        ResourceError: the bundle cannot be written.

    """
    options = AnalyzeOptions(out=out, force=force)
    result = analyze_video(Path(video), tasks=[TrackTask(tracker or load_tracker())], options=options)
    return Bundle(result.bundle).read_tracks()
