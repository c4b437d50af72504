"""What the page shows of one video besides the file itself: frame times, thumbnails, loudness, a proxy.

All of it is made on first demand, in the background where it takes long, and cached by the video's content.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import numpy as np

from touchline.core.columns import IntArray
from touchline.core.events import VideoInfo
from touchline.media.shown.frame_index import frame_times
from touchline.media.shown.loudness import waveform
from touchline.media.shown.proxy import write_proxy
from touchline.media.shown.thumbnails import Sprites, sprite
from touchline.media.video import Progress
from touchline.review.cache import VideoCache
from touchline.review.contents import Contents
from touchline.review.desk import Desk
from touchline.review.jobs import Job, Jobs, Kind, Outcome
from touchline.review.refusals import Refusal
from touchline.review.schema import ProxyInfo

_FRAMES, _WAVE, _PROXY = "frames-1.f64", "wave-1.u8", "proxy-1.mp4"
"""Names in the cache; the number changes with what the files hold."""
_READY = "the copy is ready"
_AT_ONCE_S = 2.0
"""How long a request waits for something that is quick for most videos."""


class Footage:
    """What is made from the video of one desk.

    Args:
        desk: the desk.
        jobs: where the work is done.
        cache_root: folder of all caches; None for the usual one.

    """

    def __init__(self, desk: Desk, jobs: Jobs, *, cache_root: Path | None = None) -> None:
        self._desk, self._jobs, self._root = desk, jobs, cache_root
        self._lock = threading.Lock()

    @property
    def _contents(self) -> Contents:
        return self._desk.contents

    @cached_property
    def _cache(self) -> VideoCache:
        return VideoCache(self._contents.fingerprint, root=self._root)

    @property
    def layout(self) -> Sprites | None:
        """How the thumbnails are laid out; None without a video."""
        info = self._contents.info
        return None if info is None else Sprites.of(info, duration_us=max(info.duration_us, 1))

    def info(self) -> VideoInfo:
        """Return the properties of the video.

        Raises:
            Refusal: there is no video.

        """
        info = self._contents.info
        if info is None:
            raise Refusal("not_found", "the video was not found")
        return info

    def frames(self) -> bytes | Job:
        """Return the times of all frames, float64, microseconds; the job that finds them, if it takes long."""
        info, coverage = self.info(), self._contents.coverage

        def work(progress: Progress) -> Outcome:
            times = frame_times(info.path, stream=info.stream_index, coverage=coverage, progress=progress)
            self._cache.write(_FRAMES, times.astype("<f8").tobytes())
            return Outcome()

        return self._made(_FRAMES, work, text="finding the times of all frames")

    def known_times(self) -> IntArray | None:
        """Return the times of all frames, int64, microseconds; None if they were not found yet."""
        data = self._cache.read(_FRAMES)
        return None if data is None else np.frombuffer(data, "<f8").astype(np.int64)

    def wave(self) -> bytes | Job:
        """Return the loudness of the sound, one byte each 20 ms; the job that measures it, if it takes long.

        Raises:
            Refusal: there is no video, or no sound in it.

        """
        info = self.info()
        if not info.has_audio:
            raise Refusal("not_found", "the video has no sound")

        def work(progress: Progress) -> Outcome:
            self._cache.write(_WAVE, waveform(info.path, duration_us=info.duration_us, progress=progress).tobytes())
            return Outcome()

        return self._made(_WAVE, work, text="measuring the loudness of the sound")

    def sprite(self, number: int) -> bytes:
        """Return a sprite of thumbnails, a JPEG file; it is made now if it is not cached.

        Raises:
            Refusal: there is no video, or no such sprite.

        """
        info, layout = self.info(), self.layout
        if layout is None or not 0 <= number < layout.sprites:
            raise Refusal("not_found", f"there is no sprite {number}")
        name = f"thumbs-1-{number}.jpg"
        with self._lock:  # one at a time: they all read the same disk
            data = self._cache.read(name)
            if data is None:
                data = sprite(info, layout, number=number)
                self._cache.write(name, data)
        return data

    def make_proxy(self) -> Job:
        """Begin to make the proxy, or return the job that does."""
        info, fingerprint = self.info(), self._contents.fingerprint
        target = self._cache.path(_PROXY)

        def work(progress: Progress) -> Outcome:
            if target.is_file():
                return Outcome(text=_READY)
            with self._cache.making(_PROXY) as unfinished:
                notes = write_proxy(info, unfinished, progress=progress)
            return Outcome(notes=notes, text=_READY)

        return self._jobs.start("proxy", work, key=fingerprint, text="encoding a copy that the browser can play")

    def proxy(self) -> Path:
        """Return the proxy.

        Raises:
            Refusal: it is not made yet.

        """
        path = self._cache.path(_PROXY)
        if not path.is_file():
            raise Refusal("not_found", "the proxy has not been made yet")
        return path

    def proxy_info(self) -> ProxyInfo:
        """Return how the proxy stands."""
        playback = self._contents.playback
        if playback is None:
            return ProxyInfo(state="unneeded", src=None, job=None)
        if self._cache.path(_PROXY).is_file():
            return ProxyInfo(state="ready", src=f"/media/{self._desk.item.id}/proxy", job=None)
        job = self._jobs.find("proxy", self._contents.fingerprint)
        if job is not None and job.state != "done":
            return ProxyInfo(state="making" if job.active else "failed", src=None, job=job.id)
        return ProxyInfo(state="unneeded" if playback.playable == "yes" else "missing", src=None, job=None)

    def close(self) -> None:
        """Remove what was not cached for good."""
        if "_cache" in vars(self):
            self._cache.close()

    def _made(self, name: str, work: Callable[[Progress], Outcome], *, text: str) -> bytes | Job:
        """Return a cached file; if there is none, have it made, and wait a moment for it."""
        kept = self._cache.read(name)
        if kept is not None:
            return kept
        kind: Kind = "frames" if name == _FRAMES else "wave"
        job = self._jobs.start(kind, work, key=self._contents.fingerprint, text=text)
        data = self._cache.read(name) if job.finished_within(_AT_ONCE_S) else None
        return job if data is None else data
