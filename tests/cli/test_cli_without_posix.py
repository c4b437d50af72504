"""The usual path without what only POSIX has, as far as that can be made up on Linux; nothing was run on Windows."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import touchline
from makevideo import write_numbered
from tinymodel import write_tiny_model

SOURCE = Path(touchline.__file__).parent
MODULES = ("fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog")
FUNCTIONS = (
    *("fork", "forkpty", "register_at_fork", "killpg", "getpgrp", "getpgid", "setsid", "getuid", "geteuid", "getgid"),
    *("sched_getaffinity", "sysconf", "getloadavg", "uname", "mkfifo", "memfd_create", "nice", "wait4"),
)
SIGNALS = ("SIGHUP", "SIGALRM", "SIGKILL", "SIGCHLD", "SIGPIPE", "SIGUSR1", "SIGQUIT", "setitimer", "alarm")
WITHOUT_POSIX = """
import asyncio, concurrent.futures, getpass, multiprocessing, os, platform, signal, socket, subprocess, sys, types
import av, cv2, jinja2, numpy, orjson, pyarrow.parquet, pydantic, rich.progress, scipy.optimize, typer, yaml
import torch, typer.main, rich.console, scipy.ndimage, scipy.special, scipy.signal, safetensors.numpy
from touchline.models.runtime.openvino_runtime import import_openvino

import_openvino()

platform.platform()
for name in {modules!r}:
    sys.modules[name] = None
for name in {functions!r}:
    if hasattr(os, name):
        delattr(os, name)
for name in {signals!r}:
    if hasattr(signal, name):
        delattr(signal, name)
sys.modules["msvcrt"] = types.SimpleNamespace(LK_NBLCK=2, locking=lambda handle, mode, count: None)
sys.platform = "win32"
from touchline.__main__ import main
main()
"""
"""A program in which our code, and not the libraries that are imported before, finds itself on another system."""


def run(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    code = WITHOUT_POSIX.format(modules=MODULES, functions=FUNCTIONS, signals=SIGNALS)
    environment = {**os.environ, "HOME": str(folder), "USER": "somebody"}
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, timeout=200)


def test_no_module_needs_posix_when_it_is_imported() -> None:
    """Modules that Windows lacks are imported inside functions, where the system was asked first."""
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [f"{path.relative_to(SOURCE)}: {name}" for name in names if name in MODULES]
    assert found == []


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["models", "list"], ["doctor"]], ids=" ".join)
def test_commands_start(words: list[str], tmp_path: Path) -> None:
    done = run(*words, folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_video_is_checked_and_spotted(tmp_path: Path) -> None:
    write_numbered(tmp_path / "match.mp4", frames=60, width=96, height=64)
    model = write_tiny_model(tmp_path)
    for words in (["check", "match.mp4"], ["spot", "match.mp4", "--model", str(model), "--device", "cpu"]):
        done = run(*words, folder=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "match.touchline" / "events.json").is_file()
    again = run("export", "match.touchline", "--to", "csv", "--out", "out.csv", folder=tmp_path)
    assert again.returncode == 0, again.stderr
