"""The pipeline keeps a device busy, in model time; batches that do not fit are halved; streams change no value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import nn

from fakedevice import Clock, DeviceDetector, FakeDevice
from fakematch import FakePitchFinder, grass, match_picture
from touchline.core.arrays import Rgb
from touchline.core.errors import ResourceError
from touchline.media.frame import Frame
from touchline.models.runtime.on_device import DeviceGraph
from touchline.models.runtime.requests import Pending
from touchline.models.runtime.torch_lanes import TorchLanes
from touchline.tracking.observations import Observation, Observer, observe

FRAMES, BATCH, FPS = 160, 8, 25.0
BATCHES = FRAMES // BATCH
LATENCY_S, COPY_S = 0.008, 0.002


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    field = grass()
    pictures = [match_picture(number, field=field) for number in range(FRAMES)]
    return [
        Frame(number * 40_000, picture.mean(2).astype(np.uint8), lambda shown=picture: shown)  # type: ignore[misc]
        for number, picture in enumerate(pictures)
    ]


def observed(frames: list[Frame], *, ahead: int, host_s: float) -> tuple[FakeDevice, list[Observation]]:
    """Observe with a host that needs so long for each picture after the networks."""
    clock, found = Clock(), list[Observation]()
    device = FakeDevice(clock, bytes_per_s=BATCH * frames[0].to_rgb().nbytes / COPY_S)
    graph = DeviceGraph(device.network(lambda size: LATENCY_S * size / BATCH), ahead=ahead)
    observer = Observer(detector=DeviceDetector(graph, batch=BATCH), pitch_finder=None, fps=FPS, batch=BATCH)

    def take(observation: Observation) -> None:
        clock.spend(host_s)
        found.append(observation)

    for number, frame in enumerate(frames):
        for observation in observer.push(number, frame):
            take(observation)
    for observation in observer.finish():
        take(observation)
    return device, found


def test_a_host_that_is_faster_keeps_the_device_busy(frames: list[Frame]) -> None:
    device, _ = observed(frames, ahead=2, host_s=0.0005)
    assert device.work.busy_s == pytest.approx(BATCHES * LATENCY_S)
    assert device.work.use > 0.97
    # the first copy, all calculation, and the host's part of the last batch
    assert device.clock.now_s == pytest.approx(COPY_S + BATCHES * LATENCY_S + BATCH * 0.0005, rel=0.02)


def test_without_batches_ahead_the_device_waits_for_the_host(frames: list[Frame]) -> None:
    device, _ = observed(frames, ahead=0, host_s=0.0005)
    whole_s = COPY_S + LATENCY_S + BATCH * 0.0005
    assert device.work.use == pytest.approx(LATENCY_S / whole_s, rel=0.05)
    assert device.clock.now_s == pytest.approx(BATCHES * whole_s, rel=0.02)


def test_a_host_that_is_slower_hardly_waits(frames: list[Frame]) -> None:
    device, _ = observed(frames, ahead=2, host_s=0.002)
    host_s = FRAMES * 0.002
    assert device.clock.now_s == pytest.approx(host_s, rel=0.06)
    assert device.clock.waited_s < 2 * (COPY_S + LATENCY_S)


def test_observations_are_the_same_however_many_batches_are_ahead(frames: list[Frame]) -> None:
    _, expected = observed(frames, ahead=0, host_s=0.0)
    _, found = observed(frames, ahead=3, host_s=0.0)
    assert [one.index for one in found] == list(range(FRAMES))
    for a, b in zip(expected, found, strict=True):
        np.testing.assert_array_equal(a.detections.boxes_xyxy, b.detections.boxes_xyxy)
        np.testing.assert_array_equal(a.appearance, b.appearance)
        np.testing.assert_array_equal(a.motion.matrix, b.motion.matrix)


def test_two_networks_share_the_device(frames: list[Frame]) -> None:
    clock = Clock()
    device = FakeDevice(clock)
    graph = DeviceGraph(device.network(lambda size: 0.001 * size))
    other = DeviceGraph(device.network(lambda size: 0.004 * size))

    class Finder(FakePitchFinder):
        ahead = 2

        def begin(self, pictures: Sequence[Rgb]) -> Pending[list[npt.NDArray[np.float32]]]:
            pending = other.begin(np.stack(pictures))
            return lambda: (pending(), self.find(pictures))[1]

    observer = Observer(detector=DeviceDetector(graph, batch=BATCH), pitch_finder=Finder(), fps=FPS, batch=BATCH)
    count = sum(len(list(observer.push(number, frame))) for number, frame in enumerate(frames))
    count += len(list(observer.finish()))
    assert count == FRAMES
    assert device.work.use > 0.97


def test_a_batch_that_does_not_fit_is_halved_and_so_are_those_after_it() -> None:
    lanes = FakeDevice(Clock(), pictures=3).network(lambda size: 0.001)
    graph = DeviceGraph(lanes)
    pixels = np.arange(8 * 4, dtype=np.uint8).reshape(8, 4)
    for _ in range(2):
        np.testing.assert_array_equal(graph(pixels)[0], pixels.mean(1, dtype=np.float32))
    assert graph.most == 2
    assert lanes.batches == [2] * 8


def test_one_picture_that_does_not_fit_is_an_error_that_says_what_to_do() -> None:
    graph = DeviceGraph(FakeDevice(Clock(), pictures=0).network(lambda size: 0.001))
    with pytest.raises(ResourceError, match="one picture does not fit on the fake device; run with --device cpu"):
        graph(np.zeros((2, 4), np.uint8))


def test_the_steps_of_torch_change_no_value() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Flatten(), nn.Linear(12, 3)).eval()

    class Scaled(nn.Module):
        def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return module(pixels.float()), pixels.float().mean((1, 2))

    rng = np.random.default_rng(0)
    batches = [rng.integers(0, 256, (4, 3, 4), dtype=np.uint8) for _ in range(3)]
    lanes = TorchLanes(Scaled(), device="cpu", channels_last=False, captured=True)
    begun = [lanes.submit(batch) for batch in batches]
    for batch, wait in zip(batches, begun, strict=True):
        values, means = wait()
        with torch.inference_mode():
            expected = module(torch.from_numpy(batch).float()).numpy()
        np.testing.assert_array_equal(values, expected)
        np.testing.assert_allclose(means, batch.reshape(4, -1).mean(1), rtol=1e-6)


def test_observe_still_takes_models_that_only_answer_at_once(frames: list[Frame]) -> None:
    graph = DeviceGraph(FakeDevice(Clock()).network(lambda size: 0.001), ahead=0)
    assert len(list(observe(frames[:20], detector=DeviceDetector(graph, batch=1), fps=FPS))) == 20
