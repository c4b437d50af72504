"""Where results go: webhook, hub, numbers, the guarded server, and bundles that can be reviewed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event as Flag
from typing import Any

import httpx
import pytest
from test_live_session import STEP_US, moving

from livesources import FakeClock, MadeSource
from makevideo import write_numbered
from touchline.core.errors import UsageError
from touchline.core.events import Coverage, Gap
from touchline.formats.bundle import Bundle
from touchline.live.output.bundle import LiveBundles, Span, coverage_within
from touchline.live.output.hub import Hub
from touchline.live.output.metrics_text import prometheus_text
from touchline.live.output.server import LiveServer
from touchline.live.output.webhook import MOST_WAITING, Webhook
from touchline.live.session import Session, Stated
from touchline.live.source.recording import Part
from touchline.live.spotting.revisions import LiveEvent
from touchline.review.contents import Contents
from touchline.review.server.run import Address, listen
from touchline.review.shelf import items_of
from touchline.spotting.spotter import Spotter


def stated(name: str, revision: int = 1, **more: Any) -> Stated:
    return Stated(LiveEvent(name, revision, "PASS", 2_000_000, 0.75, **more), arrived_at=0.0, latency_s=1.25)


def test_a_webhook_is_tried_again_and_posts_in_order() -> None:
    bodies: list[dict[str, Any]] = []
    failures = iter([True, True, False, False])

    def post(url: str, body: bytes) -> None:
        if next(failures):
            raise OSError("unreachable")
        bodies.append(json.loads(body))

    hook = Webhook("http://host/hook", post=post, pause_s=0.001)
    hook.event(stated("e1"))
    hook.event(stated("e2"))
    hook.close(within_s=10)
    assert [body["id"] for body in bodies] == ["e1", "e2"]
    assert (hook.sent, hook.dropped, hook.problem) == (2, 0, "")
    assert bodies[0]["label"] == "PASS" and bodies[0]["latency_s"] == 1.25


def test_a_webhook_that_never_answers_does_not_hold_up_the_run() -> None:
    stuck = Flag()
    hook = Webhook("https://me:secret@host/hook?key=secret", post=lambda url, body: stuck.wait(20), pause_s=0.001)
    started = time.monotonic()
    for number in range(MOST_WAITING + 50):
        hook.event(stated(f"e{number}"))
    assert time.monotonic() - started < 5
    assert hook.dropped >= 49
    assert "secret" not in hook.shown
    hook.close(within_s=0.01)
    stuck.set()


def test_a_webhook_needs_an_address() -> None:
    with pytest.raises(UsageError, match="--webhook"):
        Webhook("file:///etc/passwd")


def test_a_hub_keeps_the_latest_revision_of_each_event() -> None:
    hub = Hub()
    hub.event(stated("e1"))
    hub.event(stated("e1", 2, final=True))
    hub.event(stated("e2"))
    hub.event(stated("e2", 2, final=True, withdrawn=True))
    hub.status({"type": "status", "state": "running"})
    snapshot = hub.snapshot()
    assert [(event["id"], event["revision"], event["final"]) for event in snapshot["events"]] == [("e1", 2, True)]
    assert snapshot["status"]["state"] == "running"


def test_numbers_for_monitoring() -> None:
    text = prometheus_text(
        {
            "state": "running",
            "time_us": 2_500_000,
            "events": 3,
            "queue": 0.25,
            "dropped_frames": 0,
            "reconnects": 1,
            "latency": {"compute_s": {"p50": 0.1, "p95": 0.2, "p99": 0.3}, "final_event_s": None},
        }
    )
    lines = text.splitlines()
    assert "touchline_live_stream_seconds 2.5" in lines
    assert 'touchline_live_compute_seconds{quantile="0.95"} 0.2' in lines
    assert "touchline_live_up 1" in lines
    assert not any("final_event" in line for line in lines)


@pytest.fixture
def served() -> Iterator[tuple[Hub, Address]]:
    hub, address = Hub(), listen()
    server = LiveServer(hub, address)
    yield hub, address
    server.close()


def test_the_page_opens_with_the_printed_address_only(served: tuple[Hub, Address]) -> None:
    hub, address = served
    base = address.url.partition("/?")[0]
    hub.event(stated("e1"))
    with httpx.Client(base_url=base, follow_redirects=True) as client:
        assert client.get("/").status_code == 403
        page = client.get(f"/?token={address.token}")
        assert page.status_code == 200 and "/static/live.js" in page.text
        assert client.get("/static/live.js").status_code == 200
        assert client.get("/api/state").json()["events"][0]["id"] == "e1"
        assert client.get("/api/state", headers={"host": "evil.example"}).status_code == 403
        assert client.get("/nothing").status_code == 404
    plain = httpx.get(f"{base}/metrics?token={address.token}")
    assert plain.status_code == 200 and "touchline_live_up 0" in plain.text
    assert httpx.get(f"{base}/metrics?token=wrong").status_code == 403
    assert httpx.get(f"{base}/api/state").status_code == 403


def test_a_page_that_is_open_hears_every_change(served: tuple[Hub, Address]) -> None:
    hub, address = served
    base = address.url.partition("/?")[0]
    hub.event(stated("e1"))
    with httpx.stream("GET", f"{base}/api/messages?token={address.token}", timeout=20) as answer:
        lines = (json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: "))
        assert [event["id"] for event in next(lines)["events"]] == ["e1"]
        hub.event(stated("e2"))
        assert next(lines)["id"] == "e2"
        hub.status({"type": "status", "state": "ended"})
        assert next(lines)["state"] == "ended"


def test_programs_hear_the_same_over_a_websocket(served: tuple[Hub, Address]) -> None:
    client = pytest.importorskip("websockets.sync.client")
    hub, address = served
    url = f"ws://127.0.0.1:{address.port}/ws"
    with pytest.raises(Exception, match=r"HTTP 403|rejected"):
        client.connect(url)
    with client.connect(f"{url}?token={address.token}") as socket:
        assert json.loads(socket.recv(timeout=20))["type"] == "snapshot"
        hub.event(stated("e1"))
        assert json.loads(socket.recv(timeout=20))["id"] == "e1"


def finished_session(spotter: Spotter, count: int = 600) -> Session:
    source = MadeSource(moving(count), [i * STEP_US for i in range(count)])
    session = Session(source, spotter, thresholds=spotter.thresholds_with({}), status_s=1e9)
    session.run()
    return session


def test_a_bundle_holds_what_was_found_and_opens_in_the_review(spotter: Spotter, tmp_path: Path) -> None:
    session, video = finished_session(spotter), write_numbered(tmp_path / "rec.mkv", frames=50)
    bundles = LiveBundles(session, parts=lambda: [Part(video, 0)], clock=FakeClock())
    bundles.write(ended=True)
    (path,) = bundles.paths
    assert path == tmp_path / "rec.touchline"
    bundle = Bundle(path)
    events = [(event.label, event.start_us) for event in bundle.read_events()]
    assert events == sorted(((event.label, event.time_us) for event in session.final), key=lambda one: one[::-1])
    assert len(bundle.read_scores()) == 300
    assert len(bundle.read_candidates()) >= len(events)
    assert bundle.read_manifest().settings["spot"]["thresholds"] == session.thresholds
    (item,) = items_of([path])
    assert item.video == video
    contents = Contents(item)
    assert contents.analysed and contents.values is not None


def test_parts_have_bundles_of_their_own_and_old_ones_go_unless_they_were_reviewed(
    spotter: Spotter, tmp_path: Path
) -> None:
    session = finished_session(spotter, 1500)  # a minute
    cuts_us = [0, 10_000_000, 20_000_000, 50_000_000, None]
    parts = [
        Part(write_numbered(tmp_path / f"rec-{i}.mkv", frames=12), cuts_us[i], cuts_us[i + 1])  # type: ignore[arg-type]
        for i in range(4)
    ]
    bundles = LiveBundles(session, parts=lambda: parts, clock=FakeClock(), keep_us=10**12)
    bundles.write(ended=True)
    (tmp_path / "rec-1.touchline" / "corrections.jsonl").write_text("")
    bundles._keep_us = 30_000_000
    bundles.write(ended=True)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert "rec-0.mkv" not in left and "rec-0.touchline" not in left
    assert "rec-1.mkv" in left
    assert {"rec-2.mkv", "rec-2.touchline", "rec-3.mkv", "rec-3.touchline"} <= set(left)
    assert [path.name for path in bundles.paths] == ["rec-1.touchline", "rec-2.touchline", "rec-3.touchline"]
    second = Bundle(tmp_path / "rec-2.touchline")
    found = [event.start_us for event in second.read_events()]
    assert found == sorted(e.time_us - 20_000_000 for e in session.final if 20_000_000 <= e.time_us < 50_000_000)
    assert second.read_scores().times_us[0] < 80_000


def test_a_full_disk_does_not_stop_the_run(spotter: Spotter, tmp_path: Path) -> None:
    clock = FakeClock()
    session, video = finished_session(spotter, 50), write_numbered(tmp_path / "rec.mkv", frames=12)
    blocked = tmp_path / "file"
    blocked.write_text("")
    bundles = LiveBundles(session, parts=lambda: [Part(video, 0)], clock=clock, out=blocked)
    clock.now += 60
    bundles.status({"state": "running"})
    assert "choose another" in bundles.problem


def test_the_coverage_of_a_part_is_cut_out_of_that_of_the_run() -> None:
    whole = Coverage(100, 4, gaps=(Gap(5, 15, "a"), Gap(40, 60, "b"), Gap(90, 95, "c")))
    part = coverage_within(whole, Span(10, 50))
    assert part.duration_us == 40
    assert part.gaps == (Gap(0, 5, "a"), Gap(30, 40, "b"))
    assert coverage_within(whole, Span()) is whole
