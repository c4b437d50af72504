"""Check that a change of the code leaves the built-in models' results on the sample clip identical, byte for byte.

    python benchmarks/same_outputs.py --against v0.1.0

checks out that revision into a temporary folder, runs ``touchline analyze`` on the sample clip once with its sources
and once with those of this checkout, on this machine, and compares every file of the two bundles. ``manifest.json``
holds timings and versions, and the pages hold scripts and styles, so only the data in a page are compared. Exits with 1
if anything differs. Two bundles that exist already are compared by

    python benchmarks/same_outputs.py --bundles OLD.touchline NEW.touchline
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results" / "same_outputs.json"
SAMPLE = ROOT / "src/touchline/analysis/sample/sample.mp4"
MANIFEST_PARTS = ("video_fingerprint", "models", "coverage", "tracking", "spotting")
_DATA = re.compile(r'<script type="application/json"[^>]*>(.*?)</script>', re.S)


def analyse(tree: Path, out: Path) -> Path:
    """Analyse the sample clip with the sources of a tree; return the bundle."""
    environment = {**os.environ, "PYTHONPATH": str(tree / "src")}
    command = [sys.executable, "-m", "touchline", "analyze", str(SAMPLE), "--out", str(out), "--device", "cpu"]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return next(out.glob("*.touchline"))


def digests(bundle: Path) -> dict[str, str]:
    """Return the SHA-256 of the comparable content of each file of a bundle."""
    return {
        path.relative_to(bundle).as_posix(): hashlib.sha256(content(path)).hexdigest()
        for path in sorted(bundle.rglob("*"))
        if path.is_file()
    }


def content(path: Path) -> bytes:
    """Return the bytes of a file that must stay the same."""
    if path.name == "manifest.json":
        manifest: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return json.dumps({part: manifest.get(part) for part in MANIFEST_PARTS}, sort_keys=True).encode()
    if path.suffix == ".html":
        return "\n".join(_DATA.findall(path.read_text("utf-8"))).encode()
    return path.read_bytes()


def main() -> None:
    """Compare this checkout with a revision."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--against", help="the revision to compare with")
    which.add_argument("--bundles", nargs=2, type=Path, metavar=("OLD", "NEW"), help="two bundles to compare")
    parser.add_argument("--out", type=Path, default=RESULTS, help="file for the comparison")
    arguments = parser.parse_args()
    if arguments.bundles:
        _finish(compared(*(digests(bundle) for bundle in arguments.bundles)))
    with tempfile.TemporaryDirectory() as folder:
        before = Path(folder) / "before"
        git = ["git", "-C", str(ROOT)]
        subprocess.run([*git, "worktree", "add", "--detach", str(before), arguments.against], check=True)
        try:
            old, new = digests(analyse(before, Path(folder) / "a")), digests(analyse(ROOT, Path(folder) / "b"))
        finally:
            subprocess.run([*git, "worktree", "remove", "--force", str(before)], check=True)
    revision = subprocess.run([*git, "rev-parse", arguments.against], check=True, capture_output=True, text=True)
    rows = compared(old, new)
    report = {
        "against": revision.stdout.strip(),
        "processor": platform.processor() or platform.machine(),
        "files": rows,
    }
    arguments.out.write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    _finish(rows)


def compared(old: dict[str, str], new: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Return for each file of either bundle whether both hold the same."""
    return {name: {"same": old.get(name) == new.get(name), "sha256": new.get(name)} for name in sorted({*old, *new})}


def _finish(rows: dict[str, dict[str, Any]]) -> NoReturn:
    for name, row in rows.items():
        print(f"{'same     ' if row['same'] else 'DIFFERENT'} {name}")
    sys.exit(0 if all(row["same"] for row in rows.values()) else 1)


if __name__ == "__main__":
    main()
