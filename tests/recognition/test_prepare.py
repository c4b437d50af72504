"""Clips of any length, rate and size made into what a network wants."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from touchline.models.runtime.fitting import fit as fit_picture
from touchline.models.specs.clip_input import ClipNormaliser
from touchline.models.specs.spec import KINETICS_MEAN, KINETICS_STD, ClipSpec
from touchline.recognition.prepare import sample_clip, sample_times

SPEC = ClipSpec(frames=4, stride=2, width=10, height=20)


def test_every_second_picture_of_the_middle() -> None:
    assert sample_times(11, fps=25, spec=SPEC).tolist() == [2, 4, 6, 8]


def test_a_rate_is_kept_whatever_the_clip_has() -> None:
    at_ten = SPEC.model_copy(update={"fps": 10.0})
    assert np.diff(sample_times(100, fps=50, spec=at_ten)).tolist() == [5, 5, 5]
    assert np.diff(sample_times(100, fps=10, spec=at_ten)).tolist() == [1, 1, 1]


@pytest.mark.parametrize(("count", "taken"), [(1, [0, 0, 0, 0]), (2, [0, 0, 1, 1]), (4, [0, 1, 2, 3])])
def test_short_clips_are_spread_over_the_window(count: int, taken: list[int]) -> None:
    assert sample_times(count, fps=25, spec=SPEC).tolist() == taken


def test_pictures_are_fitted_as_asked() -> None:
    wide = np.zeros((20, 40, 3), np.uint8)
    wide[:, :20] = 200
    stretched, padded, cropped = (fit_picture(wide, width=10, height=20, how=fit) for fit in ("stretch", "pad", "crop"))
    assert {picture.shape for picture in (stretched, padded, cropped)} == {(20, 10, 3)}
    assert (stretched[:, :5] == 200).all() and not stretched[:, 5:].any()
    assert not padded[:7].any() and not padded[13:].any() and (padded[8:12, :4] == 200).all()
    assert (cropped[:, :5] == 200).all() and not cropped[:, 5:].any()


def test_mixed_sizes_end_up_alike() -> None:
    clips = [np.zeros((6, h, w, 3), np.uint8) for h, w in ((90, 50), (33, 77), (20, 10))]
    assert {sample_clip(clip, fps=25, spec=SPEC).shape for clip in clips} == {(4, 20, 10, 3)}


def test_kinetics_numbers_are_torchvisions() -> None:
    assert SPEC.mean == KINETICS_MEAN == (0.43216, 0.394666, 0.37645)
    assert SPEC.std == KINETICS_STD == (0.22803, 0.22145, 0.216989)
    pixels = torch.full((1, 2, 3, 3, 3), 255, dtype=torch.uint8)
    wanted = (1 - np.array(KINETICS_MEAN)) / np.array(KINETICS_STD)
    np.testing.assert_allclose(ClipNormaliser(SPEC)(pixels)[0, :, 0, 0, 0].numpy(), wanted, rtol=1e-5)


def test_a_network_of_bgr_sees_the_same_as_one_of_rgb() -> None:
    pixels = torch.randint(0, 256, (2, 4, 5, 6, 3), dtype=torch.uint8)
    bgr = SPEC.model_copy(update={"color": "BGR", "mean": SPEC.mean[::-1], "std": SPEC.std[::-1]})
    torch.testing.assert_close(ClipNormaliser(SPEC)(pixels), ClipNormaliser(bgr)(pixels)[:, [2, 1, 0]])


def test_the_reference_gets_plain_bgr() -> None:
    plain = SPEC.model_copy(update={"color": "BGR", "max_value": 255, "mean": (0, 0, 0), "std": (1, 1, 1)})
    pixels = torch.randint(0, 256, (1, 4, 5, 6, 3), dtype=torch.uint8)
    torch.testing.assert_close(ClipNormaliser(plain)(pixels)[0, 0], pixels[0, ..., 2].float())
