"""A small bundle with every file in it, and everything that reads one."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from reportbundle import write_bundle_report
from touchline.analysis.tasks.spot_summary import spot_summary
from touchline.analysis.tasks.tracking_summary import TrackingSummary
from touchline.core.actions import Action, Actions, WindowScores
from touchline.core.corrections.history import Change, Entry
from touchline.core.events import Coverage, Event, Gap, Scores, Timeline, VideoInfo
from touchline.core.sound import CURVES, CrowdSwell, SoundReading, WhistleBlow
from touchline.core.tracks import Shot, Track, Tracks
from touchline.formats.bundle import CORRECTIONS, MANIFEST, Bundle
from touchline.formats.corrections.journal import entry_document, head_line, line_of
from touchline.formats.keeper.moments_index import IndexedMoment, read_moments_index, write_moments_index
from touchline.formats.sound import read_sound
from touchline.report.options import ReportOptions
from touchline.report.page import write_report

INFO = VideoInfo(Path("match.mp4"), 640, 360, 25.0, 10_000_000)
TIMELINE = Timeline(
    (
        Event("PASS", 1_000_000, confidence=0.9, team="A", player="7", source="tiny"),
        Event("DRIVE", 2_000_000, end_us=3_000_000, confidence=0.6, extra={"note": "fast", "zone": 3}),
        Event("PASS", 6_000_000, confidence=0.3, team="B", source="tiny"),
    )
)
SHOTS = (Shot(0, 0, 5_000_000, "wide", 0.5), Shot(1, 5_000_000, 10_000_000, "replay"))


def track(track_id: int, *, count: int = 12, **fields: object) -> Track:
    """A track of a few frames."""
    rng = np.random.default_rng(track_id)
    corner = rng.uniform(0, 300, (count, 2)).astype(np.float32)
    frames = np.arange(count, dtype=np.int64)
    values: dict[str, object] = {
        "label": "player",
        "times_us": frames * 40_000,
        "frames": frames,
        "boxes_xyxy": np.concatenate([corner, corner + 40], axis=1),
        "confidence": rng.random(count).astype(np.float32),
        "observed": np.ones(count, bool),
        "positions_m": rng.uniform(0, 60, (count, 2)).astype(np.float32),
    }
    return Track(track_id, **{**values, **fields})  # type: ignore[arg-type]


TRACKS = Tracks((track(1, team="A"), track(2, team="B"), track(3, label="ball", positions_m=None)), SHOTS, 640, 360)
ACTIONS = Actions(
    (Action(1, "walking", 0, 400_000, 0.5, "movement"), Action(2, "kick", 0, 400_000, 0.75, "tiny")),
    (
        WindowScores(
            2, np.array([0, 200_000]), np.array([200_000, 400_000]), np.full((2, 2), 0.5, np.float32), np.zeros(2, bool)
        ),
    ),
    ("kick", "run"),
    "tiny",
    ("one person was too small",),
)
SOUND = SoundReading(
    np.full((100, len(CURVES)), 0.25, np.float32),
    (WhistleBlow(1_000_000, 1_500_000, 0.9, 3800.0),),
    (CrowdSwell(4_000_000, 0.8, 6.5),),
    10.0,
    ("quiet",),
)
MOMENT = IndexedMoment(
    time_us=2_000_000,
    label="SHOT",
    track_id=1,
    keeper="Ann",
    outcome="Saved",
    technique="spread",
    confidence=0.7,
    p_save=0.4,
    p_range=[0.2, 0.6],
    note="",
    page="ann.html",
    anchor="m1",
)
_VALUE = {
    "label": "PASS",
    "start_us": 1_200_000,
    "end_us": None,
    "team": "A",
    "player": None,
    "visible": True,
    "half": 1,
    "confidence": 0.9,
    "state": "accepted",
    "note": "seen",
    "point_px": [3.0, 4.0],
    "lead_us": 5,
}
ENTRIES = (
    Entry(1, "2026-01-01T00:00:00Z", "Ann", (Change("event", "p-0123456789ab", None, _VALUE),)),
    Entry(2, "2026-01-01T00:01:00Z", "Ann", (Change("team", "A", None, {"name": "Reds", "colour": "#ff0000"}),)),
    Entry(3, "2026-01-01T00:02:00Z", "Ann", (Change("threshold", "PASS", None, {"value": 0.5}),)),
    Entry(4, "2026-01-01T00:03:00Z", "Ann", (Change("track", "1", None, {"role": "goalkeeper", "team": "A"}),)),
    Entry(5, "2026-01-01T00:04:00Z", "Ann", (Change("box", "1:3", None, {"box_xyxy": [1.0, 2.0, 30.0, 40.0]}),)),
    Entry(6, "2026-01-01T00:05:00Z", "Ann", (Change("player", "pl-012345", None, {"name": "Bo", "number": 7}),)),
    Entry(7, "2026-01-01T00:06:00Z", "Ann", (Change("reviewed", "spans", None, {"spans": [[0, 4_000_000]]}),)),
    Entry(8, "2026-01-01T00:07:00Z", "Ann", (), undo=7),
    Entry(9, "2026-01-01T00:08:00Z", "Ann", (Change("cut", "2@200000", None, {}),)),
    Entry(
        10, "2026-01-01T00:09:00Z", "Ann", (Change("labels", "set", None, {"labels": [{"name": "PASS", "key": "p"}]}),)
    ),
)


def write_bundle(folder: Path) -> Bundle:
    """Write ``match.touchline`` with every kind of file into a folder."""
    bundle = Bundle(folder / "match.touchline")
    bundle.path.mkdir(parents=True)
    bundle.write_candidates(TIMELINE)
    times_us = np.arange(50, dtype=np.int64) * 200_000
    write_bundle_report(
        bundle.path,
        INFO,
        timeline=TIMELINE,
        coverage=Coverage(10_000_000, 250, 1, (Gap(3_000_000, 3_400_000, "damaged"),), ("times were repaired",)),
        thresholds={"PASS": 0.5, "DRIVE": 0.4},
        scores=Scores(np.full((50, 2), 0.5, np.float32), times_us, ("PASS", "DRIVE")),
        tracks=TRACKS,
        actions=ACTIONS,
        sound=SOUND,
        track_notes=["dark"],
        remarks=["few"],
        model=("tiny", "0" * 64),
    )
    summary = TrackingSummary(
        12, 2, 1, {"ball": 1, "player": 2}, {"A": 1, "B": 1}, {"A": "#ff0000"}, 1.0, SHOTS, ("dark",)
    )
    manifest = bundle.read_manifest()
    known = {name: getattr(manifest, name) for name in manifest.__dataclass_fields__}
    bundle.write_manifest(type(manifest)(**{**known, "tracking": summary.to_json(), "timings_s": {"analyse": 1.5}}))
    lines = [head_line(video_fingerprint="f"), *(line_of(entry_document(entry)) for entry in ENTRIES)]
    (bundle.path / CORRECTIONS).write_bytes(b"".join(lines))
    (bundle.path / "keepers").mkdir()
    write_moments_index(bundle.path / "keepers", [MOMENT])
    return bundle


def renew_checksums(bundle: Bundle) -> None:
    """Make the manifest agree with changed files, so that nothing passes them over as those of another analysis."""
    path = bundle.path / MANIFEST
    document = json.loads(path.read_bytes())
    document["files"] = bundle.checksums(*document["files"])
    path.write_text(json.dumps(document))


def read_everything(bundle: Bundle) -> None:
    """Read a bundle as reports, exports, the review and another analysis do."""
    manifest = bundle.read_manifest()
    asdict(manifest)
    TrackingSummary.from_json(manifest.tracking).lines(listed=True)
    spot_summary(bundle, manifest).lines(listed=True)
    bundle.read_scores()
    bundle.read_actions()
    read_sound(bundle.path)
    bundle.read_corrected()
    bundle.read_corrected_tracks()
    read_moments_index(bundle.path / "keepers")
    for to in ("Labels-ball", "csv"):
        bundle.export_events(to, bundle.path / f"out-{to}")
    write_report(bundle, INFO, options=ReportOptions())
