"""What needs torch asks here: it is not part of the core, as inference on a CPU works without it."""

from __future__ import annotations

import importlib.util

from touchline.core.errors import ResourceError

INSTALL_TRAIN = "pip install 'touchline[train]'"
INSTALL_GPU = "pip install 'touchline[gpu]'"


def has_torch() -> bool:
    """Return whether torch is installed, without importing it."""
    return importlib.util.find_spec("torch") is not None


def require_torch(what: str, *, install: str = INSTALL_TRAIN) -> None:
    """Raise an error if torch is not installed.

    Args:
        what: what needs it, the start of the message, such as ``"training"``; "needs torch" follows.
        install: the line that installs it.

    Raises:
        ResourceError: torch is not installed; the message names the line that installs it.

    """
    if not has_torch():
        raise ResourceError(f"{what} needs torch, which is not installed; run: {install}")
