"""Training sets from folders of games: their features and labels, memory-mapped in place where possible.

Each game is a folder with a label file and, for each half and kind of features, ``1_KIND.npy`` and ``2_KIND.npy`` as
in SoccerNet, or one ``KIND.npy`` or ``NAME_KIND.npy`` if the game is a single video.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from touchline.core.clock import US_PER_S, format_clock
from touchline.core.columns import EventColumns
from touchline.core.errors import InputError
from touchline.core.labels import label_files
from touchline.formats.features.stream_sets import Recording, StreamSet, write_stream_index
from touchline.formats.features.vectors import Features, first_bad_row, read_features
from touchline.formats.files.atomic import make_folder, replacing
from touchline.formats.files.csv_rows import read_csv
from touchline.formats.soccernet.games import GameFile, load_games
from touchline.models.specs.stream_spec import StreamSpec
from touchline.spotting.stream_spotter import align

PARTS = ("train", "valid", "test")
_TURN = ("train", "train", "train", "valid", "test")
"""Cycle of parts dealt to games in the order of their names if no list of parts is given."""
BALL = "ball"
"""Precedes the model's name in the file names of features of the ball."""
_HALF = re.compile(r"^[12]_")
_SLACK_S = 2.0
"""Seconds that labels may lie after the last row of features."""
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class GamesSet:
    """A written set of games.

    Attributes:
        data: the set.
        copied: number of streams that were resampled to the set's grid and written as new files.
        remarks: remarks for the user, one line each.

    """

    data: StreamSet
    copied: int
    remarks: tuple[str, ...]


def write_games_set(
    games: Path,
    out: Path,
    *,
    streams: Mapping[str, str],
    labels: str | None = None,
    rate_hz: float = 2.0,
    parts: Path | None = None,
) -> GamesSet:
    """Write the index of a set of games, and resampled copies of the streams that are not on its grid.

    Args:
        games: folder of games.
        out: the set's folder.
        streams: kind of features by stream name, such as ``{"picture": "ResNET_TF2_PCA512"}``.
        labels: name of the label files; None takes the first known name that is found.
        rate_hz: samples per second.
        parts: CSV with ``game,part``; without it every fifth game is for testing, every fifth for validation.

    Raises:
        InputError: no game, no features of a kind anywhere, features of different widths, or too few games.

    """
    found = _labelled_games(games, labels=labels)
    names = [game.game or game.title for game in found]
    part_of = _read_parts(parts, names) if parts is not None else _deal(names)
    make_folder(out)
    known: dict[str, Features] = {}
    recordings: list[Recording] = []
    remarks = _unlabelled(games, streams, out=out, found=found)
    classes = sorted({label for game in found for label in game.columns.counts()})
    for game, name in zip(found, names, strict=True):
        if name not in part_of:
            continue
        for half in _halves(games / game.game, game.columns, streams):
            files = _files(games / game.game, streams, half=half)
            if not files:
                remarks.append(f"{name}, half {half}: no features of any kind, left out")
                continue
            remarks += [f"{name}, half {half}: no {stream!r}" for stream in streams if stream not in files]
            one = _recording(game, half=half, files=files, out=out, classes=classes, rate_hz=rate_hz, known=known)
            remarks += _late_events(one, name=f"{name}, half {half}", rate_hz=rate_hz)
            remarks += _broken_rows(one, name=f"{name}, half {half}", out=out)
            recordings.append(replace(one, name=f"{name}/{half}", part=part_of[name]))
    _check_streams(games, streams, known, out=out)
    remarks += _missing_parts(recordings)
    data = StreamSet(
        tuple(classes),
        rate_hz,
        {name: known[name].width for name in streams},
        tuple(recordings),
        {name: features.info.feature_set for name, features in known.items()},
        frozenset(name for name, features in known.items() if features.info.published),
        {name: features.info.reduction_sha256 for name, features in known.items() if features.info.reduction_sha256},
    )
    write_stream_index(out, data)
    copied = sum(path.is_relative_to(out) for one in recordings for path in one.files.values())
    return GamesSet(data, copied, tuple(remarks))


def _labelled_games(games: Path, *, labels: str | None) -> list[GameFile]:
    """Return the label files of a folder of games.

    Raises:
        InputError: not a folder, or no game has a label file.

    """
    if not games.is_dir():
        problem = "is not a folder" if games.exists() else "does not exist"
        raise InputError(f"{games}: {problem}; give the folder of games, each with a label file and features")
    known = label_files() if labels is None else (labels,)
    if not any(True for name in known for _ in games.rglob(name)):
        raise InputError(f"{games}: no game has a label file {' or '.join(known)}; name others with --labels")
    return load_games(games, kind="annotations", file_names=known)


