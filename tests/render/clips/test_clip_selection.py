"""Which moments become clips, from when to when, and under which name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from clipmatch import S, a_match, a_track, correct, decided
from touchline.core.actions import Action
from touchline.core.corrections.state import Corrections
from touchline.core.errors import UsageError
from touchline.core.events import Event
from touchline.render.clips.match import Match, Moment
from touchline.render.clips.names import clip_name, folder_name, safe
from touchline.render.clips.selection import Selection, selected
from touchline.render.clips.spans import Margins, Span, spans_of

NONE = Corrections()


def spans(*moments: Moment, duration_us: int = 100 * S, merge: bool = True, **margins: object) -> list[tuple[int, int]]:
    found = spans_of(moments, NONE, margins=Margins(**margins), duration_us=duration_us, merge=merge)  # type: ignore[arg-type]
    return [(span.start_us // S, span.end_us // S) for span in found]


def at(time_s: float, label: str = "PASS", **values: object) -> Moment:
    return Moment(label=label, start_us=round(time_s * S), **values)  # type: ignore[arg-type]


def labels(match: Match, **selection: object) -> list[tuple[str, int]]:
    (found,) = selected([match], Selection(**selection))  # type: ignore[arg-type]
    return [(moment.label, moment.start_us // S) for moment in found]


@pytest.fixture(scope="module")
def match(tmp_path_factory: pytest.TempPathFactory) -> Match:
    """Two named players: Anna, 10, is track 7 until 15 s and 9 after it; Bo, 4, is in a pass. Track 8 has no name."""
    tracks = [a_track(7, [(0, 20)]), a_track(9, [(22, 30)]), a_track(8, [(0, 5), (8, 12)], team="B")]
    actions = [
        Action(7, "on-the-ball", 10 * S, 18 * S, 1.0, "ball"),
        Action(7, "running", 0, 9 * S, 1.0, "movement"),
        Action(9, "dribble", 25 * S, 27 * S, 0.7, "model"),
        Action(8, "on-the-ball", 3 * S, 4 * S, 1.0, "ball"),
    ]
    made = a_match(tmp_path_factory.mktemp("m"), tracks=tracks, actions=actions, width=64, height=48)
    return correct(
        made,
        ("player", "pl-00000a", {"name": "Anna Müller", "number": 10, "team": "A"}),
        ("player", "pl-00000b", {"name": "Bo", "number": 4, "team": "B"}),
        ("team", "A", {"name": "Lions", "colour": None}),
        ("cut", "7@15000000", {}),
        ("track", "7", {"role": None, "team": None, "player": "pl-00000a", "same_as": None}),
        ("track", "9", {"role": None, "team": None, "player": "pl-00000a", "same_as": None}),
        decided(made, 0, player="pl-00000b", note="nice"),
    )


def test_without_a_selection_every_event_over_its_threshold(tmp_path: Path) -> None:
    made = a_match(
        tmp_path, seconds=1, events=[Event("PASS", 0, confidence=0.3), Event("SHOT", S // 2, confidence=0.3)]
    )
    assert labels(made) == [("PASS", 0), ("SHOT", 0)]
    strict = correct(made, ("threshold", "PASS", {"value": 0.5}))
    assert labels(strict) == [("SHOT", 0)]


def test_by_label_team_and_confidence(match: Match) -> None:
    assert labels(match, labels=("pass",)) == [("PASS", 12), ("PASS", 36)]
    assert labels(match, labels=("PASS", "SHOT"), teams=("B",)) == [("SHOT", 20), ("PASS", 36)]
    assert labels(match, teams=("lions",)) == [("PASS", 12)]
    assert labels(match, min_confidence=0.6) == [("PASS", 12), ("SHOT", 20)]
    assert labels(match, reviewed=True) == [("PASS", 12)]


def test_a_player_by_name_number_and_track(match: Match) -> None:
    anna = [("on-the-ball", 10), ("dribble", 25)]
    for word in ("Anna Müller", "anna müller", "10", "#10", "10 Anna Müller", "pl-00000a"):
        assert labels(match, players=(word,)) == anna, word
    assert labels(match, players=("Bo",)) == [("PASS", 12)]
    assert labels(match, players=("8",)) == [("on-the-ball", 3)]
    assert labels(match, players=("8", "4")) == [("on-the-ball", 3), ("PASS", 12)]


def test_what_followed_a_cut_belongs_to_the_new_track(match: Match) -> None:
    (found,) = selected([match], Selection(players=("track 10",)))  # the second part of 7; 10 alone is Anna's shirt
    assert [(moment.label, moment.start_us // S, (moment.end_us or 0) // S) for moment in found] == [
        ("on-the-ball", 15, 18)
    ]


def test_how_a_player_moves_only_if_asked(match: Match) -> None:
    assert labels(match, players=("Anna Müller",), labels=("running",)) == [("running", 0)]


def test_seen_takes_the_stretches_on_screen(match: Match) -> None:
    (found,) = selected([match], Selection(players=("8",), seen=True))
    assert [(moment.start_us, moment.end_us) for moment in found] == [(0, 4_800_001), (8 * S, 11_800_001)]
    assert spans(*found) == [(0, 4), (8, 11)]


def test_misspelt_words_are_answered_with_the_nearest(match: Match) -> None:
    with pytest.raises(UsageError, match=r"--label 'PAS' .*did you mean 'PASS'"):
        selected([match], Selection(labels=("PAS",)))
    with pytest.raises(UsageError, match=r"--player 'Ana Müller' .*did you mean"):
        selected([match], Selection(players=("Ana Müller",)))
    with pytest.raises(UsageError, match=r"--team 'C' .*the bundles know A, B, Lions"):
        selected([match], Selection(teams=("C",)))


@pytest.mark.parametrize(
    "wrong",
    [{"min_confidence": 1.5}, {"seen": True}, {"players": ("1",), "each_player": True}],
)
def test_selections_that_make_no_sense(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Selection(**wrong)  # type: ignore[arg-type]


def test_margins() -> None:
    assert spans(at(20)) == [(12, 26)]
    assert spans(at(3), at(95)) == [(0, 9), (87, 100)]
    assert spans(at(20, end_us=24 * S)) == [(12, 30)]
    assert spans(at(20), lead_us=2 * S, lag_us=S) == [(18, 21)]
    assert spans(at(20), lead_us=2 * S, leads_us={"pass": 5 * S}) == [(15, 26)]
    assert spans(at(20, lead_us=S), leads_us={"pass": 5 * S}) == [(19, 26)]
    assert spans(at(200)) == []


def test_margins_of_the_label_set() -> None:
    match_set = ("labels", "set", {"labels": [{"name": "PASS", "lead_us": 3 * S, "lag_us": S}]})
    corrections = Corrections.of_state({(match_set[0], match_set[1]): match_set[2]}, commands=1)
    (span,) = spans_of([at(20)], corrections, margins=Margins(), duration_us=0)
    assert (span.start_us, span.end_us) == (17 * S, 21 * S)
    (span,) = spans_of([at(20)], corrections, margins=Margins.of_words(["9"], ["PASS=2"]), duration_us=0)
    assert (span.start_us, span.end_us) == (11 * S, 22 * S)


def test_margins_in_words() -> None:
    margins = Margins.of_words(["8", "HIGH PASS=3.5"], [])
    assert (margins.lead_us, margins.leads_us, margins.lag_us) == (8 * S, {"high pass": 3_500_000}, None)
    for word in ("x", "PASS=", "-1", "=3", "nan", "9999"):
        with pytest.raises(UsageError, match="--lead"):
            Margins.of_words([word], [])


def test_overlapping_and_touching_clips_become_one() -> None:
    assert spans(at(10), at(24), at(39)) == [(2, 30), (31, 45)]
    assert spans(at(10), at(24), merge=False) == [(2, 16), (16, 30)]
    (span,) = spans_of([at(24, "B"), at(10, "A")], NONE, margins=Margins(), duration_us=0)
    assert [moment.label for moment in span.moments] == ["A", "B"]


def test_names_sort_and_are_allowed_everywhere(match: Match) -> None:
    (moment,) = selected([match], Selection(players=("Bo",)))[0]
    span = Span(moment.start_us, moment.start_us + 1, (moment, moment))
    assert clip_name(span, number=12, corrections=match.corrections) == "0012_00-00-12_PASS+1_Lions_4-Bo"
    late = Span(0, 1, (at(2052, "SHOT", team="A", player="17"),))
    assert clip_name(late, number=1, corrections=NONE, match="cup final") == (
        "0001_cup-final_00-34-12_SHOT_TeamA_track-17"
    )
    wild = at(1, "../a\\b:*?\n", team="<|>" * 90, player="선수")
    name = clip_name(Span(0, 1, (wild,)), number=1, corrections=NONE)
    assert re.fullmatch(r"[A-Za-z0-9_+-]{1,150}", name), name


def test_letters_that_are_not_ascii() -> None:
    assert safe("Ødegård, Łukasz Größe") == "Odegard-Lukasz-Grosse"
    assert safe("선수") == ""
    named = Corrections.of_state({("player", "pl-00000c"): {"name": "선수"}}, commands=1)
    assert folder_name("pl-00000c", named) == "player-pl-00000c"
    device = Corrections.of_state({("player", "pl-00000c"): {"name": "con"}}, commands=1)
    assert folder_name("pl-00000c", device) == "player-con"
