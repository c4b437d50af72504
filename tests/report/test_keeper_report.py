"""Moments of keepers joined from pictures and shots, and the coach's pages made of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from touchline.core.errors import InputError
from touchline.core.poses import Pose
from touchline.core.shots import Shot
from touchline.goalkeeping.expected_saves import load_expected_saves
from touchline.goalkeeping.found_keeper import FoundKeeper
from touchline.goalkeeping.moments import (
    Moment,
    by_keeper,
    cut_out,
    look_at,
    moments_of,
    require_known,
    shots_of_pictures,
)
from touchline.goalkeeping.technique import load_techniques
from touchline.report.keepers.page import write_keeper_pages

EVIL = "<img src=x onerror=alert(1)>&\"'"
MODEL, KNOWN = load_expected_saves(), load_techniques()


def a_pose(*, technique: int = 0, seen: float = 1.0) -> Pose:
    """The middle pose of a technique, in a picture of 200 x 200."""
    flat = KNOWN.centres[technique]
    joints = np.column_stack([flat, np.zeros(16)]).astype(np.float32)
    return Pose((100 + 20 * flat).astype(np.float32), np.full(16, seen, np.float32), joints)


class OneTechnique:
    """A pose finder that always sees the same."""

    name = "one"
    device_reason = "made"

    def find(self, crops: list[np.ndarray]) -> list[Pose]:
        return [a_pose() for _ in crops]


def seen(name: str, pose: Pose | None = None):  # type: ignore[no-untyped-def]  # noqa: ANN201
    rgb = np.full((200, 200, 3), 90, np.uint8)
    return cut_out(name, rgb, pose or a_pose(), box_xyxy=(0, 0, 200, 200))


def moments(names: list[str], shots: list[Shot]) -> list[Moment]:
    return moments_of([seen(name) for name in names], shots, model=MODEL, techniques=KNOWN)


def test_a_picture_shows_the_shot_of_its_name() -> None:
    shots = [Shot(110, 40, id="382"), Shot(110, 40, id="a-1"), Shot(110, 40, id="b.png")]
    names = ["382.png", "382-2.jpg", "a-1.png", "b.png", "nobody.png"]
    assert shots_of_pictures(names, shots) == [0, 0, 1, 2, None]


def test_several_pictures_of_a_shot_are_one_moment() -> None:
    shot = Shot(110, 44, id="7", keeper="Ada", engagement=0.7, outcome="Saved")
    both = moments(["7.png", "7-2.png", "8.png"], [shot])
    assert [len(m.seen) for m in both] == [2, 1]
    assert both[0].reading.name == KNOWN.names[0]
    assert both[0].saves is not None and 0 < both[0].saves.low < both[0].saves.p < both[0].saves.high < 1
    assert both[1].shot is None and both[1].saves is None
    assert "no shot of the table has this picture's name" in both[1].notes[0]


def test_the_chance_is_that_of_the_model_and_the_shares_add_up() -> None:
    shot = Shot(108, 44, id="7", engagement=0.6)
    chance = moments(["7.png"], [shot])[0].saves
    assert chance is not None
    assert chance.p == pytest.approx(float(MODEL.predict([shot]).p[0]), abs=0.02)
    assert sum(row.share for row in chance.techniques) == pytest.approx(1.0)
    assert sum(row.chance_best for row in chance.techniques) == pytest.approx(1.0)


def test_an_unseen_keeper_leaves_the_chance_and_says_so() -> None:
    shot = Shot(108, 44, id="7")
    hidden = [seen("7.png", a_pose(seen=0.1))]
    one = moments_of(hidden, [shot], model=MODEL, techniques=KNOWN)[0]
    assert one.reading.name is None and "cannot tell" in one.reading.reason
    assert one.saves is not None and one.saves.gain is None
    none = moments_of([], [shot], model=MODEL, techniques=KNOWN, pictured_only=False)[0]
    assert none.reading.reason == "cannot tell: there is no picture"
    assert moments_of([], [shot], model=MODEL, techniques=KNOWN) == []


def test_a_large_picture_is_shown_smaller_and_its_joints_with_it() -> None:
    rgb = np.zeros((1300, 1300, 3), np.uint8)
    shown = cut_out("x.png", rgb, a_pose(), box_xyxy=(10, 0, 1310, 1300))
    assert max(shown.rgb.shape) <= 640
    assert shown.pose.joints_px[0, 0] == pytest.approx((a_pose().joints_px[0, 0] - 10) / 3, abs=0.01)


def test_look_at_reads_a_picture(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "7.png"), np.full((200, 200, 3), 90, np.uint8))
    found = look_at(tmp_path / "7.png", finder=OneTechnique(), locate=lambda path, rgb: FoundKeeper(None))
    assert found.name == "7.png" and found.rgb.shape == (200, 200, 3)
    (tmp_path / "bad.png").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"bad\.png: not a readable image"):
        look_at(tmp_path / "bad.png", finder=OneTechnique(), locate=lambda path, rgb: FoundKeeper(None))


def test_keepers_are_told_apart_and_unknown_ones_refused() -> None:
    every = moments(["7.png", "8.png"], [Shot(110, 44, id="7", keeper="Ada")])
    assert list(by_keeper(every)) == ["Ada", "Goalkeeper"]
    assert len(require_known("Ada", every)) == 1
    with pytest.raises(InputError, match="keeper 'Bob' is unknown; the keepers are Ada, Goalkeeper"):
        require_known("Bob", every)


@pytest.mark.robustness("text")
def test_pages_hold_everything_and_nothing_hostile(tmp_path: Path) -> None:
    shots = [
        Shot(110, 44, id=EVIL, keeper=EVIL, engagement=0.7, outcome="Saved"),
        Shot(105, 30, id="8", keeper="Łukasz"),
    ]
    every = [*moments(["8.png"], shots), *moments([f"{EVIL}"], shots)]
    pages = write_keeper_pages(tmp_path, every, model=MODEL, techniques=KNOWN, source=EVIL)
    assert pages["Łukasz"].name == "lukasz.html"
    assert {path.name for path in tmp_path.iterdir()} == {p.name for p in pages.values()} | {"index.html"}
    for path in tmp_path.iterdir():
        text = path.read_text()
        assert "<img src=x" not in text
        assert "http" not in re.sub(r'http-equiv="[^"]*"', "", text)
    own = pages[EVIL].read_text()
    assert "data:image/jpeg;base64," in own and "84.6 %" in own
    assert KNOWN.names[0] in own and "[" in own
    row = re.search(
        r"<td>1</td><td>1</td><td>1</td><td>([\d.]+)</td><td>±([\d.]+)</td>", (tmp_path / "index.html").read_text()
    )
    assert row is not None and 0 < float(row[1]) < 1


def test_pictures_without_a_name_are_not_one_keeper(tmp_path: Path) -> None:
    every = moments(["7.png", "8.png"], [])
    page = write_keeper_pages(tmp_path, every, model=MODEL, techniques=KNOWN, source="")["Goalkeeper"].read_text()
    assert "<h1>Keepers without a name</h1>" in page
    assert "they may be different people" in page
    assert ">Keepers without a name</a>" in (tmp_path / "index.html").read_text()
    named = moments(["7.png"], [Shot(110, 44, id="7", keeper="Ada")])
    page = write_keeper_pages(tmp_path, named, model=MODEL, techniques=KNOWN, source="")["Ada"].read_text()
    assert "<h1>Ada</h1>" in page and "different people" not in page


def test_the_confidence_of_a_name_says_what_it_is_of(tmp_path: Path) -> None:
    one = moments(["7.png"], [Shot(110, 44, id="7", keeper="Ada")])
    page = write_keeper_pages(tmp_path, one, model=MODEL, techniques=KNOWN, source="")["Ada"].read_text()
    assert "% sure" not in page
    share = f"{100 * one[0].reading.confidence:.0f}"
    assert f"Another picture of this moment would get the same name in {share}% of cases." in page
    assert "Likeness to each technique" in page


def test_outcomes_of_professionals_are_words(tmp_path: Path) -> None:
    poses = [seen(f"{k}.png", a_pose(technique=k)) for k in range(len(KNOWN.names))]
    every = moments_of(poses, [], model=MODEL, techniques=KNOWN)
    page = write_keeper_pages(tmp_path, every, model=MODEL, techniques=KNOWN, source="")["Goalkeeper"].read_text()
    outcomes = {words.split(", ")[1] for words in re.findall(r"<figcaption>(\w+, [^<]*)</figcaption>", page)}
    assert outcomes and outcomes <= {"goal", "saved", "off target", "far off target", "blocked", "hit the post"}


def test_a_moment_without_a_shot_takes_half_the_width(tmp_path: Path) -> None:
    both = moments(["7.png", "8.png"], [Shot(110, 44, id="7", keeper="Ada")])
    pages = write_keeper_pages(tmp_path, both, model=MODEL, techniques=KNOWN, source="")
    assert 'class="card moment"' in pages["Ada"].read_text()
    assert 'class="card moment narrow"' in pages["Goalkeeper"].read_text()


def test_two_keepers_whose_names_look_alike_get_two_pages(tmp_path: Path) -> None:
    every = moments(["1.png", "2.png"], [Shot(110, 44, id="1", keeper="A B"), Shot(110, 44, id="2", keeper="a-b")])
    pages = write_keeper_pages(tmp_path, every, model=MODEL, techniques=KNOWN, source="")
    assert sorted(path.name for path in pages.values()) == ["a-b-2.html", "a-b.html"]


def test_a_page_lets_only_its_own_script_run(tmp_path: Path) -> None:
    write_keeper_pages(tmp_path, [], model=MODEL, techniques=KNOWN, source="")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', (tmp_path / "index.html").read_text())
    assert policy is not None and "default-src 'none'" in policy[1] and "script-src 'sha256-" in policy[1]


def test_moments_are_plain_values_for_json() -> None:
    from touchline.cli.keeper.report import moment_record

    record = moment_record(moments(["7.png"], [Shot(110, 44, id="7", keeper="Ada")])[0])
    assert json.loads(json.dumps(record))["technique"] == KNOWN.names[0]
    assert 0 < record["low"] < record["p_save"] < record["high"] < 1


def test_a_page_says_what_is_likeliest_and_what_would_help(tmp_path: Path) -> None:
    mixes = [KNOWN.centres[0] * (1 - part) + KNOWN.centres[1] * part for part in np.linspace(0.3, 0.7, 41)]
    poses = [
        Pose((100 + 20 * m).astype(np.float32), np.full(16, 0.9, np.float32), np.c_[m, np.zeros(16)]) for m in mixes
    ]
    made = moments_of([seen("9.png", pose) for pose in poses], [], model=MODEL, techniques=KNOWN)
    made = [moment for moment in made if moment.reading.name is None][:1]
    assert made
    pages = write_keeper_pages(tmp_path, made, model=MODEL, techniques=KNOWN, source="one")
    text = next(iter(pages.values())).read_text()
    assert "Likeliest: <b>" in text and "What would help" in text and "a second picture of the same moment" in text
