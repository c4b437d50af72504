"""The coach's report: a page for each keeper, in one file that needs no network and prints well."""

from __future__ import annotations

import base64
import html
import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from touchline.core.shots import GOAL, SAVED, Shot
from touchline.formats.files.atomic import make_folder, write_text_atomic
from touchline.goalkeeping.expected_saves import SaveModel
from touchline.goalkeeping.maps import KeeperPlace, optimal_map
from touchline.goalkeeping.moments import Moment, SaveChance, SeenKeeper, by_keeper
from touchline.goalkeeping.technique import Techniques
from touchline.media.stills import encode_still
from touchline.render.skeleton_picture import draw_pose
from touchline.report.keeper_drawings import (
    COLOURS,
    bars,
    chance_svg,
    map_svg,
    pose_map_svg,
    skeleton_svg,
)
from touchline.report.page_parts import sha256_source, static_text

CELL_YD = 1.0
_WITHOUT_MARKS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae"})


def write_keeper_pages(
    folder: Path, moments: Sequence[Moment], *, model: SaveModel, techniques: Techniques, source: str
) -> dict[str, Path]:
    """Write a page for each keeper, and ``index.html`` that lists them.

    Args:
        folder: made where it is missing.
        moments: of any number of keepers.
        model: of expected saves, for the maps.
        techniques: known ones.
        source: what the pages were made from, in words.

    Returns:
        Each keeper's page by name.

    """
    make_folder(folder)
    pages: dict[str, Path] = {}
    for keeper, own in by_keeper(moments).items():
        path = folder / f"{_file_name(keeper, taken=[page.name for page in pages.values()])}"
        body = _keeper_body(keeper, own, model=model, techniques=techniques, source=source)
        write_text_atomic(path, page(f"{keeper}: goalkeeping", body))
        pages[keeper] = path
    write_text_atomic(folder / "index.html", page("Goalkeepers", _index_body(by_keeper(moments), pages, source=source)))
    return pages


def page(title: str, body: str) -> str:
    """A whole page that runs its own script and style and nothing else."""
    style, script = static_text("keeper.css"), static_text("keeper.js")
    policy = (
        f"default-src 'none'; script-src '{sha256_source(script)}'; style-src '{sha256_source(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    text = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f'<link rel="icon" href="data:,">\n<title>{html.escape(title)}</title>\n<style>{style}</style>\n</head>\n'
        f"<body>\n{body}\n<script>{script}</script>\n</body>\n</html>\n"
    )
    return text.encode("utf-8", "xmlcharrefreplace").decode("utf-8")


def _file_name(keeper: str, *, taken: Sequence[str]) -> str:
    plain = unicodedata.normalize("NFKD", keeper.lower().translate(_WITHOUT_MARKS))
    slug = re.sub(r"[^a-z0-9]+", "-", re.sub(r"[\u0300-\u036f]", "", plain)).strip("-")[:60] or "keeper"
    name, number = f"{slug}.html", 2
    while name in taken or name == "index.html":
        name, number = f"{slug}-{number}.html", number + 1
    return name


def _keeper_body(
    keeper: str, moments: Sequence[Moment], *, model: SaveModel, techniques: Techniques, source: str
) -> str:
    cards = "\n".join(_card(moment, model=model, techniques=techniques) for moment in moments)
    return (
        f'<header><h1>{html.escape(keeper)}</h1><span class="soft">{html.escape(source)}</span>'
        '<button type="button" id="print">Print</button></header>\n'
        f'<main><section class="card"><h2>All moments</h2>{_summary(moments)}{_remarks(model, techniques)}</section>\n'
        f"{cards}</main>"
    )


