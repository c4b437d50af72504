"""Events posted to a URL: in a thread of their own, tried again, and dropped before they hold up the analysis."""

from __future__ import annotations

import json
import urllib.request
from collections import deque
from collections.abc import Callable, Mapping
from http.client import HTTPException
from threading import Condition, Event, Thread
from typing import Any
from urllib.parse import urlsplit

from touchline.core.errors import UsageError
from touchline.core.version import __version__
from touchline.live.session import Stated
from touchline.live.source.address import shown_url

MOST_WAITING = 1_000
_TRIES = 4
_TIMEOUT_S = 5.0
_FIRST_PAUSE_S = 1.0
_LAST_S = 10.0
"""How long the end of a run waits for what is still to be posted."""


class Webhook:
    """Posts each revision of an event as JSON to a URL.

    Args:
        url: http or https.
        post: sends a body to the URL and raises OSError if that failed; for tests.
        pause_s: seconds before the second try; twice that before the third, and so on.

    Attributes:
        sent, dropped: how many were posted, and given up.
        problem: why the latest attempt failed; "" if it did not.

    """

    def __init__(
        self, url: str, *, post: Callable[[str, bytes], None] | None = None, pause_s: float = _FIRST_PAUSE_S
    ) -> None:
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
            raise UsageError(f"--webhook {shown_url(url)}: is not an address; give http(s)://HOST/PATH")
        self.shown = shown_url(url)
        self.sent = self.dropped = 0
        self.problem = ""
        self._url, self._post, self._pause_s = url, post or _post, pause_s
        self._waiting: deque[bytes] = deque()
        self._changed, self._stop, self._closed = Condition(), Event(), False
        self._thread = Thread(target=self._run, name="touchline-webhook", daemon=True)
        self._thread.start()

    def event(self, stated: Stated) -> None:
        """Queue an event; if too many wait, the oldest is dropped."""
        with self._changed:
            if len(self._waiting) >= MOST_WAITING:
                self._waiting.popleft()
                self.dropped += 1
            self._waiting.append(json.dumps(stated.record()).encode())
            self._changed.notify_all()

    def status(self, record: Mapping[str, Any]) -> None:
        """Do nothing; only events are posted."""
        del record

    def close(self, *, within_s: float = _LAST_S) -> None:
        """Post what waits, for a limited time, and end."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(timeout=within_s)
        self._stop.set()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._closed:
                    self._changed.wait()
                if not self._waiting or self._stop.is_set():
                    return
                body = self._waiting.popleft()
            if self._delivered(body):
                self.sent += 1
            else:
                self.dropped += 1

    def _delivered(self, body: bytes) -> bool:
        """Post one body, several times if necessary; return whether it arrived."""
        for attempt in range(_TRIES):
            try:
                self._post(self._url, body)
            except (OSError, HTTPException) as error:
                self.problem = type(error).__name__ if isinstance(error, HTTPException) else _reason(error)
                if self._stop.wait(self._pause_s * 2**attempt):
                    return False
            else:
                self.problem = ""
                return True
        return False


def _reason(error: OSError) -> str:
    """Return why a request failed, without its address."""
    code = getattr(error, "code", None)
    return f"HTTP {code}" if code is not None else str(error.strerror or getattr(error, "reason", "") or "no answer")


def _post(url: str, body: bytes) -> None:
    """Post JSON to a URL.

    Raises:
        OSError: it failed, or was answered with an error.

    """
    headers = {"content-type": "application/json", "user-agent": f"touchline/{__version__}"}
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
        answer.read(1)
