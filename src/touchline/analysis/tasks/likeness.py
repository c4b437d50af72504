"""The task that compares a video with the footage its models were measured on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from touchline.analysis.likeness.comparison import compare, why_no_ball_actions
from touchline.analysis.likeness.facts import PictureFacts, facts_of_boxes, facts_of_file, read_boxes
from touchline.analysis.tasks.keys import digest_of
from touchline.analysis.tasks.task import Job, Summary, Task
from touchline.core.events import Coverage
from touchline.formats.bundle import TRACKS, Bundle, Manifest
from touchline.formats.likeness import LIKENESS, Likeness, likeness_or_none, write_likeness
from touchline.media.frame import Frame
from touchline.media.sampling import GridSampler
from touchline.models.measured import MeasuredOn, find_measured

PICTURES_PER_S = 2.0
"""Pictures a second that are looked at."""
_FINDS = {"spot": "events", "track": "people and ball", "sound": "sound"}
"""Tasks whose models are compared, with what they find; a reader of the score board reads graphics, not football."""
_PICTURES, _TRACKS = "pictures", "tracks"


class LikenessSummary(Summary):
    """The verdict on a video."""

    def __init__(self, likeness: Likeness) -> None:
        self.likeness = likeness

    @property
    def verdict(self) -> str:
        """Return the verdict in one line."""
        return self.likeness.line

    def record(self) -> dict[str, Any]:
        """Return the verdict, its reasons and the facts."""
        return {"likeness": self.likeness.to_json()}


class LikenessTask(Task):
    """``likeness.json``: what the video is like, and whether each model was measured on such footage.

    Args:
        models: the models of the other tasks of this analysis, as the manifest lists them.

    """

    name = "likeness"
    files = (LIKENESS,)
    needs = ("track",)
    implied = True
    resumes = False
    rates = (PICTURES_PER_S,)

    def __init__(self, models: Sequence[Mapping[str, str]]) -> None:
        self._given = tuple(models)
        self._job: Job
        self._measured: dict[tuple[str, str], MeasuredOn | None] = {}
        self._found = Likeness()
        self._facts: PictureFacts | None = None

    def begin(self, job: Job) -> None:
        """Start on a video; models of other tasks whose results are in the bundle are compared, too."""
        self._job, self._facts, self._found = job, None, Likeness()
        given = {model["task"] for model in self._given}
        before = () if job.before is None else job.before.models
        models = [*self._given, *(model for model in before if model["task"] not in given)]
        keys = sorted({(one["task"], one["name"], one["sha256"]) for one in models if one["task"] in _FINDS})
        self._measured = {(task, name): find_measured(name, sha256=sha256) for task, name, sha256 in keys}
        shown = [[*key, None if (m := self._measured[key[:2]]) is None else m.model_dump(mode="json")] for key in keys]
        tracks = job.key_of("track", TRACKS)
        self.key = {
            **job.origin,
            "models": digest_of(shown),
            _PICTURES: PICTURES_PER_S,
            _TRACKS: None if tracks is None else digest_of(tracks),
        }

    def open(self) -> None:
        """Prepare to look at the frames, unless the bundle already holds what they are like."""
        self.watches = self._job.force or self._pictures_before() is None
        self._facts = PictureFacts() if self.watches else None

    def watch(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield the frames unchanged, looking at two a second on the way."""
        facts = self._facts or PictureFacts()
        sampler: GridSampler[Frame] = GridSampler(fps=PICTURES_PER_S)
        last_us = -1
        for frame in frames:
            for _, sampled in sampler.push(frame.time_us, frame):
                if sampled.time_us > last_us:  # across a gap it repeats
                    facts.add(sampled)
                    last_us = sampled.time_us
            yield frame
        for _, sampled in sampler.finish():
            if sampled.time_us > last_us:
                facts.add(sampled)
                last_us = sampled.time_us
        self._facts = facts

    def write(self, bundle: Bundle, *, coverage: Coverage) -> None:
        """Compare the video with each model's footage and write the file."""
        before = self._pictures_before()
        pictures = len(self._facts.looks) if self._facts is not None else before.pictures if before else 0
        facts = self._facts.values() if self._facts is not None else _looks_of(before)
        facts |= facts_of_file(self._job.info)
        if self.key[_TRACKS] is not None:
            boxes = read_boxes(bundle.path / TRACKS)
            facts |= facts_of_boxes(boxes, shots=bundle.read_shots(), width=self._job.info.width)
        models = tuple(
            compare(name, facts=facts, measured=measured, finds=_FINDS[task])
            for (task, name), measured in self._measured.items()
        )
        self._found = Likeness(facts, pictures, models, why_no_ball_actions(facts))
        write_likeness(bundle.path, self._found)

    def manifest_parts(self) -> Mapping[str, Any]:
        """Return the verdict and the reasons."""
        document = self._found.to_json()
        return {"likeness": {name: document[name] for name in ("verdict", "line", "models", "withheld")}}

    def summary(self, bundle: Bundle, manifest: Manifest) -> LikenessSummary:
        """Return the verdict in the bundle."""
        return LikenessSummary(likeness_or_none(bundle.path) or Likeness())

    def _pictures_before(self) -> Likeness | None:
        """Return what the bundle says about the pictures, if it says so of this video."""
        recorded = self._job.recorded_key(self.name, LIKENESS)
        if recorded is None or any(recorded.get(name) != self.key[name] for name in (*self._job.origin, _PICTURES)):
            return None
        return likeness_or_none(self._job.bundle.path)


def _looks_of(before: Likeness | None) -> dict[str, float]:
    """Return the facts that pictures gave, without those of tracks."""
    of_tracks = ("wide", "pitch", "people", "person_px", "ball")
    facts = {} if before is None else before.facts
    return {name: value for name, value in facts.items() if name not in of_tracks}
