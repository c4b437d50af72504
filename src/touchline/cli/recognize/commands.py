"""``touchline recognize``: the actions in clips, or of each tracked player."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from touchline.cli.common import Output, run_guarded
from touchline.cli.inputs import Inputs
from touchline.cli.options import DebugOption, DeviceOption, JsonOption
from touchline.cli.progress import each_with_progress
from touchline.cli.recognize.joints import Handed, recognise_joints
from touchline.cli.recognize.labels import print_labels
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK, InputError, UsageError
from touchline.core.wording import counted

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from touchline.recognition.recogniser import ClipRecogniser

_JOINT_SUFFIXES = frozenset({".npy", ".npz"})


def command(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH...",
            help="Clips: videos, folders of images, joint files, or folders of clips. May be left out with --save.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="MODEL",
            help="Recognize actions with this model, a name or a file.",
            show_default="the only one of your clip models; none along tracks",
        ),
    ] = None,
    examples: Annotated[
        Path | None,
        typer.Option(
            "--examples",
            metavar="FOLDER",
            help="Learn the actions from the clips in this folder's class folders first; ten a class are enough.",
            show_default="none",
        ),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(
            "--save",
            metavar="MODEL",
            help="Save what --examples learned to this model file, for --model and --recognizer.",
            show_default="not saved",
        ),
    ] = None,
    tracks: Annotated[
        Path | None,
        typer.Option(
            "--tracks",
            metavar="PATH",
            help="Recognize the actions of the players in this tracks.parquet, tracks.txt (MOT) or bundle.",
            show_default="none",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="PATH",
            help="Write the labels of clips to this CSV file, or actions along tracks to a bundle in this folder.",
            show_default="not written for clips, beside the video for tracks",
        ),
    ] = None,
    overlay: Annotated[
        bool, typer.Option("--overlay", help="With --tracks, write overlay.mp4, the video with actions drawn in.")
    ] = False,
    top: Annotated[
        int, typer.Option("--top", metavar="N", help="Show the N most likely labels of each clip.", min=1)
    ] = 1,
    handedness: Annotated[
        Handed,
        typer.Option(
            "--handedness",
            metavar="|".join(get_args(Handed)),
            help="Take the players of joint files for left- or right-handed; auto estimates it.",
        ),
    ] = "auto",
    device: DeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Recognize the actions in clips or along tracks.

    A clip is a short video, a folder of images or a file of joints (.npy, .npz); a folder stands for all clips in it.
    All joint files of a folder are one player's; auto says with which hand that player plays, or that it is unknown.
    With --tracks, movement and possession are derived from the tracks, and --model adds what a network recognizes.

    Examples:
      touchline recognize clips/ --examples examples/ --save mine.safetensors --out labels.csv
      touchline recognize match.mp4 --tracks match.touchline

    """
    output = Output(json=json, debug=debug)

    def recognise(model: str | None) -> int:
        if tracks is not None:
            from touchline.cli.recognize.tracks import recognise_tracks

            return recognise_tracks(
                paths or [], tracks=tracks, model=model, out=out, overlay=overlay, device=device, output=output
            )
        return _recognise_clips(
            paths or [], model=model, handedness=handedness, out=out, top=top, device=device, output=output
        )

    def run() -> int:
        _check(paths or [], model=model, examples=examples, save=save)
        if overlay and tracks is None:
            raise UsageError("--overlay needs --tracks; there are no tracks to draw in clips")
        if examples is None:
            return recognise(model)
        from touchline.cli.recognize.examples import recogniser_of

        with recogniser_of(examples, save=save, device=device, output=output) as (learnt, whole):
            code = recognise(learnt) if paths else EXIT_OK
        return EXIT_DEGRADED if code == EXIT_OK and not whole else code

    run_guarded(run, debug=debug, json=json)


