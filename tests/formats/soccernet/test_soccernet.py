"""SoccerNet's event files: reading, writing, odd and hostile input."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from touchline.core.columns import EventColumns
from touchline.core.errors import InputError, UsageError
from touchline.core.events import Event, Timeline
from touchline.core.labels import LABEL_SETS
from touchline.formats.events import event_files
from touchline.formats.files import json_files
from touchline.formats.soccernet.columns import columns_from_annotations, columns_from_predictions
from touchline.formats.soccernet.games import as_classes, load_games, pair_games
from touchline.formats.soccernet.labels import (
    parse_labels,
    read_labels,
    results_document,
    write_labels,
    write_results,
)

SHARED = Path(__file__).parents[4] / "shared" / "data"
RESULT = {"gameTime": "1 - 40:2", "label": "PASS", "position": "2402500", "half": "1", "confidence": "0.75"}


def result_bytes(rows: list[dict[str, Any]], **options: Any) -> bytes:
    return json.dumps({"UrlLocal": "league/game", "predictions": rows}, **options).encode()


def many_results(count: int, *, seed: int = 0) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    labels = ["PASS", "DRIVE", "BALL PLAYER BLOCK", "PLAYER SUCCESSFUL TACKLE", "Yellow->red card", "Ü"]
    rows = []
    for i in range(count):
        ms, half = int(rng.integers(0, 3_000_000)), int(rng.integers(1, 3))
        value = (float(rng.random()), float(np.float32(rng.random() / 300)), 1.0, 3e-9, round(float(rng.random()), 3))[
            i % 5
        ]
        clock = f"{half} - {ms // 60_000}:{ms // 1000 % 60}"
        row = {"gameTime": clock, "label": labels[int(rng.integers(6))], "position": str(ms), "half": str(half)}
        rows.append({**row, "confidence": str(value)})
    return rows


class TestTimelines:
    def test_result_with_numbers_as_text_and_unpadded_clock(self) -> None:
        (event,) = parse_labels(result_bytes([RESULT]), source="x")
        assert (event.label, event.start_us, event.half, event.confidence) == ("PASS", 2_402_500_000, 1, 0.75)

    def test_position_missing_falls_back_to_the_clock(self) -> None:
        row = {"gameTime": "2 - 01:05", "label": "Goal"}
        (event,) = parse_labels(orjson.dumps({"annotations": [row]}), source="x")
        assert (event.half, event.start_us, event.source) == (2, 65_000_000, "truth")

    def test_labels_round_trip(self, tmp_path: Path) -> None:
        timeline = Timeline(
            (
                Event("PASS", 1_160_000, team="left", source="truth", extra={"note": "x"}),
                Event("DRIVE", 6_000_000_000, half=2, visible=False, source="truth"),
            )
        )
        write_labels(timeline, tmp_path / "Labels-ball.json", game="a/b")
        assert read_labels(tmp_path / "Labels-ball.json") == timeline
        row = json.loads((tmp_path / "Labels-ball.json").read_text())["annotations"][1]
        assert row["gameTime"] == "2 - 100:00"
        assert (row["position"], row["team"], row["visibility"]) == ("6000000", "not applicable", "not shown")

    def test_results_round_trip_keeps_every_bit_of_the_confidence(self, tmp_path: Path) -> None:
        timeline = Timeline(tuple(Event("PASS", 40_000 * i, confidence=1 / (i + 3)) for i in range(50)))
        write_results(timeline, tmp_path / "results_spotting.json", game="a/b")
        assert read_labels(tmp_path / "results_spotting.json") == timeline

    def test_results_hold_text_only(self) -> None:
        document = results_document(Timeline((Event("PASS", 65_432_000, confidence=0.5, half=2),)), game="a/b")
        assert document == {
            "UrlLocal": "a/b",
            "predictions": [
                {"gameTime": "2 - 01:05", "label": "PASS", "position": "65432", "half": "2", "confidence": "0.5"}
            ],
        }

    def test_first_version_labels(self) -> None:
        assert [
            LABEL_SETS["soccernet-v1"].class_of(x) for x in ("y-card", "substitution-in", "soccer-ball-own", "x")
        ] == [
            "card",
            "subs",
            "soccer",
            None,
        ]

    @pytest.mark.slow
    def test_a_million_events(self) -> None:
        row = orjson.dumps(RESULT)
        data = b'{"predictions": [' + b",".join([row] * 1_000_000) + b"]}"
        assert len(parse_labels(data, source="x")) == 1_000_000


class TestBadFiles:
    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"", "empty"),
            (b"  \n", "empty"),
            (b'{"predictions": [\n{"label": }]}', "line 2"),
            (b"\xff\xfe{\x00", "line 1"),
            (b'{"predictions": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "line 1"),
            (b"[1, 2]", "a JSON list"),
            (b'{"events": []}', "its keys are .'events'."),
            (b'{"predictions": {}}', "'predictions' is a dict"),
        ],
    )
    def test_no_event_file(self, data: bytes, message: str) -> None:
        with pytest.raises(InputError, match=message) as error:
            parse_labels(data, source="match.json")
        assert str(error.value).startswith("match.json: ")

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"position": "-5"}, "start_us=-5000"),
            ({"confidence": "1.5"}, "confidence=1.5"),
            ({"confidence": "nan"}, "confidence=nan"),
            ({"position": "soon"}, "soon"),
            ({"position": "inf"}, "infinity"),
            ({"gameTime": "40:02"}, "half - mm:ss"),
            ({"label": ""}, "empty"),
            ({"label": 7}, "not text"),
            ({"half": "0"}, "half=0"),
        ],
    )
    def test_impossible_event_is_named(self, change: dict[str, Any], message: str) -> None:
        with pytest.raises(InputError, match=message) as error:
            parse_labels(result_bytes([RESULT, {**RESULT, **change}]), source="x")
        assert "1 of 2 events cannot be used: predictions[1]" in str(error.value)

    def test_only_the_first_few_are_listed(self) -> None:
        with pytest.raises(InputError, match=r"20 of 20 events cannot be used.*and 15 more"):
            parse_labels(orjson.dumps({"predictions": [{}] * 19 + ["x"]}), source="x")

    def test_byte_order_mark(self) -> None:
        assert len(parse_labels(b"\xef\xbb\xbf" + result_bytes([RESULT]), source="x")) == 1

    def test_paths(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="not a file"):
            read_labels(tmp_path)
        with pytest.raises(InputError, match="cannot be read"):
            read_labels(tmp_path / "absent.json")

    def test_size_is_capped(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "a.json").write_bytes(result_bytes([RESULT]))
        monkeypatch.setattr(json_files, "MAX_JSON_BYTES", 50)
        with pytest.raises(InputError, match="exceed the limit of 50"):
            read_labels(tmp_path / "a.json")

    def test_columns_name_the_entry(self) -> None:
        with pytest.raises(InputError, match=r"predictions\[1\] has no 'half'"):
            columns_from_predictions([RESULT, {"label": "x"}], source="x")
        with pytest.raises(InputError, match=r"annotations\[0\] cannot be read"):
            columns_from_annotations([{"gameTime": "", "label": "x"}], source="x")
        with pytest.raises(InputError, match=r"predictions\[0\] cannot be read"):
            columns_from_predictions([{**RESULT, "position": "9" * 30}], source="x")


def one_by_one(rows: list[dict[str, Any]]) -> tuple[list[str], list[int], list[int], list[float]]:
    """Labels, halves, positions and confidences as Python's own ``int`` and ``float`` read each value."""
    return (
        [row["label"] for row in rows],
        [int(row["half"]) for row in rows],
        [int(row["position"]) for row in rows],
        [float(row["confidence"]) for row in rows],
    )


