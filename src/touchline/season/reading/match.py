"""One bundle's rows of every table of a season."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchline.core.board.values import MatchClock
from touchline.core.clock import US_PER_S
from touchline.core.corrections.state import Corrections
from touchline.core.corrections.tracks import corrected_tracks, root_of
from touchline.core.errors import InputError
from touchline.formats.boxes.tracks_parquet import read_tracks_parquet
from touchline.formats.bundle import (
    CANDIDATES,
    CORRECTIONS,
    EVENTS,
    KEEPERS,
    MANIFEST,
    REPORT,
    SUFFIX,
    TRACKS,
    Bundle,
    Manifest,
)
from touchline.formats.keeper.moments_index import MOMENTS_INDEX, read_moments_index
from touchline.formats.likeness import LIKENESS
from touchline.formats.match_clock import CLOCK
from touchline.formats.play import PLAY, read_play_document
from touchline.formats.sound import SOUND, read_sound_document
from touchline.season import tables
from touchline.season.reading.boxes import Boxes, boxes_of, read_boxes
from touchline.season.reading.ends import Halves, find_halves
from touchline.season.reading.event_rows import Known, event_rows, pass_rows, season_events
from touchline.season.reading.people import People, Person

if TYPE_CHECKING:
    import pyarrow as pa

Row = dict[str, Any]
_READ = (EVENTS, CANDIDATES, TRACKS, PLAY, SOUND, CLOCK, LIKENESS)
"""Files that are read if the manifest lists them; they must be as it says."""
_WITHOUT_MANIFEST = (CORRECTIONS, f"{KEEPERS}/{MOMENTS_INDEX}", REPORT)
"""Files that are made after the manifest."""
_PARTS = {"events": EVENTS, "tracks": TRACKS, "play": PLAY, "sound": SOUND, "clock": CLOCK}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a bundle is.

    Attributes:
        path: the bundle.
        season: folder of the season.

    """

    path: Path
    season: Path

    @property
    def bundle(self) -> str:
        """Path of the bundle from the season's folder."""
        return relative(self.path, self.season)

    @property
    def match(self) -> str:
        """What the match is called in every table: the bundle's path from the folder that holds the season."""
        return relative(self.path, self.season.parent).removesuffix(SUFFIX)


def relative(path: Path, start: Path) -> str:
    """Return a path from a folder, with forward slashes."""
    return Path(os.path.relpath(path, start)).as_posix()


def stamp_of(bundle: Path) -> str:
    """Return what changes whenever a bundle does, without reading its large files: their sizes and times of change."""
    digest = hashlib.sha256(content_of(bundle).encode())
    for name in (*_READ, *_WITHOUT_MANIFEST):
        try:
            status = (bundle / name).stat()
            digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
        except OSError:
            digest.update(f"{name} missing\n".encode())
    return digest.hexdigest()[:32]


def content_of(bundle: Path) -> str:
    """Return the SHA-256 over manifest, journal of corrections, index of moments, and whether there is a report."""
    digest = hashlib.sha256()
    for name in (MANIFEST, CORRECTIONS, f"{KEEPERS}/{MOMENTS_INDEX}"):
        try:
            data = (bundle / name).read_bytes()
        except OSError:
            data = b""
        digest.update(f"{name} {len(data)}\n".encode() + data)
    digest.update(str((bundle / REPORT).is_file()).encode())
    return digest.hexdigest()


