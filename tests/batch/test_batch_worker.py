"""Workers: what becomes of good, damaged, crashing, hungry and changed matches, and of a stop in the middle."""

from __future__ import annotations

import errno
import json
import os
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from batchcase import QUICK, planned, results, run_all, videos, worker_for

from touchline.batch.markers import Done, Failed, Running, read_marker, write_marker
from touchline.batch.plan import Match
from touchline.batch.results import MANIFEST
from touchline.batch.running import unfinished_of_others
from touchline.batch.shard import Shard, matches_of
from touchline.batch.status import read_status, retry
from touchline.batch.stores import Store
from touchline.core.errors import NetworkError, ResourceError

TEXTS = {"a": "aaa", "b": "bbbb", "lossy": "lossy"}


def test_matches_are_analysed_and_marked_with_the_checksums_of_their_files(tmp_path: Path) -> None:
    store, plan = planned(str(tmp_path / "s"), str(videos(tmp_path / "v", TEXTS)))
    assert run_all(worker_for(store, tmp_path / "x"), plan.matches) == dict.fromkeys(TEXTS, "done")
    done = {match.name: read_marker(store, match.key, Done) for match in plan.matches}
    assert done["a"] is not None and done["lossy"] is not None
    assert sorted(done["a"].files) == ["events.json", "features/a.json", "manifest.json"]
    assert (done["a"].bundle, done["a"].video_s, done["a"].degraded) == ("a.touchline", 3.0, False)
    assert done["lossy"].degraded
    assert list((tmp_path / "x").iterdir()) == []
    assert run_all(worker_for(store, tmp_path / "x"), plan.matches) == dict.fromkeys(TEXTS, "before")


def test_a_damaged_match_fails_at_once_with_its_reason(tmp_path: Path) -> None:
    store, plan = planned(str(tmp_path / "s"), str(videos(tmp_path / "v", {"bad": "damaged", "a": "a"})))
    assert run_all(worker_for(store, tmp_path / "x"), plan.matches) == {"bad": "failed", "a": "done"}
    failed = read_marker(store, next(match.key for match in plan.matches if match.name == "bad"), Failed)
    assert failed is not None
    assert failed.reason.endswith("no frame could be decoded")
    assert [failure.exit_code for failure in failed.failures] == [3]


def test_a_crash_is_tried_three_times_and_can_be_tried_again_later(tmp_path: Path) -> None:
    folder = videos(tmp_path / "v", {"c": "crash", "bad": "damaged"})
    store, plan = planned(str(tmp_path / "s"), str(folder))
    run_all(worker_for(store, tmp_path / "x"), plan.matches)
    crash = next(match for match in plan.matches if match.name == "c")
    failed = read_marker(store, crash.key, Failed)
    assert failed is not None
    assert [failure.exit_code for failure in failed.failures] == [139] * 3
    assert retry(store, [crash]) == [crash]
    assert read_status(store, plan).counts == {"done": 0, "failed": 1, "running": 0, "lost": 0, "waiting": 1}
    assert retry(store, plan.matches) != [] and retry(store, plan.matches) == []


def test_failures_of_earlier_workers_count(tmp_path: Path) -> None:
    store, plan = planned(str(tmp_path / "s"), str(videos(tmp_path / "v", {"c": "crash"})))
    stop = threading.Event()
    slow = replace(QUICK, pauses_s=(60.0,))
    thread = threading.Thread(
        target=run_all, args=(worker_for(store, tmp_path / "x", stop=stop, rules=slow), plan.matches)
    )
    thread.start()
    wait_for(lambda: (life := read_marker(store, plan.matches[0].key, Running)) is not None and len(life.failures) == 1)
    stop.set()
    thread.join()
    run_all(worker_for(store, tmp_path / "x", rules=replace(QUICK, attempts=2)), plan.matches)
    failed = read_marker(store, plan.matches[0].key, Failed)
    assert failed is not None and len(failed.failures) == 2


