"""Importer of checkpoints of lRomul's ball-action spotter; of raw and averaged weights it takes the averaged ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from touchline.core.errors import InputError, UsageError
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
from touchline.models.importing.looks import looks_like
from touchline.models.specs.spec import FrameSpec, ModelConfig

LABEL_SETS = (BALL_2, BALL_12, ACTION_15, SOCCERNET_V2)
LROMUL_FPS = 25.0
RAW = "no_ema_nn_state_dict"
"""Key of the weights as trained; ``nn_state_dict`` is then their average."""


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
            f"{path}: not an argus checkpoint with params and nn_state_dict; it contains {checkpoint.holds}"
            f"{looks_like(content)}. Weights alone do not identify their network: give --architecture, e.g. "
            "resnet-encoder or vggish for features"
        )
    try:
        parameters = ArgusParameters.model_validate(content["params"])
        config = _config(parameters, wanted, checkpoint=checkpoint)
    except ValidationError as error:
        raise InputError(f"{path}: params.{first_fault(error)}") from error
    weights, assumed = _weights(checkpoint)
    return Recognised(config, weights, assumed=assumed)


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
        description=f"Imported from {checkpoint.path.name}: the {_kind(checkpoint)} of an lRomul slow-fusion spotter.",
    )


def _network_arguments(arguments: StackerArguments, *, frame_step: int) -> dict[str, Any]:
    kept = arguments.model_dump(exclude={"model_name", "index_2d_features", "pretrained", "act_layer"})
    return {**kept, "act": arguments.act_layer, "frame_step": frame_step}


def _kind(checkpoint: Checkpoint) -> str:
    if RAW not in checkpoint.content:
        return "weights"
    return "weights as trained" if checkpoint.copy == "raw" else "averaged weights"


def _weights(checkpoint: Checkpoint) -> tuple[State, tuple[str, ...]]:
    """Return the weights to take, and what was assumed: the average, which the published scores are of.

    Raises:
        InputError: no dictionary of tensors under the key.
        UsageError: an average is asked for, and the file has none.

    """
    both = RAW in checkpoint.content
    if checkpoint.copy == "average" and not both:
        raise UsageError(
            f"{checkpoint.path}: --weights average: it holds no averaged weights, which lRomul's files have if they "
            f"also have {RAW}; leave out --weights"
        )
    key = RAW if both and checkpoint.copy == "raw" else "nn_state_dict"
    state = checkpoint.content[key]
    if not isinstance(state, Mapping) or not all(isinstance(name, str) for name in state):
        raise InputError(f"{checkpoint.path}: {key} is not a dictionary of tensors")
    assumed = f"the averaged weights (nn_state_dict), as published; --weights raw takes {RAW}"
    taken = Checkpoint(checkpoint.path, state).state() if state else {}
    return taken, (assumed,) if both and checkpoint.copy is None else ()


IMPORTER = Importer(recognise, takes=frozenset({"labels"}))
