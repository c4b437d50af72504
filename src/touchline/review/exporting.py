"""Corrected events as files of other tools, and as clips."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from touchline.core.errors import InputError, UsageError
from touchline.core.wording import counted
from touchline.formats.bundle import SUFFIX
from touchline.formats.events.event_format import Converted
from touchline.formats.events.export_context import ExportContext, LabelStyle, VideoFacts
from touchline.formats.events.registry import format_named
from touchline.media.video import Progress
from touchline.render.clips.match import Match
from touchline.render.clips.plan import ClipOptions
from touchline.render.clips.selection import Selection
from touchline.render.clips.spans import Margins
from touchline.render.clips.work import ClipsMade, cut_clips
from touchline.review.desk import Desk
from touchline.review.jobs import Job, Outcome
from touchline.review.refusals import Refusal
from touchline.review.schema import ClipsPost, ExportAnswer, ExportPost
from touchline.review.studio import Studio


def export_events(studio: Studio, desk: Desk, post: ExportPost) -> ExportAnswer:
    """Write the corrected events in another format, into a file to download.

    Raises:
        Refusal: the format is unknown, or cannot hold any of the events.
        ResourceError: the file cannot be written.

    """
    bundle = desk.item.bundle
    try:
        target = studio.scratch() / _file_name(desk, format_named(post.to).default_name)
        context = _context(studio, desk)
        converted = bundle.export_events(post.to, target, context=context, reviewed_only=post.reviewed)
    except (InputError, UsageError) as error:
        raise Refusal("invalid", str(error)) from error
    link = studio.link(converted.path)
    return ExportAnswer(name=link.name, url=link.url, notes=_notes(converted))


def _context(studio: Studio, desk: Desk) -> ExportContext:
    """Return what writers use: as for the command line, with the frames' times and the label set of this review."""
    info, times_us = desk.contents.info, studio.footage(desk.item.id).known_times()
    facts = None if info is None else VideoFacts.of(info, times_us=times_us)
    context = desk.item.bundle.export_context(video=facts)
    offered = {one.name: LabelStyle(one.name, one.colour, one.lead_us, one.lag_us) for one in desk.labels}
    return replace(context, styles=context.styles or offered)


def _file_name(desk: Desk, usual: str) -> str:
    """Return a name to download a file under: that of the video, then the format's own."""
    return f"{desk.item.bundle.path.name.removesuffix(SUFFIX)}-{usual}"


def _notes(converted: Converted) -> list[str]:
    dropped = [
        f"{count} events of {label!r} were left out: no class for them" for label, count in converted.dropped.items()
    ]
    return [*dropped, *converted.notes, *converted.remarks]


def start_clips(studio: Studio, desk: Desk, post: ClipsPost) -> Job:
    """Begin to cut clips of the corrected events, into a folder beside the bundle.

    Raises:
        Refusal: there is no video, no bundle yet, or the settings exclude each other.

    """
    video, bundle = studio.footage(desk.item.id).info().path, desk.item.bundle
    if not desk.item.has_manifest:
        raise Refusal("invalid", "there is nothing to cut yet: mark an event first")
    out = bundle.path.parent / f"{bundle.path.name.removesuffix(SUFFIX)}-clips"
    try:
        selection, options = _selection(post), _options(post, desk)
    except UsageError as error:
        raise Refusal("invalid", str(error)) from error

    def work(progress: Progress) -> Outcome:
        made = cut_clips([Match(bundle, video)], out=out, selection=selection, options=options, progress=progress)
        return _outcome(made, out=out)

    return studio.jobs.start("clips", work, key=secrets.token_hex(), text="cutting clips")


def _outcome(made: Sequence[ClipsMade], *, out: Path) -> Outcome:
    """Return the files of all folders, and how many clips there are."""
    files, count = [], 0
    for folder in made:
        clips = [folder.folder / clip.file for clip in folder.clips if clip.file]
        files += [*([] if folder.reel is None else [folder.reel]), folder.contents, *clips]
        count += len(folder.clips)
    notes = tuple(dict.fromkeys(note for folder in made for note in folder.notes))
    return Outcome(tuple(files), notes, text=f"{counted(count, 'clip')} in {out.name}, beside the bundle")


def _selection(post: ClipsPost) -> Selection:
    return Selection(
        labels=tuple(post.labels),
        players=tuple(post.players),
        teams=tuple(post.teams),
        min_confidence=post.min_confidence,
        reviewed=post.reviewed,
        each_player=post.each_player,
    )


def _options(post: ClipsPost, desk: Desk) -> ClipOptions:
    """Return how to cut; a label that says nothing of its lead has the usual one."""
    leads = {label.name.casefold(): label.lead_us for label in desk.labels if label.lead_us is not None}
    lags = {label.name.casefold(): label.lag_us for label in desk.labels if label.lag_us is not None}
    margins = Margins(
        post.lead_us,
        post.lag_us,
        leads_us={} if post.lead_us is not None else leads,
        lags_us={} if post.lag_us is not None else lags,
    )
    wanted = {name: getattr(post, name) for name in ("merge", "clips", "reel", "titles", "cards", "fast")}
    return ClipOptions(margins=margins, **wanted)
