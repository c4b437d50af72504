"""Sound analysis of a match: curves, whistles and swells on its clock, from chunks of sound."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from touchline.core.arrays import Floats32
from touchline.core.clock import US_PER_S, format_clock
from touchline.core.sound import BANDS_HZ, SoundReading
from touchline.listening.crowd import SILENT_DB, STEP_FRAMES, crowd_curves, crowd_level, find_swells
from touchline.listening.frames import RATE_HZ, sound_frames
from touchline.listening.model import SoundModel, load_sound_model
from touchline.listening.whistle import DEFAULT_THRESHOLD, find_whistles, whistle_curve

_WHISTLE_TOP_HZ = 5_000


def listen(
    chunks: Iterable[Floats32],
    *,
    source_rate_hz: int | None = None,
    threshold: float = DEFAULT_THRESHOLD,
    model: SoundModel | None = None,
) -> SoundReading:
    """Analyse sound in chunks (samples,) at 16 kHz; the result does not depend on how it is cut.

    Args:
        chunks: sound, -1 to 1; values that are not finite count as silence and are reported.
        source_rate_hz: sample rate before resampling, if known; the missing frequency range is reported.
        threshold: confidence threshold of a reported whistle.
        model: fitted parameters; None uses the built-in ones.

    """
    model = model or load_sound_model()
    cleaner = SoundCleaner()
    frames = sound_frames(cleaner.clean(chunks))
    curve = np.where(frames.band_db.max(axis=1, initial=SILENT_DB) > SILENT_DB, whistle_curve(frames, model=model), 0)
    level = crowd_level(frames)
    loud, onset = crowd_curves(level, model=model)
    remarks = [*_rate_remarks(source_rate_hz), *cleaner.remarks]
    silent = bool(len(frames)) and float(frames.band_db.max()) < SILENT_DB
    if silent or not len(frames):
        length = format_clock(round(cleaner.samples / RATE_HZ * US_PER_S), decimals=0)
        remarks.append(f"the sound is silent throughout ({length}); nothing can be detected")
        curve, loud, onset = np.zeros_like(curve), np.zeros_like(loud), np.zeros_like(onset)
    columns = [_pooled(curve, np.max), loud, onset, level]
    columns += [_pooled(frames.band_db[:, band], np.mean) for band in range(len(BANDS_HZ))]
    return SoundReading(
        np.stack(columns, axis=1).astype(np.float32),
        find_whistles(frames, curve, model=model, threshold=threshold),
        find_swells(level, onset),
        seconds=cleaner.samples / RATE_HZ,
        remarks=tuple(remarks),
    )


class SoundCleaner:
    """A filter that counts samples and replaces values that are not finite by silence."""

    def __init__(self) -> None:
        self.samples = 0
        self.bad = 0
        self._first_bad = 0

    def clean(self, chunks: Iterable[Floats32]) -> Iterator[Floats32]:
        """Yield the same chunks with finite values only, limited to full scale."""
        for chunk in chunks:
            bad = ~np.isfinite(chunk)
            if bad.any():
                if not self.bad:
                    self._first_bad = self.samples + int(bad.argmax())
                self.bad += int(bad.sum())
                chunk = np.where(bad, np.float32(0), chunk)
            self.samples += len(chunk)
            yield np.clip(chunk, -8.0, 8.0)

    @property
    def remarks(self) -> list[str]:
        """Return a remark on the values replaced by silence, if there were any."""
        if not self.bad:
            return []
        at = format_clock(round(self._first_bad / RATE_HZ * US_PER_S))
        return [
            f"{self.bad:,} of {self.samples:,} samples of the sound are not finite, the first at {at}: "
            "treated as silence"
        ]


def _rate_remarks(rate_hz: int | None) -> list[str]:
    if rate_hz is None or rate_hz / 2 >= _WHISTLE_TOP_HZ:
        return []
    return [f"the sound is sampled at {rate_hz / 1000:g} kHz: whistles above {rate_hz / 2:g} Hz cannot be detected"]


def _pooled(values: Floats32, how: Callable[..., Any]) -> Floats32:
    """Pool values (frames,) from fifty to ten per second: each stands for the five frames around it."""
    count = -(-len(values) // STEP_FRAMES)
    if not count:
        return values
    before = STEP_FRAMES // 2
    padded = np.pad(values, (before, count * STEP_FRAMES - len(values)), mode="edge")[: count * STEP_FRAMES]
    return how(padded.reshape(count, STEP_FRAMES), axis=1).astype(np.float32)
