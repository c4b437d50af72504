"""A live run: its final events are those of an analysis at once, holes and drops are known, and it ends in order."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from livesources import MadeSource
from touchline.core.events import Timeline
from touchline.live.queueing import TOO_SLOW
from touchline.live.session import Session, Stated
from touchline.media.frame import Frame
from touchline.media.sampling import fit_luma, sample_regular
from touchline.spotting.spotter import Spotter

STEP_US = 40_000


def moving(count: int, *, seed: int = 0, size: int = 64) -> np.ndarray:
    """Noise of changing strength, uint8 (count, size, size)."""
    rng = np.random.default_rng(seed)
    strength = 60 + 60 * np.sin(np.arange(count) / 9)[:, None, None]
    return np.clip(rng.normal(110, strength, (count, size, size)), 0, 255).astype(np.uint8)


def offline(spotter: Spotter, pictures: np.ndarray, times_us: list[int]) -> Timeline:
    """The events that are found in the same pictures at once."""
    frames = (Frame(time_us, picture) for time_us, picture in zip(times_us, pictures, strict=True))
    grid = [(i, fit_luma(f.luma, width=64, height=64)) for i, f in sample_regular(frames, fps=spotter.fps)]
    return spotter.events(spotter.scores(grid))


def keys(session: Session) -> list[tuple[str, int, float]]:
    return sorted((event.label, event.time_us, event.confidence) for event in session.final)


def keys_of(timeline: Timeline) -> list[tuple[str, int, float]]:
    return sorted((event.label, event.start_us, event.confidence) for event in timeline)


class Heard:
    """A listener that keeps everything."""

    def __init__(self) -> None:
        self.events: list[Stated] = []
        self.states: list[Mapping[str, Any]] = []

    def event(self, stated: Stated) -> None:
        self.events.append(stated)

    def status(self, record: Mapping[str, Any]) -> None:
        self.states.append(record)


def run(source: MadeSource, spotter: Spotter, **settings: Any) -> tuple[Session, Heard]:
    heard = Heard()
    session = Session(
        source, spotter, thresholds=spotter.thresholds_with({}), listeners=[heard], status_s=1e9, **settings
    )
    session.run()
    return session, heard


@pytest.mark.parametrize("count", [0, 1, 5, 430, 811])
def test_final_events_and_scores_are_those_of_all_pictures_at_once(spotter: Spotter, count: int) -> None:
    pictures, times_us = moving(count), [i * STEP_US for i in range(count)]
    session, heard = run(MadeSource(pictures, times_us), spotter)
    expected = offline(spotter, pictures, times_us)
    assert keys(session) == keys_of(expected)
    assert count < 100 or len(expected) > 5
    assert session.coverage().complete
    assert heard.states[-1]["state"] == "ended"


def test_a_hole_is_filled_as_in_a_file(spotter: Spotter) -> None:
    times_us = [i * STEP_US + (20_000_000 if i >= 200 else 0) for i in range(400)]
    pictures = moving(400)
    session, _ = run(MadeSource(pictures, times_us), spotter)
    assert keys(session) == keys_of(offline(spotter, pictures, times_us))


def test_after_a_long_hole_the_analysis_starts_afresh_on_the_same_timeline(spotter: Spotter) -> None:
    times_us = [i * STEP_US + (600_000_000 if i >= 200 else 0) for i in range(400)]
    session, _ = run(MadeSource(moving(400), times_us), spotter)
    scores_us = session.scores().times_us
    assert scores_us[-1] >= 600_000_000
    assert not ((scores_us > 9_000_000) & (scores_us < 600_000_000)).any()


def test_revisions_count_up_and_nothing_follows_a_final_one(spotter: Spotter) -> None:
    _, heard = run(MadeSource(moving(500), [i * STEP_US for i in range(500)]), spotter, queue_s=0.5)
    seen: dict[str, int] = {}
    done: set[str] = set()
    for stated in heard.events:
        event = stated.event
        assert event.id not in done
        assert event.revision == seen.get(event.id, 0) + 1
        seen[event.id] = event.revision
        done |= {event.id} if event.final else set()
    assert set(seen) == done


def test_a_stream_faster_than_the_machine_loses_spans_that_are_counted(spotter: Spotter) -> None:
    count = 2_000
    source = MadeSource(moving(count, size=32), [i * STEP_US for i in range(count)], waits=False)

    class Slow(Heard):
        """Holds up the analysis at its first state until the source has sent everything."""

        def status(self, record: Mapping[str, Any]) -> None:
            super().status(record)
            while source.given < count:
                time.sleep(0.01)

    heard = Slow()
    session = Session(source, spotter, thresholds=spotter.thresholds_with({}), listeners=[heard], queue_s=2.0)
    session.run()
    dropped = session.queue.dropped
    assert dropped > 0
    coverage = session.coverage()
    assert {gap.reason for gap in coverage.gaps} == {TOO_SLOW}
    assert abs(coverage.lost_us - dropped * 80_000) <= 80_000
    assert heard.states[-1]["dropped_frames"] == dropped
    assert len(session.scores()) + dropped == count // 2


def test_an_error_of_the_source_comes_out_after_everything_is_decided(spotter: Spotter) -> None:
    def fail(number: int) -> None:
        if number == 300:
            raise OSError("gone")

    source = MadeSource(moving(400), [i * STEP_US for i in range(400)], before=fail)
    heard = Heard()
    session = Session(source, spotter, thresholds=spotter.thresholds_with({}), listeners=[heard])
    with pytest.raises(OSError, match="gone"):
        session.run()
    assert heard.states[-1]["state"] == "ended"
    assert keys(session) == keys_of(offline(spotter, source.made[:300], list(source.times_us[:300])))


def test_a_run_can_be_stopped_at_any_time(spotter: Spotter) -> None:
    stop: list[Session] = []
    source = MadeSource(
        moving(400), [i * STEP_US for i in range(400)], before=lambda number: number == 200 and stop[0].stop()
    )
    session = Session(source, spotter, thresholds=spotter.thresholds_with({}))
    stop.append(session)
    session.run()
    session.finish()
    assert session.status()["state"] == "ended"


def test_latency_is_measured_from_the_arrival_of_a_frame(spotter: Spotter) -> None:
    session, heard = run(MadeSource(moving(500), [i * STEP_US for i in range(500)]), spotter, queue_s=0.5)
    record = session.status()["latency"]
    assert record["transport_s"] is None
    assert record["look_ahead_s"] == pytest.approx((2 * 7 + 0 + 4 + 5) / 12.5, abs=2.0)
    assert record["compute_s"]["p50"] <= record["compute_s"]["p95"] <= record["compute_s"]["p99"]
    finals = [one for one in heard.events if one.event.final and not one.event.withdrawn]
    assert all(one.latency_s is None or one.latency_s >= 0 for one in finals)
    assert finals[0].record()["arrived_at"].endswith("+00:00")


def test_a_stream_that_repeats_one_picture_is_doubtful(spotter: Spotter) -> None:
    pictures = moving(600)
    pictures[100:400] = pictures[100]
    times_us = [i * STEP_US for i in range(600)]
    session, _ = run(MadeSource(pictures, times_us, waits=False), spotter, queue_s=60.0)
    (span,) = session.coverage().doubtful
    assert abs(span.start_us - 100 * STEP_US) <= 80_000
    assert abs(span.end_us - 399 * STEP_US) <= 80_000
    assert run(MadeSource(pictures, times_us), spotter)[0].coverage().complete, "a file is judged as by touchline spot"
