"""The work of ``touchline export``: what is chosen, what is known besides, and where it is written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from touchline.cli.common import Output
from touchline.cli.exchange.event_inputs import EventInput, event_inputs, file_in
from touchline.cli.exchange.export_arguments import ExportArguments
from touchline.cli.exchange.export_options import export_options
from touchline.cli.exchange.video_facts import facts_of_bundle
from touchline.cli.exchange.written import report_written, zipped
from touchline.cli.inputs import Inputs
from touchline.cli.progress import each_with_progress
from touchline.core.clock import exact_rate
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK, InputError, UsageError
from touchline.core.events import Timeline
from touchline.core.suggestions import did_you_mean
from touchline.formats.boxes.track_format import TrackFormat
from touchline.formats.boxes.track_registry import TRACK_FORMATS
from touchline.formats.events.event_format import Converted, EventFormat, ReadOptions
from touchline.formats.events.export_context import ExportContext, ExportOptions
from touchline.formats.events.exported import exported_events
from touchline.formats.events.registry import FORMATS


@dataclass(frozen=True)
class Prepared:
    """What is written for one source.

    Attributes:
        timeline: the chosen events; empty for a format of boxes.
        context: what the writer may use besides.
        remarks: what was odd about the source.

    """

    timeline: Timeline
    context: ExportContext
    remarks: list[str]


def export_all(given: ExportArguments, output: Output) -> int:
    """Export every bundle and file; returns the exit code."""
    chosen = format_to_write(given.to)
    if isinstance(chosen, TrackFormat) and (given.reviewed or given.label or given.min_confidence):
        raise UsageError(f"--to {given.to}: holds boxes; --reviewed, --label and --min-confidence select events")
    options = export_options(
        given.lead, given.lag, given.columns, integer_times=given.integer_times, step=given.step, split=given.split
    )
    if given.out is None or given.out.suffix != ".zip":
        return _export_each(given, chosen, options, output)
    if not isinstance(chosen, TrackFormat) or not chosen.plain_name:
        raise UsageError(f"--out {given.out}: --to {given.to} is not handed in as a zip; give a file or a folder")
    with zipped(given.out) as folder:
        return _export_each(replace(given, out=folder), chosen, options, output, archive=given.out)


def _export_each(
    given: ExportArguments,
    chosen: EventFormat | TrackFormat,
    options: ExportOptions,
    output: Output,
    *,
    archive: Path | None = None,
) -> int:
    """Export every bundle and file, shown as entries of a zip if there is one; returns the exit code."""
    inputs = Inputs("bundles", output=output)
    sources = [one for source in given.sources for one in event_inputs(source)]
    written: dict[Path, Path] = {}
    for one in each_with_progress(sources, unit="bundles"):
        with inputs.one(one.path, type="error", source=str(one.path)):
            path = _path(one, chosen, out=given.out, alone=len(sources) == 1)
            if written.setdefault(path, one.path) != one.path:
                raise UsageError(f"{one.path}: {path} holds {written[path]} already; export it with another --out")
            prepared = _with_rate(_prepared(one, chosen, given, options), given.fps)
            result = _write(one, chosen, prepared, path)
            if archive is not None:
                result = replace(result, path=archive / result.path.name)
            record = {"type": "exported", "source": str(one.path), "to": given.to}
            report_written(result, output=output, record=record, read_notes=prepared.remarks)
            inputs.done(EXIT_DEGRADED if result.dropped else EXIT_OK)
    return inputs.finish()


def format_to_write(name: str) -> EventFormat | TrackFormat:
    """The format of events or of boxes with a name.

    Raises:
        UsageError: no format has this name.

    """
    formats: dict[str, EventFormat | TrackFormat] = {known.name: known for known in FORMATS}
    formats |= {known.name: known for known in TRACK_FORMATS}
    if name not in formats:
        near = did_you_mean(name, formats) or f"; formats are {', '.join(formats)}"
        raise UsageError(f"--to {name}: no such format{near}")
    return formats[name]


def _path(one: EventInput, chosen: EventFormat | TrackFormat, *, out: Path | None, alone: bool) -> Path:
    """The file to write.

    Raises:
        UsageError: it would replace a file that no export wrote.

    """
    if out is not None and alone and out.suffix and not out.is_dir():
        return out
    folder = out if out is not None else one.path if one.bundle is not None else one.path.parent
    path = _named(folder, one, chosen, inside=out is None)
    if out is None and one.bundle is None and path.exists():
        raise UsageError(f"{path}: exists; say where to write with --out")
    return path


def _named(folder: Path, one: EventInput, chosen: EventFormat | TrackFormat, *, inside: bool) -> Path:
    if isinstance(chosen, TrackFormat):
        ending = (
            chosen.suffix if chosen.plain_name or chosen.name in chosen.suffix else f".{chosen.name}{chosen.suffix}"
        )
        return folder / f"{one.game}{ending}"
    return folder / chosen.default_name if inside and not chosen.suffixes else file_in(folder, one, chosen)


def _prepared(
    one: EventInput, chosen: EventFormat | TrackFormat, given: ExportArguments, options: ExportOptions
) -> Prepared:
    """The chosen events of a bundle or file, and what is known besides.

    Raises:
        InputError: a file is missing or broken.

    """
    bundle = one.bundle
    if bundle is None:
        found = one.read(ReadOptions(fps=None if given.fps is None else exact_rate(given.fps)))
        events = exported_events(found.timeline, min_confidence=given.min_confidence, labels=given.label or ())
        context = ExportContext(found.game or one.game, found.video, found.styles, options, kept=found.kept)
        return Prepared(events, context, [*found.notes, *_nothing_left(events, found.timeline)])
    video, remarks = facts_of_bundle(bundle, frame_times=isinstance(chosen, EventFormat) and chosen.counts_frames)
    context = bundle.export_context(video=video, options=options)
    if isinstance(chosen, TrackFormat):
        return Prepared(Timeline(), context, remarks)
    events = bundle.events_to_export(
        reviewed_only=given.reviewed, min_confidence=given.min_confidence, labels=given.label or ()
    )
    return Prepared(events, context, [*remarks, *_nothing_left(events, bundle.events_to_export())])


def _nothing_left(events: Timeline, of: Timeline) -> list[str]:
    """A remark that the options left nothing."""
    if events.events or not of.events:
        return []
    return [f"none of {len(of)} events is left by the options; its labels are {', '.join(of.labels)}"]


def _with_rate(prepared: Prepared, fps: float | None) -> Prepared:
    """The same with the user's frame rate where the video's is not known."""
    video = prepared.context.video
    if fps is None or exact_rate(fps) == video.fps:
        return prepared
    if video.fps is not None:
        words = f"--fps {fps:g} is not used: the video has {float(video.fps):g} frames per second"
        return replace(prepared, remarks=[*prepared.remarks, words])
    video = replace(video, fps=exact_rate(fps))
    return replace(prepared, context=replace(prepared.context, video=video))


def _write(one: EventInput, chosen: EventFormat | TrackFormat, prepared: Prepared, path: Path) -> Converted:
    if not isinstance(chosen, TrackFormat):
        return chosen.write(prepared.timeline, path, context=prepared.context)
    bundle = one.bundle
    if bundle is None:
        raise InputError(f"{one.path}: holds events, not tracks; give a bundle to write {chosen.title}")
    tracks = bundle.read_corrected_tracks() if bundle.read_corrections() else bundle.read_tracks()
    return chosen.write(tracks, path, context=prepared.context)
