"""Reviewed bundles as truth for training and measuring.

Truth is complete inside the spans that a person went through; elsewhere only the single decisions count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from touchline.core.corrections.events import ACCEPTED, REJECTED, CorrectedEvent
from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.formats.bundle import CORRECTIONS, MANIFEST, SUFFIX, Bundle, video_fingerprint
from touchline.formats.corrections.journal import read_journal

Span = tuple[int, int]
"""(start_us, end_us), half-open."""


@dataclass(frozen=True, slots=True)
class ReviewedMatch:
    """The decisions of a person on one video.

    Attributes:
        name: name of the bundle, without its ending.
        bundle: the bundle.
        fingerprint: fingerprint of the video's content.
        spans: parts of the video that were gone through completely, sorted.
        accepted: the true events, as the person left them.
        rejected: events of the model that are wrong: rejected ones, and relabelled ones under their first label.

    """

    name: str
    bundle: Bundle
    fingerprint: str
    spans: tuple[Span, ...]
    accepted: Timeline
    rejected: Timeline

    @property
    def reviewed_us(self) -> int:
        """Total duration of the reviewed spans, microseconds."""
        return total_us(self.spans)

    @property
    def truth(self) -> Timeline:
        """The true events inside the reviewed spans."""
        return inside(self.accepted, self.spans)

    def only(self, labels: Sequence[str]) -> ReviewedMatch:
        """Return the decisions on events with these labels."""
        return self._filtered(lambda event: event.label in labels, self.spans)

    def part(self, start_us: int, end_us: int) -> ReviewedMatch:
        """Return the decisions on a part of the video."""
        spans = tuple(
            (max(start, start_us), min(end, end_us)) for start, end in self.spans if start < end_us and end > start_us
        )
        return self._filtered(lambda event: start_us <= event.start_us < end_us, spans)

    def _filtered(self, keep: Callable[[Event], bool], spans: tuple[Span, ...]) -> ReviewedMatch:
        accepted, rejected = (Timeline(tuple(filter(keep, part))) for part in (self.accepted, self.rejected))
        return replace(self, spans=spans, accepted=accepted, rejected=rejected)


def total_us(spans: Iterable[Span]) -> int:
    """Return the total duration of spans, microseconds."""
    return sum(end - start for start, end in spans)


def inside(timeline: Timeline, spans: Sequence[Span]) -> Timeline:
    """Return the events that begin inside one of the spans."""
    return Timeline(tuple(e for e in timeline if any(start <= e.start_us < end for start, end in spans)))


def read_reviewed(path: Path) -> ReviewedMatch:
    """Read the corrections of a bundle.

    Args:
        path: the folder ``NAME.touchline``, or the video beside it.

    Raises:
        InputError: there is no bundle, nobody reviewed it, or a file of it is broken.

    """
    bundle = existing_bundle(path)
    corrections = bundle.read_corrections()
    events = bundle.read_corrected_events(corrections)
    if not corrections.reviewed_spans and not any(one.value is not None for one in events):
        raise InputError(f"{bundle.path}: nobody reviewed it; correct some events with touchline review {bundle.path}")
    return ReviewedMatch(
        name=bundle.path.name.removesuffix(SUFFIX),
        bundle=bundle,
        fingerprint=read_journal(bundle.path / CORRECTIONS).video_fingerprint,
        spans=corrections.reviewed_spans,
        accepted=Timeline(tuple(one.event for one in events if one.state == ACCEPTED)),
        rejected=Timeline(tuple(one.model for one in events if one.model is not None and _is_wrong(one))),
    )


def existing_bundle(path: Path) -> Bundle:
    """Return the bundle at a path ``NAME.touchline``, or that of the video at the path.

    Raises:
        InputError: there is no bundle.

    """
    bundle = Bundle(path) if path.suffix == SUFFIX else Bundle.for_video(path)
    if not bundle.path.is_dir():
        raise InputError(f"{path}: no bundle (looked for {bundle.path}); make one with touchline analyze")
    return bundle


def _is_wrong(one: CorrectedEvent) -> bool:
    """Return whether the model's event is wrong as it was."""
    relabelled = one.state == ACCEPTED and one.model is not None and one.model.label != one.event.label
    return one.state == REJECTED or relabelled


class ReviewedVideo(Protocol):
    """A reviewed bundle, as far as its video is concerned."""

    @property
    def name(self) -> str:
        """Name of the bundle, without its ending."""

    @property
    def bundle(self) -> Bundle:
        """The bundle."""

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the video's content."""


def find_video(match: ReviewedVideo, *, videos: Sequence[Path] = ()) -> Path:
    """Return the video of a reviewed bundle: beside it, or among others.

    Args:
        match: the bundle.
        videos: further videos, or folders of them.

    Raises:
        InputError: no file has the content that was reviewed.

    """
    beside = match.bundle.path.parent
    for path in _possible(match, folders=[beside, *(p for p in videos if p.is_dir())], videos=videos):
        if video_fingerprint(path) == match.fingerprint:
            return path
    raise InputError(
        f"{match.bundle.path}: its video is not beside it, or is another one by now; give the video, or its folder, "
        "with --set videos=[PATH]"
    )


def _possible(match: ReviewedVideo, *, folders: Iterable[Path], videos: Sequence[Path]) -> list[Path]:
    """Return existing files that may be the video, the most likely first."""
    named = ""
    if (match.bundle.path / MANIFEST).exists():
        named = Path(match.bundle.read_manifest().video_name).name
    possible = [folder / named for folder in folders if named]
    possible += [path for path in videos if path.is_file()]
    if not named:
        possible += [path for folder in folders for path in sorted(folder.glob(f"{_escaped(match.name)}.*"))]
    return [path for path in possible if path.is_file()]


def _escaped(name: str) -> str:
    from glob import escape

    return escape(name)
