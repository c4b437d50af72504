"""Files of a model's graphs, which a CPU runs without torch: ``NAME.graph`` beside ``NAME.safetensors``.

A graph file is a ZIP archive. For each part of the model, such as an encoder and a decoder, it holds the graph as
OpenVINO's XML, and those of its constants that are not tensors of the model. The tensors stay in the model file alone:
the graph's constants are put together from both when it is read. ``NAME.VARIANT.graph`` holds another arithmetic of the
same model, such as ``int8``; its constants are mostly its own.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from touchline.core.errors import InputError
from touchline.formats.files.guard import MALFORMED, cause_of
from touchline.models.safetensors_file import open_safetensors

GRAPH_SUFFIX = ".graph"
FORMAT = 1
"""Raise it when a part's inputs or outputs change their meaning: graphs of former versions are then made again."""
_INDEX = "index.json"
_MOST_BYTES = 8 << 30
"""More than any model takes; a file that claims more is damaged."""
_DATE = (1980, 1, 1, 0, 0, 0)
_LEAST_TENSOR_BYTES = 64
"""Smaller constants are stored with the graph: most are sizes and axes."""

Bytes = npt.NDArray[np.uint8]


class Piece(BaseModel):
    """A constant: ``size`` bytes at ``offset`` of the part's constants, from a tensor, or from the part's own bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    offset: int = Field(ge=0)
    size: int = Field(gt=0)
    tensor: str | None = None
    own_offset: int = Field(default=0, ge=0)


class PartIndex(BaseModel):
    """One graph: the shapes of its inputs, -1 for any size, and where its constants come from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    inputs: tuple[tuple[int, ...], ...]
    outputs: tuple[tuple[int, ...], ...]
    size: int = Field(ge=0, le=_MOST_BYTES)
    pieces: tuple[Piece, ...]


class Index(BaseModel):
    """The contents of a graph file.

    Attributes:
        model_sha256: hash of the model file that the graphs belong to.
        facts: what else must be known of the network to run it, such as the window of a spotter.
        parts: the graphs by name.

    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int
    model_sha256: str
    openvino: str
    facts: dict[str, Any] = Field(default_factory=dict)
    parts: dict[str, PartIndex]


@dataclass(frozen=True, slots=True)
class Converted:
    """A graph as OpenVINO writes it: its XML, all its constants, and the shapes of its inputs and outputs."""

    xml: bytes
    constants: bytes
    inputs: tuple[tuple[int, ...], ...]
    outputs: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class GraphFile:
    """A graph file in memory.

    Attributes:
        index: its contents.
        sha256: hash of the file.
        model_path: the model file, which holds the tensors.

    """

    index: Index
    sha256: str
    model_path: Path
    _entries: Mapping[str, bytes] = field(repr=False)

    def xml(self, part: str) -> bytes:
        """Return a part's graph as OpenVINO's XML."""
        return self._entries[f"{part}.xml"]

    def constants(self, part: str) -> Bytes:
        """Return a part's constants, put together from the model's tensors and the part's own bytes.

        Raises:
            InputError: the model file does not hold the tensors that the graph needs.

        """
        entry = self.index.parts[part]
        own = np.frombuffer(self._entries[f"{part}.bin"], np.uint8)
        whole = np.zeros(entry.size, np.uint8)
        with open_safetensors(self.model_path, framework="np") as file:
            for piece in entry.pieces:
                if piece.tensor is None:
                    values = own[piece.own_offset : piece.own_offset + piece.size]
                else:
                    values = bytes_of(file.get_tensor(piece.tensor))
                if len(values) != piece.size or piece.offset + piece.size > entry.size:
                    raise InputError(f"{self.model_path}: its graph is of another model; write it again")
                whole[piece.offset : piece.offset + piece.size] = values
        return whole


def graph_path(model_path: Path, *, variant: str = "") -> Path:
    """Return the path of a model's graph file, or of a variant of it."""
    return model_path.with_suffix(f".{variant}{GRAPH_SUFFIX}" if variant else GRAPH_SUFFIX)


def size_variant(size: tuple[int, int]) -> str:
    """Return the name of the variant of a model for pictures of a width and height."""
    return f"{size[0]}x{size[1]}"


