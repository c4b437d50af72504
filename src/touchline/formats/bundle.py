"""Bundles: the folder ``match.touchline/`` with all results of one analysis of one video.

| file | holds |
|---|---|
| ``manifest.json`` | schema version, video fingerprint, models, settings, coverage, timings, checksums; written last |
| ``events.json`` | the timeline, schema ``touchline.events`` version 1 |
| ``candidates.json`` | the same events and all further candidates down to a low confidence, for the review |
| ``results_spotting.json`` | the same events in SoccerNet's layout |
| ``scores.npz`` | ``values`` float32 (samples, classes), ``times_us`` int64 (samples,), ``labels`` (classes,) |
| ``tracks.parquet`` | all tracks, one row per box, see :mod:`touchline.formats.boxes.tracks_parquet` |
| ``tracks.txt`` | the same boxes in MOT's layout, frames from 1 |
| ``camera.npz`` | the camera's motion and view of the pitch, see :mod:`touchline.formats.camera` |
| ``actions.json`` | the players' actions, see :mod:`touchline.formats.actions` |
| ``play.json``, ``play.npz`` | the ball in and out of play, touches, and curves, see :mod:`touchline.formats.play` |
| ``clock.json`` | the match clock and the score of the board, see :mod:`touchline.formats.match_clock` |
| ``overlay.mp4`` | the video with the tracks drawn in, if requested |
| ``likeness.json`` | whether the models were measured on such a video, see :mod:`touchline.formats.likeness` |
| ``report.html`` | the report, if requested |
| ``corrections.jsonl`` | what a person corrected, see :mod:`touchline.formats.corrections.journal` |

Every file is replaced atomically. Apart from ``manifest.json``, which has timings, equal inputs give equal bytes.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from touchline.core.actions import Actions
from touchline.core.board.values import MatchClock
from touchline.core.corrections.events import CorrectedEvent, corrected_events, corrected_timeline
from touchline.core.corrections.state import Corrections
from touchline.core.corrections.tracks import corrected_tracks
from touchline.core.errors import InputError
from touchline.core.events import Coverage, Gap, Scores, Timeline
from touchline.core.geometry.camera import CameraPath
from touchline.core.tracks import Shot, Tracks
from touchline.formats.bundle_place import folder_to_read, folder_to_write, is_single, usual_folder
from touchline.formats.camera import CAMERA, read_camera
from touchline.formats.corrections.journal import read_journal
from touchline.formats.events.event_format import Converted
from touchline.formats.events.export_context import ExportContext, ExportOptions, LabelStyle, VideoFacts
from touchline.formats.events.exported import exported_events, styles_of
from touchline.formats.events.match_times import with_match_times
from touchline.formats.events.own_events import REMEDY, event_ids, events_document, timeline_from_document
from touchline.formats.events.registry import format_named, write_events
from touchline.formats.files.atomic import make_folder, write_bytes_atomic, write_json_atomic, writing
from touchline.formats.files.checksum import file_sha256
from touchline.formats.files.guard import reading
from touchline.formats.files.json_files import parse_object, read_bytes, read_own_json
from touchline.formats.files.json_shapes import check
from touchline.formats.keeper import moments_index
from touchline.formats.likeness import LIKENESS
from touchline.formats.manifest_shape import MANIFEST_SHAPE
from touchline.formats.match_clock import CLOCK, read_clock
from touchline.formats.own_scores import read_own_scores, scores_bytes
from touchline.formats.play import PLAY, PLAY_CURVES
from touchline.formats.soccernet.game_names import game_in_path
from touchline.formats.sound import SOUND, SOUND_CURVES

MANIFEST_VERSION = 1
SUFFIX = ".touchline"
MANIFEST, EVENTS, RESULTS, SCORES, REPORT = (
    "manifest.json",
    "events.json",
    "results_spotting.json",
    "scores.npz",
    "report.html",
)
CANDIDATES, CORRECTIONS = "candidates.json", "corrections.jsonl"

FEATURES = "features"
"""Folder of the feature streams that a head read."""
KEEPERS = "keepers"
"""Folder of the coach's pages."""

