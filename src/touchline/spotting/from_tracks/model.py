"""A learned model of events from tracks: features of a scene in, curves out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from touchline.core.arrays import Floats32
from touchline.core.errors import InputError
from touchline.core.finite_output import require_finite_output
from touchline.models.runtime.device import available_threads, choose_device
from touchline.models.runtime.graph_file import GraphFile
from touchline.models.runtime.graphs import ManyInputGraph, torch_arrays
from touchline.models.runtime.model_graphs import compiled_part, graph_file_of
from touchline.models.specs.track_event_spec import TrackEventConfig
from touchline.models.store import open_model
from touchline.spotting.from_tracks.features import FRAME_VALUES, METRE_VALUES, PERSON_VALUES, Features
from touchline.spotting.from_tracks.labels import PARENT, TRACK_LABELS

if TYPE_CHECKING:
    from touchline.models.networks.track_events import TrackEventNet

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
        network: the network, or the graphs of a model file, which a CPU runs without torch.
        config: of the model file.
        device: the device to run on.
        device_reason: the device, and why it was chosen.
        sha256: of the model file; empty for a network that was not loaded from one.

    """

    def __init__(
        self,
        network: TrackEventNet | GraphFile,
        config: TrackEventConfig,
        *,
        device: str = "cpu",
        device_reason: str = "cpu",
        sha256: str = "",
    ) -> None:
        self.config, self.device, self.device_reason, self.sha256 = config, device, device_reason, sha256
        self.network = network
        self._graph: ManyInputGraph | None = None

    @property
    def name(self) -> str:
        """The model's name."""
        return self.config.name

    def _built(self) -> ManyInputGraph:
        """Return the graph, built when it is first used."""
        if isinstance(self.network, GraphFile):
            return compiled_part(self.network, "scores", precision=self.config.precision, threads=available_threads())
        from touchline.models.networks.track_events import TrackEventScorer

        return torch_arrays(TrackEventScorer(self.network), device=self.device)

    def score(self, features: Features) -> TrackScores:
        """Score the frames of a scene; long scenes piece by piece, each with a margin on either side."""
        parts = [self._score(features, first) for first in range(0, max(len(features), 1), PIECE)]
        events, in_play, holder = (np.concatenate(values) for values in zip(*parts, strict=True))
        return TrackScores(events, in_play, holder)

    def _score(self, features: Features, first: int) -> tuple[Floats32, Floats32, Floats32]:
        start, end = max(first - MARGIN, 0), min(first + PIECE + MARGIN, len(features))
        arrays = (features.frame, features.metres, features.people, features.present)
        self._graph = self._graph or self._built()
        outputs = self._graph(*(np.ascontiguousarray(array[start:end])[None] for array in arrays))
        kept = slice(first - start, min(first + PIECE, len(features)) - start)
        found = tuple(output[0, kept] for output in outputs)
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
    opened = open_model(BUILT_IN if name_or_path is None else name_or_path, task="track-events")
    sizes = {"frame_values": FRAME_VALUES, "metre_values": METRE_VALUES, "person_values": PERSON_VALUES}
    stored = {name: opened.config.network.get(name) for name in sizes}
    if stored != sizes or opened.config.labels != TRACK_LABELS:
        raise InputError(f"{opened.path}: made for features {stored}, not {sizes}, or for other labels; train it again")
    chosen, reason = choose_device(device)
    network = opened.load().network if chosen == "cuda" else graph_file_of(opened)
    return TrackEventModel(network, opened.config, device=chosen, device_reason=reason, sha256=opened.sha256)
