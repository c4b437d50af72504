"""The page that ships is the one that was built, and it is served under a strict policy."""

from __future__ import annotations

import hashlib
import json
import re
from importlib.resources import files

from reviewserver import Review

STATIC = files("touchline.review") / "static"


def test_every_file_has_the_checksum_of_its_build() -> None:
    sums = json.loads((STATIC / "manifest.json").read_text("utf-8"))
    assert {"index.html", "app.js", "app.css", "LICENSES.txt"} <= set(sums)
    held = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in STATIC.iterdir()}
    held.pop("manifest.json")
    assert held == sums


def test_the_files_are_served_as_they_are(looked_at: Review) -> None:
    kinds = {
        "index.html": "text/html",
        "app.js": "text/javascript",
        "app.css": "text/css",
        "LICENSES.txt": "text/plain",
    }
    for name, kind in kinds.items():
        answer = looked_at.client.get(f"/static/{name}")
        assert (answer.status_code, answer.content) == (200, (STATIC / name).read_bytes())
        assert answer.headers["content-type"].startswith(kind)
    page = looked_at.client.get("/")
    assert page.content == (STATIC / "index.html").read_bytes()


def test_the_page_names_nothing_outside_its_server() -> None:
    page = (STATIC / "index.html").read_text("utf-8")
    assert re.findall(r"""(?:src|href)=["'](?!/static/|data:)([^"']*)["']""", page) == []
    assert "<style" not in page
    assert re.findall(r"<script(?![^>]*\ssrc=)", page) == []
    assert re.findall(r"\son\w+=", page) == []
