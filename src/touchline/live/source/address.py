"""What a user names as the source of a live analysis, and how it may be shown: never with a password."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from touchline.core.errors import InputError, UsageError

Kind = Literal["file", "rtsp", "hls", "http", "srt", "udp", "device"]

_SCHEMES: dict[str, Kind] = {
    "rtsp": "rtsp",
    "rtsps": "rtsp",
    "http": "http",
    "https": "http",
    "srt": "srt",
    "udp": "udp",
    "rtp": "udp",
    "tcp": "udp",
    "rtmp": "http",
    "rtmps": "http",
}
_DEVICES = ("v4l2", "avfoundation", "dshow", "gdigrab", "x11grab", "decklink", "lavfi")
_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.\-]*)://")
_HIDDEN = "***"
KNOWN = "a file, rtsp://, http(s)://, srt://, udp://, rtp://, tcp://, rtmp://, or a device such as v4l2:/dev/video0"


@dataclass(frozen=True, slots=True)
class Address:
    """Where live pictures come from.

    Attributes:
        url: what FFmpeg opens; it may hold a password, so it is never printed.
        kind: what it is.
        format: FFmpeg's input format, for devices; "" lets FFmpeg find out.
        shown: how it is printed: without passwords, and without the query of a URL, which may hold keys.

    """

    url: str
    kind: Kind
    format: str = ""
    shown: str = ""

    def __repr__(self) -> str:
        return f"Address({self.shown})"

    @property
    def is_file(self) -> bool:
        """Whether it is a file on this machine."""
        return self.kind == "file"

    @property
    def path(self) -> Path:
        """The path of a file."""
        return Path(self.url)


def address_of(source: str) -> Address:
    """Return the address that a user's words name.

    Raises:
        UsageError: a kind of address that is not read live.
        InputError: a file that does not exist.

    """
    scheme = _SCHEME.match(source)
    if scheme is not None:
        return _url(source, scheme[1].lower())
    device, _, name = source.partition(":")
    if device.lower() in _DEVICES and name and not Path(source).exists():
        return Address(name, "device", format=device.lower(), shown=source)
    path = Path(source)
    if path.is_dir():
        raise UsageError(f"{source}: is a folder; give the file that the recorder is writing")
    if not path.exists():
        raise InputError(f"{source}: no such file; a source is {KNOWN}")
    if not path.is_file():
        raise UsageError(f"{source}: is a pipe or a device, not a file; a source is {KNOWN}")
    return Address(str(path), "file", shown=source)


def _url(source: str, scheme: str) -> Address:
    kind = _SCHEMES.get(scheme)
    if kind is None:
        raise UsageError(f"{shown_url(source)}: {scheme}:// is not read live; a source is {KNOWN}")
    if kind == "http" and urlsplit(source).path.lower().endswith((".m3u8", ".m3u")):
        kind = "hls"
    return Address(source, kind, shown=shown_url(source))


def shown_url(url: str) -> str:
    """Return a URL as it may be printed: password and query are hidden.

    >>> shown_url("rtsp://me:secret@camera:554/main?key=1")
    'rtsp://me:***@camera:554/main?***'
    """
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    if at:
        name, colon, _ = user.partition(":")
        host = f"{name}{colon and ':' + _HIDDEN}@{host}"
    return urlunsplit((parts.scheme, host, parts.path, _HIDDEN if parts.query else "", ""))
