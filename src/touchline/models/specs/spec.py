"""Configurations stored in model files: task, input format, labels, and decoding of scores into events."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

DEFAULT_THRESHOLD = 0.2
"""Threshold of a label for which the model sets none (lRomul's value)."""

KINETICS_MEAN = (0.43216, 0.394666, 0.37645)
KINETICS_STD = (0.22803, 0.22145, 0.216989)
"""Statistics of RGB in [0, 1] over Kinetics-400, as used by torchvision's video networks."""

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
"""Statistics of RGB in [0, 1] over ImageNet, as used by torchvision's image networks."""

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
MAX_NAME_LENGTH = 100


Channels = tuple[float, float, float]


def _above_zero(std: Channels) -> Channels:
    if min(std) <= 0:
        raise ValueError(f"std={std}: every channel's must be above 0")
    return std


ChannelStd = Annotated[Channels, AfterValidator(_above_zero)]
"""Deviations of three channels, which normalisation divides by."""


class FrameSpec(BaseModel):
    """The frames a spotting network takes: luma in [0, 1], letterboxed, on a regular time grid.

    Attributes:
        width, height: pixels.
        fps: samples per second of the time grid.
        stack_offsets: grid frames that form the stack of index ``i``: ``i + offset`` for each offset, in order.

    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int = Field(gt=0, le=8192)
    height: int = Field(gt=0, le=8192)
    fps: float = Field(gt=0, le=1000)
    stack_offsets: tuple[int, ...] = Field(min_length=1)


class PeakSpec(BaseModel):
    """Peak finding in scores: Gaussian smoothing, then peaks at a minimum distance, both in samples of the grid."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sigma_samples: float = Field(default=3.0, ge=0)
    distance_samples: int = Field(default=15, ge=1)


class PictureSpec(BaseModel):
    """The pictures a detector or pitch finder takes: RGB in [0, 1], scaled to fit, padded at the right and bottom.

    Attributes:
        width, height: input size in pixels; both multiples of the network's coarsest stride.

    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int = Field(gt=0, le=8192)
    height: int = Field(gt=0, le=8192)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of one 8-bit RGB picture: (height, width, 3)."""
        return self.height, self.width, 3


class EncoderSpec(PictureSpec):
    """The pictures an encoder takes.

    Attributes:
        fit: ``"crop"`` keeps the aspect ratio, fills the picture and crops the excess on both sides; ``"resize"``
            ignores the aspect ratio; ``"pad"`` keeps it and centres the picture on black.
        interpolation: interpolation used for scaling.
        color: order of the channels the network was trained on.
        max_value: value of full brightness before normalisation: 1 or 255.
        mean, std: statistics of the channels, in the order of ``color`` and the range of ``max_value``.

    """

    fit: Literal["crop", "resize", "pad"] = "crop"
    interpolation: Literal["area", "cubic"] = "area"
    color: Literal["RGB", "BGR"] = "RGB"
    max_value: Literal[1, 255] = 1
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: ChannelStd = IMAGENET_STD


DETECTOR_SPEC = EncoderSpec(
    width=640, height=352, fit="resize", interpolation="area", mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0)
)
"""The pictures that a people detector's first part takes as an encoder."""


class ClipSpec(BaseModel):
    """The clips a recogniser takes: RGB or BGR frames, evenly spaced in time.

    Attributes:
        frames: frames in a clip.
        stride: sampling step in frames of the source, where ``fps`` is None.
        fps: frames sampled per second, whatever the source's frame rate; None takes every ``stride``-th frame.
        width, height: input size in pixels.
        fit: ``"stretch"`` ignores the aspect ratio, ``"pad"`` keeps it and centres the frame on black, ``"crop"``
            keeps it, fills the frame and crops the excess on both sides.
        color: order of the channels the network was trained on.
        max_value: value of full brightness before normalisation: 1 or 255.
        mean, std: statistics of the channels, in the order of ``color`` and the range of ``max_value``.

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
    std: ChannelStd = KINETICS_STD

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Shape of one clip of 8-bit RGB frames: (frames, height, width, 3)."""
        return self.frames, self.height, self.width, 3


