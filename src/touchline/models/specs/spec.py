"""What a model file says of itself: its task, its pictures, its labels, how its scores become events."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

DEFAULT_THRESHOLD = 0.2
"""Confidence a peak needs when a model names none for its label (lRomul's value)."""

KINETICS_MEAN = (0.43216, 0.394666, 0.37645)
KINETICS_STD = (0.22803, 0.22145, 0.216989)
"""Of RGB in [0, 1] over Kinetics-400, as torchvision's video networks have them."""

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
"""Of RGB in [0, 1] over ImageNet, as torchvision's picture networks have them."""

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

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of one picture of 8-bit colours: (height, width, 3)."""
        return self.height, self.width, 3


class EncoderSpec(PictureSpec):
    """The pictures an encoder sees.

    Attributes:
        fit: ``"crop"`` keeps the aspect, fills the picture and cuts off what is over, in the middle; ``"resize"``
            ignores the aspect; ``"pad"`` keeps it and fills with black, the picture in the middle.
        interpolation: how pixels are made when a picture is scaled.
        color: order of the channels the network was trained on.
        max_value: what a channel's full brightness is before mean and std: 1 or 255.
        mean, std: of the channels, in the order of ``color`` and the range of ``max_value``.

    """

    fit: Literal["crop", "resize", "pad"] = "crop"
    interpolation: Literal["area", "cubic"] = "area"
    color: Literal["RGB", "BGR"] = "RGB"
    max_value: Literal[1, 255] = 1
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD

    @model_validator(mode="after")
    def _check_std(self) -> Self:
        if min(self.std) <= 0:
            raise ValueError(f"std={self.std}: every channel's must be above 0")
        return self


class ClipSpec(BaseModel):
    """The clips a recogniser sees: a stack of RGB or BGR pictures, evenly spaced in time.

    Attributes:
        frames: pictures in a clip.
        stride: every how many pictures of the source one is taken, where ``fps`` is not given.
        fps: pictures a second that are taken, whatever the source has; None takes every ``stride``-th.
        width, height: pixels the network gets.
        fit: ``"stretch"`` ignores the aspect, ``"pad"`` keeps it and fills with black, ``"crop"`` keeps it, fills the
            clip and cuts off what is over, in the middle.
        color: order of the channels the network was trained on.
        max_value: what a channel's full brightness is before mean and std: 1 or 255.
        mean, std: of the channels, in the order of ``color`` and the range of ``max_value``.

    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    frames: int = Field(gt=0, le=1024)
    stride: int = Field(default=1, gt=0, le=1000)
    fps: float | None = Field(default=None, gt=0, le=1000)
    width: int = Field(gt=0, le=8192)
    height: int = Field(gt=0, le=8192)
    fit: Literal["stretch", "pad", "crop"] = "stretch"
    color: Literal["RGB", "BGR"] = "RGB"
    max_value: Literal[1, 255] = 1
    mean: tuple[float, float, float] = KINETICS_MEAN
    std: tuple[float, float, float] = KINETICS_STD

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Of one clip of 8-bit colours: (frames, height, width, 3)."""
        return self.frames, self.height, self.width, 3

    @model_validator(mode="after")
    def _check_std(self) -> Self:
        if min(self.std) <= 0:
            raise ValueError(f"std={self.std}: every channel's must be above 0")
        return self


class SkeletonSpec(BaseModel):
    """The sequences of joints a skeleton recogniser sees.

    Attributes:
        frames: moments in a sequence.
        fps: moments a second; None where nobody knows.
        joints: names, in the order of the network's inputs.
        mirror: for every joint the index of its partner on the other side, itself where it has none.

    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    frames: int = Field(gt=0, le=1024)
    fps: float | None = Field(default=None, gt=0, le=1000)
    joints: tuple[str, ...] = Field(min_length=1)
    mirror: tuple[int, ...]

    @model_validator(mode="after")
    def _check_mirror(self) -> Self:
        count = len(self.joints)
        paired = len(self.mirror) == count and all(0 <= i < count for i in self.mirror)
        if not paired or any(self.mirror[partner] != i for i, partner in enumerate(self.mirror)):
            raise ValueError(f"mirror={self.mirror} does not pair the {count} joints with each other")
        return self


class StoredConfig(BaseModel):
    """What every model file holds beside its tensors, whatever the task.

    Attributes:
        name: what it is called on the command line.
        architecture: which network, a key of ``architectures.ARCHITECTURES``.
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


class PixelConfig(StoredConfig):
    """The configuration of a model whose input is 8-bit colours: pictures, crops or clips."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one input: (height, width, 3), with the pictures of a clip before."""
        raise NotImplementedError


class PictureConfig(PixelConfig):
    """The configuration of a model that looks at single pictures.

    Attributes:
        task: ``"detect"`` finds people and the ball, ``"pitch"`` the pitch's keypoints.
        picture: the pictures it sees.

    """

    task: Literal["detect", "pitch"]
    picture: PictureSpec

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one picture: (height, width, 3)."""
        return self.picture.shape


class ClipConfig(PixelConfig):
    """The configuration of a recogniser of clips.

    Attributes:
        clip: the clips it sees.
        temperature: what logits are divided by before softmax, so that confidences are honest; 1 where never measured.
        untrained: parts of the network with fresh weights; a model with any is to train from, and never predicts.

    """

    task: Literal["recognize"] = "recognize"
    clip: ClipSpec
    temperature: float = Field(default=1.0, gt=0)
    untrained: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one clip: (frames, height, width, 3)."""
        return self.clip.shape


class SkeletonConfig(StoredConfig):
    """The configuration of a recogniser of joint sequences.

    Attributes:
        skeleton: the sequences it sees.
        temperature: as in :class:`ClipConfig`.

    """

    task: Literal["skeleton"] = "skeleton"
    skeleton: SkeletonSpec
    temperature: float = Field(default=1.0, gt=0)


class EncoderConfig(PixelConfig):
    """The configuration of a network that makes features of pictures; it has no classes.

    Attributes:
        labels: none.
        picture: the pictures it sees.

    """

    task: Literal["features"] = "features"
    labels: tuple[str, ...] = Field(default=(), max_length=0)
    picture: EncoderSpec

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one picture: (height, width, 3)."""
        return self.picture.shape


class SoundEncoderConfig(StoredConfig):
    """The configuration of a network that makes features of sound; it has no classes.

    Attributes:
        labels: none.
        tap: where its numbers are taken: ``"embedding"`` at the end, 128; ``"conv4"`` after its fourth stage, 512.
        patch: seconds between the stretches of sound it sees.

    """

    task: Literal["sound-features"] = "sound-features"
    labels: tuple[str, ...] = Field(default=(), max_length=0)
    tap: Literal["embedding", "conv4"] = "embedding"
    patch: Literal["0.96", "0.5"] = "0.96"


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
