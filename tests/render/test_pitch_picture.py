"""Maps as pictures: files of the kind asked for, the same twice, colours where there are values."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from touchline.core.errors import ResourceError, UsageError
from touchline.render.pitch_picture import ChoicePanel, Mark, ValuePanel, draw_pitch_maps

X, Y = np.arange(85.0, 120.0, 2.0), np.arange(1.0, 80.0, 2.0)


def panels() -> tuple[ValuePanel, ChoicePanel]:
    values = np.tile(np.linspace(0, 1, len(Y)), (len(X), 1))
    values[:5] = np.nan
    choice = np.where(values > 0.5, 0, -1)
    unsure = np.isfinite(values) & (values < 0.1)
    return (
        ValuePanel("chance", values, (0.0, 1.0), lines=(0.5,), unsure=unsure),
        ChoicePanel("best", choice, np.isfinite(values), ("spread", "smother"), "unknown"),
    )


def draw(path: Path) -> Path:
    draw_pitch_maps(path, panels(), x_yd=X, y_yd=Y, title="a map", notes=["a note"], marks=[Mark(108, 40, "shot")])
    return path


def test_a_png_shows_the_values(tmp_path: Path) -> None:
    pytest.importorskip("mplsoccer")
    picture = cv2.imread(str(draw(tmp_path / "map.png")))
    spread_blue, unsure_grey = ((picture == bgr).all(axis=2).sum() for bgr in ((216, 125, 59), (201, 201, 201)))
    assert picture.shape[1] > 500
    assert spread_blue > 1000 and unsure_grey > 1000
    assert draw(tmp_path / "again.png").read_bytes() == (tmp_path / "map.png").read_bytes()


def test_an_svg(tmp_path: Path) -> None:
    pytest.importorskip("mplsoccer")
    text = draw(tmp_path / "map.svg").read_text(encoding="utf-8")
    assert text.lstrip().startswith("<?xml") and "<svg" in text
    assert draw(tmp_path / "again.svg").read_text(encoding="utf-8") == text


def test_what_cannot_be_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"\.png or \.svg"):
        draw(tmp_path / "map.pdf")
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "mplsoccer", None)
        with pytest.raises(UsageError, match=r"pip install 'touchline\[keeper\]'"):
            draw(tmp_path / "map.png")
    pytest.importorskip("mplsoccer")
    with pytest.raises(ResourceError, match="absent"):
        draw(tmp_path / "absent" / "map.png")
