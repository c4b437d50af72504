"""Files over HTTP with byte ranges: players fetch parts of a video, and drop the connection when they have enough."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import BinaryIO

import anyio.to_thread
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from touchline.review.refusals import Refusal

MOST_RANGES = 50
"""Requests for more ranges than this are refused; those for 2 and more get the whole file, as HTTP allows."""

_CHUNK = 256 * 1024
_RANGE = re.compile(r"(\d{0,20})-(\d{0,20})")


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes ``[start, end)`` of a file."""

    start: int
    end: int


def parse_range(header: str | None, *, size: int) -> Part | None:
    """Return the part of a file that a ``Range`` header asks for; None for the whole file.

    Args:
        header: value of the header; None if there is none.
        size: of the file, bytes.

    Raises:
        ValueError: the range lies outside the file, or there are too many.

    """
    if header is None:
        return None
    unit, _, text = header.partition("=")
    if unit.strip().lower() != "bytes":
        return None
    parts = text.split(",", MOST_RANGES + 1)
    if len(parts) > MOST_RANGES:
        raise ValueError(f"more than {MOST_RANGES} ranges")
    found = [_RANGE.fullmatch(part.strip()) for part in parts]
    if any(match is None or match[0] == "-" for match in found):
        return None  # a header that cannot be read is ignored
    if len(found) > 1:
        return None
    first, last = found[0].groups()  # type: ignore[union-attr]
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= end or start >= size:
        raise ValueError(f"bytes {text.strip()} of {size}")
    return Part(start, end)


class FileAnswer:
    """The answer to a request for a file: 200, 206 or 416, streamed in bounded memory.

    Args:
        path: the file; chosen by the server, never by the request.
        mime: its media type.
        name: makes it a download under this name; None to show it.

    """

    def __init__(self, path: Path, *, mime: str, name: str | None = None) -> None:
        self._path, self._mime, self._name = path, mime, name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        request = Request(scope)
        try:
            file = self._path.open("rb")
        except OSError as error:
            raise Refusal("not_found", f"the file is gone or cannot be read ({error.strerror})") from error
        with file:
            status = os.fstat(file.fileno())
            size, tag = status.st_size, f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
            changed = formatdate(status.st_mtime, usegmt=True)
            headers = self._headers(tag=tag, changed=changed)
            asked = request.headers.get("range") if _still(request, tag=tag, changed=changed) else None
            try:
                part = parse_range(asked, size=size)
            except ValueError:
                refused = [*headers, (b"content-range", f"bytes */{size}".encode()), (b"content-length", b"0")]
                await send({"type": "http.response.start", "status": 416, "headers": refused})
                await send({"type": "http.response.body"})
                return
            whole = part or Part(0, size)
            headers.append((b"content-length", str(whole.end - whole.start).encode()))
            if part is not None:
                headers.append((b"content-range", f"bytes {part.start}-{part.end - 1}/{size}".encode()))
            await send({"type": "http.response.start", "status": 200 if part is None else 206, "headers": headers})
            if request.method == "HEAD":
                await send({"type": "http.response.body"})
                return
            await _stream(file, whole, receive=receive, send=send)

    def _headers(self, *, tag: str, changed: str) -> list[tuple[bytes, bytes]]:
        headers = {
            "content-type": self._mime,
            "accept-ranges": "bytes",
            "etag": tag,
            "last-modified": changed,
            "cache-control": "private, no-cache",
        }
        if self._name is not None:
            safe = re.sub(r"[^0-9A-Za-z._-]", "_", self._name)
            headers["content-disposition"] = f'attachment; filename="{safe}"'
        return [(key.encode(), value.encode("latin-1")) for key, value in headers.items()]


def _still(request: Request, *, tag: str, changed: str) -> bool:
    """Return whether the file is the one that ``If-Range`` names; true without that header."""
    wanted = request.headers.get("if-range")
    return wanted is None or wanted in (tag, changed)


async def _stream(file: BinaryIO, part: Part, *, receive: Receive, send: Send) -> None:
    """Send a part of a file; stop reading as soon as the client is gone."""
    gone = asyncio.create_task(_disconnected(receive))
    try:
        file.seek(part.start)
        left = part.end - part.start
        while left and not gone.done():
            data = await anyio.to_thread.run_sync(file.read, min(_CHUNK, left))
            left -= len(data)
            if not data:  # the file became shorter: the server ends the connection, as promised bytes are missing
                return
            await send({"type": "http.response.body", "body": data, "more_body": left > 0})
        if not part.end - part.start:
            await send({"type": "http.response.body"})
    finally:
        gone.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await gone


async def _disconnected(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
