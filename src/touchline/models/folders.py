"""Where models lie: those that ship with the package, and the user's own."""

from __future__ import annotations

import os
from pathlib import Path


def builtin_folder() -> Path:
    """Return the folder of the models that ship with the package."""
    return Path(__file__).parent / "builtin"


def user_folder() -> Path:
    """Return the folder of imported models: ``$XDG_DATA_HOME/touchline/models``, by default in ``~/.local/share``."""
    base = os.environ.get("XDG_DATA_HOME", "")
    root = Path(base) if os.path.isabs(base) else Path.home() / ".local" / "share"
    return root / "touchline" / "models"
