"""``evaluate gamestate``: files, folders and zips by sequence, attributes, and what is reported."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from touchline import evaluate
from touchline.cli.evaluate.commands import app
from touchline.core.errors import InputError, UsageError

LABELLED = {"has_labeled_pitch": True, "has_labeled_camera": True, "has_labeled_person": True}
PEOPLE = (("player", "left", "10"), ("player", "right", "9"), ("goalkeeper", "left", "1"), ("referee", None, None))


def rows(
    sequence: str, *, jerseys: bool = True, keeper_number: str = "1", number: type[str] | type[int] = str
) -> list[dict[str, Any]]:
    out = []
    for frame in range(1, 6):
        for track, (role, team, jersey) in enumerate(PEOPLE, 1):
            shirt = keeper_number if role == "goalkeeper" else jersey
            attributes = {"role": role, "team": team, "jersey": number(shirt) if shirt and jerseys else None}
            place = {f"{axis}_bottom_{part}": 5.0 * track for axis in "xy" for part in ("left", "middle", "right")}
            ids = {"image_id": f"3{sequence[-3:]}{frame:06d}", "track_id": track, "supercategory": "object"}
            out.append({**ids, "category_id": 1.0, "attributes": attributes, "bbox_pitch": place, "bbox_image": None})
    return out


def truth_text(sequence: str) -> str:
    images = [{"image_id": f"3{sequence[-3:]}{frame:06d}", **LABELLED} for frame in range(1, 6)]
    return json.dumps({"images": images, "annotations": rows(sequence), "categories": []})


def sets(folder: Path, truth: list[str], found: list[str], **options: Any) -> tuple[Path, Path]:
    """Truth in folders as downloaded, predictions in a zip as handed in."""
    for sequence in truth:
        (folder / "test" / sequence).mkdir(parents=True)
        (folder / "test" / sequence / "Labels-GameState.json").write_text(truth_text(sequence))
    (folder / "test" / "sequences_info.json").write_text("{}")
    with zipfile.ZipFile(folder / "submission.zip", "w") as archive:
        for sequence in found:
            archive.writestr(f"{sequence}.json", json.dumps({"predictions": rows(sequence, **options)}))
    return folder / "test", folder / "submission.zip"


def test_a_submission_of_the_truth_scores_one(tmp_path: Path) -> None:
    result = evaluate.gamestate(*sets(tmp_path, ["SNGS-116", "SNGS-117"], ["SNGS-116", "SNGS-117"]))
    record = result.record()
    assert (record["GS-HOTA"], record["true_places"], sorted(record["sequences"])) == (1, 40, ["SNGS-116", "SNGS-117"])
    assert record["protocol"]["name"] == "SoccerNet game-state reconstruction (GS-HOTA)"
    assert not result.warnings


def test_numbers_of_goalkeepers_do_not_count(tmp_path: Path) -> None:
    assert (
        evaluate.gamestate(*sets(tmp_path, ["SNGS-116"], ["SNGS-116"], keeper_number="99")).total.results()["GS-HOTA"]
        == 1
    )


def test_without_shirt_numbers_players_cannot_match(tmp_path: Path) -> None:
    paths = sets(tmp_path, ["SNGS-116"], ["SNGS-116"], jerseys=False)
    result = evaluate.gamestate(*paths)
    assert result.total.hota.tp[0] == 10
    assert any("has no shirt number, so 10 places of players" in line for line in result.warnings)
    without = evaluate.gamestate(*paths, without=["jersey"])
    assert without.total.results()["GS-HOTA"] == 1
    assert without.protocol.differs == ("without jersey",)


def test_numbers_that_are_no_text_are_remarked_on(tmp_path: Path) -> None:
    result = evaluate.gamestate(*sets(tmp_path, ["SNGS-116"], ["SNGS-116"], number=int))
    assert result.total.hota.tp[0] == 10
    assert any("shirt numbers are numbers, those of the truth text" in line for line in result.warnings)


def test_missing_and_further_sequences_are_named(tmp_path: Path) -> None:
    truth, found = sets(tmp_path, ["SNGS-116", "SNGS-117"], ["SNGS-117", "SNGS-200"])
    arguments = ["gamestate", "--truth", str(truth), "--predictions", str(found)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 4
    assert "1 sequence without predictions, counted as missed: SNGS-116" in done.stderr
    assert "SNGS-200.json" in done.stderr
    assert done.stdout.splitlines()[-1].split()[:2] == ["all", "70.71"]


def test_two_files_and_json(tmp_path: Path) -> None:
    truth, _ = sets(tmp_path, ["SNGS-116"], ["SNGS-116"])
    (tmp_path / "SNGS-116.json").write_text(json.dumps({"predictions": rows("SNGS-116")}))
    files = [str(truth / "SNGS-116" / "Labels-GameState.json"), str(tmp_path / "SNGS-116.json")]
    done = CliRunner().invoke(app, ["gamestate", "--truth", files[0], "--predictions", files[1], "--json"])
    assert json.loads(done.stdout)["GS-HOTA"] == 1
    assert evaluate.gamestate(*files).record() == json.loads(done.stdout)


def test_wrong_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="attribute 'number' is not one of role, team, jersey"):
        evaluate.gamestate(tmp_path, tmp_path, without=["number"])
    with pytest.raises(InputError, match="none of its 1 files matches"):
        evaluate.gamestate(*sets(tmp_path, ["SNGS-116"], ["SNGS-118"]))
