"""What a model file says of itself: its pictures, its labels, how its scores become events."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

DEFAULT_THRESHOLD = 0.2
"""Confidence a peak needs when a model names none for its label (lRomul's value)."""

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
MAX_NAME_LENGTH = 100


class FrameSpec(BaseModel):
    """The pictures a spotting network sees: luma in [0, 1], letterboxed, on a regular grid in time.

    Attributes:
        width, height: pixels.
        fps: samples a second of the time grid.
        stack_offsets: which grid frames form the stack of index ``i``: ``i + offset`` for each offset, in order.

    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int = Field(gt=0, le=8192)
    height: int = Field(gt=0, le=8192)
    fps: float = Field(gt=0, le=1000)
    stack_offsets: tuple[int, ...] = Field(min_length=1)


class PeakSpec(BaseModel):
    """How scores become events: Gaussian smoothing, then peaks at least a distance apart, in samples of the grid."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sigma_samples: float = Field(default=3.0, ge=0)
    distance_samples: int = Field(default=15, ge=1)


class ModelConfig(BaseModel):
    """Everything a model file holds beside its tensors.

    Attributes:
        name: what it is called on the command line.
        architecture: which network, a key of ``store.ARCHITECTURES``.
        network: the network's constructor arguments.
        frame: the pictures it sees.
        labels: class names, in the order of the network's outputs.
        thresholds: confidence a peak needs, by label; ``DEFAULT_THRESHOLD`` where none is named.
        peaks: how scores become events.
        edge: ``"repeat"`` scores every grid index, repeating features at both ends; ``"drop"`` leaves out the ends.
        flip: whether scores are averaged with those of the mirrored pictures.
        precision: arithmetic of CPU inference; ``"bf16"`` is faster where the CPU has it, and slightly different.
        licence, description: for people.
        measured: what was measured with it, and on what.

    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    name: str = Field(pattern=NAME_PATTERN, max_length=MAX_NAME_LENGTH)
    architecture: str
    network: dict[str, Any] = Field(default_factory=dict)
    frame: FrameSpec
    labels: tuple[str, ...] = Field(min_length=1)
    thresholds: dict[str, float] = Field(default_factory=dict)
    peaks: PeakSpec = PeakSpec()
    edge: Literal["repeat", "drop"] = "repeat"
    flip: bool = False
    precision: Literal["f32", "bf16"] = "f32"
    licence: str = ""
    description: str = ""
    measured: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check_labels(self) -> ModelConfig:
        if len(set(self.labels)) != len(self.labels):
            raise ValueError(f"labels {self.labels} name a class twice")
        unknown = sorted(set(self.thresholds) - set(self.labels))
        if unknown:
            raise ValueError(f"thresholds for {unknown}, which are not among the labels {self.labels}")
        return self

    def all_thresholds(self) -> dict[str, float]:
        """A threshold for every label."""
        return {label: self.thresholds.get(label, DEFAULT_THRESHOLD) for label in self.labels}
