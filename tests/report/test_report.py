"""The report as a file: what is in it, how compact, and that nothing in it can become markup or a request."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest

from reportbundle import write_bundle_report
from touchline.core.errors import InputError, ResourceError, UsageError
from touchline.core.events import Coverage, Event, Gap, Scores, Timeline, VideoInfo
from touchline.formats.files.checksum import file_sha256
from touchline.models.cards import read_card
from touchline.models.folders import builtin_folder
from touchline.report.options import ReportOptions
from touchline.report.sections import video as report
from touchline.report.sections.coverage import analysed_spans
from touchline.report.sections.curves import pool_curves
from touchline.report.sections.video import relative_url
from touchline.spotting.peaks import find_events

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>&amp;{{VIDEO}}\u2028"


class Page(HTMLParser):
    """Start tags with their attributes, and the text of every script and style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.blocks: list[tuple[str, dict[str, str | None], str]] = []
        self.title = ""
        self._open: tuple[str, dict[str, str | None]] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open = (tag, dict(attrs))

    def handle_data(self, data: str) -> None:
        if self._open is None:
            return
        if self._open[0] in ("script", "style"):
            self.blocks.append((*self._open, data))
        if self._open[0] == "title":
            self.title += data

    def handle_endtag(self, tag: str) -> None:
        self._open = None

    def block(self, name: str) -> str:
        return "".join(text for _, attrs, text in self.blocks if attrs.get("id") == name)


def a_report(folder: Path, **changes: Any) -> tuple[Page, dict[str, Any]]:
    times_us = np.arange(100, dtype=np.int64) * 80_000
    values = np.zeros((100, 2), np.float32)
    values[50, 0] = 0.9
    arguments: dict[str, Any] = {
        "info": VideoInfo(folder / "match.mp4", 640, 360, 25.0, 8_000_000, codec="h264"),
        "timeline": Timeline((Event("PASS", 4_000_000, confidence=0.9),)),
        "scores": Scores(values, times_us, ("PASS", "DRIVE")),
        "coverage": Coverage(8_000_000, 200),
        "thresholds": {"PASS": 0.5, "DRIVE": 0.25},
        "title": "A match",
    }
    path = write_bundle_report(folder, **{**arguments, **changes})
    page = Page(path.read_text("utf-8"))
    return page, json.loads(page.block("data"))


def test_holds_lanes_events_and_curves(tmp_path: Path) -> None:
    page, data = a_report(tmp_path)
    assert page.title == "A match"
    assert [(lane["label"], lane["threshold"]) for lane in data["lanes"]] == [("PASS", 0.5), ("DRIVE", 0.25)]
    assert data["events"] == [[0, 4_000_000, None, 0.9, None, None, 1, True, None]]
    curve = np.frombuffer(base64.b64decode(data["lanes"][0]["curve"]), np.uint8)
    assert curve.shape == (100,)
    assert curve[50] == round(0.9 * 254)
    assert curve.sum() == curve[50]
    assert data["curve"] == {"start_us": 0, "step_us": 80_000}


def test_asks_for_nothing_but_the_video_beside_it(tmp_path: Path) -> None:
    page, data = a_report(tmp_path)
    links = [attrs[name] for _, attrs in page.tags for name in ("src", "href", "action", "srcset") if name in attrs]
    assert links == ["data:,"]
    assert data["video"]["src"] == "match.mp4"
    text = (tmp_path / "report.html").read_text("utf-8")
    assert not re.search(r"https?://|@import|url\(", text)


def test_policy_allows_just_the_script_and_style_inside(tmp_path: Path) -> None:
    page, _ = a_report(tmp_path)
    policy = next(a["content"] for t, a in page.tags if t == "meta" and "http-equiv" in a)
    assert policy is not None
    style = "".join(text for tag, _, text in page.blocks if tag == "style")
    script = "".join(text for tag, attrs, text in page.blocks if tag == "script" and "type" not in attrs)
    for text in (style, script):
        assert "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


