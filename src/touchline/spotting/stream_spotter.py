"""Events from feature streams: load a head by name, pass it the available streams, read the events.

    spotter = load_stream_spotter("my-head")
    picture, sound = read_features("1_ResNET_TF2_PCA512.npy"), read_features("1_VGGish.npy")
    timeline = spotter.spot({"picture": picture, "sound": sound}).timeline

Streams may have another rate than the head, start late, end early, or be missing: the head receives what is missing as
masked, and :attr:`StreamEvents.remarks` lists it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Bools, Floats32
from touchline.core.errors import InputError
from touchline.core.events import Event, Scores, Timeline
from touchline.core.finite_output import require_finite_output
from touchline.formats.features.vectors import Features, length_remark, published_head_remark
from touchline.models.runtime.device import choose_device
from touchline.models.specs.stream_spec import StreamHeadConfig, StreamSpec
from touchline.models.store import load_model
from touchline.spotting.stream_decoding import DenseScores, calibrated, find_peaks


@dataclass(frozen=True, slots=True, eq=False)
class StreamEvents:
    """The result of a head for one video.

    Attributes:
        timeline: the events.
        scores: the dense curves behind them, on the scale of the events' confidence.
        remarks: remarks for the user, one line each: missing streams, features of another kind, no calibration.
        degraded: whether a stream was missing, or differed in length from the video.

    """

    timeline: Timeline
    scores: Scores
    remarks: tuple[str, ...]
    degraded: bool


class StreamSpotter:
    """A head over feature streams, with the decoding of its scores into events.

    Args:
        network: a :class:`~touchline.models.networks.heads.fusion.FusedHead` or a head with the same interface.
        config: configuration of the model file.
        device: device to run on.
        sha256: hash of the model file; empty for a network that was not loaded from one.

    """

    def __init__(self, network: Any, config: StreamHeadConfig, *, device: str = "cpu", sha256: str = "") -> None:
        self.config, self.device, self.sha256 = config, device, sha256
        self._network = network.to(self.device).eval()

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names."""
        return self.config.labels

    def spot(
        self,
        streams: Mapping[str, Features],
        *,
        duration_us: int = 0,
        half: int = 1,
        missing: Mapping[str, str] | None = None,
    ) -> StreamEvents:
        """Find the events of one video.

        Args:
            streams: features by the head's stream names; any may be missing, but not all.
            duration_us: length of the video, microseconds; 0 takes the end of the longest stream.
            half: half of the match, recorded with each event.
            missing: reason why a stream is missing, by stream name, for the remarks.

        Raises:
            InputError: none of the streams the head reads, or one of another width.

        """
        values, present, remarks = self._on_grid(streams, duration_us=duration_us, missing=missing or {})
        dense = self.dense(values, present)
        times_us = np.rint(np.arange(len(dense.score)) * 1e6 / self.config.rate_hz).astype(np.int64)
        if not self.config.calibration:
            remarks.append(f"{self.config.name}: its confidences are uncalibrated scores, not probabilities")
        end_us = duration_us or max(features.end_us for features in streams.values())
        whole = [_is_whole(streams.get(stream.name), duration_us=end_us) for stream in self.config.streams]
        return StreamEvents(
            self.events(dense, half=half),
            Scores(self._confidence(dense), times_us, self.labels),
            tuple(remarks),
            not all(whole),
        )

    def dense(self, values: Mapping[str, Floats32], present: Mapping[str, Bools]) -> DenseScores:
        """Return scores of streams (samples, width) on the head's grid, masked by ``present``, bool (samples,)."""
        import torch

        with torch.inference_mode():
            output = self._network.dense(
                {name: torch.from_numpy(one)[None].to(self.device) for name, one in values.items()},
                {name: torch.from_numpy(one)[None].to(self.device) for name, one in present.items()},
            )
        score = output.logits[0].double().sigmoid().cpu().numpy()
        require_finite_output(score, model=self.config.name, what="score", runs_on=str(self.device))
        if output.displacement is None or output.log_spread is None:
            return DenseScores(score)
        displacement = output.displacement[0].double().cpu().numpy()
        return DenseScores(score, displacement, output.log_spread[0].double().exp().cpu().numpy())

    def events(self, dense: DenseScores, *, half: int = 1) -> Timeline:
        """Find events in scores; confidences are calibrated if the model has a calibration."""
        config, events = self.config, []
        for column, label in enumerate(config.labels):
            peaks = find_peaks(dense, column=column, rate_hz=config.rate_hz, settings=config.suppression)
            confidence = self._calibrated(peaks.score, label)
            for at, sure, spread in zip(peaks.at, confidence, peaks.spread, strict=True):
                extra = {} if np.isnan(spread) else {"spread_s": round(float(spread) / config.rate_hz, 3)}
                start_us = max(round(float(at) * 1e6 / config.rate_hz), 0)
                events.append(
                    Event(label, start_us, confidence=float(sure), half=half, source=config.name, extra=extra)
                )
        return Timeline(tuple(events))

    def _confidence(self, dense: DenseScores) -> Floats32:
        """Return every sample's confidence, (samples, classes)."""
        columns = [self._calibrated(dense.score[:, c], label) for c, label in enumerate(self.labels)]
        return np.stack(columns, axis=1).astype(np.float32)

    def _calibrated(self, score: npt.NDArray[np.float64], label: str) -> npt.NDArray[np.float64]:
        slope, offset = self.config.calibration.get(label, (1.0, 0.0))
        return calibrated(score, slope, offset)

    def _on_grid(
        self, streams: Mapping[str, Features], *, duration_us: int, missing: Mapping[str, str]
    ) -> tuple[dict[str, Floats32], dict[str, Bools], list[str]]:
        names = [stream.name for stream in self.config.streams]
        known = {name: streams[name] for name in names if name in streams and len(streams[name])}
        if not known:
            raise InputError(
                f"{self.config.name} reads the streams {names}; none of them was given ({sorted(streams)})"
                + "".join(f"; {name}: {reason}" for name, reason in missing.items())
            )
        end_us = duration_us or max(features.end_us for features in known.values())
        samples = max(int(np.ceil(end_us * self.config.rate_hz / 1e6 - 1e-6)), 1)
        values, present, remarks = {}, {}, []
        for stream in self.config.streams:
            features, why = known.get(stream.name), missing.get(stream.name, "")
            remarks += _remarks(stream, features, head=self.config.name, duration_us=end_us, why=why)
            values[stream.name], present[stream.name] = align(
                known.get(stream.name), stream=stream, rate_hz=self.config.rate_hz, samples=samples
            )
        return values, present, remarks


