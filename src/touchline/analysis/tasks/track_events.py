"""The tasks that name events of play from the tracks: fused with a picture spotter and the sound, or alone.

Both write the same files as the task of a picture spotter, under the same name, so that the report, the review and the
exports know no difference; ``play.json`` and ``play.npz`` hold what the events were found from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from touchline.analysis.likeness.marks import heeding
from touchline.analysis.play_events import PlayFound, PlaySpotter
from touchline.analysis.tasks.event_files import half_key, write_event_files
from touchline.analysis.tasks.keys import digests_of
from touchline.analysis.tasks.spot import LIKENESS_KEY, PLAY_KEY, SpotTask
from touchline.analysis.tasks.spot_summary import SpotSummary, spot_summary
from touchline.analysis.tasks.task import Job, Task
from touchline.core.events import Coverage
from touchline.formats.bundle import CANDIDATES, EVENTS, RESULTS, SCORES, TRACKS, Bundle, Manifest
from touchline.formats.camera import CAMERA
from touchline.formats.likeness import LIKENESS, Likeness, likeness_or_none
from touchline.formats.play import PLAY, PLAY_CURVES, write_play
from touchline.formats.sound import SOUND, SOUND_CURVES
from touchline.spotting.from_tracks.fusion import NAME
from touchline.spotting.spotter import BaseSpotter

_FILES = (EVENTS, CANDIDATES, RESULTS, PLAY, PLAY_CURVES)


class FusedEventsTask(SpotTask):
    """The task that names events of play from tracks, fused with a picture spotter's scores and the sound.

    Args:
        spotter: the picture spotter, or an ensemble of spotters.
        play: what names events from tracks.

    """

    files = (*_FILES, SCORES)
    needs = ("track", "sound", "likeness")

    def __init__(self, spotter: BaseSpotter, *, play: PlaySpotter) -> None:
        super().__init__(spotter)
        self.models = (*self.models, *_models(self.name, play))
        self._play = play
        self._thresholds = play.thresholds
        self._found: PlayFound | None = None

    def begin(self, job: Job) -> None:
        """Start on a video."""
        super().begin(job)
        self._found = None
        self.key = {**self.key, PLAY_KEY: _play_key(self._play, job)}

    def write(self, bundle: Bundle, *, coverage: Coverage) -> None:
        """Name the events and write the task's files."""
        scores = self.scores(bundle)
        bundle.write_scores(scores)
        found = self._play.find(bundle, picture=scores, picture_name=self.spotter.name)
        self._found = _honest(found, likeness=likeness_or_none(bundle.path) if LIKENESS_KEY in self.key else None)
        _write(bundle, self._found, job=self._job)

    def manifest_parts(self) -> Mapping[str, Any]:
        """Return what the events were found from, remarks on them, and the labels that are off."""
        return _parts(self._found, self._play, made_from="fused")


class TrackEventsTask(Task):
    """The task that names events of play from the tracks and the sound alone.

    Args:
        play: what names events from tracks.

    """

    name = "spot"
    files = _FILES
    needs = ("track", "sound", "likeness")

    def __init__(self, play: PlaySpotter) -> None:
        self.models = _models(self.name, play)
        self._play = play
        self._job: Job
        self._found: PlayFound | None = None

    def begin(self, job: Job) -> None:
        """Start on a video."""
        self._job, self._found = job, None
        play = _play_key(self._play, job)
        key = {**job.origin, **half_key(job), "thresholds": self._play.thresholds, PLAY_KEY: play}
        used = digests_of({LIKENESS_KEY: job.key_of("likeness", LIKENESS)})
        self.key = json.loads(json.dumps({**key, **used}))

    def write(self, bundle: Bundle, *, coverage: Coverage) -> None:
        """Name the events and write the task's files."""
        found = self._play.find(bundle, picture=None)
        self._found = _honest(found, likeness=likeness_or_none(bundle.path) if LIKENESS_KEY in self.key else None)
        bundle.discard(SCORES)  # of an earlier run with a picture spotter
        _write(bundle, self._found, job=self._job)

    def manifest_parts(self) -> Mapping[str, Any]:
        """Return what the events were found from, remarks on them, and the labels that are off."""
        return _parts(self._found, self._play, made_from="tracks")

    def summary(self, bundle: Bundle, manifest: Manifest) -> SpotSummary:
        """Return the events in the bundle."""
        return spot_summary(bundle, manifest)


def _models(task: str, play: PlaySpotter) -> tuple[Mapping[str, str], ...]:
    return tuple({"task": task, "name": name, "sha256": sha256} for name, sha256 in play.models)


def _play_key(play: PlaySpotter, job: Job) -> dict[str, Any]:
    """Return what determines the events besides scores and thresholds: models, tracks and sound."""
    others = {"track": job.key_of("track", TRACKS, CAMERA), "sound": job.key_of("sound", SOUND, SOUND_CURVES)}
    return {**play.key(), **digests_of(others)}


def _honest(found: PlayFound, *, likeness: Likeness | None) -> PlayFound:
    """Return what was found without what the video cannot show, and marked if the video is unlike the measured ones."""
    timeline, withheld = heeding(found.timeline, likeness=likeness, models=[NAME])
    candidates, _ = heeding(found.candidates, likeness=likeness, models=[NAME])
    return replace(found, timeline=timeline, candidates=candidates, remarks=found.remarks + withheld)


def _write(bundle: Bundle, found: PlayFound, *, job: Job) -> None:
    write_play(bundle.path, found.play)
    write_event_files(bundle, found.timeline, candidates=found.candidates, job=job)


def _parts(found: PlayFound | None, play: PlaySpotter, *, made_from: str) -> dict[str, Any]:
    remarks = () if found is None else found.remarks
    off = {label: why for label, why in play.fusion.off.items() if play.thresholds[label] >= 1.0}
    return {"spotting": {"events": made_from, "off": off, **({"remarks": list(remarks)} if remarks else {})}}
