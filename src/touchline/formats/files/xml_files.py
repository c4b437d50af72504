"""Safe reading and writing of XML: size capped, no document types with contents, errors that name the line."""

from __future__ import annotations

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element
from xml.parsers import expat

from touchline.core.errors import InputError

MAX_XML_BYTES = 16 << 20
"""Largest XML file that is read, bytes."""

_MOST_TAGS = 1_000_000
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _PrologEndError(Exception):
    """Ends the check of what precedes the first element."""


def parse_xml(data: bytes, *, source: str, doctype: str = "") -> Element:
    """Parse XML of unknown origin.

    Args:
        data: content of the file; its byte order mark or declaration gives the encoding, UTF-8 without either.
        source: name of the file for messages.
        doctype: a bare document type that is accepted, ``<!DOCTYPE fcpxml>``; any other is refused, since a document
            type can define text that grows without bound or is fetched from elsewhere.

    Raises:
        InputError: too large, not XML, or with a document type; the message names the line.

    """
    if len(data) > MAX_XML_BYTES:
        raise InputError(f"{source}: {len(data):,} bytes exceed the limit of {MAX_XML_BYTES:,} for XML; split it")
    if data.count(b"<") > _MOST_TAGS:
        raise InputError(f"{source}: has more than {_MOST_TAGS:,} tags; split it")
    if not data.strip():
        raise InputError(f"{source}: empty; expected XML")
    try:
        _check_prolog(data, source=source, doctype=doctype)
        return ElementTree.fromstring(data)
    except (ElementTree.ParseError, expat.ExpatError, LookupError, ValueError) as error:
        raise InputError(f"{source}: not readable as XML ({error}); fix the file or export it again") from error


def _check_prolog(data: bytes, *, source: str, doctype: str) -> None:
    """Refuse a document type, unless it is only the accepted name."""
    parser = expat.ParserCreate()

    def on_doctype(name: str, system: str | None, public: str | None, has_contents: int) -> None:
        if name != doctype or system or public or has_contents:
            raise InputError(
                f"{source}: line {parser.CurrentLineNumber}: has a document type (<!DOCTYPE {name} ...>), which is "
                "not accepted; remove it"
            )

    def on_element(name: str, attributes: dict[str, str]) -> None:
        raise _PrologEndError

    parser.StartDoctypeDeclHandler = on_doctype
    parser.StartElementHandler = on_element
    try:
        parser.Parse(data, True)
    except _PrologEndError:
        return


def xml_bytes(root: Element, *, doctype: str = "") -> bytes:
    """Return indented UTF-8 XML with a declaration, and a bare document type if one is named."""
    ElementTree.indent(root, space="  ")
    head = '<?xml version="1.0" encoding="UTF-8"?>\n' + (f"<!DOCTYPE {doctype}>\n" if doctype else "")
    return (head + ElementTree.tostring(root, encoding="unicode") + "\n").encode("utf-8")


def legal_text(text: str) -> str:
    """Return a text without the characters that XML cannot hold: control characters and lone surrogates."""
    return _ILLEGAL.sub("", text)


def has_illegal(text: str) -> bool:
    """Return whether a text holds characters that XML cannot hold."""
    return _ILLEGAL.search(text) is not None
