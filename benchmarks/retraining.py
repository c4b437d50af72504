"""Show that corrections make the ball spotter better: mAP@1 against minutes of reviewing, on matches of another look.

    python benchmarks/retraining.py FOLDER... [--minutes 2 5 10] [--corrected 10] [--taught FOLDER] [--work WORK]
        [--set learning.steps=150] [--json benchmarks/results/retraining.json] [--picture docs/images/retraining.svg]

Each FOLDER is a simulated match: video.mp4 and Labels-ball.json. The built-in spotter finds candidates in it. A
simulated reviewer, who knows the labels, decides on candidates of the first part of the match, and writes the decisions
into a real journal. The spotter is fine-tuned on that journal and scored on the rest, which nothing else uses.

Two ways to spend the same minutes:

queue   decide on candidates of the first part, least sure first, in the order of ``touchline review``. Missed events
        stay missed, and nothing is marked as reviewed.
watch   go through the match from its beginning: accept, reject, relabel and move, add what is missing, and mark the
        span as reviewed.

Seconds that each step takes are assumptions (COSTS), not measurements of people.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from touchline.core.clock import US_PER_S, us_from_frame
from touchline.core.corrections.history import Change
from touchline.core.corrections.values import EventValue
from touchline.core.events import Event, Timeline
from touchline.formats.bundle import CORRECTIONS, Bundle, video_fingerprint
from touchline.formats.corrections.reviewed import ReviewedMatch, inside, read_reviewed
from touchline.formats.corrections.writer import JournalWriter
from touchline.formats.events.own_events import event_ids
from touchline.formats.soccernet.labels import read_labels
from touchline.media.video import probe
from touchline.metrics.bootstrap import middle
from touchline.models.networks.ball_spotter import BallSpotter
from touchline.training.corrections.footage import Footage
from touchline.training.corrections.measure import blocks_of, compare
from touchline.training.corrections.pieces import encode_stretches
from touchline.training.corrections.spotter import Footing, SpotterCorrections, load_base, spot_stretch
from touchline.training.recipe import check_settings, read_recipe

COSTS = {"decide": 3.0, "move": 2.0, "add": 6.0, "watch": 1.0}
"""Assumed seconds: to accept, reject or relabel a candidate after a look at it; to set its time; to add an event; to
watch a second of the match."""
CANDIDATE = 0.05
"""Confidence from which a peak is a candidate, as in an analysis."""
REACH_US = US_PER_S // 2
"""An event this close to a true one is that event."""
MOVED_US = 150_000
"""A reviewer moves an event that is farther than this from the true time."""
SHOWN = ("match", "way", "minutes", "decisions", "before", "after", "gain")
UNLIMITED = 1e9
GAP_US = 5 * US_PER_S


@dataclass(frozen=True, slots=True)
class Analysed:
    """A match, its labels, its candidates, and all that is needed to fine-tune and score on it."""

    name: str
    video: Path
    truth: Timeline
    candidates: Timeline
    footing: Footing
    end_us: int

    @property
    def thresholds(self) -> dict[str, float]:
        """Thresholds of the built-in spotter."""
        return self.footing.config.all_thresholds()


class Reviewer:
    """A reviewer who knows the truth and takes COSTS for each step.

    Args:
        truth: true events.
        found: candidates that were decided on are compared with it, each true event once.

    """

    def __init__(self, truth: Timeline) -> None:
        self._open = list(truth)
        self.spent_s = 0.0

    def decide(self, event: Event) -> dict[str, Any]:
        """Return the decision on a candidate: the value of a correction."""
        self.spent_s += COSTS["decide"]
        near = [one for one in self._open if abs(one.start_us - event.start_us) <= REACH_US]
        same = [one for one in near if one.label == event.label] or near
        if not same:
            return value_of(event, state="rejected")
        right = min(same, key=lambda one: abs(one.start_us - event.start_us))
        self._open.remove(right)
        if abs(right.start_us - event.start_us) <= MOVED_US:
            return value_of(event, state="accepted", label=right.label)
        self.spent_s += COSTS["move"]
        return value_of(event, state="accepted", label=right.label, start_us=right.start_us)

    def missed(self, until_us: int) -> list[Event]:
        """Return the true events before a time that no candidate was."""
        found = [event for event in self._open if event.start_us < until_us]
        self._open = [event for event in self._open if event.start_us >= until_us]
        self.spent_s += COSTS["add"] * len(found)
        return found


def value_of(event: Event, *, state: str, **changes: Any) -> dict[str, Any]:
    """Return the value of a correction of an event."""
    names = ("label", "start_us", "end_us", "team", "player", "visible", "half", "confidence")
    kept = {name: getattr(event, name) for name in names}
    return asdict(EventValue(**{**kept, **changes, "state": state}))


def analyse(folder: Path, work: Path, settings: SpotterCorrections) -> Analysed:
    """Return a match with the built-in spotter's candidates."""
    base = load_base(settings.base)
    video, frame = folder / "video.mp4", base.config.frame
    truth = Timeline(tuple(e for e in read_labels(folder / "Labels-ball.json") if e.label in base.config.labels))
    everything = np.ones(int(probe(video).duration_us / US_PER_S * frame.fps), np.bool_)
    cache, footage = work / "vectors" / folder.name, Footage(video, frame)
    stretches = encode_stretches(
        footage, base.network, everything, cache=cache, device="cpu", encoded=lambda count: None
    )
    footing = Footing(base.network, base.config, settings.learning, {video_fingerprint(video): stretches})
    end_us = us_from_frame(len(everything), fps=frame.fps)
    found = found_in(footing, base.network, [(0, end_us)])
    candidates = Timeline(tuple(event for event in found if event.confidence >= CANDIDATE))
    return Analysed(folder.name, video, truth, candidates, footing, end_us)


