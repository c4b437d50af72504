"""Frame-exact event labels of many videos in one JSON list, as E2E-Spot publishes them (Hong et al., ECCV 2022).

Tennis, figure skating, FineDiving and FineGym have them: ``[{"video", "num_frames", "fps", "events": [{"frame",
"label", "comment"}]}]``; predictions look alike, with a ``score`` in each event. Files may be gzipped. An event's frame
counts from 0 within its video. FineDiving states no frame rate (-1); its times are then counted at 25 frames a second,
which changes no frame.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from touchline.core.clock import exact_rate, frame_from_us, us_from_frame
from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.formats.files.atomic import write_bytes_atomic
from touchline.formats.files.guard import guarded

UNKNOWN_FPS = 25.0
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class FrameLabelled:
    """One video of such a file.

    Attributes:
        name: the video's.
        frames: number of its frames; 0 if the file does not say.
        fps: frames a second that times are counted at.
        timeline: its events, at the times of their frames.

    """

    name: str
    frames: int
    fps: float
    timeline: Timeline

    def frame(self, event: Event) -> int:
        """Return the frame of one of its events."""
        return frame_from_us(event.start_us, fps=exact_rate(self.fps))


def is_frame_labels(path: Path) -> bool:
    """Return whether a file is a JSON list, gzipped or not, as no other file of events is."""
    try:
        with path.open("rb") as file:
            start = file.read(64)
            if start.startswith(_GZIP):
                file.seek(0)
                start = gzip.GzipFile(fileobj=file).read(64)
    except (OSError, EOFError, zlib.error):
        return False
    return start.lstrip().startswith(b"[")


@guarded("frame-exact event labels")
def read_frame_labels(path: Path) -> list[FrameLabelled]:
    """Read the videos of a file.

    Raises:
        InputError: the file cannot be read, is not such a list, or an event is impossible.

    """
    return parse_frame_labels(path.read_bytes(), source=str(path))


def parse_frame_labels(data: bytes, *, source: str) -> list[FrameLabelled]:
    """Read the videos in the bytes of a file, gzipped or not; errors as in :func:`read_frame_labels`."""
    try:
        entries = json.loads(gzip.decompress(data) if data.startswith(_GZIP) else data)
    except (OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
        raise InputError(f"{source}: not a JSON list of videos, or damaged ({error})") from error
    if not isinstance(entries, list) or not all(isinstance(one, dict) and "video" in one for one in entries):
        raise InputError(f"{source}: not a list of videos with 'video' and 'events', as E2E-Spot's label files are")
    return [_video(one, source=source) for one in entries]


def _video(entry: dict[str, Any], *, source: str) -> FrameLabelled:
    name = str(entry["video"])
    rate = entry.get("fps", UNKNOWN_FPS)
    if not isinstance(rate, int | float) or isinstance(rate, bool) or rate > 1000:
        raise InputError(f"{source}: video {name!r}: fps {rate!r} is not a frame rate")
    fps = float(rate) if rate > 0 else UNKNOWN_FPS
    events = entry.get("events", [])
    if not isinstance(events, list):
        raise InputError(f"{source}: video {name!r}: events is a {type(events).__name__}, not a list")
    found = tuple(_event(one, fps=fps, source=f"{source}: video {name!r}") for one in events)
    return FrameLabelled(name, int(entry.get("num_frames", 0)), fps, Timeline(found))


def _event(entry: Any, *, fps: float, source: str) -> Event:
    frame = entry.get("frame") if isinstance(entry, dict) else None
    if not isinstance(frame, int) or isinstance(frame, bool) or frame < 0 or not isinstance(entry.get("label"), str):
        raise InputError(f"{source}: event {entry!r:.80} needs a frame of 0 or more and a label")
    score = entry.get("score", 1.0)
    if not isinstance(score, int | float) or not 0 <= score <= 1:
        raise InputError(f"{source}: event {entry!r:.80}: score {score!r} is outside 0 to 1")
    extra = {"comment": entry["comment"]} if entry.get("comment") else {}
    time_us = us_from_frame(frame, fps=exact_rate(fps))
    return Event(entry["label"], time_us, confidence=float(score), extra=extra)


def write_frame_labels(videos: Sequence[FrameLabelled], path: Path) -> None:
    """Write videos as such a file, gzipped if its name ends in ``.gz``; every event has its confidence as ``score``."""
    entries = [
        {
            "video": video.name,
            "num_frames": video.frames,
            "fps": video.fps,
            "num_events": len(video.timeline),
            "events": [
                {"frame": video.frame(event), "label": event.label, "score": event.confidence, **event.extra}
                for event in video.timeline
            ],
        }
        for video in videos
    ]
    data = json.dumps(entries, indent=1).encode()
    write_bytes_atomic(path, gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
