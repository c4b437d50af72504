"""Tracks in the form stored in the report: sampled on a regular grid, as integers, delta-coded and deflated.

The size is bounded for any video: the grid gets coarser until all samples fit, see :data:`MAX_SAMPLES`.
"""

from __future__ import annotations

import base64
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.actions import Actions
from touchline.core.clock import US_PER_S
from touchline.core.corrections.values import TeamValue
from touchline.core.geometry.pitch import STANDARD, lines_m, spots_m
from touchline.core.tracks import BALL, DETECTION_LABELS, Track, Tracks
from touchline.render.colour_names import team_title
from touchline.render.drawing import COLOURS, PACE_COLOURS
from touchline.render.sights import MAX_GAP_US
from touchline.render.tags import Colour
from touchline.report.sections.actions import actions_data
from touchline.report.sections.players import bands, movements_of
from touchline.report.sections.section import Section
from touchline.report.values import BundleValues

MAX_SAMPLES = 750_000
"""Largest number of boxes in the page: 25 people and a ball for 90 minutes, five times per second."""

MAX_TRACKS = 20_000
"""Largest number of tracks in the page; of more, the longest are kept."""

RATES_HZ = (25.0, 12.5, 5.0, 2.5, 1.0, 0.5, 0.2)
"""Possible samples per second, highest first."""

STEPS = 4096
"""Quantisation steps along the longer side of the picture."""

TEAM_IDS = ("A", "B")
OTHER_NAMES = {"other": "Team unknown", "referee": "Officials", "ball": "Ball"}
"""Names of teams, and of everything else that has a lane, in the lanes' order."""

STEP_M = 0.05
"""Size of a quantisation step on the pitch in metres."""

UNKNOWN = -32768
"""Value of an unknown position on the pitch."""

ABSENT, FILLED_IN, OBSERVED = range(3)
"""State of a sample: no box, a box interpolated between detections, or a detected box."""

_FAR = 32767
_COLUMNS = 6
_EFFORT = 6


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """A track sampled on the grid.

    Attributes:
        first: index of the first sample; sample ``i`` lies at ``i / rate_hz`` seconds.
        values: int16 (n, 6): foot point x and y, width and height in steps of the picture, position x and y in steps
            of the pitch.
        states: uint8 (n,), see :data:`ABSENT`.

    """

    first: int
    values: npt.NDArray[np.int16]
    states: npt.NDArray[np.uint8]


def _data(values: BundleValues) -> Mapping[str, object]:
    if values.tracks is None:
        return {"tracks": None}
    about = values.manifest.tracking
    notes = (*about.get("notes", ()), *about.get("unmatched", ()))
    teams = values.corrections.teams
    kits = about.get("kits", {})
    return {"tracks": tracks_data(values.tracks, actions=values.actions, notes=notes, teams=teams, kits=kits)}


SECTION = Section(_data)


