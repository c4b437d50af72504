"""Lists that are written from the code: exit codes, label sets, built-in models with their cards, and recipes."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from touchline.core import errors
from touchline.core.labels import LABEL_SETS, LabelSet

ROOT = Path(__file__).parents[2]
BUILTIN = ROOT / "src" / "touchline" / "models" / "builtin"
RECIPES = ROOT / "recipes"

_MEANINGS = {
    "EXIT_OK": "done",
    "EXIT_BUG": "a bug in touchline; run again with `--debug` and report it",
    "EXIT_USAGE": "the request is wrong: an unknown option or label, models that do not fit together, "
    "a folder, pipe or URL in place of a video",
    "EXIT_INPUT": "the input cannot be used: empty, no video, damaged beyond use, not a model file",
    "EXIT_DEGRADED": "finished, but parts of a video were lost, a head lacked one of its streams, "
    "or some of several inputs failed",
    "EXIT_RESOURCES": "out of resources: disk full, folder not writable, no such device, out of memory, "
    "bundle in use by another process",
    "EXIT_NETWORK": "the network failed",
    "EXIT_STOPPED": "`batch work` was stopped by SIGTERM; what was analysed is in the store, the next worker continues",
    "EXIT_INTERRUPTED": "interrupted by Ctrl-C or SIGTERM; run the same command again to continue",
}


def exit_codes() -> str:
    """A table of every ``EXIT_`` constant in :mod:`touchline.core.errors`."""
    rows = [f"| {getattr(errors, name)} | {_MEANINGS[name]} |" for name in exit_code_names()]
    return "\n".join(["| code | meaning |", "|---|---|", *rows, ""])


def exit_code_names() -> list[str]:
    """The constants, in the order of their codes."""
    return sorted((name for name in vars(errors) if name.startswith("EXIT_")), key=lambda name: getattr(errors, name))


def label_sets() -> str:
    """A section a label set: its labels in order, its files, and how it is scored."""
    return "\n".join(f"## {known.name}\n\n{_label_set(known)}\n" for known in LABEL_SETS.values())


def _label_set(known: LabelSet) -> str:
    lines = [f"{len(known.labels)} labels, in this order: {_code(known.labels)}.", ""]
    if known.classes:
        lines += [
            f"- Scored classes: {_code(known.classes)}. A label counts for the first class that its text contains."
        ]
    if known.file_names:
        lines += [f"- Label files: {_code(known.file_names)}"]
    lines += [f"- Scored with `{known.metric}`, times rounded to {known.fps:g} frames per second"]
    return "\n".join(lines)


def _code(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def model_names() -> list[str]:
    """The built-in models: every file of weights or numbers that ships."""
    files = [path for path in BUILTIN.iterdir() if path.suffix in {".safetensors", ".json"}]
    return sorted(path.stem for path in files if not path.name.endswith(".measured.json"))


def models() -> str:
    """The card of every built-in model, its headings one level deeper."""
    return "\n".join(_card(name) for name in model_names())


def _card(name: str) -> str:
    text = (BUILTIN / f"{name}.md").read_text(encoding="utf-8")
    return re.sub(r"^(#+ )", r"#\1", text, flags=re.MULTILINE)


def recipe_paths() -> list[Path]:
    """The shipped recipes."""
    return sorted(RECIPES.glob("*.yaml"))


def recipes() -> str:
    """A section a recipe: what its first lines say, how to run it, what it makes."""
    return "\n".join(_recipe(path) for path in recipe_paths())


def _recipe(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    settings = yaml.safe_load(text)
    facts = f"Task `{settings['task']}`, makes `{settings['name']}`"
    if "description" in settings:
        facts += f": {settings['description'].strip().rstrip('.')}"
    return "\n".join([f"## {path.name}", "", f"{facts}.", "", "```text", *_first_comment(text), "```", ""])


def _first_comment(text: str) -> list[str]:
    """The comment a file begins with, without its marks."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.removeprefix("#").removeprefix(" ").rstrip())
    return lines
