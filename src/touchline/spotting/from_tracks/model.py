"""A learned model of events from tracks: features of a scene in, curves out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from touchline.core.arrays import Floats32
from touchline.core.errors import InputError
from touchline.core.finite_output import require_finite_output
from touchline.models.networks.track_events import TrackEventNet
from touchline.models.runtime.device import choose_device
from touchline.models.specs.track_event_spec import TrackEventConfig
from touchline.models.store import load_model
from touchline.spotting.from_tracks.features import FRAME_VALUES, METRE_VALUES, PERSON_VALUES, Features
from touchline.spotting.from_tracks.labels import PARENT, TRACK_LABELS

BUILT_IN = "track-events"
PIECE, MARGIN = 2048, 128
"""Frames that are scored at a time, and on either side of them frames that are only read."""


@dataclass(frozen=True, slots=True, eq=False)
class TrackScores:
    """A model's output for the n frames of a scene.

    Attributes:
        events: float32 (n, labels), 0 to 1.
        in_play: float32 (n,), probability that the ball is in play.
        holder: float32 (n, people + 1), probability that each of the nearest people has the ball, the last: nobody.

    """

    events: Floats32
    in_play: Floats32
    holder: Floats32


class TrackEventModel:
    """A network that scores scenes, with its configuration.

    Args:
        network: in evaluation mode.
        config: of the model file.
        device: the device to run on.
        device_reason: the device, and why it was chosen.
        sha256: of the model file; empty for a network that was not loaded from one.

    """

    def __init__(
        self,
        network: TrackEventNet,
        config: TrackEventConfig,
        *,
        device: torch.device | str = "cpu",
        device_reason: str = "cpu",
        sha256: str = "",
    ) -> None:
        self.network, self.config = network.to(device).eval(), config
        self.device, self.device_reason, self.sha256 = torch.device(device), device_reason, sha256

    @property
    def name(self) -> str:
        """The model's name."""
        return self.config.name

    def score(self, features: Features) -> TrackScores:
        """Score the frames of a scene; long scenes piece by piece, each with a margin on either side."""
        parts = [self._score(features, first) for first in range(0, max(len(features), 1), PIECE)]
        events, in_play, holder = (np.concatenate(values) for values in zip(*parts, strict=True))
        return TrackScores(events, in_play, holder)

    def _score(self, features: Features, first: int) -> tuple[Floats32, Floats32, Floats32]:
        start, end = max(first - MARGIN, 0), min(first + PIECE + MARGIN, len(features))
        arrays = (features.frame, features.metres, features.people, features.present)
        inputs = [torch.from_numpy(np.ascontiguousarray(array[start:end]))[None].to(self.device) for array in arrays]
        with torch.inference_mode():
            events, in_play, holder = self.network(*inputs)
            outputs = (torch.sigmoid(events), torch.sigmoid(in_play), torch.softmax(holder, dim=-1))
        kept = slice(first - start, min(first + PIECE, len(features)) - start)
        found = tuple(output[0, kept].cpu().numpy().astype(np.float32) for output in outputs)
        require_finite_output(
            *found, model=self.name, what="score", runs_on=self.device_reason, rows="frame", first_row=first
        )
        return found[0], found[1], found[2]


def as_families(events: Floats32, *, off: Collection[str]) -> Floats32:
    """Return curves in which a kind that is off gives its evidence to its parent: the higher of the two counts.

    A kind is a true label beside its parent, so that their confidences are of one and the same event: their sum would
    count it twice.

    Args:
        events: curves (n, labels).
        off: the labels that are off.

    """
    values = events.copy()
    for kind, parent in PARENT.items():
        if kind in off:
            column = TRACK_LABELS.index(parent)
            values[:, column] = np.maximum(values[:, column], events[:, TRACK_LABELS.index(kind)])
    return values


def load_track_events(
    name_or_path: str | Path | None = None, *, device: Literal["auto", "cpu", "cuda"] = "auto"
) -> TrackEventModel:
    """Load a model of events from tracks by name or path; None loads the built-in one.

    Raises:
        InputError: not found, damaged, for another task, or trained on other features or labels.
        ResourceError: the requested device is not available.

    """
    loaded = load_model(BUILT_IN if name_or_path is None else name_or_path, task="track-events")
    sizes = {"frame_values": FRAME_VALUES, "metre_values": METRE_VALUES, "person_values": PERSON_VALUES}
    stored = {name: loaded.config.network.get(name) for name in sizes}
    if stored != sizes or loaded.config.labels != TRACK_LABELS:
        raise InputError(f"{loaded.path}: made for features {stored}, not {sizes}, or for other labels; train it again")
    chosen, reason = choose_device(device)
    return TrackEventModel(loaded.network, loaded.config, device=chosen, device_reason=reason, sha256=loaded.sha256)
