"""What training frameworks put around a network's weights: dictionaries of more than weights, and prefixes of names.

Known are DataParallel, DDP, FSDP, ``torch.compile``, Lightning, averages (``AveragedModel``, EMA of timm and others)
and the usual names of a network inside a module of the author's, nested in any order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

STATE_KEYS = (
    "state_dict",
    "model_state",
    "model_state_dict",
    "model",
    "net",
    "network",
    "module",
    "weights",
    "params",
    "state",
    "ema",
    "ema_state_dict",
    "state_dict_ema",
    "model_ema",
    "ema_model",
    "params_ema",
)
"""Keys under which checkpoints store their weights, if they contain more than these; the first that is there counts."""

_MAX_LEVELS = 6
_PREFIXES = frozenset(
    {"module", "model", "net", "network", "backbone", "_model", "ema_model", "averaged_model", "online_model", "ema"}
)
"""Names of a network inside a wrapper, at the start of the names of its weights."""
_ANYWHERE = frozenset({"_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "_forward_module"})
"""Parts of names that wrappers of a part of a network add, wherever they are."""
_COUNTERS = frozenset({"n_averaged", "num_updates", "initted", "step", "decay"})
"""Single numbers that averages keep beside the weights."""
_LOSSES = frozenset({"criterion", "loss", "loss_fn", "loss_function", "_loss", "_criterion"})
"""Modules beside the network that only training needs."""
_ONLINE, _AVERAGE = "online_model", "ema_model"


def weights_in(content: Any) -> Any:
    """Return the dictionary of weights in a checkpoint's content: the content itself, or what its wrappers hold."""
    for _ in range(_MAX_LEVELS):
        if not isinstance(content, Mapping):
            break
        inner = next((content[key] for key in STATE_KEYS if _holds_weights(content.get(key))), None)
        if inner is None:
            break
        content = inner
    return content


def _holds_weights(value: Any) -> bool:
    return isinstance(value, Mapping) and any(
        isinstance(part, Tensor) or (key in STATE_KEYS and isinstance(part, Mapping)) for key, part in value.items()
    )


def unwrapped(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Remove wrappers from the names of weights, and what averages and losses keep beside them.

    Names are kept where two of them would become one.
    """
    if any(_AVERAGE in name.split(".") for name in state):
        state = {name: tensor for name, tensor in state.items() if _ONLINE not in name.split(".")}
    found: dict[str, Tensor] = {}
    for name, tensor in state.items():
        parts = _without_wrappers(name)
        if len(parts) == 1 and parts[0] in _COUNTERS and tensor.numel() == 1:
            continue
        if len(parts) > 1 and parts[0] in _LOSSES:
            continue
        short = ".".join(parts)
        if short in found:
            return dict(state)
        found[short] = tensor
    return found


def _without_wrappers(name: str) -> list[str]:
    parts = [part for part in name.split(".") if part not in _ANYWHERE]
    while len(parts) > 1 and parts[0] in _PREFIXES:
        parts = parts[1:]
    return parts
