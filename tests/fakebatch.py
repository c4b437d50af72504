"""A stand-in for ``touchline analyze`` in tests of many matches, as a script: quick, saved in parts, resumed.

``python fakebatch.py VIDEO OUT [SECONDS_A_PART]``. A video is a text: ``damaged`` is refused, ``crash`` ends the
process, ``full`` finds the disk full, ``hungry`` takes memory, ``slow`` takes ten times as long; anything else gives a
bundle that depends on the content only, but for the timings in its manifest. The parts computed are logged beside the
video.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import time
from pathlib import Path

PARTS = 5


def main(video: Path, out: Path, part_s: float) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    content = video.read_bytes()
    for word, code, message in (
        (b"damaged", 3, f"{video}: no frame could be decoded"),
        (b"full", 5, "cannot be written (No space left on device): the disk is full"),
    ):
        if content.startswith(word):
            sys.stdout.write(json.dumps({"error": message, "exit_code": code}) + "\n")
            return code
    if content.startswith(b"crash"):
        os.kill(os.getpid(), signal.SIGSEGV)
    if content.startswith(b"hungry"):
        memory = bytearray(300 << 20)
        memory[:: 1 << 12] = b"x" * len(memory[:: 1 << 12])
        time.sleep(30)
    bundle = out / f"{video.stem}.touchline"
    saved = bundle / ".partial" / "spot"
    saved.mkdir(parents=True, exist_ok=True)
    for number in range(PARTS):
        part = saved / f"chunk-{number}.npz"
        if not part.exists():
            time.sleep(part_s * (10 if content.startswith(b"slow") else 1))
            unfinished = part.with_suffix(".tmp")
            unfinished.write_bytes(hashlib.sha256(content + bytes([number])).digest())
            unfinished.replace(part)
            with video.resolve().with_suffix(".log").open("a") as log:
                log.write(f"{number}\n")
            sys.stderr.write(f"{video.name}, {100 * (number + 1) // PARTS} %, 1.0x real time\n")
    events = b"".join((saved / f"chunk-{number}.npz").read_bytes() for number in range(PARTS))
    (bundle / "events.json").write_text(json.dumps({"events": events.hex()}))
    (bundle / "features").mkdir(exist_ok=True)
    (bundle / "features" / "a.json").write_text(json.dumps({"size": len(content)}))
    manifest = {"coverage": {"duration_us": 1_000_000 * len(content)}, "timings_s": {"analyse": time.time()}}
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    for part in saved.iterdir():
        part.unlink()
    saved.rmdir()
    saved.parent.rmdir()
    return 4 if content.startswith(b"lossy") else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]) if len(sys.argv) > 3 else 0.0))
