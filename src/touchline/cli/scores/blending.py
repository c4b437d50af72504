"""Events from saved scores: the mean of the files of each half, then peaks; no model runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from touchline.cli.common import Output
from touchline.cli.scores.options import SpotScoresArguments, refuse_video_options
from touchline.core.clock import format_clock
from touchline.core.errors import EXIT_OK, InputError, UsageError
from touchline.core.suggestions import did_you_mean
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.core.events import Scores, Timeline
    from touchline.models.specs.spec import ModelConfig, PeakSpec

_FOLDER = "blended"
"""Folder of the results, by default."""


@dataclass(frozen=True, slots=True)
class _Decoding:
    """How events are found: labels of files that name none, thresholds and peak settings, of a model or lRomul's."""

    labels: tuple[str, ...] | None
    thresholds: dict[str, float]
    peaks: PeakSpec


def blend_scores(arguments: SpotScoresArguments, first: Sequence[Path], *, output: Output) -> int:
    """Average saved scores, spot the events in them and write both; return the exit code.

    Raises:
        UsageError: an option that is not for saved scores, or one is missing for what the files do not state.
        InputError: a file is not of scores, or the files are not of the same samples and labels.

    """
    from touchline.spotting.ensemble import average_scores

    refuse_video_options(arguments)
    files = _files([*first, *(arguments.videos or ())], half=arguments.half)
    decoding = _decoding(arguments)
    blended = {}
    for half, paths in files.items():
        members = [_read(path, arguments, decoding) for path in paths]
        require_same_grid(paths, members)
        blended[half] = average_scores(members)
    timeline = _events(blended, arguments, decoding)
    out = arguments.out or Path(_FOLDER)
    _write(out, blended, timeline, first=files[min(files)][0])
    count = sum(len(paths) for paths in files.values())
    output.record({"scores": count, "halves": sorted(files), "events": len(timeline), "out": str(out)})
    if not output.json:
        output.say(f"{counted(count, 'file')} of scores, {counted(len(timeline), 'event')} -> {out}")
    return EXIT_OK


def _files(given: Sequence[Path], *, half: int | None) -> dict[int, list[Path]]:
    """Return the files by half.

    Raises:
        UsageError: the halves have different numbers of files, or --half is another one than a name says.

    """
    from touchline.formats.score_files import find_score_files, half_of_scores

    files: dict[int, list[Path]] = {}
    for path in (file for one in given for file in find_score_files(one)):
        named = half_of_scores(path)
        if half is not None and named not in (None, half):
            raise UsageError(f"--half {half}: {path} is of half {named}, as its name says")
        files.setdefault(named or half or 1, []).append(path)
    counts = {number: len(paths) for number, paths in sorted(files.items())}
    if len(set(counts.values())) > 1:
        words = ", ".join(f"half {number} has {counted(count, 'file')}" for number, count in counts.items())
        raise UsageError(f"--scores: {words}; give the same models' scores of each half")
    return dict(sorted(files.items()))


def _decoding(arguments: SpotScoresArguments) -> _Decoding:
    """Return the settings of the model named, or lRomul's.

    Raises:
        UsageError: the model is not a spotter of frames.

    """
    from touchline.cli.models.imports import label_names
    from touchline.models.specs.spec import PeakSpec

    labels = label_names(arguments.labels)
    config = _config(arguments.model[0]) if arguments.model else None
    if config is None:
        return _Decoding(None if labels is None else tuple(labels), {}, PeakSpec())
    return _Decoding(config.labels if labels is None else tuple(labels), dict(config.thresholds), config.peaks)


def _config(model: str) -> ModelConfig:
    from touchline.models.specs.spec import ModelConfig
    from touchline.models.store import find_model, read_config

    config = read_config(find_model(model))
    if not isinstance(config, ModelConfig):
        raise UsageError(f"--model {model}: with --scores, only a spotter of frames gives thresholds and peak settings")
    return config


def _read(path: Path, arguments: SpotScoresArguments, decoding: _Decoding) -> Scores:
    from touchline.formats.score_files import read_score_file

    return read_score_file(path, fps=arguments.fps, labels=decoding.labels)


def require_same_grid(paths: Sequence[Path], members: Sequence[Scores]) -> None:
    """Check that scores are of the same labels and samples.

    Raises:
        InputError: two files differ in grid, labels or length; the message names the difference.

    """
    for path, other in zip(paths[1:], members[1:], strict=True):
        one = members[0]
        if other.labels != one.labels:
            raise InputError(f"{path}: its labels {','.join(other.labels)} differ from {_labels_of(paths[0], one)}")
        if len(other) != len(one) or bool((other.times_us != one.times_us).any()):
            raise InputError(
                f"{path}: {_span(other)}, but {paths[0]}: {_span(one)}; scores are averaged sample by sample: give "
                "those of one video, from models with the same rate and the same ends"
            )


def _labels_of(path: Path, scores: Scores) -> str:
    return f"{','.join(scores.labels)} of {path}; an average needs the same labels in the same order"


def _span(scores: Scores) -> str:
    first, last = (format_clock(int(scores.times_us[at])) for at in (0, -1))
    return f"{counted(len(scores), 'sample')} from {first} to {last}"


def _events(blended: dict[int, Scores], arguments: SpotScoresArguments, decoding: _Decoding) -> Timeline:
    """Find the peaks of each half's scores."""
    from touchline.cli.running import for_all_labels, read_thresholds
    from touchline.core.events import Timeline
    from touchline.models.specs.spec import DEFAULT_THRESHOLD
    from touchline.spotting.peaks import find_events

    events = []
    for half, scores in blended.items():
        changed = for_all_labels(read_thresholds(arguments.threshold or ()), labels=scores.labels)
        _check_thresholds(changed, labels=scores.labels)
        known = {label: decoding.thresholds.get(label, DEFAULT_THRESHOLD) for label in scores.labels}
        found = find_events(
            scores,
            thresholds={**known, **changed},
            sigma_samples=decoding.peaks.sigma_samples,
            distance_samples=decoding.peaks.distance_samples,
            source="scores",
        )
        events += [replace(event, half=half) for event in found]
    return Timeline(tuple(events))


def _check_thresholds(thresholds: dict[str, float], *, labels: Sequence[str]) -> None:
    for label, value in thresholds.items():
        if label not in labels:
            raise UsageError(f"--threshold {label}: the scores have {', '.join(labels)}{did_you_mean(label, labels)}")
        if not 0 <= value <= 1:
            raise UsageError(f"--threshold {label}={value:g}: must be 0 to 1")


def _write(out: Path, blended: dict[int, Scores], timeline: Timeline, *, first: Path) -> None:
    """Write events.json, results_spotting.json, and scores.npz or one file of scores per half."""
    from touchline.formats.bundle import EVENTS, RESULTS, SCORES
    from touchline.formats.events.registry import write_events
    from touchline.formats.files.atomic import make_folder, write_bytes_atomic
    from touchline.formats.own_scores import scores_bytes
    from touchline.formats.soccernet.game_names import game_of_folder
    from touchline.formats.soccernet.labels import write_results

    make_folder(out)
    write_events(timeline, out / EVENTS, game="")
    game = game_of_folder(first.absolute().parent).removesuffix(".touchline")
    write_results(timeline, out / RESULTS, game=game)
    for half, scores in blended.items():
        name = SCORES if len(blended) == 1 else f"{half}_{SCORES}"
        write_bytes_atomic(out / name, scores_bytes(scores))
