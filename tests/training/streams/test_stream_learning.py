"""A head's training that was stopped goes on as if it had not been."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from touchline.core.errors import InputError
from touchline.formats.features.stream_sets import StreamSet
from touchline.synthetic.planted_streams import PlantedSettings, make_planted_set
from touchline.training.streams.heads import train_head
from touchline.training.streams.learning import CHECKPOINT
from touchline.training.streams.settings import StreamHeadRecipe

PLANTED = {"recordings": (3, 1, 1), "minutes": 6, "picture_width": 12, "sound_width": 8}


class Stopped(Exception):
    """What stops a training in these tests."""


def _recipe(*, steps: int) -> StreamHeadRecipe:
    return StreamHeadRecipe.model_validate(
        {
            "planted": PLANTED,
            "head_arguments": {"window": 64, "inner": 16, "layers": 1, "heads": 2},
            "width": 16,
            "modality_dropout": 0.5,
            "optimizer": {"steps": steps, "batch": 2, "samples": 64, "rounds": 3},
        }
    )


def _state(data: StreamSet, out: Path | None, *, stop_after: int | None = None) -> dict[str, torch.Tensor]:
    def progress(_: str, step: int, __: int) -> None:
        if step == stop_after:
            raise Stopped

    network, config = train_head(data, _recipe(steps=6), out=out, progress=progress)
    assert [row["step"] for row in config.measured["rounds"]] == [2, 4, 6]
    assert config.measured["spent"]["steps"] == 6
    return network.state_dict()


def test_a_training_that_was_stopped_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    data = make_planted_set(tmp_path / "set", PlantedSettings.model_validate(PLANTED))
    whole, out = _state(data, None), tmp_path / "run"
    out.mkdir()
    for last in (3, 5):  # after the round of step 2, then after that of step 4
        with pytest.raises(Stopped):
            _state(data, out, stop_after=last)
        assert (out / CHECKPOINT).exists()
    resumed = _state(data, out)
    assert whole.keys() == resumed.keys()
    for name, value in whole.items():
        torch.testing.assert_close(resumed[name], value, rtol=0, atol=0, msg=name)
    for name, value in _state(data, out, stop_after=1).items():  # nothing is left to do
        torch.testing.assert_close(value, whole[name], rtol=0, atol=0, msg=name)


def test_a_damaged_checkpoint_is_told(tmp_path: Path) -> None:
    data = make_planted_set(tmp_path / "set", PlantedSettings.model_validate(PLANTED))
    (tmp_path / CHECKPOINT).write_bytes(b"not one")
    with pytest.raises(InputError, match="delete it or train afresh"):
        _state(data, tmp_path)


def test_a_checkpoint_of_another_set_is_told(tmp_path: Path) -> None:
    data = make_planted_set(tmp_path / "set", PlantedSettings.model_validate(PLANTED))
    _state(data, tmp_path)
    narrower = PlantedSettings.model_validate({**PLANTED, "picture_width": 10})
    with pytest.raises(InputError, match=r"checkpoint\.pt \(an empty --out trains afresh\): weights differ in shape"):
        _state(make_planted_set(tmp_path / "other", narrower), tmp_path)