@pytest.mark.robustness("text")
def test_hostile_text_stays_text(tmp_path: Path) -> None:
    harmless, _ = a_report(tmp_path)
    page, data = a_report(
        tmp_path,
        title=EVIL,
        info=VideoInfo(tmp_path / "m.mp4", 640, 360, 25.0, 8_000_000, codec=EVIL, notes=(EVIL,)),
        timeline=Timeline((Event(EVIL, 4_000_000, team=EVIL, player=EVIL, source=EVIL),)),
        coverage=Coverage(8_000_000, 200, 1, (Gap(0, 1_000_000, EVIL),), (EVIL,)),
        thresholds={"PASS": 0.5, "DRIVE": 0.25, EVIL: 0.1},
        model=(EVIL, ""),
    )
    assert page.title == EVIL
    assert data["lanes"][2]["label"] == EVIL
    assert data["gaps"] == [[0, 1_000_000, EVIL]]
    extra = [tag for tag, _ in page.tags if tag not in ("li", "div", "dt", "dd")]
    assert extra == [tag for tag, _ in harmless.tags if tag not in ("li", "div", "dt", "dd")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("my match #1?.mp4", "my%20match%20%231%3F.mp4"),
        ("100%.mp4", "100%25.mp4"),
        ("javascript:alert(1).mp4", "javascript%3Aalert%281%29.mp4"),
        ("-été ⚽.mp4", "-%C3%A9t%C3%A9%20%E2%9A%BD.mp4"),
        ("new\nline'\".mp4", "new%0Aline%27%22.mp4"),
    ],
)
def test_url_of_odd_names(tmp_path: Path, name: str, expected: str) -> None:
    assert relative_url(tmp_path / name, page=tmp_path / "report.html") == expected
    assert unquote(expected) == name


def test_url_leads_up_from_a_bundle(tmp_path: Path) -> None:
    url = relative_url(tmp_path / "match.mp4", page=tmp_path / "match.touchline" / "report.html")
    assert url == "../match.mp4"


def test_name_that_is_not_unicode(tmp_path: Path) -> None:
    video = tmp_path / b"caf\xe9.mp4".decode("utf-8", "surrogateescape")
    page, data = a_report(tmp_path, info=VideoInfo(video, 640, 360, 25.0, 8_000_000))
    assert data["video"]["src"] == "caf%E9.mp4"
    assert page.tags


def test_coverage_says_what_was_lost(tmp_path: Path) -> None:
    gaps = (Gap(2_000_000, 2_520_000, "damaged packets"), Gap(6_000_000, 8_000_000, "file ends early"))
    a_report(tmp_path, coverage=Coverage(8_000_000, 137, 3, gaps, ("timestamps made monotonic",)))
    text = (tmp_path / "report.html").read_text("utf-8")
    assert "Analysed 5.480 s of 8.000 s, 2.520 s lost" in text
    assert "Analysed: 0:00.000 to 0:02.000, 0:02.520 to 0:06.000." in text
    assert "Lost: 0:02.000 to 0:02.520 (0.520 s): damaged packets." in text
    assert "137 frames decoded, 3 damaged packets skipped." in text
    assert "Repaired: timestamps made monotonic" in text
    assert "Note: " not in text
    a_report(tmp_path, remarks=["no <sound> stream: the head finds less"])
    assert "Note: no &lt;sound&gt; stream: the head finds less" in (tmp_path / "report.html").read_text("utf-8")
    a_report(tmp_path)
    assert "Analysed 8.000 s of 8.000 s, nothing lost" in (tmp_path / "report.html").read_text("utf-8")


