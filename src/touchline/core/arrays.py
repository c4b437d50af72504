"""Names for the array types that signatures use most; shapes are stated where an array is used."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats32 = npt.NDArray[np.float32]
Floats64 = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int64]
Rgb = npt.NDArray[np.uint8]
"""Pixels (height, width, 3), 0 to 255, in the order red, green, blue."""
