"""What libraries are asked by the environment: to report nothing, and to keep their caches in touchline's."""

from __future__ import annotations

import os
from pathlib import Path

_SILENCE = {
    "DO_NOT_TRACK": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
    "WANDB_MODE": "offline",
    "NO_ALBUMENTATIONS_UPDATE": "1",
}
"""Switches of libraries that may be installed beside touchline and would report their use; a user's own value stays."""


def keep_to_ourselves() -> None:
    """Set the switches for this process and its children; what the user has set already stays."""
    for name, value in _SILENCE.items():
        os.environ.setdefault(name, value)
    # Matplotlib would make folders of its own in the user's home; it takes a temporary one where it cannot write.
    base = os.environ.get("XDG_CACHE_HOME", "")
    cache = Path(base) if os.path.isabs(base) else Path(os.path.expanduser("~")) / ".cache"
    os.environ.setdefault("MPLCONFIGDIR", str(cache / "touchline" / "matplotlib"))
