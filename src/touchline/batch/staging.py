"""Bringing a video to the local disk: piece by piece, resumed after a stop, and only if it is still the planned one."""

from __future__ import annotations

import posixpath
import threading
from pathlib import Path

from touchline.batch.plan import Match
from touchline.batch.sources import facts_of, read_range
from touchline.batch.stores.opening import is_remote, local_path
from touchline.batch.stores.store import Patience
from touchline.core.errors import InputError
from touchline.formats.files.atomic import make_folder, write_text_atomic, writing

PIECE_BYTES = 16 << 20
_PART, _TAG = ".part", ".etag"


class Changed(InputError):
    """A video that is not the planned one any more."""


class Stopped(Exception):
    """The worker was asked to stop."""


def stage(match: Match, folder: Path, *, patience: Patience, stop: threading.Event) -> Path:
    """Return the path of a match's video, fetched into a folder unless it lies on this machine.

    Args:
        match: the match.
        folder: on the local disk; what an earlier worker left there is continued.
        patience: how long to try again while the store cannot be reached.
        stop: ends the fetching.

    Raises:
        Changed: the content is not that of the plan, or there is no such video any more.
        Stopped: ``stop`` was set.
        NetworkError: the store cannot be reached.
        ResourceError: the disk is full.

    """
    _check_unchanged(match, patience=patience)
    if not is_remote(match.uri):
        return local_path(match.uri)
    make_folder(folder)
    target = folder / posixpath.basename(match.uri)
    if target.is_file() and target.stat().st_size == match.size and _tag(target) == match.etag:
        return target
    part = target.with_name(target.name + _PART)
    if _tag(target) != match.etag:
        part.unlink(missing_ok=True)
        write_text_atomic(target.with_name(target.name + _TAG), match.etag)
    _fetch(match, part, patience=patience, stop=stop)
    _check_unchanged(match, patience=patience)
    with writing(target):
        part.replace(target)
    return target


def _fetch(match: Match, part: Path, *, patience: Patience, stop: threading.Event) -> None:
    """Append to a file what it lacks of the video."""
    with writing(part), part.open("ab") as file:
        done = file.tell()
        if done > match.size:
            file.truncate(0)
            done = 0
        while done < match.size:
            if stop.is_set():
                raise Stopped
            piece = read_range(match.uri, done, min(done + PIECE_BYTES, match.size), patience=patience)
            if not piece:
                raise Changed(f"{match.uri}: ends after {done} of {match.size} bytes; plan it again with --add")
            file.write(piece)
            done += len(piece)


def _check_unchanged(match: Match, *, patience: Patience) -> None:
    """Raise an error if the content is not that of the plan."""
    try:
        facts = facts_of(match.uri, patience=patience)
    except InputError as error:
        raise Changed(f"{match.uri}: was there when it was planned, and is not now ({error})") from error
    if (facts.size, facts.etag) != (match.size, match.etag):
        raise Changed(
            f"{match.uri}: changed since it was planned ({match.size} bytes then, {facts.size} now, or other content); "
            f"plan it again with touchline batch plan --add"
        )


def _tag(target: Path) -> str:
    try:
        return target.with_name(target.name + _TAG).read_text(encoding="utf-8")
    except OSError:
        return ""
