"""The front end's types are those of the server's bodies."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

_FRONTEND = Path(__file__).parents[2] / "frontend"


@pytest.fixture(scope="module")
def make_types() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_types", _FRONTEND / "make_types.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_types_ts_is_what_the_schema_gives(make_types: ModuleType) -> None:
    written = (_FRONTEND / "src" / "review" / "types.ts").read_text(encoding="utf-8")
    assert written == make_types.types_text(), "run: python frontend/make_types.py"


def test_optional_nullable_and_nested_types(make_types: ModuleType) -> None:
    text = make_types.types_text()
    assert "  end_us: (number | null)[];" in text
    assert "  lead_us?: number | null;" in text
    assert "  spans: [number, number][];" in text
    assert "  thresholds: Record<string, number>;" in text
    assert 'state: "accepted" | "rejected";' in text
    assert "export type EntryPost = DoPost | UndoPost | RedoPost;" in text
