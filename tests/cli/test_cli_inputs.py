from __future__ import annotations

import ast
import errno
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import touchline.cli
from makevideo import write_numbered
from tinymodel import write_tiny_model
from touchline.cli.common import Output
from touchline.cli.inputs import Inputs
from touchline.cli.interrupts import Interrupts
from touchline.cli.main import app
from touchline.core.errors import InputError, ResourceError

CLI = Path(touchline.cli.__file__).parent
runner = CliRunner()


def run(outcomes: Sequence[Exception | int], *, json: bool = False, debug: bool = False) -> int:
    """Inputs called 0, 1, 2, ... that end with an exit code or an error."""
    inputs = Inputs("games", output=Output(json=json, debug=debug))
    for number, outcome in enumerate(outcomes):
        with inputs.one(number, game=number):
            if isinstance(outcome, Exception):
                raise outcome
            inputs.done(outcome)
    return inputs.finish()


BUG, UNUSABLE, FULL = ValueError("surprise"), InputError("empty"), ResourceError("full")


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([BUG], 1),
        ([BUG, BUG], 1),
        ([BUG, 0], 4),
        ([0, BUG], 4),
        ([BUG, UNUSABLE], 4),
        ([UNUSABLE, UNUSABLE], 3),
        ([FULL, FULL], 5),
        ([MemoryError(), 0], 4),
        ([MemoryError()], 5),
        ([FileNotFoundError(errno.ENOENT, "gone")], 3),
        ([4, 4], 4),
        ([0, 0], 0),
    ],
    ids=str,
)
def test_exit_codes(outcomes: list[Exception | int], code: int) -> None:
    assert run(outcomes) == code


def test_the_failed_are_listed_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([BUG, 0, InputError("2: empty")]) == 4
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith("touchline: bug: ValueError: surprise (test_cli_inputs.py:")
    assert told[0].endswith("; run again with --debug and report it")
    assert told[1:3] == ["touchline: error: 2: empty", "touchline: 2 of 3 games failed:"]
    assert told[3].startswith("touchline:   0: bug: ValueError: surprise (")
    assert told[4:] == ["touchline:   2: empty"]


def test_one_input_is_not_listed_again(capsys: pytest.CaptureFixture[str]) -> None:
    run([UNUSABLE])
    assert capsys.readouterr().err == "touchline: error: empty\n"


@pytest.mark.parametrize("debug", [False, True])
def test_the_traceback_comes_with_debug_only(capsys: pytest.CaptureFixture[str], debug: bool) -> None:
    run([BUG, 0], debug=debug)
    assert ("Traceback (most recent call last)" in capsys.readouterr().err) == debug


def test_json_has_one_object_for_each_that_failed(capsys: pytest.CaptureFixture[str]) -> None:
    run([BUG, 0, OSError(errno.EIO, "bad disk")], json=True)
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(record["game"], record["exit_code"]) for record in records] == [(0, 1), (2, 3)]
    assert records[0]["error"].startswith("bug: ValueError: surprise")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EPIPE])
def test_what_makes_all_others_fail_ends_the_run(code: int) -> None:
    with pytest.raises(OSError):
        run([OSError(code, "all over"), 0])


def test_an_interrupt_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = Inputs("games", output=Output(json=False))
    with pytest.raises(KeyboardInterrupt), inputs.one("a"):
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt), inputs.one("a"):
        monkeypatch.setattr(Interrupts, "asked", True)
        raise ImportError("a library took the interrupt for an error of its own")
    assert inputs.failed == 0


@pytest.mark.parametrize(
    ("codes", "usable", "complete", "code"),
    [
        ([0], True, True, 0),
        ([0], True, False, 4),
        ([BUG, 0], True, True, 4),
        ([UNUSABLE, 0], False, True, 3),
        ([BUG, BUG], False, True, 1),
    ],
    ids=str,
)
def test_inputs_that_make_one_result(codes: Any, usable: bool, complete: bool, code: int) -> None:
    inputs = Inputs("games", output=Output(json=False))
    for number, outcome in enumerate(codes):
        with inputs.one(number):
            if outcome:
                raise outcome
    assert inputs.finish_with(usable=usable, complete=complete) == code


def test_what_fails_on_a_second_visit_is_one_input_that_failed(capsys: pytest.CaptureFixture[str]) -> None:
    inputs = Inputs("games", output=Output(json=False))
    for name in ("a", "b"):
        with inputs.one(name):
            pass
    with inputs.again("a"):
        raise UNUSABLE
    with inputs.again("b"):
        pass
    assert inputs.finish_with(usable=True, complete=True) == 4
    assert "touchline: 1 of 2 games failed:" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["spot"], ["spot", "--dry-run"], ["analyze", "--no-tracks"]], ids=" ".join)
def test_a_bug_in_one_video_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    from touchline.analysis import pipeline, trial

    for module, name in ((pipeline, "analyze_video"), (trial, "trial_speed")):
        monkeypatch.setattr(module, name, stumbles_at("first.mp4", getattr(module, name)))
    videos = [write_numbered(tmp_path / f"{name}.mp4", frames=30) for name in ("first", "second")]
    model = write_tiny_model(tmp_path)
    options = ["--model", str(model), "--out", str(tmp_path / "out"), "--json"]
    done = runner.invoke(app, [*words, *map(str, videos), *options])
    assert done.exit_code == 4
    records = [json.loads(line) for line in done.stdout.splitlines()]
    (failed,) = [record for record in records if "error" in record]
    assert failed["video"] == str(videos[0]) and failed["exit_code"] == 1
    assert failed["error"].startswith("bug: ValueError: stumbled")
    assert records[-1]["type"] in ("result", "estimate") and records[-1]["video"] == str(videos[1])
    assert "1 of 2 videos failed:" in done.stderr


def stumbles_at(name: str, work: Any) -> Any:
    def stumble(video: Path, **arguments: Any) -> Any:
        if video.name == name:
            raise ValueError("stumbled")
        return work(video, **arguments)

    return stumble


def test_a_bug_in_one_file_of_features_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from touchline.cli.features import info as features_info

    monkeypatch.setattr(features_info, "_one", stumbles_at("first.npy", lambda file, **_: 0))
    files = [tmp_path / "first.npy", tmp_path / "second.npy"]
    done = runner.invoke(app, ["features", "info", *map(str, files)])
    assert done.exit_code == 4
    assert "bug: ValueError: stumbled" in done.stderr


@pytest.mark.parametrize("path", sorted(CLI.rglob("*.py")), ids=lambda path: str(path.relative_to(CLI)))
def test_every_loop_over_inputs_goes_on_after_a_bug(path: Path) -> None:
    """A loop that catches the errors of one input by itself would end at a bug; :class:`Inputs` does not."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    loops = [node for node in ast.walk(tree) if isinstance(node, ast.For)]
    handlers = [node for loop in loops for node in ast.walk(loop) if isinstance(node, ast.ExceptHandler)]
    caught = {name.id for node in handlers if node.type for name in ast.walk(node.type) if isinstance(name, ast.Name)}
    assert path.stem == "doctor" or not caught & {"TouchlineError", "InputError"}
