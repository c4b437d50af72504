"""PP-OCR's reader of lines, run by OpenVINO: the model file of ``rapidocr``, or of ``rapidocr-onnxruntime``.

Of those packages only the model is used; neither is ever imported. ``rapidocr`` 3.10 asks for the OpenCV that touchline
uses, and is the extra ``clock``. ``rapidocr-onnxruntime`` asks for another one, whose files overwrite it, so that
package is installed without what it asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from touchline.core.arrays import Floats32, Rgb
from touchline.core.errors import UsageError
from touchline.core.extras import install_line
from touchline.formats.files.checksum import file_sha256
from touchline.models.runtime.openvino_runtime import import_openvino

INSTALL = f"{install_line('clock')}, or pip install --no-deps rapidocr-onnxruntime==1.4.4"
"""How to install a model: the better one with what its package asks for, or an older one alone."""

_MODELS = (("rapidocr", "PP-OCRv6_rec_small.onnx"), ("rapidocr_onnxruntime", "ch_PP-OCRv4_rec_infer.onnx"))
"""Packages and their models, the better one first: see benchmarks/results/clock_v6.json and clock_v4.json."""
_HEIGHT = 48
_STEP = 32
_NARROWEST = 96
_WIDEST = 1280
_KNOWN = "0123456789:;+.-·' ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz&ÄÖÜäöüÉéÈèÑñÇç"
"""Characters of score boards; of the model's several thousand, no others are considered."""


def model_file() -> Path | None:
    """Return the file of the best model that is there; None if no package with one is installed."""
    for package, name in _MODELS:
        spec = find_spec(package)
        if spec is not None and spec.origin is not None:
            path = Path(spec.origin).parent / "models" / name
            if path.is_file():
                return path
    return None


class PPOCRReader:
    """PP-OCR's reader of lines; the model is loaded when the first line is read.

    Args:
        path: the ONNX file; None takes that of the installed package.

    Raises:
        UsageError: the package is not installed.

    """

    def __init__(self, path: Path | None = None) -> None:
        found = path or model_file()
        if found is None:
            raise UsageError(f"the score board is read by PP-OCR, which is not installed; run: {INSTALL}")
        self._path = found
        self.name = found.stem.removeprefix("ch_").split("_")[0]

    @cached_property
    def sha256(self) -> str:
        """Hash of the model file."""
        return file_sha256(self._path)

    @cached_property
    def _network(self) -> Any:
        settings = {"INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
        return import_openvino().Core().compile_model(str(self._path), "CPU", settings)

    @cached_property
    def _alphabet(self) -> tuple[list[int], list[str]]:
        """The columns of the model's output that are considered, and their characters; the first is "nothing"."""
        characters = ["", *_characters(self._path), " "]
        columns = [0, *(characters.index(character) for character in _KNOWN if character in characters)]
        return columns, [characters[column] for column in columns]

    def read(self, lines: Sequence[Rgb]) -> list[tuple[str, float]]:
        """Return the text and the confidence of pictures of a line each, uint8 (height, width, 3)."""
        return [self._read_one(line) if min(line.shape[:2]) > 1 else ("", 0.0) for line in lines]

    def _read_one(self, line: Rgb) -> tuple[str, float]:
        columns, characters = self._alphabet
        scores = self._network(_input(line))[0][0][:, columns]
        best = scores.argmax(axis=1)
        new = (best > 0) & (np.concatenate([[0], best[:-1]]) != best)
        text = "".join(characters[column] for column in best[new])
        return text, float(scores.max(axis=1)[new].mean()) if new.any() else 0.0


def _input(line: Rgb) -> Floats32:
    """Return a line as the model takes it: (1, 3, 48, width), -1 to 1, blue first, zeros at the right."""
    height, width = line.shape[:2]
    shown = min(_WIDEST, max(_HEIGHT // 3, round(_HEIGHT * width / height)))
    padded = np.zeros((_HEIGHT, max(_NARROWEST, -(-shown // _STEP) * _STEP), 3), np.float32)
    resized = cv2.resize(line, (shown, _HEIGHT), interpolation=cv2.INTER_CUBIC if height < _HEIGHT else cv2.INTER_AREA)
    padded[:, :shown] = resized[:, :, ::-1].astype(np.float32) / 127.5 - 1
    return padded.transpose(2, 0, 1)[None]


def _characters(path: Path) -> list[str]:
    """Return the model's characters, from the ONNX file's metadata: an entry with the key ``character``.

    The file is a protocol buffer; the entry is field 14 of the model, with the key in field 1 and the value in field 2.
    """
    data = path.read_bytes()
    key = b"\x0a\x09character\x12"
    start = data.rindex(key) + len(key)
    length, shift = 0, 0
    while True:
        byte = data[start]
        start += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    return data[start : start + length].decode("utf-8").split("\n")
