"""The videos of a recipe's label sets, from folders of games or from frame-exact label files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from touchline.core.clock import frame_from_us
from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.formats.events.sports.frame_labels import read_frame_labels
from touchline.training.dense.footage import DenseVideo, open_pictures
from touchline.training.dense.settings import DenseRecipe, LabelledSet
from touchline.training.dense.targets import NO_TEAM, TEAMS, FrameEvent, frame_targets
from touchline.training.spotting.data import find_games, read_game
from touchline.training.spotting.targets import mapped_label


@dataclass(frozen=True, slots=True)
class Source:
    """A video file of a label set with its events, before decoding."""

    name: str
    head: int
    path: Path
    events: tuple[Event, ...]


def find_sources(recipe: DenseRecipe, *, root: Path, choose: bool) -> list[Source]:
    """Find the videos that a recipe trains on, or those that it chooses on.

    Raises:
        InputError: a game, label file or video is missing, or a label is unknown.

    """
    found = []
    for head, (name, one) in enumerate(recipe.sets.items()):
        patterns = one.choose if choose else one.train
        some = _games(one, patterns, root=root) if one.layout == "soccernet" else _listed(one, patterns, root=root)
        for title, path, events in some:
            found.append(Source(f"{name}/{title}", head, path, tuple(known_events(events, one, source=title))))
    return found


def open_sources(sources: Iterable[Source], recipe: DenseRecipe, *, cache: Path) -> list[DenseVideo]:
    """Open the pictures of videos and make their targets; decodes what is not in the cache."""
    sets = list(recipe.sets.values())
    opened = []
    for source in sources:
        pictures = open_pictures(source.path, recipe.frame, colour=recipe.colour, cache=cache)
        events = frame_events(source.events, sets[source.head], fps=recipe.frame.fps)
        targets = frame_targets(events, frames=len(pictures), radius=recipe.loss.radius)
        opened.append(
            DenseVideo(source.name, source.head, pictures, tuple(events), targets, Timeline(source.events))
        )
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


def _games(one: LabelledSet, patterns: Sequence[str], *, root: Path) -> list[tuple[str, Path, tuple[Event, ...]]]:
    """Return name, video and events of every half of the games."""
    games = find_games(root, patterns, labels_file=one.labels_file) if patterns else []
    halves = [video for game in games for video in read_game(root, game, videos=one.videos, labels_file=one.labels_file)]
    return [(video.name, video.path, video.events) for video in halves]


def _listed(one: LabelledSet, files: Sequence[str], *, root: Path) -> list[tuple[str, Path, tuple[Event, ...]]]:
    """Return name, video and events of every video in frame-exact label files."""
    found = []
    for name in files:
        for video in read_frame_labels(root / name):
            path = root / one.video_file.replace("{video}", video.name)
            if not path.is_file():
                raise InputError(f"{path}: video of {root / name} not found; the recipe's video_file says where they lie")
            found.append((video.name, path, tuple(video.timeline)))
    return found
