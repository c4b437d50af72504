"""What the doctor says about made-up machines."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from touchline.cli.health import folders, machine, packages
from touchline.cli.health.machine import Processor, slow_because
from touchline.cli.health.trial import rate_of
from touchline.cli.main import app

runner = CliRunner()
FAST = Processor(8, 8, None, ("avx512_vnni", "amx_bf16", "amx_int8"), ("FP32", "BF16", "INT8"))


@pytest.fixture(autouse=True)
def usual_isolation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOUCHLINE_ISOLATION", raising=False)


def names(processor: Processor) -> list[str]:
    return [finding.name for finding in slow_because(processor)]


def test_nothing_is_slow_on_a_fast_machine() -> None:
    assert slow_because(FAST) == []


def test_one_core_of_several_is_a_warning_with_its_remedy() -> None:
    (found,) = slow_because(Processor(1, 8, None, FAST.flags, FAST.capabilities))
    assert (found.name, found.severity) == ("speed: cores", "warning")
    assert found.message.startswith("one core is available to this process")
    assert "--cpus" in found.remedy


def test_a_machine_of_one_core_is_no_problem_to_mend() -> None:
    (found,) = slow_because(Processor(1, 1, None, FAST.flags, FAST.capabilities))
    assert (found.severity, found.remedy) == ("ok", "")


def test_a_container_with_less_time_than_cores() -> None:
    found = slow_because(Processor(8, 8, 0.5, FAST.flags, FAST.capabilities))
    assert [one.name for one in found] == ["speed: cores", "speed: quota"]
    assert "0.5 of a core is available" in found[0].message
    assert "8 cores are seen, but the container grants the time of 0.5" in found[1].message


def test_old_processors_are_told_what_it_costs() -> None:
    found = slow_because(Processor(4, 4, None, ("avx2",), ("FP32",)))
    assert [one.name for one in found] == ["speed: bfloat16", "speed: 8 bit"]
    assert "twice the time" in found[0].message
    assert {one.severity for one in found} == {"ok"}


def test_without_word_from_the_system_only_openvino_is_believed() -> None:
    assert names(Processor(4, 4, None, (), ("FP32", "BF16"))) == []
    assert names(Processor(4, 4, None, (), ())) == ["speed: bfloat16"]


def test_reading_in_one_process_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOUCHLINE_ISOLATION", "0")
    assert names(FAST) == ["speed: isolation"]


def test_the_container_s_share_of_time_and_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    (tmp_path / "memory.max").write_text(str(4 * 10**9))
    (tmp_path / "memory.current").write_text(str(3 * 10**9))
    (tmp_path / "meminfo").write_text("MemTotal: 16000000 kB\nMemAvailable: 9000000 kB\nHugePages: 0\n")
    monkeypatch.setattr(machine, "_CGROUP", tmp_path)
    monkeypatch.setattr(machine, "_MEMINFO", tmp_path / "meminfo")
    assert machine.this_processor().quota == 1.5
    found = machine.memory_finding()
    assert (found.severity, found.message) == ("warning", "1.0 of 4.0 GB free")
    assert found.remedy


def test_no_limits_and_no_word_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text("max 100000\n")
    monkeypatch.setattr(machine, "_CGROUP", tmp_path)
    monkeypatch.setattr(machine, "_MEMINFO", tmp_path / "absent")
    monkeypatch.setattr(machine, "_CPUINFO", tmp_path / "absent")
    assert machine.this_processor().quota is None
    assert machine.this_processor().flags == ()
    assert machine.memory_finding().severity == "ok"


def test_what_lies_in_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert folders.cache_findings()[0].message == f"{tmp_path / 'touchline'}: nothing yet"
    (tmp_path / "touchline" / "review").mkdir(parents=True)
    (tmp_path / "touchline" / "review" / "frames").write_bytes(bytes(2_500_000))
    assert "review 2.5 MB; can be deleted at any time" in folders.cache_findings()[0].message


def test_a_cache_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    (found,) = folders.cache_findings()
    assert found.severity == "warning" and "not writable" in found.message and "XDG_CACHE_HOME" in found.remedy


def test_a_half_installed_extra_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "installed_version", lambda name: "1.0" if name == "torch" else None)
    found = {finding.name: finding for finding in packages.extras()}
    assert found["extra gpu"].message.startswith("installed") and not found["extra gpu"].remedy
    assert found["extra train"].message.endswith("torch 1.0; without scikit-learn, tensorboard")
    assert found["extra train"].remedy == "if wanted: pip install 'touchline[train]'"
    assert found["extra review"].message == "not installed, for the review tool"
    assert all(finding.severity == "ok" for finding in found.values())


def test_codecs_and_their_licence_are_told() -> None:
    done = runner.invoke(app, ["doctor", "--json"])
    found = {record["name"]: record for record in map(json.loads, done.stdout.splitlines())}
    assert "h264, hevc, vp9, av1, aac" in found["codecs"]["message"]
    assert "libx264" in found["encoders"]["message"]
    assert "GPL" in found["ffmpeg licence"]["message"]
    assert {"hardware decoders", "memory", "cached files", "own models", "extra train"} <= set(found)
    assert not any(name.startswith("trial") for name in found)


def test_a_rate_is_measured_over_the_time_that_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 0.2, 0.4, 0.5])
    monkeypatch.setattr("touchline.cli.health.trial.time.perf_counter", lambda: next(clock))
    assert rate_of(lambda: 10, seconds=0.5) == pytest.approx(60)


@pytest.mark.slow
def test_a_trial_of_speed() -> None:
    done = runner.invoke(app, ["doctor", "--trial", "--json"])
    found = {record["name"]: record["message"] for record in map(json.loads, done.stdout.splitlines())}
    assert "pictures of 640x360 a second" in found["trial: reading"]
    assert "pictures of 1280x720 a second" in found["trial: detector"]
