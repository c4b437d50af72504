"""Team-mAP: known answers, and equality with its definition on top of SoccerNet's own average precision."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from naive_spotting import naive_results
from soccernet_reference import soccernet_results

from touchline.core import Event, Timeline
from touchline.core.columns import columns_from_timeline
from touchline.core.labels import BALL_12
from touchline.formats.soccernet.columns import columns_from_annotations, columns_from_predictions
from touchline.metrics.spotting.teams import TeamReport, evaluate_teams

ACTIONS = ("PASS", "DRIVE", "SHOT")
SIDES = ("left", "right")
Game = dict[str, Any]


def timeline(*events: tuple[str, float, str | None, float]) -> Timeline:
    return Timeline(
        tuple(Event(label, round(1e6 * at), team=team, confidence=confidence) for label, at, team, confidence in events)
    )


def score(truth: Timeline, found: Timeline, *, labels: tuple[str, ...] = ("PASS",)) -> TeamReport:
    return evaluate_teams([columns_from_timeline(truth)], [columns_from_timeline(found)], labels=labels)


def test_the_wrong_side_is_a_false_one() -> None:
    truth = timeline(("PASS", 10, "left", 1), ("PASS", 20, "right", 1))
    right = score(truth, timeline(("PASS", 10, "left", 0.9), ("PASS", 20, "right", 0.8)))
    assert right.aggregate() == right.plain.aggregate() == 1
    wrong = score(truth, timeline(("PASS", 10, "left", 0.9), ("PASS", 20, "left", 0.8)))
    assert (wrong.aggregate(), wrong.plain.aggregate()) == (0.5, 1)


def test_sides_weigh_by_their_true_events() -> None:
    truth = timeline(*(("PASS", 10 * i, "left", 1) for i in range(1, 4)), ("PASS", 50, "right", 1))
    found = timeline(*(("PASS", 10 * i, "left", 0.9) for i in range(1, 4)))
    report = score(truth, found)
    assert report.ap[0].tolist() == [[1, 0]]
    assert report.truths.tolist() == [[3, 1]]
    assert report.aggregate() == 0.75


def test_an_action_without_true_events_makes_it_undefined() -> None:
    events = timeline(("PASS", 10, "left", 1))
    report = score(events, events, labels=("PASS", "SHOT"))
    assert np.isnan(report.aggregate())
    assert report.of_seen_classes() == 1


def test_events_without_a_side_are_left_out() -> None:
    truth = timeline(("PASS", 10, "left", 1), ("PASS", 20, None, 1))
    report = score(truth, timeline(("PASS", 10, "left", 0.9), ("PASS", 20, None, 0.8)))
    assert (report.aggregate(), report.plain.truths[0].tolist()) == (1, [2])
    nobody = timeline(("PASS", 10, None, 0.9))
    assert score(truth, nobody).aggregate() == 0


def random_games(rng: np.random.Generator) -> tuple[list[Game], list[Game]]:
    truth, found = [], []
    for _ in range(int(rng.integers(1, 4))):
        annotations, predictions = [], []
        for _ in range(int(rng.integers(5, 40))):
            at, label, side = int(rng.integers(0, 60_000)), str(rng.choice(ACTIONS)), str(rng.choice(SIDES))
            half = 2 if rng.random() < 0.05 else 1
            clock = f"{half} - {at // 60_000:02d}:{at // 1000 % 60:02d}"
            shown = "not shown" if rng.random() < 0.1 else "visible"
            row = {"gameTime": clock, "label": label, "position": str(at), "team": side, "visibility": shown}
            annotations.append(row)
            for _ in range(int(rng.integers(0, 3))):
                moved = max(at + int(rng.normal(0, 400)), 0)
                team = side if rng.random() < 0.8 else str(rng.choice(SIDES))
                guess = {"gameTime": clock, "label": label, "position": str(moved), "half": str(half), "team": team}
                predictions.append({**guess, "confidence": str(round(float(rng.random()), 3))})
        truth.append({"annotations": annotations})
        found.append({"predictions": predictions})
    return truth, found


def by_side(games: list[Game], key: str, *, sides: bool) -> list[Game]:
    """The games as the definition reads them: one half, and the side in the label."""
    out = []
    for game in games:
        rows = [row for row in game[key] if key == "predictions" or row["gameTime"][0] == "1"]
        rows = [{**row, **({"half": "1"} if key == "predictions" else {})} for row in rows]
        if sides:
            rows = [{**row, "label": f"{row['label']}-{row['team']}"} for row in rows]
        out.append({key: rows})
    return out


def weights(truth: list[Game]) -> np.ndarray:
    """Visible minus unshown true events of each action and side; the last of a frame counts."""
    found: dict[tuple[int, str, str, int], int] = {}
    for number, game in enumerate(truth):
        for row in game["annotations"]:
            if row["gameTime"][0] == "1":
                place = (number, row["label"], row["team"], int(25 * (int(row["position"]) / 1000)))
                found[place] = -1 if row["visibility"] == "not shown" else 1
    return np.array([[sum(v for k, v in found.items() if k[1:3] == (a, s)) for s in SIDES] for a in ACTIONS])


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("of_package", [False, True])
def test_team_map_is_its_definition(seed: int, of_package: bool) -> None:
    truth, found = random_games(np.random.default_rng(seed))
    if of_package:
        pytest.importorskip("SoccerNet")
    names = [f"{action}-{side}" for action in ACTIONS for side in SIDES]

    def results(labels: list[str], *, sides: bool) -> dict[str, Any]:
        pair = (by_side(truth, "annotations", sides=sides), by_side(found, "predictions", sides=sides))
        if of_package:
            return soccernet_results(*pair, labels=labels, fps=25, metric="at1")
        return naive_results(*pair, labels=labels, fps=25, deltas=[1])

    report = evaluate_teams(
        [columns_from_annotations(game["annotations"], source="t") for game in truth],
        [columns_from_predictions(game["predictions"], source="f") for game in found],
        labels=ACTIONS,
    )
    weight = weights(truth)
    sided = results(names, sides=True)
    assert report.weights.tolist() == weight.tolist()
    for kind, suffix in enumerate(("", "_visible", "_unshown")):
        ap = np.array(sided[f"a_mAP_per_class{suffix}"]).reshape(len(ACTIONS), 2)
        with np.errstate(divide="ignore", invalid="ignore"):
            wanted = (ap * weight).sum(axis=1) / weight.sum(axis=1)
        assert report.per_class(kind) == pytest.approx(wanted, abs=1e-12, nan_ok=True)
        assert report.aggregate(kind) == pytest.approx(wanted.mean(), abs=1e-12, nan_ok=True)
    plain = results(list(ACTIONS), sides=False)
    assert report.plain.aggregate() == pytest.approx(plain["a_mAP"], abs=1e-12)
    assert report.plain.per_class().tolist() == pytest.approx(plain["a_mAP_per_class"], abs=1e-12)


def test_the_twelve_actions_of_2025_are_those_of_2024() -> None:
    events = timeline(*((label, 10 * i, SIDES[i % 2], 1.0) for i, label in enumerate(BALL_12, 1)))
    assert score(events, events, labels=BALL_12).aggregate() == 1
