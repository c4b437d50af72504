"""Measure the index of a season of 400 made-up matches: building it, its size, its page and questions.

    python benchmarks/season_index.py [--matches 400] [--out benchmarks/results/season_index.json]

Every match has 90 minutes of tracks of 22 people at 12.5 boxes a second, 900 passes and 25 shots. The tracks of a few
distinct matches are written and linked into the others' bundles, as 400 of them would take 13 GB; they are read once
for each match all the same, but from the system's cache. CPU seconds hold on a busy machine, seconds on the clock do
not. Memory is the peak of a process that does nothing else.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from seasonbundles import MadeMatch, made_events, made_moment, made_tracks, write_made_manifest
from touchline.formats.boxes.tracks_parquet import write_tracks_parquet
from touchline.formats.bundle import KEEPERS, TRACKS, Bundle
from touchline.formats.keeper.moments_index import write_moments_index

CLUBS = 20
SUBSTITUTED = 0.2
"""How often the second of two players for a place plays."""


def main() -> None:
    """Write the bundles, measure, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--matches", type=int, default=400)
    parser.add_argument("--distinct", type=int, default=4, help="matches whose tracks differ")
    parser.add_argument("--rate-hz", type=float, default=12.5, help="boxes of each person a second")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "season_index.json")
    parser.add_argument("--folder", type=Path, help="keep the bundles here, and use those that are there")
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="season-"))
    try:
        bundles = write_season(folder, matches=given.matches, distinct=given.distinct, rate_hz=given.rate_hz)
        found = measure(folder, bundles)
    finally:
        if given.folder is None:
            shutil.rmtree(folder)
    text = json.dumps(found, indent=2)
    given.out.write_text(text + "\n")
    print(text)


def write_season(folder: Path, *, matches: int, distinct: int, rate_hz: float) -> list[Path]:
    """Write the bundles and a file of names; return the bundles."""
    games = [match(number, rate_hz=rate_hz) for number in range(matches)]
    pairs = list(itertools.islice(itertools.cycle(itertools.permutations(range(CLUBS), 2)), matches))
    shared = folder / "shared"
    shared.mkdir(parents=True, exist_ok=True)
    for number in range(distinct):
        if not (shared / f"{number}.parquet").exists():
            write_tracks_parquet(shared / f"{number}.parquet", made_tracks(games[number]))
    paths, names = [], ["bundle,team,person,name"]
    random = np.random.default_rng(0)
    for number, (pair, game) in enumerate(zip(pairs, games, strict=True)):
        path = folder / "bundles" / f"match-{number:03d}.touchline"
        paths.append(path)
        for team, club, first in zip("AB", pair, (1, 12), strict=True):
            names.append(f"match-{number:03d},{team},,Club {club + 1}")
            squad = np.arange(11) + 11 * (random.random(11) < SUBSTITUTED)
            names += [f"match-{number:03d},{team},{first + k},{n + 1} Player {n + 1}" for k, n in enumerate(squad)]
        if not path.exists():
            path.mkdir(parents=True)
            os.link(shared / f"{number % distinct}.parquet", path / TRACKS)
            bundle = Bundle(path)
            bundle.write_events(made_events(game))
            (path / KEEPERS).mkdir()
            moments = [made_moment(k, saved=bool(random.random() < 0.6)) for k in range(8)]
            write_moments_index(path / KEEPERS, moments)
            write_made_manifest(bundle, game)
    (folder / "teams.csv").write_text("\n".join(names) + "\n")
    return paths


def match(number: int, *, rate_hz: float = 12.5) -> MadeMatch:
    """Return a match of 90 minutes."""
    verdict = ("like", "unlike")[number % 2]
    return MadeMatch(minutes=90.0, rate_hz=rate_hz, passes=900, shots=25, seed=number, verdict=verdict)


def measure(folder: Path, bundles: list[Path]) -> dict[str, Any]:
    """Return seconds, sizes and memory."""
    from touchline.season import ask_season, index_season, query_season
    from touchline.season.page import write_season_page

    out, names = folder / "season.touchline", folder / "teams.csv"
    shutil.rmtree(out, ignore_errors=True)
    first = in_own_process(folder, bundles)
    unchanged = timed(lambda: index_season(bundles, out, names=names))
    write_made_manifest(Bundle(bundles[0]), MadeMatch(minutes=90.0, seed=12345))
    one = timed(lambda: index_season(bundles, out, names=names))
    write_made_manifest(Bundle(bundles[0]), match(0))
    index_season(bundles, out, names=names)
    page = timed(lambda: write_season_page(out))
    sql = "SELECT team_name, label, count(*) FROM events JOIN matches USING (match) GROUP BY ALL"
    questions = {
        "sql_count_of_all_events_s": timed(lambda: query_season(out, sql))["seconds"],
        "ask_passes_s": timed(lambda: ask_season(out, "passes"))["seconds"],
        "ask_players_s": timed(lambda: ask_season(out, "players"))["seconds"],
    }
    tracks = bundles[0] / TRACKS
    return {
        "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
        "load_average": round(os.getloadavg()[0], 1),
        "matches": len(bundles),
        "bundle_tracks_mb": round(tracks.stat().st_size / 1e6, 1),
        "first": first,
        "cpu_seconds_a_match": round(first["cpu_seconds"] / len(bundles), 3),
        "nothing_changed": unchanged,
        "one_changed": one,
        "tables_mb": {path.stem: round(path.stat().st_size / 1e6, 2) for path in sorted(out.glob("*.parquet"))},
        "all_tables_mb": round(sum(path.stat().st_size for path in out.glob("*.parquet")) / 1e6, 1),
        "page": page,
        "page_mb": round((out / "season.html").stat().st_size / 1e6, 2),
        "questions": questions,
    }


def in_own_process(folder: Path, bundles: list[Path]) -> dict[str, float]:
    """Build the index in a process of its own; return its seconds and peak memory."""
    code = (
        "import sys; from pathlib import Path; from touchline.season import index_season\n"
        "folder = Path(sys.argv[1])\n"
        "index_season(sorted((folder / 'bundles').iterdir()), folder / 'season.touchline', names=folder / 'teams.csv')"
    )
    before, began_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "seconds": round(time.monotonic() - began_s, 1),
        "cpu_seconds": round(cpu_s, 1),
        "peak_mb": round(after.ru_maxrss / 1e3, 0),
    }


def timed(work: Callable[[], Any]) -> dict[str, float]:
    """Return the seconds that a piece of work takes."""
    began_s, began_cpu_s = time.monotonic(), time.process_time()
    work()
    return {
        "seconds": round(time.monotonic() - began_s, 2),
        "cpu_seconds": round(time.process_time() - began_cpu_s, 2),
    }


if __name__ == "__main__":
    main()
