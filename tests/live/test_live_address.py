"""What a user names as a source, and that no password is ever shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from touchline.core.errors import InputError, NetworkError, UsageError
from touchline.live.source.address import address_of, shown_url
from touchline.live.source.connection import unreachable


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("rtsp://camera/main", "rtsp"),
        ("https://host/live/index.m3u8?token=1", "hls"),
        ("http://host/stream.ts", "http"),
        ("srt://host:9000", "srt"),
        ("udp://239.0.0.1:1234", "udp"),
        ("RTSP://camera/main", "rtsp"),
    ],
)
def test_urls_are_known_by_their_scheme(source: str, kind: str) -> None:
    assert address_of(source).kind == kind


def test_a_device_is_named_with_its_format() -> None:
    address = address_of("v4l2:/dev/video7")
    assert (address.kind, address.format, address.url) == ("device", "v4l2", "/dev/video7")


def test_a_file_is_a_path(tmp_path: Path) -> None:
    path = tmp_path / "match.mkv"
    path.write_bytes(b"x")
    assert (address_of(str(path)).kind, address_of(str(path)).path) == ("file", path)


@pytest.mark.parametrize(("source", "error"), [("nothing.mkv", InputError), ("ftp://host/a", UsageError)])
def test_what_is_no_source_is_refused(source: str, error: type[Exception]) -> None:
    with pytest.raises(error, match="a source is"):
        address_of(source)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="folder"):
        address_of(str(tmp_path))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://me:secret@camera:554/a", "rtsp://me:***@camera:554/a"),
        ("rtsp://me:se@cret@camera/a", "rtsp://me:***@camera/a"),
        ("https://host/a.m3u8?sig=secret", "https://host/a.m3u8?***"),
        ("srt://host:9000?passphrase=secret", "srt://host:9000?***"),
        ("rtsp://camera/a", "rtsp://camera/a"),
    ],
)
def test_passwords_and_keys_are_hidden(url: str, shown: str) -> None:
    assert shown_url(url) == shown
    address = address_of(url)
    error = unreachable(address, "no answer", waited_s=3)
    assert isinstance(error, NetworkError)
    assert "secret" not in f"{address!r} {address.shown} {error}"