def _unlabelled(games: Path, streams: Mapping[str, str], *, out: Path, found: Sequence[GameFile]) -> list[str]:
    """Return a remark on each folder that has features but no labels."""
    labelled = {game.game for game in found}
    stems = tuple(streams.values())
    folders = {path.parent for path in _feature_files(games, out=out) if _is_of(path, stems)}
    names = sorted(folder.relative_to(games).as_posix() for folder in folders)
    return [
        f"{name}: features, but no {found[0].file_name}; left out"
        for name in names
        if ("" if name == "." else name) not in labelled
    ]


def _feature_files(games: Path, *, out: Path) -> Iterator[Path]:
    """Yield all feature files except those written to ``out`` by an earlier run."""
    return (path for path in games.rglob("*.npy") if not path.absolute().is_relative_to(out.absolute()))


def _is_of(path: Path, kinds: Sequence[str]) -> bool:
    """Return whether a file is named after one of the kinds of features."""
    return any(path.stem == kind or path.stem.endswith(f"_{kind}") for kind in kinds)


def _check_streams(games: Path, streams: Mapping[str, str], known: Mapping[str, Features], *, out: Path) -> None:
    """Check that every stream occurs in some game; else its kind is misspelt or was never extracted.

    Raises:
        InputError: no game has a stream.

    """
    for name, kind in streams.items():
        if name not in known:
            kinds = {_HALF.sub("", path.stem) for path in _feature_files(games, out=out)}
            seen = ", ".join(sorted(kinds)[:_SHOWN]) or "none"
            raise InputError(
                f"{games}: no game has features named HALF_KIND.npy with KIND {kind!r} for {name!r}; "
                f"kinds found: {seen}"
            )


def _missing_parts(recordings: Sequence[Recording]) -> list[str]:
    """Return a remark on each part that is empty."""
    held = {recording.part for recording in recordings}
    needed = {
        "train": "to train on: no head can be trained on this set",
        "valid": "to validate on: no head can be trained on this set",
        "test": "to test on: a head trained on this set will not be measured",
    }
    return [f"no recording {means}" for part, means in needed.items() if part not in held]


def _late_events(recording: Recording, *, name: str, rate_hz: float) -> list[str]:
    """Return a remark if events lie after the end of the features."""
    end_s = recording.samples / rate_hz
    late = int((recording.time_s >= end_s + _SLACK_S).sum())
    if not late:
        return []
    end = format_clock(round(end_s * US_PER_S), decimals=0)
    return [f"{name}: {late} of {len(recording.time_s)} events lie after {end}, where its features end"]


def _broken_rows(recording: Recording, *, name: str, out: Path) -> list[str]:
    """Return a remark on each stream used in place that has values that are not finite."""
    return [
        f"{name}: {stream!r} has values that are not finite; those rows count as missing ({path.name})"
        for stream, path in recording.files.items()
        if stream not in recording.finite and not path.is_relative_to(out)
    ]


def _halves(folder: Path, events: EventColumns, streams: Mapping[str, str]) -> list[int]:
    """Return the halves that have events or features, and always the first."""
    second = {2} if any((folder / f"2_{kind}.npy").exists() for kind in streams.values()) else set()
    return sorted({1, *events.half.tolist(), *second})


def _files(folder: Path, streams: Mapping[str, str], *, half: int) -> dict[str, Path]:
    """Return the existing feature file of each stream of a half."""
    found = {}
    for name, kind in streams.items():
        path = folder / f"{half}_{kind}.npy"
        if path.exists():
            found[name] = path
        elif half == 1:
            found.update((name, whole) for whole in _whole(folder, kind))
    return found


def _whole(folder: Path, kind: str) -> list[Path]:
    """Return the feature file of a game that is one video, ``KIND.npy`` or ``NAME_KIND.npy``: at most one.

    Raises:
        InputError: several files, which belong to several videos.

    """
    if (folder / f"{kind}.npy").exists():
        return [folder / f"{kind}.npy"]
    files = [path for path in sorted(folder.glob("*.npy")) if _is_of(path, (kind,)) and path.name[:2] != "2_"]
    if len(files) > 1:  # features of the ball have "ball" before the model's name
        files = [path for path in files if not path.stem.endswith(f"_{BALL}_{kind}")]
    if len(files) > 1:
        raise InputError(
            f"{folder}: {', '.join(path.name for path in files[:_SHOWN])} are features of several videos; a folder "
            f"holds one game: name its halves 1_{kind}.npy and 2_{kind}.npy"
        )
    return files


