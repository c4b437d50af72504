"""The results on the sound, in the form stored in the report."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import numpy as np

from touchline.core.arrays import Floats32
from touchline.core.sound import BANDS_HZ, CURVE_RATE_HZ, SoundReading
from touchline.report.sections.section import Section
from touchline.report.values import BundleValues

MAX_SAMPLES = 20_000
"""Largest number of samples of a curve in the page; longer curves are max-pooled."""
RANGE_DB = 50.0
"""Range of levels drawn, in dB below the loudest level of a curve."""


def _data(values: BundleValues) -> Mapping[str, object]:
    return {"sound": None if values.sound is None else sound_data(values.sound)}


SECTION = Section(_data)


def sound_data(reading: SoundReading) -> dict[str, object]:
    """Return the results on the sound as JSON values for the page.

    Returns:
        ``step``, seconds between samples; ``whistle``, ``loud``, ``onset``, ``level`` and ``bands`` as base64 bytes, 0
        to 254 (the bands from the highest down, sample by sample); ``band_names``; ``whistles`` as start and end in
        seconds, confidence and pitch in Hz; ``swells`` as seconds, confidence and rise in dB; ``notes`` in words.

    """
    pool = max(1, -(-len(reading) // MAX_SAMPLES))
    bands = [reading.curve(f"band_{low}_{high}_db") for low, high in reversed(BANDS_HZ)]
    return {
        "step": pool / CURVE_RATE_HZ,
        "whistle": _bytes(_pooled(reading.curve("whistle"), pool)),
        "loud": _bytes(_pooled(reading.curve("crowd_loud"), pool)),
        "onset": _bytes(_pooled(reading.curve("crowd_onset"), pool)),
        "level": _bytes(_share(_pooled(reading.curve("crowd_db"), pool))),
        "bands": _bytes(np.stack([_share(_pooled(band, pool)) for band in bands], axis=1)),
        "band_names": [f"{low} to {high} Hz" for low, high in reversed(BANDS_HZ)],
        "whistles": [
            [one.start_us / 1e6, one.end_us / 1e6, round(one.confidence, 4), round(one.pitch_hz)]
            for one in reading.whistles
        ],
        "swells": [[one.time_us / 1e6, round(one.confidence, 4), round(one.rise_db, 1)] for one in reading.swells],
        "notes": list(reading.remarks),
    }


def _pooled(curve: Floats32, pool: int) -> Floats32:
    """Return the maximum of every ``pool`` samples."""
    padded = np.pad(curve, (0, -len(curve) % pool), mode="edge") if len(curve) else curve
    return padded.reshape(-1, pool).max(axis=1) if pool > 1 else padded


def _share(level_db: Floats32) -> Floats32:
    """Scale levels in dB to 0 to 1 over the drawn range."""
    if not len(level_db):
        return level_db
    top = float(np.percentile(level_db, 99.5))
    return np.clip((level_db - top) / RANGE_DB + 1, 0, 1).astype(np.float32)


def _bytes(values: Floats32) -> str:
    return base64.b64encode(np.rint(np.clip(values, 0, 1) * 254).astype(np.uint8).tobytes()).decode("ascii")
