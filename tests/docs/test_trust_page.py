"""Every number of the page on trust agrees with its result; every built-in model says what it was measured on."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from touchline.models.cards import read_card
from touchline.models.folders import builtin_folder
from touchline.models.measured import measured_path, read_measured

ROOT = Path(__file__).parent.parent.parent
MODELS = sorted(path for path in builtin_folder().iterdir() if re.fullmatch(r"[\w-]+\.(safetensors|json)", path.name))


@pytest.fixture(scope="module")
def trust() -> ModuleType:
    spec = importlib.util.spec_from_file_location("trust_command", ROOT / "benchmarks" / "trust.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_agrees_with_the_results(trust: ModuleType) -> None:
    assert trust.problems(trust.PAGE.read_text(encoding="utf-8")) == []


def test_a_changed_and_an_unknown_number_are_found(trust: ModuleType) -> None:
    page = trust.PAGE.read_text(encoding="utf-8")
    found = trust.problems(page.replace("HOTA 61.2 offline", "HOTA 63.4 offline") + "\nAP50 is 0.123.\n")
    assert any("not on the page: 'HOTA 61.2 offline" in problem for problem in found)
    assert any("63.4" in problem for problem in found) and any("0.123" in problem for problem in found)


@pytest.mark.parametrize("model", MODELS, ids=lambda path: path.stem)
def test_every_built_in_model_says_what_it_was_measured_on(model: Path) -> None:
    about, card = read_measured(measured_path(model)), read_card(model.with_suffix(".md"))
    assert about.footage and about.finds and about.licence and about.interval_note
    assert about.held_out or about.interval_note.startswith("not measured by match: ")
    assert all(one.match and one.metric for one in about.held_out)
    assert about.not_measured == card.not_measured
    for one in about.held_out:
        shown = f"{one.value:g}".lstrip("0")
        assert shown in card.text or f"{100 * one.value:g} %" in card.text, f"{model.stem}: {one} is not in its card"
