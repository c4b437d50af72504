"""Draw broadcast score boards of many styles onto pictures, with what they say; used by benchmarks/clock.py."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from touchline.core.arrays import Rgb

NAMES = (
    "RMA",
    "VAL",
    "POR",
    "CHL",
    "FC BAYERN",
    "BENFICA",
    "ARSENAL",
    "LEEDS",
    "AJX",
    "PSG",
    "ROMA",
    "LYON",
    "MUN",
    "LIV",
)
LAYOUTS = (
    "clock home score away",
    "home score away clock",
    "clock | home score away",
    "clock | home a / away b",
    "home a b away clock",
)
DARK, LIGHT = (
    ((12, 16, 40), (20, 20, 20), (60, 0, 10), (0, 50, 20), (30, 30, 90)),
    ((255, 255, 255), (240, 235, 210), (255, 220, 0)),
)


@dataclass(frozen=True)
class Script:
    """What a board shows over time: seconds of the video."""

    start_clock_s: float
    goal_at_s: float
    score: tuple[int, int]
    hidden: tuple[float, float]
    home: str
    away: str
    shown_from_s: float
    restart_at_s: float | None

    def clock_s(self, time_s: float) -> float | None:
        """The clock at a time; None in the break, and before the kick-off."""
        if self.restart_at_s is not None and time_s >= self.restart_at_s - 6:
            return 2700 + time_s - self.restart_at_s if time_s >= self.restart_at_s else None
        clock_s = self.start_clock_s + time_s
        return clock_s if clock_s >= 0 else None

    def score_at(self, time_s: float) -> tuple[int, int]:
        """The score at a time."""
        return (self.score[0] + 1, self.score[1]) if time_s >= self.goal_at_s else self.score

    def visible(self, time_s: float) -> bool:
        """Whether the board is on the picture."""
        shown = time_s >= self.shown_from_s and not self.hidden[0] <= time_s < self.hidden[1]
        return shown and self.clock_s(time_s) is not None


@dataclass(frozen=True)
class Style:
    """How a board looks."""

    font: str
    layout: str
    cap: float
    dash: str
    panels: bool
    ink: tuple[tuple[int, int, int], tuple[int, int, int]]
    other_ink: tuple[tuple[int, int, int], tuple[int, int, int]]
    right: bool
    bottom: bool
    opacity: float
    padded: bool


def made_script(seed: int) -> Script:
    """A script of 64 s: every third begins with a kick-off, every fourth has the break between the halves."""
    chance = random.Random(seed)
    start = chance.uniform(60, 2500) if chance.random() < 0.6 else chance.uniform(2760, 5600)
    restart = None
    if seed % 3 == 0:
        start = -chance.uniform(5, 15)
    elif seed % 4 == 1:
        start, restart = 2700 + chance.uniform(40, 200), chance.uniform(36, 44)
    home, away = chance.sample(NAMES, 2)
    hidden = chance.uniform(20, 28)
    score = chance.choice([(0, 0), (1, 0), (0, 1), (1, 1), (2, 1), (2, 2), (3, 0), (0, 4)])
    return Script(
        start,
        chance.uniform(30, 36),
        score,
        (hidden, hidden + chance.uniform(4, 9)),
        home,
        away,
        chance.uniform(0, 4),
        restart,
    )


def made_style(seed: int, *, fonts: Sequence[str]) -> Style:
    """A style with one of the fonts."""
    chance = random.Random(1000 + seed)
    pairs = [(chance.choice(DARK), chance.choice(LIGHT)) for _ in range(2)]
    inks = [(b, a) if chance.random() < 0.4 else (a, b) for a, b in pairs]
    return Style(
        font=fonts[seed % len(fonts)],
        layout=LAYOUTS[seed % len(LAYOUTS)],
        cap=chance.uniform(0.02, 0.032),
        dash=chance.choice(["-", "-", " - ", ":"]),
        panels=chance.random() < 0.6,
        ink=inks[0],
        other_ink=inks[1],
        right=chance.random() < 0.3,
        bottom=chance.random() < 0.15,
        opacity=chance.choice([1.0, 1.0, 0.85]),
        padded=chance.random() < 0.8,
    )


def drawn(picture: Rgb, style: Style, script: Script, time_s: float) -> Rgb:
    """The picture with the board as it is at a time; the board slides in over half a second."""
    clock_s = script.clock_s(time_s)
    if clock_s is None or not script.visible(time_s):
        return picture
    rows = _rows(style, script, time_s, clock_s)
    height, width = picture.shape[:2]
    cap = max(5.0, style.cap * height)
    font = ImageFont.truetype(style.font, max(7, round(cap / 0.72)))
    pad = max(2, round(cap * 0.7))
    tall = round(cap * 2)
    image = Image.fromarray(picture)
    layer = image.copy()
    draw = ImageDraw.Draw(layer)
    wide = max(sum(round(font.getlength(cell)) + 2 * pad for cell in row) for row in rows)
    left = width - wide - round(0.05 * width) if style.right else round(0.05 * width)
    since = time_s - max(script.shown_from_s, script.hidden[1] if time_s >= script.hidden[1] else 0)
    left -= round(max(0.0, 0.5 - max(since, 0)) * 0.2 * width)
    top = height - round(0.09 * height) - tall * len(rows) if style.bottom else round(0.06 * height)
    for number, row in enumerate(rows):
        at = left
        for place, cell in enumerate(row):
            size = round(font.getlength(cell)) + 2 * pad
            back, ink = style.other_ink if style.panels and place % 2 else style.ink
            box = (at, top + number * tall, at + size, top + (number + 1) * tall)
            draw.rectangle(box, fill=back)
            draw.text((at + pad, box[1] + tall // 2), cell, font=font, fill=ink, anchor="lm")
            at += size
    return np.asarray(Image.blend(image, layer, style.opacity))


def _rows(style: Style, script: Script, time_s: float, clock_s: float) -> list[list[str]]:
    minutes, seconds = divmod(int(clock_s), 60)
    clock = f"{minutes:02d}:{seconds:02d}" if style.padded else f"{minutes}:{seconds:02d}"
    home, away = script.score_at(time_s)
    words = {
        "clock": [clock],
        "home": [script.home],
        "away": [script.away],
        "score": [f"{home}{style.dash}{away}"],
        "a": [str(home)],
        "b": [str(away)],
    }
    rows: list[list[str]] = [[]]
    for word in style.layout.split():
        if word in "|/":
            rows.append([])
        else:
            rows[-1] += words[word]
    return rows


def font_files(folder: Path) -> list[str]:
    """The TrueType, OpenType and WOFF files in a folder and below, for latin text."""
    found = [
        path for path in folder.rglob("*") if path.suffix in (".ttf", ".otf", ".woff") and "latin-ext" not in path.name
    ]
    return sorted(map(str, found))
