"""Plans: what is in them, that they cannot be exchanged, and how matches are shared out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from batchcase import TERMS, planned, videos

from touchline.batch.models_used import check_models, models_used
from touchline.batch.plan import Plan, Terms, distinct, fix_shards, read_plan, read_shards, write_plan
from touchline.batch.planning import make_plan
from touchline.batch.shard import matches_of, read_shard, shard_of_environment
from touchline.batch.sources import Facts
from touchline.batch.stores import open_store
from touchline.core.errors import InputError, UsageError

MP4 = frozenset({".mp4"})


def plan_of(given: Path, terms: Terms = TERMS) -> Plan:
    return make_plan(str(given), terms=terms, endings=MP4)


def test_the_videos_of_a_folder_are_planned_with_size_and_key(tmp_path: Path) -> None:
    folder = videos(tmp_path / "v", {"b": "bb", "a": "a"})
    (folder / "notes.txt").write_text("no video")
    plan = plan_of(folder)
    assert [(match.name, match.size) for match in plan.matches] == [("a", 1), ("b", 2)]
    assert len({match.key for match in plan.matches}) == 2


def test_a_manifest_names_matches_and_keeps_its_columns(tmp_path: Path) -> None:
    videos(tmp_path / "v", {"a": "a", "b": "b"})
    (tmp_path / "season.csv").write_text("match,video,home\nfinal,v/a.mp4,Ajax\n,v/b.mp4,Bayern\n")
    plan = plan_of(tmp_path / "season.csv")
    assert [(match.name, dict(match.columns)) for match in plan.matches] == [
        ("final", {"home": "Ajax"}), ("b", {"home": "Bayern"}),
    ]  # fmt: skip
    assert plan.matches[0].uri == str(tmp_path / "v" / "a.mp4")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("path\na.mp4\n", "no column 'video'"),
        ("video\nmissing.mp4\n", "missing.mp4"),
        ("video,x\na.mp4,1\na.mp4,2\n", "line 3: .*a.mp4 is in line 2 as well"),
        ("video,x\n,1\n", "line 2"),
        ("video\n", "holds no video"),
    ],
)
def test_a_manifest_that_cannot_be_used_says_why(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "a.mp4").write_text("a")
    (tmp_path / "m.csv").write_text(text)
    with pytest.raises(InputError, match=words):
        plan_of(tmp_path / "m.csv")


def test_the_key_depends_on_content_models_settings_and_version_alone() -> None:
    facts = Facts(3, "etag")
    keys = {
        terms.key(each)
        for terms in (
            TERMS,
            replace(TERMS, models={"m": "1"}),
            replace(TERMS, settings={"fps": 5}),
            replace(TERMS, version="1"),
        )
        for each in (facts, Facts(3, "other"), Facts(4, "etag"))
    }
    assert len(keys) == 12
    assert TERMS.key(facts) == replace(TERMS, options=("--fps", "12.5")).key(facts)


def test_the_same_plan_again_changes_nothing_and_another_is_refused(tmp_path: Path) -> None:
    folder = videos(tmp_path / "v", {"a": "a"})
    store, plan = planned(str(tmp_path / "s"), str(folder))
    assert write_plan(store, plan) == (plan, 0)
    videos(folder, {"b": "b"})
    with pytest.raises(UsageError, match="1 of these are not in it; add them with --add"):
        write_plan(store, plan_of(folder))
    slower = replace(TERMS, options=("--fps", "5"), settings={"fps": 5.0})
    with pytest.raises(UsageError, match=r"other options \(none, not --fps 5\)"):
        write_plan(store, plan_of(folder, slower), add=True)


def test_new_and_changed_matches_are_added(tmp_path: Path) -> None:
    folder = videos(tmp_path / "v", {"a": "a", "b": "b"})
    store, _ = planned(str(tmp_path / "s"), str(folder))
    videos(folder, {"b": "other", "c": "c"})
    made, new = write_plan(store, plan_of(folder), add=True)
    assert new == 2
    assert {match.name: match.size for match in made.matches} == {"a": 1, "b": 5, "c": 1}
    assert read_plan(store) == made
    assert write_plan(store, plan_of(folder), add=True)[1] == 0


def test_a_store_without_a_plan_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="touchline batch plan"):
        read_plan(open_store(str(tmp_path)))


def test_every_match_is_in_one_shard(tmp_path: Path) -> None:
    folder = videos(tmp_path / "v", {f"m{number}": str(number) for number in range(20)})
    matches = plan_of(folder).matches
    shards = [matches_of(matches, index=index, count=3) for index in range(3)]
    assert sorted(match.key for shard in shards for match in shard) == sorted(match.key for match in matches)
    assert all(int(match.key[:16], 16) % 3 == index for index, shard in enumerate(shards) for match in shard)


def test_equal_contents_are_analysed_once(tmp_path: Path) -> None:
    plan = plan_of(videos(tmp_path / "v", {"a": "same", "b": "same"}))
    assert [match.name for match in distinct(plan.matches)] == ["a"]


def test_the_first_worker_decides_on_the_number_of_shards(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    assert read_shards(store) is None
    fix_shards(store, 4)
    fix_shards(store, 4)
    assert read_shards(store) == 4
    with pytest.raises(UsageError, match="split in 4 shards, not 8"):
        fix_shards(store, 8)


def test_shards_are_read() -> None:
    assert read_shard("3/8") == (3, 8)
    for text in ("8/8", "-1/8", "1", "a/b", "0/0"):
        with pytest.raises(UsageError, match="--shard"):
            read_shard(text)


def test_slurm_and_kubernetes_give_the_shard() -> None:
    slurm = {"SLURM_ARRAY_TASK_ID": "5", "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_COUNT": "8"}
    assert shard_of_environment(slurm) == "4/8"
    assert shard_of_environment({"JOB_COMPLETION_INDEX": "2", "JOB_COMPLETIONS": "6"}) == "2/6"
    assert shard_of_environment({}) == "0/1"
    with pytest.raises(UsageError, match="JOB_COMPLETIONS"):
        shard_of_environment({"JOB_COMPLETION_INDEX": "2"})


def test_models_are_hashed_and_compared(tmp_path: Path) -> None:
    weights = tmp_path / "own.safetensors"
    weights.write_bytes(b"weights")
    used = models_used([str(weights)])
    assert len(used[str(weights)]) == 64
    assert "people-detector.safetensors" in used
    check_models(used, [str(weights)])
    weights.write_bytes(b"others")
    with pytest.raises(UsageError, match=r"not those of the plan \(.*own.safetensors\)"):
        check_models(used, [str(weights)])
    with pytest.raises(InputError, match="no such model"):
        models_used(["no-such-model"])