TRACKS, TRACKS_MOT, ACTIONS, OVERLAY = "tracks.parquet", "tracks.txt", "actions.json", "overlay.mp4"

FILES = frozenset(
    {MANIFEST, EVENTS, RESULTS, SCORES, REPORT, CANDIDATES, CORRECTIONS, FEATURES, KEEPERS, TRACKS, TRACKS_MOT, ACTIONS}
    | {CAMERA, OVERLAY, SOUND, SOUND_CURVES, PLAY, PLAY_CURVES, CLOCK, LIKENESS}
)
"""Names of all files and folders of a complete bundle."""

_BLOCK = 1 << 20
_MIDDLE_BLOCKS = 8


@dataclass(frozen=True, slots=True)
class Manifest:
    """The inputs, settings and summary of an analysis, as stored in ``manifest.json``.

    Attributes:
        video_name: file name of the video.
        video_fingerprint: see :func:`video_fingerprint`.
        models: one mapping per model: ``task``, ``name``, ``sha256``.
        settings: all settings that affect the results, by task (``spot``, ``track``).
        coverage: parts of the video that were analysed.
        timings_s: seconds spent, by stage; the only part that differs between equal runs.
        files: SHA-256 of each result file.
        tracking: summary of ``track``, if it ran: counts, camera shots, remarks.
        spotting: ``remarks`` on the events, if there are any; for events found by a head over feature streams,
            whether they are ``degraded`` because a stream was missing; for events of play, what they were found from
            (``events``) and the labels that are ``off`` by default, each with the reason.
        likeness: whether the video is like what the models were measured on: verdict, line, models with reasons.
        touchline_version: version of touchline that wrote the manifest.
        version: version of this schema.

    """

    video_name: str
    video_fingerprint: str
    models: tuple[Mapping[str, str], ...]
    settings: Mapping[str, Any]
    coverage: Coverage
    timings_s: Mapping[str, float] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    tracking: Mapping[str, Any] = field(default_factory=dict)
    spotting: Mapping[str, Any] = field(default_factory=dict)
    likeness: Mapping[str, Any] = field(default_factory=dict)
    touchline_version: str = ""
    version: int = MANIFEST_VERSION


