"""A bundle with its video, and everything in it that a clip can show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from touchline.core.actions import BALL_SOURCE, MOVEMENT_SOURCE, ON_THE_BALL
from touchline.core.clock import US_PER_S
from touchline.core.corrections.actions import corrected_actions, players_of_tracks
from touchline.core.corrections.state import Corrections
from touchline.core.errors import InputError
from touchline.core.tracks import Track, Tracks
from touchline.formats.bundle import ACTIONS, MANIFEST, SUFFIX, TRACKS, Bundle, video_fingerprint
from touchline.media.timestamps import JUMP

SEEN = "on screen"
"""Label of a stretch in which a player is on screen."""
_REJOIN_US = 2 * US_PER_S
"""A player who is out of sight for less than this is on screen all the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Something that a clip can show.

    Attributes:
        label: class of an event, name of an action, or :data:`SEEN`.
        start_us: when it is or begins, microseconds.
        end_us: when it ends; None for a point in time.
        kind: ``"event"``, ``"action"``, ``"movement"`` (how a player moves) or ``"seen"``.
        confidence: 0 to 1.
        team: id of the team; None if unknown.
        player: id of the player, or number of the track of an unnamed one; None if unknown.
        note: remark that a person made.
        lead_us, lag_us: time before and after it that a person gave it; None for the usual.

    """

    label: str
    start_us: int
    end_us: int | None = None
    kind: str = "event"
    confidence: float = 1.0
    team: str | None = None
    player: str | None = None
    note: str = ""
    lead_us: int | None = None
    lag_us: int | None = None


@dataclass(frozen=True)
class Match:
    """A bundle and its video.

    Attributes:
        bundle: the bundle.
        video: the media file that it describes.

    """

    bundle: Bundle
    video: Path

    @property
    def name(self) -> str:
        """Name of the bundle, without its ending."""
        return self.bundle.path.name.removesuffix(SUFFIX)

    @cached_property
    def corrections(self) -> Corrections:
        """What a person corrected."""
        return self.bundle.read_corrections()

    @cached_property
    def fingerprint(self) -> str:
        """Identifies the video's content."""
        return video_fingerprint(self.video)

    @property
    def duration_us(self) -> int:
        """Duration of the video as it was decoded; 0 if it was not analysed."""
        analysed = (self.bundle.path / MANIFEST).exists()
        return self.bundle.read_manifest().coverage.duration_us if analysed else 0

    @property
    def clock_restarted(self) -> bool:
        """Whether the recording's clock was restarted, so that times in the file do not say where a picture is."""
        if not (self.bundle.path / MANIFEST).exists():
            return False
        return any(JUMP in repair for repair in self.bundle.read_manifest().coverage.repairs)

    def stream(self) -> int | None:
        """Index of the video stream that was analysed; None for the file's default."""
        return self._setting("stream")

    def audio_stream(self) -> int | None:
        """Index of the sound track that was analysed; None if none was."""
        return self._setting("audio_stream")

    def _setting(self, name: str) -> int | None:
        """Return a number that the analyses were made with; None if there is no such."""
        if not (self.bundle.path / MANIFEST).exists():
            return None
        settings = self.bundle.read_manifest().settings
        values = [part.get(name) for part in settings.values() if isinstance(part, dict)]
        return next((value for value in values if isinstance(value, int)), None)

    def events(self, *, reviewed: bool = False) -> list[Moment]:
        """Return the events after the review, over their thresholds; only those that a person decided on if asked."""
        timeline = self.bundle.read_corrected(reviewed_only=reviewed, names=False)
        return [
            Moment(
                label=event.label,
                start_us=event.start_us,
                end_us=event.end_us,
                confidence=event.confidence,
                team=event.team,
                player=event.player,
                note=str(event.extra.get("note", "")),
                lead_us=_whole(event.extra.get("lead_us")),
                lag_us=_whole(event.extra.get("lag_us")),
            )
            for event in timeline
        ]

    def actions(self) -> list[Moment]:
        """Return what tracked people did: on the ball, by a recogniser, and how they moved."""
        if self._model_tracks is None or not (self.bundle.path / ACTIONS).exists():
            return []
        found = corrected_actions(self.bundle.read_actions().actions, self._model_tracks, self.corrections)
        return [
            Moment(
                label=action.label,
                start_us=action.start_us,
                end_us=action.end_us,
                kind="movement" if action.source == MOVEMENT_SOURCE else "action",
                confidence=action.confidence,
                team=self._team_of(action.track_id),
                player=self.player_of(action.track_id),
            )
            for action in found
            if action.source != BALL_SOURCE or action.label == ON_THE_BALL
        ]

    def seen(self) -> list[Moment]:
        """Return the stretches in which each tracked person is on screen, the ball left out."""
        return [
            Moment(
                label=SEEN,
                start_us=start_us,
                end_us=end_us,
                kind="seen",
                team=track.team,
                player=self.player_of(track.track_id),
            )
            for track in self.tracks.values()
            if track.label != "ball"
            for start_us, end_us in _stretches(track)
        ]

    @cached_property
    def tracks(self) -> dict[int, Track]:
        """The tracks after the review, by number; empty where nobody was tracked."""
        if self._model_tracks is None:
            return {}
        return {track.track_id: track for track in self.bundle.read_corrected_tracks()}

    def player_of(self, track_id: int) -> str:
        """Return the id of the player that a track shows; the track's number if he has no name."""
        return self._players.get(track_id, str(track_id))

    @cached_property
    def _players(self) -> dict[int, str]:
        return {} if self._model_tracks is None else players_of_tracks(self._model_tracks, self.corrections)

    @cached_property
    def _model_tracks(self) -> Tracks | None:
        return self.bundle.read_tracks() if (self.bundle.path / TRACKS).exists() else None

    def _team_of(self, track_id: int) -> str | None:
        track = self.tracks.get(track_id)
        return None if track is None else track.team


def find_video(bundle: Bundle, given: Sequence[Path] = ()) -> Path:
    """Return the video that a bundle describes.

    Args:
        bundle: the bundle.
        given: videos, or folders that hold them; the bundle's own folder is searched as well.

    Raises:
        InputError: it is not there, or is another video than the one that was analysed.

    """
    manifest = bundle.read_manifest()
    folders = [path for path in given if path.is_dir()]
    places = [path for path in given if not path.is_dir()]
    places += [folder / manifest.video_name for folder in (*folders, bundle.path.parent)]
    found = [path for path in places if path.is_file()]
    if not found:
        raise InputError(
            f"{bundle.path}: its video {manifest.video_name!r} is not beside it; name the video, or the folder that "
            "holds it, with --video"
        )
    for path in found:
        if video_fingerprint(path) == manifest.video_fingerprint:
            return path
    raise InputError(
        f"{bundle.path}: {found[0]} is not the video that was analysed (its content differs); name the right one "
        "with --video, or analyse this one again"
    )


def _stretches(track: Track) -> Iterator[tuple[int, int]]:
    """Yield the spans in which a track has boxes, microseconds; one that is a single box lasts a moment."""
    times_us = track.times_us
    breaks = np.flatnonzero(np.diff(times_us) > _REJOIN_US) + 1
    for part in np.split(times_us, breaks):
        yield int(part[0]), int(part[-1]) + 1


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None
