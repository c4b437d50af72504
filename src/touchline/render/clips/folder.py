"""The clips of one folder: what is missing is cut, and listed in a table of contents with all the rest."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from touchline.core.clock import format_clock, seconds_from_us
from touchline.core.events import Gap
from touchline.formats.files.atomic import make_folder
from touchline.formats.files.ours import check_made_here
from touchline.media.cutting.copying import copy_span
from touchline.media.cutting.cut import Cut, Target
from touchline.media.cutting.passes import run_cuts
from touchline.media.cutting.targets import ClipFile, Reel, ReelPart, reel_form
from touchline.media.video import Progress
from touchline.render.clips.contents import COLUMNS, CONTENTS, REEL_CHAPTERS, Listed, write_chapters, write_contents
from touchline.render.clips.finished import LIST, Finished, FinishedFiles, check_replaceable, comment_for, reel_key
from touchline.render.clips.match import Match, Moment
from touchline.render.clips.plan import ClipOptions, Footage, Planned, planned_clips
from touchline.render.clips.titles import Caption, card

Guard = Callable[[Match], contextlib.AbstractContextManager[None]]
"""Returns a context for the work on one match."""
REEL = "reel.mp4"
_UNEVEN_US = 1_000
"""A copied clip that begins less than this early begins where it should, microseconds."""


@dataclass(frozen=True)
class ClipsMade:
    """The clips in one folder.

    Attributes:
        folder: the folder.
        clips: all clips, in order.
        reel: the reel; None if there is none.
        contents: the table of contents.
        reused: number of clips that were there already.
        notes: remarks on the videos, in words.
        degraded: whether a part of a video could not be read.

    """

    folder: Path
    clips: tuple[Listed, ...]
    reel: Path | None
    contents: Path
    reused: int
    notes: tuple[str, ...]
    degraded: bool


class ClipFolder:
    """Makes the clips of one folder.

    Attributes:
        work_us: duration of the clips that have to be made, microseconds; one that is also in the reel counts once.

    Raises:
        UsageError: a file that was not made here is in the way.

    """

    def __init__(
        self, path: Path, footages: Sequence[Footage], moments: Sequence[Sequence[Moment]], *, options: ClipOptions
    ) -> None:
        """Plan what to cut, and find what is there already."""
        check_made_here(path / CONTENTS, ",".join(COLUMNS))
        check_made_here(path / REEL_CHAPTERS, *(["WEBVTT"] if (path / LIST).exists() else []))
        make_folder(path)
        self._path, self._options = path, options
        self._finished = FinishedFiles(path)
        self._clips = planned_clips(footages, moments, options=options)
        if options.clips:
            self._find_clips()
        self._reused = sum(clip.done is not None for clip in self._clips)
        self._reel = self._plan_reel() if options.reel and self._clips else None
        self.work_us = sum(clip.duration_us for clip in self._open())

    def cut(self, progress: Progress | None, *, guard: Guard) -> ClipsMade:
        """Make what is missing, and write the table; ``guard`` is entered for the work on each match."""
        done_us = 0
        try:
            for footage, clips in self._by_footage():
                part = from_done(progress, done_us=done_us, total_us=self.work_us)
                with contextlib.nullcontext() if self._reel_is_open() else guard(footage.match):
                    self._cut(footage, clips, progress=part)
                done_us += sum(clip.duration_us for clip in clips)
            if self._reel is not None:
                self._reel.finish(self._finished)
        finally:
            if self._reel is not None:
                self._reel.abandon()
        return self._made()

    def _find_clips(self) -> None:
        for clip in self._clips:
            clip.done = self._finished.find(clip.key, name=clip.file)
            if clip.done is None:
                check_replaceable(self._path / clip.file)
            else:
                clip.notes, clip.degraded = clip.done.notes, clip.done.degraded

    def _plan_reel(self) -> PlannedReel:
        return PlannedReel(self._path / REEL, self._clips, options=self._options, finished=self._finished)

    def _reel_is_open(self) -> bool:
        return self._reel is not None and self._reel.done is None

    def _open(self) -> list[Planned]:
        """The clips that have to be made, or that the reel still needs."""
        if self._reel is not None and self._reel.done is None:
            return self._clips
        return [clip for clip in self._clips if clip.done is None and self._options.clips]

    def _by_footage(self) -> Iterator[tuple[Footage, list[Planned]]]:
        """Yield each match with the clips that have to be made of it."""
        clips = self._open()
        for footage in {id(clip.footage): clip.footage for clip in clips}.values():
            yield footage, [clip for clip in clips if clip.footage is footage]

    def _cut(self, footage: Footage, clips: Sequence[Planned], *, progress: Progress | None) -> None:
        """Make the clips of one match."""
        if self._options.clips and self._options.fast:
            self._copy(footage, clips, progress=progress)
        cuts = {self._cut_of(clip): clip for clip in clips}
        cuts = {cut: clip for cut, clip in cuts.items() if cut.targets}
        run_cuts(
            footage.reader,
            footage.source,
            list(cuts),
            progress=progress,
            finished=lambda cut: self._note_cut(cuts[cut], cut),
        )

    def _cut_of(self, clip: Planned) -> Cut:
        """Return what encodes a clip into its file, into the reel, or into both."""
        options, source = self._options, clip.footage.source
        targets: list[Target] = []
        if options.clips and clip.done is None:
            path = (self._path / clip.file).with_suffix(".mp4")
            targets.append(ClipFile(path, form=source.form(), comment=comment_for(clip.key)))
        in_reel = self._reel_is_open()
        if self._reel is not None and in_reel:
            targets.append(self._reel.part(clip))
        paint = Caption(clip.span, clip.footage.match.corrections, colours=source.colours) if options.titles else None
        return Cut(clip.span.start_us, clip.span.end_us, targets, paint=paint, alone=in_reel)

    def _copy(self, footage: Footage, clips: Sequence[Planned], *, progress: Progress | None) -> None:
        """Copy clips from the key frame before; those that cannot be copied are left to be encoded."""
        total_us, done_us = sum(clip.duration_us for clip in clips), 0
        copies = footage.copied_suffix() is not None
        for clip in clips if copies else ():
            if clip.done is None:
                self._copy_one(footage, clip)
            done_us += clip.duration_us
            if progress is not None:
                progress(done_us, total_us)

    def _copy_one(self, footage: Footage, clip: Planned) -> None:
        span, path = clip.span, self._path / clip.file
        copied = copy_span(
            footage.reader.facts, path, start_us=span.start_us, end_us=span.end_us, comment=comment_for(clip.key)
        )
        if copied is None:
            return
        early_us = span.start_us - copied.start_us
        if early_us > _UNEVEN_US:
            clip.notes = (f"begins {seconds_from_us(early_us):.2f} s early, at the key frame before",)
        self._finish(clip, path, start_us=copied.start_us, end_us=copied.end_us)

    def _note_cut(self, clip: Planned, cut: Cut) -> None:
        """Note how an encoded clip came out."""
        clip.notes = tuple(_losses(cut))
        clip.degraded = bool(cut.gaps or cut.doubtful) or cut.frames == 0
        if self._options.fast and self._options.clips and clip.done is None:
            clip.notes = ("encoded, because its packets cannot be copied", *clip.notes)
        if cut.frames and self._options.clips and clip.done is None:
            path = (self._path / clip.file).with_suffix(".mp4")
            clip.file = path.name
            self._finish(clip, path, start_us=cut.start_us, end_us=cut.shown_until_us)

    def _finish(self, clip: Planned, path: Path, *, start_us: int, end_us: int) -> None:
        size = path.stat().st_size
        clip.done = Finished(path.name, size, start_us, end_us, notes=clip.notes, degraded=clip.degraded)
        self._finished.add(clip.key, clip.done)

    def _made(self) -> ClipsMade:
        """Write the table, and return what there is now."""
        parts_us = {} if self._reel is None else self._reel.parts_us()
        listed = [
            Listed(
                file=clip.done.file if clip.done is not None else "",
                match=clip.footage.match.name,
                start_us=clip.done.start_us if clip.done is not None else clip.span.start_us,
                end_us=clip.done.end_us if clip.done is not None else clip.span.end_us,
                moments=clip.span.moments,
                corrections=clip.footage.match.corrections,
                notes=clip.notes,
                reel_us=parts_us.get(clip.key),
            )
            for clip in self._clips
        ]
        write_contents(self._path / CONTENTS, listed)
        reel = None if self._reel is None or not parts_us else self._path / REEL
        if reel is not None:
            write_chapters(self._path / REEL_CHAPTERS, listed)
        degraded = any(clip.degraded for clip in self._clips)
        notes = tuple(_sound_notes(self._clips, fast=self._options.fast))
        return ClipsMade(self._path, tuple(listed), reel, self._path / CONTENTS, self._reused, notes, degraded)


class PlannedReel:
    """The reel of a folder.

    Attributes:
        done: the finished file; None until there is one.

    """

    def __init__(self, path: Path, clips: Sequence[Planned], *, options: ClipOptions, finished: FinishedFiles) -> None:
        """Choose the form of the reel, and find one that is there already."""
        self._path, self._clips, self._cards = path, clips, options.cards
        self._form = reel_form([clip.footage.source.form() for clip in clips])
        settings = {"form": str(self._form), "cards": options.cards, "titles": options.titles}
        self._key = reel_key([clip.key for clip in clips], settings=settings)
        self.done = finished.find(self._key, name=path.name)
        if self.done is None:
            check_replaceable(path)
        self._reel = Reel(path, form=self._form, comment=comment_for(self._key))

    def part(self, clip: Planned) -> ReelPart:
        """Return where a clip goes."""
        picture = None
        if self._cards:
            match = clip.footage.match
            picture = card(
                clip.span,
                match.corrections,
                width=self._form.width,
                height=self._form.height,
                colours=self._form.colours,
                match=match.name,
            )
        return ReelPart(self._reel, name=clip.key, card=picture)

    def finish(self, finished: FinishedFiles) -> None:
        """Finish the file, and note it."""
        if self.done is None and self._reel.finish():
            degraded = any(clip.degraded for clip in self._clips)
            size = self._path.stat().st_size
            self.done = Finished(self._path.name, size, degraded=degraded, parts_us=dict(self._reel.spans_us))
            finished.add(self._key, self.done)

    def abandon(self) -> None:
        """Remove an unfinished file."""
        self._reel.abandon()

    def parts_us(self) -> dict[str, tuple[int, int]]:
        """Return the start and end of each clip in the reel, microseconds, by the clip's key."""
        parts = (self.done.parts_us if self.done is not None else None) or {}
        return {key: (start_us, end_us) for key, (start_us, end_us) in parts.items()}