class Bundle:
    """Read and write access to one bundle folder."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    @classmethod
    def for_video(cls, video: Path, *, out: Path | None = None) -> Bundle:
        """Return the bundle that holds the results of a video; nothing is created.

        That is ``STEM.touchline`` in ``out``, or beside the video; or ``STEM-2.touchline``, ... if that one is of
        another video, see :mod:`touchline.formats.bundle_place`.
        """
        if is_single(video, out=out):
            return cls(usual_folder(video, out=out))
        return cls(folder_to_read(video, out=out, fingerprint=_fingerprint_or_none(video)))

    @classmethod
    def to_write(cls, video: Path, *, out: Path | None = None, fingerprint: str = "") -> Bundle:
        """Return the bundle that may be written for a video: its own, or the first that is free; nothing is created.

        Args:
            video: the video.
            out: folder for the bundle; None puts it beside the video.
            fingerprint: see :func:`video_fingerprint`; "" computes it if necessary.

        """
        usual = usual_folder(video, out=out)
        if not os.path.lexists(usual) and is_single(video, out=out):
            return cls(usual)
        fingerprint = fingerprint or _fingerprint_or_none(video)
        return cls(folder_to_write(video, out=out, fingerprint=fingerprint, ours=FILES))

    @classmethod
    def create(cls, out: Path | None, video: Path, *, fingerprint: str = "") -> Bundle:
        """Return the bundle that may be written for a video, as :meth:`to_write`, creating its folder if necessary.

        Raises:
            ResourceError: the folder cannot be created.

        """
        bundle = cls.to_write(video, out=out, fingerprint=fingerprint)
        make_folder(bundle.path)
        return bundle

    def write_manifest(self, manifest: Manifest) -> None:
        """Write ``manifest.json``."""
        write_json_atomic(self.path / MANIFEST, asdict(manifest))

    def read_manifest(self) -> Manifest:
        """Read the manifest.

        Raises:
            InputError: the file is missing, broken, or of a newer schema.

        """
        document = read_own_json(self.path / MANIFEST, remedy=REMEDY)
        version = document.get("version")
        if version != MANIFEST_VERSION:
            raise InputError(
                f"{self.path / MANIFEST}: schema version {version!r:.60}; this touchline supports {MANIFEST_VERSION}"
            )
        check(document, MANIFEST_SHAPE, source=self.path / MANIFEST, remedy=REMEDY)
        with reading(self.path / MANIFEST, what="a manifest", remedy=REMEDY):
            coverage = coverage_from_json(document.pop("coverage"))
            return Manifest(**{**document, "coverage": coverage, "models": tuple(document["models"])})

    def write_events(self, timeline: Timeline) -> None:
        """Write ``events.json``."""
        write_events(timeline, self.path / EVENTS, game="")

    def read_events(self) -> Timeline:
        """Read the timeline of ``events.json``.

        Raises:
            InputError: the file is missing, broken, or of a newer schema.

        """
        return _timeline(self.path / EVENTS)

    def write_candidates(self, timeline: Timeline) -> None:
        """Write ``candidates.json``: the events and every further candidate."""
        write_json_atomic(self.path / CANDIDATES, events_document(timeline))

    def read_candidates(self) -> Timeline:
        """Read the events and all candidates; only the events if the bundle holds no candidates, none if neither.

        Raises:
            InputError: a file is broken, or of a newer schema.

        """
        path = self.path / CANDIDATES
        if not path.exists():
            return self.read_events() if (self.path / EVENTS).exists() else Timeline()
        return _timeline(path)

    @property
    def thresholds(self) -> dict[str, float]:
        """The confidence threshold that the events were found with, by label; empty for an unanalysed video."""
        if not (self.path / MANIFEST).exists():
            return {}
        return dict(self.read_manifest().settings.get("spot", {}).get("thresholds", {}))

    def read_corrections(self) -> Corrections:
        """Read what a person corrected; nothing if there is no journal.

        Raises:
            InputError: the journal is damaged.

        """
        return Corrections.of(read_journal(self.path / CORRECTIONS).entries)

    def read_corrected_events(self, corrections: Corrections | None = None) -> tuple[CorrectedEvent, ...]:
        """Read all candidates with the decisions on them, and the events that a person added.

        Args:
            corrections: the bundle's corrections, if they were read already.

        Raises:
            InputError: a file is broken.

        """
        candidates = self.read_candidates()
        known = dict(zip(event_ids(candidates), candidates, strict=True))
        return corrected_events(known, self.read_corrections() if corrections is None else corrections)

    def read_corrected(self, *, reviewed_only: bool = False, names: bool = True) -> Timeline:
        """Read the timeline after the review; that of the model if nothing was corrected.

        Args:
            reviewed_only: leave out events that nobody decided on.
            names: replace ids of teams and players by the names given in the review.

        Raises:
            InputError: a file is broken.

        """
        corrections = self.read_corrections()
        return corrected_timeline(
            self.read_corrected_events(corrections),
            corrections,
            thresholds=self.thresholds,
            reviewed_only=reviewed_only,
            names=names,
        )

    def read_corrected_tracks(self) -> Tracks:
        """Read all tracks after the review; team ids are kept, see :meth:`Corrections.team_name`.

        Raises:
            InputError: a file is missing or broken.

        """
        return corrected_tracks(self.read_tracks(), self.read_corrections())

    def write_results(self, timeline: Timeline, *, game: str) -> None:
        """Write ``results_spotting.json``, in SoccerNet's layout, without values that it has no field for."""
        plain = Timeline(tuple(replace(event, extra={}) for event in timeline))
        write_events(plain, self.path / RESULTS, game=game)

    def events_to_export(
        self, *, reviewed_only: bool = False, min_confidence: float = 0.0, labels: Collection[str] = ()
    ) -> Timeline:
        """Read the events as they leave the bundle: after the review, with names in place of ids, and with match times.

        Args:
            reviewed_only: only events that a person accepted or added.
            min_confidence: least confidence, 0 to 1, of an event that nobody decided on.
            labels: only these labels; empty for all.

        Raises:
            InputError: a file is missing or broken.

        """
        if self.read_corrections():
            found = self.read_corrected(reviewed_only=reviewed_only)
        else:
            found = Timeline() if reviewed_only else self.read_events()
        chosen = exported_events(found, min_confidence=min_confidence, labels=labels)
        clock = self.read_clock()
        return chosen if clock is None else with_match_times(chosen, clock)

    def read_clock(self) -> MatchClock | None:
        """Read the match clock of the score board; None if the board was not looked for.

        Raises:
            InputError: the file is broken.

        """
        return read_clock(self.path) if (self.path / CLOCK).is_file() else None

    def export_context(self, *, video: VideoFacts | None = None, options: ExportOptions | None = None) -> ExportContext:
        """Return what writers use besides the events: names, colours, leads and lags of the review, and the video.

        Args:
            video: facts about the opened video; None takes path and duration from the manifest.
            options: what the user chose.

        Raises:
            InputError: the manifest or the journal is broken.

        """
        corrections = self.read_corrections()
        if video is None and (self.path / MANIFEST).exists():
            manifest = self.read_manifest()
            path = self.path.parent / manifest.video_name
            video = VideoFacts(path=path, duration_us=manifest.coverage.duration_us or None)
        return ExportContext(
            game=game_in_path(self.path) or self.path.name.removesuffix(SUFFIX),
            video=video or VideoFacts(),
            styles=styles_of(corrections) or {label: LabelStyle(label) for label in self.thresholds},
            options=options or ExportOptions(),
            teams={name: team.name for name, team in corrections.teams.items()},
            players={name: player.shown for name, player in corrections.players.items()},
        )

    def export_events(
        self,
        to: str,
        path: Path | None = None,
        *,
        game: str = "",
        context: ExportContext | None = None,
        reviewed_only: bool = False,
    ) -> Converted:
        """Write the bundle's events, as corrected in the review, in another format.

        Args:
            to: name of an event format in :data:`touchline.formats.events.registry.FORMATS`.
            path: the file to write; None uses the format's default name in the bundle.
            game: name of the game, if the format stores one; empty uses the bundle's name.
            context: facts about the video, styles of labels and options; None takes those of :meth:`export_context`.
            reviewed_only: only events that a person accepted or added.

        Returns:
            The file, and a description of what it does not hold.

        Raises:
            InputError: the format is unknown, there are no readable events, or the format has a class for none of them.
            UsageError: the format counts frames, and the frame rate is not known.
            ResourceError: the file cannot be written.

        """
        chosen = format_named(to)
        target = self.path / chosen.default_name if path is None else path
        facts = self.export_context() if context is None else context
        timeline = self.events_to_export(reviewed_only=reviewed_only)
        return chosen.write(timeline, target, context=replace(facts, game=game or facts.game))

    def write_scores(self, scores: Scores) -> None:
        """Write ``scores.npz``; equal scores give equal bytes."""
        write_bytes_atomic(self.path / SCORES, scores_bytes(scores))

    def read_scores(self) -> Scores:
        """Read the scores of ``scores.npz``.

        Raises:
            InputError: the file is missing or broken.

        """
        return read_own_scores(self.path / SCORES, remedy=REMEDY)

    def read_tracks(self) -> Tracks:
        """Read all tracks from ``tracks.parquet``.

        Raises:
            InputError: the file is missing or broken.

        """
        from touchline.formats.boxes.tracks_parquet import read_tracks_parquet

        return read_tracks_parquet(self.path / TRACKS)

    def read_shots(self) -> tuple[Shot, ...]:
        """Read the camera shots from ``tracks.parquet``, without the tracks.

        Raises:
            InputError: the file is missing or broken.

        """
        from touchline.formats.boxes.tracks_parquet import read_shots_parquet

        return read_shots_parquet(self.path / TRACKS)

    def read_camera(self) -> CameraPath:
        """Read the camera's path from ``camera.npz``.

        Raises:
            InputError: the file is missing or broken.

        """
        return read_camera(self.path / CAMERA)

    def read_actions(self) -> Actions:
        """Read the players' actions from ``actions.json``.

        Raises:
            InputError: the file is missing or broken.

        """
        from touchline.formats.actions import read_actions

        return read_actions(self.path / ACTIONS)

    def discard(self, *names: str) -> None:
        """Remove outdated result files and the keeper pages that they list; missing files are ignored.

        Other files are kept, and symbolic links are removed, not followed.
        """
        folders = {self.path / parent for name in names for parent in Path(name).parents if str(parent) != "."}
        linked = {folder for folder in folders if folder.is_symlink()}
        pages = self._keeper_pages() if f"{KEEPERS}/{moments_index.MOMENTS_INDEX}" in names else []
        for path in (self.path / name for name in (*names, *pages)):
            if path.parent not in linked:
                with writing(path):
                    path.unlink(missing_ok=True)
        for folder in folders - linked:
            with contextlib.suppress(OSError):  # it is missing, or holds something else
                folder.rmdir()

    def _keeper_pages(self) -> list[str]:
        """Return the pages that the index of keeper moments lists; none if it cannot be read."""
        try:
            pages = {moment.page for moment in moments_index.read_moments_index(self.path / KEEPERS)}
        except InputError:
            return []
        return [f"{KEEPERS}/{page}" for page in sorted(pages) if Path(page).name == page]

    def checksums(self, *names: str) -> dict[str, str]:
        """Return the SHA-256 of each named file of the bundle that exists."""
        sums = {}
        for path in (self.path / name for name in names):
            if path.is_file():
                sums[path.name] = file_sha256(path)
        return sums


