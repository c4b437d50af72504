"""The summary of tracking in a few numbers and in words: above all what was not found, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import numpy as np

from touchline.analysis.tasks.task import Summary
from touchline.core.clock import US_PER_S, format_clock
from touchline.core.tracks import BALL, DETECTION_LABELS, Shot, Track
from touchline.core.wording import counted
from touchline.formats.boxes.picked import PickedBox
from touchline.render.colour_names import kit_names
from touchline.tracking.observations import Observation

_FLAT = 3.0
"""Standard deviation of brightness, of 255, below which a picture is empty."""
_DARK = 40.0
_SMALL_PX = 240
_SHORT_SHOT_S = 2.0
_PICK_IOU = 0.3
_PICK_US = US_PER_S // 2


@dataclass(frozen=True)
class TrackingSummary(Summary):
    """The results of tracking.

    Attributes:
        pictures: number of analysed frames.
        people: number of tracks of people.
        balls: number of tracks of the ball.
        labels: number of tracks by label.
        teams: number of tracks of people by team.
        kits: approximate colour of the shirts of each team, ``#rrggbb``; empty if the teams are unknown.
        persons: number of distinct players by team, and of distinct officials, estimated by joining tracks.
        placed: share of the boxes of people, 0 to 1, that have a position on the pitch.
        shots: camera shots in order.
        notes: remarks for the user, in words.
        unmatched: picked boxes that matched nobody, in words.

    """

    pictures: int = 0
    people: int = 0
    balls: int = 0
    labels: Mapping[str, int] | None = None
    teams: Mapping[str, int] | None = None
    kits: Mapping[str, str] = field(default_factory=dict)
    placed: float = 0.0
    shots: tuple[Shot, ...] = ()
    notes: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()
    persons: Mapping[str, int] = field(default_factory=dict)

    @property
    def kit_names(self) -> dict[str, str]:
        """The colour of each team's shirts in words."""
        return kit_names(self.kits)

    def to_json(self) -> dict[str, Any]:
        """Return the summary as plain values."""
        return {**asdict(self), "kit_names": self.kit_names}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> TrackingSummary:
        """Rebuild a summary from the values of :meth:`to_json`."""
        shots = tuple(Shot(**shot) for shot in document.get("shots", ()))
        words = {name: tuple(document.get(name, ())) for name in ("notes", "unmatched")}
        known = {one.name for one in fields(cls)}
        return cls(**{**{key: value for key, value in document.items() if key in known}, "shots": shots, **words})

    @property
    def degraded(self) -> bool:
        """Whether a picked box matched nobody."""
        return bool(self.unmatched)

    def record(self) -> dict[str, Any]:
        """Return the whole summary."""
        return {"tracking": self.to_json()}

    def counts(self) -> list[str]:
        """Return the number of tracks in words."""
        return [f"{counted(self.people, 'track')} of people, {self.balls} of the ball"]

    def lines(self, *, listed: bool) -> list[str]:
        """Return roles, teams, shots and remarks in words."""
        roles = ", ".join(f"{label} {count}" for label, count in (self.labels or {}).items())
        named = {team: f" ({name})" for team, name in self.kit_names.items()}
        teams = ", ".join(f"team {team}{named.get(team, '')} {count}" for team, count in (self.teams or {}).items())
        kinds = Counter(shot.kind for shot in self.shots)
        shots = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        lines = [f"tracks: {'; '.join(words for words in (roles, teams) if words)}"] if roles else []
        if self.persons:
            who = ", ".join(f"{n} {w if w == 'officials' else f'of team {w}'}" for w, n in self.persons.items())
            lines.append(f"people, after joining tracks of the same person: {who}")
        lines.append(f"{counted(len(self.shots), 'camera shot')}: {shots}")
        if self.people:
            lines.append(f"{100 * self.placed:.0f} % of the boxes of people have a position on the pitch")
        return [*lines, *(f"note: {note}" for note in self.notes)]

    def warnings(self) -> list[str]:
        """Return the picked boxes that matched nobody."""
        return list(self.unmatched)


