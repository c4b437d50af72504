"""The page of a season: what it shows, that it is strict and small, and how it looks in a browser."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from seasonbundles import MadeMatch, write_made_bundle
from touchline.report.html import inline_source, static_text
from touchline.season import index_season
from touchline.season.page import write_season_page
from touchline.season.page.network import network, short_name

CHROMIUM = shutil.which("chromium")
EVERY = "[...document.querySelectorAll('{}')]"
NASTY = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("season 1 & 2")
    paths, names = [], ["bundle,team,person,name"]
    for number in range(9):
        match = MadeMatch(minutes=12.0, rate_hz=2.5, passes=60, seed=number, verdict=("like", "unlike")[number % 2])
        paths.append(write_made_bundle(folder / f"game-{number}.touchline", match).path)
        names += [f"game-{number},A,,Leeds", f'game-{number},B,,"{NASTY}"', f"game-{number},A,4,4 Aaronson"]
        names += [f"game-{number},A,{n},Player {n}" for n in (1, 2, 3, 5, 6, 7, 8, 9, 10, 11)]
    (paths[0] / "report.html").write_text("<html>")
    (folder / "teams.csv").write_text("\n".join(names))
    (folder / "bad.touchline").mkdir()
    result = index_season([*paths, folder / "bad.touchline"], folder / "season.touchline", names=folder / "teams.csv")
    return write_season_page(result.folder)


def test_the_page_says_what_it_rests_on(page: Path) -> None:
    text = page.read_text()
    assert "<title>season 1 &amp; 2" in text
    assert "measured on: 5 like, 4 unlike." in text
    assert "0 of 9 matches reviewed by a person" in text and "100.0 % of the video was analysed." in text
    assert "1 bundle is left out" in text and "bad.touchline" in text
    assert "made-spotter" in text and "abababababab" in text
    assert '<a href="../game-0.touchline/report.html">game-0</a>' in text


def test_the_page_runs_nothing_and_names_are_text(page: Path) -> None:
    text = page.read_text()
    assert NASTY not in text and "&lt;script&gt;" in text
    assert "<script" not in text
    assert "default-src 'none'" in text and f"'{inline_source(static_text('season.css'))}'" in text.replace(
        "&#39;", "'"
    )
    assert not re.search(r'(?:src|href)="(?:https?:)?//', text)


def test_players_over_matches_have_intervals_by_matches(page: Path) -> None:
    row = re.search(r'<th scope="row">4 Aaronson(.*?)</tr>', page.read_text(), re.DOTALL)
    assert row is not None
    cells = re.findall(r"<td[^>]*>(.*?)</td>", row[1], re.DOTALL)
    assert cells[1:3] == ["9", "108"]
    assert "few" not in row[1]
    assert re.match(r"\d+\.\d <span class=\"interval\">\[\d+\.\d to \d+\.\d\]", cells[6])


def test_the_page_of_an_empty_season_is_a_page(tmp_path: Path) -> None:
    result = index_season([], tmp_path / "season.touchline")
    text = write_season_page(result.folder, title="Nothing").read_text()
    assert "<h1>Nothing</h1>" in text and "No events." in text


def test_the_same_season_gives_the_same_page(page: Path) -> None:
    before = page.read_bytes()
    assert write_season_page(page.parent).read_bytes() == before


def test_a_network_draws_the_busiest_and_lists_them() -> None:
    places = {"a": (0.0, 0.0), "b": (1.0, 0.0), "c": (30.0, 30.0), "d": (0.0, 9.0)}
    names = {who: who.upper() for who in places}
    found = network({("a", "b"): 5, ("b", "a"): 2, ("a", "c"): 1, ("d", "x"): 9}, places, names)
    assert [edge["title"] for edge in found["edges"]] == ["A to C: 1; back: 0", "A to B: 5; back: 2"]
    assert found["pairs"] == [("A", "B", 5), ("B", "A", 2), ("A", "C", 1)]
    dots = {node["name"]: (node["x"], -node["y"]) for node in found["nodes"]}
    assert set(dots) == {"A", "B", "C"} and dots["C"] == (30.0, 30.0)
    assert dots["B"][0] - dots["A"][0] == pytest.approx(4.5), "moved apart"
    assert network({("a", "x"): 3}, places, names) is None


def test_long_names_become_their_last_word() -> None:
    assert short_name("7 Alexander-Arnold") == "7 Alexander-…"
    assert short_name("10 Kevin De Bruyne") == "10 Bruyne"
    assert short_name("Saka") == "Saka"


@pytest.mark.chromium
@pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium")
@pytest.mark.parametrize(("width", "scheme"), [(380, "dark"), (1400, "light")])
def test_the_page_fits_and_asks_for_nothing(page: Path, width: int, scheme: str) -> None:
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        try:
            tab = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
            wrong: list[str] = []
            tab.on("console", lambda message: wrong.append(message.text))
            tab.on(
                "request", lambda asked: None if asked.url.startswith(("file:", "data:")) else wrong.append(asked.url)
            )
            tab.goto(page.resolve().as_uri())
            assert tab.evaluate("document.documentElement.scrollWidth") <= width
            assert tab.locator("svg.network").count() == 2
            heights = tab.evaluate(f"{EVERY.format('nav a, summary')}.map(e => e.getBoundingClientRect().height)")
            assert min(heights) >= 24, "targets are large enough for a finger"
            tab.keyboard.press("Tab")
            assert tab.evaluate("document.activeElement.textContent") == "Skip to the matches"
            ids = tab.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
            assert len(ids) == len(set(ids))
            for target in tab.evaluate(
                "[...document.querySelectorAll('nav a')].map(e => e.getAttribute('href').slice(1))"
            ):
                assert target in ids
            assert wrong == []
        finally:
            browser.close()
