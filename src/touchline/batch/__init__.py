"""Many matches: a plan, workers that share it without a server, and what has become of each match."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.batch.fetching import fetch as fetch
    from touchline.batch.plan import Match as Match
    from touchline.batch.plan import Plan as Plan
    from touchline.batch.plan import Terms as Terms
    from touchline.batch.plan import read_plan as read_plan
    from touchline.batch.plan import write_plan as write_plan
    from touchline.batch.planning import make_plan as make_plan
    from touchline.batch.running import WorkOptions as WorkOptions
    from touchline.batch.running import work as work
    from touchline.batch.status import read_status as read_status
    from touchline.batch.status import retry as retry
    from touchline.batch.worker import Rules as Rules
    from touchline.batch.worker import Worker as Worker
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.batch.fetching": ("fetch",),
            "touchline.batch.plan": ("Match", "Plan", "Terms", "read_plan", "write_plan"),
            "touchline.batch.planning": ("make_plan",),
            "touchline.batch.running": ("WorkOptions", "work"),
            "touchline.batch.status": ("read_status", "retry"),
            "touchline.batch.worker": ("Rules", "Worker"),
        },
    )
