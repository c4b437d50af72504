"""The sound's files in a bundle: what is written is read, and what is broken is told."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from touchline.core.errors import InputError
from touchline.core.sound import CURVES, CrowdSwell, SoundReading, WhistleBlow, no_sound
from touchline.formats.sound import SOUND, SOUND_CURVES, read_sound, write_sound


def reading() -> SoundReading:
    curves = np.random.default_rng(0).random((25, len(CURVES)), np.float32)
    whistles = (WhistleBlow(1_000_000, 1_500_000, 0.75, 3_100.5), WhistleBlow(2_000_000, 2_100_000, 0.5, 2_900.0))
    return SoundReading(curves, whistles, (CrowdSwell(700_000, 0.625, 12.25),), seconds=2.5, remarks=("a word",))


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_sound(tmp_path, reading())
    found = read_sound(tmp_path)
    assert (found.curves == reading().curves).all()
    assert found.times_us.tolist() == [100_000 * row for row in range(25)]
    assert (found.whistles, found.swells) == (reading().whistles, reading().swells)
    assert (found.seconds, found.remarks) == (2.5, ("a word",))


def test_equal_readings_are_equal_bytes(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
        write_sound(folder, reading())
    for name in (SOUND, SOUND_CURVES):
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()


def test_no_sound_is_a_reading_too(tmp_path: Path) -> None:
    write_sound(tmp_path, no_sound("nothing there"))
    found = read_sound(tmp_path)
    assert len(found) == 0
    assert found.remarks == ("nothing there",)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": "other"}, "schema 'other'"),
        ({"version": 99}, "version 99"),
        ({"whistles": [{"start_us": 5, "end_us": 1, "confidence": 0.5, "pitch_hz": 3.0}]}, "a whistle needs"),
        ({"whistles": [{"start": 5}]}, "not a sound analysis"),
        ({"swells": [{"time_us": 1, "confidence": float("nan"), "rise_db": 1.0}]}, "a swell needs"),
    ],
)
def test_a_broken_document_is_told(tmp_path: Path, change: dict, message: str) -> None:
    write_sound(tmp_path, reading())
    document = json.loads((tmp_path / SOUND).read_text())
    (tmp_path / SOUND).write_text(json.dumps({**document, **change}))
    with pytest.raises(InputError, match=message):
        read_sound(tmp_path)


def test_truncated_or_missing_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"sound\.json"):
        read_sound(tmp_path)
    write_sound(tmp_path, reading())
    data = (tmp_path / SOUND_CURVES).read_bytes()
    (tmp_path / SOUND_CURVES).write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match="no readable curves"):
        read_sound(tmp_path)
