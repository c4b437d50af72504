"""Running one analysis after another over the videos of a command line; shared by spot, track, analyze and demo."""

from __future__ import annotations

import re
import shutil
import stat
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from touchline.analysis.speed import DEFAULT_SPEED, SpeedName
from touchline.cli.common import Device, Output, one_line
from touchline.cli.given.untrimmed import tell_untrimmed
from touchline.cli.inputs import Inputs
from touchline.cli.output import tell_result
from touchline.cli.progress import progress_bar
from touchline.cli.spot_streams import is_stream_head, load_head
from touchline.core.clock import format_clock
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK, InputError, UsageError
from touchline.core.labels import PLAY
from touchline.render.radar_places import RADAR_PLACE

if TYPE_CHECKING:
    from touchline.analysis.pipeline import AnalyzeOptions
    from touchline.analysis.tasks.spot_streams import VideoStreamSpotter
    from touchline.analysis.tasks.task import Task
    from touchline.analysis.tasks.track import VideoTracker
    from touchline.analysis.tasks.usual import EventsFrom
    from touchline.cli.given.paths import Given
    from touchline.cli.options import AnalyzeArguments, SpotArguments, TrackArguments, VideoArguments
    from touchline.formats.boxes.picked import PickedBox
    from touchline.spotting.spotter import BaseSpotter
    from touchline.tracking.board.reading import TextReader

ALL = "all"
"""Stands for every label in ``--threshold all=VALUE``."""
_URL = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://?[^/]")


def checked_videos(arguments: VideoArguments, *, output: Output) -> list[Given]:
    """Return the videos of a command line; what cannot be a video is refused before any work is done.

    Raises:
        UsageError: a pipe or device, a URL, an empty folder, or nothing at all.
        InputError: the list of --from cannot be read.

    """
    from touchline.cli.given.paths import given_videos

    videos = given_videos(arguments.videos, listed=arguments.listed, output=output)
    for video in videos:
        if not video.problem:
            check_kind(video.path)
    return videos


def check_kind(video: Path) -> None:
    """Refuse a request that is not a file; of folders, the videos in them are taken.

    Raises:
        UsageError: a pipe or device, or a URL.

    """
    try:
        mode = video.stat().st_mode
    except (OSError, ValueError):
        if _URL.match(str(video)):
            raise UsageError(f"{video}: is a URL; download the video and give the file") from None
        return
    if not stat.S_ISREG(mode):
        raise UsageError(f"{video}: is a pipe or a device, not a file; save the video to a file first")


def analyze_videos(
    arguments: VideoArguments,
    *,
    spotting: SpotArguments | None = None,
    tracking: TrackArguments | None = None,
    sound: bool = False,
    events: EventsFrom = "pixels",
    clock: bool | None = False,
    report: bool = False,
    output: Output,
) -> int:
    """Load the models and analyse each video, also after one has failed; return the exit code of all.

    Args:
        arguments: of the command line.
        spotting: how to spot events; None leaves them out.
        tracking: how to track people; None leaves them out.
        sound: analyse the sound too.
        events: what events are named from.
        clock: read the score board too; None does if a reader of text is installed.
        report: write a report for each video.
        output: where results and messages go.

    """
    videos = checked_videos(arguments, output=output)
    spotting = None if spotting is None else replace(spotting, videos=[video.path for video in videos])
    thresholds = read_thresholds((spotting.threshold if spotting else None) or ())
    boxes = _read_boxes(tracking, videos=len(videos))
    spotter = load_spotting(spotting, output=output) if spotting and events != "tracks" else None
    if events != "pixels":
        thresholds = for_all_labels(thresholds, labels=PLAY)
    elif spotter is not None:
        thresholds = for_all_labels(thresholds, labels=spotter.labels)
    tracker = _load_tracker(tracking, output=output) if tracking else None
    from touchline.analysis.pipeline import AnalyzeOptions
    from touchline.analysis.tasks.usual import usual_tasks
    from touchline.report.options import ReportOptions

    tasks = usual_tasks(
        spotter=spotter,
        tracker=tracker,
        sound=sound,
        events=events,
        clock=_board_reader(clock),
        thresholds=thresholds,
        boxes=boxes,
        overlay=bool(tracking and tracking.overlay),
        radar=tracking.radar if tracking else RADAR_PLACE,
        report=ReportOptions() if report else None,
    )
    options = AnalyzeOptions(
        out=arguments.out,
        stream=arguments.stream,
        audio_stream=spotting.audio_stream if spotting else None,
        half=_half(spotting, videos=len(videos)),
        resume=arguments.resume and not arguments.force,
        force=arguments.force,
        threads=arguments.threads,
    )
    if arguments.dry_run:
        return estimate(videos, tasks=tasks, options=options, output=output)
    inputs = Inputs("videos", output=output)
    for video in videos:
        with inputs.one(video.path, type="error", video=str(video.path)):
            video.check()
            own = replace(options, out=video.out(options.out))
            inputs.done(_run_video(video.path, tasks=tasks, options=own, output=output, listed=not report))
    return inputs.finish()