def bytes_of(tensor: npt.NDArray[Any]) -> Bytes:
    """Return the bytes of a tensor as networks use it: floating-point numbers as float32."""
    used = tensor.astype(np.float32) if np.issubdtype(tensor.dtype, np.floating) else tensor
    return np.frombuffer(np.ascontiguousarray(used).tobytes(), np.uint8)


def read_graph_file(data: bytes, *, model_path: Path, source: Path | str) -> GraphFile:
    """Read the bytes of a graph file.

    Raises:
        InputError: damaged, or of another format; the message begins with ``source``.

    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MOST_BYTES:
                raise InputError(f"{source}: not a graph file, or damaged (it claims to hold more than any model)")
            entries = {name: archive.read(name) for name in archive.namelist()}
        index = Index.model_validate_json(entries[_INDEX])
        missing = [f"{part}{end}" for part in index.parts for end in (".xml", ".bin") if f"{part}{end}" not in entries]
    except MALFORMED as error:  # pydantic's too, which are ValueErrors
        raise InputError(f"{source}: not a graph file, or damaged ({cause_of(error)})") from error
    if index.format != FORMAT or missing:
        raise InputError(f"{source}: a graph file of format {index.format}, not {FORMAT}, or without {missing}")
    return GraphFile(index, hashlib.sha256(data).hexdigest(), model_path, entries)


def graph_file_bytes(
    parts: Mapping[str, Converted], *, model_path: Path, model_sha256: str, openvino: str, facts: Mapping[str, Any]
) -> bytes:
    """Return the bytes of a graph file; the same parts give the same bytes.

    Args:
        parts: graphs by name.
        model_path: the model file; constants that are tensors of it are not stored again.
        model_sha256: its hash.
        openvino: version that converted the graphs.
        facts: see :class:`Index`.

    """
    places = _places_of(model_path)
    entries: dict[str, bytes] = {}
    index: dict[str, PartIndex] = {}
    for name, part in parts.items():
        index[name], own = _split(part, places)
        entries |= {f"{name}.xml": part.xml, f"{name}.bin": own}
    contents = Index(format=FORMAT, model_sha256=model_sha256, openvino=openvino, facts=dict(facts), parts=index)
    entries[_INDEX] = json.dumps(contents.model_dump(mode="json", exclude_defaults=True)).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for entry, content in sorted(entries.items()):
            archive.writestr(zipfile.ZipInfo(entry, _DATE), content, zipfile.ZIP_DEFLATED, compresslevel=9)
    return buffer.getvalue()


def _places_of(model_path: Path) -> dict[bytes, str]:
    """Return the name of each tensor by the hash of its bytes."""
    with open_safetensors(model_path, framework="np") as file:
        names = sorted(file.keys(), reverse=True)
        return {hashlib.sha256(bytes_of(file.get_tensor(name)).tobytes()).digest(): name for name in names}


def _split(part: Converted, places: Mapping[bytes, str]) -> tuple[PartIndex, bytes]:
    """Divide a graph's constants into tensors of the model and others."""
    pieces, own = [], bytearray()
    for offset, size in _constants_in(part.xml):
        content = part.constants[offset : offset + size]
        tensor = places.get(hashlib.sha256(content).digest()) if size >= _LEAST_TENSOR_BYTES else None
        pieces.append(Piece(offset=offset, size=size, tensor=tensor, own_offset=len(own) if tensor is None else 0))
        if tensor is None:
            own += content
    size = len(part.constants)
    return PartIndex(inputs=part.inputs, outputs=part.outputs, size=size, pieces=tuple(pieces)), bytes(own)


def _constants_in(xml: bytes) -> list[tuple[int, int]]:
    """Return offset and size of every constant that a graph refers to, each once."""
    from xml.etree import ElementTree

    found = set()
    for layer in ElementTree.fromstring(xml).iter("layer"):
        data = layer.find("data")
        if layer.get("type") == "Const" and data is not None:
            found.add((int(data.attrib["offset"]), int(data.attrib["size"])))
    return sorted(one for one in found if one[1])
