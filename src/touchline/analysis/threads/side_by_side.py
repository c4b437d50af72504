"""One decode for several tasks: chained in one thread, or side by side in a thread each.

Every task takes all frames in order, so its results do not depend on how many threads there are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from touchline.analysis.tasks.task import Task
from touchline.analysis.threads.crew import Channel, Crew, leading
from touchline.media.frame import Frame
from touchline.media.isolation import works_apart

_MOST_FRAMES = 16
_MOST_PIXELS = 32_000_000


def pass_on(frames: Iterable[Frame], *, tasks: Sequence[Task], video: Path, threads: int) -> None:
    """Pass the sound of a video and all its frames to tasks.

    Args:
        frames: the decoded frames; none are taken if no task watches.
        tasks: opened tasks.
        video: the file that is heard.
        threads: with one, the tasks take turns in the calling thread; with more, each has a thread of its own, and a
            task may be a few frames ahead of another.

    Raises:
        Exception: the first error of any task.

    """
    if threads == 1 or not works_apart():  # FFmpeg's complaints about two streams at once look alike
        _take_turns(frames, tasks=tasks, video=video)
        return
    with leading() as crew:
        feeds = [feed for task in tasks if (feed := _start(task, crew, video)) is not None]
        if feeds:
            _feed(frames, feeds)


def _take_turns(frames: Iterable[Frame], *, tasks: Sequence[Task], video: Path) -> None:
    for task in tasks:
        task.hear(video)
    watching = [task for task in tasks if task.watches]
    for task in watching:
        frames = task.watch(frames)
    if watching:
        deque(frames, maxlen=0)


def _start(task: Task, crew: Crew, video: Path) -> Channel[Frame] | None:
    """Start a task in a thread of its own; return the queue of its frames, None if it needs none."""
    if not task.watches:
        if type(task).hear is not Task.hear:
            crew.start(partial(task.hear, video), name=task.name)
        return None
    feed: Channel[Frame] = crew.channel(most=_MOST_FRAMES)

    def work() -> None:
        task.hear(video)
        deque(task.watch(feed), maxlen=0)

    crew.start(work, name=task.name)
    return feed


def _feed(frames: Iterable[Frame], feeds: Sequence[Channel[Frame]]) -> None:
    """Give every task every frame; large frames wait in shorter queues."""
    for frame in frames:
        most = max(2, min(_MOST_FRAMES, _MOST_PIXELS // max(1, frame.luma.size)))
        for feed in feeds:
            feed.most = most
            feed.put(frame)
    for feed in feeds:
        feed.close()
