"""The state of a live run as Prometheus reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_GAUGES = {
    "time_us": ("stream_seconds", "Seconds of the stream that were analysed.", 1e-6),
    "events": ("events", "Final events.", 1.0),
    "queue": ("queue_fill", "Share of the queue of pictures that is filled.", 1.0),
    "dropped_frames": ("dropped_frames", "Pictures dropped because the analysis was too slow.", 1.0),
    "reconnects": ("reconnects", "Times that the source was opened again.", 1.0),
}


def prometheus_text(status: Mapping[str, Any]) -> str:
    """Return the numbers of a status record in Prometheus' text format."""
    return "".join(f"{line}\n" for line in _lines(status))


def _lines(status: Mapping[str, Any]) -> Iterator[str]:
    for key, (name, about, scale) in _GAUGES.items():
        if key in status:
            yield from _gauge(name, about, {"": status[key] * scale})
    yield from _gauge("up", "Whether the source gives pictures.", {"": float(status.get("state") == "running")})
    latency = status.get("latency") or {}
    for key, about in (
        ("compute_s", "Seconds from a picture's arrival to its scores."),
        ("final_event_s", "Seconds from the arrival of an event's picture to the final event."),
    ):
        found = latency.get(key) or {}
        values = {f'{{quantile="0.{name[1:]}"}}': value for name, value in found.items()}
        if values:
            yield from _gauge(f"{key[:-2]}_seconds", about, values)


def _gauge(name: str, about: str, values: Mapping[str, float]) -> Iterator[str]:
    yield f"# HELP touchline_live_{name} {about}"
    yield f"# TYPE touchline_live_{name} gauge"
    for labels, value in values.items():
        yield f"touchline_live_{name}{labels} {value:g}"
