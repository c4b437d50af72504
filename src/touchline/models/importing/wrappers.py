"""What training frameworks put around a network's weights: dictionaries of more than weights, and prefixes of names.

Known are DataParallel, DDP, FSDP, ``torch.compile``, Lightning, argus, averages (``AveragedModel``, EMA of timm and
others) and the usual names of a network inside a module of the author's, nested in any order. Where a file has both the
weights as trained and their average, which one is taken is for the user to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor

Copy = Literal["raw", "average"]
"""Weights as trained, or their average over training steps (EMA, SWA)."""

_AVERAGE_KEYS = (
    "ema",
    "ema_state_dict",
    "state_dict_ema",
    "model_ema",
    "ema_model",
    "params_ema",
    "averaged_model",
    "swa_model",
    "swa_state_dict",
)
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
    *_AVERAGE_KEYS,
    "nn_state_dict",
    "no_ema_nn_state_dict",
    "current_model_state",
)
"""Keys under which checkpoints store their weights, if they contain more than these."""

_RAW_BESIDE = {"nn_state_dict": "no_ema_nn_state_dict", "state_dict": "current_model_state"}
"""Key of an average -> key of the raw weights whose presence marks it as one: argus, and Lightning's averaging."""

_MAX_LEVELS = 6
_AVERAGE_NAMES = frozenset(
    {
        "ema",
        "ema_model",
        "model_ema",
        "averaged_model",
        "average_model",
        "_average_model",
        "swa_model",
        "avg_model",
    }
)
"""Names of an averaged network inside a wrapper."""
_PREFIXES = (
    frozenset({"module", "model", "net", "network", "backbone", "_model", "_network", "online_model"}) | _AVERAGE_NAMES
)
"""Names of a network inside a wrapper, at the start of the names of its weights."""
_ANYWHERE = frozenset({"_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "_forward_module"})
"""Parts of names that wrappers of a part of a network add, wherever they are."""
_COUNTERS = frozenset({"n_averaged", "num_updates", "initted", "step", "decay"})
"""Single numbers that averages keep beside the weights."""
_LOSSES = frozenset({"criterion", "loss", "loss_fn", "loss_function", "_loss", "_criterion"})
"""Modules beside the network that only training needs."""


@dataclass(frozen=True, slots=True)
class Found:
    """A dictionary of weights in a checkpoint's content.

    Attributes:
        state: the dictionary.
        keys: keys that lead to it; empty if it is the content itself.
        average: whether it holds averaged weights.

    """

    state: Mapping[Any, Any]
    keys: tuple[str, ...] = ()
    average: bool = False


class AmbiguousWeightsError(ValueError):
    """Several sets of weights, or not the one asked for; the message lists what the checkpoint holds."""


def weights_in(content: Any, *, copy: Copy | None = None) -> Any:
    """Return the dictionary of weights in a checkpoint's content: the content itself, or what its wrappers hold.

    Args:
        content: what the checkpoint holds.
        copy: which weights to take; None takes the only ones there are.

    Raises:
        AmbiguousWeightsError: there are several, or those asked for are not there.

    """
    if not isinstance(content, Mapping):
        return content
    return _chosen([one for each in _dictionaries(content) for one in _split(each)], copy=copy)


def _dictionaries(content: Mapping[Any, Any], keys: tuple[str, ...] = (), average: bool = False) -> Iterator[Found]:
    """Yield the dictionaries of weights in a dictionary: those under known keys, or itself if there are none."""
    inner = [key for key in STATE_KEYS if _holds_weights(content.get(key))]
    if not inner or len(keys) >= _MAX_LEVELS:
        yield Found(content, keys, average)
        return
    for key in inner:
        averaged = average or key in _AVERAGE_KEYS or _RAW_BESIDE.get(key) in inner
        yield from _dictionaries(content[key], (*keys, key), averaged)


def _split(found: Found) -> list[Found]:
    """Return a dictionary's raw and averaged weights if it holds both, under names that differ by a prefix only."""
    averaged = {name: value for name, value in found.state.items() if _is_average(name)}
    if not averaged:
        counted = any(isinstance(name, str) and name.rpartition(".")[2] == "n_averaged" for name in found.state)
        return [Found(found.state, found.keys, found.average or counted)]
    raw = {name: value for name, value in found.state.items() if name not in averaged}
    if not _names_of(raw):
        return [Found(found.state, found.keys, True)]
    if _names_of(raw) != _names_of(averaged):
        return [found]
    return [Found(raw, found.keys, found.average), Found(averaged, found.keys, True)]


def _is_average(name: Any) -> bool:
    return isinstance(name, str) and not _AVERAGE_NAMES.isdisjoint(name.split(".")[:-1])


def _names_of(state: Mapping[Any, Any]) -> set[str]:
    return set(unwrapped({name: value for name, value in state.items() if isinstance(value, Tensor)}))


def _chosen(found: list[Found], *, copy: Copy | None) -> Mapping[Any, Any]:
    """Return the dictionary of weights to take.

    Raises:
        AmbiguousWeightsError: there are several, or those asked for are not there.

    """
    kinds = {one.average for one in found}
    if copy is not None and len(kinds) == 1 and (copy == "average") not in kinds:
        held = "only averaged weights" if kinds == {True} else "no averaged weights"
        raise AmbiguousWeightsError(f"--weights {copy}: it holds {held}; leave out --weights")
    if copy is None and len(kinds) > 1:
        raise AmbiguousWeightsError(
            f"it holds weights as trained ({_places(found, average=False)}) and their average "
            f"({_places(found, average=True)}); say which with --weights raw or --weights average"
        )
    wanted = [one for one in found if copy is None or one.average == (copy == "average")]
    if any(one.state is not wanted[0].state for one in wanted[1:]):
        places = ", ".join(".".join(one.keys) for one in wanted)
        raise AmbiguousWeightsError(f"it holds several sets of weights ({places}); save the one to import by itself")
    return wanted[0].state


def _places(found: list[Found], *, average: bool) -> str:
    places = {".".join(one.keys) or "at the top level" for one in found if one.average == average}
    return ", ".join(sorted(places))


def _holds_weights(value: Any) -> bool:
    return isinstance(value, Mapping) and any(
        (isinstance(part, Tensor) and part.numel() > 1) or (key in STATE_KEYS and _holds_weights(part))
        for key, part in value.items()
    )


def unwrapped(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Remove wrappers from the names of weights, and what averages and losses keep beside them.

    Names are kept where two of them would become one; of an average and the weights as trained, the average is kept.
    """
    if any(_is_average(name) for name in state) and any("online_model" in name.split(".") for name in state):
        state = {name: tensor for name, tensor in state.items() if "online_model" not in name.split(".")}
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
