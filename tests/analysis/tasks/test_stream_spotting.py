"""Raw video to events through a head over feature streams: streams are kept, reused, reduced, and may be missing."""

from __future__ import annotations

import json
import shutil
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from fakefeatures import number_extractor
from makevideo import write_numbered
from touchline.analysis.features import FeatureOptions
from touchline.analysis.pipeline import AnalyzeOptions, analyze_video
from touchline.analysis.stream_sources import OtherStream, PictureStream, StreamSources
from touchline.analysis.tasks.spot_streams import StreamSpotTask, VideoStreamSpotter, load_video_stream_spotter, surest
from touchline.analysis.tasks.task import Job
from touchline.analysis.tasks.usual import usual_tasks
from touchline.analysis.trial import trial_speed
from touchline.cli.main import app
from touchline.core.errors import InputError, UsageError
from touchline.core.events import VideoInfo
from touchline.core.tracks import Shot, Track, Tracks
from touchline.features.reduction import Reduction, ReductionFit
from touchline.formats.boxes.tracks_parquet import write_tracks_parquet
from touchline.formats.bundle import TRACKS, Bundle, video_fingerprint
from touchline.formats.events.own_events import events_document
from touchline.formats.features.vectors import FeatureInfo, Features, read_features, write_features
from touchline.formats.soccernet.game_names import require_same_game
from touchline.media.video import VideoReader, probe
from touchline.models.specs.spec import DEFAULT_THRESHOLD
from touchline.models.specs.stream_spec import StreamHeadConfig, StreamSpec, SuppressionSpec
from touchline.models.store import build_network, load_model, save_model
from touchline.report.options import ReportOptions
from touchline.report.values import BundleValues
from touchline.spotting.stream_spotter import StreamSpotter

LABELS = ("Goal", "Corner")


def write_head(
    folder: Path,
    *,
    streams: dict[str, tuple[int, str]],
    name: str = "head",
    thresholds: dict[str, float] | None = None,
    calibration: dict[str, tuple[float, float]] | None = None,
) -> Path:
    """A small head with random weights over streams of given widths and models."""
    config = StreamHeadConfig(
        name=name,
        architecture="stream-head",
        network={
            "streams": {stream: width for stream, (width, _) in streams.items()},
            "num_classes": 2,
            "head": "context",
            "head_arguments": {"window": 16, "inner": 16, "layers": 1, "heads": 2},
            "width": 16,
        },
        labels=LABELS,
        streams=tuple(StreamSpec(name=stream, width=width, model=model) for stream, (width, model) in streams.items()),
        rate_hz=2.0,
        suppression=SuppressionSpec(window_s=2.0, floor=0.001),
        thresholds=dict.fromkeys(LABELS, 0.001) if thresholds is None else thresholds,
        calibration=calibration or {},
    )
    torch.manual_seed(0)
    return save_model(folder / name, build_network(config), config)


def spotter_of(
    path: Path, *, reduction: Reduction | None = None, others: tuple[OtherStream, ...] = (), rate_hz: float = 2.0
) -> VideoStreamSpotter:
    loaded = load_model(path, task="spot-streams")
    network, config, sha256 = loaded.network, loaded.config, loaded.sha256
    picture = PictureStream("picture", number_extractor(), reduction, FeatureOptions(rate_hz=rate_hz))
    sources = StreamSources((picture,), others)
    return VideoStreamSpotter(StreamSpotter(network, config), sha256=sha256, sources=sources, device_reason="cpu: test")


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_numbered(tmp_path_factory.mktemp("video") / "match.mp4", frames=500, width=96, height=64)


def bundle_in(out: Path, video: Path) -> Bundle:
    """A bundle without a manifest, which only the pipeline writes."""
    bundle = Bundle(out / f"{video.stem}.touchline")
    bundle.path.mkdir(exist_ok=True, parents=True)
    return bundle


def spot(video: Path, out: Path, spotter: VideoStreamSpotter, **thresholds: float) -> tuple[StreamSpotTask, Bundle]:
    """What the pipeline does with a task."""
    bundle = bundle_in(out, video)
    task = StreamSpotTask(spotter, thresholds=thresholds)
    task.begin(Job(video, probe(video), video_fingerprint(video), bundle))
    task.open()
    with VideoReader(video) as reader:
        deque(task.watch(reader.frames()), maxlen=0)
        coverage = reader.coverage()
    task.write(bundle, coverage=coverage)
    task.discard()
    return task, bundle


