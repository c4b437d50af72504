"""Keys of tasks as parts of other keys: a hash says that what a task read was made in another way."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def digest_of(key: Any) -> str:
    """Return a hash of a key, a JSON value, which identifies the results made with it."""
    return hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()


def digests_of(keys: Mapping[str, Mapping[str, Any] | None]) -> dict[str, str]:
    """Return the hash of each key by name, without those of tasks whose results are not there."""
    return {name: digest_of(key) for name, key in keys.items() if key is not None}
