"""Tags in other encodings than UTF-8, and with control characters: the video is read, the tag at most replaced."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from typer.testing import CliRunner

from makevideo import bars
from touchline.cli.main import app
from touchline.core.tracks import Tracks
from touchline.media.cutting.copying import copied_suffix, copy_span
from touchline.media.encoding.comments import comment_of
from touchline.media.facts import inspect
from touchline.media.shown.proxy import write_proxy
from touchline.media.sound.reading import read_audio
from touchline.media.source import open_media
from touchline.media.video import VideoReader
from touchline.render.overlay import write_overlay

FRAMES = 12
CONTAINERS = ("mp4", "mov", "mkv", "avi", "ts", "flv", "asf", "nut", "mxf")
TEXTS = {"latin-1": "Finale März", "cp1251": "Обработчик", "shift_jis": "テスト", "utf-16-le": "Ж\x1b[31mЖ"}


def tagged(path: Path, text: str, *, encoding: str) -> Path:
    """A video with this text, in this encoding, as title, track title, handler, service and chapter title."""
    codec = {".mxf": "mpeg2video", ".avi": "mpeg4", ".asf": "mpeg4"}.get(path.suffix, "libx264")
    sound_codec = "pcm_s16le" if path.suffix == ".mxf" else "aac"
    with av.open(str(path), "w", metadata_encoding=encoding) as container:
        container.metadata.update({"title": text, "comment": text, "service_name": text})
        if path.suffix in (".mp4", ".mkv", ".mov"):
            tags = {"title": text}
            container.set_chapters([{"id": 1, "start": 0, "end": 1, "time_base": 1, "metadata": tags}])  # type: ignore[list-item]
        video = container.add_stream(codec, rate=25)
        video.width, video.height, video.pix_fmt = 160, 96, "yuv420p"
        sound = container.add_stream(sound_codec, rate=48_000)
        sound.layout = "mono"
        for stream in (video, sound):
            stream.metadata.update({"title": text, "handler_name": text})
        for index in range(FRAMES):
            picture = av.VideoFrame.from_ndarray(bars(index, width=160, height=96), format="gray")
            container.mux(video.encode(picture.reformat(format="yuv420p")))
        container.mux(video.encode(None))
        wave = np.zeros((1, 24_000), np.float32 if sound_codec == "aac" else np.int16)
        layout = "fltp" if sound_codec == "aac" else "s16"
        frame = av.AudioFrame.from_ndarray(wave, format=layout, layout="mono")
        frame.sample_rate = 48_000
        container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    return path


@pytest.mark.robustness("real-files", "text")
@pytest.mark.parametrize("encoding", [*TEXTS])
@pytest.mark.parametrize("container", CONTAINERS)
def test_it_is_read(tmp_path: Path, container: str, encoding: str) -> None:
    path = tagged(tmp_path / f"v.{container}", TEXTS[encoding], encoding=encoding)
    with VideoReader(path) as video:
        assert sum(1 for _ in video.frames()) == FRAMES
        assert video.info.has_audio
    assert len(read_audio(path)) > 7_000
    with open_media(path) as opened:
        _ = [dict(opened.metadata), *(dict(stream.metadata) for stream in opened.streams), opened.chapters()]
    comment_of(path)
    done = CliRunner().invoke(app, ["check", "--quick", str(path)])
    assert done.exit_code == 0, done.output
    assert "\x1b" not in done.output


def test_some_of_these_tags_are_not_utf8(tmp_path: Path) -> None:
    path = tagged(tmp_path / "v.mp4", TEXTS["latin-1"], encoding="latin-1")
    with pytest.raises(UnicodeDecodeError):
        av.open(str(path))
    with open_media(path) as opened:
        assert opened.metadata["title"] == "Finale M\ufffdrz"


@pytest.mark.robustness("real-files")
@pytest.mark.parametrize("container", ["mp4", "mkv", "avi"])
def test_copies_of_it_are_written(tmp_path: Path, container: str) -> None:
    path = tagged(tmp_path / f"v.{container}", TEXTS["latin-1"], encoding="latin-1")
    facts = inspect(path)
    write_proxy(facts.info, tmp_path / "proxy.mp4")
    write_overlay(path, tmp_path / "overlay.mp4", tracks=Tracks((), (), 160, 96), comment="made by a test")
    assert comment_of(tmp_path / "overlay.mp4") == "made by a test"
    suffix = copied_suffix(facts)
    if suffix is not None:
        assert copy_span(facts, tmp_path / f"copy{suffix}", start_us=0, end_us=400_000)
    for made in ("proxy.mp4", "overlay.mp4"):
        with VideoReader(tmp_path / made) as video:
            assert sum(1 for _ in video.frames()) == FRAMES


def test_every_file_is_opened_in_one_place_and_every_stream_in_another() -> None:
    package = Path(__file__).parents[2] / "src" / "touchline"
    opening = {path.name for path in package.rglob("*.py") if "av.open(" in path.read_text(encoding="utf-8")}
    assert opening == {"source.py", "connection.py"}