def _recording(
    game: GameFile,
    *,
    half: int,
    files: Mapping[str, Path],
    out: Path,
    classes: Sequence[str],
    rate_hz: float,
    known: dict[str, Features],
) -> Recording:
    """Return one half as a recording, with its streams on the set's grid."""
    streams = {name: read_features(path, check=False) for name, path in files.items()}
    for name, features in streams.items():
        first = known.setdefault(name, features)
        if features.width != first.width:
            raise InputError(
                f"{files[name]}: features have {features.width} values per row where other games have {first.width}; "
                "reduce all games' features to one width with `touchline features reduce`"
            )
        if _made_by(features) != _made_by(first):
            raise InputError(
                f"{files[name]}: made by {_made_by_text(features)}, other games' {name} by {_made_by_text(first)}; "
                "their values are not comparable: extract and reduce all games with the same models"
            )
    samples = _samples(streams.values(), rate_hz=rate_hz)
    label, time_s = _events(game.columns, half=half, classes=classes)
    where, finite = {}, set()
    for name, features in streams.items():
        if _on_grid(features, rate_hz=rate_hz, samples=samples):
            where[name] = files[name].absolute()
            finite |= {name} if first_bad_row(features.values) is None else set()
        else:
            where[name] = out / f"{_plain(game.game or game.title)}_{half}_{name}.npy"
            _write_aligned(where[name], name, features, rate_hz=rate_hz, samples=samples)
    return Recording("", samples, where, label, time_s, "train", frozenset(finite))


def _made_by(features: Features) -> tuple[str, str]:
    """Return the model and the reduction of a stream, which decide whether its values are comparable."""
    info = features.info
    return (info.feature_set, "") if info.published else (info.model_sha256 or info.model, info.reduction_sha256)


def _made_by_text(features: Features) -> str:
    """Return the model and the reduction of a stream as text."""
    info = features.info
    model = f"{info.model} ({info.model_sha256[:12]})" if info.model_sha256 else info.model
    return f"{model} and the reduction {info.reduction_sha256[:12]}" if info.reduction_sha256 else model


def _samples(streams: Collection[Features], *, rate_hz: float) -> int:
    """Return a recording's length in samples: its longest stream's, or that of one on the grid that ends with it."""
    longest = max(int(np.ceil(features.end_us * rate_hz / 1e6 - 1e-6)) for features in streams)
    fitting = [len(features) for features in streams if _on_grid(features, rate_hz=rate_hz, samples=len(features))]
    near = [samples for samples in fitting if samples >= longest - _SLACK_S * rate_hz]
    return max(near, default=longest)


def _on_grid(features: Features, *, rate_hz: float, samples: int) -> bool:
    info = features.info
    plain = info.times_us is None and info.start_us == 0 and not info.absent and not features.lost_rows().any()
    return plain and info.rate_hz == rate_hz and len(features) == samples


def _write_aligned(path: Path, name: str, features: Features, *, rate_hz: float, samples: int) -> None:
    """Write a stream on the grid; samples without features are NaN."""
    spec = StreamSpec(name=name, width=features.width)
    values, present = align(features, stream=spec, rate_hz=rate_hz, samples=samples)
    values[~present] = np.nan
    with replacing(path) as file:
        np.save(file, values)


def _events(columns: EventColumns, *, half: int, classes: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return class indices and times in seconds of a half's events."""
    rows = columns.half == half
    number = np.array([classes.index(label) for label in columns.labels], np.int64)
    label = number[columns.label[rows]] if rows.any() else np.zeros(0, np.int64)
    return label, columns.position_ms[rows] / 1000.0


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-." else "_" for c in name)[-120:]


def _deal(names: Sequence[str]) -> dict[str, str]:
    if len(names) < len(PARTS):
        raise InputError(
            f"{len(names)} games are too few: training, validation and testing need one each; "
            "assign games to parts with --parts"
        )
    if len(names) < len(_TURN):
        return dict(zip(sorted(names), ("train",) * (len(names) - 2) + ("valid", "test"), strict=True))
    return {name: _TURN[number % len(_TURN)] for number, name in enumerate(sorted(names))}


def _read_parts(path: Path, names: Sequence[str]) -> dict[str, str]:
    """Read the part of each game; games that are not listed are left out.

    Raises:
        InputError: not such a table, an unknown part, or an unknown game.

    """
    found = {}
    for line, game, part in _rows(path):
        if part not in PARTS:
            raise InputError(f"{path}: line {line}: part {part!r} is unknown; use {', '.join(PARTS)}")
        if game not in names:
            some = ", ".join(sorted(names)[:3])
            raise InputError(f"{path}: line {line}: no game is called {game!r}; games are {some}, ...")
        found[game] = part
    return found


def _rows(path: Path) -> Iterator[tuple[int, str, str]]:
    table = read_csv(path)
    if not {"game", "part"} <= set(table.columns):
        raise InputError(f"{path}: has columns {list(table.columns)[:12]}; the columns game and part are required")
    for line, row in enumerate(table.rows, 2):
        yield line, row["game"].strip(), row["part"].strip()
