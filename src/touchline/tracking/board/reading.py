"""The reading of a broadcast's score board, one picture a second or so, in small and bounded work.

First, lines of text that stand still are looked for and read; those that hold a clock are read again on every picture.
The clock that goes on is kept. Around it, the score and the names are read every few pictures. Nothing is decided here:
all reads are kept, and :func:`finish` fits clock, score and names to them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from touchline.core.arrays import Rgb
from touchline.core.board.values import BoardPlace, MatchClock
from touchline.core.clock import US_PER_S
from touchline.core.wording import counted
from touchline.tracking.board.clock_fit import ClockRead, fit_clock
from touchline.tracking.board.lines import Box, Grey, StillLines
from touchline.tracking.board.score_fit import ScoreRead, fit_scores, most_frequent_name
from touchline.tracking.board.text import clocks_in, loose_clocks_in
from touchline.tracking.board.words import Words, near_clock, rows_of, score_of_words

SAMPLE_FPS, SHORT_FPS = 0.96, 2.88
"""Pictures a second that are looked at: not a whole second apart, so that the clock's change of second is seen."""
SHORT_S = 60.0
"""Longest video, in seconds, of which more pictures a second are looked at."""

_SEARCH_EVERY, _SEARCH_SELDOM, _OFTEN = 5, 15, 60
_FORMER = 8
_BOARD_EVERY = 8
_LOST_AFTER = 8
_TRIED = 8
_LEAST_STEPS, _FASTEST = 2, 20
_MOST_PLACES = 4
_MOST_READ = 24
_MOST_ON_BOARD = 9
_AGAIN = 3
"""How often a board is read again at once after its score changed."""
_WIDE, _WIDEST = 1.2, 16.0
_ALONE = 6.0
"""Widest box, in heights, that holds a clock and little else."""
_TIGHTER, _INSIDE = 0.8, 0.9
_SAME = 0.4
_MARGIN_X, _MARGIN_Y = 0.3, 0.12


def sample_fps(duration_us: int) -> float:
    """Return how many pictures a second of a video are looked at."""
    return SHORT_FPS if duration_us <= SHORT_S * US_PER_S else SAMPLE_FPS


class TextReader(Protocol):
    """A reader of single lines of text.

    Attributes:
        name: what it is, for the results.

    """

    name: str

    @property
    def sha256(self) -> str:
        """Hash of its model; empty if it has none."""
        ...

    def read(self, lines: Sequence[Rgb]) -> list[tuple[str, float]]:
        """Return the text and the confidence of pictures of a line each, uint8 (height, width, 3)."""
        ...


@dataclass(slots=True)
class _Place:
    """A box in which a clock was read, and what was read there."""

    box: Box
    reads: list[ClockRead] = field(default_factory=list)
    tried: int = 0
    missed: int = 0
    steps: int = 0

    @property
    def goes_on(self) -> bool:
        """Whether what was read there went forward."""
        return self.steps >= _LEAST_STEPS

    def add(self, read: ClockRead) -> None:
        """Take the next read."""
        if self.reads:
            former = self.reads[-1]
            most_s = _FASTEST * (read.time_us - former.time_us) / US_PER_S + 2
            self.steps += any(0 < b - a <= most_s for a in former.seconds for b in read.seconds)
        self.reads.append(read)


