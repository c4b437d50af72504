"""Other projects' checkpoints as touchline models.

A PyTorch checkpoint is a pickle, and a pickle can run any code. Here every instruction of it is looked at before
anything is loaded: only tensors and plain containers pass, and even then torch's own ``weights_only`` loader does the
reading. There is no way round this.
"""

from __future__ import annotations

import pickle
import pickletools
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor

from touchline.core.errors import InputError, UsageError
from touchline.core.labels import ACTION_15, BALL_2, BALL_12, SOCCERNET_V2
from touchline.models.importing.legacy_checkpoint import is_legacy_checkpoint, legacy_pickles
from touchline.models.specs.spec import MAX_NAME_LENGTH, NAME_PATTERN, FrameSpec, ModelConfig
from touchline.models.store import SUFFIX, build_network, load_model, load_weights, save_model, user_folder

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
"""All that a checkpoint may name."""

REFUSED_OPCODES = frozenset({"STACK_GLOBAL", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4"})
MAX_PICKLE_BYTES = 64 * 1024 * 1024
MAX_ENTRIES = 100_000

LABELS_BY_COUNT: dict[int, tuple[str, ...]] = {
    len(labels): labels for labels in (BALL_2, BALL_12, ACTION_15, SOCCERNET_V2)
}
WRAPPER_PREFIXES = ("module.", "_orig_mod.")
LROMUL_FPS = 25.0


class StackerArguments(BaseModel):
    """The constructor arguments an lRomul checkpoint records for its ``multidim_stacker``."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())

    model_name: str = Field(pattern=r"^tf_efficientnetv2_b0(\.[a-z0-9_]+)?$")
    num_classes: int = Field(ge=1, le=1000)
    num_frames: int = Field(default=15, ge=3, le=255)
    stack_size: int = Field(default=3, ge=1, le=15)
    index_2d_features: Literal[4] = 4
    pretrained: bool = False
    num_3d_blocks: int = Field(default=2, ge=0, le=32)
    num_3d_features: int = Field(default=192, ge=1, le=2048)
    num_3d_stack_proj: int = Field(default=256, ge=1, le=2048)
    expansion_3d_ratio: int = Field(default=6, ge=1, le=16)
    se_reduce_3d_ratio: int = Field(default=24, ge=1, le=1024)
    drop_rate: float = Field(default=0.0, ge=0, lt=1)
    drop_path_rate: float = Field(default=0.0, ge=0, lt=1)
    act_layer: Literal["silu", "relu"] = "silu"


class ArgusParameters(BaseModel):
    """What of an lRomul checkpoint's ``params`` matters here; training's part is passed over."""

    model_config = ConfigDict(extra="ignore")

    nn_module: tuple[Literal["multidim_stacker"], StackerArguments]
    image_size: tuple[int, int]
    frame_stack_step: int = Field(ge=1, le=100)


def read_checkpoint(path: Path | str) -> Any:
    """The content of a PyTorch checkpoint that holds tensors and plain containers only.

    Args:
        path: a file as ``torch.save`` writes it.

    Raises:
        InputError: not such a file, truncated, or with anything in it beyond tensors and plain containers.

    """
    path = Path(path)
    for name in scan_checkpoint(path):
        if name not in ALLOWED_GLOBALS:
            raise InputError(
                f"{path}: refused: the checkpoint wants to run {name.replace(' ', '.')!r}, which is not needed for "
                "weights; get it from a source you trust, or save only its state dictionary"
            )
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError, OSError, AttributeError) as error:
        first_line = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path}: the checkpoint is damaged or holds more than weights: {first_line}") from error


def scan_checkpoint(path: Path) -> list[str]:
    """Every ``"module name"`` a checkpoint's pickle refers to, without running any of it.

    Raises:
        InputError: no checkpoint, truncated, compressed, or with instructions that weights never need.

    """
    names: list[str] = []
    legacy = path.is_file() and is_legacy_checkpoint(path)
    pickles = legacy_pickles(path, max_bytes=MAX_PICKLE_BYTES) if legacy else [_pickle_bytes(path)]
    for instruction, argument, position in (entry for data in pickles for entry in _opcodes(data, path=path)):
        if instruction in REFUSED_OPCODES:
            raise InputError(
                f"{path}: refused: pickle instruction {instruction} at byte {position}, not needed for weights"
            )
        if instruction == "GLOBAL":
            names.append(str(argument))
    return names


def _opcodes(data: bytes, *, path: Path) -> list[tuple[str, Any, int | None]]:
    try:
        return [(opcode.name, argument, position) for opcode, argument, position in pickletools.genops(data)]
    except (ValueError, IndexError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: the checkpoint's pickle is damaged: {error}") from error


def _pickle_bytes(path: Path) -> bytes:
    """The one pickle in a checkpoint's zip archive."""
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
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, OSError) as error:
        raise InputError(
            f"{path}: not a PyTorch checkpoint, or truncated ({error}); it has to be a file as torch.save writes it"
        ) from error


def _check_archive(entries: Sequence[zipfile.ZipInfo], *, path: Path) -> None:
    """Refuse archives made to mislead: compressed or doubled entries, or very many."""
    names = [entry.filename for entry in entries]
    if len(names) > MAX_ENTRIES or len(set(names)) != len(names):
        raise InputError(f"{path}: refused: {len(names)} entries in the archive, {len(set(names))} names")
    packed = [entry.filename for entry in entries if entry.compress_type != zipfile.ZIP_STORED]
    if packed:
        raise InputError(f"{path}: refused: entry {packed[0]!r} is compressed, which torch.save never does")


def import_lromul(
    path: Path | str, *, name: str | None = None, labels: Sequence[str] | None = None, out: Path | None = None
) -> Path:
    """Turn a checkpoint of lRomul's ball-action spotter into a touchline model.

    Args:
        path: an argus dictionary with ``params`` and ``nn_state_dict`` (the averaged weights, which are taken).
        name: of the new model; the file's own name where None.
        labels: class names in the order of its outputs; known sets of 2, 12, 15 and 17 classes need none.
        out: folder for it; the user's models where None.

    Returns:
        The model file written.

    Raises:
        InputError: the checkpoint is unsafe or damaged, is of another kind, or has other tensors than its network.

    """
    path = Path(path)
    chosen = model_name(path) if name is None else check_name(name)
    checkpoint = read_checkpoint(path)
    config = lromul_config(checkpoint, name=chosen, labels=labels, source=str(path))
    network = build_network(config)
    load_weights(network, _state(checkpoint, path=path), source=str(path))
    return save_model((out or user_folder()) / config.name, network, config)


def lromul_config(checkpoint: Any, *, name: str, labels: Sequence[str] | None, source: str) -> ModelConfig:
    """The configuration that a checkpoint's own parameters describe.

    Raises:
        InputError: no such parameters, or values no published checkpoint has; the message shows where.

    """
    if not isinstance(checkpoint, Mapping) or not {"params", "nn_state_dict"} <= set(checkpoint):
        held = sorted(map(str, checkpoint))[:8] if isinstance(checkpoint, Mapping) else type(checkpoint).__name__
        raise InputError(
            f"{source}: not an argus checkpoint with params and nn_state_dict; it holds {held}. Weights alone do not "
            "say what they are of: give --architecture, e.g. resnet-encoder or vggish for features"
        )
    try:
        parameters = ArgusParameters.model_validate(checkpoint["params"])
        arguments = parameters.nn_module[1]
        step = parameters.frame_stack_step
        offsets = tuple(range(0, arguments.stack_size * step, step))
        return ModelConfig(
            name=name,
            architecture="slow-fusion",
            network=_network_arguments(arguments, frame_step=step),
            frame=FrameSpec(
                width=parameters.image_size[0], height=parameters.image_size[1], fps=LROMUL_FPS, stack_offsets=offsets
            ),
            labels=_labels(labels, count=arguments.num_classes, source=source),
            edge="drop",
            licence="MIT (lRomul/ball-action-spotting)",
            description=f"Imported from {Path(source).name}: the averaged weights of an lRomul slow-fusion spotter.",
        )
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{source}: params.{where}: {first['msg']}, not {first['input']!r:.80}") from error


def _network_arguments(arguments: StackerArguments, *, frame_step: int) -> dict[str, Any]:
    kept = arguments.model_dump(exclude={"model_name", "index_2d_features", "pretrained", "act_layer"})
    return {**kept, "act": arguments.act_layer, "frame_step": frame_step}


def _labels(labels: Sequence[str] | None, *, count: int, source: str) -> tuple[str, ...]:
    chosen = tuple(labels) if labels else LABELS_BY_COUNT.get(count)
    if chosen is None:
        raise InputError(f"{source}: no known label set has {count} classes; name them with --labels A,B,...")
    if len(chosen) != count:
        raise InputError(f"{source}: {len(chosen)} labels {chosen} do not fit the checkpoint's {count} classes")
    return chosen


def _state(checkpoint: Mapping[str, Any], *, path: Path) -> dict[str, Tensor]:
    """The averaged weights by name, without the prefix of a wrapper around the whole network."""
    state = checkpoint["nn_state_dict"]
    if not isinstance(state, Mapping) or not all(isinstance(tensor, Tensor) for tensor in state.values()):
        raise InputError(f"{path}: nn_state_dict is no dictionary of tensors")
    for prefix in WRAPPER_PREFIXES:
        if state and all(key.startswith(prefix) for key in state):
            state = {key.removeprefix(prefix): tensor for key, tensor in state.items()}
    return dict(state)


def model_name(path: Path) -> str:
    """A model name made of a file's name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem).strip("-._") or "imported"


def import_model(
    path: Path | str,
    *,
    name: str | None = None,
    labels: Sequence[str] | None = None,
    precision: Literal["f32", "bf16"] | None = None,
    out: Path | None = None,
) -> Path:
    """Import a file as a model: lRomul's, a published head over features, or touchline's own, checked and copied.

    Arguments and errors as of :func:`import_lromul`; a touchline model keeps its labels, and only such a model may be
    given another ``precision``, the arithmetic of CPU inference.
    """
    path = Path(path)
    if path.is_dir():
        raise UsageError(f"{path}: a folder; name a checkpoint file")
    if path.suffix != SUFFIX:
        if precision is not None:
            raise UsageError(f"--precision {precision}: import {path.name} first, then the model file with --precision")
        from touchline.models.importing.heads import import_head, is_head

        importer = import_head if is_head(read_checkpoint(path)) else import_lromul
        return importer(path, name=name, labels=labels, out=out)
    if labels:
        raise UsageError(f"--labels {','.join(labels)}: {path.name} brings its own labels")
    network, config, _ = load_model(path, task="any")
    changes: dict[str, Any] = {} if name is None else {"name": check_name(name)}
    changed = config.model_copy(update=changes if precision is None else {**changes, "precision": precision})
    return save_model((out or user_folder()) / changed.name, network, changed)


def check_name(name: str) -> str:
    """The name itself.

    Raises:
        UsageError: it cannot be a model's name.

    """
    if not re.fullmatch(NAME_PATTERN, name) or len(name) > MAX_NAME_LENGTH:
        raise UsageError(f"model name {name!r}: use letters, digits, '.', '_' and '-', starting with a letter or digit")
    return name
