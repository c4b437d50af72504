"""``touchline recognize``: the actions in clips, or of each tracked player."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchline.cli.common import Output
from touchline.cli.inputs import Inputs
from touchline.cli.options import verb
from touchline.cli.progress import each_with_progress
from touchline.cli.recognize.arguments import RecognizeArguments
from touchline.cli.recognize.joints import Handed, recognise_joints
from touchline.cli.recognize.labels import print_labels
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK, InputError, UsageError
from touchline.core.wording import counted

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from touchline.recognition.recogniser import ClipRecogniser

_JOINT_SUFFIXES = frozenset({".npy", ".npz"})


def _run(given: RecognizeArguments, output: Output) -> int:
    """Recognize actions with a model, or with one learned from examples first."""
    _check(given.paths or [], model=given.model, examples=given.examples, save=given.save)
    if given.overlay and given.tracks is None:
        raise UsageError("--overlay needs --tracks; there are no tracks to draw in clips")
    if given.examples is None:
        return _recognise(given, model=given.model, output=output)
    from touchline.cli.recognize.examples import recogniser_of

    learning = recogniser_of(given.examples, save=given.save, device=given.device, output=output)
    with learning as (learnt, whole):
        code = _recognise(given, model=learnt, output=output) if given.paths else EXIT_OK
    return EXIT_DEGRADED if code == EXIT_OK and not whole else code


command = verb(
    RecognizeArguments,
    _run,
    about="""Recognize the actions in clips or along tracks.

    A clip is a short video, a folder of images or a file of joints (.npy, .npz); a folder stands for all clips in it.
    All joint files of a folder are one player's; auto says with which hand that player plays, or that it is unknown.
    With --tracks, movement and possession are derived from the tracks, and --model adds what a network recognizes.

    Examples:
      touchline recognize clips/ --examples examples/ --save mine.safetensors --out labels.csv
      touchline recognize match.mp4 --tracks match.touchline

    """,
)


def _recognise(given: RecognizeArguments, *, model: str | None, output: Output) -> int:
    """Recognize the actions in clips, or along tracks."""
    paths, out, device = given.paths or [], given.out, given.device
    if given.tracks is not None:
        from touchline.cli.recognize.tracks import recognise_tracks

        return recognise_tracks(
            paths, tracks=given.tracks, model=model, out=out, overlay=given.overlay, device=device, output=output
        )
    return _recognise_clips(
        paths, model=model, handedness=given.handedness, out=out, top=given.top, device=device, output=output
    )


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
