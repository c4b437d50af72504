"""The protocol beside a number: name, version, whether it was verified, and what was scored otherwise."""

from __future__ import annotations

import pytest

from touchline.metrics.protocol import ScoringProtocol

TIGHT = ScoringProtocol("SoccerNet average-mAP (tight)", "SoccerNet 0.2.0", verified=True)


def test_a_protocol_in_one_line_and_as_a_record() -> None:
    assert TIGHT.line == "protocol: SoccerNet average-mAP (tight), SoccerNet 0.2.0 (verified against it)"
    assert TIGHT.record() == {
        "name": "SoccerNet average-mAP (tight)",
        "version": "SoccerNet 0.2.0",
        "verified": True,
        "differs": [],
    }


def test_differences_are_named_and_empty_ones_left_out() -> None:
    other = TIGHT.but("", "50 frames per second, not 2")
    assert other.differs == ("50 frames per second, not 2",)
    assert other.line.endswith("; but 50 frames per second, not 2")
    assert TIGHT.but("").differs == ()


def test_a_protocol_nobody_compared_says_so() -> None:
    line = ScoringProtocol("macro-F1 at 12 frames", "definition of 2026", verified=False).line
    assert line == "protocol: macro-F1 at 12 frames, definition of 2026 (not verified against its code)"


def test_a_protocol_needs_a_name_and_a_version() -> None:
    with pytest.raises(ValueError, match="needs a name and a version"):
        ScoringProtocol("HOTA", "", verified=True)
