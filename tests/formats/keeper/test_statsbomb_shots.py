"""StatsBomb's shots of every kind: each is scored, or counted with the reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from touchline.core.errors import InputError
from touchline.core.shots import OUTCOMES, Shot
from touchline.formats.keeper.shots import ShotFile, read_shot_file

pytestmark = pytest.mark.robustness("data-files")
FREEZE = [{"location": [114, 42.5], "teammate": False, "position": {"name": "Goalkeeper"}, "player": {"name": "Bo"}}]


def shot(outcome: Any = "Saved", *, kind: str = "Open Play", **changes: Any) -> dict[str, Any]:
    detail = {"type": {"name": kind}, "freeze_frame": FREEZE, "end_location": [120, 38.2]}
    detail |= {} if outcome is None else {"outcome": {"id": 1, "name": outcome}}
    return {"id": "e", "period": 1, "type": {"name": "Shot"}, "location": [108.0, 45.0], "shot": detail} | changes


def read(folder: Path, document: Any) -> ShotFile:
    path = folder / "events.json"
    path.write_text(json.dumps(document))
    return read_shot_file(path)


def test_every_outcome_is_known(tmp_path: Path) -> None:
    found = read(tmp_path, [shot(outcome) for outcome in OUTCOMES])
    assert [one.outcome for one in found.shots] == list(OUTCOMES)
    assert [one.outcome for one in found.shots if one.saved] == ["Saved", "Saved to Post"]
    assert [one.outcome for one in found.shots if one.on_target] == ["Saved", "Goal", "Saved to Post"]
    assert not found.problems and len(found.remarks) == 1


@pytest.mark.parametrize(("text", "name"), [("Saved To Post", "Saved to Post"), ("off t", "Off T"), ("GOAL", "Goal")])
def test_spelling_does_not_matter(tmp_path: Path, text: str, name: str) -> None:
    assert read(tmp_path, [shot(text)]).shots[0].outcome == name
    (tmp_path / "a.csv").write_text(f"x,y,outcome\n100,40,{text}\n")
    assert read_shot_file(tmp_path / "a.csv").shots[0].outcome == name


def test_unknown_and_missing_outcomes_are_named(tmp_path: Path) -> None:
    found = read(tmp_path, [shot(), shot("Deflected"), shot("Deflected"), shot(None)])
    assert (len(found.shots), found.problems) == (4, ())
    said = " ".join(found.remarks)
    assert "1 of 4 shots without an outcome" in said
    assert "2 shots with outcomes other than Saved, Goal" in said and "'Deflected' (2)" in said
    (tmp_path / "a.csv").write_text("x,y,outcome\n100,40,gehalten\n")
    assert "'gehalten' (1)" in read_shot_file(tmp_path / "a.csv").remarks[0]


def test_penalties_shoot_outs_and_own_goals_are_counted(tmp_path: Path) -> None:
    events = [
        shot(),
        shot("Goal", kind="Penalty"),
        shot("Saved", kind="Penalty", period=5),
        shot("Off T", kind="Penalty", period=5),
        {"id": "o", "type": {"name": "Own Goal Against"}},
        {"id": "p", "type": {"name": "Own Goal For"}},
    ]
    found = read(tmp_path, events)
    assert len(found.shots) == 1
    said = " ".join(found.remarks)
    assert "3 penalties left out, 2 of them of a shoot-out" in said
    assert "1 own goal left out" in said


def test_free_kicks_and_corners_are_shots(tmp_path: Path) -> None:
    assert (
        len(read(tmp_path, [shot(kind=kind) for kind in ("Open Play", "Free Kick", "Corner", "Kick Off")]).shots) == 4
    )


def test_freeze_frames_that_lack_something(tmp_path: Path) -> None:
    def framed(frame: Any) -> dict[str, Any]:
        return shot(shot={**shot()["shot"], "freeze_frame": frame})

    own = [{**FREEZE[0], "teammate": True}]
    bare = [{"location": [114, 42.5], "teammate": False, "keeper": True, "actor": False}]
    events = [framed(None), framed([]), framed(own), framed([{"location": [1, 1]}, 3]), framed(bare)]
    events.append(shot(shot={key: value for key, value in shot()["shot"].items() if key != "freeze_frame"}))
    found = read(tmp_path, events)
    assert [one.keeper_yd for one in found.shots] == [None, None, None, None, (114, 42.5), None]
    assert found.shots[4].keeper is None
    assert any("5 of 6 shots without the keeper in a freeze frame" in line for line in found.remarks)
    assert not found.problems


@pytest.mark.parametrize("location", [None, [], [108], ["a", 1], [None, 3], "108,45"])
def test_a_shot_without_a_place_is_a_problem(tmp_path: Path, location: Any) -> None:
    found = read(tmp_path, [shot(), shot(id="bad", location=location)])
    assert len(found.shots) == 1
    assert "shot bad: location is" in found.problems[0]


def test_a_height_and_pressure_that_is_no_flag(tmp_path: Path) -> None:
    found = read(tmp_path, [shot(location=[108, 45, 0.4], under_pressure=0.0)])
    assert found.shots == (Shot(108, 45, keeper_yd=(114, 42.5), id="e", keeper="Bo", outcome="Saved"),)


def test_flat_events_of_statsbombpy(tmp_path: Path) -> None:
    """One row of ``sb.events(...)`` as ``to_json(orient="records")`` writes it, and by id."""
    row = {"id": "e", "type": "Shot", "period": 1, "location": [108.0, 45.0], "under_pressure": None}
    row |= {"shot_outcome": "Saved", "shot_type": "Open Play", "shot_freeze_frame": FREEZE}
    other = {"id": "p", "type": "Pass", "location": [1.0, 2.0], "shot_outcome": None, "shot_type": None}
    penalty = {**row, "shot_type": "Penalty", "period": 5}
    wanted = read(tmp_path, [shot()]).shots
    for document in ([row, other, penalty], {"e": row, "p": other, "q": penalty}, {"events": [row, other, penalty]}):
        found = read(tmp_path, document)
        assert found.shots == wanted
        assert any("1 penalties left out, 1 of them" in line for line in found.remarks)


def test_a_shot_event_without_details_is_not_dropped(tmp_path: Path) -> None:
    found = read(tmp_path, [{"id": "e", "type": {"id": 16, "name": "Shot"}, "location": [108, 45]}])
    assert [one.outcome for one in found.shots] == [None]


def test_360_data_and_other_json_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="360 data, which hold no shots"):
        read(tmp_path, [{"event_uuid": "e", "visible_area": [], "freeze_frame": FREEZE}])
    with pytest.raises(InputError, match="not StatsBomb's events"):
        read(tmp_path, [1, 2])
    with pytest.raises(InputError, match="not StatsBomb's events"):
        read(tmp_path, {"match": 1})
    with pytest.raises(InputError, match="holds no shot"):
        read(tmp_path, [{"type": {"name": "Pass"}}])
