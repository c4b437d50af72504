"""Decoding by a graphics card: asked for by a variable, done without where there is none, with a reason."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from av.codec.hwaccel import HWAccel
from av.error import FFmpegError, PermissionError

from makevideo import write_numbered
from touchline.core.errors import InputError, ResourceError, UsageError
from touchline.media.picture import luma_plane
from touchline.media.quick.hardware import VARIABLE, decodes_on, hardware_state, opened_with_hardware
from touchline.media.video import VideoReader


def _without_card(accelerator: HWAccel | None) -> str:
    if accelerator is not None:
        raise PermissionError(1, "Operation not permitted")
    return "opened"


def test_without_a_wish_no_hardware_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert decodes_on() == "cpu"
    assert opened_with_hardware(lambda accelerator: accelerator) is None
    monkeypatch.setenv(VARIABLE, "gpu")
    with pytest.raises(UsageError, match="TOUCHLINE_DECODE_ON='gpu' is unknown; allowed are cpu, auto, cuda"):
        decodes_on()


def test_auto_goes_on_without_and_cuda_says_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "auto")
    assert opened_with_hardware(_without_card) == "opened"
    found = opened_with_hardware(lambda accelerator: accelerator)
    assert isinstance(found, HWAccel)
    monkeypatch.setenv(VARIABLE, "cuda")
    with pytest.raises(ResourceError, match=r"=cuda: FFmpeg cannot use CUDA here \(Operation .*\): .* or cpu"):
        opened_with_hardware(_without_card)
    assert hardware_state(_without_card).startswith("FFmpeg cannot use CUDA here (Operation not permitted)")
    assert hardware_state(lambda accelerator: None) == "CUDA can be used"


def test_a_file_that_is_no_video_is_the_cause_and_not_the_card(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(accelerator: HWAccel | None) -> str:
        raise FFmpegError(2, "Invalid data found")

    monkeypatch.setenv(VARIABLE, "cuda")
    with pytest.raises(FFmpegError, match="Invalid data"):
        opened_with_hardware(broken)


@pytest.mark.parametrize("isolation", ["0", "1"])
def test_a_video_is_read_the_same_where_there_is_no_card(
    isolation: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = write_numbered(tmp_path / "video.mp4", frames=20)
    monkeypatch.setenv("TOUCHLINE_ISOLATION", isolation)
    with VideoReader(video) as reader:
        expected = [frame.luma for frame in reader.frames()]
    monkeypatch.setenv(VARIABLE, "auto")
    with VideoReader(video) as reader:
        found = [frame.luma for frame in reader.frames()]
    assert len(found) == len(expected) > 0
    assert all(np.array_equal(one, other) for one, other in zip(found, expected, strict=True))
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(InputError):
        VideoReader(tmp_path / "text.mp4")


def test_pictures_as_a_card_gives_them_have_the_same_luma(tmp_path: Path) -> None:
    with VideoReader(write_numbered(tmp_path / "video.mp4", frames=20)) as reader:
        _, frame = next(iter(reader.decoded()))
    assert np.array_equal(luma_plane(frame.reformat(format="nv12")), luma_plane(frame))
