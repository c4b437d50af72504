"""Dense spotters in a live run: events are final when nothing can change them, and those of all scores at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tinydense import LABELS, moving_colours, tiny_dense, write_tiny_dense
from touchline.core.events import Scores
from touchline.live.spotting.dense_stretch import DenseStretch, SuppressionSettler
from touchline.live.spotting.kinds import look_ahead_of, nearest_of, stretch_of
from touchline.live.spotting.settling import Peak
from touchline.models.specs.dense_spec import SoftSuppressionSpec
from touchline.spotting.dense.decoding import TEAM_COLUMN, events_of
from touchline.spotting.dense.spotter import load_dense_spotter

THRESHOLDS = dict.fromkeys(LABELS, 0.4)


@pytest.mark.parametrize("kind", ["soft", "hard", "highest"])
@pytest.mark.parametrize("window", [1, 3, 10])
def test_events_settle_to_those_of_all_scores_at_once(kind: str, window: int) -> None:
    suppression = SoftSuppressionSpec.model_validate({"window": window, "kind": kind})
    _, config = tiny_dense(team=True)
    config = config.model_copy(update={"suppression": suppression})
    rng = np.random.default_rng(window)
    values = (rng.random((400, 4)) ** 3).astype(np.float32)
    settler = SuppressionSettler(LABELS, thresholds=THRESHOLDS, config=config)
    found, at = [], 0
    while at < len(values):
        step = int(rng.integers(1, 20))
        new = settler.add(values[at : at + step])
        at = min(at + step, len(values))
        assert all(peak.index + window < at for peak in new)
        found += new
        assert settler.count == at
    found += settler.finish()
    scores = Scores(values, np.arange(400) * 1000, (*LABELS, TEAM_COLUMN))
    expected = events_of(scores, thresholds=THRESHOLDS, suppression=suppression)
    assert sorted((peak.label, peak.index * 1000, peak.confidence, peak.team) for peak in found) == sorted(
        (event.label, event.start_us, event.confidence, event.team) for event in expected
    )
    assert len(found) > 10


def test_a_settler_forgets_what_is_decided() -> None:
    _, config = tiny_dense()
    settler = SuppressionSettler(LABELS, thresholds=THRESHOLDS, config=config)
    for _ in range(50):
        settler.add(np.zeros((20, 3), np.float32))
    assert settler.count == 1000 and len(settler._values) == 0
    assert settler.open() == [] and settler.finish() == []


def test_an_event_is_final_after_the_stated_look_ahead_at_most(tmp_path: Path) -> None:
    path = write_tiny_dense(
        tmp_path, shift="gsm", causal=True, windows={"join": "tail", "overlap": 0.75, "encode": "once"}
    )
    spotter = load_dense_spotter(path, device="cpu", backend="torch", threads=1)
    stretch = stretch_of(spotter, thresholds=spotter.thresholds_with({}), first_index=100)
    assert isinstance(stretch, DenseStretch)
    pictures = moving_colours(90)
    final: list[Peak] = []
    for picture in pictures:
        found = stretch.feed(picture)
        final += () if found is None else found.final
    final += stretch.finish().final
    scores = spotter.scores(list(enumerate(pictures)))
    np.testing.assert_array_equal(stretch.scores(), scores.values)
    expected = spotter.events(scores)
    assert [(p.label, p.index - 100) for p in sorted(final, key=lambda p: (p.index, p.label))] == [
        (event.label, round(event.start_us * spotter.fps / 1e6)) for event in expected
    ]
    assert len(final) > 3
    assert look_ahead_of(spotter) <= 2 * 16 + 3 + 4 + nearest_of(spotter)
