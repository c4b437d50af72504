"""Importer of published heads over SoccerNet's features: pooling, NetVLAD and its ++ forms, CALF.

The kind of head follows from the names and shapes of its tensors, all of which must fit. What they do not show is
decided in :mod:`touchline.models.importing.head_choices`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from touchline.core.errors import InputError
from touchline.core.labels import LABEL_SETS
from touchline.models.importing.head_choices import RATE_HZ, Choices
from touchline.models.importing.importer import Checkpoint, Importer, Recognised, Wanted, labels_for
from touchline.models.importing.looks import looks_like
from touchline.models.specs.stream_spec import StreamHeadConfig, StreamSpec

STREAM = "picture"
LABELS = tuple(LABEL_SETS[name].outputs for name in ("soccernet-v1", "soccernet-v2"))
"""Label sets of the published heads, in the order of their outputs after "nothing"."""
_POOLED = 512
_WIDTHS = (512, 2048)
"""Widths of SoccerNet's features that the published heads read, in the order in which they are tried."""


def recognise(checkpoint: Checkpoint, wanted: Wanted) -> Recognised:
    """Recognise a model in a published head's checkpoint (``.pth.tar``).

    Raises:
        InputError: a checkpoint of another kind, or a tensor is missing or misshapen.

    """
    path = checkpoint.path
    if not _holds_tensors(checkpoint.content):
        raise InputError(f"{path}: not a checkpoint of a head: it has no weights under 'state_dict'")
    state = checkpoint.state()
    shapes = {key: tuple(value.shape) for key, value in state.items()}
    labels = labels_for(_classes(shapes, source=path), wanted.labels, known=LABELS, source=path)
    choices = Choices(wanted.network, suppression=wanted.suppression, source=path)
    head, arguments, width = _describe(shapes, choices=choices, source=path)
    arguments_of_network = {"streams": {STREAM: width}, "num_classes": len(labels), "head": head}
    config = StreamHeadConfig(
        name=wanted.name,
        architecture=wanted.architecture,
        network={**arguments_of_network, "head_arguments": arguments},
        labels=labels,
        streams=(StreamSpec(name=STREAM, width=width, model=_features(width), published=True),),
        rate_hz=RATE_HZ,
        suppression=choices.suppression(head, arguments, aware=_is_aware(shapes, arguments)),
        licence="MIT (SoccerNet)",
        description=f"Imported from {path.name}: a published head over SoccerNet's {_features(width)} features.",
    )
    weights = {f"head.{key}": value for key, value in _own(state).items()}
    return Recognised(config, weights, assumed=tuple(choices.assumed))


def _holds_tensors(content: Any) -> bool:
    """Return whether there is a tensor anywhere in nested dictionaries."""
    if isinstance(content, Mapping):
        return any(_holds_tensors(part) for part in content.values())
    return isinstance(content, Tensor)


def _classes(shapes: Mapping[str, tuple[int, ...]], *, source: Path) -> int:
    """Return the number of classes besides "nothing".

    Raises:
        InputError: not the tensors of a head.

    """
    try:
        if "conv_seg.weight" in shapes:
            return shapes["conv_class.weight"][0] // (shapes["conv_conf.weight"][0] // 2)
        if "fc.weight" in shapes and len(shapes["fc.weight"]) == 2 and not any("layer1." in key for key in shapes):
            return shapes["fc.weight"][0] - 1
    except (KeyError, IndexError, ZeroDivisionError) as error:
        raise _misshapen(source, error) from error
    raise InputError(f"{source}: not a known head; it contains {sorted(shapes)[:8]}{_look(shapes)}")


def _misshapen(source: Path, error: Exception) -> InputError:
    return InputError(f"{source}: looks like a head, but a tensor is missing or misshapen: {error}")


