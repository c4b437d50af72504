"""What a model file says of itself: its task, its pictures, its labels, how its scores become events."""

from __future__ import annotations

from typing import Any, Literal, Self

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


class PictureSpec(BaseModel):
    """The pictures a detector or a pitch finder sees: RGB in [0, 1], scaled to fit and padded at the right and bottom.

    Attributes:
        width, height: pixels the network gets; both multiples of its coarsest stride.

    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int = Field(gt=0, le=8192)
    height: int = Field(gt=0, le=8192)


class StoredConfig(BaseModel):
    """What every model file holds beside its tensors, whatever the task.

    Attributes:
        name: what it is called on the command line.
        architecture: which network, a key of ``store.ARCHITECTURES``.
        network: the network's constructor arguments.
        labels: class names, in the order of the network's outputs.
        thresholds: confidence that a label needs.
        precision: arithmetic of CPU inference; ``"bf16"`` is faster where the CPU has it, and slightly different.
        licence, description: for people.
        measured: what was measured with it, and on what.

    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    name: str = Field(pattern=NAME_PATTERN, max_length=MAX_NAME_LENGTH)
    architecture: str
    network: dict[str, Any] = Field(default_factory=dict)
    labels: tuple[str, ...] = Field(min_length=1)
    thresholds: dict[str, float] = Field(default_factory=dict)
    precision: Literal["f32", "bf16"] = "f32"
    licence: str = ""
    description: str = ""
    measured: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check_labels(self) -> Self:
        if len(set(self.labels)) != len(self.labels):
            raise ValueError(f"labels {self.labels} name a class twice")
        unknown = sorted(set(self.thresholds) - set(self.labels))
        if unknown:
            raise ValueError(f"thresholds for {unknown}, which are not among the labels {self.labels}")
        return self


class PictureConfig(StoredConfig):
    """The configuration of a model that looks at single pictures.

    Attributes:
        task: ``"detect"`` finds people and the ball, ``"pitch"`` the pitch's keypoints.
        picture: the pictures it sees.

    """

    task: Literal["detect", "pitch"]
    picture: PictureSpec


class ModelConfig(StoredConfig):
    """The configuration of a spotter.

    Attributes:
        frame: the pictures it sees.
        thresholds: confidence a peak needs, by label; ``DEFAULT_THRESHOLD`` where none is named.
        peaks: how scores become events.
        edge: ``"repeat"`` scores every grid index, repeating features at both ends; ``"drop"`` leaves out the ends.
        flip: whether scores are averaged with those of the mirrored pictures.

    """

    task: Literal["spot"] = "spot"
    frame: FrameSpec
    peaks: PeakSpec = PeakSpec()
    edge: Literal["repeat", "drop"] = "repeat"
    flip: bool = False

    def all_thresholds(self) -> dict[str, float]:
        """A threshold for every label."""
        return {label: self.thresholds.get(label, DEFAULT_THRESHOLD) for label in self.labels}