def _check(paths: Sequence[Path], *, model: str | None, examples: Path | None, save: Path | None) -> None:
    """Refuse options that contradict each other, before anything takes long.

    Raises:
        UsageError: they do.

    """
    if examples is not None and model is not None:
        raise UsageError(f"--examples {examples} trains a model, so --model {model} has no place; leave one out")
    if save is not None and examples is None:
        raise UsageError(f"--save {save} needs --examples; there is nothing to save without")
    if not paths and save is None:
        raise UsageError("name clips to recognize, or --examples FOLDER --save MODEL to train alone")


def _recognise_clips(
    paths: Sequence[Path],
    *,
    model: str | None,
    handedness: Handed,
    out: Path | None,
    top: int,
    device: Any,
    output: Output,
) -> int:
    """Print the labels of each clip; clips that fail are reported, and the work goes on with the others."""
    from touchline.formats.clips.predictions import write_clip_predictions
    from touchline.recognition.recogniser import load_recogniser

    found = list(_clips_in(paths))
    joints = [path.suffix.lower() in _JOINT_SUFFIXES for path in found]
    if any(joints) and not all(joints):
        raise UsageError("clips and joint files need different models; recognize them in two runs")
    if found and all(joints):
        return recognise_joints(found, model=model, handedness=handedness, out=out, top=top, output=output)
    if handedness != "auto":
        raise UsageError(f"--handedness {handedness} is for files of joints, and these are clips; leave it out")
    recogniser = load_recogniser(model, device=device)
    output.note(f"touchline: model {recogniser.name}, {recogniser.device_reason}")
    ids: list[str] = []
    rows: list[npt.NDArray[np.float32]] = []
    inputs = Inputs("clips", output=output)
    for path in each_with_progress(found, unit="clips"):
        with inputs.one(path, path=str(path)):
            scores, note = _score(recogniser, path)
            ids.append(str(path))
            rows.append(scores)
            print_labels(path, scores, note, labels=recogniser.labels, top=top, output=output)
    if out is not None and rows:
        import numpy as np

        write_clip_predictions(out, ids=ids, classes=recogniser.labels, values=np.stack(rows))
    return inputs.finish_with(usable=bool(rows), complete=True)


def _score(recogniser: ClipRecogniser, path: Path) -> tuple[npt.NDArray[np.float32], str]:
    """The probabilities of one clip, and a note for the user."""
    from touchline.media.clip_reader import read_frames
    from touchline.recognition.prepare import sample_clip

    clip = read_frames(path)
    note = ""
    if len(clip) < recogniser.spec.frames:
        frames = counted(len(clip), "frame")
        note = f"{frames}, fewer than the {recogniser.spec.frames} of {recogniser.name}: repeated"
    return recogniser.scores([sample_clip(clip.rgb, fps=clip.fps, spec=recogniser.spec)])[0], note


def _clips_in(paths: Sequence[Path]) -> Iterator[Path]:
    """Every clip of the arguments: itself, or all in a folder of clips or of class folders.

    Raises:
        InputError: a path that does not exist, or a folder without clips.

    """
    from touchline.media.clip_reader import PICTURE_SUFFIXES, VIDEO_SUFFIXES, in_number_order, is_clip

    known = VIDEO_SUFFIXES | PICTURE_SUFFIXES | _JOINT_SUFFIXES
    for path in paths:
        if not path.exists():
            raise InputError(f"{path}: no such file or folder; check the path")
        if path.is_file() or is_clip(path):
            yield path
            continue
        inside = sorted((child for child in path.rglob("*") if not child.name.startswith(".")), key=_place)
        clips = [c for c in inside if is_clip(c) or (c.is_file() and c.suffix.lower() in known - PICTURE_SUFFIXES)]
        if not clips:
            raise InputError(f"{path}: holds no clips (videos, folders of images or joint files)")
        yield from sorted(clips, key=lambda clip: (clip.parent, *map(str, in_number_order(clip))))


def _place(path: Path) -> str:
    return str(path)
