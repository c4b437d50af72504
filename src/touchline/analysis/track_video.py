"""Everyone followed through one video, in one call."""

from __future__ import annotations

from pathlib import Path

from touchline.analysis.pipeline import AnalyzeOptions, analyze_video
from touchline.analysis.tasks.track import TrackTask, VideoTracker, load_tracker
from touchline.core.tracks import Tracks
from touchline.formats.bundle import Bundle


def track_video(
    video: Path | str, *, tracker: VideoTracker | None = None, out: Path | None = None, force: bool = False
) -> Tracks:
    """Everyone followed through a video; the results also lie in its bundle, from where they are read the next time.

    Args:
        video: the file.
        tracker: models and settings; the built-in ones without it.
        out: folder for the bundle; None for beside the video.
        force: follow anew even where the bundle is up to date.

    Raises:
        InputError: the video cannot be used.
        ResourceError: the bundle cannot be written.

    """
    options = AnalyzeOptions(out=out, force=force)
    result = analyze_video(Path(video), tasks=[TrackTask(tracker or load_tracker())], options=options)
    return Bundle(result.bundle).read_tracks()
