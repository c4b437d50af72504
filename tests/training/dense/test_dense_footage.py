"""Pictures for training: those that the spotter sees, decoded once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from makevideo import write_numbered
from touchline.core.errors import InputError
from touchline.media.video import VideoReader
from touchline.models.specs.dense_spec import DenseFrameSpec
from touchline.spotting.dense.spotter import fit_frame
from touchline.training.dense.footage import open_pictures


@pytest.mark.parametrize("how", ["stretch", "pad", "crop"])
def test_training_sees_what_the_spotter_sees(tmp_path: Path, how: str) -> None:
    video = write_numbered(tmp_path / "match.mp4", frames=6, width=96, height=64)
    spec = DenseFrameSpec.model_validate({"width": 43, "height": 33, "fps": 25, "fit": how})
    pictures = open_pictures(video, spec, colour="rgb", cache=tmp_path / "cache", every_frame=True)
    with VideoReader(video) as reader:
        seen = [fit_frame(frame.to_rgb(), spec) for frame in reader.frames()]
    assert pictures.shape == (6, 33, 43, 3)
    assert np.array_equal(pictures, np.stack(seen))


def test_a_video_is_decoded_once(tmp_path: Path) -> None:
    video = write_numbered(tmp_path / "match.mp4", frames=6, width=96, height=64)
    spec = DenseFrameSpec(width=48, height=32, fps=25)
    first = np.array(open_pictures(video, spec, colour="grey", cache=tmp_path / "cache"))
    (file,) = (tmp_path / "cache").iterdir()
    file.write_bytes(bytes(file.stat().st_size))
    again = open_pictures(video, spec, colour="grey", cache=tmp_path / "cache")
    assert first.shape == again.shape == (len(first), 32, 48, 1)
    assert first.any() and not again.any()


def test_a_video_without_pictures_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        (tmp_path / "bad.mp4").write_bytes(b"no video")
        open_pictures(
            tmp_path / "bad.mp4", DenseFrameSpec(width=8, height=8, fps=25), colour="rgb", cache=tmp_path / "cache"
        )
    assert not [path for path in tmp_path.rglob("*") if path.suffix == ".rgb"]
