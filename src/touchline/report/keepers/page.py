"""The keeper pages: one self-contained HTML file for each keeper, needing no network and fit for printing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

from markupsafe import Markup

from touchline.core.shots import GOAL, SAVED
from touchline.formats.files.atomic import make_folder, write_text_atomic
from touchline.formats.files.ours import check_made_here
from touchline.goalkeeping.expected_saves import SaveModel
from touchline.goalkeeping.moments import UNNAMED, Moment, by_keeper
from touchline.goalkeeping.technique import Techniques
from touchline.report.html import PAGE_MARKS, policy, render, static_text
from touchline.report.keepers.numbers import count_saves, in_words, remarks
from touchline.report.keepers.sections.registry import CARD_SECTIONS
from touchline.report.keepers.sections.section import Known

_WITHOUT_MARKS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae"})
_OUTCOMES = {SAVED: "saved", GOAL: "goal"}


def write_keeper_pages(
    folder: Path, moments: Sequence[Moment], *, model: SaveModel, techniques: Techniques, source: str
) -> dict[str, Path]:
    """Write a page for each keeper, and ``index.html`` that lists them.

    Args:
        folder: folder for the pages; created if missing.
        moments: moments of any number of keepers.
        model: the expected-saves model, for the maps.
        techniques: the known techniques.
        source: description of the pages' source.

    Returns:
        The path of each keeper's page by the keeper's name.

    Raises:
        UsageError: a page of that name exists that was not made here; nothing is written.

    """
    known, keepers = Known(model, techniques), by_keeper(moments)
    pages: dict[str, Path] = {}
    for keeper in keepers:
        pages[keeper] = folder / _file_name(keeper, taken=[page.name for page in pages.values()])
    for path in (*pages.values(), folder / "index.html"):
        check_made_here(path, *PAGE_MARKS)
    make_folder(folder)
    for keeper, own in keepers.items():
        write_text_atomic(pages[keeper], _keeper_page(keeper, own, known=known, source=source))
    write_text_atomic(folder / "index.html", _index_page(keepers, pages, source=source))
    return pages


def anchor_of(index: int) -> str:
    """Return the id of a keeper's moment on the page, from its index among the keeper's moments."""
    return f"moment-{index + 1}"


def _keeper_page(keeper: str, moments: Sequence[Moment], *, known: Known, source: str) -> str:
    heading = _heading(keeper, moments)
    return render(
        "keepers/keeper.html",
        title=f"{heading}: goalkeeping",
        keeper=heading,
        one_person=heading == keeper,
        source=source,
        summary=in_words(moments),
        remarks=remarks(known.model, known.techniques),
        cards=[{**_card(moment, known), "anchor": anchor_of(index)} for index, moment in enumerate(moments)],
        **_own_files(),
    )


def _index_page(keepers: Mapping[str, Sequence[Moment]], pages: Mapping[str, Path], *, source: str) -> str:
    rows = [(_heading(keeper, own), pages[keeper].name, count_saves(own)) for keeper, own in keepers.items()]
    return render("keepers/index.html", title="Goalkeepers", source=source, rows=rows, **_own_files())


def _heading(keeper: str, moments: Sequence[Moment]) -> str:
    """Return the keeper's name; moments that name nobody may be of several people."""
    unnamed = keeper == UNNAMED and all(moment.keeper is None for moment in moments)
    return "Keepers without a name" if unnamed else keeper


def _card(moment: Moment, known: Known) -> dict[str, object]:
    """Return a moment's card: its title, its outcome, and the values of its sections."""
    outcome = "" if moment.shot is None else moment.shot.outcome or ""
    shown = [(section.template, section.values(moment, known)) for section in CARD_SECTIONS]
    return {
        "title": moment.title,
        "outcome": _OUTCOMES.get(outcome, outcome),
        "narrow": moment.saves is None,
        "sections": [(f"keepers/{template}", values) for template, values in shown if values is not None],
    }


def _own_files() -> dict[str, Markup]:
    """Return style, script and the policy that allows only these."""
    style, script = static_text("keeper.css"), static_text("keeper.js")
    return {"style": Markup(style), "script": Markup(script), "policy": policy(style=style, script=script)}


def _file_name(keeper: str, *, taken: Sequence[str]) -> str:
    """Return a unique file name derived from a keeper's name."""
    plain = unicodedata.normalize("NFKD", keeper.lower().translate(_WITHOUT_MARKS))
    slug = re.sub(r"[^a-z0-9]+", "-", re.sub(r"[\u0300-\u036f]", "", plain)).strip("-")[:60] or "keeper"
    name, number = f"{slug}.html", 2
    while name in taken or name == "index.html":
        name, number = f"{slug}-{number}.html", number + 1
    return name
