"""Models as files: one ``.safetensors`` a model, its configuration as JSON in the file's own metadata.

A name is looked for among the user's models first, then among those that ship with the package.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as safetensors_bytes
from torch import Tensor, nn

from touchline.core.errors import InputError
from touchline.core.suggestions import did_you_mean
from touchline.formats.files.atomic import make_folder, write_bytes_atomic
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

SUFFIX = ".safetensors"
METADATA_KEY = "touchline"
DEFAULT_SPOTTER = "ball-spotter"
"""The built-in spotter that is taken where none is named."""
DEFAULT_DETECTOR = "people-detector"
"""The built-in detector that is taken where none is named."""
DEFAULT_PITCH_FINDER = "pitch-finder"
"""The built-in pitch finder that is taken where none is named."""
DEFAULT_POSE_FINDER = "keeper-pose"
"""The built-in pose finder that is taken where none is named."""

Config = (
    ModelConfig
    | PictureConfig
    | PoseConfig
    | ClipConfig
    | SkeletonConfig
    | EncoderConfig
    | SoundEncoderConfig
    | StreamHeadConfig
)
"""What a model file says of itself, whatever its task."""

_CONFIGS: dict[str, type[Config]] = {
    "spot": ModelConfig,
    "detect": PictureConfig,
    "pitch": PictureConfig,
    "pose": PoseConfig,
    "recognize": ClipConfig,
    "skeleton": SkeletonConfig,
    "features": EncoderConfig,
    "sound-features": SoundEncoderConfig,
    "spot-streams": StreamHeadConfig,
}
"""Task -> the configuration its models have."""

_KEYS_SHOWN = 8


def _slow_fusion(**arguments: Any) -> nn.Module:
    from touchline.models.networks.slow_fusion import SlowFusionSpotter

    return SlowFusionSpotter(**arguments)


def _ball_spotter(**arguments: Any) -> nn.Module:
    from touchline.models.networks.ball_spotter import BallSpotter

    return BallSpotter(**arguments)


def _people_detector(**arguments: Any) -> nn.Module:
    from touchline.models.networks.detector import PeopleDetector

    return PeopleDetector(**arguments)


def _pitch_net(**arguments: Any) -> nn.Module:
    from touchline.models.networks.pitch_net import PitchNet

    return PitchNet(**arguments)


def _r2plus1d(**arguments: Any) -> nn.Module:
    from touchline.models.networks.r2plus1d import R2Plus1D

    return R2Plus1D(**arguments)


def _resnet_clip(**arguments: Any) -> nn.Module:
    from touchline.models.networks.resnet import ResNet

    return ResNet(**arguments)


def _resnet_encoder(**arguments: Any) -> nn.Module:
    from touchline.models.networks.resnet import ResNet

    return ResNet(0, **arguments)


def _vggish(**arguments: Any) -> nn.Module:
    from touchline.models.networks.vggish import VGGish

    return VGGish(**arguments)


def _x3d(**arguments: Any) -> nn.Module:
    from touchline.models.networks.x3d import X3D

    return X3D(**arguments)


def _skeleton_net(**arguments: Any) -> nn.Module:
    from touchline.models.networks.skeleton_net import SkeletonNet

    return SkeletonNet(**arguments)


def _action_net(**arguments: Any) -> nn.Module:
    from touchline.models.networks.action_net import ActionNet

    return ActionNet(**arguments)


def _stream_head(**arguments: Any) -> nn.Module:
    from touchline.models.networks.heads.fusion import FusedHead

    return FusedHead(**arguments)


def _plain_stream_head(**arguments: Any) -> nn.Module:
    from touchline.models.networks.heads.fusion import PlainHead

    return PlainHead(**arguments)


def _clip_ensemble(*, architecture: str, members: int, network: dict[str, Any]) -> nn.Module:
    from touchline.models.networks.clip_ensemble import ClipEnsemble

    return ClipEnsemble([ARCHITECTURES[architecture](**network) for _ in range(members)])


def _pose_net(**arguments: Any) -> nn.Module:
    from touchline.models.networks.pose_net import PoseNet

    return PoseNet(**arguments)


def _pose_hg3d(**arguments: Any) -> nn.Module:
    from touchline.models.networks.pose_hg3d import PoseHG3D

    return PoseHG3D(**arguments)


ARCHITECTURES: dict[str, Callable[..., nn.Module]] = {
    "slow-fusion": _slow_fusion,
    "ball-spotter": _ball_spotter,
    "people-detector": _people_detector,
    "pitch-net": _pitch_net,
    "pose-net": _pose_net,
    "pose-hg3d": _pose_hg3d,
    "r2plus1d-18": _r2plus1d,
    "resnet-clip": _resnet_clip,
    "resnet-encoder": _resnet_encoder,
    "vggish": _vggish,
    "x3d": _x3d,
    "skeleton-net": _skeleton_net,
    "action-net": _action_net,
    "clip-ensemble": _clip_ensemble,
    "stream-head": _stream_head,
    "plain-stream-head": _plain_stream_head,
}
"""Architecture name -> constructor; a new network is one line here."""


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model file and what it says of itself; ``origin`` is ``"built-in"`` or ``"user"``."""

    path: Path
    config: Config
    origin: str


