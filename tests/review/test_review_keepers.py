"""Keeper moments beside the events: what the page is given of them, and that only their own pages are served."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from reviewkeepers import moment, with_keepers
from reviewserver import Review, reviewing
from touchline.formats.bundle import KEEPERS
from touchline.formats.keeper.moments_index import MOMENTS_INDEX


def test_the_moments_come_in_order_with_addresses_of_their_pages(tmp_path: Path) -> None:
    known = {
        "technique": "Smother",
        "confidence": 0.8,
        "p_save": 0.25,
        "p_range": [0.1, 0.5],
        "note": "",
        "outcome": "Goal",
    }
    bundle = with_keepers(tmp_path, moment(3_000_000), moment(1_000_000, **known, anchor="moment-2"))
    with reviewing(bundle.path, cache=tmp_path / "cache") as review:
        answer = review.client.get(review.opened()["parts"]["keepers"]).json()
        base = f"{review.media}/keepers"
        assert answer["pages"] == f"{base}/index.html"
        assert [one["time_us"] for one in answer["moments"]] == [1_000_000, 3_000_000]
        assert answer["moments"][0] == {
            "time_us": 1_000_000,
            "label": "SHOT",
            "track_id": 7,
            "keeper": None,
            "outcome": "Goal",
            "technique": "Smother",
            "confidence": 0.8,
            "p_save": 0.25,
            "p_range": [0.1, 0.5],
            "note": "",
            "page": f"{base}/goalkeeper.html#moment-2",
        }


def test_the_pages_are_served_under_a_policy_that_lets_only_their_own_script_run(tmp_path: Path) -> None:
    with reviewing(with_keepers(tmp_path, moment(0)).path, cache=tmp_path / "cache") as review:
        for name in ("goalkeeper.html", "index.html"):
            answer = review.client.get(f"{review.media}/keepers/{name}")
            assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
            allowed = answer.headers.get_list("content-security-policy")
            assert len(allowed) == 1
            rules = dict(rule.split(" ", 1) for rule in allowed[0].split("; "))
            assert rules["default-src"] == rules["frame-ancestors"] == rules["form-action"] == "'none'"
            assert rules["script-src"].startswith("'sha256-") and " " not in rules["script-src"]
            assert answer.headers["x-content-type-options"] == "nosniff"
        with httpx.Client(base_url=f"http://127.0.0.1:{review.address.port}") as stranger:
            assert stranger.get(f"{review.media}/keepers/index.html").status_code == 403


@pytest.mark.parametrize("name", ["index.json", "other.html", "..%2Fmanifest.json", "%2E%2E%2Fevil.html", "evil.html"])
def test_no_other_file_is_served(tmp_path: Path, name: str) -> None:
    bundle = with_keepers(tmp_path, moment(0), moment(1, page="../evil.html"), moment(2, page="evil.html"))
    for secret in (bundle.path / "evil.html", bundle.path / KEEPERS / "other.html"):
        secret.write_text("secret")
    (bundle.path / KEEPERS / "evil.html").symlink_to(bundle.path / "evil.html")
    with reviewing(bundle.path, cache=tmp_path / "cache") as review:
        assert review.client.get(f"{review.media}/keepers/{name}").status_code == 404


def test_without_keeper_pages_there_is_nothing(looked_at: Review) -> None:
    assert looked_at.opened()["parts"]["keepers"] is None
    assert looked_at.client.get(f"{looked_at.base}/keepers").status_code == 404


def test_a_damaged_index_is_named(tmp_path: Path) -> None:
    bundle = with_keepers(tmp_path, moment(0))
    (bundle.path / KEEPERS / MOMENTS_INDEX).write_text('{"schema": "touchline.keepers", "version": 1, "moments": [{}]}')
    with reviewing(bundle.path, cache=tmp_path / "cache") as review:
        answer = review.client.get(f"{review.base}/keepers")
        assert answer.status_code >= 400
        assert MOMENTS_INDEX in answer.json()["error"]
