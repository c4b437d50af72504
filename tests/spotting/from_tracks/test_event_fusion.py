"""One confidence from tracks, picture and sound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from touchline.spotting.from_tracks.fusion import (
    Evidence,
    FusionModel,
    LabelFusion,
    fit_weights,
    fusion_from_json,
    fusion_to_json,
    log_odds,
    trust_in_picture,
)

PLAIN = (0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def test_the_tracks_alone_are_kept_as_they_are() -> None:
    model = FusionModel({"PASS": LabelFusion(PLAIN, 0.5)})
    for share in (0.1, 0.5, 0.9):
        assert model.confidence("PASS", Evidence(share, picture=0.99)) == pytest.approx(share)
    assert model.confidence("NEW", Evidence(0.3)) == 0.3


def test_no_cue_counts_more_than_three_log_odds() -> None:
    assert [log_odds(share) for share in (0.0, 1e-9, 0.5, 1.0)] == [-3, -3, 0, 3]


def test_the_picture_is_trusted_as_far_as_it_agrees_with_the_contacts() -> None:
    nothing, anywhere = np.zeros(0), np.repeat([0.0, 0.9], [90, 10])
    assert trust_in_picture(nothing, anywhere) == 0.0
    assert trust_in_picture(np.full(95, 0.9), nothing) == 0.0
    assert trust_in_picture(np.repeat([0.0, 0.9], [90, 10]), anywhere) == 0.0
    assert trust_in_picture(np.full(95, 0.9), anywhere) == pytest.approx(0.95)
    assert trust_in_picture(np.full(5, 0.9), anywhere) == pytest.approx(0.5)
    assert trust_in_picture(np.full(4, 0.9), anywhere) == 0.0


def test_a_picture_that_is_not_trusted_moves_nothing_and_invents_nothing() -> None:
    label = LabelFusion((0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0), 0.5)
    unsure = Evidence(0.4, picture=0.99, trust=0.0)
    assert label.confidence(unsure) == pytest.approx(0.4)
    assert label.confidence(replace(unsure, trust=1.0)) > 0.9
    model = FusionModel({"PASS": label})
    assert model.picture_alone("PASS", replace(unsure, trust=0.1)) == 0.1


def test_a_label_that_needs_the_picture_stays_below_its_threshold_without() -> None:
    label = LabelFusion(PLAIN, 0.5, 0.9, needs_picture=True)
    assert label.confidence(Evidence(0.9, picture=0.9, trust=0.2)) < 0.5
    assert label.confidence(Evidence(0.9)) < 0.5
    assert label.confidence(Evidence(0.9, picture=0.9, trust=0.8)) == pytest.approx(0.9)


def test_a_missing_picture_is_not_a_low_score() -> None:
    label = LabelFusion((0.0, 1.0, 0.5, -0.2, 0.0, 0.0, 0.0, 0.0), 0.5)
    low, missing, high = (label.confidence(Evidence(0.5, picture)) for picture in (0.05, None, 0.95))
    assert low < missing < high


def test_a_strong_contact_tips_what_the_tracks_are_unsure_of() -> None:
    label = LabelFusion((0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0), 0.5)
    assert label.confidence(Evidence(0.4, contact=1.0)) == pytest.approx(0.644, abs=1e-3)
    assert label.confidence(Evidence(0.4)) == pytest.approx(0.4)
    with pytest.raises(ValueError, match=r"contact=1\.5"):
        Evidence(0.2, contact=1.5)


def test_labels_that_do_not_hold_up_are_off_with_the_reason() -> None:
    model = FusionModel(
        {
            "PASS": LabelFusion(PLAIN, 0.4, 0.8),
            "TACKLE": LabelFusion(PLAIN, 1.0, 0.213),
            "HIGH PASS": LabelFusion(PLAIN, 1.0, 0.544),
            "CORNER": LabelFusion(PLAIN, 1.0),
        }
    )
    assert model.off == {
        "TACKLE": "average precision 0.21 on held-out matches, under 0.5",
        "HIGH PASS": "average precision 0.54 on held-out matches, not surely over 0.5",
        "CORNER": "not measured: too few true ones, or too few claims, in the matches held out",
    }
    assert fusion_from_json(fusion_to_json(model, about="made")) == model


def test_the_fit_finds_a_cue_that_helps_and_is_calibrated() -> None:
    draw = np.random.default_rng(0)
    right = draw.random(2_000) < 0.4
    picture = np.clip(0.5 + 0.2 * (2 * right - 1) + 0.2 * draw.standard_normal(2_000), 0.01, 0.99)
    evidence = [Evidence(float(draw.uniform(0.2, 0.8)), float(score)) for score in picture]
    weights = fit_weights(evidence, list(right))
    assert weights == fit_weights(evidence, list(right))
    assert weights[2] > 0.5
    assert weights[1] < 0.3
    found = np.array([LabelFusion(weights, 0.5).confidence(one) for one in evidence])
    for low in (0.2, 0.4, 0.6):
        inside = (found >= low) & (found < low + 0.2)
        assert right[inside].mean() == pytest.approx(found[inside].mean(), abs=0.08)


def test_evidence_against_itself_is_refused() -> None:
    with pytest.raises(ValueError, match=r"tracks=1\.2"):
        Evidence(1.2)
    with pytest.raises(ValueError, match="picture=-1"):
        Evidence(0.2, picture=-1)
    with pytest.raises(ValueError, match="weights"):
        LabelFusion((1.0,), 0.5)
