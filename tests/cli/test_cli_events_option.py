"""``touchline analyze --events``: what events are named from, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from touchline.cli.options import AnalyzeArguments
from touchline.cli.running import events_from
from touchline.core.errors import UsageError


@pytest.mark.parametrize(
    ("arguments", "tracked", "expected"),
    [
        (AnalyzeArguments(), True, "fused"),
        (AnalyzeArguments(), False, "pixels"),
        (AnalyzeArguments(model=["mine"]), True, "pixels"),
        (AnalyzeArguments(model=["mine"], events="fused"), True, "fused"),
        (AnalyzeArguments(events="tracks"), True, "tracks"),
        (AnalyzeArguments(events="pixels"), True, "pixels"),
    ],
)
def test_the_default_suits_what_there_is(arguments: AnalyzeArguments, tracked: bool, expected: str) -> None:
    assert events_from(arguments, tracked=tracked) == expected


@pytest.mark.parametrize("events", ["fused", "tracks"])
def test_tracks_are_needed(events: str) -> None:
    with pytest.raises(UsageError, match=f"--events {events} needs tracks, and nobody is tracked; use --events pixels"):
        events_from(AnalyzeArguments(events=events), tracked=False)  # type: ignore[arg-type]


def test_a_head_over_features_is_not_fused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("touchline.cli.running.is_stream_head", lambda name: name == "head")
    with pytest.raises(UsageError, match="not a head over feature streams"):
        events_from(AnalyzeArguments(model=["head"], events="fused", out=Path()), tracked=True)
