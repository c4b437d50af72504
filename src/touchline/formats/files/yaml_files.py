"""YAML of unknown origin, read safely: size, depth and count capped before anything is built, errors with the line."""

from __future__ import annotations

from typing import Any

import yaml

from touchline.core.errors import InputError
from touchline.formats.files.guard import cause_of, check_size, reading

MAX_YAML_BYTES = 1 << 20
"""Largest YAML file that is read, bytes."""

MAX_DEPTH = 64
"""Deepest nesting that is read."""

MAX_NODES = 20_000
"""Most values and keys that are read."""

MAX_ALIASES = 32
"""Most references (``*name``) that are read; each may double what is built."""


def parse_yaml(data: bytes | str, *, source: str) -> Any:
    """Parse a YAML document with plain values: no tags of programming languages, bounded in size, depth and count.

    Raises:
        InputError: not such a document; the message names the line.

    """
    check_size(len(data), source=source, max_bytes=MAX_YAML_BYTES)
    with reading(source, what="YAML"):
        try:
            _check_events(data, source=source)
            return yaml.safe_load(data)
        except yaml.YAMLError as error:
            raise InputError(f"{source}: {_line_of(error)}not YAML ({cause_of(error)})") from error


def _check_events(data: bytes | str, *, source: str) -> None:
    """Refuse documents that nest, repeat or refer too much, without building anything."""
    depth = nodes = aliases = 0
    for event in yaml.parse(data, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        nodes += isinstance(event, yaml.NodeEvent)
        aliases += isinstance(event, yaml.AliasEvent)
        line = f"line {event.start_mark.line + 1}" if event.start_mark else "line ?"
        if depth > MAX_DEPTH:
            raise InputError(f"{source}: {line}: values nested more than {MAX_DEPTH} deep; refused")
        if nodes > MAX_NODES:
            raise InputError(f"{source}: {line}: more than {MAX_NODES:,} values; refused")
        if aliases > MAX_ALIASES:
            raise InputError(f"{source}: {line}: more than {MAX_ALIASES} references to anchors; write the values out")


def _line_of(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return "" if mark is None else f"line {mark.line + 1}: "
