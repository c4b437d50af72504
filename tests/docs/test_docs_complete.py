"""Everything the program offers is in the documentation, and the documentation offers nothing else."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from docpages import DOCS, PAGES, ROOT, commands, fenced, page, section

import touchline
from touchline.core import errors
from touchline.core.labels import LABEL_SETS
from touchline.formats import bundle, sound
from touchline.training.shipped_recipes import recipe_names_for

BUILTIN = ROOT / "src" / "touchline" / "models" / "builtin"
SOURCE = ROOT / "src" / "touchline"
RECIPES = sorted((ROOT / "recipes").glob("*.yaml"))
FILE_ENDINGS = {".json", ".npz", ".parquet", ".txt", ".mp4", ".html"}
OTHER_OPTIONS = {"--help", "--version", "--seed", "--detections", "--no-deps"}
"""Options of the program itself, and options of pip and of scripts in ``benchmarks`` that a page names."""


def command_of(words: list[str]) -> str:
    """The longest command that a line begins with; empty where it begins with none."""
    names = [" ".join(words[:count]) for count in (3, 2)]
    return next((name for name in names if name in commands()), "")


def shell_lines(text: str) -> list[str]:
    """The command lines of a page's console blocks, continued lines joined."""
    blocks = "\n".join(fenced(text, "console")).replace("\\\n", " ")
    return [line.removeprefix("$ ") for line in blocks.splitlines() if line.startswith("$ touchline ")]


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_and_option_is_in_the_reference(name: str) -> None:
    text = section(page("reference/cli.md"), name)
    assert text.strip(), f"no section {name!r}"
    options = {option for option in commands()[name] if option.startswith("-")}
    assert {option for option in options if option not in re.findall(r"-[\w-]+", text)} == set()


def test_every_argument_is_in_the_reference() -> None:
    assert "`VIDEO..." in section(page("reference/cli.md"), "touchline spot")


def test_every_exit_code_is_in_the_reference() -> None:
    table = section(page("reference/cli.md"), "Exit codes")
    found = {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}
    constants = {value for name, value in vars(errors).items() if name.startswith("EXIT_")}
    raised = {value.exit_code for value in vars(errors).values() if hasattr(value, "exit_code")}
    assert found == constants
    assert raised <= found


def test_every_file_of_a_bundle_is_in_the_reference() -> None:
    constants = [value for module in (bundle, sound) for name, value in vars(module).items() if name.isupper()]
    files = {value for value in constants if isinstance(value, str) and Path(value).suffix in FILE_ENDINGS}
    assert {"manifest.json", "sound.npz", "report.html"} <= files
    folders = {f"{bundle.KEEPERS}/", "features/"}
    text = page("reference/bundle.md")
    assert {name for name in files | folders if f"| `{name}` |" not in text} == set()


def test_every_column_of_the_tracks_is_in_the_reference() -> None:
    from touchline.formats.boxes import tracks_parquet

    text = section(page("reference/bundle.md"), "tracks.parquet")
    named = set(re.findall(r"`(\w+)`", text))
    columns = re.findall(r"``(\w+)``", (tracks_parquet.__doc__ or "").split("Columns:")[1].split(".")[0])
    assert set(columns) <= named


def test_every_built_in_model_is_in_the_reference_with_its_card() -> None:
    files = [path for path in BUILTIN.iterdir() if path.suffix in {".safetensors", ".json"}]
    names = {path.stem for path in files if not path.name.endswith(".measured.json")}
    text = page("reference/models.md")
    for name in names:
        assert (BUILTIN / f"{name}.md").is_file(), f"{name} has no card"
        assert len(section(text, name).split()) > 100, f"{name}: no card in the reference"
    assert {path.stem for path in BUILTIN.glob("*.md")} == names


def test_every_built_in_model_is_on_the_page_about_trust() -> None:
    text = page("trust.md")
    names = {path.stem for path in BUILTIN.glob("*.md")}
    assert {name for name in names if f"`{name}`" not in text} == set()


