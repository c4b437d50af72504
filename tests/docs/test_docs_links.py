"""Links between pages, to headings and to files of the repository lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from docpages import DOCS, FENCE, PAGES, ROOT, page

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
SOURCES = [*PAGES, ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "llms.txt"]


def text_of(path: Path) -> str:
    """A page with its generated text, or another file as it is."""
    return page(str(path.relative_to(DOCS))) if path in PAGES else path.read_text(encoding="utf-8")


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub and MyST make them."""
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(source: Path, link: str) -> str:
    """Why a link leads nowhere; empty where it leads somewhere."""
    target, _, anchor = link.partition("#")
    path = (source.parent / target).resolve() if target else source
    if not path.exists():
        return f"{link}: no file {path}"
    if anchor and anchor not in anchors(text_of(path)):
        return f"{link}: {path.name} has no heading {anchor!r}"
    return ""


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    links = [link for link in LINK.findall(FENCE.sub("", text_of(path))) if "://" not in link]
    assert [why for link in links if (why := broken(path, link))] == []


def test_a_broken_link_is_found() -> None:
    assert broken(DOCS / "index.md", "nowhere.md")
    assert broken(DOCS / "index.md", "trust.md#nothing-there")
    assert not broken(DOCS / "index.md", "trust.md#ball")


def test_pages_that_code_and_recipes_name_exist() -> None:
    files = [
        path
        for folder in ("src", "tests", "recipes", "benchmarks")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".md", ".yaml"}
    ]
    named = {(path, name) for path in files for name in re.findall(r"\bdocs/[\w/-]+\.md", path.read_text("utf-8"))}
    assert named
    assert {(path, name) for path, name in named if not (ROOT / name).is_file()} == set()
