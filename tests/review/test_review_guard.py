"""Nobody but the user's own browser gets in, and no path leads out of what was opened."""

from __future__ import annotations

import asyncio
import re
import socket
from pathlib import Path

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from reviewserver import Review, make_bundle, reviewing
from touchline.review.refusals import Refusal
from touchline.review.server.guard import MAX_BODY_BYTES, Guard
from touchline.review.server.run import listen

pytestmark = pytest.mark.robustness("39")

PATHS = [
    "/",
    "/static/index.html",
    "/api/session",
    "/api/bundles/{id}",
    "/api/bundles/{id}/frames",
    "/api/bundles/{id}/entries",
    "/api/jobs/x",
    "/media/{id}/video",
    "/media/{id}/thumbs/0.jpg",
    "/files/x",
    "/nothing",
]
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
}


def stranger(review: Review) -> httpx.Client:
    """A client without the cookie."""
    return httpx.Client(base_url=f"http://127.0.0.1:{review.address.port}")


@pytest.mark.parametrize("path", PATHS)
def test_without_the_cookie_everything_is_forbidden(looked_at: Review, path: str) -> None:
    path = path.format(id=looked_at.item.id)
    with stranger(looked_at) as client:
        for answer in (client.get(path), client.head(path), client.post(path, json={}), client.options(path)):
            assert answer.status_code == 403
            assert "set-cookie" not in answer.headers
        wrong = client.get(path, params={"token": "x" * 43})
        assert wrong.status_code == 403
        client.cookies.set(f"touchline-{looked_at.address.port}", looked_at.address.token[:-1])
        assert client.get(path).status_code == 403


def test_the_address_sets_a_cookie_that_scripts_and_other_sites_do_not_get(looked_at: Review) -> None:
    assert len(looked_at.address.token) >= 40
    with stranger(looked_at) as client:
        answer = client.get(looked_at.address.url)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert "domain" not in cookie
        assert client.get("/api/session").status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "localhost.evil:{port}", ""]
)
def test_foreign_hosts_are_forbidden(looked_at: Review, host: str) -> None:
    host = host.format(port=looked_at.address.port)
    assert looked_at.client.get("/api/session", headers={"host": host}).status_code == 403
    assert looked_at.client.get(looked_at.address.url, headers={"host": host}).status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}"])
