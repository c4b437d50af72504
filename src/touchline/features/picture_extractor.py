"""Pictures to features: the ladder is :func:`load_feature_extractor` -> :meth:`FeatureExtractor.features`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt
import torch

from touchline.core.errors import InputError, ResourceError
from touchline.core.finite_output import require_finite_output
from touchline.formats.files.checksum import file_sha256
from touchline.models.importing.pictures import RESNETS, WHERE_FROM, read_picture_encoder
from touchline.models.networks.picture_features import DetectorEncoder, PictureFeatures
from touchline.models.runtime.running import ArrayGraph, available_threads, openvino_graph, pick_device
from touchline.models.specs.spec import EncoderConfig, EncoderSpec
from touchline.models.store import DEFAULT_DETECTOR, SUFFIX, find_model, load_model, read_config

Rgb = npt.NDArray[np.uint8]
BackendName = Literal["auto", "torch", "openvino"]
Fit = Literal["crop", "resize", "pad"]
Precision = Literal["f32", "bf16"]

BUILTIN = "builtin"
"""The encoder that ships with touchline: what its detector of people sees."""
DETECTOR_SPEC = EncoderSpec(
    width=640, height=352, fit="resize", interpolation="area", mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0)
)
_CPU_BATCH = 4
_GPU_BATCH = 64
_INTERPOLATION = {"area": cv2.INTER_AREA, "cubic": cv2.INTER_CUBIC}


class FeatureExtractor:
    """Makes one vector of each picture.

    Args:
        name: of the model.
        sha256: of the model's file.
        spec: the pictures the network sees.
        graph: runs the network: pixels uint8 (b, h, w, 3) to features (b, width).
        width: numbers in a vector.
        device_reason: where it runs and why.
        batch: how many pictures the graph takes.
        arithmetic: what computes and how precisely, for the record.

    """

    def __init__(
        self,
        *,
        name: str,
        sha256: str,
        spec: EncoderSpec,
        graph: ArrayGraph,
        width: int,
        device_reason: str,
        batch: int,
        arithmetic: str = "torch f32",
    ) -> None:
        self.arithmetic = arithmetic
        self.name = name
        self.sha256 = sha256
        self.spec = spec
        self.width = width
        self.device_reason = device_reason
        self.batch = batch
        self._graph = graph

    @property
    def settings(self) -> dict[str, Any]:
        """What decides the values besides the pictures, as JSON."""
        return {
            "model": self.name,
            "sha256": self.sha256,
            "picture": self.spec.model_dump(mode="json"),
            "device": self.device_reason.partition(":")[0],
            "arithmetic": self.arithmetic,
        }

    def prepare(self, picture: Rgb) -> Rgb:
        """A picture uint8 (h, w, 3) RGB of any size as the network sees it, uint8 (height, width, 3)."""
        return fit_picture(picture, spec=self.spec)

    def features(self, pictures: Sequence[Rgb]) -> npt.NDArray[np.float32]:
        """Features float32 (n, width) of pictures uint8 (h, w, 3) RGB, of any sizes.

        Raises:
            ResourceError: the network gave numbers that are not finite.

        """
        rows = [np.zeros((0, self.width), np.float32)]
        for first in range(0, len(pictures), self.batch):
            part = pictures[first : first + self.batch]
            pixels = np.zeros((self.batch, self.spec.height, self.spec.width, 3), np.uint8)
            for row, picture in enumerate(part):
                pixels[row] = self.prepare(picture)
            (values,) = self._graph(pixels)
            rows.append(values[: len(part)])
        values = np.concatenate(rows)
        require_finite_output(values, model=self.name, what="feature", runs_on=self.device_reason)
        return values


def load_feature_extractor(
    name_or_path: str = BUILTIN,
    *,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    backend: BackendName = "auto",
    batch: int | None = None,
    fit: Fit | None = None,
    precision: Precision | None = None,
    threads: int | None = None,
) -> FeatureExtractor:
    """An encoder by name or path.

    Args:
        name_or_path: ``"builtin"``; a detector or an encoder that ships or was imported, or its file; or a file of a
            ResNet's weights in torchvision's names.
        device: where to run; ``"auto"`` takes a GPU where there is one.
        backend: ``"auto"`` is OpenVINO on a CPU and torch on a GPU.
        batch: pictures at once.
        fit: how pictures are brought to the network's size; the model's own way where None.
        precision: of OpenVINO's arithmetic; the model's own where None. ``"bf16"`` is faster, and a bit different.
        threads: for OpenVINO; all processors by default.

    Raises:
        InputError: the model is not there, damaged, or makes no features of pictures.
        ResourceError: a GPU was asked for and there is none.

    """
    name, sha256, spec, network, usual = _load(name_or_path)
    precision = precision or usual
    if fit is not None and fit != spec.fit:
        spec = spec.model_copy(update={"fit": fit, "interpolation": "cubic" if fit == "resize" else "area"})
    where, reason = pick_device(device)
    size = batch or (_GPU_BATCH if where.type == "cuda" else _CPU_BATCH)
    whole = PictureFeatures(network, spec=spec).eval()
    eager = where.type == "cuda" or backend == "torch"
    if eager:
        graph: ArrayGraph = _torch_graph(whole, device=where)
    else:
        shape = (size, spec.height, spec.width, 3)
        graph = _when_needed(
            lambda: openvino_graph(whole, shape=shape, precision=precision, threads=threads or available_threads())
        )
    arithmetic = f"torch {'bf16' if where.type == 'cuda' else 'f32'}" if eager else f"openvino {precision}"
    return FeatureExtractor(
        name=name,
        sha256=sha256,
        spec=spec,
        graph=graph,
        width=whole.feature_size,
        device_reason=reason,
        batch=size,
        arithmetic=arithmetic,
    )


def _when_needed(build: Callable[[], ArrayGraph]) -> ArrayGraph:
    """A graph that is built with its first pictures: compiling takes seconds, and there may be nothing to do."""
    built: list[ArrayGraph] = []

    def run(pixels: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
        if not built:
            built.append(build())
        return built[0](pixels)

    return run


def _load(name_or_path: str) -> tuple[str, str, EncoderSpec, Any, Precision]:
    """Name, SHA-256, pictures, network and precision of an encoder."""
    path = _find(name_or_path)
    if path.suffix != SUFFIX or not _is_ours(path):
        network, config = read_picture_encoder(path)
        return config.name, file_sha256(path), config.picture, network, config.precision
    network, stored, sha256 = load_model(path, task="any")
    if stored.task == "detect":
        return stored.name, sha256, DETECTOR_SPEC, DetectorEncoder(network), stored.precision
    if isinstance(stored, EncoderConfig):
        return stored.name, sha256, stored.picture, network, stored.precision
    raise InputError(
        f"{path}: a model for {stored.task!r} makes no features of pictures; take 'builtin', or an encoder: "
        "`touchline models list` says which are there"
    )


def _find(name_or_path: str) -> Path:
    """The file that is meant.

    Raises:
        InputError: there is none; for a known network the message says where its weights are to be had.

    """
    if name_or_path == BUILTIN:
        return find_model(DEFAULT_DETECTOR)
    path = Path(name_or_path)
    if path.is_file():
        return path
    try:
        return find_model(name_or_path)
    except InputError as error:
        if name_or_path in RESNETS:
            raise InputError(f"{name_or_path}: {WHERE_FROM.format(name=name_or_path)}") from error
        raise


def _is_ours(path: Path) -> bool:
    """Whether a safetensors file carries a configuration of touchline's."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="pt") as file:
            ours = "touchline" in (file.metadata() or {})
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: not a safetensors file, or damaged ({error})") from error
    if ours:
        read_config(path)
    return ours


