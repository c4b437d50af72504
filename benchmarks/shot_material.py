"""Made video with known shot changes: real pictures and simulated matches joined by cuts, dissolves, fades and wipes.

Each clip has the disturbances that must not be taken for a change: flashes, fast pans and zooms, people who cross in
front of the camera, hoardings that switch, banners that appear, and a score bug that stays over everything.
Sources are split in two halves by match and folder: one to learn and choose on, one to report on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

Rgb = npt.NDArray[np.uint8]

SIZE = (192, 108)
FPS = 25.0
KEEPERS = {0: ("one_on_one", "penalty_17_19"), 1: ("amateur", "penalty_19_21")}
SIMULATED = {0: ("match_011", "match_012"), 1: ("match_013", "match_014")}
WAYS = ("cut", "dissolve", "fade", "wipe")
CHANCES = (0.45, 0.22, 0.08, 0.25)


@dataclass(frozen=True)
class Change:
    """A change of shot: the times of the first and last frame that show neither shot alone, and how it was made.

    A cut has ``start_s`` = ``end_s``, the time of the first frame of the new shot.
    """

    start_s: float
    end_s: float
    way: str


@dataclass(frozen=True)
class Clip:
    """Frames uint8 (n, 108, 192, 3) at 25 per second, with their changes of shot."""

    frames: Rgb
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Sources:
    """Pictures of one half of the sources: those of one match from afar, and those of people close by."""

    matches: tuple[tuple[Rgb, ...], ...]
    close: tuple[Rgb, ...]
    moving: tuple[Rgb, ...]
    """Each (n, h, w, 3): consecutive frames of a simulated match, 12.5 per second."""


def load_sources(root: Path, half: int) -> Sources:
    """Load the sources of half 0 or 1."""
    matches: dict[str, list[Rgb]] = {}
    for path in sorted((root / "players").glob("*.jpg")):
        if int(path.name[1:3]) % 2 == half:
            matches.setdefault(path.name[:3], []).append(_read(path, 640))
    close = [
        _read(path, 320)
        for folder in KEEPERS[half]
        for path in sorted((root / "keepers/images" / folder).iterdir())[::3]
    ]
    near = [_near(picture, seed) for seed, picture in enumerate(p for some in matches.values() for p in some[::4])]
    moving = [_film(root / "simulated" / name / "video.mp4") for name in SIMULATED[half]]
    return Sources(tuple(map(tuple, matches.values())), (*close, *near), tuple(moving))


def _read(path: Path, width: int) -> Rgb:
    picture = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    height = round(picture.shape[0] * width / picture.shape[1])
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)


def _near(picture: Rgb, seed: int) -> Rgb:
    """Return a part of a picture from afar, enlarged: grass and a few large people."""
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, picture.shape[1] - 112), rng.integers(picture.shape[0] // 3, picture.shape[0] - 63)
    return cv2.resize(picture[y : y + 63, x : x + 112], (384, 216), interpolation=cv2.INTER_CUBIC)


def _film(path: Path, count: int = 750) -> Rgb:
    reader = cv2.VideoCapture(str(path))
    frames = [cv2.resize(reader.read()[1], (320, 180), interpolation=cv2.INTER_AREA)[..., ::-1] for _ in range(count)]
    return np.ascontiguousarray(np.stack(frames))


def make_clips(sources: Sources, *, count: int, seed: int) -> Iterator[Clip]:
    """Yield made clips of about 10 s."""
    for number in range(count):
        yield _make(sources, np.random.default_rng([seed, number]))


def _make(sources: Sources, rng: np.random.Generator) -> Clip:
    shots = [_shot(sources, rng, match=int(rng.integers(len(sources.matches)))) for _ in range(int(rng.integers(3, 6)))]
    frames, changes = list(shots[0]), []
    for shot in shots[1:]:
        way = str(rng.choice(WAYS, p=CHANCES))
        length = 0 if way == "cut" else int(rng.integers(5, 31 if way == "dissolve" else 21))
        start = len(frames) - length
        through = float(rng.choice([0, 255]))
        pairs = list(zip(frames[start:], shot[:length], strict=True))
        mixed = [_mix(*pair, (i + 1) / (length + 1), way, through) for i, pair in enumerate(pairs)]
        if way == "wipe":
            mixed = _wipe(frames[start:], shot[:length], rng)
        frames = [*frames[:start], *mixed, *shot[length:]]
        changes.append(Change(start / FPS, max(start, start + length - 1) / FPS, way))
    return Clip(np.stack(_over(frames, rng)), tuple(changes))


def _mix(before: Rgb, after: Rgb, share: float, way: str, through: float) -> Rgb:
    """Return a frame of a dissolve, or of a fade through one luma."""
    if way == "fade":
        picture, weight = (before, 1 - 2 * share) if share < 0.5 else (after, 2 * share - 1)
        return np.clip(weight * picture + (1 - weight) * through, 0, 255).astype(np.uint8)
    return np.clip((1 - share) * before + share * after, 0, 255).astype(np.uint8)


def _wipe(before: list[Rgb], after: list[Rgb], rng: np.random.Generator) -> list[Rgb]:
    """Return the frames of a wipe: a graphic crosses or grows over the picture, behind it is the new shot."""
    width, height = SIZE
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, height / width, height))
    kind, tilt = rng.integers(3), rng.uniform(-0.6, 0.6)
    along = x + tilt * y
    if rng.random() < 0.5:
        along = along.max() - along + along.min()
    band = 0.0 if kind == 0 and rng.random() < 0.5 else rng.uniform(0.3, 1.2)
    colours = rng.integers(0, 256, (3, 3))
    stripes = colours[(np.floor(along * rng.uniform(2, 9)) % 3).astype(int)]
    centre = rng.uniform(0.3, 0.7), rng.uniform(0.3, 0.7) * height / width
    radius = np.hypot(x - centre[0], y - centre[1])
    result = []
    for number, (old, new) in enumerate(zip(before, after, strict=True)):
        share = (number + 1) / (len(before) + 1)
        if kind == 2:
            size = 1.3 * np.sin(np.pi * share)
            graphic, base = radius < size, old if share < 0.5 else new
            where, picture = graphic, base
        else:
            edge = along.min() - band + share * (np.ptp(along) + band)
            where, picture = (along >= edge) & (along < edge + band), np.where((along < edge)[..., None], new, old)
        look = np.roll(stripes, int(number * rng.integers(0, 8)), axis=1)
        result.append(np.where(where[..., None], look, picture).astype(np.uint8))
    return result


def _shot(sources: Sources, rng: np.random.Generator, *, match: int) -> list[Rgb]:
    """Return the frames of one shot, 2 to 4 s."""
    count = int(rng.integers(50, 100))
    source = rng.choice(3, p=(0.4, 0.35, 0.25))
    if source == 2:
        film = sources.moving[rng.integers(len(sources.moving))]
        start = int(rng.integers(0, len(film) - count))
        pictures = [film[start + i // 2] for i in range(count)]
    else:
        pool = sources.matches[match] if source == 0 else sources.close
        pictures = [pool[rng.integers(len(pool))]] * count
    frames = [_view(p, place) for p, place in zip(pictures, _path(count, rng, calm=source == 2), strict=True)]
    gain, lift = rng.uniform(0.75, 1.2), rng.uniform(-15, 15)
    frames = [np.clip(frame * gain + lift, 0, 255).astype(np.uint8) for frame in frames]
    for disturb, chance in ((_hoarding, 0.35), (_people, 0.5), (_flash, 0.15)):
        if rng.random() < chance:
            frames = disturb(frames, sources, rng)
    return frames


def _path(count: int, rng: np.random.Generator, *, calm: bool) -> npt.NDArray[np.float64]:
    """Return the camera's path (count, 3): centre and size of the view as shares of the picture."""
    knots = int(rng.integers(2, 5))
    reach = 0.0 if rng.random() < 0.15 else (0.1 if calm else rng.choice([0.08, 0.25, 0.6]))
    places = np.cumsum(rng.normal(0, reach, (knots, 3)) * (1, 0.4, 0.4), axis=0)
    times = np.linspace(0, knots - 1, count)
    path = np.stack([np.interp(times, np.arange(knots), places[:, i]) for i in range(3)], axis=1)
    path = cv2.blur(path, (1, 9), borderType=cv2.BORDER_REPLICATE)
    if rng.random() < 0.3:
        path[:, :2] += rng.normal(0, 0.006, (count, 2))
    size = np.clip((0.9 if calm else rng.uniform(0.35, 0.9)) * np.exp(path[:, 2]), 0.2, 1.0)
    return np.column_stack([0.5 + path[:, 0], 0.5 + path[:, 1], size])


