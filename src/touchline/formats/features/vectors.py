"""Feature streams as ``.npy`` files in SoccerNet's layout, with a side-car for what SoccerNet's files do not state.

``match_people-detector.npy`` is float32 (rows, width), one row for each moment of a regular grid; beside it
``match_people-detector.json`` states which model made it, the time of each row, and which parts of the video it covers.
SoccerNet's own files (``1_ResNET_TF2.npy``, ...) have no side-car; their names identify them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from types import NoneType
from typing import Any

import numpy as np
import numpy.typing as npt

from touchline.core.clock import format_clock, frame_from_us, us_from_frame
from touchline.core.errors import InputError, UsageError
from touchline.core.events import Coverage
from touchline.formats.bundle import coverage_from_json
from touchline.formats.features.npy import open_rows
from touchline.formats.files.atomic import make_folder, replacing, write_text_atomic
from touchline.formats.files.checksum import file_sha256
from touchline.formats.files.guard import guarded
from touchline.formats.files.json_files import read_document
from touchline.formats.files.json_shapes import check, record

SUFFIX = ".npy"
SIDE_CAR_SUFFIX = ".json"
SCHEMA = "touchline.features"
VERSION = 1

SOCCERNET_RATE_HZ = 2.0
SOCCERNET_FEATURES: dict[str, tuple[float, int]] = {
    "ResNET": (SOCCERNET_RATE_HZ, 2048),
    "ResNET_PCA512": (SOCCERNET_RATE_HZ, 512),
    "ResNET_TF2": (SOCCERNET_RATE_HZ, 2048),
    "ResNET_TF2_PCA512": (SOCCERNET_RATE_HZ, 512),
    "C3D": (SOCCERNET_RATE_HZ, 4096),
    "C3D_PCA512": (SOCCERNET_RATE_HZ, 512),
    "I3D": (SOCCERNET_RATE_HZ, 1024),
    "I3D_PCA512": (SOCCERNET_RATE_HZ, 512),
    "baidu_soccer_embeddings": (1.0, 8576),
}
"""Published feature sets -> (rows per second, width); a file is called ``HALF_SET.npy``."""
_MINIMAL = {"schema": SCHEMA, "version": VERSION, "model": "NAME", "rate_hz": SOCCERNET_RATE_HZ, "start_us": 0}
"""The minimal content of a side-car."""
_HALF_NAME = re.compile(r"^(?P<half>[12])_(?P<set>.+)$")
_SLACK_S = 2.0
"""Features may end this much before or after the video, seconds: the last row covers some time of its own."""
_SCAN_ROWS = 4096


@dataclass(frozen=True, slots=True)
class FeatureInfo:
    """The properties of a feature stream.

    Attributes:
        model: name of the model that made it.
        rate_hz: rows per second.
        start_us: time of the first row, microseconds.
        model_sha256: SHA-256 of the model's file, empty if unknown.
        times_us: time of each row if they are not exactly on the grid (historic sampling rules); None on the grid.
        sampling: rule that chose the frames: ``"time-exact"``, ``"opencv"``, ``"skvideo"``, or the audio front end.
        coverage: parts of the video that were decoded; None if unknown.
        absent: half-open spans of rows without content (no ball in the picture); they are zeros.
        reduction: dimension reduction (``name``, ``sha256``, ``published``, ...); None for raw features.
        published: whether SoccerNet publishes this set.
        video: file name and fingerprint of the video.
        settings: all other settings that affect the values; equal settings and video give equal values.
        remarks: remarks for the user, one line each.
        sha256: SHA-256 of the ``.npy`` file.

    """

    model: str
    rate_hz: float = SOCCERNET_RATE_HZ
    start_us: int = 0
    model_sha256: str = ""
    times_us: tuple[int, ...] | None = None
    sampling: str = "time-exact"
    coverage: Coverage | None = None
    absent: tuple[tuple[int, int], ...] = ()
    reduction: Mapping[str, Any] | None = None
    published: bool = False
    video: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    sha256: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.rate_hz <= 1000:
            raise ValueError(f"rate_hz={self.rate_hz} must be above 0 and at most 1000")
        if self.times_us is not None and not bool(np.all(np.diff(self.times_us) >= 0)):
            raise ValueError("times_us of features must not decrease")

    @property
    def feature_set(self) -> str:
        """Name of the feature set: the model, or SoccerNet's name for features with its own reduction."""
        by_soccernet = self.published and self.reduction is not None and self.reduction.get("published", False)
        return f"{self.model}_PCA512" if by_soccernet and not self.model.endswith("_PCA512") else self.model

    @property
    def reduction_sha256(self) -> str:
        """SHA-256 of the dimension reduction; empty for raw features, or if unknown."""
        return "" if self.reduction is None else str(self.reduction.get("sha256", ""))

    @property
    def self_fitted(self) -> bool:
        """Whether it was reduced with something other than the published reduction."""
        return self.reduction is not None and not self.reduction.get("published", False)


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """A feature stream: ``values`` float (rows, width), memory-mapped or in memory, and its properties."""

    values: npt.NDArray[Any]
    info: FeatureInfo

    def __post_init__(self) -> None:
        if self.values.ndim != 2:
            raise ValueError(f"features of shape {self.values.shape} must be (rows, width)")
        if self.info.times_us is not None and len(self.info.times_us) != len(self.values):
            raise ValueError(f"{len(self.info.times_us)} times do not fit {len(self.values)} rows")

    def __len__(self) -> int:
        return len(self.values)

    @property
    def width(self) -> int:
        """Feature dimension."""
        return int(self.values.shape[1])

    @property
    def times_us(self) -> npt.NDArray[np.int64]:
        """Time of each row: int64 (rows,), microseconds."""
        if self.info.times_us is not None:
            return np.array(self.info.times_us, np.int64)
        rate_hz, start_us = self.info.rate_hz, self.info.start_us
        return np.array([start_us + us_from_frame(row, fps=rate_hz) for row in range(len(self))], np.int64)

    @property
    def end_us(self) -> int:
        """End of the last row's time, microseconds."""
        return int(self.times_us[-1]) + us_from_frame(1, fps=self.info.rate_hz) if len(self) else self.info.start_us

    def lost_rows(self) -> npt.NDArray[np.bool_]:
        """Return a mask (rows,) of the rows without content: in a lost span of the video, or with nothing to see."""
        lost = np.zeros(len(self), np.bool_)
        for first, end in self.info.absent:
            lost[first:end] = True
        times_us = self.times_us
        for gap in () if self.info.coverage is None else self.info.coverage.gaps:
            lost |= (times_us >= gap.start_us) & (times_us < gap.end_us)
        return lost


