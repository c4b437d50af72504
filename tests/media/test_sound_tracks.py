"""Several sound tracks: the default one is heard, or the loudest if that is silent, or the one asked for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition
from typer.testing import CliRunner

from makevideo import bars
from touchline.analysis.pipeline import AnalyzeOptions, analyze_video
from touchline.analysis.tasks.usual import usual_tasks
from touchline.cli.main import app
from touchline.core.errors import InputError, UsageError
from touchline.core.tracks import Tracks
from touchline.media.check import check_video
from touchline.media.cutting.cut import Source
from touchline.media.facts import inspect
from touchline.media.shown.loudness import waveform
from touchline.media.sound.reading import read_audio
from touchline.media.sound.tracks import heard_track, sound_tracks
from touchline.render.overlay import write_overlay

LENGTH_S, RATE_HZ = 6, 48_000
SILENT = 0.0


def several(
    path: Path,
    tones: Sequence[tuple[float, float]],
    *,
    default: int | None = None,
    few: int | None = None,
    until_s: float = LENGTH_S,
) -> Path:
    """A video with a sound track for each (frequency in Hz, amplitude), which begins at ``LENGTH_S - until_s``."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=25)
        video.width, video.height, video.pix_fmt = 160, 96, "yuv420p"
        sounds = []
        for number, _ in enumerate(tones):
            sound = container.add_stream("aac", rate=RATE_HZ)
            sound.layout = "mono"
            marks = Disposition(0)
            marks = marks | Disposition.default if number == default else marks
            sound.disposition = marks | Disposition.visual_impaired if number == few else marks
            sound.metadata.update({"language": "deu", "title": f"Ton {number}\x1b[31m"})
            sounds.append(sound)
        for index in range(LENGTH_S * 25):
            picture = av.VideoFrame.from_ndarray(bars(index, width=160, height=96), format="gray")
            container.mux(video.encode(picture.reformat(format="yuv420p")))
        container.mux(video.encode(None))
        time_s = np.arange(LENGTH_S * RATE_HZ) / RATE_HZ
        for sound, (tone_hz, amplitude) in zip(sounds, tones, strict=True):
            wave = amplitude * np.sin(2 * np.pi * tone_hz * time_s) * (time_s >= LENGTH_S - until_s)
            for first in range(0, len(wave), 1024):
                block = np.ascontiguousarray(wave[None, first : first + 1024], np.float32)
                frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
                frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, first, Fraction(1, RATE_HZ)
                container.mux(sound.encode(frame))
            container.mux(sound.encode(None))
    return path


def pitch_hz(sound: np.ndarray, *, rate_hz: int = 16_000) -> int:
    """The loudest frequency of a sound, to ten Hz; 0 for silence."""
    if len(sound) == 0 or np.abs(sound).max() < 1e-3:
        return 0
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return round(float(np.argmax(spectrum)) * rate_hz / len(sound) / 10) * 10


CASES = {
    "one track": ([(440, 0.3)], {}, 440),
    "the first of equals": ([(440, 0.3), (880, 0.3)], {}, 440),
    "the default one": ([(440, 0.3), (880, 0.1)], {"default": 1}, 880),
    "not the one for the blind": ([(440, 0.3), (880, 0.1)], {"few": 0}, 880),
    "the loudest if the first is silent": ([(440, SILENT), (880, 0.1), (1320, 0.4)], {}, 1320),
    "the loudest if the default is silent": ([(440, 0.2), (880, SILENT)], {"default": 1}, 440),
    "dither is silence": ([(440, 3e-5), (880, 0.1)], {}, 880),
    "quiet is not silence": ([(440, 0.004), (880, 0.4)], {}, 440),
    "sound that begins late is not silence": ([(440, 0.2), (880, 0.4)], {"until_s": 2.0}, 440),
    "all silent": ([(440, SILENT), (880, SILENT)], {}, 0),
}


@pytest.mark.robustness("real-files")
@pytest.mark.parametrize("container", ["mkv", "mov", "mp4", "ts"])
@pytest.mark.parametrize("case", list(CASES))
def test_which_is_heard(tmp_path: Path, case: str, container: str) -> None:
    tones, options, expected_hz = CASES[case]
    if container in ("ts", "mp4", "mov") and ({"default", "few"} & set(options)):
        pytest.skip("this container does not keep such marks")
    path = several(tmp_path / f"v.{container}", tones, **options)  # type: ignore[arg-type]
    assert pitch_hz(read_audio(path)) == expected_hz
    assert bool(heard_track(path).note) == (len(tones) > 1)
    source = Source(inspect(path)).sound
    assert source.form is not None
    cut = np.concatenate(list(source.span(4_100_000, 5_900_000, form=source.form)), axis=1)
    assert pitch_hz(cut[0], rate_hz=RATE_HZ) == pytest.approx(expected_hz, abs=10)
    if expected_hz:
        assert waveform(path).max() > 0


