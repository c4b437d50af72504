"""The configuration of spotters over feature streams."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from touchline.models.specs.spec import StoredConfig


class StreamSpec(BaseModel):
    """A stream that a head reads.

    Attributes:
        name: name of the stream in the network.
        width: values per row.
        model: model that computed the features it was trained on; empty if it does not matter.
        published: whether these are features that SoccerNet publishes.
        reduction: SHA-256 of the reduction applied to them; empty if none, or unknown.

    """

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    name: str = Field(min_length=1, max_length=100)
    width: int = Field(gt=0, le=65536)
    model: str = ""
    published: bool = False
    reduction: str = ""


class SuppressionSpec(BaseModel):
    """Non-maximum suppression of scores.

    Attributes:
        window_s: seconds; events of a label nearer than half of this to a stronger one are suppressed.
        kind: ``"hard"`` drops them, ``"soft"`` reduces their scores, more the nearer they are.
        floor: least score of an event, before calibration.
        gather: move scores to where their displacements point before peaks are found.

    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    window_s: float = Field(default=20.0, gt=0, le=600)
    kind: Literal["hard", "soft"] = "hard"
    floor: float = Field(default=0.01, ge=0, lt=1)
    gather: bool = True


class StreamHeadConfig(StoredConfig):
    """The configuration of a spotter over feature streams.

    Attributes:
        streams: the streams it reads.
        rate_hz: samples per second of the grid that all streams are resampled to.
        suppression: settings of non-maximum suppression.
        calibration: (slope, offset) by label, applied to a score's logit to give the probability that the event is
            true; empty if never measured.
        calibrated_within_s: tolerance in seconds within which an event counted as true in the calibration.

    """

    task: Literal["spot-streams"] = "spot-streams"
    streams: tuple[StreamSpec, ...] = Field(min_length=1)
    rate_hz: float = Field(gt=0, le=1000)
    suppression: SuppressionSpec = SuppressionSpec()
    calibration: dict[str, tuple[float, float]] = Field(default_factory=dict)
    calibrated_within_s: float = Field(default=2.5, gt=0)

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        names = [stream.name for stream in self.streams]
        if len(set(names)) != len(names):
            raise ValueError(f"streams {names} name one twice")
        unknown = sorted(set(self.calibration) - set(self.labels))
        if unknown:
            raise ValueError(f"calibration of {unknown}, which are not among the labels {self.labels}")
        return self
