"""How late results are, in three separate numbers: transport, look-ahead, and computing."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np

_KEPT = 4096
"""Latest measurements that the percentiles are of: about five minutes of frames."""
_PERCENTILES = (50, 95, 99)


class Latency:
    """Latency of a live run.

    Args:
        look_ahead_s: what the model and the decoding of peaks wait for, seconds of the stream.

    """

    def __init__(self, *, look_ahead_s: float) -> None:
        self.look_ahead_s = look_ahead_s
        self._compute_s: deque[float] = deque(maxlen=_KEPT)
        self._event_s: deque[float] = deque(maxlen=_KEPT)

    def computed(self, seconds: float) -> None:
        """Record how long after its arrival a frame's scores were there: waiting in the queue, and computing."""
        self._compute_s.append(seconds)

    def emitted(self, seconds: float) -> None:
        """Record how long after its frame's arrival a final event was there."""
        self._event_s.append(seconds)

    def record(self) -> dict[str, Any]:
        """Return the numbers in seconds; transport is unknown, as FFmpeg does not hand on when a frame was taken."""
        return {
            "transport_s": None,
            "look_ahead_s": round(self.look_ahead_s, 3),
            "compute_s": _percentiles(self._compute_s),
            "final_event_s": _percentiles(self._event_s),
        }


def _percentiles(values: deque[float]) -> Mapping[str, float] | None:
    if not values:
        return None
    found = np.percentile(np.array(values), _PERCENTILES)
    return {f"p{share}": round(float(value), 4) for share, value in zip(_PERCENTILES, found, strict=True)}
