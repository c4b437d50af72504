"""``touchline evaluate tracking``: scores, pairing, warnings, exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from touchline.cli.evaluate.commands import app


def write(path: Path, *rows: tuple[float, ...]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(",".join(map(str, row)) + "\n" for row in rows))
    return path


def person(
    frame: int, name: int = 1, *, x: float | None = None, cls: int = 1, confidence: float = 1
) -> tuple[float, ...]:
    return frame, name, 20 * frame if x is None else x, 10, 30, 60, confidence, cls, 1


def evaluate(truth: Path, found: Path, *options: str) -> tuple[int, str, str]:
    arguments = ["tracking", "--truth", str(truth), "--predictions", str(found), *options]
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.stdout, result.stderr


def scored(truth: Path, found: Path, *options: str) -> dict[str, Any]:
    code, out, err = evaluate(truth, found, "--json", *options)
    assert (code, out.count("\n")) == (0, 1), err
    return json.loads(out)


def test_json_is_one_object_with_trackevals_keys(tmp_path: Path) -> None:
    truth = write(tmp_path / "a.txt", *(person(f) for f in range(1, 11)))
    found = write(tmp_path / "b.txt", *(person(f, 1 if f < 6 else 2) for f in range(1, 11)))
    record = scored(truth, found)
    assert (record["MOTA"], record["IDF1"], record["IDSW"]) == (pytest.approx(0.9), pytest.approx(0.5), 1)
    assert (record["HOTA"], len(record["HOTA_alpha"])) == (pytest.approx(0.5**0.5), 19)
    assert (record["true_boxes"], record["predicted_ids"], record["iou"], record["warnings"]) == (10, 2, 0.5, [])
    assert record["sequences"].keys() == {"a"}


def test_table(tmp_path: Path) -> None:
    truth = write(tmp_path / "a.txt", person(1), person(2))
    code, out, err = evaluate(truth, truth)
    assert (code, err) == (0, "")
    assert out.splitlines()[-1].split()[:2] == ["a", "100.00"]


def test_folders_pair_by_sequence(tmp_path: Path) -> None:
    rows = [person(f) for f in (1, 2, 3)]
    for name in ("t/one/gt/gt.txt", "t/two.txt", "t/three/tracks.txt", "p/one.txt", "p/three.touchline/tracks.txt"):
        write(tmp_path / name, *rows)
    write(tmp_path / "p/four.txt", *rows)
    code, out, err = evaluate(tmp_path / "t", tmp_path / "p", "--json")
    record = json.loads(out)
    assert code == 4
    assert list(record["sequences"]) == ["one", "three", "two"]
    assert (record["CLR_TP"], record["CLR_FN"], record["sequences"]["two"]["MOTA"]) == (6, 3, 0)
    assert "1 sequence without predictions, counted as missed: two" in err
    assert "four.txt" in err
    assert evaluate(tmp_path / "t", tmp_path / "p")[1].splitlines()[-1].split()[0] == "all"


def test_classes_and_unscored_rows(tmp_path: Path) -> None:
    truth = write(tmp_path / "a.txt", person(1), person(1, 2, x=300, cls=3), person(1, 3, x=600, confidence=0))
    found = write(tmp_path / "b.txt", person(1)[:6])
    assert scored(truth, found)["CLR_FN"] == 1
    assert scored(truth, found, "--classes", "1")["MOTA"] == 1
    code, _, err = evaluate(truth, found, "--classes", "7")
    assert (code, "holds no box of the classes 7 to score" in err) == (3, True)


def test_mixed_frame_counts_are_noticed(tmp_path: Path) -> None:
    truth = write(tmp_path / "a.txt", *(person(f) for f in range(1, 9)))
    late = write(tmp_path / "b.txt", *(person(f + 1, x=20 * f) for f in range(1, 9)))
    from_zero = write(tmp_path / "c.txt", *(person(f - 1, x=20 * f) for f in range(1, 9)))
    far = write(tmp_path / "d.txt", person(100))
    longer = write(tmp_path / "e.txt", *(person(f) for f in range(1, 19)))
    empty = write(tmp_path / "f.txt")
    assert "fits the truth better one frame earlier" in scored(truth, late)["warnings"][0]
    code, _, err = evaluate(truth, from_zero)
    assert (code, "line 1: frame 0 comes before 1" in err, "--zero-based" in err) == (3, True, True)
    assert scored(truth, from_zero, "--zero-based", "predictions")["MOTA"] == 1
    assert "frames 100 to 100, but the truth has 1 to 8; nothing can match" in scored(truth, far)["warnings"][0]
    assert "same frame rate and cut?" in scored(truth, longer)["warnings"][0]
    assert "holds no box; every true box counts as missed" in scored(truth, empty)["warnings"][0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--iou", "0"), "iou=0"),
        (("--iou", "nan"), "iou=nan"),
        (("--classes", "player"), "--classes 'player' is no list"),
        (("--zero-based", "yes"), "--zero-based 'yes' is not one of none, truth, predictions, both"),
    ],
)
def test_wrong_options(tmp_path: Path, options: tuple[str, str], message: str) -> None:
    path = write(tmp_path / "a.txt", person(1))
    code, out, err = evaluate(path, path, *options)
    assert (code, out, message in err) == (2, "", True)


def test_wrong_files(tmp_path: Path) -> None:
    good, empty = write(tmp_path / "t" / "a.txt", person(1)), write(tmp_path / "e.txt")
    (tmp_path / "none").mkdir()
    for truth, found, message in (
        (empty, good, "e.txt: holds no box to score"),
        (tmp_path / "x.txt", good, "does not exist"),
        (good, tmp_path / "t", "one is a folder and the other is not"),
        (tmp_path / "t", tmp_path / "none", "holds no .txt file"),
        (tmp_path / "t", write(tmp_path / "o" / "b.txt").parent, "none of its 1 files matches the name"),
    ):
        code, out, err = evaluate(truth, found, "--json")
        assert (code, json.loads(out)["exit_code"], message in err) == (3, 3, True), err
    write(tmp_path / "t" / "a" / "tracks.txt")
    assert "keep one of them" in evaluate(tmp_path / "t", tmp_path / "t")[2]


def test_a_bundle_is_its_tracks(tmp_path: Path) -> None:
    truth = write(tmp_path / "a.txt", person(1))
    bundle = write(tmp_path / "match.touchline" / "tracks.txt", person(1)).parent
    assert scored(truth, bundle)["MOTA"] == 1


def test_same_files_same_numbers_as_trackeval(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From the files on: gaps in frames and ids, rows that are not scored, boxes on fractions of pixels."""
    trackeval = pytest.importorskip("trackeval")
    rng = np.random.default_rng(3)
    spots = rng.uniform(0, 200, (8, 2)).round(2)
    frames = [f for f in range(1, 60) if f % 11]
    true_rows, found_rows = [], []
    for f in frames:
        spots = (spots + rng.normal(0, 3, spots.shape)).round(2)
        for i, (x, y) in enumerate(spots.tolist()):
            true_rows.append((f, 3 * i + 2, x, y, 20.1, 40.7, int(rng.random() < 0.9), 1, 1))
            if rng.random() < 0.85:
                dx, dy = rng.normal(0, 3, 2).round(3)
                found_rows.append((f, i + 10 * (f // 25), x + dx, y + dy, 20.1, 40.7, 0.8, 1, 1))
    truth = write(tmp_path / "gt" / "one" / "gt" / "gt.txt", *true_rows)
    found = write(tmp_path / "trackers" / "own" / "data" / "one.txt", *found_rows)
    config = {"GT_FOLDER": str(tmp_path / "gt"), "TRACKERS_FOLDER": str(tmp_path / "trackers"), "DO_PREPROC": False}
    config |= {"SKIP_SPLIT_FOL": True, "SEQ_INFO": {"one": frames[-1]}, "PRINT_CONFIG": False}
    files = trackeval.datasets.MotChallenge2DBox(config)
    data = files.get_preprocessed_seq_data(files.get_raw_seq_data("own", "one"), "pedestrian")
    quiet = {"PRINT_CONFIG": False}
    capsys.readouterr()
    record = scored(truth, found)
    for metric in (trackeval.metrics.HOTA(), trackeval.metrics.CLEAR(quiet), trackeval.metrics.Identity(quiet)):
        for name, value in metric.eval_sequence(data).items():
            if not name.startswith("HOTA_"):
                assert record[name] == pytest.approx(float(np.mean(value)), abs=1e-9), name


def test_far_frame_numbers_cost_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", person(1), person(9_999_999, x=0), person(9_999_998, 7, x=0))
    record = scored(path, path)
    assert (record["MOTA"], record["CLR_Frames"]) == (1, 9_999_999)
