"""``touchline recognize --examples FOLDER``: a recogniser that is trained on a few clips before it is used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from touchline.cli.common import Output
from touchline.cli.progress import each_with_progress
from touchline.core.extras import need_extra
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.training.recognition.examples.clips import ExampleClips
    from touchline.training.recognition.examples.learning import Learnt

_NAME = "examples"


@contextmanager
def recogniser_of(folder: Path, *, save: Path | None, device: Any, output: Output) -> Iterator[tuple[str, bool]]:
    """Train a recogniser on the clips in class folders and report how good it is.

    Yields:
        Its model file, which is removed afterwards unless it is saved, and whether every example could be used.

    """
    need_extra("train", what="--examples", modules=("torch", "sklearn"))
    from touchline.models.importing.reading import model_name
    from touchline.training.recognition.examples.clips import read_examples
    from touchline.training.recognition.examples.learning import learn_examples

    name = _NAME if save is None else model_name(save)
    examples = read_examples(folder, each=lambda items: each_with_progress(items, unit="examples"))
    for path, reason in examples.unreadable:
        output.note(f"touchline: {path}: left out: {reason.removeprefix(f'{path}: ')}")
    learnt = learn_examples(
        examples, name=name, device=device, each=lambda clips: each_with_progress(clips, unit="examples")
    )
    with TemporaryDirectory() as unsaved:
        model = learnt.save(Path(unsaved) / name if save is None else save)
        _tell(folder, examples, learnt, model=None if save is None else model, output=output)
        yield str(model), not examples.unreadable


def _tell(folder: Path, examples: ExampleClips, learnt: Learnt, *, model: Path | None, output: Output) -> None:
    """Report what was learnt from, and how good the recogniser is on examples of other sources."""
    clips, measured = examples.clips, learnt.measured
    output.record(
        {
            "examples": str(folder),
            "classes": clips.counts(),
            "sources": len({item.group for item in clips}) if examples.sources_known else None,
            "unreadable": [str(path) for path, _ in examples.unreadable],
            "model": None if model is None else str(model),
            "held_out": measured,
            "notes": list(learnt.notes),
        }
    )
    for note in learnt.notes:
        output.note(f"touchline: {note}")
    if output.json:
        return
    output.say(f"{folder}: {counted(len(clips), 'example')} of {counted(len(clips.labels), 'class', 'classes')}")
    if measured:
        low, high = measured["accuracy_interval"]
        kind = "sources" if examples.sources_known else "examples"
        output.say(
            f"right on held-out {kind}: {100 * measured['accuracy']:.0f} % "
            f"[95 %: {100 * low:.0f} to {100 * high:.0f}]; "
            f"always the most frequent class: {100 * measured['largest_class_share']:.0f} %"
        )
    if model is not None:
        output.say(f"model: {model}")
