"""A bundle of values made up in a test, and its report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from touchline.core.actions import Actions
from touchline.core.events import Coverage, Scores, Timeline, VideoInfo
from touchline.core.sound import SoundReading
from touchline.core.tracks import Tracks
from touchline.formats.actions import write_actions
from touchline.formats.boxes.tracks_parquet import write_tracks_parquet
from touchline.formats.bundle import ACTIONS, EVENTS, REPORT, SCORES, TRACKS, Bundle, Manifest
from touchline.formats.sound import SOUND, SOUND_CURVES, write_sound
from touchline.report.options import ReportOptions
from touchline.report.page import write_report


def write_bundle_report(
    folder: Path,
    info: VideoInfo,
    *,
    timeline: Timeline,
    coverage: Coverage,
    thresholds: Mapping[str, float],
    scores: Scores | None = None,
    tracks: Tracks | None = None,
    actions: Actions | None = None,
    sound: SoundReading | None = None,
    track_notes: Sequence[str] = (),
    remarks: Sequence[str] = (),
    model: tuple[str, str] | None = None,
    **options: Any,
) -> Path:
    """Write a bundle that holds just these values into a folder, and its report; the report's path."""
    bundle = Bundle(folder)
    bundle.discard(SCORES, TRACKS, ACTIONS, SOUND, SOUND_CURVES)
    bundle.write_events(timeline)
    if scores is not None:
        bundle.write_scores(scores)
    if tracks is not None:
        write_tracks_parquet(folder / TRACKS, tracks)
        write_actions(folder / ACTIONS, actions or Actions())
    if sound is not None:
        write_sound(folder, sound)
    manifest = Manifest(
        video_name="match.mp4",
        video_fingerprint="f",
        models=() if model is None else ({"task": "spot", "name": model[0], "sha256": model[1]},),
        settings={"spot": {"thresholds": dict(thresholds)}},
        coverage=coverage,
        files=bundle.checksums(EVENTS, SCORES, TRACKS, ACTIONS, SOUND, SOUND_CURVES),
        tracking={"notes": list(track_notes)},
        spotting={"remarks": list(remarks)},
    )
    bundle.write_manifest(manifest)
    write_report(bundle, info, options=ReportOptions(**options))
    return folder / REPORT
