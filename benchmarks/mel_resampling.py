"""Compare the log-mel windows that VGGish reads with those of sound resampled by resampy, as the published code does.

    python benchmarks/mel_resampling.py        # needs resampy beside touchline (pip install resampy)

Twenty seconds of made sound, pink noise with a sweeping tone, at 44.1 and 48 kHz: touchline resamples while it reads,
the published code resamples each half second by itself with resampy. The differences of the logarithms, over the 46
windows of every half second, go to ``results/mel_resampling.json``.
"""

from __future__ import annotations

import json
import tempfile
import wave
from pathlib import Path
from typing import Any

import numpy as np
import resampy

from touchline.core.arrays import Floats32, Floats64
from touchline.listening.logmel import PATCHES, RATE_HZ, stream_patches
from touchline.media.sound.reading import read_audio

RESULTS = Path(__file__).parent / "results" / "mel_resampling.json"
SECONDS = 20
RATES_HZ = (44_100, 48_000)


def made_sound(rate_hz: int) -> Floats64:
    """Pink noise, and a tone from 2.5 to 3.5 kHz now and then; (samples,) within -1 to 1."""
    count = rate_hz * SECONDS
    at_s = np.arange(count) / rate_hz
    spectrum = np.fft.rfft(np.random.default_rng(0).standard_normal(count))
    spectrum /= np.sqrt(np.maximum(np.fft.rfftfreq(count, 1 / rate_hz), 20))
    noise = np.fft.irfft(spectrum, count)
    tone = np.sin(2 * np.pi * (3000 + 500 * np.sin(np.pi * at_s)) * at_s) * (np.sin(0.5 * np.pi * at_s) > 0.7)
    return np.asarray(noise / np.abs(noise).max() / 2 + 0.05 * tone)


def windows(sound: Floats32) -> Floats32:
    """Return the log-mel windows of every half second."""
    return np.concatenate(list(stream_patches([sound], spec=PATCHES["0.5"])))


def by_resampy(samples: Floats64, *, rate_hz: int) -> Floats32:
    """Return sound at 16 kHz, every half second resampled by itself."""
    parts = samples.reshape(-1, rate_hz // 2)
    return np.concatenate([resampy.resample(part, rate_hz, RATE_HZ) for part in parts]).astype(np.float32)


def by_touchline(pcm: bytes, *, rate_hz: int) -> Floats32:
    """Return sound at 16 kHz as touchline reads it from a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sound.wav"
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, rate_hz, 0, "NONE", ""))
            file.writeframes(pcm)
        return read_audio(path, rate_hz=RATE_HZ)


def compare(rate_hz: int) -> dict[str, Any]:
    """Return the differences of the logarithms at one rate."""
    pcm = np.int16(made_sound(rate_hz) * 32767)
    ours = windows(by_touchline(pcm.tobytes(), rate_hz=rate_hz))
    theirs = windows(by_resampy(pcm / 32768.0, rate_hz=rate_hz))
    away = np.abs(ours - theirs)
    return {"rate_hz": rate_hz, "mean": round(float(away.mean()), 5), "max": round(float(away.max()), 4)}


def main() -> None:
    """Compare at both rates, print and save."""
    results = {"resampy": resampy.__version__, "seconds": SECONDS, "differences": [compare(rate) for rate in RATES_HZ]}
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
