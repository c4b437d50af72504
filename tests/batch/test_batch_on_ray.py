"""A local Ray cluster does what workers do, with the same results, also when an actor is killed."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest
from batchcase import QUICK, planned, quick_analysis, results, run_all, videos, worker_for

from touchline.batch import on_ray
from touchline.batch.running import WorkOptions
from touchline.batch.status import read_status
from touchline.core.errors import UsageError


def test_ray_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planned(str(tmp_path / "s"), str(videos(tmp_path / "v", {"a": "a"})))
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(UsageError, match=r"pip install 'touchline\[ray\]'"):
        on_ray.run_on_ray(
            str(tmp_path / "s"),
            ray_address="local",
            workers=1,
            cores=1,
            options=WorkOptions(),
            stop=threading.Event(),
            tell=lambda *told: None,
        )


@pytest.mark.slow
@pytest.mark.parametrize("kills", [0, 2])
def test_actors_give_the_results_of_workers(tmp_path: Path, kills: int, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray")
    monkeypatch.setenv("RAY_raylet_start_wait_time_s", "180")
    texts = {f"match-{number}": f"slow {number}" for number in range(8)} | {"bad": "damaged"}
    folder = videos(tmp_path / "v", texts)
    undisturbed, plan = planned(str(tmp_path / "one"), str(folder))
    run_all(worker_for(undisturbed, tmp_path / "y"), plan.matches)
    store, _ = planned(str(tmp_path / "s"), str(folder))
    killed: list[int] = []
    found: dict[str, str] = {}
    over = threading.Event()
    killer = threading.Thread(target=kill_actors, args=(killed,), kwargs={"kills": kills, "over": over})
    killer.start()
    counts = on_ray.run_on_ray(
        str(tmp_path / "s"),
        ray_address="local",
        workers=2,
        cores=1,
        options=WorkOptions(scratch=tmp_path / "x", rules=QUICK, patience_s=0),
        stop=threading.Event(),
        tell=lambda match, outcome, _: found.update({match.name: outcome}),
        command=quick_analysis(0.05),
    )
    over.set()
    killer.join()
    assert len(killed) == kills
    assert (counts["done"], counts["failed"]) == (8, 1)
    assert found["bad"] == "failed"
    assert results(store) == results(undisturbed)
    assert read_status(store, plan).counts["done"] == 8


def kill_actors(killed: list[int], *, kills: int, over: threading.Event) -> None:
    """Kill actors of this process's cluster, found by their titles, some time after each has begun."""
    while len(killed) < kills and not over.wait(0.2):
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                title = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if title.startswith(b"ray::_Actor") and int(entry.name) not in killed:
                time.sleep(1.5)
                os.kill(int(entry.name), signal.SIGKILL)
                killed.append(int(entry.name))
                break
