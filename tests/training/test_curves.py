"""The picture of a training run, from a log whose curves are known."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from touchline.training.curves import draw_curves, write_curves

ROWS = [
    {"step": 0, "loss": 4.0, "near": 3.0, "lr": 0.1},
    {"step": 5, "loss": 3.0, "near": 2.0, "lr": 0.05},
    {"step": 5, "score": 0.25},
    {"step": 10, "loss": 2.0, "near": float("nan"), "lr": 0.0},
    {"step": 10, "score": 0.75},
]


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def lines(svg: str) -> list[list[tuple[float, float]]]:
    return [
        [(float(x), float(y)) for x, y in (pair.split(",") for pair in points.split())]
        for points in re.findall(r'polyline points="([^"]*)"', svg)
    ]


def test_curves_lie_where_the_log_says() -> None:
    svg = draw_curves(ROWS, title="run <1>")
    assert svg is not None
    loss, near, rate, score = lines(svg)
    assert [x for x, _ in loss] == [76.0, 333.0, 590.0] == [x for x, _ in rate]
    assert [x for x, _ in score] == [333.0, 590.0]
    assert loss[0][1] < loss[1][1] < loss[2][1] and loss[1][1] - loss[0][1] == pytest.approx(loss[2][1] - loss[1][1])
    assert near[0] == (76.0, loss[1][1]) and near[1][1] == loss[2][1] and len(near) == 2
    assert rate[0][1] < rate[2][1] and score[0][1] > score[1][1]
    found = texts(svg)
    assert found[0] == "run <1>"
    assert {"loss terms", "learning rate", "measured", "loss 2", "near 2", "lr 0", "score 0.75"} <= set(found)
    assert found.count("step") == 3


def test_values_that_fall_far_are_drawn_on_a_logarithmic_axis() -> None:
    svg = draw_curves([{"step": step, "loss": 10.0**-step, "lr": 1.0} for step in range(4)], title="run")
    assert svg is not None and "loss terms (logarithmic)" in texts(svg) and "learning rate" in texts(svg)
    (first, second, third, fourth), _ = lines(svg)
    down = [below[1] - above[1] for above, below in ((first, second), (second, third), (third, fourth))]
    assert down == pytest.approx([down[0]] * 3, abs=0.2) and down[0] > 50


def test_a_log_of_one_row_or_of_text_alone() -> None:
    one = draw_curves([{"step": 3, "loss": 1.0, "lr": 0.1}], title="run")
    assert one is not None and "loss 1" in texts(one) and "3" in texts(one)
    assert draw_curves([{"step": 3, "note": "text"}], title="run") is draw_curves([], title="run") is None


def test_the_picture_lies_beside_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert write_curves(tmp_path) is None and not list(tmp_path.iterdir())
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    path = write_curves(tmp_path)
    assert path == tmp_path / "curves.svg" and path.read_text() == draw_curves(ROWS, title=tmp_path.name)
    path.unlink()
    path.mkdir()
    with caplog.at_level(logging.WARNING):
        assert write_curves(tmp_path) is None
    assert "curves.svg cannot be written" in caplog.text
