"""The configuration of dense spotters: their frames, clips, heads and decoding."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from touchline.models.specs.spec import DEFAULT_THRESHOLD, IMAGENET_MEAN, IMAGENET_STD, ChannelStd, StoredConfig


class DenseFrameSpec(BaseModel):
    """The frames a dense spotter takes: RGB or luma on a regular time grid.

    Attributes:
        width, height: pixels.
        fps: frames a second of the time grid.
        fit: ``"stretch"`` ignores the aspect ratio, ``"pad"`` keeps it and centres the frame on black, ``"crop"``
            keeps it, fills the frame and crops the excess on both sides.
        colour: ``"rgb"``, or ``"luma"`` as decoded, which saves the conversion to RGB; for ``encoder: places``.
        mean, std: statistics of RGB in [0, 1]; luma is taken as it is.

    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int = Field(gt=0, le=8192)
    height: int = Field(gt=0, le=8192)
    fps: float = Field(gt=0, le=1000)
    fit: Literal["stretch", "pad", "crop"] = "stretch"
    colour: Literal["rgb", "luma"] = "rgb"
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: ChannelStd = IMAGENET_STD

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels."""
        return self.height, self.width, 1 if self.colour == "luma" else 3


class WindowSpec(BaseModel):
    """How a video is cut into clips, and how their outputs are joined.

    Attributes:
        overlap: share of a clip that the next one repeats.
        lead: empty frames before the first one of the video, in the first clip.
        padding: what an empty frame is: ``"black"``, or ``"mean"``, zero after normalisation.
        encode: ``"clip"``: every clip is encoded for itself, so that its first and last frames see nothing beyond it,
            as in training and as published; ``"once"``: every frame is encoded once, with its true neighbours.
        join: ``"mean"`` of all clips that contain a frame, or ``"tail"``: from the first clip in which
            ``look_ahead`` frames follow the frame, so that it does not depend on later ones than the next step's.
        look_ahead: frames that follow a frame in its clip before it counts, with ``"tail"``.

    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    overlap: float = Field(default=0.5, ge=0, le=0.99)
    lead: int = Field(default=0, ge=0, le=1000)
    padding: Literal["black", "mean"] = "mean"
    encode: Literal["clip", "once"] = "clip"
    join: Literal["mean", "tail"] = "mean"
    look_ahead: int = Field(default=0, ge=0)


class SoftSuppressionSpec(BaseModel):
    """Suppression of the neighbours of a peak.

    Attributes:
        window: frames to either side in which neighbours of the same label are suppressed.
        kind: ``"soft"`` multiplies a score by its squared distance in windows (T-DEED), ``"hard"`` drops it;
            ``"highest"`` keeps a score only if none nearby is higher, dropped or not (E2E-Spot).

    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    window: int = Field(default=6, ge=1, le=10_000)
    kind: Literal["soft", "hard", "highest"] = "soft"


class DenseSpotConfig(StoredConfig):
    """The configuration of a dense spotter.

    Attributes:
        frame: the frames it takes.
        windows: how a video is cut into clips.
        heads: names of its heads, in the order of the network's; their labels follow each other in ``labels``.
        reported: heads whose labels are reported; empty for all.
        suppression: suppression of the neighbours of a peak.
        thresholds: least confidence, by label; ``DEFAULT_THRESHOLD`` for labels not listed.
        team_weighs: multiply an event's confidence by that of its team, as published.

    """

    task: Literal["spot-dense"] = "spot-dense"
    frame: DenseFrameSpec
    windows: WindowSpec = WindowSpec()
    heads: tuple[str, ...] = ("events",)
    reported: tuple[str, ...] = ()
    suppression: SoftSuppressionSpec = SoftSuppressionSpec()
    team_weighs: bool = False

    @property
    def clip_length(self) -> int:
        """Frames of a clip."""
        return int(self.network.get("clip_length", 100))

    @property
    def hop(self) -> int:
        """Frames from one clip to the next."""
        return max(1, self.clip_length - int(self.clip_length * self.windows.overlap))

    @property
    def has_team(self) -> bool:
        """Whether the network names the team of an event."""
        return bool(self.network.get("team", False))

    def threshold(self, label: str) -> float:
        """Return the least confidence of a label."""
        return self.thresholds.get(label, DEFAULT_THRESHOLD)

    def all_thresholds(self) -> dict[str, float]:
        """Return the threshold of every label."""
        return {label: self.threshold(label) for label in self.labels}

    @model_validator(mode="after")
    def _check_heads(self) -> Self:
        counts = tuple(self.network.get("label_counts", (len(self.labels),)))
        if self.frame.colour == "luma" and self.network.get("encoder") != "places":
            raise ValueError("frame.colour=luma needs network.encoder=places; other encoders see colours")
        if len(counts) != len(self.heads) or sum(counts) != len(self.labels):
            raise ValueError(
                f"heads {self.heads} with {counts} labels do not make up the {len(self.labels)} labels {self.labels}"
            )
        unknown = sorted(set(self.reported) - set(self.heads))
        if unknown:
            raise ValueError(f"reported heads {unknown} are not among {self.heads}")
        joins, hop = self.windows, self.hop
        if joins.join == "tail" and joins.look_ahead + hop > self.clip_length:
            raise ValueError(
                f"look_ahead={joins.look_ahead} and {hop} frames from clip to clip do not fit a clip of "
                f"{self.clip_length}"
            )
        return self
