"""The rows of bad inputs and faults, which tests prove them, and the table that ``make robustness`` prints.

A test says what it proves with ``@pytest.mark.robustness("12")`` (several rows are allowed), and how many inputs it
tried with ``tried(400)`` if that is not one. ``--robustness-report FILE`` keeps the counts of a run, and

    python tests/robustnessreport.py COUNTS... [--out FILE]

prints the table of several runs, in Markdown, and fails if a test failed.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from collections.abc import Callable, Generator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import pytest

ROWS = {
    "1": ("empty file", "refused [3]"),
    "2": ("text named .mp4", "refused [3]"),
    "3": ("folder or pipe as a video", "a folder's videos are taken; a pipe is refused [2], no hang"),
    "4": ("missing or unreadable file", "refused [3], the others go on [4]"),
    "5": ("MP4 without its index (moov)", "refused [3]: an unfinished recording, how to repair it"),
    "6": ("cut at 60 %", "what is there is analysed, the rest is a gap [4]"),
    "7": ("cut inside the first picture", "refused [3], no crash"),
    "8": ("flipped bits in pictures", "packets skipped, gaps named [4]"),
    "9": ("a 20 KB hole of zeros", "a gap [4]; times after it unchanged"),
    "10": ("header that asks for huge memory", "the child's limit [5], the run goes on"),
    "11": ("15360x8640 pictures", "refused before decoding [3]"),
    "12": ("variable frame rate", "every frame by its own time"),
    "13": ("rotated by 90, 180, 270", "upright, boxes as shown"),
    "14": ("odd sizes, 4:4:4, oblong pixels", "right shape"),
    "15": ("10 bit, HDR, full range, untagged HD", "colours within tolerance"),
    "16": ("interlaced", "deinterlaced, with a note"),
    "17": ("no sound", "works; a model that needs sound says so"),
    "18": ("sound only", "refused [3]"),
    "19": ("two video streams", "the default one, said; --stream"),
    "20": ("transport stream that starts at 100.2 s", "time 0 at the first frame"),
    "21": ("edit list", "shown frames counted"),
    "22": ("missing, repeated or backward times", "repaired, said"),
    "23": ("header that lies about its length", "the decoded frames count"),
    "24": ("one frame; 0.2 s", "no crash, no NaN"),
    "25": ("3 h, 4 GB, times over 2^31", "bounded memory, right times"),
    "26": ("file still being written", "said"),
    "27": ("size, pixel shape or rate that changes", "every frame by its own shape"),
    "28": ("playlist or concat script", "refused [3], no connection"),
    "29": ("URL", "refused [2], no connection"),
    "30": ("odd and very long file names", "work"),
    "31": ("disk full, folder not writable", "ends [5], what was there stays"),
    "32": ("SIGINT, SIGTERM, kill -9 at any moment", "resume equals a clean run, byte for byte"),
    "33": ("GPU out of memory", "half the batch, said; [5] only at one"),
    "34": ("GPU lost, numbers that are not finite", "an error, never an empty result"),
    "35": ("checkpoints: code, wrong classes, truncated, wrong digest", "refused"),
    "36": ("archives: paths out, links, bombs, repeats", "refused, nothing outside"),
    "37": ("XML: entities, encodings, commas, NaN", "safe, with line numbers"),
    "38": ("JSON: unknown, repeated, negative, huge, deep", "refused with file and place"),
    "39": ("review server: paths, foreign hosts, no token, ranges", "refused"),
    "40": ("two processes on one match, clock jump, cache read-only", "lock, one result"),
    "network": ("every command with its sockets watched", "no connection, no child that makes one, no client id"),
    "child": ("decoder that crashes, hangs, eats memory", "ends that video [5], never the run"),
    "silent": ("videos mutated at random", "every lost or damaged picture is named"),
    "false-alarm": ("healthy files of odd make", "no loss is named [0]"),
    "real-files": ("tags, sound layouts and tracks, raw DV, lists, folders", "read right"),
    "data-files": (
        "MOT, COCO, StatsBomb, Excel, SoccerNet in the wild",
        "as the reference scores, or said",
    ),
    "parsers": ("every reader, fuzzed", "a typed error with file and place, never exit 1"),
    "edited": ("bundles edited by hand", "refused or redone, never a traceback"),
    "others": ("other people's files in the way", "kept; refused or a suffix"),
    "text": ("formulas, control characters", "escaped"),
    "empty": ("a run that finds nothing", "says why it may be"),
    "unlike": (
        "no ball, upright, two pitches, other sports, black and white, a still, a static camera, 10 fps, 4K, one kit",
        "says that it is unlike, and why; claims nothing that cannot be",
    ),
    "load": ("a season: length, counts", "within memory and time"),
}
"""Row -> (input, what is right); the bracketed number is the exit code."""


@dataclass(slots=True)
class _Row:
    tests: int = 0
    failed: int = 0
    skipped: int = 0
    inputs: int = 0


_ROWS = {name: _Row() for name in ROWS}
_TRIED = pytest.StashKey[list[int]]()


@pytest.fixture
def tried(request: pytest.FixtureRequest) -> Callable[[int], None]:
    """Call it with the number of inputs that this test has tried, for the table of bad inputs."""
    counts = request.node.stash.setdefault(_TRIED, [])
    return counts.append


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--robustness-report", type=Path, help="write the table of bad inputs and faults to a file")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    marks = [name for mark in item.iter_markers("robustness") for name in mark.args]
    if unknown := set(marks) - set(ROWS):
        raise ValueError(f"{item.nodeid}: robustness rows {sorted(unknown)} are not in tests/robustnessreport.py")
    if report.when == "call" or report.outcome != "passed":
        for name in set(marks):
            row = _ROWS[name]
            row.tests += report.when == "call"
            row.failed += report.failed
            row.skipped += report.skipped
            row.inputs += sum(item.stash.get(_TRIED, [])) or 1
        _keep(item.config)
    return report


def _keep(config: pytest.Config) -> None:
    """Write the counts so far: a run that is stopped has them, too."""
    path: Path | None = config.getoption("--robustness-report")
    if path is not None:
        path.write_text(json.dumps({name: asdict(row) for name, row in _ROWS.items()}), encoding="utf-8")


def table(rows: Mapping[str, _Row]) -> str:
    """Return the table of the rows in Markdown."""
    lines = ["| row | input or fault | right | tests | inputs tried | failed |", "|---|---|---|---|---|---|"]
    for name, (what, wanted) in ROWS.items():
        row = rows[name]
        skipped = f" ({row.skipped} skipped)" if row.skipped else ""
        lines.append(f"| {name} | {what} | {wanted} | {row.tests}{skipped} | {row.inputs:,} | {row.failed} |")
    tests, inputs, failed = (sum(getattr(row, name) for row in rows.values()) for name in ("tests", "inputs", "failed"))
    lines.append(f"| all | a test may prove several rows | | {tests:,} | {inputs:,} | {failed} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the table of several runs; fail if a test failed or a row has none."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("counts", type=Path, nargs="+", metavar="COUNTS", help="what --robustness-report kept")
    parser.add_argument("--out", type=Path, help="write the table to this file, too")
    options = parser.parse_args()
    runs = [json.loads(path.read_text(encoding="utf-8")) for path in options.counts]
    names = [field.name for field in fields(_Row)]
    rows = {row: _Row(**{name: sum(run[row][name] for run in runs) for name in names}) for row in ROWS}
    sys.stdout.write(table(rows))
    if options.out is not None:
        today = datetime.date.today().isoformat()
        options.out.write_text(f"Run on {today}.\n\n{table(rows)}", encoding="utf-8")
    sys.exit(any(row.failed or not row.tests for row in rows.values()))


if __name__ == "__main__":
    main()