def test_its_own_names_are_allowed(looked_at: Review, host: str) -> None:
    host = host.format(port=looked_at.address.port)
    cookie = {"cookie": f"touchline-{looked_at.address.port}={looked_at.address.token}"}
    assert looked_at.client.get("/api/session", headers={"host": host, **cookie}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "https://127.0.0.1:{port}"},
        {"origin": "http://127.0.0.1:1"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_requests_from_other_sites_are_forbidden(looked_at: Review, headers: dict[str, str]) -> None:
    headers = {key: value.format(port=looked_at.address.port) for key, value in headers.items()}
    for answer in (
        looked_at.client.get("/api/session", headers=headers),
        looked_at.client.post(f"{looked_at.base}/window", json={"window": "window-one"}, headers=headers),
    ):
        assert answer.status_code == 403
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_its_own_page_may_ask(looked_at: Review) -> None:
    headers = {"origin": f"http://127.0.0.1:{looked_at.address.port}", "sec-fetch-site": "same-origin"}
    answer = looked_at.client.get("/api/session", headers=headers)
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_every_answer_forbids_what_a_page_does_not_need(looked_at: Review) -> None:
    with stranger(looked_at) as client:
        for answer in (
            client.get("/"),
            looked_at.client.get("/api/session"),
            looked_at.client.get(f"{looked_at.media}/video", headers={"range": "bytes=0-9"}),
            looked_at.client.get("/nothing"),
        ):
            assert {name: answer.headers[name] for name in HEADERS} == HEADERS
            policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
            assert policy["default-src"] == "'none'"
            assert policy["script-src"] == "'self'"
            assert policy["frame-ancestors"] == "'none'"
            assert "unsafe" not in answer.headers["content-security-policy"]
            assert "http" not in answer.headers["content-security-policy"]
            assert "server" not in answer.headers


def test_a_body_that_is_not_json_is_refused(looked_at: Review) -> None:
    url = f"{looked_at.base}/window"
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = looked_at.client.post(url, content=b'{"window":"window-one"}', headers={"content-type": kind})
        assert answer.status_code == 400


def test_large_bodies_are_refused(looked_at: Review) -> None:
    head = f"content-type: application/json\r\ncontent-length: {MAX_BODY_BYTES + 1}\r\n"
    assert raw(looked_at, f"{looked_at.base}/entries", method="POST", head=head).startswith(b"HTTP/1.1 413 ")
    with pytest.raises(Refusal, match="8 MiB"):
        asyncio.run(received_in_chunks(MAX_BODY_BYTES + 1))
    asyncio.run(received_in_chunks(MAX_BODY_BYTES))


async def received_in_chunks(size: int) -> None:
    """Receive a body of unstated length through the guard."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass

    async def receive() -> Message:
        nonlocal left
        body = b" " * min(left, 1 << 20)
        left -= len(body)
        return {"type": "http.request", "body": body, "more_body": left > 0}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] != 200:
            raise Refusal("too_large", "8 MiB") if message["status"] == 413 else AssertionError(message)

    left = size
    headers = {"host": "h:1", "cookie": "touchline-1=key", "content-type": "application/json"}
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/x",
        "query_string": b"",
        "server": ("h", 1),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    await Guard(app, token="key", hosts=["h:1"])(scope, receive, send)


def test_no_path_leads_out(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    secret = tmp_path / "secret.txt"
    secret.write_text("top secret")
    (bundle.path / "link.txt").symlink_to(secret)
    (bundle.path / "thumbs").symlink_to(tmp_path)
    with reviewing(bundle.path, cache=tmp_path / "cache") as review:
        base, media = review.base, review.media
        for path in (
            "/static/../../../secret.txt",
            "/static/%2e%2e/%2e%2e/secret.txt",
            "/static/..%2f..%2fsecret.txt",
            "/static/..%5c..%5csecret.txt",
            "/static/C:%5cWindows%5cwin.ini",
            "/static/C:/Windows/win.ini",
            f"/static/{secret}",
            f"/static//{secret}",
            "/static/%00",
            f"{media}/../../secret.txt",
            f"{media}/%2e%2e/secret.txt",
            f"{media}/link.txt",
            f"{media}/thumbs/secret.txt",
            f"{media}/thumbs/-1.jpg",
            f"{media}/thumbs/999999.jpg",
            f"{media}/thumbs/..%2fsecret.txt",
            f"{base}/link.txt",
            f"{base}/..%2f..",
            f"/api/bundles/{bundle.path}",
            "/api/bundles/..%2f..%2fetc",
            "/api/jobs/..%2f..",
            f"/files/{secret}",
            "/files/..%2f..%2fsecret.txt",
            "/files/%2e%2e",
            "/secret.txt",
            "//secret.txt",
        ):
            answer = raw(review, path)
            assert re.match(rb"HTTP/1.1 4\d\d ", answer), path
            assert b"top secret" not in answer
            assert str(tmp_path).encode() not in answer


def raw(review: Review, path: str, *, method: str = "GET", head: str = "") -> bytes:
    """The answer to a request whose path no client has tidied up."""
    cookie = f"touchline-{review.address.port}={review.address.token}"
    start = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{review.address.port}\r\nCookie: {cookie}\r\n"
    with socket.create_connection(("127.0.0.1", review.address.port), timeout=20) as connection:
        connection.sendall(f"{start}{head}Connection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_bundle_from_elsewhere_cannot_name_a_video_outside_its_folder(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    bundle = make_bundle(tmp_path / "inside")
    (tmp_path / "inside" / "match.mp4").rename(tmp_path / "match.mp4")
    manifest = bundle.path / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"match.mp4"', '"../match.mp4"'))
    with reviewing(bundle.path, cache=tmp_path / "cache") as review:
        assert review.opened()["video"]["src"] is None
        assert review.client.get(f"{review.media}/video").status_code == 404


@pytest.mark.parametrize(("method", "path"), [("PUT", "/api/session"), ("DELETE", "{base}"), ("POST", "/api/session")])
def test_other_methods_are_refused(looked_at: Review, method: str, path: str) -> None:
    answer = looked_at.client.request(method, path.format(base=looked_at.base), json={})
    assert (answer.status_code, answer.json()["code"]) == (405, "method")


def test_answers_hold_no_paths_of_the_machine(looked_at: Review) -> None:
    folder = str(looked_at.item.bundle.path.parent)
    for path in ("/api/session", looked_at.base, f"{looked_at.base}/entries"):
        assert folder not in looked_at.client.get(path, params={"window": "window-one"}).text


def test_the_token_is_new_each_time() -> None:
    first, second = listen(), listen()
    assert first.token != second.token
    assert first.token not in repr(first)
    first.listener.close()
    second.listener.close()
