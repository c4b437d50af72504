"""Damaged files of every kind are read, or refused with an error that names the file."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzzing.fuzzkinds import KINDS
from fuzzing.fuzzloop import fuzz, table, total
from touchline.core.errors import InputError, TouchlineError
from touchline.formats.files.csv_rows import csv_table
from touchline.formats.files.guard import cause_of, guarded, reading, unpacked
from touchline.formats.files.json_files import parse_json, read_own_json
from touchline.formats.files.json_shapes import anything, check
from touchline.formats.files.npz import load_npz, npz_bytes
from touchline.formats.files.yaml_files import MAX_DEPTH, parse_yaml

FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.robustness("parsers")
def test_a_few_damaged_files_of_every_kind(tried: Callable[[int], None]) -> None:
    quick = [kind for kind in KINDS if not kind.name.startswith(("bundle", "provider"))]
    outcomes = fuzz(quick, each=6, seed=3)
    tried(total(outcomes).tried)
    assert len(KINDS) >= 80
    assert total(outcomes).faults == [], table(outcomes, seconds=0)


@pytest.mark.robustness("parsers")
def test_pickles_of_arrays_never_crash(tried: Callable[[int], None]) -> None:
    """NumPy's own classes, given a state that they did not write, end the process."""
    outcomes = fuzz([kind for kind in KINDS if kind.name in ("clips joints", "features pca")], each=120, seed=1)
    tried(total(outcomes).tried)
    assert total(outcomes).tried == 240 and total(outcomes).faults == [], table(outcomes, seconds=0)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.robustness("35", "36", "37", "38", "parsers")
def test_many_damaged_files_of_every_kind(tried: Callable[[int], None]) -> None:
    outcomes = fuzz(KINDS, each=150, seed=5)
    tried(total(outcomes).tried)
    assert total(outcomes).faults == [], table(outcomes, seconds=0)


@FEW
@given(data=st.binary(max_size=300))
@pytest.mark.robustness("38")
def test_any_bytes_are_json_yaml_csv_and_gzip_or_an_input_error(data: bytes) -> None:
    text = data.decode("latin-1")
    readers: tuple[Callable[[], object], ...] = (
        lambda: parse_json(data, source="x.json"),
        lambda: parse_yaml(data, source="x.yaml"),
        lambda: csv_table(text, source="x.csv"),
        lambda: unpacked(data, source="x.gz", max_bytes=1000),
    )
    for read in readers:
        try:
            read()
        except InputError as error:
            assert str(error).startswith("x."), error
            assert str(error).isprintable(), error


@FEW
@given(value=st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists, max_leaves=20))
@pytest.mark.robustness("38")
def test_any_json_value_is_checked_without_a_surprise(value: object) -> None:
    try:
        check(value, anything, source="x.json", remedy="mend it")
    except InputError as error:
        assert "x.json: " in str(error) and "mend it" in str(error)


@FEW
@given(array=st.sampled_from([np.zeros(3), np.array(["a"]), np.zeros((2, 2), np.float32)]), data=st.data())
@pytest.mark.robustness("36")
def test_a_changed_npz_is_read_or_refused(array: np.ndarray, data: st.DataObject, tmp_path: Path) -> None:
    body = bytearray(npz_bytes({"a": array}))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / "x.npz").write_bytes(bytes(body))
    try:
        load_npz(tmp_path / "x.npz", what="numbers")
    except InputError as error:
        assert "x.npz" in str(error)


@pytest.mark.robustness("36")
def test_archives_of_arrays_claim_no_more_than_they_hold(tmp_path: Path) -> None:
    def save(header: bytes, body: bytes) -> Path:
        member = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + body
        with zipfile.ZipFile(tmp_path / "x.npz", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.npy", member)
        return tmp_path / "x.npz"

    huge = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}\n"
    with pytest.raises(InputError, match=r"x\.npz: 'a'.*do not fill"):
        load_npz(save(huge, b"12345678"), what="numbers")
    objects = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}\n"
    with pytest.raises(InputError, match="Python objects"):
        load_npz(save(objects, b"12345678"), what="numbers")
    negative = b"{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -1)}\n"
    with pytest.raises(InputError, match="no readable numbers"):
        load_npz(save(negative, b"12345678"), what="numbers")


