"""Made-up bundles of a season, from touchline's own writers: teams that change ends, passes, shots and a keeper."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from touchline.core.events import Coverage, Event, Scores, Timeline
from touchline.core.sound import CURVES, SoundReading, WhistleBlow
from touchline.core.tracks import Shot, Track, Tracks
from touchline.formats.boxes.tracks_parquet import write_tracks_parquet
from touchline.formats.bundle import EVENTS, KEEPERS, TRACKS, Bundle, Manifest
from touchline.formats.keeper.moments_index import IndexedMoment, write_moments_index
from touchline.formats.play import PLAY, PLAY_CURVES, Play, PlaySpan, write_play
from touchline.formats.sound import SOUND, SOUND_CURVES, write_sound

MODEL = {"task": "spot", "name": "made-spotter", "sha256": "ab" * 32}
FORMATION = np.array(
    [
        (-46, 0),
        (-30, -20),
        (-32, -7),
        (-32, 7),
        (-30, 20),
        (-16, -12),
        (-18, 0),
        (-16, 12),
        (-2, -18),
        (2, 0),
        (-2, 18),
    ],
    np.float64,
)
"""Places of a team that attacks to the right, metres; the keeper first."""


@dataclass(frozen=True)
class MadeMatch:
    """How a made-up match is played.

    Attributes:
        minutes: length of the video.
        rate_hz: boxes a second of each person.
        change_ends: whether the teams change ends in the middle.
        passes: number of passes; every fourth is intercepted.
        shots: number of shots.
        verdict: whether the footage is like that of the models.
        seed: of everything random.

    """

    minutes: float = 30.0
    rate_hz: float = 5.0
    change_ends: bool = True
    passes: int = 40
    shots: int = 4
    verdict: str = "like"
    seed: int = 0


def write_made_bundle(folder: Path, match: MadeMatch | None = None) -> Bundle:
    """Write a bundle into a folder."""
    match = match or MadeMatch()
    folder.mkdir(parents=True, exist_ok=True)
    bundle = Bundle(folder)
    duration_us = round(match.minutes * 60e6)
    write_tracks_parquet(folder / TRACKS, made_tracks(match))
    bundle.write_events(made_events(match))
    curves = Scores(np.zeros((1, 1), np.float32), np.zeros(1, np.int64), ("PASS",))
    write_play(folder, Play(curves, (PlaySpan(0, duration_us // 2, True, 0.9),)))
    write_sound(
        folder, SoundReading(np.zeros((1, len(CURVES)), np.float32), (WhistleBlow(1000, 500_000, 0.8, 3000.0),))
    )
    (folder / KEEPERS).mkdir(exist_ok=True)
    write_moments_index(folder / KEEPERS, [made_moment(k, saved=k % 3 != 0) for k in range(match.shots)])
    write_made_manifest(bundle, match)
    return bundle


def write_made_manifest(bundle: Bundle, match: MadeMatch) -> None:
    """Write the manifest of a made-up bundle, for the files that it holds now."""
    bundle.write_manifest(
        Manifest(
            video_name=f"{bundle.path.stem}.mp4",
            video_fingerprint=f"{match.seed:064x}",
            models=(MODEL,),
            settings={"spot": {"thresholds": {"PASS": 0.5}}},
            coverage=Coverage(duration_us=round(match.minutes * 60e6), frames_decoded=1000),
            files=bundle.checksums(EVENTS, TRACKS, PLAY, PLAY_CURVES, SOUND, SOUND_CURVES),
            tracking={"kits": {"A": "#ffffff", "B": "#c01020"}, "kit_names": {"A": "white", "B": "red"}},
            likeness={"verdict": match.verdict, "line": f"{match.verdict} what it was measured on"},
            touchline_version="0.1.0",
        )
    )


def made_tracks(match: MadeMatch) -> Tracks:
    """Return 22 tracks: team A attacks to the right until the teams change ends; persons 1 to 11 and 12 to 22."""
    times_us = (np.arange(round(match.minutes * 60 * match.rate_hz)) * 1e6 / match.rate_hz).astype(np.int64)
    first = times_us < times_us[-1] // 2
    way = np.where(first | (not match.change_ends), 1.0, -1.0)[:, None]
    random = np.random.default_rng(match.seed)
    tracks = []
    for number in range(22):
        sign = 1.0 if number < 11 else -1.0
        run = np.stack([6 * np.sin(times_us / 7e6 + number), 4 * np.cos(times_us / 9e6 + number)], axis=1)
        places = way * sign * (FORMATION[number % 11] + run + random.normal(0, 0.02, (len(times_us), 2)))
        tracks.append(_track(number + 1, "A" if number < 11 else "B", times_us, places.astype(np.float32)))
    return Tracks(tuple(tracks), (Shot(0, 0, round(match.minutes * 60e6), kind="wide", pitch=1.0),), 1280, 720)


def _track(number: int, team: str, times_us: np.ndarray, places: np.ndarray) -> Track:
    count = len(times_us)
    x, y = 640 + 10 * places[:, 0], 360 - 8 * places[:, 1]
    return Track(
        number,
        "goalkeeper" if number % 11 == 1 else "player",
        times_us,
        np.arange(count),
        np.stack([x - 8, y - 30, x + 8, y], axis=1).astype(np.float32),
        np.full(count, 0.9, np.float32),
        np.ones(count, bool),
        team=team,
        team_confidence=0.95,
        positions_m=places,
        person=number,
        person_confidence=0.9,
        identity_confidence=0.8,
        place_std_m=np.full(count, 0.3, np.float32),
        speed_std_mps=np.full(count, 0.1, np.float32),
    )


def made_events(match: MadeMatch) -> Timeline:
    """Return passes of both teams from each player to the next, and shots."""
    random = np.random.default_rng(match.seed)
    step_us = match.minutes * 60e6 / max(match.passes, 1)
    events = []
    for k in range(match.passes):
        team = k % 2
        first = int(random.integers(11))
        start, end = first + 11 * team, _receiver(first, random) + 11 * team
        complete = k % 4 != 3
        extra = {
            "place_m": [round(float(v), 1) for v in FORMATION[start % 11]],
            "to_m": [round(float(v), 1) for v in FORMATION[end % 11]],
            "length_m": 12.5,
            "receiver": end + 1 if complete else (end + 11) % 22 + 1,
            "outcome": "complete" if complete else "intercepted",
            "reason": "made",
        }
        at_us = round((k + 0.5) * step_us)
        events.append(
            Event("PASS", at_us, None, 0.9, "AB"[team], str(start + 1), source="tracks+made-spotter", extra=extra)
        )
    for k in range(match.shots):
        at_us = round((k + 0.3) * match.minutes * 60e6 / match.shots)
        where = {"place_m": [40.0, 2.0]}
        events.append(Event("SHOT", at_us, None, 0.8, "A", "10", source="tracks", extra=where))
    return Timeline(tuple(events))


def _receiver(start: int, random: np.random.Generator) -> int:
    """Return whom a player passes to: most often somebody near."""
    away_m = np.hypot(*(FORMATION - FORMATION[start]).T)
    weights = np.where(away_m > 0, np.exp(-away_m / 9.0), 0.0)
    return int(random.choice(11, p=weights / weights.sum()))


def made_moment(number: int, *, saved: bool) -> IndexedMoment:
    """Return a shot at the keeper of team B."""
    return IndexedMoment(
        time_us=number * 1_000_000,
        label="SHOT",
        track_id=12,
        keeper="Keeper B",
        outcome="Saved" if saved else "Goal",
        technique="Set",
        confidence=0.7,
        p_save=0.6,
        p_range=(0.4, 0.8),
        note="",
        page="keeper-b.html",
        anchor=f"moment-{number + 1}",
    )