class MatchReader:
    """Reads one bundle into rows.

    Args:
        place: where the bundle is.

    Raises:
        InputError: (by any method) a file is broken, or is not what the manifest says.

    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.bundle = Bundle(place.path)

    def tables(self) -> dict[str, pa.Table]:
        """Return the rows of the match by table; columns that depend on given names are null."""
        content = content_of(self.place.path)
        self._check_files()
        rows: Mapping[str, list[Row]] = {
            tables.EVENTS: list(event_rows(self.events, self._known)),
            tables.PASSES: list(pass_rows(self.events, self._known)),
            tables.PLAYERS: list(self.people.player_rows()),
            tables.PLAYER_HALVES: list(self.people.half_rows()),
            tables.TRACKS: list(self.people.track_rows()),
            tables.KEEPERS: self._keeper_rows(),
            tables.SOUND: self._sound_rows(),
            tables.MATCHES: [{**self._match_row(), "content": content}],
        }
        match = self.place.match
        found = {
            name: tables.table_of_rows(name, [{**row, "match": match} for row in ones]) for name, ones in rows.items()
        }
        places = self.people.place_columns()
        count = len(places["x_m"])
        found[tables.PLACES] = tables.table_of_columns(tables.PLACES, {**places, "match": [match] * count}, count=count)
        return found

    @cached_property
    def manifest(self) -> Manifest:
        """The bundle's manifest."""
        return self.bundle.read_manifest()

    @cached_property
    def corrections(self) -> Corrections:
        """What a person corrected."""
        return self.bundle.read_corrections()

    @cached_property
    def clock(self) -> MatchClock | None:
        """The match clock."""
        return self.bundle.read_clock() if self._holds(CLOCK) else None

    @cached_property
    def events(self) -> list[tuple[str, Any]]:
        """The events that count, with their ids."""
        if not self._holds(EVENTS) and not self.corrections:
            return []
        return season_events(self.bundle, self.corrections)

    @cached_property
    def boxes(self) -> Boxes:
        """The boxes of people, as corrected."""
        if not self._holds(TRACKS):
            return Boxes()
        corrections, path = self.corrections, self.bundle.path / TRACKS
        corrected = bool(corrections.tracks or corrections.cuts or corrections.boxes)
        found = None if corrected else read_boxes(path)
        if found is None:
            tracks = read_tracks_parquet(path)
            found = boxes_of((corrected_tracks(tracks, corrections) if corrected else tracks).tracks)
        return found

    @cached_property
    def halves(self) -> Halves:
        """The halves of the match."""
        first = {event.half for _, event in self.events}
        return find_halves(self.boxes, self.clock, first=first.pop() if len(first) == 1 else 1)

    @cached_property
    def people(self) -> People:
        """The persons of the match."""
        return People(self.boxes, self.halves)

    @cached_property
    def _known(self) -> Known:
        return Known(self._persons(), self.halves, self.clock, self.corrections)

    def _persons(self) -> Mapping[int, Person]:
        """Return the person of each track, also of those that a review joined to another."""
        persons = dict(self.people.by_track)
        given = self.corrections.tracks
        ids = {*map(str, persons), *given}
        for name in (name for name in given if name.isdecimal()):
            root = root_of(name, given, known=ids)
            if root.isdecimal() and int(root) in persons:
                persons[int(name)] = persons[int(root)]
        return persons

    def _holds(self, name: str) -> bool:
        return name in self.manifest.files

    def _check_files(self) -> None:
        """Raise an error for a file that is not what the manifest says.

        Raises:
            InputError: it is missing or has other content.

        """
        wanted = {name: self.manifest.files[name] for name in _READ if self._holds(name)}
        found = self.bundle.checksums(*wanted)
        for name, sha256 in wanted.items():
            if found.get(name) != sha256:
                what = "is missing" if name not in found else "is not the file that the manifest lists"
                raise InputError(f"{self.bundle.path / name}: {what}; let its analysis end, or analyse the video again")

    def _match_row(self) -> Row:
        manifest, corrections, bundle = self.manifest, self.corrections, self.bundle
        coverage, tracking = manifest.coverage, manifest.tracking
        kits, kit_names = tracking.get("kits", {}), tracking.get("kit_names", {})
        moments = bundle.path / KEEPERS / MOMENTS_INDEX
        given = {team: corrections.teams[team].name for team in "AB" if team in corrections.teams}
        return {
            "bundle": self.place.bundle,
            "report": f"{self.place.bundle}/{REPORT}" if (bundle.path / REPORT).is_file() else None,
            "video": manifest.video_name,
            "video_fingerprint": manifest.video_fingerprint,
            "touchline_version": manifest.touchline_version,
            "models": [{key: model[key] for key in ("task", "name", "sha256")} for model in manifest.models],
            "verdict": manifest.likeness.get("verdict", "unchecked"),
            "verdict_line": manifest.likeness.get("line", ""),
            "duration_s": coverage.duration_us / US_PER_S,
            "analysed_s": max(coverage.duration_us - coverage.lost_us, 0) / US_PER_S,
            "doubtful_s": coverage.doubtful_us / US_PER_S,
            "in_play_s": self._in_play_s(),
            "halves": len(self.halves.numbers),
            "halves_from": self.halves.source,
            "reviewed": bool(corrections),
            "reviewed_s": corrections.reviewed_us / US_PER_S,
            "corrections": corrections.commands,
            **{f"kit_{team.lower()}": kits.get(team) for team in "AB"},
            **{f"kit_name_{team.lower()}": kit_names.get(team) for team in "AB"},
            **{f"given_name_{team.lower()}": given.get(team) for team in "AB"},
            "parts": [part for part, name in _PARTS.items() if self._holds(name)] + ["keepers"] * moments.is_file(),
            "people": self.people.count,
        }

    def _in_play_s(self) -> float | None:
        if not self._holds(PLAY):
            return None
        spans, _ = read_play_document(self.bundle.path)
        return sum(span.end_us - span.start_us for span in spans if span.in_play) / US_PER_S

    def _keeper_rows(self) -> list[Row]:
        folder = self.bundle.path / KEEPERS
        if not (folder / MOMENTS_INDEX).is_file():
            return []
        rows = []
        for one in read_moments_index(folder):
            person = self._known.persons.get(one.track_id) if one.track_id is not None else None
            low, high = one.p_range if one.p_range is not None else (None, None)
            rows.append(
                {
                    "time_us": one.time_us,
                    "label": one.label,
                    "track": one.track_id,
                    **(person.row() if person is not None else {}),
                    "keeper": one.keeper,
                    "outcome": one.outcome,
                    "technique": one.technique,
                    "technique_confidence": one.confidence,
                    "p_save": one.p_save,
                    "p_low": low,
                    "p_high": high,
                    "note": one.note,
                    "page": f"{self.place.bundle}/{KEEPERS}/{one.page}#{one.anchor}",
                }
            )
        return rows

    def _sound_rows(self) -> list[Row]:
        if not self._holds(SOUND):
            return []
        whistles, swells = read_sound_document(self.bundle.path)
        rows: list[Row] = [
            {
                "kind": "whistle",
                "time_us": one.start_us,
                "end_us": one.end_us,
                "confidence": one.confidence,
                "pitch_hz": one.pitch_hz,
            }
            for one in whistles
        ]
        rows += [
            {"kind": "swell", "time_us": one.time_us, "confidence": one.confidence, "rise_db": one.rise_db}
            for one in swells
        ]
        return sorted(rows, key=lambda row: (row["time_us"], row["kind"]))