def _view(picture: Rgb, place: npt.NDArray[np.float64]) -> Rgb:
    height, width = picture.shape[:2]
    x, y, size = place
    scale = SIZE[0] / (size * min(width, height * SIZE[0] / SIZE[1]))
    matrix = np.array([[scale, 0, SIZE[0] / 2 - scale * x * width], [0, scale, SIZE[1] / 2 - scale * y * height]])
    return cv2.warpAffine(picture, matrix, SIZE, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def _hoarding(frames: list[Rgb], sources: Sources, rng: np.random.Generator) -> list[Rgb]:
    """A strip across the picture that switches to other colours, at once or by scrolling."""
    top, tall = int(rng.integers(5, 60)), int(rng.integers(6, 22))
    strips = [rng.integers(0, 256, (1, SIZE[0] // 8 + 1, 3)) for _ in range(5)]
    strips = [
        cv2.resize(s.astype(np.uint8), (SIZE[0], tall), interpolation=int(rng.choice([0, 1]))).astype(np.uint8)
        for s in strips
    ]
    every, speed = int(rng.integers(15, 50)), int(rng.integers(-3, 4))
    result = []
    for number, frame in enumerate(frames):
        changed = frame.copy()
        changed[top : top + tall] = np.roll(strips[number // every % 5], number * speed, axis=1)
        result.append(changed)
    return result


def _people(frames: list[Rgb], sources: Sources, rng: np.random.Generator) -> list[Rgb]:
    """Pieces of other pictures that move through this one like people close to the camera."""
    frames = [frame.copy() for frame in frames]
    for _ in range(int(rng.integers(1, 4))):
        wide, tall = int(rng.integers(12, 70)), int(rng.integers(40, 108))
        source = cv2.resize(sources.close[rng.integers(len(sources.close))], (wide, tall))
        y, x = np.mgrid[-1 : 1 : tall * 1j, -1 : 1 : wide * 1j]
        mask = (np.abs(x) ** 2.5 + np.abs(y) ** 4 < 1).astype(np.float32)[..., None]
        begin, speed = int(rng.integers(0, len(frames))), rng.uniform(2, 16) * rng.choice([-1, 1])
        top = int(rng.integers(0, 109 - tall))
        for number in range(begin, len(frames)):
            left = int((-wide if speed > 0 else SIZE[0]) + speed * (number - begin))
            low, high = max(left, 0), min(left + wide, SIZE[0])
            if low < high:
                part, cover = source[:, low - left : high - left], mask[:, low - left : high - left]
                place = frames[number][top : top + tall, low:high]
                place[:] = (cover * part + (1 - cover) * place).astype(np.uint8)
    return frames


def _flash(frames: list[Rgb], sources: Sources, rng: np.random.Generator) -> list[Rgb]:
    start, length = int(rng.integers(2, len(frames) - 8)), int(rng.integers(1, 5))
    bright = rng.uniform(60, 200)
    return [
        np.clip(frame + bright, 0, 255).astype(np.uint8) if start <= number < start + length else frame
        for number, frame in enumerate(frames)
    ]


def _over(frames: list[Rgb], rng: np.random.Generator) -> list[Rgb]:
    """Lay a score bug over all frames and a banner over some, and compress."""
    wide, tall = int(rng.integers(20, 60)), int(rng.integers(5, 10))
    bug = cv2.resize(rng.integers(0, 256, (2, 8, 3)).astype(np.uint8), (wide, tall), interpolation=cv2.INTER_NEAREST)
    has_bug, has_banner = rng.random() < 0.7, rng.random() < 0.25
    left = int(rng.choice([6, SIZE[0] - 6 - wide]))
    banner = cv2.resize(rng.integers(0, 256, (2, 12, 3)).astype(np.uint8), (130, 14), interpolation=cv2.INTER_NEAREST)
    begin = int(rng.integers(0, len(frames)))
    quality, noise = int(rng.integers(35, 90)), rng.uniform(0, 3)
    result = []
    for number, frame in enumerate(frames):
        frame = np.ascontiguousarray(frame)
        if has_bug:
            frame[5 : 5 + tall, left : left + wide] = bug
        if has_banner and begin <= number < begin + 60:
            frame[88:102, 31:161] = banner
        noisy = np.clip(frame + rng.normal(0, noise, frame.shape[:2])[..., None], 0, 255).astype(np.uint8)
        result.append(cv2.imdecode(cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1))
    return result
