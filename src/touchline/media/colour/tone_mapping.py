"""HDR (PQ and HLG of BT.2100, in BT.2020 colours) as it looks on an SDR display (BT.709 colours, BT.1886).

Light is kept as displayed: HDR's reference white, 203 cd/m2 (BT.2408), is SDR's 100; up to about half of that nothing
changes, so that grass, skin and kits keep their brightness, and highlights up to 1000 cd/m2 are compressed by the
curve of BT.2390 (section 5.4), by one factor for red, green and blue, so that hues stay.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats32, Rgb
from touchline.media.colour.coding import HLG, PQ

_WHITE, _PEAK = 203.0, 1_000.0
"""HDR's reference white, and the brightest light that is not clipped, cd/m2."""
_HLG_GAMMA = 1.2
"""Of BT.2100's opto-optical transfer function for a display of 1000 cd/m2."""
_DISPLAY_GAMMA = 2.4
_TO_BT709 = np.array(
    [[1.660491, -0.587641, -0.072850], [-0.124550, 1.132900, -0.008349], [-0.018151, -0.100579, 1.118730]], np.float32
)
"""Linear BT.2020 to BT.709 (BT.2087)."""
_BT2020_LUMA = np.array([[0.2627, 0.6780, 0.0593]], np.float32)
_STEPS = 4_096
_BLOCK = 1 << 14
"""Pixels that are converted at once."""
_M1, _M2, _C1, _C2, _C3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
_A, _B, _C = 0.17883277, 0.28466892, 0.55991073

Values = npt.NDArray[np.float64]


def tone_mapped(coded: npt.NDArray[np.uint16], *, transfer: int, wide: bool = True) -> Rgb:
    """Return HDR colours as SDR.

    Args:
        coded: uint16 (h, w, 3) red, green and blue, 0 to 65535 for the signal's 0 to 1.
        transfer: H.273's number of PQ or HLG.
        wide: whether the primaries are those of BT.2020, not BT.709.

    Returns:
        uint8 (h, w, 3), BT.709.

    """
    shown = np.empty(coded.shape, np.uint8)
    rows = max(1, _BLOCK // max(1, coded.shape[1]))
    for top in range(0, len(coded), rows):
        shown[top : top + rows] = _mapped_rows(coded[top : top + rows], transfer=transfer, wide=wide)
    return shown


def _mapped_rows(coded: npt.NDArray[np.uint16], *, transfer: int, wide: bool) -> Rgb:
    """Return some rows as SDR; few enough for the processor's cache are several times faster."""
    light = np.take(_to_light(transfer), coded)
    if transfer == HLG:
        scene = cv2.transform(light, _BT2020_LUMA)
        gamma = cv2.pow(np.maximum(scene, 1e-6), _HLG_GAMMA - 1)
        light = cv2.multiply(light, cv2.merge([gamma, gamma, gamma]))
    red, green, blue = cv2.split(light)
    place = np.minimum(cv2.sqrt(cv2.max(cv2.max(red, green), blue)) * np.float32(_STEPS - 1), _STEPS - 1)
    gain = np.take(_gain(), place.astype(np.uint16))
    light = cv2.multiply(light, cv2.merge([gain, gain, gain]))
    if wide:
        light = cv2.transform(light, _TO_BT709)
    place = cv2.sqrt(np.clip(light, 0, 1)) * np.float32(_STEPS - 1) + np.float32(0.5)
    return np.take(_to_signal(), place.astype(np.uint16))


@cache
def luma_curve(*, transfer: int, bits: int, full_range: bool) -> npt.NDArray[np.uint8]:
    """Return the SDR luma, in the limited range, for every HDR luma of some bits; exact for greys."""
    codes = np.arange(1 << bits)
    black, white = (0, (1 << bits) - 1) if full_range else (16 << (bits - 8), 235 << (bits - 8))
    signal = np.clip((codes - black) / (white - black), 0, 1)
    grey = np.rint(signal * 65_535).astype(np.uint16)[None, :, None].repeat(3, axis=2)
    shown = tone_mapped(grey, transfer=transfer)[0, :, 0]
    return np.rint(16 + shown.astype(np.float64) * 219 / 255).astype(np.uint8)


@cache
def _to_light(transfer: int) -> Floats32:
    """Return the light of every signal, relative to the peak: as displayed for PQ, of the scene for HLG."""
    signal = np.linspace(0, 1, 1 << 16)
    light = pq_light(signal) / _PEAK if transfer == PQ else hlg_scene(signal)
    return light.astype(np.float32)


@cache
def _gain() -> Floats32:
    """Return the factor that takes light relative to the peak to SDR's, by steps of its square root."""
    light = np.linspace(0, 1, _STEPS) ** 2
    shown = compressed(light * _PEAK) / _WHITE
    gain = np.divide(shown, light, out=np.full(_STEPS, _PEAK / _WHITE), where=light > 0)
    return gain.astype(np.float32)


@cache
def _to_signal() -> npt.NDArray[np.uint8]:
    """Return the SDR signal of light from 0 to 1, by steps of its square root."""
    light = np.linspace(0, 1, _STEPS) ** 2
    return np.rint(255 * light ** (1 / _DISPLAY_GAMMA)).astype(np.uint8)


def compressed(light: Values) -> Values:
    """Return light of up to the peak compressed to reference white, both cd/m2: the curve of BT.2390, section 5.4.1."""
    top = float(pq_signal(np.array(_PEAK)))
    most = float(pq_signal(np.array(_WHITE))) / top
    knee = 1.5 * most - 0.5
    signal = np.minimum(pq_signal(light) / top, 1)
    part = np.maximum((signal - knee) / (1 - knee), 0)
    rolled = (
        (2 * part**3 - 3 * part**2 + 1) * knee
        + (part**3 - 2 * part**2 + part) * (1 - knee)
        + (-2 * part**3 + 3 * part**2) * most
    )
    return pq_light(np.where(signal < knee, signal, rolled) * top)


def pq_light(signal: Values) -> Values:
    """Return the light of a PQ signal, cd/m2 (BT.2100, table 4)."""
    root = signal ** (1 / _M2)
    return np.asarray(10_000 * (np.maximum(root - _C1, 0) / (_C2 - _C3 * root)) ** (1 / _M1), np.float64)


def pq_signal(light: Values) -> Values:
    """Return the PQ signal of light in cd/m2 (BT.2100, table 4)."""
    power = (light / 10_000) ** _M1
    return np.asarray(((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2, np.float64)


def hlg_scene(signal: Values) -> Values:
    """Return the light of the scene of an HLG signal, 0 to 1 (BT.2100, table 5)."""
    return np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - _C) / _A) + _B) / 12)
