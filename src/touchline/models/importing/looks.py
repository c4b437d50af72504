"""What a checkpoint of an unknown kind looks like, from the names of its weights: a hint for error messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from touchline.models.importing.wrappers import AmbiguousWeightsError, unwrapped, weights_in

_SIGNS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("_features.", "_pred_fine."), "E2E-Spot or T-DEED, for --architecture dense-spotter"),
    (("conv_seg.", "conv_conf."), "CALF, for --architecture plain-stream-head"),
    (("pool_layer",), "a pooling head, for --architecture plain-stream-head"),
    (("conv2d_encoder.", "conv3d_encoder."), "lRomul's spotter without its params, which say how to build it"),
    (("hm.", "deconv_layers."), "PoseHG3D, for --architecture pose-hg3d"),
    (("features.0.", "embeddings."), "VGGish, for --architecture vggish"),
    (("stem.", "layer1.0.conv1.0.0."), "R(2+1)D, for --architecture r2plus1d-18"),
    (("blocks.0.multipathway", "blocks.1."), "a network of PyTorchVideo"),
    (("blocks.0.conv.", "blocks.1.res_blocks."), "X3D, for --architecture x3d"),
    (("conv_stem.", "blocks.0."), "an EfficientNet of timm"),
    (("stem.conv.", "s1.b1."), "a RegNet of timm"),
    (("cls_token",), "a vision transformer"),
    (("conv1.", "layer1.0.conv1."), "a ResNet, for --architecture resnet-encoder (features) or resnet-clip (clips)"),
    (("model.0.conv.", "model.1.conv."), "a YOLO detector"),
)
"""Starts of names that a network has all of -> what it is; the first that fits counts."""


def looks_like(content: Any) -> str:
    """Return a hint such as ``, which looks like a ResNet``; empty if nothing is recognised."""
    names = weight_names(content)
    for starts, what in _SIGNS:
        if all(any(name.startswith(start) for name in names) for start in starts):
            return f", which looks like {what}"
    return ""


def is_head(content: Any) -> bool:
    """Return whether these are the weights of a published head over features: CALF, or pooling and one layer."""
    names = weight_names(content)
    return "conv_seg.weight" in names or (
        "fc.weight" in names and all(name.startswith(("fc.", "pool_layer", "feature_extractor.")) for name in names)
    )


def weight_names(content: Any) -> set[str]:
    """Return the names of the weights in a checkpoint's content, without wrappers; of raw weights and average, any."""
    for copy in (None, "raw"):
        try:
            state = weights_in(content, copy=copy)
        except AmbiguousWeightsError:
            continue
        tensors = state.items() if isinstance(state, Mapping) else ()
        return set(unwrapped({k: v for k, v in tensors if isinstance(k, str) and isinstance(v, Tensor)}))
    return set()
