"""Batch sizes of spotting networks on a CPU: they follow from the size of frames and features."""

from __future__ import annotations

from touchline.models.specs.spec import FrameSpec

CHUNK_OUTPUTS = 128
"""Outputs of a spotter that are given on at once."""
_PIXELS_PER_BATCH = 1_000_000
_MOST_STACKS = 16
_FEATURE_VALUES_PER_BATCH = 4_000_000


def encode_batch_of(frame: FrameSpec) -> int:
    """Return the number of stacks encoded at once."""
    return _power_of_two(_PIXELS_PER_BATCH // (frame.width * frame.height), most=_MOST_STACKS)


def decode_batch_of(window_values: int) -> int:
    """Return the number of windows, each of so many values, decoded at once."""
    return _power_of_two(_FEATURE_VALUES_PER_BATCH // window_values, most=CHUNK_OUTPUTS)


def _power_of_two(most_wanted: int, *, most: int) -> int:
    """Return the largest power of two not above ``most_wanted`` or ``most``, at least 1."""
    return 1 << (max(1, min(most_wanted, most)).bit_length() - 1)