def test_a_match_that_takes_its_workers_along_is_given_up(tmp_path: Path) -> None:
    store, plan = planned(str(tmp_path / "s"), str(videos(tmp_path / "v", {"a": "a"})))
    dead = Running(worker="gone-1", step="analysing", at=0.0, started=0.0, starts=10)
    write_marker(store, plan.matches[0].key, dead)
    assert run_all(worker_for(store, tmp_path / "x"), plan.matches) == {"a": "failed"}
    failed = read_marker(store, plan.matches[0].key, Failed)
    assert failed is not None and failed.reason.startswith("10 workers ended while at it")


def test_limits_of_memory_and_time_are_kept(tmp_path: Path) -> None:
    store, plan = planned(str(tmp_path / "s"), str(videos(tmp_path / "v", {"h": "hungry"})))
    rules = replace(QUICK, attempts=1, memory_bytes=100 << 20)
    run_all(worker_for(store, tmp_path / "x", rules=rules), plan.matches)
    failed = read_marker(store, plan.matches[0].key, Failed)
    assert failed is not None and "of memory (--most-memory-gb)" in failed.reason
    retry(store, plan.matches)
    run_all(worker_for(store, tmp_path / "x", rules=replace(QUICK, attempts=1, time_s=0.3)), plan.matches)
    failed = read_marker(store, plan.matches[0].key, Failed)
    assert failed is not None and "took longer than" in failed.reason


def test_a_video_that_changed_since_the_plan_fails_with_what_to_do(tmp_path: Path) -> None:
    folder = videos(tmp_path / "v", {"a": "a", "b": "b"})
    store, plan = planned(str(tmp_path / "s"), str(folder))
    videos(folder, {"a": "another"})
    (folder / "b.mp4").unlink()
    assert run_all(worker_for(store, tmp_path / "x"), plan.matches) == {"a": "failed", "b": "failed"}
    reasons = {
        each.match.name: each.marker.reason
        for each in read_status(store, plan).matches
        if isinstance(each.marker, Failed)
    }
    assert "changed since it was planned" in reasons["a"] and "--add" in reasons["a"]
    assert "was there when it was planned" in reasons["b"]


def test_a_full_disk_ends_the_worker_and_marks_nothing(tmp_path: Path) -> None:
    store, plan = planned(str(tmp_path / "s"), str(videos(tmp_path / "v", {"f": "full"})))
    with pytest.raises(ResourceError, match="disk is full"):
        run_all(worker_for(store, tmp_path / "x"), plan.matches)
    assert read_status(store, plan).counts["waiting"] == 1


def test_a_full_store_ends_the_worker_and_marks_nothing_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, plan = planned(str(tmp_path / "s"), str(videos(tmp_path / "v", {"a": "a"})))

    def full(path: Path, name: str) -> None:
        if name.endswith(MANIFEST):
            raise ResourceError(f"{name}: {os.strerror(errno.ENOSPC)}")

    monkeypatch.setattr(store, "put", full)
    with pytest.raises(ResourceError):
        run_all(worker_for(store, tmp_path / "x"), plan.matches)
    monkeypatch.undo()
    assert read_status(store, plan).counts["waiting"] == 1
    assert run_all(worker_for(store, tmp_path / "x"), plan.matches) == {"a": "done"}