def _describe(
    shapes: Mapping[str, tuple[int, ...]], *, choices: Choices, source: Path
) -> tuple[str, dict[str, Any], int]:
    """Return (head, its arguments, width of the features) of a checkpoint's tensors."""
    try:
        if "conv_seg.weight" in shapes:
            return _describe_calf(shapes, choices=choices)
        return _describe_pooling(shapes, choices=choices)
    except (KeyError, IndexError, ZeroDivisionError) as error:
        raise _misshapen(source, error) from error


def _describe_calf(shapes: Mapping[str, tuple[int, ...]], *, choices: Choices) -> tuple[str, dict[str, Any], int]:
    choices.require_known("decoding", kind="CALF")
    detections = shapes["conv_conf.weight"][0] // 2
    classes = shapes["conv_class.weight"][0] // detections
    arguments = {
        "chunk": shapes["batch_seg.weight"][0],
        "receptive_field": shapes["conv_p_4.weight"][2],
        "capsule": shapes["conv_seg.weight"][0] // classes,
        "detections": detections,
        "decoding": choices.decoding(),
    }
    return "calf", arguments, shapes["conv_1.weight"][3]


def _is_aware(shapes: Mapping[str, tuple[int, ...]], arguments: Mapping[str, Any]) -> bool:
    """Return whether a head is one of SoccerNet's temporally aware code, which alone projects and pools two sides."""
    named = any(key.endswith(".clusters") or key.startswith("feature_extractor.") for key in shapes)
    return named or str(arguments.get("pool", "")).endswith("++")


def _describe_pooling(shapes: Mapping[str, tuple[int, ...]], *, choices: Choices) -> tuple[str, dict[str, Any], int]:
    choices.require_known("pool", "window", kind="a pooling head")
    pooled = shapes["fc.weight"][1]
    project = shapes["feature_extractor.weight"][0] if "feature_extractor.weight" in shapes else None
    sides = 2 if "pool_layer_before.clusters" in shapes else 1
    prefix = "pool_layer_before" if sides == 2 else "pool_layer"
    if f"{prefix}.centroids" in shapes:
        clusters, inner = shapes[f"{prefix}.centroids"]
        pool = choices.pool("netvlad", aware=False)
    elif f"{prefix}.clusters" in shapes:
        inner, clusters = shapes[f"{prefix}.clusters"][0], shapes[f"{prefix}.clusters"][1] * sides
        kind = "netvlad" if f"{prefix}.clusters2" in shapes else "netrvlad"
        pool = choices.pool(kind + "++" * (sides - 1), aware=sides == 2)
    else:
        pool = choices.pool(None, aware=pooled in [2 * width for width in (_WIDTHS if project is None else [project])])
        inner, clusters = pooled // (2 if pool.endswith("++") else 1), 64
    arguments: dict[str, Any] = {"pool": pool, "clusters": clusters, "project": project}
    arguments["window"] = choices.window(pool=pool, aware=_is_aware(shapes, arguments))
    return "pooling", arguments, shapes["feature_extractor.weight"][1] if project else inner


def _own(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return tensors under this package's names; those of the first NetVLAD head are rearranged."""
    if "pool_layer.centroids" not in state:
        return dict(state)
    centroids, fc = state["pool_layer.centroids"], state["fc.weight"]
    clusters, width = centroids.shape
    by_cluster = fc.reshape(len(fc), clusters, width)
    return {
        "pool_layer.clusters": state["pool_layer.conv.weight"].reshape(clusters, width).T.contiguous(),
        "pool_layer.clusters2": centroids.T[None].contiguous(),
        "fc.weight": by_cluster.transpose(1, 2).reshape(len(fc), -1).contiguous(),
        "fc.bias": state["fc.bias"],
    }


def _features(width: int) -> str:
    """Return the SoccerNet features of a width, which its published heads were trained on according to their logs."""
    return "ResNET_TF2_PCA512" if width == _POOLED else "ResNET_TF2"


def _look(shapes: Mapping[str, tuple[int, ...]]) -> str:
    return looks_like({name: torch.zeros(2) for name in shapes})


IMPORTER = Importer(recognise, takes=frozenset({"labels", "network", "suppression"}))
