"""``touchline recognize``: name what happens in clips, or what each tracked player does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from touchline.cli.common import DebugOption, DeviceOption, JsonOption, Output, run_guarded
from touchline.cli.inputs import Inputs
from touchline.core.errors import InputError, UsageError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from touchline.recognition.recogniser import ClipRecogniser
    from touchline.recognition.skeletons import SkeletonRecogniser

_JOINT_SUFFIXES = frozenset({".npy", ".npz"})


def command(
    paths: Annotated[list[Path], typer.Argument(help="Clips: videos, folders of pictures, folders of clips, joints.")],
    model: Annotated[str | None, typer.Option("--model", help="A recogniser's name, or its file.")] = None,
    tracks: Annotated[
        Path | None, typer.Option("--tracks", help="tracks.parquet, tracks.txt (MOT) or a bundle of the one video.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="CSV for clips; folder of the bundle for tracks.")] = None,
    overlay: Annotated[bool, typer.Option("--overlay", help="With --tracks: draw what everyone does.")] = False,
    top: Annotated[int, typer.Option("--top", help="How many classes of a clip are shown.", min=1)] = 1,
    device: DeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Name what happens in clips, or with --tracks what each player of a video does and when.

    A clip is a short video, a folder of pictures or a file of joints (.npy, .npz); a folder of clips stands for all in
    it. With --tracks, movement is told from metres and the ball from its track; --model adds what a network sees.
    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        if tracks is not None:
            from touchline.cli.recognize.tracks import recognise_tracks

            return recognise_tracks(
                paths, tracks=tracks, model=model, out=out, overlay=overlay, device=device, output=output
            )
        if overlay:
            raise UsageError("--overlay needs --tracks; clips have nobody to draw")
        return _recognise_clips(paths, model=model, out=out, top=top, device=device, output=output)

    run_guarded(run, debug=debug, json=json)


def _recognise_clips(
    paths: Sequence[Path], *, model: str | None, out: Path | None, top: int, device: Any, output: Output
) -> int:
    """One line a clip; those that cannot be read are listed and the rest go on."""
    from touchline.formats.clips.predictions import write_clip_predictions

    found = list(_clips_in(paths))
    joints = [path.suffix.lower() in _JOINT_SUFFIXES for path in found]
    if any(joints) and not all(joints):
        raise UsageError("clips and files of joints need models of their own; name them in two runs")
    recogniser = _load(model, joints=bool(joints) and all(joints), device=device)
    output.note(f"touchline: model {recogniser.name}, {recogniser.device_reason}")
    ids: list[str] = []
    rows: list[npt.NDArray[np.float32]] = []
    inputs = Inputs("clips", output=output)
    for path in found:
        with inputs.one(path, path=str(path)):
            scores, note = _score(recogniser, path)
            ids.append(str(path))
            rows.append(scores)
            _tell(path, scores, note, labels=recogniser.labels, top=top, output=output)
    if out is not None and rows:
        import numpy as np

        write_clip_predictions(out, ids=ids, classes=recogniser.labels, values=np.stack(rows))
    return inputs.finish_with(usable=bool(rows), complete=True)


def _load(model: str | None, *, joints: bool, device: Any) -> ClipRecogniser | SkeletonRecogniser:
    if joints:
        from touchline.recognition.skeletons import load_skeleton_recogniser

        return load_skeleton_recogniser(model)
    from touchline.recognition.recogniser import load_recogniser

    return load_recogniser(model, device=device)


def _score(recogniser: ClipRecogniser | SkeletonRecogniser, path: Path) -> tuple[npt.NDArray[np.float32], str]:
    """The probabilities of one clip, and what a user should know of it."""
    from touchline.recognition.recogniser import ClipRecogniser

    if not isinstance(recogniser, ClipRecogniser):
        from touchline.recognition.skeletons import read_sequence

        sequence, note = read_sequence(path, spec=recogniser.spec)
        return recogniser.scores(sequence[None])[0], note
    from touchline.media.clip_reader import read_frames
    from touchline.recognition.prepare import sample_clip

    clip = read_frames(path)
    note = ""
    if len(clip) < recogniser.spec.frames:
        note = f"{len(clip)} pictures, fewer than the {recogniser.spec.frames} that {recogniser.name} wants: repeated"
    return recogniser.scores([sample_clip(clip.rgb, fps=clip.fps, spec=recogniser.spec)])[0], note


def _tell(
    path: Path, scores: npt.NDArray[np.float32], note: str, *, labels: Sequence[str], top: int, output: Output
) -> None:
    order = (-scores).argsort(kind="stable")
    said = [{"label": labels[k], "confidence": round(float(scores[k]), 6)} for k in order[:top]]
    record: dict[str, Any] = {"path": str(path), **said[0]}
    if top > 1:
        record["top"] = said
    if note:
        record["note"] = note
    output.record(record)
    if not output.json:
        names = ", ".join(f"{entry['label']} {entry['confidence']:.2f}" for entry in said)
        output.say(f"{path}: {names}" + (f"  ({note})" if note else ""))


def _clips_in(paths: Sequence[Path]) -> Iterator[Path]:
    """Every clip of the arguments: itself, or all that lie in a folder of clips or of classes of clips.

    Raises:
        InputError: a path that is not there, or a folder without clips.

    """
    from touchline.media.clip_reader import PICTURE_SUFFIXES, VIDEO_SUFFIXES, in_number_order, is_clip

    known = VIDEO_SUFFIXES | PICTURE_SUFFIXES | _JOINT_SUFFIXES
    for path in paths:
        if not path.exists():
            raise InputError(f"{path}: no such file or folder")
        if path.is_file() or is_clip(path):
            yield path
            continue
        inside = sorted((child for child in path.rglob("*") if not child.name.startswith(".")), key=_place)
        clips = [c for c in inside if is_clip(c) or (c.is_file() and c.suffix.lower() in known - PICTURE_SUFFIXES)]
        if not clips:
            raise InputError(f"{path}: holds no clips: no videos, no folders of pictures, no files of joints")
        yield from sorted(clips, key=lambda clip: (clip.parent, *map(str, in_number_order(clip))))


def _place(path: Path) -> str:
    return str(path)
