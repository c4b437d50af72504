"""A device in model time: it takes stated times to copy and to calculate, whatever the machine of the tests does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from fakematch import FakeDetector
from touchline.core.arrays import Rgb
from touchline.core.tracks import Detections
from touchline.models.runtime.on_device import DeviceGraph, OutOfDeviceMemory
from touchline.models.runtime.requests import Arrays, Pending


@dataclass
class Clock:
    """The host's time in the model, and how much of it the host waited.

    Attributes:
        now_s: the time.
        waited_s: the time spent waiting for the device.

    """

    now_s: float = 0.0
    waited_s: float = 0.0

    def spend(self, seconds: float) -> None:
        """The host works."""
        self.now_s += seconds

    def wait_until(self, time_s: float) -> None:
        """The host waits."""
        self.waited_s += max(0.0, time_s - self.now_s)
        self.now_s = max(self.now_s, time_s)


@dataclass
class Lane:
    """A part of a device that does one thing after another.

    Attributes:
        free_s: when it has done all it was given.
        busy_s: how long it has worked.
        first_s: when it began with the first thing.

    """

    free_s: float = 0.0
    busy_s: float = 0.0
    first_s: float | None = None

    def do(self, *, from_s: float, seconds: float) -> float:
        """Do something as soon as possible, not before a time; return when it is done."""
        start_s = max(self.free_s, from_s)
        self.first_s = start_s if self.first_s is None else self.first_s
        self.free_s = start_s + seconds
        self.busy_s += seconds
        return self.free_s

    @property
    def use(self) -> float:
        """Share of the time from its first to its last moment of work in which it worked."""
        return 0.0 if self.first_s is None else self.busy_s / (self.free_s - self.first_s)


@dataclass
class FakeDevice:
    """A device with one lane for copies and one for calculation, shared by its networks.

    Attributes:
        clock: the host's clock.
        bytes_per_s: bandwidth of the copies.
        pictures: largest batch that fits into its memory.

    """

    clock: Clock
    bytes_per_s: float = 50e9
    pictures: int = 1_000_000
    copies: Lane = field(default_factory=Lane)
    work: Lane = field(default_factory=Lane)

    def network(self, latency_s: Callable[[int], float]) -> FakeLanes:
        """A network on it that takes so long for a batch of so many pictures, and returns their means."""
        return FakeLanes(self, latency_s)


@dataclass
class FakeLanes:
    """One network on the device."""

    device: FakeDevice
    latency_s: Callable[[int], float]
    batches: list[int] = field(default_factory=list)
    name: str = "the fake device"

    def submit(self, pixels: npt.NDArray[Any]) -> Pending[Arrays]:
        if len(pixels) > self.device.pictures:
            raise OutOfDeviceMemory
        self.batches.append(len(pixels))
        clock = self.device.clock
        copied_s = self.device.copies.do(from_s=clock.now_s, seconds=pixels.nbytes / self.device.bytes_per_s)
        done_s = self.device.work.do(from_s=copied_s, seconds=self.latency_s(len(pixels)))
        means = pixels.reshape(len(pixels), -1).mean(1).astype(np.float32)

        def wait() -> Arrays:
            clock.wait_until(done_s)
            return (means,)

        return wait


class DeviceDetector(FakeDetector):
    """The detector of the made match, with a network on the fake device that takes its time."""

    def __init__(self, graph: DeviceGraph, *, batch: int) -> None:
        super().__init__()
        self.batch = batch
        self.ahead = graph.ahead
        self._graph = graph

    def detect(self, pictures: Sequence[Rgb]) -> list[Detections]:
        return self.begin(pictures)()

    def begin(self, pictures: Sequence[Rgb]) -> Pending[list[Detections]]:
        pending = self._graph.begin(np.stack(pictures))

        def wait() -> list[Detections]:
            pending()
            return FakeDetector.detect(self, pictures)

        return wait
