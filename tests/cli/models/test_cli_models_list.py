"""``touchline models``: what it lists and shows of the built-in models."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from touchline.cli.main import app

RUNNER = CliRunner()


def test_a_list_has_a_short_line_for_every_model() -> None:
    lines = RUNNER.invoke(app, ["models", "list"]).stdout.splitlines()
    pitch = next(line for line in lines if line.startswith("pitch-finder"))
    assert pitch.split()[1:3] == ["built-in", "pitch"]
    assert pitch.endswith("... (32)")
    assert max(map(len, lines)) < 132
    strokes = next(line for line in lines if line.startswith("tennis-strokes"))
    assert strokes.endswith("neutral, forehand, backhand, serve")


def test_as_json_labels_are_whole() -> None:
    records = [json.loads(line) for line in RUNNER.invoke(app, ["models", "list", "--json"]).stdout.splitlines()]
    pitch = next(record for record in records if record["name"] == "pitch-finder")
    assert len(pitch["labels"]) == 32


def test_a_model_is_shown_with_its_card() -> None:
    shown = RUNNER.invoke(app, ["models", "show", "tennis-strokes"])
    assert shown.exit_code == 0, shown.output
    assert "forehand" in shown.stdout
    unknown = RUNNER.invoke(app, ["models", "show", "nothing-like-it"])
    assert unknown.exit_code != 0
    assert "nothing-like-it" in unknown.output


def test_what_names_events_of_play_says_which_labels_are_off() -> None:
    shown = json.loads(RUNNER.invoke(app, ["models", "show", "event-fusion", "--json"]).stdout)
    assert {label for label, limit in shown["thresholds"].items() if limit == 1} == set(shown["off"])
    assert shown["off"]["TACKLE"]
    assert "off" in RUNNER.invoke(app, ["models", "show", "event-fusion"]).stdout
