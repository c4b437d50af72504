"""Small inputs that once ended with a traceback: each is refused with exit code 3, in little time and memory."""

from __future__ import annotations

import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fuzzing.fuzzbundle import read_everything, renew_checksums, write_bundle
from touchline.cli.main import app
from touchline.core.errors import InputError
from touchline.formats.actions import read_actions
from touchline.formats.bundle import Bundle
from touchline.formats.clips.csv_list import read_clip_csv
from touchline.formats.features.stream_sets import open_stream_set

pytestmark = pytest.mark.robustness("parsers")

MAX_EXTRA_KB = 300 << 10


def refused(*words: object) -> Result:
    """Run a command that must refuse its input: exit code 3, no traceback, no control character."""
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 3, done.output
    assert isinstance(done.exception, SystemExit)
    assert all(char.isprintable() or char == "\n" for char in done.output), done.output
    return done


@pytest.mark.robustness("36")
@pytest.mark.parametrize(
    "name", ["zip_double_slash/dots.zip", "zip_dot_entry/slashname.zip", "zip_control_chars/nul.zip"]
)
def test_odd_zips(cases: Path, tmp_path: Path, name: str) -> None:
    path = cases / "faults" / name
    done = refused("convert", path, tmp_path / "out", "--to", "Labels-v2.json")
    assert path.name in done.output and "refused" in done.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["yaml_deep/deep.yaml", "yaml_huge_int/huge_int.yaml"])
def test_recipes(cases: Path, name: str) -> None:
    path = cases / "faults" / name
    done = refused("train", path)
    assert path.name in done.output and "set_int_max_str_digits" not in done.output


@pytest.mark.robustness("36")
@pytest.mark.parametrize("name", ["gzip_bomb", "csv_long_header", "parse_shots_gz_error_shots_84"])
def test_tables_of_shots(cases: Path, name: str) -> None:
    (path,) = (cases / "faults" / name).iterdir()
    assert path.name in refused("keeper", "score", "--shots", path).output


@pytest.mark.robustness("36")
def test_a_gzip_bomb_takes_little_memory(cases: Path) -> None:
    path = cases / "faults" / "gzip_bomb" / "bomb.csv.gz"
    peak_kb = _peak_kb("keeper", "score", "--shots", path, code=3)
    assert peak_kb - _peak_kb("--version", code=0) < MAX_EXTRA_KB


@pytest.mark.parametrize("number", ["TypeError_bundle_220", "TypeError_soccernet_131", "ValueError_bundle_220"])
def test_events(cases: Path, tmp_path: Path, number: str) -> None:
    path = cases / "faults" / f"parse_events_json_{number}" / "events.json"
    assert "events.json" in refused("convert", path, tmp_path / "Labels-ball.json").output


@pytest.mark.robustness("edited")
@pytest.mark.parametrize(
    ("case", "name"),
    [
        ("parse_events_json_TypeError_bundle_220", "events.json"),
        ("parse_events_json_TypeError_soccernet_131", "events.json"),
        ("parse_events_json_ValueError_bundle_220", "events.json"),
        ("parse_scores_npz_error_bundle_173", "scores.npz"),
        ("parse_scores_npz_error_bundle_174", "scores.npz"),
        ("parse_sound_npz_error_sound_91", "sound.npz"),
        ("parse_sound_npz_NotImplementedError_sound_91", "sound.npz"),
        ("parse_actions_json_OverflowError_actions_85", "actions.json"),
        ("parse_actions_json_OverflowError_actions_86", "actions.json"),
        ("manifest_types", "manifest.json"),
    ],
)
def test_files_of_a_bundle(cases: Path, tmp_path: Path, case: str, name: str) -> None:
    bundle = write_bundle(tmp_path)
    (bundle.path / name).write_bytes((cases / "faults" / case / name).read_bytes())
    if name != "manifest.json":
        renew_checksums(bundle)
    with pytest.raises(InputError, match=name.replace(".", r"\.")):
        read_everything(Bundle(bundle.path))
    if name == "actions.json":
        with pytest.raises(InputError, match=r"not valid actions|not a whole number"):
            read_actions(bundle.path / name)


def test_lists_and_sets(cases: Path, tmp_path: Path) -> None:
    clips = cases / "faults" / "parse_clip_csv_OSError_clip_csv_41" / "cc.csv"
    try:
        assert read_clip_csv(clips).unreadable
    except InputError as error:
        assert "cc.csv" in str(error)
    for case in ("parse_stream_set_OverflowError_stream_sets_274", "parse_stream_set_UnicodeEncodeError_npy_33"):
        folder = cases / "faults" / case
        try:
            found = open_stream_set(folder)
            for number in range(len(found)):
                for name in found.widths:
                    found.rows(number, name)
        except InputError as error:
            assert "set.json" in str(error) or ".npy" in str(error)


@pytest.mark.robustness("35")
@pytest.mark.parametrize(
    "name",
    [
        "ckpt_size_two_args/size.pt",
        "parse_ckpt_legacy_AssertionError_importing_103/c.pt",
        "parse_ckpt_zip_UnicodeDecodeError_importing_139/c.pt",
    ],
)
def test_checkpoints(cases: Path, name: str) -> None:
    done = refused("models", "import", cases / "faults" / name)
    assert Path(name).name in done.output and "weights_only" not in done.output


@pytest.mark.robustness("35")
def test_a_pickle_of_marks_takes_little_time_and_memory(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "marks.pt", "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02" + b"(" * 20_000_000 + b".")
        archive.writestr("archive/version", "3\n")
        archive.writestr("archive/byteorder", "little")
    start = time.monotonic()
    assert "open marks" in refused("models", "import", tmp_path / "marks.pt").output
    assert time.monotonic() - start < 20
    with zipfile.ZipFile(tmp_path / "small.pt", "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02(.")
    small_kb = _peak_kb("models", "import", tmp_path / "small.pt", code=3)
    assert _peak_kb("models", "import", tmp_path / "marks.pt", code=3) - small_kb < MAX_EXTRA_KB


def _peak_kb(*words: object, code: int) -> int:
    """Peak memory of a command, KB, in a process of its own."""
    script = (
        "import resource, subprocess, sys; done = subprocess.run([sys.executable, '-m', 'touchline', *sys.argv[1:]], "
        "capture_output=True); print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", script, *map(str, words)], capture_output=True, text=True, check=True)
    found, peak_kb = map(int, done.stdout.split())
    assert found == code, done.stdout
    return peak_kb
