"""Text of unknown encoding, as other tools write it: a byte order mark, a declaration, UTF-8, or an old code page."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from touchline.core.errors import InputError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED = ((b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"))
"""First bytes of XML in UTF-16 without a mark."""

_CODE_PAGE, _MAC = "cp1252", "mac_roman"


@dataclass(frozen=True, slots=True)
class DecodedText:
    """The text of a file and how it was decoded.

    Attributes:
        text: the text without its byte order mark, line ends as they are.
        codec: Python's name of the encoding.
        mark: length of the byte order mark, bytes.
        notes: doubts about the encoding, one line each.

    """

    text: str
    codec: str
    mark: int = 0
    notes: tuple[str, ...] = ()

    def byte_offset(self, index: int) -> int:
        """Return the offset in the file of the character at ``index`` of the text."""
        return self.mark + len(self.text[:index].encode(self.codec))


def decode_any(data: bytes, *, source: str, declared: str = "") -> DecodedText:
    """Decode text by its byte order mark, else by its declaration, else as UTF-8, else as an old code page with a note.

    Args:
        data: content of the file.
        source: its name, for messages.
        declared: encoding that it claims; a claim that its bytes contradict is dropped.

    Raises:
        InputError: the bytes contradict their mark.

    """
    for mark, codec in (*_MARKS, *((b"", codec) for start, codec in _UNMARKED if data.startswith(start))):
        if data.startswith(mark):
            return _decode_marked(data, mark=mark, codec=codec, source=source)
    for codec in dict.fromkeys((_usable(declared), "utf-8")):
        try:
            return DecodedText(data.decode(codec), codec)
        except UnicodeDecodeError:
            continue
    return _decode_old(data)


def _decode_marked(data: bytes, *, mark: bytes, codec: str, source: str) -> DecodedText:
    """Decode text with a byte order mark; a last character cut in two ends it."""
    try:
        text = codecs.getincrementaldecoder(codec)().decode(data[len(mark) :])
    except UnicodeDecodeError as error:
        offset = len(mark) + error.start
        raise InputError(
            f"{source}: byte {offset:,} is not {codec.upper()}, which the first bytes announce; export the file again"
        ) from error
    return DecodedText(text, codec, len(mark))


def _usable(declared: str) -> str:
    """Return Python's name of a declared encoding that bytes without a mark may have; UTF-8 for any other."""
    try:
        codec = codecs.lookup("mac_roman" if declared.lower() in ("macintosh", "x-mac-roman") else declared)
    except LookupError:
        return "utf-8"
    return "utf-8" if codec.name.startswith(("utf-16", "utf-32")) or not codec._is_text_encoding else codec.name


def _decode_old(data: bytes) -> DecodedText:
    """Decode text of the time before UTF-8; lines that end in a bare CR are a Mac's."""
    mac = b"\r" in data and b"\n" not in data
    for codec in (_MAC, _CODE_PAGE) if mac else (_CODE_PAGE, _MAC):
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        note = f"not UTF-8; read as {codec}: check letters with accents, or export the file as UTF-8"
        return DecodedText(text, codec, 0, (note,))
    raise AssertionError(f"{_MAC} decodes every byte")
