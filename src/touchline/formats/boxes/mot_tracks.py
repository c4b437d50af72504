"""Tracks in MOT's layout for other tools: the boxes, and ``seqinfo.ini`` with the facts about the video beside them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from touchline.core.tracks import DETECTION_LABELS, GOALKEEPER, PLAYER, Track, Tracks
from touchline.core.wording import counted
from touchline.formats.boxes.mot import mot_bytes, submission_bytes
from touchline.formats.boxes.track_format import TrackFormat, frame_count
from touchline.formats.events.event_format import Converted
from touchline.formats.events.export_context import ExportContext
from touchline.formats.files.atomic import write_bytes_atomic

SEQUENCE = "seqinfo.ini"


class MotTracks(TrackFormat):
    """MOT text of the people, as ``tracks.txt`` in a bundle, with ``seqinfo.ini``."""

    name = "mot"
    title = "boxes in MOT's layout"
    suffix = ".txt"

    def losses(self, tracks: Tracks, *, context: ExportContext) -> tuple[str, ...]:
        """Return that roles, teams and places on the pitch are not stored."""
        del context
        return ("roles, teams, names and positions on the pitch are not stored",) if len(tracks) else ()

    def content(self, tracks: Tracks, *, context: ExportContext) -> bytes:
        """Return one line a box, frames from 1."""
        del context
        return mot_bytes(tracks)

    def write(self, tracks: Tracks, path: Path, *, context: ExportContext) -> Converted:
        """Write the boxes, and ``seqinfo.ini`` beside them; without a frame rate there is none."""
        result = super().write(tracks, path, context=context)
        video = context.video
        if video.fps is None and video.times_us is None:
            return replace(result, remarks=(*result.remarks, f"no {SEQUENCE}: the frame rate is not known"))
        write_bytes_atomic(path.parent / SEQUENCE, sequence_bytes(tracks, context=context))
        return replace(result, remarks=(*result.remarks, f"frame rate and size are in {SEQUENCE}"))


class SoccerNetMot(TrackFormat):
    """A submission to SoccerNet's tracking: people and the ball, without a class, one file a sequence."""

    name = "soccernet-mot"
    title = "boxes for SoccerNet's tracking"
    suffix = ".txt"
    plain_name = True

    def losses(self, tracks: Tracks, *, context: ExportContext) -> tuple[str, ...]:
        """Return that roles, teams and places on the pitch are not stored."""
        del context
        return ("roles, teams, names and positions on the pitch are not stored",) if len(tracks) else ()

    def content(self, tracks: Tracks, *, context: ExportContext) -> bytes:
        """Return one line a box in SoccerNet's ten columns, frames from 1."""
        del context
        return submission_bytes(tracks.tracks)


class SportsMot(TrackFormat):
    """A submission to SportsMOT, or results on TeamTrack: players and goalkeepers only, as in their truth."""

    name = "sportsmot"
    title = "boxes for SportsMOT"
    suffix = ".txt"
    plain_name = True

    def losses(self, tracks: Tracks, *, context: ExportContext) -> tuple[str, ...]:
        """Return who is left out, and that roles, teams and places on the pitch are not stored."""
        del context
        others = len(tracks) - len(_players(tracks))
        lost = ["roles, teams, names and positions on the pitch are not stored"] if len(tracks) else []
        return tuple([*lost, f"{counted(others, 'track')} of officials and the ball left out"] if others else lost)

    def content(self, tracks: Tracks, *, context: ExportContext) -> bytes:
        """Return one line a box, frames from 1."""
        del context
        return submission_bytes(_players(tracks))


def _players(tracks: Tracks) -> list[Track]:
    return [track for track in tracks if track.label in (DETECTION_LABELS[PLAYER], DETECTION_LABELS[GOALKEEPER])]


def sequence_bytes(tracks: Tracks, *, context: ExportContext) -> bytes:
    """Return ``seqinfo.ini``: name, frame rate, number of frames and size.

    Raises:
        UsageError: the frame rate is not known.

    """
    rate = f"{float(context.video.frames.rate):.6f}".rstrip("0").rstrip(".")
    name = " ".join(context.game.split()) or "sequence"
    lines = (
        "[Sequence]",
        f"name={name}",
        "imDir=img1",
        f"frameRate={rate}",
        f"seqLength={frame_count(tracks, context.video)}",
        f"imWidth={tracks.width}",
        f"imHeight={tracks.height}",
        "imExt=.jpg",
    )
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")
