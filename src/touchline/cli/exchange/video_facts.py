"""Facts about the video of a bundle, from the video itself where it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.errors import InputError

if TYPE_CHECKING:
    from touchline.formats.bundle import Bundle
    from touchline.formats.events.export_context import VideoFacts


def facts_of_bundle(bundle: Bundle, *, frame_times: bool) -> tuple[VideoFacts, list[str]]:
    """Path, duration, frame rate and size of a bundle's video; and remarks on what is not known.

    Args:
        bundle: the bundle.
        frame_times: whether the time of every frame is needed, for which the whole file is read.

    Raises:
        InputError: the manifest is broken.

    """
    from dataclasses import replace

    from touchline.formats.events.export_context import VideoFacts
    from touchline.media.shown.frame_index import frame_times as times_of
    from touchline.media.video import probe

    known = bundle.export_context().video
    if known.path is None or not known.path.is_file():
        return known, []
    try:
        times_us = times_of(known.path) if frame_times else None
        opened = VideoFacts.of(probe(known.path), times_us=times_us)
    except InputError as error:
        return known, [f"the video cannot be opened, so nothing is known of it but its duration ({error})"]
    return replace(opened, duration_us=known.duration_us or opened.duration_us), []
