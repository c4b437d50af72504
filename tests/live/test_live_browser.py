"""The live page in a browser: events, states and gaps appear as they come, at two sizes, without a complaint."""

from __future__ import annotations

from typing import Any

import pytest

from touchline.live.output.hub import Hub
from touchline.live.output.server import LiveServer
from touchline.live.session import Stated
from touchline.live.spotting.revisions import LiveEvent
from touchline.review.server.run import listen

pytestmark = pytest.mark.chromium

STATUS = {
    "type": "status",
    "state": "running",
    "source": "rtsp://me:***@camera/main",
    "labels": ["PASS", "DRIVE"],
    "time_us": 61_000_000,
    "events": 1,
    "queue": 0.02,
    "dropped_frames": 0,
    "reconnects": 0,
    "problems": [],
    "gaps": [],
    "doubtful": [],
    "latency": {
        "transport_s": None,
        "look_ahead_s": 4.72,
        "compute_s": {"p50": 0.2, "p95": 0.3, "p99": 0.4},
        "final_event_s": None,
    },
}


def shown(name: str, revision: int, time_us: int, **more: Any) -> Stated:
    return Stated(LiveEvent(name, revision, "PASS", time_us, 0.8, **more))


def test_the_page_follows_a_run(browser: Any) -> None:
    hub, address = Hub(), listen()
    server = LiveServer(hub, address)
    hub.status(STATUS)
    hub.event(shown("e1", 1, 58_000_000))
    complaints: list[str] = []
    page = browser.new_page(viewport={"width": 1360, "height": 800})
    try:
        page.on("console", lambda message: complaints.append(message.text) if message.type != "log" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address.url)
        page.wait_for_selector("tr.provisional")
        assert page.inner_text(".state") == "Running"
        assert "unknown" in page.inner_text(".numbers")
        hub.event(shown("e1", 2, 58_080_000, final=True))
        page.wait_for_selector("tr.final")
        assert "0:58.08" in page.inner_text("tbody")
        hub.event(shown("e2", 1, 60_000_000))
        page.wait_for_selector("tr.provisional")
        hub.event(shown("e2", 2, 60_000_000, final=True, withdrawn=True))
        page.wait_for_selector("tr.provisional", state="detached")
        gap = {"start_us": 30_000_000, "end_us": 34_500_000, "reason": "the connection was lost (refused)"}
        hub.status({**STATUS, "state": "reconnecting", "gaps": [gap], "problems": ["the disk is full"]})
        page.wait_for_selector(".state.reconnecting")
        assert "0:30.0 to 0:34.5: Lost: the connection was lost (refused)" in page.inner_text(".gaps")
        assert "the disk is full" in page.inner_text(".trouble")
        for width in (1360, 390):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        hub.status({**STATUS, "state": "ended"})
        page.wait_for_selector(".state.ended")
        assert complaints == []
    finally:
        page.close()
        server.close()
