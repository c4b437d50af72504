"""Decoding by a graphics card, for whole videos, where the user asks for it and there is one that can.

Clips are never decoded so: each would set up the card again. Not tried on a graphics card: no machine with one was at
hand. What is tested is that videos are read without one, and what is said then.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

import av
from av.codec.hwaccel import HWAccel

from touchline.core.errors import ResourceError, UsageError

Opened = TypeVar("Opened")

VARIABLE = "TOUCHLINE_DECODE_ON"
"""Environment variable: ``cpu``, ``cuda``, or ``auto`` for CUDA where it can be used."""

_ALLOWED = ("cpu", "auto", "cuda")


def decodes_on() -> str:
    """Return where whole videos are to be decoded: ``"cpu"`` unless the environment says otherwise.

    Raises:
        UsageError: the environment names something else.

    """
    wanted = os.environ.get(VARIABLE, "") or "cpu"
    if wanted not in _ALLOWED:
        raise UsageError(f"{VARIABLE}={wanted!r} is unknown; allowed are {', '.join(_ALLOWED)}")
    return wanted


def opened_with_hardware(open_with: Callable[[HWAccel | None], Opened]) -> Opened:
    """Open a video so that a graphics card decodes it if the user wants that, and else the processor.

    What the card cannot decode (a codec, a size, a number of bits) FFmpeg decodes on the processor.

    Args:
        open_with: opens it with a hardware decoder, or with None for none.

    Raises:
        ResourceError: CUDA is wanted and cannot be used.
        FFmpegError: the video cannot be opened either way.

    """
    wanted = decodes_on()
    if wanted == "cpu":
        return open_with(None)
    try:
        return open_with(HWAccel(device_type="cuda", allow_software_fallback=True))
    except av.FFmpegError as error:
        opened, cause = open_with(None), error.strerror  # raises what is wrong with the file, if that is the cause
    if wanted == "cuda":
        raise ResourceError(f"{VARIABLE}=cuda: {_why_not(cause)}; set it to auto or cpu")
    return opened


def hardware_state(open_with: Callable[[HWAccel | None], object]) -> str:
    """Return in words whether CUDA can be used to open a video here, and why not.

    Args:
        open_with: opens a video that is known to be sound, as for :func:`opened_with_hardware`.

    """
    try:
        open_with(HWAccel(device_type="cuda", allow_software_fallback=True))
    except av.FFmpegError as error:
        return _why_not(error.strerror)
    return "CUDA can be used"


def _why_not(cause: str | None) -> str:
    return f"FFmpeg cannot use CUDA here ({cause or 'no reason given'}): no NVIDIA graphics card, or no driver for it"
