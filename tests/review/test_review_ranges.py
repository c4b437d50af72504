"""Files over HTTP: whole, in parts, larger than 4 GB, to clients that leave."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import httpx
import pytest

from makevideo import write_numbered
from reviewserver import Review, reviewing
from touchline.review.server.ranges import Part, parse_range

pytestmark = pytest.mark.robustness("39")


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, None),
        ("bytes=0-", Part(0, 1000)),
        ("bytes=0-0", Part(0, 1)),
        ("bytes=10-19", Part(10, 20)),
        ("bytes=990-2000", Part(990, 1000)),
        ("bytes=-1", Part(999, 1000)),
        ("bytes=-5000", Part(0, 1000)),
        ("Bytes = 5-6", Part(5, 7)),
        ("bytes=0-1,5-6", None),
        ("bytes=9-5", None),
        ("bytes=a-b", None),
        ("bytes=-", None),
        ("frames=0-1", None),
    ],
)
def test_parts_that_a_header_asks_for(header: str | None, part: Part | None) -> None:
    assert parse_range(header, size=1000) == part


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=5000-6000", "bytes=-0", "bytes=" + "0-0," * 60 + "0-0"])
def test_ranges_that_cannot_be_answered(header: str) -> None:
    with pytest.raises(ValueError, match=r"bytes|ranges"):
        parse_range(header, size=1000)


def test_an_empty_file_has_no_ranges() -> None:
    with pytest.raises(ValueError, match="of 0"):
        parse_range("bytes=0-", size=0)


def test_a_video_is_sent_whole_and_in_parts(looked_at: Review) -> None:
    assert looked_at.item.video is not None
    data, url = looked_at.item.video.read_bytes(), f"{looked_at.media}/video"
    whole = looked_at.client.get(url)
    assert (whole.status_code, whole.content) == (200, data)
    assert whole.headers["content-type"] == "video/mp4"
    assert whole.headers["accept-ranges"] == "bytes"
    for header, start, end in (
        ("bytes=5-9", 5, 10),
        ("bytes=-7", len(data) - 7, len(data)),
        ("bytes=3-", 3, len(data)),
    ):
        found = looked_at.client.get(url, headers={"range": header})
        assert (found.status_code, found.content) == (206, data[start:end])
        assert found.headers["content-range"] == f"bytes {start}-{end - 1}/{len(data)}"
    several = looked_at.client.get(url, headers={"range": "bytes=0-1,5-6"})
    assert (several.status_code, several.content) == (200, data)


def test_head_has_the_headers_alone(looked_at: Review) -> None:
    whole = looked_at.client.head(f"{looked_at.media}/video")
    assert whole.status_code == 200
    assert looked_at.item.video is not None
    assert int(whole.headers["content-length"]) == looked_at.item.video.stat().st_size
    part = looked_at.client.head(f"{looked_at.media}/video", headers={"range": "bytes=0-9"})
    assert (part.status_code, part.headers["content-length"], part.content) == (206, "10", b"")


def test_a_range_outside_the_file_is_416_with_its_size(looked_at: Review) -> None:
    found = looked_at.client.get(f"{looked_at.media}/video", headers={"range": "bytes=99999999-"})
    assert found.status_code == 416
    assert looked_at.item.video is not None
    assert found.headers["content-range"] == f"bytes */{looked_at.item.video.stat().st_size}"


def test_if_range_sends_the_whole_file_once_it_has_changed(looked_at: Review) -> None:
    url = f"{looked_at.media}/video"
    tag = looked_at.client.head(url).headers["etag"]
    date = looked_at.client.head(url).headers["last-modified"]
    for same in (tag, date):
        assert looked_at.client.get(url, headers={"range": "bytes=0-9", "if-range": same}).status_code == 206
    assert looked_at.client.get(url, headers={"range": "bytes=0-9", "if-range": '"older"'}).status_code == 200


def test_a_hundred_thousand_ranges_are_refused(looked_at: Review) -> None:
    header = "bytes=" + ",".join(["0-0"] * 100_000)
    found = looked_at.client.get(f"{looked_at.media}/video", headers={"range": header})
    assert found.status_code == 416
    some = looked_at.client.get(f"{looked_at.media}/video", headers={"range": "bytes=" + ",".join(["0-0"] * 5_000)})
    assert some.status_code == 416
    assert looked_at.client.get("/api/session").status_code == 200


def test_a_file_of_more_than_4_gb(tmp_path: Path) -> None:
    video = write_numbered(tmp_path / "long.mp4", frames=20)
    with video.open("r+b") as file:
        file.truncate(5 << 30)
    with reviewing(video, cache=tmp_path / "cache") as review:
        size, url = 5 << 30, f"{review.media}/video"
        part = review.client.get(url, headers={"range": f"bytes={size - 4}-"})
        assert (part.status_code, part.content) == (206, b"\0" * 4)
        assert part.headers["content-range"] == f"bytes {size - 4}-{size - 1}/{size}"
        over = (1 << 32) + 5
        assert review.client.get(url, headers={"range": f"bytes={over}-{over}"}).content == b"\0"
        assert int(review.client.head(url).headers["content-length"]) == size


def test_a_client_that_leaves_ends_the_reading(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    video = write_numbered(tmp_path / "long.mp4", frames=20)
    with video.open("r+b") as file:
        file.truncate(64 << 30)
    with reviewing(video, cache=tmp_path / "cache") as review:
        cookie = "; ".join(f"{key}={value}" for key, value in review.client.cookies.items())
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", review.address.port)) as connection:
                host = f"127.0.0.1:{review.address.port}"
                ask = (
                    f"GET {review.media}/video HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nRange: bytes=0-\r\n\r\n"
                )
                connection.sendall(ask.encode())
                assert connection.recv(1000).startswith(b"HTTP/1.1 206")
        started_s = time.monotonic()
        assert review.client.get("/api/session").status_code == 200
        assert time.monotonic() - started_s < 2
    assert "Traceback" not in capfd.readouterr().err


def test_a_file_that_has_gone_is_404(tmp_path: Path) -> None:
    video = write_numbered(tmp_path / "v.mp4", frames=20)
    with reviewing(video, cache=tmp_path / "cache") as review:
        review.opened()
        video.unlink()
        found = review.client.get(f"{review.media}/video")
        assert (found.status_code, found.json()["code"]) == (404, "not_found")


def test_a_file_that_becomes_shorter_ends_the_connection(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    video = write_numbered(tmp_path / "v.mp4", frames=20)
    with video.open("r+b") as file:
        file.truncate(200 << 20)
    with reviewing(video, cache=tmp_path / "cache") as review:
        with review.client.stream("GET", f"{review.media}/video") as answer:
            chunks = answer.iter_bytes()
            next(chunks)
            with video.open("r+b") as file:
                file.truncate(1000)
            with pytest.raises(httpx.RemoteProtocolError):
                for _ in chunks:
                    pass
        assert review.client.get("/api/session").status_code == 200
    assert "Traceback" not in capfd.readouterr().err
