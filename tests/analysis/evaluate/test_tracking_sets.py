"""Whole sets of sequences: SoccerNet's zips against SoccerNet's own code, SportsMOT's folders, and broken sets."""

from __future__ import annotations

import contextlib
import io
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from touchline import evaluate
from touchline.analysis.evaluate import TrackingEvaluation
from touchline.core.errors import InputError

SEQINFO = (
    "[Sequence]\nname={name}\nimDir=img1\nframeRate=25\nseqLength={frames}\nimWidth=1920\nimHeight=1080\nimExt=.jpg\n"
)
GAMEINFO = (
    "[Sequence]\nname={name}\nnum_tracklets=3\ntrackletID_1= player team left;10\n"
    "trackletID_2= goalkeepers team right;X\ntrackletID_3= ball;1\n"
)


def rows(rng: np.random.Generator, *, frames: int, truth: bool) -> str:
    """People and a ball on their way, in SoccerNet's ten columns; predictions miss some and swap ids."""
    lines = []
    for frame in range(1, frames + 1):
        for name in (1, 2, 3):
            if not truth and rng.random() < 0.2:
                continue
            shown = name if truth or rng.random() < 0.9 else 9 - name
            left, top = 100 * name + 4 * frame + (0 if truth else rng.integers(-6, 7)), 50 * name
            lines.append(f"{frame},{shown},{left},{top},40,{120 if name < 3 else 30},1,-1,-1,-1\n")
    return "".join(lines)


def make_zips(folder: Path, names: list[str], *, frames: int = 6) -> tuple[Path, Path]:
    """The truth and a submission as SoccerNet's evaluator takes them."""
    rng = np.random.default_rng(7)
    truth, found = folder / "gt.zip", folder / "submission.zip"
    with zipfile.ZipFile(truth, "w") as true_zip, zipfile.ZipFile(found, "w") as found_zip:
        for name in names:
            place = f"test-evalAI/{name}"
            true_zip.writestr(f"{place}/gt/gt.txt", rows(rng, frames=frames, truth=True))
            true_zip.writestr(f"{place}/det/det.txt", rows(rng, frames=frames, truth=False))
            true_zip.writestr(f"{place}/seqinfo.ini", SEQINFO.format(name=name, frames=frames + 2))
            true_zip.writestr(f"{place}/gameinfo.ini", GAMEINFO.format(name=name))
            true_zip.writestr(f"{place}/img1/000001.jpg", b"no picture")
            found_zip.writestr(f"{name}.txt", rows(rng, frames=frames, truth=False))
    return truth, found


def test_a_submission_scores_as_in_soccernets_own_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = pytest.importorskip("SoccerNet.Evaluation.Tracking")
    listed = (Path(reference.__file__).parent.parent / "data" / "SNMOT-test.txt").read_text().split()
    names = [name for name in listed if name.startswith("SNMOT-")]
    truth, found = make_zips(tmp_path, names)
    monkeypatch.setattr(sys, "argv", ["evaluate"])
    monkeypatch.chdir(tmp_path)
    with contextlib.redirect_stdout(io.StringIO()):
        official = reference.evaluate(truth, found, split="test")
    ours = evaluate.tracking(truth, found)
    results = ours.total.results()
    assert {key: results[key] for key in official} == pytest.approx(official, abs=1e-12)
    assert len(ours.sequences) == len(names) == 49
    assert results["CLR_Frames"] == 49 * 8
    assert ours.protocol.name == "SoccerNet tracking"
    assert ours.protocol.differs == ()
    assert not ours.warnings


def test_the_combined_score_is_not_the_mean(tmp_path: Path) -> None:
    truth, found = make_zips(tmp_path, ["SNMOT-116", "SNMOT-117"])
    ours = evaluate.tracking(truth, found)
    mean = np.mean([report.results()["HOTA"] for report in ours.sequences.values()])
    assert abs(ours.total.results()["HOTA"] - mean) > 1e-6


def test_roles_come_from_gameinfo(tmp_path: Path) -> None:
    truth, found = make_zips(tmp_path, ["SNMOT-116"])
    record = evaluate.tracking(truth, found).record()
    assert record["true_boxes_by_role"] == {"player": 6, "goalkeeper": 6, "ball": 6}


def test_missing_and_further_sequences_are_named(tmp_path: Path) -> None:
    truth, _ = make_zips(tmp_path, ["SNMOT-116", "SNMOT-117"])
    other = tmp_path / "other"
    other.mkdir()
    _, found = make_zips(other, ["SNMOT-117", "SNMOT-200"])
    result = evaluate.tracking(truth, found)
    assert result.missing == ("SNMOT-116",)
    assert "1 sequence without predictions, counted as missed: SNMOT-116" in result.warnings
    assert f"1 prediction file without a sequence, left out: {found}/SNMOT-200.txt" in result.warnings


def sportsmot(folder: Path) -> TrackingEvaluation:
    """SportsMOT's layout: a folder with a split's sequences and its lists; predictions as plain files."""
    rng = np.random.default_rng(3)
    for name in ("v_00HRwkvvjtQ_c001", "v_-6Os86HzwCs_c003"):
        place = folder / "dataset" / "val" / name
        (place / "gt").mkdir(parents=True)
        (place / "gt" / "gt.txt").write_text(rows(rng, frames=5, truth=True))
        (place / "seqinfo.ini").write_text(SEQINFO.format(name=name, frames=5))
        (folder / "found").mkdir(exist_ok=True)
        (folder / "found" / f"{name}.txt").write_text(rows(rng, frames=5, truth=False))
    (folder / "dataset" / "splits_txt").mkdir()
    (folder / "dataset" / "splits_txt" / "val.txt").write_text("v_00HRwkvvjtQ_c001\nv_-6Os86HzwCs_c003\n")
    return evaluate.tracking(folder / "dataset", folder / "found")


def test_sportsmots_layout(tmp_path: Path) -> None:
    result = sportsmot(tmp_path)
    assert sorted(result.sequences) == ["v_-6Os86HzwCs_c003", "v_00HRwkvvjtQ_c001"]
    assert result.protocol.name == "SportsMOT"


def test_a_broken_seqinfo_is_an_error_with_its_place(tmp_path: Path) -> None:
    truth, found = make_zips(tmp_path, ["SNMOT-116"])
    with zipfile.ZipFile(truth) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    entries["test-evalAI/SNMOT-116/seqinfo.ini"] = b"[Sequence]\nseqLength=many\n"
    with zipfile.ZipFile(truth, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    with pytest.raises(InputError, match=r"gt.zip/test-evalAI/SNMOT-116/seqinfo.ini: seqlength='many' is not a number"):
        evaluate.tracking(truth, found)


def test_a_zip_and_a_file_do_not_go_together(tmp_path: Path) -> None:
    truth, _ = make_zips(tmp_path, ["SNMOT-116"])
    (tmp_path / "SNMOT-116.txt").write_text("1,1,1,1,5,5,1,-1,-1,-1\n")
    with pytest.raises(InputError, match="two files, or two folders or zips"):
        evaluate.tracking(truth, tmp_path / "SNMOT-116.txt")
