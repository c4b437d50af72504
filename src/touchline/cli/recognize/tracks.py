"""``touchline recognize VIDEO --tracks FILE``: the actions of each player along existing tracks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchline.cli.common import Output
from touchline.cli.progress import progress_bar
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK, UsageError
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.core.actions import Actions
    from touchline.formats.bundle import Bundle


def recognise_tracks(
    paths: Sequence[Path],
    *,
    tracks: Path,
    model: str | None,
    out: Path | None,
    overlay: bool,
    device: Any,
    output: Output,
) -> int:
    """Recognise along the tracks of one video and write ``actions.json``; the exit code."""
    from touchline.analysis.track_actions import actions_along_tracks, read_known_tracks
    from touchline.formats.actions import write_actions
    from touchline.formats.bundle import ACTIONS, OVERLAY, Bundle
    from touchline.recognition.recogniser import load_recogniser

    if len(paths) != 1:
        raise UsageError(f"--tracks {tracks} belongs to one video, but {len(paths)} are given; name one")
    video = paths[0]
    recogniser = None if model is None else load_recogniser(model, device=device)
    if recogniser is not None:
        output.note(f"touchline: model {recogniser.name}, {recogniser.device_reason}")
    known = read_known_tracks(tracks, video=video)
    with progress_bar("recognize") as progress:
        actions = actions_along_tracks(video, known, recogniser=recogniser, progress=progress)
    folder = _bundle_of(video, out=out) if out is not None or not tracks.is_dir() else Bundle(tracks)
    write_actions(folder.path / ACTIONS, actions)
    if overlay:
        from touchline.render.overlay import write_overlay

        with progress_bar("overlay") as progress:
            write_overlay(video, folder.path / OVERLAY, tracks=known, actions=actions, progress=progress)
    _tell(video, actions, folder=folder.path, people=sum(t.label != "ball" for t in known), output=output)
    return EXIT_DEGRADED if actions.notes else EXIT_OK


def _bundle_of(video: Path, *, out: Path | None) -> Bundle:
    """The bundle of the video; a new one gets a manifest, so that it is found again and never taken for another's."""
    from touchline.core.events import Coverage
    from touchline.core.version import __version__
    from touchline.formats.bundle import MANIFEST, Bundle, Manifest, video_fingerprint
    from touchline.media.video import probe

    fingerprint = video_fingerprint(video)
    bundle = Bundle.create(out, video, fingerprint=fingerprint)
    if not (bundle.path / MANIFEST).is_file():
        coverage = Coverage(duration_us=probe(video).duration_us, frames_decoded=0)
        about = Manifest(video.name, fingerprint, models=(), settings={}, coverage=coverage)
        bundle.write_manifest(replace(about, touchline_version=__version__))
    return bundle


def _tell(video: Path, actions: Actions, *, folder: Path, people: int, output: Output) -> None:
    seconds: Counter[str] = Counter()
    for action in actions.actions:
        seconds[action.label] += action.end_us - action.start_us
    totals = {label: round(us / 1e6, 2) for label, us in seconds.most_common()}
    output.record(
        {
            "video": str(video),
            "bundle": str(folder),
            "people": people,
            "actions": len(actions.actions),
            "seconds": totals,
            "notes": list(actions.notes),
        }
    )
    for note in actions.notes:
        output.note(f"touchline: {note}")
    if not output.json:
        output.say(f"{video}: {counted(people, 'person', 'people')}, {counted(len(actions.actions), 'action')}")
        for label, value in totals.items():
            output.say(f"  {label:12} {value:9.1f} s")
        output.say(f"bundle: {folder}")
