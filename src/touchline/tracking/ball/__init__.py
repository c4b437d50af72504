"""The ball's trajectory: the most likely path through uncertain candidates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.tracking.ball.ball import follow_ball as follow_ball
    from touchline.tracking.ball.lattice import BallSettings as BallSettings
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.tracking.ball.ball": ("follow_ball",),
            "touchline.tracking.ball.lattice": ("BallSettings",),
        },
    )