def fresh_bundle(match: Analysed, folder: Path) -> Bundle:
    """Return a bundle with the match's candidates and no journal."""
    bundle = Bundle(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CORRECTIONS).unlink(missing_ok=True)
    thresholds = match.thresholds
    bundle.write_candidates(match.candidates)
    bundle.write_events(Timeline(tuple(e for e in match.candidates if e.confidence >= thresholds[e.label])))
    return bundle


def queue_of(match: Analysed, until_us: int) -> list[tuple[str, Event]]:
    """Return ids and candidates before a time, least sure first as in ``touchline review``."""
    thresholds = match.thresholds

    def sureness(event: Event) -> float:
        limit = thresholds[event.label]
        room = 1 - limit if event.confidence >= limit else limit
        return abs(event.confidence - limit) / room

    named = zip(event_ids(match.candidates), match.candidates, strict=True)
    early = [(name, event) for name, event in named if event.start_us < until_us]
    return sorted(early, key=lambda one: (sureness(one[1]), one[1].start_us))


def review_queue(match: Analysed, bundle: Bundle, *, minutes: float, until_us: int) -> dict[str, Any]:
    """Write a journal of the decisions that fit into some minutes, in the queue's order."""
    reviewer, decided = Reviewer(match.truth), 0
    with journal_of(match, bundle) as journal:
        for name, event in queue_of(match, until_us):
            if reviewer.spent_s + COSTS["decide"] + COSTS["move"] > minutes * 60:
                break
            journal.do(Change("event", name, None, reviewer.decide(event)))
            decided += 1
    return {"decisions": decided, "video_minutes": 0.0, "spent_minutes": round(reviewer.spent_s / 60, 2)}


