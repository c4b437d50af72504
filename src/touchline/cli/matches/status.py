"""``touchline batch status`` and ``touchline batch retry``: what has become of the matches of a plan."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from touchline.cli.common import Output, run_guarded
from touchline.cli.matches.options import MatchOption, StoreOption
from touchline.cli.options import AnyDeviceOption, DebugOption, JsonOption
from touchline.cli.progress import in_words
from touchline.core.errors import EXIT_OK
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.batch.status import MatchStatus, Status


def status(
    out: StoreOption,
    price: Annotated[
        float | None,
        typer.Option(
            "--price",
            metavar="PRICE",
            min=0,
            help="Say what it costs, at this price for an hour of a worker.",
            show_default="not said",
        ),
    ] = None,
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Show how far the matches of a plan are.

    Counts matches that are done, failed, running, waiting, or lost: their worker has shown no sign of life for ten
    minutes. Says how fast it goes, how long it will take, and why matches failed.

    Examples:
      touchline batch status --out results/
      touchline batch status --out s3://club/results --price 0.35

    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        from touchline.batch.plan import read_plan
        from touchline.batch.status import read_status
        from touchline.batch.stores.opening import open_store

        store = open_store(out)
        found = read_status(store, read_plan(store))
        for each in found.matches:
            output.record(_match_record(each))
        output.record(_record(found, price))
        if not output.json:
            for line in _lines(found, price):
                output.say(line)
        return EXIT_OK

    run_guarded(run, debug=debug, json=json)


def retry(
    out: StoreOption,
    matches: MatchOption = None,
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Let workers try failed matches again.

    Forgets their failures and nothing else; then start the workers again.

    Examples:
      touchline batch retry --out results/
      touchline batch retry --out results/ --match 2024-05-12-final

    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        from touchline.batch.plan import read_plan
        from touchline.batch.status import retry as forget
        from touchline.batch.stores.opening import open_store

        store = open_store(out)
        plan = read_plan(store)
        chosen = [match for word in matches for match in plan.named(word)] if matches else list(plan.matches)
        again = forget(store, chosen)
        for match in again:
            output.record({"type": "match", "match": match.name, "key": match.key, "state": "waiting"})
        output.record({"type": "retry", "matches": len(again)})
        if not output.json:
            output.say(f"{counted(len(again), 'failed match', 'failed matches')} will be tried again")
        return EXIT_OK

    run_guarded(run, debug=debug, json=json)


def _match_record(each: MatchStatus) -> dict[str, object]:
    marker = None if each.marker is None else asdict(each.marker)
    return {
        "type": "match",
        "match": each.match.name,
        "key": each.match.key,
        "video": each.match.uri,
        "state": each.state,
        "marker": marker,
    }


def _record(found: Status, price: float | None) -> dict[str, object]:
    so_far, left = (None, None) if price is None else found.cost(price)
    return {
        "type": "status",
        **found.counts,
        "workers": found.workers,
        "video_s": round(found.video_s, 3),
        "worker_s": round(found.worker_s, 3),
        "speed": found.speed,
        "left_video_s": found.left_video_s,
        "left_s": found.left_s,
        "cost": so_far,
        "cost_left": left,
    }


def _lines(found: Status, price: float | None) -> list[str]:
    """The status for people: counts, speed, cost, then the matches that somebody should look at."""
    from touchline.batch.markers import Failed, Running

    total = len(found.matches)
    lines = [f"{counted(total, 'match', 'matches')}: " + ", ".join(f"{n} {state}" for state, n in found.counts.items())]
    lines.append(_speed_line(found))
    if price is not None:
        so_far, left = found.cost(price)
        lines.append(f"cost: {so_far:.2f} so far" + ("" if left is None else f", about {left:.2f} to come"))
    for each in found.matches:
        place, marker = f"{each.match.name} ({each.match.key[:8]})", each.marker
        if isinstance(marker, Failed):
            lines.append(f"  failed   {place}: {marker.reason}")
        elif isinstance(marker, Running) and each.state in ("running", "lost"):
            lines.append(f"  {each.state:8} {place}: {marker.step} on {marker.worker}, {marker.progress} %")
    return lines


def _speed_line(found: Status) -> str:
    """How fast it goes, and how long it will take."""
    if found.speed is None:
        return "no match is done yet, so the time left is unknown"
    rate = found.speed * found.workers
    words = f"{found.video_s / 3600:.1f} hours of video done, {found.speed:.1f}x real time a worker"
    if not found.workers:
        return words if found.left_video_s == 0 else f"{words}; no worker is running"
    left = "" if found.left_s is None else f", about {in_words(found.left_s)} left"
    return f"{words}, {counted(found.workers, 'worker')}, {rate:.1f} hours of video per hour{left}"
