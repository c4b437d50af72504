"""The bundles that a user names after ``--corrections``, checked the same way for every kind of model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from touchline.core.errors import UsageError
from touchline.formats.corrections.reviewed import ReviewedVideo


def require_bundles(paths: Sequence[Path]) -> None:
    """Check that bundles are named.

    Raises:
        UsageError: none is.

    """
    if not paths:
        raise UsageError("no reviewed bundles are named; add --corrections match.touchline")


def refuse_one_video_twice(matches: Sequence[ReviewedVideo]) -> None:
    """Check that every bundle is of a video of its own.

    Raises:
        UsageError: two are of one video.

    """
    twice = [one for one, count in Counter(match.fingerprint for match in matches).items() if count > 1]
    if twice:
        names = ", ".join(str(match.bundle.path) for match in matches if match.fingerprint == twice[0])
        raise UsageError(f"{names} are of one video; name one of them")