def review_watching(match: Analysed, bundle: Bundle, *, minutes: float, until_us: int) -> dict[str, Any]:
    """Write a journal of going through the match from its beginning until the minutes are used up."""
    step_us, watched_us, spent_s, decided = 5 * US_PER_S, 0, 0.0, 0
    reviewer = Reviewer(match.truth)
    thresholds = match.thresholds
    shown = [
        (name, event)
        for name, event in zip(event_ids(match.candidates), match.candidates, strict=True)
        if event.confidence >= thresholds[event.label]
    ]
    with journal_of(match, bundle) as journal:
        while watched_us < until_us and reviewer.spent_s + spent_s < minutes * 60:
            end_us = watched_us + step_us
            for name, event in shown:
                if watched_us <= event.start_us < end_us:
                    journal.do(Change("event", name, None, reviewer.decide(event)))
                    decided += 1
            for event in reviewer.missed(end_us - REACH_US):
                added = value_of(event, state="accepted")
                journal.do(Change("event", f"p-{len(journal.history.entries):012x}", None, added))
                decided += 1
            watched_us, spent_s = end_us, spent_s + COSTS["watch"] * step_us / US_PER_S
        journal.do(Change("reviewed", "spans", None, {"spans": [[0, max(watched_us - US_PER_S, US_PER_S)]]}))
    spent = round((reviewer.spent_s + spent_s) / 60, 2)
    return {"decisions": decided, "video_minutes": round(watched_us / US_PER_S / 60, 2), "spent_minutes": spent}


def journal_of(match: Analysed, bundle: Bundle) -> JournalWriter:
    """Open the journal of a bundle of a match."""
    fingerprint = video_fingerprint(match.video)
    return JournalWriter(bundle.path / CORRECTIONS, video_fingerprint=fingerprint, who="simulated reviewer")


LOOKS = {"watch": ("#0b6e4f", "watched and marked as reviewed"), "queue": ("#c1666b", "queue, least sure first")}
WAYS = {"queue": review_queue, "watch": review_watching}


def found_in(footing: Footing, network: BallSpotter, spans: Sequence[tuple[int, int]]) -> Timeline:
    """Return all peaks of a network in some spans of the footing's only match."""
    (stretches,) = footing.stretches.values()
    return inside(Timeline(tuple(e for one in stretches for e in spot_stretch(network, one, footing.config))), spans)


def measure(match: Analysed, work: Path, *, minutes: Sequence[float], until_us: int) -> Iterator[dict[str, Any]]:
    """Yield a row for each way and number of minutes: what was decided, and mAP@1 on the rest, before and after."""
    rest = [(until_us + GAP_US, match.end_us)]
    truth, labels = inside(match.truth, rest), match.footing.config.labels
    before = found_in(match.footing, match.footing.network, rest)
    for way, review in WAYS.items():
        for number in minutes:
            bundle = fresh_bundle(match, work / f"{match.name}-{way}-{number:g}.touchline")
            done = review(match, bundle, minutes=number, until_us=until_us)
            reviewed = read_reviewed(bundle.path).only(labels)
            tuned = match.footing.tuned_on([reviewed], name=f"{match.name} {way} {number:g} min")
            blocks = blocks_of(truth, before, found_in(match.footing, tuned, rest), spans=rest)
            result = compare(blocks, labels=labels, spans=rest).to_json()
            result["held_out_minutes"] = result.pop("minutes")
            row = {"match": match.name, "way": way, "minutes": number, **done, **counts(reviewed), **result}
            print(json.dumps({name: row[name] for name in SHOWN}), flush=True)
            yield row


def across(taught: Analysed, others: Sequence[Analysed], work: Path, *, minutes: float) -> Iterator[dict[str, Any]]:
    """Yield a row for each other match: mAP@1 on all of it, before and after minutes of watching the taught one."""
    bundle = fresh_bundle(taught, work / f"{taught.name}-all.touchline")
    done = review_watching(taught, bundle, minutes=minutes, until_us=taught.end_us)
    reviewed = read_reviewed(bundle.path).only(taught.footing.config.labels)
    tuned = taught.footing.tuned_on([reviewed], name=f"{taught.name} {minutes:g} min")
    for match in others:
        whole, footing = [(0, match.end_us)], match.footing
        before, after = (found_in(footing, network, whole) for network in (footing.network, tuned))
        blocks = blocks_of(match.truth, before, after, spans=whole)
        result = compare(blocks, labels=footing.config.labels, spans=whole).to_json()
        yield {"taught": taught.name, "match": match.name, **done, **counts(reviewed), **result}


