"""Dense spotters on luma: the same scores as on the grey pictures that luma becomes, without the conversion."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from tinydense import HEIGHT, WIDTH, tiny_dense
from touchline.media.frame import Frame
from touchline.models.specs.dense_spec import DenseFrameSpec, DenseSpotConfig
from touchline.models.store import save_model
from touchline.spotting.dense.spotter import DenseVideoSpotter, fit_frame, load_dense_spotter

FRAMES = 60


def _luma(count: int) -> np.ndarray:
    """Moving blots on noise, uint8 (count, HEIGHT, WIDTH), 16 to 235."""
    random = np.random.default_rng(0)
    luma = random.normal(90, 25, (count, HEIGHT, WIDTH))
    for index in range(count):
        x = (3 * index) % (WIDTH - 6)
        luma[index, 10:16, x : x + 6] = 230
    return np.clip(luma, 16, 235).astype(np.uint8)


def _grey(luma: np.ndarray) -> np.ndarray:
    """The RGB that a decoder makes of luma without colour."""
    level = np.rint((luma.astype(np.float64) - 16) * 255 / 219).astype(np.uint8)
    return np.repeat(level[..., None], 3, axis=-1)


def _spotter(folder: Path, *, colour: str, backend: str) -> DenseVideoSpotter:
    network, config = tiny_dense(
        encoder="places", temporal="gru", displacement=True, windows={"encode": "once"}, clip_length=16
    )
    frame = DenseFrameSpec(width=WIDTH, height=HEIGHT, fps=12.5, colour=colour, mean=(0, 0, 0), std=(1, 1, 1))
    path = save_model(folder / colour, network, config.model_copy(update={"frame": frame, "name": colour}))
    return load_dense_spotter(path, device="cpu", backend=backend, threads=1)


@pytest.mark.parametrize("backend", ["torch", "openvino"])
def test_luma_scores_as_its_grey_picture_does(tmp_path: Path, backend: str) -> None:
    luma = _luma(FRAMES)
    seen = _spotter(tmp_path, colour="luma", backend=backend).scores(enumerate(luma))
    converted = _spotter(tmp_path, colour="rgb", backend=backend).scores(enumerate(_grey(luma)))

    assert np.ptp(converted.values) > 0.1
    np.testing.assert_allclose(seen.values, converted.values, atol=0.03)


def test_picture_of_a_luma_model_is_not_converted(tmp_path: Path) -> None:
    frame = Frame(0, _luma(1)[0], rgb=lambda: pytest.fail("converted to RGB"))

    assert _spotter(tmp_path, colour="luma", backend="torch").picture_of(frame) is frame.luma


@pytest.mark.parametrize("fit", ["stretch", "pad", "crop"])
def test_luma_is_fitted_like_colours(fit: str) -> None:
    luma = np.random.default_rng(0).integers(0, 256, (40, 90), np.uint8)
    spec = DenseFrameSpec(width=32, height=24, fps=5, fit=fit, colour="luma")

    fitted = fit_frame(luma, spec)

    assert fitted.shape == (24, 32, 1)
    colours = fit_frame(np.repeat(luma[..., None], 3, axis=2), spec.model_copy(update={"colour": "rgb"}))
    np.testing.assert_array_equal(fitted[..., 0], colours[..., 0])


def test_luma_is_refused_for_encoders_of_colours() -> None:
    _, config = tiny_dense()
    luma = config.frame.model_dump() | {"colour": "luma"}

    with pytest.raises(ValidationError, match=r"needs network\.encoder=places"):
        DenseSpotConfig.model_validate(config.model_dump() | {"frame": luma})