def from_done(progress: Progress | None, *, done_us: int, total_us: int) -> Progress | None:
    """Return a callback for a part of the work: what it reports comes after what is done."""
    if progress is None:
        return None
    return lambda part_us, _: progress(min(done_us + part_us, total_us), total_us)


def _losses(cut: Cut) -> Iterator[str]:
    """Yield what is lost in a clip, and what is doubtful."""
    if cut.frames == 0:
        yield "nothing of it can be read"
        return
    yield from map(_gap_text, cut.gaps)
    for gap in cut.doubtful:
        doubtful_s = seconds_from_us(gap.end_us - gap.start_us)
        yield f"{doubtful_s:.2f} s from {format_clock(gap.start_us, decimals=1)} are doubtful: {gap.reason}"


def _gap_text(gap: Gap) -> str:
    lost_s = seconds_from_us(gap.end_us - gap.start_us)
    return f"{lost_s:.2f} s from {format_clock(gap.start_us, decimals=1)} could not be read: {gap.reason}"


def _sound_notes(clips: Iterable[Planned], *, fast: bool) -> Iterator[str]:
    """Yield what is not kept of the sound of each video; copies keep all of it."""
    if fast:
        return
    for footage in {id(clip.footage): clip.footage for clip in clips}.values():
        for note in footage.source.sound.notes:
            yield f"{footage.match.name}: {note}"
