"""The sections that every report has, in the order in which they are stored in the page."""

from __future__ import annotations

from touchline.report.sections import board, coverage, events, play, sound, tracks, video
from touchline.report.sections.section import Section

SECTIONS: tuple[Section, ...] = (
    video.SECTION,
    events.SECTION,
    coverage.SECTION,
    play.SECTION,
    tracks.SECTION,
    sound.SECTION,
    board.SECTION,
)
