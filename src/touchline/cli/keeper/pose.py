"""``touchline keeper pose``: sixteen joints of the keeper in each picture, flat and in space."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from touchline.cli.common import DebugOption, Device, DeviceOption, JsonOption, Output, run_guarded
from touchline.cli.inputs import Inputs
from touchline.core.errors import InputError, UsageError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from touchline.formats.keeper.pose_tables import PosedPicture
    from touchline.goalkeeping.found_keeper import FoundKeeper
    from touchline.goalkeeping.pose_finder import PoseFinderLike

    Locate = Callable[[Path, npt.NDArray[np.uint8]], FoundKeeper]


def pose(
    images: Annotated[list[Path], typer.Argument(help="Pictures of a keeper, or folders of them.")],
    boxes: Annotated[
        Path | None,
        typer.Option("--boxes", help="CSV with file,x0,y0,x1,y1: where in each picture the keeper is, in pixels."),
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Every picture is cut to its keeper already: look at all of it.")
    ] = False,
    model: Annotated[
        str | None, typer.Option("--model", help="A pose finder's name or file, or hf:OWNER/NAME of a ViTPose.")
    ] = None,
    detector: Annotated[
        str | None, typer.Option("--detector", help="What finds the keeper where there is no box.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write the joints here: .csv or .json.")] = None,
    overlay: Annotated[
        Path | None, typer.Option("--overlay", help="Folder for the pictures with the skeleton drawn in.")
    ] = None,
    device: DeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Find a keeper's joints in pictures, flat and in space, each with how far it can be trusted.

    The keeper is found by the built-in people detector, or is where --boxes says. What cannot be told is said: nobody
    there, joints cut off or covered, a picture upside down. Pictures that cannot be read are named; the rest go on.
    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        if boxes is not None and whole:
            raise UsageError("--boxes and --whole: the keeper is either in a box or fills the picture")
        if out is not None and out.suffix.lower() not in (".csv", ".json"):
            raise UsageError(f"--out {out}: poses are written as .csv or .json")
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
    """One line a picture; those that cannot be read are told and the rest go on."""
    from touchline.formats.keeper.pose_tables import pose_record, write_poses
    from touchline.goalkeeping.pose_finder import load_pose_finder

    paths = list(pictures_in(images))
    finder = load_pose_finder(model, device=device)
    output.note(f"touchline: model {finder.name}, {finder.device_reason}")
    found: list[PosedPicture] = []
    inputs = Inputs("pictures", output=output)
    for path in paths:
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
    """The pose in a picture; an error names the picture.

    Raises:
        InputError: the picture cannot be used.

    """
    try:
        return _find(path, finder=finder, locate=locate, overlay=overlay)
    except InputError as error:
        if str(error).startswith(str(path)):
            raise
        raise InputError(f"{path}: {error}") from error


def _find(path: Path, *, finder: PoseFinderLike, locate: Locate, overlay: Path | None) -> PosedPicture:
    from touchline.formats.keeper.pose_tables import PosedPicture
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
    """How the keeper is found in a picture."""
    from touchline.analysis.keeper_poses import find_keeper
    from touchline.goalkeeping.found_keeper import FoundKeeper

    if whole:
        return lambda path, rgb: FoundKeeper(None)
    if boxes is not None:
        from touchline.formats.keeper.pose_tables import read_keeper_boxes

        known = read_keeper_boxes(boxes)

        def look_up(path: Path, rgb: object) -> FoundKeeper:
            if path.name not in known:
                raise InputError(f"{path}: {boxes} has no row for {path.name}")
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
    """Every picture of the arguments: itself, or all that lie in a folder.

    Raises:
        InputError: a path that is not there, or a folder without pictures.

    """
    from touchline.media.clip_reader import in_number_order
    from touchline.media.stills import SUFFIXES

    for path in paths:
        if not path.exists():
            raise InputError(f"{path}: no such file or folder")
        if path.is_file():
            yield path
            continue
        inside = sorted((p for p in path.iterdir() if p.suffix.lower() in SUFFIXES), key=in_number_order)
        if not inside:
            raise InputError(f"{path}: holds no pictures ({', '.join(sorted(SUFFIXES))})")
        yield from inside
