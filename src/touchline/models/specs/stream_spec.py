"""What a model file over feature streams says of itself."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from touchline.models.specs.spec import StoredConfig


class StreamSpec(BaseModel):
    """One stream a head reads.

    Attributes:
        name: of the stream, as the network has it.
        width: numbers in a row.
        model: what made the features it was trained on; empty where it does not matter.
        published: whether those are features that SoccerNet publishes.
        reduction: SHA-256 of the reduction they went through; empty for none, or where it is not known.

    """

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    name: str = Field(min_length=1, max_length=100)
    width: int = Field(gt=0, le=65536)
    model: str = ""
    published: bool = False
    reduction: str = ""


class SuppressionSpec(BaseModel):
    """How scores become events.

    Attributes:
        window_s: events of a label nearer than half of this to a stronger one are dropped, or weakened.
        kind: ``"hard"`` drops them, ``"soft"`` weakens them the more the nearer they are.
        floor: least score, before calibration, that an event needs.
        gather: move scores to where their displacements point before peaks are taken.

    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    window_s: float = Field(default=20.0, gt=0, le=600)
    kind: Literal["hard", "soft"] = "hard"
    floor: float = Field(default=0.01, ge=0, lt=1)
    gather: bool = True


class StreamHeadConfig(StoredConfig):
    """The configuration of a spotter over feature streams.

    Attributes:
        streams: what it reads.
        rate_hz: samples a second of the grid all streams are brought to.
        suppression: how scores become events.
        calibration: label -> (slope, offset) of the score's logit that make it the probability that the event is true;
            empty where that was never measured.
        calibrated_within_s: how near an event had to be to count as true there.

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
