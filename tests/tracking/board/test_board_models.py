"""Which installed model reads score boards."""

from __future__ import annotations

from pathlib import Path

import pytest

from touchline.tracking.board.ppocr import PPOCRReader, model_file


def package(folder: Path, name: str, model: str) -> Path:
    """A package that would fail if it was imported, with a file in the place of its model."""
    path = folder / name / "models" / model
    path.parent.mkdir(parents=True)
    (folder / name / "__init__.py").write_text("raise RuntimeError('never imported')\n")
    path.touch()
    return path


def test_the_better_model_is_taken_and_no_package_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    older, newer = tmp_path / "older", tmp_path / "newer"
    package(older, "rapidocr_onnxruntime", "ch_PP-OCRv4_rec_infer.onnx")
    better = package(newer, "rapidocr", "PP-OCRv6_rec_small.onnx")
    monkeypatch.syspath_prepend(older)
    monkeypatch.syspath_prepend(newer)
    assert model_file() == better


def test_a_package_without_the_model_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(tmp_path, "rapidocr", "PP-OCRv9_rec_small.onnx")
    found = package(tmp_path, "rapidocr_onnxruntime", "ch_PP-OCRv4_rec_infer.onnx")
    monkeypatch.syspath_prepend(tmp_path)
    assert model_file() == found


@pytest.mark.parametrize(
    ("file", "name"), [("ch_PP-OCRv4_rec_infer.onnx", "PP-OCRv4"), ("PP-OCRv6_rec_small.onnx", "PP-OCRv6")]
)
def test_results_name_the_model(file: str, name: str) -> None:
    assert PPOCRReader(Path(file)).name == name
