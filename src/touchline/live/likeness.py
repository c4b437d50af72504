"""Whether a live source is like the footage that the model was measured on, judged as for a file."""

from __future__ import annotations

from threading import Lock

from touchline.analysis.likeness.comparison import compare, why_no_ball_actions
from touchline.analysis.likeness.facts import PictureFacts, facts_of_file
from touchline.analysis.tasks.likeness import PICTURES_PER_S
from touchline.core.clock import US_PER_S
from touchline.core.events import VideoInfo
from touchline.formats.likeness import Likeness
from touchline.live.source.pictures import Picture
from touchline.media.frame import Frame
from touchline.media.sampling import GridSampler
from touchline.models.measured import find_measured
from touchline.spotting.spotter import Member

_FIRST_US = 20 * US_PER_S
_EVERY_US = 60 * US_PER_S
_FINDS = "events"


class LiveLikeness:
    """Looks at two pictures a second, and compares now and then.

    Args:
        spotter: the model.

    """

    def __init__(self, spotter: Member) -> None:
        self._name = spotter.name
        self._measured = find_measured(spotter.name, sha256=spotter.sha256)
        self._facts = PictureFacts()
        self._sampler: GridSampler[Picture] = GridSampler(fps=PICTURES_PER_S)
        self._last_us = -1
        self._next_us = _FIRST_US
        self._lock = Lock()
        self._found = Likeness()

    @property
    def found(self) -> Likeness:
        """The verdict so far; unchecked before the first comparison."""
        with self._lock:
            return self._found

    def see(self, picture: Picture, *, info: VideoInfo | None) -> None:
        """Take the next picture of the source."""
        for _, sampled in self._sampler.push(picture.time_us, picture):
            self._look(sampled)
        if picture.time_us >= self._next_us:
            self._compare(info)
            self._next_us = picture.time_us + _EVERY_US

    def finish(self, *, info: VideoInfo | None) -> None:
        """Compare all pictures; no more follow."""
        for _, sampled in self._sampler.finish():
            self._look(sampled)
        self._compare(info)

    def _look(self, picture: Picture) -> None:
        if picture.time_us > self._last_us:  # across a gap one picture repeats
            self._facts.add(Frame(picture.time_us, picture.luma(), picture.rgb))
            self._last_us = picture.time_us

    def _compare(self, info: VideoInfo | None) -> None:
        facts = self._facts.values() | ({} if info is None else facts_of_file(info))
        model = compare(self._name, facts=facts, measured=self._measured, finds=_FINDS)
        with self._lock:
            self._found = Likeness(facts, len(self._facts.looks), (model,), why_no_ball_actions(facts))
