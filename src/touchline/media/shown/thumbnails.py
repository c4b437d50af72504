"""Small pictures of a video at regular times, joined into sprites."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import av
import cv2
import numpy as np
from av import VideoFrame
from av.container import InputContainer
from av.video.stream import VideoStream

from touchline.core.arrays import Rgb
from touchline.core.clock import US_PER_S
from touchline.core.events import VideoInfo
from touchline.media.decoding import decode_stream
from touchline.media.facts import StreamFacts, choose_stream, inspect, prepare
from touchline.media.isolation import apart
from touchline.media.ledger import Ledger
from touchline.media.source import open_media

COLUMNS, ROWS = 10, 5
_MOST = 1_000
_LEAST_STEP_US = US_PER_S
_LONGER_PX = 160
_JPEG_QUALITY = 70


@dataclass(frozen=True, slots=True)
class Sprites:
    """How the thumbnails of a video are laid out: thumbnail ``k`` lies in sprite ``k // (columns * rows)``, row by row.

    Attributes:
        count: number of thumbnails.
        step_us: thumbnail ``k`` shows the time ``k * step_us``, microseconds.
        width, height: of one thumbnail, pixels.
        columns, rows: of a sprite.

    """

    count: int
    step_us: int
    width: int
    height: int
    columns: int = COLUMNS
    rows: int = ROWS

    @classmethod
    def of(cls, info: VideoInfo, *, duration_us: int) -> Sprites:
        """Return the layout for a video: a thumbnail a second, but at most a thousand."""
        step_us = max(_LEAST_STEP_US, -(-duration_us // _MOST))
        scale = _LONGER_PX / max(info.width, info.height)
        width, height = (max(1, round(length * scale)) for length in (info.width, info.height))
        return cls(max(1, math.ceil(duration_us / step_us)), step_us, width, height)

    @property
    def sprites(self) -> int:
        """Number of sprites."""
        return -(-self.count // (self.columns * self.rows))

    def times_us(self, number: int) -> list[int]:
        """Return the times that a sprite's thumbnails show."""
        each = self.columns * self.rows
        return [k * self.step_us for k in range(number * each, min((number + 1) * each, self.count))]


@apart
def sprite(info: VideoInfo, layout: Sprites, *, number: int) -> bytes:
    """Return one sprite as a JPEG file; a thumbnail is the key frame at or before its time, black if unreadable.

    Args:
        info: properties of the video.
        layout: how its thumbnails are laid out.
        number: of the sprite, from 0.

    Raises:
        ValueError: there is no such sprite.
        InputError: the file cannot be read.

    """
    if not 0 <= number < layout.sprites:
        raise ValueError(f"number={number} must be 0 to {layout.sprites - 1}")
    sheet = np.zeros((layout.rows * layout.height, layout.columns * layout.width, 3), np.uint8)
    for k, picture in enumerate(_key_pictures(inspect(info.path, stream=info.stream_index), layout.times_us(number))):
        if picture is not None:
            top, left = k // layout.columns * layout.height, k % layout.columns * layout.width
            small = cv2.resize(picture, (layout.width, layout.height), interpolation=cv2.INTER_AREA)
            sheet[top : top + layout.height, left : left + layout.width] = small
    _, data = cv2.imencode(".jpg", sheet[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return bytes(data.tobytes())


def _key_pictures(facts: StreamFacts, times_us: list[int]) -> Iterator[Rgb | None]:
    """Yield the key frame at or before each time; None where none can be read."""
    info = facts.info
    with open_media(info.path, max_pixels=facts.max_pixels) as container:
        video, _ = choose_stream(container, path=info.path, index=info.stream_index)
        prepare(video, path=info.path, max_pixels=facts.max_pixels)
        video.codec_context.skip_frame = "NONKEY"  # skips all frames but key frames
        presenter = facts.presenter()
        for time_us in times_us:
            frame = _key_frame(container, video, facts=facts, time_us=time_us)
            yield None if frame is None else presenter.rgb(frame)()


def _key_frame(container: InputContainer, video: VideoStream, *, facts: StreamFacts, time_us: int) -> VideoFrame | None:
    assert video.time_base
    target = (facts.start_pts or 0) + int(time_us / US_PER_S / video.time_base)
    try:
        container.seek(target, stream=video, backward=True)
    except av.FFmpegError:
        return None
    return next(decode_stream(container, video, ledger=Ledger(step_us=facts.step_us)), None)
