"""``touchline spot --games`` with a head and published features: no video is needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from touchline.cli.common import Output
from touchline.cli.games.choice import folders_of_games, report_lacking, the_only
from touchline.cli.games.game_results import GameResult, GameResults
from touchline.cli.games.options import SpotGamesArguments
from touchline.cli.inputs import Inputs
from touchline.cli.progress import each_with_progress
from touchline.cli.running import for_all_labels, read_thresholds
from touchline.cli.spot_streams import is_stream_head
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK, UsageError

if TYPE_CHECKING:
    from touchline.formats.soccernet.folder import GameFolder
    from touchline.spotting.stream_spotter import StreamSpotter


def spot_features_of_games(
    arguments: SpotGamesArguments, root: Path, *, kinds: Mapping[str, str], output: Output
) -> int:
    """Spot the games in a folder from their feature files; one that fails is reported, and the others go on.

    Args:
        arguments: of the command line.
        root: folder of the games.
        kinds: stream -> kind of its files, which are named ``HALF_KIND.npy``.
        output: where results and messages go.

    Raises:
        UsageError: the model is no head over feature streams, or has no such stream.

    """
    spotter = _load(arguments, kinds=kinds, output=output)
    inputs = Inputs("games", output=output)
    folders = folders_of_games(root, split=arguments.split, inputs=inputs)
    held = {name: [one for one in same if _files(one, kinds)] for name, same in folders.items()}
    results = GameResults(arguments.out, output=output)
    asked = for_all_labels(read_thresholds(arguments.threshold or ()), labels=spotter.labels)
    for name, same in each_with_progress([item for item in held.items() if item[1]], unit="games"):
        with inputs.one(name, type="error", game=name):
            folder = the_only(same, name=name)
            made = _game(spotter, folder, name=name, kinds=kinds, asked=asked)
            for line in made.warnings:
                output.note(f"touchline: warning: {name}: {line}")
            results.put(made, folder=folder.path)
            inputs.done(EXIT_DEGRADED if made.warnings else EXIT_OK)
    lacking = [(name, folders[name][0]) for name, same in held.items() if not same]
    kind = next(iter(kinds.values()))
    report_lacking(
        lacking, what=f"features 1_{kind}.npy", error=lambda one: one.missing(f"1_{kind}.npy"), root=root, inputs=inputs
    )
    results.write_zip(arguments.zip)
    return inputs.finish()


def _load(arguments: SpotGamesArguments, *, kinds: Mapping[str, str], output: Output) -> StreamSpotter:
    from touchline.spotting.stream_spotter import load_stream_spotter

    names = arguments.model or []
    if arguments.reduction is not None:
        raise UsageError("--reduction: reduce the features of games with `touchline features reduce`, and name those")
    if len(names) != 1 or not is_stream_head(names[0]):
        raise UsageError("--features STREAM=KIND needs one spotting head over feature streams; name it with --model")
    spotter = load_stream_spotter(names[0], device=arguments.device)
    known = [stream.name for stream in spotter.config.streams]
    for name in kinds:
        if name not in known:
            raise UsageError(f"--features {name}={kinds[name]}: {names[0]} reads the streams {', '.join(known)}")
    output.note(f"touchline: model {spotter.config.name}")
    return spotter


def _files(folder: GameFolder, kinds: Mapping[str, str]) -> dict[int, dict[str, Path]]:
    """Return half -> stream -> its file, of those that exist."""
    found: dict[int, dict[str, Path]] = {}
    for half in (1, 2):
        for stream, kind in kinds.items():
            if f"{half}_{kind}.npy" in folder.files:
                found.setdefault(half, {})[stream] = folder.path / f"{half}_{kind}.npy"
    return found


def _game(
    spotter: StreamSpotter, folder: GameFolder, *, name: str, kinds: Mapping[str, str], asked: Mapping[str, float]
) -> GameResult:
    """Return what is found in a game.

    Raises:
        InputError: a file cannot be read, or does not fit the head.

    """
    from touchline.analysis.games.from_features import spot_half
    from touchline.core.events import Timeline

    files = _files(folder, kinds)
    found = {half: spot_half(spotter, streams, half=half, asked=asked) for half, streams in files.items()}
    remarks = dict.fromkeys(remark for one in found.values() for remark in one.remarks)
    return GameResult(
        name,
        Timeline(tuple(event for one in found.values() for event in one.candidates)),
        sources={half: ", ".join(map(str, streams.values())) for half, streams in files.items()},
        events=sum(one.events for one in found.values()),
        warnings=tuple(_gaps(files, kinds)),
        remarks=tuple(remarks),
    )


def _gaps(files: Mapping[int, Mapping[str, Path]], kinds: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each half, or stream of a half, that is not there."""
    for half in (1, 2):
        if half not in files:
            yield f"half {half} has no features, so its events are missing from the results"
            continue
        for stream, kind in kinds.items():
            if stream not in files[half]:
                yield f"half {half} has no {half}_{kind}.npy; it was spotted without the stream {stream}"
