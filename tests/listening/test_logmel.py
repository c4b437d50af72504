"""Known answers of VGGish's input, and that sound in chunks gives what the whole sound gives."""

from __future__ import annotations

import numpy as np
import pytest

from touchline.listening.logmel import (
    BANDS,
    PATCH_050,
    PATCH_096,
    RATE_HZ,
    LogMelStream,
    PatchSpec,
    log_mel,
    mel_matrix,
    patches_of,
    stream_patches,
)


def tone(hz: float, *, seconds: float = 0.5, amplitude: float = 0.5) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)).astype(np.float32)


def noise(samples: int, *, seed: int = 0) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).normal(size=samples)).astype(np.float32)


def reference(sound: np.ndarray) -> np.ndarray:
    """The same maths in double precision, window by window, as the published code goes about it."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    starts = range(0, len(sound) - 399, 160)
    spectra = np.abs([np.fft.rfft(sound[i : i + 400].astype(float) * window, 512) for i in starts])
    mel = 1127 * np.log(1 + np.linspace(0, 8000, 257) / 700)
    edges = np.linspace(1127 * np.log(1 + 125 / 700), 1127 * np.log(1 + 7500 / 700), 66)
    weights = np.array([np.interp(mel, edges[i : i + 3], [0, 1, 0]) for i in range(64)]).T
    weights[0] = 0
    return np.log(spectra @ weights + 0.01)


def test_the_mel_matrix_is_the_published_one() -> None:
    matrix = mel_matrix()
    assert matrix.shape == (257, 64)
    assert matrix.sum(dtype=np.float64) == pytest.approx(230.9136, abs=1e-4)
    assert (matrix > 0).sum() == 461
    assert (matrix[0] == 0).all()


def test_silence_is_the_log_of_the_offset() -> None:
    patches = patches_of(log_mel(np.zeros(8_000, np.float32)), spec=PATCH_050)
    assert patches.shape == (1, 46, 64)
    assert patches == pytest.approx(np.full_like(patches, -4.6051702), abs=1e-6)


@pytest.mark.parametrize(("hz", "band"), [(440, 8), (1000, 19), (4000, 48)])
def test_tones_lie_in_their_bands(hz: float, band: int) -> None:
    patch = patches_of(log_mel(tone(hz)), spec=PATCH_050)[0]
    assert (patch.argmax(axis=1) == band).all()


def test_a_second_is_two_short_patches_or_one_long_one() -> None:
    windows = log_mel(noise(16_000))
    assert patches_of(windows, spec=PATCH_050).shape == (2, 46, 64)
    assert patches_of(windows, spec=PATCH_096).shape == (1, 96, 64)


def test_half_seconds_do_not_see_each_other() -> None:
    sound = noise(16_000)
    together = patches_of(log_mel(sound), spec=PATCH_050)
    for half in range(2):
        alone = patches_of(log_mel(sound[half * 8_000 : (half + 1) * 8_000]), spec=PATCH_050)
        assert together[half] == pytest.approx(alone[0], abs=1e-6)


def test_equals_the_published_maths() -> None:
    sound = noise(50_000) + tone(2_000, seconds=50_000 / RATE_HZ)
    assert log_mel(sound) == pytest.approx(reference(sound), abs=2e-4)


@pytest.mark.parametrize("spec", [PATCH_050, PATCH_096, PatchSpec(96, 50), PatchSpec(10, 333)])
@pytest.mark.parametrize("size", [1, 159, 8_000, 123_457])
def test_chunks_give_what_the_whole_gives(spec: PatchSpec, size: int) -> None:
    sound = noise(400_000 if size > 1 else 20_000)
    whole = patches_of(log_mel(sound), spec=spec)
    chunks = [sound[i : i + size] for i in range(0, len(sound), size)]
    streamed = np.concatenate([np.zeros((0, spec.frames, BANDS), np.float32), *stream_patches(chunks, spec=spec)])
    assert streamed.shape == whole.shape
    assert (streamed == whole).all()


@pytest.mark.parametrize("samples", [0, 1, 399])
def test_less_than_a_window_is_nothing(samples: int) -> None:
    assert log_mel(np.zeros(samples, np.float32)).shape == (0, 64)
    assert list(stream_patches([np.zeros(samples, np.float32)], spec=PATCH_096)) == []


def test_a_patch_is_centred_on_its_sound() -> None:
    assert PATCH_096.rate_hz == pytest.approx(1 / 0.96)
    assert PATCH_050.rate_hz == 2.0
    assert PATCH_050.centre_us == 237_500


def test_two_channels_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(100, 2\)"):
        LogMelStream().push(np.zeros((100, 2), np.float32))
