"""Reading and encoding single images: the usual formats as 8-bit RGB, upright, including grey and 16-bit ones."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Rgb
from touchline.core.errors import InputError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})
MAX_BYTES = 256 * 1024 * 1024
MAX_PIXELS = 200_000_000
"""Size limit beyond any camera; larger images are mistakes or attacks on memory."""

_TWELVE_BITS = 1 << 12
_PNG_START = b"\x89PNG\r\n\x1a\n"
_MOST_DEFLATED = 1040
"""Deflate makes at most this many bytes of one."""


def read_still(path: Path | str) -> Rgb:
    """Read an image as uint8 (h, w, 3) RGB, turned upright according to the file.

    Grey images get three equal channels, transparency is dropped, 16-bit samples lose their lowest bits (12-bit samples
    stored in 16 are recognised by their range).

    Raises:
        InputError: the file does not exist, is not an image, or states more than ``MAX_PIXELS``, or more than it holds.

    """
    path = Path(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path}: {path.stat().st_size / 1e6:.0f} MB is too large for an image; scale it down")
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    _check_claim(data, path=path)
    try:
        bgr = cv2.imdecode(data, cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH) if len(data) else None
    except cv2.error as error:
        raise InputError(f"{path}: an image of more than 1,000 megapixels, or a damaged one; scale it down") from error
    if bgr is None:
        raise InputError(f"{path}: not a readable image; use JPEG, PNG, WebP, TIFF or BMP")
    height, width = bgr.shape[:2]
    _check_size(width, height, path=path)
    return np.ascontiguousarray(_eight_bits(bgr, path=path)[:, :, ::-1])


def _check_size(width: int, height: int, *, path: Path) -> None:
    if height * width > MAX_PIXELS:
        raise InputError(f"{path}: {width}x{height} pixels is over the limit of {MAX_PIXELS / 1e6:.0f} megapixels")


def _check_claim(data: npt.NDArray[np.uint8], *, path: Path) -> None:
    """Refuse a PNG file that states more pixels, or longer parts, than it can hold, before memory is taken for them."""
    head = data[:26].tobytes()
    if not head.startswith(_PNG_START) or len(head) < 26:
        return
    width, height, bits = int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big"), head[24]
    _check_size(width, height, path=path)
    if width * height * bits > 8 * _MOST_DEFLATED * len(data):
        raise InputError(f"{path}: states {width}x{height} pixels in {len(data):,} bytes; not a readable image")
    at = len(_PNG_START)
    while at + 8 <= len(data):
        at += 12 + int.from_bytes(data[at : at + 4].tobytes(), "big")
    if at > len(data):
        raise InputError(f"{path}: not a readable image, or cut short; use JPEG, PNG, WebP, TIFF or BMP")


def encode_still(rgb: Rgb, *, suffix: str = ".png") -> bytes:
    """Encode a picture as the bytes of an image file.

    Args:
        rgb: uint8 (h, w, 3).
        suffix: file name extension of the format, one of ``SUFFIXES``.

    """
    if suffix not in SUFFIXES:
        raise ValueError(f"suffix={suffix!r} must be one of {sorted(SUFFIXES)}")
    _, data = cv2.imencode(suffix, np.ascontiguousarray(rgb[:, :, ::-1]))
    return bytes(data.tobytes())


def _eight_bits(pixels: npt.NDArray[np.generic], *, path: Path) -> npt.NDArray[np.uint8]:
    if pixels.dtype == np.uint8:
        return np.asarray(pixels, np.uint8)
    if pixels.dtype == np.uint16:
        shift = 4 if int(pixels.max(initial=0)) < _TWELVE_BITS else 8
        return np.asarray(np.asarray(pixels, np.uint16) >> shift, np.uint8)
    raise InputError(f"{path}: samples of type {pixels.dtype}; only images of 8 or 16 bits are supported")
