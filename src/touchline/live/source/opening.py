"""The source behind an address."""

from __future__ import annotations

from pathlib import Path

from touchline.live.source.address import Address
from touchline.live.source.connection import PacketSink, Patience
from touchline.live.source.file_source import FileSource
from touchline.live.source.pictures import Source
from touchline.live.source.stream_source import StreamSource


def source_of(
    address: Address,
    *,
    quiet_s: float,
    marker: Path | None = None,
    patience: Patience | None = None,
    sink: PacketSink | None = None,
) -> Source:
    """Return the source of an address.

    Args:
        address: what the user named.
        quiet_s: a file has ended when it has not grown for this long.
        marker: a file has ended when this file exists.
        patience: how long things may take with a stream.
        sink: takes the packets of a stream, for a recording.

    """
    if address.is_file:
        return FileSource(address.path, quiet_s=quiet_s, marker=marker)
    return StreamSource(address, patience=patience, sink=sink)
