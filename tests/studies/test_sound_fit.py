"""Invented scenes say what is in them, and the small networks learn what can be learnt."""

from __future__ import annotations

import json

import numpy as np
import pytest

from touchline.listening.crowd import ONSET_WITHIN_S
from touchline.listening.model import TinyNet, load_sound_model
from touchline.studies.sound_fit import fit_net, loud_truth, onset_truth, whistle_truth
from touchline.synthetic.sound_scenes import (
    RATE_HZ,
    WHISTLE_BAND_HZ,
    SceneSettings,
    Swell,
    Whistle,
    band_power,
    make_scene,
    whistle_sound,
)


def test_a_scene_says_where_its_whistles_are() -> None:
    settings = SceneSettings(
        seconds=20, whistles_per_minute=9, swells_per_minute=0, snr_db=(20, 20), others_per_minute=0, commentator=0
    )
    scene = make_scene(11, settings=settings)
    assert scene.whistles
    assert scene.seconds == 20
    for whistle in scene.whistles:
        first, last = round(whistle.start_s * RATE_HZ), round(whistle.end_s * RATE_HZ)
        inside = band_power(scene.sound[first:last], band_hz=WHISTLE_BAND_HZ)
        before = band_power(scene.sound[max(0, first - 8_000) : first - 200], band_hz=WHISTLE_BAND_HZ)
        assert 10 * np.log10(inside / before) == pytest.approx(20, abs=3)


def test_power_between_two_frequencies() -> None:
    tone = 0.5 * np.sin(2 * np.pi * 3_000 * np.arange(RATE_HZ) / RATE_HZ)
    assert band_power(tone, band_hz=(2_000, 5_000)) == pytest.approx(0.125, rel=1e-6)
    assert band_power(tone, band_hz=(5_000, 8_000)) < 1e-12


@pytest.mark.parametrize("seed", range(4))
def test_a_whistle_is_a_narrow_band_around_its_pitch(seed: int) -> None:
    tone = whistle_sound(np.random.default_rng(seed), seconds=0.5, hz=3_000)
    near = band_power(tone, band_hz=(1_700, 4_300))
    assert near > 0.7 * band_power(tone, band_hz=(0, 8_000))


def test_truths_lie_on_their_grids() -> None:
    swell = Swell(start_s=10.0, rise_s=2.0, hold_s=3.0, decay_s=2.0, gain_db=10.0)
    assert swell.onset_s == 11.0
    assert swell.added_db(np.array([9.0, 11.0, 12.0, 15.0, 17.0])) == pytest.approx([0, 5, 10, 10, 10 / np.e])
    assert np.flatnonzero(whistle_truth([Whistle(1.0, 1.1, 3_000, 0)], 100)).tolist() == [50, 51, 52, 53, 54]
    loud = np.flatnonzero(loud_truth([swell], 400)) / 10
    assert (loud[0], loud[-1]) == (11.0, pytest.approx(swell.end_s, abs=0.1))
    onset = np.flatnonzero(onset_truth([swell], 400, within_s=ONSET_WITHIN_S)) / 10
    assert (onset[0], onset[-1]) == pytest.approx((10.6, 11.4), abs=0.101)
    assert whistle_truth([], 5).tolist() == [0] * 5


@pytest.mark.parametrize("hidden", [0, 8])
def test_a_network_learns_an_honest_probability(hidden: int) -> None:
    rng = np.random.default_rng(0)
    cues = rng.normal(size=(6_000, 2)).astype(np.float32)
    chance = 1 / (1 + np.exp(-(2 * cues[:, 0] - 1)))
    truth = (rng.random(6_000) < chance).astype(np.int64)
    net = fit_net(cues, truth, hidden=hidden, epochs=200)
    assert np.abs(net.probability(cues) - chance).mean() < 0.05


def test_networks_survive_json() -> None:
    model = load_sound_model()
    cues = np.random.default_rng(0).normal(size=(50, len(model.whistle.mean))).astype(np.float32)
    again = TinyNet.from_json(json.loads(json.dumps(model.whistle.to_json())))
    assert (again.probability(cues) == model.whistle.probability(cues)).all()


def test_a_network_that_does_not_fit_is_refused() -> None:
    ones = np.ones(3, np.float32)
    with pytest.raises(ValueError, match=r"\(2, 1\)"):
        TinyNet(ones, ones, ((np.ones((2, 1), np.float32), np.ones(1, np.float32)),))
    with pytest.raises(ValueError, match="2 outputs"):
        TinyNet(ones, ones, ((np.ones((3, 2), np.float32), np.ones(2, np.float32)),))
    with pytest.raises(ValueError, match="std"):
        TinyNet(ones, 0 * ones, ())
