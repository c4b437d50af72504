"""``touchline features reduce``: PCA of features, fitted now or before, or SoccerNet's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from touchline.cli.common import Output, run_guarded
from touchline.cli.features.options import FileRateOption
from touchline.cli.inputs import Inputs
from touchline.cli.options import AnyDeviceOption, DebugOption, ForceOption, JsonOption
from touchline.cli.progress import ProgressCallback, each_with_progress, progress_bar
from touchline.core.errors import EXIT_OK, InputError, UsageError
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.features.reduction import Reduction
    from touchline.formats.features.vectors import Features

_REDUCED = re.compile(r"_PCA\d+$")


def command(
    files: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Feature files, or folders of them.")],
    fit: Annotated[
        Path | None,
        typer.Option(
            "--fit", metavar="FILE", help="Fit a PCA on all given features and save it here.", show_default="not fitted"
        ),
    ] = None,
    pca: Annotated[
        Path | None,
        typer.Option(
            "--pca",
            metavar="FILE",
            help="Apply this PCA, a .safetensors file of --fit or SoccerNet's pickle.",
            show_default="the one fitted with --fit",
        ),
    ] = None,
    mean: Annotated[
        Path | None,
        typer.Option(
            "--mean",
            metavar="FILE",
            help="Subtract this average with SoccerNet's pickle.",
            show_default="average_512_TF2.pkl beside it",
        ),
    ] = None,
    components: Annotated[
        int, typer.Option("--components", metavar="N", help="Keep this many components when fitting.", min=1)
    ] = 512,
    apply: Annotated[
        bool, typer.Option("--apply/--no-apply", help="Write the reduced features, or fit the PCA only.")
    ] = True,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FOLDER",
            help="Write the reduced features to this folder.",
            show_default="beside each file",
        ),
    ] = None,
    rate: FileRateOption = None,
    force: ForceOption = False,
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Reduce features with a PCA.

    Fit a new PCA on the given files with --fit, or apply an existing one with --pca: one fitted before, or SoccerNet's
    pca_512_TF2.pkl with average_512_TF2.pkl (pickles are read without running their code).

    Examples:
      touchline features reduce features/ --fit pca.safetensors --components 128
      touchline features reduce match.npy --pca pca.safetensors

    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        if (fit is None) == (pca is None):
            raise UsageError("give either --fit FILE, to fit a PCA on these features, or --pca FILE, to apply one")
        sources = dict(_sources(files))
        reduction = _ready(list(sources), fit=fit, pca=pca, mean=mean, components=components, rate=rate, output=output)
        if not apply:
            return EXIT_OK
        return _apply_all(sources, reduction=reduction, out=out, rate=rate, force=force, output=output)

    run_guarded(run, debug=debug, json=json)


def _ready(
    sources: Sequence[Path],
    *,
    fit: Path | None,
    pca: Path | None,
    mean: Path | None,
    components: int,
    rate: float | None,
    output: Output,
) -> Reduction:
    """Fit or load the reduction, and print what it is."""
    from touchline.features.reduction import load_reduction, reduction_path

    if pca is not None:
        reduction = load_reduction(pca, mean=mean)
    else:
        if mean is not None:
            raise UsageError(f"--mean {mean}: goes with --pca; --fit calculates the mean itself")
        with progress_bar("fitting") as progress:
            fitted = _fit(sources, components=components, rate=rate, progress=progress)
        path = reduction_path(fit or Path())
        reduction = fitted.save(path)
        output.record({"type": "reduction", "path": str(path), "kept": round(reduction.kept, 6), **reduction.about})
        if not output.json:
            output.say(
                f"{path}: {reduction.width} -> {reduction.size}, fitted on {counted(reduction.rows, 'row')}, "
                f"{100 * reduction.kept:.1f} % of the variance kept"
            )
    if not reduction.published:
        output.note(
            f"touchline: {reduction.name} is not SoccerNet's reduction: heads published for SoccerNet's features "
            "cannot read these features; heads trained on them can"
        )
    return reduction


def _fit(sources: Sequence[Path], *, components: int, rate: float | None, progress: ProgressCallback) -> Reduction:
    """A reduction of all files, one block of one file in memory at a time."""
    from touchline.features.reduction import ReductionFit
    from touchline.formats.features.vectors import read_features

    fit: ReductionFit | None = None
    models = []
    total_us, done_us = sum(_span_us(source, rate=rate) for source in sources), 0
    for source in sources:
        features = read_features(source, rate_hz=rate)
        if fit is None:
            fit = ReductionFit(features.width)
        if features.width != fit.width:
            raise InputError(
                f"{source}: rows have {features.width} numbers, those of {sources[0]} have {fit.width}; "
                "fit one kind at a time, by naming its files"
            )
        models.append(features.info.model)
        lost = features.lost_rows()
        fit.add(features.values[~lost] if lost.any() else features.values)
        done_us += _span_us(source, rate=rate)
        progress(done_us, total_us)
    if fit is None:
        raise UsageError("there are no feature files to fit on")
    return fit.finish(components, model=models[0] if len(set(models)) == 1 else "")


def _span_us(source: Path, *, rate: float | None) -> int:
    """How much video features are of, from their header alone."""
    from touchline.formats.features.vectors import read_features

    features = read_features(source, rate_hz=rate, check=False)
    return features.end_us - features.info.start_us


def _apply_all(
    sources: Mapping[Path, Path],
    *,
    reduction: Reduction,
    out: Path | None,
    rate: float | None,
    force: bool,
    output: Output,
) -> int:
    targets = _targets(sources, out=out, size=reduction.size)
    inputs = Inputs("files", output=output)
    for source, target in each_with_progress(list(targets.items()), unit="files"):
        with inputs.one(source, type="error", path=str(source)):
            path, rows, reused = _apply(source, target, reduction=reduction, rate=rate, force=force)
            fields = {"source": str(source), "path": str(path), "rows": rows, "width": reduction.size, "reused": reused}
            output.record({"type": "features", **fields, "published_reduction": reduction.published})
            if not output.json:
                output.say(f"{path}: {rows} x {reduction.size}" + (" (up to date)" if reused else ""))
    return inputs.finish()


def _apply(
    source: Path, path: Path, *, reduction: Reduction, rate: float | None, force: bool
) -> tuple[Path, int, bool]:
    """Write the reduced features of a file; return the path, how many rows, and whether it was up to date."""
    from touchline.formats.features.vectors import holds, read_features, write_features
    from touchline.formats.files.checksum import file_sha256

    features = read_features(source, width=reduction.width, rate_hz=rate)
    settings = {**features.info.settings, "source": file_sha256(source), "reduction": reduction.sha256}
    info = features.info
    if not force and holds(path, video=info.video, settings=settings) is not None:
        return path, len(features), True
    reduced = replace(
        info,
        reduction=reduction.about,
        published=info.published and reduction.published,
        settings=settings,
        remarks=(*info.remarks, *_remarks(features, reduction)),
    )
    blocks = reduction.blocks(features.values)
    write_features(path, blocks, shape=(len(features), reduction.size), info=reduced)
    return path, len(features), False


def _remarks(features: Features, reduction: Reduction) -> list[str]:
    """A remark if the reduction was fitted on features of another model."""
    if reduction.model and reduction.model != features.info.model:
        return [f"reduced with {reduction.name}, which was fitted on features of {reduction.model}, not these"]
    return []


def _targets(sources: Mapping[Path, Path], *, out: Path | None, size: int) -> dict[Path, Path]:
    """Where the reduced features of each file go: beside it, or below ``out`` as the files lie in their folder.

    Raises:
        UsageError: two would go to one file.

    """
    targets: dict[Path, Path] = {}
    for source, below in sources.items():
        target = (source.parent if out is None else out / below) / f"{source.stem}_PCA{size}.npy"
        if target in targets.values():
            other = next(path for path, taken in targets.items() if taken == target)
            raise UsageError(
                f"{other} and {source} would both be written to {target}; "
                "give their common folder, or reduce them one at a time, each with its own --out"
            )
        targets[source] = target
    return targets


def _sources(paths: Sequence[Path]) -> Iterator[tuple[Path, Path]]:
    """The feature files, each with its place in the folder that was given.

    Files are taken as they are given, and in folders all that are not reduced already.

    Raises:
        InputError: a folder without feature files.

    """
    for path in paths:
        if not path.is_dir():
            yield path, Path()
            continue
        inside = sorted(file for file in path.rglob("*.npy") if not _REDUCED.search(file.stem))
        if not inside:
            raise InputError(f"{path}: holds no .npy files of features; extract them with touchline features extract")
        yield from ((file, file.parent.relative_to(path)) for file in inside)