class Facts:
    """A counter of the facts behind the remarks, frame by frame.

    Args:
        width: width of the frames in pixels.
        height: height of the frames in pixels.
        sure: confidence from which a detection counts.

    Attributes:
        seams: how many times a shot had to be tracked in parts.

    """

    def __init__(self, *, width: int, height: int, sure: float) -> None:
        self._sure = sure
        self._width = width
        self._height = height
        self.seams = 0
        self._pictures = 0
        self._with_people = 0
        self._brightness = self._contrast = 0.0

    def add(self, observation: Observation) -> None:
        """Count one frame, unless nothing looked at it."""
        if not observation.looked:
            return
        detections = observation.detections
        people = (detections.classes != BALL) & (detections.confidence >= self._sure)
        self._pictures += 1
        self._with_people += bool(people.any())
        self._brightness += float(observation.thumb.mean())
        self._contrast += float(observation.thumb.std())

    def summary(
        self, count: TrackCount, *, shots: Sequence[Shot], unmatched: tuple[str, ...], picked: bool
    ) -> TrackingSummary:
        """Return the summary of the results; ``picked`` means that only picked people were kept."""
        people = sum(number for label, number in count.labels.items() if label != DETECTION_LABELS[BALL])
        return TrackingSummary(
            pictures=self._pictures,
            people=people,
            balls=count.labels[DETECTION_LABELS[BALL]],
            labels=dict(sorted(count.labels.items())),
            teams=dict(sorted(count.teams.items())),
            placed=round(count.placed / count.boxes, 4) if count.boxes else 0.0,
            shots=tuple(shots),
            notes=tuple(self._notes(shots, people=people, picked=picked)),
            unmatched=unmatched,
        )

    def _notes(self, shots: Sequence[Shot], *, people: int, picked: bool) -> list[str]:
        """Return remarks for the user."""
        notes = []
        if self._pictures < 3:
            notes.append(f"only {counted(self._pictures, 'frame')} could be analysed, too few to track anyone")
        elif self._with_people == 0:
            notes.append(f"no people were found in any frame: {self._why_nobody()}")
        elif people == 0 and not picked:
            notes.append(
                f"people were seen in {self._with_people} of {self._pictures} frames, but nobody long enough to track"
            )
        if self._pictures and self._brightness / self._pictures < _DARK:
            notes.append(
                f"the picture is dark (mean brightness {self._brightness / self._pictures:.0f} of 255): "
                "people may be missed"
            )
        if min(self._width, self._height) < _SMALL_PX:
            notes.append(
                f"the picture is small ({self._width}x{self._height}): distant people and the ball may be missed"
            )
        if self.seams:
            notes.append("a shot of more than ten minutes was tracked in parts: tracks end where the parts meet")
        notes += _shot_notes(shots)
        return notes

    def _why_nobody(self) -> str:
        """Return what may be the reason that nobody was found."""
        if self._contrast / self._pictures < _FLAT:
            return "the picture is nearly of one colour, so there is nothing to see in it"
        if self._brightness / self._pictures < _DARK:
            return "it may be too dark"
        if min(self._width, self._height) < _SMALL_PX:
            return f"they may be too small in pictures of {self._width}x{self._height}"
        return (
            "the detector knows players on a pitch seen by a match camera; they may be too small or too near, or this "
            "may be another scene or sport: look at the video, or name another model with --detector"
        )


def _shot_notes(shots: Sequence[Shot]) -> list[str]:
    """Return remarks on camera shots."""
    notes = []
    if shots and not any(shot.pitch for shot in shots):
        notes.append("the lines of a football pitch were not recognised in any shot: there are no positions in metres")
    lengths_s = [(shot.end_us - shot.start_us) / US_PER_S for shot in shots]
    if len(shots) > 2 and float(np.median(lengths_s)) < _SHORT_SHOT_S:
        notes.append(
            f"{len(shots)} shots, half of them shorter than {np.median(lengths_s):.1f} s: tracks end at every cut"
        )
    return notes


class TrackCount:
    """A counter of tracks, shot by shot.

    Attributes:
        labels: number of tracks by label.
        teams: number of tracks of people by team.
        boxes: number of boxes of people.
        placed: number of boxes of people with a position on the pitch.

    """

    def __init__(self) -> None:
        self.labels: Counter[str] = Counter()
        self.teams: Counter[str] = Counter()
        self.boxes = 0
        self.placed = 0

    def add(self, tracks: Sequence[Track]) -> None:
        """Count the tracks of a shot."""
        for track in tracks:
            self.labels[track.label] += 1
            if track.label == DETECTION_LABELS[BALL]:
                continue
            if track.team is not None:
                self.teams[track.team] += 1
            self.boxes += len(track)
            if track.positions_m is not None:
                self.placed += int(np.isfinite(track.positions_m[:, 0]).sum())


class Picker:
    """A filter that keeps only the tracks marked by picked boxes.

    A box marks the track that overlaps it most at its time, or at most half a second away in the same shot, if their
    intersection over union is at least 0.3.

    Args:
        boxes: the boxes picked by the user.

    """

    def __init__(self, boxes: Sequence[PickedBox]) -> None:
        self._boxes = boxes
        self._matched: set[int] = set()

    def pick(self, tracks: Sequence[Track], *, shot: Shot) -> list[Track]:
        """Return the marked tracks of a shot, with their names."""
        names: dict[int, str | None] = {}
        for number, box in enumerate(self._boxes):
            if not tracks or not shot.start_us <= box.time_us < shot.end_us:
                continue
            ious = [_iou_at(track, box) for track in tracks]
            best = int(np.argmax(ious))
            if ious[best] >= _PICK_IOU:
                names[best] = box.name or names.get(best)
                self._matched.add(number)
        return [replace(tracks[index], name=name) for index, name in sorted(names.items())]

    @property
    def unmatched(self) -> tuple[str, ...]:
        """The boxes that matched nobody, in words."""
        return tuple(_words(i, box) for i, box in enumerate(self._boxes, start=1) if i - 1 not in self._matched)


def _words(number: int, box: PickedBox) -> str:
    """Describe a box that matched nobody."""
    who = f" ({box.name})" if box.name else ""
    corners = ", ".join(f"{edge:.0f}" for edge in box.box_xyxy)
    return f"box {number}{who} at {format_clock(box.time_us)}, ({corners}), matches nobody"


def _iou_at(track: Track, box: PickedBox) -> float:
    """Return the intersection over union, 0 to 1, of a picked box and the track's box nearest in time."""
    row = int(np.abs(track.times_us - box.time_us).argmin())
    if abs(int(track.times_us[row]) - box.time_us) > _PICK_US:
        return 0.0
    mine, theirs = track.boxes_xyxy[row].astype(np.float64), np.asarray(box.box_xyxy, np.float64)
    inner = np.clip(np.minimum(mine[2:], theirs[2:]) - np.maximum(mine[:2], theirs[:2]), 0, None).prod()
    union = (mine[2:] - mine[:2]).prod() + (theirs[2:] - theirs[:2]).prod() - inner
    return float(inner / union) if union > 0 else 0.0
