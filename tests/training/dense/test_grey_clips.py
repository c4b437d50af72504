"""Grey clips are changed in one channel, with the same result as in three."""

from __future__ import annotations

import pytest
import torch

from touchline.training.dense.augment import AugmentSettings, change_pictures


@pytest.mark.parametrize("seed", range(4))
def test_grey_clips_change_as_their_rgb_does(seed: int) -> None:
    clips = torch.rand(2, 3, 1, 16, 24, generator=torch.Generator().manual_seed(7))
    often = AugmentSettings(brightness=0.9, contrast=0.9, blur=0.9, hue=0.9, saturation=0.9)

    grey, mirrored = change_pictures(clips, often, generator=torch.Generator().manual_seed(seed))
    rgb, as_mirrored = change_pictures(
        clips.expand(-1, -1, 3, -1, -1), often, generator=torch.Generator().manual_seed(seed)
    )

    torch.testing.assert_close(grey.expand_as(rgb), rgb, atol=1e-3, rtol=0)
    assert mirrored.tolist() == as_mirrored.tolist()
