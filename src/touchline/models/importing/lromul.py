"""Importer of checkpoints of lRomul's ball-action spotter; it takes the averaged weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor

from touchline.core.errors import InputError
from touchline.core.labels import ACTION_15, BALL_2, BALL_12, SOCCERNET_V2
from touchline.models.importing.importer import (
    Checkpoint,
    Importer,
    Recognised,
    State,
    Wanted,
    first_fault,
    labels_for,
)
from touchline.models.importing.wrappers import unwrapped
from touchline.models.specs.spec import FrameSpec, ModelConfig

LABEL_SETS = (BALL_2, BALL_12, ACTION_15, SOCCERNET_V2)
LROMUL_FPS = 25.0


class StackerArguments(BaseModel):
    """The constructor arguments that an lRomul checkpoint records for its ``multidim_stacker``."""

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
    """The relevant part of an lRomul checkpoint's ``params``; training settings are ignored."""

    model_config = ConfigDict(extra="ignore")

    nn_module: tuple[Literal["multidim_stacker"], StackerArguments]
    image_size: tuple[int, int]
    frame_stack_step: int = Field(ge=1, le=100)


def recognise(checkpoint: Checkpoint, wanted: Wanted) -> Recognised:
    """Recognise a model in an argus dictionary with ``params`` and ``nn_state_dict``.

    Raises:
        InputError: not such a dictionary, or values that no published checkpoint has; the message names them.

    """
    content, path = checkpoint.content, checkpoint.path
    if not isinstance(content, Mapping) or not {"params", "nn_state_dict"} <= set(content):
        raise InputError(
            f"{path}: not an argus checkpoint with params and nn_state_dict; it contains {checkpoint.holds}. Weights "
            "alone do not identify their network: give --architecture, e.g. resnet-encoder or vggish for features"
        )
    try:
        parameters = ArgusParameters.model_validate(content["params"])
        config = _config(parameters, wanted, checkpoint=checkpoint)
    except ValidationError as error:
        raise InputError(f"{path}: params.{first_fault(error)}") from error
    return Recognised(config, _averaged(checkpoint))


def _config(parameters: ArgusParameters, wanted: Wanted, *, checkpoint: Checkpoint) -> ModelConfig:
    arguments, step = parameters.nn_module[1], parameters.frame_stack_step
    width, height = parameters.image_size
    offsets = tuple(range(0, arguments.stack_size * step, step))
    return ModelConfig(
        name=wanted.name,
        architecture=wanted.architecture,
        network=_network_arguments(arguments, frame_step=step),
        frame=FrameSpec(width=width, height=height, fps=LROMUL_FPS, stack_offsets=offsets),
        labels=labels_for(arguments.num_classes, wanted.labels, known=LABEL_SETS, source=checkpoint.path),
        edge="drop",
        licence="MIT (lRomul/ball-action-spotting)",
        description=f"Imported from {checkpoint.path.name}: the averaged weights of an lRomul slow-fusion spotter.",
    )


def _network_arguments(arguments: StackerArguments, *, frame_step: int) -> dict[str, Any]:
    kept = arguments.model_dump(exclude={"model_name", "index_2d_features", "pretrained", "act_layer"})
    return {**kept, "act": arguments.act_layer, "frame_step": frame_step}


def _averaged(checkpoint: Checkpoint) -> State:
    state = checkpoint.content["nn_state_dict"]
    if not isinstance(state, Mapping) or not all(
        isinstance(key, str) and isinstance(tensor, Tensor) for key, tensor in state.items()
    ):
        raise InputError(f"{checkpoint.path}: nn_state_dict is not a dictionary of tensors")
    return unwrapped(state)


IMPORTER = Importer(recognise, takes=frozenset({"labels"}))
