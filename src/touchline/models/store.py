"""The model store: each model is one ``.safetensors`` file, with its configuration as JSON in the file's metadata.

Names are looked up among the user's models first, then among the built-in ones.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, overload

from pydantic import ValidationError

from touchline.core.errors import InputError
from touchline.core.extras import need_extra
from touchline.core.suggestions import did_you_mean
from touchline.formats.files.atomic import make_folder, write_bytes_atomic
from touchline.formats.files.checksum import file_sha256
from touchline.formats.files.guard import MALFORMED_WEIGHTS, cause_of
from touchline.models.architectures import ARCHITECTURES
from touchline.models.folders import builtin_folder, user_folder
from touchline.models.safetensors_file import SUFFIX, open_safetensors, tensors_of
from touchline.models.specs.dense_spec import DenseSpotConfig
from touchline.models.specs.pose_spec import PoseConfig
from touchline.models.specs.spec import (
    ClipConfig,
    EncoderConfig,
    ModelConfig,
    PictureConfig,
    SkeletonConfig,
    SoundEncoderConfig,
    StoredConfig,
)
from touchline.models.specs.stream_spec import StreamHeadConfig
from touchline.models.specs.tasks import CONFIGS, Config
from touchline.models.specs.track_event_spec import TrackEventConfig

if TYPE_CHECKING:
    from torch import Tensor, nn

METADATA_KEY = "touchline"
DEFAULT_SPOTTER = "ball-spotter"
"""The built-in spotter that is used by default."""
DEFAULT_DETECTOR = "people-detector"
"""The built-in detector that is used by default."""
DEFAULT_PITCH_FINDER = "pitch-finder"
"""The built-in pitch finder that is used by default."""
DEFAULT_POSE_FINDER = "keeper-pose"
"""The built-in pose finder that is used by default."""
DEFAULT_PICTURE_ENCODER = "efficientnet-lite0"
"""The built-in encoder of pictures with weights of ImageNet, for recognisers that learn from a few examples."""

_KEYS_SHOWN = 8
_REFUSAL = "not a touchline model"
_ADVICE = "convert other checkpoints with `touchline models import`"


ConfigT_co = TypeVar("ConfigT_co", bound=StoredConfig, covariant=True)


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model file and its configuration; ``origin`` is ``"built-in"`` or ``"user"``."""

    path: Path
    config: Config
    origin: str


@dataclass(frozen=True, slots=True, eq=False)
class LoadedModel(Generic[ConfigT_co]):
    """A model in memory.

    Attributes:
        network: the network with its weights, in evaluation mode.
        config: configuration in the file.
        sha256: hash of the file.
        path: path of the file.

    """

    network: Any
    config: ConfigT_co
    sha256: str
    path: Path

    @property
    def name(self) -> str:
        """The model's name."""
        return self.config.name


@dataclass(frozen=True, slots=True, eq=False)
class OpenedModel(Generic[ConfigT_co]):
    """A model file whose weights have not been read: a CPU runs its graph, and only torch needs the network.

    Attributes:
        config: configuration in the file.
        sha256: hash of the file.
        path: path of the file.

    """

    config: ConfigT_co
    sha256: str
    path: Path

    @property
    def name(self) -> str:
        """The model's name."""
        return self.config.name

    def load(self) -> LoadedModel[ConfigT_co]:
        """Load the network with its weights; see :func:`load_model` for the errors."""
        return LoadedModel(_load_network(self.path, self.config), self.config, self.sha256, self.path)


def build_network(config: Config) -> Any:
    """Build the network a configuration describes, with randomly initialised weights.

    Raises:
        InputError: unknown architecture, invalid network arguments, or a network that contradicts the labels or frames.

    """
    if config.architecture not in ARCHITECTURES:
        raise InputError(
            f"model {config.name!r} has architecture {config.architecture!r}; "
            f"this version of touchline supports {sorted(ARCHITECTURES)}"
        )
    try:
        network: Any = ARCHITECTURES[config.architecture].build(**config.network)
    except MALFORMED_WEIGHTS as error:  # RuntimeError: torch's, for more memory than there is
        raise InputError(f"model {config.name!r}: its network cannot be built: {cause_of(error)}") from error
    if network.num_classes != len(config.labels):
        raise InputError(f"model {config.name!r}: {network.num_classes} outputs do not fit its labels {config.labels}")
    if isinstance(config, ModelConfig) and tuple(network.stack_offsets) != config.frame.stack_offsets:
        raise InputError(
            f"model {config.name!r}: the network's stack offsets {tuple(network.stack_offsets)} do not match "
            f"those of its frame specification {config.frame.stack_offsets}"
        )
    return network


