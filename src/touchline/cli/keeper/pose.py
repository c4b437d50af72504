"""``touchline keeper pose``: sixteen joints of the keeper in each image, in 2-D and 3-D."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from touchline.cli.common import Device, Output, run_guarded
from touchline.cli.inputs import Inputs
from touchline.cli.keeper.options import BoxesOption, ImagesArgument, KeeperDetectorOption, WholeOption
from touchline.cli.options import DebugOption, DeviceOption, JsonOption
from touchline.cli.progress import each_with_progress
from touchline.core.errors import InputError, UsageError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from touchline.formats.keeper.posed_picture import PosedPicture
    from touchline.goalkeeping.found_keeper import FoundKeeper
    from touchline.goalkeeping.pose_finder import PoseFinderLike

    Locate = Callable[[Path, npt.NDArray[np.uint8]], FoundKeeper]


def pose(
    images: ImagesArgument,
    boxes: BoxesOption = None,
    whole: WholeOption = False,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="MODEL",
            help="Find poses with this model, a name or a file, movenet, or hf:OWNER/NAME of a ViTPose.",
            show_default="the built-in pose finder",
        ),
    ] = None,
    detector: KeeperDetectorOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Write the joints to this .csv, .json or .coco.json (COCO keypoints) file.",
            show_default="not written",
        ),
    ] = None,
    overlay: Annotated[
        Path | None,
        typer.Option(
            "--overlay",
            metavar="FOLDER",
            help="Write the images with the skeleton drawn in to this folder.",
            show_default="not drawn",
        ),
    ] = None,
    device: DeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Find the joints of goalkeepers in images.

    Finds 16 joints in 2-D and 3-D, each with a confidence. The keeper is detected, or taken from --boxes. Notes name
    what is unclear: nobody in the image, joints cut off or covered, an image upside down.

    Examples:
      touchline keeper pose images/ --out poses.csv

    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        if boxes is not None and whole:
            raise UsageError("--boxes and --whole exclude each other; give one of them")
        if out is not None and out.suffix.lower() not in (".csv", ".json"):
            raise UsageError(f"--out {out}: poses are written as .csv or .json; give a file that ends so")
        locate = locator(boxes, whole=whole, detector=detector, device=device)
        return _run(images, locate=locate, model=model, out=out, overlay=overlay, device=device, output=output)

    run_guarded(run, debug=debug, json=json)


def _run(
    images: Sequence[Path],
    *,
    locate: Locate,
    model: str | None,
    out: Path | None,
    overlay: Path | None,
    device: Device,
    output: Output,
) -> int:
    """Print one line per image; images that fail are reported, and the work goes on with the others."""
    from touchline.formats.keeper.pose_tables import pose_record, write_poses
    from touchline.goalkeeping.pose_finder import load_pose_finder

    paths = list(pictures_in(images))
    finder = load_pose_finder(model, device=device)
    output.note(f"touchline: model {finder.name}, {finder.device_reason}")
    found: list[PosedPicture] = []
    inputs = Inputs("images", output=output)
    for path in each_with_progress(paths, unit="images"):
        with inputs.one(path, path=str(path)):
            posed = _named(path, finder=finder, locate=locate, overlay=overlay)
            found.append(posed)
            output.record(pose_record(posed))
            if not output.json:
                output.say(_line(posed))
    if out is not None:
        write_poses(out, found)
    return inputs.finish_with(usable=bool(found), complete=True)


def _named(path: Path, *, finder: PoseFinderLike, locate: Locate, overlay: Path | None) -> PosedPicture:
    """The pose in an image; an error names the image.

    Raises:
        InputError: the image cannot be used.

    """
    try:
        return _find(path, finder=finder, locate=locate, overlay=overlay)
    except InputError as error:
        if str(error).startswith(str(path)):
            raise
        raise InputError(f"{path}: {error}") from error


def _find(path: Path, *, finder: PoseFinderLike, locate: Locate, overlay: Path | None) -> PosedPicture:
    from touchline.formats.keeper.posed_picture import PosedPicture
    from touchline.goalkeeping.found_keeper import find_pose
    from touchline.media.stills import read_still

    rgb = read_still(path)
    pose, _, note = find_pose(rgb, finder, keeper=locate(path, rgb))
    if overlay is not None:
        from touchline.formats.files.atomic import make_folder, write_bytes_atomic
        from touchline.media.stills import encode_still
        from touchline.render.skeleton_picture import draw_pose

        make_folder(overlay)
        write_bytes_atomic(overlay / f"{path.stem}.png", encode_still(draw_pose(rgb, pose)))
    return PosedPicture(str(path), pose, note)


def locator(boxes: Path | None, *, whole: bool, detector: str | None, device: Any) -> Locate:
    """How the keeper is found in an image."""
    from touchline.analysis.keeper_poses import find_keeper
    from touchline.goalkeeping.found_keeper import FoundKeeper

    if whole:
        return lambda path, rgb: FoundKeeper(None)
    if boxes is not None:
        from touchline.formats.keeper.pose_tables import read_keeper_boxes

        known = read_keeper_boxes(boxes)

        def look_up(path: Path, rgb: object) -> FoundKeeper:
            if path.name not in known:
                raise InputError(
                    f"{path}: {boxes} has no row for {path.name}; add one, or leave out --boxes to detect the keeper"
                )
            return FoundKeeper(known[path.name])

        return look_up
    from touchline.tracking.detector import load_detector

    people = load_detector(detector, device=device)
    return lambda path, rgb: find_keeper(rgb, people)


def _line(posed: PosedPicture) -> str:
    from touchline.goalkeeping.pose_finder import SURE

    sure = int((posed.pose.confidence >= SURE).sum())
    said = f"{posed.file}: {sure} of {len(posed.pose.confidence)} joints sure"
    return f"{said} ({posed.note})" if posed.note else said


def pictures_in(paths: Sequence[Path]) -> Iterator[Path]:
    """Every image of the arguments: itself, or all in a folder.

    Raises:
        InputError: a path that does not exist, or a folder without images.

    """
    from touchline.media.clip_reader import in_number_order
    from touchline.media.stills import SUFFIXES

    for path in paths:
        if not path.exists():
            raise InputError(f"{path}: no such file or folder; check the path")
        if path.is_file():
            yield path
            continue
        inside = sorted((p for p in path.iterdir() if p.suffix.lower() in SUFFIXES), key=in_number_order)
        if not inside:
            raise InputError(f"{path}: holds no pictures ({', '.join(sorted(SUFFIXES))})")
        yield from inside
