"""Where spans are written: a file for each, or one movie of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from av import VideoFrame

from touchline.core.clock import US_PER_S
from touchline.media.cutting.movie import Movie, MovieFormat

CARD_US = US_PER_S
"""How long the card before a part of a reel is shown, microseconds."""
_CARD_PICTURES = 10


class ClipFile:
    """A file that holds one span."""

    def __init__(self, path: Path, *, form: MovieFormat, comment: str = "") -> None:
        self._path, self._form, self._comment = path, form, comment
        self._movie: Movie | None = None

    def begin(self) -> Movie:
        """Open the file."""
        self._movie = Movie(self._path, form=self._form, comment=self._comment)
        return self._movie

    def end(self) -> None:
        """Finish the file."""
        if self._movie is not None:
            self._movie.finish()
            self._movie = None

    def abandon(self) -> None:
        """Remove the unfinished file."""
        if self._movie is not None:
            self._movie.abandon()
            self._movie = None


class Reel:
    """One movie of many spans, in the order in which they are cut.

    Attributes:
        spans_us: start and end of each part in the movie, microseconds, without its card.

    """

    def __init__(self, path: Path, *, form: MovieFormat, comment: str = "") -> None:
        self._path, self._form, self._comment = path, form, comment
        self._movie: Movie | None = None
        self.spans_us: dict[str, tuple[int, int]] = {}

    def movie(self) -> Movie:
        """Return the movie, opened for its first part."""
        if self._movie is None:
            self._movie = Movie(self._path, form=self._form, comment=self._comment)
        return self._movie

    def finish(self) -> bool:
        """Finish the file; return whether there is one."""
        if self._movie is None:
            return False
        self._movie.finish()
        self._movie = None
        return True

    def abandon(self) -> None:
        """Remove the unfinished file; does nothing after :meth:`finish`."""
        if self._movie is not None:
            self._movie.abandon()
            self._movie = None


class ReelPart:
    """A span in a reel, after a card if it has one."""

    def __init__(self, reel: Reel, *, name: str, card: VideoFrame | None = None) -> None:
        """Prepare a part.

        Args:
            reel: the movie.
            name: key of the part in the reel's ``spans_us``.
            card: a picture of the movie's size to show before the part.

        """
        self._reel, self._name, self._card = reel, name, card

    def begin(self) -> Movie:
        """Write the card; the part follows."""
        movie = self._reel.movie()
        if self._card is not None:
            _write_card(movie, self._card)
        self._reel.spans_us[self._name] = (movie.end_us, movie.end_us)
        return movie

    def end(self) -> None:
        """Note where the part ends."""
        start_us, _ = self._reel.spans_us[self._name]
        self._reel.spans_us[self._name] = (start_us, self._reel.movie().end_us)

    def abandon(self) -> None:
        """Do nothing: the reel as a whole is given up by whoever made it."""


def _write_card(movie: Movie, card: VideoFrame) -> None:
    """Show a picture in silence for a while, as several frames, for some players skip one that lasts long."""
    for number in range(_CARD_PICTURES):
        step_us = CARD_US // _CARD_PICTURES
        movie.picture(card, at_us=movie.end_us, duration_us=step_us, first=number == 0)
    if movie.form.sound is not None:
        movie.sound(np.zeros((movie.form.sound.channels, movie.samples_missing(movie.end_us)), np.float32))


def reel_form(forms: Sequence[MovieFormat]) -> MovieFormat:
    """Return the form of a reel of several videos: the largest picture, and the best sound any of them has."""
    largest = max(forms, key=lambda form: form.width * form.height)
    sounds = [form.sound for form in forms if form.sound is not None]
    sound = max(sounds, key=lambda sound: (sound.channels, sound.rate_hz), default=None)
    return MovieFormat(largest.width, largest.height, largest.fps, largest.colours, sound)
