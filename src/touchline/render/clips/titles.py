"""Titles of clips: a caption burned into the picture, and a card before each part of a reel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from av import VideoFrame

from touchline.core.arrays import Rgb
from touchline.core.corrections.state import Corrections
from touchline.media.encoding.fitting import coded_rgb, frame_of, planes_of
from touchline.media.encoding.h264 import Colours
from touchline.render.clips.contents import clock_of, describe, shown_player
from touchline.render.clips.match import Moment
from touchline.render.clips.spans import Span
from touchline.render.tags import INK, Colour, Tag, blend, text_tag

_MOST = 60
_LINE = 1 / 26
"""Height of a line of a caption, as a share of the picture's."""
_CARD: Colour = (18, 26, 38)


class Caption:
    """Draws the moment nearest in time into the lower left corner of a clip's pictures.

    Args:
        span: the clip.
        corrections: of the bundle, for names.
        colours: how the pictures' colours are coded.

    """

    def __init__(self, span: Span, corrections: Corrections, *, colours: Colours) -> None:
        self._span, self._colours = span, colours
        self._texts = [describe(moment, corrections) for moment in span.moments]
        self._patches: dict[tuple[str, int], _Patch] = {}

    def __call__(self, frame: VideoFrame, time_us: int) -> VideoFrame:
        """Return a copy of a yuv420p frame with the caption; ``time_us`` counts from the start of the clip."""
        text = self._texts[nearest(self._span.moments, self._span.start_us + time_us)]
        key = (text, frame.height)
        if key not in self._patches:
            self._patches[key] = _Patch(_line(text, height=frame.height, width=frame.width), self._colours)
        return self._patches[key].over(frame, margin=max(2, frame.height // 30))


def card(span: Span, corrections: Corrections, *, width: int, height: int, colours: Colours, match: str) -> VideoFrame:
    """Return a picture that announces a clip: its first moment's label, time, player, team and confidence."""
    first = span.moments[0]
    rgb: Rgb = np.full((height, width, 3), _CARD, np.uint8)
    team, player = corrections.team_name(first.team), shown_player(first, corrections)
    lines = [(first.label, 1 / 9), (clock_of(first.start_us), 1 / 16)]
    lines += [(text, 1 / 18) for text in (player, f"team {team}" if team == first.team and team else team or "")]
    if first.confidence < 1.0:
        lines.append((f"confidence {first.confidence:.2f}", 1 / 24))
    if len(span.moments) > 1:
        lines.append((f"and {len(span.moments) - 1} more", 1 / 24))
    lines.append((match, 1 / 30))
    _write_lines(rgb, [(text, max(8, round(height * share))) for text, share in lines if text])
    return coded_rgb(rgb, width=width, height=height, colours=colours)


def nearest(moments: Sequence[Moment], time_us: int) -> int:
    """Return the index of the moment that is going on at a time, or nearest to it."""

    def distance(moment: Moment) -> int:
        return max(moment.start_us - time_us, time_us - (moment.end_us or moment.start_us), 0)

    return min(range(len(moments)), key=lambda index: distance(moments[index]))


def _line(text: str, *, height: int, width: int) -> Tag:
    """Return a caption that fits into a picture."""
    height_px = max(10, round(height * _LINE))
    tag = text_tag(text, INK, height_px=height_px, most=_MOST, opacity=0.72)
    room = width - 2 * max(2, height // 30)
    if tag.rgb.shape[1] > room:
        height_px = max(8, height_px * room // tag.rgb.shape[1])
        tag = text_tag(text, INK, height_px=height_px, most=_MOST, opacity=0.72)
    return tag


def _write_lines(rgb: Rgb, lines: list[tuple[str, int]]) -> None:
    """Write lines of text, each with its height, in the middle of a picture."""
    top = (rgb.shape[0] - sum(round(1.4 * height_px) for _, height_px in lines)) // 2
    for text, height_px in lines:
        tag = text_tag(text, _CARD, height_px=height_px, most=_MOST)
        if tag.rgb.shape[1] > 0.9 * rgb.shape[1]:
            tag = text_tag(text, _CARD, height_px=max(8, round(0.9 * height_px * rgb.shape[1] / tag.rgb.shape[1])))
        blend(rgb, tag, left=(rgb.shape[1] - tag.rgb.shape[1]) // 2, top=top)
        top += round(1.4 * height_px)


class _Patch:
    """A tag as luma and chroma, to lay over yuv420p frames without a detour by RGB."""

    def __init__(self, tag: Tag, colours: Colours) -> None:
        height, width = (length - length % 2 for length in tag.rgb.shape[:2])
        rgb, opacity = tag.rgb[:height, :width], tag.opacity[:height, :width, 0]
        self._planes = [
            plane.astype(np.float32) for plane in planes_of(coded_rgb(rgb, width=width, height=height, colours=colours))
        ]
        half = opacity.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
        self._opacity: list[npt.NDArray[np.float32]] = [opacity, half, half]

    def over(self, frame: VideoFrame, *, margin: int) -> VideoFrame:
        """Return a copy of a frame with the tag in its lower left corner."""
        planes = [plane.copy() for plane in planes_of(frame)]
        left, bottom = margin - margin % 2, frame.height - margin - (frame.height - margin) % 2
        top = max(0, bottom - self._planes[0].shape[0])
        for plane, patch, opacity, part in zip(planes, self._planes, self._opacity, (1, 2, 2), strict=True):
            below = plane[top // part :, left // part :][: patch.shape[0], : patch.shape[1]]
            inside = (slice(below.shape[0]), slice(below.shape[1]))
            below[:] = np.rint(below + opacity[inside] * (patch[inside] - below)).astype(np.uint8)
        return frame_of(planes)
