"""The names that E2E-Spot and T-DEED give their tensors, and those of this package."""

from __future__ import annotations

import re
from collections.abc import Iterable

_VIEWS = {
    "psi": "gate.conv",
    "convw": "near.conv",
    "convkw": "wide.conv",
    "fc": "instant.conv",
    "global_fc": "overall.conv",
}
_RULES: tuple[tuple[str, str], ...] = (
    (r"^_features\.(.*)\.conv1\.(?:gsm|gs)\.conv3D\.", r"encoder.\1.shift.gate."),
    (r"^_features\.(.*)\.conv1\.(?:gsm|gs)\.bn\.", r"encoder.\1.shift.norm."),
    (r"^_features\.(.*)\.conv1\.gs\.channel_conv1\.", r"encoder.\1.shift.weigh.0."),
    (r"^_features\.(.*)\.conv1\.gs\.channel_conv2\.", r"encoder.\1.shift.weigh.1."),
    (r"^_features\.(.*)\.conv1\.net\.", r"encoder.\1.conv1."),
    (r"^_features\.", "encoder."),
    (r"^temp_enc$", "temporal.position"),
    (r"^_temp_fine\._sgp\.(\d+)\.ln\.", r"temporal.layers.\1.views.norm."),
    (r"^_temp_fine\._sgp\.(\d+)\.gn\.", r"temporal.layers.\1.group_norm."),
    (r"^_temp_fine\._sgp\.(\d+)\.mlp\.", r"temporal.layers.\1.dense."),
    (r"^_temp_fine\._sgpMixer\.(\d+)\.ln1\.", r"temporal.mixers.\1.fine.norm."),
    (r"^_temp_fine\._sgpMixer\.(\d+)\.ln2\.", r"temporal.mixers.\1.coarse.norm."),
    (r"^_temp_fine\._sgpMixer\.(\d+)\.gn\.", r"temporal.mixers.\1.group_norm."),
    (r"^_temp_fine\._sgpMixer\.(\d+)\.mlp\.", r"temporal.mixers.\1.dense."),
    (r"^_temp_fine\._sgpMixer\.(\d+)\.concat_fc\.", r"temporal.mixers.\1.merge."),
    (r"^_pred_fine\._gru\.", "temporal.gru."),
    (r"^_pred_fine\._fc2\._fc_out\.", "heads.1."),
    (r"^_pred_fine\.(?:_fc1\.|_fc_out\.)?_fc_out\.", "heads.0."),
    (r"^_pred_displ\._fc_out\.", "displacement."),
    (r"^_pred_team\._fc_out\.", "team."),
)
_VIEW = re.compile(r"^_temp_fine\.(_sgp|_sgpMixer)\.(\d+)\.(psi|convw|convkw|fc|global_fc)([12]?)\.(weight|bias)$")
_SIDES = {"1": "fine", "2": "coarse"}


def looks_dense(names: Iterable[object]) -> bool:
    """Return whether names of tensors, with or without a wrapper's prefix, are those of such a checkpoint."""
    parts = {part for name in names for part in str(name).split(".")}
    return {"_features", "_pred_fine"} <= parts


def own_name(name: str) -> str:
    """Return this package's name of a published tensor; a name that no rule is for is returned unchanged."""
    view = _VIEW.match(name)
    if view is not None:
        kind, number, part, side, end = view.groups()
        inside = f"layers.{number}.views" if kind == "_sgp" else f"mixers.{number}.{_SIDES.get(side, side)}"
        return f"temporal.{inside}.{_VIEWS[part]}.{end}"
    for pattern, replacement in _RULES:
        renamed, count = re.subn(pattern, replacement, name)
        if count:
            return renamed
    return name
