"""The restricted reader of PyTorch checkpoints, and the names of imported models.

A PyTorch checkpoint is a pickle, and a pickle can run any code. Here each of its instructions is checked before
anything is loaded: only tensors and plain containers are accepted, and even these are read by torch's own
``weights_only`` loader. The check cannot be bypassed.
"""

from __future__ import annotations

import pickletools
import re
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import torch

from touchline.core.errors import InputError, UsageError
from touchline.formats.files.guard import MALFORMED_WEIGHTS, cause_of, reading
from touchline.models.importing.legacy_checkpoint import is_legacy_checkpoint, legacy_pickles
from touchline.models.specs.spec import MAX_NAME_LENGTH, NAME_PATTERN

ALLOWED_GLOBALS = frozenset(
    {
        "collections OrderedDict",
        "collections Counter",
        "torch._utils _rebuild_tensor_v2",
        "torch._utils _rebuild_parameter",
        "torch.storage UntypedStorage",
        "torch Size",
        "torch device",
        *(f"torch {kind}Storage" for kind in ("Float", "Half", "Double", "BFloat16")),
        *(f"torch {kind}Storage" for kind in ("Long", "Int", "Short", "Char", "Byte", "Bool")),
    }
)
"""The only globals that a checkpoint may refer to."""
REFUSED_OPCODES = frozenset({"STACK_GLOBAL", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4"})
MAX_PICKLE_BYTES = 64 * 1024 * 1024
MAX_INSTRUCTIONS = 2_000_000
"""Most instructions of a checkpoint's pickle; a tensor takes about 30."""
MAX_MARKS = 1000
"""Most open marks, which is how deep containers can be nested."""
MAX_ENTRIES = 100_000

_CLOSING = frozenset(
    {"TUPLE", "LIST", "DICT", "FROZENSET", "APPENDS", "SETITEMS", "ADDITEMS", "POP_MARK", "INST", "OBJ"}
)


def read_checkpoint(path: Path | str) -> Any:
    """Read a PyTorch checkpoint that contains only tensors and plain containers.

    Args:
        path: a file written by ``torch.save``.

    Raises:
        InputError: not such a file, truncated, or with content other than tensors and plain containers.

    """
    path = Path(path)
    for name in scan_checkpoint(path):
        if name not in ALLOWED_GLOBALS:
            raise InputError(
                f"{path}: refused: the checkpoint wants to run {name.replace(' ', '.')!r:.200}, which is not needed "
                "for weights; get it from a source you trust, or save only its state dictionary"
            )
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except MALFORMED_WEIGHTS as error:
        raise InputError(f"{path}: the checkpoint is damaged or holds more than weights{torch_cause(error)}") from error


def torch_cause(error: Exception) -> str:
    """Return why torch could not read a file, after a colon; empty where it advises to load without its checks."""
    lines = str(error).rpartition("WeightsUnpickler error:")[2].strip().splitlines()
    cause = cause_of(error if not lines or isinstance(error, KeyError) else RuntimeError(lines[0]))
    return "" if "weights_only" in cause or "weights only" in cause.lower() else f": {cause}"


def scan_checkpoint(path: Path) -> list[str]:
    """List every ``"module name"`` that a checkpoint's pickle refers to, without executing it.

    Raises:
        InputError: not a checkpoint, truncated, compressed, or with instructions that weights never need.

    """
    names: list[str] = []
    legacy = path.is_file() and is_legacy_checkpoint(path)
    pickles = legacy_pickles(path, max_bytes=MAX_PICKLE_BYTES) if legacy else [_pickle_bytes(path)]
    for instruction, argument, position in chain.from_iterable(_opcodes(data, path=path) for data in pickles):
        if instruction in REFUSED_OPCODES:
            raise InputError(
                f"{path}: refused: pickle instruction {instruction} at byte {position}, not needed for weights"
            )
        if instruction == "GLOBAL":
            names.append(str(argument))
    return names


def _opcodes(data: bytes, *, path: Path) -> Iterator[tuple[str, Any, int | None]]:
    """Yield the instructions of a pickle; one with too many, or too many open marks, is refused on the way."""
    marks = 0
    with reading(path, what="a checkpoint: its pickle is damaged"):
        for number, (opcode, argument, position) in enumerate(pickletools.genops(data)):
            marks += (opcode.name == "MARK") - (opcode.name in _CLOSING)
            if number >= MAX_INSTRUCTIONS or marks > MAX_MARKS:
                raise InputError(
                    f"{path}: refused: {number + 1:,} instructions and {marks:,} open marks in its pickle; weights "
                    f"need fewer than {MAX_INSTRUCTIONS:,} and {MAX_MARKS:,}"
                )
            yield opcode.name, argument, position


def _pickle_bytes(path: Path) -> bytes:
    """Return the only pickle in a checkpoint's zip archive."""
    if path.is_file() and tarfile.is_tarfile(path):
        raise InputError(
            f"{path}: in the tar layout of PyTorch before 0.1.10, which is not read; load its state dictionary with an "
            "old PyTorch on a machine of its own, and save it again with torch.save"
        )
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _check_archive(entries, path=path)
            pickles = [entry for entry in entries if entry.filename.endswith("data.pkl")]
            if len(pickles) != 1 or pickles[0].file_size > MAX_PICKLE_BYTES:
                raise InputError(
                    f"{path}: not a PyTorch checkpoint: {len(pickles)} entries are called data.pkl, or too long"
                )
            return archive.read(pickles[0])
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except MALFORMED_WEIGHTS as error:
        raise InputError(
            f"{path}: not a PyTorch checkpoint, or truncated ({cause_of(error)}); give a file written by torch.save"
        ) from error


def _check_archive(entries: Sequence[zipfile.ZipInfo], *, path: Path) -> None:
    """Refuse archives made to mislead: compressed or duplicate entries, or too many of them."""
    names = [entry.filename for entry in entries]
    if len(names) > MAX_ENTRIES or len(set(names)) != len(names):
        raise InputError(f"{path}: refused: {len(names)} entries in the archive, {len(set(names))} names")
    packed = [entry.filename for entry in entries if entry.compress_type != zipfile.ZIP_STORED]
    if packed:
        raise InputError(f"{path}: refused: entry {packed[0]!r:.80} is compressed, which torch.save never does")


def model_name(path: Path) -> str:
    """Derive a model name from a file's name, without its suffix."""
    stem = path.name.removesuffix(".tar").rpartition(".")[0] or path.name
    return re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-._") or "imported"


def check_name(name: str) -> str:
    """Check the name of a model, and return it.

    Raises:
        UsageError: the name is invalid.

    """
    if not re.fullmatch(NAME_PATTERN, name) or len(name) > MAX_NAME_LENGTH:
        raise UsageError(f"model name {name!r}: use letters, digits, '.', '_' and '-', starting with a letter or digit")
    return name
