"""The fitted parameters of the sound curves, and the networks that turn cues into probabilities."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np

from touchline.core.arrays import Floats32
from touchline.core.finite_output import require_finite_output

NAME = "sound-curves"


@dataclass(frozen=True, slots=True, eq=False)
class TinyNet:
    """A network from cues to a probability: scaling, at most one hidden ReLU layer, a logistic output.

    Attributes:
        mean, std: mean and standard deviation of each cue (cues,).
        layers: weights (inputs, outputs) and biases (outputs,) of each layer.

    """

    mean: Floats32
    std: Floats32
    layers: tuple[tuple[Floats32, Floats32], ...]

    def __post_init__(self) -> None:
        width = len(self.mean)
        if self.std.shape != (width,) or not bool((self.std > 0).all()):
            raise ValueError(f"std {self.std} does not fit {width} cues")
        for weights, biases in self.layers:
            if weights.shape != (width, len(biases)):
                raise ValueError(f"weights of shape {weights.shape} do not fit {width} inputs, {len(biases)} outputs")
            width = len(biases)
        if width != 1:
            raise ValueError(f"the last layer has {width} outputs, not 1")

    def probability(self, cues: Floats32) -> Floats32:
        """Return the probabilities (n,) of cues (n, cues).

        Raises:
            ResourceError: a probability is not finite.

        """
        hidden = (cues - self.mean) / self.std
        for number, (weights, biases) in enumerate(self.layers):
            hidden = np.maximum(hidden, 0) if number else hidden
            hidden = hidden @ weights + biases
        require_finite_output(hidden, model=NAME, what="probability", runs_on="cpu")
        return (1 / (1 + np.exp(-np.clip(hidden[:, 0], -30, 30)))).astype(np.float32)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> TinyNet:
        """Return the network stored by :meth:`to_json`."""
        layers = tuple((_array(layer["weights"]), _array(layer["biases"])) for layer in document["layers"])
        return cls(_array(document["mean"]), _array(document["std"]), layers)

    def to_json(self) -> dict[str, Any]:
        """Return the network as JSON values with five digits each."""
        layers = [{"weights": _digits(weights), "biases": _digits(biases)} for weights, biases in self.layers]
        return {"mean": _digits(self.mean), "std": _digits(self.std), "layers": layers}


@dataclass(frozen=True, slots=True, eq=False)
class SoundModel:
    """The networks that turn cues into curves and events.

    Attributes:
        whistle: probability that a whistle sounds now, from the cues around a frame.
        blown: probability that a stretch of such frames is a whistle, from the stretch's properties.
        loud: probability that the crowd is louder than usual.
        onset: probability that the crowd is getting louder.
        sha256: SHA-256 of the model file.

    """

    whistle: TinyNet
    blown: TinyNet
    loud: TinyNet
    onset: TinyNet
    sha256: str


def load_sound_model() -> SoundModel:
    """Return the model that ships with the package."""
    data = files("touchline.models").joinpath("builtin", f"{NAME}.json").read_bytes()
    document = json.loads(data)
    nets = {name: TinyNet.from_json(document[name]) for name in ("whistle", "blown", "loud", "onset")}
    return SoundModel(**nets, sha256=hashlib.sha256(data).hexdigest())


def _array(values: Any) -> Floats32:
    return np.array(values, np.float32)


def _digits(values: Floats32) -> Any:
    return [_digits(row) for row in values] if values.ndim > 1 else [float(f"{value:.5g}") for value in values]
