"""Commands run in a process whose sockets and children are watched, with a home of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

WATCHER = """
import os, sys

WATCHED = (
    "socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.sendto",
    "socket.sendmsg", "urllib.Request", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn",
)

def note(*words):
    with open(os.environ["TOUCHLINE_WATCHED"], "a", encoding="utf-8", errors="replace") as file:
        print(*words, file=file)

def is_loopback(event, arguments):
    host = arguments[0] if event == "socket.getaddrinfo" else arguments[-1][0] if event == "socket.connect" else ""
    return host in (b"127.0.0.1", "127.0.0.1", "::1")

def watch(event, arguments):
    if event in WATCHED and not is_loopback(event, arguments):
        note(event, *(repr(one)[:200] for one in (arguments[-1:] if event.startswith("socket") else arguments[:2])))
        if event.startswith(("socket.", "urllib.")):
            raise OSError("there is no network in this run")

note("python", os.getpid())
sys.addaudithook(watch)
"""
"""Runs before everything else in every Python process that inherits the environment, children included."""

_REMOTE = re.compile(r"sa_family=AF_INET6?,.*?(?:inet_addr\(\"|inet_pton\(AF_INET6, \")(?P<host>[^\"]+)")
_LOOPBACK = re.compile(r"127\.|::1$|::$|0\.0\.0\.0$")
_HARMLESS = ("uname", "fc-list")
"""Programs that Python calls to describe the machine, and Matplotlib to find fonts on it."""


@dataclass(frozen=True)
class Watched:
    """What a run did.

    Attributes:
        code: its exit code.
        output: what it printed.
        network: connections and look-ups that it, or a child, tried.
        programs: other programs that were started.
        files: files in the home afterwards, relative to it.

    """

    code: int
    output: str
    network: list[str]
    programs: list[str]
    files: list[str]


def watched_run(*words: object, folder: Path, during: Callable[[subprocess.Popen[str]], str] | None = None) -> Watched:
    """Run ``touchline`` with these words in a folder; where strace is there, the system calls are watched as well.

    Args:
        words: of the command line.
        folder: the current folder of the run.
        during: acts on the running process and returns what it printed; None waits for its end.

    """
    aside = folder / ".watch"
    shutil.rmtree(aside, ignore_errors=True)
    home, calls, notes = aside / "home", aside / "calls", aside / "notes"
    (aside / "site").mkdir(parents=True)
    home.mkdir()
    (aside / "site" / "sitecustomize.py").write_text(WATCHER)
    traced = ["strace", "-f", "-qq", "--seccomp-bpf", "-e", "trace=connect,sendto,sendmsg,execve", "-o", str(calls)]
    command = [*(traced if _can_trace() else []), sys.executable, "-m", "touchline", *map(str, words)]
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=_environment(home, notes, aside / "site"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    output = process.communicate()[0] if during is None else during(process)
    noted = notes.read_text(encoding="utf-8").splitlines()
    assert any(line.startswith("python") for line in noted), output
    traces = calls.read_text(errors="replace").splitlines() if calls.exists() else []
    return Watched(
        code=process.returncode,
        output=output,
        network=[*filter(_is_remote_note, noted), *filter(_is_remote_call, traces)],
        programs=[*filter(_is_program_note, noted), *filter(_is_program_call, traces)],
        files=sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()),
    )


def _environment(home: Path, notes: Path, site: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "MPL", "HF_", "TORCH"))}
    paths = os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**kept, "HOME": str(home), "TOUCHLINE_WATCHED": str(notes), "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}


def _can_trace() -> bool:
    if shutil.which("strace") is None:
        return False
    done = subprocess.run(["strace", "--seccomp-bpf", "-f", "-e", "trace=connect", "true"], capture_output=True)
    return done.returncode == 0


def _is_remote_note(line: str) -> bool:
    return line.startswith(("socket.", "urllib."))


def _is_remote_call(line: str) -> bool:
    found = _REMOTE.search(line)
    return found is not None and not _LOOPBACK.match(found["host"])


def _is_program_note(line: str) -> bool:
    return line.startswith(("os.system", "os.exec", "os.posix_spawn", "subprocess.Popen")) and not _is_ours(line)


def _is_program_call(line: str) -> bool:
    found = re.search(r'execve\("([^"]+)".* = 0$', line)
    return found is not None and not _is_ours(found[1])


def _is_ours(line: str) -> bool:
    return os.path.basename(sys.executable) in line or "python" in line or any(name in line for name in _HARMLESS)
