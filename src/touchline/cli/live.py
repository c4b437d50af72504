"""``touchline live``: events of a stream or a growing file while it plays."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from touchline.cli.common import Output, one_line
from touchline.cli.interrupts import Interrupts
from touchline.cli.options import FlipOption, SharedArguments, ThresholdOption, verb
from touchline.core.clock import US_PER_S, format_clock
from touchline.core.errors import EXIT_DEGRADED, EXIT_INTERRUPTED, EXIT_OK, UsageError
from touchline.core.extras import need_extra
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.live.output.bundle import LiveBundles
    from touchline.live.session import Session, Stated
    from touchline.live.source.address import Address
    from touchline.live.source.recording import Recording
    from touchline.live.spotting.kinds import LiveSpotter

_PARTS = 4
"""Files that a recording is divided into, for each time span that is kept."""
_S_PER_HOUR = 3600

SourceArgument = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="A file that is being recorded, the URL of a stream, or a capture device such as v4l2:/dev/video0.",
        show_default=False,
    ),
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="MODEL",
        help="Spot events with this model, a name or a file.",
        show_default="the built-in spotter",
    ),
]
FollowOption = Annotated[
    float,
    typer.Option(
        "--follow", metavar="SECONDS", min=0.1, help="Take a file for finished when it has not grown for this long."
    ),
]
MarkerOption = Annotated[
    Path | None,
    typer.Option(
        "--marker", metavar="FILE", help="Take a file for finished when this other file exists.", show_default="none"
    ),
]
GiveUpOption = Annotated[
    float,
    typer.Option(
        "--give-up", metavar="SECONDS", min=1, help="Give up on a stream that has sent no picture for this long."
    ),
]
RecordOption = Annotated[
    Path | None,
    typer.Option(
        "--record",
        metavar="FILE.mkv",
        help="Copy the stream into this file, with a bundle beside it for touchline review.",
        show_default="nothing is recorded",
    ),
]
KeepOption = Annotated[
    float | None,
    typer.Option(
        "--keep",
        metavar="HOURS",
        min=0.01,
        help="Record in several parts and remove those older than this, unless they were reviewed.",
        show_default="everything",
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="FOLDER", help="Write the bundle to this folder.", show_default="beside the file or recording"
    ),
]
PageOption = Annotated[bool, typer.Option("--page/--no-page", help="Show events on a web page as they come.")]
HostOption = Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Serve the page on this address.")]
PortOption = Annotated[
    int,
    typer.Option(
        "--port", metavar="N", min=0, max=65535, help="Serve the page on this port.", show_default="a free one"
    ),
]
WebhookOption = Annotated[
    str | None,
    typer.Option("--webhook", metavar="URL", help="Post every event to this address as JSON.", show_default="none"),
]
StatusOption = Annotated[
    float, typer.Option("--status", metavar="SECONDS", min=0.5, help="State how the run stands this often.")
]


@dataclass(frozen=True, kw_only=True)
class LiveArguments(SharedArguments):
    """What a live run takes."""

    source: SourceArgument
    model: ModelOption = None
    threshold: ThresholdOption = None
    flip: FlipOption = None
    follow: FollowOption = 10.0
    marker: MarkerOption = None
    give_up: GiveUpOption = 120.0
    record: RecordOption = None
    keep: KeepOption = None
    out: OutOption = None
    page: PageOption = True
    host: HostOption = "127.0.0.1"
    port: PortOption = 0
    webhook: WebhookOption = None
    status: StatusOption = 5.0


def _run(arguments: LiveArguments, output: Output) -> int:
    """Analyse a source until it ends or the user ends it."""
    from touchline.live.output.bundle import LiveBundles
    from touchline.live.session import Session
    from touchline.live.source.address import address_of
    from touchline.live.source.connection import Patience
    from touchline.live.source.opening import source_of

    address = address_of(arguments.source)
    recording = _recording(arguments, address)
    source = source_of(
        address,
        quiet_s=arguments.follow,
        marker=arguments.marker,
        patience=Patience(give_up_s=arguments.give_up),
        sink=recording,
    )
    spotter, thresholds = _load(arguments, output=output)
    session = Session(source, spotter, thresholds=thresholds, status_s=arguments.status)
    bundles = None
    if address.is_file or recording is not None:
        bundles = LiveBundles(
            session,
            parts=_parts_of(address, recording),
            out=arguments.out,
            keep_us=None if arguments.keep is None else round(arguments.keep * _S_PER_HOUR * US_PER_S),
            clock=time.monotonic,
        )
        session.listeners.append(bundles)
        session.problems.append(lambda: bundles.problem)
    if recording is not None:
        session.problems.append(lambda: recording.problem)
    with _listening(arguments, session, output=output):
        session.listeners.append(_Printer(output))
        interrupted = _until_the_end(session)
    if recording is not None:
        recording.close()
    if bundles is not None:
        bundles.write(ended=True)
    _say_outcome(session, bundles, output=output)
    return EXIT_INTERRUPTED if interrupted else _exit_code(session)


def _exit_code(session: Session) -> int:
    """The exit code of a run that the source ended: whether anything was lost."""
    lost = getattr(session.source, "lost", "")
    return EXIT_OK if session.coverage().complete and not lost else EXIT_DEGRADED


command = verb(
    LiveArguments,
    _run,
    about="""Spot the events of a stream or a growing file.

    Events come as they are seen: provisional first, final after a look-ahead of some seconds; final ones are those that
    touchline spot finds in the recording. A stream that breaks is opened again. Ctrl-C ends the run in good order.

    Examples:
      touchline live recording.mkv --json
      touchline live rtsp://camera/main --record match.mkv
    """,
)


def _recording(arguments: LiveArguments, address: Address) -> Recording | None:
    """The recording that was asked for.

    Raises:
        UsageError: of a file, or --keep without one.
        ResourceError: it cannot be written.

    """
    from touchline.live.source.recording import Recording, require_recordable

    if address.is_file and (arguments.record or arguments.keep):
        raise UsageError(f"{address.shown}: is a file already; --record and --keep are for streams")
    if arguments.record is None:
        if arguments.keep is not None or (arguments.out is not None and not address.is_file):
            raise UsageError("--keep and --out need something to write; name a file with --record")
        return None
    part_us = None if arguments.keep is None else round(arguments.keep * _S_PER_HOUR * US_PER_S / _PARTS)
    return Recording(require_recordable(arguments.record), part_us=part_us)


def _parts_of(address: Address, recording: Recording | None) -> Any:
    """What returns the files that hold the video."""
    from touchline.live.source.recording import Part

    if recording is not None:
        return lambda: recording.parts
    return lambda: (Part(address.path, 0),)


def _load(arguments: LiveArguments, *, output: Output) -> tuple[LiveSpotter, dict[str, float]]:
    """The spotter, and the threshold of each of its labels.

    Raises:
        UsageError: the model is a head over feature streams, which need the whole video.

    """
    from touchline.cli.running import for_all_labels, read_thresholds
    from touchline.cli.spot_streams import is_stream_head
    from touchline.live.spotting.kinds import look_ahead_of
    from touchline.spotting.loading import load_frame_spotter

    if arguments.model is not None and is_stream_head(arguments.model):
        raise UsageError(
            f"--model {arguments.model}: a head over features needs the whole video; name a spotter of frames"
        )

    given = read_thresholds(arguments.threshold or ())
    spotter = load_frame_spotter(arguments.model, device=arguments.device, flip=arguments.flip)
    output.note(f"touchline: model {spotter.name}, {spotter.device_reason}")
    output.note(f"touchline: an event is final {look_ahead_of(spotter) / spotter.fps:.1f} s of stream after it")
    for remark in spotter.remarks:
        output.note(one_line(f"touchline: note: {remark}"))
    return spotter, spotter.thresholds_with(for_all_labels(given, labels=spotter.labels))


def _until_the_end(session: Session) -> bool:
    """Run until the source ends; return whether the user ended it before."""
    try:
        session.run()
    except KeyboardInterrupt:
        Interrupts.answered()
        session.finish()
        return True
    return False


@contextmanager
def _listening(arguments: LiveArguments, session: Session, *, output: Output) -> Iterator[None]:
    """Serve the page and post to the webhook while the body runs."""
    with ExitStack() as stack:
        if arguments.webhook is not None:
            from touchline.live.output.webhook import Webhook

            webhook = Webhook(arguments.webhook)
            session.listeners.append(webhook)
            session.problems.append(lambda: webhook.problem and f"{webhook.shown}: {webhook.problem}")
            stack.callback(webhook.close)
        if arguments.page and _page_is_installed(output):
            stack.callback(_serve(arguments, session, output=output))
        yield


def _page_is_installed(output: Output) -> bool:
    """Whether the server's packages are there; where they are not, a line says how to install them."""
    from touchline.core.extras import MissingPackageError

    try:
        need_extra("live", what="the live page", modules=("starlette", "uvicorn"))
    except MissingPackageError as error:
        output.note(f"touchline: no page: {error}")
        return False
    return True


