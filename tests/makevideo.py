"""Small videos with known answers: every frame's pixels say which frame it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

BITS = 10
"""Frame numbers up to 2**BITS - 1, one vertical bar per bit."""


def bars(number: int, *, width: int, height: int, low: int = 32, high: int = 220) -> np.ndarray:
    """A grey picture (height, width) whose vertical bars spell ``number`` in binary, most significant bit left.

    A brighter top-left corner block (upper eighth of the height, left bar) marks which way is up.
    """
    bits = np.array([number >> (BITS - 1 - i) & 1 for i in range(BITS)], dtype=np.uint8)
    columns = np.arange(width) * BITS // width
    return np.broadcast_to(np.where(bits[columns], high, low).astype(np.uint8), (height, width)).copy()


def read_number(luma: np.ndarray) -> int:
    """The number a picture of :func:`bars` spells; read in the middle rows, so letterboxing and noise do not matter."""
    height, width = luma.shape
    band = luma[height // 3 : max(height // 3 + 1, 2 * height // 3)].astype(float).mean(axis=0)
    centres = [(2 * i + 1) * width // (2 * BITS) for i in range(BITS)]
    return int("".join("1" if band[c] > 126 else "0" for c in centres), 2)


def write_frames(
    path: Path,
    pictures: Iterable[np.ndarray],
    *,
    fps: Fraction | int = 25,
    times: Sequence[int] | None = None,
    time_base: Fraction | None = None,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    rotation_deg: int = 0,
    aspect: Fraction | None = None,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    container_format: str | None = None,
    tone: np.ndarray | None = None,
    prepare: Callable[[av.VideoFrame], av.VideoFrame] | None = None,
) -> Path:
    """Encode pictures (uint8 (h, w) grey or (h, w, 3) RGB) into a video file.

    Args:
        path: the file to write; its suffix names the container.
        pictures: the frames.
        fps: nominal rate.
        times: a presentation time for each frame in ``time_base`` units; None is 0, 1, 2, ... at ``fps``.
        time_base: unit of ``times``.
        codec, pix_fmt, options: of the encoder; x264 defaults to ultrafast with a keyframe each 12 frames.
        rotation_deg: clockwise turn a player must make to show the picture upright.
        aspect: sample aspect ratio.
        container_options, container_format: of the muxer.
        tone: float32 (n,) mono sound at 48 kHz to add.
        prepare: a last change to each frame before encoding.

    """
    if options is None:
        options = {"preset": "ultrafast", "g": "12", "bf": "2"} if codec == "libx264" else {}
    with av.open(str(path), "w", format=container_format, options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=fps, options=options)
        stream.pix_fmt = pix_fmt
        if rotation_deg:
            stream.set_display_rotation(-rotation_deg)
        if time_base is not None:
            stream.codec_context.time_base = time_base
        sound = None
        if tone is not None:
            sound = container.add_stream("aac", rate=48_000)
            sound.layout = "mono"
        for index, picture in enumerate(pictures):
            if index == 0:
                stream.height, stream.width = picture.shape[:2]
                if aspect is not None:
                    stream.codec_context.sample_aspect_ratio = aspect
            frame = _frame(picture, pix_fmt)
            frame.pts = index if times is None else times[index]
            frame.time_base = time_base or Fraction(1) / Fraction(fps)
            container.mux(stream.encode(prepare(frame) if prepare else frame))
        container.mux(stream.encode(None))
        if sound is not None and tone is not None:
            _write_tone(container, sound, tone)
    return path


def write_numbered(
    path: Path, *, frames: int = 50, width: int = 160, height: int = 96, first: int = 0, **kwargs: object
) -> Path:
    """A video whose frame ``i`` spells ``first + i``; further arguments as for :func:`write_frames`."""
    pictures = (bars(first + i, width=width, height=height) for i in range(frames))
    return write_frames(path, pictures, **kwargs)  # type: ignore[arg-type]


def _frame(picture: np.ndarray, pix_fmt: str) -> av.VideoFrame:
    """A frame whose luma is the grey picture exactly (8-bit YUV), or converted from RGB."""
    if picture.ndim == 3:
        return av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=pix_fmt)
    if pix_fmt not in ("yuv420p", "yuv422p", "yuv444p"):
        return av.VideoFrame.from_ndarray(picture, format="gray").reformat(format=pix_fmt)
    height, width = picture.shape
    frame = av.VideoFrame(width, height, pix_fmt)
    for plane_index, plane in enumerate(frame.planes):
        rows = np.full((plane.height, plane.line_size), 128, np.uint8)
        if plane_index == 0:
            rows[:, :width] = picture
        plane.update(rows.tobytes()[: plane.buffer_size].ljust(plane.buffer_size, b"\0"))
    return frame


def _write_tone(container: av.container.OutputContainer, sound: av.AudioStream, tone: np.ndarray) -> None:
    """Encode mono float sound."""
    for start in range(0, len(tone), 1024):
        block = np.ascontiguousarray(tone[start : start + 1024], dtype=np.float32)[None]
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
        frame.sample_rate = 48_000
        frame.pts = start
        frame.time_base = Fraction(1, 48_000)
        container.mux(sound.encode(frame))
    container.mux(sound.encode(None))
