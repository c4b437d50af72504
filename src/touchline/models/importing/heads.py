"""Importer of published heads over SoccerNet's features: pooling, NetVLAD and its ++ forms, CALF.

The kind of head follows from the names and shapes of its tensors, all of which must fit.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from touchline.core.errors import InputError
from touchline.core.labels import LABEL_SETS
from touchline.models.importing.importer import Checkpoint, Importer, Recognised, Wanted, labels_for
from touchline.models.importing.wrappers import unwrapped, weights_in
from touchline.models.specs.stream_spec import StreamHeadConfig, StreamSpec, SuppressionSpec

RATE_HZ = 2.0
STREAM = "picture"
LABELS = tuple(LABEL_SETS[name].outputs for name in ("soccernet-v1", "soccernet-v2"))
"""Label sets of the published heads, in the order of their outputs after "nothing"."""
_PLAIN_WINDOW, _AWARE_WINDOW = 40, 30
"""Window in samples: 20 s for plain pooling heads, 15 s for temporally aware ones; checkpoints do not record it."""
_POOLED = 512


def recognise(checkpoint: Checkpoint, wanted: Wanted) -> Recognised:
    """Recognise a model in a published head's checkpoint (``.pth.tar``).

    Raises:
        InputError: a checkpoint of another kind, or a tensor is missing or misshapen.

    """
    content, path = checkpoint.content, checkpoint.path
    if not isinstance(weights_in(content), Mapping) or weights_in(content) is content:
        raise InputError(f"{path}: not a checkpoint of a head: it has no weights under 'state_dict'")
    state = unwrapped({str(key): value for key, value in weights_in(content).items() if isinstance(value, Tensor)})
    head, arguments, width, classes = _describe(state, source=path)
    config = StreamHeadConfig(
        name=wanted.name,
        architecture=wanted.architecture,
        network={"streams": {STREAM: width}, "num_classes": classes, "head": head, "head_arguments": arguments},
        labels=labels_for(classes, wanted.labels, known=LABELS, source=path),
        streams=(StreamSpec(name=STREAM, width=width, model=_features(width), published=True),),
        rate_hz=RATE_HZ,
        suppression=_suppression(head, arguments),
        licence="MIT (SoccerNet)",
        description=f"Imported from {path.name}: a published head over SoccerNet's {_features(width)} features.",
    )
    return Recognised(config, {f"head.{key}": value for key, value in _own(state).items()})


def _describe(state: Mapping[str, Tensor], *, source: Path) -> tuple[str, dict[str, Any], int, int]:
    """Return (head, its arguments, width of the features, classes) of a checkpoint's tensors."""
    shapes = {key: tuple(value.shape) for key, value in state.items()}
    try:
        if "conv_seg.weight" in shapes:
            return _describe_calf(shapes)
        if "fc.weight" in shapes:
            return _describe_pooling(shapes)
    except (KeyError, IndexError, ZeroDivisionError) as error:
        raise InputError(f"{source}: looks like a head, but a tensor is missing or misshapen: {error}") from error
    raise InputError(f"{source}: not a known head; it contains {sorted(shapes)[:8]}")


def _describe_calf(shapes: Mapping[str, tuple[int, ...]]) -> tuple[str, dict[str, Any], int, int]:
    detections = shapes["conv_conf.weight"][0] // 2
    classes = shapes["conv_class.weight"][0] // detections
    arguments = {
        "chunk": shapes["batch_seg.weight"][0],
        "receptive_field": shapes["conv_p_4.weight"][2],
        "capsule": shapes["conv_seg.weight"][0] // classes,
        "detections": detections,
    }
    return "calf", arguments, shapes["conv_1.weight"][3], classes


def _describe_pooling(shapes: Mapping[str, tuple[int, ...]]) -> tuple[str, dict[str, Any], int, int]:
    outputs, pooled = shapes["fc.weight"]
    project = shapes["feature_extractor.weight"][0] if "feature_extractor.weight" in shapes else None
    aware = "pool_layer_before.clusters" in shapes
    prefix = "pool_layer_before" if aware else "pool_layer"
    if f"{prefix}.centroids" in shapes:
        pool, (clusters, inner) = "netvlad", shapes[f"{prefix}.centroids"]
    elif f"{prefix}.clusters" in shapes:
        pool = "netvlad" if f"{prefix}.clusters2" in shapes else "netrvlad"
        inner, clusters = shapes[f"{prefix}.clusters"]
    else:
        aware = pooled == 2 * (project or _POOLED)
        pool, inner, clusters = "max", pooled // (2 if aware else 1), 64
    arguments: dict[str, Any] = {
        "pool": pool + "++" * aware,
        "window": _AWARE_WINDOW if aware or f"{prefix}.clusters" in shapes else _PLAIN_WINDOW,
        "clusters": clusters * (2 if aware and pool != "max" else 1),
        "project": project,
    }
    width = shapes["feature_extractor.weight"][1] if project else inner
    return "pooling", arguments, width, outputs - 1


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


def _suppression(head: str, arguments: Mapping[str, Any]) -> SuppressionSpec:
    """Return the published suppression: 30 s for temporally aware pooling, else 20; a floor of .5 for plain NetVLAD."""
    pool = arguments.get("pool", "")
    if pool.endswith("++"):
        return SuppressionSpec(window_s=30.0, floor=0.0)
    return SuppressionSpec(window_s=20.0, floor=0.5 if head == "pooling" and "vlad" in pool else 0.0)


IMPORTER = Importer(recognise, takes=frozenset({"labels"}))
