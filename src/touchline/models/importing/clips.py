"""Published weights of clip networks as models: torchvision's, PyTorchVideo's, IBM's, and SpaceJam's reference.

All of a network's weights come from the file, or the import fails. A head for other classes is put in place of the
file's only where that is asked for; such a model says that it is to be trained, and never predicts before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError
from torch import Tensor

from touchline.core.errors import InputError, UsageError
from touchline.formats.clips.spacejam import LABELS as SPACEJAM_LABELS
from touchline.models.importing.pictures import resnet_depth
from touchline.models.importing.reading import WRAPPER_PREFIXES, check_name, model_name, read_checkpoint
from touchline.models.networks.x3d import INPUTS as X3D_INPUTS
from touchline.models.specs.spec import IMAGENET_MEAN, IMAGENET_STD, ClipConfig, ClipSpec
from touchline.models.store import build_network, load_weights, save_model, user_folder

State = dict[str, Tensor]

CLIP_HEADS = {"r2plus1d-18": "fc", "resnet-clip": "fc", "x3d": "blocks.5.proj"}
"""Architectures whose published weights can be imported -> the part that gives the classes."""

STATE_KEYS = ("state_dict", "model_state", "model_state_dict", "model")
"""Where checkpoints keep their weights, if they hold more than these."""

_X3D_MEAN, _X3D_STD = (0.45, 0.45, 0.45), (0.225, 0.225, 0.225)
_X3D_FPS = {"xs": 2.5, "s": 5.0, "m": 6.0}
"""Every 12th, 6th and 5th picture of videos with 30 a second."""

_KINETICS_FPS = 15.0
_PICTURES = 8
_COUNTER = "num_batches_tracked"
_TAM = ".tam."


@dataclass(frozen=True, slots=True)
class _File:
    """A checkpoint: its weights, the names of what it holds, and where it lies."""

    state: State
    holds: frozenset[str]
    path: Path


@dataclass(frozen=True, slots=True)
class Source:
    """What a file's weights say of themselves.

    Attributes:
        network: constructor arguments besides the classes.
        clip: the clips they were trained on.
        labels: class names where the kind of file has known ones.
        description: what they are.

    """

    network: dict[str, Any]
    clip: ClipSpec
    labels: tuple[str, ...] | None
    description: str


def import_clip_model(
    path: Path | str,
    *,
    architecture: str,
    name: str | None = None,
    labels: Sequence[str] | None = None,
    new_head: bool = False,
    clip: Mapping[str, Any] | None = None,
    network: Mapping[str, Any] | None = None,
    precision: Literal["f32", "bf16"] = "f32",
    out: Path | None = None,
) -> Path:
    """Turn a checkpoint of a clip network into a touchline model.

    Args:
        path: a PyTorch file: a state dictionary, or a dictionary that holds one.
        architecture: which network it is of, a key of ``CLIP_HEADS``.
        name: of the new model; the file's own name where None.
        labels: class names in the order of the outputs; of the new head's where one is asked for.
        new_head: put a fresh head for ``labels`` in place of the file's; the model is then to be trained.
        clip: fields of :class:`ClipSpec` that are otherwise than this kind of file has them.
        network: the network's arguments that the weights do not tell, such as ``temporal`` or ``dropout``.
        precision: arithmetic of CPU inference.
        out: folder for it; the user's models where None.

    Returns:
        The model file written.

    Raises:
        InputError: the file is unsafe or damaged, its weights do not fit the network, or its head not the labels.
        UsageError: unknown architecture, or arguments that no such network has.

    """
    path = Path(path)
    if architecture not in CLIP_HEADS:
        raise UsageError(f"--architecture {architecture}: of clip networks there are {', '.join(CLIP_HEADS)}")
    chosen = model_name(path) if name is None else check_name(name)
    checkpoint = read_checkpoint(path)
    state = clip_state(checkpoint, source=str(path))
    found = _SOURCES[architecture](_File(state, frozenset(map(str, checkpoint)), path))
    head = CLIP_HEADS[architecture]
    outputs = _outputs(state, head=head)
    names = _labels(labels, found.labels, outputs=outputs, new_head=new_head, source=str(path))
    config = ClipConfig(
        name=chosen,
        architecture=architecture,
        network=_network_arguments(found.network, network, classes=len(names), new_head=new_head),
        labels=names,
        clip=_clip_spec(found.clip, clip),
        precision=precision,
        licence="of the file's author",
        description=f"Imported from {path.name}: {found.description}",
        untrained=(head,) if new_head else (),
    )
    built = build_network(config)
    load_weights(built, complete(state, built.state_dict(), head=head if new_head else None), source=str(path))
    return save_model((out or user_folder()) / config.name, built, config)


def clip_state(checkpoint: Any, *, source: str) -> State:
    """The weights of a checkpoint by name, without the prefix of a wrapper around the whole network.

    Raises:
        InputError: it holds no dictionary of tensors.

    """
    state = checkpoint
    if isinstance(checkpoint, Mapping):
        key = next((key for key in STATE_KEYS if isinstance(checkpoint.get(key), Mapping)), None)
        state = checkpoint if key is None else checkpoint[key]
    tensors = isinstance(state, Mapping) and bool(state)
    if not tensors or not all(isinstance(k, str) and isinstance(v, Tensor) for k, v in state.items()):
        held = sorted(map(str, checkpoint))[:8] if isinstance(checkpoint, Mapping) else type(checkpoint).__name__
        raise InputError(f"{source}: no dictionary of weights, by itself or as one of {STATE_KEYS}; it holds {held}")
    state = dict(state)
    for prefix in WRAPPER_PREFIXES:
        if all(key.startswith(prefix) for key in state):
            state = {key.removeprefix(prefix): tensor for key, tensor in state.items()}
    return state


def complete(state: State, fresh: Mapping[str, Tensor], *, head: str | None) -> State:
    """A file's weights with the little that may come from a fresh network.

    That is: the head where a new one is asked for; temporal aggregation where the file has none of it, which at first
    passes every picture on alone; and counters of batches, which files from before PyTorch 0.4.1 have none of.

    Args:
        state: of the file.
        fresh: state of a new network.
        head: the part to replace.

    """

    def of_head(name: str) -> bool:
        return head is not None and name.startswith(f"{head}.")

    tam = any(_TAM in name for name in state)
    counters = any(name.endswith(_COUNTER) for name in state)
    filled = {
        name: tensor
        for name, tensor in fresh.items()
        if of_head(name) or (_TAM in name and not tam) or (name.endswith(_COUNTER) and not counters)
    }
    return {**filled, **{name: tensor for name, tensor in state.items() if not of_head(name)}}


def _outputs(state: State, *, head: str) -> int | None:
    """Columns of the file's logits; None where it has no head."""
    ends = [tensor for name, tensor in state.items() if re.fullmatch(rf"{re.escape(head)}(\.\d+)?\.weight", name)]
    linear = [tensor for tensor in ends if tensor.ndim == 2]
    return len(linear[-1]) if linear else None


