"""Every extra stands in pyproject.toml and in the program, and optional packages are imported through one function."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

import touchline
from touchline.core.errors import EXIT_USAGE, UsageError
from touchline.core.extras import EXTRAS, MissingPackageError, install_line, missing_package, need, need_extra
from touchline.core.lazy import lazy_names

SOURCE = Path(touchline.__file__).parent
PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
OUR_OWN_TOOLS = {"all", "docs", "dev", "parity"}
"""Extras that no code of the package asks for."""
IMPORTED_AT_THE_TOP = {
    "torch": {"synthetic", "models", "spotting", "tracking", "recognition", "goalkeeping", "features", "training"},
    "starlette": {"review", "live"},
    "uvicorn": {"review", "live"},
}
"""Modules that whole rooms are built on: their commands ask for them first; any other import is turned into words."""


def project() -> dict:
    return tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]


def name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found
    return found[0].lower()


def test_the_program_knows_the_extras_of_the_package() -> None:
    declared = {name: {name_of(one) for one in wanted} for name, wanted in project()["optional-dependencies"].items()}
    known = {name: set(extra.modules.values()) for name, extra in EXTRAS.items()}
    assert known == {name: packages for name, packages in declared.items() if name not in OUR_OWN_TOOLS}


def test_all_is_every_extra() -> None:
    assert project()["optional-dependencies"]["all"] == [f"touchline[{','.join(EXTRAS)}]"]


def test_the_tests_have_all_that_they_need() -> None:
    """Of the extras only those that download much, or that no test uses, are not in dev."""
    dev = project()["optional-dependencies"]["dev"][0]
    inside = set(dev.removeprefix("touchline[").removesuffix("]").split(","))
    assert set(EXTRAS) - inside <= {"hub", "clock"}


def test_the_core_needs_no_package_of_an_extra() -> None:
    core = {name_of(one) for one in project()["dependencies"]}
    optional = {package for extra in EXTRAS.values() for package in extra.modules.values()}
    assert not core & optional


def test_the_doctor_looks_at_every_package_of_the_core() -> None:
    from touchline.cli.health.packages import CORE

    assert set(CORE) == {"touchline", *(name_of(one) for one in project()["dependencies"])}


def test_optional_packages_are_imported_through_need() -> None:
    optional = {module for extra in EXTRAS.values() for module in extra.modules}
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        room = path.relative_to(SOURCE).parts[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in {name.split(".")[0] for name in names} & optional:
                if room not in IMPORTED_AT_THE_TOP.get(name, ()):
                    found.append(f"{path.relative_to(SOURCE)}:{node.lineno}: {name}")
    looked_for_first = ("analysis/environment.py", "models/runtime/graphs.py")
    assert [line for line in found if not line.startswith(looked_for_first)] == []


def test_what_is_there_is_imported() -> None:
    assert need("json.decoder", what="this") is sys.modules["json.decoder"]


def test_what_is_missing_comes_with_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    for module in ("sklearn.svm", "sklearn.cluster"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    with pytest.raises(MissingPackageError, match=r"^a fit needs scikit-learn: pip install 'touchline\[train\]'$"):
        need("sklearn.svm", what="a fit")
    with pytest.raises(
        MissingPackageError, match=r"^a map needs scikit-learn: pip install 'touchline\[keeper\]', or not$"
    ):
        need("sklearn.cluster", what="a map", extra="keeper", instead=", or not")
    with pytest.raises(UsageError, match=r"the review tool needs starlette: pip install 'touchline\[review\]'"):
        monkeypatch.setitem(sys.modules, "starlette", None)
        need_extra("review", what="the review tool")
    assert MissingPackageError("x").exit_code == EXIT_USAGE


def test_one_module_of_an_extra_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    need_extra("train", what="training", modules=("torch",))
    with pytest.raises(MissingPackageError, match=r"tensorboard: pip install 'touchline\[train\]'"):
        need_extra("train", what="training", modules=("tensorboard",))


def test_a_failed_import_of_an_extra_is_put_into_words() -> None:
    found = missing_package(ModuleNotFoundError("No module named 'torch.nn'", name="torch.nn"))
    assert found is not None and str(found).endswith(f"needs torch: {install_line('gpu')}")
    assert missing_package(ModuleNotFoundError("No module named 'numpy'", name="numpy")) is None
    assert missing_package(ImportError("cannot import name 'x' from 'torch'", name="torch")) is None


def test_a_public_name_says_what_it_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wants_torch.py").write_text("import starlette\nthing = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "starlette", None)
    _, fetch, _ = lazy_names(__name__, {"wants_torch": ("thing",)})
    with pytest.raises(MissingPackageError, match=r"starlette: pip install 'touchline\[review\]'"):
        fetch("thing")
