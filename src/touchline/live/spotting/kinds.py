"""What differs between kinds of spotters in a live run."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from touchline.live.source.pictures import Picture
from touchline.live.spotting.dense_stretch import DenseStretch
from touchline.live.spotting.stretch import Stretch, look_ahead_samples
from touchline.media.sampling import fit_luma
from touchline.spotting.dense.spotter import DenseVideoSpotter, fit_frame
from touchline.spotting.spotter import Spotter

LiveSpotter = Spotter | DenseVideoSpotter
"""A spotter that can follow a stream."""


def stretch_of(spotter: LiveSpotter, *, thresholds: Mapping[str, float], first_index: int) -> Stretch | DenseStretch:
    """Return a run of a spotter over consecutive frames."""
    if isinstance(spotter, DenseVideoSpotter):
        return DenseStretch(spotter, thresholds=thresholds, first_index=first_index)
    return Stretch(spotter, thresholds=thresholds, first_index=first_index)


def look_ahead_of(spotter: LiveSpotter) -> int:
    """Return after how many further grid frames an event that stands alone is final, at most."""
    if isinstance(spotter, DenseVideoSpotter):
        return spotter.look_ahead_samples
    return look_ahead_samples(spotter)


def nearest_of(spotter: LiveSpotter) -> int:
    """Return within how many samples two events of a class are the same."""
    if isinstance(spotter, DenseVideoSpotter):
        return spotter.config.suppression.window
    return spotter.config.peaks.distance_samples


def seeing(spotter: LiveSpotter) -> Callable[[Picture], npt.NDArray[np.uint8]]:
    """Return a function from a source's picture to what the spotter sees of it, in the model's size."""
    if isinstance(spotter, DenseVideoSpotter):
        dense = spotter.config.frame
        if dense.colour == "luma":
            return lambda picture: fit_frame(picture.luma(), dense)
        return lambda picture: fit_frame(_colours(picture), dense)
    frame = spotter.config.frame
    return lambda picture: fit_luma(picture.luma(), width=frame.width, height=frame.height)


def _colours(picture: Picture) -> npt.NDArray[np.uint8]:
    if picture.rgb is None:
        return np.repeat(picture.luma()[:, :, None], 3, axis=2)
    return picture.rgb()
