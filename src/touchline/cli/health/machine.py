"""Processor, memory and GPU, and what they mean for the speed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from touchline.cli.health.finding import Finding

_CGROUP = Path("/sys/fs/cgroup")
_CPUINFO = Path("/proc/cpuinfo")
_MEMINFO = Path("/proc/meminfo")
_LOW_MEMORY_GB = 2.0
_FLAGS = ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "avx_vnni", "amx_bf16", "amx_int8")
_ISOLATION = "TOUCHLINE_ISOLATION"


@dataclass(frozen=True, slots=True)
class Processor:
    """What this process has of the processor.

    Attributes:
        usable: cores that this process may use.
        total: cores of the machine.
        quota: cores' worth of time that a container grants; None for no limit.
        flags: instructions that networks profit from, as Linux names them.
        capabilities: types of numbers that OpenVINO calculates with, such as ``BF16`` and ``INT8``.

    """

    usable: int
    total: int
    quota: float | None
    flags: tuple[str, ...]
    capabilities: tuple[str, ...] = ()


def this_processor() -> Processor:
    """Return what this process has of the processor."""
    total = os.cpu_count() or 1
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else total
    known = set(_CPUINFO.read_text(encoding="utf-8", errors="replace").split()) if _CPUINFO.is_file() else set()
    return Processor(usable, total, _quota(), tuple(flag for flag in _FLAGS if flag in known), _capabilities())


def processor_finding(processor: Processor) -> Finding:
    """Return the cores, and the instructions that make networks fast."""
    fast = " ".join(processor.flags) or "no fast instruction sets known"
    types = ", ".join(name for name in ("BF16", "FP16", "INT8") if name in processor.capabilities)
    quota = f", {processor.quota:g} cores' worth of time" if processor.quota is not None else ""
    numbers = f"; OpenVINO calculates with {types}" if types else ""
    return Finding("cpu", "ok", f"{processor.usable} of {processor.total} cores{quota}; {fast}{numbers}")


def slow_because(processor: Processor) -> list[Finding]:
    """Return what makes this process slower than touchline's published figures, and what helps."""
    findings = []
    granted = processor.quota if processor.quota is not None else processor.usable
    if min(granted, processor.usable) < 2:
        share = "one core is" if granted >= 1 else f"{granted:g} of a core is"
        text = f"{share} available to this process: reading, networks and tracking take turns"
        help_ = "give it two or more: taskset, docker run --cpus, Slurm's --cpus-per-task, Kubernetes' limits.cpu"
        more = processor.total > 1
        findings.append(Finding("speed: cores", "warning" if more else "ok", text, help_ if more else ""))
    if processor.quota is not None and processor.quota < processor.usable:
        text = f"{processor.usable} cores are seen, but the container grants the time of {processor.quota:g}"
        help_ = "raise the limit, or pin the process to as many cores"
        findings.append(Finding("speed: quota", "warning", text, help_))
    if not _calculates_bf16(processor):
        text = "no bfloat16 (AMX, AVX512-BF16): the detector takes twice the time a picture that it takes with AMX"
        findings.append(Finding("speed: bfloat16", "ok", text))
    if not {"avx512_vnni", "avx_vnni", "amx_int8"} & set(processor.flags) and processor.flags:
        findings.append(Finding("speed: 8 bit", "ok", "no VNNI: 8-bit networks are hardly faster than others"))
    if os.environ.get(_ISOLATION) == "0":
        text = f"{_ISOLATION}=0: files are read in this process, not beside it"
        findings.append(Finding("speed: isolation", "warning", text, f"unset {_ISOLATION}"))
    return findings


def memory_finding() -> Finding:
    """Return the memory that is free."""
    total, free = _memory_gb()
    if free is None or total is None:
        return Finding("memory", "ok", "the system does not say how much is free")
    text = f"{free:.1f} of {total:.1f} GB free"
    if free < _LOW_MEMORY_GB:
        return Finding("memory", "warning", text, "close other programs, or raise the container's limit")
    return Finding("memory", "ok", text)


def gpu_finding(device: str) -> Finding:
    """Return whether models can run on a GPU; it is an error only if one was asked for."""
    from touchline.analysis.environment import describe_gpu

    gpu = describe_gpu()
    if gpu.usable:
        return Finding("gpu", "ok", gpu.description)
    if device == "cuda":
        return Finding("gpu", "error", f"asked for, but {gpu.description}", gpu.remedy)
    return Finding("gpu", "ok", f"none ({gpu.description}); models run on the CPU")


def _calculates_bf16(processor: Processor) -> bool:
    """Return whether networks profit from bfloat16."""
    return "BF16" in processor.capabilities or bool({"amx_bf16", "avx512_bf16"} & set(processor.flags))


def _capabilities() -> tuple[str, ...]:
    """Return the types of numbers that OpenVINO calculates with on this CPU; none if it cannot be asked."""
    from touchline.models.runtime.openvino_runtime import import_openvino

    try:
        return tuple(import_openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"))
    except (ImportError, RuntimeError):
        return ()


def _quota() -> float | None:
    """Return the cores' worth of time that the container grants; None for no limit."""
    words = _words(_CGROUP / "cpu.max")
    if len(words) == 2 and words[0].isdecimal() and words[1].isdecimal() and int(words[1]):
        return int(words[0]) / int(words[1])
    return None


def _memory_gb() -> tuple[float | None, float | None]:
    """Return the total and the free memory, GB: those of the container where it grants less than the machine has."""
    words = _words(_MEMINFO)
    known = {name: int(words[at + 1]) * 1024 / 1e9 for at, name in enumerate(words[:-1]) if words[at + 1].isdecimal()}
    total, free = known.get("MemTotal:"), known.get("MemAvailable:")
    limit, used = _words(_CGROUP / "memory.max"), _words(_CGROUP / "memory.current")
    if total and free and limit and used and limit[0].isdecimal() and int(limit[0]) / 1e9 < total:
        total = int(limit[0]) / 1e9
        free = min(free, max(0.0, total - int(used[0]) / 1e9))
    return total, free


def _words(path: Path) -> list[str]:
    """Return the words of a small file; none if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError):
        return []