def test_analysed_spans_of_touching_and_nested_gaps() -> None:
    gaps = (Gap(0, 10, "a"), Gap(10, 20, "b"), Gap(30, 60, "c"), Gap(40, 50, "d"), Gap(90, 120, "e"))
    assert analysed_spans(Coverage(100, 1, 0, gaps)) == [(20, 30), (60, 90)]
    assert analysed_spans(Coverage(100, 1)) == [(0, 100)]
    assert analysed_spans(Coverage(100, 0, 0, (Gap(0, 100, "all"),))) == []


def test_candidates_join_the_events_once(tmp_path: Path) -> None:
    event = Event("PASS", 4_000_000, confidence=0.9)
    typed_in = Event("GOAL", 5_000_000)
    low = Event("DRIVE", 1_000_000, confidence=0.1)
    _, data = a_report(tmp_path, timeline=Timeline((event, typed_in)), candidates=Timeline((low, event)))
    labels = [lane["label"] for lane in data["lanes"]]
    assert [labels[row[0]] for row in data["events"]] == ["DRIVE", "PASS", "GOAL"]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("distance_samples", [1, 7, 15])
def test_candidates_above_a_threshold_are_the_events_found_with_it(seed: int, distance_samples: int) -> None:
    values = np.random.default_rng(seed).random((2_000, 1), np.float32)
    scores = Scores(values, np.arange(2_000, dtype=np.int64) * 80_000, ("PASS",))

    def found(threshold: float) -> tuple[Event, ...]:
        peaks = {"sigma_samples": 1.5, "distance_samples": distance_samples}
        return find_events(scores, thresholds={"PASS": threshold}, **peaks).events

    candidates = found(0.05)
    for threshold in (0.05, 0.4, 0.5, 0.6, 0.7):
        assert found(threshold) == tuple(event for event in candidates if event.confidence >= threshold)


def test_truth_is_stored_beside_the_events(tmp_path: Path) -> None:
    _, data = a_report(tmp_path, truth=Timeline((Event("SHOT", 3_000_000),)))
    assert [lane["label"] for lane in data["lanes"]] == ["PASS", "DRIVE", "SHOT"]
    assert [row[:2] for row in data["truth"]] == [[2, 3_000_000]]


def test_pooled_curve_keeps_every_peak() -> None:
    values = np.zeros((100_000, 1), np.float32)
    peaks = np.arange(777, 100_000, 9_973)
    values[peaks, 0] = 1.0
    times_us = np.arange(100_000, dtype=np.int64) * 40_000
    curves = pool_curves(Scores(values, times_us, ("PASS",)), max_samples=1_000)
    assert curves.levels.shape == (1, 1_000)
    found_us = curves.start_us + np.flatnonzero(curves.levels[0] == 254) * curves.step_us
    assert np.abs(found_us - times_us[peaks]).max() <= curves.step_us / 2 + 1


def test_curve_of_gaps_and_odd_values() -> None:
    times_us = np.array([0, 40_000, 80_000, 200_000], np.int64)
    values = np.array([[0.0], [np.nan], [2.0], [1.0]], np.float32)
    curves = pool_curves(Scores(values, times_us, ("PASS",)))
    assert curves.levels.tolist() == [[0, 255, 254, 255, 255, 254]]


@pytest.mark.parametrize("count", [0, 1])
def test_curve_of_hardly_any_scores(tmp_path: Path, count: int) -> None:
    scores = Scores(np.full((count, 1), 0.5, np.float32), np.arange(count, dtype=np.int64), ("PASS",))
    assert pool_curves(scores).levels.shape == (1, count)
    _, data = a_report(tmp_path, scores=scores, timeline=Timeline())
    assert data["events"] == []


def test_without_scores(tmp_path: Path) -> None:
    _, data = a_report(tmp_path, scores=None)
    assert [lane["curve"] for lane in data["lanes"]] == [None, None]


