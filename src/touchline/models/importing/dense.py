"""Importer of dense spotters' checkpoints: E2E-Spot's and T-DEED's, also with two heads and with teams.

Both are plain dictionaries of tensors, so all that can be is read off the names and shapes; a ``config.json`` beside an
E2E-Spot checkpoint tells the data set. How their videos were sampled is not in the files: the published settings are
taken, and ``clip`` changes them. The settings were read in the published code; no published weights were at hand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from torch import Tensor

from touchline.core.errors import InputError, UsageError
from touchline.core.labels import BALL_2, BALL_12, SOCCERNET_V2
from touchline.models.importing.dense_names import looks_dense, own_name
from touchline.models.importing.importer import (
    COUNTER,
    Checkpoint,
    Importer,
    Recognised,
    State,
    Wanted,
    first_fault,
    nothing_fresh,
)
from touchline.models.networks.dense.regnet import SHAPES
from touchline.models.specs.dense_spec import DenseFrameSpec, DenseSpotConfig, SoftSuppressionSpec, WindowSpec

CLIP_LENGTH = 100
"""Frames of a clip of the published E2E-Spot models, whose weights do not tell it."""
_CONFIG = "config.json"
_CLASSIFIERS = {
    "_pred_fine._fc_out._fc_out": "events",
    "_pred_fine._fc_out": "events",
    "_pred_fine._fc1._fc_out": "first",
    "_pred_fine._fc2._fc_out": "second",
}
_DATA_SETS: Mapping[str, tuple[str, ...]] = {
    "soccernetv2": SOCCERNET_V2,
    "soccernet": SOCCERNET_V2,
    "soccernet_ball": BALL_2,
    "soccernetball": BALL_12,
    "tennis": (
        "far_court_bounce",
        "far_court_swing",
        "far_court_serve",
        "near_court_bounce",
        "near_court_swing",
        "near_court_serve",
    ),
    "fs_comp": ("jump_landing", "jump_takeoff", "spin_landing", "spin_takeoff"),
    "fs_perf": ("jump_landing", "jump_takeoff", "spin_landing", "spin_takeoff"),
    "finediving": ("Entry", "Som(s).Pike", "Som(s).Tuck", "Twist(s)"),
}
"""Labels by data set, in the order of the published class files; E2E-Spot sorts those of SoccerNet by name."""
_SORTED = ("soccernetv2", "soccernet_ball")
_OF_COUNT = {17: "soccernet", 12: "soccernetball", 6: "tennis"}


@dataclass(frozen=True, slots=True)
class _Found:
    """What the tensors tell.

    Attributes:
        network: arguments of the network.
        heads: names of the heads with the number of their labels.

    """

    network: dict[str, Any]
    heads: dict[str, int]

    @property
    def tdeed(self) -> bool:
        return bool(self.network["temporal"] == "sgp")


def recognise(checkpoint: Checkpoint, wanted: Wanted) -> Recognised:
    """Recognise a dense spotter by the names and shapes of its tensors.

    Raises:
        InputError: the weights are of another network, or of a variant that is not read; the message says which.
        UsageError: an unknown network argument or clip field.

    """
    state = {name.removeprefix("head."): tensor for name, tensor in checkpoint.state().items()}
    path = checkpoint.path
    if not looks_dense(state):
        raise InputError(
            f"{path}: not a checkpoint of E2E-Spot or T-DEED, whose names begin with _features. and _pred_fine.; it "
            f"contains {sorted(state)[:6]}"
        )
    published = _published_config(path)
    found = _describe(state, source=path, clip_length=_clip_length(wanted, published))
    data_set = str(published.get("dataset", ""))
    labels = _labels(found, wanted, data_set=data_set, source=path)
    config = DenseSpotConfig(
        name=wanted.name,
        architecture=wanted.architecture,
        network=found.network,
        labels=labels,
        heads=tuple(found.heads),
        frame=_frame(found, wanted, labels=labels, data_set=data_set),
        windows=_windows(found, labels),
        suppression=_suppression(found, labels),
        team_weighs=found.network["team"],
        precision=wanted.precision or "f32",
        licence="of the file's author",
        description=_description(path, found),
    )
    counters = any(name.endswith(COUNTER) for name in state)
    weights = _own(state, team=found.network["team"])
    fresh = nothing_fresh if counters else _is_counter
    return Recognised(config, weights, fresh, _assumed(config, wanted, described=bool(data_set)))


def _is_counter(name: str) -> bool:
    return name.endswith(COUNTER)


def _assumed(config: DenseSpotConfig, wanted: Wanted, *, described: bool) -> tuple[str, ...]:
    """Return what the file does not say: the labels, unless given or named by its config, and the frames."""
    frame, lines = config.frame, []
    if not wanted.labels and not described:
        lines.append(f"the labels of its kind, by their number ({len(config.labels)}); --labels A,B,... for others")
    if not {"fps", "width", "height"} <= set(wanted.clip):
        lines.append(
            f"frames of {frame.width}x{frame.height}, {frame.fps:g} a second, as published; --clip fps=N, width=N and "
            "height=N change them"
        )
    return tuple(lines)


def _published_config(path: Path) -> Mapping[str, Any]:
    """Return the ``config.json`` beside a checkpoint; empty if there is none, or it is something else."""
    beside = path.parent / _CONFIG
    if not beside.is_file():
        return {}
    try:
        content = json.loads(beside.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(content, Mapping) or "feature_arch" not in content:
        return {}
    modality = content.get("modality", "rgb")
    if modality != "rgb":
        raise InputError(f"{beside}: trained on {str(modality)[:20]!r}; only networks of RGB frames are read")
    return content


def _clip_length(wanted: Wanted, published: Mapping[str, Any]) -> int:
    unknown = sorted(set(wanted.network) - {"clip_length"})
    if unknown:
        raise UsageError(f"--network {unknown[0]}: a dense spotter takes only clip_length=N; the weights give the rest")
    value = wanted.network.get("clip_length", published.get("clip_len", CLIP_LENGTH))
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise UsageError(f"--network clip_length={value}: a number of frames is expected, such as 100") from error


def _describe(state: State, *, source: Path, clip_length: int) -> _Found:
    encoder, shift, shifted = _encoder(state, source=source)
    network: dict[str, Any] = {"encoder": encoder, "shift": shift, "shifted": shifted}
    if any(name.startswith("_temp_fine._sgp.") for name in state):
        network |= _pyramid(state, source=source)
    elif "_pred_fine._gru.weight_ih_l0_reverse" in state and "_pred_fine._gru.weight_ih_l1" not in state:
        network |= {"temporal": "gru", "clip_length": clip_length}
    else:
        over_time = sorted({".".join(name.split(".")[:2]) for name in state if not name.startswith("_features.")})
        raise InputError(
            f"{source}: its network over time is neither a GRU of one layer nor T-DEED's encoder and decoder, the two "
            f"that are read; it has {over_time[:6]}"
        )
    heads = {head: len(state[f"{name}.bias"]) - 1 for name, head in _CLASSIFIERS.items() if f"{name}.bias" in state}
    network["label_counts"] = list(heads.values())
    network["displacement"] = "_pred_displ._fc_out.weight" in state
    network["team"] = "_pred_team._fc_out.weight" in state
    return _Found(network, heads)


def _encoder(state: State, *, source: Path) -> tuple[str, str, str]:
    """Return the encoder, its shift, and the blocks that have it."""
    stem = state.get("_features.stem.conv.weight")
    if stem is None or "_features.s4.b1.conv3.conv.weight" not in state:
        kinds = {"_features.layer1.": "a ResNet", "_features.stages.": "a ConvNeXt"}
        kind = next((word for start, word in kinds.items() if any(n.startswith(start) for n in state)), "another one")
        raise InputError(f"{source}: its encoder is {kind}; RegNet-Y of 200, 400 and 800 MF is read")
    if stem.shape[1] != 3:
        raise InputError(f"{source}: its encoder takes {stem.shape[1]} channels, not RGB; train or get the one of RGB")
    widths = tuple(len(state[f"_features.s{stage}.b1.conv3.conv.weight"]) for stage in range(1, 5))
    name = next((name for name, shape in SHAPES.items() if shape.widths == widths), None)
    if name is None:
        raise InputError(f"{source}: a RegNet-Y of the widths {widths}; those of {', '.join(SHAPES)} are read")
    stages = {int(match[1]) for key in state if (match := re.match(r"_features\.s(\d)\.b\d+\.conv1\.net\.", key))}
    if stages not in (set(), {3, 4}, {1, 2, 3, 4}):
        raise InputError(f"{source}: blocks of the stages {sorted(stages)} are shifted; all, or 3 and 4, are read")
    gated = any(re.search(r"\.conv1\.(gsm|gs)\.conv3D\.", key) for key in state)
    fused = any(".gs.channel_conv1." in key for key in state)
    shift = "none" if not stages else "gsf" if fused else "gsm" if gated else "tsm"
    return name, shift, "late" if stages == {3, 4} else "all"


def _pyramid(state: State, *, source: Path) -> dict[str, Any]:
    """Return the arguments of T-DEED's network over time."""
    levels = len({name.split(".")[2] for name in state if name.startswith("_temp_fine._sgpMixer.")})
    layers = len({name.split(".")[2] for name in state if name.startswith("_temp_fine._sgp.")})
    if "temp_enc" not in state or layers != 2 * levels + 1 or "_temp_fine._sgpMixer.0.concat_fc.weight" not in state:
        raise InputError(
            f"{source}: {layers} layers and {levels} mixers over time, with{'' if 'temp_enc' in state else 'out'} "
            "temp_enc; 2 N + 1 layers with N mixers that concatenate are read"
        )
    kernel = state["_temp_fine._sgp.0.psi.weight"].shape[-1]
    wide = state["_temp_fine._sgp.0.convkw.weight"].shape[-1]
    stretch = next((r for r in (1, 1.5, 2, 3, 4, 5, 6) if round((kernel + 1) * r) // 2 * 2 + 1 == wide), None)
    return {
        "temporal": "sgp",
        "clip_length": len(state["temp_enc"]),
        "levels": levels,
        "kernel": kernel,
        "stretch": wide / (kernel + 1) if stretch is None else stretch,
    }


def _labels(found: _Found, wanted: Wanted, *, data_set: str, source: Path) -> tuple[str, ...]:
    """Return the labels of all heads, in order.

    Raises:
        InputError: they are not known, or the user named more or fewer.

    """
    total = sum(found.heads.values())
    if wanted.labels:
        if len(wanted.labels) != total:
            raise InputError(f"{source}: {len(wanted.labels)} labels do not fit its heads, which have {total} classes")
        return tuple(wanted.labels)
    labels: list[str] = []
    for count in found.heads.values():
        known = _known_labels(count, tdeed=found.tdeed, data_set=data_set)
        if known is None:
            raise InputError(
                f"{source}: a head with {count} classes, whose names the file does not hold; name all in order with "
                "--labels A,B,... or --labels @class.txt"
            )
        labels += known
    return tuple(labels)


def _known_labels(count: int, *, tdeed: bool, data_set: str) -> tuple[str, ...] | None:
    """Return the labels of a head, by the data set if that fits, else by their number."""
    named = _DATA_SETS.get(data_set, ())
    name = data_set if len(named) == count else ("soccernet_ball" if count == 2 else _OF_COUNT.get(count, ""))
    labels = _DATA_SETS.get(name)
    if labels is None:
        return None
    return labels if tdeed or name not in (*_SORTED, "soccernet") else tuple(sorted(labels))


def _frame(found: _Found, wanted: Wanted, *, labels: tuple[str, ...], data_set: str) -> DenseFrameSpec:
    """Return the published frames of such a checkpoint, with what the user changed."""
    if not set(labels) & {*SOCCERNET_V2, *BALL_12}:
        usual: dict[str, Any] = {"width": 224, "height": 224, "fps": 25.0, "fit": "crop"}
    elif found.tdeed:
        of_actions = labels[0] in SOCCERNET_V2
        usual = {"width": 796, "height": 448, "fps": 25 / 12 if of_actions else 12.5}
    else:
        usual = {"width": 398, "height": 224, "fps": 2.0 if set(labels) <= set(SOCCERNET_V2) else 25.0}
    try:
        return DenseFrameSpec.model_validate({**usual, **wanted.clip})
    except ValidationError as error:
        raise UsageError(f"--clip {first_fault(error)}") from error


def _windows(found: _Found, labels: tuple[str, ...]) -> WindowSpec:
    """Return the published cutting: five empty frames before; half a clip again, three quarters for most of T-DEED."""
    overlap = 0.75 if found.tdeed and labels[0] not in SOCCERNET_V2 else 0.5
    return WindowSpec(overlap=overlap, lead=5, padding="black" if found.tdeed else "mean", encode="clip")


def _suppression(found: _Found, labels: tuple[str, ...]) -> SoftSuppressionSpec:
    """Return the published suppression, in frames."""
    ball, actions = labels[0] in BALL_12, set(labels) & set(SOCCERNET_V2)
    if found.tdeed:
        return SoftSuppressionSpec(window=12 if ball else 6 if actions else 3, kind="soft")
    return SoftSuppressionSpec(window=25 if ball else 2 if actions else 1, kind="highest")


def _description(path: Path, found: _Found) -> str:
    kind = "T-DEED" if found.tdeed else "E2E-Spot"
    words = f"Imported from {path.name}: a {kind} spotter, sampled as its published code does."
    if len(found.heads) > 1:
        words += " The published code reports the first of its heads only; here both are."
    return words


def _own(state: State, *, team: bool) -> State:
    """Return the tensors under this package's names; the team's one output becomes two, whose softmax says the same."""
    renamed = {own_name(name): tensor for name, tensor in state.items()}
    for name in ("team.weight", "team.bias") if team else ():
        renamed[name] = torch.cat([torch.zeros_like(renamed[name]), renamed[name]])
    return {name: _shaped(name, tensor) for name, tensor in renamed.items()}


def _shaped(name: str, tensor: Tensor) -> Tensor:
    """Return the weights of a norm over channels, published as (1, channels, 1), as (channels,)."""
    return tensor.reshape(-1) if ".norm." in name and tensor.ndim == 3 else tensor


IMPORTER = Importer(recognise, takes=frozenset({"labels", "clip", "network", "precision"}))
