"""A learned model of events from tracks: its outputs, its pieces, and the events that are made of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from madeplay import ball_of, camera_of, one_kick, play, track_of
from touchline.core.errors import InputError
from touchline.core.geometry.camera import CameraPath
from touchline.core.tracks import Tracks
from touchline.models.networks.track_events import TrackEventNet
from touchline.models.specs.track_event_spec import OFF, TrackEventConfig
from touchline.models.store import load_model, save_model
from touchline.spotting.from_tracks import find_track_events, load_track_events
from touchline.spotting.from_tracks import model as models
from touchline.spotting.from_tracks.features import (
    FRAME_VALUES,
    METRE_VALUES,
    PEOPLE,
    PERSON_VALUES,
    features_of,
)
from touchline.spotting.from_tracks.labels import TRACK_LABELS
from touchline.spotting.from_tracks.scene import scenes_of

COUNT = 60
SIZES = {"frame_values": FRAME_VALUES, "metre_values": METRE_VALUES, "person_values": PERSON_VALUES}
SMALL = {"classes": len(TRACK_LABELS), **SIZES, "width": 16, "person_width": 8, "dilations": (1, 2)}


def config(**changes: object) -> TrackEventConfig:
    values = {"name": "tiny", "architecture": "track-events", "network": SMALL, "labels": TRACK_LABELS, **changes}
    return TrackEventConfig.model_validate(values)


def tiny(**changes: object) -> models.TrackEventModel:
    torch.manual_seed(0)
    return models.TrackEventModel(TrackEventNet(**SMALL), config(**changes))


def a_kick() -> tuple[Tracks, CameraPath]:
    near = track_of(2, np.tile([[230.0, 302.0]], (COUNT, 1)), team="A")
    return play(ball_of(1, one_kick(COUNT)), near, count=COUNT), camera_of(COUNT)


def test_scores_are_probabilities_for_every_frame() -> None:
    tracks, camera = a_kick()
    (scene,) = scenes_of(tracks, camera=camera)
    scores = tiny().score(features_of(scene))
    assert scores.events.shape == (COUNT, len(TRACK_LABELS))
    assert scores.holder.shape == (COUNT, PEOPLE + 1)
    np.testing.assert_allclose(scores.holder.sum(axis=1), 1, rtol=1e-5)
    assert scores.holder[:, 1:PEOPLE].max() < 1e-6  # there is one person only
    assert ((scores.events > 0) & (scores.events < 1)).all()


def test_pieces_give_what_the_whole_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    tracks, camera = a_kick()
    (scene,) = scenes_of(tracks, camera=camera)
    features, model = features_of(scene), tiny()
    whole = model.score(features)
    monkeypatch.setattr(models, "PIECE", 16)
    monkeypatch.setattr(models, "MARGIN", 8)
    np.testing.assert_allclose(model.score(features).events, whole.events, atol=1e-6)


def test_events_of_a_model_name_the_person_and_say_why() -> None:
    model = tiny(thresholds=dict.fromkeys(TRACK_LABELS, OFF) | {"PASS": 0.01})
    tracks, camera = a_kick()
    found = find_track_events(tracks, camera=camera, model=model)
    assert {event.label for event in found.events} == {"PASS"}
    assert len(found.scores) == len(found.in_play) == len(found.holder) == COUNT
    assert all(event.contact is None or event.contact.track_id == 2 for event in found.events)


def test_a_label_that_is_off_is_never_claimed() -> None:
    model = tiny(thresholds=dict.fromkeys(TRACK_LABELS, OFF))
    assert model.config.off == TRACK_LABELS
    tracks, camera = a_kick()
    assert find_track_events(tracks, camera=camera, model=model).events == ()


def test_a_kind_of_pass_that_is_off_speaks_for_the_pass_and_one_that_is_on_for_itself() -> None:
    curves = np.zeros((2, len(TRACK_LABELS)), np.float32)
    for label, values in {"PASS": (0.25, 0.5), "HIGH PASS": (0.4, 0.3), "PLAYER SUCCESSFUL TACKLE": (0.9, 0.9)}.items():
        curves[:, TRACK_LABELS.index(label)] = values
    column = TRACK_LABELS.index("PASS")
    found = models.as_families(curves, off=("HIGH PASS", "PLAYER SUCCESSFUL TACKLE"))
    np.testing.assert_allclose(found[:, column], [0.4, 0.5])
    assert (np.delete(found, column, axis=1) == np.delete(curves, column, axis=1)).all()
    assert (models.as_families(curves, off=()) == curves).all()


def saying(**confidences: float) -> models.TrackEventModel:
    """A model that says the same at every moment."""
    model = tiny(thresholds=dict.fromkeys(TRACK_LABELS, OFF) | {"PASS": 0.3})
    with torch.no_grad():
        model.network.events.weight.zero_()
        model.network.events.bias.fill_(-9.0)
        for label, confidence in confidences.items():
            model.network.events.bias[TRACK_LABELS.index(label.replace("_", " "))] = float(
                np.log(confidence / (1 - confidence))
            )
    return model


def test_a_high_pass_of_a_model_without_that_label_is_a_pass() -> None:
    tracks, camera = a_kick()
    events = find_track_events(tracks, camera=camera, model=saying(PASS=0.1, HIGH_PASS=0.6)).events
    assert {event.label for event in events} == {"PASS"}
    assert {round(event.confidence, 3) for event in events} == {0.6}


def test_a_tackle_that_is_off_takes_no_pass_away() -> None:
    tracks, camera = a_kick()
    alone = find_track_events(tracks, camera=camera, model=saying(PASS=0.5)).events
    beside = find_track_events(tracks, camera=camera, model=saying(PASS=0.5, PLAYER_SUCCESSFUL_TACKLE=0.9)).events
    assert alone
    assert alone == beside


def test_a_model_is_loaded_from_its_file(tmp_path: Path) -> None:
    model = tiny()
    path = save_model(tmp_path / "tiny", model.network, model.config)
    loaded = load_track_events(path, device="cpu")
    tracks, camera = a_kick()
    (scene,) = scenes_of(tracks, camera=camera)
    features = features_of(scene)
    again = models.TrackEventModel(load_model(path, task="track-events").network, loaded.config)
    assert (again.score(features).events == model.score(features).events).all()
    np.testing.assert_allclose(loaded.score(features).events, model.score(features).events, atol=1e-6)


def test_a_model_of_other_features_is_refused(tmp_path: Path) -> None:
    sizes = {**SMALL, "frame_values": FRAME_VALUES + 1}
    path = save_model(tmp_path / "other", TrackEventNet(**sizes), config(network=sizes))
    with pytest.raises(InputError, match="train it again"):
        load_track_events(path, device="cpu")