def _labels(
    wanted: Sequence[str] | None,
    known: tuple[str, ...] | None,
    *,
    outputs: int | None,
    new_head: bool,
    source: str,
) -> tuple[str, ...]:
    """Names of the outputs, which fit the file's head or are a new one's."""
    if new_head:
        if not wanted:
            raise UsageError("--new-head: name its classes with --labels A,B,...")
        return tuple(wanted)
    if outputs is None:
        raise InputError(f"{source}: has no head; `--new-head --labels A,B,...` puts a fresh one, to be trained")
    names = tuple(wanted) if wanted else known
    if names is None or (len(names) != outputs and not wanted):
        raise InputError(
            f"{source}: name its {outputs} classes with --labels A,B,... or --labels @FILE, a name a line in the order "
            "of its outputs; or put a fresh head for classes of yours with --new-head --labels A,B,..."
        )
    if len(names) != outputs:
        raise InputError(
            f"{source}: {len(names)} labels do not fit its {outputs} outputs; --new-head puts a fresh head for them in "
            "its place, to be trained"
        )
    return names


def _network_arguments(
    found: Mapping[str, Any], wanted: Mapping[str, Any] | None, *, classes: int, new_head: bool
) -> dict[str, Any]:
    """The constructor's arguments; a new head is a plain one."""
    arguments = {**found, **(wanted or {})}
    if new_head:
        arguments.pop("expanded_head", None)
    return {**arguments, "num_classes": classes}


def _clip_spec(found: ClipSpec, wanted: Mapping[str, Any] | None) -> ClipSpec:
    try:
        return ClipSpec.model_validate({**found.model_dump(), **(wanted or {})})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the clip"
        raise UsageError(f"--clip {where}: {first['msg']}, not {first['input']!r:.60}") from error


def _r2plus1d(file: _File) -> Source:
    """SpaceJam's reference saved three things and wants plain BGR; all else is taken for torchvision's."""
    if file.holds == {"epoch", "state_dict", "optimizer"}:
        clip = ClipSpec(
            frames=16, width=128, height=176, color="BGR", max_value=255, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0)
        )
        return Source({}, clip, SPACEJAM_LABELS, "R(2+1)D-18 as SpaceJam's reference trains it (plain BGR, 0-255).")
    clip = ClipSpec(frames=16, fps=_KINETICS_FPS, width=112, height=112, fit="crop")
    return Source({}, clip, None, "R(2+1)D-18 with torchvision's names and pictures.")


def _resnet(file: _File) -> Source:
    """Depth, temporal aggregation and kind of head as the names of weights tell them."""
    arguments: dict[str, Any] = {"depth": resnet_depth(file.state, source=str(file.path))}
    if "fc.6.weight" in file.state:
        arguments["expanded_head"] = True
    spec: dict[str, Any] = {"width": 224, "height": 224, "fit": "crop", "mean": IMAGENET_MEAN, "std": IMAGENET_STD}
    if not any(_TAM in name for name in file.state):
        clip = ClipSpec(frames=_PICTURES, stride=2, **spec)
        return Source(arguments, clip, None, "a ResNet over single pictures, with torchvision's names and pictures.")
    told = re.search(r"f([1-9]\d{0,2})(?!\d)", file.path.stem)
    clip = ClipSpec(frames=int(told[1]) if told else _PICTURES, stride=2, **spec)
    return Source({**arguments, "temporal": "tam"}, clip, None, "a ResNet with temporal aggregation, as IBM trains it.")


def _x3d(file: _File) -> Source:
    """Sizes differ in their clips alone, which only the file's name tells."""
    told = re.search(r"x3d[-_]?(xs|s|m)(?![a-z])", file.path.stem.lower())
    size = told[1] if told else "s"
    frames, pixels = X3D_INPUTS[size]
    clip = ClipSpec(
        frames=frames, fps=_X3D_FPS[size], width=pixels, height=pixels, fit="crop", mean=_X3D_MEAN, std=_X3D_STD
    )
    return Source({"size": size}, clip, None, f"X3D-{size.upper()} with PyTorchVideo's names and pictures.")


_SOURCES: dict[str, Callable[[_File], Source]] = {"r2plus1d-18": _r2plus1d, "resnet-clip": _resnet, "x3d": _x3d}
