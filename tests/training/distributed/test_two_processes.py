"""Two processes train as one does: the same gradients, all samples once, one set of files, one end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from processes import in_processes
from touchline.training.checkpoint import load_checkpoint
from touchline.training.distributed import BatchNumbers, Group
from touchline.training.logs import read_metrics
from twoprocesses import STEPS, drawn, loop_of, plan_of


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """What two processes left and found."""
    folder = tmp_path_factory.mktemp("two")
    for ended in in_processes("twoprocesses:compute", folder):
        assert ended.returncode == 0, ended.stderr
    return folder, [torch.load(folder / f"process_{rank}.pt", weights_only=False) for rank in (0, 1)]


def near(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    assert one.keys() == other.keys()
    for name, value in one.items():
        torch.testing.assert_close(value, other[name], rtol=1e-5, atol=1e-7, msg=name)


def test_gradients_of_two_processes_are_those_of_one_with_the_whole_batch(
    trained: tuple[Path, list[dict[str, Any]]],
) -> None:
    whole = loop_of(plan_of(None, steps=1), batch=4)
    whole.run()
    expected = {name: weight.grad for name, weight in whole.network.named_parameters() if weight.grad is not None}
    assert len(expected) == 4 and all(bool(value.abs().max() > 0) for value in expected.values())
    for found in trained[1]:
        near(found["gradients"], expected)


def test_accumulated_gradients_are_those_of_the_whole_batch() -> None:
    whole, parts = loop_of(plan_of(None), batch=6), loop_of(plan_of(None, accumulate=3), batch=2)
    whole.run()
    parts.run()
    near(parts.weights(), whole.weights())


def test_batch_norms_see_one_batch_at_a_time() -> None:
    whole, parts = loop_of(plan_of(None), batch=4, norm=True), loop_of(plan_of(None, accumulate=2), norm=True)
    whole.run()
    parts.run()
    seen = [loop.network.state_dict()["1.num_batches_tracked"] for loop in (whole, parts)]
    assert [int(one) for one in seen] == [STEPS, 2 * STEPS]


def test_two_processes_take_all_samples_and_none_of_them_twice(trained: tuple[Path, list[dict[str, Any]]]) -> None:
    first, second = (found["all_taken"] for found in trained[1])
    assert not set(first) & set(second)
    assert sorted(first + second) == list(range(4 * STEPS))
    assert [found["taken"] for found in trained[1]] == [[0, 1], [2, 3]]


def test_what_two_samplers_draw_is_what_one_draws() -> None:
    one = drawn(1, 0, steps=6)
    assert drawn(2, 0, steps=3) == one[::2] and drawn(2, 1, steps=3) == one[1::2]
    assert len(set(one)) == 6


@pytest.mark.parametrize(("size", "accumulate"), [(1, 1), (2, 1), (3, 2)])
def test_numbers_of_batches_are_dealt_to_processes(size: int, accumulate: int) -> None:
    dealt = [BatchNumbers(Group(rank, size), accumulate) for rank in range(size)]
    steps = [[number for one in dealt for number in one.of_step(step)] for step in range(4)]
    assert [sorted(numbers) for numbers in steps] == [
        list(range(step * size * accumulate, (step + 1) * size * accumulate)) for step in range(4)
    ]
    for one in dealt:
        assert list(one.from_step(1, stop=4)) == [number for step in (1, 2, 3) for number in one.of_step(step)]


def test_two_processes_end_with_the_weights_of_one_and_write_one_set_of_files(
    trained: tuple[Path, list[dict[str, Any]]], tmp_path: Path
) -> None:
    folder, found = trained
    one = loop_of(plan_of(tmp_path, accumulate=2))
    one.run()
    for process in found:
        near(process["whole"], one.weights())
    written = sorted(path.name for path in (folder / "whole").iterdir())
    assert written == ["checkpoint.pt", "curves.svg", "metrics.jsonl"]
    rows = [read_metrics(where / "metrics.jsonl") for where in (folder / "whole", tmp_path)]
    assert [row["step"] for row in rows[0]] == [3, 6]
    assert rows[0] == [pytest.approx(row) for row in rows[1]]


def test_one_process_goes_on_where_two_have_stopped(trained: tuple[Path, list[dict[str, Any]]], tmp_path: Path) -> None:
    state = load_checkpoint(trained[0] / "whole" / "checkpoint.pt")
    one = loop_of(plan_of(trained[0] / "whole", accumulate=2))
    assert state["network"].keys() == one.network.state_dict().keys()
    one.run()
    near(one.weights(), trained[1][0]["whole"])
    for ended in in_processes("twoprocesses:stop", tmp_path):
        assert ended.returncode == 0 and ended.stdout == "stopped\n", ended.stderr
    assert load_checkpoint(tmp_path / "checkpoint.pt")["step"] == 3
    resumed = loop_of(plan_of(tmp_path, accumulate=2))
    resumed.run()
    near(resumed.weights(), one.weights())


def test_one_process_measures_and_both_know(trained: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, found = trained
    assert sorted(path.name for path in folder.glob("measured_*")) == ["measured_0_by_0", "measured_1_by_0"]
    assert found[0]["history"] == found[1]["history"] == [{"step": 3.0, "score": 0.0}, {"step": 6.0, "score": 1.0}]


def test_batch_statistics_are_those_of_the_first_process_in_both(trained: tuple[Path, list[dict[str, Any]]]) -> None:
    first, second = (found["norm"] for found in trained[1])
    assert int(first["1.num_batches_tracked"]) == STEPS
    for name, value in first.items():
        assert torch.equal(value, second[name]), name


def test_a_clock_ends_both_after_the_same_step(trained: tuple[Path, list[dict[str, Any]]]) -> None:
    assert [found["limited"] for found in trained[1]] == [(4, 8.0), (4, 8.0)]


@pytest.mark.timeout(900)
def test_every_family_learns_from_two_processes_as_from_two_batches(tmp_path: Path) -> None:
    from trainfamilies import FAMILIES

    for ended in in_processes("twoprocesses:train_families", tmp_path):
        assert ended.returncode == 0, ended.stderr
    found = [torch.load(tmp_path / f"process_{rank}" / "found.pt") for rank in (0, 1)]
    for name, family in FAMILIES.items():
        (tmp_path / "one" / name).mkdir(parents=True)
        expected = family.run(tmp_path / "one" / name, accumulate=2).state_dict()
        for key, value in found[0][name].items():
            assert torch.equal(value, found[1][name][key]), f"{name}: {key}"
            if name != "pitch" and not _is_statistic(key):  # each process draws and keeps pitches of its own
                torch.testing.assert_close(value, expected[key], rtol=2e-3, atol=2e-4, msg=f"{name}: {key}")
        assert not list((tmp_path / "process_1" / name).rglob("metrics.jsonl"))
        assert not list((tmp_path / "process_1" / name).rglob("*.pt"))


def _is_statistic(name: str) -> bool:
    return name.endswith(("running_mean", "running_var", "num_batches_tracked"))


def test_the_samples_differ() -> None:
    from twoprocesses import SAMPLES

    assert len(np.unique(SAMPLES[:, 0])) == len(SAMPLES)
