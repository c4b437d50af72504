"""Corrections: checked, on the disk before the answer, written by one window at a time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from makevideo import write_numbered
from reviewserver import FOUND, Review, change, event_value, make_bundle, reviewing
from touchline.core.events import Timeline
from touchline.formats.bundle import CORRECTIONS, Bundle
from touchline.formats.corrections.journal import read_journal
from touchline.formats.events.own_events import event_ids
from touchline.review.desk import Desk
from touchline.review.lease import SILENCE_S, Lease
from touchline.review.schema import DoPost, WindowPost
from touchline.review.shelf import items_of

PASS_ID = event_ids(Timeline(FOUND))[0]


def lines(review: Review) -> list[Any]:
    return [json.loads(line) for line in (review.item.bundle.path / CORRECTIONS).read_text().splitlines()]


def test_a_correction_is_on_the_disk_before_the_answer(review: Review) -> None:
    assert review.opened()["window"] == {"writer": True, "reason": None, "can_take_over": False, "n": 0}
    assert not (review.item.bundle.path / CORRECTIONS).exists()
    before = (review.item.bundle.path / "events.json").read_bytes()
    value = event_value(note="first touch", point_px=[10.5, 20], lead_us=2_000_000)
    answer = review.do(change("event", PASS_ID, value), n=1)
    assert answer.status_code == 200
    assert (answer.json()["n"], answer.json()["who"]) == (1, "anna")
    head, entry = lines(review)
    assert head["schema"] == "touchline.corrections"
    assert entry == {"n": 1, "at": answer.json()["at"], "who": "anna", "do": [change("event", PASS_ID, value)]}
    assert (review.item.bundle.path / "events.json").read_bytes() == before
    (found,) = [one for one in review.item.bundle.read_corrected_events() if one.id == PASS_ID]
    assert (found.state, found.event.start_us) == ("accepted", 400_000)


def test_undo_and_redo_over_everything(review: Review) -> None:
    review.opened()
    value = event_value()
    assert review.do(change("event", PASS_ID, value), n=1).status_code == 200
    changes = [
        change("threshold", "PASS", {"value": 0.3}),
        change("team", "left", {"name": "Reds", "colour": "#ff0000"}),
    ]
    assert review.do(*changes, n=2).status_code == 200
    assert review.post("entries", window="window-one", n=3, undo=2).status_code == 200
    assert review.item.bundle.read_corrections().teams == {}
    assert review.post("entries", window="window-one", n=4, undo=1).status_code == 200
    assert review.post("entries", window="window-one", n=5, undo=1).status_code == 409
    assert review.post("entries", window="window-one", n=5, redo=1).status_code == 200
    assert review.post("entries", window="window-one", n=6, redo=2).status_code == 200
    corrections = review.item.bundle.read_corrections()
    assert (corrections.thresholds, corrections.teams["left"].name) == ({"PASS": 0.3}, "Reds")
    assert [entry["n"] for entry in review.opened()["entries"]] == [1, 2, 3, 4, 5, 6]
    later = review.client.get(f"{review.base}/entries", params={"after": 4}).json()["entries"]
    assert [(entry["n"], entry["redo"]) for entry in later] == [(5, 1), (6, 2)]


def test_a_stale_entry_is_refused_with_the_last_number(review: Review) -> None:
    review.opened()
    assert review.do(change("event", PASS_ID, event_value()), n=1).status_code == 200
    for again in (
        review.do(change("event", PASS_ID, event_value()), n=1),
        review.do(change("event", PASS_ID, event_value(note="x")), n=2),
        review.do(change("event", PASS_ID, None, before=event_value(note="y")), n=2),
    ):
        assert (again.status_code, again.json()["code"], again.json()["n"]) == (409, "stale", 1)
    assert len(lines(review)) == 2


OWN = "p-0123456789ab"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([change("event", "0" * 12, event_value())], "neither one of the model's"),
        ([change("event", "../../etc", event_value())], "id"),
        ([change("event", OWN, event_value(label="PASSS"))], "did you mean 'PASS'"),
        ([change("event", OWN, event_value(start_us=60_000_000))], "after the end of the video"),
        ([change("event", OWN, event_value(end_us=60_000_000))], "after the end of the video"),
        ([change("event", OWN, event_value(start_us=-1))], "start_us"),
        ([change("event", OWN, event_value(start_us=1.5))], "start_us"),
        ([change("event", OWN, event_value(end_us=400_000))], "end_us"),
        ([change("event", OWN, event_value(confidence=2))], "confidence"),
        ([change("event", OWN, event_value(state="maybe"))], "state"),
        ([change("event", OWN, event_value(team="Martians"))], "name it first"),
        ([change("event", OWN, event_value(player="pl-000000"))], "add the player first"),
        ([change("event", OWN, {**event_value(), "colour": "red"})], "colour"),
        ([change("event", OWN, {"label": "PASS"})], "Field required"),
        ([change("event", OWN, event_value(note="x" * 20_000))], "note"),
        ([change("threshold", "PASS", {"value": 1.5})], "value"),
        ([change("threshold", "GOAL", {"value": 0.5})], "not in the label set"),
        ([change("reviewed", "spans", {"spans": [[0, 2_000_000], [1_000_000, 3_000_000]]})], "sorted"),
        ([change("reviewed", "spans", {"spans": [[0, 90_000_000]]})], "after the end"),
        ([change("player", "pl-abcdef", {"name": "", "number": None, "team": None})], "name or a number"),
        ([change("track", "9", {"role": "referee", "team": None, "player": None, "same_as": None})], "track 9"),
        ([change("track", "7", {"role": "coach", "team": None, "player": None, "same_as": None})], "role"),
        ([change("track", "7@100000", {"role": None, "team": None, "player": None, "same_as": None})], "cut the track"),
        ([change("track", "7", {"role": None, "team": None, "player": None, "same_as": "9"})], "track 9"),
        ([change("cut", "9@100000", {})], "track 9"),
        ([change("box", "9:3", {"box_xyxy": None})], "track 9"),
        ([change("box", "7:3", {"box_xyxy": [5, 5, 1, 1]})], "x1 > x0"),
        ([change("labels", "set", {"labels": []}), change("secret", "x", {})], "secret"),
        ([], "do"),
    ],
)
def test_what_cannot_be_is_refused(looked_at: Review, changes: list[dict[str, Any]], words: str) -> None:
    looked_at.opened()
    answer = looked_at.do(*changes, n=1)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert words in answer.json()["error"]
    assert not (looked_at.item.bundle.path / CORRECTIONS).exists()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"window":"window-one","n":1,"do":[{"what":"threshold","id":"PASS","before":null,"after":{"value":NaN}}]}',
        b'{"window":"window-one","n":1,"do":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"window":"window-one","n":1,"undo":1,"redo":1}',
        b'{"window":"window-one","n":1e400,"undo":1}',
        b'{"window":"<script>","n":1,"undo":1}',
        b"\xff\xfe",
    ],
)
def test_bodies_that_are_no_entries_are_refused(looked_at: Review, body: bytes) -> None:
    answer = looked_at.client.post(
        f"{looked_at.base}/entries", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 422


def test_tracks_players_and_labels_build_on_each_other_in_one_command(review: Review) -> None:
    review.opened()
    label = {"name": "Press", "colour": "#d0021b", "key": "p", "lead_us": 5_000_000, "lag_us": None}
    as_model_says = {"role": None, "team": None, "player": None, "same_as": None}
    answer = review.do(
        change("labels", "set", {"labels": [label]}),
        change("team", "away", {"name": "Blues", "colour": None}),
        change("player", "pl-abcdef", {"name": "Ada", "number": 10, "team": "away"}),
        change("cut", "7@200000", {}),
        change("track", "7@200000", {**as_model_says, "player": "pl-abcdef", "team": "away"}),
        change("track", "8", {**as_model_says, "same_as": "7@200000"}),
        change("box", "7:3", {"box_xyxy": None}),
        change("event", "p-0123456789ab", event_value("Press", team="away", player="pl-abcdef")),
        change("reviewed", "spans", {"spans": [[0, 1_000_000], [2_000_000, 3_000_000]]}),
        n=1,
    )
    assert answer.status_code == 200, answer.text
    (added,) = [event for event in review.item.bundle.read_corrected() if event.label == "Press"]
    assert (added.team, added.player) == ("Blues", "10 Ada")
    assert {track.name for track in review.item.bundle.read_corrected_tracks()} == {None, "10 Ada"}


def test_the_second_window_only_reads_and_can_take_over(review: Review) -> None:
    assert review.opened("window-one")["window"]["writer"]
    second = review.opened("window-two")["window"]
    assert (second["writer"], second["can_take_over"]) == (False, True)
    assert "another window" in second["reason"]
    refused = review.do(change("event", PASS_ID, event_value()), n=1, window="window-two")
    assert (refused.status_code, refused.json()["code"]) == (423, "read_only")
    assert review.do(change("event", PASS_ID, event_value()), n=1, window="window-one").status_code == 200
    seen = review.post("window", window="window-two").json()
    assert (seen["writer"], seen["n"]) == (False, 1)
    assert review.post("window", window="window-two", take_over=True).json()["writer"]
    assert review.do(change("event", PASS_ID, None, before=event_value()), n=2).status_code == 423
    assert review.do(change("event", PASS_ID, None, before=event_value()), n=2, window="window-two").status_code == 200
    review.post("window", window="window-two", close=True)
    assert review.post("window", window="window-one").json()["writer"]


def test_a_silent_window_loses_its_place_whatever_the_wall_clock_does() -> None:
    now_s = 1000.0
    lease = Lease(lambda: now_s)
    assert lease.ask("one")
    now_s += SILENCE_S - 1
    assert not lease.ask("two")
    assert lease.ask("one")
    now_s += SILENCE_S - 1
    assert not lease.ask("two")
    now_s += 1
    assert lease.holder is None
    assert lease.ask("two")
    assert not lease.ask("one")
    lease.leave("one")
    assert lease.holder == "two"


def test_another_process_keeps_the_bundle_until_it_ends(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    with reviewing(bundle.path, cache=tmp_path / "cache") as first:
        first.opened()
        assert first.do(change("event", PASS_ID, event_value()), n=1).status_code == 200
        code = (
            "import sys, pathlib\n"
            "from touchline.review.desk import Desk\n"
            "from touchline.review.schema import DoPost, WindowPost\n"
            "from touchline.review.shelf import items_of\n"
            "desk = Desk(items_of([pathlib.Path(sys.argv[1])])[0], who='bob')\n"
            "answer = desk.ask(WindowPost(window='window-bob', take_over=True))\n"
            "print(answer.writer, answer.can_take_over, answer.n, answer.reason)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(bundle.path)], capture_output=True, text=True, check=True
        )
        assert done.stdout.startswith("False False 1 ")
        assert "another process reviews this bundle" in done.stdout
        first.post("window", window="window-one", close=True)
        done = subprocess.run(
            [sys.executable, "-c", code, str(bundle.path)], capture_output=True, text=True, check=True
        )
        assert done.stdout.startswith("True False 1 None")


def test_two_servers_in_turn_see_each_others_entries(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    desks = [Desk(items_of([bundle.path])[0], who=who) for who in ("anna", "bob")]
    post = WindowPost(window="window-one")
    assert [desk.ask(post).writer for desk in desks] == [True, True]  # nothing is written yet

    def command(n: int, value: float, before: float | None) -> DoPost:
        old = None if before is None else {"value": before}
        body = {"window": "window-one", "n": n, "do": [change("threshold", "PASS", {"value": value}, before=old)]}
        return DoPost.model_validate_json(json.dumps(body))

    assert desks[0].write(command(1, 0.3, None)).n == 1
    with pytest.raises(Exception, match="another process"):
        desks[1].write(command(1, 0.4, None))
    desks[0].close()
    with pytest.raises(Exception, match="does not follow"):
        desks[1].write(command(1, 0.4, None))
    assert desks[1].write(command(2, 0.4, 0.3)).n == 2
    desks[1].close()
    assert [entry.who for entry in read_journal(bundle.path / CORRECTIONS).entries] == ["anna", "bob"]


def test_a_video_becomes_a_bundle_at_the_first_correction_only(tmp_path: Path) -> None:
    video = write_numbered(tmp_path / "training.mp4", frames=50)
    with reviewing(video, cache=tmp_path / "cache") as review:
        data = review.opened()
        assert (data["analysed"], data["coverage"], data["curves"], data["events"]["id"]) == (False, None, None, [])
        assert "PASS" in [label["name"] for label in data["labels"]]
        assert review.do(change("event", "p-0123456789ab", event_value(label="NO")), n=1).status_code == 422
        assert not (tmp_path / "training.touchline").exists()
        assert review.do(change("event", "p-0123456789ab", event_value()), n=1).status_code == 200
        assert not review.opened()["analysed"]
        assert review.client.get("/api/session").json()["bundles"][0]["reviewed"]
    bundle = Bundle(tmp_path / "training.touchline")
    manifest = bundle.read_manifest()
    assert (manifest.video_name, manifest.models, manifest.files) == ("training.mp4", (), {})
    assert [event.label for event in bundle.read_corrected()] == ["PASS"]
    with reviewing(bundle.path, cache=tmp_path / "cache") as review:
        assert [entry["n"] for entry in review.opened()["entries"]] == [1]


def test_a_damaged_journal_is_left_alone_and_named(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    (bundle.path / CORRECTIONS).write_text('{"schema":"touchline.corrections","version":1}\nnonsense\n{"n":2}\n')
    with reviewing(bundle.path, cache=tmp_path / "cache") as review:
        answer = review.client.get(review.base, params={"window": "window-one"})
        assert (answer.status_code, answer.json()["code"]) == (500, "failed")
        assert "line 2" in answer.json()["error"]
    assert (bundle.path / CORRECTIONS).read_text().endswith('nonsense\n{"n":2}\n')


def test_a_torn_last_line_costs_that_line_alone(review: Review) -> None:
    review.opened()
    assert review.do(change("event", PASS_ID, event_value()), n=1).status_code == 200
    review.post("window", window="window-one", close=True)
    with (review.item.bundle.path / CORRECTIONS).open("ab") as file:
        file.write(b'{"n":2,"at":"2026')
    assert [entry["n"] for entry in review.opened()["entries"]] == [1]
    assert review.do(change("event", PASS_ID, None, before=event_value()), n=2).status_code == 200
    assert [entry.number for entry in read_journal(review.item.bundle.path / CORRECTIONS).entries] == [1, 2]