def open_bundle(path: str | Path) -> Bundle:
    """Open the bundle of an earlier analysis.

    Args:
        path: the folder ``match.touchline``, or the video beside it.

    Raises:
        InputError: there is no bundle.

    """
    path = Path(path)
    bundle = Bundle(path) if path.suffix == SUFFIX else Bundle.for_video(path)
    if not (bundle.path / MANIFEST).is_file():
        raise InputError(f"{path}: no bundle (looked for {bundle.path / MANIFEST}); make one with touchline analyze")
    return bundle


def _timeline(path: Path) -> Timeline:
    """Return the timeline of a bundle's file of events."""
    document = parse_object(read_bytes(path), source=str(path))
    with reading(path, what="a timeline", remedy=REMEDY):
        return timeline_from_document(document, source=str(path))


def coverage_from_json(document: Mapping[str, Any]) -> Coverage:
    """Return the coverage that ``dataclasses.asdict`` wrote."""
    gaps = tuple(Gap(**gap) for gap in document["gaps"])
    doubtful = tuple(Gap(**gap) for gap in document.get("doubtful", ()))
    return Coverage(**{**document, "gaps": gaps, "repairs": tuple(document["repairs"]), "doubtful": doubtful})


def _fingerprint_or_none(video: Path) -> str:
    """Return the fingerprint of a video, "" if it cannot be read."""
    try:
        return video_fingerprint(video)
    except InputError:
        return ""


def video_fingerprint(path: Path) -> str:
    """Return the SHA-256 over a file's size, its first and last MiB, and blocks in between: identifies the content.

    Raises:
        InputError: the file cannot be read.

    """
    try:
        size = path.stat().st_size
        digest = hashlib.sha256(str(size).encode())
        last = max(size - _BLOCK, 0)
        starts = sorted({last * part // (_MIDDLE_BLOCKS + 1) for part in range(_MIDDLE_BLOCKS + 2)})
        with path.open("rb") as file:
            for start in starts:
                file.seek(start, os.SEEK_SET)
                digest.update(file.read(_BLOCK))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from error
    return digest.hexdigest()
