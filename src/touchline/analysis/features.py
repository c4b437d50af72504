"""Feature extraction from a video: one decode, chunks saved along the way, one ``.npy`` file and its side-car.

A run that was killed decodes the video again from the start, so that its coverage is the same, but runs the network
only on the frames of the missing rows. An existing file made from the same video with the same settings is reused.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from touchline.analysis.checkpoint import Chunks, bundle_lock
from touchline.core.errors import InputError, UsageError
from touchline.core.events import Coverage, VideoInfo
from touchline.core.version import __version__
from touchline.features.picture_extractor import FeatureExtractor
from touchline.formats.bundle import video_fingerprint
from touchline.formats.features.npy import open_rows
from touchline.formats.features.vectors import (
    SOCCERNET_RATE_HZ,
    SUFFIX,
    FeatureInfo,
    check_same_video,
    holds,
    write_features,
)
from touchline.formats.files.atomic import make_folder, make_own_folder
from touchline.formats.files.names import fitting_name
from touchline.media.frame import Frame
from touchline.media.frame_rules import SamplingRule, frame_rule
from touchline.media.video import Progress, VideoReader, probe, with_progress

TASK = "features"
Look = Callable[[Frame], npt.NDArray[np.uint8] | None]
"""Returns the part of a frame to extract features from, uint8 (h, w, 3) RGB; None if there is nothing to see."""
_CHUNK_ROWS = 240
_NOTHING = np.zeros((8, 8, 3), np.uint8)
_HALF_STEM = re.compile(r"^([12])(_(224p|720p|HQ))?$")
"""SoccerNet's file names for the video of a half."""


@dataclass(frozen=True, slots=True)
class FeatureOptions:
    """Settings of a feature extraction; ``out`` and those from ``half`` on do not affect the values.

    Attributes:
        out: the ``.npy`` file, or a folder for it; None writes it beside the video.
        rate_hz: rows per second.
        sampling: the rule that selects frames.
        stream: index of the video stream; None for the default stream.
        half: half of the match that names the file; None takes it from SoccerNet's names, if the video has one.
        resume: resume from the chunks of a killed run.
        force: extract again even if the file is up to date.

    """

    out: Path | None = None
    rate_hz: float = SOCCERNET_RATE_HZ
    sampling: SamplingRule = "time-exact"
    stream: int | None = None
    half: int | None = None
    resume: bool = True
    force: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """The part of each frame that features are extracted from.

    Attributes:
        name: prefix for the name of the feature file.
        look: returns that part of a frame, or None if there is nothing to see.
        settings: everything that determines that part, as JSON.

    """

    name: str
    look: Look
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Extraction:
    """The result of one extraction.

    Attributes:
        path: the ``.npy`` file.
        info: the contents of its side-car.
        rows, width: its shape.
        reused: whether an up-to-date file already existed.
        resumed_row: the first row not taken over from a killed run; None if the run started from the beginning.

    """

    path: Path
    info: FeatureInfo
    rows: int
    width: int
    reused: bool = False
    resumed_row: int | None = None

    @property
    def degraded(self) -> bool:
        """Whether parts of the video could not be decoded."""
        return self.info.coverage is not None and not self.info.coverage.complete