def side_car(path: Path) -> Path:
    """Return the side-car of a feature file."""
    return path.with_suffix(SIDE_CAR_SUFFIX)


def read_features(
    path: Path | str, *, width: int | None = None, rate_hz: float | None = None, check: bool = True
) -> Features:
    """Open a feature file, memory-mapped.

    Args:
        path: a ``.npy`` file, float (rows, width).
        width: required feature dimension; None accepts any.
        rate_hz: rows per second, for files whose rate neither a side-car nor the name gives; None otherwise.
        check: whether to read every value once, and refuse values that are not finite or not those of the side-car.

    Raises:
        InputError: missing, truncated, of another width, not finite, or inconsistent with its side-car.

    """
    path = Path(path)
    values = open_rows(path)
    if width is not None and values.shape[1] != width:
        raise InputError(
            f"{path}: rows of {values.shape[1]} numbers where {width} are required; `touchline features reduce` "
            "reduces them, and another --model makes others"
        )
    info = read_side_car(path)
    if info is None:
        info = _info_by_name(path, width=values.shape[1], rate_hz=rate_hz)
    elif info.times_us is not None and len(info.times_us) != len(values):
        raise InputError(
            f"{path}: {len(values)} rows, but {side_car(path).name} has times of {len(info.times_us)}: "
            "one of the two is of another run; extract the features again"
        )
    bad = first_bad_row(values) if check else None
    if bad is not None:
        at = format_clock(info.start_us + us_from_frame(bad, fps=info.rate_hz))
        raise InputError(f"{path}: row {bad} ({at}) holds numbers that are not finite; extract the features again")
    if check and info.sha256 and info.sha256 != file_sha256(path):
        raise InputError(
            f"{path}: the values differ from those of {side_car(path).name}: one of the two is of another run; "
            "extract the features again"
        )
    return Features(values, info)


