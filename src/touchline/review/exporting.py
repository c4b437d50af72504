"""Corrected events as files of other tools, and as clips."""

from __future__ import annotations

from touchline.core.errors import InputError, UsageError
from touchline.formats.bundle import SUFFIX
from touchline.formats.events.event_format import Converted
from touchline.formats.events.export_context import ExportContext, LabelStyle, VideoFacts
from touchline.formats.events.registry import format_named
from touchline.review.desk import Desk
from touchline.review.jobs import Job
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
        chosen = format_named(post.to)
        timeline = bundle.read_corrected(reviewed_only=post.reviewed)
        target = studio.scratch() / _file_name(desk, chosen.default_name)
        converted = chosen.write(timeline, target, context=export_context(studio, desk))
    except (InputError, UsageError) as error:
        raise Refusal("invalid", str(error)) from error
    link = studio.link(converted.path)
    return ExportAnswer(name=link.name, url=link.url, notes=_notes(converted))


def export_context(studio: Studio, desk: Desk) -> ExportContext:
    """Return the facts, styles and names that writers of events may use."""
    contents, corrections = desk.contents, desk.item.bundle.read_corrections()
    labels = corrections.labels or desk.labels
    styles = [LabelStyle(one.name, one.colour, one.lead_us, one.lag_us) for one in labels]
    times = studio.footage(desk.item.id).known_times()
    return ExportContext(
        game=desk.item.bundle.path.name.removesuffix(SUFFIX),
        video=VideoFacts() if contents.info is None else VideoFacts.of(contents.info, times_us=times),
        styles={style.name: style for style in styles},
        teams={team: value.name for team, value in corrections.teams.items()},
        players={player: value.shown for player, value in corrections.players.items()},
    )


def _file_name(desk: Desk, usual: str) -> str:
    """Return a name to download a file under: that of the video, then the format's own."""
    return f"{desk.item.bundle.path.name.removesuffix(SUFFIX)}-{usual}"


def _notes(converted: Converted) -> list[str]:
    dropped = [
        f"{count} events of {label!r} were left out: no class for them" for label, count in converted.dropped.items()
    ]
    return [*dropped, *converted.notes, *converted.remarks]


def start_clips(studio: Studio, desk: Desk, post: ClipsPost) -> Job:
    """Begin to cut clips of the corrected events.

    Raises:
        Refusal: there is no video.

    """
    studio.footage(desk.item.id).info()
    raise Refusal("failed", f"clips are cut by: touchline clips {desk.item.bundle.path}")
