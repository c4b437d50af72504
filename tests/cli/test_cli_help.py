"""What a user reads in ``--help``: every command and option, walked by the rules that help texts follow."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from touchline.cli.commands import description, examples, help_line, help_row, is_argument, metavar
from touchline.cli.main import EXIT_CODES, VERBS, app, load_verb

runner = CliRunner()
AVOIDED = re.compile(
    r"\b(told|tell|narrower|is said|said so|to be had|that is none|of one's own|what makes them|looked at)\b"
)
SHARED = {"device", "json", "debug", "help"}


def commands() -> Iterator[tuple[str, Any]]:
    """Every command that does something, and every group, by the words that call it."""
    for verb in VERBS:
        loaded = load_verb(verb)
        yield verb, loaded
        for name, command in getattr(loaded, "commands", {}).items():
            yield f"{verb} {name}", command


COMMANDS = dict(commands())
LEAVES = {words: command for words, command in COMMANDS.items() if not hasattr(command, "commands")}
PARAMETERS = {f"{words} {param.name}": param for words, command in LEAVES.items() for param in command.params}


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_is_one_imperative_sentence_and_a_short_paragraph(words: str) -> None:
    text = description(COMMANDS[words])
    first, *paragraphs = text.split("\n\n")
    assert re.fullmatch(r"[A-Z][a-z]+,? [^.:;]+\.", first), first
    assert len(first) <= 60, "longer ones are cut in lists of commands"
    assert len(paragraphs) <= 1 and all(len(paragraph) <= 480 for paragraph in paragraphs)
    assert not AVOIDED.search(text), text
    assert not first.split()[0].rstrip(",").endswith("s"), "a command, not a description: 'Spot', not 'Spots'"


@pytest.mark.parametrize("verb", VERBS)
def test_the_table_of_verbs_has_the_first_sentence_of_each_command(verb: str) -> None:
    assert VERBS[verb][1] == description(COMMANDS[verb]).split("\n\n")[0]


@pytest.mark.parametrize("words", LEAVES)
def test_a_command_has_examples_that_call_it_with_options_it_has(words: str) -> None:
    command, lines = LEAVES[words], examples(LEAVES[words])
    assert 1 <= len(lines) <= 2
    names = {name for param in command.params for name in (*param.opts, *param.secondary_opts)}
    for line in lines:
        assert line.startswith(f"touchline {words}")
        assert set(re.findall(r"--[a-z-]+", line)) <= names


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_has_help_in_plain_words(name: str) -> None:
    param = PARAMETERS[name]
    names, text = help_row(param)
    assert param.help and param.help.endswith(".") and text.endswith(".")
    assert text[0].isupper(), text
    assert not AVOIDED.search(text), text
    assert not re.search(r"<|list\[|\bstr\b|\bint\b|\bfloat\b|Path\b", names), names


@pytest.mark.parametrize("name", [name for name, param in PARAMETERS.items() if not is_argument(param)])
def test_an_option_states_its_default_unless_it_is_a_flag_or_required(name: str) -> None:
    param = PARAMETERS[name]
    text = help_line(param)
    if param.required:
        assert "required" in text
    elif not param.is_flag or param.secondary_opts:
        assert re.search(r"\(default:? .+\)\.$", text), text
        assert "None" not in text


@pytest.mark.parametrize("words", LEAVES)
def test_the_usage_line_names_what_must_be_given(words: str) -> None:
    done = runner.invoke(app, [*words.split(), "--help"], prog_name="touchline", env={"COLUMNS": "200"})
    usage = done.stdout.splitlines()[0]
    arguments = [param for param in LEAVES[words].params if is_argument(param)]
    names = [metavar(param) if param.required else f"[{metavar(param)}]" for param in arguments]
    assert usage == " ".join(["Usage:", "touchline", words, "[OPTIONS]", *names])


@pytest.mark.parametrize("words", [words for words in COMMANDS if words not in LEAVES])
def test_a_list_of_commands_cuts_no_sentence(words: str) -> None:
    text = runner.invoke(app, [words, "--help"], env={"COLUMNS": "80"}).stdout
    assert "..." not in text.split("Commands:")[1]


def test_exit_codes_end_the_help_of_touchline() -> None:
    text = runner.invoke(app, ["--help"]).stdout.split("Exit codes:")[1]
    assert re.findall(r"^ +(\d+) ", text, re.MULTILINE) == list(EXIT_CODES)


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["features", "extract"],
        ["batch", "work"],
        ["keeper"],
        ["evaluate", "spotting"],
        ["train"],
        ["models", "import"],
    ],
    ids=" ".join,
)
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys, touchline.cli.main as m\n"
        f"sys.argv = ['touchline', *{words!r}, '--help']\n"
        "try: m.main()\n"
        "except SystemExit: pass\n"
        "print(*({'numpy', 'av', 'torch', 'scipy', 'sklearn', 'openvino'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Usage: touchline")
    assert done.stderr.split() == []
