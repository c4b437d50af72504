"""What a page needs of a video: the exact times of its frames, whether browsers play it, thumbnails, loudness."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from makevideo import bars, read_number, write_frames, write_numbered
from touchline.core.events import Coverage
from touchline.media.facts import inspect
from touchline.media.shown.browsers import playback_of
from touchline.media.shown.frame_index import decoded_times, frame_times, packet_times
from touchline.media.shown.loudness import STEP_US, waveform
from touchline.media.shown.thumbnails import Sprites, sprite
from touchline.media.sound.tracks import NoAudioError
from touchline.media.video import probe

_UNEVEN = [0, 40, 80, 200, 210, 500, 540, 580, 1000, 1033, 1066, 1500]


def uneven(path: Path, **more: object) -> Path:
    times = [t * 90 for t in _UNEVEN]
    return write_numbered(path, frames=len(times), times=times, time_base=Fraction(1, 90_000), **more)  # type: ignore[arg-type]


def test_times_of_a_variable_rate_come_from_the_packets(tmp_path: Path) -> None:
    video = uneven(tmp_path / "vfr.mp4")
    assert packet_times(inspect(video)) is not None
    assert frame_times(video).tolist() == [t * 1000 for t in _UNEVEN]


@pytest.mark.parametrize("name", ["v.mp4", "v.mov", "v.mkv", "v.ts"])
def test_packets_agree_with_decoding(tmp_path: Path, name: str) -> None:
    video = write_numbered(tmp_path / name, frames=130, fps=Fraction(30_000, 1_001))
    stated = packet_times(inspect(video))
    assert stated is not None
    assert stated.tolist() == decoded_times(video).tolist() == frame_times(video).tolist()


@pytest.mark.parametrize(("name", "codec"), [("v.avi", "mpeg4"), ("v.webm", "libvpx"), ("v.mpg", "mpeg2video")])
def test_codecs_whose_packets_are_not_frames_are_decoded(tmp_path: Path, name: str, codec: str) -> None:
    video = write_numbered(tmp_path / name, frames=40, codec=codec)
    assert packet_times(inspect(video)) is None
    assert frame_times(video).tolist() == decoded_times(video).tolist()


def test_a_damaged_video_is_decoded(tmp_path: Path) -> None:
    video = write_numbered(tmp_path / "v.mp4", frames=100)
    times = frame_times(video, coverage=Coverage(duration_us=4_000_000, frames_decoded=99, packets_skipped=1))
    assert times.tolist() == decoded_times(video).tolist()


def test_progress_reaches_the_end(tmp_path: Path) -> None:
    video = write_numbered(tmp_path / "v.avi", frames=100, codec="mpeg4")
    calls: list[tuple[int, int]] = []
    frame_times(video, progress=lambda done, total: calls.append((done, total)))
    assert calls
    assert calls == sorted(calls)


@pytest.mark.parametrize(
    ("name", "settings", "playable", "reason"),
    [
        ("v.mp4", {}, "yes", ""),
        ("v.mov", {}, "yes", ""),
        ("v.webm", {"codec": "libvpx-vp9"}, "yes", ""),
        ("v.mkv", {}, "maybe", "some browsers do not open .mkv files"),
        ("v.ts", {}, "no", "browsers do not open .ts files"),
        ("v.avi", {"codec": "mpeg4"}, "no", "browsers do not open .avi files"),
        ("v.mp4", {"pix_fmt": "yuv422p"}, "no", "browsers do not decode H.264 in yuv422p"),
        ("v.mov", {"codec": "prores_ks", "pix_fmt": "yuv422p10le"}, "no", "browsers do not decode prores"),
    ],
)
def test_whether_browsers_play_it(
    tmp_path: Path, name: str, settings: dict[str, str], playable: str, reason: str
) -> None:
    video = write_numbered(tmp_path / name, frames=10, **settings)
    found = playback_of(probe(video))
    assert (found.playable, found.why_not) == (playable, reason)


def test_the_media_type_names_the_codecs(tmp_path: Path) -> None:
    tone = np.zeros(48_000, np.float32)
    video = write_numbered(tmp_path / "v.mp4", frames=25, tone=tone)
    mime = playback_of(probe(video)).mime
    assert mime.startswith('video/mp4; codecs="avc1.')
    assert mime.endswith(', mp4a.40.2"')


def test_a_late_picture_starts_later_on_the_browsers_clock(tmp_path: Path) -> None:
    times = [500 + 40 * k for k in range(25)]
    tone = np.zeros(48_000, np.float32)
    video = write_numbered(tmp_path / "v.mkv", frames=25, times=times, time_base=Fraction(1, 1000), tone=tone)
    assert playback_of(probe(video)).start_us == 500_000
    assert frame_times(video)[0] == 0


def test_thumbnails_show_the_key_frame_before_their_time(tmp_path: Path) -> None:
    pictures = (bars(k, width=320, height=192) for k in range(80))
    video = write_frames(tmp_path / "v.mp4", pictures, fps=5, options={"g": "5", "preset": "ultrafast"})
    info = probe(video)
    layout = Sprites.of(info, duration_us=16_000_000)
    assert (layout.count, layout.step_us, layout.width, layout.height, layout.sprites) == (16, 1_000_000, 160, 96, 1)
    sheet = cv2.imdecode(np.frombuffer(sprite(info, layout, number=0), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert sheet.shape == (5 * 96, 1600)
    thumbs = [sheet[k // 10 * 96 : k // 10 * 96 + 96, k % 10 * 160 : k % 10 * 160 + 160] for k in range(16)]
    assert [read_number(thumb) for thumb in thumbs] == [5 * k for k in range(16)]
    with pytest.raises(ValueError, match="number=1"):
        sprite(info, layout, number=1)


def test_long_videos_have_a_thousand_thumbnails(tmp_path: Path) -> None:
    info = probe(write_numbered(tmp_path / "v.mp4", frames=5))
    layout = Sprites.of(info, duration_us=3 * 3_600_000_000)
    assert (layout.count, layout.sprites, layout.step_us) == (1_000, 20, 10_800_000)
    assert layout.times_us(19)[-1] == 999 * 10_800_000


def test_the_waveform_has_the_largest_amplitude_of_every_span(tmp_path: Path) -> None:
    tone = np.sin(np.arange(48_000 * 2) * 2 * np.pi * 1000 / 48_000).astype(np.float32)
    tone[:48_000] *= 0.1
    video = write_numbered(tmp_path / "v.mp4", frames=50, tone=tone)
    peaks = waveform(video)
    assert abs(len(peaks) - 2_000_000 // STEP_US) <= 3
    assert 20 <= np.median(peaks[5:45]) <= 32
    assert np.median(peaks[55:95]) > 230
    with pytest.raises(NoAudioError):
        waveform(write_numbered(tmp_path / "mute.mp4", frames=5))
