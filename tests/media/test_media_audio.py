from __future__ import annotations

from collections import deque
from pathlib import Path

import av
import numpy as np
import pytest

from makevideo import write_numbered
from touchline.core.errors import InputError
from touchline.core.events import Coverage
from touchline.media.sound.reading import SoundReader, lost_sound, read_audio, stream_audio
from touchline.media.sound.tracks import NoAudioError

RATE = 48_000


def beeps(seconds: float, *, at_s: tuple[float, ...]) -> np.ndarray:
    """Silence with a 1 kHz beep of 50 ms at each time."""
    sound = np.zeros(int(seconds * RATE), np.float32)
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(RATE // 20) / RATE)
    for start_s in at_s:
        start = int(start_s * RATE)
        sound[start : start + len(tone)] = tone
    return sound


def onsets(sound: np.ndarray, *, rate_hz: int = 16_000) -> list[float]:
    """Seconds at which beeps begin."""
    loud = np.abs(sound) > 0.1
    starts = [i for i in np.flatnonzero(loud) if not loud[max(0, i - rate_hz // 10) : i].any()]
    return [i / rate_hz for i in starts]


def covered(path: Path) -> Coverage:
    """What is said of a sound once it was read."""
    reader = SoundReader(path)
    deque(reader.chunks(), maxlen=0)
    return reader.coverage()


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
def test_sound_lies_on_the_videos_clock(tmp_path: Path, suffix: str) -> None:
    path = write_numbered(tmp_path / f"v.{suffix}", frames=100, tone=beeps(4.0, at_s=(0.5, 1.7, 3.2)))
    sound = read_audio(path)
    assert sound.dtype == np.float32 and sound.ndim == 1
    assert len(sound) == pytest.approx(4 * 16_000, abs=1600)
    assert onsets(sound) == pytest.approx([0.5, 1.7, 3.2], abs=0.03)


def test_chunks_join_to_the_whole(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "v.mp4", frames=75, tone=beeps(3.0, at_s=(1.0, 2.0)))
    chunks = list(stream_audio(path, chunk_s=0.7))
    assert {len(chunk) for chunk in chunks[:-1]} == {11_200}
    assert (np.concatenate(chunks) == read_audio(path)).all()


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 48_000])
def test_any_rate(tmp_path: Path, rate_hz: int) -> None:
    path = write_numbered(tmp_path / "v.mp4", frames=50, tone=beeps(2.0, at_s=(1.0,)))
    assert onsets(read_audio(path, rate_hz=rate_hz), rate_hz=rate_hz) == pytest.approx([1.0], abs=0.03)


def test_sound_of_a_picture_that_starts_late_loses_what_came_before(tmp_path: Path) -> None:
    times = [25 + i for i in range(50)]
    path = write_numbered(tmp_path / "late.mkv", frames=50, times=times, tone=beeps(3.0, at_s=(0.5, 1.5, 2.5)))
    assert onsets(read_audio(path)) == pytest.approx([0.5, 1.5], abs=0.03)


def test_a_hole_in_the_sound_is_silence(tmp_path: Path) -> None:
    source = write_numbered(tmp_path / "v.mkv", frames=100, tone=beeps(4.0, at_s=(0.5, 2.0, 3.5)))
    path = tmp_path / "hole.mkv"
    with av.open(str(source)) as old, av.open(str(path), "w") as new:
        streams = {s.index: new.add_stream_from_template(s) for s in old.streams}
        for packet in old.demux():
            if not packet.size:
                continue
            lost = packet.stream.type == "audio" and 1.0 < packet.pts * packet.time_base < 3.0
            if not lost:
                packet.stream = streams[packet.stream_index]
                new.mux(packet)
    sound = read_audio(path)
    assert onsets(sound) == pytest.approx([0.5, 3.5], abs=0.03)
    assert len(sound) == pytest.approx(64_000, abs=1600)
    coverage = covered(path)
    (gap,) = coverage.gaps
    assert gap.start_us / 1e6 == pytest.approx(1.0, abs=0.1)
    assert gap.end_us / 1e6 == pytest.approx(3.0, abs=0.1)
    (remark,) = lost_sound(coverage)
    assert remark.endswith("(the file has none there)")


def test_whole_sound_is_covered(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "v.mp4", frames=75, tone=beeps(3.0, at_s=(1.0,)))
    coverage = covered(path)
    assert coverage.complete
    assert coverage.frames_decoded > 100
    assert lost_sound(coverage) == []


def test_damaged_sound_is_silence_and_told(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "v.mp4", frames=100, tone=np.random.default_rng(0).normal(0, 0.1, 4 * RATE))
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        places = [
            (packet.pos, packet.size)
            for packet in container.demux(audio=0)
            if packet.pts is not None and packet.time_base is not None and 1.0 < packet.pts * packet.time_base < 2.0
        ]
    for position, size in places:
        assert position is not None
        data[position : position + size] = b"\xff" * size
    path.write_bytes(data)
    coverage = covered(path)
    assert coverage.packets_skipped >= 20
    assert any(gap.reason == "damaged packets" and gap.start_us < 2_000_000 for gap in coverage.gaps)
    assert coverage.lost_us / 1e6 == pytest.approx(1.0, abs=0.3)
    assert "treated as silence, the first at 0:01.0 (damaged packets)" in lost_sound(coverage)[0]


def test_sound_that_ends_before_the_picture_is_told(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "v.mp4", frames=125, tone=beeps(2.0, at_s=(1.0,)))
    (remark,) = lost_sound(covered(path))
    assert remark.startswith("the sound ends at 0:02.")


def test_no_sound_is_told(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "mute.mp4", frames=3)
    with pytest.raises(NoAudioError, match=r"mute\.mp4' has no sound"):
        read_audio(path)
    assert issubclass(NoAudioError, InputError)


def test_impossible_settings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="rate_hz=0"):
        list(stream_audio(tmp_path / "x.mp4", rate_hz=0))
