"""A stream that breaks, jumps, sends garbage or never answers; connections are local files, and no time passes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from livesources import Connections, FakeClock, Skipping
from makevideo import read_number, write_numbered
from touchline.core.errors import InputError, NetworkError
from touchline.live.source.address import Address
from touchline.live.source.connection import Patience, playlist_has_ended
from touchline.live.source.pictures import Picture
from touchline.live.source.recording import Recording
from touchline.live.source.stream_source import StreamSource
from touchline.media.video import VideoReader


def source_over(clock: FakeClock, connections: Connections, *, kind: Any = "udp", **settings: Any) -> StreamSource:
    """A stream source on a clock that only waiting moves."""
    address = Address("udp://me:secret@host", kind, shown="udp://me:***@host")
    found = StreamSource(address, opener=connections, clock=clock, draw=lambda: 0.5, **settings)
    found._stop = Skipping(clock)  # type: ignore[assignment]
    return found


def drained(source: StreamSource, clock: FakeClock) -> list[Picture]:
    """All pictures; each takes 40 ms, as from a camera."""
    found = []
    for picture in source.pictures():
        clock.now += 0.04
        found.append(picture)
    return found


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("clips")
    first = write_numbered(folder / "first.ts", frames=50)
    second = write_numbered(folder / "second.ts", frames=50, first=100)
    cut = folder / "cut.ts"
    cut.write_bytes(first.read_bytes()[: first.stat().st_size * 2 // 3])
    noise = folder / "noise.ts"
    data = bytearray(first.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 600] = bytes(600)
    noise.write_bytes(data)
    return {"first": first, "second": second, "cut": cut, "noise": noise}


def test_all_pictures_of_one_connection(clips: dict[str, Path]) -> None:
    clock = FakeClock()
    source = source_over(clock, Connections(clock, clips["first"]), patience=Patience(give_up_s=5))
    found = drained(source, clock)
    assert [picture.time_us for picture in found] == [i * 40_000 for i in range(50)]
    assert [read_number(picture.luma()) for picture in found] == list(range(50))
    assert (source.state, source.coverage().gaps) == ("ended", ())


def test_a_broken_connection_is_opened_again_and_the_gap_is_known(clips: dict[str, Path]) -> None:
    clock = FakeClock()
    connections = Connections(clock, clips["first"], "refused", "refused", clips["second"])
    source = source_over(clock, connections, patience=Patience(give_up_s=30))
    found = drained(source, clock)
    assert [read_number(picture.luma()) for picture in found] == [*range(50), *range(100, 150)]
    times = [picture.time_us for picture in found]
    assert times == sorted(set(times))
    (gap,) = source.coverage().gaps
    assert gap.reason == "the connection was lost (refused)"
    waited_s = 1 + 2 + 4  # the back-off
    assert (gap.end_us - gap.start_us) / 1e6 == pytest.approx(waited_s, abs=0.5)
    assert source.reconnects >= 3


def test_a_source_that_never_answers_is_unreachable(clips: dict[str, Path]) -> None:
    clock = FakeClock()
    source = source_over(clock, Connections(clock), patience=Patience(give_up_s=20))
    with pytest.raises(NetworkError, match=r"udp://me:\*\*\*@host: no picture within 20 s \(refused\)"):
        drained(source, clock)
    assert source.reconnects == 0


def test_a_connection_without_pictures_counts_as_dead(clips: dict[str, Path]) -> None:
    clock = FakeClock()
    source = source_over(clock, Connections(clock, clips["first"]), patience=Patience(silent_s=20, give_up_s=1))
    found = []
    for picture in source.pictures():
        found.append(picture)
        clock.now += 21 if len(found) == 20 else 0.04
    assert len(found) < 40
    assert source.trouble == "no picture for 20 s"


def test_the_end_of_a_playlist_ends_the_run(clips: dict[str, Path]) -> None:
    clock = FakeClock()
    connections = Connections(clock, clips["first"], clips["second"])
    source = source_over(clock, connections, kind="hls", playlist_ended=lambda address: True)
    assert len(drained(source, clock)) == 50
    assert connections.attempts == 1


def test_a_playlist_that_is_opened_again_repeats_nothing(clips: dict[str, Path]) -> None:
    clock = FakeClock()
    connections = Connections(clock, clips["cut"], clips["first"])
    source = source_over(
        clock, connections, kind="hls", patience=Patience(give_up_s=5), playlist_ended=lambda address: False
    )
    found = drained(source, clock)
    numbers = [read_number(picture.luma()) for picture in found]
    assert numbers == sorted(set(numbers))
    assert [picture.time_us for picture in found] == [number * 40_000 for number in numbers]
    assert numbers[-1] == 49 and len(numbers) > 40


def test_an_end_of_a_playlist_is_looked_for_where_the_pictures_are() -> None:
    address = Address("http://host/main.m3u8", "hls")
    texts = {
        "http://host/main.m3u8": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow/index.m3u8\n",
        "http://host/low/index.m3u8": "#EXTM3U\n#EXTINF:1,\na.ts\n#EXT-X-ENDLIST\n",
    }
    assert playlist_has_ended(address, fetch=texts.__getitem__)
    assert not playlist_has_ended(address, fetch=lambda url: "#EXTM3U\n#EXTINF:1,\na.ts\n")

    def fail(url: str) -> str:
        raise OSError(url)

    assert not playlist_has_ended(address, fetch=fail)


def test_garbage_in_a_stream_costs_some_pictures_and_is_recorded(clips: dict[str, Path]) -> None:
    clock = FakeClock()
    source = source_over(clock, Connections(clock, clips["noise"]), patience=Patience(give_up_s=1))
    found = drained(source, clock)
    times = [picture.time_us for picture in found]
    assert len(found) > 25 and times == sorted(set(times))
    coverage = source.coverage()
    assert coverage.packets_skipped or coverage.gaps or coverage.doubtful


def test_a_source_without_video_is_refused(tmp_path: Path) -> None:
    import av
    import numpy as np

    path = tmp_path / "sound.ts"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48_000)
        stream.layout = "mono"
        for _ in range(50):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate = 48_000
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    clock = FakeClock()
    with pytest.raises(InputError, match="sound but no video"):
        drained(source_over(clock, Connections(clock, path)), clock)


@pytest.mark.parametrize("things", [("first",), ("first", "refused", "second"), ("cut", "second")])
def test_an_analysis_of_the_recording_sees_the_same_pictures_at_the_same_times(
    clips: dict[str, Path], tmp_path: Path, things: tuple[str, ...]
) -> None:
    clock = FakeClock()
    connections = Connections(clock, *(clips.get(thing, thing) for thing in things))
    recording = Recording(tmp_path / "rec.mkv")
    source = source_over(clock, connections, patience=Patience(give_up_s=5), sink=recording)
    live = [(picture.time_us, picture.luma().tobytes()) for picture in drained(source, clock)]
    recording.close()
    assert recording.problem == ""
    with VideoReader(tmp_path / "rec.mkv") as reader:
        read = [(frame.time_us, frame.luma.tobytes()) for frame in reader.frames()]
    assert read == live


def test_a_recording_in_parts_holds_every_picture_once(clips: dict[str, Path], tmp_path: Path) -> None:
    clock = FakeClock()
    recording = Recording(tmp_path / "rec.mkv", part_us=900_000)
    source = source_over(clock, Connections(clock, clips["first"]), patience=Patience(give_up_s=1), sink=recording)
    drained(source, clock)
    recording.close()
    assert [part.path.name for part in recording.parts] == ["rec.mkv", "rec-2.mkv", "rec-3.mkv"]
    assert recording.parts[0].end_us == recording.parts[1].start_us
    numbers = []
    for part in recording.parts:
        with VideoReader(part.path) as reader:
            numbers += [read_number(frame.luma) for frame in reader.frames()]
    assert numbers == list(range(50))
