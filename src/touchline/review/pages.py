"""The report of a bundle, written again when the review changed what it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from touchline.core.errors import TouchlineError
from touchline.formats.bundle import REPORT
from touchline.media.video import probe
from touchline.report.options import ReportOptions
from touchline.report.page import is_report_current, write_report
from touchline.review.shelf import Item

_NO_VIDEO = b'id="video-data"></script>'


def outdated_reports(items: Sequence[Item]) -> list[Item]:
    """Return the items with a report that is older than their last correction, and a video to describe in it."""
    return [item for item in items if _has_report(item) and not is_report_current(item.bundle)]


def renew_reports(items: Sequence[Item], *, say: Callable[[str], None]) -> None:
    """Write the outdated reports again; one that cannot be written is left as it was, and ``say`` gets the reason."""
    for item in outdated_reports(items):
        page = item.bundle.path / REPORT
        say(f"{page}: writing it again with the corrections")
        try:
            renew_report(item)
        except TouchlineError as error:
            say(f"{page}: left as it was: {error}")


def renew_report(item: Item) -> None:
    """Write the report of a bundle again, with the corrections; a video embedded in it stays embedded.

    Raises:
        InputError: the bundle or the video cannot be read.
        ResourceError: the page cannot be written.

    """
    assert item.video is not None, "outdated_reports leaves out items without a video"
    embedded = _NO_VIDEO not in (item.bundle.path / REPORT).read_bytes()
    write_report(item.bundle, probe(item.video), options=ReportOptions(embed_video=embedded))


def _has_report(item: Item) -> bool:
    return item.video is not None and item.has_manifest and (item.bundle.path / REPORT).is_file()