def load_weights(network: nn.Module, tensors: Mapping[str, Tensor], *, source: str) -> None:
    """Copy tensors into a network; every name and shape must match.

    Raises:
        InputError: missing or unexpected names, wrong shapes, or weights that are not finite; the message lists them.

    """
    own = network.state_dict()
    missing = sorted(set(own) - set(tensors))
    unexpected = sorted(set(tensors) - set(own))
    if missing or unexpected:
        raise InputError(
            f"{source}: weights do not fit the network: "
            f"{len(missing)} missing {_some(missing)}, {len(unexpected)} unexpected {_some(unexpected)}"
        )
    reshaped = [
        f"{n} {tuple(tensors[n].shape)}, not {tuple(own[n].shape)}" for n in own if tensors[n].shape != own[n].shape
    ]
    if reshaped:
        raise InputError(f"{source}: weights differ in shape from the network: {_some(reshaped)}")
    broken = [n for n, t in tensors.items() if t.is_floating_point() and not bool(t.isfinite().all())]
    if broken:
        raise InputError(f"{source}: weights are not finite: {_some(broken)}")
    network.load_state_dict(dict(tensors))


def save_model(path: Path | str, network: nn.Module, config: StoredConfig, *, half: bool = False) -> Path:
    """Write a network and its configuration to one file, atomically.

    Args:
        path: the file; ``.safetensors`` is appended if it is missing.
        network: network whose state is stored in float32 (integers unchanged).
        config: configuration, stored as JSON in the file's metadata.
        half: store the weights in float16, half the size; they are float32 again when loaded. Batch norm statistics
            stay in float32, as they can exceed the range of float16.

    Returns:
        The path written.

    """
    from safetensors.torch import save as safetensors_bytes

    path = Path(path)
    if path.suffix != SUFFIX:
        path = path.with_name(path.name + SUFFIX)
    tensors = {name: _as_stored(name, tensor, half=half) for name, tensor in network.state_dict().items()}
    make_folder(path.parent)
    write_bytes_atomic(path, safetensors_bytes(tensors, {METADATA_KEY: config.model_dump_json()}))
    return path


def _as_stored(name: str, tensor: Tensor, *, half: bool) -> Tensor:
    import torch

    tensor = tensor.detach().cpu()
    if tensor.is_floating_point():
        tensor = tensor.to(torch.float16 if half and "running_" not in name else torch.float32)
    return tensor.contiguous()


def read_config(path: Path | str) -> Config:
    """Read the configuration of a model file, without its tensors.

    Raises:
        InputError: not a safetensors file, or not a touchline model.

    """
    with open_safetensors(path, framework="np", refusal=_REFUSAL, advice=_ADVICE) as file:
        return _parse_config(file.metadata(), path=path)


@overload
def load_model(name_or_path: str | Path, *, task: Literal["spot"] = "spot") -> LoadedModel[ModelConfig]: ...
@overload
def load_model(name_or_path: str | Path, *, task: Literal["detect", "pitch"]) -> LoadedModel[PictureConfig]: ...
@overload
def load_model(name_or_path: str | Path, *, task: Literal["pose"]) -> LoadedModel[PoseConfig]: ...
@overload
def load_model(name_or_path: str | Path, *, task: Literal["recognize"]) -> LoadedModel[ClipConfig]: ...
@overload
def load_model(name_or_path: str | Path, *, task: Literal["skeleton"]) -> LoadedModel[SkeletonConfig]: ...
@overload
def load_model(name_or_path: str | Path, *, task: Literal["features"]) -> LoadedModel[EncoderConfig]: ...
@overload
def load_model(name_or_path: str | Path, *, task: Literal["sound-features"]) -> LoadedModel[SoundEncoderConfig]: ...
@overload
def load_model(name_or_path: str | Path, *, task: Literal["spot-streams"]) -> LoadedModel[StreamHeadConfig]: ...
@overload
def load_model(name_or_path: str | Path, *, task: Literal["track-events"]) -> LoadedModel[TrackEventConfig]: ...
@overload
def load_model(name_or_path: str | Path, *, task: Literal["spot-dense"]) -> LoadedModel[DenseSpotConfig]: ...
@overload
def load_model(name_or_path: str | Path, *, task: Literal["any"]) -> LoadedModel[Config]: ...


def load_model(name_or_path: str | Path, *, task: str = "spot") -> LoadedModel[Any]:
    """Load a model by name or path with torch, its network in evaluation mode.

    Args:
        name_or_path: name of the model, or its file.
        task: required task, a key of ``specs.tasks.CONFIGS``; ``"any"`` accepts all.

    Raises:
        InputError: not found, damaged, for another task, or weights that are not finite or do not fit the network.
        UsageError: torch is not installed.

    """
    return _open(name_or_path, task=task).load()


@overload
def open_model(name_or_path: str | Path, *, task: Literal["spot"] = "spot") -> OpenedModel[ModelConfig]: ...
@overload
def open_model(name_or_path: str | Path, *, task: Literal["detect", "pitch"]) -> OpenedModel[PictureConfig]: ...
@overload
def open_model(name_or_path: str | Path, *, task: Literal["pose"]) -> OpenedModel[PoseConfig]: ...
@overload
def open_model(name_or_path: str | Path, *, task: Literal["recognize"]) -> OpenedModel[ClipConfig]: ...
@overload
def open_model(name_or_path: str | Path, *, task: Literal["skeleton"]) -> OpenedModel[SkeletonConfig]: ...
@overload
def open_model(name_or_path: str | Path, *, task: Literal["features"]) -> OpenedModel[EncoderConfig]: ...
@overload
def open_model(name_or_path: str | Path, *, task: Literal["sound-features"]) -> OpenedModel[SoundEncoderConfig]: ...
@overload
def open_model(name_or_path: str | Path, *, task: Literal["spot-streams"]) -> OpenedModel[StreamHeadConfig]: ...
@overload
def open_model(name_or_path: str | Path, *, task: Literal["track-events"]) -> OpenedModel[TrackEventConfig]: ...
@overload
def open_model(name_or_path: str | Path, *, task: Literal["spot-dense"]) -> OpenedModel[DenseSpotConfig]: ...
@overload
def open_model(name_or_path: str | Path, *, task: Literal["any"]) -> OpenedModel[Config]: ...


