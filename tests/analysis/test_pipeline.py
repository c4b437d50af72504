from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from makevideo import write_numbered
from tinymodel import write_tiny_model
from touchline.analysis.checkpoint import Checkpoint, bundle_lock
from touchline.analysis.pipeline import AnalyzeOptions, analyze_video
from touchline.analysis.result import AnalysisResult
from touchline.analysis.tasks.usual import usual_tasks
from touchline.core.errors import InputError, ResourceError
from touchline.formats.bundle import Bundle
from touchline.formats.soccernet.labels import read_labels
from touchline.report.options import ReportOptions
from touchline.spotting import spotter as spotter_module
from touchline.spotting.ensemble import EnsembleSpotter, average_scores
from touchline.spotting.spotter import BaseSpotter, Spotter, load_spotter

SAME = ("events.json", "candidates.json", "results_spotting.json", "scores.npz")
FRAMES = 900
SECONDS = FRAMES / 25


@pytest.fixture(scope="module")
def spotter(tmp_path_factory: pytest.TempPathFactory) -> Spotter:
    return load_spotter(write_tiny_model(tmp_path_factory.mktemp("model")), device="cpu", backend="torch", threads=1)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_numbered(tmp_path_factory.mktemp("video") / "match.mp4", frames=FRAMES, width=96, height=64)


@pytest.fixture(scope="module")
def clean(spotter: Spotter, video: Path, tmp_path_factory: pytest.TempPathFactory) -> AnalysisResult:
    return analyze_video(
        video, tasks=usual_tasks(spotter=spotter), options=AnalyzeOptions(out=tmp_path_factory.mktemp("clean"))
    )


def files(bundle: Path) -> dict[str, bytes]:
    return {name: (bundle / name).read_bytes() for name in SAME}


