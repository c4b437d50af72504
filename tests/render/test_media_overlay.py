"""The overlay video: every picture at its own time and upright, the sound as it was, the file whole or not there."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from makevideo import bars, read_number, write_frames, write_numbered
from touchline.core.errors import InputError, ResourceError, UsageError
from touchline.core.tracks import Shot, Track, Tracks
from touchline.media.sound.reading import read_audio
from touchline.media.video import VideoReader, probe
from touchline.render.overlay import write_overlay


def nobody(width: int = 160, height: int = 96) -> Tracks:
    return Tracks((), (), width, height)


def one_box(*, frames: int, step_us: int, box: tuple[float, ...], width: int, height: int) -> Tracks:
    times_us = np.arange(frames, dtype=np.int64) * step_us
    boxes = np.tile(np.array(box, np.float32), (frames, 1))
    facts = (np.arange(frames), boxes, np.ones(frames, np.float32), np.ones(frames, bool))
    track = Track(1, "player", times_us, *facts, team="A")
    return Tracks((track,), (Shot(0, 0, frames * step_us),), width, height)


def shown(path: Path) -> tuple[list[int], list[int]]:
    """Times and numbers of the frames of a video of bars."""
    with VideoReader(path) as video:
        pairs = [(frame.time_us, read_number(frame.luma)) for frame in video.frames()]
    return [time for time, _ in pairs], [number for _, number in pairs]


def sound_packets(path: Path) -> list[tuple[int, bytes]]:
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        base = stream.time_base or Fraction(1)
        return [
            (round(p.pts * base * 1_000_000), bytes(p)) for p in container.demux(stream) if p.size and p.pts is not None
        ]


def tone(seconds: float) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * 440 * np.arange(round(48_000 * seconds)) / 48_000)).astype(np.float32)


def test_every_picture_at_its_own_time(tmp_path: Path) -> None:
    times = np.cumsum([0, 37, 12, 90, 41, 40, 3, 250, 40, 40, 1100, 33, 17, 40]).tolist()
    source = write_numbered(tmp_path / "vfr.mp4", frames=14, times=times, time_base=Fraction(1, 1000))
    done = write_overlay(source, tmp_path / "out.mp4", tracks=nobody())
    assert shown(done.path) == shown(source)
    assert shown(done.path) == ([1000 * time for time in times], list(range(14)))
    assert (done.frames, done.notes) == (14, ())


def test_a_stream_that_does_not_start_at_zero(tmp_path: Path) -> None:
    times = [90_000 * 100 + 3_003 * i for i in range(20)]
    source = write_numbered(tmp_path / "late.ts", frames=20, times=times, time_base=Fraction(1, 90_000), tone=tone(1.0))
    done = write_overlay(source, tmp_path / "out.mp4", tracks=nobody())
    assert shown(done.path) == shown(source)
    assert probe(done.path).start_us == 0


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_upright(tmp_path: Path, rotation: int) -> None:
    source = write_numbered(tmp_path / "turned.mp4", frames=3, rotation_deg=rotation)
    info = probe(source)
    done = write_overlay(source, tmp_path / "out.mp4", tracks=nobody(info.width, info.height))
    after = probe(done.path)
    assert (after.width, after.height, after.rotation_deg) == (info.width, info.height, 0)
    with VideoReader(source) as before, VideoReader(done.path) as now:
        pairs = list(zip(before.frames(), now.frames(), strict=True))
    assert max(float(np.abs(a.luma.astype(int) - b.luma).mean()) for a, b in pairs) < 3


def test_square_pixels_and_odd_sizes(tmp_path: Path) -> None:
    source = write_numbered(tmp_path / "odd.mkv", frames=3, width=161, height=97, codec="ffv1", pix_fmt="yuv444p")
    done = write_overlay(source, tmp_path / "out.mp4", tracks=nobody(161, 97))
    assert (probe(done.path).width, probe(done.path).height) == (162, 98)
    assert shown(done.path)[1] == [0, 1, 2]
    wide = write_numbered(tmp_path / "wide.mp4", frames=3, aspect=Fraction(4, 3))
    done = write_overlay(wide, tmp_path / "out.mp4", tracks=nobody(213, 96))
    assert (probe(done.path).width, probe(done.path).height) == (214, 96)


def test_sound_is_carried_over_packet_for_packet(tmp_path: Path) -> None:
    source = write_numbered(tmp_path / "loud.mp4", frames=50, tone=tone(2.0))
    done = write_overlay(source, tmp_path / "out.mp4", tracks=nobody())
    assert sound_packets(done.path) == sound_packets(source)
    assert np.array_equal(read_audio(done.path), read_audio(source))
    assert done.notes == ()


def test_sound_of_a_transport_stream_keeps_its_place(tmp_path: Path) -> None:
    times = [45_000 + 3_600 * i for i in range(50)]  # the picture starts half a second after the sound
    source = write_numbered(tmp_path / "late.ts", times=times, time_base=Fraction(1, 90_000), tone=tone(3.0))
    done = write_overlay(source, tmp_path / "out.mp4", tracks=nobody())
    before, after = read_audio(source, rate_hz=48_000), read_audio(done.path, rate_hz=48_000)
    count = min(len(before), len(after))
    assert count > 0.9 * 2.5 * 48_000
    assert np.abs(before[:count] - after[:count]).max() < 0.01


def pcm_copy(source: Path, path: Path, *, rate: int = 48_000, layout: str = "stereo") -> Path:
    """The pictures of a video with a tone as PCM beside them."""
    with av.open(str(source)) as read, av.open(str(path), "w") as container:
        video = container.add_stream_from_template(read.streams.video[0])
        sound = container.add_stream("pcm_s16le", rate=rate)
        sound.codec_context.layout = layout
        for packet in read.demux(video=0):
            if packet.size:
                packet.stream = video
                container.mux(packet)
        wave = (9_000 * np.sin(2 * np.pi * 440 * np.arange(2 * rate) / rate)).astype(np.int16)
        channels = sound.codec_context.channels
        frame = av.AudioFrame.from_ndarray(np.repeat(wave, channels)[None], format="s16", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    return path


@pytest.mark.parametrize(
    ("rate", "layout"), [(48_000, "stereo"), (48_000, "mono"), (96_000, "stereo"), (44_100, "5.1")]
)
def test_sound_that_players_of_mp4_do_not_play_is_converted_and_said(tmp_path: Path, rate: int, layout: str) -> None:
    source = pcm_copy(write_numbered(tmp_path / "mute.mp4"), tmp_path / "pcm.mkv", rate=rate, layout=layout)
    done = write_overlay(source, tmp_path / "out.mp4", tracks=nobody())
    assert len(done.notes) == 1
    assert done.notes[0].startswith("sound stream 1 (pcm_s16le) was converted to AAC")
    assert "pcm_s16le" in done.notes[0]
    assert ("6 channels" in done.notes[0]) == (layout == "5.1")
    before, after = read_audio(source), read_audio(done.path)
    assert abs(len(before) - len(after)) < 1_600
    count = min(len(before), len(after))
    correlation = np.corrcoef(before[2_000 : count - 2_000], after[2_000 : count - 2_000])[0, 1]
    assert correlation > 0.99  # same place: a shift of a third of a millisecond would show
    assert shown(done.path) == shown(source)


def test_two_sounds_stay_two(tmp_path: Path) -> None:
    source = write_numbered(tmp_path / "loud.mp4", tone=tone(2.0))
    both = tmp_path / "both.mkv"
    with av.open(str(source)) as read, av.open(str(both), "w") as container:
        streams = {s.index: [container.add_stream_from_template(s)] for s in read.streams}
        streams[1].append(container.add_stream_from_template(read.streams.audio[0]))
        for packet in read.demux():
            for target in streams[packet.stream_index] if packet.size else ():
                twin = av.Packet(bytes(packet))
                twin.pts, twin.dts, twin.time_base = packet.pts, packet.dts, packet.time_base
                twin.is_keyframe = packet.is_keyframe
                twin.stream = target
                container.mux(twin)
    done = write_overlay(both, tmp_path / "out.mp4", tracks=nobody())
    with av.open(str(done.path)) as container:
        assert [stream.type for stream in container.streams] == ["video", "audio", "audio"]


def test_colours_stay(tmp_path: Path) -> None:
    picture = np.zeros((96, 160, 3), np.uint8)
    picture[:, :80], picture[:, 80:] = (200, 40, 30), (30, 60, 200)
    source = write_frames(tmp_path / "colours.mp4", [picture] * 3)
    done = write_overlay(source, tmp_path / "out.mp4", tracks=nobody())
    with VideoReader(source) as before, VideoReader(done.path) as now:
        for a, b in zip(before.frames(), now.frames(), strict=True):
            assert np.abs(a.to_rgb()[:, 10:70].astype(int) - b.to_rgb()[:, 10:70]).max() < 8


def test_boxes_are_where_they_belong(tmp_path: Path) -> None:
    source = write_frames(tmp_path / "grey.mp4", [np.full((96, 160), 90, np.uint8)] * 4)
    tracks = one_box(frames=2, step_us=40_000, box=(40, 30, 60, 80), width=160, height=96)
    done = write_overlay(source, tmp_path / "out.mp4", tracks=tracks)
    with VideoReader(done.path) as video:
        blue = [f.to_rgb().astype(int)[:, :, 2] - f.to_rgb().astype(int)[:, :, 0] for f in video.frames()]
    assert blue[0][55, 40] > 60 and blue[1][55, 60] > 60  # its edges
    assert abs(blue[0][55, 50]) < 20  # nothing inside
    assert abs(blue[2]).max() < 20  # and gone when the track ends


def test_progress_is_told_each_second(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    source = write_numbered(tmp_path / "a.mp4", frames=75)
    write_overlay(
        source, tmp_path / "out.mp4", tracks=nobody(), progress=lambda done, total: told.append((done, total))
    )
    assert told == [(0, 3_000_000), (1_000_000, 3_000_000), (2_000_000, 3_000_000)]


def test_tracks_of_another_video(tmp_path: Path) -> None:
    source = write_numbered(tmp_path / "a.mp4", frames=2)
    with pytest.raises(InputError, match=r"160x96.*640x360"):
        write_overlay(source, tmp_path / "out.mp4", tracks=nobody(640, 360))
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_never_over_the_video_itself(tmp_path: Path) -> None:
    source = write_numbered(tmp_path / "a.mp4", frames=2)
    before = source.read_bytes()
    (tmp_path / "link.mp4").symlink_to(source)
    with pytest.raises(UsageError, match="the video itself"):
        write_overlay(source, tmp_path / "link.mp4", tracks=nobody())
    assert source.read_bytes() == before


def test_stopped_half_way_leaves_the_old_file(tmp_path: Path) -> None:
    source = write_numbered(tmp_path / "a.mp4", frames=60)
    (tmp_path / "out.mp4").write_text("old")

    def stop(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_overlay(source, tmp_path / "out.mp4", tracks=nobody(), progress=stop)
    assert (tmp_path / "out.mp4").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "out.mp4"]


def test_folder_that_is_not_there(tmp_path: Path) -> None:
    source = write_numbered(tmp_path / "a.mp4", frames=2)
    with pytest.raises(ResourceError, match="nowhere"):
        write_overlay(source, tmp_path / "nowhere" / "out.mp4", tracks=nobody())


def test_one_picture(tmp_path: Path) -> None:
    source = write_frames(tmp_path / "one.mp4", [bars(5, width=160, height=96)])
    done = write_overlay(source, tmp_path / "out.mp4", tracks=nobody())
    assert shown(done.path) == ([0], [5])


def test_damaged_video_still_gives_what_can_be_read(tmp_path: Path) -> None:
    source = write_numbered(tmp_path / "a.mp4", frames=100, tone=tone(4.0))
    data = bytearray(source.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 400] = bytes(400)
    source.write_bytes(bytes(data))
    done = write_overlay(source, tmp_path / "out.mp4", tracks=nobody())
    assert shown(done.path)[0] == shown(source)[0]
    assert not done.coverage.complete


@pytest.mark.parametrize("matrix", [1, 5, 6, 9])
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuvj420p"])
def test_colours_stay_whatever_their_coding(tmp_path: Path, matrix: int, pix_fmt: str) -> None:
    picture = np.zeros((96, 160, 3), np.uint8)
    picture[:, :80], picture[:, 80:] = (200, 40, 30), (30, 160, 90)

    def tagged(frame: av.VideoFrame) -> av.VideoFrame:
        frame.colorspace = matrix
        return frame

    tags = {
        "preset": "ultrafast",
        "x264-params": f"colormatrix={ {1: 'bt709', 5: 'bt470bg', 6: 'smpte170m', 9: 'bt2020nc'}[matrix] }",
    }
    source = write_frames(tmp_path / "c.mp4", [picture] * 3, pix_fmt=pix_fmt, options=tags, prepare=tagged)
    done = write_overlay(source, tmp_path / "out.mp4", tracks=nobody())
    with av.open(str(done.path)) as container:
        assert container.streams.video[0].codec_context.colorspace == matrix
    with VideoReader(source) as before, VideoReader(done.path) as now:
        for a, b in zip(before.frames(), now.frames(), strict=True):
            for left in (20, 100):
                assert np.abs(a.to_rgb()[48, left].astype(int) - b.to_rgb()[48, left]).max() < 8


def test_disk_that_fills_up(tmp_path: Path) -> None:
    source = write_numbered(tmp_path / "a.mp4", frames=200, width=640, height=352)
    (tmp_path / "out.mp4").write_text("old")
    code = f"""
import resource, signal
from pathlib import Path
from touchline.core.errors import ResourceError
from touchline.render.overlay import write_overlay
from touchline.core.tracks import Tracks
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    write_overlay(Path({str(source)!r}), Path({str(tmp_path / "out.mp4")!r}), tracks=Tracks((), (), 640, 352))
except ResourceError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "out.mp4: cannot be written (" in done.stdout, done.stderr
    assert (tmp_path / "out.mp4").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "out.mp4"]
