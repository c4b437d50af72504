"""Recognisers of clips: :func:`load_recogniser`, then :meth:`ClipRecogniser.scores`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from touchline.core.errors import InputError
from touchline.models.runtime.backends import PictureBackend
from touchline.models.runtime.device import Device
from touchline.models.runtime.runner import ModelPart, PictureModel, make_runner
from touchline.models.specs.spec import ClipConfig, ClipSpec
from touchline.models.store import list_models, open_model

Clip = npt.NDArray[np.uint8]

_BATCHES = (1, 32)
"""Batch sizes on CPU and GPU. On a CPU a batch of four is no faster than four clips, and short ones are padded."""


class ClipRecogniser(PictureModel[ClipConfig]):
    """A recogniser that classifies clips; its network returns probabilities (classes,)."""

    gives = "score"

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes, in the order of the scores' columns."""
        return self.config.labels

    @property
    def spec(self) -> ClipSpec:
        """The clips it expects."""
        return self.config.clip

    def scores(self, clips: Sequence[Clip]) -> npt.NDArray[np.float32]:
        """Return probabilities float32 (n, classes) of clips, each uint8 (frames, height, width, 3) RGB as in ``spec``.

        Raises:
            ValueError: a clip of another shape; convert it with :func:`touchline.recognition.prepare.sample_clip`.
            ResourceError: the network's output is not finite.

        """
        shape = self.spec.shape
        wrong = next((clip.shape for clip in clips if clip.shape != shape), None)
        if wrong is not None:
            raise ValueError(f"a clip has shape {wrong}, the recogniser expects {shape}; convert it with sample_clip")
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
    """Load a recogniser of clips by name or path.

    Args:
        name_or_path: a built-in or imported model, or its file; None takes the only installed recogniser.
        device: device to run on; ``"auto"`` takes a GPU if available.
        backend: ``"auto"`` is OpenVINO on a CPU and torch on a GPU.
        batch: clips per batch; by default 1 on a CPU and 32 on a GPU.
        threads: CPU threads for OpenVINO; all available ones by default.

    Raises:
        InputError: the model does not exist, is damaged, does not recognise clips, or is not trained yet; or none is
            named and there is not exactly one.
        UsageError: an unknown device or backend, or an unsupported combination of the two.
        ResourceError: the requested GPU, or a backend's package, is not available.

    """
    opened = open_model(name_or_path or _only_recogniser(), task="recognize")
    config = opened.config
    if config.untrained:
        raise InputError(
            f"model {config.name!r}: its {', '.join(config.untrained)} is untrained, so it cannot predict yet; train "
            f"it first, in a recipe with model.weights={config.name}"
        )
    runner = make_runner(
        ModelPart(opened, "scores"),
        config,
        batches=(batch, batch) if batch else _BATCHES,
        device=device,
        backend=backend,
        threads=threads,
    )
    return ClipRecogniser(config, runner=runner, sha256=opened.sha256)


def _only_recogniser() -> str:
    names = [model.path.stem for model in list_models() if model.config.task == "recognize"]
    if len(names) != 1:
        there = f"installed are {names}" if names else "none ships with touchline, as none was accurate enough"
        raise InputError(
            f"name a recogniser of clips with --model: {there}. `touchline train recipes/recognise-clips.yaml` trains "
            "one on your own clips, `touchline models import` converts published weights"
        )
    return names[0]