def _half(spotting: SpotArguments | None, *, videos: int) -> int | None:
    """The half of ``--half``.

    Raises:
        UsageError: several videos, which may be of several halves.

    """
    half = None if spotting is None else spotting.half
    if half is not None and videos > 1:
        raise UsageError(f"--half {half} belongs to one video, but {videos} are given; name them one at a time")
    return half


def _board_reader(clock: bool | None) -> TextReader | None:
    """The reader of text for the score board; None if it is not wanted, or not there and not asked for.

    Raises:
        UsageError: it was asked for, and is not installed.

    """
    from touchline.tracking.board.ppocr import PPOCRReader, model_file

    return PPOCRReader() if clock or (clock is None and model_file() is not None) else None


def wants_tracks(arguments: AnalyzeArguments, *, output: Output) -> bool:
    """Whether to track people: as asked for, else if there is a detector."""
    if arguments.tracks is not None:
        return arguments.tracks
    if arguments.detector is not None or has_detector():
        return True
    output.note("touchline: no detector is built in, so nobody is tracked; name one with --detector")
    return False


def events_from(arguments: AnalyzeArguments, *, tracked: bool) -> EventsFrom:
    """What to name events from: as asked for, else fused with the built-in spotter if people are tracked.

    Raises:
        UsageError: events are to be named from tracks, and nobody is tracked, or a head over feature streams is used.

    """
    chosen = arguments.events
    if chosen is None:
        return "fused" if tracked and not arguments.model else "pixels"
    if chosen != "pixels" and not tracked:
        raise UsageError(f"--events {chosen} needs tracks, and nobody is tracked; use --events pixels")
    if chosen == "fused" and any(is_stream_head(name) for name in arguments.model or ()):
        raise UsageError(
            "--events fused needs a spotter of frames, not a head over feature streams; use --events pixels"
        )
    return chosen


def has_detector() -> bool:
    """Whether a detector ships with the package."""
    from touchline.models.store import list_builtin

    return any(model.config.task == "detect" for model in list_builtin())


def _read_boxes(tracking: TrackArguments | None, *, videos: int) -> tuple[PickedBox, ...]:
    """The boxes of ``--boxes``.

    Raises:
        UsageError: several videos; the times of one file fit only one of them.
        InputError: the file cannot be read.

    """
    if tracking is None or tracking.boxes is None:
        return ()
    if videos > 1:
        raise UsageError(f"--boxes {tracking.boxes} belongs to one video, but {videos} are given; name one")
    from touchline.formats.boxes.picked import read_boxes

    return read_boxes(tracking.boxes)


def _load_tracker(tracking: TrackArguments, *, output: Output) -> VideoTracker:
    """Load the tracker of the command line; the devices of its models, and why, go to stderr."""
    from touchline.analysis.tasks.track import load_tracker

    speed, fps = speed_of(tracking), tracking.fps
    if fps is not None and not 1 <= fps <= 240:
        raise UsageError(f"--fps {fps:g} is outside 1 to 240 frames per second; use for instance 12.5")
    tracker = load_tracker(
        tracking.detector,
        pitch_finder=tracking.pitch_finder,
        device=tracking.device,
        fps=fps,
        recogniser=tracking.recogniser,
        speed=speed,
        threads=tracking.threads,
    )
    for model in tracker.models:
        output.note(f"touchline: model {model.name}, {model.device_reason}")
    return tracker


def speed_of(tracking: TrackArguments) -> SpeedName:
    """The preset of the command line.

    Raises:
        UsageError: ``--fast`` with another ``--speed``.

    """
    if tracking.fast and tracking.speed not in (None, "fast"):
        raise UsageError(f"--fast is --speed fast, and --speed {tracking.speed} was given too; leave one out")
    return "fast" if tracking.fast else tracking.speed or DEFAULT_SPEED


def read_thresholds(words: Sequence[str]) -> dict[str, float]:
    """Read thresholds given as ``LABEL=VALUE``; of several for one label the last counts.

    Raises:
        UsageError: a text of another form.

    """
    thresholds = {}
    for word in words:
        label, _, value = word.rpartition("=")
        try:
            thresholds[label] = float(value)
        except ValueError:
            label = ""
        if not label:
            raise UsageError(f"--threshold {word!r} is not LABEL=VALUE; write for instance --threshold PASS=0.5")
    return thresholds


