"""One span of a video on its way into one or several movies."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from av import VideoFrame

from touchline.core.events import Gap
from touchline.media.cutting.movie import Movie, MovieFormat
from touchline.media.cutting.sound_span import Samples, SoundSource
from touchline.media.encoding.fitting import PictureFitter, colours_of
from touchline.media.encoding.h264 import even
from touchline.media.facts import StreamFacts

Painter = Callable[[VideoFrame, int], VideoFrame]
"""Draws on a copy of a yuv420p frame, given its time from the start of the span, microseconds."""


class Target(Protocol):
    """Where a span is written: a file of its own, or the end of a longer movie."""

    def begin(self) -> Movie:
        """Return the movie, open; the span follows at its ``end_us``."""

    def end(self) -> None:
        """Close what the span does not share with others."""

    def abandon(self) -> None:
        """Give up after an error; does nothing if it never began or has ended."""


@dataclass(eq=False)
class Cut:
    """Takes the frames of a video in order and writes those of a span.

    The span begins with the picture that is on screen at its start; the movie's clock starts at the span's start, and
    the sound with it.

    Attributes:
        start_us, end_us: half-open span, microseconds from the first shown frame.
        targets: where to write it.
        paint: draws on the frames; None leaves them.
        alone: whether it must not be cut beside another that overlaps it, because both go into one movie.
        frames: number of frames written to each target.
        shown_until_us: end of the last picture that was written.
        gaps: lost parts of the video in the span, once it is cut.
        doubtful: parts of it whose pictures may be wrong.
        done: whether it is cut.

    """

    start_us: int
    end_us: int
    targets: Sequence[Target]
    paint: Painter | None = None
    alone: bool = False
    frames: int = 0
    shown_until_us: int = 0
    gaps: tuple[Gap, ...] = ()
    doubtful: tuple[Gap, ...] = ()
    done: bool = False
    _lanes: list[_Lane] = field(default_factory=list)
    _held: tuple[int, VideoFrame] | None = None

    def take(self, time_us: int, frame: VideoFrame, *, source: Source) -> None:
        """Take the next frame of the video, and write the one before if it is in the span."""
        if self.done:
            return
        if self._held is not None and time_us > self.start_us:
            self._write(until_us=min(time_us, self.end_us), source=source)
        self._held = (time_us, frame)
        if time_us >= self.end_us:
            self._finish()

    def close(self, *, source: Source, end_us: int) -> None:
        """End a span that reaches the end of the video, where the last picture ends at ``end_us``."""
        if not self.done and self._held is not None:
            self._write(until_us=min(end_us, self.end_us), source=source)
            self._finish()
        self.done = True

    def abandon(self) -> None:
        """Give up after an error."""
        for target in self.targets:
            target.abandon()
        self.done = True

    def inside(self, gap: Gap) -> Gap | None:
        """Return the part of a gap that lies in the span; None if there is none."""
        start_us, end_us = max(gap.start_us, self.start_us), min(gap.end_us, self.end_us)
        return Gap(start_us, end_us, gap.reason) if start_us < end_us else None

    def _write(self, *, until_us: int, source: Source) -> None:
        """Write the frame that is held."""
        assert self._held is not None
        time_us, frame = self._held
        at_us = max(time_us, self.start_us)
        if until_us <= at_us:
            return
        if not self._lanes:
            at_us = self.start_us  # where pictures are lost there, the first one that can be read is shown early
            self._lanes = [_Lane(target.begin(), source, cut=self) for target in self.targets]
        for lane in self._lanes:
            lane.picture(frame, at_us=at_us - self.start_us, duration_us=until_us - at_us)
        self.frames += 1
        self.shown_until_us = until_us

    def _finish(self) -> None:
        """End the span in every target."""
        for lane in self._lanes:
            lane.close()
        if self._lanes:
            for target in self.targets:
                target.end()
        self._lanes, self._held, self.done = [], None, True


class Source:
    """A video being cut: its properties, its colours and its sound.

    Args:
        facts: properties of the video.
        seek: whether the times in the file can be trusted; one whose clock restarts is read from the start.
        audio_stream: index of the sound track; None takes the default one, or the loudest if that is silent.

    """

    def __init__(self, facts: StreamFacts, *, seek: bool = True, audio_stream: int | None = None) -> None:
        self.facts, self.seek = facts, seek
        self.sound = SoundSource(facts, seek=seek, stream=audio_stream)
        self.colours = colours_of(facts)

    def form(self) -> MovieFormat:
        """Return the form of a movie that needs no scaling."""
        info = self.facts.info
        return MovieFormat(even(info.width), even(info.height), info.fps, self.colours, self.sound.form)


class _Lane:
    """One span going into one movie."""

    def __init__(self, movie: Movie, source: Source, *, cut: Cut) -> None:
        self._movie, self._paint = movie, cut.paint
        self._offset_us = movie.end_us
        form = movie.form
        self._fitter = PictureFitter(
            source.facts, width=form.width, height=form.height, colours=form.colours, own=source.colours
        )
        self._sound: Iterator[Samples] = iter(())
        self._ahead: list[Samples] = []
        if form.sound is not None:
            self._sound = source.sound.span(cut.start_us, cut.end_us, form=form.sound)

    def picture(self, frame: VideoFrame, *, at_us: int, duration_us: int) -> None:
        """Write a picture at a time in the span, and the sound that is heard while it is shown."""
        fitted = self._fitter.fit(frame)
        painted = fitted if self._paint is None else self._paint(fitted, at_us)
        at_us += self._offset_us
        first = at_us == self._offset_us
        self._movie.picture(painted, at_us=at_us, duration_us=duration_us, first=first)
        self._write_sound(self._movie.samples_missing(self._movie.end_us))

    def close(self) -> None:
        """Close the sound."""
        if isinstance(self._sound, Generator):
            self._sound.close()

    def _write_sound(self, missing: int) -> None:
        """Write this many samples; silence where the span has no more."""
        while missing > 0:
            if not self._ahead:
                assert self._movie.form.sound is not None
                silence = np.zeros((self._movie.form.sound.channels, missing), np.float32)
                self._ahead.append(next(self._sound, silence))
            piece = self._ahead.pop()
            if piece.shape[1] > missing:
                self._ahead.append(piece[:, missing:])
            self._movie.sound(piece[:, :missing])
            missing -= min(missing, piece.shape[1])