def _index_body(keepers: Mapping[str, Sequence[Moment]], pages: Mapping[str, Path], *, source: str) -> str:
    rows = []
    for keeper, moments in keepers.items():
        known, saved, expected, spread = _sums(moments)
        rows.append(
            f'<tr><th scope="row"><a href="{html.escape(pages[keeper].name)}">{html.escape(keeper)}</a></th>'
            f"<td>{len(moments)}</td><td>{known}</td><td>{saved}</td><td>{expected:.1f}</td>"
            f"<td>±{1.96 * spread:.1f}</td></tr>"
        )
    heads = ("Keeper", "Moments", "On target", "Saved", "Expected", "Chance alone (95 %)")
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    return (
        f'<header><h1>Goalkeepers</h1><span class="soft">{html.escape(source)}</span></header>\n'
        f'<main><section class="card"><table class="numbers"><tr>{head}</tr>{"".join(rows)}</table>'
        '<p class="soft">Saved and expected count the shots whose outcome is known to be a save or a goal. A keeper is '
        "better or worse than expected only beyond what chance alone does.</p></section></main>"
    )


def _sums(moments: Sequence[Moment]) -> tuple[int, int, float, float]:
    """Shots known to be on target, saved, expected to be, and the standard deviation of that by chance."""
    known = [m for m in moments if m.shot is not None and m.saves is not None and m.shot.on_target]
    chances = np.array([m.saves.p for m in known if m.saves is not None])
    saved = sum(m.shot is not None and m.shot.outcome == SAVED for m in known)
    return len(known), saved, float(chances.sum()), float(np.sqrt((chances * (1 - chances)).sum()))


def _summary(moments: Sequence[Moment]) -> str:
    known, saved, expected, spread = _sums(moments)
    said = [f"{len(moments)} {'moment' if len(moments) == 1 else 'moments'}"]
    if known:
        expectation = f"{expected:.1f} ± {1.96 * spread:.1f} expected (95 %, chance alone)"
        said.append(f"{known} shots on target: {saved} saved, {expectation}")
    shown = [m.reading.name for m in moments if m.reading.name]
    counted = ", ".join(f"{name} {shown.count(name)}" for name in dict.fromkeys(shown))
    told = f"technique told in {len(shown)} of {len(moments)}" + (f": {counted}" if counted else "")
    return f"<p>{html.escape('; '.join([*said, told]))}.</p>"


def _remarks(model: SaveModel, techniques: Techniques) -> str:
    pairs = techniques.facts.get("two_pictures", {})
    lines = [model.said, model.techniques.said]
    if "agree" in pairs:
        lines.append(
            f"Two pictures of one professional's shot get the same technique in {pairs['agree']:.0%} of "
            f"{pairs['pairs']} pairs: a technique read from one picture is a hint, not a finding."
        )
    return f'<ul class="notes">{"".join(f"<li>{html.escape(line)}</li>" for line in lines)}</ul>'


def _card(moment: Moment, *, model: SaveModel, techniques: Techniques) -> str:
    parts = [f"<h2>{html.escape(moment.title)}{_outcome(moment.shot)}</h2>"]
    parts.append(f"<div>{_pictures_block(moment)}{_pose_block(moment)}</div>")
    parts.append(_technique_block(moment, techniques=techniques))
    if moment.shot is not None and moment.saves is not None:
        chance = _chance_block(moment.shot, moment.saves)
        parts.append(f"<div>{chance}</div><div>{_map_block(moment.shot, moment.saves, model=model)}</div>")
    notes = [*moment.notes, *(f"{one.name}: {one.note}" for one in moment.seen if one.note)]
    if notes:
        parts.append(f'<ul class="notes">{"".join(f"<li>{html.escape(note)}</li>" for note in notes)}</ul>')
    return f'<section class="card moment">{"".join(parts)}</section>'


def _pictures_block(moment: Moment) -> str:
    if not moment.seen:
        return '<h3>Picture</h3><p class="soft">none</p>'
    return f'<h3>Picture</h3><div class="views">{"".join(map(_figure, moment.seen))}</div>'


def _outcome(shot: Shot | None) -> str:
    if shot is None or not shot.outcome:
        return ""
    return f' <span class="soft">{html.escape({SAVED: "saved", GOAL: "goal"}.get(shot.outcome, shot.outcome))}</span>'


