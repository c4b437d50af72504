"""``touchline spot --scores``: saved scores are averaged on one grid, and the peaks are those of the reference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from touchline.cli.main import app
from touchline.core.events import Scores
from touchline.formats.own_scores import scores_bytes

LABELS = ("PASS", "DRIVE")


def call(*arguments: Any) -> Any:
    return CliRunner().invoke(app, ["spot", *map(str, arguments)])


def curve(*peaks: tuple[int, float], length: int = 200, column: int = 0) -> np.ndarray:
    """Scores of two classes; a peak is a plateau of 15 samples."""
    values = np.zeros((length, 2), np.float32)
    for at, height in peaks:
        values[at - 7 : at + 8, column] = height
    return values


def lromul(folder: Path, values: np.ndarray, *, half: int = 1, first: int = 15) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{half}_raw_predictions.npz"
    np.savez(path, frame_indexes=np.arange(first, first + len(values)), raw_predictions=values)
    return path


def own(path: Path, values: np.ndarray, *, fps: float = 25.0, labels: tuple[str, ...] = LABELS) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    times_us = np.rint(np.arange(len(values)) * 1e6 / fps).astype(np.int64)
    path.write_bytes(scores_bytes(Scores(values.astype(np.float32), times_us, labels)))
    return path


def rows(out: Path) -> list[dict[str, Any]]:
    predictions = json.loads((out / "results_spotting.json").read_text())["predictions"]
    assert isinstance(predictions, list)
    return predictions


def test_raw_predictions_of_lromul_blend_and_give_the_reference_peaks(tmp_path: Path) -> None:
    """Half 1 and 0 average to one half; frame = peak + first index; milliseconds are of 25 frames per second."""
    a = lromul(tmp_path / "a" / "2019-2020" / "game", curve((50, 1.0), (112, 0.9)))
    b = lromul(tmp_path / "b" / "2019-2020" / "game", curve((50, 1.0)))
    out = tmp_path / "out"
    result = call("--scores", a, b, "--out", out, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["events"] == 2
    found = [(row["label"], row["position"], float(row["confidence"])) for row in rows(out)]
    assert [(label, position) for label, position, _ in found] == [("PASS", "2600"), ("PASS", "5080")]
    assert found[0][2] == pytest.approx(0.98801018, abs=1e-6)  # a plateau of 15 under a Gaussian of 3
    assert found[1][2] == pytest.approx(0.45 * 0.98801018, abs=1e-6)
    assert json.loads((out / "results_spotting.json").read_text())["UrlLocal"] == "a/2019-2020/game"
    with np.load(out / "scores.npz") as saved:
        assert saved["values"][112 - 0, 0] == pytest.approx(0.45)
        assert saved["times_us"][0] == 600_000


def test_folders_with_both_halves_give_one_result(tmp_path: Path) -> None:
    for name in ("a", "b"):
        lromul(tmp_path / name, curve((50, 0.8)), half=1)
        lromul(tmp_path / name, curve((80, 0.6), column=1), half=2)
    result = call("--scores", tmp_path / "a", tmp_path / "b", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert [(row["half"], row["label"]) for row in rows(tmp_path / "out")] == [("1", "PASS"), ("2", "DRIVE")]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "events.json",
        "results_spotting.json",
        "1_scores.npz",
        "2_scores.npz",
    }
    again = call("--scores", tmp_path / "out", "--out", tmp_path / "again")
    assert again.exit_code == 0, again.output
    assert rows(tmp_path / "again") == [{**row} for row in rows(tmp_path / "out")]
    (tmp_path / "b" / "2_raw_predictions.npz").unlink()
    odd = call("--scores", tmp_path / "a", tmp_path / "b", "--out", tmp_path / "odd")
    assert odd.exit_code == 2
    assert "half 1 has 2 files, half 2 has 1 file" in odd.output


def test_own_scores_bundles_and_plain_arrays_mix(tmp_path: Path) -> None:
    own(tmp_path / "one.touchline" / "scores.npz", curve((50, 0.9)))
    np.save(tmp_path / "two.npy", curve((50, 0.3)))
    np.savez(tmp_path / "three.npz", anything=curve((50, 0.3)))
    given = [tmp_path / name for name in ("one.touchline", "two.npy", "three.npz")]
    result = call("--scores", *given, "--fps", 25, "--labels", "PASS,DRIVE", "--half", 2, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    (row,) = rows(tmp_path / "out")
    assert (row["half"], row["position"]) == ("2", "2000")
    assert float(row["confidence"]) == pytest.approx(0.5 * 0.98801018, abs=1e-6)
    high = call("--scores", given[0], "--threshold", "all=0.95", "--out", tmp_path / "high", "--json")
    assert json.loads(high.stdout)["events"] == 0


def test_a_model_gives_thresholds_and_peaks_without_running(tmp_path: Path) -> None:
    from touchline.models.store import default_spotter, find_model, read_config

    config = read_config(find_model(default_spotter()))
    values = np.zeros((200, len(config.labels)), np.float32)
    values[90:110, 0] = 0.99
    np.save(tmp_path / "a.npy", values)
    result = call(
        "--scores", tmp_path / "a.npy", "--model", default_spotter(), "--fps", 12.5, "--out", tmp_path / "out", "--json"
    )
    assert result.exit_code == 0, result.output
    assert {row["label"] for row in rows(tmp_path / "out")} <= {config.labels[0]}


@pytest.mark.parametrize(
    ("make", "message", "code"),
    [
        (lambda f: [own(f / "a.npz", curve()), own(f / "b.npz", curve(length=190))], "190 samples from 0:00", 3),
        (lambda f: [own(f / "a.npz", curve()), own(f / "b.npz", curve(), fps=12.5)], "sample by sample", 3),
        (lambda f: [own(f / "a.npz", curve()), own(f / "b.npz", curve(), labels=("A", "B"))], "labels A,B differ", 3),
        (lambda f: [lromul(f, curve()), lromul(f / "x", curve(), first=33)], "the same ends", 3),
        (lambda f: [own(f / "a.npz", curve() - 2)], "apply the sigmoid to logits first", 3),
        (lambda f: [own(f / "a.npz", curve()), "--fps", 50], "25 samples per second", 2),
        (lambda f: [own(f / "a.npz", curve()), "--labels", "A,B"], "has the labels PASS,DRIVE", 2),
        (lambda f: [own(f / "a.npz", curve()), "--threshold", "PAS=0.5"], "did you mean 'PASS'", 2),
        (lambda f: [own(f / "a.npz", curve()), "--flip"], "--flip: not for saved scores", 2),
        (lambda f: [f / "missing.npz"], "no such file", 3),
        (lambda f: [f], "a folder without scores.npz", 3),
        (lambda f: [lromul(f, curve(), half=2), "--half", 1], "is of half 2, as its name says", 2),
    ],
)
def test_what_cannot_be_averaged_is_said(tmp_path: Path, make: Any, message: str, code: int) -> None:
    result = call("--scores", *make(tmp_path), "--out", tmp_path / "out")
    assert result.exit_code == code, result.output
    assert message in " ".join(result.output.split())
    assert not (tmp_path / "out").exists()


def test_arrays_alone_need_rate_and_labels(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", curve())
    result = call("--scores", tmp_path / "a.npy")
    assert result.exit_code == 2
    assert "add --fps N and --labels A,B,..." in " ".join(result.output.split())
    np.save(tmp_path / "a.npy", np.zeros((10, 3)))
    result = call("--scores", tmp_path / "a.npy", "--fps", 25, "--labels", "A,B")
    assert "2 labels (A,B) for scores of 3 classes" in " ".join(result.output.split())
    result = call(tmp_path / "match.mp4", "--labels", "A")
    assert result.exit_code == 2
    assert "belongs to saved scores" in result.output


def test_samples_left_out_and_objects_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "1_raw_predictions.npz"
    np.savez(path, frame_indexes=np.array([1, 2, 4]), raw_predictions=np.zeros((3, 2), np.float32))
    assert "not consecutive" in call("--scores", path).output
    np.savez(path, frame_indexes=np.array([1, 2, 4], object), raw_predictions=np.zeros((3, 2), np.float32))
    assert "Python objects" in call("--scores", path).output
