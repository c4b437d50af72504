"""Names and labels of strangers on the terminal: control characters and marks of direction are written out."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from touchline.cli.common import Output, describe
from touchline.cli.given.terminal import SafeStream, lines, one_line
from touchline.core.errors import InputError
from touchline.training.checkpoint import load_checkpoint

pytestmark = pytest.mark.robustness("text")
EVIL = "a\x1b[2J\x1b]0;title\x07\x9b31m\x7f\r\u202egnp\u2066x\u200b\u2028b"
"""Clears the screen, sets the title, colours, deletes, overwrites the line, reverses letters."""


def is_harmless(text: str) -> bool:
    return all(c.isprintable() or c in "\n\t\u00a0\u3000" for c in text)


def test_controls_are_written_out_and_letters_kept() -> None:
    assert one_line("試合\u3000né\u00a0😀.mp4") == "試合\u3000né\u00a0😀.mp4"
    assert one_line("a\nb\x1b[0m\u202e\x85") == r"a\nb\x1b[0m\u202e\x85"
    assert is_harmless(one_line(EVIL)) and is_harmless(lines(EVIL))
    assert lines("a\tb\nc\x1b") == "a\tb\nc\\x1b"
    assert one_line("\udcff") == r"\udcff"


def test_every_line_of_a_command_is_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    for output in (Output(json=False), Output(json=True)):
        output.say(EVIL)
        output.table(f"{EVIL}\n{EVIL}")
        output.note(EVIL)
        output.record({"name": EVIL})
        output.error(InputError(EVIL))
        output.error(ValueError(EVIL))
    printed = capsys.readouterr()
    assert is_harmless(printed.out) and is_harmless(printed.err)


def test_a_guarded_stream_is_a_stream() -> None:
    behind = io.StringIO()
    stream = SafeStream(behind)
    print("a\x1b[0mb", "c", file=stream)
    stream.writelines(["x\x07\n"])
    assert behind.getvalue() == "a\\x1b[0mb c\nx\\x07\n"
    assert not stream.isatty()


def run(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "touchline", *words], cwd=folder, capture_output=True, text=True, errors="replace"
    )


@pytest.mark.skipif(os.name != "posix", reason="such names need POSIX")
@pytest.mark.parametrize(
    "words",
    [
        lambda name: ["check", name],
        lambda name: [f"--{name}"],
        lambda name: [name],
        lambda name: ["check", f"--{name}"],
        lambda name: ["convert", name, f"{name}.none"],
        lambda name: ["keeper", "score", name],
        lambda name: ["train", name],
        lambda name: ["models", "import", name, "--debug"],
    ],
    ids=["check", "option", "verb", "option of a verb", "convert", "group", "recipe", "traceback"],
)
def test_names_on_the_command_line(words: Callable[[str], list[str]], tmp_path: Path) -> None:
    name = EVIL.replace("/", "")
    (tmp_path / name).write_text("text")
    done = run(*words(name), folder=tmp_path)
    assert done.returncode in (2, 3), done.stderr
    assert done.stderr
    assert is_harmless(done.stdout) and is_harmless(done.stderr)


def test_unsafe_advice_is_not_repeated(tmp_path: Path) -> None:
    torch.save({"rng": {}, "f": io.StringIO}, tmp_path / "run.pt")
    with pytest.raises(InputError) as raised:
        load_checkpoint(tmp_path / "run.pt")
    assert "not a checkpoint of touchline" in str(raised.value)
    for text in (str(raised.value), describe(raised.value), describe(RuntimeError("Set weights_only=False. Sorry."))):
        assert not any(word in text for word in ("weights_only", "trust", "two options", "allow_pickle"))
