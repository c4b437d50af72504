"""Corrected tracks: boxes moved, tracks split and joined, roles, teams and names as a person set them."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from touchline.core.corrections.state import Corrections
from touchline.core.corrections.values import BoxValue, TrackValue, start_of, track_of
from touchline.core.tracks import Track, Tracks


def corrected_tracks(tracks: Tracks, corrections: Corrections) -> Tracks:
    """Return the tracks after the review.

    Boxes are corrected first, then tracks are cut into fragments, then fragments are joined. Where two joined
    fragments have a box in the same frame, that of the earlier one is kept. A joined track keeps the number, camera
    shot, role and team of the fragment it is joined to; ``name`` is the player's number and name.
    """
    fragments = _fragments(tracks, corrections)
    numbers = fragment_numbers(tracks, corrections)
    groups: dict[str, list[str]] = {}
    for name in fragments:
        groups.setdefault(root_of(name, corrections.tracks, known=fragments), []).append(name)
    joined = []
    for root, names in groups.items():
        first = fragments[root]
        others = sorted((fragments[name] for name in names if name != root), key=lambda track: int(track.times_us[0]))
        track = _joined(first, others)
        joined.append(_described(replace(track, track_id=numbers[root]), corrections.tracks.get(root), corrections))
    return Tracks(tuple(joined), tracks.shots, tracks.width, tracks.height)


def fragment_numbers(tracks: Tracks, corrections: Corrections) -> dict[str, int]:
    """Return track or fragment id -> track number: the model's for whole tracks and first parts, new ones after it."""
    numbers = {str(track.track_id): track.track_id for track in tracks}
    following = max(numbers.values(), default=0) + 1
    for name in sorted(corrections.cuts, key=lambda cut: (track_of(cut), start_of(cut))):
        if str(track_of(name)) in numbers:
            numbers[name], following = following, following + 1
    return numbers


def _fragments(tracks: Tracks, corrections: Corrections) -> dict[str, Track]:
    """Return the fragments that hold at least one box, by id."""
    boxes: dict[int, dict[int, BoxValue]] = {}
    for (number, frame), box in corrections.boxes.items():
        boxes.setdefault(number, {})[frame] = box
    cuts: dict[int, list[str]] = {}
    for cut in sorted(corrections.cuts, key=start_of):
        cuts.setdefault(track_of(cut), []).append(cut)
    found = {}
    for track in tracks:
        number = track.track_id
        corrected = _with_boxes(track, boxes[number]) if number in boxes else track
        names = [str(number), *cuts.get(number, [])]
        edges = [*(start_of(name) for name in names), np.iinfo(np.int64).max]
        for name, (start, end) in zip(names, pairwise(edges), strict=True):
            part = None if corrected is None else _taken(corrected, _between(corrected, start, end))
            if part is not None:
                found[name] = part
    return found


def _between(track: Track, start_us: int, end_us: int) -> npt.NDArray[np.bool_]:
    return (track.times_us >= start_us) & (track.times_us < end_us)


def _with_boxes(track: Track, boxes: Mapping[int, BoxValue]) -> Track | None:
    """Return a track with corrected boxes, which count as observed; None if no box is left."""
    changed = track.boxes_xyxy.copy()
    observed, confidence = track.observed.copy(), track.confidence.copy()
    kept = np.ones(len(track), bool)
    places = None if track.positions_m is None else track.positions_m.copy()
    known = {"place_std_m": track.place_std_m, "speed_std_mps": track.speed_std_mps}
    stds: dict[str, Any] = {name: std.copy() for name, std in known.items() if std is not None}
    for frame, value in boxes.items():
        row = int(np.searchsorted(track.frames, frame))
        if row == len(track) or track.frames[row] != frame:
            continue
        if value.box_xyxy is None:
            kept[row] = False
            continue
        changed[row], observed[row], confidence[row] = value.box_xyxy, True, 1.0
        if places is not None:
            places[row] = np.nan  # the place belonged to the box before
            for std in stds.values():
                std[row] = np.nan
    corrected = replace(track, boxes_xyxy=changed, observed=observed, confidence=confidence, positions_m=places)
    corrected = replace(corrected, **stds)
    return _taken(corrected, kept)