def first_bad_row(values: npt.NDArray[Any]) -> int | None:
    """Return the first row that holds NaN or infinity, None if all are finite; read piece by piece."""
    for start in range(0, len(values), _SCAN_ROWS):
        bad = np.flatnonzero(~np.isfinite(values[start : start + _SCAN_ROWS]).all(axis=1))
        if len(bad):
            return start + int(bad[0])
    return None


@guarded("a feature file with a side-car", remedy="extract the features again")
def read_side_car(path: Path) -> FeatureInfo | None:
    """Read the side-car of a feature file; None if it has none.

    Raises:
        InputError: the side-car is broken, or of a newer version.

    """
    place = side_car(path)
    if not place.exists():
        return None
    document = read_document(place, schema=SCHEMA, version=VERSION, remedy="move it away, or extract them again")
    del document["schema"], document["version"]
    unknown = sorted(set(document) - {field.name for field in fields(FeatureInfo)})
    if unknown:
        raise InputError(f"{place}: unknown key {unknown[0]!r} for a side-car of features; extract the features again")
    check(document, record({}, others=True), source=place, remedy="extract the features again")
    try:
        _check_types(document)
        coverage, times_us = document.pop("coverage", None), document.pop("times_us", None)
        document["rate_hz"], document["start_us"] = float(document["rate_hz"]), int(document["start_us"])
        return FeatureInfo(
            **{**document, "remarks": tuple(document.get("remarks", ())), "absent": _spans(document.get("absent", ()))},
            coverage=None if coverage is None else coverage_from_json(coverage),
            times_us=None if times_us is None else tuple(map(int, times_us)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{place}: not a side-car of features ({error}); extract the features again") from error


def _check_types(document: Mapping[str, Any]) -> None:
    """Raise an error for fields of another type than a side-car has.

    Raises:
        TypeError: a field has the wrong type.

    """
    kinds: dict[type | tuple[type, ...], tuple[str, ...]] = {
        str: ("model", "model_sha256", "sampling", "sha256"),
        bool: ("published",),
        dict: ("video", "settings"),
        (dict, NoneType): ("reduction", "coverage"),
        list: ("remarks",),
    }
    for kind, names in kinds.items():
        for name in names:
            if name in document and not isinstance(document[name], kind):
                raise TypeError(f"{name} is a {type(document[name]).__name__}")


def _spans(pairs: Iterable[Iterable[int]]) -> tuple[tuple[int, int], ...]:
    """Return half-open spans of rows from their JSON form."""
    return tuple((int(first), int(end)) for first, end in pairs)


def write_features(
    path: Path | str, blocks: Iterable[npt.NDArray[Any]], *, shape: tuple[int, int], info: FeatureInfo
) -> FeatureInfo:
    """Write a feature file and its side-car, both atomically; the blocks are written one at a time.

    Args:
        path: the ``.npy`` file.
        blocks: arrays (any rows, width), in order; stored as float32.
        shape: rows and width of all blocks together.
        info: properties of the stream; its ``sha256`` is filled in.

    Returns:
        ``info`` as it was written.

    Raises:
        ValueError: the blocks do not add up to the shape, or a value is not finite.
        ResourceError: the disk is full, or the folder cannot be written.

    """
    path = Path(path)
    make_folder(path.parent)
    rows = 0
    header = {"descr": "<f4", "fortran_order": False, "shape": shape}
    with replacing(path) as file:
        np.lib.format.write_array_header_1_0(file, header)
        for block in blocks:
            if block.ndim != 2 or block.shape[1] != shape[1]:
                raise ValueError(f"a block of shape {block.shape} does not fit features of width {shape[1]}")
            if first_bad_row(block) is not None:
                raise ValueError(f"features for {path} are not finite from row {rows} on")
            file.write(np.ascontiguousarray(block, "<f4").tobytes())
            rows += len(block)
        if rows != shape[0]:
            raise ValueError(f"the blocks have {rows} rows, but shape={shape}")
    info = replace(info, sha256=file_sha256(path))
    write_text_atomic(side_car(path), json.dumps(_document(info), allow_nan=False) + "\n")
    return info


def _document(info: FeatureInfo) -> dict[str, Any]:
    return {"schema": SCHEMA, "version": VERSION, **asdict(info)}


def holds(path: Path, *, video: Mapping[str, str], settings: Mapping[str, Any]) -> FeatureInfo | None:
    """Return the properties of a feature file if it is complete and of this video and settings; otherwise None."""
    try:
        info = read_side_car(path)
        if info is None or info.video.get("fingerprint") != video.get("fingerprint"):
            return None
        if info.settings != json.loads(json.dumps(dict(settings))):
            return None
        return info if file_sha256(path) == info.sha256 else None
    except (InputError, OSError):
        return None


def check_same_video(path: Path, *, video: Mapping[str, str], named: bool) -> None:
    """Raise an error if a file of features would be lost that is not of this video.

    Args:
        path: the file that is about to be replaced.
        video: name and fingerprint of the video.
        named: whether the user named the file; then only features of another video are kept.

    Raises:
        UsageError: the file holds features of another video, or was not made by touchline.

    """
    if not path.exists():
        return
    try:
        info = read_side_car(path)
    except (InputError, OSError):
        info = None
    if info is None or not info.video:
        if not named:
            raise UsageError(f"{path}: exists, and touchline did not make it; move it away or choose another --out")
    elif info.video.get("fingerprint") != video.get("fingerprint"):
        other = info.video.get("name", "unknown")
        raise UsageError(f"{path}: holds features of another video, {other}; move it away or choose another --out")


def length_remark(features: Features, *, duration_us: int) -> str | None:
    """Return a remark if features end well before or after their video; None if they match.

    A container's header and its frames may disagree: features follow the frames.
    """
    short_s = (duration_us - features.end_us) / 1e6
    if not duration_us or abs(short_s) <= _SLACK_S:
        return None
    rows = frame_from_us(duration_us, fps=features.info.rate_hz)
    return (
        f"{len(features)} rows end at {format_clock(features.end_us, decimals=1)}, the video at "
        f"{format_clock(duration_us, decimals=1)} ({rows} rows): {abs(short_s):.1f} s "
        + ("have no features" if short_s > 0 else "of features have no video")
    )


def published_head_remark(info: FeatureInfo, *, head: str, wanted: str = "") -> str | None:
    """Return a remark if features are not those that a head over SoccerNet's was trained on; None if they are.

    Args:
        info: properties of the features.
        head: name of the head.
        wanted: feature set it was trained on; "" accepts any of SoccerNet's.

    """
    if info.published and wanted in ("", info.feature_set):
        return None
    if info.published:
        return (
            f"{head} was trained on SoccerNet's {wanted}, these are {info.feature_set}: their values mean other "
            f"things, so its results are meaningless; use HALF_{wanted}.npy"
        )
    if info.self_fitted:
        return (
            f"{head} was trained on SoccerNet's own reduction, these features were reduced with "
            f"{info.reduction and info.reduction.get('name')!r}, fitted elsewhere: its axes differ, so the results are "
            "meaningless; use pca_512_TF2.pkl and average_512_TF2.pkl, or train a head on these features"
        )
    return f"{head} was trained on SoccerNet's features, these are of {info.model!r}; train a head on them instead"


def _info_by_name(path: Path, *, width: int, rate_hz: float | None) -> FeatureInfo:
    """Return the properties of a file without a side-car, from its name."""
    match = _HALF_NAME.match(path.stem)
    name = match["set"] if match else path.stem
    known = SOCCERNET_FEATURES.get(name)
    if known is None and rate_hz is None:
        raise InputError(
            f"{path}: no {side_car(path).name} beside it gives the rows per second, and the name is not "
            f"one of SoccerNet's; pass --rate where a command has it (SoccerNet's have {SOCCERNET_RATE_HZ:g}), or "
            f"write {side_car(path).name}: {json.dumps(_MINIMAL)}"
        )
    if known is not None and known[1] != width:
        raise InputError(f"{path}: rows of {width} numbers, but SoccerNet's {name} has {known[1]}; it is another file")
    remark = "no side-car: model and rate come from the file name"
    return FeatureInfo(
        model=name,
        rate_hz=rate_hz if known is None and rate_hz is not None else known[0] if known else SOCCERNET_RATE_HZ,
        published=known is not None,
        reduction={"name": "PCA512", "published": True} if known is not None and name.endswith("PCA512") else None,
        sampling="unknown",
        remarks=(remark,),
    )
