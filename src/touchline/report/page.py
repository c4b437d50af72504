"""The report: one self-contained HTML file that plays the video and shows its timeline.

The page is made from a template, the style sheet and script in ``static/`` (the script is built from ``frontend/``),
inlined when it is written, and a JSON block with the data of its sections. It loads nothing but the video: a content
security policy based on hashes forbids everything else. Everything that comes from a file or a model is treated as
text, never as markup.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from touchline.core.events import VideoInfo
from touchline.formats.bundle import CORRECTIONS, REPORT, Bundle
from touchline.formats.files.atomic import write_text_atomic
from touchline.report.html import policy, render, static_text
from touchline.report.options import ReportOptions
from touchline.report.sections.coverage import coverage_words
from touchline.report.sections.models import trust_of
from touchline.report.sections.registry import SECTIONS
from touchline.report.sections.section import Section
from touchline.report.sections.video import video_base64
from touchline.report.values import BundleValues

_HEAD_BYTES = 4096


def write_report(
    bundle: Bundle,
    info: VideoInfo,
    *,
    options: ReportOptions | None = None,
    sections: Sequence[Section] = SECTIONS,
) -> None:
    """Write the report of a bundle into it as one HTML file, atomically.

    Args:
        bundle: the bundle to show, with any of events, tracks and sound; of a reviewed one, what the review left.
        info: properties of its video, which the page plays by relative path: do not move one without the other.
        options: settings of the report; None for the defaults.
        sections: the sections of the page.

    Raises:
        UsageError: the video to embed is too large.
        InputError: the bundle or the video to embed cannot be read.
        ResourceError: the page cannot be written.

    """
    corrections = _state_of_corrections(
        bundle
    )  # before they are read: one that comes meanwhile makes the page outdated
    values = BundleValues(bundle, info, options or ReportOptions(), corrected=True)
    page = render(
        "report.html",
        title=values.title,
        corrections=corrections,
        facts=[fact for section in sections for fact in section.facts(values)],
        coverage=coverage_words(values),
        trust=trust_of(values),
        likeness=values.likeness,
        data=_json_in_html(page_data(values, sections=sections)),
        video=video_base64(info.path) if values.options.embed_video else "",
        **_own_files(),
    )
    write_text_atomic(values.page, page)


def is_report_current(bundle: Bundle) -> bool:
    """Return whether a bundle has a report that shows its last correction; the page says which, so clocks may jump."""
    page = bundle.path / REPORT
    if not page.is_file():
        return False
    with page.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    return f'<meta name="corrections" content="{_state_of_corrections(bundle)}">'.encode() in head


def _state_of_corrections(bundle: Bundle) -> str:
    """Return a digest of the journal of corrections; that of nothing if there is none."""
    journal = bundle.path / CORRECTIONS
    return hashlib.sha256(journal.read_bytes() if journal.is_file() else b"").hexdigest()[:32]


def page_data(values: BundleValues, *, sections: Sequence[Section] = SECTIONS) -> dict[str, object]:
    """Return the data of every section as JSON values, for the page's scripts."""
    data: dict[str, object] = {
        "version": 1,
        "title": values.title,
        "key": values.key,
        "duration_us": values.duration_us,
    }
    for section in sections:
        data |= section.data(values)
    return data


def _own_files() -> dict[str, Markup]:
    """Return style, script and the policy that allows only these and the video, and no other request."""
    style, script = static_text("report.css"), static_text("report.js")
    more = ("media-src 'self' file: blob:", "require-trusted-types-for 'script'", "trusted-types 'none'")
    return {"style": Markup(style), "script": Markup(script), "policy": policy(style=style, script=script, more=more)}


def _json_in_html(data: Mapping[str, object]) -> Markup:
    """Return JSON that cannot end its script element or be parsed as markup; non-ASCII characters are escaped."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))
