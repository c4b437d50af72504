"""The play in a bundle: what is written comes back, the same each time."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from touchline.core.errors import InputError
from touchline.core.events import Scores
from touchline.formats.play import PLAY, PLAY_CURVES, Play, PlaySpan, Touch, read_play, write_play

CURVES = Scores(np.array([[0.25, 0.5]], np.float32), np.array([80_000], np.int64), ("PASS", "SHOT"))
SPANS = (PlaySpan(0, 2_000_000, True, 0.875), PlaySpan(2_000_000, 3_000_000, False, 0.75))
TOUCHES = (
    Touch(80_000, 7, "A", (-12.25, 3.5), 0.5, "ball turned 74 degrees 0.3 m from no. 7"),
    Touch(90_000, None, None, None, 1.0, "ball left the pitch"),
)


def test_it_comes_back(tmp_path: Path) -> None:
    write_play(tmp_path, Play(CURVES, SPANS, TOUCHES))
    before = {name: (tmp_path / name).read_bytes() for name in (PLAY, PLAY_CURVES)}
    found = read_play(tmp_path)
    assert found.spans == SPANS
    assert [touch.place_m for touch in found.touches] == [(-12.2, 3.5), None]
    assert (found.touches[0].track, found.touches[0].reason) == (7, TOUCHES[0].reason)
    assert (found.curves.labels, found.curves.values.tolist()) == (CURVES.labels, CURVES.values.tolist())
    write_play(tmp_path, Play(CURVES, SPANS, TOUCHES))
    assert before == {name: (tmp_path / name).read_bytes() for name in (PLAY, PLAY_CURVES)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "version"),
        ({"spans": [{"start_us": 5, "end_us": 5, "in_play": True, "confidence": 1}]}, "0 <= start < end"),
        ({"touches": [{"time_us": 5}]}, "track"),
    ],
)
def test_another_shape_is_refused(tmp_path: Path, change: dict[str, object], message: str) -> None:
    write_play(tmp_path, Play(CURVES, SPANS, TOUCHES))
    document = json.loads((tmp_path / PLAY).read_text())
    (tmp_path / PLAY).write_text(json.dumps({**document, **change}))
    with pytest.raises(InputError, match=message):
        read_play(tmp_path)