def counts(reviewed: ReviewedMatch) -> dict[str, int]:
    """Return the numbers of decisions."""
    return {"accepted": len(reviewed.accepted), "rejected": len(reviewed.rejected)}


def over_matches(rows: Sequence[dict[str, Any]], *, rounds: int = 4000) -> list[dict[str, Any]]:
    """Return the mean over matches of each way and number of minutes; intervals draw whole matches."""
    random, summary = np.random.default_rng(0), []
    for way, minutes in dict.fromkeys((row["way"], row["minutes"]) for row in rows):
        chosen = [row for row in rows if (row["way"], row["minutes"]) == (way, minutes)]
        one: dict[str, Any] = {"way": way, "minutes": minutes, "matches": len(chosen)}
        for what in ("before", "after", "gain"):
            values = np.array([row[what]["value"] for row in chosen])
            low, high = middle(values[random.integers(0, len(values), (rounds, len(values)))].mean(axis=1))
            one[what] = {"value": round(float(values.mean()), 4), "low": round(low, 4), "high": round(high, 4)}
        summary.append(one)
    return summary


def draw(summary: Sequence[dict[str, Any]], rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Draw mAP@1 against minutes of reviewing."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "retraining"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6.4, 3.6))
    for way, (colour, title) in LOOKS.items():
        mean = [one for one in summary if one["way"] == way]
        minutes = [0, *(one["minutes"] for one in mean)]
        axes.plot(minutes, _curve(mean), "o-", color=colour, label=title)
        for name in dict.fromkeys(row["match"] for row in rows):
            own = [row for row in rows if row["way"] == way and row["match"] == name]
            axes.plot(minutes, _curve(own), color=colour, alpha=0.3, lw=0.8)
    axes.set_xlabel("minutes of reviewing (assumed cost of each step)")
    axes.set_ylabel("mAP@1 on the rest of the match")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def _curve(rows: Sequence[dict[str, Any]]) -> list[float]:
    return [rows[0]["before"]["value"], *(row["after"]["value"] for row in rows)]


def main() -> None:
    """Run the measurement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--minutes", type=float, nargs="+", default=[2, 5, 10])
    parser.add_argument(
        "--taught", type=Path, help="another match to learn from; all of each FOLDER is then scored too"
    )
    parser.add_argument("--corrected", type=float, default=10, help="minutes of each match that may be corrected")
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    parser.add_argument("--work", type=Path, default=Path("runs/retraining"))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--picture", type=Path)
    asked = parser.parse_args()
    recipe = read_recipe("spotting-corrections", overrides=asked.overrides)
    settings = check_settings(SpotterCorrections, recipe.settings, source=recipe.path)
    until_us = round(asked.corrected * 60 * US_PER_S)
    matches = [analyse(folder, asked.work, settings) for folder in asked.folders]
    rows = [row for match in matches for row in measure(match, asked.work, minutes=asked.minutes, until_us=until_us)]
    summary, elsewhere = over_matches(rows), []
    if asked.taught:
        taught = analyse(asked.taught, asked.work, settings)
        for number in (max(asked.minutes), UNLIMITED):
            elsewhere += list(across(taught, matches, asked.work, minutes=number))
    learning = settings.learning.model_dump()
    document = {"costs_s": COSTS, "learning": learning, "summary": summary, "other_matches": elsewhere, "rows": rows}
    if asked.json:
        asked.json.write_text(json.dumps(document, indent=1) + "\n")
    if asked.picture:
        draw(summary, rows, asked.picture)


if __name__ == "__main__":
    main()
