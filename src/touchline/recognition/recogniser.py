"""A recogniser of clips, ready to run: the ladder is :func:`load_recogniser` -> :meth:`ClipRecogniser.scores`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from touchline.core.errors import InputError
from touchline.models.runtime.backends import PictureBackend
from touchline.models.runtime.device import Device
from touchline.models.runtime.runner import PictureModel, make_runner
from touchline.models.specs.clip_input import ClipClassifier
from touchline.models.specs.spec import ClipConfig, ClipSpec
from touchline.models.store import list_models, load_model

Clip = npt.NDArray[np.uint8]

_BATCHES = (1, 32)
"""Four at once on a CPU take no less time than four one by one, and a batch that is not full would be filled up."""


class ClipRecogniser(PictureModel[ClipConfig]):
    """Names what happens in clips; its network gives probabilities (classes,)."""

    gives = "score"

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes, in the order of the scores' columns."""
        return self.config.labels

    @property
    def spec(self) -> ClipSpec:
        """The clips it wants."""
        return self.config.clip

    def scores(self, clips: Sequence[Clip]) -> npt.NDArray[np.float32]:
        """Probabilities float32 (n, classes) of clips, each uint8 (frames, height, width, 3) RGB as ``spec`` says.

        Raises:
            ValueError: a clip of another shape; :func:`touchline.recognition.prepare.sample_clip` makes them fit.
            ResourceError: the network gave numbers that are not finite.

        """
        shape = self.spec.shape
        wrong = next((clip.shape for clip in clips if clip.shape != shape), None)
        if wrong is not None:
            raise ValueError(f"a clip of shape {wrong} does not fit the recogniser's {shape}")
        rows = [scores for _, _, (scores,) in self.run(clips, draw=_copy)]
        return np.stack(rows) if rows else np.zeros((0, len(self.labels)), np.float32)


def _copy(clip: Clip, /, *, into: Clip) -> None:
    into[:] = clip


def load_recogniser(
    name_or_path: str | None = None,
    *,
    device: Device = "auto",
    backend: PictureBackend = "auto",
    batch: int | None = None,
    threads: int | None = None,
) -> ClipRecogniser:
    """Load a recogniser by name or path; the only one there is where none is named.

    Args:
        name_or_path: a built-in or imported model, or its file.
        device: where to run; ``"auto"`` takes a GPU where there is one.
        backend: ``"auto"`` is OpenVINO on a CPU and torch on a GPU.
        batch: clips at once; by default 1 on a CPU and 32 on a GPU.
        threads: for OpenVINO; all processors by default.

    Raises:
        InputError: the model is not there, damaged, no recogniser of clips, or not trained yet; or none is named and
            there is not exactly one.
        UsageError: an unknown device or backend, or a combination that does not exist.
        ResourceError: a GPU, or a backend's package, was asked for and is not there.

    """
    loaded = load_model(name_or_path or _only_recogniser(), task="recognize")
    config = loaded.config
    if config.untrained:
        raise InputError(
            f"model {config.name!r}: its {', '.join(config.untrained)} has fresh weights, so that it says nothing yet; "
            f"train it first, in a recipe with model.weights={config.name}"
        )
    runner = make_runner(
        ClipClassifier(loaded.network, spec=config.clip, temperature=config.temperature),
        config,
        batches=(batch, batch) if batch else _BATCHES,
        device=device,
        backend=backend,
        threads=threads,
    )
    return ClipRecogniser(config, runner=runner, sha256=loaded.sha256)


def _only_recogniser() -> str:
    names = [model.path.stem for model in list_models() if model.config.task == "recognize"]
    if len(names) != 1:
        there = f"there are {names}" if names else "none ships with touchline, as none was good enough"
        raise InputError(
            f"name a recogniser of clips with --model: {there}. `touchline train recipes/recognise-clips.yaml` trains "
            "one on clips of yours, `touchline models import` takes over published weights"
        )
    return names[0]