class SkeletonSpec(BaseModel):
    """The sequences of joints a skeleton recogniser takes.

    Attributes:
        frames: moments in a sequence.
        fps: moments per second; None if unknown.
        joints: names of the joints, in the order of the network's inputs.
        mirror: for each joint the index of its counterpart on the other side, or its own index if it has none.

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
    """The configuration common to all model files, whatever their task.

    Attributes:
        name: name on the command line.
        architecture: key of ``architectures.ARCHITECTURES``.
        network: the network's constructor arguments.
        labels: class names, in the order of the network's outputs.
        thresholds: least confidence, by label.
        precision: precision of CPU inference; ``"bf16"`` is faster on CPUs that support it, with slightly different
            values.
        licence, description: licence and description for people.
        measured: measured results, and the data they were measured on.

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
    """The configuration of a model whose input is 8-bit pixels: pictures, crops or clips."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one input: (height, width, 3) of a picture, (frames, height, width, 3) of a clip."""
        raise NotImplementedError


class PictureConfig(PixelConfig):
    """The configuration of a model of single pictures.

    Attributes:
        task: ``"detect"`` finds people and the ball, ``"pitch"`` the pitch's keypoints.
        picture: the pictures it takes.

    """

    task: Literal["detect", "pitch"]
    picture: PictureSpec

    def of_size(self, size: tuple[int, int]) -> PictureConfig:
        """Return this configuration for pictures of another width and height."""
        return self.model_copy(update={"picture": PictureSpec(width=size[0], height=size[1])})

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one picture: (height, width, 3)."""
        return self.picture.shape


class ClipConfig(PixelConfig):
    """The configuration of a recogniser of clips.

    Attributes:
        clip: the clips it takes.
        temperature: divisor of logits before softmax, which calibrates confidences; 1 if never measured.
        untrained: parts of the network with random weights; a model with any must be trained before it can predict.

    """

    task: Literal["recognize"] = "recognize"
    clip: ClipSpec
    temperature: float = Field(default=1.0, gt=0)
    untrained: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one clip: (frames, height, width, 3)."""
        return self.clip.shape


class SkeletonConfig(StoredConfig):
    """The configuration of a recogniser of joint sequences.

    Attributes:
        skeleton: the sequences it takes.
        temperature: divisor of logits, as in :class:`ClipConfig`.
        handed: the hand that the people of its training examples play with, if actions look different with the other
            one; sequences of others are mirrored, and the network tells the hand. None if hands do not matter.

    """

    task: Literal["skeleton"] = "skeleton"
    skeleton: SkeletonSpec
    temperature: float = Field(default=1.0, gt=0)
    handed: Literal["left", "right"] | None = None


class EncoderConfig(PixelConfig):
    """The configuration of a network that computes features of pictures; it has no classes.

    Attributes:
        labels: always empty.
        picture: the pictures it takes.

    """

    task: Literal["features"] = "features"
    labels: tuple[str, ...] = Field(default=(), max_length=0)
    picture: EncoderSpec

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one picture: (height, width, 3)."""
        return self.picture.shape


class SoundEncoderConfig(StoredConfig):
    """The configuration of a network that computes features of sound; it has no classes.

    Attributes:
        labels: always empty.
        tap: layer that provides the features: ``"embedding"``, the last, with 128 values; ``"conv4"``, the fourth
            stage, with 512.
        patch: seconds between the patches of sound it takes.

    """

    task: Literal["sound-features"] = "sound-features"
    labels: tuple[str, ...] = Field(default=(), max_length=0)
    tap: Literal["embedding", "conv4"] = "embedding"
    patch: Literal["0.96", "0.5"] = "0.96"


class ModelConfig(StoredConfig):
    """The configuration of a spotter.

    Attributes:
        frame: the frames it takes.
        thresholds: least confidence of a peak, by label; ``DEFAULT_THRESHOLD`` for labels not listed.
        peaks: settings of peak finding.
        edge: ``"repeat"`` scores every grid index, repeating features at both ends; ``"drop"`` omits the ends.
        flip: whether scores are averaged with those of the mirrored frames.

    """

    task: Literal["spot"] = "spot"
    frame: FrameSpec
    peaks: PeakSpec = PeakSpec()
    edge: Literal["repeat", "drop"] = "repeat"
    flip: bool = False

    def all_thresholds(self) -> dict[str, float]:
        """Return the threshold of every label."""
        return {label: self.thresholds.get(label, DEFAULT_THRESHOLD) for label in self.labels}