def test_a_store_that_goes_away_is_no_failure_of_the_match(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, plan = planned(str(tmp_path / "s"), str(videos(tmp_path / "v", {"a": "a"})))

    def away(path: Path, name: str) -> None:
        raise NetworkError("away")

    monkeypatch.setattr(store, "put", away)
    with pytest.raises(NetworkError):
        run_all(worker_for(store, tmp_path / "x"), plan.matches)
    monkeypatch.undo()
    life = read_marker(store, plan.matches[0].key, Running)
    assert life is not None and (life.step, life.failures, life.starts) == ("stopped", (), 0)


def test_a_stopped_analysis_goes_on_elsewhere_from_what_it_saved(tmp_path: Path) -> None:
    store, plan = planned(str(tmp_path / "s"), str(videos(tmp_path / "v", {"a": "slow and long"})))
    whole, _ = planned(str(tmp_path / "whole"), str(tmp_path / "v"))
    run_all(worker_for(whole, tmp_path / "y"), plan.matches)
    stop = threading.Event()
    worker = worker_for(store, tmp_path / "x", stop=stop, part_s=0.05)
    thread = threading.Thread(target=run_all, args=(worker, plan.matches), kwargs={"stop": stop})
    thread.start()
    wait_for(lambda: len(list((tmp_path / "x").rglob("*.npz"))) >= 2)
    stop.set()
    thread.join()
    assert f"{plan.matches[0].key}/_CHECKPOINT.tar" in store.names()
    assert read_status(store, plan).counts["waiting"] == 1
    before = (tmp_path / "v" / "a.log").read_text().split()
    assert run_all(worker_for(store, tmp_path / "z"), plan.matches) == {"a": "done"}
    computed = (tmp_path / "v" / "a.log").read_text().split()
    assert before[:5] == ["0", "1", "2", "3", "4"], "the undisturbed run"
    assert before[5:7] == ["0", "1"]
    assert sorted(computed[5:]) == ["0", "1", "2", "3", "4"], "no part was computed twice"
    assert results(store) == results(whole)
    assert f"{plan.matches[0].key}/_CHECKPOINT.tar" not in store.names()


def test_a_broken_checkpoint_saves_nothing_and_costs_nothing(tmp_path: Path) -> None:
    store, plan = planned(str(tmp_path / "s"), str(videos(tmp_path / "v", {"a": "a"})))
    store.write(f"{plan.matches[0].key}/_CHECKPOINT.tar", b"no archive")
    assert run_all(worker_for(store, tmp_path / "x"), plan.matches) == {"a": "done"}
    assert f"{plan.matches[0].key}/_CHECKPOINT.tar" not in store.names()


def test_a_match_at_which_another_worker_shows_signs_of_life_is_left_to_it(tmp_path: Path) -> None:
    store, plan = planned(str(tmp_path / "s"), str(videos(tmp_path / "v", {"a": "a"})))
    match = plan.matches[0]
    life = Running(worker="other-1", step="analysing", at=time.time(), started=0.0)
    write_marker(store, match.key, life)
    worker = worker_for(store, tmp_path / "x")
    assert worker.process(match)[0] == "busy"
    time.sleep(0.3)
    write_marker(store, match.key, replace(life, at=time.time()))
    assert worker.process(match)[0] == "busy"
    time.sleep(0.6)
    assert worker.process(match)[0] == "done", "no new sign of life in three intervals"


def test_a_staged_match_can_be_taken_over_and_its_worker_notices(tmp_path: Path) -> None:
    store, plan = planned(str(tmp_path / "s"), str(videos(tmp_path / "v", {"a": "slow a", "b": "slow b"})))
    slow = worker_for(store, tmp_path / "x", part_s=0.06)
    slow.name = "slow-1"
    threads = [threading.Thread(target=slow.process, args=(match,)) for match in plan.matches]
    threads[0].start()
    wait_for(lambda: step_of(store, plan.matches[0]) == "analysing")
    threads[1].start()
    wait_for(lambda: step_of(store, plan.matches[1]) == "waiting")
    quick = worker_for(store, tmp_path / "y")
    assert quick.process(plan.matches[1])[0] == "busy"
    assert quick.process(plan.matches[1], takes_waiting=True)[0] == "done"
    for thread in threads:
        thread.join()
    done = read_marker(store, plan.matches[1].key, Done)
    assert done is not None and done.worker == quick.name
    assert sum("/attempt-" in name and name.startswith(plan.matches[1].key) for name in store.names()) == 3


def step_of(store: Store, match: Match) -> str:
    life = read_marker(store, match.key, Running)
    return "" if life is None else life.step


def test_two_workers_on_one_shard_share_it(tmp_path: Path) -> None:
    texts = {f"m{number}": f"slow {number}" for number in range(6)}
    store, plan = planned(str(tmp_path / "s"), str(videos(tmp_path / "v", texts)))
    whole, _ = planned(str(tmp_path / "whole"), str(tmp_path / "v"))
    run_all(worker_for(whole, tmp_path / "y"), plan.matches)
    found: list[dict[str, str]] = [{}, {}]

    def go(number: int) -> None:
        found[number] |= run_all(worker_for(store, tmp_path / f"x{number}", part_s=0.005), plan.matches)

    threads = [threading.Thread(target=go, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(set(each) == set(texts) for each in found)
    assert all([each[name] for each in found].count("done") == 1 for name in texts), "no match was done twice"
    assert results(store) == results(whole)


def test_workers_on_one_machine_do_not_share_a_folder(tmp_path: Path) -> None:
    store, plan = planned(str(tmp_path / "s"), str(videos(tmp_path / "v", {"a": "a"})))
    worker = worker_for(store, tmp_path / "x")
    with worker._scratch.folder(plan.matches[0].key) as folder:
        assert folder is not None
        assert worker_for(store, tmp_path / "x").process(plan.matches[0]) == (
            "busy", "another worker on this machine is at it",
        )  # fmt: skip


def test_what_dead_workers_left_of_finished_matches_is_removed(tmp_path: Path) -> None:
    store, plan = planned(str(tmp_path / "s"), str(videos(tmp_path / "v", {"a": "a", "b": "b"})))
    run_all(worker_for(store, tmp_path / "x"), plan.matches[:1])
    for match in plan.matches:
        (tmp_path / "x" / match.key / "out").mkdir(parents=True)
    worker_for(store, tmp_path / "x").clean()
    assert [path.name for path in (tmp_path / "x").iterdir()] == [plan.matches[1].key]


def test_an_analysis_ends_with_its_worker(tmp_path: Path) -> None:
    from touchline.batch import leash

    pid = os.fork()
    if pid == 0:  # a worker that is killed
        import subprocess
        import sys

        sleeper = f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(60)"
        subprocess.Popen(
            [sys.executable, "-I", leash.__file__, sys.executable, "-c", sleeper],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        wait_for(lambda: (tmp_path / "pid").is_file() and (tmp_path / "pid").read_text() != "")
        os._exit(0)
    os.waitpid(pid, 0)
    sleeper_pid = int((tmp_path / "pid").read_text())
    wait_for(lambda: not alive(sleeper_pid))


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition: object, *, most_s: float = 20.0) -> None:
    until_s = time.monotonic() + most_s
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < until_s, "it did not happen"
        time.sleep(0.02)


def test_results_do_not_depend_on_who_made_them(tmp_path: Path) -> None:
    folder = videos(tmp_path / "v", TEXTS)
    found = []
    for number in range(2):
        store, plan = planned(str(tmp_path / f"s{number}"), str(folder))
        run_all(worker_for(store, tmp_path / f"x{number}"), plan.matches)
        found.append(results(store))
    assert found[0] == found[1] and len(found[0]) == 3
    assert json.loads(next(iter(found[0].values()))["manifest.json"])["coverage"]["duration_us"] > 0


def test_a_worker_without_work_takes_waiting_matches_of_other_shards(tmp_path: Path) -> None:
    texts = {f"m{number}": str(number) for number in range(8)}
    store, plan = planned(str(tmp_path / "s"), str(videos(tmp_path / "v", texts)))
    own = matches_of(plan.matches, index=0, count=2)
    others = matches_of(plan.matches, index=1, count=2)
    assert own and len(others) > 1
    analysing = Running(worker="other-1", step="analysing", at=time.time(), started=0.0)
    write_marker(store, others[0].key, analysing)
    write_marker(store, others[1].key, replace(analysing, step="waiting"))
    found: dict[str, str] = {}
    Shard(
        worker_for(store, tmp_path / "x"),
        own,
        others=lambda: unfinished_of_others(store, plan.matches, shard=(0, 2)),
        stop=threading.Event(),
        tell=lambda match, outcome, _: found.update({match.name: outcome}),
    ).run()
    assert [found[match.name] for match in own] == ["done"] * len(own)
    assert [found[match.name] for match in others] == ["busy", *["done"] * (len(others) - 1)]
    assert list(found)[-1] == others[1].name, "untouched ones first"
    assert unfinished_of_others(store, plan.matches, shard=(0, 2)) == others[:1]
