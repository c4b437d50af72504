"""Features of a video: one decode, chunks saved on the way, one ``.npy`` file with its side-car in the end.

A run that was killed decodes the video again from its start, so that its coverage is the same, but puts only the
pictures of the missing rows through the network. A file that is there already, made of the same video with the same
settings, is taken as it is.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from touchline.analysis.checkpoint import Chunks, bundle_lock
from touchline.core.errors import InputError, UsageError
from touchline.core.events import Coverage, VideoInfo
from touchline.features.picture_extractor import FeatureExtractor
from touchline.formats.bundle import video_fingerprint
from touchline.formats.features.npy import open_rows
from touchline.formats.features.vectors import SOCCERNET_RATE_HZ, SUFFIX, FeatureInfo, holds, write_features
from touchline.formats.files.atomic import make_folder
from touchline.media.frame import Frame
from touchline.media.frame_rules import SamplingRule, frame_rule
from touchline.media.video import Progress, VideoReader, probe, with_progress

TASK = "features"
Look = Callable[[Frame], npt.NDArray[np.uint8] | None]
"""What of a frame is looked at, uint8 (h, w, 3) RGB; None where there is nothing to see."""
_CHUNK_ROWS = 240
_NOTHING = np.zeros((8, 8, 3), np.uint8)
_HALF_STEM = re.compile(r"^([12])(_(224p|720p|HQ))?$")
"""SoccerNet's names of a half's video."""


@dataclass(frozen=True, slots=True)
class FeatureOptions:
    """How features are taken of a video; ``out``, ``resume`` and ``force`` do not change them.

    Attributes:
        out: the ``.npy`` file, or a folder for it; None for beside the video.
        rate_hz: rows a second.
        sampling: which pictures are taken.
        stream: which video stream; None for the default one.
        resume: go on from the chunks a killed run left.
        force: extract again even where the file is up to date.

    """

    out: Path | None = None
    rate_hz: float = SOCCERNET_RATE_HZ
    sampling: SamplingRule = "time-exact"
    stream: int | None = None
    resume: bool = True
    force: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """What of each picture features are taken of.

    Attributes:
        name: becomes part of the file's name.
        look: gives that part, or None where there is nothing to see.
        settings: everything that decides it, as JSON.

    """

    name: str
    look: Look
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Extraction:
    """What came of one extraction.

    Attributes:
        path: the ``.npy`` file.
        info: what its side-car says.
        rows, width: its shape.
        reused: it was there already.
        resumed_row: the first row that was not taken over from a killed run; None for a run from the start.

    """

    path: Path
    info: FeatureInfo
    rows: int
    width: int
    reused: bool = False
    resumed_row: int | None = None

    @property
    def degraded(self) -> bool:
        """Whether parts of the video were lost."""
        return self.info.coverage is not None and not self.info.coverage.complete


class FeatureTask:
    """Takes the features of one video as its frames go by.

    Args:
        extractor: makes them.
        info: of the video.
        options: how.
        key: what decides them; chunks of another key are thrown away.
        folder: where chunks are saved meanwhile.
        look: what of a frame is looked at; None for all of it.
        task: name of the chunks, where several are taken of one video.

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
        # Whole batches in every chunk: a run that is taken up does the same arithmetic as one from the start.
        self._chunk_rows = -(-_CHUNK_ROWS // extractor.batch) * extractor.batch
        self._pictures: list[npt.NDArray[np.uint8]] = []
        self._values: list[npt.NDArray[np.float32]] = []
        self._times_us: list[int] = []
        self._seen: list[bool] = []

    def watch(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """The same frames; their features are taken on the way, and saved chunk by chunk."""
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
        """Put the waiting pictures through the network."""
        if self._pictures:
            self._values.append(self.extractor.features(self._pictures))
            self._pictures = []

    def _save(self) -> None:
        """Save the rows that are not saved yet as one chunk."""
        if self._values:
            times_us, seen = np.array(self._times_us, np.int64), np.array(self._seen, np.bool_)
            values = np.where(seen[:, None], np.concatenate(self._values), np.float32(0))
            self._chunks.save({"values": values, "times_us": times_us, "seen": seen})
            self._values, self._times_us, self._seen = [], [], []

    def write(self, path: Path, *, info: FeatureInfo) -> tuple[FeatureInfo, int]:
        """Write what was taken as one file, chunk by chunk; what its side-car says, and its rows.

        Raises:
            InputError: nothing was taken.

        """
        times_us = [int(time) for chunk in self._chunks.read() for time in chunk["times_us"]]
        if not times_us:
            self.discard()
            raise InputError(
                f"{info.video['name']}: no picture could be decoded; see what `touchline check` says of it"
            )
        blocks = (chunk["values"] for chunk in self._chunks.read())
        shape = (len(times_us), self.extractor.width)
        start_us = 0 if info.sampling == "time-exact" else times_us[0]
        shown = None if info.sampling == "time-exact" else tuple(times_us)
        seen = np.concatenate([chunk["seen"] for chunk in self._chunks.read()])
        full = replace(info, start_us=start_us, times_us=shown, absent=_spans_without(seen))
        return write_features(path, blocks, shape=shape, info=full), len(times_us)

    def discard(self) -> None:
        """Remove what was saved."""
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
    """The features of one video as a file, or the file that is there already.

    Args:
        video: the file.
        extractor: makes them.
        options: how.
        view: what of each picture is looked at; None for all of it.
        progress: hears how far it is.

    Raises:
        UsageError: the output is no ``.npy`` file.
        InputError: the video cannot be used, or changed while it was read.
        ResourceError: the file cannot be written, or another process is writing it.

    """
    options = options or FeatureOptions()
    info = probe(video, stream=options.stream)
    name = extractor.name if view is None else f"{view.name}_{extractor.name}"
    path = feature_path(video, out=options.out, name=name)
    origin = {"name": video.name, "fingerprint": video_fingerprint(video)}
    settings = feature_settings(extractor, options=options, info=info, view=view)
    known = None if options.force else holds(path, video=origin, settings=settings)
    if known is not None:
        rows, width = _shape(path)
        return Extraction(path, known, rows, width, reused=True)
    make_folder(path.parent)
    folder = path.with_name(f".{path.name}.work")
    make_folder(folder)
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


def feature_path(video: Path, *, out: Path | None, name: str) -> Path:
    """Where features of a video go: ``1_MODEL.npy`` for SoccerNet's ``1_720p.mkv``, else ``STEM_MODEL.npy``.

    Raises:
        UsageError: ``out`` is a file that is no ``.npy``.

    """
    if out is not None and out.suffix and not out.is_dir():
        if out.suffix != SUFFIX:
            raise UsageError(f"--out {out}: features are written as {SUFFIX} files; give one, or a folder")
        return out
    half = _HALF_STEM.match(video.stem)
    stem = half[1] if half else video.stem
    return (video.parent if out is None else out) / f"{stem}_{name}{SUFFIX}"


@contextlib.contextmanager
def _gone_if_empty(folder: Path) -> Iterator[None]:
    """Remove a folder that is empty in the end, because nothing could be taken."""
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # chunks are in it, for the next run
            folder.rmdir()


def _pass(video: Path, *, task: FeatureTask, options: FeatureOptions, progress: Progress | None) -> Coverage:
    """Decode the video once."""
    with VideoReader(video, stream=options.stream) as reader:
        frames = with_progress(reader.frames(), duration_us=reader.info.duration_us, progress=progress)
        deque(task.watch(frames), maxlen=0)
        return reader.coverage()


def feature_settings(
    extractor: FeatureExtractor, *, options: FeatureOptions, info: VideoInfo, view: View | None = None
) -> dict[str, Any]:
    """Everything that decides the values, as JSON gives it back."""
    settings = {
        **extractor.settings,
        "rate_hz": options.rate_hz,
        "sampling": options.sampling,
        "stream": info.stream_index,
        "touchline": version("touchline"),
        **({} if view is None else {"view": view.name, **view.settings}),
    }
    kept: dict[str, Any] = json.loads(json.dumps(settings))
    return kept


def _spans_without(seen: npt.NDArray[np.bool_]) -> tuple[tuple[int, int], ...]:
    """Half-open spans of rows in which nothing was seen."""
    steps = np.diff(np.concatenate([[True], seen, [True]]).astype(np.int8))
    return tuple(zip(np.flatnonzero(steps < 0).tolist(), np.flatnonzero(steps > 0).tolist(), strict=True))


def _shape(path: Path) -> tuple[int, int]:
    rows, width = open_rows(path).shape
    return rows, width