def remarks_of(task: StreamSpotTask) -> tuple[str, ...]:
    return tuple(task.manifest_parts()["spotting"]["remarks"])


def test_a_video_becomes_events(video: Path, tmp_path: Path) -> None:
    spotter = spotter_of(write_head(tmp_path, streams={"picture": (3, "numbers")}))
    task, bundle = spot(video, tmp_path, spotter)
    features = read_features(bundle.path / "features" / "picture.npy")
    assert np.asarray(features.values)[:4, 0].tolist() == [0, 12, 25, 37] and features.info.coverage is not None
    direct = spotter.head.spot({"picture": features})
    found = [(event.label, event.start_us) for event in bundle.read_events()]
    assert found == [(event.label, event.start_us) for event in direct.timeline] and len(found) > 2
    scores = bundle.read_scores()
    assert scores.labels == LABELS and np.array_equal(scores.values, direct.scores.values)
    assert bundle.checksums(*task.files).keys() == set(task.files)
    assert remarks_of(task) == direct.remarks and not (bundle.path / ".partial").exists()
    assert [model["name"] for model in task.models] == ["head", "numbers"]


def test_streams_are_taken_once_for_all_heads(video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    streams = {"picture": (3, "numbers")}
    first, bundle = spot(video, tmp_path, spotter_of(write_head(tmp_path, streams=streams)))
    other = spotter_of(write_head(tmp_path, streams=streams, name="other"))
    monkeypatch.setattr(other.sources.pictures[0].extractor, "features", lambda pictures: pytest.fail("taken again"))
    second, _ = spot(video, tmp_path, other, Goal=0.99)
    assert first.key != second.key
    assert all(event.label != "Goal" or event.confidence >= 0.99 for event in bundle.read_events())


def test_thresholds_are_checked(tmp_path: Path) -> None:
    streams, usual = {"picture": (3, "numbers")}, {"Goal": 0.1, "Corner": 0.3}
    spotter = spotter_of(write_head(tmp_path, streams=streams, thresholds=usual))
    assert spotter.thresholds_with({"Goal": 0.5}) == {"Goal": 0.5, "Corner": 0.3}
    silent = spotter_of(write_head(tmp_path, streams=streams, name="silent", thresholds={}))
    assert silent.thresholds_with({"Goal": 0.5}) == {"Goal": 0.5, "Corner": DEFAULT_THRESHOLD}
    for wrong in ({"Pass": 0.5}, {"Goal": 1.5}):
        with pytest.raises(UsageError, match="has the labels Goal, Corner"):
            spotter.thresholds_with(wrong)


def test_features_are_made_narrower_on_the_way(video: Path, tmp_path: Path) -> None:
    fit = ReductionFit(3)
    fit.add(np.random.default_rng(0).normal(size=(50, 3)))
    spotter = spotter_of(
        write_head(tmp_path, streams={"picture": (2, "numbers")}), reduction=fit.finish(2).save(tmp_path / "mine")
    )
    task, bundle = spot(video, tmp_path, spotter)
    assert read_features(bundle.path / "features" / "picture.npy").width == 3, "raw features are kept"
    assert "reductions" in task.key and len(bundle.read_scores()) == 40


def test_another_reduction_than_the_heads_is_told(tmp_path: Path) -> None:
    head = write_head(tmp_path, streams={"picture": (3, "numbers")})
    loaded = load_model(head, task="spot-streams")
    network, config = loaded.network, loaded.config
    stream = config.streams[0].model_copy(update={"reduction": "ab" * 32})
    spotter = StreamSpotter(network, config.model_copy(update={"streams": (stream,)}))
    values = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)

    def told(reduction: dict[str, Any] | None) -> list[str]:
        features = Features(values, FeatureInfo(model="numbers", reduction=reduction))
        return [
            remark for remark in spotter.spot({"picture": features}).remarks if "reduced by the reduction" in remark
        ]

    assert told({"name": "mine", "sha256": "ab" * 32}) == []
    assert "these were reduced by 'other'" in told({"name": "other", "sha256": "cd" * 32})[0]
    assert "these were not reduced" in told(None)[0]


