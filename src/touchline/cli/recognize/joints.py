"""``touchline recognize`` for files of joints: the files of a folder are of one person, and tell the playing hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from touchline.cli.common import Output
from touchline.cli.inputs import Inputs
from touchline.cli.progress import each_with_progress
from touchline.cli.recognize.labels import print_labels
from touchline.core.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from touchline.models.specs.spec import SkeletonSpec
    from touchline.recognition.handedness import Hand, Handedness

Handed = Literal["left", "right", "auto"]
_Read = dict[Path, list[tuple[Path, "npt.NDArray[np.float32]", str]]]


def recognise_joints(
    paths: Sequence[Path], *, model: str | None, handedness: Handed, out: Path | None, top: int, output: Output
) -> int:
    """Print the labels of each file of joints, folder by folder; the exit code."""
    from touchline.recognition.handedness import scores_of_person
    from touchline.recognition.skeletons import load_skeleton_recogniser

    recogniser = load_skeleton_recogniser(model)
    hand: Hand | None = None if handedness == "auto" else handedness
    if hand is not None and recogniser.config.handed is None:
        raise UsageError(f"--handedness {hand} does not matter to {recogniser.name}; leave it out")
    output.note(f"touchline: model {recogniser.name}, {recogniser.device_reason}")
    inputs = Inputs("clips", output=output)
    rows: dict[Path, npt.NDArray[np.float32]] = {}
    for folder, people in _read(paths, spec=recogniser.spec, inputs=inputs).items():
        import numpy as np

        scores, found = scores_of_person(recogniser, np.stack([sequence for _, sequence, _ in people]), hand=hand)
        for (path, _, note), row in zip(people, scores, strict=True):
            rows[path] = row
            print_labels(path, row, note, labels=recogniser.labels, top=top, output=output)
        if found is not None:
            _tell_hand(folder, found, usual=recogniser.config.handed or "right", output=output)
    if out is not None and rows:
        import numpy as np

        from touchline.formats.clips.predictions import write_clip_predictions

        write_clip_predictions(
            out, ids=[str(path) for path in rows], classes=recogniser.labels, values=np.stack(list(rows.values()))
        )
    return inputs.finish_with(usable=bool(rows), complete=True)


def _read(paths: Sequence[Path], *, spec: SkeletonSpec, inputs: Inputs) -> _Read:
    """Read every file; errors are reported, and the work goes on with the other files. Sequences come by folder."""
    from touchline.recognition.skeletons import read_sequence

    found: _Read = {}
    for path in each_with_progress(paths, unit="clips"):
        with inputs.one(path, path=str(path)):
            sequence, note = read_sequence(path, spec=spec)
            found.setdefault(path.parent, []).append((path, sequence, note))
    return found


def _tell_hand(folder: Path, found: Handedness, *, usual: str, output: Output) -> None:
    """Print the hand of the person whose files lie in a folder."""
    output.record({"type": "handedness", "folder": str(folder), **found.to_json(), "said": found.said})
    if output.json:
        return
    advice = "" if found.hand else f"; taken for {usual}-handed, --handedness says otherwise"
    output.say(f"{folder}: {found.said}{advice}")