def as_lists(columns: EventColumns) -> tuple[list[str], list[int], list[int], list[float]]:
    labels = [columns.labels[i] for i in columns.label]
    return labels, columns.half.tolist(), columns.position_ms.tolist(), columns.confidence.tolist()


class TestColumns:
    """Columns read at once hold what reading value by value gives."""

    @pytest.mark.parametrize("options", [{}, {"indent": 4}, {"separators": (",", ":")}, {"ensure_ascii": False}])
    @pytest.mark.parametrize("seed", range(3))
    def test_equals_one_by_one(self, tmp_path: Path, options: dict[str, Any], seed: int) -> None:
        rows = many_results(400, seed=seed)
        (tmp_path / "results_spotting.json").write_bytes(result_bytes(rows, **options))
        (file,) = load_games(tmp_path, kind="predictions")
        assert file.url_local == "league/game"
        assert as_lists(file.columns) == one_by_one(rows)
        assert file.columns.visible.all()

    @pytest.mark.parametrize(
        "change",
        [
            {"confidence": 0.5},
            {"confidence": "1e400"},
            {"confidence": " 0.25 "},
            {"confidence": "inf"},
            {"confidence": 1},
            {"position": 5},
            {"position": "-5"},
            {"position": "+5"},
            {"position": "007"},
            {"position": 5.9},
            {"position": "123456789"},
            {"label": 'quoted " label'},
            {"label": "x" * 40},
            {"half": "12"},
            {"team": "left"},
        ],
    )
    @pytest.mark.parametrize("at", [0, 1, 200, 399])
    def test_odd_values_are_read_as_one_by_one(self, change: dict[str, Any], at: int) -> None:
        rows = many_results(400)
        rows[at] = {**rows[at], **change}
        assert as_lists(columns_from_predictions(rows, source="x")) == one_by_one(rows)

    @pytest.mark.parametrize(
        "change",
        [
            {"half": "x"},
            {"half": None},
            {"confidence": "high"},
            {"confidence": None},
            {"confidence": "null"},
            {"confidence": "true"},
            {"confidence": "0.1,0.2"},
            {"confidence": ""},
            {"position": "5.0"},
            {"position": "5e3"},
            {"position": "[5]"},
            {"position": "9" * 19},
            {"position": "9" * 30},
        ],
    )
    @pytest.mark.parametrize("at", [0, 399])
    def test_values_that_are_no_numbers_are_named(self, change: dict[str, Any], at: int) -> None:
        rows = many_results(400)
        rows[at] = {**rows[at], **change}
        with pytest.raises(InputError, match=rf"predictions\[{at}\] cannot be read"):
            columns_from_predictions(rows, source="x")

    def test_values_that_only_fit_together_are_refused(self) -> None:
        rows = many_results(3)
        for text, row in zip(("0.1,0.2", "", "0.3"), rows, strict=True):
            row["confidence"] = text
        with pytest.raises(InputError, match=r"predictions\[0\] cannot be read"):
            columns_from_predictions(rows, source="x")

    def test_damaged_text_is_refused_or_read_alike(self, tmp_path: Path) -> None:
        data = result_bytes(many_results(300), ensure_ascii=False)
        rng = np.random.default_rng(0)
        path = tmp_path / "results_spotting.json"
        for _ in range(300):
            at, value = int(rng.integers(len(data))), int(rng.choice(list(b'"{}[],: \\x0')))
            path.write_bytes(data[:at] + bytes([value]) + data[at + 1 :])
            try:
                (file,) = load_games(path, kind="predictions")
            except InputError:
                continue
            assert as_lists(file.columns) == one_by_one(orjson.loads(path.read_bytes())["predictions"])

    def test_decimals_equal_float(self) -> None:
        rng = np.random.default_rng(0)
        values = rng.random(3000).tolist()
        texts = [repr(x) for x in values] + [f"{x:.17f}" for x in values] + [repr(float(np.float32(x))) for x in values]
        texts += [f"{x * 9.99:.{k}f}" for x in values[:100] for k in range(23)]
        rows = [{**RESULT, "confidence": text} for text in texts]
        assert columns_from_predictions(rows, source="x").confidence.tolist() == [float(x) for x in texts]
        odd = ["1e-05", "1", "0.", ".5", "1.0", "0.1e-3", "9007199254740993.0", "inf", "-0.5", "0.30000000000000004"]
        rows += [{**RESULT, "confidence": text} for text in odd]
        assert columns_from_predictions(rows, source="x").confidence.tolist() == [float(x) for x in texts + odd]