def for_all_labels(thresholds: Mapping[str, float], *, labels: Sequence[str]) -> dict[str, float]:
    """Thresholds with that of ``all`` given to every label without one."""
    if ALL not in thresholds or ALL in labels:
        return dict(thresholds)
    named = {label: value for label, value in thresholds.items() if label != ALL}
    return {**dict.fromkeys(labels, thresholds[ALL]), **named}


def load_spotting(spotting: SpotArguments, *, output: Output) -> BaseSpotter | VideoStreamSpotter:
    """Load what spots events: spotters of frames, or a spotting head over feature streams."""
    names = spotting.model or ()
    if any(is_stream_head(name) for name in names):
        return load_head(names, spotting=spotting, output=output)
    if spotting.features or spotting.reduction is not None:
        raise UsageError("--features and --reduction need a spotting head over feature streams; name one with --model")
    return load_spotters(names, device=spotting.device, flip=spotting.flip, threads=spotting.threads, output=output)


def load_spotters(
    names: Sequence[str], *, device: Device, flip: bool | None, threads: int | None = None, output: Output
) -> BaseSpotter:
    """Load the spotter of the command line, an ensemble of several; their devices, and why, go to stderr."""
    from touchline.spotting.ensemble import EnsembleSpotter
    from touchline.spotting.loading import load_frame_spotter
    from touchline.spotting.spotter import Spotter

    spotters = [load_frame_spotter(name, device=device, flip=flip, threads=threads) for name in names or (None,)]
    for spotter in spotters:
        output.note(f"touchline: model {spotter.name}, {spotter.device_reason}")
    if len(spotters) == 1:
        return spotters[0]
    dense = [spotter.name for spotter in spotters if not isinstance(spotter, Spotter)]
    if dense:
        raise UsageError(f"--model {dense[0]}: a dense spotter cannot be averaged with others; name it alone")
    return EnsembleSpotter([spotter for spotter in spotters if isinstance(spotter, Spotter)])


def _run_video(video: Path, *, tasks: Sequence[Task], options: AnalyzeOptions, output: Output, listed: bool) -> int:
    """Analyse one video and print its results; return its exit code."""
    from touchline.analysis.pipeline import analyze_video
    from touchline.formats.soccernet.source import missing_advice

    if not video.exists():
        raise InputError(f"{video}: no such file{missing_advice(video.name) or '; check the path'}")
    tell_untrimmed(video, output=output)
    with progress_bar(video.name) as progress:
        result = analyze_video(video, tasks=tasks, options=options, progress=progress)
    tell_result(video, result, output=output, listed=listed)
    _tell_place(video, result.bundle, output=output)
    return EXIT_DEGRADED if result.degraded else EXIT_OK


def _tell_place(video: Path, bundle: Path, *, output: Output) -> None:
    """Say why a bundle does not have the usual name."""
    from touchline.formats.bundle_place import usual_folder

    usual = usual_folder(video, out=bundle.parent)
    if usual.name != bundle.name:
        text = f"{usual.name} is not of this video and is kept as it is; the results are in {bundle.name}"
        output.note(f"touchline: note: {one_line(f'{video}: {text}')}")


def estimate(videos: Sequence[Given], *, tasks: Sequence[Task], options: AnalyzeOptions, output: Output) -> int:
    """Print how long each analysis would take, from a trial on its first seconds; nothing is written."""
    inputs = Inputs("videos", output=output)
    for video in videos:
        with inputs.one(video.path, type="error", video=str(video.path)):
            video.check()
            own = replace(options, out=video.out(options.out))
            _estimate(video.path, tasks=tasks, options=own, output=output)
    return inputs.finish()


def _estimate(video: Path, *, tasks: Sequence[Task], options: AnalyzeOptions, output: Output) -> None:
    """Print how long the analysis of one video would take."""
    from touchline.analysis.trial import trial_speed
    from touchline.media.video import probe

    info = probe(video, stream=options.stream)
    speed = trial_speed(video, info=info, tasks=tasks, threads=options.threads)
    needed_s = info.duration_us / 1e6 / speed
    free_gb = shutil.disk_usage(_existing(options.out or video.parent)).free / 1e9
    output.record({"type": "estimate", "video": str(video), "seconds": round(needed_s, 3), "speed": round(speed, 2)})
    if not output.json:
        output.say(
            one_line(
                f"{video}: {format_clock(info.duration_us, decimals=0)} of {info.width}x{info.height} video, "
                f"about {format_clock(round(needed_s * 1e6), decimals=0)} to analyse ({speed:.1f}x real time), "
                f"{free_gb:.1f} GB free for its bundle"
            )
        )


def _existing(folder: Path) -> Path:
    """The nearest folder above that exists."""
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
