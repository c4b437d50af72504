"""Drawing of tracks on pictures that are shown, never on those that are analysed: boxes, ids, the ball, a radar."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from touchline.core.actions import BALL_SOURCE, MOVEMENT_SOURCE, Action, ActionLookup, Actions
from touchline.core.arrays import Rgb
from touchline.core.events import Timeline
from touchline.core.tracks import DETECTION_LABELS, Track, Tracks
from touchline.render.captions import EventCaptions
from touchline.render.label_places import Box, LabelPlaces
from touchline.render.radar import Radar
from touchline.render.radar_places import RADAR_PLACE, RadarPlace
from touchline.render.sights import Moments, Sight
from touchline.render.tags import INK, Colour, blend, text_tag

COLOURS: dict[str, Colour] = {
    "A": (47, 128, 255),
    "B": (255, 112, 32),
    "referee": (255, 216, 0),
    "ball": (255, 255, 255),
    "other": (206, 214, 224),
}
"""Colours of teams, officials, the ball, and people of unknown team; most colour-blind viewers can tell orange and blue
apart."""

PACE_COLOURS: dict[str, Colour] = {
    "standing": (139, 151, 165),
    "walking": (63, 191, 134),
    "running": (240, 162, 2),
    "high-speed": (224, 110, 20),
    "sprinting": (209, 17, 73),
}
"""Colours of the speed bands of :mod:`touchline.core.geometry.kinematics`."""

_FAR_PX = 1 << 14
"""Boxes are clipped this far outside the picture, within what OpenCV can draw, pixels."""
_SMALL_PX = 600
"""On pictures whose shorter side is below this, letters are as large as people; how they move is left out."""


def colour_of(track: Track) -> Colour:
    """Return the colour a track is drawn in."""
    key = track.label if track.label in COLOURS else track.team
    return COLOURS.get(key or "other", COLOURS["other"])


def label_of(track: Track) -> str:
    """Return the text above a box: the name given by a person, else the id; keepers are marked."""
    return (track.name or str(track.track_id)) + (" GK" if track.label == "goalkeeper" else "")


def words_of(actions: Sequence[Action]) -> str:
    """Format a player's actions briefly: recogniser labels with confidence, otherwise movement; and the ball."""
    named = [f"{a.label} {a.confidence:.2f}" for a in actions if a.source not in (MOVEMENT_SOURCE, BALL_SOURCE)]
    moving = [a.label for a in actions if a.source == MOVEMENT_SOURCE]
    ball = ["ball" for a in actions if a.source == BALL_SOURCE]
    return " ".join([*(named or moving), *ball])


