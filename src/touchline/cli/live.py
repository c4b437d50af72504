"""``touchline live``: events of a stream or a growing file while it plays."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from touchline.cli.common import Device, Output, one_line, run_guarded
from touchline.cli.options import DebugOption, DeviceOption, FlipOption, JsonOption, ThresholdOption
from touchline.core.clock import format_clock
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK

if TYPE_CHECKING:
    from touchline.live.session import Session, Stated
    from touchline.spotting.spotter import Spotter


def command(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="A file that is being recorded, the URL of a stream, or a capture device.",
            show_default=False,
        ),
    ],
    quiet: Annotated[
        float,
        typer.Option("--quiet", metavar="SECONDS", min=0.1, help="Take a file for finished if it grows no more for this long."),
    ] = 10.0,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="MODEL",
            help="Spot events with this model, a name or a file.",
            show_default="the built-in spotter",
        ),
    ] = None,
    threshold: ThresholdOption = None,
    flip: FlipOption = None,
    device: DeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Spot the events of a stream or a growing file.

    Examples:
      touchline live recording.mkv
      touchline live rtsp://camera/main --json

    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        from touchline.cli.running import for_all_labels, read_thresholds
        from touchline.live.session import Session
        from touchline.live.source.address import address_of
        from touchline.live.source.opening import source_of

        given = read_thresholds(threshold or ())
        found = source_of(address_of(source), quiet_s=quiet)
        spotter = _load(model, device=device, flip=flip, output=output)
        thresholds = spotter.thresholds_with(for_all_labels(given, labels=spotter.labels))
        session = Session(found, spotter, thresholds=thresholds)
        session.listeners.append(_Printer(output))
        session.run()
        return _outcome(session)

    run_guarded(run, debug=debug, json=json)


def _load(model: str | None, *, device: Device, flip: bool | None, output: Output) -> Spotter:
    from touchline.spotting.spotter import load_spotter

    spotter = load_spotter(model, device=device, flip=flip)
    output.note(f"touchline: model {spotter.name}, {spotter.device_reason}")
    return spotter


def _outcome(session: Session) -> int:
    """The exit code of a run that has ended."""
    return EXIT_OK if session.coverage().complete else EXIT_DEGRADED


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
        compute = record["latency"]["compute_s"]
        late = "" if compute is None else f", computed after {compute['p50']:.2f} s"
        self._output.note(
            one_line(
                f"touchline: {record['state']}, {format_clock(record['time_us'], decimals=0)}, "
                f"{record['events']} events, queue {record['queue']:.0%}{late}"
            )
        )
