"""Measure the reader of score boards: clock, score, names, false boards, and cost.

    python benchmarks/clock.py [--fonts FOLDER] [--model FILE] [--json benchmarks/results/clock.json] [--choose]

Boards are drawn onto real pictures of ../shared/data/players, over which the camera moves, and compressed as JPEG of
quality 35 to 75, picture by picture: 64 s each, of 224, 360, 720 and 1080 lines, with a goal, a replay in which the
board is gone, a slide-in, kick-offs and the break between the halves. With --choose, only the styles that the reader
was developed on are used (fonts of DejaVu); without, only others: other seeds, teams, places, colours and fonts, those
in the folder (14 families of @fontsource: Oswald, Barlow Condensed, Roboto Condensed, Bebas Neue, Open Sans,
Montserrat, Teko, Saira Condensed, Archivo Narrow, Lato, Titillium Web, Fira Sans Condensed, Exo 2, Rajdhani).

A second of video counts as right if the clock is known and within 1 s of the truth, wrong if it is known and is not,
and unknown otherwise; seconds in a break and before the kick-off do not count. Intervals are 95 % bootstrap intervals
over videos. Nine real clips of 5 s, 398x224, with clocks read by eye (below), are reported apart: development clips.
Needs the reader of text, see docs/howto/match-clock.md, and Pillow.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from board_drawing import Script, drawn, font_files, made_script, made_style

from touchline.core.board.values import MatchClock
from touchline.media.sampling import sample_regular
from touchline.media.video import VideoReader
from touchline.metrics.bootstrap import mean_interval
from touchline.tracking.board.ppocr import PPOCRReader
from touchline.tracking.board.reading import SAMPLE_FPS, BoardReader, sample_fps

SHARED = Path(__file__).parent.parent.parent / "shared/data"
SECONDS = 64
HEIGHTS = (224, 360, 720, 1080)
CHOSEN, HELD_OUT, WITHOUT = range(8), range(100, 116), range(200, 206)

REAL = {
    "action_0/clip_0": ((0.0, 20 * 60 + 56), (5.0, 21 * 60 + 1), (1, 0), ("FC BAYERN", "BENFICA")),
    "action_0/clip_1": ((0.0, 21 * 60 + 8), (5.0, 21 * 60 + 29), (1, 0), ("FC BAYERN", "BENFICA")),
    "action_0/clip_2": ((0.0, 21 * 60 + 16), (5.0, 21 * 60 + 34), (1, 0), ("FC BAYERN", "BENFICA")),
    "action_1/clip_0": ((0.0, 12 * 60 + 45), (5.0, 12 * 60 + 50), (0, 0), ("RMA", "VAL")),
    "action_1/clip_1": ((0.0, 13 * 60 + 7), (5.0, 13 * 60 + 16), (0, 0), ("RMA", "VAL")),
    "action_1/clip_2": ((0.0, 13 * 60 + 12), (5.0, 13 * 60 + 21), (0, 0), ("RMA", "VAL")),
    "action_2/clip_0": ((0.0, 65 * 60 + 24), (5.0, 65 * 60 + 29), (2, 1), ("POR", "CHL")),
    "action_2/clip_1": ((0.0, 65 * 60 + 35), (5.0, 65 * 60 + 46), (2, 1), ("POR", "CHL")),
    "action_2/clip_2": ((0.0, 65 * 60 + 46), (5.0, 65 * 60 + 55), (2, 1), ("POR", "CHL")),
}
"""Read by eye on enlarged pictures: clock on the first and the last picture, score, names. Several were sped up."""


def pictures(seed: int, *, height: int, fonts: list[str], board: bool) -> Iterator[tuple[int, np.ndarray]]:
    """Time and RGB picture of a video with a board, or with words that stand still and are none; the camera moves."""
    script, style = made_script(seed), made_style(seed, fonts=fonts)
    chance = np.random.default_rng(seed)
    files = sorted((SHARED / "players").rglob("*.jpg"))
    width = round(height * 16 / 9 / 2) * 2
    large = cv2.imread(str(files[seed * 7 % len(files)]))[90:, :, ::-1]  # below boards of their own
    large = cv2.resize(large, (round(width * 1.3), round(height * 1.3)), interpolation=cv2.INTER_AREA)
    at = np.array([large.shape[1] - width, large.shape[0] - height]) / 2
    quality = int(chance.integers(35, 75))
    for number in range(int(SECONDS * SAMPLE_FPS)):
        time_s = number / SAMPLE_FPS
        most = np.array([large.shape[1] - width, large.shape[0] - height])
        at = np.clip(at + chance.normal(0, 0.02 * width, 2), 0, most)
        left, top = at.astype(int)
        picture = np.ascontiguousarray(large[top : top + height, left : left + width])
        picture = drawn(picture, style, script, time_s) if board else _words(picture, seed, time_s)
        jpeg = cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        yield round(time_s * 1e6), cv2.imdecode(jpeg, cv2.IMREAD_COLOR)[:, :, ::-1]


def _words(picture: np.ndarray, seed: int, time_s: float) -> np.ndarray:
    """Words that stand still: a time of day, a result of another match, a channel; or a time of day that goes on."""
    height, width = picture.shape[:2]
    words = ("TONIGHT 20:45", "LIVE SPORT 24", "BARCELONA 2-1 SEVILLA", f"21:{4 + int(time_s) // 60:02d}")[seed % 4]
    picture = picture.copy()
    at = (round(0.05 * width), round(0.1 * height))
    cv2.rectangle(
        picture, (at[0] - 4, round(0.05 * height)), (round(0.45 * width), round(0.12 * height)), (10, 10, 60), -1
    )
    cv2.putText(
        picture, words, at, cv2.FONT_HERSHEY_DUPLEX, height / 640, (255, 255, 255), max(1, height // 360), cv2.LINE_AA
    )
    return picture


def read_pictures(
    shown: Iterable[tuple[int, np.ndarray]], reader: PPOCRReader, *, seconds: float
) -> tuple[MatchClock, float]:
    """The clock of a video, and the CPU seconds that reading took."""
    board, used_s = BoardReader(reader), 0.0
    for time_us, picture in shown:
        luma = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        started_s = time.process_time()
        board.see(time_us, luma, picture)
        used_s += time.process_time() - started_s
    started_s = time.process_time()
    clock = board.finish(duration_us=round(seconds * 1e6))
    return clock, used_s + time.process_time() - started_s


def read_clip(path: Path, reader: PPOCRReader) -> MatchClock:
    """The clock of a video file."""
    with VideoReader(path) as video:
        duration_us = video.info.duration_us
        frames = sample_regular(video.frames(), fps=sample_fps(duration_us))
        shown = ((frame.time_us, frame.to_rgb()) for _, frame in frames)
        return read_pictures(shown, reader, seconds=duration_us / 1e6)[0]


def compare(clock: MatchClock, script: Script) -> dict[str, float]:
    """Shares of seconds whose clock and score are right and wrong, and whether names and kick-offs are right."""
    counted: dict[str, list[float]] = {
        name: [] for name in ("right", "wrong", "period_right", "score_right", "score_wrong")
    }
    for time_s in np.arange(1.0, SECONDS - 1):
        truth_s = script.clock_s(float(time_s))
        if truth_s is None:
            continue
        found, score = clock.at(round(time_s * 1e6)), clock.score_at(round(time_s * 1e6))
        right = found is not None and abs(found.clock_us / 1e6 - truth_s) <= 1.0
        second_half = truth_s >= 2700 and (script.restart_at_s is None or time_s >= script.restart_at_s)
        counted["right"].append(right)
        counted["wrong"].append(found is not None and not right)
        counted["period_right"].append(found is not None and found.period == (2 if second_half else 1))
        if time_s > script.shown_from_s + 3 and abs(time_s - script.goal_at_s) > 9:
            counted["score_right"].append(
                score is not None and (score.home, score.away) == script.score_at(float(time_s))
            )
            counted["score_wrong"].append(
                score is not None and (score.home, score.away) != script.score_at(float(time_s))
            )
    result = {name: float(np.mean(values)) for name, values in counted.items()}
    names = [team.name if team else "" for team in (clock.home, clock.away)]
    plain = [name.replace(" ", "") for name in names]
    result["names_right"] = float(plain == [script.home.replace(" ", ""), script.away.replace(" ", "")])
    truth_s = [-script.start_clock_s] if script.start_clock_s < 0 else []
    truth_s += [script.restart_at_s] if script.restart_at_s is not None else []
    hits = sum(any(abs(one.time_us / 1e6 - at) <= 1 for one in clock.kick_offs) for at in truth_s)
    result["kick_offs"], result["kick_offs_found"] = len(truth_s), hits
    result["kick_offs_false"] = len(clock.kick_offs) - hits
    return result


def measure_drawn(seeds: range, *, fonts: list[str], reader: PPOCRReader) -> dict[str, Any]:
    """Measure videos with boards."""
    rows = []
    for number, seed in enumerate(seeds):
        height = HEIGHTS[number % len(HEIGHTS)]
        script = made_script(seed)
        shown = pictures(seed, height=height, fonts=fonts, board=True)
        clock, cpu_s = read_pictures(shown, reader, seconds=SECONDS)
        rows.append(
            {"seed": seed, "height": height, "cpu_s_per_minute": 60 * cpu_s / SECONDS, **compare(clock, script)}
        )
        print(json.dumps(rows[-1]), flush=True)
        print("   ", clock.spans, [score.text for score in clock.scores], clock.home, clock.away, script, flush=True)
    return {
        "all": summary(rows),
        **{f"{h} lines": summary([row for row in rows if row["height"] == h]) for h in HEIGHTS},
    }


def summary(rows: list[dict[str, float]]) -> dict[str, Any]:
    """Means over videos with their intervals."""
    if not rows:
        return {"videos": 0}
    shares = ("right", "wrong", "period_right", "score_right", "score_wrong", "names_right", "cpu_s_per_minute")
    found: dict[str, Any] = {"videos": len(rows)}
    for name in shares:
        interval = mean_interval([row[name] for row in rows])
        found[name] = [round(value, 3) for value in (interval.value, interval.low, interval.high)]
    for name in ("kick_offs", "kick_offs_found", "kick_offs_false"):
        found[name] = int(sum(row[name] for row in rows))
    return found


def measure_without(*, fonts: list[str], reader: PPOCRReader) -> dict[str, Any]:
    """Measure videos without a board: nothing must be found."""
    found, used = 0, []
    for number, seed in enumerate(WITHOUT):
        shown = pictures(seed, height=HEIGHTS[number % len(HEIGHTS)], fonts=fonts, board=False)
        clock, cpu_s = read_pictures(shown, reader, seconds=SECONDS)
        found += clock.found
        used.append(60 * cpu_s / SECONDS)
    return {"videos": len(WITHOUT), "clocks_invented": found, "cpu_s_per_minute": round(float(np.mean(used)), 2)}


def measure_real(reader: PPOCRReader) -> dict[str, Any]:
    """Measure the real clips: the clock at 1, 2, 3 and 4 s within 1.5 s of the truth, score and names."""
    rows = {}
    for name, (first, last, score, names) in REAL.items():
        clock = read_clip(SHARED / f"broadcast/fouls/{name}.mp4", reader)
        at = [(time_s, first[1] + (last[1] - first[1]) * time_s / last[0]) for time_s in (1, 2, 3, 4)]
        known = [(clock.at(time_s * 1_000_000), truth_s) for time_s, truth_s in at]
        right = [found is not None and abs(found.clock_us / 1e6 - truth_s - 0.5) <= 1.5 for found, truth_s in known]
        scores = [(one.home, one.away) for one in clock.scores]
        rows[name] = {
            "clock_right": sum(right),
            "clock_wrong": sum(found is not None for found, _ in known) - sum(right),
            "of": len(at),
            "score": "right" if scores == [score] else "wrong" if scores else "unknown",
            "names": sum(
                bool(team) and team.name.replace(" ", "") == name.replace(" ", "")
                for team, name in zip((clock.home, clock.away), names, strict=True)
            ),
        }
        print(name, rows[name], flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fonts", type=Path, help="folder of fonts for the held-out styles")
    parser.add_argument("--choose", action="store_true", help="measure the styles for choosing instead")
    parser.add_argument("--model", type=Path, help="read with this ONNX file instead of the one that is installed")
    parser.add_argument("--json", type=Path, help="write the results here")
    given = parser.parse_args()
    import matplotlib

    dejavu = font_files(Path(matplotlib.get_data_path()) / "fonts/ttf")
    dejavu = [path for path in dejavu if Path(path).stem in ("DejaVuSans-Bold", "DejaVuSans", "DejaVuSansMono-Bold")]
    fonts = dejavu if given.choose or given.fonts is None else font_files(given.fonts)
    reader = PPOCRReader(given.model)
    reader.read([np.zeros((48, 96, 3), np.uint8)])  # loaded before anything is timed
    results: dict[str, Any] = {"model": reader.name, "real, development clips": measure_real(reader)}
    results["drawn"] = measure_drawn(CHOSEN if given.choose else HELD_OUT, fonts=fonts, reader=reader)
    results["without a board"] = measure_without(fonts=fonts, reader=reader)
    results["fonts"] = sorted({Path(font).stem.split("-latin")[0] for font in fonts})
    print(json.dumps(results, indent=1))
    if given.json:
        given.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