def test_sound_goes_in_and_its_absence_is_told(video: Path, tmp_path: Path) -> None:
    head = write_head(tmp_path, streams={"picture": (3, "numbers"), "sound": (4, "noise")})
    values = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
    noise = OtherStream(
        "sound", {}, lambda video, kept, audio_stream: Features(values, FeatureInfo(model="noise")), "noise"
    )
    heard, _ = spot(video, tmp_path / "a", spotter_of(head, others=(noise,)))
    assert not any("sound" in remark for remark in remarks_of(heard))

    def fail(video: Path, kept: Path, audio_stream: int | None) -> Features:
        raise InputError("no sound here")

    silence = OtherStream("sound", {}, fail, "noise", optional=True)
    deaf, bundle = spot(video, tmp_path / "b", spotter_of(head, others=(silence,)))
    (told,) = [remark for remark in remarks_of(deaf) if "sound" in remark]
    assert told == "no 'sound' stream (no sound here): head continues without it and finds less"
    assert len(bundle.read_scores()) == 40


def test_loading_says_what_does_not_fit(tmp_path: Path) -> None:
    path = write_head(tmp_path, streams={"picture": (512, "people-detector")})
    with pytest.raises(
        InputError, match=r"rows of 512 numbers .* people-detector makes rows of 1280; .* \(--reduction"
    ):
        load_video_stream_spotter(str(path), device="cpu")
    fit = ReductionFit(3)
    fit.add(np.random.default_rng(0).normal(size=(50, 3)))
    fit.finish(2).save(tmp_path / "mine")
    with pytest.raises(InputError, match="makes 2 numbers of 3; head needs 512 of the 1280"):
        load_video_stream_spotter(str(path), device="cpu", reduction=tmp_path / "mine.safetensors")
    published = write_head(tmp_path, streams={"picture": (512, "ResNET_TF2_PCA512")}, name="published")
    with pytest.raises(InputError, match="published reads the stream 'picture', features of 'ResNET_TF2_PCA512'"):
        load_video_stream_spotter(str(published), device="cpu")
    fitting = write_head(tmp_path, streams={"picture": (1280, "people-detector")}, name="fitting")
    loaded = load_video_stream_spotter(str(fitting), device="cpu")
    assert loaded.sources.pictures[0].extractor.name == "people-detector" and loaded.members == (loaded,)


def test_the_pipeline_takes_a_head_as_it_takes_a_spotter(video: Path, tmp_path: Path) -> None:
    streams = {"picture": (3, "numbers")}
    spotter = spotter_of(write_head(tmp_path, streams=streams))
    options = AnalyzeOptions(out=tmp_path)
    first = analyze_video(video, tasks=usual_tasks(spotter=spotter, report=ReportOptions()), options=options)
    assert len(first.summaries["spot"].timeline) > 2 and first.report is not None and not first.reused
    assert any("uncalibrated scores" in remark for remark in first.remarks)
    again = analyze_video(video, tasks=usual_tasks(spotter=spotter, report=ReportOptions()), options=options)
    assert again.reused and again.remarks == first.remarks
    raised = analyze_video(
        video,
        tasks=usual_tasks(spotter=spotter, thresholds={"Goal": 1.0, "Corner": 1.0}, report=ReportOptions()),
        options=options,
    )
    assert not raised.reused and len(raised.summaries["spot"].timeline) == 0
    assert raised.coverage == first.coverage, "the video was not decoded again"
    taken: list[int] = []
    extractor = spotter.sources.pictures[0].extractor
    extractor.features = lambda pictures: taken.append(len(pictures)) or np.zeros((len(pictures), 3), np.float32)  # type: ignore
    analyze_video(
        video,
        tasks=usual_tasks(spotter=spotter, report=ReportOptions()),
        options=replace(options, force=True, resume=False),
    )
    assert sum(taken) == 40, "asked for, everything is taken again"


def test_silence_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "touchline.analysis.stream_sources.load_feature_extractor", lambda name, **options: number_extractor(name=name)
    )
    silent = write_numbered(
        tmp_path / "match.mp4", frames=100, width=96, height=64, tone=np.zeros(48_000 * 4, np.float32)
    )
    head = write_head(tmp_path, streams={"picture": (3, "numbers"), "sound": (10, "sound")})
    task, _ = spot(silent, tmp_path, load_video_stream_spotter(str(head), device="cpu"))
    assert [remark for remark in remarks_of(task) if "sound" in remark] == [
        "sound: all rows are identical: the sound is silent or a constant tone"
    ]


