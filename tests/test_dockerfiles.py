"""The Dockerfiles, read but not built: what they copy exists, what they install is declared, nobody is root."""

from __future__ import annotations

import fnmatch
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "docker").glob("Dockerfile*"))
INSTRUCTIONS = {"FROM", "WORKDIR", "COPY", "RUN", "ENV", "VOLUME", "USER", "ENTRYPOINT", "CMD"}
PAGE = ROOT / "docs" / "howto" / "install.md"


def instructions(path: Path) -> list[tuple[str, str]]:
    """The instructions of a Dockerfile and what follows each, over continued lines, without comments."""
    text = re.sub(r"^\s*#.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = [line.strip() for line in re.sub(r"\\\n\s*", "", text).splitlines() if line.strip()]
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in lines]


def values(path: Path, name: str) -> list[str]:
    return [rest for word, rest in instructions(path) if word == name]


def sent_to_the_builder(name: str) -> bool:
    """Whether .dockerignore lets a file pass."""
    passes = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.removeprefix("!").removeprefix("**/")
        if line and not line.startswith("#") and fnmatch.fnmatch(name, pattern):
            passes = line.startswith("!")
    return passes


def test_there_is_one_for_a_cpu_and_one_for_a_gpu() -> None:
    assert [path.name for path in FILES] == ["Dockerfile", "Dockerfile.cuda"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
class TestDockerfile:
    def test_every_instruction_is_known(self, path: Path) -> None:
        assert {word for word, _ in instructions(path)} <= INSTRUCTIONS

    def test_two_stages_of_one_base(self, path: Path) -> None:
        first, second = values(path, "FROM")
        assert first == f"{second} AS build"
        assert second.endswith("-slim")

    def test_what_is_copied_exists_and_is_sent(self, path: Path) -> None:
        for rest in values(path, "COPY"):
            if rest.startswith("--from=build"):
                continue
            for name in rest.split()[:-1]:
                assert (ROOT / name).exists(), name
                assert sent_to_the_builder(name), name

    def test_what_is_installed_is_declared(self, path: Path) -> None:
        extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
        (wanted,) = re.findall(r"pip install [^&]*'\.\[([\w,]+)\]'", " ".join(values(path, "RUN")))
        assert set(wanted.split(",")) <= set(extras)
        assert ("gpu" in wanted) == path.name.endswith("cuda")

    def test_it_runs_touchline_as_nobody_special(self, path: Path) -> None:
        words = [word for word, _ in instructions(path)]
        assert values(path, "USER") == ["touchline"]
        assert words.index("USER") < words.index("ENTRYPOINT")
        assert "RUN" not in words[words.index("USER") :]
        assert values(path, "ENTRYPOINT") == ['["touchline"]']

    def test_caches_and_models_are_volumes(self, path: Path) -> None:
        environment = " ".join(values(path, "ENV"))
        assert values(path, "VOLUME") == ['["/cache", "/models"]']
        assert "XDG_CACHE_HOME=/cache" in environment and "XDG_DATA_HOME=/models" in environment

    def test_the_page_has_its_commands(self, path: Path) -> None:
        commands = re.findall(r"^#   (docker .*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert len(commands) == 2
        page = PAGE.read_text(encoding="utf-8")
        for line in commands:
            assert line in page, line


def test_tests_and_the_history_are_not_sent() -> None:
    assert not any(sent_to_the_builder(name) for name in (".git", ".venv", "tests", "docs", "benchmarks"))