def test_every_recipe_is_in_the_reference() -> None:
    text = page("reference/recipes.md")
    assert len(RECIPES) > 10
    for path in RECIPES:
        assert f"| `recipes/{path.name}` |" in text, f"{path.name} is not in the table"
        first_line = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        assert first_line in section(text, path.name), f"{path.name}: its first lines are not in the reference"
    assert set(re.findall(r"recipes/([\w-]+\.yaml)", text)) <= {path.name for path in RECIPES}


@pytest.mark.parametrize("name", sorted(LABEL_SETS))
def test_every_label_set_is_in_the_reference(name: str) -> None:
    known = LABEL_SETS[name]
    named = re.findall(r"`([^`]+)`", section(page("reference/label-sets.md"), name))
    assert named[: len(known.labels)] == list(known.labels)
    assert {*known.file_names, *known.classes, known.metric} <= set(named)


def test_every_public_name_is_in_the_reference() -> None:
    from api_reference import ROOMS, packages, public_names

    text = page("reference/api.md") + page("reference/packages.md")
    assert set(ROOMS) == {path.parent.name for path in SOURCE.glob("*/__init__.py")} - {"cli"}
    for module in (touchline, *packages()):
        name = module.__name__
        found = re.findall(rf"(?:^\.\. auto\w+:: |^- `){re.escape(name)}\.(\w+)", section(text, name), re.MULTILINE)
        assert found == public_names(module), name


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(DOCS)))
def test_commands_and_options_of_a_page_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for line in shell_lines(text):
        words = shlex.split(line, comments=True)
        name = command_of(words)
        assert name, f"{path.name}: no such command: {line}"
        given = {word.split("=")[0] for word in words if word.startswith("--") and word != "--"}
        assert given <= commands()[name], f"{path.name}: {name} has no {given - commands()[name]}"
    known = frozenset[str]().union(*commands().values()) | OTHER_OPTIONS
    spans = [span for span in re.findall(r"`(touchline [^`\n]*|--[^`\n]*)`", text)]
    named = {option for span in spans for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", span)}
    assert named <= known, f"{path.name}: no command has {named - known}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(DOCS)))
def test_scripts_and_recipes_that_a_page_names_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    scripts = set(re.findall(r"\b((?:benchmarks|examples|tests)/[\w/]+\.(?:py|json))", text))
    assert {name for name in scripts if not (ROOT / name).is_file()} == set()
    recipes = set(re.findall(r"\brecipes/([\w-]+\.yaml)", text))
    assert recipes <= {each.name for each in RECIPES}
    for verb in ("train", "distill"):
        named = set(re.findall(rf"touchline {verb} ([a-z][\w-]+)", text))
        assert named <= set(recipe_names_for(verb)), f"{path.name}: touchline {verb}"


def test_every_folder_of_the_package_is_explained() -> None:
    text = section(page("explanation/architecture.md"), "Folders")
    assert {path.parent.name for path in SOURCE.glob("*/__init__.py") if f"`{path.parent.name}/`" not in text} == set()


def test_the_index_for_language_models_lists_every_page() -> None:
    text = (ROOT / "llms.txt").read_text(encoding="utf-8")
    assert text.startswith("# touchline\n\n> ")
    listed = set(re.findall(r"\]\((docs/[^)]+)\)", text))
    pages = {str(path.relative_to(ROOT)) for path in PAGES if path.name != "index.md" or path.parent == DOCS}
    assert listed == pages


AVOID = (
    "is told",
    "are told",
    "is said so",
    "to be had",
    "that is none",
    "narrower",
    "of one's own",
    "what makes them",
)


@pytest.mark.parametrize("path", [*PAGES, ROOT / "llms.txt"], ids=lambda path: path.stem)
def test_pages_are_in_plain_english(path: Path) -> None:
    text = " ".join(path.read_text(encoding="utf-8").split())
    assert [words for words in AVOID if words in text] == []
