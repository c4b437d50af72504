"""MOT files as other tools write them, scored as trackeval 1.3.0 scores them; distractors of the MOT Challenge."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from touchline.analysis import evaluate
from touchline.core.errors import InputError, UsageError
from touchline.formats.boxes.mot import read_mot

KEYS = ("HOTA", "DetA", "AssA", "LocA", "IDF1", "IDP", "IDR", "MOTA", "MOTP")
COUNTS = ("IDSW", "Frag", "CLR_FP", "CLR_FN", "MT", "ML")


def reference(folder: Path, truth: str, found: str, *, frames: int, benchmark: str, preproc: bool) -> dict[str, float]:
    """The scores of trackeval for the text of two files."""
    trackeval = pytest.importorskip("trackeval")
    for path, text in ((folder / "gt/one/gt/gt.txt", truth), (folder / "trackers/own/data/one.txt", found)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    config = {"GT_FOLDER": str(folder / "gt"), "TRACKERS_FOLDER": str(folder / "trackers"), "DO_PREPROC": preproc}
    config |= {"SKIP_SPLIT_FOL": True, "SEQ_INFO": {"one": frames}, "PRINT_CONFIG": False, "BENCHMARK": benchmark}
    files = trackeval.datasets.MotChallenge2DBox(config)
    data = files.get_preprocessed_seq_data(files.get_raw_seq_data("own", "one"), "pedestrian")
    quiet = {"PRINT_CONFIG": False}
    values: dict[str, float] = {}
    for metric in (trackeval.metrics.HOTA(), trackeval.metrics.CLEAR(quiet), trackeval.metrics.Identity(quiet)):
        values |= {name: float(np.mean(value)) for name, value in metric.eval_sequence(data).items()}
    return values


def ours(folder: Path, truth: str, found: str, **options: Any) -> evaluate.TrackingEvaluation:
    for name, text in (("truth.txt", truth), ("found.txt", found)):
        (folder / name).write_bytes(text.encode())
    return evaluate.tracking(folder / "truth.txt", folder / "found.txt", **options)


def match(rng: np.random.Generator, *, classes: list[int], frames: int = 12) -> tuple[list[Any], list[Any]]:
    """Random rows of both sides: true boxes of several classes, some marked 0, found with noise, on whole pixels."""
    true, found = [], []
    places = rng.integers(0, 120, (8, 2))
    kinds = rng.choice(classes, 8)
    for frame in range(1, frames + 1):
        places = places + rng.integers(-2, 3, places.shape)
        for i, (x, y) in enumerate(places.tolist()):
            true.append((frame, i + 1, x, y, 30, 40, int(rng.random() < 0.9), int(kinds[i]), 1))
            if rng.random() < 0.9:
                dx, dy = rng.integers(-4, 5, 2).tolist()
                found.append((frame, int(i + 10 * (rng.random() < 0.1)), x + dx, y + dy, 30, 40, 0.8, -1, -1, -1))
    return true, list({row[:2]: row for row in found}.values())


def text_of(rows: list[Any], *, separator: str = ",", end: str = "", line: str = "\n") -> str:
    return "".join(separator.join(map(str, row)) + end + line for row in rows)


@pytest.mark.robustness("data-files")
@pytest.mark.parametrize("preset", ["mot15", "mot16", "mot17", "mot20"])
def test_preprocessing_equals_trackeval(
    tmp_path: Path, preset: Any, tried: Callable[[int], None], capsys: pytest.CaptureFixture[str]
) -> None:
    for seed in range(12):
        true, found = match(np.random.default_rng(seed), classes=[1, 1, 1, 2, 6, 7, 8, 12, 3])
        texts = text_of(true), text_of(found)
        wanted = reference(tmp_path / str(seed), *texts, frames=12, benchmark=preset.upper(), preproc=True)
        result = ours(tmp_path, *texts, preprocess=preset)
        record = result.record()
        for name in (*KEYS, *COUNTS):
            assert record[name] == pytest.approx(wanted[name], abs=1e-9), (seed, name)
        assert not result.warnings
    tried(12)


WRITINGS: list[tuple[str, dict[str, str]]] = [
    ("spaces", {"separator": " "}),
    ("two spaces", {"separator": "  "}),
    ("comma and space", {"separator": ", "}),
    ("trailing comma", {"end": ","}),
    ("trailing comma, CRLF", {"end": ",", "line": "\r\n"}),
    ("eleven columns", {"end": ",0,0"}),
    ("tabs", {"separator": "\t"}),
    ("semicolons", {"separator": ";"}),
    ("CRLF", {"line": "\r\n"}),
]


@pytest.mark.robustness("data-files")
@pytest.mark.parametrize(("name", "writing"), WRITINGS)
def test_separators_as_trackeval_reads_them(
    tmp_path: Path, name: str, writing: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    true, found = match(np.random.default_rng(5), classes=[1])
    plain = ours(tmp_path, text_of(true), text_of(found)).record()
    texts = text_of(true, **writing), text_of(found, **writing)
    record = ours(tmp_path, *texts).record()
    wanted = reference(tmp_path, *texts, frames=12, benchmark="MOT17", preproc=False)
    for key in KEYS:
        assert record[key] == plain[key] == pytest.approx(wanted[key], abs=1e-9), (name, key)


@pytest.mark.robustness("data-files")
def test_nan_confidence_floats_as_frames_marks_blank_lines_and_comments(tmp_path: Path) -> None:
    true, found = match(np.random.default_rng(5), classes=[1])
    wanted = ours(tmp_path, text_of(true), text_of(found)).record()
    odd = [(float(row[0]), float(row[1]), *row[2:6], "nan", *row[7:]) for row in found]
    lines = text_of(odd).split("\n")
    text = "\ufeff# tracker 3\n\n" + "\n".join([*lines[:9], "", "#", *lines[9:]])
    record = ours(tmp_path, text_of(true), text).record()
    assert {key: record[key] for key in KEYS} == {key: wanted[key] for key in KEYS}
    (tmp_path / "wide.txt").write_bytes(text[1:].encode("utf-16"))
    assert len(read_mot(tmp_path / "wide.txt")) == len(found)


@pytest.mark.robustness("data-files")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([",", ";", "\t", " ", ", "]),
    st.sampled_from(["", ","]),
    st.booleans(),
    st.lists(st.tuples(*[st.integers(-900, 900)] * 2, *[st.integers(0, 900)] * 2), min_size=1, max_size=5),
)
def test_any_separator_gives_the_same_boxes(
    tmp_path: Path, separator: str, end: str, comma: bool, boxes: list[tuple[int, ...]]
) -> None:
    """Whatever the separator and, where it is no comma, the decimal sign."""
    rows = [(n, 1, *(value / 8 for value in box), 1, 1, 1) for n, box in enumerate(boxes, 1)]
    text = text_of(rows, separator=separator, end=end if separator == "," else "")
    if comma and not separator.startswith(","):
        text = text.replace(".", ",")
    (tmp_path / "a.txt").write_text(text)
    table = read_mot(tmp_path / "a.txt")
    sizes = np.concatenate([table.boxes_xyxy[:, :2], table.boxes_xyxy[:, 2:] - table.boxes_xyxy[:, :2]], axis=1)
    assert (sizes * 8).tolist() == [list(map(float, box)) for box in boxes]


@pytest.mark.robustness("data-files")
def test_decimal_commas_between_commas_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("1,1,102,5,200,5,40,5,80,5,0,9\n")
    with pytest.raises(InputError, match=r"line 1: 12 columns.*decimal commas\?"):
        read_mot(tmp_path / "a.txt")


@pytest.mark.robustness("data-files")
def test_distractors_without_preprocessing_are_said(tmp_path: Path) -> None:
    rows = [(f, i, 100 * i, 0, 40, 80, int(i < 4), 1 if i < 4 else 7, 1) for f in range(1, 31) for i in range(1, 7)]
    found = [(f, i, 100 * i + 1, 0, 40, 80, 0.9) for f in range(1, 31) for i in range(1, 7)]
    texts = text_of(rows), text_of(found)
    with_all = ours(tmp_path, *texts)
    assert with_all.record()["MOTA"] == 0
    assert any("90 boxes of the distractor classes 7" in line and "--preprocess" in line for line in with_all.warnings)
    assert not ours(tmp_path, *texts, preprocess="none").warnings
    result = ours(tmp_path, *texts, preprocess="mot17")
    assert (result.record()["MOTA"], result.warnings) == (1, ())


@pytest.mark.robustness("data-files")
def test_fractional_confidence_of_the_truth_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [(f, 1, 10, 10, 40, 80, 0.93 if f % 2 else 1, 1, 1) for f in range(1, 11)]
    texts = text_of(rows), text_of([row[:7] for row in rows])
    result = ours(tmp_path, *texts)
    assert result.total.truths == 10
    assert any("5 rows of the truth with a fractional confidence such as 0.93, scored" in w for w in result.warnings)
    official = ours(tmp_path, *texts, preprocess="mot17")
    wanted = reference(tmp_path, *texts, frames=10, benchmark="MOT17", preproc=True)
    assert official.total.truths == 5
    assert official.record()["MOTA"] == pytest.approx(wanted["MOTA"], abs=1e-9)
    assert any(
        "5 rows of the truth with a fractional confidence such as 0.93, left out" in w for w in official.warnings
    )


def test_presets_name_what_does_not_fit(tmp_path: Path) -> None:
    true, found = [(1, 1, 0, 0, 9, 9, 1, 1, 1)], [(1, 1, 0, 0, 9, 9, 1, 3, 1)]
    with pytest.raises(InputError, match=r"found.txt: holds boxes of class 3.*--classes 1"):
        ours(tmp_path, text_of(true), text_of(found), preprocess="mot17")
    with pytest.raises(UsageError, match=r"mot17 scores people, class 1, not 1,2"):
        ours(tmp_path, text_of(true), text_of(true), preprocess="mot17", classes=(1, 2))
    with pytest.raises(UsageError, match=r"preprocess 'mot71' is not one of.*mot17"):
        ours(tmp_path, text_of(true), text_of(true), preprocess="mot71")
    for row, why in (((1, 1, 0, 0, 9, 9, 1, 14), "boxes of class 14"), ((1, 1, 0, 0, 9, 9, 1), "rows without a class")):
        with pytest.raises(InputError, match=rf"truth.txt: has {why}.*classes 1 to 13"):
            ours(tmp_path, text_of([row]), text_of(true), preprocess="mot20")
