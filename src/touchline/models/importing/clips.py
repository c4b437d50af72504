"""Importer of clip networks: torchvision's, PyTorchVideo's, IBM's, and SpaceJam's reference.

All of a network's weights must come from the file, or the import fails. The file's head is replaced by one for other
classes only on request; such a model is marked as untrained, and cannot predict before it is trained.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from touchline.core.errors import InputError, UsageError
from touchline.formats.clips.spacejam import LABELS as SPACEJAM_LABELS
from touchline.models.importing.importer import COUNTER, Checkpoint, Importer, Recognised, State, Wanted, first_fault
from touchline.models.networks.resnet import depth_of
from touchline.models.networks.x3d import INPUTS as X3D_INPUTS
from touchline.models.specs.spec import IMAGENET_MEAN, IMAGENET_STD, ClipConfig, ClipSpec

_X3D_MEAN, _X3D_STD = (0.45, 0.45, 0.45), (0.225, 0.225, 0.225)
_X3D_FPS = {"xs": 2.5, "s": 5.0, "m": 6.0}
"""Every 12th, 6th and 5th frame of videos with 30 frames per second."""

_KINETICS_FPS = 15.0
_PICTURES = 8
_TAM = ".tam."


@dataclass(frozen=True, slots=True)
class Source:
    """The kind of a file's weights.

    Attributes:
        head: name of the classification layer.
        network: constructor arguments besides the classes.
        clip: format of the clips they were trained on.
        labels: class names, if known for this kind of file.
        description: description for people.
        assumed: what the weights do not show and was assumed, one line each.

    """

    head: str
    network: dict[str, Any]
    clip: ClipSpec
    labels: tuple[str, ...] | None
    description: str
    assumed: tuple[str, ...] = ()


def recognise(checkpoint: Checkpoint, wanted: Wanted) -> Recognised:
    """Recognise a model in a clip network's weights.

    Raises:
        InputError: the weights are of another network, or the head does not fit the labels.
        UsageError: invalid options.

    """
    state = checkpoint.state()
    found = _SOURCES[wanted.architecture](checkpoint, state)
    outputs = _outputs(state, head=found.head)
    if outputs is None and not wanted.new_head:
        _refuse_prefix(state, head=found.head, source=str(checkpoint.path))
    names = _labels(wanted, found.labels, outputs=outputs, source=str(checkpoint.path))
    config = ClipConfig(
        name=wanted.name,
        architecture=wanted.architecture,
        network=_network_arguments(found.network, wanted, classes=len(names)),
        labels=names,
        clip=_clip_spec(found.clip, wanted.clip),
        precision=wanted.precision or "f32",
        licence="of the file's author",
        description=f"Imported from {checkpoint.path.name}: {found.description}",
        untrained=(found.head,) if wanted.new_head else (),
    )
    replaced = found.head if wanted.new_head else None
    kept = {name: tensor for name, tensor in state.items() if not _of(replaced, name)}
    return Recognised(config, kept, _may_be_fresh(state, head=replaced), _assumed(found, wanted))


def _assumed(found: Source, wanted: Wanted) -> tuple[str, ...]:
    """Return what was assumed and not given by an option; a line starts with the option's key."""
    given = {*wanted.network, *wanted.clip}
    return tuple(line for line in found.assumed if line.partition("=")[0] not in given)


def _refuse_prefix(state: State, *, head: str, source: str) -> None:
    """Raise an error for weights under a prefix that no wrapper known to us adds; they only look headless.

    Raises:
        InputError: there is a head under a prefix.

    """
    for name in state:
        prefix, found, _ = name.rpartition(f"{head}.")
        if found and prefix.endswith("."):
            raise InputError(
                f"{source}: the names of its weights start with {prefix!r:.80}; save them without: "
                f"{{name.removeprefix({prefix!r:.80}): tensor for name, tensor in state_dict.items()}}"
            )


def _of(head: str | None, name: str) -> bool:
    return head is not None and name.startswith(f"{head}.")


def _may_be_fresh(state: State, *, head: str | None) -> Callable[[str], bool]:
    """Return a test of which tensors may keep their initial values.

    These are the head, if a new one is requested; temporal aggregation, if the file has none, which initially passes
    every frame on unchanged; and batch counters, if the file has none.
    """
    tam = any(_TAM in name for name in state)
    counters = any(name.endswith(COUNTER) for name in state)

    def fresh(name: str) -> bool:
        return _of(head, name) or (_TAM in name and not tam) or (name.endswith(COUNTER) and not counters)

    return fresh


def _outputs(state: State, *, head: str) -> int | None:
    """Return the number of the file's logits; None if it has no head."""
    ends = [tensor for name, tensor in state.items() if re.fullmatch(rf"{re.escape(head)}(\.\d+)?\.weight", name)]
    linear = [tensor for tensor in ends if tensor.ndim == 2]
    return len(linear[-1]) if linear else None


