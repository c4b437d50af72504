"""Decoded frames as RGB: by their own matrix and range, and HDR as it looks in SDR."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from av import VideoFrame

from touchline.core.arrays import Rgb
from touchline.media.colour.coding import BT709, FULL_RANGE, is_hdr, matrix_of
from touchline.media.frame import Luma


def rgb_of(frame: VideoFrame) -> Rgb:
    """Return the colours of a decoded frame as coded, uint8 (height, width, 3) of BT.709 for HD and HDR."""
    if is_hdr(frame):
        return _of_hdr(frame)
    matrix = matrix_of(frame)
    if matrix == frame.colorspace or frame.format.is_rgb:
        return frame.to_ndarray(format="rgb24", threads=1)
    return frame.to_ndarray(format="rgb24", src_colorspace=matrix, threads=1)


def sdr_luma(luma: npt.NDArray[np.uint8] | npt.NDArray[np.uint16], frame: VideoFrame, *, bits: int) -> Luma:
    """Return the luma of an HDR frame, of some bits, as it looks in SDR: uint8, in the limited range."""
    from touchline.media.colour.tone_mapping import luma_curve  # OpenCV is for the few videos that are HDR

    full_range = int(frame.color_range) == FULL_RANGE
    return luma_curve(transfer=int(frame.color_trc), bits=bits, full_range=full_range)[luma]


def _of_hdr(frame: VideoFrame) -> Rgb:
    from touchline.media.colour.tone_mapping import tone_mapped

    wide = int(frame.color_primaries) != BT709
    if frame.format.is_rgb:
        deep = frame.to_ndarray(format="rgb48le")
    else:
        deep = frame.to_ndarray(format="rgb48le", src_colorspace=matrix_of(frame))
    return tone_mapped(np.asarray(deep, np.uint16), transfer=int(frame.color_trc), wide=wide)
