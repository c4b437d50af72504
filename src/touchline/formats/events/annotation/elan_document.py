"""The document of ELAN, format 3.0: tiers of annotations between time slots in milliseconds."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

from touchline.core.errors import InputError
from touchline.formats.files.xml_files import XmlNode, legal_text, parse_xml, xml_bytes

ROOT = "ANNOTATION_DOCUMENT"
SCHEMA = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"

_WRITTEN = "2000-01-01T00:00:00+00:00"
"""The date that the format demands; always the same one, so that equal events give equal files."""

_TYPE = "default-lt"
_LARGEST_MS = 10**12


@dataclass(frozen=True, slots=True)
class Annotation:
    """A span of a tier with a text; ``line`` is its line in the file it was read from."""

    start_ms: int
    end_ms: int
    text: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Tier:
    """A row of annotations that do not overlap, and whom it is about, if the file says so."""

    name: str
    annotations: tuple[Annotation, ...]
    participant: str = ""


@dataclass(frozen=True, slots=True)
class ElanDocument:
    """The tiers of a document, the file name of its video, and the number of annotations without own times."""

    tiers: tuple[Tier, ...]
    media: str = ""
    left_out: int = 0


def elan_bytes(tiers: Sequence[Tier], *, url: str, relative_url: str, mime_type: str) -> bytes:
    """Return a document.

    Args:
        tiers: rows with distinct names.
        url: where the video is.
        relative_url: where it is from the document.
        mime_type: what kind of video it is.

    """
    root = Element(
        ROOT,
        {
            "AUTHOR": "touchline",
            "DATE": _WRITTEN,
            "FORMAT": "3.0",
            "VERSION": "3.0",
            "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
            "xsi:noNamespaceSchemaLocation": SCHEMA,
        },
    )
    header = SubElement(root, "HEADER", MEDIA_FILE="", TIME_UNITS="milliseconds")
    media = {"MEDIA_URL": url, "MIME_TYPE": mime_type, "RELATIVE_MEDIA_URL": relative_url}
    SubElement(header, "MEDIA_DESCRIPTOR", {key: legal_text(value) for key, value in media.items()})
    count = sum(len(tier.annotations) for tier in tiers)
    SubElement(header, "PROPERTY", NAME="lastUsedAnnotationId").text = str(count)
    slots = _add_slots(root, tiers)
    numbers = itertools.count(1)
    for row, tier in enumerate(tiers):
        element = SubElement(root, "TIER", LINGUISTIC_TYPE_REF=_TYPE, TIER_ID=legal_text(tier.name))
        for place, annotation in enumerate(tier.annotations):
            _add_annotation(element, annotation, f"a{next(numbers)}", slots[row, place])
    SubElement(root, "LINGUISTIC_TYPE", GRAPHIC_REFERENCES="false", LINGUISTIC_TYPE_ID=_TYPE, TIME_ALIGNABLE="true")
    return xml_bytes(root)


def _add_slots(root: Element, tiers: Sequence[Tier]) -> dict[tuple[int, int], tuple[str, str]]:
    """Add the time slots in order of time, and return those of each annotation.

    Annotations share no slot: ELAN moves everything that hangs on a slot together.
    """
    places = [(row, place) for row, tier in enumerate(tiers) for place in range(len(tier.annotations))]
    spans = [tiers[row].annotations[place] for row, place in places]
    times = [(time_ms, i, which) for i, span in enumerate(spans) for which, time_ms in enumerate(_times(span))]
    order = SubElement(root, "TIME_ORDER")
    names: dict[tuple[int, int], str] = {}
    for number, (time_ms, i, which) in enumerate(sorted(times), 1):
        names[i, which] = f"ts{number}"
        SubElement(order, "TIME_SLOT", TIME_SLOT_ID=f"ts{number}", TIME_VALUE=str(time_ms))
    return {place: (names[i, 0], names[i, 1]) for i, place in enumerate(places)}


def _times(annotation: Annotation) -> tuple[int, int]:
    return annotation.start_ms, annotation.end_ms


def _add_annotation(tier: Element, annotation: Annotation, name: str, slots: tuple[str, str]) -> None:
    keys = {"ANNOTATION_ID": name, "TIME_SLOT_REF1": slots[0], "TIME_SLOT_REF2": slots[1]}
    aligned = SubElement(SubElement(tier, "ANNOTATION"), "ALIGNABLE_ANNOTATION", keys)
    SubElement(aligned, "ANNOTATION_VALUE").text = legal_text(annotation.text)


def parse_elan(data: bytes, *, source: str) -> tuple[ElanDocument, tuple[str, ...]]:
    """Return a document, and what was odd about the file.

    Raises:
        InputError: not such a document, or impossible; the message names the line.

    """
    file = parse_xml(data, source=source)
    root = file.root
    if root.tag != ROOT:
        raise InputError(f"{source}: begins with <{root.tag}>, not with <{ROOT}>")
    header = root.find("HEADER")
    units = "milliseconds" if header is None else header.get("TIME_UNITS", "milliseconds")
    if units != "milliseconds":
        raise InputError(f"{source}: counts time in {units[:40]!r}; save it with milliseconds in ELAN")
    reader = _Reader(root, source)
    tiers = tuple(reader.tier(row) for row in root.iterfind("TIER"))
    media = root.find("HEADER/MEDIA_DESCRIPTOR")
    url = "" if media is None else media.get("RELATIVE_MEDIA_URL") or media.get("MEDIA_URL") or ""
    return ElanDocument(tiers, url.replace("\\", "/").rsplit("/", 1)[-1], reader.left_out), file.notes


class _Reader:
    """The time slots of a document, and its tiers."""

    def __init__(self, root: XmlNode, source: str) -> None:
        self._source = source
        self._slots = {row.get("TIME_SLOT_ID", ""): row for row in root.iterfind("TIME_ORDER/TIME_SLOT")}
        self.left_out = 0

    def tier(self, row: Element) -> Tier:
        """Return a tier with its time-aligned annotations."""
        aligned = [found for found in row.iterfind("ANNOTATION/ALIGNABLE_ANNOTATION") if isinstance(found, XmlNode)]
        self.left_out += sum(1 for _ in row.iterfind("ANNOTATION/REF_ANNOTATION"))
        found = tuple(one for one in map(self._annotation, aligned) if one is not None)
        return Tier(row.get("TIER_ID", ""), found, row.get("PARTICIPANT", ""))

    def _annotation(self, row: XmlNode) -> Annotation | None:
        """Return an annotation; None if one of its slots has no time, as in subdivided tiers."""
        start_ms, end_ms = self._time(row, "TIME_SLOT_REF1"), self._time(row, "TIME_SLOT_REF2")
        if start_ms is None or end_ms is None:
            self.left_out += 1
            return None
        if end_ms < start_ms:
            where = f"{self._source}: line {row.line}"
            raise InputError(f"{where}: the annotation ends at {end_ms} ms, before its start at {start_ms} ms")
        return Annotation(start_ms, end_ms, row.findtext("ANNOTATION_VALUE") or "", row.line)

    def _time(self, row: XmlNode, key: str) -> int | None:
        where, name = f"{self._source}: line {row.line}", row.get(key, "")
        slot = self._slots.get(name)
        if slot is None:
            raise InputError(f"{where}: {key}={name[:40]!r} is no time slot of the file")
        text = slot.get("TIME_VALUE")
        if text is None:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= len(str(_LARGEST_MS))):
            raise InputError(f"{where}: the time slot {name[:40]!r} has the time {text[:40]!r}, not milliseconds")
        return int(text)