class BoardReader:
    """A reader of the score board of one video.

    Args:
        reader: reads lines of text.

    """

    def __init__(self, reader: TextReader) -> None:
        self._reader = reader
        self._lines = StillLines()
        self._places: list[_Place] = []
        self._scores: list[ScoreRead] = []
        self._names: list[tuple[str, str]] = []
        self._former: deque[tuple[int, Rgb]] = deque(maxlen=_FORMER)
        self._pictures = 0
        self._since_search = 0
        self._again = 0
        self._size = (1, 1)

    def see(self, time_us: int, luma: Grey, picture: Rgb) -> None:
        """Take the next picture.

        Args:
            time_us: its time in the video.
            luma: its brightness, uint8 (height, width).
            picture: its colours, uint8 (height, width, 3).

        """
        self._size = picture.shape[1], picture.shape[0]
        self._lines.see(luma)
        self._pictures += 1
        self._since_search += 1
        for place in self._places:
            self._read_clock(place, time_us, picture)
        self._drop_places()
        if self._wants_search():
            self._search(time_us, picture)
        elif self._places and (self._again > 0 or self._pictures % _BOARD_EVERY == 0):
            self._read_board(time_us, picture)
        self._former.append((time_us, picture))

    def finish(self, *, duration_us: int) -> MatchClock:
        """Return what the board says over the whole video.

        Args:
            duration_us: length of the video.

        """
        fitted = [(place, *fit_clock(place.reads, duration_us=duration_us)) for place in self._places]
        fitted = [one for one in fitted if one[1]]
        if not fitted:
            return MatchClock(
                self._reader.name,
                pictures=self._pictures,
                reads=sum(len(place.reads) for place in self._places),
                remarks=("no score board with a running clock was found: match times are not known",),
            )
        place, spans, kick_offs = max(fitted, key=lambda one: sum(span.reads for span in one[1]))
        scores = fit_scores(self._scores)
        home, away = (most_frequent_name([names[side] for names in self._names]) for side in (0, 1))
        found = MatchClock(
            self._reader.name,
            spans,
            scores,
            kick_offs,
            home,
            away,
            self._shares(place.box),
            self._pictures,
            len(place.reads),
        )
        return replace(found, remarks=_remarks(found))

    def _read_clock(self, place: _Place, time_us: int, picture: Rgb) -> None:
        text, _ = self._read([place.box], picture)[0]
        alone = place.box.width <= _ALONE * place.box.height
        seconds = loose_clocks_in(text) if alone else clocks_in(text)
        place.tried += 1
        place.missed = 0 if seconds else place.missed + 1
        if seconds:
            place.add(ClockRead(time_us, seconds))

    def _new_place(self, box: Box, read: ClockRead) -> _Place:
        """Return a place with what stood there on the last few pictures, if they had the same size."""
        place = _Place(box)
        for time_us, picture in self._former:
            if picture.shape[1::-1] == self._size:
                self._read_clock(place, time_us, picture)
        place.add(read)
        place.tried, place.missed = 1, 0
        return place

    def _drop_places(self) -> None:
        """Drop places whose clock does not go on; of those that do, keep the one that is read most often."""
        tried = [place for place in self._places if place.tried >= _TRIED]
        going = [place for place in tried if place.goes_on]
        best = max(going, key=lambda one: len(one.reads), default=None)
        self._places = [
            place for place in self._places if place.tried < _TRIED or place is best or (best and _again(place))
        ]

    def _wants_search(self) -> bool:
        if not self._lines.ready:
            return False
        lost = not self._places or all(place.missed >= _LOST_AFTER for place in self._places)
        if not lost:
            return False
        every = _SEARCH_EVERY if self._pictures <= _OFTEN or self._places else _SEARCH_SELDOM
        return self._since_search >= every or self._pictures <= _SEARCH_EVERY

    def _search(self, time_us: int, picture: Rgb) -> None:
        """Read the lines that stand still, and take the places of clocks among them."""
        self._since_search = 0
        words = self._words(self._lines.find(), picture)
        found = [(one, seconds) for one in words if (seconds := clocks_in(one.text))]
        found = found or [(one, seconds) for one in words if (seconds := _bare_clock(one))]
        found.sort(key=lambda one: one[0].box.width)
        for one, seconds in found:
            known = next((place for place in self._places if _overlap(place.box, one.box) > _SAME), None)
            if known is None and len(self._places) < _MOST_PLACES:
                self._places.append(self._new_place(one.box, ClockRead(time_us, seconds)))
            elif known is not None and known.reads and known.reads[-1].time_us < time_us:
                known.box, known.missed = one.box, 0
                known.add(ClockRead(time_us, seconds))
        if self._places:
            self._take_score(time_us, words, self._places[0].box)

    def _read_board(self, time_us: int, picture: Rgb) -> None:
        """Read the score and the names around the clock."""
        clock = max(self._places, key=lambda one: len(one.reads)).box
        self._again -= 1
        near = [box for box in self._lines.find() if near_clock(box, clock)]
        words = self._words(near, picture, most=_MOST_ON_BOARD)
        self._take_score(time_us, words, clock)
        self._tighten(words)

    def _tighten(self, words: Sequence[Words]) -> None:
        """Give each place the smallest box in it that held a clock."""
        for place in self._places:
            for one in words:
                inside = _overlap(one.box, place.box) > _INSIDE and one.box.width < _TIGHTER * place.box.width
                if inside and clocks_in(one.text):
                    place.box = one.box

    def _take_score(self, time_us: int, words: Sequence[Words], clock: Box) -> None:
        score = score_of_words([one for one in words if near_clock(one.box, clock) or _overlap(one.box, clock) > 0])
        if score is not None:
            former = self._scores[-1] if self._scores else None
            if former is None or (former.home, former.away) != (score.home, score.away):
                self._again = _AGAIN
            self._scores.append(ScoreRead(time_us, score.home, score.away))
            self._names.append((score.home_name, score.away_name))

    def _words(self, boxes: Sequence[Box], picture: Rgb, *, most: int = _MOST_READ) -> list[Words]:
        """Return the words on lines, and on the rows that they form."""
        wanted = list(dict.fromkeys([*rows_of(boxes), *boxes]))
        wanted = [box for box in wanted if box.width >= _WIDE * box.height and box.width <= _WIDEST * box.height][:most]
        read = self._read(wanted, picture)
        return [Words(box, text, confidence) for box, (text, confidence) in zip(wanted, read, strict=True)]

    def _read(self, boxes: Sequence[Box], picture: Rgb) -> list[tuple[str, float]]:
        width, height = self._size
        grown = [box.grown(_MARGIN_X, _MARGIN_Y, width=width, height=height) for box in boxes]
        return self._reader.read([box.cut(picture) for box in grown])

    def _shares(self, box: Box) -> BoardPlace:
        width, height = self._size
        values = (box.x0 / width, box.y0 / height, box.x1 / width, box.y1 / height)
        return BoardPlace(*(round(min(1.0, max(0.0, value)), 4) for value in values))


def _again(place: _Place) -> bool:
    """Return whether a place was given up before but may show a clock again: it has many reads."""
    return place.goes_on and len(place.reads) >= _OFTEN


def _bare_clock(words: Words) -> tuple[int, ...]:
    """Return the clock of a line that holds little besides four digits."""
    return loose_clocks_in(words.text) if 4 <= len(words.text.strip()) <= 6 else ()


def _overlap(a: Box, b: Box) -> float:
    """Return the share of the smaller box that lies in the other."""
    return a.area_in(b) / max(1, min(a.area, b.area))


def _remarks(clock: MatchClock) -> tuple[str, ...]:
    """Return what a user should know about a clock that was found."""
    remarks = []
    fast = [span for span in clock.spans if span.rate != 1]
    if fast:
        remarks.append(
            f"the clock runs at {fast[0].rate:.1f} times the speed of the video: it was sped up or slowed down"
        )
    if not clock.scores:
        remarks.append("no score could be read beside the clock")
    if len(clock.spans) > 1:
        remarks.append(f"the clock jumps: {counted(len(clock.spans), 'span')} of the video have one each")
    return tuple(remarks)
