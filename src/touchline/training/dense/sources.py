"""The videos of a recipe's label sets, from folders of games or from frame-exact label files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from touchline.core.clock import exact_rate, frame_from_us
from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.formats.events.sports.frame_labels import read_frame_labels
from touchline.training.dense.footage import DenseVideo, open_pictures
from touchline.training.dense.settings import DenseRecipe, LabelledSet
from touchline.training.dense.targets import NO_TEAM, TEAMS, FrameEvent, frame_targets
from touchline.training.spotting.data import find_games, read_game
from touchline.training.spotting.targets import mapped_label

_Found = tuple[str, Path, tuple[Event, ...], float | None]


@dataclass(frozen=True, slots=True)
class Source:
    """A video file of a label set with its events, before decoding.

    Attributes:
        name: unique in its recipe.
        head: number of its label set.
        path: the file.
        events: its events, of the set's labels.
        fps: frame rate of its labels if they count every frame of the video; None if their times are on the clock.

    """

    name: str
    head: int
    path: Path
    events: tuple[Event, ...]
    fps: float | None = None


def find_sources(recipe: DenseRecipe, *, root: Path, choose: bool) -> list[Source]:
    """Find the videos that a recipe trains on, or those that it chooses on, which are never trained on.

    Raises:
        InputError: a game, label file or video is missing, or a label is unknown.

    """
    found = []
    for head, (name, one) in enumerate(recipe.sets.items()):
        find = _games if one.layout == "soccernet" else _listed
        kept_apart = find(one, one.choose, root=root)
        apart = {path for _, path, _, _ in kept_apart}
        some = kept_apart if choose else [found for found in find(one, one.train, root=root) if found[1] not in apart]
        for title, path, events, fps in some:
            found.append(Source(f"{name}/{title}", head, path, tuple(known_events(events, one, source=title)), fps))
    return found


def open_sources(sources: Iterable[Source], recipe: DenseRecipe, *, cache: Path) -> list[DenseVideo]:
    """Open the pictures of videos and make their targets; decodes what is not in the cache."""
    sets = list(recipe.sets.values())
    opened = []
    for source in sources:
        fps = source.fps or recipe.frame.fps
        pictures = open_pictures(
            source.path, recipe.frame, colour=recipe.colour, cache=cache, every_frame=source.fps is not None
        )
        events = tuple(frame_events(source.events, sets[source.head], fps=fps))
        targets = frame_targets(events, frames=len(pictures), radius=recipe.loss.radius)
        opened.append(DenseVideo(source.name, source.head, pictures, events, targets, fps, Timeline(source.events)))
    return opened


def known_events(events: Iterable[Event], one: LabelledSet, *, source: str) -> list[Event]:
    """Return the events of a set's labels, renamed by its map.

    Raises:
        InputError: a label is neither in the set nor in its map.

    """
    kept = []
    for event in events:
        label = mapped_label(event.label, labels=one.labels, label_map=one.label_map)
        if not label or (one.visible_only and not event.visible):
            continue
        if label not in one.labels:
            raise InputError(
                f"{source}: label {label!r} is none of {list(one.labels)}; add it to labels, or map it in label_map"
            )
        kept.append(event if label == event.label else _renamed(event, label))
    return kept


def _renamed(event: Event, label: str) -> Event:
    return Event(label, event.start_us, team=event.team, half=event.half, visible=event.visible)


def frame_events(events: Iterable[Event], one: LabelledSet, *, fps: float) -> list[FrameEvent]:
    """Return events on the frame grid."""
    return [
        FrameEvent(
            frame_from_us(event.start_us, fps=fps),
            one.labels.index(event.label),
            TEAMS.index(event.team) if one.team and event.team in TEAMS else NO_TEAM,
        )
        for event in events
    ]


def _games(one: LabelledSet, patterns: Sequence[str], *, root: Path) -> list[_Found]:
    """Return name, video, events and frame rate of every half of the games."""
    games = find_games(root, patterns, labels_file=one.labels_file) if patterns else []
    halves = [
        video for game in games for video in read_game(root, game, videos=one.videos, labels_file=one.labels_file)
    ]
    return [(video.name, video.path, video.events, None) for video in halves]


def _listed(one: LabelledSet, files: Sequence[str], *, root: Path) -> list[_Found]:
    """Return name, video, events and frame rate of every video in frame-exact label files."""
    found: list[_Found] = []
    for name in files:
        for video in read_frame_labels(root / name):
            path = root / one.video_file.replace("{video}", video.name)
            if not path.is_file():
                raise InputError(
                    f"{path}: video of {root / name} not found; the recipe's video_file says where they lie"
                )
            found.append((video.name, path, tuple(video.timeline), float(exact_rate(video.fps))))
    return found
