"""The folders that touchline keeps files in: where, how large, writable."""

from __future__ import annotations

import os
from pathlib import Path

from touchline.cli.health.finding import Finding


def cache_home() -> Path:
    """Return the user's folder of caches."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return Path(base) if os.path.isabs(base) else Path(os.path.expanduser("~")) / ".cache"


def cache_findings() -> list[Finding]:
    """Return what lies in touchline's cache, by folder, and whether more can be added."""
    root = cache_home() / "touchline"
    if not is_writable(root):
        text = f"{root}: not writable, so what could be kept is made anew each time"
        return [Finding("cached files", "warning", text, "set XDG_CACHE_HOME to a folder that you can write to")]
    folders = sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []
    sizes = ", ".join(f"{folder.name} {folder_bytes(folder) / 1e6:.1f} MB" for folder in folders)
    text = f"{root}: {sizes}; can be deleted at any time" if sizes else f"{root}: nothing yet"
    return [Finding("cached files", "ok", text)]


def models_folder_finding() -> Finding:
    """Return the folder of the user's own models."""
    from touchline.models.folders import user_folder

    folder = user_folder()
    if not is_writable(folder):
        text = f"{folder}: not writable, so models can be neither imported nor installed"
        return Finding("own models", "warning", text, "set XDG_DATA_HOME to a folder that you can write to")
    count = len(list(folder.glob("*.safetensors"))) if folder.is_dir() else 0
    return Finding("own models", "ok", f"{folder}: {count}")


def is_writable(folder: Path) -> bool:
    """Return whether files can be written to a folder, which need not exist."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    return existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)


def folder_bytes(folder: Path) -> int:
    """Return the size of all files below a folder; those that go away meanwhile do not count."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(place, name)).st_size
            except OSError:
                continue
    return total
