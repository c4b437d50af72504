"""The frozen-feature recogniser as the teacher of a distillation: its head alone is fitted, once for each fold."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from touchline.core.arrays import Indices
from touchline.core.clips import ClipSet
from touchline.core.errors import UsageError
from touchline.media.clip_reader import ClipFrames
from touchline.models.networks.encoders.picture_clip import PictureClip
from touchline.models.specs.spec import ClipSpec
from touchline.training.recognition.examples.features import extract, fresh_network
from touchline.training.recognition.examples.head import HeadData, choose_head
from touchline.training.recognition.examples.learning import config_for, put_head, splits_of
from touchline.training.recognition.recogniser_data import TrainingClips
from touchline.training.recognition.recogniser_settings import NetworkSettings

FROZEN = "picture-clip"
"""The architecture whose head alone is fitted."""


class FrozenTeacher:
    """Frozen-feature recognisers of the folds of a recipe; features are computed once for all of them.

    Args:
        settings: the teacher's; its optimizer and augmentation are not used.
        clips: all clips.
        spec: their input.
        device: where the teachers run.

    Raises:
        UsageError: several members are asked for, or the input is not what the encoder was trained on.

    """

    def __init__(self, settings: NetworkSettings, clips: TrainingClips, *, spec: ClipSpec, device: str) -> None:
        if settings.members > 1:
            raise UsageError(f"teacher.members={settings.members} must be 1: all of them would be the same")
        if (spec.color, spec.max_value, spec.mean, spec.std) != ("RGB", 255, (127.0,) * 3, (128.0,) * 3):
            raise UsageError(
                f"teacher.architecture={FROZEN} was trained on (x - 127) / 128; add --set clip.max_value=255 --set "
                "clip.mean=[127,127,127] --set clip.std=[128,128,128]"
            )
        self._settings, self._clips, self._spec, self._device = settings, clips, spec, device

    def fit(self, rows: Indices) -> PictureClip:
        """Return a recogniser whose head was fitted to some of the clips."""
        clips, network = self._clips, self._network()
        head = choose_head(self._data, rows, splits=splits_of(ClipSet(clips.items, clips.labels)))
        put_head(network, head)
        return network.to(self._device).eval()

    def _network(self) -> PictureClip:
        return fresh_network(len(self._clips.labels), **self._settings.network)

    @cached_property
    def _data(self) -> HeadData:
        clips, network = self._clips, self._network()
        frames = [
            ClipFrames(clips.read(row), np.zeros(0, np.int64), float(clips.fps[row])) for row in range(len(clips))
        ]
        config = config_for(clips.labels, self._spec, name=FROZEN, mirrored=network.mirrored)
        features = extract(network, config, frames, device="cuda" if self._device == "cuda" else "cpu")
        return HeadData(features, clips.truth, len(clips.labels), network.block_sizes)
