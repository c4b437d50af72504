"""Ten thousand matches on paper: a discrete model of workers that come and go, and what they cost.

    python benchmarks/scale_model.py [--json benchmarks/results/scale_model.json]

The model follows ``touchline batch work``: every worker has a shard, fetches the next video while it analyses one, and
with helping takes waiting matches of other shards in the end. A node that is taken away comes back after a while; what
its analysis had saved is kept if it got a notice (SIGTERM), and lost if not. Everything is drawn from one seed. Prices
are assumptions of the command line below, not quotes.

Each row changes one thing against the first, and is the mean of three seeds; ``Outcome`` explains the columns. Requests
of a match were counted in ``batch_chaos.py``'s undisturbed run on moto: 47, signs of life included.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import json
import math
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

HOUR_S = 3600.0


@dataclass(frozen=True)
class World:
    """What is assumed.

    Attributes:
        matches: how many.
        match_gb: mean size; the spread of sizes and lengths is log-normal with ``spread``.
        match_h: mean length of a match, hours.
        workers: nodes, each with one worker and one shard.
        speed: hours of video analysed in an hour on a normal node.
        download_mb_s: from the bucket to one node.
        bucket_gb_s: from the bucket to all nodes together.
        taken_per_hour: how often a node is taken away, on average.
        notice: whether a node that is taken away hears of it in time to store what it has.
        back_s: until a node that was taken away is replaced and its worker has begun.
        saved_every_s: video between two saved parts.
        slow_share: share of nodes that are slow.
        slow_factor: how much slower they are.
        helping: whether workers without work take matches of other shards (--help-others).
        taking_over: whether they also take what another worker has staged and does not analyse yet.
        start_s: overhead of a match: start of the program, models, marking, storing.
        price: of an hour of a node.
        requests_per_match: to the store, without pieces of the video and signs of life.
        piece_mb: size of the pieces that videos are fetched in.
        seed: of all that is random.

    """

    matches: int = 10_000
    match_gb: float = 4.0
    match_h: float = 1.6
    spread: float = 0.2
    workers: int = 500
    speed: float = 3.0
    download_mb_s: float = 40.0
    bucket_gb_s: float = 100.0
    taken_per_hour: float = 0.05
    notice: bool = True
    back_s: float = 300.0
    saved_every_s: float = 20.0
    slow_share: float = 0.02
    slow_factor: float = 3.0
    helping: bool = True
    taking_over: bool = True
    start_s: float = 20.0
    price: float = 0.04
    requests_per_match: float = 47.0
    piece_mb: float = 16.8
    seed: int = 17


@dataclass(frozen=True)
class Outcome:
    """What it comes to.

    Attributes:
        hours: until the last match is done.
        half_hours: until half of them are.
        worker_hours: paid, until the last match is done or the worker has nothing left that it may take.
        cost: of these.
        wasted: share of worker-hours in which something was analysed that had to be analysed again.
        waiting: share of worker-hours in which a worker waited for a video.
        idle_hours: of workers that had left by then, until the last match was done.
        taken: how often a node was taken away.
        requests_per_s: to the store, on average.

    """

    hours: float
    half_hours: float
    worker_hours: float
    cost: float
    wasted: float
    waiting: float
    idle_hours: float
    taken: int
    requests_per_s: float


@dataclass
class Match:
    video_s: float
    size_mb: float
    done_s: float = 0.0
    """Video that was analysed and saved."""


@dataclass
class Node:
    number: int
    speed: float
    taken_at: float
    match: Match | None = None
    began: float = 0.0
    ahead: Match | None = None
    ahead_at: float = 0.0
    """When the next video is there."""
    left_at: float | None = None


@dataclass
class Model:
    """One run."""

    world: World
    rng: random.Random = field(init=False)
    queues: list[deque[Match]] = field(init=False)
    nodes: list[Node] = field(default_factory=list)
    events: list[tuple[float, int, str, Node]] = field(default_factory=list)
    waited_s: float = 0.0
    wasted_s: float = 0.0
    taken: int = 0
    ends: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        world = self.world
        self.rng = random.Random(world.seed)
        self.queues = [deque() for _ in range(world.workers)]
        self.count = itertools.count()
        for _ in range(world.matches):
            factor = math.exp(self.rng.gauss(-(world.spread**2) / 2, world.spread))
            match = Match(world.match_h * HOUR_S * factor, world.match_gb * 1000 * factor)
            self.queues[self.rng.randrange(world.workers)].append(match)
        together = world.bucket_gb_s * 1000 / world.workers
        self.download_mb_s = min(world.download_mb_s, together)

    def run(self) -> Outcome:
        world, nodes = self.world, self.nodes
        for number in range(world.workers):
            slow = self.rng.random() < world.slow_share
            nodes.append(Node(number, world.speed / (world.slow_factor if slow else 1.0), self.taking(0.0)))
            self.plan(0.0, "free", nodes[-1])
        while self.events:
            at, _, kind, node = heapq.heappop(self.events)
            getattr(self, kind)(at, node)
        return self.outcome(nodes)

    def plan(self, at: float, kind: str, node: Node) -> None:
        heapq.heappush(self.events, (at, next(self.count), kind, node))

    def taking(self, now: float) -> float:
        rate = self.world.taken_per_hour
        return now + self.rng.expovariate(rate) * HOUR_S if rate else math.inf

    def take(self, node: Node) -> Match | None:
        """The next match of the worker's shard, or of another one that waits."""
        for step in range(self.world.workers if self.world.helping else 1):
            if queue := self.queues[(node.number + step) % self.world.workers]:
                return queue.popleft()
        return None

    def take_over(self, node: Node) -> Match | None:
        """A match that another worker has in hand and does not analyse yet."""
        if not (self.world.helping and self.world.taking_over):
            return None
        for step in range(1, self.world.workers):
            other = self.nodes[(node.number + step) % self.world.workers]
            if other.ahead is not None:
                match, other.ahead = other.ahead, None
                return match
        return None

    def free(self, now: float, node: Node) -> None:
        """A worker without a match takes the next one, which may have to come first."""
        match, there = node.ahead, node.ahead_at
        if match is None:
            match = self.take(node) or self.take_over(node)
            there = now + (match.size_mb / self.download_mb_s if match else 0.0)
        node.ahead = None
        if match is None:
            node.left_at = now
            return
        node.match, node.began = match, max(now, there)
        self.waited_s += node.began - now
        node.ahead = self.take(node)
        if node.ahead:
            node.ahead_at = node.began + node.ahead.size_mb / self.download_mb_s
        end = node.began + self.world.start_s + (match.video_s - match.done_s) / node.speed
        if node.taken_at < end:
            self.plan(node.taken_at, "gone", node)
        else:
            self.plan(end, "end", node)

    def end(self, now: float, node: Node) -> None:
        self.ends.append(now)
        self.free(now, node)

    def gone(self, now: float, node: Node) -> None:
        """A node is taken away; its matches wait in its shard for the worker that replaces it."""
        self.taken += 1
        match = node.match
        assert match is not None
        analysed = max(0.0, now - node.began - self.world.start_s) * node.speed
        kept = max(0.0, analysed - self.rng.uniform(0, self.world.saved_every_s)) if self.world.notice else 0.0
        match.done_s += kept
        self.wasted_s += (analysed - kept) / node.speed + min(self.world.start_s, max(0.0, now - node.began))
        for back in (node.ahead, match):
            if back is not None:
                self.queues[node.number].appendleft(back)
        node.match = node.ahead = None
        again = now + self.world.back_s
        node.taken_at = self.taking(again)
        self.plan(again, "free", node)

    def outcome(self, nodes: list[Node]) -> Outcome:
        world, last = self.world, max(self.ends)
        left = [last if node.left_at is None else node.left_at for node in nodes]
        paid_s = sum(left) - self.taken * world.back_s
        pieces = world.matches * world.match_gb * 1000 / world.piece_mb
        alive = 2 * paid_s / 60
        requests = world.matches * world.requests_per_match + pieces + alive
        return Outcome(
            hours=round(last / HOUR_S, 2),
            half_hours=round(sorted(self.ends)[len(self.ends) // 2] / HOUR_S, 2),
            worker_hours=round(paid_s / HOUR_S),
            cost=round(paid_s / HOUR_S * world.price),
            wasted=round(self.wasted_s / paid_s, 4),
            waiting=round(self.waited_s / paid_s, 4),
            idle_hours=round(sum(last - each for each in left) / HOUR_S),
            taken=self.taken,
            requests_per_s=round(requests / last),
        )


def variations() -> Iterator[tuple[str, World]]:
    base = World()
    yield "as assumed", base
    yield "no helping", replace(base, helping=False)
    yield "helping, but not with what others have staged", replace(base, taking_over=False)
    for rate in (0.0, 0.2, 1.0):
        yield f"nodes taken {rate:g} times an hour", replace(base, taken_per_hour=rate)
    for rate in (0.05, 0.2, 1.0):
        yield f"nodes taken {rate:g} times an hour, without notice", replace(base, taken_per_hour=rate, notice=False)
    for speed in (0.6, 1.0, 8.0):
        yield f"{speed:g} times real time", replace(base, speed=speed)
    for rate in (2.0, 5.0, 10.0, 100.0):
        yield f"download {rate:g} MB/s", replace(base, download_mb_s=rate)
    yield "bucket gives 1 GB/s to all together", replace(base, bucket_gb_s=1.0)
    for share in (0.0, 0.1):
        yield f"{share:.0%} of nodes three times slower", replace(base, slow_share=share)
    yield "2% of nodes ten times slower", replace(base, slow_factor=10.0)
    yield "2% of nodes ten times slower, nothing staged taken", replace(base, slow_factor=10.0, taking_over=False)
    yield "2% of nodes ten times slower, no helping", replace(base, slow_factor=10.0, helping=False)
    for workers in (50, 100, 2000, 5000):
        yield f"{workers} workers and shards", replace(base, workers=workers)
        yield f"{workers} workers and shards, no helping", replace(base, workers=workers, helping=False)
    yield (
        "a GPU node: 30 times real time, 2.50 an hour, 40 of them, 500 MB/s",
        replace(base, speed=30.0, price=2.5, workers=40, download_mb_s=500.0, start_s=30.0),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "scale_model.json")
    arguments = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for name, world in variations():
        runs = [asdict(Model(replace(world, seed=world.seed + run)).run()) for run in range(3)]
        mean = {key: round(sum(run[key] for run in runs) / len(runs), 4) for key in runs[0]}
        rows.append({"what": name, **mean, "hours of each run": [run["hours"] for run in runs]})
        print(
            f"{name:70} {mean['hours']:7.1f} h  {mean['worker_hours']:7.0f} worker-h  {mean['cost']:6.0f}  "
            f"wasted {mean['wasted']:6.1%}  waiting {mean['waiting']:6.1%}  {mean['requests_per_s']:5.0f} requests/s"
        )
    sizes = sorted(map(len, Model(World()).queues))
    report = {
        "command": "python benchmarks/scale_model.py",
        "assumed": asdict(World()),
        "matches in a shard": {"fewest": sizes[0], "most": sizes[-1]},
        "rows": rows,
    }
    arguments.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
