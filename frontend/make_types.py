"""Write ``src/review/types.ts``: the bodies of the review server's API as TypeScript, from their pydantic models.

Run it after a change of ``touchline/review/schema.py``: ``python frontend/make_types.py``.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from touchline.core.corrections.values import MAX_SHIRT_NUMBER
from touchline.review.schema import ANSWERS, REQUESTS

TYPES = Path(__file__).parent / "src" / "review" / "types.ts"
_HEAD = "// Made by frontend/make_types.py from touchline/review/schema.py; do not edit.\n"
_CONSTANTS = (
    f"/** Largest number on a shirt; the smallest is 0. */\nexport const MAX_SHIRT_NUMBER = {MAX_SHIRT_NUMBER};\n"
)
_SIMPLE = {"integer": "number", "number": "number", "string": "string", "boolean": "boolean", "null": "null"}
_WIDTH = 120


def types_text() -> str:
    """Return the content of ``types.ts``."""
    adapters = [(index, "validation", TypeAdapter(body)) for index, body in enumerate((*ANSWERS, *REQUESTS))]
    _, schema = TypeAdapter.json_schemas(adapters)  # type: ignore[arg-type]
    named = schema["$defs"]
    return "\n".join([_HEAD, _CONSTANTS, *(_declaration(name, named[name]) for name in sorted(named))])


def _declaration(name: str, schema: Mapping[str, Any]) -> str:
    """Return an interface for an object, a type for anything else."""
    if schema.get("type") != "object":
        return f"{_comment(schema, indent='')}export type {name} = {_type(schema)};\n"
    required = set(schema.get("required", ()))
    lines = [f"{_comment(schema, indent='')}export interface {name} {{"]
    for key, value in schema.get("properties", {}).items():
        optional = "" if key in required else "?"
        lines.append(f"{_comment(value, indent='  ')}  {key}{optional}: {_type(value)};")
    return "\n".join([*lines, "}\n"])


def _comment(schema: Mapping[str, Any], *, indent: str) -> str:
    """Return the description as a comment with its line end; "" without one."""
    text = " ".join(schema.get("description", "").split()).replace("*/", "* /")
    if not text:
        return ""
    if len(line := f"{indent}/** {text} */") <= _WIDTH:
        return line + "\n"
    lines = textwrap.wrap(text, _WIDTH - len(indent) - 3)
    return "\n".join([f"{indent}/**", *(f"{indent} * {line}" for line in lines), f"{indent} */\n"])


def _type(schema: Mapping[str, Any]) -> str:
    """Return the TypeScript type of a JSON schema."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return " | ".join(dict.fromkeys(_type(option) for option in options))
    if "const" in schema or "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema.get("enum", [schema.get("const")]))
    kind = schema["type"]
    if kind == "array":
        return _array(schema)
    if kind == "object":
        return f"Record<string, {_type(schema['additionalProperties'])}>"
    return _SIMPLE[kind]


def _array(schema: Mapping[str, Any]) -> str:
    """Return the type of an array or a tuple."""
    if "prefixItems" in schema:
        return f"[{', '.join(_type(item) for item in schema['prefixItems'])}]"
    inner = _type(schema["items"])
    return f"({inner})[]" if " | " in inner else f"{inner}[]"


if __name__ == "__main__":
    TYPES.parent.mkdir(parents=True, exist_ok=True)
    TYPES.write_text(types_text(), encoding="utf-8")
