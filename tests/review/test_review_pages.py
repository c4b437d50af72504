"""A report follows the corrections when the review ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from reviewserver import event_value, make_bundle
from touchline.core.corrections.history import Change
from touchline.formats.bundle import CORRECTIONS, REPORT
from touchline.formats.corrections.writer import JournalWriter
from touchline.media.video import probe
from touchline.report.options import ReportOptions
from touchline.report.page import write_report
from touchline.review.pages import outdated_reports, renew_report
from touchline.review.shelf import items_of


@pytest.mark.parametrize("embedded", [False, True])
def test_a_report_older_than_the_corrections_is_written_again(tmp_path: Path, embedded: bool) -> None:
    bundle = make_bundle(tmp_path)
    items = items_of([bundle.path])
    assert outdated_reports(items) == [], "there is no report to renew"
    write_report(bundle, probe(tmp_path / "match.mp4"), options=ReportOptions(embed_video=embedded))
    before = (bundle.path / REPORT).stat().st_size
    assert outdated_reports(items) == []
    with JournalWriter(bundle.path / CORRECTIONS, video_fingerprint="", who="anna") as journal:
        journal.do(Change("event", "p-0123456789ab", None, event_value("HEADER", 3_000_000)))
    (item,) = outdated_reports(items)
    renew_report(item)
    text = (bundle.path / REPORT).read_text(encoding="utf-8")
    assert "HEADER" in text
    assert abs(len(text) - before) < 4000, "the video is embedded if it was before"
    assert outdated_reports(items) == []
