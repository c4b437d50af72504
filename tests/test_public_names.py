"""Every package says what it is and hands out its public names: on demand, documented, typed."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import touchline
from touchline.core.lazy import lazy_names

SOURCE = Path(touchline.__file__).parent
_FOUND = sorted(name for _, name, is_package in pkgutil.walk_packages([str(SOURCE)], "touchline.") if is_package)
PACKAGES = ["touchline", *_FOUND]
WITH_NAMES = [name for name in PACKAGES if not name.startswith("touchline.cli")]
"""The command line is used by its commands, not by imports."""
HEAVY = {"torch", "av", "numpy", "scipy", "openvino", "pydantic", "cv2", "sklearn", "pyarrow"}


@pytest.mark.parametrize("package", WITH_NAMES)
def test_every_public_name_resolves_and_is_documented(package: str) -> None:
    module = importlib.import_module(package)
    assert module.__all__ == sorted(set(module.__all__))
    assert module.__all__
    for name in module.__all__:
        value = getattr(module, name)
        assert name in dir(module)
        if inspect.isclass(value) or inspect.isroutine(value) or inspect.ismodule(value):
            assert inspect.getdoc(value), f"{package}.{name} has no docstring"


@pytest.mark.parametrize("package", WITH_NAMES)
def test_type_checkers_read_the_names_that_python_hands_out(package: str) -> None:
    module = importlib.import_module(package)
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    branch = next(node for node in tree.body if isinstance(node, ast.If))
    read = {
        alias.asname: node.module for node in branch.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    written = ast.literal_eval(next(node for node in ast.walk(tree) if isinstance(node, ast.Dict)))
    assert {name: home for home, names in written.items() for name in names} == read


@pytest.mark.parametrize("package", WITH_NAMES)
def test_no_public_name_hides_a_module(package: str) -> None:
    module = importlib.import_module(package)
    modules = {name for _, name, _ in pkgutil.iter_modules(module.__path__)}
    assert not modules & set(module.__all__)


def test_importing_the_packages_loads_nothing_heavy() -> None:
    code = f"import sys; [__import__(name) for name in {PACKAGES!r}]; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {name.split(".")[0] for name in done.stdout.split()} & HEAVY


def test_an_unknown_name_is_refused_with_those_that_are_there() -> None:
    with pytest.raises(AttributeError, match=r"'touchline' has no attribute 'analyse'; it has .*analyze"):
        _ = touchline.analyse  # type: ignore[attr-defined]


def test_two_modules_cannot_hand_out_one_name() -> None:
    with pytest.raises(ValueError, match="two modules"):
        lazy_names("p", {"a": ("x",), "b": ("x",)})


def test_the_version_is_that_of_the_package() -> None:
    from importlib.metadata import version

    assert touchline.__version__ == version("touchline")