def open_model(name_or_path: str | Path, *, task: str = "spot") -> OpenedModel[Any]:
    """Find a model by name or path and read its configuration; its weights are not read, and torch is not needed.

    Arguments are those of :func:`load_model`.

    Raises:
        InputError: not found, damaged, or for another task.

    """
    return _open(name_or_path, task=task)


def _open(name_or_path: str | Path, *, task: str) -> OpenedModel[Any]:
    path = find_model(name_or_path)
    config = read_config(path)
    if task not in (config.task, "any"):
        raise InputError(f"{path}: a model for {config.task!r}, not for {task!r}; `touchline models list` lists all")
    return OpenedModel(config, file_sha256(path), path)


def _load_network(path: Path, config: Any) -> Any:
    need_extra("train", what=f"loading the network of model {config.name!r}", modules=("torch",))
    with open_safetensors(path, refusal=_REFUSAL, advice=_ADVICE) as file:
        tensors = {name: _as_used(tensor) for name, tensor in tensors_of(file).items()}
    _require_finite(tensors, path=path)
    network = build_network(config)
    load_weights(network, tensors, source=str(path))
    return network.eval()


def _require_finite(tensors: Mapping[str, Tensor], *, path: Path) -> None:
    bad = [name for name, tensor in tensors.items() if tensor.is_floating_point() and not tensor.isfinite().all()]
    if bad:
        raise InputError(
            f"{path}: its weights are not finite numbers in {_some(bad)}: a training that diverged, or a damaged file; "
            "train, export or import it again"
        )


def _as_used(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor


def find_model(name_or_path: str | Path) -> Path:
    """Return the file of a model given by path, or by name (the user's models take precedence over built-in ones).

    Raises:
        InputError: not found; the message lists the existing names.

    """
    text = str(name_or_path)
    if text.endswith(SUFFIX) or os.sep in text:
        path = Path(text)
        if not path.is_file():
            raise InputError(f"{path}: no such model file")
        return path
    for folder in (user_folder(), builtin_folder()):
        path = folder / (text + SUFFIX)
        if path.is_file():
            return path
    known = sorted({path.stem for folder in (user_folder(), builtin_folder()) for path in folder.glob("*" + SUFFIX)})
    there_are = did_you_mean(text, known) or f"; there are {', '.join(map(repr, known))}."
    raise InputError(f"no model is called {text!r}{there_are} `touchline models import FILE` adds one")


def default_spotter() -> str:
    """Return the name of the spotter that is used by default.

    Raises:
        InputError: the package contains no built-in spotter.

    """
    names = [model.config.name for model in list_builtin() if model.config.task == "spot"]
    if not names:
        raise InputError(f"no built-in model in {builtin_folder()}; name one with --model, or reinstall touchline")
    return DEFAULT_SPOTTER if DEFAULT_SPOTTER in names else names[0]


def list_builtin() -> list[StoredModel]:
    """List the models that ship with the package, by name."""
    return _list(builtin_folder(), origin="built-in")


def list_models() -> list[StoredModel]:
    """List all models that can be named: the user's, then the built-in ones not hidden by them."""
    own = _list(user_folder(), origin="user")
    taken = {model.path.stem for model in own}
    return own + [model for model in list_builtin() if model.path.stem not in taken]


def _list(folder: Path, *, origin: str) -> list[StoredModel]:
    return [StoredModel(path, read_config(path), origin) for path in sorted(folder.glob("*" + SUFFIX))]


def _parse_config(metadata: Mapping[str, str] | None, *, path: Path | str) -> Config:
    text = (metadata or {}).get(METADATA_KEY)
    if text is None:
        raise InputError(f"{path}: a safetensors file without touchline's configuration; import it first")
    try:
        return CONFIGS.get(_task_in(text), ModelConfig).model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{path}: its configuration is invalid at {where or 'the top'}: {first['msg']}") from error


def _task_in(text: str) -> str:
    """Return the task in a configuration; files written before tasks were recorded are spotters."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return "spot"
    return str(document.get("task", "spot")) if isinstance(document, dict) else "spot"


def _some(names: list[str]) -> str:
    """Return the first few names, and the number of further ones."""
    shown = ", ".join(names[:_KEYS_SHOWN])
    more = f", ... {len(names) - _KEYS_SHOWN} more" if len(names) > _KEYS_SHOWN else ""
    return f"[{shown}{more}]"
