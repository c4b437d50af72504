"""Events on the pictures of an overlay: a caption near where it happens, and a list of the latest in a corner."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

import numpy as np

from touchline.core.arrays import Rgb
from touchline.core.clock import US_PER_S, format_clock
from touchline.core.events import Event, Timeline
from touchline.core.tracks import Track
from touchline.render.label_places import LabelPlaces
from touchline.render.radar_places import RadarPlace, corner_of
from touchline.render.sights import Moments, Sight, sight_of
from touchline.render.tags import CHALK, INK, Colour, blend, text_tag

BEFORE_US, AFTER_US = US_PER_S // 4, 5 * US_PER_S // 4
"""A caption is shown from this long before its event to this long after it, microseconds."""
LISTED_US = 8 * US_PER_S
"""How long an event stays in the list."""
_MOST_LISTED = 4
_MOST = 44
_NEAR = 2.0
"""An event belongs beside the player nearest to the ball, if the ball is within this many of their heights."""


@dataclass(frozen=True, slots=True, eq=False)
class _Anchor:
    """Where an event is on the picture: with a person who moves, at a point, or nowhere that is known."""

    track: Track | None = None
    point_px: tuple[float, float] | None = None


class EventCaptions:
    """A painter of events.

    Args:
        events: the events, from the corrected timeline if there is one; ``extra["point_px"]`` is where one happened.
        moments: the tracks, to find the ball and the person nearest to it.
        picture: (width, height) of the pictures.
        line_px: height of a line of text.
        radar: where the radar is; the list goes into the other corner.

    """

    def __init__(
        self, events: Timeline, moments: Moments, *, picture: tuple[int, int], line_px: int, radar: RadarPlace
    ) -> None:
        self._events = sorted(events, key=lambda event: event.start_us)
        self._starts_us = [event.start_us for event in self._events]
        self._moments, self._picture, self._line_px = moments, picture, line_px
        self._corner: RadarPlace = "bottom-right" if radar == "bottom-left" else "bottom-left"
        self._anchors: dict[int, _Anchor] = {}

    def paint(self, picture: Rgb, places: LabelPlaces, *, time_us: int) -> None:
        """Draw the events of a time into a picture, in place.

        Args:
            picture: uint8 (height, width, 3), contiguous.
            places: keeps captions off people and labels; of the list it is notified.
            time_us: time of the picture, microseconds.

        """
        self._list(picture, places, time_us=time_us)
        for index in self._between(time_us - AFTER_US, time_us + BEFORE_US):
            anchor = self._anchor(index)
            box = self._box(anchor, time_us=time_us)
            if box is not None:
                tag = text_tag(_text(self._events[index]), CHALK, height_px=self._line_px, most=_MOST)
                height, width = tag.rgb.shape[:2]
                left, top = places.find(("event", index), box, (width, height))
                blend(picture, tag, left=left, top=top)

    def _list(self, picture: Rgb, places: LabelPlaces, *, time_us: int) -> None:
        """Draw the latest events in the corner, the last one at the bottom; those that are going on are light."""
        latest = self._between(time_us - LISTED_US, time_us + BEFORE_US)[-_MOST_LISTED:]
        for line, index in enumerate(reversed(latest)):
            event = self._events[index]
            now = time_us - event.start_us <= AFTER_US
            colour: Colour = CHALK if now else INK
            tag = text_tag(_text(event), colour, height_px=self._line_px, most=_MOST, opacity=0.85 if now else 0.6)
            height, width = tag.rgb.shape[:2]
            left, top = corner_of(self._corner, (width, height), self._picture)
            top -= line * (height + max(1, height // 6))
            blend(picture, tag, left=left, top=top)
            places.take((left, top, left + width, top + height))

    def _between(self, from_us: int, to_us: int) -> range:
        """Return the indices of the events that begin in a span, both ends included."""
        return range(bisect_left(self._starts_us, from_us), bisect_right(self._starts_us, to_us))

    def _anchor(self, index: int) -> _Anchor:
        if index not in self._anchors:
            self._anchors[index] = self._found(self._events[index])
        return self._anchors[index]

    def _found(self, event: Event) -> _Anchor:
        """Find where an event is: at the point that a person gave, else at the ball and the person nearest to it."""
        point = event.extra.get("point_px")
        if isinstance(point, (tuple, list)):
            return _Anchor(point_px=(float(point[0]), float(point[1])))
        sights = self._moments.at(event.start_us)
        ball = next((_middle(sight) for sight in sights if sight.track.label == "ball"), None)
        if ball is None:
            return _Anchor()
        people = [sight for sight in sights if sight.track.label not in ("ball", "referee")]
        nearest = min(people, key=lambda sight: _distance(sight, ball), default=None)
        if nearest is None or _distance(nearest, ball) > _NEAR:
            return _Anchor(point_px=ball)
        return _Anchor(track=nearest.track, point_px=ball)

    def _box(self, anchor: _Anchor, *, time_us: int) -> tuple[float, float, float, float] | None:
        """Return what a caption belongs beside; None if it is not known."""
        sight = None if anchor.track is None else sight_of(anchor.track, time_us)
        if sight is not None:
            x0, y0, x1, y1 = sight.box_xyxy.tolist()
            return x0, y0 - 1.2 * self._line_px, x1, y1  # above it is the person's own label
        if anchor.point_px is None:
            return None
        (x, y), reach = anchor.point_px, self._line_px
        return x - reach, y - reach, x + reach, y + reach


def _text(event: Event) -> str:
    """Return an event in words: class, time, team and player if known, confidence unless a person added it."""
    words = [event.label, format_clock(event.start_us // US_PER_S * US_PER_S, decimals=0)]
    words += [word for word in (event.player, event.team) if word]
    return " ".join([*words, *([f"{event.confidence:.2f}"] if event.confidence < 1.0 else [])])


def _middle(sight: Sight) -> tuple[float, float]:
    x0, y0, x1, y1 = sight.box_xyxy.tolist()
    return (x0 + x1) / 2, (y0 + y1) / 2


def _distance(sight: Sight, point: tuple[float, float]) -> float:
    """Return how far a point is from the feet of a person, in heights of that person."""
    x0, y0, x1, y1 = sight.box_xyxy.tolist()
    return float(np.hypot(point[0] - (x0 + x1) / 2, point[1] - y1) / max(1.0, y1 - y0))
