"""What ``convert`` and ``export`` print about a file that they wrote, and zips of such files."""

from __future__ import annotations

import contextlib
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchline.cli.common import Output
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.formats.events.event_format import Converted


def report_written(
    result: Converted,
    *,
    output: Output,
    record: dict[str, Any],
    more: Iterable[str] = (),
    read_notes: Iterable[str] = (),
) -> None:
    """Print a file, what of its source it does not hold, and what to know about it.

    Args:
        result: the file.
        output: where it is printed.
        record: of the file under ``--json``, to which its content is added.
        more: losses besides those of the format.
        read_notes: what was odd about the source.

    """
    notes = [
        f"{counted(count, 'event')} of {label!r} {'has' if count == 1 else 'have'} no class there"
        for label, count in sorted(result.dropped.items())
    ]
    notes += [*result.notes, *more]
    remarks = [*read_notes, *result.remarks]
    count = counted(result.boxes, "box", "boxes") if result.boxes else counted(result.events, "event")
    sizes = {"boxes": result.boxes} if result.boxes else {"events": result.events}
    path = {"path": str(result.path)}
    output.record({**record, **path, **sizes, "dropped": dict(result.dropped), "notes": notes, "remarks": remarks})
    if not output.json:
        output.say(f"{result.path}: {count}")
    for note in notes:
        output.note(f"touchline: {result.path}: left out: {note}")
    for remark in remarks:
        output.note(f"touchline: {result.path}: note: {remark}")


@contextlib.contextmanager
def zipped(path: Path) -> Iterator[Path]:
    """Yield a folder whose files become the entries of a zip, which replaces ``path``; without a file there is none.

    Raises:
        ResourceError: the zip cannot be written.

    """
    from touchline.formats.files.atomic import make_folder, replacing

    with tempfile.TemporaryDirectory(prefix="touchline-") as name:
        yield Path(name)
        entries = sorted(Path(name).iterdir())
        if not entries:
            return
        make_folder(path.parent)
        with replacing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry in entries:
                archive.write(entry, entry.name)
