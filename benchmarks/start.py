"""Measure how long a command takes from its call to the first answer of a network.

    python benchmarks/start.py VIDEO
    python benchmarks/start.py VIDEO --revision REVISION

calls ``touchline spot``, ``track`` and ``analyze`` as a user does, with the sources of this checkout ("now") or of an
earlier revision ("before"), and ends each at its first answer. Wall time, CPU-seconds of the process and the number of
modules loaded until then go to ``results/start.json``. "cold" is with an empty cache of compiled graphs, "warm" the
next call. Python's bytecode is there, as after an installation. Of several runs the one that took
least counts, as other work on the machine only ever adds; the load is recorded. ``--table`` prints the
committed results.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results" / "start.json"
VERBS = ("spot", "track", "analyze")
DRIVER = """
import json, os, sys, time
from touchline.__main__ import main
from touchline.models.runtime import openvino_runtime

report = sys.argv.pop()
importing = openvino_runtime.import_openvino

def reporting(run):
    def timed(*given, **named):
        run(*given, **named)
        answered = {"at": time.time(), "cpu_s": time.process_time(), "modules": len(sys.modules)}
        with open(report, "w") as file:
            json.dump(answered, file)
        os._exit(0)
    return timed

def watched():
    openvino = importing()
    if not hasattr(openvino, "watched"):
        openvino.watched = True
        openvino.CompiledModel.__call__ = reporting(openvino.CompiledModel.__call__)
        openvino.InferRequest.wait = reporting(openvino.InferRequest.wait)
    return openvino

openvino_runtime.import_openvino = watched
main()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", nargs="?", type=Path, help="a short video")
    parser.add_argument("--revision", default="", help="earlier revision to measure instead of this checkout")
    parser.add_argument("--verbs", nargs="+", choices=VERBS, default=VERBS, help="commands to measure")
    parser.add_argument("--runs", type=int, default=3, help="runs of each kind")
    parser.add_argument("--table", action="store_true", help="print the committed results")
    arguments = parser.parse_args()
    if not arguments.table:
        if arguments.video is None:
            parser.error("name a video")
        RESULTS.write_text(json.dumps(measured(arguments), indent=2) + "\n", encoding="utf-8")
    print(table(json.loads(RESULTS.read_text(encoding="utf-8"))))


def measured(arguments: argparse.Namespace) -> dict[str, Any]:
    """The document of results, with those of this call in place of former ones."""
    found = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    load = [round(value, 1) for value in os.getloadavg()]
    about = {
        "revision": arguments.revision or "this checkout",
        "video": arguments.video.name,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "load_average": load,
        "runs": arguments.runs,
    }
    return found | {"before" if arguments.revision else "now": about | starts(arguments)}


@contextmanager
def compiled_sources(revision: str) -> Iterator[Path]:
    """The sources of a revision, or of this checkout if it is empty, in a temporary folder with their bytecode."""
    with tempfile.TemporaryDirectory() as folder:
        if revision:
            packed = subprocess.run(
                ["git", "-C", str(ROOT), "archive", revision, "src"], capture_output=True, check=True
            )
            subprocess.run(["tar", "-x", "-C", folder], input=packed.stdout, check=True)
        else:
            shutil.copytree(ROOT / "src", Path(folder) / "src")
        compileall.compile_dir(folder, quiet=2)
        yield Path(folder) / "src"


def starts(arguments: argparse.Namespace) -> dict[str, Any]:
    """The least times of each verb, cold and warm."""
    found: dict[str, Any] = {}
    with compiled_sources(arguments.revision) as sources, tempfile.TemporaryDirectory() as folder:
        for verb in arguments.verbs:
            runs: dict[str, list[dict[str, float]]] = {"cold": [], "warm": []}
            for number in range(arguments.runs):
                for several in runs.values():
                    cache = Path(folder) / f"{verb} {number}"
                    several.append(first_answer(verb, arguments.video.absolute(), sources=sources, cache=cache))
            found[verb] = {kind: least(several) for kind, several in runs.items()}
    return found


def first_answer(verb: str, video: Path, *, sources: Path, cache: Path) -> dict[str, float]:
    """Seconds, CPU-seconds and modules until the first answer of a network."""
    cache.mkdir(exist_ok=True)
    report, driver = cache / "answer.json", cache / "driver.py"
    report.unlink(missing_ok=True)
    driver.write_text(DRIVER, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(sources), "XDG_CACHE_HOME": str(cache)}
    with tempfile.TemporaryDirectory() as out:
        words = [sys.executable, str(driver), verb, str(video), "--device", "cpu", "--out", out, str(report)]
        started = time.time()
        done = subprocess.run(words, env=environment, capture_output=True, text=True)
    if not report.is_file():
        raise SystemExit(f"{verb} gave no answer:\n{done.stderr}")
    answered = json.loads(report.read_text())
    return {"wall_s": answered["at"] - started, "cpu_s": answered["cpu_s"], "modules": answered["modules"]}


def least(several: list[dict[str, float]]) -> dict[str, float]:
    """The least of each value."""
    return {name: round(min(one[name] for one in several), 2) for name in several[0]}


def table(found: dict[str, Any]) -> str:
    """The results as text."""
    heads = ("", "cold, s", "warm, s", "cold, CPU-s", "warm, CPU-s", "modules")
    rows = []
    for when in (name for name in ("before", "now") if name in found):
        for verb in (name for name in VERBS if name in found[when]):
            cold, warm = (found[when][verb][kind] for kind in ("cold", "warm"))
            numbers = (cold["wall_s"], warm["wall_s"], cold["cpu_s"], warm["cpu_s"], round(warm["modules"]))
            rows.append((f"{verb}, {when}", *map(str, numbers)))
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in (heads, *rows)
    )


if __name__ == "__main__":
    main()
