"""What to cut: the clips of one folder, their names and keys, and which of them are there already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from touchline.core.errors import UsageError
from touchline.media.cutting.copying import copied_suffix
from touchline.media.cutting.cut import Source
from touchline.media.video import VideoReader
from touchline.render.clips.contents import describe
from touchline.render.clips.finished import Finished, clip_key
from touchline.render.clips.match import Match, Moment
from touchline.render.clips.names import clip_name, folder_name
from touchline.render.clips.spans import Margins, Span, spans_of


@dataclass(frozen=True, kw_only=True)
class ClipOptions:
    """How to cut.

    Attributes:
        margins: time before and after moments.
        merge: make one clip of those that overlap or touch.
        clips: write a file for each clip.
        reel: write one file of all clips, in order.
        titles: burn label, time, player, team and confidence into the picture.
        cards: show them for a second before each clip of the reel.
        fast: copy clips from the key frame before, in place of encoding them again; the reel is encoded.

    """

    margins: Margins = field(default_factory=Margins)
    merge: bool = True
    clips: bool = True
    reel: bool = False
    titles: bool = False
    cards: bool = False
    fast: bool = False

    def __post_init__(self) -> None:
        if not self.clips and not self.reel:
            raise UsageError("--no-clips without --reel leaves nothing to write; add --reel")
        if self.cards and not self.reel:
            raise UsageError("--cards are shown in a reel; add --reel")
        if self.fast and self.titles and self.clips:
            raise UsageError("--fast copies pictures as they are, so they get no titles; leave out --fast or --titles")


@dataclass
class Footage:
    """A match with its video opened.

    Attributes:
        match: the match.
        reader: its video.
        source: the same video, for cutting.

    """

    match: Match
    reader: VideoReader
    source: Source

    @classmethod
    def open(cls, match: Match) -> Footage:
        """Open the video of a match; the file is only held open while it is read."""
        reader = VideoReader(match.video, stream=match.stream())
        return cls(
            match, reader, Source(reader.facts, seek=not match.clock_restarted, audio_stream=match.audio_stream())
        )

    def copied_suffix(self) -> str | None:
        """Return the ending of files that take its packets; None if they cannot be copied."""
        return copied_suffix(self.reader.facts) if self.source.seek else None

    @property
    def end_us(self) -> int:
        """Where the video ends, microseconds: as decoded when it was analysed, else as its header says."""
        return self.match.duration_us or self.reader.info.duration_us


@dataclass(eq=False)
class Planned:
    """A clip to make.

    Attributes:
        footage: where it comes from.
        span: what it is to show.
        file: name of its file.
        key: of its content, see :func:`touchline.render.clips.finished.clip_key`.
        done: the finished file; None until there is one.
        notes: what went wrong or differs, in words.
        degraded: whether a part of the video could not be read.

    """

    footage: Footage
    span: Span
    file: str
    key: str
    done: Finished | None = None
    notes: tuple[str, ...] = ()
    degraded: bool = False

    @property
    def duration_us(self) -> int:
        """Length of the clip."""
        return self.span.end_us - self.span.start_us


def planned_clips(
    footages: Sequence[Footage], moments: Sequence[Sequence[Moment]], *, options: ClipOptions
) -> list[Planned]:
    """Return the clips of one folder, in order of match and time; ``moments`` has those of each match."""
    planned: list[Planned] = []
    twins: Counter[tuple[str, int, int]] = Counter()
    for footage, wanted in zip(footages, moments, strict=True):
        match = footage.match
        suffix = (footage.copied_suffix() if options.fast else None) or ".mp4"
        for span in spans_of(
            wanted, match.corrections, margins=options.margins, duration_us=footage.end_us, merge=options.merge
        ):
            name = clip_name(
                span,
                number=len(planned) + 1,
                corrections=match.corrections,
                match=match.name if len(footages) > 1 else "",
            )
            titles = [describe(moment, match.corrections) for moment in span.moments] if options.titles else []
            stream = footage.reader.info.stream_index
            twin = (match.fingerprint, span.start_us, span.end_us)
            streams = (stream, match.audio_stream())
            key = clip_key(match, span, streams=streams, fast=options.fast, titles=titles, twin=twins[twin])
            twins[twin] += 1
            planned.append(Planned(footage, span, name + suffix, key))
    return planned


def by_player(matches: Sequence[Match], moments: Sequence[Sequence[Moment]]) -> Mapping[str, list[list[Moment]]]:
    """Return the moments of each match by the folder of their player; a player of several matches has one folder."""
    folders: dict[str, list[list[Moment]]] = {}
    for index, (match, wanted) in enumerate(zip(matches, moments, strict=True)):
        for moment in wanted:
            if moment.player is not None:
                name = folder_name(moment.player, match.corrections)
                folders.setdefault(name, [[] for _ in matches])[index].append(moment)
    return dict(sorted(folders.items()))