def _torch_graph(whole: PictureFeatures, *, device: torch.device) -> ArrayGraph:
    """Torch as it is on a CPU; bfloat16 and channels-last on a GPU, in halves of a batch that does not fit."""
    network = whole.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    @torch.inference_mode()
    def run(pixels: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
        try:
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
                return (network(torch.from_numpy(pixels).to(device, non_blocking=True)).float().cpu().numpy(),)
        except torch.OutOfMemoryError as error:
            if len(pixels) == 1:
                raise ResourceError(f"one picture does not fit on {device}; run with --device cpu") from error
        half = len(pixels) // 2
        return (np.concatenate([run(pixels[:half])[0], run(pixels[half:])[0]]),)

    return run


def fit_picture(picture: Rgb, *, spec: EncoderSpec) -> Rgb:
    """A picture uint8 (h, w, 3) at the size that a spec wants, uint8 (height, width, 3)."""
    old_height, old_width = picture.shape[:2]
    if (old_height, old_width) == (spec.height, spec.width):
        return picture
    if spec.fit == "resize":
        return _scaled(picture, width=spec.width, height=spec.height, spec=spec)
    pick = max if spec.fit == "crop" else min
    scale = pick(spec.width / old_width, spec.height / old_height)
    # Cut down as the reference does, never below what a crop needs.
    width, height = int(old_width * scale + 1e-6), int(old_height * scale + 1e-6)
    if spec.fit == "crop":
        width, height = max(width, spec.width), max(height, spec.height)
        scaled = _scaled(picture, width=width, height=height, spec=spec)
        top, left = (height - spec.height) // 2, (width - spec.width) // 2
        return np.ascontiguousarray(scaled[top : top + spec.height, left : left + spec.width])
    width, height = max(width, 1), max(height, 1)
    canvas = np.zeros((spec.height, spec.width, 3), np.uint8)
    top, left = (spec.height - height) // 2, (spec.width - width) // 2
    canvas[top : top + height, left : left + width] = _scaled(picture, width=width, height=height, spec=spec)
    return canvas


def _scaled(picture: Rgb, *, width: int, height: int, spec: EncoderSpec) -> Rgb:
    how = _INTERPOLATION[spec.interpolation]
    if how == cv2.INTER_AREA and (width > picture.shape[1] or height > picture.shape[0]):
        how = cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (width, height), interpolation=how), np.uint8)
