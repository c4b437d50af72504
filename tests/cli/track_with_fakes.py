"""The ``touchline`` command with a detector and a pitch finder of the tests in place of the built-in ones."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from fakematch import FakeDetector, FakePitchFinder
from touchline.analysis.tasks import track as tracking
from touchline.cli.main import main


def load_tracker(detector: str | None, **settings: object) -> tracking.VideoTracker:
    """The fakes, whatever was asked for."""
    return tracking.VideoTracker(FakeDetector(), FakePitchFinder())


if __name__ == "__main__":
    tracking.load_tracker = load_tracker  # type: ignore[assignment]
    main()