def _is_whole(features: Features | None, *, duration_us: int) -> bool:
    """Return whether a stream is present and as long as the video; its coverage records losses within it."""
    return features is not None and len(features) > 0 and length_remark(features, duration_us=duration_us) is None


def _remarks(stream: StreamSpec, features: Features | None, *, head: str, duration_us: int, why: str) -> list[str]:
    if features is None:
        reason = f" ({why})" if why else ""
        return [f"no {stream.name!r} stream{reason}: {head} continues without it and finds less"]
    found = [*features.info.remarks, length_remark(features, duration_us=duration_us)]
    if stream.published:
        found.append(published_head_remark(features.info, head=head, wanted=stream.model))
    elif stream.model and features.info.model != stream.model:
        found.append(f"{head} was trained on features of {stream.model!r}, these are of {features.info.model!r}")
    if stream.reduction and not stream.published and features.info.reduction_sha256 != stream.reduction:
        found.append(_other_reduction(stream, features, head=head))
    return [f"{stream.name}: {remark}" for remark in found if remark]


def _other_reduction(stream: StreamSpec, features: Features, *, head: str) -> str:
    by = features.info.reduction
    these = "these were not reduced" if by is None else f"these were reduced by {by.get('name', 'another')!r}"
    return (
        f"{head} was trained on features reduced by the reduction {stream.reduction[:12]}, {these}: the values are not "
        "comparable, so its events mean nothing; use the reduction it was trained with"
    )


def align(features: Features | None, *, stream: StreamSpec, rate_hz: float, samples: int) -> tuple[Floats32, Bools]:
    """Resample features to a head's grid: the mean of the rows within a sample's time, or the last row before it.

    Args:
        features: the stream, None if it is missing.
        stream: the stream the head expects.
        rate_hz: samples per second of the grid.
        samples: number of samples in the grid.

    Returns:
        Values float32 (samples, width), and a mask of the samples that have any, bool (samples,). Rows in lost spans
        of the video, and rows that are not finite, count as missing.

    Raises:
        InputError: the features have another width than the stream.

    """
    if features is None:
        return np.zeros((samples, stream.width), np.float32), np.zeros(samples, np.bool_)
    if features.width != stream.width:
        raise InputError(
            f"{stream.name}: features have {features.width} values per row where {stream.width} are expected; reduce "
            "them with `touchline features reduce`, or extract them with another --model"
        )
    rows = np.asarray(features.values, np.float32)
    good = np.isfinite(rows).all(axis=1) & ~features.lost_rows()
    rows, at = rows[good], np.asarray(features.times_us[good] * (rate_hz / 1e6) + 1e-6, np.float64)
    cell = np.floor(at).astype(np.int64)
    inside = (cell >= 0) & (cell < samples)
    count = np.bincount(cell[inside], minlength=samples)
    values = np.zeros((samples, stream.width), np.float32)
    np.add.at(values, cell[inside], rows[inside])
    values /= np.maximum(count, 1)[:, None]
    return _hold(values, count > 0, rows=rows, at=at, hold=rate_hz / features.info.rate_hz)


def _hold(
    values: Floats32, present: Bools, *, rows: Floats32, at: npt.NDArray[np.float64], hold: float
) -> tuple[Floats32, Bools]:
    """Fill samples that contain no row with the last row before them, if it is at most ``hold`` samples old."""
    empty = np.flatnonzero(~present)
    if len(empty) and len(rows):
        before = np.searchsorted(at, empty + 1.0, side="left") - 1
        usable = (before >= 0) & (empty - at[np.maximum(before, 0)] < hold - 1e-5)
        values[empty[usable]] = rows[before[usable]]
        present = present.copy()
        present[empty[usable]] = True
    return values, present


def load_stream_spotter(model: str | Path, *, device: str = "auto") -> StreamSpotter:
    """Load a head over feature streams by name or path.

    Raises:
        InputError: not found, damaged, or a model for another task.

    """
    loaded = load_model(model, task="spot-streams")
    where, _ = choose_device(device)
    return StreamSpotter(loaded.network, loaded.config, device=where, sha256=loaded.sha256)


def spot_streams(
    streams: Mapping[str, Features], model: str | Path, *, duration_us: int = 0, half: int = 1, device: str = "auto"
) -> StreamEvents:
    """Find the events of one video's feature streams; see :meth:`StreamSpotter.spot`."""
    return load_stream_spotter(model, device=device).spot(streams, duration_us=duration_us, half=half)
