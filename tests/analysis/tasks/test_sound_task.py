"""The sound of a video in its bundle: heard once, in files that are equal for equal videos, and never a failure."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from makevideo import write_numbered
from touchline.analysis.pipeline import AnalyzeOptions, analyze_video
from touchline.analysis.tasks.sound import SoundTask, read_video_sound
from touchline.analysis.tasks.task import Job
from touchline.analysis.tasks.usual import usual_tasks
from touchline.core.events import Coverage
from touchline.formats.bundle import Bundle
from touchline.formats.sound import SOUND, SOUND_CURVES, read_sound
from touchline.media.sound.tracks import NoAudioError, heard_track
from touchline.media.video import probe
from touchline.synthetic.sound_scenes import coloured_noise, whistle_sound

RATE = 48_000


def match_sound(seconds: float, *, whistle_s: float | None = None) -> np.ndarray:
    """A crowd at 48 kHz, with a loud whistle of 0.7 s."""
    rng = np.random.default_rng(0)
    sound = 0.05 * coloured_noise(rng, round(seconds * 16_000), gain=lambda hz: 1 / (1 + (hz / 500) ** 2))
    if whistle_s is not None:
        tone = whistle_sound(rng, seconds=0.7, hz=3_300)
        first = round(whistle_s * 16_000)
        tone = 0.1 * tone[: len(sound) - first]
        sound[first : first + len(tone)] += tone
    times = np.arange(round(seconds * RATE)) / RATE
    return np.interp(times, np.arange(len(sound)) / 16_000, sound).astype(np.float32)


@pytest.fixture(scope="module")
def whistled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "match.mp4"
    return write_numbered(path, frames=500, tone=match_sound(20.0, whistle_s=8.0))


def test_a_whistle_is_heard_at_its_time(whistled: Path, tmp_path: Path) -> None:
    result = analyze_video(whistled, tasks=usual_tasks(sound=True), options=AnalyzeOptions(out=tmp_path))
    assert result.summaries["sound"].reading is not None and result.tasks == ("sound",)
    assert [one.start_us / 1e6 for one in result.summaries["sound"].reading.whistles] == pytest.approx([8.0], abs=0.15)
    assert len(result.summaries["sound"].reading) == pytest.approx(200, abs=3)
    assert result.summaries["sound"].reading.remarks == ()
    assert not result.degraded
    manifest = json.loads((result.bundle / "manifest.json").read_text())
    assert {SOUND, SOUND_CURVES} <= set(manifest["files"])


def test_the_bundle_is_found_up_to_date_and_its_files_are_equal(whistled: Path, tmp_path: Path) -> None:
    first = analyze_video(whistled, tasks=usual_tasks(sound=True), options=AnalyzeOptions(out=tmp_path / "a"))
    again = analyze_video(whistled, tasks=usual_tasks(sound=True), options=AnalyzeOptions(out=tmp_path / "a"))
    other = analyze_video(whistled, tasks=usual_tasks(sound=True), options=AnalyzeOptions(out=tmp_path / "b"))
    assert (first.reused, again.reused, other.reused) == (False, True, False)
    for name in (SOUND, SOUND_CURVES):
        assert (first.bundle / name).read_bytes() == (other.bundle / name).read_bytes()
    assert again.summaries["sound"].reading is not None and first.summaries["sound"].reading is not None
    assert again.summaries["sound"].reading.whistles == first.summaries["sound"].reading.whistles


def test_what_a_killed_run_heard_is_taken_over(whistled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = Job(whistled, probe(whistled), "a", Bundle(tmp_path))
    task = SoundTask()
    task.begin(job)
    task.open()
    task.hear(whistled)
    monkeypatch.setattr("touchline.analysis.tasks.sound.read_video_sound", lambda *a, **k: pytest.fail("heard again"))
    again = SoundTask()
    again.begin(job)
    again.open()
    again.hear(whistled)
    assert again.resumed_from_us == probe(whistled).duration_us
    again.write(job.bundle, coverage=Coverage(job.info.duration_us, 500))
    assert len(read_sound(tmp_path).whistles) == 1


def test_a_video_without_sound_is_no_failure(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "mute.mp4", frames=25)
    with pytest.raises(NoAudioError, match="no sound"):
        heard_track(path)
    result = analyze_video(path, tasks=usual_tasks(sound=True))
    assert result.summaries["sound"].reading is not None
    assert result.summaries["sound"].reading.remarks == (
        "the video has no sound, so there are no whistles and no crowd noise",
    )
    assert len(result.summaries["sound"].reading) == 0
    assert not result.degraded
    assert analyze_video(path, tasks=usual_tasks(sound=True)).reused


def test_silence_and_sound_that_ends_early_are_told(tmp_path: Path) -> None:
    silent = write_numbered(tmp_path / "silent.mp4", frames=100, tone=np.zeros(4 * RATE, np.float32))
    (remark,) = read_video_sound(silent).remarks
    assert "silent throughout" in remark
    short = write_numbered(tmp_path / "short.mp4", frames=250, tone=match_sound(4.0))
    (remark,) = read_video_sound(short).remarks
    assert remark.startswith("the sound ends at 0:04.")
    assert remark.endswith("s before the picture")


def encode(path: Path, sound: np.ndarray, *, rate: int, layout: str) -> Path:
    """Sound (channels, samples) alone, uncompressed."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_f32le", rate=rate, layout=layout)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound.T.reshape(1, -1), np.float32), "flt", layout)
        frame.sample_rate, frame.pts = rate, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("rate", "layout", "channels"), [(8_000, "mono", 1), (48_000, "5.1", 6), (44_100, "stereo", 2)]
)
def test_any_rate_and_layout(tmp_path: Path, rate: int, layout: str, channels: int) -> None:
    whole = match_sound(15.0, whistle_s=5.0)
    sound = np.interp(np.arange(15 * rate) / rate, np.arange(len(whole)) / RATE, whole)
    path = encode(tmp_path / "sound.wav", np.tile(sound, (channels, 1)), rate=rate, layout=layout)
    facts = heard_track(path).track
    assert (facts.rate_hz, facts.channels) == (rate, channels)
    from touchline.listening.curves import listen
    from touchline.media.sound.reading import stream_audio

    reading = listen(stream_audio(path), source_rate_hz=facts.rate_hz)
    assert [one.start_us / 1e6 for one in reading.whistles] == pytest.approx([5.0], abs=0.15)
    assert bool(reading.remarks) == (rate == 8_000)


def test_numbers_that_are_none_in_a_file_are_told(tmp_path: Path) -> None:
    sound = match_sound(6.0)
    sound[RATE : RATE + 480] = np.nan
    path = encode(tmp_path / "nan.wav", sound[None], rate=RATE, layout="mono")
    from touchline.listening.curves import listen
    from touchline.media.sound.reading import stream_audio

    reading = listen(stream_audio(path))
    assert any("not finite" in remark for remark in reading.remarks)
    assert np.isfinite(reading.curves).all()


def test_a_file_cut_short_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = write_numbered(
        tmp_path / "whole.ts", frames=250, tone=match_sound(10.0, whistle_s=2.0), container_format="mpegts"
    )
    data = path.read_bytes()
    cut = tmp_path / "cut.ts"
    cut.write_bytes(data[: len(data) * 6 // 10])
    reading = read_video_sound(cut)
    assert [one.start_us / 1e6 for one in reading.whistles] == pytest.approx([2.0], abs=0.15)
    assert 40 <= len(reading) <= 80
