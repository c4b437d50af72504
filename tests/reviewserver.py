"""A bundle with a video to review, and a server that shows it on a real socket."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from makevideo import write_numbered
from touchline.core.events import Coverage, Event, Scores, Timeline
from touchline.core.tracks import Shot, Track, Tracks
from touchline.formats.boxes.tracks_parquet import write_tracks_parquet
from touchline.formats.bundle import CANDIDATES, EVENTS, SCORES, TRACKS, Bundle, Manifest, video_fingerprint
from touchline.review.server.run import Address, listen, make_server
from touchline.review.shelf import Item, items_of
from touchline.review.studio import Studio

FRAMES, FPS = 100, 25
DURATION_US = 4_000_000
FOUND = (
    Event("PASS", 400_000, confidence=0.9, source="spotter"),
    Event("DRIVE", 1_200_000, confidence=0.7, source="spotter", team="left"),
    Event("PASS", 2_000_000, confidence=0.6, source="spotter"),
)
BELOW = (Event("PASS", 3_000_000, confidence=0.2, source="spotter"),)


def make_bundle(folder: Path, *, stem: str = "match", found: Sequence[Event] = FOUND) -> Bundle:
    """A video with sound, and its bundle: three events, a candidate below the threshold, curves and two tracks."""
    tone = np.sin(np.arange(48_000 * 4) * 0.1).astype(np.float32) * 0.5
    video = write_numbered(folder / f"{stem}.mp4", frames=FRAMES, fps=FPS, tone=tone)
    bundle = Bundle.create(None, video)
    bundle.write_events(Timeline(tuple(found)))
    bundle.write_candidates(Timeline((*found, *BELOW)))
    times_us = np.arange(50, dtype=np.int64) * 80_000
    bundle.write_scores(Scores(np.linspace(0, 1, 100, dtype=np.float32).reshape(50, 2), times_us, ("PASS", "DRIVE")))
    shots = (Shot(0, 0, DURATION_US, kind="wide", pitch=1.0),)
    write_tracks_parquet(bundle.path / TRACKS, Tracks((_track(7), _track(8, x=40.0)), shots, 160, 96))
    bundle.write_manifest(
        Manifest(
            video_name=video.name,
            video_fingerprint=video_fingerprint(video),
            models=({"task": "spot", "name": "spotter", "sha256": "0" * 64},),
            settings={"spot": {"thresholds": {"PASS": 0.5, "DRIVE": 0.5}}},
            coverage=Coverage(duration_us=DURATION_US, frames_decoded=FRAMES),
            files=bundle.checksums(EVENTS, CANDIDATES, SCORES, TRACKS),
            tracking={"shots": [{"index": 0, "start_us": 0, "end_us": DURATION_US, "kind": "wide", "pitch": 1.0}]},
        )
    )
    return bundle


def _track(track_id: int, *, x: float = 10.0) -> Track:
    frames = np.arange(10, dtype=np.int64)
    box = np.tile(np.array([x, 10, x + 8, 40], np.float32), (10, 1))
    return Track(track_id, "player", frames * 40_000, frames, box, np.ones(10, np.float32), np.ones(10, bool))


@dataclass
class Review:
    """A running server and a client that was let in."""

    studio: Studio
    address: Address
    client: httpx.Client

    @property
    def item(self) -> Item:
        return self.studio.desks[0].item

    @property
    def base(self) -> str:
        """The path of the first bundle."""
        return f"/api/bundles/{self.item.id}"

    @property
    def media(self) -> str:
        return f"/media/{self.item.id}"

    def opened(self, window: str = "window-one") -> dict[str, Any]:
        return dict(self.client.get(self.base, params={"window": window}).raise_for_status().json())

    def post(self, path: str, **body: Any) -> httpx.Response:
        return self.client.post(f"{self.base}/{path}", json=body)

    def do(self, *changes: dict[str, Any], n: int, window: str = "window-one") -> httpx.Response:
        return self.post("entries", window=window, n=n, do=list(changes))


@contextlib.contextmanager
def reviewing(*paths: Path, cache: Path, items: Sequence[Item] | None = None, **settings: Any) -> Iterator[Review]:
    """A server for these paths on a free port, in a thread of its own."""
    studio = Studio(items_of(paths) if items is None else items, who="anna", cache_root=cache, **settings)
    address, ready = listen(), threading.Event()
    server = make_server(studio, address, ready=ready.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [address.listener]}, daemon=True)
    thread.start()
    assert ready.wait(20)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{address.port}", timeout=30) as client:
            assert client.get("/", params={"token": address.token}).status_code == 303
            yield Review(studio, address, client)
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


def event_value(label: str = "PASS", start_us: int = 400_000, **more: Any) -> dict[str, Any]:
    """The whole value of an event, accepted."""
    value = {
        "label": label,
        "start_us": start_us,
        "end_us": None,
        "team": None,
        "player": None,
        "visible": True,
        "half": 1,
        "state": "accepted",
        "confidence": 0.9,
        "note": "",
        "point_px": None,
        "point_m": None,
    }
    return {**value, **more}


def change(what: str, name: str, after: Any, *, before: Any = None) -> dict[str, Any]:
    """A change of one value."""
    return {"what": what, "id": name, "before": before, "after": after}