def builtin_folder() -> Path:
    """Where the models that ship with the package lie."""
    return Path(__file__).parent / "builtin"


def user_folder() -> Path:
    """Where imported models lie: ``$XDG_DATA_HOME/touchline/models``, by default under ``~/.local/share``."""
    base = os.environ.get("XDG_DATA_HOME", "")
    root = Path(base) if os.path.isabs(base) else Path.home() / ".local" / "share"
    return root / "touchline" / "models"


def build_network(config: Config) -> Any:
    """The network a configuration describes, with fresh weights.

    Raises:
        InputError: unknown architecture, arguments it does not take, or a network that contradicts the rest.

    """
    if config.architecture not in ARCHITECTURES:
        raise InputError(
            f"model {config.name!r} has architecture {config.architecture!r}; "
            f"this version of touchline knows {sorted(ARCHITECTURES)}"
        )
    try:
        network: Any = ARCHITECTURES[config.architecture](**config.network)
    except (TypeError, ValueError) as error:
        raise InputError(f"model {config.name!r}: its network cannot be built: {error}") from error
    if network.num_classes != len(config.labels):
        raise InputError(f"model {config.name!r}: {network.num_classes} outputs do not fit its labels {config.labels}")
    if isinstance(config, ModelConfig) and tuple(network.stack_offsets) != config.frame.stack_offsets:
        raise InputError(
            f"model {config.name!r}: stacks of {tuple(network.stack_offsets)} do not fit "
            f"its frame specification {config.frame.stack_offsets}"
        )
    return network