def test_the_note_says_which_and_why(tmp_path: Path) -> None:
    path = several(tmp_path / "v.mkv", [(440, SILENT), (880, 0.2)], default=0)
    title = "Ton {}\ufffd[31m"
    assert heard_track(path).note == (
        f"2 sound tracks: 1 (mono, deu, {title.format(0)!r}, default), 2 (mono, deu, {title.format(1)!r}); "
        "2 is heard because 1 is silent, --audio-stream N takes another"
    )


@pytest.mark.robustness("real-files")
def test_the_one_asked_for(tmp_path: Path) -> None:
    path = several(tmp_path / "v.mkv", [(440, 0.3), (880, 0.3)])
    assert pitch_hz(read_audio(path, stream=2)) == 880
    assert heard_track(path, index=2).note == ""
    for wrong in (0, 3, -1):
        with pytest.raises(UsageError, match=rf"no sound track {wrong}; its sound tracks: 1 \(mono, deu"):
            heard_track(path, index=wrong)


def test_a_changed_file_is_looked_at_again(tmp_path: Path) -> None:
    path = several(tmp_path / "v.mkv", [(440, 0.3), (880, 0.3)])
    assert heard_track(path).track.index == 1
    several(path, [(440, SILENT), (880, 0.31)])
    assert heard_track(path).track.index == 2


@pytest.mark.robustness("real-files")
def test_an_analysis_keeps_its_track(tmp_path: Path) -> None:
    path = several(tmp_path / "v.mkv", [(440, 0.3), (880, 0.3)])

    def analysed(audio_stream: int | None) -> bool:
        options = AnalyzeOptions(audio_stream=audio_stream)
        return analyze_video(path, tasks=usual_tasks(sound=True), options=options).reused

    assert [analysed(stream) for stream in (None, 1, 2, 2, None)] == [False, True, False, True, False]
    summary = analyze_video(path, tasks=usual_tasks(sound=True)).summaries["sound"]
    assert any("2 sound tracks" in line for line in summary.lines(listed=True))
    with pytest.raises(UsageError, match="no sound track 9"):
        analysed(9)


@pytest.mark.robustness("real-files")
def test_features_of_another_track_are_extracted_again(tmp_path: Path) -> None:
    path = several(tmp_path / "v.mkv", [(440, 0.3), (880, 0.3)])
    run = CliRunner()
    made = []
    for more in ([], ["--audio-stream", "1"], ["--audio-stream", "2"]):
        done = run.invoke(app, ["features", "extract", str(path), "--model", "sound", "--json", *more])
        assert done.exit_code == 0, done.output
        made.append(json.loads(done.stdout.splitlines()[0])["reused"])
    assert made == [False, True, False]
    assert run.invoke(app, ["features", "extract", str(path), "--model", "sound", "--audio-stream", "5"]).exit_code == 2
    assert run.invoke(app, ["features", "extract", str(path), "--audio-stream", "1"]).exit_code == 2


@pytest.mark.robustness("real-files", "text")
def test_check_lists_them(tmp_path: Path) -> None:
    path = several(tmp_path / "v.mkv", [(440, 0.3), (880, 0.3)], default=1)
    report = check_video(path)
    assert report.sound == sound_tracks(path)
    assert "sound-tracks" in {finding.code for finding in report.findings}
    done = CliRunner().invoke(app, ["check", str(path)])
    assert "sound track 1 (mono, deu, " in done.output
    assert ", default): aac, 48 kHz" in done.output
    assert "\x1b" not in done.output


def test_an_overlay_puts_the_heard_one_first(tmp_path: Path) -> None:
    path = several(tmp_path / "v.mkv", [(440, 0.3), (880, 0.2)], default=1)
    done = write_overlay(path, tmp_path / "o.mp4", tracks=Tracks((), (), 160, 96))
    assert [pitch_hz(read_audio(done.path, stream=index)) for index in (1, 2)] == [880, 440]


def test_a_track_that_no_decoder_knows_is_passed_over(tmp_path: Path) -> None:
    path = several(tmp_path / "v.mkv", [(440, 0.3), (880, 0.3)])
    data = path.read_bytes()
    path.write_bytes(data.replace(b"A_AAC", b"A_XYZ", 1))
    assert [track.index for track in sound_tracks(path)] == [2]
    assert pitch_hz(read_audio(path)) == 880
    path.write_bytes(data.replace(b"A_AAC", b"A_XYZ"))
    assert sound_tracks(path) == ()
    with pytest.raises(InputError, match="no sound"):
        read_audio(path)