@pytest.mark.robustness("parsers")
def test_yaml_is_capped_before_it_is_built() -> None:
    assert parse_yaml(b"a: &x [1, 2]\nb: *x", source="x.yaml") == {"a": [1, 2], "b": [1, 2]}
    laughs = "a0: &a0 [1, 1]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 30))
    cases = {
        "[" * 20_000: f"more than {MAX_DEPTH} deep",
        laughs: "references to anchors",
        "a: " + "9" * 5000: "too many digits",
        "a: [1": "line 1: not YAML",
        "a: !!python/object:os.system 1": "line 1: not YAML",
        "a: 2026-99-99": "not YAML",
        "[" + "1," * 25_000 + "]": "more than 20,000 values",
    }
    for text, words in cases.items():
        with pytest.raises(InputError, match=words) as caught:
            parse_yaml(text, source="x.yaml")
        assert "x.yaml" in str(caught.value) and "python" not in str(caught.value).lower().replace("python/object", "")
    assert yaml.safe_load("a: 1") == parse_yaml("a: 1", source="x.yaml")


@pytest.mark.robustness("36")
def test_gzip_is_unpacked_up_to_a_limit() -> None:
    import gzip

    one, two = gzip.compress(b"a" * 500), gzip.compress(b"b" * 500)
    assert unpacked(one + two, source="x.gz", max_bytes=1000) == b"a" * 500 + b"b" * 500
    with pytest.raises(InputError, match=r"x\.gz: unpacks to more than 999 bytes"):
        unpacked(one + two, source="x.gz", max_bytes=999)
    for broken in (one[:-9], one[:5], b"\x1f\x8b" + bytes(30), one + b"garbage"):
        with pytest.raises(InputError, match="damaged gzip"):
            unpacked(broken, source="x.gz", max_bytes=1000)


def test_the_guard_converts_what_files_cause_and_nothing_else(tmp_path: Path) -> None:
    @guarded("a list", remedy="mend it")
    def read(path: Path, *, error: Exception) -> None:
        raise error

    path = tmp_path / "x.txt"
    for error in (KeyError("a"), RecursionError(), MemoryError(), OverflowError("big"), EOFError(), OSError("odd")):
        with pytest.raises(InputError, match=r"x\.txt: not a list, or damaged \(.*\); mend it"):
            read(path, error=error)
    with pytest.raises(InputError, match=r"cannot be read .No such file or directory.; mend it"):
        read(path, error=FileNotFoundError(2, "No such file or directory"))
    with pytest.raises(TouchlineError, match=r"^own$"):
        read(path, error=TouchlineError("own"))
    for ours in (NameError("x"), RuntimeError("x"), KeyboardInterrupt()):
        with pytest.raises(type(ours)):
            read(path, error=ours)  # type: ignore[arg-type]
    assert cause_of(ValueError("a\x1b[31m\nb")) == "a [31m b" and cause_of(KeyError("k")) == "'k' is missing"


def test_a_json_file_of_ours_may_be_anything(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    for text in ("", "[", "[" * 100_000, "1", '{"a": ' + "9" * 5000 + "}", "\0", '{"a": NaN'):
        path.write_text(text)
        with pytest.raises(InputError, match=r"x\.json"):
            read_own_json(path, remedy="mend it")
    path.write_bytes(json.dumps({"a": 1}).encode("utf-16"))
    assert read_own_json(path, remedy="mend it") == {"a": 1}
    with pytest.raises(InputError, match="x: not a thing"), reading("x", what="a thing"):
        io.BytesIO(b"").read(int("z"))
