"""The ``touchline`` command with networks of the tests in place of the built-in ones."""

# ruff: noqa: E402
from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from touchline.cli.interrupts import Interrupts

Interrupts.listen()  # as the command does before it imports anything heavy

from fakefeatures import number_extractor
from fakematch import FakeDetector, FakePitchFinder
from touchline.__main__ import main
from touchline.analysis.tasks import track as tracking
from touchline.features import picture_extractor
from touchline.features.picture_extractor import FeatureExtractor


def load_tracker(detector: str | None, **settings: object) -> tracking.VideoTracker:
    """The fakes, whatever was asked for."""
    return tracking.VideoTracker(FakeDetector(), FakePitchFinder())


def load_extractor(name: str, **settings: object) -> FeatureExtractor:
    """Rows that tell which picture they were made of."""
    return number_extractor(name=name)


if __name__ == "__main__":
    tracking.load_tracker = load_tracker  # type: ignore[assignment]
    picture_extractor.load_feature_extractor = load_extractor  # type: ignore[assignment]
    main()
