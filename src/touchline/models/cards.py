"""Model cards: what a model was trained on, what was measured on held-out data, and where it was never tried.

A card is a Markdown file beside the model's file, with the same stem. Two of its paragraphs are for people who see
results and will not read a card: ``**Measured**: ...`` and ``**Not measured**: ...``, each one phrase.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from touchline.formats.files.checksum import file_sha256
from touchline.formats.files.text_lines import read_text
from touchline.models.folders import builtin_folder, user_folder

_SUFFIXES = (".safetensors", ".json")
_PHRASE = r"^\*\*{}\*\*:\s*(.+?)\.?\s*(?:\n\s*\n|\n\*\*|\Z)"


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A model's card.

    Attributes:
        name: the model's name.
        measured: what was measured, and on what; "" if the card does not say.
        not_measured: where the model was never measured; "" if the card does not say.
        text: the whole card, Markdown.

    """

    name: str
    measured: str
    not_measured: str
    text: str


def find_card(name: str, *, sha256: str) -> ModelCard | None:
    """Return the card of an installed model, the user's or a built-in one.

    Args:
        name: the model's name.
        sha256: hash of the model's file; a card of another model with this name is not returned.

    """
    for folder in (user_folder(), builtin_folder()):
        for suffix in _SUFFIXES:
            model = folder / (name + suffix)
            card = model.with_suffix(".md")
            if card.is_file() and model.is_file() and file_sha256(model) == sha256:
                return read_card(card)
    return None


def read_card(path: Path) -> ModelCard:
    """Read a card."""
    text = read_text(path)
    return ModelCard(path.stem, _phrase("Measured", text), _phrase("Not measured", text), text)


def _phrase(name: str, text: str) -> str:
    found = re.search(_PHRASE.format(name), text, re.MULTILINE | re.DOTALL)
    return " ".join(found[1].split()) if found else ""
