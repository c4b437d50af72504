from __future__ import annotations

import errno
import json
import sys
from collections.abc import Callable

import pytest
import typer
from typer.testing import CliRunner

from touchline.cli import common, progress
from touchline.cli.common import Output, one_line, report_bug, run_guarded
from touchline.cli.interrupts import Interrupts
from touchline.cli.main import VERBS, app, load_verb
from touchline.cli.progress import each_with_progress, progress_bar, training_progress
from touchline.core.errors import InputError, NetworkError, ResourceError, UsageError

runner = CliRunner()


def test_help_lists_every_verb_and_no_other() -> None:
    done = runner.invoke(app, ["--help"])
    assert done.exit_code == 0
    listed = [
        line.split()[0] for line in done.stdout.split("Commands:")[1].split("\n\n")[0].splitlines() if line.strip()
    ]
    assert listed == list(VERBS)


def test_help_imports_no_verb(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("touchline.cli.")]:
        if name not in ("touchline.cli.main", "touchline.cli.common", "touchline.cli.interrupts"):
            monkeypatch.delitem(sys.modules, name)  # put back afterwards: other tests hold these modules
    runner.invoke(app, ["--help"])
    assert not {target.split(":")[0] for target, _ in VERBS.values()} & set(sys.modules)


@pytest.mark.parametrize("verb", list(VERBS))
def test_every_verb_has_help_and_the_shared_options(verb: str) -> None:
    done = runner.invoke(app, [verb, "--help"])
    assert done.exit_code == 0, done.output
    commands = getattr(load_verb(verb), "commands", None)
    for words in [[verb]] if commands is None else [[verb, name] for name in commands]:
        text = runner.invoke(app, [*words, "--help"], env={"COLUMNS": "200"}).stdout
        for option in ("--json", "--device", "--debug"):
            assert option in text, f"{' '.join(words)} has no {option}"


def test_version() -> None:
    done = runner.invoke(app, ["--version"])
    assert done.stdout.startswith("touchline 0.")


@pytest.mark.parametrize(
    "words", [["nope"], ["spot"], ["spot", "a.mp4", "--nope"], ["spot", "a", "--device", "tpu"], []]
)
def test_wrong_usage_is_code_2(words: list[str]) -> None:
    done = runner.invoke(app, words)
    assert done.exit_code == 2
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("x"), 2),
        (InputError("x"), 3),
        (ResourceError("x"), 5),
        (NetworkError("x"), 6),
        (MemoryError(), 5),
        (OSError(errno.ENOSPC, "full"), 5),
        (FileNotFoundError(errno.ENOENT, "none"), 3),
        (KeyboardInterrupt(), 130),
        (BrokenPipeError(), 130),
    ],
    ids=lambda value: type(value).__name__,
)
def test_errors_become_exit_codes(error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common, "_silence_stdout", lambda: None)

    def fail() -> None:
        raise error

    with pytest.raises(typer.Exit) as caught:
        run_guarded(fail)
    assert caught.value.exit_code == code


def test_a_clean_run_leaves_with_0_and_a_code_is_passed_on() -> None:
    run_guarded(lambda: None)
    run_guarded(lambda: 0)
    with pytest.raises(typer.Exit) as caught:
        run_guarded(lambda: 4)
    assert caught.value.exit_code == 4


def fails(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def test_an_error_is_one_line_whatever_the_file_is_called(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        run_guarded(fails(InputError("a\nb\x1b[31m.mp4: empty")), json=True)
    out, err = capsys.readouterr()
    assert err == "touchline: error: a\\nb\\x1b[31m.mp4: empty\n"
    assert json.loads(out) == {"error": "a\\nb\\x1b[31m.mp4: empty", "exit_code": 3}


def test_a_traceback_needs_debug(capsys: pytest.CaptureFixture[str]) -> None:
    for debug in (False, True):
        with pytest.raises(typer.Exit):
            run_guarded(fails(InputError("x")), debug=debug)
        assert ("Traceback" in capsys.readouterr().err) == debug


def test_an_unexpected_error_is_one_line_with_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        fails(ValueError("odd\nvalue"))()
    except ValueError as error:
        report_bug(ValueError, error, error.__traceback__)
    err = capsys.readouterr().err
    assert err.startswith("touchline: bug: ValueError: odd\\nvalue (test_cli_main.py:")
    assert err.count("\n") == 1


def test_output_keeps_records_and_words_apart(capsys: pytest.CaptureFixture[str]) -> None:
    for use_json in (False, True):
        output = Output(json=use_json)
        output.record({"path": "\udcff ü", "n": 1})
        output.say("words")
        output.note("note")
        out, err = capsys.readouterr()
        if use_json:
            assert json.loads(out) == {"path": "\udcff ü", "n": 1}
            assert out.isascii()
            assert err == "words\nnote\n"
        else:
            assert (out, err) == ("words\n", "note\n")


def test_one_line_keeps_letters_of_any_script() -> None:
    assert one_line("spiel ⚽ 試合.mp4") == "spiel ⚽ 試合.mp4"
    assert one_line("a\tb\r\nc") == "a\\tb\\r\\nc"
    assert one_line("\udcff") == "\\udcff"


def test_progress_without_a_terminal_is_an_occasional_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now_s[0])
    with progress_bar("match.mp4") as update:
        for second in range(25):
            now_s[0] = second
            update(second * 4_000_000, 100_000_000)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "match.mp4, 40 %, 4.0x real time, about 15 s left",
        "match.mp4, 80 %, 4.0x real time, about 5 s left",
    ]


def test_progress_on_a_terminal_is_a_bar(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with progress_bar("[bold]match.mp4") as update:
        update(1_000_000, 0)
        update(5_000_000, 10_000_000)
    assert capsys.readouterr().out == ""


def test_an_interrupt_that_a_library_swallowed_still_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyboardInterrupt), progress_bar("match.mp4") as update:
        update(0, 10)
        monkeypatch.setattr(Interrupts, "asked", True)
        update(1, 10)


def test_items_are_counted_and_the_time_left_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now_s[0])
    for _ in each_with_progress(range(10), unit="clips"):
        now_s[0] += 6
    assert capsys.readouterr().err.splitlines()[:2] == [
        "clips, 20 %, 0.2 clips/s, about 48 s left",
        "clips, 40 %, 0.2 clips/s, about 36 s left",
    ]
    assert list(each_with_progress(["alone"], unit="clips")) == ["alone"]


@pytest.mark.parametrize("redirected", [False, True])
def test_a_bar_leaves_a_redirected_stdout_alone(redirected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: not redirected)
    assert progress._rich_progress().live._redirect_stdout is not redirected


@pytest.mark.parametrize("terminal", [False, True])
def test_training_shows_a_bar_with_the_time_left(
    terminal: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now_s = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now_s[0])
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    report = training_progress()
    for step in (1, 2, 4):
        now_s[0] = 10.0 * step
        report("fold-0", step, 4)
    lines = capsys.readouterr().err.replace("\r\x1b[K", "\n").split("\n")
    assert ("[##########..........] " if terminal else "") + "fold-0: step 2 of 4 (50 %), about 20 s left" in lines
