"""H.264 streams with frame times in microseconds, and the colours of their source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Self, TypeVar

from av.container import OutputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from touchline.core.clock import US_PER_S
from touchline.media.colour.coding import BT709, is_hdr, matrix_of

T = TypeVar("T")

CRF = 23
"""x264's constant rate factor for visually near-lossless output; lower is better and larger."""
PRESET = "veryfast"
FALLBACK_STEP_US = 40_000
"""Time from frame to frame where a file does not state its rate, microseconds."""
TIME_BASE = Fraction(1, US_PER_S)

_FALLBACK_FPS = Fraction(25)
_CONVERSIONS = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9}
"""Colour matrices as H.264 numbers them, with the converter's names; others are written as unspecified."""
_UNSPECIFIED = 2
_BT601 = 5
_LIMITED = 1


@dataclass(frozen=True, slots=True)
class Colours:
    """How the colours of a video are coded, by H.264's numbers.

    Attributes:
        matrix: of luma and chroma from red, green and blue.
        primaries: of red, green and blue.
        transfer: from light to values.

    """

    matrix: int = _UNSPECIFIED
    primaries: int = _UNSPECIFIED
    transfer: int = _UNSPECIFIED

    @classmethod
    def of(cls, source: VideoCodecContext) -> Self:
        """Return the colours in which to write a stream: its own, as its decoder knows them.

        Untagged HD is tagged as what players take it for, HDR is written as SDR, and a matrix that cannot be converted
        is dropped.
        """
        if is_hdr(source) or (source.colorspace == _UNSPECIFIED and matrix_of(source) == BT709):
            return cls(BT709, BT709, BT709)
        matrix = source.colorspace if source.colorspace in _CONVERSIONS else _UNSPECIFIED
        return cls(matrix, source.color_primaries, source.color_trc)

    @property
    def conversion(self) -> int:
        """The converter's number of the matrix; that of BT.601 where it is unspecified."""
        return _CONVERSIONS.get(self.matrix, _BT601)


def add_h264(
    container: OutputContainer,
    *,
    width: int,
    height: int,
    fps: float,
    colours: Colours,
    crf: int = CRF,
    preset: str = PRESET,
    reorder: bool = True,
) -> VideoStream:
    """Add an H.264 stream to a file; its frames are yuv420p in the limited range, at times in microseconds.

    Args:
        container: the file, before anything is written.
        width: of the pictures, pixels, even.
        height: of the pictures, pixels, even.
        fps: usual frame rate, for the header; 0 if unknown. Frames keep their own times.
        colours: how the pictures' colours are coded.
        crf: x264's constant rate factor.
        preset: x264's preset.
        reorder: whether frames may be coded in another order than shown. It saves a tenth of the size; without it, no
            player needs an edit list to start picture and sound together.

    """
    if width % 2 or height % 2:
        raise ValueError(f"size {width}x{height} must be even in both directions")
    rate = Fraction(fps).limit_denominator(1001) if fps > 0 else _FALLBACK_FPS
    options = {"crf": str(crf), "preset": preset, **({} if reorder else {"bf": "0"})}
    stream = container.add_stream("libx264", rate=rate, options=options)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.time_base = TIME_BASE
    context = stream.codec_context
    context.time_base = TIME_BASE
    context.color_range = _LIMITED
    context.colorspace = colours.matrix
    context.color_primaries = colours.primaries
    context.color_trc = colours.transfer
    return stream


def even(length: int) -> int:
    """Return the length in pixels, or one more if it is odd, which H.264 needs."""
    return length + length % 2


def usual_step_us(fps: float) -> int:
    """Return the usual time from frame to frame, microseconds."""
    return round(US_PER_S / fps) if fps > 0 else FALLBACK_STEP_US


def with_durations(frames: Iterable[tuple[int, T]], *, step_us: int) -> Iterator[tuple[int, T, int]]:
    """Yield each time and frame with its duration: until the next one, or ``step_us`` for the last one."""
    last: tuple[int, T] | None = None
    for time_us, frame in frames:
        if last is not None:
            yield *last, time_us - last[0]
        last = time_us, frame
    if last is not None:
        yield *last, step_us