class TrackPainter:
    """A painter that draws the tracks and events of one video on its frames."""

    def __init__(
        self,
        tracks: Tracks,
        *,
        actions: Actions | None = None,
        events: Timeline | None = None,
        radar: RadarPlace = RADAR_PLACE,
    ) -> None:
        """Prepare the labels, the captions and the radar.

        Args:
            tracks: tracks of the video; ``width`` and ``height`` are those of its frames.
            actions: the players' actions, written beside their ids; on small pictures only what a recogniser saw.
            events: the events, shown near where they happen and in a list.
            radar: where to show the pitch from above while positions are known.

        """
        if tracks.width < 1 or tracks.height < 1:
            raise ValueError(f"tracks have the picture size {tracks.width}x{tracks.height}; it must be positive")
        self._moments = Moments(tracks)
        self._actions = None if actions is None else ActionLookup(actions)
        self._size = (tracks.height, tracks.width)
        short = min(tracks.width, tracks.height)
        self._small = short < _SMALL_PX
        self._line_px = max(1, round(short / 420))
        self._label_px = max(10, round(short / 48))
        self._places = LabelPlaces(width=tracks.width, height=tracks.height, gap_px=self._line_px)
        placed = any(t.positions_m is not None and bool(np.isfinite(t.positions_m).any()) for t in tracks)
        shown = radar != "none" and placed
        self._radar = Radar(width=tracks.width, height=tracks.height, place=radar) if shown else None
        picture = (tracks.width, tracks.height)
        self._captions = EventCaptions(
            events or Timeline(), self._moments, picture=picture, line_px=self._label_px, radar=radar
        )

    def paint(self, rgb: Rgb, *, time_us: int) -> Rgb:
        """Return a copy of a frame with all visible tracks and events drawn in.

        Args:
            rgb: uint8 (height, width, 3); not modified.
            time_us: time of the frame on the video's clock, microseconds.

        Returns:
            A new picture of the same shape.

        """
        if rgb.shape != (*self._size, 3):
            raise ValueError(f"picture of shape {rgb.shape} does not fit tracks of {self._size[1]}x{self._size[0]}")
        picture = np.array(rgb, order="C")
        sights = self._moments.at(time_us)
        people = sorted((s for s in sights if s.track.label != "ball"), key=lambda s: float(s.box_xyxy[3]))
        balls = [s for s in sights if s.track.label == "ball"]
        dots = _dots([*people, *balls])
        if self._radar is not None and dots:
            self._radar.paint(picture, dots)
        self._places.begin([_clipped(sight) for sight in people])
        for sight in people:
            self._box(picture, sight)
        for sight in people:
            self._label(picture, sight, time_us=time_us)
        for sight in balls:
            self._ball(picture, sight)
        self._captions.paint(picture, self._places, time_us=time_us)
        return picture

    def _box(self, picture: Rgb, sight: Sight) -> None:
        """Draw the outline of a person: complete if detected, its corners if interpolated."""
        x0, y0, x1, y1 = (round(v) for v in sight.box_xyxy.clip(-_FAR_PX, _FAR_PX))
        colour = colour_of(sight.track)
        if sight.observed:
            cv2.rectangle(picture, (x0, y0), (x1, y1), colour, self._line_px)
            return
        reach = max(2, min(x1 - x0, y1 - y0) // 3)
        for x, inward_x in ((x0, reach), (x1, -reach)):
            for y, inward_y in ((y0, reach), (y1, -reach)):
                cv2.line(picture, (x, y), (x + inward_x, y), colour, self._line_px)
                cv2.line(picture, (x, y), (x, y + inward_y), colour, self._line_px)

    def _label(self, picture: Rgb, sight: Sight, *, time_us: int) -> None:
        """Draw the label beside a box, inside the picture, where it hides nobody if there is such a place."""
        actions = [] if self._actions is None else self._actions.at(sight.track.track_id, time_us=time_us)
        if self._small:
            actions = [action for action in actions if action.source != MOVEMENT_SOURCE]
        text = " ".join(filter(None, (label_of(sight.track), words_of(actions))))
        tag = text_tag(text, colour_of(sight.track), height_px=self._label_px)
        height, width = tag.rgb.shape[:2]
        left, top = self._places.find(sight.track.track_id, _clipped(sight), (width, height))
        blend(picture, tag, left=left, top=top)

    def _ball(self, picture: Rgb, sight: Sight) -> None:
        """Draw a ring around the ball and an arrow above it; the arrow is hollow if the ball was interpolated."""
        box_xyxy = sight.box_xyxy.clip(-_FAR_PX, _FAR_PX)
        x, y = (box_xyxy[:2] + box_xyxy[2:]) / 2
        radius = max(3.0 * self._line_px, 0.75 * float(np.max(box_xyxy[2:] - box_xyxy[:2])))
        centre = (round(x * 8), round(y * 8))
        tip = y - radius - 2 * self._line_px
        arm = 4.0 * self._line_px
        arrow = np.rint(np.array([(x, tip), (x - arm, tip - 1.6 * arm), (x + arm, tip - 1.6 * arm)]) * 8).astype(int)
        for colour, wider in ((INK, 2), (COLOURS["ball"], 0)):
            cv2.circle(picture, centre, round(radius * 8), colour, self._line_px + wider, cv2.LINE_AA, shift=3)
            cv2.polylines(picture, [arrow], True, colour, self._line_px + wider, cv2.LINE_AA, shift=3)
        if sight.observed:
            cv2.fillPoly(picture, [arrow], COLOURS["ball"], cv2.LINE_AA, shift=3)


def draw_tracks(rgb: Rgb, tracks: Tracks, *, time_us: int, radar: RadarPlace = RADAR_PLACE) -> Rgb:
    """Return one frame with all visible tracks drawn in; for many frames of a video keep a :class:`TrackPainter`."""
    return TrackPainter(tracks, radar=radar).paint(rgb, time_us=time_us)


def _clipped(sight: Sight) -> Box:
    x0, y0, x1, y1 = sight.box_xyxy.clip(-_FAR_PX, _FAR_PX).tolist()
    return x0, y0, x1, y1


def _dots(sights: list[Sight]) -> list[tuple[npt.NDArray[np.float64], Colour, bool]]:
    """Return the radar's dots: positions, colours, and whether it is the ball."""
    return [
        (s.position_m, colour_of(s.track), s.track.label == DETECTION_LABELS[0])
        for s in sights
        if s.position_m is not None
    ]