def load_weights(network: nn.Module, tensors: Mapping[str, Tensor], *, source: str) -> None:
    """Copy tensors into a network; every name and shape has to match.

    Raises:
        InputError: missing or unexpected names, other shapes, or weights that are not finite; the message lists them.

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
        raise InputError(f"{source}: weights of other shapes than the network: {_some(reshaped)}")
    broken = [n for n, t in tensors.items() if t.is_floating_point() and not bool(torch.isfinite(t).all())]
    if broken:
        raise InputError(f"{source}: weights that are not finite numbers: {_some(broken)}")
    network.load_state_dict(dict(tensors))


def save_model(path: Path | str, network: nn.Module, config: StoredConfig, *, half: bool = False) -> Path:
    """Write a network and its configuration as one file, whole or not at all.

    Args:
        path: the file; ``.safetensors`` is appended where it is missing.
        network: its state is stored in float32 (integers as they are).
        config: stored as JSON in the file's metadata.
        half: store the weights in float16, in half the space; they are float32 again when loaded. Batch norm's
            statistics stay in float32, which can exceed float16's range.

    Returns:
        The path written.

    """
    path = Path(path)
    if path.suffix != SUFFIX:
        path = path.with_name(path.name + SUFFIX)
    tensors = {name: _as_stored(name, tensor, half=half) for name, tensor in network.state_dict().items()}
    make_folder(path.parent)
    write_bytes_atomic(path, safetensors_bytes(tensors, {METADATA_KEY: config.model_dump_json()}))
    return path


def _as_stored(name: str, tensor: Tensor, *, half: bool) -> Tensor:
    tensor = tensor.detach().cpu()
    if tensor.is_floating_point():
        tensor = tensor.to(torch.float16 if half and "running_" not in name else torch.float32)
    return tensor.contiguous()


def read_config(path: Path | str) -> Config:
    """The configuration in a model file, without its tensors.

    Raises:
        InputError: no safetensors file, or none of touchline's.

    """
    with _open(path) as file:
        return _parse_config(file.metadata(), path=path)


def load_model(name_or_path: str | Path, *, task: str = "spot") -> tuple[Any, Any, str]:
    """A model by name or path: the network in evaluation mode, its configuration, the file's SHA-256.

    Args:
        name_or_path: which one.
        task: what it has to be for, one of ``"spot"``, ``"detect"``, ``"pitch"``, ``"pose"``, ``"recognize"``,
            ``"skeleton"``, ``"features"``; ``"any"`` takes all.

    Raises:
        InputError: not found, damaged, for another task, or weights that do not fit the network.

    """
    path = find_model(name_or_path)
    with _open(path) as file:
        config = _parse_config(file.metadata(), path=path)
        if task not in (config.task, "any"):
            raise InputError(f"{path}: a model for {config.task!r}, not for {task!r}; `touchline models list` has all")
        tensors = {name: _as_used(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118
    network = build_network(config)
    load_weights(network, tensors, source=str(path))
    return network.eval(), config, hashlib.sha256(path.read_bytes()).hexdigest()


def _as_used(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor


def find_model(name_or_path: str | Path) -> Path:
    """The file of a model given by path, or by name (the user's models come before the built-in ones).

    Raises:
        InputError: there is none; the message lists the names that exist.

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
    there_are = did_you_mean(text, known) or f"; there are {', '.join(known)}."
    raise InputError(f"no model is called {text!r}{there_are} `touchline models import FILE` adds one")


def default_spotter() -> str:
    """The name of the spotter that is used where none is named.

    Raises:
        InputError: the package holds no built-in model.

    """
    names = [model.config.name for model in list_builtin() if model.config.task == "spot"]
    if not names:
        raise InputError(f"no built-in model in {builtin_folder()}; name one with --model, or reinstall touchline")
    return DEFAULT_SPOTTER if DEFAULT_SPOTTER in names else names[0]


def list_builtin() -> list[StoredModel]:
    """The models that ship with the package, by name."""
    return _list(builtin_folder(), origin="built-in")


def list_models() -> list[StoredModel]:
    """Every model that can be named: the user's, then the built-in ones that these do not hide."""
    own = _list(user_folder(), origin="user")
    taken = {model.path.stem for model in own}
    return own + [model for model in list_builtin() if model.path.stem not in taken]


def _list(folder: Path, *, origin: str) -> list[StoredModel]:
    return [StoredModel(path, read_config(path), origin) for path in sorted(folder.glob("*" + SUFFIX))]


def _open(path: Path | str) -> Any:
    """The opened safetensors file."""
    try:
        return safe_open(str(path), framework="pt")
    except (SafetensorError, OSError) as error:
        raise InputError(
            f"{path}: not a model of touchline ({error}); `touchline models import` reads other checkpoints"
        ) from error


def _parse_config(metadata: Mapping[str, str] | None, *, path: Path | str) -> Config:
    text = (metadata or {}).get(METADATA_KEY)
    if text is None:
        raise InputError(f"{path}: a safetensors file without touchline's configuration; import it first")
    try:
        return _CONFIGS.get(_task_in(text), ModelConfig).model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{path}: its configuration is invalid at {where or 'the top'}: {first['msg']}") from error


def _task_in(text: str) -> str:
    """The task a configuration names; files from before there were several are spotters."""
    try:
        document = json.loads(text)
    except ValueError:
        return "spot"
    return str(document.get("task", "spot")) if isinstance(document, dict) else "spot"


def _some(names: list[str]) -> str:
    """The first few names, and how many more."""
    shown = ", ".join(names[:_KEYS_SHOWN])
    more = f", ... {len(names) - _KEYS_SHOWN} more" if len(names) > _KEYS_SHOWN else ""
    return f"[{shown}{more}]"
