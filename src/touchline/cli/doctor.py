"""``touchline doctor``: what works on this machine, and what to do about what does not."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from touchline.cli.common import Output, one_line, run_guarded
from touchline.cli.options import DebugOption, DeviceOption, JsonOption
from touchline.core.errors import EXIT_OK, EXIT_RESOURCES, TouchlineError

Severity = Literal["ok", "warning", "error"]

_PACKAGES = (
    "touchline",
    "av",
    "numpy",
    "scipy",
    "torch",
    "openvino",
    "safetensors",
    "pydantic",
    "typer",
    "rich",
    "starlette",
    "uvicorn",
)
_LOW_DISK_GB = 1.0
_SIGN = {"ok": "ok ", "warning": "!  ", "error": "ERR"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked, what was found, and what to do about it."""

    name: str
    severity: Severity
    message: str
    remedy: str = ""


def command(device: DeviceOption = "auto", json: JsonOption = False, debug: DebugOption = False) -> None:
    """Check this installation.

    Checks Python, packages, codecs, CPU, GPU, models and disk space, and says what to do about every problem.

    Examples:
      touchline doctor

    """

    def run() -> int:
        output = Output(json=json, debug=debug)
        worst = EXIT_OK
        for finding in examine(device=device):
            output.record({"type": "finding", **asdict(finding)})
            if not output.json:
                output.say(one_line(f"{_SIGN[finding.severity]} {finding.name}: {finding.message}"))
                if finding.remedy:
                    output.say(one_line(f"      -> {finding.remedy}"))
            worst = max(worst, EXIT_RESOURCES if finding.severity == "error" else EXIT_OK)
        return worst

    run_guarded(run, debug=debug, json=json)


def examine(*, device: str = "auto") -> list[Finding]:
    """Every finding, in the order they are printed."""
    findings = [_python(), *_packages()]
    checks: tuple[Callable[[], list[Finding]], ...] = (
        _ffmpeg,
        _cpu,
        lambda: _gpu(device),
        _openvino,
        _models,
        _clock,
        _disk,
    )
    for check in checks:
        try:
            findings += check()
        except (ImportError, OSError, RuntimeError, TouchlineError) as error:
            text = f"{type(error).__name__}: {error}"
            findings.append(
                Finding(getattr(check, "__name__", "check").strip("_<>"), "error", text, "reinstall touchline")
            )
    return findings


def _python() -> Finding:
    """The interpreter."""
    return Finding("python", "ok", f"{platform.python_version()} on {platform.platform()}, {sys.executable}")


def _packages() -> list[Finding]:
    """The packages touchline depends on."""
    findings = []
    for name in _PACKAGES:
        try:
            findings.append(Finding(name, "ok", version(name)))
        except PackageNotFoundError:
            findings.append(Finding(name, "error", "not installed", "run: pip install --upgrade touchline"))
    return findings


def _ffmpeg() -> list[Finding]:
    """The FFmpeg libraries inside PyAV."""
    import av

    libraries = ", ".join(f"{name} {'.'.join(map(str, parts))}" for name, parts in sorted(av.library_versions.items()))
    missing = [name for name in ("h264", "hevc", "vp9", "av1", "aac") if name not in av.codecs_available]
    if missing:
        return [
            Finding(
                "ffmpeg", "warning", f"{libraries}; cannot decode {', '.join(missing)}", "reinstall av from a wheel"
            )
        ]
    return [Finding("ffmpeg", "ok", libraries)]


def _cpu() -> list[Finding]:
    """Cores, and the instructions that make CPU inference fast."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    cpuinfo = Path("/proc/cpuinfo")
    flags = set(cpuinfo.read_text().split()) if cpuinfo.is_file() else set()
    fast = [flag for flag in ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16") if flag in flags]
    return [Finding("cpu", "ok", f"{usable} cores; {' '.join(fast) or 'no fast instruction sets known'}")]


def _gpu(device: str) -> list[Finding]:
    """Whether CUDA can be used."""
    from touchline.analysis.environment import describe_gpu

    gpu = describe_gpu()
    if gpu.usable:
        return [Finding("gpu", "ok", gpu.description)]
    if device == "cuda":
        return [Finding("gpu", "error", f"asked for, but {gpu.description}", gpu.remedy)]
    return [Finding("gpu", "ok", f"none ({gpu.description}); models run on the CPU")]


def _openvino() -> list[Finding]:
    """Whether OpenVINO can run models on the CPU."""
    from touchline.models.runtime.openvino_runtime import import_openvino

    devices = import_openvino().Core().available_devices
    if "CPU" not in devices:
        return [
            Finding("openvino cpu", "warning", f"devices: {devices}", "reinstall openvino; torch is used meanwhile")
        ]
    return [Finding("openvino cpu", "ok", f"devices: {', '.join(devices)}")]


def _models() -> list[Finding]:
    """Whether every built-in model loads."""
    from touchline.models.store import list_builtin, load_model

    stored = list_builtin()
    if not stored:
        return [Finding("models", "error", "no built-in model is installed", "reinstall touchline")]
    findings = []
    for model in stored:
        name = f"model {model.config.name}"
        try:
            loaded = load_model(model.path, task="any")
        except TouchlineError as error:
            findings.append(Finding(name, "error", str(error), "reinstall touchline"))
            continue
        findings.append(Finding(name, "ok", f"{', '.join(loaded.config.labels)}; sha256 {loaded.sha256}"))
    return findings


def _clock() -> list[Finding]:
    """Whether the match clock on a score board can be read; it need not be."""
    from touchline.tracking.board.ppocr import INSTALL, PPOCRReader, model_file

    path = model_file()
    if path is None:
        return [
            Finding("match clock", "ok", "no reader of text, so score boards are not read", f"if wanted: {INSTALL}")
        ]
    return [Finding("match clock", "ok", f"{PPOCRReader.name}, {path}")]


def _disk() -> list[Finding]:
    """Free space and permission to write in the working folder and the cache."""
    findings = []
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    for name, folder in (("this folder", Path.cwd()), ("cache", cache)):
        existing = next(path for path in (folder, *folder.parents) if path.exists())
        free_gb = shutil.disk_usage(existing).free / 1e9
        text = f"{folder}: {free_gb:.1f} GB free"
        if not os.access(existing, os.W_OK | os.X_OK):
            findings.append(Finding(name, "warning", f"{folder}: not writable", "choose another folder with --out"))
        elif free_gb < _LOW_DISK_GB:
            findings.append(Finding(name, "warning", text, "free some space before analysing a match"))
        else:
            findings.append(Finding(name, "ok", text))
    return findings