def _taken(track: Track, rows: npt.NDArray[np.bool_]) -> Track | None:
    if rows.all():
        return track
    if not rows.any():
        return None
    return replace(
        track,
        times_us=track.times_us[rows],
        frames=track.frames[rows],
        boxes_xyxy=track.boxes_xyxy[rows],
        confidence=track.confidence[rows],
        observed=track.observed[rows],
        positions_m=None if track.positions_m is None else track.positions_m[rows],
        place_std_m=None if track.place_std_m is None else track.place_std_m[rows],
        speed_std_mps=None if track.speed_std_mps is None else track.speed_std_mps[rows],
    )


def root_of(name: str, values: Mapping[str, TrackValue], *, known: Container[str]) -> str:
    """Return the fragment that a fragment is joined to in the end; a circle ends where it began."""
    seen: list[str] = []
    following: str | None = name
    while following is not None and following in known and following not in seen:
        seen.append(following)
        value = values.get(following)
        following = None if value is None else value.same_as
    circle = following in seen
    return min(seen, key=lambda one: (track_of(one), start_of(one))) if circle else seen[-1]


def _joined(first: Track, others: list[Track]) -> Track:
    for other in others:
        new = _taken(other, ~np.isin(other.frames, first.frames) & ~np.isin(other.times_us, first.times_us))
        if new is not None:
            first = _merged(first, new)
    return first


def _merged(first: Track, other: Track) -> Track:
    """Return both tracks' boxes in one track, in order of frames."""
    frames = np.concatenate([first.frames, other.frames])
    order = np.argsort(frames, kind="stable")
    placed = first.positions_m is not None or other.positions_m is not None
    return replace(
        first,
        frames=frames[order],
        times_us=np.concatenate([first.times_us, other.times_us])[order],
        boxes_xyxy=np.concatenate([first.boxes_xyxy, other.boxes_xyxy])[order],
        confidence=np.concatenate([first.confidence, other.confidence])[order],
        observed=np.concatenate([first.observed, other.observed])[order],
        positions_m=np.concatenate([_places(first), _places(other)])[order] if placed else None,
        place_std_m=_both(first, other, first.place_std_m, other.place_std_m, order),
        speed_std_mps=_both(first, other, first.speed_std_mps, other.speed_std_mps, order),
    )


def _both(
    first: Track,
    other: Track,
    one: npt.NDArray[np.float32] | None,
    two: npt.NDArray[np.float32] | None,
    order: npt.NDArray[np.int64],
) -> npt.NDArray[np.float32] | None:
    """Return the values of both tracks in order, NaN for a track without; None if neither has any."""
    if one is None and two is None:
        return None
    parts = [
        np.full(len(track), np.nan, np.float32) if std is None else std for track, std in ((first, one), (other, two))
    ]
    return np.concatenate(parts)[order]


def _places(track: Track) -> npt.NDArray[np.float32]:
    return np.full((len(track), 2), np.nan, np.float32) if track.positions_m is None else track.positions_m


def _described(track: Track, value: TrackValue | None, corrections: Corrections) -> Track:
    """Return a track with the role, team and name that a person gave it."""
    if value is None:
        return track
    player = corrections.players.get(value.player or "")
    team, sure = track.team, track.team_confidence
    given = value.team if value.team is not None else (player.team if player is not None else None)
    if given is not None:
        team, sure = (given or None), 1.0
    name = track.name if player is None else player.shown
    role_sure = track.label_confidence if value.role is None else 1.0
    return replace(
        track,
        label=value.role or track.label,
        label_confidence=role_sure,
        team=team,
        team_confidence=sure,
        name=name,
    )