def tracks_data(
    tracks: Tracks,
    *,
    actions: Actions | None = None,
    notes: Sequence[str] = (),
    teams: Mapping[str, TeamValue] | None = None,
    kits: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """Return the tracks as JSON values for the page.

    Args:
        tracks: tracks of the video.
        actions: actions of everyone tracked; None for no actions.
        notes: remarks for the user.
        teams: names and colours that a person gave to teams, by their ids.
        kits: colours of the teams' shirts, ``#rrggbb``, by their ids.

    """
    kept = longest(tracks.tracks, count=MAX_TRACKS)
    rate_hz = rate_for(kept)
    samples = [sample_track(track, rate_hz=rate_hz, longer_px=max(tracks.width, tracks.height)) for track in kept]
    return {
        "width": tracks.width,
        "height": tracks.height,
        "rate_hz": rate_hz,
        "steps": STEPS,
        "step_m": STEP_M,
        "rows": [_row(track, sampled) for track, sampled in zip(kept, samples, strict=True)],
        "samples": base64.b64encode(pack(samples)).decode("ascii"),
        "seen_us": [seen_us(track) for track in kept],
        "shots": [[shot.start_us, shot.end_us, shot.kind, round(shot.pitch, 3)] for shot in tracks.shots],
        "placed": any(bool((sampled.values[:, 4] != UNKNOWN).any()) for sampled in samples),
        "pitch": _pitch(),
        "colours": {**_hex(COLOURS), **{team: value.colour for team, value in (teams or {}).items() if value.colour}},
        "names": _group_names(kept, teams or {}, kits or {}),
        "kits": dict(kits or {}),
        "bands": bands(),
        "band_colours": _hex(PACE_COLOURS),
        "movements": {str(track_id): row for track_id, row in movements_of(kept).items()},
        "actions": actions_data(actions or Actions(), track_ids=(track.track_id for track in kept)),
        "notes": [*notes, *_without_person(kept), *_left_out(len(tracks), len(kept))],
    }


def seen_us(track: Track) -> int:
    """Return the time in microseconds in which a track has a box, detected or interpolated; gaps do not count."""
    steps = np.diff(track.times_us)
    return int(steps[steps <= MAX_GAP_US].sum())


def longest(tracks: Sequence[Track], *, count: int) -> list[Track]:
    """Return the ``count`` longest tracks in their original order."""
    spans_us = np.array([-int(track.times_us[-1] - track.times_us[0]) for track in tracks], np.int64)
    chosen = np.sort(np.argsort(spans_us, kind="stable")[:count])
    return [tracks[index] for index in chosen]


def rate_for(tracks: Sequence[Track], *, max_samples: int = MAX_SAMPLES) -> float:
    """Return the highest of :data:`RATES_HZ` at which all samples fit and that does not exceed the tracks' own rate."""
    total_s = sum(float(track.times_us[-1] - track.times_us[0]) for track in tracks) / US_PER_S
    steps_us = [float(np.median(np.diff(track.times_us))) for track in tracks if len(track) > 1]
    finest_hz = 1.01 * US_PER_S / float(np.median(steps_us)) if steps_us else RATES_HZ[0]
    for rate_hz in RATES_HZ[:-1]:
        if total_s * rate_hz + len(tracks) <= max_samples and (rate_hz <= finest_hz or rate_hz <= 5.0):
            return rate_hz
    return RATES_HZ[-1]


def sample_track(track: Track, *, rate_hz: float, longer_px: int) -> Samples:
    """Sample a track on the grid by linear interpolation; a track between two grid times gives one sample.

    Args:
        track: the track to sample.
        rate_hz: samples per second.
        longer_px: longer side of the picture in pixels.

    """
    step_us = US_PER_S / rate_hz
    first = math.ceil(float(track.times_us[0]) / step_us)
    last = math.floor(float(track.times_us[-1]) / step_us)
    if last < first:
        first = last = round(float(track.times_us[0]) / step_us)
    at_us = (np.arange(first, last + 1) * step_us).clip(track.times_us[0], track.times_us[-1])
    box = np.stack([np.interp(at_us, track.times_us, column) for column in _columns_px(track).T], axis=1)
    values = np.concatenate([box * (STEPS / longer_px), _places(track, at_us) / STEP_M], axis=1)
    whole = np.where(np.isnan(values), UNKNOWN, np.rint(values).clip(-_FAR, _FAR)).astype(np.int16)
    return Samples(first, whole, _states(track, at_us))


def pack(samples: Sequence[Samples]) -> bytes:
    """Pack all samples into one raw deflate stream.

    The stream holds the states, then for each column the differences from sample to sample (modulo 2 ** 16, each
    track starting from 0): first all low bytes, then all high bytes.
    """
    states = np.concatenate([np.zeros(0, np.uint8), *(s.states for s in samples)])
    values = np.concatenate([np.zeros((0, _COLUMNS), np.int16), *(s.values for s in samples)])
    deltas = np.diff(values, axis=0, prepend=np.zeros((1, _COLUMNS), np.int16))
    starts = np.cumsum([0, *(len(s.states) for s in samples)])[:-1]
    deltas[starts] = values[starts]
    parts = [states.tobytes()]
    for column in deltas.T.astype(np.uint16):
        parts += [(column & 0xFF).astype(np.uint8).tobytes(), (column >> 8).astype(np.uint8).tobytes()]
    packer = zlib.compressobj(_EFFORT, zlib.DEFLATED, -15)
    return packer.compress(b"".join(parts)) + packer.flush()


def _columns_px(track: Track) -> npt.NDArray[np.float64]:
    """Return foot point, width and height of every box in pixels, float64 (n, 4)."""
    x0, y0, x1, y1 = track.boxes_xyxy.astype(np.float64).T
    return np.stack([(x0 + x1) / 2, y1, x1 - x0, y1 - y0], axis=1)


def _places(track: Track, at_us: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return positions in metres at given times, float64 (n, 2), NaN where unknown."""
    if track.positions_m is None:
        return np.full((len(at_us), 2), np.nan)
    return np.stack([np.interp(at_us, track.times_us, column) for column in track.positions_m.T], axis=1)


def _states(track: Track, at_us: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """Return the state of a track at given times, see :data:`ABSENT`."""
    after = np.searchsorted(track.times_us, at_us).clip(0, len(track) - 1)
    exact = track.times_us[after] == at_us
    before = np.where(exact, after, np.maximum(after - 1, 0))
    observed = track.observed[before] & track.observed[after]
    near = track.times_us[after] - track.times_us[before] <= MAX_GAP_US
    return np.where(near, np.where(observed, OBSERVED, FILLED_IN), ABSENT).astype(np.uint8)


def _row(track: Track, samples: Samples) -> list[object]:
    """Return a track's properties for the page, besides its samples."""
    return [
        track.track_id,
        DETECTION_LABELS.index(track.label),
        track.team,
        round(float(track.team_confidence), 2),
        track.name,
        track.shot,
        samples.first,
        len(samples.states),
        int(track.times_us[0]),
        int(track.times_us[-1]),
        track.person,
        round(float(track.person_confidence), 2),
        round(float(track.label_confidence), 2),
        round(float(track.identity_confidence), 2),
    ]


def _group_names(tracks: Sequence[Track], teams: Mapping[str, TeamValue], kits: Mapping[str, str]) -> dict[str, str]:
    """Return the names of all lanes, in their order: teams, then everything else."""
    more = sorted({track.team for track in tracks if track.team is not None} - set(TEAM_IDS))
    given = {team: value.name for team, value in teams.items() if value.name}
    return {
        **{team: team_title(team, kits) for team in TEAM_IDS},
        **{team: team for team in more},
        **given,
        **OTHER_NAMES,
    }


def _hex(colours: Mapping[str, Colour]) -> dict[str, str]:
    """Return colours as "#rrggbb"."""
    return {name: "#{:02x}{:02x}{:02x}".format(*colour) for name, colour in colours.items()}


def _pitch() -> Mapping[str, object]:
    """Return the pitch's lines and spots for drawing, in metres rounded to centimetres."""
    return {
        "length_m": STANDARD.length_m,
        "width_m": STANDARD.width_m,
        "lines": [np.round(line, 2).ravel().tolist() for line in lines_m(step_m=2.0)],
        "spots": np.round(spots_m(), 2).ravel().tolist(),
    }


def _without_person(tracks: Sequence[Track]) -> list[str]:
    people = [track for track in tracks if track.label != DETECTION_LABELS[BALL]]
    alone = sum(track.person is None for track in people)
    if alone in (0, len(people)):
        return []
    return [
        f"The table lists players, not tracks: {len(people) - alone} tracks belong to "
        f"{len({track.person for track in people} - {None})} people; of {alone} others nobody could tell whose they are"
    ]


def _left_out(count: int, kept: int) -> list[str]:
    if count == kept:
        return []
    return [f"{count:,} tracks were found; this page holds the {kept:,} longest, tracks.parquet holds all"]
