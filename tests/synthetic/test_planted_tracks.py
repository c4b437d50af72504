"""Sound tracks of planted recordings: what is planted is heard, in the order in which it was planted."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from touchline.core.sound import CURVES
from touchline.synthetic.planted_streams import PICTURE, SOUND, PlantedSettings, make_planted_set
from touchline.synthetic.planted_tracks import RATE_HZ, TrackSettings, sound_track, track_stream

CLEAR = TrackSettings(whistle_snr_db=(15, 15), swell_db=(16, 16), others_per_minute=0.0, commentator=0.0)
WHISTLE, LOUD = CURVES.index("whistle"), CURVES.index("crowd_loud")


def stream_of(*planted: tuple[str, float], seconds: int = 60) -> np.ndarray:
    track = sound_track(planted, seconds=seconds, settings=CLEAR, random=np.random.default_rng(0))
    assert track.shape == (seconds * RATE_HZ,)
    assert 0.5 < np.abs(track).max() <= 1
    return track_stream(track, samples=seconds, rate_hz=1.0)


def test_the_two_heard_labels_have_the_same_sounds_in_opposite_order() -> None:
    first, second = stream_of(("heard-1", 30.0)), stream_of(("heard-2", 30.0))
    assert first[:, WHISTLE].argmax() in (27, 28)
    assert first[:, LOUD].argmax() in (31, 32, 33)
    assert second[:, WHISTLE].argmax() == 32
    assert second[:, LOUD].argmax() in (27, 28, 29)
    assert min(first[:, WHISTLE].max(), second[:, WHISTLE].max(), first[:, LOUD].max(), second[:, LOUD].max()) > 0.5


def test_what_is_heard_of_both_is_two_whistles_and_of_what_is_seen_nothing() -> None:
    both, nothing = stream_of(("both", 30.0), ("seen-1", 45.0)), stream_of(("seen-2", 30.0), ("cue-1", 45.0))
    assert set(np.flatnonzero(both[:, WHISTLE] > 0.2)) <= {29, 30}
    assert both[29:31, WHISTLE].max() > 0.3
    assert nothing[:, WHISTLE].max() < 0.1


def test_a_set_with_tracks_differs_from_one_without_only_in_what_is_heard(tmp_path: Path) -> None:
    plain = PlantedSettings(recordings=(1, 1, 1), minutes=5.5)
    settings = plain.model_copy(update={"tracks": TrackSettings(keep=True)})
    without = make_planted_set(tmp_path / "plain", plain)
    data = make_planted_set(tmp_path / "tracks", settings)
    assert dict(data.widths) == settings.widths == {PICTURE: 16, SOUND: len(CURVES)}
    for one, other in zip(data.recordings, without.recordings, strict=True):
        assert one.time_s.tolist() == other.time_s.tolist()
        assert np.array_equal(np.load(one.files[PICTURE]), np.load(other.files[PICTURE]))
        with wave.open(str(tmp_path / "tracks" / f"{one.name}.wav")) as track:
            assert (track.getframerate(), track.getnframes()) == (16_000, 330 * 16_000)


def test_a_stream_has_no_more_rows_than_the_curves() -> None:
    with pytest.raises(ValueError, match="above 10 Hz"):
        track_stream(np.zeros(RATE_HZ, np.float32), samples=25, rate_hz=25.0)
