"""Reading of Sportscode's XML: instances, their labels, and the colours of rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

from touchline.core.clock import US_PER_S
from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.core.wording import counted
from touchline.formats.events.attributes import Attribute
from touchline.formats.events.event_format import FoundEvents
from touchline.formats.events.export_context import LabelStyle
from touchline.formats.events.losses import NOTE
from touchline.formats.events.sports.instance_labels import Clip, event_of
from touchline.formats.events.time_text import parse_seconds
from touchline.formats.files.xml_files import node_text, parse_xml

XML_BEFORE, XML_AFTER = "xml_before_labels", "xml_after_labels"
"""Keys of ``Event.extra``: children of an instance that have no meaning here, as XML."""

KEPT = "sportscode"
"""Key of ``FoundEvents.kept``."""

INSTANCES, ROWS = "all_instances", "rows"
FREE_TEXT = "free_text"

_OWN = frozenset({"id", "start", "end", "code", "label", FREE_TEXT})
_ROW = ("r", "g", "b")
_MAX_PROBLEMS = 5


def read_instances(data: bytes, *, source: str) -> FoundEvents:
    """Read the instances and rows of a file.

    Raises:
        InputError: it is not such a file, or has impossible instances; the first few are named with their lines.

    """
    file = parse_xml(data, source=source)
    parts = {child.tag.lower(): child for child in reversed(file.root)}
    if INSTANCES not in parts:
        raise InputError(f"{source}: <{file.root.tag}> has no <ALL_INSTANCES>; expected an edit list of Sportscode")
    events, lost = _events(parts[INSTANCES], source=source)
    rows = list(parts[ROWS]) if ROWS in parts else []
    return FoundEvents(
        Timeline(tuple(events)),
        notes=(*file.notes, *lost),
        styles={style.name: style for style in _styles(rows)},
        kept={KEPT: {"rows": _kept_rows(rows), **_kept_parts(file.root)}},
    )


def child_text(node: Element, name: str) -> str | None:
    """Return the text of the first child with a name, in any case; None if there is none."""
    return next((child.text or "" for child in node if child.tag.lower() == name), None)


def _events(instances: Element, *, source: str) -> tuple[list[Event], list[str]]:
    """Return the events, and notes on what of the instances is not kept."""
    events: list[Event] = []
    problems: list[str] = []
    unkept = 0
    for node in instances:
        try:
            events.append(_event(node))
        except ValueError as error:
            problems.append(f"line {vars(node)['line']}: {error}")
        unkept += bool(node.attrib) or any(len(child) > _parts_of(child) for child in node if _is(child, "label"))
    if problems:
        more = f"; and {len(problems) - _MAX_PROBLEMS} more" if len(problems) > _MAX_PROBLEMS else ""
        what = f"{len(problems)} of {len(instances)} instances cannot be used"
        raise InputError(f"{source}: {what}: {'; '.join(problems[:_MAX_PROBLEMS])}{more}")
    return events, [f"{counted(unkept, 'instance')} with unknown parts of labels, left out"] if unkept else []


def _is(node: Any, name: str) -> bool:
    return bool(node.tag.lower() == name)


def _parts_of(label: Any) -> int:
    return sum(_is(child, "group") or _is(child, "text") for child in label)


def _event(node: Any) -> Event:
    """Return the event of an instance; ValueError if it is impossible."""
    code = child_text(node, "code")
    if not code:
        raise ValueError(f"<{node.tag}> has no code")
    start_us, end_us = (_time(node, name) for name in ("start", "end"))
    clip = Clip(start_us, end_us, whole=start_us % US_PER_S == end_us % US_PER_S == 0)
    return event_of(code, clip, list(_labels(node)), _extra(node))


def _time(node: Element, name: str) -> int:
    text = child_text(node, name)
    if text is None:
        raise ValueError(f"<{node.tag}> has no <{name}>")
    try:
        return parse_seconds(text)
    except ValueError as error:
        raise ValueError(f"<{name}>: {error}") from None


def _labels(node: Element) -> Iterator[Attribute]:
    for child in node:
        if _is(child, "label"):
            yield child_text(child, "group"), child_text(child, "text") or ""


def _extra(node: Element) -> dict[str, object]:
    """Return the note, and unknown children as XML."""
    extra: dict[str, object] = {}
    note = child_text(node, FREE_TEXT)
    if note:
        extra[NOTE] = note
    before: list[str] = []
    after: list[str] = []
    labels_seen = False
    for child in node:
        labels_seen = labels_seen or _is(child, "label")
        if child.tag.lower() not in _OWN:
            (after if labels_seen else before).append(node_text(child))
    return extra | {key: found for key, found in ((XML_BEFORE, before), (XML_AFTER, after)) if found}


def _styles(rows: list[Any]) -> Iterator[LabelStyle]:
    """Yield the colour of each code; files have 16 bits a channel, some of them 8 bits times 256."""
    colours = {id(row): _colour(row) for row in rows}
    values = [value for colour in colours.values() for value in colour or ()]
    narrow = max(values, default=0) <= 255
    unit = 1 if narrow else 256 if all(value % 256 == 0 for value in values) else 257
    for row in rows:
        code, colour = child_text(row, "code"), colours[id(row)]
        shares = None if colour is None else [min(round(value / unit), 255) for value in colour]
        if code:
            yield LabelStyle(code, None if shares is None else "#{:02x}{:02x}{:02x}".format(*shares))


def _colour(row: Any) -> tuple[int, int, int] | None:
    """Return R, G and B of a row; None if it has no usable ones."""
    try:
        red, green, blue = (int(float((child_text(row, name) or "").replace(",", "."))) for name in _ROW)
    except (ValueError, OverflowError):
        return None
    return (red, green, blue) if all(0 <= value <= 65535 for value in (red, green, blue)) else None


def _kept_rows(rows: list[Any]) -> dict[str, Any]:
    """Return code -> colour as it stands in the file, and unknown children as XML."""
    kept = {}
    for row in rows:
        others = [node_text(child) for child in row if child.tag.lower() not in ("code", *_ROW)]
        kept[child_text(row, "code") or ""] = {"colour": _colour(row), "xml": others}
    return kept


def _kept_parts(root: Element) -> dict[str, list[str]]:
    """Return unknown children of the file as XML, those before the instances and those after."""
    kept: dict[str, list[str]] = {"before": [], "after": []}
    place = "before"
    for child in root:
        if child.tag.lower() == INSTANCES:
            place = "after"
        elif child.tag.lower() != ROWS:
            kept[place].append(node_text(child))
    return kept
