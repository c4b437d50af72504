"""The configuration of pose models."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from touchline.models.specs.spec import PictureSpec, PixelConfig


class ConfidenceSpec(BaseModel):
    """The confidence of a joint as a function of the network's outputs: a logistic fit on held-out pictures.

    Attributes:
        share: weight of the logit of the heat map's concentration.
        seen: weight of the logit of the joint being visible.
        offset: constant term.
        seen_from: least probability of being visible; below it, a joint's confidence is 0.

    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    share: float = 1.0
    seen: float = 1.0
    offset: float = 0.0
    seen_from: float = Field(default=0.3, ge=0, le=1)


class PoseConfig(PixelConfig):
    """The configuration of a model that finds one person's joints in a square crop.

    Attributes:
        picture: its input, square crops.
        reading: decoding of heat maps: ``"mean"`` takes the mean around the strongest cell, of heat maps of logits;
            ``"peak"`` takes the highest cell, of heat maps of values from 0 to 1 (PoseHG3D).
        confidence: confidence of a joint, for ``"mean"``.

    """

    task: Literal["pose"] = "pose"
    picture: PictureSpec
    reading: Literal["mean", "peak"] = "mean"
    confidence: ConfidenceSpec = ConfidenceSpec()

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one crop: (side, side, 3)."""
        return self.picture.shape