def test_every_sample_has_a_score_and_the_files_agree(clean: AnalysisResult) -> None:
    bundle = Bundle(clean.bundle)
    scores = bundle.read_scores()
    assert len(scores) == FRAMES // 2
    np.testing.assert_array_equal(scores.times_us, np.arange(FRAMES // 2) * 80_000)
    assert len(clean.summaries["spot"].timeline) > 10
    assert bundle.read_events() == clean.summaries["spot"].timeline
    results = read_labels(clean.bundle / "results_spotting.json")
    assert [e.start_us for e in results] == [e.start_us for e in clean.summaries["spot"].timeline]
    assert not clean.degraded
    assert clean.coverage.frames_decoded == FRAMES
    assert clean.report is None
    assert sorted(p.name for p in clean.bundle.iterdir()) == sorted([*SAME, "likeness.json", "manifest.json"])


def test_the_manifest_says_with_what(clean: AnalysisResult, spotter: Spotter) -> None:
    manifest = Bundle(clean.bundle).read_manifest()
    assert manifest.models == ({"task": "spot", "name": "tiny", "sha256": spotter.sha256},)
    assert manifest.coverage == clean.coverage
    assert set(manifest.files) == {*SAME, "likeness.json"}
    assert manifest.timings_s["analyse"] > 0


class Stop(Exception):
    pass


def stopping_at(count: int, done: int = 0) -> Iterator[None]:
    for _ in range(done, count):
        yield
    raise Stop


def stop_at_save(
    monkeypatch: pytest.MonkeyPatch, count: int, *, video: Path, spotter: BaseSpotter, options: AnalyzeOptions
) -> None:
    """Run an analysis that stops when ``count`` chunks are saved."""
    original = Checkpoint.append
    budget = stopping_at(count)

    def append(self: Checkpoint, first_index: int, values: np.ndarray) -> None:
        next(budget)
        original(self, first_index, values)

    monkeypatch.setattr(Checkpoint, "append", append)
    with pytest.raises(Stop):
        analyze_video(video, tasks=usual_tasks(spotter=spotter), options=options)
    monkeypatch.undo()


@pytest.mark.robustness("32")
@pytest.mark.parametrize("chunks_before_the_end", [0, 1, 2, 3])
def test_a_stopped_run_goes_on_and_ends_with_the_same_bytes(
    clean: AnalysisResult,
    spotter: Spotter,
    video: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    chunks_before_the_end: int,
) -> None:
    options = AnalyzeOptions(out=tmp_path, chunk_s=10.0)
    stop_at_save(monkeypatch, chunks_before_the_end, video=video, spotter=spotter, options=options)
    encoded: list[int] = []
    fit = spotter_module.fit_luma
    monkeypatch.setattr(spotter_module, "fit_luma", lambda luma, **size: (encoded.append(1), fit(luma, **size))[1])
    result = analyze_video(video, tasks=usual_tasks(spotter=spotter), options=options)
    assert files(result.bundle) == files(clean.bundle)
    assert result.coverage == clean.coverage
    if chunks_before_the_end:
        assert result.resumed_from_us == chunks_before_the_end * 128 * 80_000
    margin = 60  # stacks before the first output, and batches that start early
    assert len(encoded) <= FRAMES // 2 - chunks_before_the_end * 128 + margin


@pytest.fixture(scope="module")
def pair(spotter: Spotter, tmp_path_factory: pytest.TempPathFactory) -> EnsembleSpotter:
    path = write_tiny_model(tmp_path_factory.mktemp("model"), name="other", size=48, seed=2)
    return EnsembleSpotter([spotter, load_spotter(path, device="cpu", backend="torch", threads=1)])


@pytest.fixture(scope="module")
def clean_pair(pair: EnsembleSpotter, video: Path, tmp_path_factory: pytest.TempPathFactory) -> AnalysisResult:
    return analyze_video(
        video, tasks=usual_tasks(spotter=pair), options=AnalyzeOptions(out=tmp_path_factory.mktemp("pair"))
    )


def test_an_ensemble_gives_the_mean_of_its_models_from_one_decode(
    clean: AnalysisResult, clean_pair: AnalysisResult, pair: EnsembleSpotter, video: Path, tmp_path: Path
) -> None:
    other = analyze_video(video, tasks=usual_tasks(spotter=pair.members[1]), options=AnalyzeOptions(out=tmp_path))
    alone = [Bundle(result.bundle).read_scores() for result in (clean, other)]
    scores = Bundle(clean_pair.bundle).read_scores()
    assert not np.array_equal(alone[0].values, alone[1].values)
    np.testing.assert_array_equal(scores.values, average_scores(alone).values)
    np.testing.assert_array_equal(scores.times_us, alone[0].times_us)
    assert clean_pair.coverage == clean.coverage
    manifest = Bundle(clean_pair.bundle).read_manifest()
    assert [(m["name"], m["sha256"]) for m in manifest.models] == [(m.name, m.sha256) for m in pair.members]
    assert {event.source for event in clean_pair.summaries["spot"].timeline} == {"tiny+other"}


@pytest.mark.parametrize("chunks_before_the_end", [0, 1, 3])
def test_a_stopped_ensemble_goes_on_and_ends_with_the_same_bytes(
    clean_pair: AnalysisResult,
    pair: EnsembleSpotter,
    video: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    chunks_before_the_end: int,
) -> None:
    options = AnalyzeOptions(out=tmp_path, chunk_s=10.0)
    stop_at_save(monkeypatch, chunks_before_the_end, video=video, spotter=pair, options=options)
    result = analyze_video(video, tasks=usual_tasks(spotter=pair), options=options)
    assert files(result.bundle) == files(clean_pair.bundle)
    assert (result.resumed_from_us or 0) == chunks_before_the_end * 128 * 80_000


def test_thresholds_decide_the_events_and_the_report_but_not_the_scores(
    spotter: Spotter, video: Path, tmp_path: Path, clean: AnalysisResult
) -> None:
    options = AnalyzeOptions(out=tmp_path)
    result = analyze_video(
        video, tasks=usual_tasks(spotter=spotter, thresholds={"PASS": 1.0}, report=ReportOptions()), options=options
    )
    assert files(result.bundle)["scores.npz"] == files(clean.bundle)["scores.npz"]
    assert list(result.summaries["spot"].timeline) == [
        event for event in clean.summaries["spot"].timeline if event.label != "PASS"
    ]
    assert analyze_video(
        video, tasks=usual_tasks(spotter=spotter, thresholds={"PASS": 1.0}, report=ReportOptions()), options=options
    ).reused
    assert not analyze_video(video, tasks=usual_tasks(spotter=spotter), options=AnalyzeOptions(out=tmp_path)).reused


def test_killed_after_the_last_chunk_only_the_files_are_written(
    clean: AnalysisResult, spotter: Spotter, video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*args: object, **kwargs: object) -> None:
        raise Stop

    monkeypatch.setattr(Bundle, "write_events", stop)
    with pytest.raises(Stop):
        analyze_video(video, tasks=usual_tasks(spotter=spotter), options=AnalyzeOptions(out=tmp_path))
    monkeypatch.undo()
    result = analyze_video(video, tasks=usual_tasks(spotter=spotter), options=AnalyzeOptions(out=tmp_path))
    assert files(result.bundle) == files(clean.bundle)
    assert result.coverage == clean.coverage
    assert not (result.bundle / ".partial").exists()


def test_an_up_to_date_bundle_is_reused(spotter: Spotter, video: Path, clean: AnalysisResult) -> None:
    before = (clean.bundle / "manifest.json").stat().st_mtime_ns
    options = AnalyzeOptions(out=clean.bundle.parent)
    again = analyze_video(video, tasks=usual_tasks(spotter=spotter), options=options)
    assert again.reused
    assert (again.summaries["spot"].timeline, again.coverage) == (clean.summaries["spot"].timeline, clean.coverage)
    assert (clean.bundle / "manifest.json").stat().st_mtime_ns == before


@pytest.mark.parametrize("change", ["force", "events", "manifest", "model"])
def test_a_bundle_that_is_not_up_to_date_is_made_again(
    spotter: Spotter, video: Path, tmp_path: Path, change: str, clean: AnalysisResult
) -> None:
    first = analyze_video(video, tasks=usual_tasks(spotter=spotter), options=AnalyzeOptions(out=tmp_path))
    if change == "events":
        (first.bundle / "events.json").write_text("{}")
    if change == "manifest":
        (first.bundle / "manifest.json").write_text("{")
    if change == "model":
        other = write_tiny_model(tmp_path, name="other")
        spotter = load_spotter(other, device="cpu", backend="torch", threads=1)
    again = analyze_video(
        video, tasks=usual_tasks(spotter=spotter), options=AnalyzeOptions(out=tmp_path, force=change == "force")
    )
    assert not again.reused
    if change != "model":
        assert files(again.bundle) == files(clean.bundle)
    else:
        assert {event.source for event in again.summaries["spot"].timeline} == {"other"}


def test_chunks_of_another_model_are_not_used(tmp_path: Path) -> None:
    values = np.zeros((3, 2), np.float32)
    first = Checkpoint(tmp_path, key={"model": "a"})
    first.append(0, values)
    assert Checkpoint(tmp_path, key={"model": "a"}).next_index == 3
    assert Checkpoint(tmp_path, key={"model": "b"}).next_index is None
    assert Checkpoint(tmp_path, key={"model": "a"}).next_index is None


@pytest.mark.robustness("32")
def test_chunks_behind_a_broken_one_are_not_used(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path, key={})
    for index in range(3):
        checkpoint.append(4 + index * 2, np.full((2, 1), index, np.float32))
    with pytest.raises(ValueError, match="does not follow"):
        checkpoint.append(11, np.zeros((2, 1), np.float32))
    first_index, values = Checkpoint(tmp_path, key={}).scores(classes=1)
    assert first_index == 4
    np.testing.assert_array_equal(values[:, 0], [0, 0, 1, 1, 2, 2])
    (tmp_path / ".partial" / "spot" / "chunk-000001.npz").write_bytes(b"PK cut")
    assert Checkpoint(tmp_path, key={}).next_index == 6
    assert Checkpoint(tmp_path, key={}, resume=False).next_index is None


@pytest.mark.robustness("40")
@pytest.mark.robustness("40")
def test_two_runs_on_one_bundle_do_not_clash(spotter: Spotter, video: Path, tmp_path: Path) -> None:
    bundle = Bundle.create(tmp_path, video)
    with bundle_lock(bundle.path), pytest.raises(ResourceError, match="another touchline process"):
        analyze_video(video, tasks=usual_tasks(spotter=spotter), options=AnalyzeOptions(out=tmp_path))
    assert (
        analyze_video(video, tasks=usual_tasks(spotter=spotter), options=AnalyzeOptions(out=tmp_path))
        .summaries["spot"]
        .timeline
    )


@pytest.mark.robustness("26")
def test_a_file_that_grows_meanwhile_is_refused(spotter: Spotter, video: Path, tmp_path: Path) -> None:
    growing = tmp_path / "growing.mp4"
    growing.write_bytes(video.read_bytes())

    def grow(done_us: int, total_us: int) -> None:
        with growing.open("ab") as file:
            file.write(b"more")

    with pytest.raises(InputError, match="changed while it was read"):
        analyze_video(growing, tasks=usual_tasks(spotter=spotter), progress=grow)
    assert not (tmp_path / "growing.touchline").exists()


@pytest.mark.robustness("8")
def test_a_damaged_video_gives_what_is_left_and_says_what_is_lost(
    spotter: Spotter, video: Path, tmp_path: Path, clean: AnalysisResult
) -> None:
    data = bytearray(video.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = bytes(3000)
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(data)
    result = analyze_video(damaged, tasks=usual_tasks(spotter=spotter))
    assert result.degraded
    assert result.coverage.gaps
    assert Bundle(result.bundle).read_scores().times_us[-1] == pytest.approx(SECONDS * 1e6, abs=1e6)


def test_what_fails_leaves_no_empty_folder(spotter: Spotter, tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(InputError):
        analyze_video(tmp_path / "text.mp4", tasks=usual_tasks(spotter=spotter))
    assert [p.name for p in tmp_path.iterdir()] == ["text.mp4"]


@pytest.mark.robustness("31")
@pytest.mark.robustness("31")
def test_a_full_disk_leaves_the_old_result(
    spotter: Spotter, video: Path, tmp_path: Path, clean: AnalysisResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno
    import os

    analyze_video(video, tasks=usual_tasks(spotter=spotter), options=AnalyzeOptions(out=tmp_path))

    def fail(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(ResourceError, match="disk is full"):
        analyze_video(video, tasks=usual_tasks(spotter=spotter), options=AnalyzeOptions(out=tmp_path, force=True))
    monkeypatch.undo()
    assert files(tmp_path / "match.touchline") == files(clean.bundle)


@pytest.mark.robustness("24")
def test_one_frame_is_a_video_too(spotter: Spotter, tmp_path: Path) -> None:
    video = write_numbered(tmp_path / "one.mp4", frames=1)
    result = analyze_video(video, tasks=usual_tasks(spotter=spotter, report=ReportOptions()), options=AnalyzeOptions())
    assert len(Bundle(result.bundle).read_scores()) == 1
    assert len(result.summaries["spot"].timeline) == 0
    assert result.report is not None


def test_the_report_follows_the_results(spotter: Spotter, video: Path, tmp_path: Path) -> None:
    first = analyze_video(
        video, tasks=usual_tasks(spotter=spotter, report=ReportOptions()), options=AnalyzeOptions(out=tmp_path)
    )
    assert first.report is not None
    again = analyze_video(
        video, tasks=usual_tasks(spotter=spotter, report=ReportOptions()), options=AnalyzeOptions(out=tmp_path)
    )
    assert again.reused
    assert again.report == first.report
    forced = analyze_video(video, tasks=usual_tasks(spotter=spotter), options=AnalyzeOptions(out=tmp_path, force=True))
    assert forced.report is None, "a report of older results must not stay beside new ones"
    added = analyze_video(
        video, tasks=usual_tasks(spotter=spotter, report=ReportOptions()), options=AnalyzeOptions(out=tmp_path)
    )
    assert added.reused
    assert added.report is not None


def test_progress_is_told_in_order(spotter: Spotter, video: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    analyze_video(
        video,
        tasks=usual_tasks(spotter=spotter),
        options=AnalyzeOptions(out=tmp_path),
        progress=lambda a, b: told.append((a, b)),
    )
    assert [done for done, _ in told] == [i * 1_000_000 for i in range(int(SECONDS))]
    assert {total for _, total in told} == {int(SECONDS * 1e6)}


def test_events_json_is_documented_json(clean: AnalysisResult) -> None:
    document = json.loads((clean.bundle / "events.json").read_bytes())
    assert (document["schema"], document["version"]) == ("touchline.events", 1)
    assert set(document["events"][0]) >= {"id", "label", "start_us", "confidence", "team", "player", "source"}