def _figure(seen: SeenKeeper) -> str:
    data = base64.b64encode(encode_still(draw_pose(seen.rgb, seen.pose), suffix=".jpg")).decode("ascii")
    name = html.escape(seen.name)
    return (
        f'<figure><img src="data:image/jpeg;base64,{data}" alt="{name} with the joints that were found">'
        f"<figcaption>{name}</figcaption></figure>"
    )


def _pose_block(moment: Moment) -> str:
    if moment.reading.joints is None:
        return ""
    drawn = skeleton_svg(moment.reading.joints, label="The pose in space; drag to turn it", spin=True)
    return (
        f'<h3>Pose in space</h3>{drawn}<p class="soft">'
        "turned to the camera; drag to turn. Orange is the right side.</p>"
    )


def _technique_block(moment: Moment, *, techniques: Techniques) -> str:
    reading = moment.reading
    if reading.name is None:
        said = f'<p class="cannot">{html.escape(reading.reason)}</p>'
    else:
        said = (
            f'<p class="said">{html.escape(reading.name)} <span class="soft">{reading.confidence:.0%} sure</span></p>'
        )
    rows = [
        (name, COLOURS[k % len(COLOURS)], reading.probabilities[name]) for k, name in enumerate(reading.probabilities)
    ]
    nearest = "".join(
        f"<figure>{skeleton_svg(example.joints[:, :2], label='A professional')}<figcaption>"
        f"{html.escape(techniques.names[example.technique])}, {html.escape(example.outcome.lower())}"
        "</figcaption></figure>"
        for example in moment.nearest
    )
    shown = "" if reading.joints is None else pose_map_svg(techniques, reading.joints)
    examples = f'<h3>Nearest professionals</h3><div class="examples">{nearest}{shown}</div>' if nearest else ""
    return f"<div><h3>Technique</h3>{said}{bars(rows) if rows else ''}{examples}</div>"


def _chance_block(shot: Shot, saves: SaveChance) -> str:
    facts = f"{shot.distance_yd:.1f} yd from goal, {shot.angle_deg:.0f}° off its axis"
    facts += ", under pressure" if shot.under_pressure else ""
    facts += "" if shot.engagement is None else f"; keeper at {shot.engagement:.2f} of the way from shooter to goal"
    few = "" if saves.enough else '<p class="cannot">few such shots were learnt from</p>'
    usual = bars([(row.name, COLOURS[k % len(COLOURS)], row.share) for k, row in enumerate(saves.techniques)])
    return (
        f'<h3>Saved if on target</h3><p class="said">{saves.p:.0%} <span class="soft">[{saves.low:.0%}, '
        f"{saves.high:.0%}]</span></p>{chance_svg(saves.p, saves.low, saves.high)}"
        f'<p class="soft">{html.escape(facts)}</p>'
        f"{few}<h3>What professionals do when they come as far</h3>{usual}"
    )


def _map_block(shot: Shot, saves: SaveChance, *, model: SaveModel) -> str:
    place = KeeperPlace(engagement=None if shot.engagement is None else round(shot.engagement, 2))
    best = bars([(row.name, COLOURS[k % len(COLOURS)], row.chance_best) for k, row in enumerate(saves.techniques)])
    gain = "" if saves.gain is None else _gain_said(saves.gain, shown=model.techniques.effect_shown)
    found = optimal_map(model, pressure=shot.under_pressure, place=place, cell_yd=CELL_YD)
    return (
        f"<h3>Chance from everywhere</h3>{map_svg(found, shot=shot)}"
        f'<p class="soft">{html.escape(place.said)}; red low, blue high, grey unknown.</p>'
        f"<h3>How likely each technique is the best here</h3>{best}{gain}"
    )


def _gain_said(gain: float, *, shown: bool) -> str:
    """What a technique would add, and whether that was shown on shots left out."""
    more = "" if shown else " by the fitted offset, which is not shown to differ from nothing"
    return f"<p>This technique against the mean of all: {100 * gain:+.1f} points{more}.</p>"
