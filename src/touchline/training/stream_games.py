"""A set to learn from out of games: features and labels as they lie in folders, mapped where that is possible.

Each game is a folder with a label file and, for each half and kind of features, ``1_KIND.npy`` and ``2_KIND.npy`` as
SoccerNet has them, or one ``KIND.npy`` or ``NAME_KIND.npy`` where the game is one video.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from touchline.columns import EventColumns
from touchline.errors import InputError
from touchline.formats.atomic import make_folder, replacing
from touchline.formats.features import Features, first_bad_row, read_features
from touchline.formats.soccernet_games import GameFile, load_games
from touchline.formats.stream_sets import Recording, StreamSet, write_stream_index
from touchline.models.stream_spec import StreamSpec
from touchline.spotting.stream_spotter import align

PARTS = ("train", "valid", "test")
_TURN = ("train", "train", "train", "valid", "test")
"""Without a list of parts, games take them in this turn, in the order of their names."""


@dataclass(frozen=True, slots=True)
class GamesSet:
    """A set that was written.

    Attributes:
        data: the set.
        copied: streams that had to be brought onto the set's grid, and were written anew.
        remarks: what a user should know, a line each.

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
    """Write the index of a set of games, and those streams that are not on its grid.

    Args:
        games: folder of games.
        out: the set's folder.
        streams: name -> kind of features, such as ``{"picture": "ResNET_TF2_PCA512"}``.
        labels: name of the label files; the best known one without.
        rate_hz: samples a second.
        parts: CSV with ``game,part``; without it every fifth game is for testing, every fifth for validation.

    Raises:
        InputError: no game, no features of a kind anywhere, features of two widths, or too few games.

    """
    found = load_games(games, kind="annotations", file_names=() if labels is None else (labels,))
    names = [game.game or game.title for game in found]
    part_of = _read_parts(parts, names) if parts is not None else _deal(names)
    make_folder(out)
    known: dict[str, Features] = {}
    recordings: list[Recording] = []
    remarks: list[str] = []
    classes = sorted({label for game in found for label in game.columns.counts()})
    for game, name in zip(found, names, strict=True):
        if name not in part_of:
            continue
        for half in sorted({1, *game.columns.half.tolist()}):
            files = _files(games / game.game, streams, half=half)
            if not files:
                remarks.append(f"{name}, half {half}: no features of any kind, left out")
                continue
            remarks += [f"{name}, half {half}: no {stream!r}" for stream in streams if stream not in files]
            one = _recording(game, half=half, files=files, out=out, classes=classes, rate_hz=rate_hz, known=known)
            recordings.append(_with_part(one, name=f"{name}/{half}", part=part_of[name]))
    if not recordings:
        kinds = ", ".join(streams.values())
        raise InputError(f"{games}: no game has features named HALF_KIND.npy with KIND one of {kinds}")
    data = StreamSet(
        tuple(classes),
        rate_hz,
        {name: known[name].width for name in streams if name in known},
        tuple(recordings),
        {name: features.info.model for name, features in known.items()},
        frozenset(name for name, features in known.items() if features.info.published),
    )
    write_stream_index(out, data)
    copied = sum(path.is_relative_to(out) for one in recordings for path in one.files.values())
    return GamesSet(data, copied, tuple(remarks))


def _files(folder: Path, streams: Mapping[str, str], *, half: int) -> dict[str, Path]:
    """The file of each stream of a half, where there is one."""
    found = {}
    for name, kind in streams.items():
        path = folder / f"{half}_{kind}.npy"
        if not path.exists() and half == 1:
            whole = [folder / f"{kind}.npy", *sorted(folder.glob(f"*_{kind}.npy"))]
            path = next((one for one in whole if one.exists() and not one.name.startswith("2_")), path)
        if path.exists():
            found[name] = path
    return found


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
    """One half, its streams on the set's grid."""
    streams = {name: read_features(path, check=False) for name, path in files.items()}
    for name, features in streams.items():
        first = known.setdefault(name, features)
        if features.width != first.width:
            raise InputError(
                f"{files[name]}: rows of {features.width} numbers where other games have {first.width}; "
                "`touchline features reduce` makes them alike"
            )
    samples = max(int(np.ceil(features.end_us * rate_hz / 1e6 - 1e-6)) for features in streams.values())
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


def _with_part(recording: Recording, *, name: str, part: str) -> Recording:
    return Recording(
        name, recording.samples, recording.files, recording.label, recording.time_s, part, recording.finite
    )


def _on_grid(features: Features, *, rate_hz: float, samples: int) -> bool:
    info = features.info
    plain = info.times_us is None and info.start_us == 0 and not info.absent and not features.lost_rows().any()
    return plain and info.rate_hz == rate_hz and len(features) == samples


def _write_aligned(path: Path, name: str, features: Features, *, rate_hz: float, samples: int) -> None:
    """Write a stream on the grid; samples without anything hold no numbers."""
    spec = StreamSpec(name=name, width=features.width)
    values, present = align(features, stream=spec, rate_hz=rate_hz, samples=samples)
    values[~present] = np.nan
    with replacing(path) as file:
        np.save(file, values)


def _events(columns: EventColumns, *, half: int, classes: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Labels and times of a half's events."""
    rows = columns.half == half
    number = np.array([classes.index(label) for label in columns.labels], np.int64)
    label = number[columns.label[rows]] if rows.any() else np.zeros(0, np.int64)
    return label, columns.position_ms[rows] / 1000.0


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-." else "_" for c in name)[-120:]


def _deal(names: Sequence[str]) -> dict[str, str]:
    if len(names) < len(PARTS):
        raise InputError(
            f"{len(names)} games are too few: one each is needed to train, to validate and to test; "
            "say with --parts what is for what"
        )
    if len(names) < len(_TURN):
        return dict(zip(sorted(names), ("train",) * (len(names) - 2) + ("valid", "test"), strict=True))
    return {name: _TURN[number % len(_TURN)] for number, name in enumerate(sorted(names))}


def _read_parts(path: Path, names: Sequence[str]) -> dict[str, str]:
    """Game -> part; games that are not listed are left out.

    Raises:
        InputError: not such a table, an unknown part, or a game that is not there.

    """
    found = {}
    for line, game, part in _rows(path):
        if part not in PARTS:
            raise InputError(f"{path}: line {line}: part {part!r} is none of {', '.join(PARTS)}")
        if game not in names:
            some = ", ".join(sorted(names)[:3])
            raise InputError(f"{path}: line {line}: there is no game {game!r}; there are {some} and so on")
        found[game] = part
    return found


def _rows(path: Path) -> Iterator[tuple[int, str, str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            if not {"game", "part"} <= set(reader.fieldnames or ()):
                raise InputError(f"{path}: has columns {reader.fieldnames}; game and part are needed")
            for row in reader:
                yield reader.line_num, (row["game"] or "").strip(), (row["part"] or "").strip()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read ({error})") from error
