"""The desk at which one bundle is reviewed: who may write, and every correction on the disk before the answer.

One window of this server writes, see :mod:`touchline.review.lease`. Other processes are kept out by the lock on the
journal, which is held while a window writes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from touchline.core.corrections.history import Change, Entry, History, StaleChangeError
from touchline.core.errors import InputError, ResourceError
from touchline.core.events import Coverage
from touchline.core.version import __version__
from touchline.formats.bundle import CORRECTIONS, Manifest
from touchline.formats.corrections.journal import entry_document, read_journal
from touchline.formats.corrections.writer import JournalWriter
from touchline.formats.files.atomic import make_folder
from touchline.review.checking import Known, check_changes
from touchline.review.contents import Contents, read_contents, stamp_of
from touchline.review.labels import starting_labels
from touchline.review.lease import Lease
from touchline.review.refusals import Refusal
from touchline.review.schema import (
    DoPost,
    EntryAnswer,
    EntryBody,
    LabelInfo,
    LabelSetInfo,
    UndoPost,
    WindowAnswer,
    WindowPost,
)
from touchline.review.shelf import Item

OTHER_WINDOW = "another window is correcting this video; take over to correct it here"


class Desk:
    """One opened item, its journal and the windows that show it; may be used by several threads.

    Args:
        item: the bundle and its video.
        who: name of the person, for new entries.
        chosen: label set that the user asked for.
        clock: seconds on a clock that never jumps.

    """

    def __init__(
        self,
        item: Item,
        *,
        who: str,
        chosen: LabelSetInfo | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.item = item
        self._who, self._chosen = who, chosen
        self._lock = threading.RLock()
        self._lease = Lease(clock)
        self._journal: JournalWriter | None = None
        self._contents: tuple[object, Contents] | None = None
        self._read: tuple[object, History] | None = None

    @property
    def contents(self) -> Contents:
        """What the bundle and its video hold; read again after a new analysis."""
        with self._lock:
            stamp = stamp_of(self.item)
            if self._contents is None or self._contents[0] != stamp:
                self._contents = stamp, read_contents(self.item)
            return self._contents[1]

    @property
    def labels(self) -> list[LabelInfo]:
        """The labels that the bundle is opened with."""
        contents = self.contents
        return starting_labels(contents.labels, chosen=self._chosen, analysed=contents.analysed)

    @property
    def reviewed(self) -> bool:
        """Whether a person has corrected anything."""
        return (self.item.bundle.path / CORRECTIONS).is_file()

    def entries(self, *, after: int = 0) -> list[dict[str, Any]]:
        """Return the journal's entries after a number, as the objects of its lines.

        Raises:
            InputError: the journal is damaged.

        """
        with self._lock:
            return [entry_document(entry) for entry in self._history().entries[after:]]

    def ask(self, post: WindowPost) -> WindowAnswer:
        """Note that a window is alive, has closed or wants to take over; return whether it may write."""
        with self._lock:
            if post.close:
                self._lease.leave(post.window)
                self.tend()
                return self._answer(OTHER_WINDOW)
            if not self._lease.ask(post.window, take_over=post.take_over):
                return self._answer(OTHER_WINDOW, can_take_over=True)
            try:
                self._open()
            except (InputError, ResourceError) as error:
                self._lease.leave(post.window)
                return self._answer(str(error))
            return self._answer(None)

    def write(self, post: EntryBody) -> EntryAnswer:
        """Check an entry and append it to the journal; when this returns, it is on the disk.

        Raises:
            Refusal: the window may not write, the entry was made on another state, or names something unknown.

        """
        with self._lock:
            if self._lease.holder not in (None, post.window) or not self._lease.ask(post.window):
                raise Refusal("read_only", OTHER_WINDOW)
            try:
                entry = self._append(post)
            except StaleChangeError as error:
                raise Refusal("stale", f"{error}; reload the page", n=self._last) from error
            except ValueError as error:
                raise Refusal("invalid", str(error)) from error
            except ResourceError as error:
                raise Refusal("read_only", str(error)) from error
            return EntryAnswer(n=entry.number, at=entry.at, who=entry.who)

    def tend(self) -> None:
        """Release the journal for other processes if no window writes any more."""
        with self._lock:
            if self._lease.holder is None:
                self.close()

    def close(self) -> None:
        """Release the journal."""
        with self._lock:
            if self._journal is not None:
                self._journal.close()
                self._journal = None

    @property
    def _last(self) -> int:
        """Number of the last entry; 0 if there is none."""
        return len(self._history().entries)

    def _answer(self, reason: str | None, *, can_take_over: bool = False) -> WindowAnswer:
        try:
            last = self._last
        except InputError as error:
            return WindowAnswer(writer=False, reason=str(error), can_take_over=False, n=0)
        return WindowAnswer(writer=reason is None, reason=reason, can_take_over=can_take_over, n=last)

    def _history(self) -> History:
        """Return the journal as it stands; another process may write it while this one does not."""
        if self._journal is not None:
            return self._journal.history
        path = self.item.bundle.path / CORRECTIONS
        stamp = (path.stat().st_mtime_ns, path.stat().st_size) if path.exists() else None
        if self._read is None or self._read[0] != stamp:
            self._read = stamp, History.of(read_journal(path).entries)
        return self._read[1]

    def _open(self) -> JournalWriter:
        if self._journal is None:
            path = self.item.bundle.path / CORRECTIONS
            self._journal = JournalWriter(path, video_fingerprint=self.contents.fingerprint, who=self._who)
        return self._journal

    def _append(self, post: EntryBody) -> Entry:
        journal = self._open()
        if post.n != journal.history.next_number:
            raise StaleChangeError(f"entry {post.n} does not follow entry {len(journal.history.entries)}")
        if isinstance(post, UndoPost):
            return journal.undo(post.undo)
        if not isinstance(post, DoPost):
            return journal.redo(post.redo)
        changes = [_change(one.model_dump(mode="json", exclude_unset=True)) for one in post.do]
        check_changes(changes, known=self._known(), state=journal.history.state)
        self._make_bundle()
        return journal.do(*changes)

    def _known(self) -> Known:
        contents = self.contents
        return Known(
            events=contents.found.keys(),
            labels=frozenset(label.name for label in self.labels),
            tracks=lambda: contents.track_ids,
            teams=contents.teams,
            players=contents.players,
            duration_us=contents.duration_us,
        )

    def _make_bundle(self) -> None:
        """Make the bundle of a video that has none: a manifest without models."""
        if self.item.has_manifest or self.item.video is None:
            return
        contents = self.contents
        make_folder(self.item.bundle.path)
        self.item.bundle.write_manifest(
            Manifest(
                video_name=self.item.video.name,
                video_fingerprint=contents.fingerprint,
                models=(),
                settings={},
                coverage=Coverage(duration_us=contents.shown.duration_us, frames_decoded=0),
                touchline_version=__version__,
            )
        )


def _change(document: dict[str, Any]) -> Change:
    return Change(document["what"], document["id"], before=document["before"], after=document["after"])
