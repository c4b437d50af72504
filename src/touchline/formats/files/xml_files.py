"""XML of unknown origin, read safely: size and depth capped, no document types, every error with line and offset.

Names keep their prefixes (``xsi:type``), so that unknown parts can be written back as they were.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat
from xml.sax.saxutils import escape

from touchline.core.errors import InputError
from touchline.core.wording import counted
from touchline.formats.files.text_encoding import DecodedText, decode_any

MAX_XML_BYTES = 16 << 20
"""Largest XML file that is read, bytes."""

MAX_DEPTH = 64
"""Deepest nesting that is read."""

_DECLARATION = re.compile(r"^\s*<\?xml\b[^>]*\?>")
_ENCODING = re.compile(rb"""^\s*<\?xml\b[^>]*?encoding\s*=\s*["']([\w.-]+)["']""")
_ROOT = re.compile(r"^\s*(?:<\?[^>]*\?>\s*|<!--.*?-->\s*|<!DOCTYPE[^>]*>\s*)*<([A-Za-z_][\w.:-]*)", re.DOTALL)
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ILLEGAL_REFERENCE = re.compile(r"&#(?:x0*(?:[0-8bcBCeEfF]|1[0-9a-fA-F])|0*(?:[0-8]|11|12|1[4-9]|2[0-9]|3[01]));")


class XmlNode(ElementTree.Element):
    """An element that knows the line of the file it stands in."""

    line: int = 0


@dataclass(frozen=True, slots=True)
class XmlFile:
    """An XML document and what was odd about it."""

    root: XmlNode
    notes: tuple[str, ...] = ()


def root_name(data: bytes) -> str:
    """Return the name of the first element of an XML file, from its first 4 KB; empty if it is not XML."""
    head = data[:4096].lstrip()
    if not head.startswith((b"<", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00<")):
        return ""
    wide = b"\x00" in head[:8]
    found = _ROOT.match((head.replace(b"\x00", b"") if wide else head).decode("latin-1").lstrip("ï»¿ÿþ"))
    return found[1] if found else ""


def parse_xml(data: bytes, *, source: str, doctype: str = "") -> XmlFile:
    """Parse an XML file in any encoding; characters that XML forbids are left out with a note.

    Args:
        data: content of the file.
        source: its name, for messages.
        doctype: name of a bare document type that is accepted, ``<!DOCTYPE fcpxml>``; any other is refused.

    Raises:
        InputError: too large, too deep, with a document type, or not XML; the message names line and offset.

    """
    if len(data) > MAX_XML_BYTES:
        raise InputError(f"{source}: {len(data):,} bytes exceed the limit of {MAX_XML_BYTES:,} for XML; split it")
    declared = _ENCODING.match(data)
    decoded = decode_any(data, source=source, declared=declared[1].decode("ascii") if declared else "")
    if not decoded.text.strip():
        raise InputError(f"{source}: empty; expected XML")
    body, removed = _cleaned(decoded.text)
    notes = [*decoded.notes]
    if removed:
        notes.append(f"{counted(len(removed), 'control character')} left out")
    return XmlFile(_Parser(body, decoded, removed, source=source, doctype=doctype).root(), tuple(notes))


def xml_bytes(root: ElementTree.Element, *, doctype: str = "") -> bytes:
    """Return a document as indented UTF-8 with a declaration, and a bare document type if one is named."""
    ElementTree.indent(root, space="  ")
    head = '<?xml version="1.0" encoding="UTF-8"?>\n' + (f"<!DOCTYPE {doctype}>\n" if doctype else "")
    return f"{head}{node_text(root)}\n".encode()


def legal_text(text: str) -> str:
    """Return text without characters that XML forbids."""
    return _ILLEGAL.sub("", text)


def xml_text(text: str) -> str:
    """Return text as XML content: escaped, without characters that XML forbids, line ends kept."""
    return escape(legal_text(text), {"\r": "&#13;"})


def has_illegal(text: str) -> bool:
    """Return whether text has characters that :func:`xml_text` leaves out."""
    return _ILLEGAL.search(text) is not None


def node_text(node: ElementTree.Element) -> str:
    """Return an element with all that is in it, as XML."""
    attributes = "".join(f' {name}="{_attribute(value)}"' for name, value in node.attrib.items())
    inside = xml_text(node.text or "") + "".join(node_text(child) + xml_text(child.tail or "") for child in node)
    return f"<{node.tag}{attributes}>{inside}</{node.tag}>" if inside else f"<{node.tag}{attributes}/>"


def _attribute(value: str) -> str:
    return xml_text(value).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")


def _cleaned(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Return text with spaces for its declaration and without illegal characters; and (index, length) of the latter."""
    declaration = _DECLARATION.match(text)
    start = declaration.end() if declaration else 0
    found: Iterable[re.Match[str]] = (*_ILLEGAL.finditer(text), *_ILLEGAL_REFERENCE.finditer(text))
    removed = sorted((match.start(), len(match[0])) for match in found)
    pieces, end = [re.sub(r"[^\r\n]", " ", text[:start])], start
    for index, length in removed:
        if index >= start:
            pieces.append(text[end:index])
            end = index + length
    return "".join((*pieces, text[end:])), removed


class _Parser:
    """Builds the elements of one document."""

    def __init__(
        self, body: str, decoded: DecodedText, removed: list[tuple[int, int]], *, source: str, doctype: str
    ) -> None:
        self._body, self._decoded, self._removed, self._source = body.encode(), decoded, removed, source
        self._doctype = doctype
        self._builder: Any = ElementTree.TreeBuilder(element_factory=XmlNode)
        self._depth = 0
        self._expat = expat.ParserCreate("utf-8")
        self._expat.buffer_text = True
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = self._builder.data
        self._expat.StartDoctypeDeclHandler = self._refuse

    def root(self) -> XmlNode:
        """Return the root element.

        Raises:
            InputError: it is not XML, too deep, or has a document type.

        """
        try:
            self._expat.Parse(self._body, True)
        except expat.ExpatError as error:
            raise InputError(self._broken(error)) from error
        root: XmlNode = self._builder.close()
        return root

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            line = self._expat.CurrentLineNumber
            raise InputError(f"{self._source}: line {line}: elements nested more than {MAX_DEPTH} deep; refused")
        self._builder.start(name, attributes).line = self._expat.CurrentLineNumber

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._builder.end(name)

    def _refuse(self, name: str, system: str | None, public: str | None, has_contents: int) -> None:
        if name == self._doctype and not (system or public or has_contents):
            return
        line = self._expat.CurrentLineNumber
        raise InputError(f"{self._source}: line {line}: a document type (<!DOCTYPE) is refused; remove it")

    def _broken(self, error: expat.ExpatError) -> str:
        """Return what is wrong, and where in the file it is."""
        what = expat.errors.messages[error.code]
        index = len(self._body[: self._expat.ErrorByteIndex].decode(errors="ignore"))
        for start, length in self._removed:
            index += length if start <= index else 0
        place = f"line {error.lineno}, byte {self._decoded.byte_offset(index):,}"
        open_still = ("no element found", "unclosed token", "unclosed CDATA section", "partial character")
        if what in open_still:
            return f"{self._source}: {place}: the file ends too early (truncated?); export it again"
        return f"{self._source}: {place}: not readable as XML ({what}); export the file again"