def test_three_hours_of_twelve_classes_stay_small(tmp_path: Path) -> None:
    count = 3 * 3600 * 25
    labels = tuple(f"CLASS {i}" for i in range(12))
    times_us = np.arange(count, dtype=np.int64) * 40_000
    scores = Scores(np.random.default_rng(0).random((count, 12), np.float32), times_us, labels)
    many = Timeline(
        tuple(Event(labels[i % 12], i * 1_000_000, confidence=1 / 3, source="spotter") for i in range(10_000))
    )
    a_report(tmp_path, scores=scores, timeline=many, thresholds=dict.fromkeys(labels, 0.2))
    assert (tmp_path / "report.html").stat().st_size < 3_000_000


def test_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    a_report(tmp_path)
    first = (tmp_path / "report.html").read_bytes()
    a_report(tmp_path)
    assert (tmp_path / "report.html").read_bytes() == first


def test_video_inside(tmp_path: Path) -> None:
    (tmp_path / "match.mp4").write_bytes(b"not really a video")
    page, data = a_report(tmp_path, embed_video=True)
    assert base64.b64decode(page.block("video-data")) == b"not really a video"
    assert data["video"]["src"] == ""


def test_video_too_large_or_missing_to_put_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"match\.mp4"):
        a_report(tmp_path, embed_video=True)
    (tmp_path / "match.mp4").write_bytes(bytes(2_000_000))
    monkeypatch.setattr(report, "MAX_EMBED_BYTES", 1 << 20)
    with pytest.raises(UsageError, match="2 MiB"):
        a_report(tmp_path, embed_video=True)
    assert not (tmp_path / "report.html").exists()


def test_threshold_outside_its_range() -> None:
    with pytest.raises(ValueError, match=r"'PASS' is 1\.5"):
        ReportOptions(thresholds={"PASS": 1.5})


def test_page_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "report.html").mkdir()
    with pytest.raises(ResourceError, match=r"report\.html"):
        a_report(tmp_path)


def test_copy_command_quotes_the_name(tmp_path: Path) -> None:
    _, data = a_report(tmp_path, info=VideoInfo(tmp_path / "a b; rm -rf x.mkv", 640, 360, 25.0, 8_000_000))
    assert data["video"]["convert"].startswith("ffmpeg -i 'a b; rm -rf x.mkv' ")


def test_facts_name_the_model(tmp_path: Path) -> None:
    a_report(tmp_path, model=("ball-small", "0123456789abcdef" * 4))
    assert "ball-small (0123456789ab)" in (tmp_path / "report.html").read_text("utf-8")
    info = replace(VideoInfo(tmp_path / "m.mp4", 640, 360, 0.0, 0))
    _, data = a_report(tmp_path, info=info)
    assert data["duration_us"] == 8_000_000


def test_says_at_the_top_where_the_models_were_measured(tmp_path: Path) -> None:
    model = builtin_folder() / "ball-spotter.safetensors"
    page, _ = a_report(tmp_path, model=("ball-spotter", file_sha256(model)))
    text = (tmp_path / "report.html").read_text("utf-8")
    head = text[text.index('id="trust"') : text.index("<main>")]
    assert "passes and drives in simulated matches." in head
    assert "Not measured:" in head and "passes and drives in real matches." in head
    assert '<a href="#cards">' in head
    assert "SoccerNet&#39;s mAP@1" in text[text.index('id="cards"') :]
    assert page.title == "A match"


def test_a_model_without_a_card_was_not_measured(tmp_path: Path) -> None:
    a_report(tmp_path, model=("ball-spotter", "0" * 64))  # another model of that name
    text = (tmp_path / "report.html").read_text("utf-8")
    assert "Not measured:</dt> <dd>ball-spotter, which has no card.</dd>" in text
    assert 'id="cards"' not in text


def test_every_built_in_card_says_where_it_was_measured() -> None:
    cards = [read_card(path) for path in builtin_folder().glob("*.md")]
    assert len(cards) >= 8
    for card in cards:
        assert card.measured and card.not_measured, card.name
        assert max(len(card.measured), len(card.not_measured)) < 120, card.name
