"""Features of whole videos: the right pictures, files that are kept, runs that are taken up."""

from __future__ import annotations

import json
import struct
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from fakefeatures import number_extractor
from makevideo import bars, write_frames, write_numbered
from touchline.analysis.features import Extraction, FeatureOptions, extract_features, feature_path
from touchline.core.errors import InputError, UsageError
from touchline.formats.features.vectors import length_remark, read_features, side_car

FRAMES = 900


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_numbered(tmp_path_factory.mktemp("video") / "match.mp4", frames=FRAMES, width=96, height=64)


def extract(video: Path, out: Path, **options: object) -> Extraction:
    return extract_features(video, extractor=number_extractor(), options=FeatureOptions(out=out, **options))  # type: ignore[arg-type]


def numbers(result: Extraction) -> list[int]:
    return [int(value) for value in np.asarray(read_features(result.path).values)[:, 0]]


@pytest.mark.parametrize(
    ("sampling", "first", "start_us"),
    [("time-exact", [0, 12, 25, 37], 0), ("opencv", [12, 24, 37, 49], 480_000), ("skvideo", [0, 13, 25, 38], 0)],
)
def test_the_right_pictures(video: Path, tmp_path: Path, sampling: str, first: list[int], start_us: int) -> None:
    result = extract(video, tmp_path, sampling=sampling)
    assert numbers(result)[:4] == first and result.rows == 72 and result.width == 3
    features = read_features(result.path)
    assert features.info.start_us == start_us and features.info.sampling == sampling
    if sampling != "time-exact":
        assert features.times_us.tolist()[:4] == [40_000 * number for number in first]
    assert features.info.coverage is not None and features.info.coverage.frames_decoded == FRAMES


def test_an_up_to_date_file_is_left_alone(video: Path, tmp_path: Path) -> None:
    first = extract(video, tmp_path)
    written = first.path.stat().st_mtime_ns
    again = extract(video, tmp_path)
    assert again.reused and again.rows == first.rows and first.path.stat().st_mtime_ns == written
    assert not extract(video, tmp_path, force=True).reused
    assert not extract(video, tmp_path, rate_hz=1.0).reused
    first.path.write_bytes(first.path.read_bytes()[:-1] + b"\x01")
    assert not extract(video, tmp_path, rate_hz=1.0).reused, "a damaged file is made again"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["match_numbers.json", "match_numbers.npy"]


@pytest.mark.parametrize("stop_us", [4_000_000, 15_000_000, 30_000_000])
def test_a_stopped_run_is_taken_up(video: Path, tmp_path: Path, stop_us: int) -> None:
    clean = extract(video, tmp_path / "clean", rate_hz=25.0)

    def stop(done_us: int, total_us: int) -> None:
        if done_us >= stop_us:
            raise KeyboardInterrupt

    options = FeatureOptions(out=tmp_path / "stopped", rate_hz=25.0)
    with pytest.raises(KeyboardInterrupt):
        extract_features(video, extractor=number_extractor(), options=options, progress=stop)
    resumed = extract_features(video, extractor=number_extractor(), options=options)
    assert resumed.resumed_row == (stop_us // 40_000 // 240 * 240 or None)
    for path in (clean.path, side_car(clean.path)):
        assert (tmp_path / "stopped" / path.name).read_bytes() == path.read_bytes()
    assert not list((tmp_path / "stopped").glob(".*"))


def test_damage_degrades_and_is_told(tmp_path: Path) -> None:
    whole = write_numbered(tmp_path / "whole.ts", frames=500, width=96, height=64)
    data = bytearray(whole.read_bytes())
    half = len(data) // 2
    data[half : half + len(data) // 8] = bytes(len(data) // 8)
    broken = tmp_path / "broken.ts"
    broken.write_bytes(data)
    result = extract(broken, tmp_path)
    assert result.degraded and abs(result.rows - 40) <= 1
    lost = read_features(result.path).lost_rows()
    assert 0 < lost.sum() < 20


def test_uneven_times_are_followed(tmp_path: Path) -> None:
    times = [i * 40 for i in range(50)] + [2000 + i * 100 for i in range(50)]
    video = write_frames(
        tmp_path / "vfr.mkv",
        (bars(i, width=96, height=64) for i in range(100)),
        times=times,
        time_base=Fraction(1, 1000),
    )
    result = extract(video, tmp_path)
    assert numbers(result) == [0, 12, 25, 37, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95]


def test_outputs_are_named_as_soccernet_names_them(tmp_path: Path) -> None:
    video = tmp_path / "1_720p.mkv"
    assert feature_path(video, out=None, name="resnet152") == tmp_path / "1_resnet152.npy"
    assert feature_path(tmp_path / "match.mp4", out=tmp_path / "x", name="m").name == "match_m.npy"
    assert feature_path(video, out=tmp_path / "a.npy", name="m") == tmp_path / "a.npy"
    assert feature_path(tmp_path / "match.mp4", out=None, name="m", half=2).name == "2_m.npy"
    with pytest.raises(UsageError, match=r"not a \.npy file"):
        feature_path(video, out=tmp_path / "a.csv", name="m")


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.mp4").write_text("no video")
    with pytest.raises(InputError):
        extract(tmp_path / "x.mp4", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_request_that_cannot_be_met_leaves_nothing_behind(video: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="use --sampling time-exact"):
        extract(video, tmp_path, sampling="opencv", rate_hz=50.0)
    assert not list(tmp_path.iterdir())


def test_the_side_car_says_what_decides_the_values(video: Path, tmp_path: Path) -> None:
    document = json.loads(side_car(extract(video, tmp_path).path).read_text())
    assert document["model"] == "numbers" and document["rate_hz"] == 2.0 and document["start_us"] == 0
    assert document["settings"]["picture"]["width"] == 96 and document["video"]["name"] == "match.mp4"
    assert document["coverage"]["frames_decoded"] == FRAMES


def test_a_header_that_lies_is_not_believed(tmp_path: Path) -> None:
    video = write_numbered(tmp_path / "lies.mkv", frames=100, width=96, height=64)
    data = bytearray(video.read_bytes())
    at = data.index(b"\x44\x89\x88") + 3  # the duration, a double in milliseconds
    assert struct.unpack(">d", data[at : at + 8])[0] == pytest.approx(4000, abs=50)
    data[at : at + 8] = struct.pack(">d", 60_000.0)
    video.write_bytes(data)
    result = extract(video, tmp_path)
    coverage = result.info.coverage
    assert result.rows == 8 and coverage is not None and coverage.frames_decoded == 100
    told = [*coverage.repairs, *(gap.reason for gap in coverage.gaps)]
    assert told, "the side-car says that header and pictures disagree"
    assert length_remark(read_features(result.path), duration_us=60_000_000) is not None
