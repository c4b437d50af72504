"""What the file of a pose model says of itself."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from touchline.models.specs.spec import PictureSpec, PixelConfig


class ConfidenceSpec(BaseModel):
    """How a joint's confidence comes from what the network says: a logistic function fitted on held-out pictures.

    Attributes:
        share: weight of the logit of how concentrated the joint's heat map is.
        seen: weight of the logit of the joint being seen.
        offset: added to both.
        seen_from: how likely a joint has to be seen to count as seen; below, its confidence is 0.

    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    share: float = 1.0
    seen: float = 1.0
    offset: float = 0.0
    seen_from: float = Field(default=0.3, ge=0, le=1)


class PoseConfig(PixelConfig):
    """The configuration of a model that finds one person's joints in a square crop.

    Attributes:
        picture: the crops it sees, square.
        reading: ``"mean"`` reads a joint as the mean around the strongest place of its heat map, which are logits;
            ``"peak"`` as the highest cell of a heat map of values from 0 to 1 (PoseHG3D).
        confidence: how far a joint can be trusted, for ``"mean"``.

    """

    task: Literal["pose"] = "pose"
    picture: PictureSpec
    reading: Literal["mean", "peak"] = "mean"
    confidence: ConfidenceSpec = ConfidenceSpec()

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one crop: (side, side, 3)."""
        return self.picture.shape