class FeatureTask:
    """Feature extraction from one video while its frames are decoded.

    Args:
        extractor: the feature extractor.
        info: properties of the video.
        options: settings of the extraction.
        key: everything that determines the features; chunks saved under another key are discarded.
        folder: folder for the chunks.
        look: returns the part of a frame to extract features from; None for the whole frame.
        task: name under which the chunks are saved; must differ between extractions from one video.

    """

    def __init__(
        self,
        extractor: FeatureExtractor,
        *,
        info: VideoInfo,
        options: FeatureOptions,
        key: Mapping[str, Any],
        folder: Path,
        look: Look | None = None,
        task: str = TASK,
    ) -> None:
        self.extractor = extractor
        self._look = look or Frame.to_rgb
        self._rule = frame_rule(options.sampling, rate_hz=options.rate_hz, fps=info.fps)
        self._chunks = Chunks(folder, task=task, key=key, resume=options.resume)
        self._folder = folder
        self._saved = sum(len(chunk["values"]) for chunk in self._chunks.read())
        self.resumed_row = self._saved or None
        # Every chunk holds whole batches, so a resumed run does the same arithmetic as an uninterrupted one.
        self._chunk_rows = -(-_CHUNK_ROWS // extractor.batch) * extractor.batch
        self._pictures: list[npt.NDArray[np.uint8]] = []
        self._values: list[npt.NDArray[np.float32]] = []
        self._times_us: list[int] = []
        self._seen: list[bool] = []

    def watch(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield the frames unchanged; extract their features on the way and save these chunk by chunk."""
        for frame in frames:
            self._take(self._rule.push(frame))
            yield frame
        self._take(self._rule.finish())
        self._encode()
        self._save()

    def _take(self, rows: Iterator[tuple[int, Frame]]) -> None:
        for row, frame in rows:
            if row < self._saved:
                continue
            picture = self._look(frame)
            self._pictures.append(self.extractor.prepare(_NOTHING if picture is None else picture))
            self._seen.append(picture is not None)
            self._times_us.append(frame.time_us)
            if len(self._pictures) == self.extractor.batch:
                self._encode()
            if len(self._times_us) == self._chunk_rows:
                self._save()

    def _encode(self) -> None:
        """Run the network on the pending pictures."""
        if self._pictures:
            self._values.append(self.extractor.features(self._pictures))
            self._pictures = []

    def _save(self) -> None:
        """Save the rows that are not yet saved as one chunk."""
        if self._values:
            times_us, seen = np.array(self._times_us, np.int64), np.array(self._seen, np.bool_)
            values = np.where(seen[:, None], np.concatenate(self._values), np.float32(0))
            self._chunks.save({"values": values, "times_us": times_us, "seen": seen})
            self._values, self._times_us, self._seen = [], [], []

    def write(self, path: Path, *, info: FeatureInfo) -> tuple[FeatureInfo, int]:
        """Write all rows to one file, chunk by chunk; return the contents of its side-car and its number of rows.

        Raises:
            InputError: no frame of the video could be decoded.

        """
        times_us = [int(time) for chunk in self._chunks.read() for time in chunk["times_us"]]
        if not times_us:
            self.discard()
            raise InputError(f"{info.video['name']}: no frame could be decoded; run `touchline check` on it to see why")
        blocks = (chunk["values"] for chunk in self._chunks.read())
        shape = (len(times_us), self.extractor.width)
        start_us = 0 if info.sampling == "time-exact" else times_us[0]
        shown = None if info.sampling == "time-exact" else tuple(times_us)
        seen = np.concatenate([chunk["seen"] for chunk in self._chunks.read()])
        full = replace(info, start_us=start_us, times_us=shown, absent=_spans_without(seen))
        return write_features(path, blocks, shape=shape, info=full), len(times_us)

    def discard(self) -> None:
        """Remove the saved chunks."""
        self._chunks.discard()
        with contextlib.suppress(OSError):
            self._folder.rmdir()


def extract_features(
    video: Path,
    *,
    extractor: FeatureExtractor,
    options: FeatureOptions | None = None,
    view: View | None = None,
    progress: Progress | None = None,
) -> Extraction:
    """Extract the features of one video into a file, or reuse the file if it is up to date.

    Args:
        video: the video file.
        extractor: the feature extractor.
        options: settings of the extraction.
        view: the part of each frame to extract features from; None for the whole frame.
        progress: called with the progress of the decode.

    Raises:
        UsageError: the output is a file but not a ``.npy`` file.
        InputError: the video cannot be used, or changed while it was read.
        ResourceError: the file cannot be written, or another process is writing it.

    """
    options = options or FeatureOptions()
    info = probe(video, stream=options.stream)
    name = extractor.name if view is None else f"{view.name}_{extractor.name}"
    path = feature_path(video, out=options.out, name=name, half=options.half)
    origin = {"name": video.name, "fingerprint": video_fingerprint(video)}
    settings = feature_settings(extractor, options=options, info=info, view=view)
    known = None if options.force else holds(path, video=origin, settings=settings)
    if known is None:
        check_same_video(path, video=origin, named=path == options.out)
    if known is not None:
        rows, width = _shape(path)
        return Extraction(path, known, rows, width, reused=True)
    make_folder(path.parent)
    folder = path.with_name(f".{path.name}.work")
    make_own_folder(folder)
    with bundle_lock(folder), _gone_if_empty(folder):
        key = {"video": origin, **settings}
        look = None if view is None else view.look
        task = FeatureTask(extractor, info=info, options=options, key=key, folder=folder, look=look)
        coverage = _pass(video, task=task, options=options, progress=progress)
        if video_fingerprint(video) != origin["fingerprint"]:
            task.discard()
            raise InputError(f"{video}: changed while it was read; run again when its recording is finished")
        about = FeatureInfo(
            model=name,
            model_sha256=extractor.sha256,
            rate_hz=options.rate_hz,
            sampling=options.sampling,
            coverage=coverage,
            video=origin,
            settings=settings,
            remarks=info.notes,
        )
        written, rows = task.write(path, info=about)
        task.discard()
    return Extraction(path, written, rows, extractor.width, resumed_row=task.resumed_row)


def feature_path(video: Path, *, out: Path | None, name: str, half: int | None = None) -> Path:
    """Return a video's feature file: ``1_MODEL.npy`` for a half, as of ``1_720p.mkv``, else ``STEM_MODEL.npy``.

    Args:
        video: the video.
        out: the ``.npy`` file, or a folder for it; None is the video's folder.
        name: name of the model.
        half: half of the match that the video shows; None takes it from SoccerNet's names, if the video has one.

    Raises:
        UsageError: ``out`` is a file but not a ``.npy`` file.

    """
    if out is not None and out.suffix and not out.is_dir():
        if out.suffix != SUFFIX:
            raise UsageError(f"--out {out}: not a {SUFFIX} file; give the path of a {SUFFIX} file, or a folder")
        return out
    named = _HALF_STEM.match(video.stem)
    stem = str(half) if half is not None else named[1] if named else video.stem
    return (video.parent if out is None else out) / fitting_name(stem, f"_{name}{SUFFIX}")


@contextlib.contextmanager
def _gone_if_empty(folder: Path) -> Iterator[None]:
    """Remove a folder on exit if it is empty because nothing could be extracted."""
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # it holds chunks for the next run
            folder.rmdir()


def _pass(video: Path, *, task: FeatureTask, options: FeatureOptions, progress: Progress | None) -> Coverage:
    """Decode the video once and return its coverage."""
    with VideoReader(video, stream=options.stream) as reader:
        frames = with_progress(reader.frames(), duration_us=reader.info.duration_us, progress=progress)
        deque(task.watch(frames), maxlen=0)
        return reader.coverage()


def feature_settings(
    extractor: FeatureExtractor, *, options: FeatureOptions, info: VideoInfo, view: View | None = None
) -> dict[str, Any]:
    """Return everything that determines the values, as it reads back from JSON."""
    settings = {
        **extractor.settings,
        "rate_hz": options.rate_hz,
        "sampling": options.sampling,
        "stream": info.stream_index,
        "touchline": __version__,
        **({} if view is None else {"view": view.name, **view.settings}),
    }
    kept: dict[str, Any] = json.loads(json.dumps(settings))
    return kept


def _spans_without(seen: npt.NDArray[np.bool_]) -> tuple[tuple[int, int], ...]:
    """Return the half-open spans of rows in which nothing was seen."""
    steps = np.diff(np.concatenate([[True], seen, [True]]).astype(np.int8))
    return tuple(zip(np.flatnonzero(steps < 0).tolist(), np.flatnonzero(steps > 0).tolist(), strict=True))


def _shape(path: Path) -> tuple[int, int]:
    rows, width = open_rows(path).shape
    return rows, width
