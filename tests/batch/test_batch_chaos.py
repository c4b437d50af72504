"""Workers killed at random: what is in the store in the end is what an undisturbed run puts there, to the byte."""

from __future__ import annotations

import sys
from pathlib import Path

from batchcase import planned, results, run_all, videos, worker_for

import batchchaos
from touchline.batch.status import read_status


def test_killed_workers_leave_the_results_of_an_undisturbed_run(tmp_path: Path) -> None:
    texts = {f"match-{number}": f"slow {number}" for number in range(9)} | {"bad": "damaged"}
    folder = videos(tmp_path / "v", texts)
    undisturbed, plan = planned(str(tmp_path / "one"), str(folder))
    run_all(worker_for(undisturbed, tmp_path / "y"), plan.matches)
    store, _ = planned(str(tmp_path / "s"), str(folder))
    program = [sys.executable, batchchaos.__file__, store.address]
    commands = [[*program, f"{index}/3", str(tmp_path / f"scratch-{index}"), "0.02"] for index in range(3)]
    chaos = batchchaos.kill_workers(commands, kills=6, pause_s=(0.2, 0.6), seed=1)
    assert (chaos.kills, chaos.starts) == (6, 9)
    assert len(results(store)) == 9
    assert results(store) == results(undisturbed)
    assert read_status(store, plan).counts == {"done": 9, "failed": 1, "running": 0, "lost": 0, "waiting": 0}
