"""``touchline doctor``: what works on this machine, and what to do about what does not."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from touchline.cli.common import Output, one_line, run_guarded
from touchline.cli.health.finding import Finding
from touchline.cli.health.folders import cache_findings, cache_home, models_folder_finding
from touchline.cli.health.machine import gpu_finding, memory_finding, processor_finding, slow_because, this_processor
from touchline.cli.health.media import media_findings
from touchline.cli.health.packages import CORE, core_packages, extras, torch_package
from touchline.cli.options import DebugOption, DeviceOption, JsonOption
from touchline.core.errors import EXIT_OK, EXIT_RESOURCES, TouchlineError

_PACKAGES = CORE
_LOW_DISK_GB = 1.0
_SIGN = {"ok": "ok ", "warning": "!  ", "error": "ERR"}
TrialOption = Annotated[
    bool, typer.Option("--trial", help="Try the speed, too: read a clip and find people for about a second each.")
]


def command(
    device: DeviceOption = "auto", trial: TrialOption = False, json: JsonOption = False, debug: DebugOption = False
) -> None:
    """Check this installation.

    Checks Python, packages, extras, codecs, processor, memory, GPU, models, caches and disk space. Says what is slow
    here, and what to do about each problem.

    Examples:
      touchline doctor --trial

    """

    def run() -> int:
        output = Output(json=json, debug=debug)
        worst = EXIT_OK
        for finding in examine(device=device, trial=trial):
            output.record({"type": "finding", **asdict(finding)})
            if not output.json:
                output.say(one_line(f"{_SIGN[finding.severity]} {finding.name}: {finding.message}"))
                if finding.remedy:
                    output.say(one_line(f"      -> {finding.remedy}"))
            worst = max(worst, EXIT_RESOURCES if finding.severity == "error" else EXIT_OK)
        return worst

    run_guarded(run, debug=debug, json=json)


def examine(*, device: str = "auto", trial: bool = False) -> list[Finding]:
    """Every finding, in the order they are printed."""
    findings = [_python(), *core_packages(_PACKAGES), torch_package(), *extras()]
    checks: tuple[Callable[[], list[Finding]], ...] = (
        media_findings,
        lambda: _machine(device),
        _openvino,
        _models,
        _clock,
        _disk,
        cache_findings,
        lambda: [models_folder_finding()],
        *((_trial,) if trial else ()),
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


def _machine(device: str) -> list[Finding]:
    """Processor, memory, GPU, and what of it makes touchline slow."""
    processor = this_processor()
    return [processor_finding(processor), memory_finding(), gpu_finding(device), *slow_because(processor)]


def _trial() -> list[Finding]:
    """How fast it is."""
    from touchline.cli.health.trial import trial_findings

    return trial_findings()


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
    """Whether every built-in model is whole."""
    from touchline.cli.health.models import model_findings

    return model_findings()


def _clock() -> list[Finding]:
    """Whether the match clock on a score board can be read; it need not be."""
    from touchline.tracking.board.ppocr import INSTALL, PPOCRReader, model_file

    path = model_file()
    if path is None:
        return [
            Finding("match clock", "ok", "no reader of text, so score boards are not read", f"if wanted: {INSTALL}")
        ]
    return [Finding("match clock", "ok", f"{PPOCRReader(path).name}, {path}")]


def _disk() -> list[Finding]:
    """Free space and permission to write in the working folder and the cache."""
    findings = []
    for name, folder in (("this folder", Path.cwd()), ("cache", cache_home())):
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
