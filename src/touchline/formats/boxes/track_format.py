"""The interface of a format of boxes or joints that tracks can be exported to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

from touchline.core.tracks import Tracks
from touchline.formats.events.event_format import Converted
from touchline.formats.events.export_context import ExportContext, VideoFacts
from touchline.formats.files.atomic import make_folder, write_bytes_atomic


def frame_count(tracks: Tracks, video: VideoFacts) -> int:
    """Return the number of frames of a video as well as it is known: at least up to the last box."""
    last = max((int(track.frames[-1]) for track in tracks), default=-1) + 1
    if video.times_us is not None:
        return max(last, len(video.times_us))
    if video.fps is not None and video.duration_us is not None:
        return max(last, video.frames.index(video.duration_us))
    return last


class TrackFormat(ABC):
    """A format that tracks are written in.

    Attributes:
        name: name used by ``touchline export --to``.
        title: description of its content, for lists and messages.
        suffix: ending of its files, with the dot.
        plain_name: whether files are named after the game alone, as evaluators ask, not after the format as well.

    """

    name: str
    title: str
    suffix: str
    plain_name: bool = False

    def losses(self, tracks: Tracks, *, context: ExportContext) -> tuple[str, ...]:
        """Return what of the tracks the format cannot hold, one line each."""
        del tracks, context
        return ()

    @abstractmethod
    def content(self, tracks: Tracks, *, context: ExportContext) -> bytes:
        """Return the content of a file."""

    def write(self, tracks: Tracks, path: Path, *, context: ExportContext) -> Converted:
        """Write tracks atomically.

        Raises:
            UsageError: the format needs a fact that the context lacks.
            ResourceError: the file cannot be written.

        """
        make_folder(path.parent)
        write_bytes_atomic(path, self.content(tracks, context=context))
        boxes = sum(len(track) for track in tracks)
        return Converted(path, events=0, boxes=boxes, dropped={}, notes=self.losses(tracks, context=context))