def test_the_reports_sliders_and_curves_speak_of_the_same_events(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages: list[dict[str, Any]] = []

    def note(bundle: Bundle, info: VideoInfo, *, options: ReportOptions, sections: Any) -> None:
        values = BundleValues(bundle, info, options)
        names = ("scores", "thresholds", "timeline")
        pages.append({"candidates": bundle.read_candidates(), **{name: getattr(values, name) for name in names}})

    monkeypatch.setattr("touchline.analysis.tasks.report.write_report", note)
    usual, calibration = {"Goal": 0.3, "Corner": 0.2}, {"Goal": (0.5, 0.5)}
    head = write_head(tmp_path, streams={"picture": (3, "numbers")}, thresholds=usual, calibration=calibration)
    found = analyze_video(video, tasks=usual_tasks(spotter=spotter_of(head)), options=AnalyzeOptions(out=tmp_path))
    options = AnalyzeOptions(out=tmp_path)
    assert analyze_video(
        video, tasks=usual_tasks(spotter=spotter_of(head), report=ReportOptions()), options=options
    ).reused
    analyze_video(
        video, tasks=usual_tasks(spotter=spotter_of(head), report=ReportOptions()), options=replace(options, force=True)
    )
    streams = {"picture": read_features(found.bundle / "features" / "picture.npy")}
    direct = spotter_of(head).head.spot(streams, duration_us=found.coverage.duration_us)
    for page in pages:
        candidates = surest(direct.timeline, thresholds={"Goal": 0.05, "Corner": 0.05})
        assert events_document(page["candidates"]) == events_document(candidates)
        assert surest(page["candidates"], thresholds=page["thresholds"]) == found.summaries["spot"].timeline
        assert page["scores"].values.min() >= 0 and np.array_equal(page["scores"].values, direct.scores.values)
    goals = [event.confidence for event in direct.timeline if event.label == "Goal"]
    assert len(pages) == 2 and max(goals) == pytest.approx(float(direct.scores.values[:, 0].max()))
    shutil.rmtree(found.bundle / "features")
    analyze_video(video, tasks=usual_tasks(spotter=spotter_of(head), report=ReportOptions()), options=options)
    assert pages[-1]["candidates"] == pages[0]["candidates"], "the bundle keeps them without the streams"
    assert pages[-1]["timeline"] == found.summaries["spot"].timeline


def test_a_stopped_run_goes_on(video: Path, tmp_path: Path) -> None:
    head = write_head(tmp_path, streams={"picture": (3, "numbers")})
    clean = analyze_video(
        video, tasks=usual_tasks(spotter=spotter_of(head)), options=AnalyzeOptions(out=tmp_path / "clean")
    )
    spotter = spotter_of(head, rate_hz=25.0)

    def stop(done_us: int, total_us: int) -> None:
        if done_us > 15_000_000:
            raise KeyboardInterrupt

    options = AnalyzeOptions(out=tmp_path / "stopped")
    with pytest.raises(KeyboardInterrupt):
        analyze_video(video, tasks=usual_tasks(spotter=spotter), options=options, progress=stop)
    resumed = analyze_video(video, tasks=usual_tasks(spotter=spotter), options=options)
    assert resumed.resumed_from_us == 240 * 40_000
    whole = analyze_video(video, tasks=usual_tasks(spotter=spotter), options=AnalyzeOptions(out=tmp_path / "whole"))
    for name in ("events.json", "scores.npz", "features/picture.npy", "features/picture.json"):
        assert (resumed.bundle / name).read_bytes() == (whole.bundle / name).read_bytes()
    assert clean.bundle.name == resumed.bundle.name


def test_how_long_it_would_take(video: Path, tmp_path: Path) -> None:
    spotter = spotter_of(write_head(tmp_path, streams={"picture": (3, "numbers")}))
    assert trial_speed(video, info=probe(video), tasks=usual_tasks(spotter=spotter)) > 0


def test_the_command_line(video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = write_head(tmp_path, streams={"picture": (3, "numbers")})

    def load(name: str, **options: Any) -> Any:
        return number_extractor(name=name)

    monkeypatch.setattr("touchline.analysis.stream_sources.load_feature_extractor", load)
    run = CliRunner().invoke
    result = run(app, ["spot", str(video), "--model", str(head), "--out", str(tmp_path), "--json"])
    assert result.exit_code == 0, result.output
    assert "stream picture: numbers" in result.stderr
    assert any(json.loads(line).get("label") in LABELS for line in result.stdout.splitlines())
    named = run(app, ["spot", str(video), "--model", str(head), "--features", "other", "--out", str(tmp_path / "b")])
    assert named.exit_code == 0 and "stream picture: other" in named.stderr
    assert run(app, ["spot", str(video), "--model", str(head), "--model", "x", "--out", str(tmp_path)]).exit_code == 2
    assert run(app, ["spot", str(video), "--model", str(head), "--flip", "--out", str(tmp_path)]).exit_code == 2
    assert run(app, ["spot", str(video), "--features", "x", "--out", str(tmp_path)]).exit_code == 2


def test_a_missing_or_shorter_stream_is_a_degraded_result(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(name: str, **options: Any) -> Any:
        return number_extractor(name=name)

    monkeypatch.setattr("touchline.analysis.stream_sources.load_feature_extractor", load)
    head = write_head(tmp_path, streams={"picture": (3, "numbers")})
    both = write_head(tmp_path, streams={"picture": (3, "numbers"), "sound": (10, "sound")}, name="both")

    def code(model: Path, *words: str) -> int:
        return CliRunner().invoke(app, ["spot", str(video), "--model", str(model), *words]).exit_code

    for rows, expected in ((40, 0), (20, 4), (80, 4)):
        values = np.random.default_rng(0).normal(size=(rows, 3)).astype(np.float32)
        path, out = tmp_path / f"{rows}.npy", str(tmp_path / str(rows))
        write_features(path, [values], shape=values.shape, info=FeatureInfo(model="numbers"))
        assert code(head, "--features", f"picture={path}", "--out", out) == expected
        assert code(head, "--features", f"picture={path}", "--out", out) == expected, "found up to date"
    assert code(both, "--out", str(tmp_path / "deaf")) == 4


def test_a_stream_of_the_ball_is_made_along_its_tracks_or_given(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "touchline.analysis.stream_sources.load_feature_extractor", lambda name, **options: number_extractor(name=name)
    )
    both = write_head(tmp_path, streams={"picture": (3, "numbers"), "ball": (3, "ball_numbers")})
    spotter = load_video_stream_spotter(str(both), device="cpu")
    task, bundle = spot(video, tmp_path / "a", spotter)
    assert task.manifest_parts()["spotting"]["degraded"]
    (told,) = [remark for remark in remarks_of(task) if "ball" in remark]
    assert "features extract match.mp4 --ball --model numbers` and give the file with --features ball=FILE.npy" in told
    write_tracks_parquet(bundle.path / TRACKS, ball_tracks(label="player"))
    task, _ = spot(video, tmp_path / "a", spotter)
    assert any("the tracks hold no ball" in remark for remark in remarks_of(task))
    write_tracks_parquet(bundle.path / TRACKS, ball_tracks())
    task, _ = spot(video, tmp_path / "a", spotter)
    assert not any("ball" in remark for remark in remarks_of(task))
    made = bundle.path / "features" / "ball.npy"
    features = read_features(made)
    assert (features.info.model, len(features)) == ("ball_numbers", 40)
    given = load_video_stream_spotter(str(both), device="cpu", given={"ball": made})
    task, again = spot(video, tmp_path / "b", given)
    assert not any("ball" in remark for remark in remarks_of(task))
    assert np.array_equal(again.read_scores().values, bundle.read_scores().values)
    alone = write_head(tmp_path, streams={"ball": (3, "ball_numbers")}, name="alone")
    with pytest.raises(InputError, match=r"none of them was given .*; ball: the ball has not been tracked yet"):
        spot(video, tmp_path / "c", load_video_stream_spotter(str(alone), device="cpu"))


def test_tracks_that_come_later_are_looked_along(video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "touchline.analysis.stream_sources.load_feature_extractor", lambda name, **options: number_extractor(name=name)
    )
    both = write_head(tmp_path, streams={"picture": (3, "numbers"), "ball": (3, "ball_numbers")})
    spotter = load_video_stream_spotter(str(both), device="cpu")
    options = AnalyzeOptions(out=tmp_path)
    assert any(
        "tracked yet" in remark
        for remark in analyze_video(video, tasks=usual_tasks(spotter=spotter), options=options).remarks
    )
    write_tracks_parquet(bundle_in(tmp_path, video).path / TRACKS, ball_tracks())
    later = analyze_video(video, tasks=usual_tasks(spotter=spotter), options=options)
    assert not later.reused and not any("ball" in remark for remark in later.remarks)
    assert analyze_video(video, tasks=usual_tasks(spotter=spotter), options=options).reused


def ball_tracks(*, label: str = "ball") -> Tracks:
    """Something that moves over the whole video."""
    at = np.arange(500)
    boxes = np.stack([10 + at % 60, 20 + 0 * at, 20 + at % 60, 30 + 0 * at], axis=1).astype(np.float32)
    sure, seen = np.ones(len(at), np.float32), np.ones(len(at), bool)
    return Tracks((Track(1, label, at * 40_000, at, boxes, sure, seen),), (Shot(0, 0, 20_000_000),), 96, 64)


def test_sound_and_files_are_found_by_the_heads_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tone = 0.2 * np.sin(np.arange(48_000 * 4) * 2 * np.pi * 440 / 48_000).astype(np.float32)
    video = write_numbered(tmp_path / "match.mp4", frames=100, width=96, height=64, tone=tone)
    mute = write_numbered(tmp_path / "mute.mp4", frames=100, width=96, height=64)
    monkeypatch.setattr(
        "touchline.analysis.stream_sources.load_feature_extractor", lambda name, **options: number_extractor(name=name)
    )
    head = write_head(tmp_path, streams={"picture": (3, "numbers"), "sound": (10, "sound")})
    spotter = load_video_stream_spotter(str(head), device="cpu")
    assert [other.about for other in spotter.sources.others] == ["sound"]
    task, bundle = spot(video, tmp_path, spotter)
    assert read_features(bundle.path / "features" / "sound.npy").width == 10
    assert not any("no 'sound' stream" in remark for remark in remarks_of(task))
    task, _ = spot(mute, tmp_path, spotter)
    (told,) = [remark for remark in remarks_of(task) if "sound" in remark]
    assert told == "no 'sound' stream (the video has no sound): head continues without it and finds less"
    given = load_video_stream_spotter(
        str(head), device="cpu", given={"picture": bundle.path / "features" / "picture.npy"}
    )
    assert given.sources.pictures == ()
    task, again = spot(video, tmp_path / "given", given)
    assert np.array_equal(again.read_scores().values, bundle.read_scores().values) and not task.watches
    assert not any("another video" in remark for remark in remarks_of(task))
    task, _ = spot(mute, tmp_path / "given", given)
    assert "picture: picture.npy was made from another video file, match.mp4" in remarks_of(task)
    with pytest.raises(UsageError, match="reads the streams picture, sound"):
        load_video_stream_spotter(str(head), device="cpu", given={"other": tmp_path / "x.npy"})
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))  # whoever runs this may have imported a vggish
    unheard = write_head(tmp_path, streams={"picture": (3, "numbers"), "sound": (128, "vggish")}, name="unheard")
    spotter = load_video_stream_spotter(str(unheard), device="cpu")
    assert "vggish" in spotter.sources.missing["sound"] and spotter.sources.others == ()


def test_features_of_another_game_or_half_are_one_clear_line(video: Path, tmp_path: Path) -> None:
    here, there = (tmp_path / "league" / "2016-2017" / f"2016-08-2{day} - 18-00 A 1 - 0 B" for day in (0, 1))
    for folder in (here, there):
        folder.mkdir(parents=True)
        for half in (1, 2):
            np.save(folder / f"{half}_ResNET_TF2_PCA512.npy", np.zeros((20, 512), np.float32))
        shutil.copy(video, folder / "1_720p.mkv")
    head = write_head(tmp_path, streams={"picture": (512, "")})
    for wrong, message in (
        (
            there / "1_ResNET_TF2_PCA512.npy",
            r"is of league/2016-2017/2016-08-21.*mkv of league/2016-2017/2016-08-20",
        ),
        (here / "2_ResNET_TF2_PCA512.npy", r"is of half 2, but 1_720p\.mkv of 1"),
    ):
        spotter = load_video_stream_spotter(str(head), device="cpu", given={"picture": wrong})
        with pytest.raises(InputError, match=message):
            spot(here / "1_720p.mkv", tmp_path / "out", spotter)
    require_same_game(here / "1_ResNET_TF2_PCA512.npy", here / "1_720p.mkv")
    require_same_game(tmp_path / "mine.npy", here / "1_720p.mkv")
