"""Keeper moments of a bundle, and the pages that show them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from touchline.core.errors import InputError
from touchline.formats.bundle import KEEPERS, Bundle
from touchline.formats.keeper.moments_index import MOMENTS_INDEX, IndexedMoment, read_moments_index
from touchline.report.html import inline_source, static_text
from touchline.review.refusals import Refusal
from touchline.review.schema import KeeperMoment, KeepersAnswer

_INDEX_PAGE = "index.html"


def has_keepers(bundle: Bundle) -> bool:
    """Return whether a bundle holds an index of keeper moments."""
    return (bundle.path / KEEPERS / MOMENTS_INDEX).is_file()


def keeper_moments(bundle: Bundle, *, base: str) -> KeepersAnswer:
    """Return a bundle's keeper moments in order of time.

    Args:
        bundle: the bundle.
        base: address of the pages, without a slash at its end.

    Raises:
        Refusal: there are none, or the index is damaged.

    """
    moments = sorted(_indexed(bundle), key=lambda moment: moment.time_us)
    return KeepersAnswer(moments=[_moment(moment, base=base) for moment in moments], pages=f"{base}/{_INDEX_PAGE}")


def _moment(moment: IndexedMoment, *, base: str) -> KeeperMoment:
    facts = asdict(moment)
    page, anchor = facts.pop("page"), facts.pop("anchor")
    chances = facts.pop("p_range")
    return KeeperMoment(**facts, p_range=None if chances is None else tuple(chances), page=f"{base}/{page}#{anchor}")


def keeper_page(bundle: Bundle, name: str) -> Path:
    """Return the file of a keeper page; a name is looked up in the index, and never becomes a path.

    Raises:
        Refusal: there is no such page.

    """
    folder = bundle.path / KEEPERS
    pages = {_INDEX_PAGE, *(moment.page for moment in _indexed(bundle))}
    known = {page: folder / page for page in pages if Path(page).name == page and page.endswith(".html")}
    if name not in known or not known[name].is_file() or known[name].is_symlink():
        raise Refusal("not_found", "there is no such page in this bundle")
    return known[name]


def keeper_page_policy() -> str:
    """Return the content security policy of keeper pages: of all scripts, only this package's own runs."""
    allowed = [
        "default-src 'none'",
        f"script-src '{inline_source(static_text('keeper.js'))}'",
        "style-src 'unsafe-inline'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
    return "; ".join(allowed)


def _indexed(bundle: Bundle) -> tuple[IndexedMoment, ...]:
    """Return the index of a bundle.

    Raises:
        Refusal: there is none, or it is damaged.

    """
    if not has_keepers(bundle):
        raise Refusal("not_found", "the bundle holds no keeper moments")
    try:
        return read_moments_index(bundle.path / KEEPERS)
    except InputError as error:
        raise Refusal("failed", str(error)) from error
