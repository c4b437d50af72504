"""Several decoders give exactly the frames and times of one, and a damaged file is left to one."""

from __future__ import annotations

import itertools
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from makevideo import write_numbered
from tinymodel import write_tiny_model
from touchline.analysis.pipeline import AnalyzeOptions, analyze_video
from touchline.analysis.tasks.usual import usual_tasks
from touchline.analysis.threads.spans import IrregularError, SpanReader
from touchline.media.video import VideoReader
from touchline.spotting.spotter import load_spotter

FRAMES = 230


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Key frames seldom, often, and only one; with pictures that are shown in another order than decoded."""
    folder = tmp_path_factory.mktemp("videos")
    settings = [{"g": "40", "bf": "3"}, {"g": "12"}, {"g": "1000"}]
    return [
        write_numbered(
            folder / f"{number}.mp4", frames=FRAMES, width=96, height=64, codec="libx264", options={**options}
        )
        for number, options in enumerate(settings)
    ]


@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.generate])  # each example decodes twice
@given(
    number=st.integers(0, 2),
    decoders=st.integers(1, 4),
    span_s=st.floats(0.2, 6.0),
    rates=st.sampled_from([None, (12.5,), (5.0, 7.0)]),
)
def test_frames_times_and_coverage_are_those_of_one_decoder(
    videos: list[Path], number: int, decoders: int, span_s: float, rates: tuple[float, ...] | None
) -> None:
    with VideoReader(videos[number]) as reader:
        expected = list(reader.frames(rates=rates))
        coverage = reader.coverage()
    spans = SpanReader(videos[number], decoders=decoders, span_s=span_s)
    found = list(spans.frames(rates=rates))
    assert [frame.time_us for frame in found] == [frame.time_us for frame in expected]
    for a, b in zip(expected, found, strict=True):
        if a.seen:
            np.testing.assert_array_equal(a.luma, b.luma)
            np.testing.assert_array_equal(a.to_rgb(), b.to_rgb())
    assert spans.coverage() == coverage
    assert spans.spans[0][0] == 0 and spans.spans[-1][1] is None
    assert all(end == start for (_, end), (start, _) in itertools.pairwise(spans.spans))
    assert len(spans.spans) > 1 or span_s > 1


def test_a_reader_that_is_left_early_leaves_no_thread(videos: list[Path]) -> None:
    frames = SpanReader(videos[1], decoders=3, span_s=0.5).frames()
    assert next(frames).time_us == 0
    frames.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("touchline-")]


@pytest.fixture(scope="module")
def damaged(videos: list[Path]) -> Path:
    """The file with pictures in the middle overwritten."""
    content = bytearray(videos[0].read_bytes())
    middle = len(content) // 2
    content[middle : middle + 400] = bytes(400)
    path = videos[0].with_name("damaged.mp4")
    path.write_bytes(content)
    return path


def test_damage_is_left_to_one_decoder(damaged: Path) -> None:
    with VideoReader(damaged) as reader:
        assert sum(1 for _ in reader.frames()) > 0
        assert not reader.coverage().complete
    with pytest.raises(IrregularError):
        list(SpanReader(damaged, decoders=2, span_s=0.5).frames())


def test_an_analysis_gives_the_same_bundle_with_several_decoders(
    videos: list[Path], damaged: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    model = write_tiny_model(tmp_path_factory.mktemp("model"))
    for video in (videos[0], damaged):
        found = []
        for decoders in (1, 3):
            tasks = usual_tasks(spotter=load_spotter(model, device="cpu", threads=2))
            out = tmp_path / f"{video.stem}{decoders}"
            options = AnalyzeOptions(out=out, threads=2, decoders=decoders)
            result = analyze_video(video, tasks=tasks, options=options)
            files = {path.name: path.read_bytes() for path in result.bundle.iterdir() if path.name != "manifest.json"}
            found.append((files, result.coverage))
        assert found[0] == found[1]


def test_no_decoders_are_refused(videos: list[Path]) -> None:
    with pytest.raises(ValueError, match="decoders=0 must be at least 1"):
        SpanReader(videos[0], decoders=0)