def _serve(arguments: LiveArguments, session: Session, *, output: Output) -> Callable[[], None]:
    """Start the page's server and print its address; return what ends it."""
    from touchline.live.output.hub import Hub
    from touchline.live.output.server import LiveServer
    from touchline.review.server.run import listen

    hub, address = Hub(), listen(arguments.host, arguments.port)
    session.listeners.append(hub)
    server = LiveServer(hub, address)
    output.record({"type": "page", "url": address.url})
    output.note(f"touchline: events as they come: {address.url}")
    return server.close


def _say_outcome(session: Session, bundles: LiveBundles | None, *, output: Output) -> None:
    """Print what was found, what was lost, and where it is."""
    coverage = session.coverage()
    for gap in coverage.gaps:
        span = f"{format_clock(gap.start_us)} to {format_clock(gap.end_us)}"
        output.note(one_line(f"touchline: warning: {span} could not be analysed: {gap.reason}"))
    if lost := getattr(session.source, "lost", ""):
        output.note(one_line(f"touchline: warning: the stream broke and did not come back: {lost}"))
    likeness = session.likeness.found
    for line in (likeness.line, likeness.withheld and f"no ball action counts here: {likeness.withheld}"):
        if line:
            output.note(one_line(f"touchline: {line}"))
    paths = [] if bundles is None else bundles.paths
    output.record(
        {
            "type": "result",
            "events": len(session.final),
            "likeness": session.status()["likeness"],
            "bundles": [str(path) for path in paths],
        }
    )
    if not output.json:
        output.say(f"{counted(len(session.final), 'event')} in {format_clock(session.seen_us, decimals=0)}")
    for path in paths:
        output.note(one_line(f"touchline: bundle: {path}"))


class _Printer:
    """Prints events and the state: one line each, of JSON or for people."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def event(self, stated: Stated) -> None:
        """Print a revision of an event; people are shown the final ones."""
        self._output.record(stated.record())
        event = stated.event
        if event.final and not event.withdrawn and not self._output.json:
            self._output.say(f"{format_clock(event.time_us):>11}  {event.label:<12}  {event.confidence:4.2f}")

    def status(self, record: Mapping[str, Any]) -> None:
        """Print how the run stands."""
        self._output.record(record)
        if self._output.json:
            return
        compute = record["latency"]["compute_s"]
        late = "" if compute is None else f", computed {compute['p50']:.2f} s after arrival"
        lost = f", {record['dropped_frames']} frames dropped" if record["dropped_frames"] else ""
        again = f", reconnected {counted(record['reconnects'], 'time')}" if record["reconnects"] else ""
        at = format_clock(record["time_us"], decimals=0)
        queue = f"queue {record['queue']:.0%}"
        self._output.note(
            f"touchline: {record['state']} at {at}: {counted(record['events'], 'event')}, {queue}{late}{lost}{again}"
        )
