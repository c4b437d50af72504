"""Checkpoints of lRomul and of heads over features, and touchline's own model files, imported as models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor

from touchline.core.errors import InputError, UsageError
from touchline.core.labels import ACTION_15, BALL_2, BALL_12, SOCCERNET_V2
from touchline.models.importing.heads import import_head, is_head
from touchline.models.importing.reading import WRAPPER_PREFIXES, check_name, model_name, read_checkpoint
from touchline.models.specs.spec import FrameSpec, ModelConfig
from touchline.models.store import SUFFIX, build_network, load_model, load_weights, save_model, user_folder

LABELS_BY_COUNT: dict[int, tuple[str, ...]] = {
    len(labels): labels for labels in (BALL_2, BALL_12, ACTION_15, SOCCERNET_V2)
}
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
        importer = import_head if is_head(read_checkpoint(path)) else import_lromul
        return importer(path, name=name, labels=labels, out=out)
    if labels:
        raise UsageError(f"--labels {','.join(labels)}: {path.name} brings its own labels")
    network, config, _ = load_model(path, task="any")
    changes: dict[str, Any] = {} if name is None else {"name": check_name(name)}
    changed = config.model_copy(update=changes if precision is None else {**changes, "precision": precision})
    return save_model((out or user_folder()) / changed.name, network, changed)
