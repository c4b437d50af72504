"""Spans cut out of videos: the exact first and last frame, the sound to the sample, whatever the source is like."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from clipmatch import S, chirp
from makevideo import bars, read_number, write_frames, write_numbered
from touchline.media.cutting.copying import copied_suffix, copy_span
from touchline.media.cutting.cut import Cut, Source
from touchline.media.cutting.movie import MovieFormat
from touchline.media.cutting.passes import passes, run_cuts
from touchline.media.cutting.targets import ClipFile, Reel, ReelPart, reel_form
from touchline.media.sound.reading import read_audio
from touchline.media.video import VideoReader, probe


def cut(source: Path, *spans: tuple[int, int], to: Path, form: MovieFormat | None = None) -> list[Cut]:
    """Cut spans into 0.mp4, 1.mp4, ... of a folder."""
    with VideoReader(source) as reader:
        opened = Source(reader.facts)
        form = form or opened.form()
        cuts = [Cut(start, end, [ClipFile(to / f"{i}.mp4", form=form)]) for i, (start, end) in enumerate(spans)]
        run_cuts(reader, opened, cuts)
    return cuts


def shown(path: Path) -> tuple[list[int], list[int]]:
    """Times and numbers of the frames of a video of bars."""
    with VideoReader(path) as video:
        pairs = [(frame.time_us, read_number(frame.luma)) for frame in video.frames()]
    return [time for time, _ in pairs], [number for _, number in pairs]


def shift_s(clip: Path, source: Path, *, start_us: int, rate_hz: int = 48_000) -> float:
    """How much later the sound of a clip is than that of its source, seconds; the best fit within 0.2 s."""
    ours, whole = read_audio(clip, rate_hz=rate_hz), read_audio(source, rate_hz=rate_hz)
    first, reach = start_us * rate_hz // S, rate_hz // 5
    middle = len(ours) // 2
    piece = ours[middle : middle + rate_hz // 4]
    around = whole[first + middle - reach : first + middle + len(piece) + reach]
    fit = np.correlate(around, piece, mode="valid")
    return (reach - int(fit.argmax())) / rate_hz


def duration_s(path: Path, kind: str) -> float:
    with av.open(str(path)) as container:
        stream = next(stream for stream in container.streams if stream.type == kind)
        assert stream.duration is not None and stream.time_base is not None
        return float(stream.duration * stream.time_base)


def test_first_and_last_frame_and_their_times(tmp_path: Path) -> None:
    source = write_numbered(tmp_path / "a.mp4", frames=500, tone=chirp(20))
    (one,) = cut(source, (5 * S, 7 * S), to=tmp_path)
    times, numbers = shown(tmp_path / "0.mp4")
    assert numbers == list(range(125, 175))
    assert times == [40_000 * i for i in range(50)]
    assert (one.frames, one.shown_until_us, one.gaps) == (50, 7 * S, ())
    assert duration_s(tmp_path / "0.mp4", "video") == 2.0 == duration_s(tmp_path / "0.mp4", "audio")
    assert abs(shift_s(tmp_path / "0.mp4", source, start_us=5 * S)) < 0.001


def test_a_clip_begins_with_the_picture_that_is_on_screen(tmp_path: Path) -> None:
    source = write_numbered(tmp_path / "a.mp4", frames=100, tone=chirp(4))
    cut(source, (1_010_000, 2_030_000), to=tmp_path)
    times, numbers = shown(tmp_path / "0.mp4")
    assert numbers == list(range(25, 51))
    assert times[:3] == [0, 30_000, 70_000]
    assert abs(duration_s(tmp_path / "0.mp4", "video") - 1.02) < 1e-6
    assert abs(shift_s(tmp_path / "0.mp4", source, start_us=1_010_000)) < 0.001


def test_uneven_frames_keep_their_times(tmp_path: Path) -> None:
    steps_ms = np.random.default_rng(5).choice([17, 33, 40, 100, 700], 120)
    times_ms = np.cumsum([0, *steps_ms]).tolist()
    source = write_numbered(tmp_path / "v.mkv", frames=121, times=times_ms, time_base=Fraction(1, 1000))
    start_us, end_us = 1000 * times_ms[40] + 5_000, 1000 * times_ms[80]
    cut(source, (start_us, end_us), to=tmp_path)
    times, numbers = shown(tmp_path / "0.mp4")
    assert numbers == list(range(40, 80))
    assert times == [0, *(1000 * time - start_us for time in times_ms[41:80])]


def in_step(source: Path, path: Path, *, late_s: int = 0) -> Path:
    """A copy of a video whose packets are in order of time, as in a recording, and whose clock starts late."""
    with av.open(str(source)) as read, av.open(str(path), "w") as container:
        streams = {s.index: container.add_stream_from_template(s) for s in read.streams}
        packets = [packet for packet in read.demux() if packet.size]
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            late = round(late_s / packet.time_base)
            packet.pts, packet.dts = packet.pts + late, packet.dts + late
            packet.stream = streams[packet.stream_index]
            container.mux(packet)
    return path


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
@pytest.mark.parametrize("start_us", [0, 400_000, 3 * S, 17_360_000])
def test_sound_is_in_step_wherever_a_clip_begins(tmp_path: Path, suffix: str, start_us: int) -> None:
    plain = write_numbered(tmp_path / "plain.mp4", frames=500, tone=chirp(30))
    source = in_step(plain, tmp_path / f"a.{suffix}", late_s=3)
    cut(source, (start_us, start_us + 2 * S), to=tmp_path)
    assert shown(tmp_path / "0.mp4")[1] == [start_us // 40_000 + i for i in range(50)]
    assert abs(shift_s(tmp_path / "0.mp4", source, start_us=start_us)) < 0.002


@pytest.mark.parametrize("codec", ["pcm_s16le", "libmp3lame", "libopus"])
def test_sound_of_other_codecs(tmp_path: Path, codec: str) -> None:
    mute, source = write_numbered(tmp_path / "mute.mp4", frames=300), tmp_path / "a.mkv"
    with av.open(str(mute)) as read, av.open(str(source), "w") as container:
        video = container.add_stream_from_template(read.streams.video[0])
        sound = container.add_stream(codec, rate=48_000, layout="stereo")
        for packet in read.demux(video=0):
            if packet.size:
                packet.stream = video
                container.mux(packet)
        whole = np.repeat(chirp(12)[None], 2, axis=0)
        for first in range(0, whole.shape[1], 960):
            wave = np.ascontiguousarray(whole[:, first : first + 960])
            frame = av.AudioFrame.from_ndarray(wave, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = 48_000, first, Fraction(1, 48_000)
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    cut(source, (6_500_000, 9 * S), to=tmp_path)
    assert abs(shift_s(tmp_path / "0.mp4", source, start_us=6_500_000)) < 0.002


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_upright(tmp_path: Path, rotation: int) -> None:
    source = write_numbered(tmp_path / "turned.mp4", frames=60, rotation_deg=rotation)
    cut(source, (S, 2 * S), to=tmp_path)
    info, after = probe(source), probe(tmp_path / "0.mp4")
    assert (after.width, after.height, after.rotation_deg) == (info.width, info.height, 0)
    with VideoReader(source) as before, VideoReader(tmp_path / "0.mp4") as now:
        pairs = list(zip(before.frames(start_us=S), now.frames(), strict=False))
    assert len(pairs) == 25
    assert max(float(np.abs(a.luma.astype(int) - b.luma).mean()) for a, b in pairs) < 3


def test_odd_sizes_and_pixels_that_are_not_square(tmp_path: Path) -> None:
    odd = write_numbered(tmp_path / "odd.mkv", frames=30, width=161, height=97, codec="ffv1", pix_fmt="yuv444p")
    cut(odd, (400_000, 800_000), to=tmp_path)
    assert (probe(tmp_path / "0.mp4").width, probe(tmp_path / "0.mp4").height) == (162, 98)
    assert shown(tmp_path / "0.mp4")[1] == list(range(10, 20))
    wide = write_numbered(tmp_path / "wide.mp4", frames=30, aspect=Fraction(4, 3))
    cut(wide, (400_000, 800_000), to=tmp_path)
    assert (probe(tmp_path / "0.mp4").width, probe(tmp_path / "0.mp4").height) == (214, 96)
    assert shown(tmp_path / "0.mp4")[1] == list(range(10, 20))


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuvj420p", "yuv422p", "yuv420p10le"])
@pytest.mark.parametrize("matrix", [1, 5, 9])
def test_colours_stay(tmp_path: Path, pix_fmt: str, matrix: int) -> None:
    picture = np.zeros((96, 160, 3), np.uint8)
    picture[:, :80], picture[:, 80:] = (200, 40, 30), (30, 160, 90)

    def tagged(frame: av.VideoFrame) -> av.VideoFrame:
        frame.colorspace = matrix
        return frame

    name = {1: "bt709", 5: "bt470bg", 9: "bt2020nc"}[matrix]
    tags = {"preset": "ultrafast", "x264-params": f"colormatrix={name}"}
    source = write_frames(tmp_path / "c.mp4", [picture] * 4, pix_fmt=pix_fmt, options=tags, prepare=tagged)
    cut(source, (0, 120_000), to=tmp_path)
    with VideoReader(source) as before, VideoReader(tmp_path / "0.mp4") as now:
        for a, b in zip(before.frames(), now.frames(), strict=False):
            for left in (20, 100):
                assert np.abs(a.to_rgb()[48, left].astype(int) - b.to_rgb()[48, left]).max() < 8


def test_no_frame_is_coded_out_of_order(tmp_path: Path) -> None:
    source = write_numbered(tmp_path / "a.mp4", frames=60, tone=chirp(3))
    cut(source, (0, 2 * S), to=tmp_path)
    with av.open(str(tmp_path / "0.mp4")) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    assert [packet.pts for packet in packets] == [packet.dts for packet in packets]
    assert packets[0].pts == 0


def test_a_silent_video_stays_silent(tmp_path: Path) -> None:
    source = write_numbered(tmp_path / "a.mp4", frames=60)
    cut(source, (0, S), to=tmp_path)
    with av.open(str(tmp_path / "0.mp4")) as container:
        assert [stream.type for stream in container.streams] == ["video"]


def test_sound_that_ends_early_goes_on_as_silence(tmp_path: Path) -> None:
    source = write_numbered(tmp_path / "a.mp4", frames=100, tone=chirp(2))
    cut(source, (S, 3 * S), to=tmp_path)
    sound = read_audio(tmp_path / "0.mp4", rate_hz=48_000)
    assert duration_s(tmp_path / "0.mp4", "audio") == 2.0
    assert float(np.abs(sound[: 48_000 - 4_800]).max()) > 0.2
    assert float(np.abs(sound[48_000 + 4_800 :]).max()) < 0.01


def test_a_span_over_the_end_ends_with_the_video(tmp_path: Path) -> None:
    source = write_numbered(tmp_path / "a.mp4", frames=100, tone=chirp(4))
    (one, none) = cut(source, (3 * S, 9 * S), (20 * S, 30 * S), to=tmp_path)
    assert shown(tmp_path / "0.mp4")[1] == list(range(75, 100))
    assert (one.shown_until_us, none.frames) == (4 * S, 0)
    assert duration_s(tmp_path / "0.mp4", "audio") == 1.0
    assert not (tmp_path / "1.mp4").exists()


def test_a_region_is_decoded_once(tmp_path: Path) -> None:
    source = write_numbered(tmp_path / "a.mp4", frames=1000, width=64, height=48)
    starts: list[int] = []

    class Counting(VideoReader):
        def decoded(self, *, start_us: int = 0) -> Iterator[tuple[int, av.VideoFrame]]:
            starts.append(start_us)
            return super().decoded(start_us=start_us)

    spans = [(S, 3 * S), (2 * S, 4 * S), (5 * S, 6 * S), (30 * S, 31 * S)]
    with Counting(source) as reader:
        opened = Source(reader.facts)
        cuts = [Cut(a, b, [ClipFile(tmp_path / f"{i}.mp4", form=opened.form())]) for i, (a, b) in enumerate(spans)]
        run_cuts(reader, opened, cuts)
        assert starts == [S, 30 * S]
        assert reader.coverage().frames_decoded < 40  # of 1000: the rest is not decoded
    for i, (start, end) in enumerate(spans):
        assert shown(tmp_path / f"{i}.mp4")[1] == list(range(start // 40_000, end // 40_000))


def test_many_that_overlap_are_cut_in_turns() -> None:
    cuts = [Cut(i * S, (i + 20) * S, []) for i in range(10)]
    assert [len(group) for group in passes(cuts)] == [4, 4, 2]
    alone = [Cut(i * S, (i + 2) * S, [], alone=True) for i in range(3)]
    assert [len(group) for group in passes(alone)] == [1, 1, 1]


def test_a_reel_of_two_sizes_with_bars_and_sound_in_step(tmp_path: Path) -> None:
    sources = [
        write_numbered(tmp_path / "a.mp4", frames=200, width=320, height=176, tone=chirp(8)),
        write_numbered(tmp_path / "b.mp4", frames=200, width=120, height=160, first=500),
    ]
    readers = [VideoReader(source) for source in sources]
    opened = [Source(reader.facts) for reader in readers]
    reel = Reel(tmp_path / "reel.mp4", form=reel_form([source.form() for source in opened]))
    for reader, source, spans in zip(
        readers, opened, ([(S, 2 * S), (4_010_000, 5 * S)], [(2 * S, 3 * S)]), strict=True
    ):
        cuts = [Cut(a, b, [ReelPart(reel, name=f"{a}")], alone=True) for a, b in spans]
        run_cuts(reader, source, cuts)
    assert reel.finish()
    assert list(reel.spans_us.values()) == [(0, S), (S, 1_990_000), (1_990_000, 2_990_000)]
    info = probe(reel_path := tmp_path / "reel.mp4")
    assert (info.width, info.height) == (320, 176)
    with VideoReader(reel_path) as video:
        frames = list(video.frames())
    assert [read_number(f.luma) for f in frames[:50]] == [*range(25, 50), *range(100, 125)]
    assert frames[25].time_us == S
    narrow = frames[60].luma
    assert narrow[88, 20] < 20 and narrow[88, 300] < 20  # bars
    assert read_number(narrow[:, 94:226]) in range(550, 575)
    assert duration_s(reel_path, "audio") == pytest.approx(2.99, abs=1e-4)
    sound = read_audio(reel_path, rate_hz=48_000)
    whole = read_audio(sources[0], rate_hz=48_000)
    for reel_s, source_s in ((0.3, 1.3), (1.3, 4.31)):
        ours = sound[int(reel_s * 48_000) :][:12_000]
        assert np.corrcoef(ours, whole[round(source_s * 48_000) :][:12_000])[0, 1] > 0.99
    assert float(np.abs(sound[int(2.2 * 48_000) :]).max()) < 0.01


def test_damage_is_survived_and_noted(tmp_path: Path) -> None:
    source = write_numbered(tmp_path / "a.mp4", frames=500, tone=chirp(20))
    data = bytearray(source.read_bytes())
    with av.open(str(source)) as container:
        hurt = [
            packet.pos for packet in container.demux(video=0) if packet.size and 8 < packet.pts * packet.time_base < 9
        ]
    for position in hurt:
        data[position + 8 : position + 60] = bytes(52)
    source.write_bytes(bytes(data))
    good, bad = cut(source, (2 * S, 4 * S), (7 * S, 11 * S), to=tmp_path)
    assert good.gaps == () and bad.gaps
    assert all(7 * S <= gap.start_us < gap.end_us <= 11 * S for gap in bad.gaps)
    _, numbers = shown(tmp_path / "1.mp4")
    assert numbers[0] == 175 and numbers[-1] == 274
    assert duration_s(tmp_path / "1.mp4", "video") == 4.0 == duration_s(tmp_path / "1.mp4", "audio")
    assert abs(shift_s(tmp_path / "1.mp4", source, start_us=7 * S)) < 0.001


def test_stopped_half_way_leaves_nothing(tmp_path: Path) -> None:
    source = write_numbered(tmp_path / "a.mp4", frames=200, tone=chirp(8))

    def stop(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with VideoReader(source) as reader:
        opened = Source(reader.facts)
        one = Cut(0, 6 * S, [ClipFile(tmp_path / "0.mp4", form=opened.form())])
        with pytest.raises(KeyboardInterrupt):
            run_cuts(reader, opened, [one], progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def copies() -> Sequence[tuple[str, str, str]]:
    return [
        ("mp4", "libx264", ".mp4"),
        ("mkv", "libx264", ".mp4"),
        ("ts", "libx264", ".mp4"),
        ("webm", "libvpx-vp9", ".mkv"),
    ]


@pytest.mark.parametrize(("suffix", "codec", "ending"), copies())
def test_a_copy_begins_at_the_key_frame_before(tmp_path: Path, suffix: str, codec: str, ending: str) -> None:
    options = (
        {"g": "50", "bf": "2", "preset": "ultrafast"} if codec == "libx264" else {"g": "50", "deadline": "realtime"}
    )
    tone = chirp(20) if codec == "libx264" else None
    first = "mp4" if codec == "libx264" else suffix
    source = write_numbered(tmp_path / f"plain.{first}", frames=500, codec=codec, options=options, tone=tone)
    source = in_step(source, tmp_path / f"a.{suffix}")
    with VideoReader(source) as reader:
        facts = reader.facts
    assert copied_suffix(facts) == ending
    out = tmp_path / f"copy{ending}"
    done = copy_span(facts, out, start_us=9 * S, end_us=11 * S)
    assert done is not None and done.start_us == 8 * S
    times, numbers = shown(out)
    assert numbers[:75] == list(range(200, 275)) and len(numbers) < 80
    assert times[:3] == pytest.approx([0, 40_000, 80_000], abs=1_000)
    if tone is not None:
        assert abs(shift_s(out, source, start_us=8 * S)) < 0.04


def test_a_copy_keeps_the_rotation(tmp_path: Path) -> None:
    source = write_numbered(tmp_path / "a.mp4", frames=60, rotation_deg=90)
    with VideoReader(source) as reader:
        copy_span(reader.facts, tmp_path / "copy.mp4", start_us=S, end_us=2 * S)
    assert probe(tmp_path / "copy.mp4").rotation_deg == 90


def test_packets_without_times_are_not_copied(tmp_path: Path) -> None:
    pictures = (bars(i, width=160, height=96) for i in range(30))
    source = write_frames(tmp_path / "a.avi", pictures, codec="mpeg4", options={})
    with VideoReader(source) as reader:
        if reader.facts.by_dts:
            assert copied_suffix(reader.facts) is None
    cut(source, (400_000, 800_000), to=tmp_path)
    assert shown(tmp_path / "0.mp4")[1] == list(range(10, 20))


def test_a_recording_whose_clock_was_restarted_is_read_from_the_start(tmp_path: Path) -> None:
    parts = []
    for number in range(2):
        plain = write_numbered(tmp_path / f"{number}.mp4", frames=200, first=200 * number, tone=chirp(8))
        parts.append(in_step(plain, tmp_path / f"{number}.ts", late_s=3).read_bytes())
    source = tmp_path / "a.ts"
    source.write_bytes(b"".join(parts))
    with VideoReader(source) as reader:
        assert sum(1 for _ in reader.frames()) == 400
        assert any("jump" in repair for repair in reader.coverage().repairs)
        opened = Source(reader.facts, seek=False)
        cuts = [
            Cut(a, b, [ClipFile(tmp_path / f"c{a}.mp4", form=opened.form())]) for a, b in ((S, 2 * S), (10 * S, 11 * S))
        ]
        run_cuts(reader, opened, cuts)
    assert shown(tmp_path / f"c{S}.mp4")[1] == list(range(25, 50))
    assert shown(tmp_path / f"c{10 * S}.mp4")[1] == list(range(250, 275))
    assert abs(shift_s(tmp_path / f"c{10 * S}.mp4", source, start_us=10 * S)) < 0.04