def _labels(wanted: Wanted, known: tuple[str, ...] | None, *, outputs: int | None, source: str) -> tuple[str, ...]:
    """Return the names of the outputs: those of the file's head, or those given for a new one."""
    if wanted.new_head:
        if not wanted.labels:
            raise UsageError("--new-head: name the new head's classes with --labels A,B,...")
        return tuple(wanted.labels)
    if outputs is None:
        raise InputError(f"{source}: has no head; add an untrained one with `--new-head --labels A,B,...`")
    names = tuple(wanted.labels) if wanted.labels else known
    if names is None or (len(names) != outputs and not wanted.labels):
        raise InputError(
            f"{source}: name its {outputs} classes with --labels A,B,... or --labels @FILE, one name per line in the "
            "order of its outputs; or add an untrained head for your own classes with --new-head --labels A,B,..."
        )
    if len(names) != outputs:
        raise InputError(
            f"{source}: {len(names)} labels do not fit its {outputs} outputs; --new-head replaces its head by an "
            "untrained one for these labels"
        )
    return names


def _network_arguments(found: Mapping[str, Any], wanted: Wanted, *, classes: int) -> dict[str, Any]:
    """Return the constructor's arguments; a new head is always a plain one."""
    arguments = {**found, **wanted.network}
    if wanted.new_head:
        arguments.pop("expanded_head", None)
    return {**arguments, "num_classes": classes}


def _clip_spec(found: ClipSpec, wanted: Mapping[str, Any]) -> ClipSpec:
    try:
        return ClipSpec.model_validate({**found.model_dump(), **wanted})
    except ValidationError as error:
        raise UsageError(f"--clip {first_fault(error)}") from error


def _r2plus1d(checkpoint: Checkpoint, state: State) -> Source:
    """Recognise SpaceJam's reference, which saved three keys and takes plain BGR; all else counts as torchvision's."""
    if set(checkpoint.content) == {"epoch", "state_dict", "optimizer"}:
        clip = ClipSpec(
            frames=16, width=128, height=176, color="BGR", max_value=255, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0)
        )
        return Source(
            "fc", {}, clip, SPACEJAM_LABELS, "R(2+1)D-18 as SpaceJam's reference trains it (plain BGR, 0-255)."
        )
    clip = ClipSpec(frames=16, fps=_KINETICS_FPS, width=112, height=112, fit="crop")
    return Source("fc", {}, clip, None, "R(2+1)D-18 with torchvision's names and pictures.")


def _resnet(checkpoint: Checkpoint, state: State) -> Source:
    """Derive depth, temporal aggregation and kind of head from the names of weights."""
    try:
        arguments: dict[str, Any] = {"depth": depth_of(state)}
    except ValueError as error:
        raise InputError(f"{checkpoint.path}: {error}") from error
    if "fc.6.weight" in state:
        arguments["expanded_head"] = True
    spec: dict[str, Any] = {"width": 224, "height": 224, "fit": "crop", "mean": IMAGENET_MEAN, "std": IMAGENET_STD}
    if not any(_TAM in name for name in state):
        clip = ClipSpec(frames=_PICTURES, stride=2, **spec)
        return Source(
            "fc", arguments, clip, None, "a ResNet over single pictures, with torchvision's names and pictures."
        )
    found = re.search(r"f([1-9]\d{0,2})(?!\d)", checkpoint.path.stem)
    clip = ClipSpec(frames=int(found[1]) if found else _PICTURES, stride=2, **spec)
    why = "as the file's name says" if found else "as its name says no other"
    return Source(
        "fc",
        {**arguments, "temporal": "tam"},
        clip,
        None,
        "a ResNet with temporal aggregation, as IBM trains it.",
        (f"frames={clip.frames}, {why}; --clip frames=N if it is wrong",),
    )


def _x3d(checkpoint: Checkpoint, state: State) -> Source:
    """Derive the size, which only decides the clips, from the file's name."""
    found = re.search(r"x3d[-_]?(xs|s|m)(?![a-z])", checkpoint.path.stem.lower())
    size = found[1] if found else "s"
    frames, pixels = X3D_INPUTS[size]
    clip = ClipSpec(
        frames=frames, fps=_X3D_FPS[size], width=pixels, height=pixels, fit="crop", mean=_X3D_MEAN, std=_X3D_STD
    )
    why = "as the file's name says" if found else "as its name says no other"
    return Source(
        "blocks.5.proj",
        {"size": size},
        clip,
        None,
        f"X3D-{size.upper()} with PyTorchVideo's names and pictures.",
        (f"size={size}, {why}; name the file x3d_xs, x3d_s or x3d_m if it is wrong",),
    )


_SOURCES: dict[str, Callable[[Checkpoint, State], Source]] = {
    "r2plus1d-18": _r2plus1d,
    "resnet-clip": _resnet,
    "x3d": _x3d,
}

IMPORTER = Importer(recognise, takes=frozenset({"labels", "new_head", "clip", "network", "precision"}))