def write(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(orjson.dumps(document))


def truth_document(*labels: str) -> dict[str, Any]:
    return {"annotations": [{"gameTime": "1 - 00:01", "label": x, "position": "1000"} for x in labels]}


class TestGames:
    def test_folders_pair_by_relative_path(self, tmp_path: Path) -> None:
        for game in ("l/s/g 1", "l/s/g 2"):
            write(tmp_path / "truth" / game / "Labels-v2.json", truth_document("Goal"))
            write(tmp_path / "truth" / game / "Labels.json", truth_document("soccer-ball"))
        write(tmp_path / "found/l/s/g 2/results_spotting.json", {"predictions": [RESULT]})
        write(tmp_path / "found/l/s/g 3/results_spotting.json", {"predictions": [RESULT]})
        truth = load_games(tmp_path / "truth", kind="annotations")
        pairing = pair_games(truth, load_games(tmp_path / "found", kind="predictions"))
        assert [(p.truth.file_name, len(p.predictions)) for p in pairing.pairs] == [
            ("Labels-v2.json", 0),
            ("Labels-v2.json", 1),
        ]
        assert pairing.missing == ("l/s/g 1",)
        assert [file.game for file in pairing.unused] == ["l/s/g 3"]

    def test_bundles_and_named_games_pair(self, tmp_path: Path) -> None:
        for game in ("match_1", "match_2", "match_3", "match_4"):
            write(tmp_path / "truth" / game / "Labels-ball.json", truth_document("PASS"))
        write(tmp_path / "found/match_1/video.touchline/results_spotting.json", {"predictions": []})
        write(tmp_path / "found/match_2.touchline/results_spotting.json", {"predictions": []})
        write(tmp_path / "found/x/results_spotting.json", {"UrlLocal": "match_3/", "predictions": []})
        write(tmp_path / "found/other/match_4/results_spotting.json", {"predictions": []})
        truth = load_games(tmp_path / "truth", kind="annotations")
        pairing = pair_games(truth, load_games(tmp_path / "found", kind="predictions"))
        assert pairing.missing == ()
        assert pairing.unused == ()

    def test_two_claims_are_an_error(self, tmp_path: Path) -> None:
        for game in ("a", "b"):
            write(tmp_path / "truth" / game / "Labels-ball.json", truth_document("PASS"))
        for folder in ("a", "a.touchline"):
            write(tmp_path / "found" / folder / "results_spotting.json", {"predictions": []})
        truth = load_games(tmp_path / "truth", kind="annotations")
        with pytest.raises(InputError, match="2 prediction files match this game"):
            pair_games(truth, load_games(tmp_path / "found", kind="predictions"))

    def test_nothing_in_common_is_an_error(self, tmp_path: Path) -> None:
        for side, file, document in (
            ("truth", "Labels-v2.json", truth_document("Goal")),
            ("found", "results_spotting.json", {"predictions": []}),
        ):
            for i in range(2):
                write(tmp_path / side / f"{side} {i}" / file, document)
        truth = load_games(tmp_path / "truth", kind="annotations")
        with pytest.raises(InputError, match="no prediction matches any game"):
            pair_games(truth, load_games(tmp_path / "found", kind="predictions"))

    def test_wrong_kind_and_unknown_names(self, tmp_path: Path) -> None:
        write(tmp_path / "one/results_spotting.json", {"predictions": []})
        with pytest.raises(InputError, match="holds predictions, not annotations"):
            load_games(tmp_path / "one/results_spotting.json", kind="annotations")
        write(tmp_path / "two/a.json", {})
        write(tmp_path / "two/b.json", {})
        with pytest.raises(InputError, match=r"the names found are a\.json, b\.json"):
            load_games(tmp_path / "two", kind="predictions")
        with pytest.raises(InputError, match="does not exist"):
            load_games(tmp_path / "three", kind="predictions")

    def test_first_version_classes(self, tmp_path: Path) -> None:
        write(tmp_path / "Labels.json", truth_document("y-card", "soccer-ball", "soccer-ball-own", "other"))
        (file,) = load_games(tmp_path / "Labels.json", kind="annotations")
        assert as_classes(file, LABEL_SETS["soccernet-v1"]).columns.counts() == {
            "card": 1,
            "subs": 0,
            "soccer": 2,
            "other": 1,
        }


class TestZip:
    def pack(self, path: Path, *entries: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in entries:
                archive.writestr(name, data)
        return path

    def test_is_read_in_memory(self, tmp_path: Path) -> None:
        path = self.pack(tmp_path / "a.zip", ("l/g/results_spotting.json", result_bytes([RESULT])), ("x.txt", b"x"))
        (file,) = load_games(path, kind="predictions")
        assert (file.game, file.url_local, len(file.columns)) == ("l/g", "league/game", 1)
        assert [p.name for p in tmp_path.iterdir()] == ["a.zip"]

    @pytest.mark.parametrize("name", ["../results_spotting.json", "/etc/results.json", "C:/r.json", "a/..\\..\\r.json"])
    def test_slip_is_refused(self, tmp_path: Path, name: str) -> None:
        path = self.pack(tmp_path / "a.zip", (name, result_bytes([RESULT])))
        with pytest.raises(InputError, match="points outside the archive"):
            load_games(path, kind="predictions")

    def test_link_is_refused(self, tmp_path: Path) -> None:
        link = zipfile.ZipInfo("results_spotting.json")
        link.external_attr = 0o120777 << 16
        with pytest.raises(InputError, match="is a link"):
            load_games(self.pack(tmp_path / "a.zip", (link, b"/etc/passwd")), kind="predictions")

    def test_bomb_is_refused(self, tmp_path: Path) -> None:
        path = self.pack(tmp_path / "a.zip", ("results_spotting.json", b" " * (20 << 20)))
        with pytest.raises(InputError, match="which no event file does"):
            load_games(path, kind="predictions")

    @pytest.mark.filterwarnings("ignore:Duplicate name")
    def test_duplicate_is_refused(self, tmp_path: Path) -> None:
        entry = ("results_spotting.json", result_bytes([RESULT]))
        with pytest.raises(InputError, match="occurs twice"):
            load_games(self.pack(tmp_path / "a.zip", entry, entry), kind="predictions")

    def test_broken_and_crowded_are_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = self.pack(tmp_path / "a.zip", ("l/results_spotting.json", result_bytes(many_results(50))))
        data = bytearray(path.read_bytes())
        data[60:80] = bytes(20)
        (tmp_path / "b.zip").write_bytes(data)
        with pytest.raises(InputError, match="cannot be read as a zip"):
            load_games(tmp_path / "b.zip", kind="predictions")
        monkeypatch.setattr(event_files, "MAX_ENTRIES", 0)
        with pytest.raises(InputError, match="entries exceed the limit"):
            load_games(path, kind="predictions")


@pytest.mark.shared_data
def test_published_predictions_read_alike() -> None:
    """The 200 real files of SoccerNet's own baselines."""
    archives = sorted((SHARED / "soccernet").glob("*_results_spotting_test.zip"))
    if not archives:
        pytest.skip("needs ../shared/data/soccernet")
    count = 0
    for archive in archives:
        files = event_files.EventFiles(archive)
        for _, data in files.read(files.names):
            rows = orjson.loads(data)["predictions"]
            assert as_lists(columns_from_predictions(rows, source="x")) == one_by_one(rows)
            count += len(rows)
    assert count == 1_588 + 27_678
